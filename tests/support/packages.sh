# shellcheck shell=bash
# For scripts to source that define `say`: Debian's packages, where this machine lets us install them (apt-get; root, or
# sudo without a password).

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
