//! What a setting can hold, what each client needs of it, and which addition is welcome.

use crate::algorithms::judge::{is_group_exchange, needs_unlimited_strength};
use crate::algorithms::knowledge;
use crate::algorithms::least_change::{Demand, Rank};
use crate::algorithms::server::Server;
use crate::model::offer::{Category, Offer, Setting, is_marker};
use crate::model::profile::Profile;

/// What a directive can hold of today's offer, both directions together: no markers, no GSSAPI methods (they have
/// a setting of their own), and nothing that is no name by RFC 4251, section 6, as it goes into a line to copy.
pub(super) fn configurable(setting: Setting, offer: &Offer) -> Vec<String> {
    let is_name = |name: &str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@.+/=_-".contains(&byte))
    };
    let mut list: Vec<String> = Vec::new();
    for name in setting.categories().iter().filter_map(|category| offer.get(*category)).flatten() {
        if is_name(name) && !is_marker(name) && !name.starts_with("gss-") && !list.contains(name) {
            list.push(name.clone());
        }
    }
    list
}

/// What a client needs of a setting, one entry a category. A group exchange that the server refuses on any of the
/// client's Java releases serves nobody.
pub(super) fn demands<'a>(setting: Setting, profile: &'a Profile, server: Option<&Server>) -> Vec<Demand<'a>> {
    let smallest = server.and_then(Server::smallest_group);
    let group_fails =
        smallest.is_some_and(|smallest| profile.group_exchanges().iter().any(|(sizes, _)| sizes.max < smallest));
    let fails = |name: &str| match setting {
        Setting::Kex => group_fails && is_group_exchange(name),
        Setting::HostKey => profile.behaviour.unverifiable_host_keys.iter().any(|other| other == name),
        _ => false,
    };
    let lists = setting.categories().iter().filter_map(|category: &Category| profile.algorithms.get(*category));
    lists
        .map(|proposed| Demand {
            proposed,
            unusable: proposed.iter().map(String::as_str).filter(|name| fails(name)).collect(),
        })
        .collect()
}

/// Ready, sound, certain; then unreserved, offered there, strength.
type Welcome = Rank<(bool, bool, bool), (bool, bool, u8)>;

/// How welcome an addition is: one whose key is there before one that needs a new key, one that nobody calls weak
/// before one that somebody does, one that works with every Java before one that may not. Of those that serve as many
/// clients, one without a reservation, then one that the working server offers (`there`), then the stronger. `None`:
/// this server does not have it.
pub(super) fn rank(
    setting: Setting,
    name: &str,
    server: Option<&Server>,
    offered: &[String],
    there: &[String],
) -> Option<Welcome> {
    if server.and_then(|server| server.has(setting, name)) == Some(false) {
        return None;
    }
    let ready = setting != Setting::HostKey || key_of(name).is_none_or(|key| has_key(offered, key));
    let known = knowledge::algorithm(setting, name);
    let sound = known.is_some_and(|entry| entry.weak.is_none());
    // A group exchange also depends on sizes, on which the two may not agree (RFC 4419).
    let may_fail = is_group_exchange(name) || setting == Setting::Cipher && needs_unlimited_strength(name);
    let unreserved = known.is_some_and(|entry| entry.caution.is_none());
    let preference = (unreserved, there.iter().any(|other| other == name), knowledge::strength(setting, name));
    Some(Rank { class: (ready, sound, !may_fail), preference })
}

/// The key of a host key algorithm, in `ssh-keygen`'s words: its type and size.
pub(super) fn key_of(name: &str) -> Option<&'static str> {
    knowledge::algorithm(Setting::HostKey, name)?.key.as_deref()
}

/// Whether one of these host keys is of this kind.
pub(super) fn has_key(offered: &[String], key: &str) -> bool {
    offered.iter().any(|other| key_of(other) == Some(key))
}
