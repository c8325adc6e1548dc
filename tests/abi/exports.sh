#!/bin/sh
# SPDX-License-Identifier: MIT
# The library exports what exports.txt lists and nothing else, all of it with a symbol version.
# usage: exports.sh LIBRARY EXPORTS.TXT
set -eu
command -v nm >/dev/null || { echo "nm is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | sort >"$work/versioned"
sed 's/@.*//' "$work/versioned" >"$work/actual"
grep -v '^#' "$2" | sort >"$work/wanted"
status=0
if ! diff "$work/wanted" "$work/actual"; then
    echo "< is listed in exports.txt and not exported, > is exported and not listed"
    status=1
fi
if grep -v '@@DOKAN' "$work/versioned"; then
    echo "these have no symbol version"
    status=1
fi
exit $status
