#!/usr/bin/env bash
# The test command: all of cdrdiag's tests, with the real servers and clients that some of them talk to. What is missing
# is installed where this machine lets us (apt-get; root, or sudo without a password), else those tests skip themselves
# and say so. With CI=true nothing may be missing. Arguments go to `cargo test`:
#
#   tests/run.sh                            everything
#   tests/run.sh --test parse_log           one file
#   tests/run.sh --no-default-features      with the system's OpenSSL, which builds faster
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'tests/run.sh: %s\n' "$*" >&2; }
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

# What is looked for, and the package of Debian and Ubuntu that brings it.
peers=(
    "sshd openssh-server"
    "ssh-keygen openssh-client"
    "dropbear dropbear-bin"
    "tinysshd tinysshd"
    "/usr/share/java/jsch.jar libjsch-java"
    "javac default-jdk-headless"
    "nmap nmap"
    "ssh-audit ssh-audit"
    "socat socat"
    "jq jq"
    "chromium chromium"
    "pdftotext poppler-utils"
    "/usr/lib/python3/dist-packages/asyncssh python3-asyncssh"
)

has() { # PROGRAM|/FILE; servers are seldom in a user's PATH
    case $1 in
        /*) [ -e "$1" ] ;;
        *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
    esac
}

missing_packages() {
    local peer
    for peer in "${peers[@]}"; do
        has "${peer% *}" || echo "${peer#* }"
    done
}

for tool in cargo cc perl make; do
    has "$tool" || { say "$tool is missing: install Rust (https://rustup.rs), a C compiler, perl and make"; exit 1; }
done

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then
    install "${missing[@]}" || say "no right to install packages here"
    mapfile -t missing < <(missing_packages)
fi
if [ "${#missing[@]}" -gt 0 ]; then
    say "MISSING, so that the tests which need them are skipped: ${missing[*]}"
    say "install them with: apt-get install ${missing[*]}"
fi
if [ "${CI:-}" = true ]; then
    export CDRDIAG_REQUIRE_PEERS=1
fi

exec cargo test --locked "$@"
