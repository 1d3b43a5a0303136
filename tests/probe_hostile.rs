//! Whatever answers on port 22: the right typed answer, within the deadline.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]

mod support;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use cdrdiag::document::probe::{Access, Outcome, Unproven};
use cdrdiag::model::offer::Offer;
use cdrdiag::ssh::connect::Family;
use cdrdiag::ssh::deadline::Deadline;
use cdrdiag::ssh::handshake::{self, Authentication, Preferences};
use cdrdiag::ssh::packets::NoKexinit;
use cdrdiag::ssh::probe::{self, ProbeError, Reader, Reading};
use cdrdiag::ssh::target::Target;
use support::scripted_peer::{Script, ScriptedPeer, Step, good, identification, kexinit, message, modern, offer};

/// The deadline of a test whose peer answers at once: it is never reached.
const AMPLE: Duration = Duration::from_secs(20);
/// The deadline of a test that runs into it.
const SHORT: Duration = Duration::from_millis(700);
/// What a machine under load may add before a deadline counts as missed.
const SLACK: Duration = Duration::from_secs(8);

fn read(script: Script, time: Duration) -> Reading {
    let peer = ScriptedPeer::start(script);
    let started = Instant::now();
    let target = Target::parse(&peer.target(), 22).unwrap();
    let reading = probe::read(&target, Family::Any, time).unwrap();
    assert!(started.elapsed() < time + SLACK, "the deadline was missed by far: {:?}", started.elapsed());
    assert_eq!(reading.address, Some(peer.address()));
    reading
}

fn verdict(reading: &Reading) -> (&'static str, Outcome) {
    let error = reading.error.as_ref().expect("an error");
    (error.kind(), error.outcome())
}

#[test]
fn a_good_server_gives_its_offer_and_its_identification() {
    let reading = read(good("OpenSSH_9.2p1 Debian-2+deb12u7", &modern()), AMPLE);
    assert_eq!(reading.error, None);
    assert_eq!(reading.offer, Some(modern()));
    let identification = reading.identification.unwrap();
    assert_eq!(identification.version.as_deref(), Some("9.2p1"));
    let steps = [reading.timing.connect, reading.timing.identification, reading.timing.kexinit, reading.timing.total];
    assert!(steps.windows(2).all(|pair| pair[0].unwrap() <= pair[1].unwrap()), "{steps:?}");
}

#[test]
fn a_server_in_pieces_is_put_together() {
    let mut bytes = b"SSH-2.0-x_1\r\n".to_vec();
    let Step::Send(packet) = kexinit(&modern()) else { unreachable!() };
    bytes.extend(packet);
    let reading = read(vec![Step::Drip(bytes, Duration::from_micros(50)), Step::Silence], AMPLE);
    assert_eq!(reading.offer, Some(modern()));
}

#[test]
fn a_server_that_waits_for_the_clients_identification_is_read() {
    let reading = read([vec![Step::ReadLine], good("x_1", &modern())].concat(), AMPLE);
    assert_eq!(reading.offer, Some(modern()));
}

#[test]
fn a_server_that_waits_for_the_clients_kexinit_is_read() {
    let script = vec![identification("x_1"), Step::ReadLine, Step::ReadPacket, kexinit(&modern()), Step::Silence];
    assert_eq!(read(script, AMPLE).offer, Some(modern()));
}

#[test]
fn a_server_of_both_protocols_and_with_a_banner_is_read() {
    let hello = Step::Send(b"Authorised use only\r\nSSH-1.99-OpenSSH_3.9p1\n".to_vec());
    let reading = read(vec![hello, kexinit(&modern()), Step::Silence], AMPLE);
    assert_eq!(reading.offer, Some(modern()));
    let identification = reading.identification.unwrap();
    assert_eq!(identification.protocol.as_deref(), Some("1.99"));
    assert_eq!(identification.preceding_lines, ["Authorised use only"]);
}

#[test]
fn ignore_and_debug_before_kexinit_are_skipped() {
    let script =
        vec![identification("x_1"), message(b"\x02\0\0\0\0"), message(b"\x04\0\0\0\0\0\0\0\0\0"), kexinit(&modern())];
    assert_eq!(read(script, AMPLE).offer, Some(modern()));
}

#[test]
fn a_disconnect_gives_its_reason() {
    let script = vec![identification("x_1"), message(b"\x01\0\0\0\x0c\0\0\0\x10Too many of you!\0\0\0\0")];
    let reading = read(script, AMPLE);
    assert_eq!(verdict(&reading), ("disconnected", Outcome::Error));
    let message = reading.error.unwrap().to_string();
    assert!(message.contains("Too many of you!") && message.contains("12"), "{message}");
    assert!(reading.identification.is_some(), "what was learned before is kept");
}

#[test]
fn a_silent_server_times_out() {
    let reading = read(vec![Step::Silence], SHORT);
    assert_eq!(verdict(&reading), ("timed_out", Outcome::Error));
    assert!(reading.error.unwrap().to_string().contains("it sent nothing"));
}

#[test]
fn a_server_silent_after_its_identification_times_out_with_it() {
    let reading = read(vec![identification("x_1"), Step::Silence], SHORT);
    assert_eq!(verdict(&reading), ("timed_out", Outcome::Error));
    assert_eq!(reading.identification.unwrap().raw, "SSH-2.0-x_1");
}

#[test]
fn a_dripping_server_does_not_hold_the_target() {
    let drip = |bytes: &[u8]| Step::Drip(bytes.repeat(50), Duration::from_millis(100));
    let reading = read(vec![drip(b"SSH-2.0-")], SHORT);
    assert_eq!(verdict(&reading), ("timed_out", Outcome::Error));
    let reading = read(vec![identification("x_1"), drip(&[0])], SHORT);
    assert_eq!(verdict(&reading).1, Outcome::Error);
}

#[test]
fn floods_are_cut_off() {
    let reading = read(vec![Step::Flood(b"0123456789abcdef\n".repeat(4_096))], AMPLE);
    assert_eq!(verdict(&reading), ("not_ssh", Outcome::NotSsh));
    let Step::Send(ignore) = message(&[2; 1_000]) else { unreachable!() };
    let reading = read(vec![identification("x_1"), Step::Flood(ignore)], AMPLE);
    assert_eq!(verdict(&reading), ("flood", Outcome::Error));
}

#[test]
fn an_endless_line_is_cut_off() {
    let reading = read(vec![Step::Flood(vec![b'x'; 65_536])], AMPLE);
    assert_eq!(verdict(&reading), ("not_ssh", Outcome::NotSsh));
    let reading = read(vec![Step::Send(b"SSH-2.0-".to_vec()), Step::Flood(vec![b'x'; 65_536])], AMPLE);
    assert_eq!(verdict(&reading), ("garbled", Outcome::Error));
}

#[test]
fn other_protocols_are_named() {
    for (hello, name) in [
        (&b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..], "HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
        (b"220 (vsFTPd 3.0.3)\r\n", "FTP"),
        (b"220 mail.example.com ESMTP\r\n", "SMTP"),
    ] {
        let reading = read(vec![Step::Send(hello.to_vec())], AMPLE);
        assert_eq!(verdict(&reading), ("not_ssh", Outcome::NotSsh));
        let message = reading.error.unwrap().to_string();
        assert!(message.starts_with(name), "{message}");
    }
}

#[test]
fn an_old_protocol_is_named_and_kept() {
    let reading = read(vec![Step::Send(b"SSH-1.5-OpenSSH_2.1\n".to_vec())], AMPLE);
    assert_eq!(verdict(&reading), ("not_ssh", Outcome::NotSsh));
    assert!(reading.error.unwrap().to_string().contains("1.5"));
    assert_eq!(reading.identification.unwrap().raw, "SSH-1.5-OpenSSH_2.1");
}

#[test]
fn four_gigabytes_are_refused_before_they_come() {
    let reading = read(vec![identification("x_1"), Step::Send(vec![0xff; 64]), Step::Silence], AMPLE);
    assert_eq!(verdict(&reading), ("garbled", Outcome::Error));
}

#[test]
fn lists_longer_than_the_packet_keep_what_came_before() {
    let mut payload = cdrdiag::ssh::kexinit::write(&modern(), [0; 16]);
    payload.truncate(400);
    let reading = read(vec![identification("x_1"), message(&payload)], AMPLE);
    assert_eq!(verdict(&reading), ("garbled", Outcome::Error));
    let partial = reading.offer.unwrap();
    assert_eq!(partial.kex, modern().kex);
    assert_eq!(partial.mac_s2c, None);
}

#[test]
fn names_with_escapes_and_invalid_utf_8_are_kept_visibly() {
    let mut payload = vec![20; 17];
    for list in [&b"\x1b[2J,x\xffy,,z"[..], b"", b"", b"", b"", b"", b"", b"", b"", b""] {
        payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
        payload.extend(list);
    }
    payload.extend([0; 5]);
    let offer = read(vec![identification("x_1"), message(&payload)], AMPLE).offer.unwrap();
    assert_eq!(offer.kex.unwrap(), ["\x1b[2J", "x\\xffy", "", "z"]);
    assert_eq!(offer.host_key, Some(vec![]));
}

#[test]
fn a_message_out_of_place_is_garbled() {
    let reading = read(vec![identification("x_1"), message(&[31; 20]), Step::Silence], AMPLE);
    assert_eq!(reading.error, Some(ProbeError::NoKexinit(NoKexinit::Message(31))));
}

#[test]
fn closed_and_reset_are_told_apart() {
    assert_eq!(verdict(&read(vec![], AMPLE)), ("closed", Outcome::Error));
    assert_eq!(verdict(&read(vec![identification("x_1")], AMPLE)), ("closed", Outcome::Error));
    let reset = vec![identification("x_1"), Step::ReadLine, Step::Wait(Duration::from_millis(100)), Step::Reset];
    assert_eq!(verdict(&read(reset, AMPLE)), ("reset", Outcome::Error));
}

#[test]
fn a_server_that_turns_away_in_plain_text_is_told() {
    let reading = read(vec![Step::Send(b"Exceeded MaxStartups\r\n".to_vec())], AMPLE);
    assert_eq!(verdict(&reading), ("turned_away", Outcome::Error));
}

#[test]
fn one_reader_sees_to_a_crowd_of_hostile_servers_at_once() {
    let drip = Step::Drip(b"SSH-2.0-".repeat(100), Duration::from_millis(50));
    let flood = Step::Flood(vec![b'x'; 65_536]);
    let waits = vec![identification("x_1"), Step::ReadLine, Step::ReadPacket, kexinit(&modern()), Step::Silence];
    let scripts = [vec![drip], vec![flood], vec![Step::Silence], vec![Step::Reset], waits, good("x_1", &modern())];
    let peers: Vec<_> = scripts.iter().cycle().take(60).map(|script| ScriptedPeer::start(script.clone())).collect();
    let (reader, orders) = Reader::new(Family::Any).unwrap();
    let targets = peers.iter().map(|peer| Target::parse(&peer.target(), 22).unwrap()).enumerate();
    orders.read(targets, Duration::from_secs(3));
    drop(orders);
    let mut kinds = vec![None; peers.len()];
    let tell = |number: usize, reading: Reading, _| {
        let kind = reading.error.as_ref().map_or("read", ProbeError::kind);
        assert_eq!(kinds[number].replace(kind), None, "each is told once");
    };
    reader.run(tell).unwrap();
    for kinds in kinds.chunks(scripts.len()) {
        let expected = ["timed_out", "not_ssh", "timed_out", "reset", "read", "read"];
        assert_eq!(kinds, expected.map(Some));
    }
}

#[test]
fn no_connection_is_unreachable_with_its_kind() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let kind = |target: &str, family| {
        let target = Target::parse(target, 22).unwrap();
        let reading = probe::read(&target, family, AMPLE).unwrap();
        let (kind, outcome) = verdict(&reading);
        assert_eq!(outcome, Outcome::Unreachable);
        kind
    };
    assert_eq!(kind(&free.to_string(), Family::Any), "refused");
    assert_eq!(kind(&free.to_string(), Family::V6), "no_address");
}

#[test]
fn a_time_that_is_over_is_over_at_once() {
    let target = Target::parse("127.0.0.1:9", 22).unwrap();
    let reading = probe::read(&target, Family::Any, Duration::ZERO).unwrap();
    assert_eq!(verdict(&reading), ("timed_out", Outcome::Unreachable));
}

fn shake(script: Script, time: Duration) -> cdrdiag::document::probe::Handshake {
    let peer = ScriptedPeer::start(script);
    let preferences = Preferences::of(&modern()).unwrap();
    let started = Instant::now();
    let handshake = handshake::perform(peer.address(), &preferences, Authentication::Ask, Deadline::after(time));
    assert!(started.elapsed() < time + SLACK, "the deadline was missed by far: {:?}", started.elapsed());
    assert!(handshake.performed);
    assert_ne!(handshake.result, Some(Access::Accepts));
    handshake
}

#[test]
fn a_handshake_with_a_dripping_or_silent_server_ends_in_time() {
    let drip = Step::Drip(vec![b'x'; 100], Duration::from_millis(100));
    for script in [vec![Step::Silence], vec![drip]] {
        let handshake = shake(script, SHORT);
        assert_eq!((handshake.result, handshake.unproven), (None, Some(Unproven::TimedOut)));
    }
    // Time enough to get as far as libssh2's own waiting, on a machine under load as well.
    let handshake = shake(good("x_1", &modern()), 4 * SHORT);
    assert!(handshake.error.unwrap().contains("did not finish within"));
}

#[test]
fn a_handshake_with_a_flooding_server_is_cut_off() {
    // libssh2 keeps each of these for later: the relay has to end it.
    let Step::Send(unexpected) = message(&[94; 1_000]) else { unreachable!() };
    let handshake = shake(vec![identification("x_1"), kexinit(&modern()), Step::Flood(unexpected)], AMPLE);
    assert!(handshake.error.is_some());
    assert_eq!((handshake.result, handshake.unproven), (Some(Access::Refuses), None));
}

/// What a server says that is then given up, or that gives up: both lists, and nothing more.
fn lists(then: Step) -> Script {
    vec![identification("OpenSSH_9.2p1"), kexinit(&agreeing()), Step::ReadLine, Step::ReadPacket, then]
}

#[test]
fn a_connection_that_ends_before_the_lists_is_tried_once_more_and_proves_nothing() {
    let preferences = Preferences::of(&modern()).unwrap();
    for away in [vec![], vec![Step::Reset], vec![identification("x_1")], vec![identification("x_1"), Step::Reset]] {
        let shake = |scripts| {
            let peer = ScriptedPeer::in_turn(scripts);
            let deadline = Deadline::after(AMPLE);
            let handshake = handshake::perform(peer.address(), &preferences, Authentication::Leave, deadline);
            (handshake.result, handshake.unproven, peer.calls())
        };
        assert_eq!(shake(vec![away.clone()]), (None, Some(Unproven::TurnedAway), 2), "{away:?}");
        let then_lists = vec![away.clone(), lists(Step::Reset)];
        assert_eq!(shake(then_lists), (Some(Access::Refuses), None, 2), "{away:?}");
    }
}

/// What `probe` says of a peer, as JSON and to people, and how often it called.
fn told(start: impl Fn() -> ScriptedPeer) -> (serde_json::Value, String, usize) {
    let run = |arguments: &[&str]| {
        let peer = start();
        let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
        command.args(["probe", "--timeout", "4", &peer.target()]).args(arguments);
        let output = command.env("HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        (String::from_utf8(output.stdout).unwrap(), peer.calls())
    };
    let (json, calls) = run(&["--json"]);
    (serde_json::from_str(&json).unwrap(), run(&[]).0, calls)
}

#[test]
fn a_server_that_turns_handshakes_away_is_not_told_to_change_its_algorithms() {
    let (answer, text, calls) = told(|| ScriptedPeer::in_turn(vec![lists(Step::Silence), vec![Step::Reset]]));
    let target = &answer["targets"][0];
    for client in target["clients"].as_array().unwrap() {
        let handshake = &client["handshake"];
        assert_eq!((&handshake["unproven"], &client["verdict"]), (&"turned_away".into(), &"refuses".into()));
        assert!(handshake["broken"].is_null() && handshake["experiments"] == serde_json::json!([]), "{handshake}");
        assert_eq!(client["remedy"], serde_json::json!([]));
    }
    assert_eq!(calls, 3, "one to read the lists, and a handshake that is tried twice");
    assert!(text.contains("is not proven to accept") && text.contains("PerSourceMaxStartups"), "{text}");
    assert!(!text.contains("take ") && !text.contains(" accepts "), "{text}");
}

#[test]
fn a_server_that_falls_silent_in_the_key_exchange_accepts_nobody() {
    let (answer, text, _) = told(|| ScriptedPeer::start(lists(Step::Silence)));
    let target = &answer["targets"][0];
    assert_eq!(target["outcome"], "refuses");
    for client in target["clients"].as_array().unwrap() {
        assert_eq!((&client["result"], &client["verdict"]), (&"accepts".into(), &"refuses".into()));
        assert_eq!(client["handshake"]["unproven"], "timed_out");
    }
    assert!(text.contains("the key exchange did not finish within") && text.contains("MTU"), "{text}");
    assert!(!text.contains(" accepts ") && !text.contains("fails"), "{text}");
}

#[test]
fn a_server_that_hangs_up_before_its_lists_is_not_asked_about_groups() {
    for end in [vec![], vec![Step::Reset]] {
        // A reset that comes at once takes with it what was not read yet.
        let read_first = Step::Wait(Duration::from_millis(500));
        let script = [vec![identification("Foo_1.0"), read_first], end].concat();
        let (answer, text, _) = told(|| ScriptedPeer::start(script.clone()));
        let remedy = answer["targets"][0]["error"]["remedy"].as_str().unwrap();
        assert!(remedy.contains("MaxStartups") && remedy.contains("firewall") && remedy.contains("log"), "{remedy}");
        assert!(!text.contains("GEX") && !text.contains("group"), "{text}");
    }
}

/// What agrees with all of CUCM's releases, so that a failed handshake is looked into.
fn agreeing() -> Offer {
    offer(
        "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha1",
        "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256,ssh-ed25519",
        "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,3des-cbc",
        "hmac-sha2-256,hmac-sha2-512,hmac-sha1",
    )
}

#[test]
fn a_server_that_fails_every_handshake_is_asked_a_bounded_number_of_times() {
    let begin = || vec![identification("x_1"), kexinit(&agreeing()), Step::ReadLine, Step::ReadPacket];
    let then = |steps: Vec<Step>| [begin(), steps].concat();
    let Step::Send(reply) = message(&[31; 400]) else { unreachable!() };
    let Step::Send(ignored) = message(&vec![2; 30_000]) else { unreachable!() };
    for (what, script) in [
        ("closes", then(vec![])),
        ("resets", then(vec![Step::Reset])),
        ("says nonsense", then(vec![Step::Send(reply.clone())])),
        ("repeats itself", then(vec![Step::Flood(reply)])),
        ("has much to be ignored", then(vec![Step::Flood(ignored)])),
        ("lies about a length", then(vec![Step::Send(vec![0xff; 64]), Step::Silence])),
        ("says nothing more", then(vec![Step::Silence])),
        ("drips", then(vec![Step::Drip(vec![0; 600], Duration::from_millis(50))])),
    ] {
        let peer = ScriptedPeer::start(script);
        let started = Instant::now();
        let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
        command.args(["probe", "--json", "--timeout", "3", &peer.target()]).env("HOME", env!("CARGO_TARGET_TMPDIR"));
        let output = command.output().unwrap();
        assert!(started.elapsed() < Duration::from_secs(3) + SLACK, "{what}: {:?}", started.elapsed());
        assert_eq!(output.status.code(), Some(1), "{what}");
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let target = &answer["targets"][0];
        let clients = target["clients"].as_array().unwrap();
        assert_eq!(target["outcome"], "refuses", "{what}");
        let fails = |client: &serde_json::Value| client["result"] == "accepts" && client["verdict"] == "refuses";
        assert!(clients.iter().any(fails), "{what}: {answer}");
        // One to read the lists, one for each client, and eight to find out why.
        assert!((2..=1 + clients.len() + 8).contains(&peer.calls()), "{what}: {} connections", peer.calls());
    }
}
