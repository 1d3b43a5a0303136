//! "Did you mean …?": the known name nearest to what was typed.

/// The nearest of the known names, if any is near enough to be meant.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&typed, &name.to_lowercase()), name))
        .filter(|(similarity, _)| *similarity >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_nonsense_is_not() {
        assert_eq!(
            nearest("algoritm_negotiation", ["authentication", "algorithm_negotiation"]),
            Some("algorithm_negotiation")
        );
        assert_eq!(nearest("xyz", ["authentication", "algorithm_negotiation"]), None);
    }
}
