//! Archives, and archives in archives, within bounds: what is unpacked takes disk space, and an archive may be made to
//! unpack to more than any disk holds.

use std::io::{self, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::copied::Copied;
use super::end::End;
use super::extent::{Extent, ExtentReader};
use super::format::{self, Format};
use super::open::Layers;
use super::{Asked, Found, Place, Source, Why, head_of, natural_order, pasted};
use crate::mail::{self, Attachment};
use crate::unpacking::{Allowance, Gunzip};
use crate::{bounds, text};

/// What is left of what may be unpacked while traces are looked for.
#[derive(Debug)]
pub struct Budget {
    /// Bytes, for all archives inside archives together.
    bytes: u64,
    /// How many archives inside archives. Each takes an open file.
    archives: usize,
    /// How deep the archive is that is looked at.
    depth: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: bounds::UNPACKED_ON_DISK, archives: bounds::ARCHIVES, depth: 0 }
    }
}

impl Found {
    /// Takes a source for what its beginning shows: a trace, a packed one, or an archive of them.
    pub(super) fn take(&mut self, source: Source, head: &[u8], asked: Asked) {
        match Format::of(head) {
            Format::Plain if is_page(&source, head, asked) => self.take_page(&source, asked),
            Format::Plain => self.take_text(source, head, asked),
            Format::Gzip => {
                let inner = head_of(Gunzip::new(head));
                match Format::of(&inner) {
                    Format::Plain => {
                        let layers = Layers { is_packed: true, ..source.layers };
                        self.take_text(Source { layers, ..source }, &inner, asked);
                    }
                    _ => self.take_unpacked(source, &inner, asked),
                }
            }
            Format::Unread(what) => self.problem(source.label, Why::NotRead(what)),
            Format::Zip => self.open_archive(source, |found, within, archive| found.add_zip(within, archive, asked)),
            Format::Tar => self.open_archive(source, |found, within, archive| found.add_tar(within, archive, asked)),
            Format::Mail => self.open_archive(source, |found, within, mail| found.add_mail(within, mail, asked)),
        }
    }

    /// Takes what is no archive, packed or not.
    fn take_text(&mut self, mut source: Source, head: &[u8], asked: Asked) {
        source.layers.encoding = text::utf_16(head);
        let text = source.layers.encoding.map(|_| text::decode(head).into_owned().into_bytes());
        let head = text.as_deref().unwrap_or(head);
        let copied = Copied::of(head);
        source.layers.copied = copied;
        let Some(remark) = copied.remark() else { return self.judge(source, head, asked) };
        let (label, before) = (source.label.clone(), self.sources.len());
        self.judge(source, &head_of(copied.restored(head)), asked);
        if self.sources.len() > before {
            self.remarks.push(format!("{label}: {remark}"));
        }
    }

    /// Takes the text of a page, as a ticket system or a browser saves it.
    fn take_page(&mut self, page: &Source, asked: Asked) {
        let mut bytes = Vec::new();
        if let Err(error) = page.packed().and_then(|reader| bounds::MAIL.limit(reader).read_to_end(&mut bytes)) {
            return self.problem(page.label.clone(), Why::Io(error));
        }
        let text = mail::page_text(&text::decode(&bytes));
        match self.unpack(&mut text.as_bytes()) {
            Ok(extent) => {
                let source = member_called(page, page.label.clone(), text.len() as u64, Place::Extent(extent));
                self.take_text(source, &head_of(text.as_bytes()), asked);
                self.remarks.push(format!("{}: a page: its text is read; line numbers are the text's", page.label));
            }
            Err(why) => self.problem(page.label.clone(), why),
        }
    }

    /// An archive that is packed with gzip as a whole: `.tar.gz`, `.zip.gz`.
    fn take_unpacked(&mut self, source: Source, head: &[u8], asked: Asked) {
        let unpacked = source.packed().map(|packed| source.allowance.gunzip(packed));
        match unpacked.map_err(Why::Io).and_then(|mut reader| self.unpack(&mut reader)) {
            Ok(extent) => self.deeper(source.label.clone(), |found| {
                found.take(Source { first: None, place: Place::Extent(extent), ..source }, head, asked);
            }),
            Err(why) => self.problem(source.label, why),
        }
    }

    fn open_archive(&mut self, source: Source, walk: impl FnOnce(&mut Self, &Source, &Extent)) {
        let extent = match &source.place {
            Place::Extent(extent) => Ok(extent.clone()),
            Place::File(path) => Ok(Extent::file(path, source.size)),
            _ => source.packed().map_err(Why::Io).and_then(|mut reader| self.unpack(&mut reader)),
        };
        match extent {
            Ok(extent) => self.deeper(source.label.clone(), |found| walk(found, &source, &extent)),
            Err(why) => self.problem(source.label, why),
        }
    }

    /// What a reader gives, on disk, within what is left of the bounds.
    fn unpack(&mut self, reader: &mut dyn Read) -> Result<Extent, Why> {
        if self.budget.archives == 0 {
            return Err(Why::TooMuch);
        }
        self.budget.archives -= 1;
        let extent = Extent::unpack(reader, self.budget.bytes).map_err(Why::Io)?.ok_or(Why::TooMuch)?;
        self.budget.bytes -= extent.length;
        Ok(extent)
    }

    fn deeper(&mut self, label: String, look: impl FnOnce(&mut Self)) {
        if self.budget.depth == bounds::ARCHIVE_DEPTH {
            return self.problem(label, Why::TooDeep);
        }
        self.budget.depth += 1;
        look(self);
        self.budget.depth -= 1;
    }

    /// A zip archive, and those before it: by `cat` one is put behind another.
    fn add_zip(&mut self, within: &Source, extent: &Extent, asked: Asked) {
        let before = self.so_far();
        let mut rest = Some(extent.clone());
        while let Some(whole) = rest {
            let End { begins, entries } = match End::of(&whole) {
                Ok(end) => end,
                Err(error) => return self.problem(within.label.clone(), Why::BrokenZip(ZipError::Io(error))),
            };
            self.add_one_zip(within, &whole.part(begins, whole.length), entries);
            rest = (begins > 0).then(|| whole.part(0, begins));
        }
        self.tell_if_empty(&within.label, before, asked);
    }

    /// `entries`: as many as its end says; of two of one name only the last can be found.
    fn add_one_zip(&mut self, within: &Source, extent: &Extent, entries: Option<usize>) {
        let label = within.label.as_str();
        let opened = extent.open().map_err(ZipError::from).and_then(ZipArchive::new);
        let mut archive = match opened {
            Ok(archive) => archive,
            Err(error) => return self.problem(label.to_owned(), Why::BrokenZip(error)),
        };
        if entries.is_some_and(|entries| entries > archive.len()) {
            self.problem(label.to_owned(), Why::NameTwice);
        }
        if let Some(document) = format::office(archive.file_names()) {
            return self.problem(label.to_owned(), Why::NotRead(document));
        }
        let mut order: Vec<usize> = (0..archive.len()).collect();
        order.sort_by(|a, b| {
            let name = |index: &usize| archive.name_for_index(*index).unwrap_or_default().as_bytes();
            natural_order(name(a), name(b))
        });
        for index in order {
            if self.is_exhausted() {
                break;
            }
            match zip_entry_head(&mut archive, index, &within.allowance) {
                Ok(None) => {}
                Ok(Some((entry, size, head))) => {
                    let place = Place::ZipEntry { archive: extent.clone(), index };
                    self.take(member(within, &entry, size, place), &head, Asked::InFolder);
                }
                Err(error) => {
                    let is_locked = matches!(error, ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED));
                    self.problem(label.to_owned(), Why::ZipEntry(error));
                    if is_locked {
                        break;
                    }
                }
            }
        }
    }

    fn add_tar(&mut self, within: &Source, extent: &Extent, asked: Asked) {
        let label = within.label.as_str();
        let before = self.so_far();
        if let Err(error) = self.try_add_tar(within, extent) {
            self.problem(label.to_owned(), Why::BrokenTar(error));
        }
        self.tell_if_empty(label, before, asked);
    }

    fn try_add_tar(&mut self, within: &Source, extent: &Extent) -> io::Result<()> {
        let mut archive = tar::Archive::new(extent.open()?);
        // Archives are appended to one another by `cat`: what ends one is not the end.
        archive.set_ignore_zeros(true);
        for entry in archive.entries_with_seek()? {
            let entry = entry?;
            if self.is_exhausted() {
                break;
            }
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let part = extent.part(entry.raw_file_position(), entry.size());
            let (head, is_cut) = (head_of(part.open()?), part.length < entry.size());
            self.take(member(within, &name, entry.size(), Place::Extent(part)), &head, Asked::InFolder);
            if is_cut {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// What is attached, and the text; that is only what goes with it where something attached was meant.
    fn add_mail(&mut self, within: &Source, extent: &Extent, asked: Asked) {
        let mut mail = Vec::new();
        if let Err(error) = extent.open().and_then(|file| bounds::MAIL.limit(file).read_to_end(&mut mail)) {
            return self.problem(within.label.clone(), Why::Io(error));
        }
        let before = self.so_far();
        for Attachment { name, bytes } in mail::attachments(&mail) {
            self.add_part(within, format!("{}!/{name}", within.label), &bytes, Asked::InFolder);
        }
        let is_meant = asked == Asked::ByName && before == self.so_far();
        let asked = if is_meant { Asked::ByName } else { Asked::InFolder };
        let body = mail::body(&mail);
        self.add_part(within, within.label.clone(), body.as_bytes(), asked);
        // What goes with an attachment is no file of its own.
        if self.left_out.pop_if(|label| *label == within.label && asked == Asked::InFolder).is_some() {
            self.pasted.extend(pasted(&within.label, body.as_bytes()));
        }
    }

    fn add_part(&mut self, within: &Source, label: String, bytes: &[u8], asked: Asked) {
        match self.unpack(&mut &*bytes) {
            Ok(extent) => {
                let source = member_called(within, label, bytes.len() as u64, Place::Extent(extent));
                self.take(source, &head_of(bytes), asked);
            }
            Err(why) => self.problem(label, why),
        }
    }

    fn tell_if_empty(&mut self, label: &str, before: (usize, usize, usize), asked: Asked) {
        if self.is_exhausted() && asked == Asked::ByName {
            self.problem(label.to_owned(), Why::Exhausted);
        } else if before == self.so_far() && asked == Asked::ByName {
            self.problem(label.to_owned(), Why::EmptyArchive);
        }
    }
}

pub(super) fn member(archive: &Source, name: &str, size: u64, place: Place) -> Source {
    member_called(archive, format!("{}!/{}", archive.label, name.trim_start_matches("./")), size, place)
}

fn member_called(archive: &Source, label: String, size: u64, place: Place) -> Source {
    let folder = label.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let (layers, allowance) = (Layers::default(), archive.allowance.clone());
    Source { label, folder, first: None, size, place, layers, allowance }
}

/// Whether it is a page, or a part of one with a record behind a tag. Other programs leave theirs in folders, so that a
/// page counts only where it was named, mailed or packed.
fn is_page(source: &Source, head: &[u8], asked: Asked) -> bool {
    let is_meant = asked == Asked::ByName || source.label.contains("!/");
    is_meant && (format::is_web_page(head) || format::has_tagged_record(head))
}

/// The entry's name, size and beginning; `None` for a folder.
fn zip_entry_head(
    archive: &mut ZipArchive<ExtentReader>,
    index: usize,
    allowance: &Allowance,
) -> Result<Option<(String, u64, Vec<u8>)>, ZipError> {
    let entry = archive.by_index(index)?;
    if entry.is_dir() {
        return Ok(None);
    }
    let (name, size) = (entry.name().to_owned(), entry.size());
    Ok(Some((name, size, head_of(allowance.metered(entry)))))
}
