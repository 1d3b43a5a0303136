//! The change that is taken from the other server: what works there is what this shop accepts already.

use super::findings::Named;
use super::lists::in_both;
use super::verdict;
use crate::algorithms::judge::judge;
use crate::algorithms::remedy::{WorkingServer, remedies_as_there};
use crate::document::probe::{Access, Target};
use crate::document::remedy::Remedy;
use crate::model::offer::{Category, Offer, is_marker};
use crate::model::profile::Profile;

/// The least change on `target`. A client's proposal is narrowed to what the other side offers, as far as that
/// lets in every client that its whole proposal would.
pub(super) fn remedy(target: &Target, other: Named<'_>, profiles: &[Profile]) -> Vec<Remedy> {
    let (Some(offer), Some(works)) = (&target.offer, &other.target.offer) else { return target.remedy.clone() };
    let refused = || profiles.iter().filter(|profile| refuses(target, profile));
    let narrowed: Vec<Profile> = refused().map(|profile| narrowed_to(profile, offer, works)).collect();
    let there = WorkingServer { name: other.name, offer: works };
    let taken = remedies(target, offer, there, &narrowed);
    let plain = remedies(target, offer, there, &refused().cloned().collect::<Vec<_>>());
    let lines = |remedies: &[Remedy]| remedies.iter().filter(|remedy| remedy.line.is_some()).count();
    let prose = |remedies: &[Remedy]| remedies.len() - lines(remedies);
    // Where it leaves a client outside, that is told in words.
    if lines(&taken) >= lines(&plain) && prose(&taken) <= prose(&plain) { taken } else { plain }
}

fn refuses(target: &Target, profile: &Profile) -> bool {
    verdict(target, profile).is_some_and(|client| client.result == Access::Refuses)
}

fn remedies(target: &Target, offer: &Offer, there: WorkingServer<'_>, profiles: &[Profile]) -> Vec<Remedy> {
    let identification = target.identification.as_ref();
    let judgements: Vec<_> = profiles.iter().map(|profile| (profile, judge(profile, offer, identification))).collect();
    let refusals: Vec<_> = judgements.iter().map(|(profile, judgement)| (*profile, judgement)).collect();
    remedies_as_there(Some(there), &target.target, offer, identification, &refusals)
}

/// The profile with its proposal cut down to what `works` offers, in the categories where `offer` has nothing of
/// it and `works` has something.
fn narrowed_to(profile: &Profile, offer: &Offer, works: &Offer) -> Profile {
    let mut narrowed = profile.clone();
    for category in Category::NEGOTIATED {
        let (Some(proposed), Some(offered), Some(works)) =
            (profile.algorithms.get(category), offer.get(category), works.get(category))
        else {
            continue;
        };
        let kept = in_both(proposed, works);
        let missing = !proposed.iter().any(|name| !is_marker(name) && offered.contains(name));
        if missing && !kept.is_empty() {
            narrowed.algorithms.set(category, kept);
        }
    }
    narrowed
}
