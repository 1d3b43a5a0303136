//! nmap's XML (`-oX`).

use roxmltree::{Document, Node, ParsingOptions};

use super::nmap::{self, Lists, SCRIPT};
use super::{Form, ParseError, SavedServer, host_and_port};
use crate::bounds::{XML_ATTRIBUTES, XML_NAMESPACES, XML_NODES};
use crate::document::probe::Identification;

/// nmap's root element comes after a few lines of prologue.
const PROLOGUE: usize = 4_096;

pub(super) fn is_it(text: &str) -> bool {
    text.starts_with('<') && memchr::memmem::find(&text.as_bytes()[..text.len().min(PROLOGUE)], b"<nmaprun").is_some()
}

pub(super) fn servers(text: &str) -> Result<Vec<SavedServer>, ParseError> {
    check(text)?;
    // nmap declares an empty document type.
    let options = ParsingOptions { allow_dtd: true, nodes_limit: XML_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| broken(error.to_string()))?;
    let mut servers = Vec::new();
    let mut counts_only = false;
    for host in elements(document.root_element(), "host") {
        let (address, name) = (address(host), hostname(host));
        for port in ports(host) {
            let Some(mut lists) = lists(port) else { continue };
            lists.finish();
            counts_only |= lists.is_counts_only();
            servers.extend(server(lists, port, address.as_deref(), name.as_deref()));
        }
    }
    if servers.is_empty() && counts_only { Err(ParseError::CountsOnly(Form::NmapXml)) } else { Ok(servers) }
}

/// Refuses what the parser would take long for: it compares each attribute of an element with all others, and looks up
/// entities and name spaces one by one. nmap declares none of these.
fn check(text: &str) -> Result<(), ParseError> {
    let bytes = text.as_bytes();
    let attributes = |tag: &[u8]| memchr::memchr_iter(b'=', tag).take(XML_ATTRIBUTES + 1).count();
    let mut starts = memchr::memchr_iter(b'<', bytes).chain([bytes.len()]);
    let mut start = starts.next().unwrap_or_default();
    for end in starts {
        if attributes(bytes.get(start..end).unwrap_or_default()) > XML_ATTRIBUTES {
            return Err(broken(format!("an element has more than {XML_ATTRIBUTES} attributes")));
        }
        start = end;
    }
    if memchr::memmem::find(bytes, b"<!ENTITY").is_some() {
        return Err(broken("it declares entities, which nmap never does".to_owned()));
    }
    // A page that a script fetched may have a few.
    if memchr::memmem::find_iter(bytes, b"xmlns").nth(XML_NAMESPACES).is_some() {
        return Err(broken(format!("it has more than {XML_NAMESPACES} name spaces")));
    }
    Ok(())
}

fn broken(reason: String) -> ParseError {
    ParseError::Broken { form: Form::NmapXml, reason }
}

/// The script's tables; an old nmap has only its text.
fn lists(port: Node) -> Option<Lists> {
    let algorithms = script(port, SCRIPT)?;
    let mut lists = Lists::default();
    for table in elements(algorithms, "table") {
        let names: Vec<String> = elements(table, "elem").map(content).collect();
        nmap::set(&mut lists.offer, table.attribute("key").unwrap_or_default(), &names);
    }
    if lists.offer.is_empty() {
        let output = algorithms.attribute("output").unwrap_or_default();
        output.lines().for_each(|line| lists.line(line.trim()));
    }
    Some(lists)
}

fn server(lists: Lists, port: Node, address: Option<&str>, name: Option<&str>) -> Option<SavedServer> {
    if lists.offer.is_empty() || lists.is_counts_only() {
        return None;
    }
    let name = name.or(address)?;
    let number = port.attribute("portid").and_then(|port| port.parse().ok());
    Some(SavedServer {
        name: number.map_or_else(|| name.to_owned(), |number| host_and_port(name, number)),
        host: Some(name.to_owned()),
        port: number,
        address: address.map(str::to_owned),
        identification: identification(port),
        notes: lists.notes(),
        offer: Some(lists.offer),
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
    fn service_detection_tells_software_version_and_comments_and_no_raw_string() {
        let text = scan(
            "<service product=\"OpenSSH\" version=\"9.2p1 Debian 2+deb12u7\" extrainfo=\"protocol 2.0\"/>\
             <script id=\"ssh2-enum-algos\"><table key=\"kex_algorithms\"><elem>x</elem></table></script>",
        );
        let found = servers(&text).unwrap().remove(0).identification.unwrap();
        assert_eq!((found.software.as_deref(), found.version.as_deref()), (Some("OpenSSH"), Some("9.2p1")));
        assert_eq!(
            (found.protocol.as_deref(), found.raw.as_str(), found.comments),
            (Some("2.0"), "", Some("Debian 2+deb12u7".to_owned()))
        );
    }

    #[test]
    fn a_port_without_the_script_is_no_server() {
        assert_eq!(servers(&scan("<service name=\"ssh\"/>")).unwrap(), []);
    }

    #[test]
    fn a_script_without_tables_is_read_by_its_text_and_numbers_alone_are_told() {
        let text = |output: &str| scan(&format!("<script id=\"ssh2-enum-algos\" output=\"{output}\"/>"));
        let server = servers(&text("&#xa;  kex_algorithms: (2)&#xa;      a&#xa;      b&#xa;")).unwrap().remove(0);
        assert_eq!(server.offer.unwrap().kex.unwrap(), ["a", "b"]);
        let counts = servers(&text("&#xa;  kex_algorithms (12)&#xa;  mac_algorithms (3)"));
        assert_eq!(counts, Err(ParseError::CountsOnly(Form::NmapXml)));
    }

    #[test]
    fn more_attributes_than_any_scan_has_are_refused_before_they_are_compared() {
        let attributes = (0..300_000).map(|number| format!(" a{number}=\"\"")).collect::<Vec<_>>().concat();
        let error = servers(&format!("<nmaprun{attributes}/>")).unwrap_err();
        assert!(error.to_string().ends_with("an element has more than 10000 attributes"), "{error}");
        let nested = (0..2_000).map(|number| format!("<a xmlns:n{number}=\"x\">")).collect::<Vec<_>>().concat();
        assert!(servers(&format!("<nmaprun>{nested}")).unwrap_err().to_string().ends_with("name spaces"));
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
