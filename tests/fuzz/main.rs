//! Every parser of foreign bytes, on what nobody foresaw: random bytes, fixtures that are flipped, cut, spliced and
//! repeated, and fixtures that grow. Whatever comes: no panic, an end, an answer in bounds that is the same twice,
//! valid by its schema, and without a character that a terminal obeys or hides.
//!
//! A few cases each, so that every run of the tests can have them. Longer, as a release needs it:
//!
//!     PROPTEST_CASES=20000 cargo test --release --lib --test fuzz
//!
//! What is nobody's API (journals, passwords, lists of targets, the exchange with a node) has its properties beside the
//! code: `--lib`.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

mod answers;
mod growth;
mod inputs;
mod parsers;

use proptest::test_runner::{Config, RngSeed};

/// How often a property is tried: so often, or as the environment says. A run in which nobody asks for more tries the
/// same inputs each time.
fn cases(number: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let (cases, rng_seed) =
        if asked { (Config::default().cases, RngSeed::Random) } else { (number, RngSeed::Fixed(15)) };
    Config { cases, rng_seed, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() }
}
