#!/usr/bin/env bash
# A full parse of 1 GB beside `rg -c ERROR` over the same file, alternately, with the file in the page cache; lnav for
# orientation; peak memory from 100 MB to 1 GB, and to 10 GB with BIG=1.
#
#   benches/peers.sh            RUNS=10 SIZE=1G SEED=1 BIG=0 FEATURES= are the defaults
#
# Wants: rg; lnav and GNU time (package time) where they are there. FEATURES goes to cargo, for example
# FEATURES=--no-default-features to link the system's OpenSSL.
set -euo pipefail
cd "$(dirname "$0")/.."

RUNS=${RUNS:-10} SIZE=${SIZE:-1G} SEED=${SEED:-1} BIG=${BIG:-0} FEATURES=${FEATURES:-}

# shellcheck disable=SC2086 # FEATURES may hold several words, or none.
cargo build --release --quiet $FEATURES --bin cdrdiag --example generate_trace
target=${CARGO_TARGET_DIR:-target}/release
folder=$(mktemp -d "${TMPDIR:-/tmp}/cdrdiag-peers.XXXXXX")
trap 'rm -rf "$folder"' EXIT

generate() { # SIZE: the path of a trace of that size
    local trace=$folder/cdrrepmgr-$1.log
    "$target/examples/generate_trace" --size "$1" --seed "$SEED" >"$trace" 2>/dev/null
    echo "$trace"
}

parse() { # exits with 1, since the trace tells of failures
    "$target/cdrdiag" parse-log "$1" --json >"$folder/answer.json" || [ $? -eq 1 ]
}

seconds() { # COMMAND…: how long it takes
    local from=$EPOCHREALTIME to
    "$@" >/dev/null
    to=$EPOCHREALTIME
    echo $((${to/./} - ${from/./}))
}

median() { # in seconds, of microseconds a line
    sort -n | awk '{ t[NR] = $1 } END { printf "%.3f", (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2e6 }'
}

memory() { # TRACE: peak resident memory
    if /usr/bin/time -f '%M' true 2>/dev/null; then
        /usr/bin/time -f '%M' -o "$folder/memory" "$target/cdrdiag" parse-log "$1" --json >/dev/null || [ $? -eq 1 ]
        awk 'END { printf "%.1f MiB", $1 / 1024 }' "$folder/memory"
    else
        printf 'not measured (GNU time is missing: package time)'
    fi
}

trace=$(generate "$SIZE")
cat "$trace" >/dev/null # into the page cache
echo "$(rg --version | sed -n 1p), $("$target/cdrdiag" --version), $(nproc) cores, $(wc -c <"$trace") bytes, $(rg -c ERROR "$trace") lines with ERROR of $(wc -l <"$trace")"

for _ in $(seq "$RUNS"); do
    seconds rg -c ERROR "$trace" >>"$folder/rg"
    seconds parse "$trace" >>"$folder/cdrdiag"
done
rg_s=$(median <"$folder/rg") cdrdiag_s=$(median <"$folder/cdrdiag")
echo "rg -c ERROR        $rg_s s (median of $RUNS)"
echo "cdrdiag parse-log  $cdrdiag_s s (median of $RUNS)"
echo "ratio              $(awk "BEGIN { printf \"%.2f\", $cdrdiag_s / $rg_s }")"

small=$(generate 100M)
if command -v lnav >/dev/null; then
    # lnav keeps its index of the file in memory and answers by SQL; 100 MB, since it takes its time.
    lnav_us=$(seconds lnav -n -c ';SELECT count(*) FROM all_logs WHERE log_level = "error"' "$small")
    parse_us=$(seconds parse "$small")
    awk "BEGIN { printf \"100 MB: lnav %.2f s, cdrdiag %.3f s\n\", $lnav_us / 1e6, $parse_us / 1e6 }"
fi

echo "peak memory, 100M: $(memory "$small")"
echo "peak memory, $SIZE: $(memory "$trace")"
if [ "$BIG" = 1 ]; then
    rm "$trace" "$small"
    echo "peak memory, 10G: $(memory "$(generate 10G)")"
fi
