//! `cdrdiag probe`, the binary against scripted peers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]

mod support;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use cdrdiag::document::{json_schema, probe::Probe};
use cdrdiag::model::offer::Offer;
use serde_json::Value;
use support::scripted_peer::{Script, ScriptedPeer, Step, good, identification, kexinit, message, modern, offer};

struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(args: &[&str], stdin: &str) -> Answer {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    // No configuration file of the user's or of the folder's has a say here.
    let nowhere = env!("CARGO_TARGET_TMPDIR");
    command.current_dir(nowhere).env("HOME", nowhere).env("XDG_CONFIG_HOME", nowhere).env("APPDATA", nowhere);
    let output = command.arg("probe").args(args).write_stdin(stdin).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The whole answer.
fn probe(args: &[&str]) -> Answer {
    run(&[&["--full"], args].concat(), "")
}

/// The JSON answer, held to its schema.
fn json(args: &[&str]) -> (i32, Value) {
    let answer = probe(&[&["--json"], args].concat());
    let value: Value = serde_json::from_str(&answer.stdout).expect("valid JSON on standard output");
    let schema = serde_json::to_value(json_schema::<Probe>()).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(value["schema"], "cdrdiag/probe/v1");
    (answer.code, value)
}

fn old_mac() -> Offer {
    offer("ecdh-sha2-nistp521", "rsa-sha2-512,rsa-sha2-256", "aes128-ctr", "hmac-sha1")
}

/// A server that closes where the key exchange would begin, so that a handshake fails at once.
fn closes_in_the_key_exchange(offer: &Offer) -> Script {
    vec![identification("x_1"), kexinit(offer), Step::ReadLine, Step::ReadPacket]
}

#[test]
fn the_verdict_and_its_cause_come_first_then_the_change() {
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1 Debian-2+deb12u7", &old_mac()));
    let answer = probe(&["--no-handshake", &peer.target()]);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    let (cause, change) = (answer.stdout.find("no MAC in common"), answer.stdout.find("MACs hmac-sha1,hmac-sha2-"));
    assert!(answer.stdout.starts_with(&format!("{} refuses CUCM 15", peer.target())), "{}", answer.stdout);
    assert!(cause.unwrap() < change.unwrap() && change < answer.stdout.find("What it offers"), "{}", answer.stdout);
    assert!(answer.stdout.contains("ecdh-sha2-nistp521*"), "what a client takes is marked: {}", answer.stdout);
    assert!(answer.stdout.contains("Compatibility Matrix"), "a profile is shown with its source");
}

#[test]
fn a_server_that_every_client_likes_ends_with_0() {
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1", &modern()));
    let (code, answer) = json(&["--no-handshake", "--profile", "cucm-15", &peer.target()]);
    assert_eq!((code, &answer["verdict"]), (0, &Value::from("ok")));
    let target = &answer["targets"][0];
    assert_eq!(target["outcome"], "accepts");
    assert_eq!(target["port"], peer.address().port());
    assert_eq!(target["address"], "127.0.0.1");
    assert_eq!(target["offer"]["kex"], serde_json::to_value(modern().kex).unwrap());
    assert_eq!(target["clients"][0]["agreed"]["mac_c2s"], "hmac-sha2-256");
    assert!(target["clients"][0]["handshake"].is_null());
    assert!(target["timing_ms"]["kexinit"].is_number());
}

#[test]
fn a_refusal_is_told_for_each_profile_with_its_remedy() {
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1 Debian-2+deb12u7", &old_mac()));
    let (code, answer) = json(&["--no-handshake", &peer.target()]);
    assert_eq!((code, &answer["verdict"]), (1, &Value::from("problem")));
    let clients = answer["targets"][0]["clients"].as_array().unwrap();
    let results: Vec<_> = clients.iter().map(|client| client["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["accepts", "accepts", "refuses"]);
    assert_eq!(clients[2]["missing"], serde_json::json!(["mac_c2s", "mac_s2c"]));
    assert_eq!(clients[2]["remedy"][0]["directive"], "MACs");
    assert_eq!(answer["targets"][0]["remedy"], clients[2]["remedy"]);
}

#[test]
fn a_handshake_that_contradicts_the_lists_is_a_problem() {
    let peer = ScriptedPeer::start(closes_in_the_key_exchange(&modern()));
    let (code, answer) = json(&["--profile", "cucm-15", &peer.target()]);
    let client = &answer["targets"][0]["clients"][0];
    assert_eq!((client["result"].as_str(), client["handshake"]["result"].as_str()), (Some("accepts"), Some("refuses")));
    assert!(client["disagreement"].as_str().unwrap().contains("a real handshake failed"), "{client}");
    assert_eq!(code, 1);
    let text = probe(&["--profile", "cucm-15", &peer.target()]);
    assert!(text.stdout.contains("fails the handshake with CUCM"), "{}", text.stdout);
}

#[test]
fn one_handshake_serves_all_profiles_with_the_same_proposal() {
    let folder = tempfile::tempdir().unwrap();
    let mut args = Vec::new();
    for name in ["one", "two"] {
        let path = folder.path().join(format!("{name}.toml"));
        let lists = "kex = [\"ecdh-sha2-nistp256\"]\nmac = [\"hmac-sha1\"]";
        std::fs::write(&path, format!("id = \"{name}\"\n[algorithms]\n{lists}\n")).unwrap();
        args.extend(["--profile".to_owned(), path.to_str().unwrap().to_owned()]);
    }
    let peer = ScriptedPeer::start(closes_in_the_key_exchange(&modern()));
    args.push(peer.target());
    let (_, answer) = json(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(answer["targets"][0]["clients"][1]["handshake"]["performed"], true);
    assert_eq!(peer.calls(), 2, "the offer, and one handshake");
}

#[test]
fn a_proposal_that_libssh2_knows_nothing_of_is_not_tried() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.toml");
    std::fs::write(&path, "id = \"odd\"\n[algorithms]\ncipher = [\"3des-ctr\"]\n").unwrap();
    let peer = ScriptedPeer::start(good("x_1", &modern()));
    let (_, answer) = json(&["--profile", path.to_str().unwrap(), &peer.target()]);
    let handshake = &answer["targets"][0]["clients"][0]["handshake"];
    assert_eq!(handshake["performed"], false);
    assert!(handshake["error"].as_str().unwrap().contains("3des-ctr"), "{handshake}");
}

#[test]
fn a_node_in_fips_mode_proposes_less() {
    let weak = offer("diffie-hellman-group1-sha1", "rsa-sha2-256", "aes128-ctr", "hmac-sha2-256");
    let peer = ScriptedPeer::start(good("x_1", &weak));
    let args = ["--no-handshake", "--profile", "cucm-15", &peer.target()];
    assert_eq!(json(&args).0, 0);
    assert_eq!(json(&[&args[..], &["--fips"]].concat()).0, 1);
}

#[test]
fn many_targets_are_answered_in_the_order_given() {
    let peers: Vec<_> = (0..40_u64)
        .map(|number| {
            let pause = Step::Wait(Duration::from_millis((40 - number) * 3));
            ScriptedPeer::start([vec![pause], good(&format!("x_{number}"), &modern())].concat())
        })
        .collect();
    let lines = peers[1..].iter().map(|peer| format!("  {}  # one of them\r\n", peer.target()));
    let list = format!("# the billing servers\n\n{}", lines.collect::<String>());
    let args = ["--json", "--no-handshake", "--concurrency", "8", "--targets", "-", &peers[0].target()];
    let answer = run(&args, &list);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(answer.stderr, "", "no progress where nobody looks");
    let value: Value = serde_json::from_str(&answer.stdout).unwrap();
    let named: Vec<_> = value["targets"].as_array().unwrap().iter().map(|target| target["target"].clone()).collect();
    assert_eq!(named, peers.iter().map(ScriptedPeer::target).collect::<Vec<_>>());
}

#[test]
fn a_slip_in_a_configured_name_is_told_with_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("cdrdiag.toml");
    std::fs::write(&config, "[targets.billing-test]\nhost = \"127.0.0.1\"\nport = 9\n").unwrap();
    let with = |target: &str| probe(&["--config", config.to_str().unwrap(), "--timeout", "5", target]);
    // No resolver knows names of this domain (RFC 6761, section 6.4).
    let slip = with("biling-test.invalid");
    assert!(slip.stderr.contains("did you mean \"billing-test\""), "{}", slip.stderr);
    assert_eq!((slip.code, with("billing-test").stderr.as_str()), (1, ""));
    let redacted = probe(&["--config", config.to_str().unwrap(), "--redact", "biling-test.invalid"]);
    assert!(redacted.stderr.contains("did you mean \"host-2\""), "{}", redacted.stderr);
    assert_eq!(with("zzz.invalid").stderr, "");
}

#[test]
fn a_target_may_be_a_name_of_the_configuration_or_a_saved_answer() {
    let peer = ScriptedPeer::start(good("x_1", &modern()));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let port = peer.address().port();
    let settings = "[defaults]\nprofile = [\"cucm-15\"]\ntimeout = 20";
    let config = format!("{settings}\n[targets.primary]\nhost = \"127.0.0.1\"\nport = {port}\n");
    let config = file("cdrdiag.toml", &config);
    let args = ["--json", "--no-handshake", "--config", &config, "primary"];
    let live = probe(&args);
    assert_eq!(live.code, 0, "{}", live.stderr);
    let saved = file("saved.json", &live.stdout);
    let calls = peer.calls();
    let (code, again) = json(&["--config", &config, &saved]);
    assert_eq!((code, peer.calls()), (0, calls), "a saved answer opens no connection");
    let (live, again) = (&serde_json::from_str::<Value>(&live.stdout).unwrap()["targets"][0], &again["targets"][0]);
    assert_eq!(live["target"], "primary");
    assert_eq!((&live["offer"], &live["clients"]), (&again["offer"], &again["clients"]));
    assert_eq!(again["clients"].as_array().unwrap().len(), 1, "the configuration's profile");
    assert!(again["timing_ms"]["total"].is_null());
    assert_eq!(probe(&[&file("broken.json", "{}")]).code, 3);
    assert_eq!(probe(&["nowhere.json"]).code, 3);
}

#[test]
fn several_targets_are_summed_up_and_only_problems_are_told_at_length() {
    let fine = ScriptedPeer::start(good("x_1", &modern()));
    let wrong = ScriptedPeer::start(vec![Step::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]);
    let answer = probe(&["--no-handshake", &fine.target(), &wrong.target()]);
    assert_eq!(answer.code, 1);
    assert!(answer.stdout.starts_with("1 of 2 servers has a problem"), "{}", answer.stdout);
    assert!(answer.stdout.contains(&format!("{} is not an SSH 2 server: HTTP", wrong.target())), "{}", answer.stdout);
    let screen = run(&["--no-handshake", &fine.target(), &wrong.target()], "");
    assert!(!screen.stdout.contains("What it offers") && answer.stdout.contains("What it offers"));
}

#[test]
fn a_server_that_is_given_twice_counts_once_and_that_is_said() {
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1 Debian-2+deb12u7", &modern()));
    let twice = [peer.target(), peer.target()];
    let arguments = ["--no-handshake", &twice[0], &twice[1]];
    let text = probe(&arguments).stdout;
    assert!(!text.contains("All 2 servers"), "{text}");
    assert!(
        text.split_whitespace().collect::<Vec<_>>().join(" ").contains("is given more than once and counts as one"),
        "{text}"
    );
    let (_, answer) = json(&arguments);
    assert_eq!((answer["targets"].as_array().unwrap().len(), answer["warnings"].as_array().unwrap().len()), (2, 1));
}

#[test]
fn a_server_that_cannot_be_reached_is_a_finding() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, answer) = json(&[&free.to_string()]);
    assert_eq!(code, 1);
    let target = &answer["targets"][0];
    assert_eq!((&target["outcome"], &target["error"]["kind"]), (&"unreachable".into(), &"refused".into()));
    assert!(target["offer"].is_null() && target["address"].is_null());
    assert_eq!(target["clients"], serde_json::json!([]));
}

#[test]
fn what_to_check_of_a_server_that_cannot_be_reached_is_said_in_every_form() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (_, answer) = json(&[&free]);
    let check = answer["targets"][0]["error"]["remedy"].as_str().unwrap().to_owned();
    assert!(check.starts_with("Nothing listens on the SSH port"), "{check}");
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for args in [vec![&*free], vec![&free, &free], vec!["--format", "junit", &free]] {
        let screen = run(&args, "").stdout.replace("&apos;", "'");
        assert!(in_one_line(&screen).contains(&check), "{args:?}: {screen}");
    }
    let unknown = json(&["zzz.invalid", "--timeout", "5"]).1["targets"][0]["error"].clone();
    assert!(unknown["remedy"].as_str().unwrap().contains("name"), "{unknown}");
}

#[test]
fn a_silent_server_holds_the_command_no_longer_than_the_timeout() {
    let peer = ScriptedPeer::start(vec![Step::Silence]);
    let (code, answer) = json(&["--timeout", "0.3", &peer.target()]);
    assert_eq!(code, 1);
    assert_eq!(answer["targets"][0]["error"]["kind"], "timed_out");
}

#[test]
fn nothing_of_a_server_reaches_the_terminal_unescaped() {
    let evil = "\x1b[2J\x1b]0;owned\x07\u{9b}31m";
    let mut names = modern();
    names.kex = Some(vec![evil.to_owned(), "ecdh-sha2-nistp521".to_owned()]);
    names.language_c2s = Some(vec![evil.to_owned()]);
    let hello = Step::Send(format!("{evil}\r\nSSH-2.0-{evil}_1 {evil}\r\n").into_bytes());
    let goodbye = [&[1, 0, 0, 0, 2, 0, 0, 0, u8::try_from(evil.len()).unwrap()], evil.as_bytes()].concat();
    for script in [
        vec![hello, kexinit(&names), Step::Silence],
        vec![identification(evil), message(&goodbye)],
        vec![Step::Send(format!("220 {evil}\r\n").into_bytes())],
        vec![Step::Send(evil.as_bytes().to_vec())],
        vec![identification("x_1"), Step::Send(evil.as_bytes().to_vec())],
    ] {
        let peer = ScriptedPeer::start(script);
        for args in [vec![peer.target()], vec![peer.target(), peer.target()]] {
            let args: Vec<_> = args.iter().map(String::as_str).chain(["--no-handshake", "--verbose"]).collect();
            let answer = probe(&args);
            let unsafe_in = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
            assert!(!unsafe_in(&answer.stdout) && !unsafe_in(&answer.stderr), "{:?}", answer.stdout);
            assert!(answer.stdout.contains("\\x1b") || answer.stdout.contains("\\u{1b}"), "{}", answer.stdout);
        }
        json(&["--no-handshake", &peer.target()]);
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_where() {
    assert_eq!(probe(&[]).code, 2);
    assert_eq!(probe(&["--timeout", "0", "localhost"]).code, 2);
    assert_eq!(probe(&["-4", "-6", "localhost"]).code, 2);
    let answer = probe(&["cdr@10.0.0.5"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("give the host alone"), "{}", answer.stderr);
    let answer = run(&["--targets", "-"], "# two\nlocalhost\n\nlocalhost:ssh\n");
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("line 4") && answer.stderr.contains("\"ssh\""), "{}", answer.stderr);
    assert_eq!(run(&["--targets", "-"], "# none\n").code, 2);
}

#[test]
fn what_cannot_be_read_ends_with_3() {
    let answer = probe(&["--targets", "/nonexistent/list"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (3, ""));
    assert!(answer.stderr.contains("/nonexistent/list"), "{}", answer.stderr);
    let broken = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(broken.path(), "this is no profile").unwrap();
    assert_eq!(probe(&["--profile", broken.path().to_str().unwrap(), "localhost"]).code, 3);
    assert_eq!(probe(&["--profile", "cucm-99", "localhost"]).code, 3);
}

#[test]
fn many_silent_servers_cost_little_more_than_one_time_limit() {
    const LIMIT: Duration = Duration::from_secs(4);
    // Nobody accepts: some connections stand and hear nothing, the others are never made.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = ScriptedPeer::start(good("x_1", &modern()));
    let list = format!("{}\n", silent.local_addr().unwrap()).repeat(700) + &peer.target();
    let started = Instant::now();
    let seconds = LIMIT.as_secs().to_string();
    let answer = run(&["--json", "--no-handshake", "--timeout", &seconds, "--targets", "-"], &list);
    let took = started.elapsed();
    assert!(took < 2 * LIMIT, "{took:?}");
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    let targets = answer["targets"].as_array().unwrap();
    let timed_out = targets.iter().filter(|target| target["error"]["kind"] == "timed_out").count();
    assert_eq!((targets.len(), timed_out), (701, 700));
    assert!(targets[700]["offer"].is_object());
}

/// A container may allow a process 64 open files and no more.
#[cfg(unix)]
#[test]
fn more_servers_than_files_may_be_open_are_read_in_turn() {
    let peer = ScriptedPeer::start(good("x_1", &modern()));
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), format!("{}\n", peer.target()).repeat(200)).unwrap();
    let mut command = Command::new("sh");
    let limited = "ulimit -n 64 && exec \"$0\" probe --json --no-handshake --profile cucm-15 --targets \"$1\"";
    command.args(["-c", limited, env!("CARGO_BIN_EXE_cdrdiag"), list.path().to_str().unwrap()]);
    let output = command.env("HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let targets = answer["targets"].as_array().unwrap();
    assert!(targets.len() == 200 && targets.iter().all(|target| target["outcome"] == "accepts"));
}

#[test]
fn what_is_printed_as_it_comes_is_what_a_report_is_made_of() {
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1 Debian-2+deb12u7", &old_mac()));
    let json = |more: &[&str]| {
        let answer = run(&[&["--json", "--no-handshake", &peer.target(), "no.such.host.invalid"], more].concat(), "");
        let mut value: Value = serde_json::from_str(&answer.stdout).unwrap();
        for target in value["targets"].as_array_mut().unwrap() {
            target["timing_ms"] = Value::Null;
        }
        (answer.code, serde_json::to_string_pretty(&value).unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    assert_eq!(json(&[]), json(&["--html", page.to_str().unwrap()]));
}
