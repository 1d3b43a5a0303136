//! Who imports whom: only what stands lower, and no two files each other. A change that needs it otherwise has its
//! idea in the wrong file.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

/// The crate's modules, each floor above all that it may import. Those on a floor do not import each other.
const FLOORS: [&[&str]; 11] = [
    &["bounds", "escape", "interrupt", "log4j", "mail", "plain", "suggest", "tables", "whole_file", "words", "wrap"],
    &["message", "model", "search", "text", "unpacking"],
    &["document"],
    &["alarms", "algorithms", "backlog", "exit", "report"],
    &["ssh"],
    &["cli", "config", "cucm", "diagnosis"],
    &["collect", "trace"],
    &["delivery", "learn", "redact"],
    &["saved"],
    &["recognise"],
    &["commands"],
];

/// A module's path: `trace::sources`. The crate's own is empty.
type Module = Vec<String>;

/// Each module with the modules that it imports, tests left out.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&source).into_iter().map(Result::unwrap);
    let files = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "rs"));
    let texts: BTreeMap<Module, String> = files
        .filter(|file| file.file_name() != "tests.rs")
        .map(|file| {
            let text = std::fs::read_to_string(file.path()).unwrap();
            let code = text.split("#[cfg(test)]\n").next().unwrap_or_default().to_owned();
            (module(file.path().strip_prefix(&source).unwrap()), code)
        })
        .collect();
    let known: BTreeSet<Module> = texts.keys().cloned().collect();
    texts.iter().map(|(module, code)| (module.clone(), imported(module, code, &known))).collect()
}

fn module(path: &Path) -> Module {
    let parts = path.with_extension("");
    let parts = parts.iter().map(|part| part.to_str().unwrap().to_owned());
    parts.filter(|part| !["mod", "lib", "main"].contains(&part.as_str())).collect()
}

fn imported(module: &Module, code: &str, known: &BTreeSet<Module>) -> BTreeSet<Module> {
    let comments = Regex::new("//.*").unwrap();
    let paths = Regex::new(r"\b(crate|super)((?:::\w+)*)(?:::\{([^;]*)\})?").unwrap();
    let code = comments.replace_all(code, "");
    let mut found = BTreeSet::new();
    for path in paths.captures_iter(&code) {
        let begin: Module = path[2].split("::").skip(1).map(str::to_owned).collect();
        let several = path.get(3).map_or("", |several| several.as_str());
        // Of nested braces the outermost names are enough: no module here holds two others by the same names.
        let names = several.split([',', '{', '}']).map(str::trim);
        for name in names.chain([""]) {
            let ends = name.split("::").filter(|part| !part.is_empty() && *part != "self").map(str::to_owned);
            let up = begin.iter().take_while(|part| *part == "super").count();
            let base = if &path[1] == "crate" { &[][..] } else { &module[..module.len().saturating_sub(up + 1)] };
            let mut whole: Module = base.iter().chain(&begin[up..]).cloned().chain(ends).collect();
            while !known.contains(&whole) {
                whole.pop();
            }
            found.insert(whole);
        }
    }
    found.into_iter().filter(|other| !other.starts_with(module) && !module.starts_with(other)).collect()
}

#[test]
fn every_import_leads_down() {
    let floor = |module: &str| FLOORS.iter().position(|floor| floor.contains(&module));
    let mut wrong = Vec::new();
    for (module, others) in imports() {
        let Some(from) = module.first() else { continue };
        assert!(floor(from).is_some(), "{from} stands on no floor: give it one in FLOORS");
        let others = others.iter().filter(|other| !other.is_empty());
        let up = others.filter(|other| other[0] != *from && floor(&other[0]) >= floor(from));
        wrong.extend(up.map(|other| format!("{} imports {}", module.join("::"), other.join("::"))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other() {
    let mut left = imports();
    // What imports nothing that is left is in no circle, nor is what nothing imports.
    loop {
        let modules: BTreeSet<Module> = left.keys().cloned().collect();
        left.retain(|_, others| others.iter().any(|other| modules.contains(other)));
        let imported: BTreeSet<Module> = left.values().flatten().cloned().collect();
        left.retain(|module, _| imported.contains(module));
        if left.len() == modules.len() {
            break;
        }
    }
    let circle = left.iter().map(|(module, others)| {
        let others = others.iter().filter(|other| left.contains_key(*other)).map(|other| other.join("::"));
        format!("{} imports {}", module.join("::"), others.collect::<Vec<_>>().join(", "))
    });
    assert!(left.is_empty(), "{}", circle.collect::<Vec<_>>().join("\n"));
}
