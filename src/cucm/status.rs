//! `show status`, `show version active` and `utils fips status`.

use crate::document::collect::Disk;

/// What `show status` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The node's own name.
    pub host_name: Option<String>,
    /// Its time zone in the IANA database: `Asia/Kolkata` of `India Standard Time (Asia/Kolkata)`.
    pub time_zone: Option<String>,
    /// Its release: `10.0.1.10000-24`.
    pub release: Option<String>,
    /// Its disks.
    pub disks: Vec<Disk>,
}

/// Reads `show status`.
pub fn parse(text: &str) -> Status {
    let mut status = Status::default();
    for line in text.lines() {
        let line = line.trim();
        if let Some(disk) = disk(line) {
            status.disks.push(disk);
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "host name" if !value.is_empty() => status.host_name = Some(value.to_owned()),
            "time zone" => status.time_zone = zone(value),
            "product ver" => status.release = number(value),
            _ => {}
        }
    }
    status
}

/// The release that `show version active` names.
pub fn release(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.split_once("Active Master Version:"))?;
    number(line.1)
}

/// Whether FIPS mode is on. The text differs from release to release and is not in Cisco's guide, so only plain words
/// count: `None` where they leave a doubt.
pub fn fips(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    lower.lines().filter(|line| line.contains("fips") && !line.contains("utils fips")).find_map(fips_line)
}

fn fips_line(line: &str) -> Option<bool> {
    let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    let has = |wanted: &[&str]| wanted.iter().any(|word| words.contains(word));
    let off = has(&["not", "disabled", "non-fips", "nonfips", "off", "no", "false", "inactive"]);
    let on = has(&["enabled", "on", "yes", "true", "active"]) || line.contains("in fips mode");
    match (off, on) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    }
}

fn number(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?.trim_end_matches(".x86_64");
    let fits = word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit());
    (fits && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).then(|| word.to_owned())
}

fn zone(value: &str) -> Option<String> {
    let inner = value.rsplit_once('(').map_or(value, |(_, inner)| inner.trim_end_matches(')')).trim();
    inner.parse::<chrono_tz::Tz>().ok().map(|zone| zone.name().to_owned())
}

/// `Disk/logging        49573612K        12345K        37228K (77%)`
fn disk(line: &str) -> Option<Disk> {
    let (name, rest) = line.strip_prefix("Disk/")?.split_once(char::is_whitespace)?;
    let kib: Vec<u64> =
        rest.split_whitespace().filter_map(|word| word.strip_suffix('K')?.replace(',', "").parse().ok()).collect();
    let [total, free, used] = kib.as_slice() else { return None };
    let percent = rest.split_once('(').and_then(|(_, rest)| rest.split_once('%')?.0.trim().parse().ok());
    Some(Disk {
        name: name.to_owned(),
        total_bytes: total.saturating_mul(1024),
        free_bytes: free.saturating_mul(1024),
        used_bytes: used.saturating_mul(1024),
        used_percent: percent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Host Name          : publisher\nDate               : Thu Jul 21, 2016 16:07:16\n\
        Time Zone          : India Standard Time (Asia/Kolkata)\nLocale             : en_US.UTF-8\n\
        Product Ver        : 10.0.1.10000-24\nUnified OS Version : 10.0.0.0-2\n\
        Disk/active         22187548K        9256672K       12705464K (58%)\n\
        Disk/logging        49573612K         495736K       49077876K (99%)\n";

    #[test]
    fn host_zone_release_and_disks_are_read() {
        let status = parse(TEXT);
        assert_eq!(status.host_name.as_deref(), Some("publisher"));
        assert_eq!(status.time_zone.as_deref(), Some("Asia/Kolkata"));
        assert_eq!(status.release.as_deref(), Some("10.0.1.10000-24"));
        assert_eq!(status.disks.len(), 2);
        assert_eq!((status.disks[1].name.as_str(), status.disks[1].used_percent), ("logging", Some(99)));
    }

    #[test]
    fn a_release_is_a_number_or_nothing() {
        assert_eq!(release("Active Master Version: 11.5.1.12900-21\nx").as_deref(), Some("11.5.1.12900-21"));
        assert_eq!(release("Active Master Version: 15.0.1.12900-234.x86_64").as_deref(), Some("15.0.1.12900-234"));
        assert_eq!(release("Executed command unsuccessfully"), None);
    }

    #[test]
    fn fips_is_told_only_where_the_words_are_plain() {
        for (text, told) in [
            ("The system is operating in FIPS mode. Self test status:\n- S T A R T", Some(true)),
            ("The system is operating in NON-FIPS mode", Some(false)),
            ("FIPS mode is not enabled", Some(false)),
            ("FIPS mode is disabled.", Some(false)),
            ("FIPS mode: enabled", Some(true)),
            ("FIPS 140-2 mode is currently not enabled", Some(false)),
            ("FIPS status\n-----------\nFIPS mode : Disabled", Some(false)),
            ("FIPS Mode is turned ON", Some(true)),
            ("FIPS: inactive", Some(false)),
            ("FIPS 140-2 Level 1", None),
            ("Executed command unsuccessfully", None),
        ] {
            assert_eq!(fips(text), told, "{text}");
        }
    }
}
