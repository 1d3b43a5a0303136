#!/usr/bin/env bash
# What a package holds beside the binary, as the binary itself writes it: the manual's pages and the completions.
#
#   packaging/assets.sh BINARY FOLDER
set -euo pipefail

binary=$1 folder=$2
mkdir -p "$folder/completions"
"$binary" man "$folder/man1"
"$binary" completions bash >"$folder/completions/cdrdiag.bash"
"$binary" completions fish >"$folder/completions/cdrdiag.fish"
"$binary" completions zsh >"$folder/completions/_cdrdiag"
"$binary" completions powershell >"$folder/completions/_cdrdiag.ps1"
"$binary" completions elvish >"$folder/completions/cdrdiag.elv"
