//! What the system says of a file, in words that say what to do.

use std::borrow::Cow;
use std::io::{Error, ErrorKind};

/// The error in one line; the caller names the file.
pub fn words(error: &Error) -> Cow<'static, str> {
    Cow::Borrowed(match error.kind() {
        ErrorKind::NotFound => "no such file or folder: check the path",
        ErrorKind::IsADirectory => "a folder: give a file",
        ErrorKind::NotADirectory => "a file stands where the path has a folder: check the path",
        ErrorKind::PermissionDenied => "no permission: ask for the right to it, or take a copy",
        _ => return Cow::Owned(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said_in_plain_words_and_the_rest_as_it_is() {
        let missing = std::fs::read("/no/such/place").unwrap_err();
        assert_eq!(words(&missing), "no such file or folder: check the path");
        assert_eq!(words(&Error::other("a bad block")), "a bad block");
    }
}
