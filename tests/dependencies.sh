#!/usr/bin/env bash
# Licences, second versions and sources of what is built into cdrdiag, against deny.toml. Needs no network once cargo has
# the crates. Without cargo-deny (`cargo install cargo-deny --locked`) it says so and checks nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! cargo deny --version >/dev/null 2>&1; then
    echo "tests/dependencies.sh: SKIPPED, no licence was checked: cargo install cargo-deny --locked" >&2
    exit 0
fi

cargo fetch --locked --quiet
# A rule of deny.toml that no longer applies is a failure too: it would let a later crate through unseen.
exec cargo deny --offline --locked check --deny warnings licenses bans sources
