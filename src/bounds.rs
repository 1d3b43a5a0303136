//! How much is read of each form of input. Each bound lies far above anything real, so that what is no such thing costs
//! neither time nor memory; whatever meets one is told in one line that names it.
//!
//! What is read piece by piece (traces, logs, captures, a server's words) needs no bound on its bytes; what is kept of it
//! is bounded where it is kept, and what a protocol allows stands beside the protocol.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A form of input, and the most that is read of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// What it is, in an error line: `configuration`.
    form: &'static str,
    bytes: u64,
}

/// A page of text.
pub const CONFIGURATION: Bound = Bound { form: "configuration", bytes: MIB };
/// A page of text.
pub const PROFILE: Bound = Bound { form: "profile", bytes: MIB };
/// A line, or a private key of 16,384 bits.
pub const SECRET: Bound = Bound { form: "password or key", bytes: 64 * KIB };
/// A hundred thousand hosts.
pub const KNOWN_HOSTS: Bound = Bound { form: "known_hosts", bytes: 16 * MIB };
/// Servers, one a line.
pub const TARGETS: Bound = Bound { form: "list of targets", bytes: 16 * MIB };
/// A scan of a thousand servers by nmap is some 5 MiB of XML.
pub const SAVED: Bound = Bound { form: "saved answer", bytes: 16 * MIB };
/// Log servers export some hundred thousand records at once; they are held in memory to be turned round.
pub const REVERSED: Bound = Bound { form: "trace whose newest records stand first", bytes: 512 * MIB };
/// Mail servers take some 25 to 150 MiB.
pub const MAIL: Bound = Bound { form: "mail", bytes: 256 * MIB };
/// What cdrdiag prints of a year's traces.
pub const ANSWER: Bound = Bound { form: "answer of cdrdiag's", bytes: 32 * MIB };
/// Three million lines of `file list`.
pub const LISTING: Bound = Bound { form: "listing", bytes: 256 * MIB };
/// Some weeks of a terminal's log, with every trace that was viewed.
pub const SESSION: Bound = Bound { form: "session's log", bytes: 256 * MIB };
/// CUCM rotates its syslog long before.
pub const ALARMS: Bound = Bound { form: "syslog or alert", bytes: 64 * MIB };
/// A page with tables of all that waits.
pub const REPORT: Bound = Bound { form: "report", bytes: 64 * MIB };
/// What `collect` says of all that it read.
pub const COLLECTION: Bound = Bound { form: "collection.json", bytes: 64 * MIB };
/// A line for each file that `deliver --files` hands in, twice.
pub const JOURNAL: Bound = Bound { form: "journal", bytes: 256 * MIB };
/// Real ones hold a minute's calls: some hundred kilobytes.
pub const SAVED_FILE: Bound = Bound { form: "CDR file", bytes: 256 * MIB };

/// Bytes that any packed input may unpack to: all traces that CUCM keeps.
pub const UNPACKED_ALWAYS: u64 = 256 * MIB;

/// How many times its size a larger one may unpack to. Traces are some 30 times as long as packed; what is made to fill a
/// disk is 1,000 times as long, and any number of times where it is packed twice.
pub const PACKED_TIMES: u64 = 100;

/// Bytes of archives inside archives that are kept on disk at most while traces are looked for.
pub const UNPACKED_ON_DISK: u64 = 8 * GIB;

/// Archives inside archives at most: each takes an open file.
pub const ARCHIVES: usize = 200;

/// How deep archives lie in archives at most; people do not pack deeper than four.
pub const ARCHIVE_DEPTH: usize = 4;

/// CDR and CMR files that are handed in at most. A cluster that makes two a minute needs over two months for them.
pub const SAVED_FILES: usize = 200_000;

/// As many files without a trace end the search of a path: each is opened, and a trace folder holds few others.
pub const BESIDE_TRACES: usize = 10_000;

/// As many files that are no listing, CDR or CMR file end the search of a path; only their names are looked at.
pub const BESIDE_LISTINGS: u64 = 200_000;

/// Names of a list at most. The largest packet that RFC 4253, section 6.1, wants to be understood holds some 2,000 short
/// ones; real lists have fewer than a hundred, and lists are compared with each other.
pub const NAMES: usize = 1_000;

/// Bytes of an algorithm's name at most; RFC 4251, section 6, allows 64.
pub const NAME: usize = 1_024;

/// Host keys of a server at most.
pub const HOST_KEYS: usize = 100;

/// Values of a JSON answer at most, each a few dozen bytes of memory. Deeper than 128 levels the reader itself refuses.
pub const VALUES: usize = 2_000_000;

/// Nodes of an XML at most: nmap writes some thirty for a host.
pub const XML_NODES: u32 = 2_000_000;

/// Attributes of an element at most: nmap writes fewer than twenty, and what a script found stands in one.
pub const XML_ATTRIBUTES: usize = 10_000;

/// Name spaces of an XML at most; nmap declares none.
pub const XML_NAMESPACES: usize = 1_000;

/// Files, folders and commands of a listing at most: a month of twenty nodes' two files a minute.
pub const LISTED: usize = 2_000_000;

/// Files of a trace folder that are looked into for listings and servers' saved answers.
pub const BELONGING: usize = 200;

/// Failing destinations of which each gets conclusions of its own; CUCM sends to at most eight
/// billing servers (three before release 14).
pub const TROUBLES: usize = 50;

/// Servers of a list of targets at most: all of a network of 16 bits.
pub const SERVERS: usize = 100_000;

/// What an input of so many packed bytes may unpack to, all that is packed in it together.
pub fn unpacked(packed: u64) -> u64 {
    packed.saturating_mul(PACKED_TIMES).max(UNPACKED_ALWAYS)
}

impl Bound {
    /// Reads a file whole; `-` is standard input.
    ///
    /// # Errors
    /// When it can't be read, or is larger than any such thing.
    pub fn read(self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(path, &mut bytes)?;
        Ok(bytes)
    }

    /// The same, into a buffer of the caller's: a secret leaves no copies where the buffer is large enough.
    ///
    /// # Errors
    /// As [`Bound::read`].
    pub fn read_into(self, path: &Path, bytes: &mut Vec<u8>) -> io::Result<()> {
        if path == Path::new("-") {
            self.limit(io::stdin().lock()).read_to_end(bytes)
        } else {
            self.limit(File::open(path)?).read_to_end(bytes)
        }?;
        Ok(())
    }

    /// What comes, until it is more than any such thing holds: an error then.
    pub fn limit<R: Read>(self, input: R) -> Limited<R> {
        Limited { input, left: self.bytes, bound: self }
    }

    /// The most bytes.
    pub fn bytes(self) -> u64 {
        self.bytes
    }

    /// A buffer that takes any such thing without growing.
    pub fn buffer(self) -> Vec<u8> {
        Vec::with_capacity(usize::try_from(self.bytes).unwrap_or_default() + 1)
    }

    /// That something is larger.
    pub fn exceeded(self) -> io::Error {
        let (form, bytes) = (self.form, self.bytes);
        let size = match bytes {
            GIB.. => format!("{} GiB", bytes / GIB),
            MIB.. => format!("{} MiB", bytes / MIB),
            _ => format!("{} KiB", bytes / KIB),
        };
        io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {size}, which no {form} is"))
    }
}

/// An input that ends with an error where it is larger than its form.
#[derive(Debug)]
pub struct Limited<R> {
    input: R,
    left: u64,
    bound: Bound,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.left = self.left.checked_sub(length as u64).ok_or_else(|| self.bound.exceeded())?;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_its_form_is_told_with_form_and_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        File::create(&path).unwrap().set_len(MIB).unwrap();
        assert_eq!(CONFIGURATION.read(&path).unwrap().len() as u64, MIB);
        File::create(&path).unwrap().set_len(MIB + 1).unwrap();
        let error = CONFIGURATION.read(&path).unwrap_err();
        assert_eq!(error.to_string(), "larger than 1 MiB, which no configuration is");
        assert!(SECRET.read(&path).unwrap_err().to_string().starts_with("larger than 64 KiB, "));
    }

    #[test]
    fn an_endless_input_ends() {
        let error = io::copy(&mut SECRET.limit(io::repeat(b'x')), &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_secrets_buffer_never_grows() {
        let mut bytes = SECRET.buffer();
        let before = bytes.capacity();
        io::repeat(b'x').take(SECRET.bytes).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.capacity(), before);
    }
}
