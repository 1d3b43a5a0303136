//! A node that is played byte by byte and key by key, in every variant that the published facts leave open. What is read
//! from it is the file, or is told as not proved.

use std::collections::VecDeque;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::viewed::{self, Viewed};
use super::*;

/// A file, shown readably.
#[derive(Clone)]
struct File(Vec<u8>);

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// How a node shows things.
#[derive(Debug, Clone)]
struct Ways {
    prompt: &'static str,
    echo: Echo,
    /// Blank lines before a file.
    lead: usize,
    line_end: &'static str,
    viewer: Option<Viewer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Echo {
    None,
    Plain,
    /// Broken at column 80 by this.
    Wrapped(&'static str),
}

/// The viewer of `file view`.
#[derive(Debug, Clone)]
struct Viewer {
    /// Before and behind the bar.
    around: (&'static str, &'static str),
    /// What is told at the end of the file, before that.
    notice: &'static str,
    /// What a key shows: itself, or what wipes the bar.
    on_key: &'static str,
    /// Whether it shows a bar for the last page, and waits for `q`.
    waits_at_end: bool,
    commas: bool,
}

impl Ways {
    fn echo(&self, command: &str) -> String {
        match self.echo {
            Echo::None => String::new(),
            Echo::Plain => format!("{command}\r\n"),
            Echo::Wrapped(with) => {
                let (first, rest) = command.split_at(command.len().min(80 - self.prompt.trim().len()));
                format!("{first}{}{rest}\r\n", if rest.is_empty() { "" } else { with })
            }
        }
    }

    fn lines(&self, text: &[u8]) -> Vec<u8> {
        text.iter()
            .flat_map(|byte| if *byte == b'\n' { self.line_end.as_bytes().to_vec() } else { vec![*byte] })
            .collect()
    }

    /// The pieces that come: the first at once, each other after a key. A key too many is shown at the prompt.
    fn pieces(&self, command: &str, file: &[u8]) -> VecDeque<Vec<u8>> {
        let begin = [self.echo(command).into_bytes(), self.line_end.repeat(self.lead).into_bytes()].concat();
        let end = |text: Vec<u8>| [text, self.prompt.as_bytes().to_vec()].concat();
        let Some(viewer) = &self.viewer else { return [end([begin, self.lines(file)].concat())].into() };
        let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
        let total = lines.len();
        let mut pieces: VecDeque<Vec<u8>> = VecDeque::new();
        let mut at = 0;
        loop {
            let page = &lines[at..total.min(at + 20)];
            let (first, last) = ((at + 1).min(total), at + page.len());
            let before = if at == 0 {
                begin.clone()
            } else {
                viewer.on_key.replace("KEY", "n").replace("\r\n", self.line_end).into_bytes()
            };
            let shown = [before, self.lines(&page.concat())].concat();
            at = last;
            if last == total && !viewer.waits_at_end {
                pieces.push_back(end(shown));
                return pieces;
            }
            let notice = if last == total { viewer.notice } else { "" };
            pieces.push_back([shown, viewer.bar(notice, first, last, total).into_bytes()].concat());
            if last == total {
                pieces.push_back(end(viewer.on_key.replace("KEY", "q").into_bytes()));
                return pieces;
            }
        }
    }
}

impl Viewer {
    fn bar(&self, notice: &str, first: usize, last: usize, total: usize) -> String {
        let total = if self.commas { crate::words::grouped(total as u64) } else { total.to_string() };
        let (before, behind) = self.around;
        let bar = format!("options: q=quit, n=next, p=prev, b=begin, e=end (lines {first} - {last} of {total}) : ");
        format!("{}{bar}{behind}", before.replace("NOTICE", notice))
    }
}

/// What comes of viewing a file, read again with what it showed where the first reading leaves a doubt.
fn view(ways: &Ways, file: &[u8], size: Option<u64>) -> (Viewed, usize) {
    let command = "file view activelog /cm/trace/cdrrep/log4j/cdrrepmgr00073_of_a_node_with_a_long_name.log";
    let prompt = Prompt::of(ways.prompt.trim().trim_start_matches("\x1b[K").as_bytes()).unwrap();
    let mut one = Exchange::new(command, Habits::new(prompt), Kind::File(size));
    let mut pieces = ways.pieces(command, file);
    let mut quits = 0;
    one.take(&pieces.pop_front().unwrap());
    for _ in 0..10_000 {
        let waits = [0, 60, 160, 510, 1_100, 2_100, 6_100, 13_000].map(Duration::from_millis);
        let next = waits.iter().map(|quiet| one.next(*quiet)).find(|next| *next != Next::Wait);
        match next {
            Some(Next::Send(key, times)) => {
                for _ in 0..times {
                    quits += usize::from(key == Key::Quit);
                    assert!(!pieces.is_empty(), "{key:?} at the prompt: {ways:?}");
                    assert!(key != Key::No && key != Key::Page, "{key:?} {ways:?}");
                    one.take(&pieces.pop_front().unwrap());
                }
            }
            Some(Next::Done) => break,
            other => panic!("{other:?} with {} pieces to come: {ways:?}", pieces.len()),
        }
    }
    assert!(pieces.is_empty(), "left early: {ways:?}");
    let output = one.finish();
    let first = viewed::assemble(&output.pages, &output.rest, size, None);
    let again = matches!(first.lead, viewed::Lead::Assumed(_));
    let viewed = if again { viewed::assemble(&output.pages, &output.rest, size, Some(ways.lead)) } else { first };
    (viewed, quits)
}

/// Lines as traces have them, with some that look like what the node prints.
fn file() -> impl Strategy<Value = File> {
    let line = prop_oneof![
        8 => "2019-07-25 13:12:1[0-9],[0-9]{3} INFO  \\[Thread-9\\] [a-z .:]{0,40}",
        1 => Just(String::new()),
        1 => Just("admin:".to_owned()),
        1 => Just("n".to_owned()),
        1 => Just("end of the file reached".to_owned()),
        1 => Just("options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 40) : ".to_owned()),
        1 => Just("Press <enter> for 1 line, <space> for one page, or <q> to quit".to_owned()),
        1 => "\\PC{0,20}[ \\t]{0,3}",
    ];
    (prop::collection::vec(line, 0..130), any::<bool>())
        .prop_map(|(lines, ends)| {
            let text = lines.join("\n");
            if ends && !text.is_empty() { format!("{text}\n").into_bytes() } else { text.into_bytes() }
        })
        .prop_map(File)
}

fn viewer() -> impl Strategy<Value = Viewer> {
    let around = select(vec![
        ("\x1b[1mNOTICE\r\n", "\x1b[0m\r\n"),
        ("NOTICE\x1b[1m\r\n", "\x1b[0m\r\n"),
        ("NOTICE\r\n\x1b[1m", "\x1b[0m"),
        ("NOTICE\r\n", "\r\n"),
        ("NOTICE\r\n", ""),
        ("\x1b[7mNOTICE\r\n", "\x1b[27m "),
    ]);
    let notice = select(vec!["\r\nend of the file reached", "end of the file reached\r\n", ""]);
    let on_key = select(vec!["", "\r\x1b[K", "\x1b[2J\x1b[H", "\r\n", "KEY\r\n"]);
    (around, notice, on_key, any::<bool>(), any::<bool>()).prop_map(|(around, notice, on_key, waits_at_end, commas)| {
        Viewer { around, notice, on_key, waits_at_end, commas }
    })
}

fn ways() -> impl Strategy<Value = Ways> {
    let prompt =
        select(vec!["admin:", "\r\nadmin:", "admin: ", "\x1b[Kadmin:", "\r\x1b[Kadmin:", "\r\nreader@cucm-pub: "]);
    let wrapped = select(vec![" \r", "\r\n", "\r\x1b[K", " \x08\r\n"]).prop_map(Echo::Wrapped);
    let echo = prop_oneof![Just(Echo::None), Just(Echo::Plain), wrapped];
    let viewer = prop::option::of(viewer());
    (prompt, echo, 0..3_usize, select(vec!["\r\n", "\n"]), viewer)
        .prop_map(|(prompt, echo, lead, line_end, viewer)| Ways { prompt, echo, lead, line_end, viewer })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_proved_is_the_file_however_the_node_shows_it(ways in ways(), file in file()) {
        let file = file.0;
        // A trace or a CDR file that begins with a blank line ends its last one.
        prop_assume!(file.first() != Some(&b'\n') || file.ends_with(b"\n"));
        let (viewed, quits) = view(&ways, &file, Some(file.len() as u64));
        prop_assert!(!viewed.complete || viewed.bytes == file, "{}", viewed.bytes.escape_ascii());
        prop_assert!(quits <= 1);
    }

    #[test]
    fn a_file_without_lines_that_the_viewer_prints_itself_is_proved(ways in ways(), file in file()) {
        let record = b"2019-07-25 13:12:11,971 INFO  [main] a.B (B.java:1) - x\n".to_vec();
        let lines = file.0.split(|byte| *byte == b'\n').filter(|line| !matches!(*line, b"" | b"n" | b"end of the file reached"));
        let lines = lines.flat_map(|line| [line, b"\n"].concat());
        let file: Vec<u8> = record.iter().copied().chain(lines).collect();
        let (viewed, _) = view(&ways, &file, Some(file.len() as u64));
        prop_assert!(viewed.complete, "{}", viewed.bytes.escape_ascii());
        prop_assert!(viewed.bytes == file);
    }
}
