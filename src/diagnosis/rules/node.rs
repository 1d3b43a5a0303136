//! What the CUCM node says of itself: services, disks, billing servers.

use super::super::evidence::{conclusion, words};
use super::super::facts::{Facts, FailedDestination, Role, Server};
use crate::document::collect::{BillingServer, Protocol};
use crate::document::diagnose::{Certainty, Conclusion, Evidence, EvidenceKind};
use crate::document::node::{NodeProblem, NodeState};
use crate::words::listed;

/// The service that delivers does not run: whatever else is wrong, nothing gets out before it does.
pub fn repository_manager_stopped(facts: &Facts<'_>) -> Option<Conclusion> {
    of(facts, |problem| matches!(problem, NodeProblem::RepositoryManager(_)))
}

/// A node's files do not reach the repository, since its agent does not run.
pub fn agent_stopped(facts: &Facts<'_>) -> Option<Conclusion> {
    of(facts, |problem| matches!(problem, NodeProblem::Agent(_)))
}

/// The repository's disk is nearly full.
pub fn disk_nearly_full(facts: &Facts<'_>) -> Option<Conclusion> {
    of(facts, |problem| matches!(problem, NodeProblem::Disk(_)))
}

/// The first node with this problem.
fn of(facts: &Facts<'_>, is_meant: fn(&NodeProblem<'_>) -> bool) -> Option<Conclusion> {
    let (node, problem) =
        facts.nodes().iter().find_map(|node| Some((node, node.problems().into_iter().find(is_meant)?)))?;
    let commands: Vec<String> = problem.command().into_iter().collect();
    Some(Conclusion {
        evidence: vec![said(node, problem.quoted())],
        steps: std::iter::once(problem.step().to_owned()).chain(commands.clone()).collect(),
        commands,
        ..conclusion(Certainty::Seen, problem.headline(node.name()), problem.text().to_owned())
    })
}

/// CUCM sends to this billing server by FTP.
pub fn ftp_destination(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let host = failed.destination.host.as_deref()?;
    let is_it = |server: &BillingServer| server.host.eq_ignore_ascii_case(host);
    let (node, _) =
        billing_servers(facts).find(|(_, server)| is_it(server) && server.protocol == Some(Protocol::Ftp))?;
    let cause = failed.cause.map(|cause| cause.cause.clone()).unwrap_or_default();
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: std::iter::once(said(node, format!("{host} is a billing server with protocol FTP")))
            .chain(super::super::evidence::of_failed(failed))
            .collect(),
        next: vec![format!("from another machine, an FTP login to {host} with CUCM's user (port 21)")],
        ..conclusion(
            Certainty::Inferred,
            format!("CUCM sends to {host} by FTP, so SSH is not the cause"),
            format!(
                "No SSH algorithm, host key or sshd setting plays a part. The trace says {cause}: look at the FTP \
                 server's log, its account and the firewall."
            ),
        )
    })
}

/// What was made while such a server is down is never sent (Cisco, "Application Billing Server Parameter Settings").
pub fn resend_on_failure_off(facts: &Facts<'_>) -> Option<Conclusion> {
    let off: Vec<_> = billing_servers(facts).filter(|(_, server)| server.resend_on_failure == Some(false)).collect();
    let (node, _) = *off.first()?;
    let fails = |host: &str| {
        let all_failed = [facts.failed(true), facts.failed(false)].concat();
        let is_traced = all_failed.iter().any(|failed| failed.destination.host.as_deref() == Some(host));
        is_traced || facts.at(Some(host)).iter().any(|server| !server.accepts())
    };
    let problem = off.iter().any(|(_, server)| fails(&server.host));
    let hosts = listed(off.iter().map(|(_, server)| server.host.as_str()));
    Some(Conclusion {
        problem,
        evidence: vec![said(node, format!("resendonfailure of {hosts} is off"))],
        steps: vec![
            "Turn it on: Cisco Unified Serviceability, Tools, CDR Management, the billing server, Resend on Failure."
                .to_owned(),
            "Files made while the server was down are in processed: fetch them and hand them in (cdrdiag deliver \
             TARGET --files DIR)."
                .to_owned(),
        ],
        ..conclusion(
            Certainty::Seen,
            format!("Resend on Failure is off for {hosts}: files made while it is down are never sent"),
            "CUCM moves such files to processed as if they had been sent. The billing server never gets them unless \
             somebody fetches them from there."
                .to_owned(),
        )
    })
}

/// The servers that were examined are not those that CUCM sends to.
pub fn billing_servers_differ(facts: &Facts<'_>) -> Option<Conclusion> {
    let known: Vec<_> = billing_servers(facts).collect();
    let (node, _) = *known.first()?;
    let is_known = |server: &&Server<'_>| known.iter().any(|(_, known)| server.is_at(&known.host));
    let strangers: Vec<&Server<'_>> = facts
        .servers
        .iter()
        .filter(|server| matches!(server.role, Role::Primary | Role::Secondary) && !is_known(server))
        .collect();
    if strangers.is_empty() {
        return None;
    }
    let unseen: Vec<&str> =
        known.iter().map(|(_, server)| server.host.as_str()).filter(|host| facts.at(Some(host)).is_empty()).collect();
    let hosts = listed(known.iter().map(|(_, server)| server.host.as_str()));
    let names = strangers.iter().map(|server| server.name());
    Some(Conclusion {
        problem: !unseen.is_empty(),
        evidence: vec![said(node, format!("its database names {hosts}"))],
        next: unseen.iter().map(|host| format!("`cdrdiag probe {host}`")).collect(),
        ..conclusion(
            Certainty::Seen,
            format!("CUCM sends to {hosts}, not to {}", listed(names)),
            "If that is a virtual address, find out which server it points to now. If it is not, a change on the \
             servers that were given changes nothing for CUCM."
                .to_owned(),
        )
    })
}

/// Files lie on a node and have not reached the repository.
pub fn first_leg_stuck(facts: &Facts<'_>) -> Option<Conclusion> {
    let leg = facts.backlog?.first_leg.as_ref()?;
    let field = Some("first_leg".to_owned());
    Some(Conclusion {
        evidence: vec![Evidence { field, ..words(EvidenceKind::Backlog, leg.seen()) }],
        steps: leg.steps(),
        next: vec![
            "the same listing a minute later: are the same files still there?".to_owned(),
            "the alarms CDRAgentSendFileFailed in CUCM's syslog, and the CDR Agent's trace on that node".to_owned(),
        ],
        ..conclusion(Certainty::Inferred, leg.headline(), leg.text().to_owned())
    })
    .filter(|_| leg.files > 0)
}

fn billing_servers<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a NodeState, &'a BillingServer)> {
    facts.nodes().iter().flat_map(|node| node.billing_servers.iter().map(move |server| (node, server)))
}

/// What a node says, and where it was read.
fn said(node: &NodeState, what: String) -> Evidence {
    Evidence { path: Some(node.path.clone()), ..words(EvidenceKind::Node, what) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::story::{OPEN, Story, gone, server};
    use crate::document::collect::{Service, ServiceState};

    fn node() -> NodeState {
        let service = |name: &str, state| Service { name: name.to_owned(), state, word: None, reason: None };
        NodeState {
            path: "session.log".into(),
            host_name: Some("cucm-pub".into()),
            services: vec![
                service("Cisco CDR Repository Manager", ServiceState::Started),
                service("Cisco CDR Agent", ServiceState::Started),
            ],
            ..NodeState::default()
        }
    }

    fn billing(host: &str, protocol: Protocol, resend: bool) -> BillingServer {
        BillingServer {
            host: host.into(),
            protocol: Some(protocol),
            resend_on_failure: Some(resend),
            ..BillingServer::default()
        }
    }

    #[test]
    fn a_stopped_repository_manager_comes_before_everything_else() {
        let mut stopped = node();
        stopped.services[0].state = ServiceState::Stopped;
        let told = Story::no_agreement("192.0.2.10").node(stopped).told();
        assert_eq!(told.conclusions[0].id, "repository_manager_stopped");
        assert_eq!(told.conclusions[0].commands, ["utils service start Cisco CDR Repository Manager"]);
        assert_eq!(told.conclusions[1].id, "no_common_algorithm");
        assert_eq!(Story::no_agreement("x").node(node()).conclusion("repository_manager_stopped"), None);
    }

    #[test]
    fn a_destination_that_gets_its_files_by_ftp_has_no_ssh_trouble() {
        let mut by_ftp = node();
        by_ftp.billing_servers = vec![billing("192.0.2.10", Protocol::Ftp, true)];
        let told = Story::failing("192.0.2.10", "unknown", None).node(by_ftp.clone()).told();
        assert_eq!(told.conclusions[0].id, "ftp_destination");
        by_ftp.billing_servers = vec![billing("192.0.2.10", Protocol::Sftp, true)];
        assert_eq!(Story::no_agreement("192.0.2.10").node(by_ftp).conclusion("ftp_destination"), None);
    }

    #[test]
    fn resend_off_is_a_problem_where_that_server_fails() {
        let mut off = node();
        off.billing_servers = vec![billing("192.0.2.10", Protocol::Sftp, false)];
        let of = |story: Story| story.node(off.clone()).conclusion("resend_on_failure_off").unwrap().problem;
        assert!(of(Story::no_agreement("192.0.2.10")));
        assert!(of(Story::healthy("x").other(gone("192.0.2.10"))));
        assert!(!of(Story::healthy("192.0.2.10").other(server("192.0.2.10", OPEN))));
        assert_eq!(Story::healthy("x").node(node()).conclusion("resend_on_failure_off"), None);
    }

    #[test]
    fn servers_that_cucm_does_not_send_to_are_told() {
        let mut other = node();
        other.billing_servers = vec![billing("192.0.2.100", Protocol::Sftp, true)];
        let of = |story: Story| story.node(other.clone()).conclusion("billing_servers_differ");
        let found = of(Story::healthy("192.0.2.100").primary(server("192.0.2.10", OPEN))).unwrap();
        assert!(found.problem && found.headline.contains("sends to 192.0.2.100, not to the primary"), "{found:#?}");
        assert_eq!(found.next, ["`cdrdiag probe 192.0.2.100`"]);
        let probed = Story::healthy("x").primary(server("192.0.2.10", OPEN)).other(server("192.0.2.100", OPEN));
        assert!(!of(probed).unwrap().problem);
        assert_eq!(of(Story::healthy("x").primary(server("192.0.2.100", OPEN))), None);
    }

    #[test]
    fn files_in_cm_cdr_have_not_reached_the_repository() {
        let listing = "admin:file list activelog cm/cdr/ detail\n\
            07 Apr,2021 10:00:00  1,204  _cdrIndex.idx\n07 Apr,2021 10:01:00  2,000  _cdr_West_03_202104070801_9\n\
            07 Apr,2021 09:40:00  2,000  cdr_West_03_202104070740_7\ndir count = 0, file count = 3\n";
        let found = Story::new().listing(listing).conclusion("first_leg_stuck").unwrap();
        assert!(found.problem && found.headline.contains("node 03"), "{}", found.headline);
        assert_eq!(Story::new().listing(listing).conclusion("files_wait"), None);
        let empty = "admin:file list activelog cm/cdr/ detail\n07 Apr,2021 10:00:00  1,204  _cdrIndex.idx\n\
            dir count = 0, file count = 1\n";
        assert_eq!(Story::new().listing(empty).conclusion("first_leg_stuck"), None);
    }
}
