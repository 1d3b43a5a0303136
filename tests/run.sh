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

install() { # PACKAGE…
    local root=()
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        root=(sudo -n)
    fi
    say "installing $*"
    # No server may start on its own: the tests start theirs, on ports of their own. Where there is no policy, one that
    # forbids it holds while apt-get runs.
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null
        "${root[@]}" chmod +x $policy
        # shellcheck disable=SC2064 # these words are to be fixed now
        trap "${root[*]} rm -f $policy" RETURN
    fi
    # A package that is not to be had must not keep the others away.
    {
        "${root[@]}" apt-get update -qq
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" ||
            for package in "$@"; do
                "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
                    apt-get install -y -qq --no-install-recommends "$package" || say "$package can't be installed"
            done
    } >&2
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
