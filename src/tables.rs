//! The one reader of the tables that cdrdiag carries (`data/`): TSV with a head row, word lists, TOML.
//!
//! A table that does not fit its rows' type is a fault of the build, as a type error is: it ends the program, and each
//! has a test that reads it.

use serde::de::DeserializeOwned;

/// The rows of a TSV table. Its head row names the fields; a line that starts with `#` is a comment; a quotation mark
/// is a character like any other.
#[allow(clippy::expect_used, reason = "the table is part of the program, and a test reads it")]
pub(crate) fn rows<T: DeserializeOwned>(table: &'static str) -> Vec<T> {
    reader(table).into_deserialize().collect::<Result<_, _>>().expect("each row of a built-in table fits its type")
}

/// What a TOML table holds.
#[allow(clippy::expect_used, reason = "the table is part of the program, and a test reads it")]
pub(crate) fn toml<T: DeserializeOwned>(table: &'static str) -> T {
    toml::from_str(table).expect("a built-in table fits its type")
}

/// The lines of a list, without comments and blank lines.
pub(crate) fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn reader(table: &'static str) -> csv::Reader<&'static [u8]> {
    csv::ReaderBuilder::new().delimiter(b'\t').comment(Some(b'#')).quoting(false).from_reader(table.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        name: String,
        count: u8,
    }

    #[test]
    fn a_row_is_read_by_its_heads_names_whatever_stands_in_its_other_columns() {
        let table = "# origin\nname\tmore\tcount\n\"a\t-\t1\n# between\nb c\t#\t2\n";
        assert_eq!(rows::<Row>(table), [Row { name: "\"a".into(), count: 1 }, Row { name: "b c".into(), count: 2 }]);
    }

    #[test]
    #[should_panic(expected = "fits its type")]
    fn a_row_that_does_not_fit_is_not_passed_over() {
        rows::<Row>("name\tcount\na\tmany\n");
    }

    #[test]
    fn a_list_has_neither_comments_nor_blank_lines() {
        assert_eq!(lines("# head\none\n\ntwo\n").collect::<Vec<_>>(), ["one", "two"]);
    }
}
