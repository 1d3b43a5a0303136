//! What lies on a node and has not reached the repository. Every call processing node writes its files under `cm/cdr`,
//! and its CDR Agent sends them every 6 seconds and deletes them then; a name with a leading `_` is still being written
//! (Cisco, Call Reporting and Billing Administration Guide 15, "CDR Agent").

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use super::folder::Place;
use crate::document::first_leg::FirstLeg;
use crate::model::delivery_file::DeliveryFile;

/// What was listed of the folder in which nodes write their files; `None` where it was not listed.
pub fn first_leg(sources: &[Source]) -> Option<FirstLeg> {
    let sections = || {
        let all = sources.iter().flat_map(|source| &source.listing.sections);
        all.filter(|section| section.place() == Place::Agent)
    };
    sections().next()?;
    let entries = || sections().flat_map(|section| &section.entries);
    let names: BTreeSet<&str> = entries().map(|entry| entry.name.as_str()).collect();
    let files: Vec<DeliveryFile<'_>> = names.iter().filter_map(|name| DeliveryFile::parse(name)).collect();
    let written = names.iter().filter_map(|name| DeliveryFile::parse(name.strip_prefix('_')?));
    let sizes: BTreeMap<&str, u64> = entries()
        .filter(|entry| DeliveryFile::parse(&entry.name).is_some())
        .filter_map(|entry| Some((entry.name.as_str(), entry.size?)))
        .collect();
    Some(FirstLeg {
        files: files.len() as u64,
        bytes: sizes.values().sum(),
        being_written: written.count() as u64,
        nodes: files.iter().map(|file| file.node.to_owned()).collect::<BTreeSet<_>>().into_iter().collect(),
        oldest_utc: files.iter().map(|file| file.created_utc).min(),
        newest_utc: files.iter().map(|file| file.created_utc).max(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::listing::parse;
    use super::*;

    fn of(text: &str) -> Option<FirstLeg> {
        first_leg(&[Source {
            path: "-".to_owned(),
            listing: parse(text.as_bytes()),
            is_text: true,
            ..Source::default()
        }])
    }

    #[test]
    fn files_of_the_agent_s_folder_are_counted_without_those_being_written() {
        let found = of("admin:file list activelog /cm/cdr/ detail\n\
            07 Apr,2021 09:59:00      1,204  _cdrIndex.idx\n 07 Apr,2021 10:00:00        812  _cdr_C_04_202104071400_9\n\
            07 Apr,2021 09:40:00      2,000  cdr_C_04_202104071340_7\n07 Apr,2021 09:40:00  500  cmr_C_04_202104071340_8\n\
            dir count = 0, file count = 4\n")
        .unwrap();
        assert_eq!((found.files, found.bytes, found.being_written), (2, 2_500, 1));
        assert_eq!(found.nodes, ["04"]);
    }

    #[test]
    fn the_repository_s_folders_are_not_the_agent_s() {
        assert_eq!(
            of("admin:file list activelog cm/cdr_repository/preserve/20210407\ncdr_C_04_202104071340_7\n"),
            None
        );
        assert_eq!(of("cdr_C_04_202104071340_7\n"), None);
    }
}
