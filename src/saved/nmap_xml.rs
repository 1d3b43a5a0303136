//! nmap's XML (`-oX`).

use roxmltree::{Document, Node, ParsingOptions};

use super::nmap::{self, SCRIPT};
use super::{Form, ParseError, SavedServer, host_and_port};
use crate::document::probe::Identification;
use crate::model::offer::Offer;

/// Nodes that are read at most: nmap writes some thirty for a host.
const MAX_NODES: u32 = 2_000_000;

/// nmap's root element comes after a few lines of prologue.
const PROLOGUE: usize = 4_096;

pub(super) fn is_it(text: &str) -> bool {
    text.starts_with('<') && memchr::memmem::find(&text.as_bytes()[..text.len().min(PROLOGUE)], b"<nmaprun").is_some()
}

pub(super) fn servers(text: &str) -> Result<Vec<SavedServer>, ParseError> {
    // nmap declares an empty document type; entities are bounded by the library.
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| ParseError::Broken { form: Form::NmapXml, reason: error.to_string() })?;
    let hosts = elements(document.root_element(), "host");
    Ok(hosts.flat_map(|host| ports(host).filter_map(move |port| server(host, port))).collect())
}

fn server(host: Node, port: Node) -> Option<SavedServer> {
    let algorithms = script(port, SCRIPT)?;
    let mut offer = Offer::default();
    for table in elements(algorithms, "table") {
        let names: Vec<String> = elements(table, "elem").map(content).collect();
        nmap::set(&mut offer, table.attribute("key").unwrap_or_default(), &names);
    }
    if offer.is_empty() {
        return None;
    }
    let address = address(host);
    let name = hostname(host).or_else(|| address.clone())?;
    let number = port.attribute("portid").and_then(|port| port.parse().ok());
    Some(SavedServer {
        name: number.map_or_else(|| name.clone(), |number| host_and_port(&name, number)),
        host: Some(name),
        port: number,
        address,
        identification: identification(port),
        offer: Some(offer),
        ..SavedServer::default()
    })
}

fn ports<'a, 'input>(host: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    elements(host, "ports").flat_map(|ports| elements(ports, "port"))
}

/// The address by which nmap reached it; a MAC address stands beside it in a local network.
fn address(host: Node) -> Option<String> {
    let ip = |node: &Node| matches!(node.attribute("addrtype"), Some("ipv4" | "ipv6"));
    elements(host, "address").find(ip)?.attribute("addr").map(str::to_owned)
}

/// The name as the user gave it, not the one that a reverse lookup found.
fn hostname(host: Node) -> Option<String> {
    let given = |node: &Node| node.attribute("type") == Some("user");
    let mut names = elements(host, "hostnames").flat_map(|names| elements(names, "hostname"));
    names.find(given)?.attribute("name").map(str::to_owned)
}

fn identification(port: Node) -> Option<Identification> {
    let banner = script(port, "banner").and_then(|banner| banner.attribute("output"));
    banner.and_then(nmap::identification_of_banner).or_else(|| {
        let service = elements(port, "service").next()?;
        let attribute = |name| service.attribute(name).unwrap_or_default();
        nmap::identification_of_service(attribute("product"), attribute("version"), attribute("extrainfo"))
    })
}

fn script<'a, 'input>(port: Node<'a, 'input>, id: &str) -> Option<Node<'a, 'input>> {
    elements(port, "script").find(|script| script.attribute("id") == Some(id))
}

fn elements<'a, 'input>(parent: Node<'a, 'input>, name: &'static str) -> impl Iterator<Item = Node<'a, 'input>> {
    parent.children().filter(move |node| node.has_tag_name(name))
}

/// The whole text of an element: a comment in it cuts it into several nodes.
fn content(element: Node) -> String {
    element.children().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(port: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<nmaprun><host><address addr=\"00:11:22:33:44:55\" addrtype=\"mac\"/>\
             <address addr=\"10.0.0.5\" addrtype=\"ipv4\"/><hostnames><hostname name=\"ptr.example.com\" type=\"PTR\"/>\
             <hostname name=\"billing.example.com\" type=\"user\"/></hostnames><ports><port portid=\"22\">{port}</port></ports></host></nmaprun>"
        )
    }

    #[test]
    fn escapes_and_comments_inside_names_are_resolved() {
        let text = scan(
            "<script id=\"ssh2-enum-algos\"><table key=\"kex_algorithms\"><elem>a&lt;b&#x9;<!-- c -->&amp;d</elem>\
             <elem><![CDATA[<e>]]></elem></table><table key=\"other\"><elem>x</elem></table></script>",
        );
        let server = servers(&text).unwrap().remove(0);
        assert_eq!(server.offer.unwrap().kex.unwrap(), ["a<b\t&d", "<e>"]);
        assert_eq!((server.name.as_str(), server.address.as_deref()), ("billing.example.com:22", Some("10.0.0.5")));
    }

    #[test]
    fn service_detection_tells_software_and_version_and_nothing_more() {
        let text = scan(
            "<service product=\"OpenSSH\" version=\"9.2p1 Debian 2+deb12u7\" extrainfo=\"protocol 2.0\"/>\
             <script id=\"ssh2-enum-algos\"><table key=\"kex_algorithms\"><elem>x</elem></table></script>",
        );
        let found = servers(&text).unwrap().remove(0).identification.unwrap();
        assert_eq!((found.software.as_deref(), found.version.as_deref()), (Some("OpenSSH"), Some("9.2p1")));
        assert_eq!((found.protocol.as_deref(), found.raw.as_str(), found.comments), (Some("2.0"), "", None));
    }

    #[test]
    fn a_port_without_the_script_is_no_server() {
        assert_eq!(servers(&scan("<service name=\"ssh\"/>")).unwrap(), []);
    }

    #[test]
    fn deep_nesting_and_entities_that_multiply_end_in_an_error() {
        assert!(servers(&format!("<nmaprun>{}", "<a>".repeat(200_000))).is_err());
        let laughs: Vec<String> =
            (1..12).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
        let text = format!("<!DOCTYPE nmaprun [<!ENTITY l0 \"ha\">{}]><nmaprun>&l11;</nmaprun>", laughs.concat());
        assert!(is_it(&text) && servers(&text).is_err());
    }
}
