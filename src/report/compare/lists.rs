//! The lists side by side: what CUCM's client proposes an algorithm a line, the rest, which is of no use to it, in a
//! few words.

use super::Column;
use crate::document::compare::{Compare, Listed};
use crate::model::offer::Category;
use crate::model::offer::Setting;
use crate::report::page::{Page, Tone};

/// A table for each setting, or for each direction of it where the two differ.
pub(super) fn tables(compare: &Compare, columns: &[Column<'_>], page: &mut Page) {
    let mut marked = false;
    for setting in Setting::ALL {
        let all: Vec<_> = setting.categories().iter().map(|category| List::of(*category, compare, columns)).collect();
        match all.as_slice() {
            [one, other] if one.rows == other.rows => marked |= one.show(setting.title(), columns, page),
            lists => {
                for list in lists.iter().filter(|list| !list.rows.is_empty()) {
                    marked |= list.show(list.category.title(), columns, page);
                }
            }
        }
    }
    if marked {
        page.gap();
        let legend = "* decides: what a client agrees on, or would where it finds nothing today";
        page.line(&[(Tone::Faint, legend)]);
    }
}

/// One category's algorithms.
struct List {
    category: Category,
    rows: Vec<Row>,
}

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

impl List {
    fn of(category: Category, compare: &Compare, columns: &[Column<'_>]) -> Self {
        let lists = compare.pairs().flat_map(|pair| &pair.categories).filter(|list| list.category == category);
        let mut rows: Vec<Row> = Vec::new();
        for listed in lists.flat_map(|list| &list.algorithms) {
            let decides = !listed.decides_for.is_empty();
            match rows.iter_mut().find(|row| row.name == listed.algorithm) {
                Some(row) => row.decides |= decides,
                None => rows.push(row(category, listed, columns)),
            }
        }
        Self { category, rows }
    }

    /// Shows it, and tells whether something in it is marked.
    fn show(&self, title: &str, columns: &[Column<'_>], page: &mut Page) -> bool {
        page.gap();
        let (proposed, rest): (Vec<_>, Vec<_>) = self.rows.iter().partition(|row| !row.proposed_by.is_empty());
        if self.rows.iter().all(Row::is_alike) && self.rows.iter().all(|row| row.offered.iter().all(Option::is_some)) {
            return self.show_alike(title, page);
        }
        let labels = columns.iter().map(|column| column.label.clone());
        let mut rows =
            vec![std::iter::once(title.to_owned()).chain(labels).chain(["in CUCM's list".to_owned()]).collect()];
        rows.extend(proposed.iter().map(|row| row.cells()));
        page.table(&rows);
        for (place, names) in elsewhere(&rest, columns) {
            page.indented(
                2,
                4,
                &[
                    (Tone::Faint, "also, "),
                    (Tone::Faint, &place),
                    (Tone::Faint, ": "),
                    (Tone::Faint, &names.join(", ")),
                ],
            );
        }
        proposed.iter().any(|row| row.decides)
    }

    fn show_alike(&self, title: &str, page: &mut Page) -> bool {
        let offered = self.rows.iter().filter(|row| row.offered.contains(&Some(true)));
        let mark = |row: &Row| if row.decides { format!("{}*", row.name) } else { row.name.clone() };
        let names = offered.map(mark).collect::<Vec<_>>().join(", ");
        page.line(&[(Tone::Strong, title), (Tone::Plain, " alike: "), (Tone::Faint, &names)]);
        names.contains('*')
    }
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
    fn cells(&self) -> Vec<String> {
        let mark = if self.decides { "*" } else { "" };
        let offered = self.offered.iter().map(|offered| match offered {
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
            None => "unknown".to_owned(),
        });
        let release = |id: &String| id.strip_prefix("cucm-").unwrap_or(id).to_owned();
        let clients = self.proposed_by.iter().map(release).collect::<Vec<_>>().join(", ");
        std::iter::once(format!("{}{mark}", self.name)).chain(offered).chain([clients]).collect()
    }
}

/// What no client proposes, by the servers that offer it.
fn elsewhere<'a>(rows: &[&'a Row], columns: &[Column<'_>]) -> Vec<(String, Vec<&'a str>)> {
    let mut places: Vec<(String, Vec<&str>)> = Vec::new();
    for row in rows {
        let place = place(row, columns);
        match places.iter_mut().find(|(other, _)| *other == place) {
            Some((_, names)) => names.push(&row.name),
            None => places.push((place, vec![&row.name])),
        }
    }
    places
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
