//! Where the node's files lie here. A name of the node's may be none on this system, or the same as another's: Windows
//! forbids characters, ends, and names of devices, and tells no capital from a small letter, as macOS does. The folder
//! is for any of them, so that it can be handed on.

use std::collections::HashSet;

/// The longest name, in bytes: what every system takes, with some room.
const MOST: usize = 200;
/// What Windows takes for a device, whatever follows a dot (Microsoft, "Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// The places that are taken, in small letters.
#[derive(Debug, Default)]
pub(super) struct Places {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Places {
    /// A place of its own for a file of this name below this folder, with slashes: under its name, where the system
    /// and the files before it allow that, else in a folder with a number, so that the name stays.
    pub(super) fn take(&mut self, folder: &str, name: &str) -> String {
        let name = portable(name);
        let first = format!("{folder}/{name}");
        if self.take_file(&first) {
            return first;
        }
        let mut number = 2_u64;
        loop {
            let folder = format!("{folder}/{number}");
            let place = format!("{folder}/{name}");
            if !self.files.contains(&folder.to_lowercase()) && self.take_file(&place) {
                self.folders.insert(folder.to_lowercase());
                return place;
            }
            number += 1;
        }
    }

    fn take_file(&mut self, place: &str) -> bool {
        let place = place.to_lowercase();
        !self.folders.contains(&place) && self.files.insert(place)
    }
}

/// The name, or one that is like it and that every system takes. It is never empty, and never leads elsewhere.
pub(super) fn portable(name: &str) -> String {
    let is_forbidden = |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*');
    let mut out: String = name.chars().map(|c| if is_forbidden(c) { '_' } else { c }).collect();
    while out.len() > MOST {
        out.pop();
    }
    let kept = out.trim_end_matches(['.', ' ']).len();
    let ends = out.len() - kept;
    out.truncate(kept);
    out.extend(std::iter::repeat_n('_', ends));
    if out.is_empty() || is_device(&out) { format!("_{out}") } else { out }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let is_port = |port: &str| {
        let number = stem.strip_prefix(port).map(|number| number.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    DEVICES.contains(&stem.as_str()) || is_port("COM") || is_port("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_usual_name_stays() {
        for name in ["cdrrepmgr00073.log", "cdr_StandAloneCluster_01_201907251311_1", "20190725", "com.log", "console"]
        {
            assert_eq!(portable(name), name);
        }
    }

    #[test]
    fn a_name_that_some_system_refuses_or_misreads_gets_another() {
        for (name, other) in [
            ("CON", "_CON"),
            ("nul.log", "_nul.log"),
            ("com1", "_com1"),
            ("LPT9.a.b", "_LPT9.a.b"),
            ("AUX .log", "_AUX .log"),
            ("a.", "a_"),
            ("a. .", "a___"),
            ("..", "__"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("C:\\x", "C__x"),
            ("a\u{1b}[31m", "a_[31m"),
            ("", "_"),
        ] {
            assert_eq!(portable(name), other, "{name:?}");
        }
    }

    #[test]
    fn names_that_some_system_takes_for_one_lie_apart_and_keep_their_letters() {
        let mut places = Places::default();
        let taken = ["cdr_a", "CDR_A", "cdr_a", "2", "cdr_b"].map(|name| places.take("waiting/20190725", name));
        let expected = ["cdr_a", "2/CDR_A", "3/cdr_a", "2/2", "cdr_b"].map(|path| format!("waiting/20190725/{path}"));
        assert_eq!(taken, expected);
        assert_eq!(places.take("traces", "cdr_a"), "traces/cdr_a");
    }

    proptest! {
        #[test]
        fn no_name_leads_out_of_its_folder_or_onto_another(names in proptest::collection::vec("\\PC{0,12}|[a-cA-C2. ]{0,3}", 1..30)) {
            let mut places = Places::default();
            let mut seen = HashSet::new();
            for name in &names {
                let place = places.take("t", name);
                let parts: Vec<_> = place.split('/').collect();
                prop_assert!(parts.iter().all(|part| !part.is_empty() && !part.ends_with(['.', ' ']) && *part != ".."));
                prop_assert!(parts.len() <= 3 && parts[0] == "t");
                prop_assert!(seen.insert(place.to_lowercase()), "{place} twice");
            }
            let is_folder = |place: &String| seen.iter().any(|other| other.starts_with(&format!("{place}/")));
            prop_assert!(!seen.iter().any(is_folder));
        }
    }
}
