#!/usr/bin/env bash
# Full parses of four kinds of trace, 1 GB each (examples/generate_trace.rs says what each holds: filler that is no event;
# a healthy sender's own lines; an outage, three of four deliveries failing on eight interleaved threads between other
# records; nothing but failures, the fixture repeated), beside `rg -c ERROR` over the same file, alternately, with the file
# in the page cache; lnav for orientation; peak memory from 100 MB to 1 GB, and to 10 GB with BIG=1.
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

generate() { # SIZE KIND: the path of a trace of that size and kind
    local trace=$folder/cdrrepmgr-$1.log
    "$target/examples/generate_trace" --size "$1" --seed "$SEED" --kind "${2:-filler}" >"$trace" 2>/dev/null
    echo "$trace"
}

parse() { # exits with 1, since the trace tells of failures
    "$target/cdrdiag" parse-log "$1" --json >"$folder/answer.json" || [ $? -eq 1 ]
}

measure() { # NAME COMMAND…: adds its wall and user time in seconds to the file NAME
    local name=$1
    shift
    local TIMEFORMAT='%3R %3U'
    { time "$@" >/dev/null 2>&1; } 2>>"$folder/$name"
}

median() { # NAME COLUMN: of the times in that file
    awk -v column="$2" '{ print $column }' "$folder/$1" | sort -n |
        awk '{ t[NR] = $1 } END { printf "%.3f", (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2 }'
}

memory() { # TRACE: peak resident memory
    if /usr/bin/time -f '%M' true 2>/dev/null; then
        /usr/bin/time -f '%M' -o "$folder/memory" "$target/cdrdiag" parse-log "$1" --json >/dev/null || [ $? -eq 1 ]
        awk 'END { printf "%.1f MiB", $1 / 1024 }' "$folder/memory"
    else
        printf 'not measured (GNU time is missing: package time)'
    fi
}

echo "$(rg --version | sed -n 1p), $("$target/cdrdiag" --version), $(nproc) cores; medians of $RUNS"
for kind in filler healthy outage failures; do
    trace=$(generate "$SIZE" "$kind")
    cat "$trace" >/dev/null # into the page cache
    echo "$kind: $(wc -c <"$trace") bytes, $(rg -c ERROR "$trace") lines with ERROR of $(wc -l <"$trace")"
    rm -f "$folder/rg" "$folder/parse" "$folder/lnav"
    for _ in $(seq "$RUNS"); do
        measure rg rg -c ERROR "$trace"
        measure parse parse "$trace"
    done
    for name in rg parse; do
        echo "  $name  $(median "$name" 1) s, user $(median "$name" 2) s"
    done
    awk "BEGIN { printf \"  ratio %.2f\n\", $(median parse 1) / $(median rg 1) }"
    echo "  peak memory $(memory "$trace")"
    if command -v lnav >/dev/null; then
        # lnav keeps its index of the file in memory and answers by SQL; 100 MB, since it takes its time.
        small=$(generate 100M "$kind")
        measure lnav lnav -n -c ';SELECT count(*) FROM all_logs WHERE log_level = "error"' "$small"
        echo "  lnav of 100 MB  $(median lnav 1) s, user $(median lnav 2) s"
        rm "$small"
    fi
    rm "$trace"
done

small=$(generate 100M) trace=$(generate "$SIZE")
echo "peak memory, 100M: $(memory "$small")"
echo "peak memory, $SIZE: $(memory "$trace")"
if [ "$BIG" = 1 ]; then
    rm "$trace" "$small"
    echo "peak memory, 10G: $(memory "$(generate 10G)")"
fi
