//! `cdrdiag deliver` against sshd and Dropbear: each way to fail ends in its cause, and nothing is left behind.
//!
//! By key as the user who runs the tests. What needs an account of its own (passwords, a read-only directory, a chroot)
//! or a mount wants root: the account is made for the test and removed after it; else the test says that it is skipped.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

use super::hostile::subsystem;
use super::parts::{available, program};
use super::process::{Server, succeed};
use super::sshd::{Configuration, PARTS, Sshd};

const PASSWORD: &str = "right-Passw0rd";
const KEYS: [&str; 1] = ["rsa -b 2048"];

/// sshd reads its keys again for each connection, so their folder has to stay as long as it runs.
pub(super) struct Running {
    sshd: Sshd,
    _configuration: Configuration,
}

impl Running {
    pub(super) fn address(&self) -> SocketAddr {
        self.sshd.address()
    }
}

/// A folder with a directory to deliver to and a key to log in with.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        open_to_all(place.folder.path());
        fs::create_dir(place.inbox()).unwrap();
        let key = place.path("id");
        succeed(Command::new("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(&key));
        fs::write(place.path("password"), PASSWORD).unwrap();
        place
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn inbox(&self) -> PathBuf {
        self.path("inbox")
    }

    /// An sshd that takes the key, with these lines.
    pub(super) fn sshd(&self, lines: &str) -> Running {
        let keys = self.path("id.pub");
        let lines = format!("AuthorizedKeysFile {}\nStrictModes no\n{lines}", keys.display());
        let configuration = Configuration::new(&KEYS, &lines);
        Running { sshd: configuration.start(), _configuration: configuration }
    }

    /// The answer of a delivery with these arguments, as the one who runs the tests.
    pub(super) fn by_key(&self, server: &str, directory: &Path, more: &[&str]) -> Value {
        let key = self.path("id");
        let login = ["-u", &whoami(), "-i", &key.display().to_string()].map(str::to_owned);
        self.run(server, directory, &login, more)
    }

    /// The same by password, as this account.
    pub(super) fn by_password(&self, server: &str, user: &str, directory: &Path, more: &[&str]) -> Value {
        let file = self.path("password");
        let login = ["-u", user, "--password-file", &file.display().to_string()].map(str::to_owned);
        self.run(server, directory, &login, more)
    }

    /// What a delivery by key prints for people.
    pub(super) fn text(&self, server: &str, directory: &Path) -> String {
        let key = self.path("id");
        let login = ["-u", &whoami(), "-i", &key.display().to_string()].map(str::to_owned);
        String::from_utf8(self.command(server, directory, &login, &["--full"]).output().unwrap().stdout).unwrap()
    }

    fn command(&self, server: &str, directory: &Path, login: &[String], more: &[&str]) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(cargo_bin("cdrdiag"));
        command.env("HOME", home).env("XDG_CONFIG_HOME", home).current_dir(home).stdin(Stdio::null());
        command.args(["deliver", server, "-d"]).arg(directory).args(login).args(more);
        if !more.contains(&"--profile") {
            command.args(["--profile", "cucm-14"]);
        }
        if !more.contains(&"--host-key") && !more.contains(&"--known-hosts") {
            command.args(["--host-key", &fingerprint(server)]);
        }
        command
    }

    fn run(&self, server: &str, directory: &Path, login: &[String], more: &[&str]) -> Value {
        let mut command = self.command(server, directory, login, more);
        command.arg("--json");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains(PASSWORD));
        let answer: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(output.status.code(), Some(i32::from(answer["verdict"] != "ok")), "{answer:#}");
        answer
    }

    fn files(&self) -> Vec<String> {
        names(&self.inbox())
    }
}

pub(super) fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect()
}

pub(super) fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

fn whoami() -> String {
    String::from_utf8(succeed(Command::new("id").arg("-un")).stdout).unwrap().trim().to_owned()
}

fn is_root() -> bool {
    succeed(Command::new("id").arg("-u")).stdout == b"0\n"
}

/// The fingerprint of the key that the server shows to CUCM 14, as `probe` tells it.
fn fingerprint(server: &str) -> String {
    let output = Command::new(cargo_bin("cdrdiag"))
        .args(["probe", "--json", "--profile", "cucm-14", server])
        .current_dir("/")
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let key = &answer["targets"][0]["clients"][0]["handshake"]["host_key"]["sha256"];
    key.as_str().unwrap_or("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").to_owned()
}

fn delivered(answer: &Value) {
    assert_eq!((&answer["delivered"], &answer["failure"]), (&Value::Bool(true), &Value::Null), "{answer:#}");
    assert_eq!(answer["left_behind"], serde_json::json!([]));
    assert!(answer["stages"].as_array().unwrap().iter().all(|stage| stage["result"] == "passed"), "{answer:#}");
}

fn stops(answer: &Value, stage: &str, cause: &str) {
    let failure = &answer["failure"];
    assert_eq!((failure["stage"].as_str(), failure["cause"].as_str()), (Some(stage), Some(cause)), "{answer:#}");
    assert!(failure["remedy"].is_string(), "{failure}");
    assert_eq!(answer["left_behind"], serde_json::json!([]));
}

/// Whether the test can run at all, and as root where it needs that.
pub(super) fn can_run(test: &str, parts: &[&str], root: bool) -> bool {
    if root && !is_root() {
        let _ = writeln!(io::stderr(), "SKIPPED {test}: only root can make an account for it");
        return false;
    }
    available(test, &[&PARTS[..], parts].concat())
}

/// An account of its own for a test, removed after it.
pub(super) struct Account {
    pub(super) name: String,
}

impl Account {
    pub(super) fn new(shell: &str, home: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cdrdiag-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let hash = succeed(Command::new("openssl").args(["passwd", "-6", PASSWORD])).stdout;
        let hash = String::from_utf8(hash).unwrap();
        succeed(Command::new("useradd").args(["-M", "-s", shell, "-p", hash.trim(), "-d"]).arg(home).arg(&name));
        Self { name }
    }

    pub(super) fn owns(&self, path: &Path) {
        let id = |flag: &str| {
            let output = succeed(Command::new("id").args([flag, &self.name])).stdout;
            String::from_utf8(output).unwrap().trim().parse().unwrap()
        };
        chown(path, Some(id("-u")), Some(id("-g"))).unwrap();
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _ = Command::new("userdel").arg(&self.name).stderr(Stdio::null()).status();
    }
}

pub(super) const SFTP: &str = "Subsystem sftp internal-sftp\n";

#[test]
fn a_delivery_goes_through_and_leaves_nothing() {
    if !can_run("a_delivery_goes_through_and_leaves_nothing", &[], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    let answer = place.by_key(&server, &place.inbox(), &["--free-space", "--repeat", "50"]);
    delivered(&answer);
    assert_eq!((&answer["throughput"]["files"], &answer["auth_method"]), (&50.into(), &"publickey".into()));
    assert!(answer["throughput"]["files_per_s"].as_f64().unwrap() > 0.0);
    assert!(answer["free_space"]["available_bytes"].as_u64().unwrap() > 0);
    assert!(place.files().is_empty());
    for profile in ["cucm-12.5", "cucm-15"] {
        delivered(&place.by_key(&server, &place.inbox(), &["--profile", profile]));
    }
}

#[test]
fn the_time_limit_bounds_the_repeats_as_a_whole() {
    if !can_run("the_time_limit_bounds_the_repeats_as_a_whole", &["python3"], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(&subsystem("slow"));
    let started = Instant::now();
    let repeats = ["--repeat", "1000", "--timeout", "4"];
    let answer = place.by_key(&sshd.address().to_string(), &place.inbox(), &repeats);
    assert!(started.elapsed() < Duration::from_secs(4 + 10), "{:?}", started.elapsed());
    stops(&answer, "sftp_write", "timeout");
    let files = answer["throughput"]["files"].as_u64().unwrap();
    assert!((1..1_000).contains(&files), "{answer:#}");
    let said = format!("{files} of 1,000 files went through within the time limit of 4 s");
    assert_eq!(answer["failure"]["message"], said);
    assert_eq!(answer["left_behind"], serde_json::json!([]));
    assert!(place.files().is_empty(), "what was under way is removed");
}

#[test]
fn the_directory_is_missing_or_none() {
    if !can_run("the_directory_is_missing_or_none", &[], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    for (name, remedy) in [("nowhere", "does not exist"), ("password", "is a file")] {
        let answer = place.by_key(&server, &place.path(name), &[]);
        stops(&answer, "sftp_path", "no_such_path");
        assert!(answer["failure"]["remedy"].as_str().unwrap().contains(remedy), "{name}: {}", answer["failure"]);
    }
}

#[test]
fn there_is_no_sftp_subsystem() {
    if !can_run("there_is_no_sftp_subsystem", &[], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd("");
    stops(&place.by_key(&sshd.address().to_string(), &place.inbox(), &[]), "channel", "sftp_subsystem_missing");
    let sshd = place.sshd("Subsystem sftp /nowhere/sftp-server\n");
    let answer = place.by_key(&sshd.address().to_string(), &place.inbox(), &[]);
    stops(&answer, "channel", "sftp_subsystem_missing");
    assert!(answer["failure"]["message"].as_str().unwrap().contains("status 127"), "{}", answer["failure"]);
    let sshd = place.sshd("Subsystem sftp /bin/false\n");
    stops(&place.by_key(&sshd.address().to_string(), &place.inbox(), &[]), "channel", "sftp_channel_closed");
}

#[test]
fn the_algorithms_are_refused() {
    if !can_run("the_algorithms_are_refused", &[], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(&format!("KexAlgorithms curve25519-sha256\nMACs hmac-sha2-512\n{SFTP}"));
    let answer = place.by_key(&sshd.address().to_string(), &place.inbox(), &[]);
    stops(&answer, "key_exchange", "algorithm_negotiation");
    assert!(!answer["refusal"]["remedy"].as_array().unwrap().is_empty());
}

#[test]
fn the_host_key_is_known_unknown_or_another() {
    if !can_run("the_host_key_is_known_unknown_or_another", &["ssh-keyscan"], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    let port = sshd.address().port().to_string();
    let scanned = succeed(Command::new("ssh-keyscan").args(["-t", "rsa", "-p", &port, "127.0.0.1"])).stdout;
    let known = place.path("known");
    let with = |text: &[u8]| {
        fs::write(&known, text).unwrap();
        place.by_key(&server, &place.inbox(), &["--known-hosts", known.to_str().unwrap()])
    };
    delivered(&with(&scanned));
    stops(&with(b""), "host_key", "host_key_rejected");
    let message = with(b"")["failure"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("--host-key {}", fingerprint(&server))), "{message}");
    let other = succeed(
        Command::new("sh")
            .args(["-c", "ssh-keygen -q -t rsa -b 2048 -N '' -f other && cat other.pub"])
            .current_dir(place.folder.path()),
    )
    .stdout;
    let changed = [format!("[127.0.0.1]:{port} ").as_bytes(), &other].concat();
    stops(&with(&changed), "host_key", "host_key_changed");

    fs::write(&known, &scanned).unwrap();
    succeed(Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&known));
    let hashed = fs::read(&known).unwrap();
    assert!(hashed.starts_with(b"|1|"));
    delivered(&with(&hashed));
    let wrong =
        place.by_key(&server, &place.inbox(), &["--host-key", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]);
    stops(&wrong, "host_key", "host_key_changed");
    assert_eq!(wrong["auth_methods"], serde_json::json!([]), "nothing was asked of the server after that");
}

/// A process that may write no byte dies of its first write; by then it has made the file.
#[test]
fn the_server_dies_in_the_middle_of_the_file() {
    if !can_run("the_server_dies_in_the_middle_of_the_file", &[], false) {
        return;
    }
    let Some(sftp_server) =
        ["/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/sftp-server"]
            .into_iter()
            .find(|path| Path::new(path).exists())
    else {
        assert!(!can_run("the_server_dies_in_the_middle_of_the_file", &["sftp-server"], false));
        return;
    };
    let place = Place::new();
    let listener = place.path("pid");
    let dies = |then: &str| {
        let script = place.path("dies.sh");
        fs::write(&script, format!("ulimit -f 0\n{sftp_server}\n{then}\n")).unwrap();
        let lines = format!("PidFile {}\nSubsystem sftp /bin/sh {}\n", listener.display(), script.display());
        let sshd = place.sshd(&lines);
        place.by_key(&sshd.address().to_string(), &place.inbox(), &["--timeout", "5"])
    };
    stops(&dies(""), "sftp_write", "sftp_channel_closed");
    assert!(place.files().is_empty(), "it was removed over a new connection: {:?}", place.files());

    stops(&dies("kill -9 $PPID"), "sftp_write", "connection_closed");
    assert!(place.files().is_empty(), "it was removed over a new connection: {:?}", place.files());

    // The listener as well, so that nobody takes a new connection.
    let answer = dies(&format!("kill -9 $(cat {}) $PPID", listener.display()));
    assert_eq!(answer["failure"]["stage"], "sftp_write", "{answer:#}");
    assert_eq!(answer["left_behind"], serde_json::json!(place.files()), "what is left is told");
    assert_eq!(place.files().len(), 1);
}

/// What a delivery says and asks for at a terminal where somebody types a wrong password.
fn at_a_terminal(place: &Place, server: &str, more: &str) -> String {
    let home = place.folder.path();
    let line = format!("{} deliver {server} -u cucm -d / --profile cucm-14 {more}", cargo_bin("cdrdiag").display());
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).env("HOME", home).env("XDG_CONFIG_HOME", home).current_dir(home);
    let mut child =
        command.env_remove("CDRDIAG_PASSWORD").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Where nothing is asked for, script may be gone before it has read this.
    let _ = child.stdin.take().unwrap().write_all(b"wrong\n");
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned()
}

#[test]
fn a_password_is_asked_for_once_there_is_a_server_to_send_it_to() {
    if !can_run("a_password_is_asked_for_once_there_is_a_server_to_send_it_to", &["script"], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    for (target, more, cause) in [
        ("127.0.0.1:9", String::new(), "connection_refused"),
        (server.as_str(), String::new(), "host_key_rejected"),
        (server.as_str(), format!("--host-key {}", fingerprint(&server)), "authentication"),
    ] {
        let said = at_a_terminal(&place, target, &more);
        assert_eq!(said.contains("Password of cucm"), cause == "authentication", "{said}");
        assert!(said.contains(cause), "{said}");
    }
}

#[test]
fn ctrl_c_ends_it_and_leaves_nothing() {
    if !can_run("ctrl_c_ends_it_and_leaves_nothing", &[], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    let home = place.folder.path();
    let mut child = Command::new(cargo_bin("cdrdiag"))
        .args(["deliver", &server, "--json", "--repeat", "1000", "-u", &whoami(), "--host-key", &fingerprint(&server)])
        .args(["--profile", "cucm-14", "-i"])
        .arg(place.path("id"))
        .arg("-d")
        .arg(place.inbox())
        .env("HOME", home)
        .current_dir(home)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while place.files().is_empty() && child.try_wait().unwrap().is_none() {}
    succeed(Command::new("kill").args(["-INT", &child.id().to_string()]));
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &answer["interrupted"]), (Some(1), &Value::Bool(true)), "{answer:#}");
    assert_eq!(answer["left_behind"], serde_json::json!([]));
    assert!(place.files().is_empty());
}

#[test]
fn a_password_gets_in_or_not() {
    if !can_run("a_password_gets_in_or_not", &["useradd", "userdel", "openssl"], true) {
        return;
    }
    let place = Place::new();
    let account = Account::new("/bin/sh", &place.inbox());
    account.owns(&place.inbox());
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    let answer = place.by_password(&server, &account.name, Path::new("."), &[]);
    delivered(&answer);
    assert_eq!(answer["auth_method"], "password");
    assert_eq!(answer["real_directory"].as_str(), place.inbox().to_str());

    let asking =
        place.sshd(&format!("UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n{SFTP}"));
    let answer = place.by_password(&asking.address().to_string(), &account.name, Path::new("."), &[]);
    delivered(&answer);
    assert_eq!(answer["auth_method"], "keyboard-interactive");

    let keys_only = place.sshd(&format!("PasswordAuthentication no\n{SFTP}"));
    let answer = place.by_password(&keys_only.address().to_string(), &account.name, Path::new("."), &[]);
    stops(&answer, "authentication", "authentication");
    assert!(answer["failure"]["message"].as_str().unwrap().contains("only publickey"), "{}", answer["failure"]);

    fs::write(place.path("password"), "wrong").unwrap();
    for sshd in [&sshd, &asking] {
        let answer = place.by_password(&sshd.address().to_string(), &account.name, Path::new("."), &[]);
        stops(&answer, "authentication", "authentication");
    }
}

#[test]
fn an_account_without_a_shell_and_one_in_a_chroot() {
    if !can_run("an_account_without_a_shell_and_one_in_a_chroot", &["useradd", "userdel", "openssl"], true) {
        return;
    }
    let place = Place::new();
    let nologin = program("nologin").unwrap();
    let account = Account::new(nologin.to_str().unwrap(), &place.inbox());
    account.owns(&place.inbox());
    let external = place.sshd("Subsystem sftp /usr/lib/openssh/sftp-server\n");
    let answer = place.by_password(&external.address().to_string(), &account.name, &place.inbox(), &[]);
    stops(&answer, "channel", "sftp_stream_polluted");
    assert!(answer["failure"]["message"].as_str().unwrap().contains("This account is"), "{}", answer["failure"]);

    // sshd wants every folder above a chroot to be root's, and /tmp is open to all.
    let root = Path::new("/run").join(&account.name);
    fs::create_dir_all(root.join("cdr")).unwrap();
    account.owns(&root.join("cdr"));
    let match_user =
        format!("{SFTP}Match User {}\nForceCommand internal-sftp\nChrootDirectory {}\n", account.name, root.display());
    let chrooted = place.sshd(&match_user);
    let server = chrooted.address().to_string();
    let good = place.by_password(&server, &account.name, Path::new("/cdr"), &[]);
    let at_the_top = place.by_password(&server, &account.name, Path::new("/"), &[]);
    let outside = place.by_password(&server, &account.name, &place.inbox(), &[]);
    let left = names(&root.join("cdr"));
    fs::remove_dir_all(&root).unwrap();
    delivered(&good);
    stops(&at_the_top, "sftp_write", "permission_denied");
    stops(&outside, "sftp_path", "no_such_path");
    assert!(left.is_empty());
}

#[test]
fn a_directory_that_may_not_be_written_to() {
    if !can_run("a_directory_that_may_not_be_written_to", &["useradd", "userdel", "openssl"], true) {
        return;
    }
    let place = Place::new();
    let account = Account::new("/bin/sh", &place.inbox());
    let sshd = place.sshd(SFTP);
    let answer = place.by_password(&sshd.address().to_string(), &account.name, &place.inbox(), &[]);
    stops(&answer, "sftp_write", "permission_denied");
}

#[test]
fn a_full_disk_is_told_though_the_server_says_failure() {
    let test = "a_full_disk_is_told_though_the_server_says_failure";
    if !can_run(test, &["mount", "umount"], true) {
        return;
    }
    let place = Place::new();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(place.inbox()).status();
    if !mounted.unwrap().success() {
        let _ = writeln!(io::stderr(), "SKIPPED {test}: nothing may be mounted here");
        return;
    }
    let filled = fs::write(place.inbox().join("full"), vec![0; 65_536]).is_ok();
    let sshd = place.sshd(SFTP);
    let answer = place.by_key(&sshd.address().to_string(), &place.inbox(), &["--free-space"]);
    let left = place.files();
    succeed(Command::new("umount").arg(place.inbox()));
    assert!(filled);
    stops(&answer, "sftp_write", "disk_full");
    assert!(answer["failure"]["message"].as_str().unwrap().contains("0 bytes left"), "{}", answer["failure"]);
    assert_eq!(left.len(), 1, "only what filled it: {left:?}");
}

/// Dropbear runs the sftp-server that Debian built it for. Where that is not there, it is only a shell that says so.
#[test]
fn dropbear_with_and_without_an_sftp_server() {
    let test = "dropbear_with_and_without_an_sftp_server";
    let parts = ["dropbear", "dropbearkey", "useradd", "userdel", "openssl", "unshare", "mount"];
    if !can_run(test, &parts, true) || !Path::new("/usr/lib/openssh/sftp-server").exists() {
        return;
    }
    let place = Place::new();
    let account = Account::new("/bin/sh", &place.inbox());
    account.owns(&place.inbox());
    let key = place.path("dropbear_rsa");
    succeed(Command::new(program("dropbearkey").unwrap()).args(["-t", "rsa", "-f"]).arg(&key));
    let start = |before: &str| {
        let script = format!(
            "{before} exec {} -F -E -r {} -P {} -p 127.0.0.1:",
            program("dropbear").unwrap().display(),
            key.display(),
            place.path("pid").display()
        );
        Server::start(place.folder.path(), |port| {
            let mut command = Command::new("unshare");
            command.args(["-m", "sh", "-c", &format!("{script}{port}")]);
            command
        })
    };
    let with = start("");
    let answer = place.by_password(&with.address().to_string(), &account.name, &place.inbox(), &[]);
    delivered(&answer);
    let without = start("mount -t tmpfs none /usr/lib/openssh &&");
    let answer = place.by_password(&without.address().to_string(), &account.name, &place.inbox(), &[]);
    stops(&answer, "channel", "sftp_subsystem_missing");
    assert!(place.files().is_empty());
}
