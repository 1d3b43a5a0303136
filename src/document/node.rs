//! A CUCM node's own state, by what its command line printed: its services, disks, billing servers and settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::collect::{AGENT, BillingServer, Collect, Disk, REPOSITORY_MANAGER, Service, ServiceState};

/// The disk that holds traces and the CDR repository. Log Partition Monitoring never deletes the preserve folder (Cisco,
/// Call Reporting and Billing Administration Guide 15, "CDR Repository Manager").
const LOGGING: &str = "logging";
/// From here on it is told. No document sets this mark: a tenth of the disk is left.
const NEARLY_USED_PERCENT: u8 = 90;

/// What a CUCM node's command line says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeState {
    /// Where it was read: a session's log, the output of a command, or a collected folder.
    pub path: String,
    /// The name that the node has for itself.
    pub host_name: Option<String>,
    /// Its release: `14.0.1.12900-161`.
    pub release: Option<String>,
    /// Its time zone in the IANA database: `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// Whether FIPS mode is on; `null` where the node's words leave a doubt.
    pub fips: Option<bool>,
    /// Whether it is the publisher.
    pub publisher: Option<bool>,
    /// "CDR / CMR Files Preservation Duration (Days)" of its CDR Management.
    pub preserve_days: Option<u32>,
    /// Its services.
    pub services: Vec<Service>,
    /// Its disks.
    pub disks: Vec<Disk>,
    /// The billing servers in its database.
    pub billing_servers: Vec<BillingServer>,
}

/// What all nodes that say something say alike.
pub fn agreed<'n, T: PartialEq>(
    nodes: impl IntoIterator<Item = &'n NodeState>,
    of: impl Fn(&'n NodeState) -> Option<T>,
) -> Option<T> {
    let mut told = nodes.into_iter().filter_map(of);
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}

/// Something that has to be in order on a node, and that is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check<'a> {
    /// What it is, whether in order or not.
    pub title: &'static str,
    /// What is wrong with it.
    pub problem: Option<NodeProblem<'a>>,
}

/// What keeps a node from delivering, or soon may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeProblem<'a> {
    /// The service that delivers does not run.
    RepositoryManager(&'a Service),
    /// The service that sends the node's own files to the repository does not run.
    Agent(&'a Service),
    /// The disk that holds the CDR repository is nearly full.
    Disk(&'a Disk),
}

impl NodeState {
    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        *self == Self { path: self.path.clone(), ..Self::default() }
    }

    /// What was collected of a node; `path` is the folder.
    pub fn collected(path: &str, answer: &Collect) -> Self {
        Self {
            path: path.to_owned(),
            host_name: answer.node.host_name.clone(),
            release: answer.node.release.clone(),
            time_zone: answer.node.time_zone.clone(),
            fips: answer.node.fips,
            publisher: answer.node.publisher,
            preserve_days: answer.node.preserve_days,
            services: answer.services.clone(),
            disks: answer.disks.clone(),
            billing_servers: answer.billing_servers.clone(),
        }
    }

    /// Its name, or what stands for it.
    pub fn name(&self) -> &str {
        let role = if self.publisher == Some(true) { "the publisher" } else { "the node" };
        self.host_name.as_deref().unwrap_or(role)
    }

    /// What has to be in order and is known. Only the publisher has a repository.
    pub fn checks(&self) -> Vec<Check<'_>> {
        let service = |name: &str| self.services.iter().find(|service| service.name.eq_ignore_ascii_case(name));
        let stopped = |service: &&Service| service.state != ServiceState::Started;
        let manager = service(REPOSITORY_MANAGER).filter(|_| self.publisher != Some(false)).map(|manager| Check {
            title: REPOSITORY_MANAGER,
            problem: Some(manager).filter(stopped).map(NodeProblem::RepositoryManager),
        });
        let agent = service(AGENT)
            .map(|agent| Check { title: AGENT, problem: Some(agent).filter(stopped).map(NodeProblem::Agent) });
        let disk = self.disks.iter().find(|disk| disk.name.eq_ignore_ascii_case(LOGGING));
        let disk = disk.and_then(|disk| {
            let is_full = disk.used_percent? >= NEARLY_USED_PERCENT;
            Some(Check { title: "Disk of the CDR repository", problem: is_full.then_some(NodeProblem::Disk(disk)) })
        });
        [manager, agent, disk].into_iter().flatten().collect()
    }

    /// What keeps it from delivering, or soon may.
    pub fn problems(&self) -> Vec<NodeProblem<'_>> {
        self.checks().into_iter().filter_map(|check| check.problem).collect()
    }
}

impl NodeProblem<'_> {
    /// It in one line, with the node's name.
    pub fn headline(&self, node: &str) -> String {
        match self {
            Self::RepositoryManager(service) | Self::Agent(service) if service.state == ServiceState::Unknown => {
                format!("{} on {node} {}: it may not run", service.name, state(service))
            }
            Self::RepositoryManager(service) => {
                format!("The CDR Repository Manager on {node} {}: nothing is delivered", state(service))
            }
            Self::Agent(service) => {
                format!("The CDR Agent on {node} {}: that node's CDR files do not reach the repository", state(service))
            }
            Self::Disk(disk) => format!(
                "The disk of the CDR repository on {node} is {} % full ({} MB free)",
                disk.used_percent.unwrap_or_default(),
                disk.free_bytes / 1_000_000
            ),
        }
    }

    /// Why it matters.
    pub fn text(&self) -> &'static str {
        match self {
            Self::RepositoryManager(_) => {
                "It sends all files to all billing servers. While it is down, files wait in the preserve folder, and no \
                 change on a billing server helps."
            }
            Self::Agent(_) => {
                "It sends what the node records to the repository. Until then the files stay in cm/cdr on that node: \
                 their preservation duration has not begun, and no billing server is involved."
            }
            Self::Disk(_) => {
                "The repository and the traces share it. CUCM deletes traces to make room, and with them the evidence \
                 of why deliveries fail; it leaves the preserve folder alone (Log Partition Monitoring). Once the \
                 disk is full, no more records can be kept."
            }
        }
    }

    /// The node's own words, as its command line prints them.
    pub fn quoted(&self) -> String {
        match self {
            Self::RepositoryManager(service) | Self::Agent(service) => {
                let reason = service.reason.as_ref().map(|reason| format!("  {reason}")).unwrap_or_default();
                let word = service.word.clone().unwrap_or_else(|| service.state.name().to_uppercase());
                format!("{}[{word}]{reason}", service.name)
            }
            Self::Disk(disk) => format!("Disk/{} ({}%)", disk.name, disk.used_percent.unwrap_or_default()),
        }
    }

    /// What mends it.
    pub fn step(&self) -> &'static str {
        match self {
            Self::RepositoryManager(service) | Self::Agent(service) if service.state == ServiceState::Starting => {
                "It is starting: look again in a minute."
            }
            Self::RepositoryManager(service) | Self::Agent(service) if service.state == ServiceState::Unknown => {
                "See whether it runs, and start it if not: Cisco Unified Serviceability, Tools, Control Center - Network \
                 Services, CDR Services."
            }
            Self::RepositoryManager(_) => {
                "Start it: Cisco Unified Serviceability, Tools, Control Center - Network Services, CDR Services. It \
                 then sends what waits; nothing is lost."
            }
            Self::Agent(_) => {
                "Start it on that node: Cisco Unified Serviceability, Tools, Control Center - Network Services, CDR \
                 Services. It then sends what is in cm/cdr."
            }
            Self::Disk(_) => {
                "Save the preserve folder first. Then make room: delete old traces (RTMT, Trace & Log Central; save \
                 them first if you need them), and make deliveries work, so that CUCM can clear the repository."
            }
        }
    }

    /// The command that mends it, where the command line has one.
    pub fn command(&self) -> Option<String> {
        match self {
            Self::RepositoryManager(service) | Self::Agent(service) if service.state == ServiceState::Stopped => {
                Some(format!("utils service start {}", service.name))
            }
            _ => None,
        }
    }
}

/// A service that does not run, to follow its name.
fn state(service: &Service) -> String {
    let reason = service.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    match service.state {
        ServiceState::Started => "runs".to_owned(),
        ServiceState::Stopped => format!("is stopped{reason}"),
        ServiceState::Starting => "is still starting".to_owned(),
        ServiceState::Stopping => "is about to stop".to_owned(),
        ServiceState::Unknown => format!("is in the state \"{}\"{reason}", service.word.as_deref().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_differ_settle_nothing() {
        let node = |days| NodeState { preserve_days: days, ..NodeState::default() };
        let days = |nodes: &[NodeState]| agreed(nodes, |node| node.preserve_days);
        assert_eq!(days(&[node(Some(30)), node(None), node(Some(30))]), Some(30));
        assert_eq!(days(&[node(Some(30)), node(Some(20))]), None);
        assert_eq!(days(&[]), None);
    }

    fn service(name: &str, state: ServiceState) -> Service {
        Service { name: name.to_owned(), state, word: None, reason: None }
    }

    #[test]
    fn a_subscriber_needs_no_repository_manager() {
        let services = vec![service("cisco cdr repository manager", ServiceState::Stopped)];
        let mut node = NodeState { services, ..NodeState::default() };
        assert_eq!(node.problems().len(), 1, "whether it is the publisher is not known");
        node.publisher = Some(false);
        assert_eq!(node.problems(), []);
        node.services = vec![service(AGENT, ServiceState::Stopped)];
        assert!(matches!(node.problems().as_slice(), [NodeProblem::Agent(_)]));
    }

    #[test]
    fn a_service_that_starts_by_itself_is_not_to_be_started() {
        let starting = service(REPOSITORY_MANAGER, ServiceState::Starting);
        assert_eq!(NodeProblem::RepositoryManager(&starting).command(), None);
        let stopped = service(REPOSITORY_MANAGER, ServiceState::Stopped);
        let command = NodeProblem::RepositoryManager(&stopped).command();
        assert_eq!(command.as_deref(), Some("utils service start Cisco CDR Repository Manager"));
    }

    #[test]
    fn a_service_in_a_state_that_is_not_known_is_no_running_one() {
        let unknown = Service { word: Some("NOTRUNNING".into()), ..service(REPOSITORY_MANAGER, ServiceState::Unknown) };
        let node = NodeState { services: vec![unknown], ..NodeState::default() };
        let [problem] = node.problems().try_into().unwrap();
        assert_eq!(
            problem.headline("pub"),
            "Cisco CDR Repository Manager on pub is in the state \"NOTRUNNING\": it may not run"
        );
        assert_eq!((problem.quoted().as_str(), problem.command()), ("Cisco CDR Repository Manager[NOTRUNNING]", None));
        assert!(problem.step().starts_with("See whether it runs"));
    }

    #[test]
    fn the_repository_s_disk_counts_from_ninety_percent_on() {
        let disk = |name: &str, used| Disk { name: name.to_owned(), used_percent: Some(used), ..Disk::default() };
        let node = NodeState { disks: vec![disk("active", 99), disk("logging", 90)], ..NodeState::default() };
        assert!(matches!(node.problems().as_slice(), [NodeProblem::Disk(disk)] if disk.name == "logging"));
        let node = NodeState { disks: vec![disk("logging", 89)], ..NodeState::default() };
        assert_eq!(node.problems(), []);
    }
}
