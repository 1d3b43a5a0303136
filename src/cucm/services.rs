//! `utils service list`: `Cisco CDR Agent [STARTED]`, `Cisco CDR Repository Manager[STOPPED]  Service Not Activated`.

use crate::document::collect::{Service, ServiceState};

/// The services in the order of the list. Lines that name none are passed over.
pub fn parse(text: &str) -> Vec<Service> {
    text.lines().filter_map(line).collect()
}

/// Whether the node is the publisher: `Primary Node =true`.
pub fn publisher(text: &str) -> Option<bool> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("Primary Node"))?;
    match value.trim_start_matches([' ', '=', ':']).trim().to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Whether a line tells of one of Cisco's services in one of the states that are known.
pub(super) fn is_of_cisco(text: &str) -> bool {
    line(text).is_some_and(|service| service.name.starts_with("Cisco ") && service.state != ServiceState::Unknown)
}

/// A service that is in a state which no release is known to print counts as well: it does not run for all that is known.
fn line(line: &str) -> Option<Service> {
    let (name, rest) = line.trim().split_once('[')?;
    let (word, reason) = rest.split_once(']')?;
    let word = word.trim();
    let state = match word.to_ascii_uppercase().as_str() {
        "STARTED" => ServiceState::Started,
        "STOPPED" => ServiceState::Stopped,
        "STARTING" => ServiceState::Starting,
        "STOPPING" => ServiceState::Stopping,
        _ => ServiceState::Unknown,
    };
    let (name, reason) = (name.trim(), reason.trim());
    (!name.is_empty()).then(|| Service {
        name: name.to_owned(),
        state,
        word: (state == ServiceState::Unknown).then(|| word.to_owned()),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bracket_may_touch_the_name_and_a_reason_may_follow() {
        assert_eq!(publisher("x [STARTED]\nPrimary Node =true\n"), Some(true));
        assert_eq!(publisher("Primary Node =false"), Some(false));
        let list = parse(
            "Requesting service status, please wait...\nSystem SSH [STARTED]\n\
             Cisco CDR Repository Manager[STOPPED]  Commanded Out of Service\n\
             Cisco HCS UC Monitor Service[ STOPPED ]  Service Not Activated\n>> Return code = 0\nPrimary Node =true\n",
        );
        let told: Vec<_> = list.iter().map(|one| (one.name.as_str(), one.state, one.reason.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("System SSH", ServiceState::Started, None),
                ("Cisco CDR Repository Manager", ServiceState::Stopped, Some("Commanded Out of Service")),
                ("Cisco HCS UC Monitor Service", ServiceState::Stopped, Some("Service Not Activated")),
            ]
        );
    }

    #[test]
    fn a_state_that_is_not_known_is_kept_with_its_word() {
        for word in ["NOTRUNNING", "FAILED", "Not Running", ""] {
            let [service] = parse(&format!("Cisco CDR Repository Manager[{word}]  x")).try_into().unwrap();
            assert_eq!((service.state, service.word.as_deref()), (ServiceState::Unknown, Some(word)));
        }
    }
}
