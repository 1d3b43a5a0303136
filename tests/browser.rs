//! A report opened by a real browser, headless and on its own: no error on its console, nothing beyond the page's
//! rim, nothing on top of something else, light and dark, on a desk and on a phone. Where there is no Chromium the
//! test says so and is skipped; with `CDRDIAG_REQUIRE_PEERS=1` it fails instead.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// The frame in which a report is measured: scripts are forbidden in the report, not around it.
const FRAME: &str = r#"<!DOCTYPE html><meta charset="utf-8"><pre id="said">nothing</pre>
<iframe id="page" src="REPORT" style="width:WIDTHpx;height:900px;border:0"></iframe>
<script>
document.getElementById('page').onload = () => {
  const page = document.getElementById('page').contentDocument, root = page.documentElement, faults = [];
  if (root.scrollWidth > root.clientWidth) faults.push('the page is ' + root.scrollWidth + ' wide');
  const scrolls = element => element.closest('.table') || element.closest('.axis') || element.closest('svg');
  for (const element of page.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (!scrolls(element) && box.width && (box.right > root.clientWidth + 1 || box.left < -1))
      faults.push(element.tagName + '.' + element.className + ' from ' + box.left + ' to ' + box.right);
  }
  for (const table of page.querySelectorAll('.table'))
    if (table.scrollWidth > table.clientWidth + 1) faults.push('a table is cut: ' + table.textContent.slice(0, 40));
  for (const axis of page.querySelectorAll('.axis')) {
    const ticks = [...axis.children].map(tick => tick.getBoundingClientRect()).filter(box => box.width);
    ticks.forEach((box, index) => { if (index && box.left < ticks[index - 1].right) faults.push('marks overlap'); });
  }
  const blocks = [...page.querySelectorAll('main > header > *, main > section > *')].map(e => e.getBoundingClientRect());
  blocks.forEach((box, index) => { if (index && box.top < blocks[index - 1].bottom - 1) faults.push('block ' + index); });
  const paper = page.defaultView.getComputedStyle(page.body).backgroundColor;
  document.getElementById('said').textContent = 'measured on ' + paper + ': ' + (faults.join('; ') || 'no fault');
};
</script>"#;

#[test]
fn a_browser_shows_a_report_without_a_fault() {
    let Some(chromium) = chromium() else {
        let what = "no Chromium: the report was opened in no browser";
        assert!(env::var_os("CDRDIAG_REQUIRE_PEERS").is_none(), "{what}");
        eprintln!("SKIPPED: {what}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for name in ["diagnose", "hostile"] {
        report(folder.path(), name);
        for width in [1280, 390] {
            let light = measured(&chromium, folder.path(), name, width, &[]);
            assert_eq!(light, "measured on rgb(255, 255, 255): no fault", "{name} at {width}");
            let dark = measured(&chromium, folder.path(), name, width, &["--blink-settings=preferredColorScheme=0"]);
            assert_eq!(dark, "measured on rgb(20, 24, 30): no fault", "{name} at {width}, dark");
        }
    }
}

/// What one hands to the server team is on the first sheet: the server with its product, since when and by whose clock,
/// the change, how to check it, until when. The reasons begin on the next one.
#[test]
fn the_first_printed_page_is_enough_to_hand_on() {
    let (Some(chromium), Some(pdftotext)) = (chromium(), found(&["pdftotext"])) else {
        let what = "no Chromium or no pdftotext: the report was not printed";
        assert!(env::var_os("CDRDIAG_REQUIRE_PEERS").is_none(), "{what}");
        eprintln!("SKIPPED: {what}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), "diagnose");
    let pdf = folder.path().join("report.pdf");
    let printed = browser(&chromium, folder.path())
        .args(["--no-pdf-header-footer", &format!("--print-to-pdf={}", pdf.display())])
        .arg(format!("file://{}", folder.path().join("diagnose.html").display()))
        .output()
        .unwrap();
    assert!(pdf.exists(), "{}", String::from_utf8_lossy(&printed.stderr));
    let text = Command::new(pdftotext).arg(&pdf).arg("-").output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let pages: Vec<String> =
        text.split('\u{c}').map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for part in [
        "Times are the CUCM node's local time (zone not known)",
        "As of 2025-03-12 08:05 UTC",
        "2025-03-09 02:40:06 (node's local time)",
        "Change on 192.0.2.6 (OpenSSH 9.2p1 (Debian)), in /etc/ssh/sshd_config",
        "MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-256 Then, in a shell: sshd -t",
        "cdrdiag probe 192.0.2.6: does CUCM get in now?",
        "CUCM starts to delete them on 2025-04-08 (UTC)",
        "To confirm",
    ] {
        assert!(pages[0].contains(part), "{part} in {}", pages[0]);
    }
    assert!(pages[1].starts_with("Why "), "{}", pages[1]);
}

fn chromium() -> Option<PathBuf> {
    found(&["chromium", "chromium-browser", "google-chrome"])
}

/// The first of these programs that is here.
fn found(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

/// Writes `NAME.html` into the folder.
fn report(folder: &Path, name: &str) {
    let saved = |name: &str| format!("{FIXTURES}/saved/{name}");
    let story = |name: &str| format!("{FIXTURES}/story/{name}");
    let arguments: Vec<String> = match name {
        "diagnose" => vec![
            "diagnose".to_owned(),
            story("traces"),
            format!("--preserve={}", story("preserve.txt")),
            format!("--primary={}", story("primary.json")),
            format!("--secondary={}", story("secondary.json")),
            "--preserve-days=30".to_owned(),
            "--now=2025-03-12T08:05:00Z".to_owned(),
        ],
        _ => vec!["compare".to_owned(), saved("openssh-legacy.nmap.xml"), saved("hostile.nmap.xml")],
    };
    let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
    command.args(arguments).arg("--html").arg(folder.join(format!("{name}.html"))).env("HOME", folder);
    command.assert().code(1);
}

/// A browser without a window that asks nobody anything, with its own data in `profile`.
fn browser(chromium: &Path, profile: &Path) -> Command {
    let mut command = Command::new(chromium);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .stdin(Stdio::null());
    command
}

/// What the frame says of the report, once it is loaded.
fn measured(chromium: &Path, folder: &Path, name: &str, width: u32, more: &[&str]) -> String {
    let frame = folder.join("frame.html");
    let page = FRAME.replace("REPORT", &format!("{name}.html")).replace("WIDTH", &width.to_string());
    fs::write(&frame, page).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let output = browser(chromium, profile.path())
        .args(["--allow-file-access-from-files", "--enable-logging=stderr", "--virtual-time-budget=5000"])
        .args(["--window-size=1400,1000", "--dump-dom"])
        .args(more)
        .arg(format!("file://{}", frame.display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:?}");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = shown.split_once("<pre id=\"said\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    said.map(|(said, _)| said.to_owned()).unwrap_or(shown)
}
