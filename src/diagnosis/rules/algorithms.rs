//! Deliveries stop before the login, at a hurdle that the servers' algorithms raise: which server raises it?

use super::super::clients::Origin;
use super::super::evidence::{conclusion, line, of_server, of_trouble, probe};
use super::super::facts::{Facts, Hurdle, Role, Server, Trouble};
use crate::document::diagnose::{Certainty, Conclusion, Evidence};
use crate::words::clock;

/// What the servers have to do with a trouble at a hurdle. Exactly one holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Case<'a> {
    /// The primary lets these clients in and the secondary stops them.
    Failover(Vec<&'a str>),
    /// The same, and the address itself lets every client in by now.
    FailoverOver(Vec<&'a str>),
    /// The server at the trace's host, or the only one there is, stops these clients.
    ThisServer(Server<'a>, Vec<&'a str>),
    /// Of several servers some stop these clients and some don't.
    SomeServers(Vec<&'a str>),
    /// Every server stops these clients.
    EveryServer(Vec<&'a str>),
    /// The lists stop nobody, and a real handshake fails.
    HandshakeFails,
    /// Nobody is stopped now.
    NoServer,
    /// There is no server to judge by.
    NotJudged,
}

/// Finds the case; `None` where the trouble is not about algorithms.
pub fn case<'a>(facts: &Facts<'a>, trouble: &Trouble<'a>) -> Option<Case<'a>> {
    let hurdle = trouble.hurdle()?;
    let judged = facts.judged();
    let stopped_at = |servers: &[&Server<'a>], wanted: fn(&[bool]) -> bool| -> Vec<&'a str> {
        let stops = |profile: &&str| {
            let each: Vec<bool> = servers.iter().filter_map(|server| server.stops(profile, hurdle)).collect();
            wanted(&each)
        };
        facts.profiles().into_iter().filter(stops).collect()
    };
    let some = |each: &[bool]| each.contains(&true) && each.contains(&false);
    let all = |each: &[bool]| !each.is_empty() && !each.contains(&false);
    let at = facts.at(trouble.destination.host.as_deref());
    let mut at: Vec<&Server<'_>> = at.into_iter().filter(|server| server.is_judged()).collect();
    let by_lists = facts.server_in_trace();
    // An address that is one server's own does not move, and where CUCM delivers to both, none of them stands in.
    let elsewhere = at.iter().any(|server| server.role != Role::Other)
        || by_lists.is_some_and(|server| server.role != Role::Secondary)
        || delivers_to_both(facts);
    let accepts_now = at.iter().any(|server| server.role == Role::Other && server.accepts());
    let failover = failover(facts, hurdle).filter(|_| !elsewhere);
    if at.is_empty() {
        at.extend(by_lists);
    }
    let concerned = if at.is_empty() { &judged } else { &at };
    let nobody = if concerned.iter().any(|server| server.target.handshake_fails()) {
        Case::HandshakeFails
    } else {
        Case::NoServer
    };
    Some(match (failover, at.as_slice(), judged.as_slice()) {
        (_, _, []) => Case::NotJudged,
        (Some(profiles), _, _) if accepts_now => Case::FailoverOver(profiles),
        (Some(profiles), _, _) => Case::Failover(profiles),
        (None, [server], _) | (None, [], [server]) => match stopped_at(&[server], all) {
            profiles if profiles.is_empty() => nobody,
            profiles => Case::ThisServer(**server, profiles),
        },
        (None, _, servers) => match (stopped_at(servers, some), stopped_at(servers, all)) {
            (profiles, _) if !profiles.is_empty() => Case::SomeServers(profiles),
            (_, profiles) if !profiles.is_empty() => Case::EveryServer(profiles),
            _ => nobody,
        },
    })
}

/// Whether the trace names the own addresses of primary and secondary as destinations.
fn delivers_to_both(facts: &Facts<'_>) -> bool {
    let destinations = facts.trace.map(|trace| trace.destinations.as_slice()).unwrap_or_default();
    let is_named = |role| {
        let mut hosts = destinations.iter().filter_map(|destination| destination.host.as_deref());
        facts.server(role).is_some_and(|server| hosts.any(|host| server.is_at(host)))
    };
    is_named(Role::Primary) && is_named(Role::Secondary)
}

/// The clients that the primary lets in and the secondary stops.
fn failover<'a>(facts: &Facts<'a>, hurdle: Hurdle) -> Option<Vec<&'a str>> {
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    let differ = |profile: &&str| {
        primary.stops(profile, hurdle) == Some(false) && secondary.stops(profile, hurdle) == Some(true)
    };
    let profiles: Vec<_> = facts.profiles().into_iter().filter(differ).collect();
    (!profiles.is_empty()).then_some(profiles)
}

/// The address pointed to the secondary, which rejects CUCM, and lets CUCM in by now.
pub fn failover_is_over(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let Some(Case::FailoverOver(profiles)) = case(facts, trouble) else { return None };
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    let host = trouble.host();
    let at = facts.at(trouble.destination.host.as_deref());
    let certainty = if facts.server_in_trace().is_some() { Certainty::Inferred } else { Certainty::Assumed };
    let text = format!(
        "Probed now, {host} accepts CUCM. In the trace it behaved as {} does, which {} ({}): a failover explains that, \
         and either it is over or the server behind {host} was changed. Nothing has to be switched there.",
        secondary.name(),
        trouble.hurdle()?.words(),
        facts.titles(&profiles),
    );
    Some(Conclusion {
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &[vec![primary, secondary], at].concat()),
        remedy: facts.remedy(secondary),
        steps: vec![format!("Before the next failover: make the change on {}.", secondary.name())],
        next: vec![
            "whether deliveries work again: a trace made now".to_owned(),
            format!("who held {host} then: the log of the cluster or load balancer"),
        ],
        ..conclusion(
            certainty,
            format!("{host} accepts CUCM now: the failover to {} looks over", secondary.name()),
            text,
        )
    })
}

/// The address has pointed to the secondary since a moment, and the secondary rejects CUCM.
pub fn failover_to_refusing_server(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let Some(Case::Failover(profiles)) = case(facts, trouble) else { return None };
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    let host = trouble.host();
    let at: Vec<_> = facts.at(Some(&host));
    let certainty = failover_certainty(facts, trouble, secondary)?;
    let when = moved(trouble).or_else(|| begins_inside(trouble)).unwrap_or_else(|| {
        "No delivery succeeds in the trace, so it may have pointed there from the start.".to_owned()
    });
    let text = format!(
        "{} accepts {}; {} {}. {host} points to one of the two, and only the secondary behaves as the trace says. {when}",
        capital(&primary.name()),
        facts.titles(&profiles),
        secondary.name(),
        trouble.hurdle()?.words(),
    );
    let mut next = vec![format!("who held {host} then, and holds it now: the log of the cluster or load balancer")];
    if at.is_empty() {
        next.push(format!("what answers at {host} itself: {}", probe(&host)));
    }
    let quick = format!("Quick way out: move {host} back to {}, or let CUCM deliver there.", primary.name());
    let lasting = format!("Permanent fix: the change on {}.", secondary.name());
    Some(Conclusion {
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &[vec![primary, secondary], at].concat()),
        remedy: facts.remedy(secondary),
        steps: vec![if trouble.lasts() { format!("{quick} {lasting}") } else { lasting }],
        next,
        ..conclusion(certainty, failover_headline(trouble, secondary, certainty), text)
    })
}

/// Seen where the trace holds the secondary's lists; inferred where every client is kept out and deliveries worked
/// before: without a delivery before, a server that never let CUCM in looks the same.
fn failover_certainty(facts: &Facts<'_>, trouble: &Trouble<'_>, secondary: &Server<'_>) -> Option<Certainty> {
    let hurdle = trouble.hurdle()?;
    let keeps_all_out = facts.profiles().iter().all(|id| secondary.stops(id, hurdle) == Some(true));
    Some(match (facts.server_in_trace(), keeps_all_out && moved(trouble).is_some()) {
        (Some(_), _) => Certainty::Seen,
        (None, true) => Certainty::Inferred,
        (None, false) => Certainty::Assumed,
    })
}

/// What is assumed is never called the cause.
fn failover_headline(trouble: &Trouble<'_>, secondary: &Server<'_>, certainty: Certainty) -> String {
    let (host, secondary) = (trouble.host(), secondary.name());
    if certainty == Certainty::Assumed {
        let since = since(trouble).map(|since| format!(" {since}")).unwrap_or_default();
        return format!(
            "A failover would explain it: {host} may point{since} to {secondary}, which rejects CUCM's SSH algorithms"
        );
    }
    format!("A failover is the cause: {host} {} {secondary}, which rejects CUCM's SSH algorithms", points(trouble))
}

/// The server that the trace names is the one that refuses.
pub fn server_refuses_algorithms(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let Some(Case::ThisServer(server, profiles)) = case(facts, trouble) else { return None };
    let host = trouble.host();
    let whoever = profiles.len() == facts.profiles().len();
    let certainty = match (whoever, server.is_at(&host) || facts.server_in_trace() == Some(&server)) {
        (true, true) => Certainty::Seen,
        (true, false) => Certainty::Inferred,
        (false, _) => Certainty::Assumed,
    };
    let given = match (server.is_at(&host), facts.server_in_trace()) {
        (true, _) => String::new(),
        (false, Some(_)) => format!(" The lists that the trace holds show that it is behind {host}."),
        (false, None) => format!(" That it is the server behind {host} is taken from your giving it."),
    };
    let text = format!(
        "The trace says {}, and {} {} ({}).{given}",
        trouble.cause?.cause,
        server.name(),
        trouble.hurdle()?.words(),
        facts.titles(&profiles)
    );
    Some(Conclusion {
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &[&server]),
        remedy: facts.remedy(&server),
        next: which_release(facts, &profiles),
        ..conclusion(certainty, format!("{} {}", capital(&server.name()), trouble.hurdle()?.words()), text)
    })
}

/// Some of the servers refuse, and the address leads to one of these.
pub fn some_servers_refuse(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let Some(Case::SomeServers(profiles)) = case(facts, trouble) else { return None };
    let hurdle = trouble.hurdle()?;
    let judged = facts.judged();
    let refusing: Vec<&Server<'_>> = judged
        .iter()
        .filter(|server| profiles.iter().any(|profile| server.stops(profile, hurdle) == Some(true)))
        .copied()
        .collect();
    let names = refusing.iter().map(|server| server.name()).collect::<Vec<_>>().join(" and ");
    let host = trouble.host();
    let text = format!(
        "Of the servers that were given, {names} behaves as the trace says of {host}, and not all do: while {host} \
         leads there, deliveries fail ({}).",
        facts.titles(&profiles)
    );
    Some(Conclusion {
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &judged),
        remedy: refusing.iter().flat_map(|server| facts.remedy(server)).collect(),
        next: vec![format!("who holds {host} now, and since when")],
        ..conclusion(Certainty::Inferred, format!("{} rejects CUCM's SSH algorithms", capital(&names)), text)
    })
}

/// All servers refuse: what was hardened is not one of them by mistake.
pub fn both_servers_refuse(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let Some(Case::EveryServer(profiles)) = case(facts, trouble) else { return None };
    let judged = facts.judged();
    let whoever = profiles.len() == facts.profiles().len();
    let certainty = if whoever { Certainty::Inferred } else { Certainty::Assumed };
    let since = trouble.destination.outages.last().map(|outage| clock(outage.from)).unwrap_or_default();
    let worked = trouble.destination.deliveries > 0;
    let text = format!(
        "Each {} ({}), so no failover explains it.{}",
        trouble.hurdle()?.words(),
        facts.titles(&profiles),
        if worked {
            format!(" Deliveries worked before, so the servers were hardened about {since}.")
        } else {
            String::new()
        },
    );
    Some(Conclusion {
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &judged),
        remedy: judged.iter().flat_map(|server| facts.remedy(server)).collect(),
        next: which_release(facts, &profiles),
        ..conclusion(
            certainty,
            match certainty {
                Certainty::Assumed => "Hardened servers would explain it: every one rejects CUCM's SSH algorithms",
                _ => "The servers' hardening is the cause: every one rejects CUCM's SSH algorithms",
            }
            .to_owned(),
            text,
        )
    })
}

/// The trace speaks of algorithms; by their lists the servers let CUCM in, and a real handshake fails.
pub fn handshake_fails_there(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let is_it = case(facts, trouble)? == Case::HandshakeFails;
    if !is_it {
        return None;
    }
    let broken: Vec<&Server<'_>> = facts.servers.iter().filter(|server| server.target.handshake_fails()).collect();
    let names = broken.iter().map(|server| server.name()).collect::<Vec<_>>().join(" and ");
    let cause = trouble.cause?;
    let why = super::servers::why_it_breaks(&broken)
        .unwrap_or_else(|| "The server gives up on the way, as one does that cannot read its host key.".to_owned());
    let text = format!(
        "The trace says {}. The lists of {names} suit CUCM by now, and still a real handshake fails there. {why}",
        cause.cause
    );
    Some(Conclusion {
        remedy: broken.iter().flat_map(|server| facts.remedy(server)).collect(),
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &broken),
        next: vec![
            format!("the log of {names} at the time of a handshake"),
            "whether CUCM still fails for the same reason: a trace made now".to_owned(),
        ],
        ..conclusion(
            Certainty::Inferred,
            format!("{} does not let CUCM in: the lists agree, but the handshake fails", capital(&names)),
            text,
        )
    })
}

/// The trace speaks of algorithms, and every server lets CUCM in: then something is not as it was, or as assumed.
pub fn changed_since_the_trace(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let is_it = trouble.lasts() && case(facts, trouble)? == Case::NoServer;
    if !is_it {
        return None;
    }
    let at = facts.at(trouble.destination.host.as_deref());
    let servers = if at.is_empty() { facts.judged() } else { at };
    let names = servers.iter().map(|server| server.name()).collect::<Vec<_>>().join(" and ");
    let host = trouble.host();
    let client_is_guessed = facts.clients.origin == Origin::Asked;
    let client = if client_is_guessed {
        "the node proposes other algorithms than its release is known to (Cipher Management, FIPS mode, another \
         release), or "
    } else {
        ""
    };
    let text = format!(
        "By their lists CUCM gets into {names}. So {client}the server changed since {}, or {host} leads to another \
         server.",
        trouble.cause.map(|cause| clock(cause.last))?
    );
    let mut next = vec![
        "whether it still fails: a trace made now".to_owned(),
        format!("what answers at {host} itself, from CUCM's network: {}", probe(&host)),
    ];
    if client_is_guessed {
        next.push(
            "what the node really proposes: cdrdiag capture, then --profile FILE; or its Cipher Management page (Cisco \
             Unified OS Administration, Security) with --ssh-kex, --ssh-ciphers, --ssh-mac, --fips"
                .to_owned(),
        );
    }
    Some(Conclusion {
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &servers),
        next,
        ..conclusion(
            Certainty::Assumed,
            format!("The trace says {}, yet {names} would let CUCM in", trouble.cause?.cause),
            text,
        )
    })
}

/// The trace alone: nothing in common, with whichever server it was.
pub fn no_common_algorithm(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let Some(Case::NotJudged | Case::NoServer) = case(facts, trouble) else { return None };
    let host = trouble.host();
    let lists = facts.trace.and_then(|trace| trace.negotiation.as_ref());
    let text = format!(
        "The connection {} before the login, over the algorithms. {}",
        if trouble.lasts() { "fails" } else { "failed" },
        if lists.is_some() {
            "The trace holds both sides' lists, below."
        } else {
            "The trace does not say what either side offers."
        }
    );
    Some(Conclusion {
        destination: trouble.destination.host.clone(),
        evidence: evidence(facts, trouble, &facts.servers.iter().collect::<Vec<_>>()),
        steps: trouble.cause?.remedy.clone().into_iter().collect(),
        next: vec![
            format!("what the server offers, and the change that lets CUCM in: {}", probe(&host)),
            both_servers(facts),
        ],
        ..conclusion(
            Certainty::Seen,
            format!("CUCM and {host} do not agree on algorithms: {}", trouble.cause?.cause),
            text,
        )
    })
}

/// How to learn of the servers, where none could be judged.
fn both_servers(facts: &Facts<'_>) -> String {
    let given = facts.server(Role::Primary).is_some() && facts.server(Role::Secondary).is_some();
    if given {
        "the two could not be read: have them probed from where they can be reached, and give the saved answers \
         (cdrdiag probe --json)"
    } else {
        "where a failover is possible: both servers, as --primary and --secondary"
    }
    .to_owned()
}

/// How the deliveries went, and what the servers do.
pub(super) fn evidence(facts: &Facts<'_>, trouble: &Trouble<'_>, servers: &[&Server<'_>]) -> Vec<Evidence> {
    let mut evidence = of_trouble(trouble);
    if let Some((server, lists)) = facts.server_in_trace().zip(facts.trace.and_then(|trace| trace.negotiation.as_ref()))
    {
        evidence.push(line(format!("the server's lists in the trace are those of {}", server.name()), &lists.evidence));
    }
    evidence.extend(servers.iter().flat_map(|server| of_server(facts, server)));
    evidence
}

/// Where the verdict depends on CUCM's release: how to tell which it is.
fn which_release(facts: &Facts<'_>, profiles: &[&str]) -> Vec<String> {
    let depends = profiles.len() < facts.profiles().len();
    let ask = || format!("whether the cluster runs {}: give its release as --profile", facts.titles(profiles));
    depends.then(ask).into_iter().collect()
}

/// When an address must have moved, where deliveries had worked: after the last of them, before the first failure.
fn moved(trouble: &Trouble<'_>) -> Option<String> {
    let (worked, failed) = (trouble.destination.last_delivery?, trouble.destination.outages.last()?.from);
    (worked < failed).then(|| {
        let (worked, failed) = (clock(worked), clock(failed));
        format!(
            "Deliveries worked until {worked} and fail from {failed} on: it moved in between, and nothing had to change \
             on CUCM."
        )
    })
}

/// That the trace tells no beginning, where it begins inside the outage.
fn begins_inside(trouble: &Trouble<'_>) -> Option<String> {
    let beginning = trouble.destination.outages.last()?.beginning()?;
    Some(format!("When it moved is not told: {beginning}."))
}

/// Since when it lasts, or from when to when it did.
fn since(trouble: &Trouble<'_>) -> Option<String> {
    let outage = trouble.destination.outages.last()?;
    Some(match outage.to {
        None => outage.began("since"),
        Some(to) => format!("{} to {}", outage.began("from"), clock(to)),
    })
}

fn points(trouble: &Trouble<'_>) -> String {
    let verb = if trouble.lasts() { "has pointed" } else { "pointed" };
    since(trouble).map_or_else(|| "points to".to_owned(), |since| format!("{verb} {since} to"))
}

fn capital(text: &str) -> String {
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::find;
    use crate::diagnosis::story::{HARDENED, ONLY_14, OPEN, Story, gone, server};
    use crate::model::offer::Offer;
    use crate::model::stage::Stage;

    const VIP: &str = "192.0.2.10";

    fn story() -> Story {
        Story::no_agreement(VIP)
    }

    fn pair(primary: &str, secondary: &str) -> Story {
        story().primary(server("192.0.2.5", primary)).secondary(server("192.0.2.6", secondary))
    }

    #[test]
    fn a_secondary_that_refuses_beside_a_primary_that_accepts_is_a_failover() {
        let found = pair(OPEN, HARDENED).conclusion("failover_to_refusing_server").unwrap();
        assert_eq!(found.certainty, Certainty::Inferred);
        assert!(
            found.headline.contains("the secondary (192.0.2.6), which rejects CUCM's SSH algorithms"),
            "{}",
            found.headline
        );
        assert!(!found.remedy.is_empty() && found.remedy.iter().all(|remedy| remedy.server == "192.0.2.6"));
        assert!(found.evidence.iter().any(|evidence| evidence.line == Some(7)));
    }

    #[test]
    fn it_is_no_failover_where_the_secondary_accepts_or_the_trace_says_something_else() {
        let id = "failover_to_refusing_server";
        assert_eq!(pair(OPEN, OPEN).conclusion(id), None);
        assert_eq!(pair(HARDENED, HARDENED).conclusion(id), None);
        assert_eq!(pair(HARDENED, OPEN).conclusion(id), None);
        assert_eq!(story().primary(server("a", OPEN)).secondary(gone("b")).conclusion(id), None);
        let login = Story::failing(VIP, "authentication", Some(Stage::Authentication));
        assert_eq!(login.primary(server("a", OPEN)).secondary(server("b", HARDENED)).conclusion(id), None);
        let own = Story::no_agreement("192.0.2.6");
        assert_eq!(
            own.primary(server("192.0.2.5", OPEN)).secondary(server("192.0.2.6", HARDENED)).conclusion(id),
            None
        );
    }

    #[test]
    fn a_failover_that_rests_on_the_release_is_assumed_and_never_called_the_cause() {
        let found = pair(OPEN, ONLY_14).conclusion("failover_to_refusing_server").unwrap();
        assert_eq!(found.certainty, Certainty::Assumed);
        assert!(!found.headline.contains("is the cause"), "{}", found.headline);
    }

    #[test]
    fn an_address_that_is_a_servers_own_does_not_fail_over() {
        let id = "failover_to_refusing_server";
        let own = |host| {
            Story::no_agreement(host).primary(server("192.0.2.5", OPEN)).secondary(server("192.0.2.6", HARDENED))
        };
        assert_eq!(own("192.0.2.5").ids()[0], "changed_since_the_trace");
        assert_eq!(own("192.0.2.6").ids()[0], "server_refuses_algorithms");
        let mut both = pair(OPEN, HARDENED);
        let destinations = &mut both.parts.parse_log.as_mut().unwrap().destinations;
        for host in ["192.0.2.5", "192.0.2.6"] {
            let mut other = destinations[0].clone();
            other.host = Some(host.to_owned());
            destinations.push(other);
        }
        let told = both.told();
        assert!(told.conclusions.iter().all(|found| found.id != id), "{:#?}", told.conclusions);
    }

    #[test]
    fn lists_in_the_trace_make_a_failover_seen() {
        let lists = server("x", HARDENED).offer.unwrap();
        let found = pair(OPEN, HARDENED).lists(Offer::default(), lists);
        assert_eq!(found.conclusion("failover_to_refusing_server").unwrap().certainty, Certainty::Seen);
    }

    #[test]
    fn lists_in_the_trace_that_are_the_primarys_speak_against_a_failover() {
        let lists = server("x", OPEN).offer.unwrap();
        assert_eq!(pair(OPEN, HARDENED).lists(Offer::default(), lists).ids()[0], "changed_since_the_trace");
    }

    #[test]
    fn a_failover_is_over_where_the_address_lets_cucm_in_by_now_and_nothing_is_to_be_moved() {
        let told = pair(OPEN, HARDENED).other(server(VIP, OPEN)).told();
        let found = &told.conclusions[0];
        assert_eq!((found.id.as_str(), found.certainty), ("failover_over", Certainty::Assumed));
        assert!(found.remedy.iter().all(|remedy| remedy.server == "192.0.2.6") && !found.remedy.is_empty());
        for conclusion in &told.conclusions {
            let steps = conclusion.steps.join(" ");
            assert!(!steps.contains("move") && !conclusion.headline.contains("is the cause"), "{conclusion:#?}");
        }
        let still =
            pair(OPEN, HARDENED).other(server(VIP, HARDENED)).conclusion("failover_to_refusing_server").unwrap();
        assert_eq!(still.certainty, Certainty::Inferred);
        assert!(still.steps[0].contains("move 192.0.2.10 back"));
        let recovered = pair(OPEN, HARDENED).recovered().conclusion("failover_to_refusing_server").unwrap();
        assert!(!recovered.steps[0].contains("move"), "{:?}", recovered.steps);
    }

    #[test]
    fn the_server_at_the_traces_host_is_the_one_that_refuses() {
        let one = || Story::no_agreement("192.0.2.5");
        let id = "server_refuses_algorithms";
        let found = one().primary(server("192.0.2.5", HARDENED)).conclusion(id).unwrap();
        assert_eq!((found.certainty, found.remedy.is_empty()), (Certainty::Seen, false));
        let release = one().primary(server("192.0.2.5", ONLY_14)).conclusion(id).unwrap();
        assert_eq!((release.certainty, release.next.len()), (Certainty::Assumed, 1));
        let elsewhere = one().other(server("192.0.2.7", HARDENED)).conclusion(id).unwrap();
        assert_eq!(elsewhere.certainty, Certainty::Inferred);
        let second = one().primary(server("192.0.2.4", OPEN)).secondary(server("192.0.2.5", HARDENED));
        assert!(second.conclusion(id).is_some());
        assert_eq!(one().primary(server("192.0.2.5", OPEN)).conclusion(id), None);
        assert_eq!(pair(OPEN, HARDENED).conclusion(id), None);
    }

    #[test]
    fn of_servers_in_no_role_some_refuse() {
        let id = "some_servers_refuse";
        let found = story().other(server("a", OPEN)).other(server("b", HARDENED)).conclusion(id).unwrap();
        assert_eq!(found.headline, "b rejects CUCM's SSH algorithms");
        assert!(pair(HARDENED, OPEN).conclusion(id).is_some());
        assert_eq!(story().other(server("a", OPEN)).other(server("b", OPEN)).conclusion(id), None);
        assert_eq!(pair(OPEN, HARDENED).conclusion(id), None);
    }

    #[test]
    fn both_servers_that_refuse_were_hardened() {
        let id = "both_servers_refuse";
        let found = pair(HARDENED, HARDENED).conclusion(id).unwrap();
        assert_eq!(found.certainty, Certainty::Inferred);
        assert!(found.remedy.iter().any(|remedy| remedy.server == "192.0.2.5"));
        assert!(found.remedy.iter().any(|remedy| remedy.server == "192.0.2.6"));
        assert_eq!(pair(ONLY_14, ONLY_14).conclusion(id).unwrap().certainty, Certainty::Assumed);
        assert_eq!(pair(OPEN, HARDENED).conclusion(id), None);
        assert_eq!(pair(OPEN, OPEN).conclusion(id), None);
    }

    #[test]
    fn where_all_accept_something_changed() {
        let id = "changed_since_the_trace";
        let found = pair(OPEN, OPEN).conclusion(id).unwrap();
        assert_eq!(found.certainty, Certainty::Assumed);
        assert!(found.next.iter().any(|next| next.contains("Cipher Management")));
        let known = pair(OPEN, OPEN).lists(find("cucm-15").unwrap().algorithms.clone(), Offer::default());
        let known = known.conclusion(id).unwrap();
        assert!(!known.text.contains("Cipher Management"), "the trace shows what the node proposes: {}", known.text);
        assert_eq!(pair(OPEN, HARDENED).conclusion(id), None);
        assert_eq!(pair(OPEN, OPEN).recovered().conclusion(id), None);
        assert_eq!(story().conclusion(id), None);
    }

    #[test]
    fn a_server_whose_handshake_fails_is_not_one_that_lets_cucm_in() {
        let mut broken = server("192.0.2.5", OPEN);
        crate::algorithms::answer::judge_target(&mut broken, &crate::algorithms::builtin::default_set());
        for client in &mut broken.clients {
            let result = Some(crate::document::probe::Access::Refuses);
            client.handshake =
                Some(crate::document::probe::Handshake { performed: true, result, ..Default::default() });
            client.disagreement = Some("a real handshake failed".to_owned());
        }
        let ids = || story().primary(broken.clone());
        let found = ids().conclusion("handshake_fails_there").unwrap();
        assert!(found.headline.contains("the lists agree, but the handshake fails"), "{}", found.headline);
        let other = ids().ids();
        assert!(!other.iter().any(|id| id == "changed_since_the_trace" || id == "handshake_fails"), "{other:?}");
        assert_eq!(Story::new().other(broken).ids(), ["handshake_fails"]);
    }

    #[test]
    fn the_trace_alone_says_that_nothing_is_in_common() {
        let found = story().conclusion("no_common_algorithm").unwrap();
        assert_eq!((found.certainty, found.steps), (Certainty::Seen, vec!["what to do".to_owned()]));
        assert!(found.next[0].ends_with("`cdrdiag probe 192.0.2.10`"));
        assert!(story().primary(gone("a")).conclusion("no_common_algorithm").is_some());
        assert_eq!(pair(OPEN, OPEN).conclusion("no_common_algorithm"), None);
    }

    #[test]
    fn a_traces_text_that_is_no_host_gets_into_no_command() {
        let found = Story::no_agreement("a; rm -rf x").told();
        assert!(found.offered_targets.is_empty());
        let texts = found.conclusions.iter().flat_map(|conclusion| &conclusion.next);
        assert!(texts.into_iter().all(|text| !text.contains("probe a; rm")));
    }
}
