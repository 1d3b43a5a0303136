//! Inputs that grow. Processor time is bounded, not the clock, so that a busy machine changes nothing: what takes a second
//! where work grows with the input takes minutes where it grows with its square.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};

/// Seconds of processor time, of an unoptimised build. Each input here takes some three at most.
const SECONDS: u32 = 30;

/// KiB of address space, the program's own and its threads' stacks included.
const MEMORY: u32 = 2 << 20;

/// Runs a command on files of these contents, `a` and `b`, within the bounds on time and memory.
fn run(arguments: &[&str], contents: &[Vec<u8>]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in ["a", "b"].iter().zip(contents) {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    within(folder.path(), arguments)
}

fn within(folder: &Path, arguments: &[&str]) -> Output {
    let limits = format!("ulimit -t {SECONDS}; ulimit -v {MEMORY}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limits, "sh", env!("CARGO_BIN_EXE_cdrdiag")]).args(arguments);
    command.current_dir(folder).env("HOME", folder).output().unwrap()
}

/// It ends by itself, with an answer or in one line.
fn ends(what: &str, arguments: &[&str], contents: &[Vec<u8>]) {
    let output = run(arguments, contents);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{what}: {}: {error}", output.status);
    assert!(output.status.code() != Some(3) || error.lines().count() == 1, "{what}: {error}");
}

fn many(number: u32, each: impl Fn(u32) -> String) -> Vec<u8> {
    text(number, each).into_bytes()
}

fn text(number: u32, each: impl Fn(u32) -> String) -> String {
    (0..number).map(each).collect()
}

/// `"n0","n1",…`
fn names(number: u32) -> String {
    (0..number).map(|n| format!("\"n{n}\"")).collect::<Vec<_>>().join(",")
}

const FILE: &str = "15 Jul,2019 04:12:03 1,234 cdr_C_01_201907150412_";

#[test]
fn listings() {
    let backlog = ["backlog", "a", "--now", "2019-07-25"];
    ends("lines", &backlog, &[many(60_000, |n| format!("{FILE}{n}\n"))]);
    ends("one line", &backlog, &[many(60_000, |n| format!("{FILE}{n} "))]);
    ends("names in one line", &backlog, &[many(60_000, |n| format!("cdr_C_01_201907150412_{n} "))]);
    ends("clusters", &backlog, &[many(20_000, |n| format!("cdr_C{n}_01_201907150412_1\n"))]);
    ends("gaps", &backlog, &[many(60_000, |n| format!("cdr_C_{:02}_201907150412_{}\n", n % 100, n * 7))]);
    let command = "admin:file list activelog /cm/cdr_repository/preserve/20190715 detail\n";
    ends("commands", &backlog, &[command.repeat(30_000).into()]);
    ends("a broken name", &backlog, &[format!("{command}{FILE}1\n{}", "4\n".repeat(100_000)).into()]);
    ends("totals", &backlog, &["dir count = 0, file count = 1 ".repeat(30_000).into()]);
    ends("a word", &backlog, &[format!("{command}{}", "a_".repeat(2_000_000)).into()]);
    ends("carriage returns", &backlog, &[format!("{FILE}1\r").repeat(60_000).into()]);
}

#[test]
fn logs() {
    let learn = ["profile", "learn", "a"];
    let refusal = |process: u32, host: u32, offer: &str| {
        let address = format!("10.{}.{}.{}", host >> 16, host >> 8 & 255, host & 255);
        format!(
            "h sshd[{process}]: Unable to negotiate with {address} port 5: no matching MAC found. Their offer: {offer}\n"
        )
    };
    ends("clients", &learn, &[many(20_000, |n| refusal(n, n, "a,b"))]);
    ends("lists", &learn, &[many(20_000, |n| refusal(1, 1, &format!("n{n}")))]);
    ends("one line", &learn, &["no matching MAC found. Their offer: ".repeat(500_000).into()]);
    ends(
        "threads",
        &learn,
        &[many(20_000, |n| format!("2019-07-25 13:12:11,971 DEBUG [t{n}] x.Y (Y.java:1) - kex: client: a,b{n}\n"))],
    );
    ends("processes", &learn, &[many(40_000, |n| format!("h sshd[{n}]: debug2: KEX algorithms: a{n},b\n"))]);
    ends("the journal", &learn, &[many(40_000, |n| format!("{{\"MESSAGE\":\"x{n}\",\"_PID\":\"{n}\"}}\n"))]);
    ends("half messages", &learn, &["Server's algorithms: a\n".repeat(100_000).into()]);
}

/// A capture of raw IP of these packets.
fn capture(packets: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let number = |number: u32| number.to_le_bytes();
    let mut file = [number(0xa1b2_c3d4), [2, 0, 4, 0], number(0), number(0), number(65_535), number(101)].concat();
    for packet in packets {
        let length = number(u32::try_from(packet.len()).unwrap());
        file.extend([number(1), number(2), length, length].concat());
        file.extend(packet);
    }
    file
}

#[test]
fn captures() {
    let learn = ["profile", "learn", "a"];
    let tcp = |host: u32, sequence: u32, payload: &[u8]| {
        let [_, _, high, low] = host.to_be_bytes();
        let mut packet = Vec::new();
        let builder =
            etherparse::PacketBuilder::ipv4([10, 0, high, low], [10, 9, 9, 9], 64).tcp(40_000, 22, sequence, 9);
        builder.ack(1).write(&mut packet, payload).unwrap();
        packet
    };
    let flows = capture((0..20_000).map(|n| tcp(n, 1, b"SSH-2.0-JSCH-0.1.54\n")));
    ends("flows", &learn, std::slice::from_ref(&flows));
    ends("flows, for their servers", &["probe", "a"], &[flows]);
    ends("out of order", &learn, &[capture((0..20_000).rev().map(|n| tcp(1, n * 20, &[b'x'; 20])))]);
    ends(
        "fragments",
        &learn,
        &[capture((0..20_000_u32).map(|n| {
            let mut packet = tcp(1, 1, &[b'x'; 20]);
            packet[4..8].copy_from_slice(&[
                0,
                u8::try_from(n / 128).unwrap(),
                0x20,
                u8::try_from(n % 128 * 2).unwrap(),
            ]);
            packet
        }))],
    );
}

#[test]
fn profiles_and_configurations() {
    let profile = ["profile", "show", "./a"];
    let config = ["config", "--config", "a"];
    let head = "id = \"x\"\n[algorithms]\n";
    for show in [&profile[..], &config] {
        ends("keys", show, &[many(60_000, |n| format!("k{n} = 1\n"))]);
        ends("tables", show, &[many(60_000, |n| format!("[t{n}]\n"))]);
        ends("nested arrays", show, &[format!("a={}", "[".repeat(1_000_000)).into()]);
        ends("nested tables", show, &["a={a=".repeat(200_000).into()]);
        ends("a dotted key", show, &[format!("{}=1", "a.".repeat(500_000)).into()]);
        ends("dotted keys", show, &[many(8_000, |n| format!("{}b{n}=1\n", "a.".repeat(50)))]);
        ends("a long key", show, &[format!("{}=1", "x".repeat(1_000_000)).into()]);
    }
    ends("nested JSON", &profile, &[format!("{{\"a\":{}", "[".repeat(1_000_000)).into()]);
    ends("a list", &profile, &[format!("{head}kex=[{}]\n", names(100_000)).into()]);
    ends("notes", &profile, &[format!("notes=[{}]\n{head}kex=[\"a\"]\n", names(50_000)).into()]);
    ends("targets", &config, &[many(20_000, |n| format!("[targets.t{n}]\nhost=\"h{n}\"\n"))]);
}

#[test]
fn lists_of_targets() {
    // A line that is none ends it before a server is asked.
    let probe = ["probe", "--targets", "a"];
    let list = |lines: Vec<u8>| [lines, b"\nsftp://x y\n".to_vec()].concat();
    let ends = |what: &str, contents: Vec<u8>| {
        let output = run(&probe, &[contents]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(2 | 3)) && error.len() < 2_500,
            "{what}: {}: {error:.1000}",
            output.status
        );
    };
    ends("lines", list(many(90_000, |n| format!("127.0.0.1:{}\n", n % 60_000 + 1))));
    ends("too many", list(many(120_000, |n| format!("127.0.0.1:{}\n", n % 60_000 + 1))));
    ends("comments", list("# x\n".repeat(1_000_000).into()));
    ends("a long line", list("x".repeat(4_000_000).into()));
    ends("commas", list("a,".repeat(1_000_000).into()));
}

#[test]
fn journals() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cdr_Main_01_202503090001_1"), "x").unwrap();
    std::fs::write(folder.path().join("password"), "x").unwrap();
    let line = |n: u32| {
        format!(
            "{{\"at\":\"2025-03-09T02:40:06Z\",\"event\":\"delivered\",\"server\":\"s{n}\",\"directory\":\"/\",\"name\":\"n{n}\",\"bytes\":{n}}}\n"
        )
    };
    let deliver =
        ["deliver", "127.0.0.1:1", "-u", "x", "-d", "/", "--password-file", "password", "--yes", "--files", "."];
    for (what, journal) in [
        ("lines", many(100_000, line)),
        ("the same again", line(1).repeat(200_000).into()),
        ("empty lines", "\n".repeat(2_000_000).into()),
        ("one line", "x".repeat(20_000_000).into()),
        ("nested", "[".repeat(5_000_000).into()),
        ("a long name", format!("{{\"name\":\"{}", "n".repeat(20_000_000)).into()),
    ] {
        std::fs::write(folder.path().join("cdrdiag-delivered.jsonl"), journal).unwrap();
        let output = within(folder.path(), &deliver);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(1 | 3)), "{what}: {}: {error:.1000}", output.status);
    }
}

#[test]
fn secrets() {
    let folder = tempfile::tempdir().unwrap();
    for (what, secret) in [("a long line", "x".repeat(50_000_000)), ("lines", "\n".repeat(5_000_000))] {
        std::fs::write(folder.path().join("a"), secret).unwrap();
        for flag in ["--password-file", "--identity", "--known-hosts"] {
            let output = within(folder.path(), &["deliver", "127.0.0.1:1", "-u", "x", "-d", "/", flag, "a"]);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(2 | 3)), "{what} as {flag}: {}: {error:.1000}", output.status);
            assert!(error.lines().count() == 1 && error.len() < 1_000, "{what} as {flag}: {error:.1000}");
        }
    }
}

#[test]
fn saved_answers() {
    let categories =
        ["kex", "host_key", "cipher_c2s", "cipher_s2c", "mac_c2s", "mac_s2c", "compression_c2s", "compression_s2c"];
    let lists = |sign: &str| categories.map(|name| format!("\"{name}\"{sign}[{}]", names(1_000)));
    let answer = |lists: &str| {
        format!("{{\"schema\":\"cdrdiag/probe/v1\",\"targets\":[{{\"target\":\"x\",\"offer\":{{{lists}}}}}]}}")
            .into_bytes()
    };
    let other = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace("\"n", "\"m").into_bytes();
    let longest = answer(&lists(":").join(","));
    ends("the longest lists", &["probe", "a"], std::slice::from_ref(&longest));
    ends("side by side", &["compare", "a", "b"], &[longest.clone(), other(longest.clone())]);
    let profile = format!("id = \"x\"\n[algorithms]\n{}\n", lists("=").join("\n"));
    ends("the longest profile", &["probe", "a", "--profile", "./b"], &[other(longest), profile.into()]);
    ends("nested JSON", &["probe", "a"], &["[".repeat(10_000_000).into()]);
    ends("nested objects", &["probe", "a"], &["{\"a\":".repeat(2_000_000).into()]);
    let xml = |inner: String| format!("<nmaprun>{inner}</nmaprun>").into_bytes();
    let attributes = text(200_000, |n| format!(" a{n}=\"1\""));
    ends("attributes", &["probe", "a"], &[xml(format!("<host{attributes}/>"))]);
    ends("nodes", &["probe", "a"], &[xml("<host/>".repeat(1_000_000))]);
    ends("nested nodes", &["probe", "a"], &[xml(format!("{}{}", "<a>".repeat(900_000), "</a>".repeat(900_000)))]);
    let spaces = text(990, |n| format!("<a xmlns:b{n}=\"c{n}\">"));
    ends("name spaces", &["probe", "a"], &[xml(format!("{spaces}{}", "</a>".repeat(990)))]);
    ends("entities", &["probe", "a"], &[
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">\
         <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;\">]>\
         <nmaprun>&f;&f;&f;&f;</nmaprun>".into(),
    ]);
}

#[test]
fn traces() {
    const HEAD: &str =
        "2019-07-25 13:12:11,971 ERROR [CDRSender for destination 1] cdrrep.CDRSender (CDRSender.java:1) - ";
    const FAILED: &str = "SFTP/FTP failed: cdr_C_01_201907150412_";
    let of = |message: String| format!("{HEAD}{message}\n{HEAD}{FAILED}1 to 10.0.0.5 \n").into_bytes();
    let garbled = text(100_000, |n| format!("w{n}q.r{n} "));
    let redact = ["parse-log", "a", "--redact"];
    ends("a long message", &redact, &[of(garbled)]);
    ends("the start of a message", &redact, &[of("com.jcraft.jsch.JSchException: Session.connect: ".repeat(20_000))]);
    ends(
        "many messages",
        &redact,
        &[(0..2_000).flat_map(|n| of(format!("JSchException: secret{n} on host{n}.x"))).collect()],
    );
    ends("causes in causes", &redact, &[of("boom\nCaused by: java.lang.Exception: e".repeat(20_000))]);
    ends(
        "threads",
        &["parse-log", "a"],
        &[many(20_000, |n| format!("{HEAD}Auth fail\n").replace("destination 1", &format!("destination {n}")))],
    );
    ends("hosts", &["parse-log", "a"], &[many(3_000, |n| format!("{HEAD}{FAILED}{n} to h{n} \n"))]);
    let alarm = |node: u32, month: u32| {
        format!("%UC_CDRREP-2-CDRFileDeliveryFailed: %[BillingServerAddress=h][NodeID=n{node}]: x Jan {month} {node}")
    };
    ends("alarms", &["parse-log", "a"], &[many(10_000, |n| alarm(n, 1) + "\n")]);
    ends("alarms of one node", &["parse-log", "a"], &[many(100_000, |_| alarm(1, 1) + "\n")]);
    ends("alarms in one line", &["parse-log", "a"], &[many(40_000, |n| alarm(n % 7, 2))]);
}

#[test]
fn what_is_larger_than_its_form_is_told_in_one_line() {
    let told = |arguments: &[&str], length: u64, words: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::File::create(folder.path().join("a")).unwrap().set_len(length).unwrap();
        let output = within(folder.path(), arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(3), 1), "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    };
    told(&["config", "--config", "a"], (1 << 20) + 1, "larger than 1 MiB, which no configuration is");
    told(&["profile", "show", "./a"], (1 << 20) + 1, "larger than 1 MiB, which no profile is");
    told(&["probe", "--targets", "a"], (16 << 20) + 1, "larger than 16 MiB, which no list of targets is");
    told(&["probe", "a"], (16 << 20) + 1, "a: larger than 16 MiB, which no saved answer is");
    told(&["backlog", "a"], (256 << 20) + 1, "larger than 256 MiB, which no listing is");
    let deliver = ["deliver", "127.0.0.1:1", "--user", "x", "--directory", "."];
    let host_key = ["--host-key", "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg"];
    told(
        &[&deliver[..], &host_key, &["--password-file", "a"]].concat(),
        65_537,
        "larger than 64 KiB, which no password or key is",
    );
    told(
        &[&deliver[..], &["--known-hosts", "a"]].concat(),
        (16 << 20) + 1,
        "larger than 16 MiB, which no known_hosts is",
    );
}
