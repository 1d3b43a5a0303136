//! `cdrdiag capture`: listens until clients have come, the time is over, or Ctrl-C.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use anyhow::{Context as _, Result, anyhow};

use super::Context;
use super::learn::{check_out, write};
use crate::cli;
use crate::document::capture::Stopped;
use crate::exit::Code;
use crate::learn::captured::Captured;
use crate::ssh::deadline::Deadline;
use crate::ssh::listener::{ClientConnection, Listener};

/// The port to which CUCM connects: a billing server's entry has no field for another.
const SFTP: u16 = crate::ssh::PORT;

/// What ends the waiting, or goes into the answer.
enum Event {
    Connection(Box<ClientConnection>),
    Interrupted,
}

/// Captures clients' proposals.
///
/// # Errors
/// When it can't listen there, or the profile can't be written.
pub fn run(args: &cli::Capture, context: &Context<'_>) -> Result<Code> {
    if let Some(out) = &args.out {
        check_out(out)?;
    }
    let listener = Listener::bind(args.listen).map_err(|error| explain(args.listen, &error))?;
    let address = listener.address();
    // As many as may wait while one is looked at; the listener's threads wait for a place.
    let (sender, events) = mpsc::sync_channel(64);
    let interrupted = sender.clone();
    ctrlc::set_handler(move || drop(interrupted.send(Event::Interrupted))).context("cannot wait for Ctrl-C")?;
    listener.receive(sender, |connection| Event::Connection(Box::new(connection))).context("cannot listen")?;
    for line in directions(address, args.count) {
        context.warn(&line);
    }
    let deadline = args.timeout.map(Deadline::after);
    let mut captured = Captured::default();
    let stopped = receive(&events, args.count, deadline, &mut captured, context);
    let mut answer = captured.into_answer(address, stopped);
    let learned = answer.clients.iter_mut().map(|client| &mut client.learned);
    let written = args.out.as_ref().map_or(Ok(()), |out| write(out, learned));
    // Whoever came may not come again: what was seen is told though it can't be written.
    let code = context.answer(&answer)?;
    written.map(|()| code)
}

/// Takes connections until one of the three ends.
fn receive(
    events: &Receiver<Event>,
    count: u32,
    deadline: Option<Deadline>,
    captured: &mut Captured,
    context: &Context<'_>,
) -> Stopped {
    while captured.count() < u64::from(count) {
        let event = match deadline.map(|deadline| deadline.remaining()) {
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(Some(remaining)) => events.recv_timeout(remaining),
            Some(None) => Err(RecvTimeoutError::Timeout),
        };
        match event {
            Ok(Event::Connection(connection)) => {
                match &connection.result {
                    Ok(greeting) => {
                        context.warn(&format!("{} connected: {}", connection.peer, greeting.identification.raw));
                    }
                    Err(error) => context.warn(&format!("{} is not counted: {error}", connection.peer)),
                }
                captured.take(*connection);
            }
            Err(RecvTimeoutError::Timeout) => return Stopped::Timeout,
            Ok(Event::Interrupted) | Err(RecvTimeoutError::Disconnected) => return Stopped::Interrupted,
        }
    }
    Stopped::Count
}

/// What the user has to know while cdrdiag listens: how to bring CUCM here.
fn directions(address: SocketAddr, count: u32) -> Vec<String> {
    let port = address.port();
    let clients = if count == 1 { "a client".to_owned() } else { format!("{count} clients") };
    let mut lines = vec![format!("listening on {address} for {clients}; Ctrl-C ends it")];
    if address.ip().is_loopback() {
        lines.push(format!("CUCM cannot reach {}, only this machine can: for CUCM --listen {port}", address.ip()));
        return lines;
    }
    lines.push(
        "point CUCM here: Cisco Unified Serviceability, Tools > CDR Management, add a billing application server \
         (SFTP, any user and password) with this machine's address"
            .to_owned(),
    );
    if port != SFTP {
        lines.extend([
            format!("CUCM always connects to port {SFTP}; redirect it to {port} (replace CUCM by its address):"),
            format!("  Linux:   iptables -t nat -A PREROUTING -p tcp -s CUCM --dport {SFTP} -j REDIRECT --to-ports {port}   (undo: -D for -A)"),
            "  nftables: nft add table ip cdrdiag   (undo: nft delete table ip cdrdiag)".to_owned(),
            "            nft 'add chain ip cdrdiag prerouting { type nat hook prerouting priority dstnat; }'".to_owned(),
            format!("            nft add rule ip cdrdiag prerouting ip saddr CUCM tcp dport {SFTP} redirect to :{port}"),
            format!("  Windows: netsh interface portproxy add v4tov4 listenport={SFTP} connectport={port} connectaddress=127.0.0.1"),
        ]);
    }
    lines
}

/// Why it can't listen, and what to do about it.
fn explain(address: SocketAddr, error: &io::Error) -> anyhow::Error {
    let port = address.port();
    match error.kind() {
        // Windows lets everybody have the ports below 1024, but not those that another program holds alone.
        io::ErrorKind::PermissionDenied if cfg!(windows) => anyhow!(
            "cannot listen on {address}: another program holds the port (\"netstat -ano | findstr :{port}\" gives its \
             PID; for 22 it may be the service sshd), or Windows reserves it (\"netsh interface ipv4 show \
             excludedportrange tcp\"); choose another port with --listen"
        ),
        io::ErrorKind::PermissionDenied => anyhow!(
            "no permission to listen on {address}: ports below 1024 are the system's. Run it with sudo, or once \
             \"sudo setcap cap_net_bind_service=+ep $(command -v cdrdiag)\", or listen on 2222 and redirect \
             port {port} to it: \"sudo iptables -t nat -A PREROUTING -p tcp --dport {port} -j REDIRECT --to-ports 2222\""
        ),
        io::ErrorKind::AddrInUse => {
            let named_by = if cfg!(windows) {
                format!("netstat -ano | findstr :{port}")
            } else {
                format!("ss -ltnp 'sport = :{port}'")
            };
            anyhow!(
                "cannot listen on {address}: another program does (\"{named_by}\" names it); choose another port with \
                 --listen"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            anyhow!("cannot listen on {address}: this machine has no such address; 0.0.0.0:{port} means all it has")
        }
        _ => anyhow!("cannot listen on {address}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_obstacle_says_what_to_do() {
        let address = "0.0.0.0:22".parse().unwrap();
        let text = |kind| explain(address, &io::Error::from(kind)).to_string();
        let denied = text(io::ErrorKind::PermissionDenied);
        let way_out: &[&str] = if cfg!(windows) { &["netstat", "--listen"] } else { &["setcap", "REDIRECT"] };
        assert!(way_out.iter().all(|word| denied.contains(word)), "{denied}");
        assert!(text(io::ErrorKind::AddrInUse).contains("--listen"));
    }

    #[test]
    fn the_redirect_is_told_only_where_one_is_needed() {
        let lines = |port| directions(SocketAddr::from(([0, 0, 0, 0], port)), 1).join("\n");
        assert!(lines(2222).contains("--to-ports 2222") && lines(2222).contains("netsh"));
        assert!(!lines(22).contains("iptables"));
    }

    #[test]
    fn nobody_points_cucm_to_the_loopback() {
        let told = directions(SocketAddr::from(([127, 0, 0, 1], 2222)), 1).join("\n");
        assert!(told.contains("CUCM cannot reach 127.0.0.1") && !told.contains("point CUCM"), "{told}");
    }
}
