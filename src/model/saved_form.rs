//! The forms in which answers are saved, by name, and what to save instead where one holds no server.

/// The usual forms in words, for whoever gave something else.
pub const FORMS: &str = "cdrdiag's JSON, nmap's output (-oX), ssh-audit's (-j), the log of ssh -vv, a packet capture; \
                         docs/saved-answers.md has all";

/// A form in which answers are saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// cdrdiag's JSON.
    Cdrdiag,
    /// nmap's XML (`-oX`).
    NmapXml,
    /// nmap's normal output (`-oN`, or copied out of a terminal).
    NmapText,
    /// ssh-audit's JSON.
    SshAudit,
    /// What ssh-audit prints for people.
    SshAuditText,
    /// The log of OpenSSH's client or server.
    OpensshLog,
    /// zgrab2's JSON.
    Zgrab2,
    /// The JSON of Mozilla's `ssh_scan`.
    SshScan,
    /// The text of Nessus' plugin 70657.
    Nessus,
    /// JSch's log or exception.
    JschLog,
    /// A packet capture.
    Capture,
}

impl Form {
    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cdrdiag => "cdrdiag's JSON",
            Self::NmapXml => "nmap's XML",
            Self::NmapText => "nmap's normal output",
            Self::SshAudit => "ssh-audit's JSON",
            Self::SshAuditText => "ssh-audit's text",
            Self::OpensshLog => "OpenSSH's log",
            Self::Zgrab2 => "zgrab2's JSON",
            Self::SshScan => "ssh_scan's JSON",
            Self::Nessus => "Nessus' text",
            Self::JschLog => "JSch's log",
            Self::Capture => "a packet capture",
        }
    }

    /// What to save instead, where an answer of this form holds no server.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Cdrdiag => "save what cdrdiag probe --json prints",
            Self::NmapXml | Self::NmapText => "run nmap with --script +ssh2-enum-algos (the + runs it on any port)",
            Self::SshAudit | Self::SshAuditText => {
                "save what ssh-audit -j prints about a server of SSH 2 (without -P: a policy audit prints no lists)"
            }
            Self::OpensshLog => "run ssh -vv (with one v ssh prints no lists) and save its standard error",
            Self::Zgrab2 => "run zgrab2 ssh, and check that it reached the server",
            Self::SshScan => "run ssh_scan, and check that it reached the server",
            Self::Nessus => "save the output of plugin 70657",
            Self::JschLog => "it logs them at level INFO only",
            Self::Capture => "capture whole packets (tcpdump -s 0) from the connection's beginning, both directions",
        }
    }
}
