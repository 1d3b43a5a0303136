#!/usr/bin/env bash
# How fast `cdrdiag probe` is beside its peers, all in one run on this machine:
#   one    one sshd on localhost: cdrdiag with and without the handshake, nmap's ssh2-enum-algos
#   many   1,000 local servers that delay 20 ms a leg: cdrdiag --targets, ssh-audit -T --threads 256, and what the
#          servers themselves take: the floor, which is a client that reads and makes nothing of it, and processor time
# Usage: benches/probe_peers.sh [one|many|all]. Needs hyperfine; sshd and nmap; ssh-audit.
# CDRDIAG names the binary to measure (default: the release build), RUNS and MANY_RUNS how often.
set -eu
cd "$(dirname "$0")/.."

part=${1:-all}
target=${CARGO_TARGET_DIR:-target}
cdrdiag=${CDRDIAG:-$target/release/cdrdiag}
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

[ -x "$cdrdiag" ] || { echo "no $cdrdiag: cargo build --release first" >&2; exit 3; }

# The median of each command of hyperfine's CSV, and its share of the last one's.
medians() {
    awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        { name[NR] = $column["command"]; median[NR] = $column["median"]; last = NR }
        END {
            for (i = 2; i <= last; i++)
                printf "%-34s median %9.1f ms   %6.3f of %s\n", name[i], 1000 * median[i], median[i] / median[last], name[last]
        }' "$1"
}

# What a process took so far, in ms, with its children that are over.
used() {
    awk -v hertz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13 + $14 + $15) * 1000 / hertz }' "/proc/$1/stat"
}

# What a command takes, and what the servers take meanwhile: the means of ten runs, as the clock of /proc is coarse.
processor_time() {
    name=$1
    shift
    ours=$(used $$) theirs=$(used "$server")
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        "$@" > /dev/null 2>&1 || true
    done
    awk -v name="$name" -v ours="$ours" -v ours_now="$(used $$)" -v theirs="$theirs" -v theirs_now="$(used "$server")" 'BEGIN {
        printf "%-34s client %9.1f ms   servers %7.1f ms\n", name, (ours_now - ours) / 10, (theirs_now - theirs) / 10 }'
}

one() {
    ssh-keygen -q -t rsa -b 3072 -N '' -f "$work/rsa"
    ssh-keygen -q -t ecdsa -N '' -f "$work/ecdsa"
    ssh-keygen -q -t ed25519 -N '' -f "$work/ed25519"
    # Any free port does; the clients are told which.
    port=$(shuf -i 20000-29999 -n 1)
    printf 'HostKey %s\n' "$work/rsa" "$work/ecdsa" "$work/ed25519" > "$work/sshd_config"
    "$(PATH=$PATH:/usr/sbin command -v sshd)" -D -e -f "$work/sshd_config" -o PidFile=none -o UsePAM=no \
        -o ListenAddress=127.0.0.1 -o MaxStartups=1000 -p "$port" 2> "$work/log" &
    server=$!
    until grep -qs '^Server listening' "$work/log"; do
        kill -0 "$server" || { cat "$work/log" >&2; exit 3; }
        sleep 0.2
    done
    hyperfine -N -i --warmup 2 --runs "${RUNS:-20}" --export-csv "$work/one.csv" --style none \
        -n 'cdrdiag --no-handshake' "$cdrdiag probe --no-handshake 127.0.0.1:$port" \
        -n 'cdrdiag' "$cdrdiag probe 127.0.0.1:$port" \
        -n 'cdrdiag --profile cucm-14' "$cdrdiag probe --profile cucm-14 127.0.0.1:$port" \
        -n 'nmap' "nmap -Pn -n -p $port --script +ssh2-enum-algos 127.0.0.1" > /dev/null 2>&1
    echo "One sshd on localhost:"
    medians "$work/one.csv"
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

many() {
    # A listener each, and a connection at a time each.
    ulimit -n 4096
    : > "$work/targets"
    "$target/debug/examples/delayed_servers" 1000 20 600 > "$work/targets" &
    server=$!
    waited=0
    while [ "$(wc -l < "$work/targets")" -lt 1000 ]; do
        waited=$((waited + 1))
        { [ "$waited" -le 30 ] && kill -0 "$server"; } || { echo "the 1,000 servers do not start" >&2; exit 3; }
        sleep 1
    done
    read_by_us=$("$cdrdiag" probe --json --no-handshake --targets "$work/targets" 2>/dev/null | grep -c '"kexinit": [0-9]') || true
    read_by_ssh_audit=$(ssh-audit -jj -T "$work/targets" --threads 256 2>/dev/null | grep -c '"kex": \[') || true
    hyperfine -N -i --runs "${MANY_RUNS:-5}" --export-csv "$work/many.csv" --style none \
        -n 'cdrdiag --no-handshake' "$cdrdiag probe --no-handshake --targets $work/targets" \
        -n 'cdrdiag --no-handshake at 256' "$cdrdiag probe --no-handshake --concurrency 256 --targets $work/targets" \
        -n 'cdrdiag' "$cdrdiag probe --targets $work/targets" \
        -n 'the floor' "$target/debug/examples/bare_client $work/targets" \
        -n 'ssh-audit --threads 256' "ssh-audit -T $work/targets --threads 256" > /dev/null 2>&1
    echo "1,000 servers at 20 ms a leg (offers read: cdrdiag $read_by_us, ssh-audit $read_by_ssh_audit):"
    medians "$work/many.csv"
    echo "processor time of one run:"
    processor_time 'cdrdiag --no-handshake' "$cdrdiag" probe --no-handshake --targets "$work/targets"
    processor_time 'cdrdiag' "$cdrdiag" probe --targets "$work/targets"
    processor_time 'the floor' "$target/debug/examples/bare_client" "$work/targets"
    processor_time 'ssh-audit --threads 256' ssh-audit -T "$work/targets" --threads 256
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

echo "$(nproc) cores; $("$cdrdiag" --version); $(nmap --version | head -n 1); ssh-audit $(ssh-audit --help | sed -n 's/.*ssh-audit v\([0-9.]*\).*/\1/p')"
case $part in
    one) one ;;
    many) cargo build --quiet --no-default-features --examples; many ;;
    all) cargo build --quiet --no-default-features --examples; one; many ;;
    *) echo "usage: $0 [one|many|all]" >&2; exit 2 ;;
esac
