//! The least change on a server that lets refused clients in: the whole new line, where it goes, how it is checked
//! and loaded, and what it weakens. Cases that no line mends are told in words.

use std::collections::BTreeMap;

use super::judge::{Judgement, is_group_exchange};
use super::knowledge;
use super::mend::{Change, Demand, Rank, mend, mend_by_fewest};
use super::server::{Configuration, Lines, Server};
use crate::document::obstacle::Obstacle;
use crate::document::probe::Identification;
use crate::document::remedy::Remedy;
use crate::model::offer::Setting;
use crate::model::offer::{Category, Offer, is_marker};
use crate::model::profile::Profile;

/// The changes that let these refused clients in, one a directive. Each entry of `refusals` is a profile with its
/// judgement on this very offer; those that get in need nothing and are passed over. For a client that one setting
/// keeps out whatever is done, nothing else is changed either: that would weaken the server for nobody.
pub fn remedies(
    server: &str,
    offer: &Offer,
    identification: Option<&Identification>,
    refusals: &[(&Profile, &Judgement)],
) -> Vec<Remedy> {
    remedies_as_on(None, server, offer, identification, refusals)
}

/// A server that lets a client in, as the model for one that does not.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    /// How a sentence names it.
    pub name: &'a str,
    /// What it offers.
    pub offer: &'a Offer,
}

/// As [`remedies`]; each says whether the model offers already what it adds.
pub fn remedies_as_on(
    model: Option<Model<'_>>,
    server: &str,
    offer: &Offer,
    identification: Option<&Identification>,
    refusals: &[(&Profile, &Judgement)],
) -> Vec<Remedy> {
    let software = identification.and_then(Server::recognise);
    let shown = software.as_ref().map(Server::title).or_else(|| identification?.product());
    let case = |setting, clients: &[_]| Case::of(setting, offer, software.as_ref(), clients, model);
    let is_lost = |client, setting| case(setting, &[client]).is_some_and(|case| case.change.unmet);
    let refused = refusals.iter().copied().filter(|(_, judgement)| !judgement.obstacles.is_empty());
    let (lost, mendable): (Vec<_>, Vec<_>) =
        refused.partition(|client| Setting::ALL.into_iter().any(|setting| is_lost(*client, setting)));
    Setting::ALL
        .into_iter()
        .flat_map(|setting| {
            let lost_here: Vec<_> = lost.iter().copied().filter(|client| is_lost(*client, setting)).collect();
            let told = case(setting, &lost_here).map(|case| vec![case.out_of_reach()]);
            let mended = case(setting, &mendable).map(|case| case.remedies());
            told.into_iter().chain(mended).flatten()
        })
        .map(|remedy| Remedy { server: server.to_owned(), software: shown.clone(), ..remedy })
        .collect()
}

/// The ECDSA key that is in the usual file, in `ssh-keygen`'s words.
const USUAL_ECDSA: &str = "ecdsa -b 256";

/// One setting that has to change, with the clients that need it.
struct Case<'a> {
    setting: Setting,
    server: Option<&'a Server>,
    clients: Vec<(&'a Profile, &'a Judgement)>,
    offered: Vec<String>,
    change: Change,
    model: Option<Model<'a>>,
}

impl<'a> Case<'a> {
    fn of(
        setting: Setting,
        offer: &Offer,
        server: Option<&'a Server>,
        refused: &[(&'a Profile, &'a Judgement)],
        model: Option<Model<'a>>,
    ) -> Option<Self> {
        let concerns = |obstacle: &Obstacle| setting.categories().contains(&obstacle.category());
        let clients: Vec<_> =
            refused.iter().copied().filter(|(_, judgement)| judgement.obstacles.iter().any(concerns)).collect();
        if clients.is_empty() {
            return None;
        }
        let offered = configurable(setting, offer);
        let demands: Vec<_> = clients.iter().flat_map(|(profile, _)| demands(setting, profile, server)).collect();
        let rank = |name: &str| rank(setting, name, server, &offered);
        let mend = if setting == Setting::HostKey { mend_by_fewest } else { mend };
        let change = mend(&offered, &demands, rank);
        Some(Self { setting, server, clients, offered, change, model })
    }

    fn remedies(&self) -> Vec<Remedy> {
        let missing = self.missing_keys();
        let keys: Vec<_> = missing.iter().filter_map(|(key, names)| self.make_key(key, names)).collect();
        let for_new_keys: usize = missing.values().map(Vec::len).sum();
        let keys_suffice = !keys.is_empty() && for_new_keys == self.change.adds.len();
        let list = match self.server.map(|server| &server.product.configuration) {
            Some(Configuration::Lines(lines)) => self.line(lines, keys_suffice),
            Some(_) if keys_suffice => None,
            Some(Configuration::Words { place, steps }) => Some(self.words(Some(place), steps)),
            Some(Configuration::Fixed { reason }) => Some(self.words(None, reason)),
            None => {
                Some(self.words(None, "the server's software is not known here: look for this setting in its manual"))
            }
        };
        keys.into_iter().chain(list).collect()
    }

    /// The whole new line. Without a directive for it, and where a new key is not enough, the steps in words.
    fn line(&self, lines: &Lines, keys_suffice: bool) -> Option<Remedy> {
        let server = self.server?;
        let Some(directive) = server.directive(lines, self.setting) else {
            let words = "this version has no directive for it: it offers what its keys and its build allow";
            return (!keys_suffice).then(|| self.words(Some(server.file(lines)), words));
        };
        let note = server.note(lines).map(|note| format!(" {note}.")).unwrap_or_default();
        let line = Remedy {
            file: Some(server.file(lines).to_owned()),
            directive: Some(directive.to_owned()),
            line: Some(format!("{directive} {}", self.change.list.join(&lines.separator))),
            commands: server.commands(lines),
            ..self.blank()
        };
        Some(line.told(self.why(), self.what(), format!("The line goes {}.{note}", lines.place)))
    }

    fn words(&self, place: Option<&str>, steps: &str) -> Remedy {
        let remedy = Remedy { file: place.map(str::to_owned), ..self.blank() };
        remedy.told(self.why(), self.what(), format!("To do so: {steps}."))
    }

    fn out_of_reach(&self) -> Remedy {
        let proposed: Vec<_> =
            self.clients.iter().flat_map(|(profile, _)| demands(self.setting, profile, self.server)).collect();
        let mut names: Vec<String> = Vec::new();
        for name in proposed
            .iter()
            .flat_map(|demand| demand.proposed.iter().filter(|name| !demand.unusable.contains(&name.as_str())))
        {
            let history = knowledge::algorithm(self.setting, name).map(|entry| match (&entry.since, &entry.removed) {
                (_, Some(removed)) => format!("{name} (OpenSSH before {removed})"),
                (Some(since), _) => format!("{name} (OpenSSH {since} or later)"),
                _ => name.clone(),
            });
            let shown = history.unwrap_or_else(|| name.clone());
            if !names.contains(&shown) {
                names.push(shown);
            }
        }
        let server = self.server.map_or_else(|| "this server".to_owned(), Server::title);
        let wanted = || proposed.iter().flat_map(|demand| demand.proposed.iter().map(String::as_str));
        if let Some(upgrade) = self.server.and_then(|server| wanted().find_map(|name| server.upgrade_for(name))) {
            let how = format!("No line mends this: {server} has none of {}. Install {upgrade}.", names.join(", "));
            return Remedy { adds: vec![], weakens: None, ..self.blank() }.told(self.why(), String::new(), how);
        }
        let how = format!(
            "No line mends this: {server} has none of what could serve: {}. Install a version or another server that has one of them, or change the client's settings.",
            if names.is_empty() { "nothing in the client's list works".to_owned() } else { names.join(", ") }
        );
        Remedy { adds: vec![], weakens: None, ..self.blank() }.told(self.why(), String::new(), how)
    }

    /// The keys, in `ssh-keygen`'s words, that the server does not show, each with the additions that need it.
    fn missing_keys(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut keys: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for name in self.change.adds.iter().filter(|_| self.setting == Setting::HostKey) {
            if let Some(key) = key_of(name).filter(|key| !has_key(&self.offered, key)) {
                keys.entry(key).or_default().push(name.clone());
            }
        }
        keys
    }

    /// sshd finds a key in the default place by itself, unless a `HostKey` line names others: the first such line
    /// switches the default set off.
    fn make_key(&self, key: &str, names: &[String]) -> Option<Remedy> {
        let server = self.server?;
        let store = server.product.key.as_ref()?;
        // ssh-keygen -A, and so every installation, makes an ECDSA key of 256 bits under the usual name.
        let own = key.starts_with("ecdsa") && (key != USUAL_ECDSA || self.shows_another_ecdsa_key());
        let file = store.file(key, own);
        let (config, load) = match &server.product.configuration {
            Configuration::Lines(lines) => (Some(server.file(lines).to_owned()), server.commands(lines)),
            _ => (None, store.reload.clone()),
        };
        let directive = store.directive.as_deref().unwrap_or_default();
        let needed = match &store.list {
            Some(list) if own => format!(
                "Where the file has no {directive} line yet, write one for each key that `{list}` shows today as well: a first one switches off the keys in their default places."
            ),
            Some(list) => format!(
                "The line is needed only where `{list}` does not show the key afterwards; where the file has no {directive} line at all leave it out, as a first one switches off the keys in their default places."
            ),
            None => String::new(),
        };
        let remedy = Remedy {
            file: config,
            directive: store.directive.clone(),
            line: store.directive.as_ref().map(|directive| format!("{directive} {}", file.written)),
            adds: names.to_vec(),
            commands: std::iter::once(store.make(key, &file)).chain(store.list.clone()).chain(load).collect(),
            weakens: None,
            ..self.blank()
        };
        let change = format!(
            "A key for {} is needed{}, and the server shows none: make it, unless {} exists.",
            names.join(", "),
            self.model_of(names).map(|model| format!(" ({} has one)", model.name)).unwrap_or_default(),
            file.path
        );
        Some(remedy.told(self.why(), change, needed))
    }

    fn shows_another_ecdsa_key(&self) -> bool {
        let mut keys = self.offered.iter().filter_map(|name| key_of(name));
        keys.any(|key| key.starts_with("ecdsa") && key != USUAL_ECDSA)
    }

    /// The model, where it offers all of these.
    fn model_of(&self, names: &[String]) -> Option<Model<'a>> {
        let model = self.model?;
        let offered = configurable(self.setting, model.offer);
        names.iter().all(|name| offered.contains(name)).then_some(model)
    }

    /// Who is refused, and why.
    fn why(&self) -> String {
        let ids: Vec<_> = self.clients.iter().map(|(profile, _)| profile.id.as_str()).collect();
        let concerns = |obstacle: &&Obstacle| self.setting.categories().contains(&obstacle.category());
        let cause = self.clients.iter().flat_map(|(_, judgement)| judgement.obstacles.iter().filter(concerns)).next();
        let title = self.setting.title();
        let cause = match cause {
            Some(Obstacle::Unverifiable { algorithm: name }) => format!("{name} is agreed on and cannot be verified"),
            Some(Obstacle::GroupSize { .. }) => {
                "a group exchange is agreed on whose sizes the server refuses".to_owned()
            }
            Some(Obstacle::EmptyName { .. }) => {
                format!("an empty name in the server's {title} list ends the negotiation")
            }
            _ => format!("no {title} algorithm is common with the server"),
        };
        format!("{}: {cause}.", ids.join(", "))
    }

    /// Whether one of the clients' algorithms would let all of them in.
    fn one_serves_all(&self) -> bool {
        let demands: Vec<_> =
            self.clients.iter().flat_map(|(profile, _)| demands(self.setting, profile, self.server)).collect();
        let has = |name: &&String| rank(self.setting, name, self.server, &self.offered).is_some();
        let mut candidates = demands.iter().flat_map(|demand| demand.proposed).filter(has);
        candidates.any(|name| demands.iter().all(|demand| demand.can_use(name)))
    }

    /// What changes in the list.
    fn what(&self) -> String {
        let mut what = Vec::new();
        if !self.change.adds.is_empty() {
            let best = match (self.model_of(&self.change.adds), self.change.adds.len()) {
                (Some(model), 1) => format!("{} offers it already", model.name),
                (Some(model), _) => format!("{} offers them already", model.name),
                (None, 1) => "the best that both support".to_owned(),
                (None, _) if self.one_serves_all() => "for each client the best that both support".to_owned(),
                (None, _) => "no single one serves all".to_owned(),
            };
            what.push(format!("Add {} ({best}); all else stays as it is offered today.", self.change.adds.join(", ")));
        }
        if !self.change.drops.is_empty() {
            what.push(format!("Leave out {}, which would be agreed on first.", self.change.drops.join(", ")));
        }
        if what.is_empty() {
            what.push("Set the list without the empty name.".to_owned());
        }
        what.join(" ")
    }

    fn blank(&self) -> Remedy {
        Remedy {
            adds: self.change.adds.clone(),
            weakens: weakens(self.setting, &self.change.adds),
            ..Remedy::default()
        }
    }
}

/// What the additions weaken, each with its standing.
fn weakens(setting: Setting, adds: &[String]) -> Option<String> {
    let told: Vec<_> = adds
        .iter()
        .filter_map(|name| {
            let entry = knowledge::algorithm(setting, name)?;
            Some(format!("{name}: {}", entry.weak.as_ref().or(entry.caution.as_ref())?))
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What a directive can hold of today's offer, both directions together: no markers, no GSSAPI methods (they have
/// a setting of their own), and nothing that is no name by RFC 4251, section 6, as it goes into a line to copy.
fn configurable(setting: Setting, offer: &Offer) -> Vec<String> {
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
fn demands<'a>(setting: Setting, profile: &'a Profile, server: Option<&Server>) -> Vec<Demand<'a>> {
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

/// How welcome an addition is: one whose key is there before one that needs a new key, one that nobody calls weak
/// before one that somebody does. `None`: this server does not have it.
fn rank(setting: Setting, name: &str, server: Option<&Server>, offered: &[String]) -> Option<Rank<(bool, bool, bool)>> {
    if server.and_then(|server| server.has(setting, name)) == Some(false) {
        return None;
    }
    let ready = setting != Setting::HostKey || key_of(name).is_none_or(|key| has_key(offered, key));
    let sound = knowledge::algorithm(setting, name).is_some_and(|entry| entry.weak.is_none());
    // A group exchange also depends on sizes, on which the two may not agree (RFC 4419).
    let certain = !is_group_exchange(name);
    Some(Rank { class: (ready, sound, certain), strength: knowledge::strength(setting, name) })
}

fn key_of(name: &str) -> Option<&'static str> {
    knowledge::algorithm(Setting::HostKey, name)?.key.as_deref()
}

fn has_key(offered: &[String], key: &str) -> bool {
    offered.iter().any(|other| key_of(other) == Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::find;
    use crate::algorithms::judge::judge;
    use crate::document::probe::Access;
    use crate::model::offer::split_list;

    const DEBIAN: &str = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7";

    fn server(kex: &str, host_key: &str, cipher: &str, mac: &str) -> Offer {
        let mut offer = Offer::default();
        for (setting, list) in Setting::ALL.into_iter().zip([kex, host_key, cipher, mac, "none,zlib@openssh.com"]) {
            for category in setting.categories() {
                offer.set(*category, split_list(list));
            }
        }
        offer
    }

    fn hardened() -> Offer {
        server(
            "sntrup761x25519-sha512@openssh.com,curve25519-sha256,kex-strict-s-v00@openssh.com",
            "rsa-sha2-512,rsa-sha2-256,ssh-ed25519",
            "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
            "hmac-sha2-512-etm@openssh.com",
        )
    }

    fn remedied(ids: &[&str], offer: &Offer, raw: &str) -> Vec<Remedy> {
        let identification = Identification { raw: raw.to_owned(), ..Identification::default() };
        let judged: Vec<_> = ids
            .iter()
            .map(|id| find(id).unwrap())
            .map(|profile| (profile, judge(profile, offer, Some(&identification))))
            .collect();
        let refusals: Vec<_> = judged.iter().map(|(profile, judgement)| (*profile, judgement)).collect();
        remedies("10.0.0.5", offer, Some(&identification), &refusals)
    }

    fn lines(remedies: &[Remedy]) -> Vec<&str> {
        remedies.iter().filter_map(|remedy| remedy.line.as_deref()).collect()
    }

    /// The offer of a server with these lines in force.
    fn applied(offer: &Offer, remedies: &[Remedy]) -> Offer {
        let mut changed = offer.clone();
        for line in lines(remedies) {
            let (directive, list) = line.split_once(' ').unwrap();
            let setting = match directive {
                "KexAlgorithms" => Setting::Kex,
                "HostKeyAlgorithms" => Setting::HostKey,
                "Ciphers" => Setting::Cipher,
                "MACs" => Setting::Mac,
                "HostKey" => continue,
                other => panic!("{other}"),
            };
            setting.categories().iter().for_each(|category| changed.set(*category, split_list(list)));
        }
        changed
    }

    #[test]
    fn a_hardened_sshd_gets_its_own_lines_plus_the_strongest_of_the_clients() {
        let found = remedied(&["cucm-15"], &hardened(), DEBIAN);
        assert_eq!(
            lines(&found),
            [
                "KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,ecdh-sha2-nistp521",
                "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes256-ctr",
                "MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-512",
            ]
        );
        assert_eq!(found[0].adds, ["ecdh-sha2-nistp521"]);
        assert_eq!(found[0].file.as_deref(), Some("/etc/ssh/sshd_config"));
        assert_eq!(found[0].software.as_deref(), Some("OpenSSH 9.2p1 (Debian)"));
        assert_eq!(found[0].commands, ["sshd -t", "systemctl reload ssh"]);
        assert_eq!(found[0].weakens, None);
        assert!(found[0].reason.contains("before any Include"));
    }

    #[test]
    fn every_built_in_client_gets_in_once_its_lines_are_in_force() {
        let offers = [
            hardened(),
            server("diffie-hellman-group-exchange-sha1", "ecdsa-sha2-nistp384", "aes256-ctr", "hmac-sha2-256"),
            server("x", "ssh-ed25519", "x", "x"),
            server("curve25519-sha256,,x", "rsa-sha2-512,,ssh-rsa", "aes128-ctr,", "hmac-sha1,"),
        ];
        for offer in offers {
            let all: Vec<_> = crate::algorithms::builtin::builtin().iter().map(|profile| profile.id.as_str()).collect();
            for ids in all.iter().map(std::slice::from_ref).chain([all.as_slice()]) {
                let identification = Identification { raw: DEBIAN.to_owned(), ..Identification::default() };
                let changed = applied(&offer, &remedied(ids, &offer, DEBIAN));
                for id in ids {
                    let after = judge(find(id).unwrap(), &changed, Some(&identification));
                    assert_eq!(after.result, Access::Accepts, "{ids:?}: {id}: {:?}", after.obstacles);
                }
            }
        }
    }

    #[test]
    fn a_weak_method_is_added_only_for_the_client_that_has_nothing_better() {
        let all = ["cucm-12.5", "cucm-14", "cucm-15", "jsch-0.1.44"];
        let offer = server("curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256,hmac-sha1");
        let found = remedied(&all, &offer, DEBIAN);
        assert_eq!(
            lines(&found),
            [
                "KexAlgorithms curve25519-sha256,ecdh-sha2-nistp521,diffie-hellman-group1-sha1",
                "HostKey /etc/ssh/ssh_host_rsa_key",
                "HostKeyAlgorithms ssh-ed25519,rsa-sha2-256,ssh-rsa",
            ]
        );
        assert_eq!(found[1].adds, ["rsa-sha2-256", "ssh-rsa"]);
    }

    #[test]
    fn one_host_key_that_serves_every_client_is_enough() {
        let offer = server("ecdh-sha2-nistp521,diffie-hellman-group1-sha1", "ssh-ed25519", "aes128-ctr", "hmac-sha1");
        for ids in [&["jsch-0.1.44", "jsch-0.1.54", "cucm-14"][..], &["jsch-0.1.54", "cucm-12.5"]] {
            let found = remedied(ids, &offer, DEBIAN);
            let keys =
                found.iter().filter(|remedy| remedy.directive.as_ref().is_some_and(|name| name.starts_with("HostKey")));
            for remedy in keys {
                assert_eq!(remedy.adds, ["ssh-rsa"], "{ids:?}");
                assert!(!remedy.reason.contains("no single one"), "{}", remedy.reason);
            }
        }
    }

    #[test]
    fn a_group_exchange_is_no_remedy_where_the_server_does_not_do_it() {
        let offer = server("curve25519-sha256", "ssh-rsa", "aes128-ctr", "hmac-sha1");
        for raw in ["SSH-2.0-SFTPGo_2.5.1", "SSH-2.0-Go", "SSH-2.0-Nobody"] {
            let found = remedied(&["jsch-0.1.44"], &offer, raw);
            assert_eq!(found[0].adds, ["diffie-hellman-group1-sha1"], "{raw}: {found:#?}");
        }
    }

    #[test]
    fn a_release_that_cannot_sign_with_rsa_sha2_is_to_be_upgraded() {
        let offer = server("ecdh-sha2-nistp521", "ssh-rsa,ssh-dss", "aes128-ctr", "hmac-sha2-256");
        for raw in ["SSH-2.0-mod_sftp/0.9.9", "SSH-2.0-mod_sftp/1.0.0"] {
            let found = remedied(&["cucm-15"], &offer, raw);
            assert_eq!((found.len(), &found[0].line, found[0].adds.len()), (1, &None, 0), "{raw}");
            assert!(found[0].how.contains("Install ProFTPD 1.3.7 or later"), "{}", found[0].reason);
        }
    }

    #[test]
    fn a_server_without_an_rsa_key_is_told_to_make_one() {
        let offer = server("ecdh-sha2-nistp521", "ssh-ed25519", "aes256-ctr", "hmac-sha2-256");
        let found = remedied(&["cucm-15"], &offer, DEBIAN);
        assert_eq!(lines(&found), ["HostKey /etc/ssh/ssh_host_rsa_key", "HostKeyAlgorithms ssh-ed25519,rsa-sha2-256"]);
        assert_eq!(found[0].commands[0], "ssh-keygen -q -t rsa -b 3072 -N '' -f /etc/ssh/ssh_host_rsa_key");
    }

    #[test]
    fn a_group_exchange_that_the_server_refuses_makes_way() {
        let offer = server("diffie-hellman-group-exchange-sha1", "ssh-rsa", "aes128-ctr", "hmac-sha1");
        let found = remedied(&["jsch-0.1.44"], &offer, DEBIAN);
        assert_eq!(lines(&found), ["KexAlgorithms diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1"]);
        assert!(found[0].weakens.as_ref().unwrap().contains("RFC 9142"));
    }

    #[test]
    fn a_host_key_that_the_client_cannot_verify_gets_company() {
        let offer = server("ecdh-sha2-nistp256", "ecdsa-sha2-nistp384", "aes128-ctr", "hmac-sha1");
        let found = remedied(&["jsch-0.1.54"], &offer, DEBIAN);
        assert_eq!(
            lines(&found),
            ["HostKey /etc/ssh/ssh_host_ecdsa256_key", "HostKeyAlgorithms ecdsa-sha2-nistp384,ecdsa-sha2-nistp256"]
        );
    }

    #[test]
    fn what_this_version_does_not_have_is_out_of_reach_and_the_way_out_is_told() {
        let old = server("ecdh-sha2-nistp521", "ssh-rsa", "aes256-ctr", "hmac-sha2-256");
        let found = remedied(&["cucm-15"], &old, "SSH-2.0-OpenSSH_6.6.1p1");
        assert_eq!((found.len(), &found[0].line), (1, &None));
        assert!(found[0].reason.contains("OpenSSH 7.2 or later"), "{}", found[0].reason);
    }

    #[test]
    fn a_client_that_nothing_lets_in_neither_hides_the_way_for_others_nor_costs_anything() {
        let old = server("curve25519-sha256@libssh.org", "ssh-rsa", "aes256-ctr", "hmac-md5");
        let alone = remedied(&["cucm-15"], &old, "SSH-2.0-OpenSSH_6.6.1p1");
        assert_eq!(lines(&alone), [""; 0]);
        assert_eq!(alone.len(), 1, "{alone:#?}");
        let both = remedied(&["cucm-15", "cucm-14"], &old, "SSH-2.0-OpenSSH_6.6.1p1");
        assert_eq!(
            lines(&both),
            ["KexAlgorithms curve25519-sha256@libssh.org,ecdh-sha2-nistp521", "MACs hmac-md5,hmac-sha2-256"]
        );
        let reasons: Vec<_> = both.iter().map(|remedy| remedy.reason.split(':').next().unwrap()).collect();
        assert_eq!(reasons, ["cucm-14", "cucm-15", "cucm-14"]);
    }

    #[test]
    fn a_server_that_cannot_be_configured_or_is_not_known_is_told_in_words() {
        for (raw, word) in [
            ("SSH-2.0-tinyssh_2023 x", "tinyssh"),
            ("SSH-2.0-CerberusFTPServer_12", "tick"),
            ("SSH-2.0-Nobody", "manual"),
        ] {
            let found = remedied(&["cucm-14"], &hardened(), raw);
            assert!(found.iter().all(|remedy| remedy.line.is_none() && remedy.reason.contains(word)), "{raw}");
            assert_eq!(found[0].adds, ["ecdh-sha2-nistp521"], "{raw}");
        }
    }

    #[test]
    fn dropbear_takes_no_line_but_a_new_key() {
        let offer = server("ecdh-sha2-nistp521", "ssh-ed25519", "aes256-ctr", "hmac-sha2-256");
        let found = remedied(&["cucm-15"], &offer, "SSH-2.0-dropbear_2022.83");
        assert_eq!(
            (found.len(), &found[0].line, found[0].adds.as_slice()),
            (1, &None, ["rsa-sha2-256".to_owned()].as_slice())
        );
        assert_eq!(
            found[0].commands,
            ["dropbearkey -t rsa -f /etc/dropbear/dropbear_rsa_host_key", "systemctl restart dropbear"]
        );
    }

    #[test]
    fn the_line_of_another_server_has_its_own_form() {
        let found = remedied(&["cucm-14"], &server("x", "ssh-rsa", "aes256-ctr", "hmac-sha1"), "SSH-2.0-mod_sftp/1.3");
        assert_eq!(lines(&found), ["SFTPKeyExchanges x ecdh-sha2-nistp521"]);
    }

    #[test]
    fn a_name_that_is_none_never_reaches_a_line() {
        let mut offer = hardened();
        offer.kex = Some(vec![
            "a\nPermitRootLogin yes".into(),
            "b c".into(),
            "gss-gex-sha1-x==".into(),
            "curve25519-sha256".into(),
        ]);
        let found = remedied(&["cucm-14"], &offer, DEBIAN);
        assert_eq!(found[0].line.as_deref(), Some("KexAlgorithms curve25519-sha256,ecdh-sha2-nistp521"));
    }
}
