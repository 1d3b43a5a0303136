//! A file as `file view` shows it, exact to the byte, with the proof that it is whole.
//!
//! A terminal turns each line end into CR LF; that CR goes again. Before a file CUCM prints a blank line, and around the
//! pages of its viewer it may print more. What of that belongs to the file is decided by the viewer's line ranges, the
//! size that the folder lists, and what CUCM prints before every other file.

use super::pager::Range;

/// A page of the viewer, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) range: Range,
    pub(crate) text: Vec<u8>,
}

/// What was viewed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Viewed {
    /// The file's bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether the bytes are as many as were listed, and nothing else speaks against them.
    pub(crate) complete: bool,
    /// Whether the viewer's ranges join up to its total: it is whole, if its size has changed since it was listed.
    pub(crate) joined: bool,
    /// Whether the viewer's total changed while it was read: the file grew, or was rotated.
    pub(crate) changed: bool,
    /// What it shows of the blank lines that CUCM prints before each file.
    pub(crate) lead: Lead,
}

/// What a file shows of the blank lines that CUCM prints before each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lead {
    /// Nothing.
    #[default]
    Unknown,
    /// So many: the file itself begins with a letter.
    Shown(usize),
    /// The file is what it seems if they are so many: it begins with a blank line itself.
    Assumed(usize),
}

/// As many blank lines may CUCM itself print on each side of a file.
const MOST: usize = 3;

/// Puts a file together. `rest` is what came behind the last page; all of it where there was no viewer. `lead` is how
/// many blank lines CUCM prints before each file, as far as other files have shown it.
pub(crate) fn assemble(pages: &[Page], rest: &[u8], listed: Option<u64>, lead: Option<usize>) -> Viewed {
    if pages.is_empty() {
        let text = lines(rest);
        let viewed = whole(&text, listed, lead);
        return if viewed.complete { viewed } else { whole(without_notice(&text), listed, lead) };
    }
    let (viewed, counts_lines) = joined(pages, rest, listed, lead);
    if counts_lines || viewed.changed || !follow_each_other(pages) {
        return viewed;
    }
    // A viewer may count its lines otherwise; then the size alone can tell.
    let text: Vec<u8> = pages.iter().flat_map(|page| lines(&page.text)).collect();
    let by_size = whole(&text, listed, lead);
    if by_size.complete { by_size } else { viewed }
}

/// Whether what is shown is as long as listed, but for blank lines around it.
pub(crate) fn is_as_long_as(shown: &[u8], listed: u64) -> bool {
    let is_possible = shown.len() as u64 >= listed && shown.len() as u64 <= listed.saturating_mul(2) + 4 * MOST as u64;
    is_possible && !Edges::of(&lines(shown), listed).leads.is_empty()
}

/// The blank lines around a file that is shown without the viewer.
struct Edges {
    /// Those at its beginning.
    before: usize,
    /// How many of them may be CUCM's, by the size.
    leads: Vec<usize>,
    /// The same for a file that ends with a line end, as a text does, where that is possible.
    tidy: Vec<usize>,
    /// How many bytes there are too many.
    extra: usize,
}

impl Edges {
    fn of(text: &[u8], listed: u64) -> Self {
        let before = blank_lines(text.iter());
        let after = blank_lines(text.iter().rev());
        let extra = usize::try_from(listed).ok().and_then(|listed| text.len().checked_sub(listed));
        let Some(extra) = extra else { return Self { before, leads: Vec::new(), tidy: Vec::new(), extra: 0 } };
        let leads = |after: usize| -> Vec<usize> {
            (0..=extra.min(before).min(MOST)).filter(|lead| extra - lead <= after.min(MOST)).collect()
        };
        let (leads, tidy) = (leads(after), leads(after.saturating_sub(1)));
        Self { before, tidy: if tidy.is_empty() { leads.clone() } else { tidy }, leads, extra }
    }
}

fn blank_lines<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes.take_while(|byte| **byte == b'\n').count()
}

/// Without the viewer: the listed size decides what of the line ends around it belongs to the file.
fn whole(text: &[u8], listed: Option<u64>, lead: Option<usize>) -> Viewed {
    let blank = blank_lines(text.iter()).min(lead.unwrap_or(1));
    let unproved = || Viewed { bytes: text.get(blank..).unwrap_or_default().to_vec(), ..Viewed::default() };
    let Some(listed) = listed else { return unproved() };
    let edges = Edges::of(text, listed);
    let known = lead.filter(|known| edges.leads.contains(known)).map(|known| (known, Lead::Unknown));
    let Some((lead, shows)) = known.or_else(|| lead_of(&edges.tidy, edges.before)) else { return unproved() };
    let end = text.len() - (edges.extra - lead);
    let bytes = text.get(lead..end).unwrap_or_default().to_vec();
    let is_blank = text.iter().all(|byte| *byte == b'\n');
    let shows = if is_blank { Lead::Unknown } else { shows };
    Viewed { bytes, complete: !matches!(shows, Lead::Assumed(_)), lead: shows, ..Viewed::default() }
}

/// How many of the blank lines at the beginning are CUCM's, of those that are possible, and how sure that is.
fn lead_of(possible: &[usize], before: usize) -> Option<(usize, Lead)> {
    match possible {
        [] => None,
        [only] if *only == before => Some((before, Lead::Shown(before))),
        [.., most] => Some((*most, Lead::Assumed(*most))),
    }
}

fn follow_each_other(pages: &[Page]) -> bool {
    let mut expected = 1;
    pages.iter().all(|page| {
        let follows = page.range.first == expected || page.range.last == 0;
        expected = page.range.last.saturating_add(1);
        follows
    }) && pages.last().is_some_and(|page| page.range.last >= page.range.total)
}

/// By the viewer's pages, and whether each may have as many lines as it says.
fn joined(pages: &[Page], rest: &[u8], listed: Option<u64>, lead: Option<usize>) -> (Viewed, bool) {
    let total = pages.first().map_or(0, |page| page.range.total);
    let changed = pages.iter().any(|page| page.range.total != total);
    let mut all: Vec<Page> = pages.iter().map(|page| Page { text: ended(lines(&page.text)), ..page.clone() }).collect();
    all.extend(unbarred(&all, rest));
    strip_echoed_keys(&mut all);
    let (mut bytes, mut exact, mut shows, mut counts_lines) = (Vec::new(), true, Lead::Unknown, true);
    let inner = inner_leads(all.get(1..).unwrap_or_default());
    for (number, page) in all.iter().enumerate() {
        let edges = PageEdges::of(page);
        counts_lines &= !edges.leads.is_empty();
        let own = if number == 0 {
            let known = lead.filter(|known| edges.leads.contains(known)).map(|known| (known, Lead::Unknown));
            let found = known.or_else(|| lead_of(&edges.leads, edges.before));
            shows = found.map_or(Lead::Unknown, |(_, shows)| shows);
            found.and_then(|(lead, _)| edges.own(page, lead))
        } else {
            // Of a page that is blank any of its lines will do.
            let mut possible = inner.iter().map(|lead| edges.own(page, *lead));
            possible.next().flatten().filter(|first| possible.all(|other| other == Some(first)))
        };
        exact &= own.is_some();
        bytes.extend(own.unwrap_or(&page.text));
    }
    if bytes.iter().all(|byte| *byte == b'\n') {
        shows = Lead::Unknown;
    }
    let was_ended = pages.last().is_some_and(|page| page.text.ends_with(b"\n"));
    fit_to_size(&mut bytes, &all, was_ended, listed);
    let joined = exact && !changed && follow_each_other(&all);
    let fits = listed.is_none_or(|listed| listed == bytes.len() as u64);
    let complete = joined && fits && !matches!(shows, Lead::Assumed(_));
    (Viewed { bytes, complete, joined, changed, lead: shows }, counts_lines)
}

/// The last page, where the viewer ends without a bar for it.
fn unbarred(pages: &[Page], rest: &[u8]) -> Option<Page> {
    let Range { last, total, .. } = pages.last()?.range;
    let text = ended(lines(rest));
    let range = Range { first: last.saturating_add(1), last: total, total };
    let fits = memchr::memchr_iter(b'\n', &text).count() as u64 <= range.lines();
    let text = if fits { text } else { ended(without_notice(&text).to_vec()) };
    let is_there = last < total && text.iter().any(|byte| *byte != b'\n');
    is_there.then_some(Page { range, text })
}

/// A terminal may show the keys that turn the pages, on a line of their own.
fn strip_echoed_keys(pages: &mut [Page]) {
    let later = pages.get_mut(1..).unwrap_or_default();
    if later.iter().all(|page| page.text.starts_with(b"n\n") && PageEdges::surplus(page) > Some(0)) {
        for page in later {
            page.text.drain(..2);
        }
    }
}

/// How many blank lines the viewer may print before each page but the first: what fits them all.
fn inner_leads(pages: &[Page]) -> Vec<usize> {
    let mut possible: Vec<usize> = (0..=MOST).collect();
    for page in pages {
        let edges = PageEdges::of(page);
        possible.retain(|lead| edges.leads.contains(lead));
    }
    possible
}

/// The blank lines around a page, of which it says how many lines it has.
struct PageEdges {
    before: usize,
    leads: Vec<usize>,
    extra: usize,
}

impl PageEdges {
    fn surplus(page: &Page) -> Option<usize> {
        let count = usize::try_from(page.range.lines()).ok()?;
        memchr::memchr_iter(b'\n', &page.text).count().checked_sub(count)
    }

    fn of(page: &Page) -> Self {
        let before = blank_lines(page.text.iter());
        let Some(extra) = Self::surplus(page) else { return Self { before, leads: Vec::new(), extra: 0 } };
        // The line end of the last line is its own.
        let own = usize::from(page.range.lines() > 0);
        let after = blank_lines(page.text.iter().rev()).saturating_sub(own).min(MOST);
        let leads = (0..=extra.min(before).min(MOST)).filter(|lead| extra - lead <= after).collect();
        Self { before, leads, extra }
    }

    /// The page's own lines, if so many before them are the viewer's.
    fn own<'a>(&self, page: &'a Page, lead: usize) -> Option<&'a [u8]> {
        page.text.get(lead..page.text.len() - self.extra.checked_sub(lead)?)
    }
}

/// What the pages cannot tell but the size can: a file without a line end at its end, keys shown within a line.
fn fit_to_size(bytes: &mut Vec<u8>, pages: &[Page], was_ended: bool, listed: Option<u64>) {
    let Some(listed) = listed.and_then(|listed| usize::try_from(listed).ok()) else { return };
    let later = pages.get(1..).unwrap_or_default();
    let keys = later.len();
    let shows_keys = keys > 0 && later.iter().all(|page| page.text.starts_with(b"n"));
    let too_many = bytes.len().saturating_sub(listed);
    // One byte too many is the key of a second page, or a line end that the viewer adds.
    let is_doubtful = shows_keys && keys == 1 && too_many == 1 && was_ended;
    if shows_keys && (too_many == keys || too_many == keys + 1) && !(keys == 1 && too_many == 1) {
        let first = bytes.len() - later.iter().map(|page| page.text.len()).sum::<usize>().min(bytes.len());
        let mut kept = bytes.get(..first).unwrap_or_default().to_vec();
        kept.extend(later.iter().flat_map(|page| page.text.iter().skip(1)));
        *bytes = kept;
    }
    if bytes.len() == listed + 1 && bytes.last() == Some(&b'\n') && !is_doubtful {
        bytes.pop();
    }
}

/// Without the viewer's last words.
fn without_notice(text: &[u8]) -> &[u8] {
    let kept = text.trim_ascii_end();
    let without = kept.strip_suffix(b"end of the file reached").filter(|rest| rest.is_empty() || rest.ends_with(b"\n"));
    without.unwrap_or(text)
}

fn ended(mut text: Vec<u8>) -> Vec<u8> {
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text
}

/// Line ends as the file has them: a terminal writes CR LF for LF (POSIX, `ONLCR`), once each. One that does not leaves
/// line feeds alone; CR LF before and behind the file is then CUCM's own.
fn lines(text: &[u8]) -> Vec<u8> {
    let is_bare = |at: usize| at > 0 && text.get(at - 1) != Some(&b'\r');
    if memchr::memchr_iter(b'\n', text).any(is_bare) {
        let text = text.strip_prefix(b"\r").filter(|rest| rest.starts_with(b"\n")).unwrap_or(text);
        return text.strip_suffix(b"\r\n").map_or_else(|| text.to_vec(), |before| [before, b"\n"].concat());
    }
    let mut out = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            out.push(*byte);
        }
    }
    out
}

#[cfg(test)]
mod tests;
