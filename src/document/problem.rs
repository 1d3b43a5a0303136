//! What is wrong with a server that was examined: the one source of verdict, exit code, headlines, `JUnit` and
//! Prometheus.

use super::obstacle::in_words;
use super::probe::{Access, Client, Outcome, Target, TargetError};
use crate::model::stage::Stage;

/// Something that keeps CUCM out of a server, or that makes the verdict on it doubtful.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Problem<'a> {
    /// There is no offer to judge by.
    NoAnswer(Outcome, Option<&'a TargetError>),
    /// The lists keep this client out.
    ListsRefuse(&'a Client),
    /// The lists let this client in, and a real handshake by them fails.
    HandshakeFails(&'a Client),
    /// The lists let this client in, and no handshake came far enough to prove it.
    Unproven(&'a Client),
    /// The server named its login methods, and CUCM's is not among them.
    NoPassword(&'a [String]),
    /// A real handshake went otherwise than the lists of this client predict.
    NotAsPredicted(&'a Client),
}

impl<'a> Problem<'a> {
    /// Whether it concerns this client: its own, or one of the server as a whole.
    pub fn concerns(&self, profile: &str) -> bool {
        match self {
            Self::NoAnswer(..) | Self::NoPassword(_) => true,
            Self::ListsRefuse(client)
            | Self::HandshakeFails(client)
            | Self::Unproven(client)
            | Self::NotAsPredicted(client) => client.profile == profile,
        }
    }

    /// The stage at which it strikes, as `clients[].stage` names it; what the server comes to where there is no
    /// answer.
    pub fn stage(&self) -> &'a str {
        match self {
            Self::NoAnswer(outcome, _) => outcome.name(),
            Self::ListsRefuse(client) => client.stage.map_or("unknown", Stage::name),
            Self::HandshakeFails(_) | Self::Unproven(_) | Self::NotAsPredicted(_) => "handshake",
            Self::NoPassword(_) => "authentication",
        }
    }
}

impl Target {
    /// All that is wrong with it: what concerns it as a whole first, then client by client.
    pub fn problems(&self) -> Vec<Problem<'_>> {
        if !matches!(self.outcome, Outcome::Accepts | Outcome::Refuses) {
            return vec![Problem::NoAnswer(self.outcome, self.error.as_ref())];
        }
        let login = self.takes_no_password().then(|| Problem::NoPassword(self.auth_methods()));
        login.into_iter().chain(self.clients.iter().flat_map(Client::problems)).collect()
    }

    /// Whether nothing is wrong with it.
    pub fn is_fine(&self) -> bool {
        self.problems().is_empty()
    }

    /// Draws the verdicts and the outcome from what is known by now: the lists, the handshakes, the login methods.
    pub fn conclude(&mut self) {
        let takes_no_password = self.takes_no_password();
        for client in &mut self.clients {
            let fails = client.handshake_fails() || client.unproven().is_some();
            let stays_out = client.result == Access::Refuses || fails || takes_no_password;
            client.verdict = if stays_out { Access::Refuses } else { Access::Accepts };
        }
        let all = self.clients.iter().all(Client::gets_in);
        self.outcome = if all { Outcome::Accepts } else { Outcome::Refuses };
    }

    /// Whether the server named its login methods, and CUCM's is not among them: it logs in by password, which
    /// JSch gives as `password` or `keyboard-interactive`.
    pub fn takes_no_password(&self) -> bool {
        let methods = self.auth_methods();
        !methods.is_empty()
            && !methods.iter().any(|method| matches!(method.as_str(), "password" | "keyboard-interactive"))
    }

    /// What to mind where the server asks for the password by `keyboard-interactive` alone: JSch answers one hidden
    /// prompt that contains `password:` (`UserAuthKeyboardInteractive`).
    pub fn login_note(&self) -> Option<&'static str> {
        let offers = |method: &str| self.auth_methods().iter().any(|offered| offered == method);
        (offers("keyboard-interactive") && !offers("password")).then_some(
            "password login is off, but keyboard-interactive is on: CUCM's client answers it with the password where \
             the only prompt is a hidden one that contains \"password:\"; cdrdiag deliver shows whether that is so",
        )
    }

    /// Whether the lists let some client in, and a real handshake by them fails.
    pub fn handshake_fails(&self) -> bool {
        self.clients.iter().any(Client::handshake_fails)
    }

    /// Whether a handshake proved nothing, and nothing else is known to keep a client out.
    pub fn is_only_unproven(&self) -> bool {
        let problems = self.problems();
        !problems.is_empty() && problems.iter().all(|problem| matches!(problem, Problem::Unproven(_)))
    }

    /// The login methods that the server named to a handshake; empty where it named none.
    pub fn auth_methods(&self) -> &[String] {
        let handshakes = self.clients.iter().filter_map(|client| client.handshake.as_ref());
        let named = handshakes.map(|handshake| handshake.auth_methods.as_slice()).find(|methods| !methods.is_empty());
        named.unwrap_or_default()
    }
}

impl Client {
    /// Why its lists keep it out, in a few words; `None` where they let it in.
    pub fn refusal(&self) -> Option<String> {
        let at_a_stage = || self.stage.map_or_else(|| "refused".to_owned(), |stage| format!("at {stage}"));
        let why = || if self.obstacles.is_empty() { at_a_stage() } else { in_words(&self.obstacles) };
        (self.result == Access::Refuses).then(why)
    }

    /// What is wrong for this client, but for the server's login methods.
    fn problems(&self) -> impl Iterator<Item = Problem<'_>> {
        let fails = self.handshake_fails();
        let kept_out = match self.result {
            Access::Refuses => Some(Problem::ListsRefuse(self)),
            Access::Accepts if fails => Some(Problem::HandshakeFails(self)),
            Access::Accepts => self.unproven().map(|_| Problem::Unproven(self)),
        };
        let otherwise = (self.disagreement.is_some() && !fails).then_some(Problem::NotAsPredicted(self));
        kept_out.into_iter().chain(otherwise)
    }

    /// Whether the lists let it in, and a real handshake by them fails.
    pub fn handshake_fails(&self) -> bool {
        let result = self.handshake.as_ref().and_then(|handshake| handshake.result);
        self.result == Access::Accepts && self.disagreement.is_some() && result == Some(Access::Refuses)
    }

    /// Why no handshake proves that it gets in, though its lists let it in, and what to check; `None` where one does, or
    /// where none was asked for.
    pub fn unproven(&self) -> Option<String> {
        let handshake = self.handshake.as_ref().filter(|_| self.result == Access::Accepts)?;
        let advice = handshake.unproven?.advice();
        let error = handshake.error.as_deref().unwrap_or("the handshake did not end");
        Some(format!("{error}; {advice}"))
    }

    /// Whether it gets in by all that is known.
    pub fn gets_in(&self) -> bool {
        self.verdict == Access::Accepts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::probe::{Handshake, Unproven};
    use crate::document::{Document, Verdict, probe::Probe};

    fn client(result: &str, handshake: impl Into<Option<Handshake>>, disagreement: Option<&str>) -> Client {
        let mut client: Client = serde_json::from_value(serde_json::json!({
            "profile": "cucm-14", "result": result, "verdict": result, "stage": null, "agreed": {}, "missing": [],
            "handshake": null, "remedy": []
        }))
        .unwrap();
        client.handshake = handshake.into();
        client.disagreement = disagreement.map(str::to_owned);
        client
    }

    fn target(client: Client) -> Target {
        let mut target = Target { target: "billing".into(), clients: vec![client], ..Target::default() };
        target.conclude();
        target
    }

    fn shaken(result: Access, methods: &[&str]) -> Handshake {
        let auth_methods = methods.iter().map(|method| (*method).to_owned()).collect();
        Handshake { performed: true, result: Some(result), auth_methods, ..Handshake::default() }
    }

    fn unproven() -> Handshake {
        Handshake { performed: true, unproven: Some(Unproven::TimedOut), ..Handshake::default() }
    }

    #[test]
    fn outcome_and_verdict_are_the_judgement_as_a_whole_and_the_result_stays_what_the_lists_say() {
        let password = ["publickey", "password"];
        let cases = [
            (client("accepts", None, None), Access::Accepts, "[]"),
            (client("accepts", shaken(Access::Accepts, &password), None), Access::Accepts, "[]"),
            (client("accepts", shaken(Access::Refuses, &[]), Some("it closed")), Access::Refuses, "[HandshakeFails"),
            (client("accepts", unproven(), None), Access::Refuses, "[Unproven"),
            (client("refuses", unproven(), None), Access::Refuses, "[ListsRefuse"),
            (client("accepts", shaken(Access::Accepts, &["publickey"]), None), Access::Refuses, "[NoPassword"),
            (client("accepts", shaken(Access::Accepts, &password), Some("other")), Access::Accepts, "[NotAsPredicted"),
            (client("refuses", shaken(Access::Accepts, &password), Some("odd")), Access::Refuses, "[ListsRefuse"),
        ];
        for (client, verdict, problems) in cases {
            let result = client.result;
            let target = target(client);
            assert_eq!((target.clients[0].result, target.clients[0].verdict), (result, verdict), "{problems}");
            let expected = if verdict == Access::Accepts { Outcome::Accepts } else { Outcome::Refuses };
            assert_eq!(target.outcome, expected, "{problems}");
            let found = format!("{:?}", target.problems());
            assert!(found.starts_with(problems), "{found}");
            let probe = Probe { profiles: Vec::new(), targets: vec![target], warnings: Vec::new() };
            assert_eq!(probe.verdict() == Verdict::Ok, problems == "[]");
        }
    }

    #[test]
    fn a_login_without_password_concerns_every_client_and_a_handshake_its_own_only() {
        let strict = target(client("accepts", shaken(Access::Accepts, &["publickey"]), None));
        assert!(strict.problems()[0].concerns("cucm-15"));
        assert_eq!(strict.problems()[0].stage(), "authentication");
        let broken = target(client("accepts", shaken(Access::Refuses, &[]), Some("it closed")));
        assert!(broken.problems()[0].concerns("cucm-14") && !broken.problems()[0].concerns("cucm-15"));
    }

    #[test]
    fn a_server_without_an_answer_has_that_one_problem() {
        let silent = Target { outcome: Outcome::Unreachable, ..Target::default() };
        assert_eq!(silent.problems(), [Problem::NoAnswer(Outcome::Unreachable, None)]);
    }
}
