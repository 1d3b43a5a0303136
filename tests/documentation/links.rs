//! Each link of a page to a file of this repository, or to a heading, leads somewhere.

use super::documents;
use super::markdown::Document;

/// A heading's anchor: small letters, blanks as hyphens, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

/// Why a link leads nowhere.
fn fault(document: &Document, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
    let target = if path.is_empty() { document.path.clone() } else { document.path.parent()?.join(path) };
    if !target.exists() {
        return Some("no such file".to_owned());
    }
    let heading = heading?;
    let headings = Document::read(&target).headings;
    (!headings.iter().any(|known| anchor(known) == heading))
        .then(|| format!("{} has no such heading", target.display()))
}

#[test]
fn each_link_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        for link in &document.links {
            if let Some(fault) = fault(&document, &link.text) {
                panic!("{}: {}: {fault}", document.place(link.line), link.text);
            }
            links += 1;
        }
    }
    assert!(links >= 10, "only {links} links were found");
}

#[test]
fn each_page_is_linked_from_the_readme() {
    let documents = documents();
    let readme = documents.iter().find(|document| document.path.ends_with("README.md")).unwrap();
    for page in documents.iter().filter(|document| !document.path.ends_with("README.md")) {
        let name = format!("docs/{}", page.path.file_name().unwrap().to_string_lossy());
        assert!(readme.links.iter().any(|link| link.text == name), "the README has no link to {name}");
    }
}

#[test]
fn a_link_to_what_is_not_there_is_found() {
    let readme = Document::read(&super::root().join("README.md"));
    assert_eq!(anchor("What does my CUCM really propose?"), "what-does-my-cucm-really-propose");
    for wrong in ["docs/no-such-page.md", "#no-such-heading", "LICENSE#no-such-heading"] {
        assert!(fault(&readme, wrong).is_some(), "{wrong}");
    }
    assert!(fault(&readme, "#probe").is_none() && fault(&readme, "LICENSE").is_none());
}
