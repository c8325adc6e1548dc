#!/bin/sh
# SPDX-License-Identifier: MIT
# The contract suite and the model through the kernel: an FS object is mounted and its mount opened as a folder.
# volumes: mem temp file file-sub mem-safe mem-limit file-sub-log-stats
# sanitizers: asan
# time: 180
. "${0%/*}/lib.sh"

bin=$TEST_BUILD/tests/contract
export TMPDIR="$TEST_DIR"
mkdir -p "$ROOT/sub"

# over COMMAND...: the command with the stack and the URL that this run is about.
over() {
    case $VOLUME in
    mem) "$@" mem:// ;;
    temp) "$@" temp://contract ;;
    file) "$@" "file://$ROOT" ;;
    file-sub) "$@" --filter "sub:dir=/sub" "file://$ROOT" ;;
    mem-safe) "$@" --filter safe mem:// ;;
    mem-limit) "$@" --filter limit:size=100M mem:// ;;
    file-sub-log-stats)
        "$@" --filter sub:dir=/sub --filter log:level=errors,file=/dev/null --filter stats:file=/dev/null \
            "file://$ROOT"
        ;;
    *) fail "unknown stack '$VOLUME'" ;;
    esac
}

code=0
over "$bin/contract" --mount >suite || code=$?
grep -v '^ok' suite || true
grep -c '^ok' suite
[ "$code" = 0 ] || fail "the suite through the mount"
[ -n "$FULL" ] || steps="--steps 4000"
# shellcheck disable=SC2086
over "$bin/model" --mount ${steps-} || fail "the model through the mount"
if ls "$TEST_DIR"/contract-* >/dev/null 2>&1; then
    fail "a mount point was left: $(ls -d "$TEST_DIR"/contract-*)"
fi
