//! The change beside a server that works: of equally sound algorithms, what works there is what this shop accepts
//! already.

use super::findings::Named;
use crate::algorithms::judge::judge;
use crate::algorithms::remedy::{WorkingServer, password_login, remedies_as_there};
use crate::document::probe::Target;
use crate::document::remedy::Remedy;
use crate::model::profile::Profile;

/// The least change on `target` that lets in every client, by the lists and by password.
pub(super) fn remedy(target: &Target, other: Named<'_>, profiles: &[Profile]) -> Vec<Remedy> {
    let (Some(offer), Some(works)) = (&target.offer, &other.target.offer) else { return target.remedy.clone() };
    let identification = target.identification.as_ref();
    let judgements: Vec<_> = profiles.iter().map(|profile| (profile, judge(profile, offer, identification))).collect();
    let refusals: Vec<_> = judgements.iter().map(|(profile, judgement)| (*profile, judgement)).collect();
    let there = WorkingServer { name: other.name, offer: works };
    let of_lists = remedies_as_there(Some(there), &target.target, offer, identification, &refusals);
    of_lists.into_iter().chain(password_login(target)).collect()
}
