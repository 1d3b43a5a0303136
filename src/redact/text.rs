//! Names found inside texts.
//!
//! A name that was replaced stands as a single private character until the text is done, so that no later step
//! finds a name within a token.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, BuildError, Input, MatchKind};
use regex::{Captures, Regex, RegexBuilder};

use super::public::{host_of, identification_parts, is_file, is_number, is_public, is_public_path, is_public_remark};
use super::tokens::{Kind, Tokens, address};
use super::vocabulary;

/// The private characters that stand for tokens while a text is worked on (Unicode, plane 15).
const FIRST_MARK: u32 = 0xF_0000;
const LAST_MARK: u32 = 0xF_FFFD;

/// What looks like a name. The order counts: what comes first is tried first.
static PATTERNS: LazyLock<Regex> = LazyLock::new(|| {
    #[allow(clippy::unwrap_used, reason = "the pattern is a constant, and every test needs it")]
    RegexBuilder::new(
        r#"(?x)
        (?P<file>c[dm]r_[^\s"'<>|/\\]+_\d+_\d{12}_\d+)
        |(?P<path>(?:\b[A-Za-z]:\\|\\\\|~?/)[^\s"'<>|:;,()\[\]]+|[\w.~-]+(?:[/\\][\w.~-]+)+\.[A-Za-z0-9]{1,5}\b)
        |(?P<user>[\w.+-]+)@(?P<at>[A-Za-z0-9][\w.-]*)
        |(?i:[\w.]*unknownhostexception:\s*)(?P<unknown>[\w.-]+)
        |(?i:\buser(?:name)?\s*(?:[=:]\s*|\s['"]))['"]?(?P<login>[\w.+-]+)
        |(?P<v6>[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%\w+)?)
        |(?P<v4>\d{1,3}(?:\.\d{1,3}){3})
        |(?P<name>[A-Za-z0-9](?:[\w-]*)(?:\.[A-Za-z0-9][\w-]*)*\.[A-Za-z]{2,})"#,
    )
    .build()
    .unwrap()
});

/// Characters that join the parts of a name.
const JOINTS: [char; 10] = ['.', '-', '_', '/', '\\', '@', '+', '%', '~', '$'];

/// The longest run without a blank in which names are looked for.
const MOST_BYTES: usize = 512;

/// Whether a name can hold this character. A mark is a name already.
fn is_of_a_name(c: char) -> bool {
    const QUOTES: [char; 14] = ['…', '–', '—', '‘', '’', '“', '”', '«', '»', '·', '→', '≤', '≥', '×'];
    let foreign = !c.is_ascii() && !c.is_whitespace() && !QUOTES.contains(&c) && !is_mark(c);
    c.is_ascii_alphanumeric() || JOINTS.contains(&c) || foreign
}

fn is_mark(c: char) -> bool {
    (FIRST_MARK..=LAST_MARK).contains(&u32::from(c))
}

/// Replaces names in texts.
#[derive(Debug)]
pub struct Replacer<'t> {
    tokens: &'t mut Tokens,
    /// Words that the document's own form lists.
    own: &'t HashSet<String>,
    paths: Known,
    names: Known,
    marks: Vec<String>,
    mark_of: HashMap<String, usize>,
}

/// Known names, found in one pass.
#[derive(Debug, Clone)]
struct Known {
    kinds: Arc<[(Kind, String)]>,
    finder: Option<AhoCorasick>,
}

impl Known {
    fn new(kinds: Vec<(Kind, String)>) -> Result<Self, BuildError> {
        let build = || {
            let mut builder = AhoCorasick::builder();
            builder.match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true);
            builder.build(kinds.iter().map(|(_, name)| name)).map(Some)
        };
        let finder = if kinds.is_empty() { None } else { build()? };
        Ok(Self { kinds: kinds.into(), finder })
    }
}

impl<'t> Replacer<'t> {
    /// Knows all names that were learnt.
    ///
    /// # Errors
    /// When they are too many to be looked for.
    pub fn new(tokens: &'t mut Tokens, own: &'t HashSet<String>) -> Result<Self, BuildError> {
        let paths = Known::new(tokens.names(|kind| matches!(kind, Kind::File | Kind::Remark)))?;
        let names = Known::new(tokens.names(|kind| !matches!(kind, Kind::File | Kind::Remark)))?;
        Ok(Self { tokens, own, paths, names, marks: Vec::new(), mark_of: HashMap::new() })
    }

    /// A text of unknown origin: what no table knows does not stay in it.
    pub fn text(&mut self, text: &str) -> String {
        if self.own.contains(text) {
            return text.to_owned();
        }
        let text = self.replace_overlong(&unmarked(text));
        let text = self.replace_known(&text, false);
        let text = self.replace_patterns(&text);
        let text = self.replace_known(&text, true);
        let text = self.replace_unknown(&text);
        self.finish(&text)
    }

    /// No name is so long, and searching for names within would cost the square of the length.
    fn replace_overlong(&mut self, text: &str) -> String {
        let parts = text.split_inclusive(char::is_whitespace);
        let short = |part: &str| {
            if part.len() > MOST_BYTES { self.mark(Kind::Word, part).to_string() } else { part.to_owned() }
        };
        parts.map(short).collect()
    }

    /// Replaces each word that neither a table nor the document's own form knows.
    fn replace_unknown(&mut self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_of_a_name) {
            let (before, from) = rest.split_at(start);
            let (run, after) = from.split_at(from.find(|c| !is_of_a_name(c)).unwrap_or(from.len()));
            done.push_str(before);
            self.push_run(&mut done, run);
            rest = after;
        }
        done + rest
    }

    fn push_run(&mut self, done: &mut String, run: &str) {
        let word = run.trim_matches(JOINTS);
        let path = run.trim_end_matches('.');
        let is_known = word.is_empty() || self.own.contains(word) || vocabulary::knows(word);
        if is_known || is_public_path(path) || is_public_remark(word) {
            done.push_str(run);
        } else {
            let (before, after) = run.split_once(word).unwrap_or_default();
            let kind = match word {
                _ if address(word).is_some() || word.contains(['.', '@']) => Kind::Host,
                _ if word.contains(['/', '\\']) => Kind::File,
                _ => Kind::Word,
            };
            done.push_str(before);
            done.push(self.mark(kind, word));
            done.push_str(after);
        }
    }

    /// A sentence of cdrdiag's, in which nothing but known names and addresses is replaced.
    pub fn known_names(&mut self, text: &str) -> String {
        let text = self.replace_known(&unmarked(text), false);
        let text = self.replace_known(&text, true);
        self.finish(&text)
    }

    /// An algorithm's name, where it is one of SSH's.
    pub fn algorithm(&mut self, name: &str) -> String {
        if vocabulary::is_algorithm(name) { name.to_owned() } else { self.tokens.of(Kind::Algorithm, name) }
    }

    /// A server's identification string.
    pub fn identification(&mut self, raw: &str) -> String {
        let mut text = unmarked(raw);
        for part in identification_parts(raw) {
            if !is_public_remark(part) && !is_number(part) {
                let mark = self.mark(Kind::Remark, part);
                text = text.replacen(part, &mark.to_string(), 1);
            }
        }
        let text = self.replace_known(&text, true);
        self.finish(&text)
    }

    /// A field that is a name as a whole.
    pub fn name(&mut self, kind: Kind, name: &str) -> String {
        match kind {
            Kind::Host if is_public(name) => name.to_owned(),
            Kind::Host if is_file(name) => match name.split_once('#') {
                Some((path, server)) => format!("{}#{}", self.path(path), self.name(Kind::Host, server)),
                None => self.path(name),
            },
            Kind::Host => {
                let (host, port) = host_of(name);
                format!("{}{port}", self.tokens.of(Kind::Host, host))
            }
            Kind::File if name == "-" => name.to_owned(),
            Kind::Remark if is_public_remark(name) || is_number(name) => self.known_names(name),
            kind => self.tokens.of(kind, name),
        }
    }

    fn path(&mut self, path: &str) -> String {
        self.tokens.of(Kind::File, path)
    }

    fn mark(&mut self, kind: Kind, name: &str) -> char {
        let token = self.tokens.of(kind, name);
        let next = self.marks.len();
        let index = *self.mark_of.entry(token).or_insert_with_key(|token| {
            self.marks.push(token.clone());
            next
        });
        let number = u32::try_from(index).ok().and_then(|index| FIRST_MARK.checked_add(index));
        number.filter(|number| *number <= LAST_MARK).and_then(char::from_u32).unwrap_or('\u{fffd}')
    }

    fn finish(&mut self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        for c in text.chars() {
            let index = u32::from(c).checked_sub(FIRST_MARK).and_then(|index| usize::try_from(index).ok());
            match index.and_then(|index| self.marks.get(index)) {
                Some(token) => done.push_str(token),
                None => done.push(c),
            }
        }
        self.marks.clear();
        self.mark_of.clear();
        done
    }

    fn replace_known(&mut self, text: &str, hosts_too: bool) -> String {
        let known = if hosts_too { &self.names } else { &self.paths }.clone();
        let Some(finder) = known.finder else { return text.to_owned() };
        let mut done = String::with_capacity(text.len());
        let mut from = 0;
        while let Some(found) = finder.find(Input::new(text).span(from..text.len())) {
            done.push_str(&text[from..found.start()]);
            from = found.end();
            let name = known.kinds.get(found.pattern().as_usize());
            if let Some((kind, name)) = name.filter(|_| stands_alone(text, found.start(), found.end())) {
                done.push(self.mark(*kind, name));
            } else {
                // Only its first character is passed over: another name may begin within it.
                from = found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8);
                done.push_str(&text[found.start()..from]);
            }
        }
        done.push_str(&text[from..]);
        done
    }

    fn replace_patterns(&mut self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut from = 0;
        for found in PATTERNS.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            done.push_str(&text[from..whole.start()]);
            done.push_str(&self.replacement(text, &found).unwrap_or_else(|| whole.as_str().to_owned()));
            from = whole.end();
        }
        done.push_str(&text[from..]);
        done
    }

    /// What takes the place of something that looks like a name; `None` where it is none.
    fn replacement(&mut self, text: &str, found: &Captures<'_>) -> Option<String> {
        let part = |name| found.name(name).map(|part| part.as_str());
        if let Some(file) = part("file") {
            return Some(self.mark(Kind::File, file).to_string());
        }
        if let Some(path) = part("path") {
            let start = found.get(0).map_or(0, |whole| whole.start());
            let within = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
            if let Some(rest) = path.strip_prefix('/').filter(|_| within) {
                // "SFTP/FTP" is no path, but what stands behind the stroke may be a name.
                return Some(format!("/{}", self.replace_patterns(rest)));
            }
            return (!is_public_path(path)).then(|| self.mark(Kind::File, path).to_string());
        }
        if let (Some(user), Some(host)) = (part("user"), part("at")) {
            let marks = || format!("{}@{}", self.mark(Kind::User, user), self.mark(Kind::Host, host));
            return (!is_public(host)).then(marks);
        }
        for (group, kind) in [("unknown", Kind::Host), ("login", Kind::User)] {
            if let (Some(name), Some(whole)) = (found.name(group), found.get(0)) {
                let mark = self.mark(kind, name.as_str());
                return Some(format!("{}{mark}{}", &text[whole.start()..name.start()], &text[name.end()..whole.end()]));
            }
        }
        let whole = found.get(0)?;
        if let Some(v6) = part("v6") {
            let bare = v6.trim_end_matches(['.', ':']);
            let bare = if v6.ends_with("::") && !bare.contains("::") { v6 } else { bare };
            // Times have three groups; hardware addresses and fingerprints have more.
            let is_name = address(bare).is_some() || bare.split(':').filter(|group| !group.is_empty()).count() > 3;
            return is_name.then(|| format!("{}{}", self.mark(Kind::Host, bare), &v6[bare.len()..]));
        }
        if part("v4").is_some() {
            let is_name = address(whole.as_str()).is_some() && !is_of_a_number(text, whole.start(), whole.end());
            return is_name.then(|| self.mark(Kind::Host, whole.as_str()).to_string());
        }
        let name = part("name").filter(|name| !is_public(name) && !vocabulary::knows(name));
        name.map(|name| self.mark(Kind::Host, name).to_string())
    }
}

/// Whether a longer row of digits and dots holds this: the version `12.5.1.11900` has no address in it.
fn is_of_a_number(text: &str, start: usize, end: usize) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    let (before, after) = (&text[..start], &text[end..]);
    before.ends_with(digit)
        || before.strip_suffix('.').is_some_and(|before| before.ends_with(digit))
        || after.starts_with(digit)
        || after.strip_prefix('.').is_some_and(|after| after.starts_with(digit))
}

/// No letter or digit on either side.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    [before, after].into_iter().flatten().all(|c| !c.is_alphanumeric())
}

/// A text without the characters that stand for tokens.
fn unmarked(text: &str) -> String {
    text.replace(is_mark, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::learning::learn_name;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_breaks_it_and_a_known_name_never_stays(text in "(\\PC|billing7|[ .:/@_-]){0,40}") {
            let mut tokens = Tokens::default();
            learn_name(Kind::Host, "billing7", &mut tokens);
            let alone = format!("{text} billing7 {text}");
            let done = Replacer::new(&mut tokens, &HashSet::new()).unwrap().text(&alone);
            prop_assert!(!done.contains(" billing7 "));
        }
    }
}
