#!/usr/bin/env bash
# The checks of tests/windows.sh, which says by variables what is tested: `built` (cdrdiag.exe), `linux` (the program
# whose answers count), `wine`. Each check is a function; its name is the rule. An argument chooses those with it in
# their name. The last line counts them; it ends with 1 when one has failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
: "${built:?run tests/windows.sh}" "${linux:?}" "${wine:?}" "${WINEPREFIX:?}"

readonly repository=$PWD drive=$WINEPREFIX/drive_c wanted=${1:-}
readonly work=$drive/work home=$drive/cdrdiag
# With this code a check ends that this program is too young for.
readonly left_out=77
servers=()
passed=0 failed=0

fail() { # WORDS…
    echo "$*"
    exit 1
}

# Leaves the check out where this program has no such command or flag.
has() { # COMMAND FLAG
    windows "$1" --help >"$work/help" 2>&1 || true
    if ! grep -q -e "$2" "$work/help"; then
        echo "there is no $*"
        exit $left_out
    fi
}

lacks() { # GREP'S ARGUMENTS…
    if grep "$@"; then
        fail "found, and should not be: $*"
    fi
}

# Runs cdrdiag.exe; the folder is the working one.
windows() { "$wine" 'C:\cdrdiag\cdrdiag.exe' "$@" </dev/null; }

ends_with() { # CODE COMMAND…: runs it and holds its exit code against this one
    local expected=$1 code=0
    shift
    "$@" || code=$?
    [ "$code" = "$expected" ] || fail "exit code $code for $expected: $*"
}

# Both programs give the same answer, byte for byte, and the same exit code.
same() { # ARGUMENTS…
    local here=0 there=0
    "$linux" "$@" </dev/null >"$work/linux" 2>"$work/linux.err" || here=$?
    windows "$@" >"$work/windows" 2>"$work/windows.err" || there=$?
    cmp "$work/linux" "$work/windows" || diff "$work/linux" "$work/windows" | head -20 || true
    cmp -s "$work/linux" "$work/windows" || fail "unlike answers: $*: $(cat "$work/windows.err")"
    [ "$here" = "$there" ] || fail "exit code $there, on Linux $here: $*"
    [ -s "$work/windows" ] || fail "no answer: $*: $(cat "$work/windows.err")"
}

# An answer without what differs from run to run.
timeless() { jq -S 'walk(if type == "object" then del(.timing_ms, .ms) else . end)'; }

same_but_for_time() { # CODE ARGUMENTS…
    local code=$1
    shift
    ends_with "$code" "$linux" "$@" --json >"$work/linux"
    ends_with "$code" windows "$@" --json >"$work/windows"
    diff <(timeless <"$work/linux") <(timeless <"$work/windows") || fail "unlike answers: $*"
}

# Where a variable of Windows points to, on drive C.
folder_of() { "$wine" cmd /c "echo %$1%" </dev/null | tr -d '\r' | sed 's,^C:,,; s,\\,/,g'; }

prepare() {
    [ -e "$drive/windows/system32" ] || "$wine" wineboot -i >/dev/null 2>&1
    [ -d "$drive" ] || { echo "tests/windows.sh: Wine makes no folder of its own in $WINEPREFIX" >&2; exit 1; }
    rm -rf "$work" "$home"
    mkdir -p "$work" "$home"
    cp "$built" "$home/cdrdiag.exe"
    if [ ! -e "$drive/windows/system32/bcryptprimitives.dll" ]; then
        x86_64-w64-mingw32-gcc -shared -O1 -o "$home/bcryptprimitives.dll" tests/windows/bcryptprimitives.c -ladvapi32
    fi
    users=$drive$(folder_of APPDATA)/cdrdiag
    profile=$drive$(folder_of USERPROFILE)
    rm -rf "$users"
    trap end_servers EXIT
}

end_servers() {
    local id
    for id in "${servers[@]}"; do
        kill "$id" 2>/dev/null
    done
}

# Starts an sshd on a free port of 127.0.0.1, with host keys of its own; `port` is where.
serve() { # NAME LINE…
    local place=$work/$1 sshd
    shift
    sshd=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd)
    mkdir -p "$place" /run/sshd 2>/dev/null
    for kind in rsa ed25519; do
        [ -e "$place/$kind" ] || ssh-keygen -q -N '' -t $kind -f "$place/$kind"
    done
    printf '%s\n' "HostKey $place/rsa" "HostKey $place/ed25519" 'PidFile none' 'UsePAM no' "$@" >"$place/config"
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 10000))
        "$sshd" -D -e -f "$place/config" -o ListenAddress=127.0.0.1 -p $port 2>"$place/log" &
        local id=$!
        for _ in $(seq 100); do
            if ! kill -0 $id 2>/dev/null; then
                break
            fi
            if grep -q 'Server listening' "$place/log"; then
                servers+=("$id")
                return
            fi
            sleep 0.1
        done
        kill $id 2>/dev/null
    done
    echo "tests/windows.sh: no sshd: $(cat "$place/log")" >&2
    exit 1
}

check() { # FUNCTION
    local log=$work/log name=${1#rule_}
    [[ $name == *"$wanted"* ]] || return 0
    # Not as a condition, in which `set -e` would not hold.
    ( set -e; "$1" ) >"$log" 2>&1
    case $? in
        0)
            passed=$((passed + 1))
            echo "ok      ${name//_/ }"
            ;;
        "$left_out")
            echo "LEFT OUT ${name//_/ }: $(tail -n 1 "$log")"
            ;;
        *)
            failed=$((failed + 1))
            echo "FAILED  ${name//_/ }"
            sed 's/^/        /' "$log"
            ;;
    esac
}

rule_it_is_one_file_that_needs_libraries_of_windows_only() {
    local named
    named=$(x86_64-w64-mingw32-objdump -p "$built" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]' | sort -u)
    [ -n "$named" ]
    echo "$named"
    lacks -vxE '(api-ms-win-.*|advapi32|bcrypt|bcryptprimitives|combase|crypt32|gdi32|kernel32|msvcrt|ntdll|ole32|oleaut32|secur32|shell32|user32|userenv|ws2_32)(\.dll)?' <<<"$named"
}

rule_version_and_help_are_those_of_linux() {
    same --version
    ends_with 0 windows parse-log --help | sed 's/cdrdiag\.exe/cdrdiag/' >"$work/windows"
    diff <("$linux" parse-log --help) "$work/windows"
}

rule_parse_log_answers_on_the_fixture_as_on_linux_byte_for_byte() {
    cd fixtures
    same parse-log cdrrepmgr00073.log --json
    same parse-log cdrrepmgr00073.log
}

rule_parse_log_takes_a_folder_with_backslashes() {
    mkdir -p "$work/traces/node 1"
    cp fixtures/cdrrepmgr00073.log "$work/traces/node 1/"
    ends_with 1 windows parse-log 'C:\work\traces' --json >"$work/windows"
    ends_with 1 "$linux" parse-log "$work/traces" --json | sed "s,$work,C:/work,g" >"$work/expected"
    grep -q '"C:\\\\work\\\\traces\\\\node 1\\\\cdrrepmgr00073.log"' "$work/windows"
    diff "$work/expected" <(sed 's,\\\\,/,g' "$work/windows")
}

rule_parse_log_takes_files_by_pattern_as_no_shell_of_windows_expands_it() {
    mkdir -p "$work/pattern"
    cp fixtures/cdrrepmgr00073.log "$work/pattern/cdrrepmgr00073.log"
    ends_with 1 windows parse-log 'C:\work\pattern\cdr*.log' --json | jq -e '.inputs | length == 1'
    ends_with 3 windows parse-log 'C:\work\pattern\none*.log' --json
}

rule_parse_log_reads_gz_and_zip_as_on_linux() {
    mkdir -p "$work/packed"
    cp fixtures/cdrrepmgr00073.log "$work/packed/"
    cd "$work/packed"
    gzip -k cdrrepmgr00073.log
    zip -q traces.zip cdrrepmgr00073.log
    same parse-log cdrrepmgr00073.log.gz --json
    same parse-log traces.zip --json
    "$linux" parse-log - --json <cdrrepmgr00073.log >"$work/linux" || true
    "$wine" 'C:\cdrdiag\cdrdiag.exe' parse-log - --json <cdrrepmgr00073.log >"$work/windows" || true
    cmp "$work/linux" "$work/windows"
}

rule_parse_log_reads_lines_that_end_as_on_windows() {
    mkdir -p "$work/crlf"
    sed 's/$/\r/' fixtures/cdrrepmgr00073.log >"$work/crlf/cdrrepmgr00073.log"
    cd "$work/crlf"
    same parse-log cdrrepmgr00073.log --json
    jq -e '.destinations[0].delivery_failures == 1' "$work/windows"
}

rule_other_answers_are_those_of_linux() {
    cd fixtures
    same profile list --json
    same profile show cucm-15
    cd saved
    same compare openssh-default.nmap.xml openssh-hardened.nmap.xml --json
    same compare openssh-default.nmap.xml openssh-hardened.nmap.xml
    same probe several.nmap.xml#127.0.0.1:42202 --json
    cd ../listings
    same backlog preserve-detail.txt --json --now 2019-08-01
    cd ../learn
    same profile learn jsch-ethernet.pcap sshd-syslog.log.gz --json
}

rule_forms_for_monitoring_and_ci_are_those_of_linux() {
    cd fixtures/saved
    same probe openssh-hardened.nmap.xml --format prometheus
    same probe openssh-hardened.nmap.xml --format junit
    same compare openssh-default.nmap.xml openssh-hardened.nmap.xml --format junit
}

rule_schemas_completions_and_the_manual_are_those_of_linux() {
    same schema probe
    same completions powershell
    ends_with 0 windows man 'C:\work\manual'
    ends_with 0 "$linux" man "$work/manual-of-linux"
    # clap writes the name as it was called into some lines.
    sed -i 's/cdrdiag\.exe/cdrdiag/g' "$work/manual/"*
    diff -r "$work/manual-of-linux" "$work/manual"
}

rule_learned_profiles_get_names_that_windows_takes() {
    mkdir -p "$work/learned"
    cd fixtures/learn
    windows profile learn jsch-cooked-v6.pcap sshd-two-clients.log --out 'C:\work\learned\x.toml' --json >"$work/windows"
    ls "$work/learned"
    [ "$(find "$work/learned" -type f | wc -l)" = "$(jq '.clients | length' "$work/windows")" ]
    lacks '[<>:"|?*\\]\|[. ]$' <(ls "$work/learned")
}

rule_probe_shakes_hands_as_on_linux_and_tells_who_gets_in() {
    same_but_for_time 0 probe "127.0.0.1:$open"
    jq -e '[.targets[0].clients[] | .handshake | .performed and .result == "accepts"] | length == 3 and all' "$work/windows"
    # What WinCNG could not do.
    jq -e '.targets[0].clients[] | select(.profile == "cucm-15") | .handshake.agreed.kex | startswith("ecdh-")' \
        "$work/windows"
    jq -e '.targets[0].clients[0].handshake.host_key.sha256 | length > 40' "$work/windows"
    same_but_for_time 1 probe "127.0.0.1:$hardened"
}

rule_probe_goes_by_group14_with_sha1_where_a_server_has_only_that() {
    same_but_for_time 1 probe "127.0.0.1:$old"
    jq -e '.targets[0].clients[] | select(.profile == "cucm-12.5") | .handshake.agreed
        | .kex == "diffie-hellman-group14-sha1" and .host_key == "ssh-rsa" and .mac_c2s == "hmac-sha1"' "$work/windows"
}

rule_probe_calls_a_closed_port_refused_and_a_problem() {
    ends_with 1 windows probe 127.0.0.1:9 --json >"$work/windows"
    jq -e '.targets[0].outcome == "unreachable"' "$work/windows"
}

rule_compare_finds_the_difference_between_two_servers_as_on_linux() {
    same_but_for_time 1 compare "127.0.0.1:$open" "127.0.0.1:$hardened"
    jq -e '.findings | length > 0' "$work/windows"
    jq -e '[.remedy[].adds[]] | any(startswith("ecdh-sha2-nistp"))' "$work/windows"
    same_but_for_time 0 compare "127.0.0.1:$open" "127.0.0.1:$open"
}

rule_capture_writes_down_what_a_client_proposes() {
    windows capture --listen 127.0.0.1:0 --timeout 60 --json --out 'C:\work\captured.toml' \
        >"$work/windows" 2>"$work/told" &
    local id=$! port
    for _ in $(seq 200); do
        port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$work/told")
        [ -z "$port" ] || break
        sleep 0.1
    done
    ssh -p "$port" -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        nobody@127.0.0.1 </dev/null || true
    ends_with 0 wait $id
    jq -e '.clients | length == 1' "$work/windows"
    ends_with 0 windows profile show 'C:\work\captured.toml'
}

rule_the_users_configuration_lies_in_appdata() {
    mkdir -p "$users"
    sed 's/$/\r/' fixtures/cdrdiag.toml >"$users/cdrdiag.toml"
    cd "$work"
    ends_with 0 windows config --json >"$work/windows"
    jq -e '.file | endswith("\\AppData\\Roaming\\cdrdiag\\cdrdiag.toml")' "$work/windows"
    jq -e '.targets | length == 2' "$work/windows"
    jq -e '.defaults.timezone.value == "Europe/Berlin"' "$work/windows"
    rm "$users/cdrdiag.toml"
    ends_with 0 windows config --json | jq -e '.file == null and (.searched | length == 2)'
}

rule_a_configuration_of_powershells_redirection_is_read() {
    { printf '\xff\xfe'; sed 's/$/\r/' fixtures/cdrdiag.toml | iconv -f UTF-8 -t UTF-16LE; } >"$work/cdrdiag.toml"
    cd "$work"
    ends_with 0 windows config --json >"$work/windows"
    rm "$work/cdrdiag.toml"
    jq -e '.file == "cdrdiag.toml" and (.targets | length == 2)' "$work/windows"
    printf '[defaults]\r\nprot = 22\r\n' >"$work/wrong.toml"
    ends_with 3 windows config --config 'C:\work\wrong.toml' 2>"$work/told"
    grep -F 'C:\work\wrong.toml:2: unknown key "prot"' "$work/told"
}

# Not the lines that `…` stands for, nor the order: tests/documentation holds the session line by line, on Unix.
rule_the_readmes_session_prints_what_stands_there() {
    cp -r fixtures/story "$work/cdr"
    cd "$work/cdr"
    local line words commands=0
    while IFS= read -r line; do
        case $line in
            'PS C:\cdr> .\cdrdiag.exe '*)
                read -ra words <<<"${line#*.exe }"
                ends_with 1 windows "${words[@]}" >"$work/windows"
                commands=$((commands + 1))
                ;;
            …) ;;
            *) grep -Fxq -e "$line" "$work/windows" || fail "not printed: $line" ;;
        esac
    done < <(awk '/^```/ { inside = 0 } /^PS C:/ { inside = 1 } inside' "$repository/README.md")
    [ $commands -ge 2 ] || fail "only $commands commands in the README's session"
}

rule_wrong_usage_ends_with_2_and_says_why_on_standard_error() {
    ends_with 2 windows --nonsense >"$work/windows" 2>"$work/told"
    [ ! -s "$work/windows" ]
    grep -q nonsense "$work/told"
    ends_with 2 windows
    ends_with 2 windows probe
    ends_with 2 windows probe 127.0.0.1 --port 0
    ends_with 2 windows parse-log fixtures/cdrrepmgr00073.log --cause nonsense
}

rule_each_code_says_how_it_ended() {
    ends_with 0 windows profile list >"$work/windows"
    ends_with 1 windows parse-log fixtures/cdrrepmgr00073.log >"$work/windows"
    ends_with 2 windows parse-log --no-such-flag 2>"$work/told"
    ends_with 3 windows parse-log 'C:\nowhere.log' 2>"$work/told"
}

rule_messages_and_answers_keep_to_the_consoles_width() {
    local command
    for command in 'probe README.md' 'parse-log ../cdrrepmgr00073.log' \
        'compare openssh-default.nmap.xml openssh-legacy.nmap.xml'; do
        (cd fixtures/saved && script -qec "stty columns 80; '$wine' 'C:\cdrdiag\cdrdiag.exe' $command --color never" \
            "$work/console" </dev/null >/dev/null) || true
        # A word that is to be copied whole may be longer.
        sed 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/\r//g; 1d; $d' "$work/console" >"$work/shown"
        [ -s "$work/shown" ]
        lacks -nE '^.{81,}$' <(grep -vE '^ +(KexAlgorithms|Ciphers|MACs|HostKeyAlgorithms) ' "$work/shown")
    done
}

rule_a_job_that_cannot_be_done_ends_with_3() {
    ends_with 3 windows parse-log 'C:\nowhere\at all' --json >"$work/windows" 2>"$work/told"
    [ ! -s "$work/windows" ]
    grep -F 'C:\nowhere\at all: no such file or folder' "$work/told"
    ends_with 3 windows parse-log 'C:\my traces"' 2>"$work/told"
    grep -F 'a backslash before the closing quote' "$work/told"
    ends_with 3 windows config --config 'C:\nowhere.toml'
    ends_with 3 windows capture --listen 192.0.2.1:2222 --timeout 1
}

rule_output_into_a_file_holds_no_escape_sequences() {
    windows parse-log fixtures/cdrrepmgr00073.log >"$work/windows" 2>&1 || true
    [ -s "$work/windows" ]
    lacks $'\x1b' "$work/windows"
    windows probe --help >"$work/windows" 2>&1
    lacks $'\x1b' "$work/windows"
    windows parse-log fixtures/cdrrepmgr00073.log --color always >"$work/windows" || true
    grep -q $'\x1b' "$work/windows"
}

rule_a_console_gets_colours_unless_no_color_is_set() {
    local command="$wine 'C:\cdrdiag\cdrdiag.exe' parse-log fixtures/cdrrepmgr00073.log"
    script -qec "$command" "$work/console" </dev/null >/dev/null || true
    grep -q $'\x1b\[31m' "$work/console"
    NO_COLOR=1 script -qec "$command" "$work/console" </dev/null >/dev/null || true
    grep -q algorithm_negotiation "$work/console"
    lacks $'\x1b\[[0-9;]*m' "$work/console"
}

rule_deliver_looks_host_keys_up_in_the_users_profile() {
    has deliver --known-hosts
    local delivery=(deliver "127.0.0.1:$open" -u nobody-here -d / --password-file 'C:\work\password' --json)
    echo wrong >"$work/password"
    rm -f "$profile/.ssh/known_hosts"
    ends_with 1 windows "${delivery[@]}" >"$work/windows"
    jq -e '.failure.stage == "host_key"' "$work/windows"
    mkdir -p "$profile/.ssh"
    sed "s/^/[127.0.0.1]:$open /; s/$/\r/" "$work"/open/*.pub >"$profile/.ssh/known_hosts"
    ends_with 1 windows "${delivery[@]}" >"$work/windows"
    rm "$profile/.ssh/known_hosts"
    jq -e '.failure.stage == "authentication"' "$work/windows"
}

rule_diagnose_tells_the_story_and_writes_its_report_as_on_linux() {
    has diagnose --html
    local story=fixtures/story
    local diagnosis=(diagnose "$story/traces" --preserve "$story/preserve.txt" --primary "$story/primary.json"
        --secondary "$story/secondary.json" --preserve-days 30 --now 2025-03-12T08:05:00Z --json)
    ends_with 1 windows "${diagnosis[@]}" --html 'C:\work\windows.html' >"$work/windows"
    ends_with 1 "$linux" "${diagnosis[@]}" --html "$work/linux.html" >"$work/linux"
    diff "$work/linux" <(sed 's,traces\\\\,traces/,g' "$work/windows")
    grep -q '</html>' "$work/windows.html"
    # Made at another minute perhaps.
    local made='s,\(Made at</dt><dd>\)[^<]*,\1,'
    diff <(sed "$made" "$work/linux.html") <(sed -e "$made" -e 's,traces\\,traces/,g' "$work/windows.html")
}

rule_a_redacted_report_tells_no_users_name_of_a_path_of_windows() {
    has parse-log --redact
    mkdir -p "$work/Users/alice doe"
    cp fixtures/cdrrepmgr00073.log "$work/Users/alice doe/"
    windows parse-log 'C:\work\Users\alice doe' --redact --html 'C:\work\redacted.html' --json >"$work/windows" || true
    [ -s "$work/windows" ]
    [ -s "$work/redacted.html" ]
    lacks -i alice "$work/windows" "$work/redacted.html"
}

prepare
serve open 'KexAlgorithms curve25519-sha256,ecdh-sha2-nistp384'
open=$port
serve hardened 'KexAlgorithms curve25519-sha256' 'HostKeyAlgorithms ssh-ed25519,rsa-sha2-512' \
    'MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com'
hardened=$port
serve old 'KexAlgorithms diffie-hellman-group14-sha1' 'HostKeyAlgorithms ssh-rsa' 'MACs hmac-sha1'
old=$port

mapfile -t rules < <(sed -n 's/^\(rule_[a-z0-9_]*\)().*/\1/p' tests/windows/checks.sh)
for rule in "${rules[@]}"; do
    check "$rule"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $((passed + failed)) -gt 0 ]
