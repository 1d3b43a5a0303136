//! From a server's offer and the profiles to what a document says of them.

use std::collections::VecDeque;

use super::judge::{Judgement, judge};
use super::knowledge;
use super::remedy::remedies;
use crate::document::probe::{Access, Client, Handshake, Identification, ProfileRef, Target, Weak};
use crate::document::remedy::Remedy;
use crate::model::offer::{Category, Offer};
use crate::model::profile::Profile;

/// How a document names the profiles by which it judges.
pub fn profile_refs(profiles: &[Profile]) -> Vec<ProfileRef> {
    profiles.iter().map(ProfileRef::from).collect()
}

/// Judges a target that has an offer by each profile, and fills in what follows from it: clients, remedy, weak
/// algorithms, outcome. A target without a whole offer stays as it is.
pub fn judge_target(target: &mut Target, profiles: &[Profile]) {
    let Some(offer) = target.offer.as_ref().filter(|_| target.error.is_none()) else { return };
    let identification = target.identification.as_ref();
    let judgements: Vec<_> = profiles.iter().map(|profile| (profile, judge(profile, offer, identification))).collect();
    let refusals: Vec<_> = judgements.iter().map(|(profile, judgement)| (*profile, judgement)).collect();
    let clients = judgements
        .iter()
        .map(|(profile, judgement)| client(&target.target, offer, identification, profile, judgement))
        .collect();
    target.remedy = remedies(&target.target, offer, identification, &refusals);
    target.weak = knowledge::weak(offer);
    target.clients = clients;
    target.conclude();
}

/// So many different servers' judgements are kept: a fleet is made of few kinds.
const KEPT: usize = 32;

/// Judgements of the servers so far: another that offers the same and presents itself alike gets the same one.
#[derive(Debug, Default)]
pub struct Judgements {
    kept: VecDeque<Kept>,
}

#[derive(Debug)]
struct Kept {
    offer: Offer,
    identification: Option<Identification>,
    clients: Vec<Client>,
    remedy: Vec<Remedy>,
    weak: Vec<Weak>,
}

impl Judgements {
    /// As [`judge_target`], always for the same profiles.
    pub fn judge(&mut self, target: &mut Target, profiles: &[Profile]) {
        let known = self
            .kept
            .iter()
            .find(|kept| target.offer.as_ref() == Some(&kept.offer) && target.identification == kept.identification);
        let Some(known) = known.filter(|_| target.error.is_none()) else {
            judge_target(target, profiles);
            return self.keep(target);
        };
        let here = |remedy: &Remedy| Remedy { server: target.target.clone(), ..remedy.clone() };
        let client = |client: &Client| Client { remedy: client.remedy.iter().map(here).collect(), ..client.clone() };
        (target.remedy, target.weak) = (known.remedy.iter().map(here).collect(), known.weak.clone());
        target.clients = known.clients.iter().map(client).collect();
        target.conclude();
    }

    fn keep(&mut self, target: &Target) {
        let Some(offer) = target.offer.clone().filter(|_| target.error.is_none()) else { return };
        self.kept.truncate(KEPT - 1);
        self.kept.push_front(Kept {
            offer,
            identification: target.identification.clone(),
            clients: target.clients.clone(),
            remedy: target.remedy.clone(),
            weak: target.weak.clone(),
        });
    }
}

fn client(
    server: &str,
    offer: &Offer,
    identification: Option<&Identification>,
    profile: &Profile,
    judgement: &Judgement,
) -> Client {
    Client {
        profile: profile.id.clone(),
        result: judgement.result,
        verdict: judgement.result,
        stage: judgement.stage,
        agreed: judgement.agreed.clone(),
        missing: judgement.missing.clone(),
        unknown: judgement.unknown.clone(),
        obstacles: judgement.obstacles.clone(),
        findings: judgement.findings.clone(),
        handshake: None,
        disagreement: None,
        remedy: remedies(server, offer, identification, &[(profile, judgement)]),
    }
}

/// Where a prediction and a real handshake contradict each other; `knows` says which algorithms the handshake's
/// library has, since it can't speak for others.
///
/// A client that the lists let in and a habit keeps out (a host key that it can't verify, a group that it won't
/// take) is no contradiction: another implementation has no such habit.
pub fn disagreement(client: &Client, handshake: &Handshake, knows: impl Fn(Category, &str) -> bool) -> Option<String> {
    let speaks_for = |(category, name): &(&Category, &String)| knows(**category, name);
    match (handshake.result?, client.missing.is_empty()) {
        (Access::Refuses, true) if client.agreed.iter().all(|agreed| speaks_for(&agreed)) => {
            let error = handshake.error.as_deref().unwrap_or("for no reason given");
            let why = handshake.broken.as_ref().map(|broken| format!("; the server {}", broken.words()));
            let why = why.unwrap_or_default();
            Some(format!("the lists agree in every category, but a real handshake failed: {error}{why}"))
        }
        (Access::Accepts, false) => {
            let missing: Vec<_> = client.missing.iter().map(|category| category.title()).collect();
            Some(format!("the lists have no {} in common, but a real handshake succeeded", missing.join(", no ")))
        }
        (Access::Accepts, true) => {
            let mut expected = client.agreed.iter().filter(speaks_for);
            expected.find_map(|(category, name)| {
                let met = handshake.agreed.get(category).filter(|met| *met != name)?;
                Some(format!("the lists lead to the {} {name}, but a real handshake agreed on {met}", category.title()))
            })
        }
        (Access::Refuses, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin;
    use crate::document::probe::Outcome;
    use crate::model::offer::split_list;

    fn target(mac: &str) -> Target {
        let mut offer = Offer::default();
        for (category, list) in [
            (Category::Kex, "ecdh-sha2-nistp521"),
            (Category::HostKey, "rsa-sha2-256"),
            (Category::CipherC2s, "aes128-ctr"),
            (Category::CipherS2c, "aes128-ctr"),
            (Category::MacC2s, mac),
            (Category::MacS2c, mac),
            (Category::CompressionC2s, "none"),
            (Category::CompressionS2c, "none"),
        ] {
            offer.set(category, split_list(list));
        }
        Target { target: "billing".into(), offer: Some(offer), ..Target::default() }
    }

    fn judged(mac: &str) -> Target {
        let mut target = target(mac);
        judge_target(&mut target, &builtin::default_set());
        target
    }

    #[test]
    fn a_server_like_one_before_is_judged_alike_and_keeps_its_own_name() {
        let mut judgements = Judgements::default();
        for (name, mac) in
            [("a", "none-of-them"), ("b", "hmac-sha2-256"), ("c", "none-of-them"), ("d", "hmac-sha2-256")]
        {
            let mut once = Target { target: name.into(), ..target(mac) };
            let mut alone = once.clone();
            judgements.judge(&mut once, &builtin::default_set());
            judge_target(&mut alone, &builtin::default_set());
            assert_eq!(once, alone, "{name}");
        }
        assert_eq!(judgements.kept.len(), 2);
    }

    fn shaken(result: Access, kex: &str) -> Handshake {
        let agreed = [(Category::Kex, kex.to_owned())].into();
        Handshake { performed: true, result: Some(result), agreed, ..Handshake::default() }
    }

    #[test]
    fn a_target_accepts_when_every_profile_does() {
        assert_eq!(judged("hmac-sha2-256").outcome, Outcome::Accepts);
        let target = judged("hmac-sha1");
        assert_eq!(target.outcome, Outcome::Refuses);
        let results: Vec<_> = target.clients.iter().map(|client| (client.profile.as_str(), client.result)).collect();
        let expected = [("cucm-12.5", Access::Accepts), ("cucm-14", Access::Accepts), ("cucm-15", Access::Refuses)];
        assert_eq!(results, expected);
        assert!(!target.remedy.is_empty() && target.clients[0].remedy.is_empty());
        assert_eq!(judged("hmac-md5").weak.len(), 2, "in both directions");
    }

    #[test]
    fn a_broken_offer_is_not_judged() {
        let mut target = target("hmac-sha1");
        target.error =
            Some(crate::document::probe::TargetError { kind: "garbled".into(), message: String::new(), remedy: None });
        target.outcome = Outcome::Error;
        judge_target(&mut target, &builtin::default_set());
        assert!(target.clients.is_empty());
        assert_eq!(target.outcome, Outcome::Error);
    }

    #[test]
    fn a_handshake_that_contradicts_the_lists_is_told() {
        let (accepted, refused) = (&judged("hmac-sha2-256").clients[0], &judged("hmac-md5").clients[0]);
        let knows_all = |_: Category, _: &str| true;
        assert_eq!(disagreement(accepted, &shaken(Access::Accepts, "ecdh-sha2-nistp521"), knows_all), None);
        assert_eq!(disagreement(refused, &shaken(Access::Refuses, ""), knows_all), None);
        assert!(disagreement(accepted, &shaken(Access::Refuses, ""), knows_all).is_some());
        assert!(disagreement(refused, &shaken(Access::Accepts, "ecdh-sha2-nistp521"), knows_all).is_some());
        assert!(disagreement(accepted, &shaken(Access::Accepts, "curve25519-sha256"), knows_all).is_some());
    }

    #[test]
    fn a_library_does_not_speak_for_algorithms_that_it_does_not_know() {
        let accepted = &judged("hmac-sha2-256").clients[0];
        let knows_no_kex = |category, _: &str| category != Category::Kex;
        assert_eq!(disagreement(accepted, &shaken(Access::Refuses, ""), knows_no_kex), None);
        assert_eq!(disagreement(accepted, &shaken(Access::Accepts, "curve25519-sha256"), knows_no_kex), None);
        assert_eq!(disagreement(accepted, &Handshake::default(), |_, _| true), None);
    }
}
