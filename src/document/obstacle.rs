//! What keeps a client out, as far as the two sides' lists show it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::offer::{Category, Setting, settings};
use crate::model::stage::Stage;

/// One thing that keeps a client out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Obstacle {
    /// No algorithm in common.
    NoneCommon {
        /// The category.
        category: Category,
    },
    /// The server's list holds an empty name, at which JSch gives up.
    EmptyName {
        /// The category.
        category: Category,
    },
    /// The group exchange asks for sizes that the server does not give (RFC 4419).
    GroupSize {
        /// The method that is agreed on.
        algorithm: String,
    },
    /// The client cannot verify what this host key algorithm signs.
    Unverifiable {
        /// The algorithm that is agreed on.
        algorithm: String,
    },
}

impl Obstacle {
    /// The category that it is about.
    pub fn category(&self) -> Category {
        match self {
            Self::NoneCommon { category } | Self::EmptyName { category } => *category,
            Self::GroupSize { .. } => Category::Kex,
            Self::Unverifiable { .. } => Category::HostKey,
        }
    }

    /// Where a connection ends over it. JSch meets "Algorithm negotiation fail" during the key exchange, too.
    pub fn stage(&self) -> Stage {
        if matches!(self, Self::Unverifiable { .. }) { Stage::HostKey } else { Stage::KeyExchange }
    }

    fn is_negotiation(&self) -> bool {
        matches!(self, Self::NoneCommon { .. } | Self::EmptyName { .. })
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Setting::of(self.category()).map_or_else(|| self.category().title(), Setting::title);
        match self {
            Self::NoneCommon { .. } => write!(f, "no {title} in common"),
            Self::EmptyName { .. } => write!(f, "an empty name in the server's {title} list"),
            Self::GroupSize { algorithm } => write!(f, "{algorithm} fails on the group size"),
            Self::Unverifiable { algorithm } => {
                write!(f, "it agrees to the host key {algorithm} but cannot verify it")
            }
        }
    }
}

/// Several obstacles in a few words: what is not in common together, then the rest. What only shows once a
/// negotiation has succeeded is left out where it fails.
pub fn in_words(obstacles: &[Obstacle]) -> String {
    let uncommon: Vec<Category> = obstacles
        .iter()
        .filter(|obstacle| matches!(obstacle, Obstacle::NoneCommon { .. }))
        .map(Obstacle::category)
        .collect();
    let none: Vec<String> = settings(&uncommon).map(|setting| format!("no {}", setting.title())).collect();
    let none = (!none.is_empty()).then(|| format!("{} in common", none.join(", ")));
    let fails = obstacles.iter().any(Obstacle::is_negotiation);
    let mut words: Vec<String> = none.into_iter().collect();
    for obstacle in obstacles.iter().filter(|obstacle| obstacle.is_negotiation() == fails) {
        let said = obstacle.to_string();
        if !matches!(obstacle, Obstacle::NoneCommon { .. }) && !words.contains(&said) {
            words.push(said);
        }
    }
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_common_is_told_together_and_first() {
        let none = |category| Obstacle::NoneCommon { category };
        let group = Obstacle::GroupSize { algorithm: "diffie-hellman-group-exchange-sha1".into() };
        let key = Obstacle::Unverifiable { algorithm: "ecdsa-sha2-nistp384".into() };
        let both = [none(Category::Kex), none(Category::MacC2s), none(Category::MacS2c), key.clone()];
        assert_eq!(in_words(&both), "no key exchange, no MAC in common");
        let fails = "diffie-hellman-group-exchange-sha1 fails on the group size";
        assert_eq!(
            in_words(&[group, key]),
            format!("{fails}; it agrees to the host key ecdsa-sha2-nistp384 but cannot verify it")
        );
    }
}
