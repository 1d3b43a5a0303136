#!/usr/bin/env bash
# What the binary that people get weighs, held against a budget, and how soon it answers `--version`.
#
#   benches/binary.sh               builds it as a release is built; ends with 1 when it is over the budget
#   benches/binary.sh BINARY        measures this one
#
# RUNS=50 is how often it is started; RUNS=0 leaves that out. Start-up is only reported: it depends on the machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# On x86_64 Linux it is 14.3 MiB, stripped and with OpenSSL in it; the rest is room for other systems' libraries and for
# what is to come. A sixth is OpenSSL's code, a tenth are relocations.
readonly budget=$((16 * 1024 * 1024)) startup_ms=10
runs=${RUNS:-50}

if [ $# -gt 0 ]; then
    binary=$1
else
    cargo build --release --locked --bin cdrdiag
    binary=${CARGO_TARGET_DIR:-target}/release/cdrdiag
fi

bytes=$(wc -c <"$binary")
awk -v bytes="$bytes" -v budget=$budget 'BEGIN {
    printf "size      %.2f MiB (%d bytes) of %.0f MiB\n", bytes / 1048576, bytes, budget / 1048576 }'

if [ "$runs" -gt 0 ]; then
    for _ in $(seq "$runs"); do
        from=$EPOCHREALTIME
        "$binary" --version >/dev/null
        to=$EPOCHREALTIME
        echo $((${to/[.,]/} - ${from/[.,]/}))
    done | sort -n | awk -v limit=$startup_ms '{ us[NR] = $1 } END {
        printf "start-up  %.1f ms (median of %d), where %d ms are wanted\n", us[int((NR + 1) / 2)] / 1000, NR, limit }'
fi

if [ "$bytes" -gt $budget ]; then
    echo "benches/binary.sh: $binary is $((bytes - budget)) bytes over its budget" >&2
    exit 1
fi
