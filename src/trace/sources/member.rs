//! Members of archives, opened once more by their labels.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use zip::ZipArchive;

use super::archive::member;
use super::extent::Extent;
use super::format::Format;
use super::open::Layers;
use super::{Place, Source, head_of};
use crate::bounds;
use crate::mail::{self, Attachment};
use crate::unpacking::Allowance;

/// Opens members by labels such as `a.zip!/b.log` and `a.zip!/b.tar.gz!/c.log`. An archive is looked through once.
#[derive(Debug, Default)]
pub struct Members {
    archives: HashMap<String, Vec<Source>>,
}

impl Members {
    /// The bytes of a member as its archive holds them: unpacked by the archive, and no further.
    ///
    /// # Errors
    /// When the archive can't be read again, or has no such member.
    pub fn open(&mut self, label: &str) -> io::Result<Box<dyn Read + Send>> {
        self.find(label, bounds::ARCHIVE_DEPTH)?.packed()
    }

    fn find(&mut self, label: &str, depth: usize) -> io::Result<&Source> {
        let (archive, _) = label.rsplit_once("!/").filter(|_| depth > 0).ok_or(io::ErrorKind::NotFound)?;
        if !self.archives.contains_key(archive) {
            let (whole, allowance) = if archive.contains("!/") {
                let packed = self.find(archive, depth - 1)?;
                (unpack(&mut packed.packed()?)?, packed.allowance.clone())
            } else {
                let length = fs::metadata(archive)?.len();
                (Extent::file(Path::new(archive), length), Allowance::of(length))
            };
            self.archives.insert(archive.to_owned(), members(archive, whole, allowance)?);
        }
        let members = self.archives.get(archive).into_iter().flatten();
        members.into_iter().find(|member| member.label == label).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The members of a zip or tar archive, packed with gzip as a whole or not, or of a mail.
fn members(label: &str, mut whole: Extent, allowance: Allowance) -> io::Result<Vec<Source>> {
    if Format::of(&head_of(whole.open()?)) == Format::Gzip {
        whole = unpack(&mut allowance.gunzip(whole.open()?))?;
    }
    let (label, folder, place) = (label.to_owned(), String::new(), Place::Extent(whole.clone()));
    let layers = Layers::default();
    let archive = Source { label, folder, first: None, size: whole.length, place, layers, allowance };
    match Format::of(&head_of(whole.open()?)) {
        Format::Zip => {
            let zip = ZipArchive::new(whole.open()?)?;
            let place = |index| Place::ZipEntry { archive: whole.clone(), index };
            let named = |index| Some(member(&archive, zip.name_for_index(index)?, 0, place(index)));
            Ok((0..zip.len()).filter_map(named).collect())
        }
        Format::Tar => {
            let mut tar = tar::Archive::new(whole.open()?);
            let mut found = Vec::new();
            for entry in tar.entries_with_seek()? {
                let entry = entry?;
                let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                let place = Place::Extent(whole.part(entry.raw_file_position(), entry.size()));
                found.push(member(&archive, &name, entry.size(), place));
            }
            Ok(found)
        }
        Format::Mail => {
            let mut mail = Vec::new();
            bounds::MAIL.limit(whole.open()?).read_to_end(&mut mail)?;
            let attached = mail::attachments(&mail).into_iter().map(|Attachment { name, bytes }| {
                Ok(member(&archive, &name, bytes.len() as u64, Place::Extent(unpack(&mut bytes.as_slice())?)))
            });
            attached.collect()
        }
        Format::Plain | Format::Gzip | Format::Unread(_) => Err(io::ErrorKind::NotFound.into()),
    }
}

fn unpack(reader: &mut dyn Read) -> io::Result<Extent> {
    Extent::unpack(reader, bounds::UNPACKED_ON_DISK)?.ok_or_else(|| io::ErrorKind::FileTooLarge.into())
}
