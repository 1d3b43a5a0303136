#!/usr/bin/env bash
# Builds the Debian package, installs it, checks what it brings, and removes it clean. Needs root, dpkg and cargo-deb
# (`cargo install cargo-deb --locked`). Arguments go to `cargo build`, after the profile:
#
#   tests/deb.sh                                  the package that people get
#   tests/deb.sh dev --no-default-features        the same from a build for tests, which is quick
#
#   CDRDIAG_BUILT=1                               packs the binary that lies in target/ already, and builds none
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'tests/deb.sh: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "installing needs root"
cargo deb --version >/dev/null || fail "cargo-deb is missing: cargo install cargo-deb --locked"
dpkg -s cdrdiag >/dev/null 2>&1 && fail "cdrdiag is installed here already"

profile=${1:-release}
shift || true
case $profile in
    dev) built=target/debug ;;
    *) built=target/$profile ;;
esac
work=$(mktemp -d)
trap 'dpkg --purge cdrdiag >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

[ -n "${CDRDIAG_BUILT:-}" ] || cargo build --locked --profile "$profile" "$@"
rm -rf target/home
packaging/assets.sh "$built/cdrdiag" target/home
cargo deb --locked --no-build --profile "$profile" --output "$work/cdrdiag.deb"

dpkg --install "$work/cdrdiag.deb"
expected=(
    /usr/bin/cdrdiag
    /usr/share/bash-completion/completions/cdrdiag
    /usr/share/fish/vendor_completions.d/cdrdiag.fish
    /usr/share/zsh/vendor-completions/_cdrdiag
    /usr/share/man/man1/cdrdiag.1.gz
    /usr/share/man/man1/cdrdiag-parse-log.1.gz
    /usr/share/doc/cdrdiag/copyright
)
mapfile -t installed < <(dpkg --listfiles cdrdiag)
for file in "${expected[@]}"; do
    printf '%s\n' "${installed[@]}" | grep -qx "$file" || fail "the package lacks $file"
done
[ "$(/usr/bin/cdrdiag --version)" = "cdrdiag $(dpkg-query --show --showformat='${Version}' cdrdiag | sed 's/-[^-]*$//')" ] ||
    fail "the package's version is not the binary's"
code=0
/usr/bin/cdrdiag parse-log fixtures/cdrrepmgr00073.log >/dev/null || code=$?
[ "$code" = 1 ] || fail "parse-log on the fixture ended with $code"

dpkg --purge cdrdiag
for file in "${installed[@]}"; do
    case $file in
        *cdrdiag*) [ ! -e "$file" ] || fail "$file stayed behind" ;;
    esac
done
echo "tests/deb.sh: the package installs, works, and is removed clean"
