#!/bin/sh
# SPDX-License-Identifier: MIT
# Slow calls of an FS object: one that lives is waited for, a dead one fails in time, and neither harms the others nor
# the unmount; what is stuck is left behind, not freed.
# sanitizers: asan
# time: 120
. "${0%/*}/lib.sh"

launch fs_serve --timeout 1000 odd "$MNT"
start=$(date +%s%N)
ms() {
    echo $((($(date +%s%N) - start) / 1000000))
}

same "$(cat "$MNT/slow")" x "a call that is slow but lives"
[ "$(ms)" -ge 2500 ] || fail "the slow call was not slow"
start=$(date +%s%N)
refused cat "$MNT/late"
says "timed out"
[ "$(ms)" -lt 2900 ] || fail "a dead call failed after $(ms) ms only"
cat "$MNT/dead" >/dev/null 2>&1 &
reader=$!
same "$(ls "$MNT" | wc -l)" 4 "the others go on"
wait_for 5 ended $reader || fail "the dead call hangs"
cat "$MNT/busy" >/dev/null 2>&1 &
reader=$!
sleep 4
running $reader || fail "a call that only uses the processor was given up at once"
wait_for 20 ended $reader || fail "a call that only uses the processor goes on for ever"
code=0
dokanctl unmount "$MNT"
wait_for 20 ended "$SERVER" || fail "it does not end with a stuck call"
wait "$SERVER" || code=$?
same "$code" 1 "status with an object that could not be closed"
grep -q "never came back" "$SERVER_LOG" || fail "the log says nothing of the object that was left"
same "$(grep -c '^unmounted$' "$SERVER_LOG")" 1 "calls of 'unmounted'"
