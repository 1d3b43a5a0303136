//! Versions of server software, as far as they can be compared: `9.2p1`, `2022.83`, `10.0`.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A version: compared by its numbers up to the first that is none. OpenSSH's `p1` does not count.
#[derive(Debug, Clone, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Version {
    text: String,
    numbers: Vec<u64>,
}

impl From<String> for Version {
    fn from(text: String) -> Self {
        let numbers = text
            .split(['p', '-', '_', ' '])
            .next()
            .unwrap_or_default()
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect();
        Self { text, numbers }
    }
}

impl FromStr for Version {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text.to_owned()))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.numbers.cmp(&other.numbers))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("9.2p1") < version("10.0") && version("7.3") <= version("7.3p2"));
        assert!(version("6.6.1p1") > version("6.6p1") && version("2022.83") > version("2020.81"));
        assert_eq!(version("9.2p1").to_string(), "9.2p1");
    }
}
