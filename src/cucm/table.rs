//! What `run sql` prints: a row of names, a row of `=` for each column, then the rows. A column is as wide as its `=`
//! says, or, where the values are wider, up to the next.

/// A table: names, and rows of as many values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// The columns' names.
    pub names: Vec<String>,
    /// The rows; `None` for NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    /// A row's value in the first column whose name holds one of these words.
    pub fn value<'a>(&self, row: &'a [Option<String>], words: &[&str]) -> Option<&'a str> {
        let column = self.names.iter().position(|name| words.iter().any(|word| name.contains(word)))?;
        row.get(column)?.as_deref()
    }
}

/// Reads a table; `None` where there is no row of `=`.
pub fn parse(text: &str) -> Option<Rows> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let is_rule = |line: &&str| !line.is_empty() && line.chars().all(|c| matches!(c, '=' | ' '));
    let rule_at = lines.iter().position(is_rule)?;
    let rule = lines.get(rule_at)?;
    let head = lines.get(rule_at.checked_sub(1)?)?;
    let starts = starts(rule);
    let names = cut(head, &starts).into_iter().map(|name| name.unwrap_or_default().to_lowercase()).collect();
    let rows = lines.iter().skip(rule_at + 1).take_while(|line| !is_end(line));
    Some(Rows { names, rows: rows.map(|line| cut(line, &starts)).collect() })
}

fn is_end(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with("Rows:") || line.contains("Executed command")
}

/// Where the columns begin, in characters.
fn starts(rule: &str) -> Vec<usize> {
    let characters: Vec<char> = rule.chars().collect();
    let begins = |at: &usize| characters[*at] == '=' && (*at == 0 || characters[at - 1] != '=');
    (0..characters.len()).filter(begins).collect()
}

fn cut(line: &str, starts: &[usize]) -> Vec<Option<String>> {
    let characters: Vec<char> = line.chars().collect();
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let cells = starts.iter().zip(ends).map(|(start, end)| {
        let end = end.min(characters.len());
        let cell: String = characters.get(*start..end).unwrap_or_default().iter().collect();
        let cell = cell.trim();
        (cell != "NULL").then(|| cell.to_owned())
    });
    let cells: Vec<_> = cells.collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    // Values wider than their column push the rest to the right; as many words as columns are these. Otherwise nobody
    // knows where a value ends.
    let fits = starts.iter().skip(1).all(|at| characters.get(at - 1).is_none_or(|c| *c == ' '));
    if fits {
        return cells;
    }
    if words.len() != starts.len() {
        return vec![None; starts.len()];
    }
    words.into_iter().map(|word| (word != "NULL").then(|| word.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_table_is_read_by_its_rule() {
        let rows = parse(
            "hostname   userid resendonfailure directory \n========== ====== =============== =========\n\
            10.0.0.5   cdr    t               /cdr in   \n10.0.0.6   NULL   f                         \n\n",
        )
        .unwrap();
        assert_eq!(rows.names, ["hostname", "userid", "resendonfailure", "directory"]);
        assert_eq!(rows.rows.len(), 2);
        assert_eq!(rows.value(&rows.rows[0], &["director"]), Some("/cdr in"));
        assert_eq!(rows.value(&rows.rows[1], &["userid"]), None, "NULL");
        assert_eq!(rows.value(&rows.rows[1], &["resend"]), Some("f"));
    }

    #[test]
    fn values_wider_than_their_column_are_told_apart() {
        let rows = parse("host user\n==== ====\nbilling-server-1 cdr\n").unwrap();
        assert_eq!(rows.rows, [[Some("billing-server-1".to_owned()), Some("cdr".to_owned())]]);
        let doubtful = parse("host user\n==== ====\nbilling-server-1 my cdr\n").unwrap();
        assert_eq!(doubtful.rows, [[None, None]]);
        assert_eq!(parse("The specified table (x) is not in the database."), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[ =a-z\\n]{0,200}") {
            if let Some(rows) = parse(&text) {
                prop_assert!(rows.rows.iter().all(|row| row.len() == rows.names.len()));
            }
        }
    }
}
