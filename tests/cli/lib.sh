# SPDX-License-Identifier: MIT
# Sourced by the tests of dokanctl's words: a private home and runtime folder in $top, and `row`. They mount nothing.
# shellcheck shell=sh

set -eu

dokanctl=$(readlink -f "$1")
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
mkdir -m 700 "$top/runtime" "$top/mnt" "$top/home"
export XDG_RUNTIME_DIR="$top/runtime" DOKAN_RUNTIME="$top/runtime/dokan" TMPDIR="$top"
unset DOKAN_DRIVES NO_COLOR LS_COLORS
export HOME="$top/home" XDG_CACHE_HOME="$top/home/cache" LC_ALL=C.UTF-8 TZ=UTC TERM=xterm
rows=0
failed=0

complain() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    sed 's/^/    out: /' "$top/out"
    sed 's/^/    err: /' "$top/err"
}

# row STATUS OUT ERR ARGUMENTS...: OUT and ERR are patterns that a line must match; empty: nothing may be written;
# - : anything.
row() {
    status=$1 out=$2 err=$3
    shift 3
    rows=$((rows + 1))
    code=0
    "$dokanctl" "$@" >"$top/out" 2>"$top/err" </dev/null || code=$?
    [ "$code" = "$status" ] || complain "dokanctl $*: exit status $code instead of $status"
    check "$out" "$top/out" "standard output" "$@"
    check "$err" "$top/err" "standard error" "$@"
}

check() {
    pattern=$1 file=$2 what=$3
    shift 3
    case $pattern in
    -) ;;
    '') [ ! -s "$file" ] || complain "dokanctl $*: $what is not empty" ;;
    *) grep -q -- "$pattern" "$file" || complain "dokanctl $*: no line '$pattern' in $what" ;;
    esac
}

json() {
    python3 -c 'import json, sys
x = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), x' "$top/out" "$1" || complain "JSON: not so: $1"
}

# same WHAT A B
same() {
    rows=$((rows + 1))
    [ "$2" = "$3" ] || {
        : >"$top/out"
        : >"$top/err"
        complain "$1: '$2' is not '$3'"
    }
}

end() {
    echo "$rows rows, $failed failed"
    [ "$failed" = 0 ]
}
