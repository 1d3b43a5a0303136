//! A message on standard error, beside the answer.

use crate::{escape, wrap};

/// The message with cdrdiag's name before it and what it quotes escaped. A terminal of `width` columns gets it wrapped
/// with a hanging indent; a file or a pipe gets one line, so that scripts find it whole.
pub fn message(text: &str, width: Option<usize>) -> String {
    let line = format!("cdrdiag: {}", escape::line(text));
    let Some(width) = width else { return line };
    textwrap::fill(&line, wrap::options(width).subsequent_indent("  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_wrapped_on_a_terminal_and_one_line_elsewhere() {
        let text = "traces/node1/cdrrepmgr00001.log: no such file or folder";
        assert_eq!(message(text, None), format!("cdrdiag: {text}"));
        assert_eq!(message(text, Some(40)), "cdrdiag:\n  traces/node1/cdrrepmgr00001.log: no\n  such file or folder");
        let command = "`file list activelog /cm/cdr_repository/preserve/ detail`";
        assert!(message(&format!("give what CUCM prints for {command}"), Some(40)).contains(command));
        assert_eq!(message("a\x1bb", Some(80)), "cdrdiag: a\\x1bb");
    }
}
