//! The lists side by side: what CUCM's client proposes an algorithm a line, the rest, which is of no use to it, in a
//! few words.

use super::Column;
use crate::document::compare::{Compare, Listed};
use crate::model::offer::Category;
use crate::model::offer::Setting;
use crate::report::page::Tone;
use crate::report::view::{self, Block, Table, code, toned, words};

/// A table for each setting, or for each direction of it where the two differ.
pub(super) fn tables(compare: &Compare, columns: &[Column<'_>]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for setting in Setting::ALL {
        let lists = view::by_direction(setting, |category| rows(category, compare, columns));
        let lists = lists.filter(|(.., rows)| !rows.is_empty());
        blocks.extend(lists.flat_map(|(title, _, rows)| side_by_side(title, &rows, columns)));
    }
    let legend = "* decides: what a client agrees on, or would if the server offered it";
    blocks.push(Block::Paragraph(vec![toned(Tone::Faint, legend)]));
    blocks
}

/// One of a category's algorithms.
#[derive(PartialEq, Eq)]
struct Row {
    name: String,
    /// Whether each server offers it; `None` where its list is not known.
    offered: Vec<Option<bool>>,
    /// The profiles that propose it.
    proposed_by: Vec<String>,
    decides: bool,
}

impl Row {
    /// In every list, or in none.
    fn is_alike(&self) -> bool {
        self.offered.windows(2).all(|pair| pair[0] == pair[1])
    }
}

fn rows(category: Category, compare: &Compare, columns: &[Column<'_>]) -> Vec<Row> {
    let lists = compare.pairs().flat_map(|pair| &pair.categories).filter(|list| list.category == category);
    let mut rows: Vec<Row> = Vec::new();
    for listed in lists.flat_map(|list| &list.algorithms) {
        let decides = !listed.decides_for.is_empty();
        match rows.iter_mut().find(|row| row.name == listed.algorithm) {
            Some(row) => row.decides |= decides,
            None => rows.push(row(category, listed, columns)),
        }
    }
    rows
}

fn side_by_side(title: &str, rows: &[Row], columns: &[Column<'_>]) -> Vec<Block> {
    if rows.iter().all(|row| row.is_alike() && row.offered.iter().all(Option::is_some)) {
        let offered = rows.iter().filter(|row| row.offered.contains(&Some(true)));
        let names = offered.map(Row::name).collect::<Vec<_>>().join(", ");
        let alike = if names.is_empty() { "none".to_owned() } else { names };
        return vec![
            Block::Heading(vec![words(title), toned(Tone::Faint, " alike")]),
            Block::Paragraph(vec![toned(Tone::Faint, alike)]),
        ];
    }
    let (proposed, rest): (Vec<_>, Vec<_>) = rows.iter().partition(|row| !row.proposed_by.is_empty());
    let labels = columns.iter().map(|column| column.label.clone());
    let head = ["algorithm".to_owned()].into_iter().chain(labels).chain(["in CUCM's list".to_owned()]).collect();
    let rows = proposed.into_iter().map(Row::shown).collect();
    let also = |(place, names): (String, Vec<&str>)| {
        Block::Paragraph(vec![toned(Tone::Faint, format!("also, {place}: {}", names.join(", ")))])
    };
    let others = elsewhere(&rest, columns).into_iter().map(also);
    let heading = Block::Heading(vec![words(title)]);
    [heading, Block::Table(Table { head, rows })].into_iter().chain(others).collect()
}

fn row(category: Category, listed: &Listed, columns: &[Column<'_>]) -> Row {
    let holds = |list: &[String]| list.contains(&listed.algorithm);
    Row {
        name: listed.algorithm.clone(),
        offered: columns.iter().map(|column| column.offer()?.get(category).map(holds)).collect(),
        proposed_by: listed.proposed_by.clone(),
        decides: !listed.decides_for.is_empty(),
    }
}

impl Row {
    /// Its name, with a mark where it decides.
    fn name(&self) -> String {
        format!("{}{}", self.name, if self.decides { "*" } else { "" })
    }

    fn shown(&self) -> view::Row {
        let offered = self.offered.iter().map(|offered| match offered {
            Some(true) => toned(Tone::Good, "yes"),
            Some(false) => toned(Tone::Faint, "no"),
            None => toned(Tone::Warn, "unknown"),
        });
        let release = |id: &String| id.strip_prefix("cucm-").unwrap_or(id).to_owned();
        let clients = self.proposed_by.iter().map(release).collect::<Vec<_>>().join(", ");
        let cells = [code(self.name())].into_iter().chain(offered).chain([words(clients)]).collect();
        view::Row { marked: self.decides, cells }
    }
}

/// What no client proposes, by the servers that offer it.
fn elsewhere<'a>(rows: &[&'a Row], columns: &[Column<'_>]) -> Vec<(String, Vec<&'a str>)> {
    view::together(rows.iter().map(|row| (place(row, columns), row.name.as_str())))
}

fn place(row: &Row, columns: &[Column<'_>]) -> String {
    let offering = columns.iter().zip(&row.offered).filter(|(_, offered)| **offered == Some(true));
    let labels: Vec<_> = offering.map(|(column, _)| column.label.as_str()).collect();
    match labels.as_slice() {
        [_, _] if columns.len() == 2 => "in both".to_owned(),
        all if all.len() == columns.len() => "in all".to_owned(),
        [only] if row.offered.iter().all(Option::is_some) => format!("in {only} only"),
        some => format!("in {}", some.join(" and ")),
    }
}
