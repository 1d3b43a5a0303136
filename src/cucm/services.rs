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

fn line(line: &str) -> Option<Service> {
    let (name, rest) = line.trim().split_once('[')?;
    let (state, reason) = rest.split_once(']')?;
    let state = match state.trim().to_ascii_uppercase().as_str() {
        "STARTED" => ServiceState::Started,
        "STOPPED" => ServiceState::Stopped,
        "STARTING" => ServiceState::Starting,
        "STOPPING" => ServiceState::Stopping,
        _ => return None,
    };
    let (name, reason) = (name.trim(), reason.trim());
    (!name.is_empty()).then(|| Service {
        name: name.to_owned(),
        state,
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
}
