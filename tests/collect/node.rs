//! The node, and a run of `collect` against it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

/// Debian's own Python, which has Debian's modules.
const PYTHON: &str = "/usr/bin/python3";
/// The node that most tests use.
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/collect/cucm.py");
/// Another one, on a terminal of the system's.
const TERMINAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/collect/terminal.py");

pub const TRACES: &str = "/cm/trace/cdrrep/log4j";
pub const PRESERVE: &str = "/cm/cdr_repository/preserve";

/// Whether the node can be played here; says so where it cannot.
pub fn can_run(test: &str) -> bool {
    let has = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let runs = has(PYTHON, &["-W", "ignore", "-c", "import asyncssh"]);
    if !runs {
        let required = std::env::var_os("CDRDIAG_REQUIRE_PEERS").is_some();
        assert!(!required, "{test}: python3-asyncssh is missing");
        eprintln!("{test}: skipped, python3-asyncssh is missing");
    }
    runs
}

/// A node that plays a scenario.
pub struct Node {
    child: Child,
    folder: tempfile::TempDir,
    pub port: u16,
}

/// A scenario with two traces and one date that waits, and these keys besides.
pub fn scenario(more: Value) -> Value {
    let mut scenario = json!({"folders": {
        TRACES: [
            {"name": "cdrrepmgr00072.log", "date": "25 Jul,2019 13:11:53", "text": trace(70)},
            {"name": "cdrrepmgr00073.log", "date": "25 Jul,2019 15:12:40", "text": trace(130)},
        ],
        PRESERVE: [{"name": "20190725", "dir": true}],
        format!("{PRESERVE}/20190725"): [{"name": "cdr_Main_01_201907251311_1", "text": "a,b\n1,2\n"}],
    }});
    for (name, value) in more.as_object().unwrap() {
        scenario[name] = value.clone();
    }
    scenario
}

/// A trace of so many lines, with what a terminal could spoil.
pub fn trace(lines: usize) -> String {
    let line = |number: usize| match number % 10 {
        3 => format!("{number} |tab\there, blanks at the end   \n"),
        5 => format!("admin:{number}\n"),
        7 => "admin:\n".to_owned(),
        8 => format!("{number} |Gr\u{fc}\u{df}e {}\n", "x".repeat(600)),
        9 => "options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 40) : \n".to_owned(),
        _ => format!("25 Jul 2019 13:12:11,{number:03} |LogMessage UserID : ClientAddress :\n"),
    };
    (0..lines).map(line).collect()
}

/// A text as the node's bytes: Latin-1.
pub fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

impl Node {
    pub fn start(scenario: Value) -> Self {
        Self::play(NODE, scenario)
    }

    pub fn on_a_terminal(scenario: Value) -> Self {
        Self::play(TERMINAL, scenario)
    }

    fn play(script: &str, mut scenario: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let key = path("host_key");
        let made = Command::new("ssh-keygen").args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", &key]).status();
        assert!(made.unwrap().success());
        fs::write(path("password"), "secret\n").unwrap();
        scenario["record"] = path("record").into();
        scenario["host_key"] = key.into();
        fs::write(path("scenario.json"), scenario.to_string()).unwrap();
        let mut child = Command::new(PYTHON)
            .args(["-W", "ignore", script, &path("scenario.json")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(path("errors")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("{}", fs::read_to_string(path("errors")).unwrap()));
        Self { child, folder, port }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn fingerprint(&self) -> String {
        let output = Command::new("ssh-keygen").arg("-lf").arg(self.path("host_key.pub")).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdrdiag"));
        command.current_dir(self.folder.path()).env("HOME", self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs `collect --json` with these flags.
    pub fn run(&self, more: &[&str]) -> Output {
        let node = format!("reader@127.0.0.1:{}", self.port);
        let mut command = self.command();
        command.args(["collect", &node, "--json", "--out", "out", "--password-file", "password"]);
        command.args(["--host-key", &self.fingerprint()]).args(more);
        command.output().unwrap()
    }

    /// The answer, with its exit code.
    pub fn collect(&self, more: &[&str]) -> (Value, i32) {
        let output = self.run(more);
        let answer = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        self.check_what_was_sent();
        (answer, output.status.code().unwrap())
    }

    pub fn file(&self, inside: &str) -> Vec<u8> {
        fs::read(self.path("out").join(inside)).unwrap()
    }

    /// Every command, key and answer that came.
    pub fn record(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("record")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often a password came.
    pub fn logins(&self) -> usize {
        fs::read_to_string(self.path("record.logins")).unwrap_or_default().lines().count()
    }

    /// Nothing outside the allow-list.
    pub fn check_what_was_sent(&self) {
        const WHOLE: [&str; 6] = [
            "set cli pagination off",
            "show version active",
            "show status",
            "utils fips status",
            "utils service list",
            "exit",
        ];
        const BEGINS: [&str; 3] = ["file list activelog /cm/", "file view activelog /cm/", "run sql select "];
        for sent in self.record() {
            let is_key = ["key:n", "key: ", "key:q", "answer:n"].contains(&sent.as_str());
            let is_read = BEGINS.iter().any(|begin| sent.starts_with(begin)) && !sent.contains("password");
            assert!(is_key || is_read || WHOLE.contains(&sent.as_str()), "{sent:?} was sent");
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The entry of this name in a list.
pub fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {list:#}"))
}

/// The warnings in one text.
pub fn warnings(answer: &Value) -> String {
    answer["warnings"].to_string()
}

pub fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}
