//! OpenSSH's sshd with a configuration and keys of its own, and cdrdiag's remedies put into it as an administrator
//! would.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use cdrdiag::document::remedy::Remedy;
use tempfile::TempDir;

use super::parts::program;
use super::process::{Server, succeed};

/// The programs that it needs.
pub const PARTS: [&str; 2] = ["sshd", "ssh-keygen"];

/// Where OpenSSH has its files; the remedies speak of it.
const USUAL: &str = "/etc/ssh/";

/// What every configuration ends with.
const COMMON: &str = "PidFile none\nUsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\n\
    LoginGraceTime 30\n";

/// A configuration with its keys, in a folder of its own.
#[derive(Debug)]
pub struct Configuration {
    folder: TempDir,
    text: String,
}

impl Configuration {
    /// A configuration of these lines, in which `{folder}` stands for its folder, and of keys in `ssh-keygen`'s
    /// words (`rsa -b 3072`).
    pub fn new(keys: &[&str], lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = format!("{}/", folder.path().display());
        let mut host_keys = String::new();
        for key in keys {
            let file = format!("{place}ssh_host_{}_key", key.split(' ').next().unwrap_or_default());
            succeed(Command::new("ssh-keygen").args(["-q", "-N", "", "-f", &file, "-t"]).args(key.split(' ')));
            host_keys.extend(["HostKey ", &file, "\n"]);
        }
        // A Match block lasts to the end of the file, so what is meant for all connections comes before.
        let (all, matched) = match lines.find("Match ") {
            Some(at) => lines.split_at(at),
            None => (lines, ""),
        };
        let text = format!("{}\n{host_keys}{COMMON}{matched}\n", all.replace("{folder}/", &place));
        Self { folder, text }
    }

    /// Writes a file beside it.
    pub fn with_file(self, name: &str, text: &str) -> Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    /// Certifies one of its host keys by an authority of its own, and has sshd show the certificate.
    pub fn certified(mut self, kind: &str) -> Self {
        let file = |name: &str| self.folder.path().join(name);
        let (authority, key) = (file("authority"), file(&format!("ssh_host_{kind}_key")));
        succeed(Command::new("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(&authority));
        let mut sign = Command::new("ssh-keygen");
        sign.args(["-q", "-h", "-I", "host", "-s"]).arg(&authority).arg(key.with_extension("pub"));
        succeed(&mut sign);
        self.text = format!("HostCertificate {}-cert.pub\n{}", key.display(), self.text);
        self
    }

    /// Starts an sshd with it.
    pub fn start(&self) -> Sshd {
        let file = self.write();
        let sshd = program("sshd").unwrap();
        // As root, sshd wants the folder that its start script makes.
        let _ = fs::create_dir_all("/run/sshd");
        let server = Server::start(self.folder.path(), |port| {
            let mut command = Command::new(&sshd);
            command.args(["-D", "-e", "-o", "ListenAddress=127.0.0.1", "-p", &port.to_string(), "-f"]).arg(&file);
            command.args(without_penalties());
            command
        });
        Sshd { server }
    }

    /// This configuration with the remedies carried out blindly, as somebody copies them: all their lines on top, their
    /// keys made, their check passed.
    pub fn mended(mut self, remedies: &[Remedy]) -> Self {
        for remedy in remedies {
            assert!(remedy.commands.iter().any(|command| command == "sshd -t"), "{remedy:?}");
            let commands = remedy.commands.iter().map(|command| self.here(command));
            for command in commands.filter(|command| command.contains("ssh-keygen ")) {
                succeed(Command::new("sh").args(["-c", &command]));
            }
            let lines: Vec<_> = remedy.lines().map(|line| self.here(line)).collect();
            self.text = format!("{}\n{}", lines.join("\n"), self.text);
        }
        let checked = self.sshd("-t");
        assert!(checked.status.success(), "sshd -t: {}{}", String::from_utf8_lossy(&checked.stderr), self.text);
        self
    }

    fn sshd(&self, flag: &str) -> Output {
        Command::new(program("sshd").unwrap()).arg(flag).arg("-f").arg(self.write()).output().unwrap()
    }

    fn write(&self) -> PathBuf {
        let file = self.folder.path().join("sshd_config");
        fs::write(&file, &self.text).unwrap();
        file
    }

    /// A line or a command of a remedy, for this folder instead of the usual one.
    fn here(&self, text: &str) -> String {
        let here = |folder: &Path| format!("{}/", folder.display());
        text.replace(USUAL, &here(self.folder.path()))
    }
}

/// OpenSSH since 9.8 shuts out a host that breaks off often, as these tests do; older ones do not know the keyword.
fn without_penalties() -> &'static [&'static str] {
    static ARGUMENTS: OnceLock<&[&str]> = OnceLock::new();
    ARGUMENTS.get_or_init(|| {
        let arguments = &["-o", "PerSourcePenalties=no"];
        let checked = Command::new(program("sshd").unwrap()).args(["-t", "-f", "/dev/null"]).args(arguments).output();
        let is_known = !String::from_utf8_lossy(&checked.unwrap().stderr).contains("PerSourcePenalties");
        if is_known { arguments } else { &[] }
    })
}

/// A running sshd.
#[derive(Debug)]
pub struct Sshd {
    server: Server,
}

impl Sshd {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

impl Configuration {
    /// The log of an sshd with this configuration, once it holds these words: sshd writes a moment after it hangs up.
    pub fn log_with(&self, words: &str) -> PathBuf {
        let log = self.folder.path().join("log");
        for _ in 0..250 {
            if fs::read_to_string(&log).is_ok_and(|text| text.contains(words)) {
                return log;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{} does not say {words:?}", log.display())
    }
}
