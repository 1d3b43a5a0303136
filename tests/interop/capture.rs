//! The real client against `capture`.

use cdrdiag::algorithms::profile_file::{self, ProfileFormat};
use cdrdiag::document::probe::Access;
use cdrdiag::model::offer::{Category, Offer};

use super::jsch;
use super::parts::available;
use super::support::listening::Listening;

#[test]
fn what_is_captured_of_jsch_is_what_its_own_log_says_it_proposed() {
    if !available("what_is_captured_of_jsch_is_what_its_own_log_says_it_proposed", &jsch::PARTS) {
        return;
    }
    let listening = Listening::start(&["--timeout", "60"]);
    let login = jsch::login(listening.address());
    assert_eq!(login.result, Access::Refuses);
    assert!(login.message.contains("cdrdiag has noted"), "an orderly goodbye: {}", login.message);
    let answer = listening.answer();
    assert_eq!(answer.code, 0, "{}", answer.errors);
    let client = &answer.json["clients"][0];
    assert_eq!(client["identification"], "SSH-2.0-JSCH-0.1.54");
    let profile = profile_file::parse(&client["profile"].to_string(), ProfileFormat::Json).unwrap();
    assert_eq!(profile.algorithms, Offer { first_kex_packet_follows: Some(false), ..login.client });
    assert!(Category::ALL.into_iter().all(|category| profile.algorithms.get(category).is_some()));
    assert_eq!(
        (&client["likeness"][0]["profile"], &client["likeness"][0]["equal"]),
        (&"jsch-0.1.54".into(), &true.into())
    );
}
