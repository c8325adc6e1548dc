#!/bin/sh
# SPDX-License-Identifier: MIT
# dokanctl check finds on a mount what is wrong there, in its feature and in no other; a mount that hangs is reported.
# time: 180
. "${0%/*}/lib.sh"

PATH=$TEST_BUILD/tests/check:$PATH
brokenfs >faults
[ -s faults ] || fail "there are no faults"
while read -r fault feature; do
    launch brokenfs "$fault" "$MNT"
    code=0
    dokanctl check "$MNT" >report 2>said </dev/null || code=$?
    [ "$code" = 1 ] || fail "$fault: exit status $code: $(cat report said)"
    same "$(sed -n 's/^\([a-z-]*\)  *wrong .*/\1/p' report | tr '\n' ' ')" "$feature " "$fault: what is wrong"
    grep -q "^$feature\..*: expected .*, got .*; rule: " report || fail "$fault: it is not explained: $(cat report)"
    stop
done <faults

# Every call on the open file hangs: told in time, and the rest is checked.
launch brokenfs hanging-read "$MNT"
code=0
dokanctl check --deadline 1 --only files.read-write,names "$MNT" >report 2>said || code=$?
[ "$code" = 1 ] || fail "hanging-read: exit status $code: $(cat report said)"
grep -q "files.read-write: .* got no answer after 1000 ms" report || fail "the hang is not told: $(cat report)"
grep -q "^names  *supported" report || fail "the rest is not checked: $(cat report)"
kill -9 "$SERVER"
wait_for 20 not_mounted "$MNT" || fail "the mount is still there"
SERVER=

# What cannot be checked.
refused dokanctl check "$TEST_DIR/nothing"
same "$code" 2 "exit status for what is not there"
refused dokanctl check --only nothing mem://
same "$code" 2 "exit status for checks that do not exist"
says 'no such check: nothing'
