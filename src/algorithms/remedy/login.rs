//! The change on a server that takes no password, which is how CUCM logs in.

use super::way::sentence_case;
use crate::algorithms::products::{Configuration, PasswordLogin};
use crate::algorithms::server::Server;
use crate::document::probe::Target;
use crate::document::remedy::Remedy;

/// How the server is made to take CUCM's password; `None` where it takes one, or did not name its login methods.
pub fn password_login(target: &Target) -> Option<Remedy> {
    if !target.takes_no_password() {
        return None;
    }
    let identification = target.identification.as_ref();
    let software = identification.and_then(Server::recognise);
    let blank = Remedy {
        server: target.target.clone(),
        software: software.as_ref().map(Server::title).or_else(|| identification?.product()),
        weakens: Some("passwords can be guessed: allow them for CUCM's account and addresses alone".to_owned()),
        ..Remedy::default()
    };
    let why =
        format!("It rejects password login, which CUCM needs: it offers {} only.", target.auth_methods().join(", "));
    let change = "Allow password logins for CUCM's account.".to_owned();
    let way = software.as_ref().and_then(|server| Some((server, server.product.password.as_ref()?)));
    Some(match way {
        Some((server, PasswordLogin::Line(line))) => {
            with_line(blank, server, line).with_texts(why, change, how(server))
        }
        Some((_, PasswordLogin::Steps(steps))) => blank.with_texts(why, change, format!("{}.", sentence_case(steps))),
        None => {
            let how = "Look for its login or authentication methods in its manual.".to_owned();
            blank.with_texts(why, change, how)
        }
    })
}

fn with_line(blank: Remedy, server: &Server, line: &str) -> Remedy {
    let Configuration::Lines(lines) = &server.product.configuration else { return blank };
    Remedy {
        file: Some(server.file(lines).to_owned()),
        directive: line.split(' ').next().map(str::to_owned),
        line: Some(line.to_owned()),
        commands: server.commands(lines),
        ..blank
    }
}

/// Where the line goes, and what else may stand in its way (`sshd_config(5)`).
fn how(server: &Server) -> String {
    let place = match &server.product.configuration {
        Configuration::Lines(lines) => format!("Put it {}. ", lines.place),
        _ => String::new(),
    };
    format!(
        "{place}For CUCM alone: at the end, below a Match line with its account (User) and addresses (Address). \
         AuthenticationMethods, where it is set, must allow password, too."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::probe::{Client, Handshake, Identification};

    fn keys_only(raw: &str) -> Target {
        let mut client: Client = serde_json::from_value(serde_json::json!({
            "profile": "cucm-14", "result": "accepts", "verdict": "accepts", "stage": null, "agreed": {}, "missing": [],
            "handshake": null, "remedy": []
        }))
        .unwrap();
        client.handshake = Some(Handshake { auth_methods: vec!["publickey".into()], ..Handshake::default() });
        let identification = Some(Identification { raw: raw.to_owned(), ..Identification::default() });
        Target { target: "billing".into(), identification, clients: vec![client], ..Target::default() }
    }

    #[test]
    fn sshd_gets_the_line_the_check_and_the_reload() {
        let found = password_login(&keys_only("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7")).unwrap();
        assert_eq!(found.line.as_deref(), Some("PasswordAuthentication yes"));
        assert_eq!((found.file.as_deref(), found.server.as_str()), (Some("/etc/ssh/sshd_config"), "billing"));
        assert_eq!(found.commands, ["sshd -t", "systemctl reload ssh"]);
        assert!(found.why.ends_with("it offers publickey only.") && found.weakens.is_some());
        let windows = password_login(&keys_only("SSH-2.0-OpenSSH_for_Windows_9.5")).unwrap();
        assert_eq!(windows.commands, ["sshd.exe -t", "Restart-Service sshd"]);
    }

    #[test]
    fn another_product_gets_words_and_a_server_that_takes_a_password_nothing() {
        for (raw, words) in [
            ("SSH-2.0-dropbear_2022.83", "without -s"),
            ("SSH-2.0-mod_sftp/1.3", "SFTPAuthMethods"),
            ("SSH-2.0-tinyssh_2023 x", "public keys only"),
            ("SSH-2.0-Nobody", "manual"),
        ] {
            let found = password_login(&keys_only(raw)).unwrap();
            assert!(found.line.is_none() && found.how.contains(words), "{raw}: {}", found.how);
        }
        let mut target = keys_only("SSH-2.0-OpenSSH_9.2p1");
        target.clients[0].handshake.as_mut().unwrap().auth_methods.push("password".into());
        assert_eq!(password_login(&target), None);
    }
}
