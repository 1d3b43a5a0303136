use crate::algorithms::answer::judge_target;
use crate::algorithms::builtin::{self, find};
use crate::diagnosis::story::{HARDENED, ONLY_14, OPEN, Story, gone, server};
use crate::document::diagnose::Certainty;
use crate::document::probe::Handshake;
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
    assert_eq!(own.primary(server("192.0.2.5", OPEN)).secondary(server("192.0.2.6", HARDENED)).conclusion(id), None);
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
    let own =
        |host| Story::no_agreement(host).primary(server("192.0.2.5", OPEN)).secondary(server("192.0.2.6", HARDENED));
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
    let still = pair(OPEN, HARDENED).other(server(VIP, HARDENED)).conclusion("failover_to_refusing_server").unwrap();
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
        client.handshake = Some(crate::document::probe::Handshake { performed: true, result, ..Default::default() });
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
fn a_server_with_which_no_handshake_ended_neither_lets_cucm_in_nor_fails() {
    let mut silent = server("192.0.2.5", OPEN);
    crate::algorithms::answer::judge_target(&mut silent, &crate::algorithms::builtin::default_set());
    for client in &mut silent.clients {
        let unproven = Some(crate::document::probe::Unproven::TimedOut);
        client.handshake = Some(crate::document::probe::Handshake { unproven, ..Default::default() });
    }
    silent.conclude();
    let wrong = ["changed_since_the_trace", "handshake_fails", "handshake_fails_there", "nothing_wrong"];
    for story in [story().primary(silent.clone()), Story::new().other(silent.clone())] {
        let ids = story.ids();
        assert!(ids.iter().any(|id| id == "handshake_unproven"), "{ids:?}");
        assert!(!ids.iter().any(|id| wrong.contains(&id.as_str())), "{ids:?}");
    }
    let found = Story::new().other(silent).conclusion("handshake_unproven").unwrap();
    assert!(found.evidence.iter().any(|evidence| evidence.what.contains("MTU")), "{:?}", found.evidence);
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

#[test]
fn servers_given_the_wrong_way_round_are_asked_about() {
    let next = |primary, secondary| pair(primary, secondary).conclusion("some_servers_refuse").unwrap().next;
    assert!(next(HARDENED, OPEN).iter().any(|next| next.contains("are swapped")), "{:?}", next(HARDENED, OPEN));
    let unnamed = story().other(server("192.0.2.5", HARDENED)).other(server("192.0.2.6", OPEN));
    let unnamed = unnamed.conclusion("some_servers_refuse").unwrap().next;
    assert!(!unnamed.iter().any(|next| next.contains("are swapped")), "{unnamed:?}");
}

#[test]
fn one_server_alone_leads_to_the_other_unless_it_is_the_one_of_the_trace() {
    for (offer, id) in [(OPEN, "changed_since_the_trace"), (HARDENED, "server_refuses_algorithms")] {
        let next = |given: Story| given.conclusion(id).unwrap().next.join(" ");
        assert!(next(story().primary(server("192.0.2.5", offer))).contains("as --secondary"), "{id}");
        assert!(next(story().secondary(server("192.0.2.5", offer))).contains("as --primary"), "{id}");
        assert!(!next(story().primary(server(VIP, offer))).contains("as --secondary"), "{id}");
    }
}

#[test]
fn a_server_that_takes_no_password_lets_nobody_in() {
    let mut strict = server("192.0.2.5", OPEN);
    judge_target(&mut strict, &builtin::default_set());
    strict.clients[0].handshake =
        Some(Handshake { auth_methods: vec!["publickey".to_owned()], ..Handshake::default() });
    let found = story().primary(strict).conclusion("changed_since_the_trace").unwrap();
    assert!(!found.headline.contains("would let CUCM in"), "{}", found.headline);
    assert!(found.text.contains("takes no password"), "{}", found.text);
}
