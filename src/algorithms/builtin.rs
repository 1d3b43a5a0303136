//! The built-in profiles, which are data files (`data/profiles/`): CUCM's releases and JSch's versions.

use std::sync::LazyLock;

use super::profile_file::{self, ProfileFormat};
use crate::model::profile::Profile;

const FILES: [&str; 6] = [
    include_str!("../../data/profiles/cucm-12.5.toml"),
    include_str!("../../data/profiles/cucm-14.toml"),
    include_str!("../../data/profiles/cucm-15.toml"),
    include_str!("../../data/profiles/jsch-0.1.44.toml"),
    include_str!("../../data/profiles/jsch-0.1.54.toml"),
    include_str!("../../data/profiles/jsch-0.1.55.toml"),
];

/// The built-in profiles: CUCM's releases in their order, then JSch's versions.
pub fn builtin() -> &'static [Profile] {
    static BUILTIN: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        // A test reads every file, so none is lost here.
        FILES.iter().filter_map(|text| profile_file::parse(text, ProfileFormat::Toml).ok()).collect()
    });
    &BUILTIN
}

/// The built-in profile of this name.
pub fn find(id: &str) -> Option<&'static Profile> {
    builtin().iter().find(|profile| profile.id == id)
}

/// The profiles for a node of this release, as `show version active` names it: `14.0.1.12900-161`. None where the release
/// is not known; JSch's versions for one of which Cisco prints no list.
pub fn of_release(release: &str) -> Vec<String> {
    let mut numbers = release.split('.').map_while(|number| number.parse::<u32>().ok());
    let ids: &[&str] = match (numbers.next(), numbers.next()) {
        (Some(15), _) => &["cucm-15"],
        (Some(14), _) => &["cucm-14"],
        (Some(12), Some(5)) => &["cucm-12.5"],
        (Some(1..=12), Some(_)) => &["jsch-0.1.44", "jsch-0.1.54"],
        _ => &[],
    };
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// What is judged when nobody asks for a profile by name: every built-in CUCM release.
pub fn default_set() -> Vec<Profile> {
    builtin().iter().filter(|profile| profile.id.starts_with("cucm-")).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::Category;

    #[test]
    fn every_file_is_a_profile_and_names_its_source() {
        for text in FILES {
            let profile = profile_file::parse(text, ProfileFormat::Toml).unwrap();
            assert!(!profile.source.is_empty() && !profile.title.is_empty() && !profile.releases.is_empty());
            for category in Category::NEGOTIATED {
                assert!(
                    profile.algorithms.get(category).is_some_and(|list| !list.is_empty()),
                    "{} {category}",
                    profile.id
                );
            }
            assert_eq!(profile.algorithms.compression_c2s, Some(vec!["none".to_owned()]));
        }
        assert_eq!(builtin().len(), FILES.len());
    }

    #[test]
    fn a_release_leads_to_profiles_that_there_are() {
        for (release, ids) in [
            ("14.0.1.12900-161", &["cucm-14"][..]),
            ("12.5.1.16065-1", &["cucm-12.5"]),
            ("15.0.1.12900-234", &["cucm-15"]),
            ("11.5.1.12900-21", &["jsch-0.1.44", "jsch-0.1.54"]),
            ("16.0.1.1-1", &[]),
            ("?", &[]),
        ] {
            assert_eq!(of_release(release), ids, "{release}");
            assert!(ids.iter().all(|id| find(id).is_some()));
        }
    }

    #[test]
    fn nobody_asking_means_every_cucm_release() {
        let ids: Vec<_> = default_set().into_iter().map(|profile| profile.id).collect();
        assert_eq!(ids, ["cucm-12.5", "cucm-14", "cucm-15"]);
    }

    #[test]
    fn what_no_source_prints_is_marked_and_explained() {
        let profile = find("cucm-12.5").unwrap();
        assert!(
            profile.assumes_category(Category::HostKey)
                && !find("cucm-14").unwrap().assumes_category(Category::HostKey)
        );
        assert!(profile.notes.iter().any(|note| note.contains("no host key list")));
    }

    #[test]
    fn java_7_asks_for_1024_bits_where_java_8_asks_for_2048() {
        let requests = find("cucm-12.5").unwrap().group_exchanges();
        let max: Vec<_> = requests.iter().map(|(sizes, _)| sizes.max).collect();
        assert_eq!(max, [1024, 2048]);
        assert_eq!(find("jsch-0.1.44").unwrap().group_exchanges()[0].0.max, 1024);
    }
}
