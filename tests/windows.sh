#!/usr/bin/env bash
# Builds cdrdiag.exe, one self-contained file, and tests it under Wine. A check before a release: it is no part of
# .ci/run, since its first run compiles Rust's library, OpenSSL and every dependency for Windows (later ones, only what
# has changed). What is missing is installed where this machine lets us (Debian 12 and newer: apt-get, as root or with
# sudo without a password), else it ends at once and says what is missing.
#
#   tests/windows.sh            builds and tests
#   tests/windows.sh probe      builds, and tests only what has "probe" in its name
#
#   CDRDIAG_WINDOWS_TARGET=DIR  what is built lies here [default: ~/.cache/cdrdiag-windows]
#   CDRDIAG_WINDOWS_SHIP=1      optimises as for a release; without it, quickly
#   CDRDIAG_WINDOWS_EXE=FILE    tests this program and builds none
#   CDRDIAG_LINUX=FILE          the program whose answers count [default: target/debug/cdrdiag, built first]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly target=x86_64-pc-windows-gnu
readonly folder=${CDRDIAG_WINDOWS_TARGET:-${XDG_CACHE_HOME:-$HOME/.cache}/cdrdiag-windows}
readonly distribution=/usr/bin

say() { printf 'tests/windows.sh: %s\n' "$*" >&2; }
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

rustup_has_target() { command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx "$target"; }

find_wine() {
    local place
    for place in "$(command -v wine64 || true)" /usr/lib/wine/wine64 "$(command -v wine || true)"; do
        if [ -x "$place" ]; then
            echo "$place"
            return
        fi
    done
}

missing_packages() {
    command -v x86_64-w64-mingw32-gcc >/dev/null || echo gcc-mingw-w64-x86-64
    [ -n "$(find_wine)" ] || echo wine64
    [ -x /usr/sbin/sshd ] || command -v sshd >/dev/null || echo openssh-server
    command -v ssh >/dev/null && command -v ssh-keygen >/dev/null || echo openssh-client
    local tool
    for tool in jq zip gzip perl make; do
        command -v $tool >/dev/null || echo $tool
    done
    command -v script >/dev/null || echo bsdutils
    if [ -z "${CDRDIAG_WINDOWS_EXE:-}" ] && ! rustup_has_target; then
        [ -x $distribution/rustc ] || echo rustc-web
        [ -x $distribution/cargo ] || echo cargo-web
        [ -e "$("$distribution/rustc" --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/vendor" ] ||
            echo rust-web-src
    fi
}

build_exe() {
    if [ -z "${CDRDIAG_WINDOWS_SHIP:-}" ]; then
        export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
    fi
    local arguments=(build --locked --release --target "$target" --target-dir "$folder" --bin cdrdiag)
    if rustup_has_target; then
        cargo "${arguments[@]}"
    else
        # Debian's Rust brings no library for Windows, but its source. Building that is unstable, hence the variable.
        RUSTC_BOOTSTRAP=1 RUSTC=$distribution/rustc $distribution/cargo "${arguments[@]}" \
            -Zbuild-std=std,panic_unwind
    fi
}

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then
    install "${missing[@]}" || say "no right to install packages here, or no such packages"
    mapfile -t missing < <(missing_packages)
fi
if [ "${#missing[@]}" -gt 0 ]; then
    say "MISSING, so that nothing was built or tested for Windows: ${missing[*]}"
    say "install with: apt-get install ${missing[*]}"
    exit 1
fi

mkdir -p "$folder"
if [ -n "${CDRDIAG_LINUX:-}" ]; then
    linux=$(realpath "$CDRDIAG_LINUX")
else
    cargo build --locked --bin cdrdiag
    linux=$(realpath "${CARGO_TARGET_DIR:-target}/debug/cdrdiag")
fi
if [ -n "${CDRDIAG_WINDOWS_EXE:-}" ]; then
    built=$(realpath "$CDRDIAG_WINDOWS_EXE")
else
    build_exe
    built=$folder/$target/release/cdrdiag.exe
fi

wine=$(find_wine)
export linux built wine
export WINEPREFIX=$folder/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
exec tests/windows/checks.sh "$@"
