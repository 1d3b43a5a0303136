//! What CUCM's command line prints for `file list`, read from a paste.
//!
//! With `detail` a line is `25 Jul,2019 13:11:53      133,772  cdrrepmgr00072.log`, or `<dir>` in the size's place.
//! Without it the names stand alone, one or several a line. Both end in `dir count = 0, file count = 4`
//! (Cisco, Command Line Interface Reference Guide, "file list" and "Get Help with Commands"). Pasted terminals add
//! prompts, the pager's line, blank lines, CR LF, escape sequences and lines broken at the window's edge.

use std::sync::LazyLock;

use chrono::NaiveDateTime;
use regex::Regex;

use super::folder::{self, Place};
use crate::model::delivery_file::DeliveryFile;
use crate::{bounds, text};

/// A pasted listing, or several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// One for each `file list` whose answer was found.
    pub sections: Vec<Section>,
    /// Lines.
    pub lines: u64,
    /// Lines that nothing was made of; blank ones, prompts and the pager's do not count.
    pub skipped_lines: u64,
    /// The first of them, cut to a readable length.
    pub first_skipped: Option<String>,
    /// Whether there is more in it than any listing holds; the rest was not read.
    pub is_cut: bool,
}

impl Listing {
    /// Whether anything of a listing was found at all.
    pub fn is_listing(&self) -> bool {
        self.sections.iter().any(Section::says_something)
    }
}

/// The answer to one `file list`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The folder that was asked for, as written, without a pattern; `None` where the command was not pasted.
    pub folder: Option<String>,
    /// The files.
    pub entries: Vec<Entry>,
    /// The folders.
    pub folders: Vec<String>,
    /// What CUCM counted.
    pub totals: Option<Totals>,
    /// CUCM answered that there is no such folder or file.
    pub absent: bool,
}

impl Section {
    /// What the files stand for.
    pub fn place(&self) -> Place {
        match self.folder.as_deref().map(Place::of) {
            None | Some(Place::Other) if self.entries.iter().any(|entry| is_trace(&entry.name)) => Place::Trace,
            place => place.unwrap_or(Place::Other),
        }
    }

    /// Whether CUCM's own count agrees with what was read; `None` without a count.
    pub fn is_complete(&self) -> Option<bool> {
        self.totals.map(|totals| totals.files == self.entries.len() as u64 && totals.dirs == self.folders.len() as u64)
    }

    fn says_something(&self) -> bool {
        self.absent || self.totals.is_some() || !self.entries.is_empty() || !self.folders.is_empty()
    }
}

/// One file of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its size in bytes, where the listing has it.
    pub size: Option<u64>,
    /// When it was changed, by the node's clock, where the listing has it.
    pub modified: Option<NaiveDateTime>,
}

/// CUCM's count at the end of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Folders.
    pub dirs: u64,
    /// Files.
    pub files: u64,
}

/// Reads a paste: UTF-8 or UTF-16. Never fails; what makes no sense is counted as skipped.
pub fn parse(bytes: &[u8]) -> Listing {
    let text = text::decode(bytes);
    let mut reader = Reader::default();
    for line in text.lines() {
        if reader.listing.is_cut {
            break;
        }
        reader.listing.lines += 1;
        let parts = line.split(ENDS).flat_map(|line| line.split("\\n"));
        parts.for_each(|part| reader.line(part.trim_end_matches("\\r")));
    }
    reader.listing
}

/// Whether a name is one of the CDR Repository Manager's traces: `cdrrepmgr00073.log`, packed or not.
pub fn is_trace(name: &str) -> bool {
    name.strip_prefix("cdrrepmgr").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[allow(clippy::expect_used, reason = "the patterns are constants; a test builds each")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// What ends a line beside a line feed, where an editor, a spreadsheet or a chat kept the text; JSON writes `\n`.
const ENDS: [char; 4] = ['\u{b}', '\u{85}', '\u{2028}', '\u{2029}'];

static CONTROL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f\u{feff}]"));
static PAGER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)options: q=quit[^()]*\([^()]*\)\s*:\s*(?:[qnpbe]\b)?|Press <enter> for 1 line, <space> for one page, or <q> to quit",
    )
});
static PROMPT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:admin:\s*)+"));
/// A command behind what a chat, a tracker or a spreadsheet puts before each line.
static PREFIXED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^.{1,60}?\badmin:\s*(?P<list>file\s+list\s)"));
static COMMAND: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^file\s+list\s+[a-z]+\s+(\S+)"));
static TOTALS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)dir count = ([\d,]+), file count = ([\d,]+)"));
static ABSENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)no such (?:file|dir)|not found|does not exist|no files? (?:were )?found"));
/// What comes before a name: date, and size or `<dir>`. Releases may write the date otherwise.
static DETAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(\d{1,2} [A-Za-z]{3},? ?\d{4} \d{2}:\d{2}:\d{2}|[A-Za-z]{3} \d{1,2},? \d{4} \d{2}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})\s+((?i:<dir>)|\d[\d,.]*)\s+",
    )
});

#[derive(Default)]
struct Reader {
    listing: Listing,
    /// Whether what comes next still belongs to the last section.
    open: bool,
    /// Files, folders and sections so far.
    listed: usize,
}

impl Reader {
    fn line(&mut self, raw: &str) {
        let clean = CONTROL.replace_all(raw, "");
        let clean = PAGER.replace_all(&clean, " ");
        // A mail quotes what it answers; tables have borders, and spreadsheets quote their cells.
        let line = clean.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|' | '"'));
        let line = line.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '|' | '"' | ',' | ';'));
        let prefixed = PREFIXED.captures(line).and_then(|found| found.name("list"));
        let line = prefixed.and_then(|list| line.get(list.start()..)).unwrap_or(line);
        if line.is_empty() {
            return;
        }
        if let Some(found) = TOTALS.captures(line) {
            self.line(&line[..found.get(0).map_or(0, |total| total.start())]);
            self.section().totals =
                number(&found[1]).zip(number(&found[2])).map(|(dirs, files)| Totals { dirs, files });
            self.open = false;
        } else if !(self.prompt(line) || self.detail(line) || self.row(line) || self.broken(line) || self.names(line)) {
            self.other(line);
        }
    }

    /// A prompt, or a command without one.
    fn prompt(&mut self, line: &str) -> bool {
        let command = PROMPT.replace(line, "");
        if let Some(found) = COMMAND.captures(&command) {
            let folder = folder::without_pattern(&found[1]).to_owned();
            self.begin(Section { folder: Some(folder), ..Section::default() });
        } else if command.len() < line.len() {
            self.open = false;
        } else {
            return false;
        }
        true
    }

    /// Lines of `detail`; more than one where a paste has lost its line ends.
    fn detail(&mut self, line: &str) -> bool {
        let line = behind_stamp(line);
        let heads: Vec<_> = DETAIL.captures_iter(line).collect();
        let bounds = heads.iter().filter_map(|head| head.get(0)).map(|head| (head.start(), head.end()));
        let bounds: Vec<_> = bounds.chain([(line.len(), line.len())]).collect();
        for (head, pair) in heads.iter().zip(bounds.windows(2)) {
            // A name may hold blanks: it ends where the next file of the line begins.
            let name = delivery_name(line.get(pair[0].1..pair[1].0).unwrap_or_default().trim());
            self.add(name, head[2].eq_ignore_ascii_case("<dir>"), number(&head[2]), date(&head[1]));
        }
        !heads.is_empty()
    }

    /// The rest of a name that the window's edge broke: `…_201907231317_8440` and `04` on the next line, before other
    /// names where there are several a line.
    fn broken(&mut self, line: &str) -> bool {
        let Some(last) = self.listing.sections.last_mut().and_then(|section| section.entries.last_mut()) else {
            return false;
        };
        let (part, others) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let joined = format!("{}{part}", last.name);
        let may_be_alone =
            last.modified.is_none() && is_known(&last.name) && !part.bytes().all(|byte| byte.is_ascii_digit());
        if !self.open || is_known(part) || may_be_alone || DeliveryFile::parse(&joined).is_none() {
            return false;
        }
        last.name = joined;
        self.line(others);
        true
    }

    /// Names without `detail`, one or several a line. Prose that holds a file's name is not taken for a listing:
    /// each word must look like a name.
    fn names(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_folder = |index: usize| index > 0 && words[index - 1] == "<dir>";
        let fits = |(index, word): (usize, &&str)| *word == "<dir>" || is_folder(index) || is_name(word);
        let known = words.iter().any(|word| *word == "<dir>" || is_known(base(word)));
        if !words.iter().enumerate().all(fits) || !(known || self.open) {
            return false;
        }
        for (index, word) in words.iter().enumerate().filter(|(_, word)| **word != "<dir>") {
            self.add(word, is_folder(index) || folder::is_folder_name(word), None, None);
        }
        true
    }

    /// A CDR or CMR file as other programs list it, its name last: `ls -l`, `dir`, a spreadsheet, another language's months.
    fn row(&mut self, line: &str) -> bool {
        let cells: Vec<&str> =
            line.split(|c: char| c.is_whitespace() || c == ';').filter(|cell| !cell.is_empty()).collect();
        let Some((name, before)) = cells.split_last() else { return false };
        let is_mode = |cell: &&&str| cell.len() >= 10 && cell.starts_with("-r");
        let size = match before.first().filter(is_mode) {
            Some(_) => before.get(4),
            None => before.last(),
        };
        let size = size.filter(|cell| cell.starts_with(|c: char| c.is_ascii_digit())).and_then(|cell| number(cell));
        let has_time = before.iter().any(|cell| cell.split(':').count() > 1);
        // A trace names files, too.
        let is_row = has_time && size.is_some() && !line.contains('[') && DeliveryFile::parse(base(name)).is_some();
        if is_row {
            self.add(name, false, size, None);
        }
        is_row
    }

    fn other(&mut self, line: &str) {
        if self.open && ABSENT.is_match(line) {
            self.section().absent = true;
            return;
        }
        self.listing.skipped_lines += 1;
        self.listing.first_skipped.get_or_insert_with(|| line.chars().take(80).collect());
    }

    fn add(&mut self, name: &str, is_folder: bool, size: Option<u64>, modified: Option<NaiveDateTime>) {
        if !self.has_room() {
            return;
        }
        let section = self.section();
        if is_folder {
            section.folders.push(name.to_owned());
            return;
        }
        if section.folder.is_none() && section.entries.is_empty() {
            section.folder = name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        }
        section.entries.push(Entry { name: base(name).to_owned(), size, modified });
    }

    fn begin(&mut self, section: Section) {
        if self.has_room() {
            self.listing.sections.push(section);
            self.open = true;
        }
    }

    /// Whether one thing more may be listed.
    fn has_room(&mut self) -> bool {
        self.listed += 1;
        self.listing.is_cut |= self.listed > bounds::LISTED;
        !self.listing.is_cut
    }

    /// The section that is being read; a new one where the command was not pasted.
    fn section(&mut self) -> &mut Section {
        if !self.open || self.listing.sections.is_empty() {
            self.begin(Section::default());
        }
        let last = self.listing.sections.len() - 1;
        &mut self.listing.sections[last]
    }
}

/// How wide a day is: `25 Jul,2019`.
const DAY: usize = 11;

/// A line without the time that whoever keeps a log puts before it: a second date begins where its size would stand.
fn behind_stamp(line: &str) -> &str {
    let stamp = DETAIL.find(line);
    let own = stamp.and_then(|stamp| DETAIL.find_at(line, stamp.start() + DAY).filter(|own| own.start() < stamp.end()));
    own.and_then(|own| line.get(own.start()..)).unwrap_or(line)
}

/// The CDR or CMR file's name in what stands behind a size; all of it where that is none.
fn delivery_name(name: &str) -> &str {
    if DeliveryFile::parse(name).is_some() {
        return name;
    }
    let mut words = name.split(|c: char| c.is_whitespace() || matches!(c, '"' | '|' | ';' | ',' | '<'));
    words.find(|word| DeliveryFile::parse(word).is_some()).unwrap_or(name)
}

fn date(text: &str) -> Option<NaiveDateTime> {
    let text = text.replace(',', " ");
    let forms = ["%d %b %Y %H:%M:%S", "%b %d %Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
}

fn number(text: &str) -> Option<u64> {
    text.replace([',', '.'], "").parse().ok()
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether a word alone shows that it stands in a listing.
fn is_known(name: &str) -> bool {
    DeliveryFile::parse(name).is_some() || is_trace(name) || folder::date(name).is_some()
}

fn is_name(word: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    is_known(base(word))
        || folder::is_folder_name(word)
        || (word.chars().all(allowed) && word.contains(|c: char| matches!(c, '_' | '.') || c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REAL: &str = include_str!("../../fixtures/file-list-activelog.txt");

    fn names(listing: &Listing) -> Vec<&str> {
        listing.sections.iter().flat_map(|section| &section.entries).map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn the_real_listing_is_read_to_the_byte() {
        let listing = parse(REAL.as_bytes());
        let [section] = listing.sections.as_slice() else { panic!("{listing:?}") };
        assert_eq!(section.folder.as_deref(), Some("/cm/trace/cdrrep/log4j"));
        assert_eq!(section.totals, Some(Totals { dirs: 0, files: 4 }));
        assert_eq!(section.is_complete(), Some(true));
        let newest = &section.entries[3];
        assert_eq!((newest.name.as_str(), newest.size), ("cdrrepmgr00073.log", Some(559_502)));
        assert_eq!(newest.modified.unwrap().to_string(), "2019-07-25 15:12:40");
        assert_eq!(listing.skipped_lines, 0);
    }

    #[test]
    fn names_that_the_windows_edge_broke_are_put_together_one_or_several_a_line() {
        let text = "admin:file list activelog cm/cdr_repository/preserve/20190205/*\n\n\
            cdr_StandAloneCluster_01_201902051047_7     cdr_StandAloneCluster_01_20\n1902051048_8\n\
            cdr_StandAloneCluster_01_201902051049_9   cdr_StandAloneCluster_01_201902051050_1\n0\n\
            cdr_StandAloneCluster_01_2019020510\n51_11   cdr_StandAloneCluster_01_201902051052_12\n\
            \ndir count = 0, file count = 6\nadmin:";
        let listing = parse(text.as_bytes());
        let numbers: Vec<_> = names(&listing).iter().map(|name| name.rsplit('_').next().unwrap()).collect();
        assert_eq!(numbers, ["7", "8", "9", "10", "11", "12"]);
        assert_eq!(listing.skipped_lines, 0);
    }

    #[test]
    fn a_listing_that_a_mail_quotes_is_read() {
        let quoted: String = REAL.lines().flat_map(|line| ["> > ", line, "\n"]).collect();
        assert_eq!(names(&parse(quoted.as_bytes())), names(&parse(REAL.as_bytes())));
    }

    #[test]
    fn what_a_chat_a_spreadsheet_or_another_program_made_of_a_listing_is_read() {
        let plain = "admin:file list activelog /cm/cdr_repository/preserve/20250309/ detail\n\
            09 Mar,2025 02:40:04        2,233  cdr_C_01_202503090139_60319\n\
            09 Mar,2025 05:55:05          913  cmr_C_01_202503090454_60320\ndir count = 0, file count = 2\n";
        let files = |text: &str| {
            let listing = parse(text.as_bytes());
            let entries = listing.sections.iter().flat_map(|section| &section.entries);
            entries.map(|entry| (entry.name.clone(), entry.size)).collect::<Vec<_>>()
        };
        let each = |how: &dyn Fn(&str) -> String| plain.lines().map(how).collect::<Vec<_>>().join("\n");
        let expected = files(plain);
        assert_eq!(expected[0], ("cdr_C_01_202503090139_60319".to_owned(), Some(2_233)));
        let dates = |date: &str| plain.replace("09 Mar,2025", date);
        for text in [
            each(&|line| format!("\"{line}\"")),
            each(&|line| format!("| {line} |")),
            each(&|line| format!("- {line}")),
            each(&|line| format!("2025-03-12 09:00:00 {line}")),
            each(&|line| format!("[14:00] Anna Miller: {line}")),
            each(&|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(";")),
            plain.replace(' ', "\u{a0}"),
            plain.replace('\n', "\\n"),
            plain.replace('\n', "\u{2028}"),
            format!("{{\"text\": \"{}\"}}", plain.replace('\n', "\\r\\n")),
            dates("09 M\u{e4}rz,2025"),
            dates("03/09/2025"),
            dates("09.03.2025").replace("2,233", "2.233"),
            "-rw-r--r-- 1 ccm ccmbase 2233 Mar  9 02:40 cdr_C_01_202503090139_60319\n\
             -rw-r--r-- 1 ccm ccmbase 913 Mar  9 05:55 cmr_C_01_202503090454_60320\n"
                .to_owned(),
        ] {
            assert_eq!(files(&text), expected, "{text}");
        }
    }

    #[test]
    fn names_alone_are_read_one_or_several_a_line() {
        let text = "admin:file list activelog cm/cdr_repository/preserve/20190205/*\n\n\
            cmr_StandAloneCluster_01_201902051047_0\n\
            cdr_StandAloneCluster_01_201902051047_7     cdr_StandAloneCluster_01_201902051048_8\n\
            \ndir count = 0, file count = 3\nadmin:";
        let listing = parse(text.as_bytes());
        assert_eq!(names(&listing).len(), 3);
        assert_eq!(listing.sections[0].folder.as_deref(), Some("cm/cdr_repository/preserve/20190205"));
        assert_eq!((listing.sections.len(), listing.skipped_lines), (1, 0));
    }

    #[test]
    fn dates_and_folders_may_be_written_otherwise_and_names_may_hold_blanks() {
        let text = "2019-07-25 13:11:53  133,772  cdrrepmgr00001.log\nJul 25, 2019 13:11:53 9 cdrrepmgr00002.log\n\
            25 Jul 2019 13:11:53  <DIR>  20190725\n25 Jul, 2019 13:11:53 1.234 odd name.log\n\
            25 Jul,2019 13:11:53 1 cdrrepmgr00003.log  25 Jul,2019 13:11:53 2 cdrrepmgr00004.log\n";
        let listing = parse(text.as_bytes());
        let named =
            ["cdrrepmgr00001.log", "cdrrepmgr00002.log", "odd name.log", "cdrrepmgr00003.log", "cdrrepmgr00004.log"];
        assert_eq!((names(&listing), &listing.sections[0].folders), (named.to_vec(), &vec!["20190725".to_owned()]));
        let at = listing.sections[0].entries[0].modified;
        assert!(at.is_some() && listing.sections[0].entries.iter().all(|entry| entry.modified == at));
        assert_eq!(listing.sections[0].entries[2].size, Some(1_234));
    }

    #[test]
    fn folders_are_no_files() {
        let text = " 02 Dec,2004 12:00:59        <dir>  20190715\n <dir>   odd name\n\
            <dir>   20190716\n20190717\ndir count = 3, file count = 0\n";
        let listing = parse(text.as_bytes());
        assert_eq!(listing.sections[0].folders, ["20190715", "20190716", "20190717"]);
        assert_eq!((names(&listing).len(), listing.skipped_lines), (0, 1));
    }

    #[test]
    fn the_pager_and_what_a_terminal_adds_are_passed_over() {
        let text = "\u{feff}admin:file list activelog /cm/cdr_repository/preserve/07152019/ page detail\r\n\r\n\
            \x1b[K 15 Jul,2019 04:12:03        1,234  cdr_C_01_201907150412_1\r\n\
            options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 2342) :\r\n\
            options: q=quit, n=next, p=prev, b=begin, e=end (lines 21 - 40 of 2342) : n\r\
            15 Jul,2019 04:13:03        1,234  cdr_C_01_201907150413_2\r\n\
            dir count = 0, file count = 2\r\nadmin:\r\n";
        let listing = parse(text.as_bytes());
        assert_eq!(names(&listing), ["cdr_C_01_201907150412_1", "cdr_C_01_201907150413_2"]);
        assert_eq!((listing.sections.len(), listing.skipped_lines), (1, 0), "{listing:?}");
        assert_eq!(listing.sections[0].is_complete(), Some(true));
    }

    #[test]
    fn a_name_that_the_window_broke_is_mended() {
        let text = "admin:file list activelog /cm/cdr_repository/preserve/20190723 detail\n\
            23 Jul,2019 13:17:40          901  cmr_StandAloneCluster_03_201907231317_8440\n04\n\
            23 Jul,2019 13:18:40          901  cmr_StandAloneCluster_03_2019072\n31318_844005\n";
        assert_eq!(
            names(&parse(text.as_bytes())),
            ["cmr_StandAloneCluster_03_201907231317_844004", "cmr_StandAloneCluster_03_201907231318_844005"]
        );
    }

    #[test]
    fn more_files_than_any_listing_has_are_not_read() {
        let listing = parse("cdr_C_01_201907150412_1 ".repeat(bounds::LISTED + 10).as_bytes());
        assert!(listing.is_cut);
        assert_eq!(names(&listing).len(), bounds::LISTED - 1);
    }

    #[test]
    fn a_missing_folder_is_an_answer() {
        let listing = parse(
            b"admin:file list activelog /cm/cdr_repository/preserve/20190101/\nNo such file or directory\nadmin:",
        );
        assert!(listing.is_listing() && listing.sections[0].absent);
    }

    #[test]
    fn a_trace_is_no_listing_though_it_names_files() {
        let listing = parse(include_bytes!("../../fixtures/cdrrepmgr00073.log"));
        assert!(!listing.is_listing(), "{:?}", listing.sections);
        assert!(listing.skipped_lines > 0 && listing.first_skipped.is_some());
    }

    #[test]
    fn a_lone_word_outside_a_listing_is_no_folder() {
        assert!(!parse(b"preserve\ncar\nnotes.txt\n").is_listing());
        let listing = parse(b"admin:file list activelog cm/cdr_repository\ncar destination1 preserve\n");
        assert_eq!(listing.sections[0].folders, ["car", "destination1", "preserve"]);
    }

    #[test]
    fn utf_16_is_read_too() {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(REAL.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(names(&parse(&bytes)).len(), 4);
    }

    #[test]
    fn every_pattern_is_well_formed() {
        for pattern in [&CONTROL, &PAGER, &PROMPT, &COMMAND, &TOTALS, &ABSENT, &DETAIL] {
            assert!(!pattern.as_str().is_empty());
        }
    }

    fn listed(sequences: &[u64]) -> String {
        let line = |n: &u64| format!(" 15 Jul,2019 04:12:03  1,234  cdr_C_01_201907150412_{n}\n");
        sequences.iter().map(line).collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            parse(&bytes);
        }

        #[test]
        fn no_text_of_a_listing_s_parts_makes_it_panic(
            parts in prop::collection::vec(prop::sample::select(vec![
                "admin:", "file list activelog ", "/cm/cdr_repository/preserve/20190715/", "\n", "\r", " ", "<dir>",
                "cdr_C_01_201907150412_1", "25 Jul,2019 13:12:01", "1,2", "dir count = ", "9", ", file count = 99999999999999999999",
                "options: q=quit", "(", ") :", "cdrrepmgr1", "\x1b[", "*", "é",
            ]), 0..60)
        ) {
            parse(parts.concat().as_bytes());
        }

        #[test]
        fn a_paste_in_two_parts_holds_the_same_files(count in 0_usize..40, at in 0_usize..40) {
            let sequences: Vec<u64> = (0..count as u64).collect();
            let (first, second) = sequences.split_at(at.min(count));
            let whole = parse(listed(&sequences).as_bytes());
            let (first, second) = (parse(listed(first).as_bytes()), parse(listed(second).as_bytes()));
            let parts: Vec<&str> = names(&first).into_iter().chain(names(&second)).collect();
            prop_assert_eq!(names(&whole), parts);
        }
    }
}
