//! What the servers tell by themselves, whatever a trace says.

use super::super::clients::{Origin, contradictions, told};
use super::super::evidence::{at, conclusion, line, of_server};
use super::super::facts::{Facts, Role, Server};
use crate::algorithms::builtin;
use crate::algorithms::remedy::password_login;
use crate::document::diagnose::{Certainty, Conclusion};
use crate::model::offer::Category;
use crate::words::listed;

/// The primary lets CUCM in and the secondary does not: the next failover stops deliveries.
pub fn failover_would_fail(facts: &Facts<'_>) -> Option<Conclusion> {
    if algorithms_are_the_cause(facts) {
        return None;
    }
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    let differ = |id: &&str| lets_in(primary, id) == Some(true) && lets_in(secondary, id) == Some(false);
    let profiles: Vec<&str> = facts.profiles().into_iter().filter(differ).collect();
    if profiles.is_empty() {
        return None;
    }
    let whoever = facts.profiles().iter().all(|id| lets_in(secondary, id) == Some(false));
    let text = format!(
        "{} lets {} in, {} does not: when it takes over, deliveries stop.",
        primary.name(),
        facts.titles(&profiles),
        secondary.name()
    );
    Some(Conclusion {
        evidence: [primary, secondary].into_iter().flat_map(|server| of_server(facts, server)).collect(),
        remedy: facts.remedy(secondary),
        ..conclusion(
            if whoever { Certainty::Inferred } else { Certainty::Assumed },
            format!("A failover to {} would stop deliveries", secondary.name()),
            text,
        )
    })
}

/// Servers keep CUCM out, and no trace tells of it.
pub fn servers_refuse(facts: &Facts<'_>) -> Option<Conclusion> {
    let refusing: Vec<&Server<'_>> = facts.servers.iter().filter(|server| server.refuses()).collect();
    if refusing.is_empty() || algorithms_are_the_cause(facts) || failover_would_fail(facts).is_some() {
        return None;
    }
    let names = listed(refusing.iter().map(|server| server.name()));
    let whoever = |id: &str| refusing.iter().all(|server| lets_in(server, id) == Some(false));
    let all = facts.profiles().into_iter().all(whoever);
    let text = if facts.trace.is_some() {
        "The trace does not show it: it may have begun since, or CUCM does not deliver there."
    } else {
        "A trace shows whether CUCM delivers there, and since when it fails."
    };
    Some(Conclusion {
        evidence: refusing.iter().flat_map(|server| of_server(facts, server)).collect(),
        remedy: refusing.iter().flat_map(|server| facts.remedy(server)).collect(),
        next: if all { Vec::new() } else { vec!["which release the cluster runs: give it as --profile".to_owned()] },
        ..conclusion(
            if all { Certainty::Inferred } else { Certainty::Assumed },
            format!("{names} would reject CUCM"),
            text.to_owned(),
        )
    })
}

/// A server told nothing: not reached, not SSH, broken off.
pub fn server_without_answer(facts: &Facts<'_>) -> Option<Conclusion> {
    let silent: Vec<&Server<'_>> = facts.servers.iter().filter(|server| !server.is_judged()).collect();
    let why = |server: &&Server<'_>| {
        let error = server.target.error.as_ref().map_or("nothing is known about it", |error| error.message.as_str());
        let came_to = server.target.outcome.without_offer().unwrap_or("offered nothing to check");
        format!("{} {came_to}: {error}", server.name())
    };
    let found = conclusion(
        Certainty::Seen,
        silent.iter().map(why).collect::<Vec<_>>().join("; "),
        "Whether CUCM would get in there is not known.".to_owned(),
    );
    let checks = silent.iter().filter_map(|server| server.target.error.as_ref()?.remedy.clone());
    let mut steps: Vec<String> = checks.collect();
    steps.dedup();
    (!silent.is_empty()).then(|| Conclusion {
        evidence: silent.iter().flat_map(|server| of_server(facts, server)).collect(),
        steps,
        next: vec!["whether it runs, and whether it can be reached from CUCM's network".to_owned()],
        ..found
    })
}

/// A server lets CUCM's client through and then takes no password.
pub fn login_without_password(facts: &Facts<'_>) -> Option<Conclusion> {
    let strict: Vec<&Server<'_>> = facts.servers.iter().filter(|server| server.target.takes_no_password()).collect();
    let names = listed(strict.iter().map(|server| server.name()));
    let told = |server: &&Server<'_>| {
        let methods = server.target.auth_methods().join(", ");
        at(server, format!("{} offers {methods} only", server.name()), "clients[].handshake.auth_methods")
    };
    let found = conclusion(
        Certainty::Inferred,
        format!("{names} rejects password login, which CUCM needs"),
        "That is its answer to an unknown user; CUCM's account may fare differently.".to_owned(),
    );
    (!strict.is_empty()).then(|| Conclusion {
        evidence: strict.iter().map(told).collect(),
        remedy: strict.iter().filter_map(|server| password_login(server.target)).collect(),
        next: vec!["whether CUCM's own account gets in: cdrdiag deliver".to_owned()],
        ..found
    })
}

/// The lists agree, and a real handshake fails: something else than the algorithms stops it.
pub fn handshake_fails(facts: &Facts<'_>) -> Option<Conclusion> {
    let all_failed = facts.failed(true);
    if all_failed.iter().any(|failed| super::algorithms::handshake_fails_there(facts, failed).is_some()) {
        return None;
    }
    let broken: Vec<&Server<'_>> = facts.servers.iter().filter(|server| server.target.handshake_fails()).collect();
    let names = listed(broken.iter().map(|server| server.name()));
    let told = broken.iter().flat_map(|server| {
        server.target.clients.iter().filter(|client| client.handshake_fails()).filter_map(move |client| {
            let what = format!("{}, {}: {}", server.name(), client.profile, client.disagreement.as_ref()?);
            Some(at(server, what, "clients[].disagreement"))
        })
    });
    let found = conclusion(
        Certainty::Seen,
        format!("{names} does not let CUCM in: the lists agree, but the handshake fails"),
        why_it_breaks(&broken).unwrap_or_else(|| {
            "No algorithm is missing, so changing the lists does not help: the server gives up during the handshake, \
             as it does when it cannot read its host key."
                .to_owned()
        }),
    );
    (!broken.is_empty()).then(|| Conclusion {
        evidence: told.collect(),
        remedy: broken.iter().flat_map(|server| facts.remedy(server)).collect(),
        next: vec!["the server's own log of that handshake".to_owned()],
        ..found
    })
}

/// The lists agree, and no handshake came far enough to prove it.
pub fn handshake_unproven(facts: &Facts<'_>) -> Option<Conclusion> {
    let unproven: Vec<&Server<'_>> = facts.servers.iter().filter(|server| server.is_unproven()).collect();
    let told = unproven.iter().flat_map(|server| {
        server.target.clients.iter().filter_map(move |client| {
            let what = format!("{}, {}: {}", server.name(), client.profile, client.unproven()?);
            Some(at(server, what, "clients[].handshake.unproven"))
        })
    });
    let names = listed(unproven.iter().map(|server| server.name()));
    let found = conclusion(
        Certainty::Seen,
        format!("No handshake proves that {names} lets CUCM in"),
        "The lists agree, but the connection was turned away or time ran out, as connection limits, firewalls and a \
         wrong MTU have it. CUCM may meet the same."
            .to_owned(),
    );
    (!unproven.is_empty()).then(|| Conclusion {
        evidence: told.collect(),
        next: vec!["the server's own log of that handshake".to_owned()],
        ..found
    })
}

/// What experiments showed of these servers: which algorithm breaks the handshake, and what works in its place.
pub(super) fn why_it_breaks(servers: &[&Server<'_>]) -> Option<String> {
    let of_server = |server: &&Server<'_>| {
        let mut broken = server.target.clients.iter().filter_map(|client| client.handshake.as_ref()?.broken.as_ref());
        Some(format!("{} {}.", server.name(), broken.next()?.words()))
    };
    let found: Vec<String> = servers.iter().filter_map(of_server).collect();
    (!found.is_empty()).then(|| format!("Handshakes with one algorithm at a time show why: {}", found.join(" ")))
}

/// A real handshake contradicts the lists.
pub fn prediction_contradicted(facts: &Facts<'_>) -> Option<Conclusion> {
    let told = facts.servers.iter().flat_map(|server| {
        server.target.clients.iter().filter_map(move |client| {
            let what = format!("{}, {}: {}", server.name(), client.profile, client.disagreement.as_ref()?);
            (!client.handshake_fails()).then(|| at(server, what, "clients[].disagreement"))
        })
    });
    let evidence: Vec<_> = told.collect();
    let found = conclusion(
        Certainty::Seen,
        "A real handshake contradicts the lists".to_owned(),
        "The verdict on that server is from its lists alone and may be wrong.".to_owned(),
    );
    (!evidence.is_empty()).then(|| Conclusion {
        evidence,
        next: vec!["the server's own log of that handshake".to_owned()],
        ..found
    })
}

/// The trace itself shows what CUCM's client proposes.
pub fn client_seen_in_trace(facts: &Facts<'_>) -> Option<Conclusion> {
    let traced = facts.trace?.negotiation.as_ref()?;
    let kinds: Vec<&str> = told(&traced.client).into_iter().map(Category::title).collect();
    let titles = facts.titles(&facts.profiles());
    let (headline, text) = match facts.clients.origin {
        Origin::Asked => return None,
        Origin::Confirmed => (
            format!("The trace shows the client that CUCM uses: {titles}"),
            "Its lists in the trace are those of this profile, so servers are checked against it alone.".to_owned(),
        ),
        Origin::Implied => (
            "CUCM's client proposes other lists than its profile has; the trace decides".to_owned(),
            "Cipher Management or FIPS mode of that node, or another release, would explain it. Servers are checked \
             against what the trace shows."
                .to_owned(),
        ),
    };
    let mut evidence = vec![line(format!("the client's lists: {}", kinds.join(", ")), &traced.evidence)];
    for category in differing(facts) {
        evidence.push(line(format!("unlike every profile: {category}"), &traced.evidence));
    }
    Some(Conclusion { problem: false, evidence, ..conclusion(Certainty::Seen, headline, text) })
}

/// The categories in which the trace says otherwise than every built-in release.
fn differing(facts: &Facts<'_>) -> Vec<&'static str> {
    let Some(traced) = facts.trace.and_then(|trace| trace.negotiation.as_ref()) else { return Vec::new() };
    if facts.clients.origin != Origin::Implied {
        return Vec::new();
    }
    let profiles = builtin::default_set();
    let everywhere =
        |category: &Category| profiles.iter().all(|profile| contradictions(profile, &traced.client).contains(category));
    told(&traced.client).into_iter().filter(everywhere).map(Category::title).collect()
}

/// Whether a trace shows failures by a mismatch: then its rules speak of the servers.
fn algorithms_are_the_cause(facts: &Facts<'_>) -> bool {
    let all_failed = [facts.failed(true), facts.failed(false)].concat();
    all_failed.iter().any(|failed| failed.mismatch().is_some())
}

fn lets_in(server: &Server<'_>, profile: &str) -> Option<bool> {
    let client = server.target.clients.iter().find(|client| client.profile == profile)?;
    Some(client.gets_in())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::answer::judge_target;
    use crate::diagnosis::story::{HARDENED, ONLY_14, OPEN, Story, gone, server};
    use crate::document::probe::Handshake;
    use crate::model::offer::{Offer, split_list};
    use crate::model::stage::Stage;
    use crate::ssh::identification;

    const HOST: &str = "192.0.2.10";

    #[test]
    fn a_secondary_that_would_refuse_is_told_before_it_takes_over() {
        let id = "failover_would_fail";
        let pair = |story: Story, secondary| story.primary(server("a", OPEN)).secondary(server("b", secondary));
        let found = pair(Story::new(), HARDENED).conclusion(id).unwrap();
        assert_eq!((found.certainty, found.remedy.is_empty()), (Certainty::Inferred, false));
        assert_eq!(pair(Story::healthy(HOST), ONLY_14).conclusion(id).unwrap().certainty, Certainty::Assumed);
        assert_eq!(pair(Story::new(), OPEN).conclusion(id), None);
        assert_eq!(pair(Story::no_agreement(HOST), HARDENED).conclusion(id), None);
        assert_eq!(Story::new().primary(server("a", HARDENED)).secondary(server("b", OPEN)).conclusion(id), None);
    }

    #[test]
    fn a_server_that_refuses_is_a_problem_of_its_own() {
        let id = "servers_refuse";
        assert!(Story::new().other(server("a", HARDENED)).conclusion(id).is_some());
        let login = Story::failing(HOST, "authentication", Some(Stage::Authentication));
        assert!(login.primary(server("a", HARDENED)).conclusion(id).unwrap().text.contains("does not show it"));
        assert_eq!(Story::new().other(server("a", OPEN)).conclusion(id), None);
        assert_eq!(Story::no_agreement(HOST).other(server("a", HARDENED)).conclusion(id), None);
    }

    #[test]
    fn a_server_that_takes_no_password_is_told_where_it_names_its_methods() {
        let offering = |methods: &[&str]| {
            let mut target = server("a", OPEN);
            target.identification = identification::parse(b"SSH-2.0-OpenSSH_9.2p1").ok();
            let auth_methods = methods.iter().map(|method| (*method).to_owned()).collect();
            let handshake = Some(Handshake { auth_methods, ..Handshake::default() });
            judge_target(&mut target, &builtin::default_set());
            target.clients[0].handshake = handshake;
            Story::new().other(target).conclusion("login_without_password")
        };
        let found = offering(&["publickey"]).unwrap();
        assert!(found.headline.contains("rejects password login"));
        assert_eq!(found.remedy[0].line.as_deref(), Some("PasswordAuthentication yes"));
        assert_eq!(offering(&["publickey", "keyboard-interactive"]), None);
        assert_eq!(offering(&[]), None);
    }

    #[test]
    fn a_server_that_did_not_answer_is_told() {
        assert!(Story::new().other(gone("a")).conclusion("server_without_answer").is_some());
        assert_eq!(Story::new().other(server("a", OPEN)).conclusion("server_without_answer"), None);
    }

    #[test]
    fn a_handshake_that_contradicts_the_lists_is_told() {
        use super::super::super::{answer, clients::Clients};
        let question = crate::backlog::Question { preserve_days: None, now: chrono::DateTime::UNIX_EPOCH };
        let told = |disagreement: Option<&str>| {
            let mut target = server("a", OPEN);
            crate::algorithms::answer::judge_target(&mut target, &builtin::default_set());
            target.clients[0].disagreement = disagreement.map(str::to_owned);
            let parts = answer::Parts { others: vec![target], ..answer::Parts::default() };
            answer::document(parts, &Clients::asked(builtin::default_set()), question).conclusions[0].id.clone()
        };
        assert_eq!(told(Some("a real handshake failed")), "prediction_contradicted");
        assert_eq!(told(None), "nothing_wrong");
    }

    #[test]
    fn the_traces_own_lists_win_over_the_profile() {
        let mut client = Offer::default();
        client.set(Category::Kex, split_list("diffie-hellman-group1-sha1"));
        let story = Story::no_agreement(HOST).lists(client, Offer::default()).other(server(HOST, OPEN));
        let told = story.told();
        let found = told.conclusions.iter().find(|found| found.id == "client_seen_in_trace").unwrap();
        assert!(found.evidence.iter().any(|evidence| evidence.what.contains("key exchange")), "{found:?}");
        assert_eq!(told.conclusions[0].id, "server_refuses_algorithms", "judged by the trace, it refuses");
        assert!(told.probe.unwrap().profiles.iter().all(|profile| profile.id.starts_with("trace")));
    }

    #[test]
    fn a_trace_without_lists_says_nothing_of_the_client() {
        assert_eq!(Story::no_agreement(HOST).conclusion("client_seen_in_trace"), None);
        let known = builtin::find("cucm-15").unwrap().algorithms.clone();
        let found = Story::no_agreement(HOST).lists(known, Offer::default()).conclusion("client_seen_in_trace");
        assert!(found.unwrap().headline.ends_with("CUCM 15"));
    }
}
