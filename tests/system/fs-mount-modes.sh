#!/bin/sh
# SPDX-License-Identifier: MIT
# Who serves an FS object: threads, a child, the foreground; however each ends, `unmounted` comes once, the object is
# closed, and its error is told.
# user: also
# sanitizers: asan
# time: 120
. "${0%/*}/lib.sh"

mkfifo orders
said=$TEST_DIR/said.log

# begin ARGUMENTS...: fs_serve, obeying what is written to descriptor 8.
begin() {
    : >"$said"
    fs_serve "$@" <orders >"$said" 2>>"$SERVER_LOG" &
    SERVER=$!
    exec 8>orders
    wait_for 20 grep -q ^ready "$said" || fail "not ready: fs_serve $*"
    where=$(sed -n 's/^ready \(.*\) .* [0-9]*$/\1/p' "$said")
    drive=$(sed -n "s/^ready .* '\(.*\)' [0-9]*\$/\1/p" "$said")
    pid=$(sed -n 's/^ready .* \([0-9]*\)$/\1/p' "$said")
}

# over [LINE]: the program has ended with success, the mount is gone; LINE is among what it said.
over() {
    exec 8>&-
    wait_for 20 ended "$SERVER" || fail "fs_serve still runs"
    code=0
    wait "$SERVER" || code=$?
    same "$code" 0 "status of fs_serve"
    mounted "$where" && fail "still mounted"
    [ -z "${1-}" ] || grep -qx -- "$1" "$said" || {
        cat "$said" >&2
        fail "it did not say '$1'"
    }
}

once() {
    same "$(grep -c '^unmounted$' "$said")" "${1-1}" "calls of 'unmounted'"
    same "$(grep -c '^ready' "$said")" 1 "calls of 'ready'"
}

mkdir -p "$MNT"

# Threads show the live object.
begin --mode threads mem:// -
same "$drive" M: "the first free drive"
same "$pid" "$SERVER" "who serves"
echo "write hello" >&8
wait_for 5 grep -q '^write' "$said" || fail "no answer"
same "$(cat "$where/from-host")" hello "what the program wrote into the object"
echo hi >"$where/from-mount"
echo read >&8
wait_for 5 grep -qx 'read hi' "$said" || fail "the program does not see what was written through the mount"
echo unmount >&8
over "unmount 0"
once

# A child has a copy, another process, no part in our session; it ends with the object closed.
for used in "" --used; do
    # shellcheck disable=SC2086
    begin $used --mode process mem:// "$MNT"
    [ "$pid" != "$SERVER" ] || fail "the program serves it itself"
    same "$(readlink "/proc/$pid/fd/0")" /dev/null "standard input of the child"
    [ "$(ps -o sid= -p "$pid" | tr -d ' ')" != "$(ps -o sid= -p $$ | tr -d ' ')" ] || fail "the child is in our session"
    echo text >"$MNT/file"
    same "$(cat "$MNT/file")" text "what was written"
    echo unmount >&8
    over "unmount 0"
    once
    ended "$pid" || fail "the child still runs"
    [ -z "$used" ] || grep -qx "other 0" "$said" || fail "the program's own volume suffered"
done

# SIGTERM to the child, and an unmount from outside, end it the same way.
begin --mode process mem:// "$MNT"
echo wait >&8
kill -TERM "$pid"
wait_for 20 grep -qx 'wait 0' "$said" || fail "the end was not told"
echo unmount >&8
over "unmount 0"
once
for mode in threads process; do
    begin --mode $mode mem:// "$MNT"
    echo wait >&8
    dokanctl unmount "$MNT"
    wait_for 20 grep -qx 'wait 0' "$said" || fail "the end was not told ($mode)"
    echo unmount >&8
    over "unmount 0"
    once
done

# What the close says reaches the program.
for mode in threads process; do
    begin --mode $mode odd "$MNT"
    echo wait >&8
    dokanctl unmount "$MNT"
    wait_for 20 grep -qx 'wait -28' "$said" || fail "the error of the close was not told ($mode)"
    echo unmount >&8
    over "unmount -28"
    once
done
refused fs_serve odd "$MNT" <>/dev/null &
SERVER=$!
wait_for 20 mounted "$MNT" || fail "not mounted in the foreground"
dokanctl unmount "$MNT"
wait "$SERVER" || fail "the error of the close was not told (foreground)"

# A child that is killed is told from one that ended; its mount goes.
begin --mode process mem:// "$MNT"
echo wait >&8
kill -9 "$pid"
wait_for 20 grep -qx 'wait -5' "$said" || fail "the crash was not told"
wait_for 5 not_mounted "$MNT" || fail "the mount of a killed child stays"
echo unmount >&8
over "unmount -5"
once 0

# One that hangs at its close is killed when its time is up.
begin --mode process --unmount-timeout 1000 odd:hang "$MNT"
echo unmount >&8
over "unmount -110"
ended "$pid" || fail "the hung child still runs"

# Many at once, each with a drive of its own.
for n in 1 2 3 4 5 6; do
    fs_serve --mode process mem:// - <orders >"many.$n" 2>>"$SERVER_LOG" &
    eval "many_$n=$!"
done
exec 8>orders
for n in 1 2 3 4 5 6; do
    wait_for 20 grep -q ^ready "many.$n" || fail "mount $n of many at once is not ready"
done
same "$(sed -n "s/^ready .* '\(.\):' .*/\1/p" many.* | sort -u | wc -l)" 6 "different drives"
exec 8>&-
for letter in $(sed -n "s/^ready .* '\(.\):' .*/\1/p" many.*); do
    dokanctl unmount "$letter:"
done
for n in 1 2 3 4 5 6; do
    eval "wait \$many_$n" || fail "fs_serve $n of many ended badly"
done

# Left alone, it stays; the foreground obeys signals.
begin --mode process mem:// "$MNT"
echo free >&8
exec 8>&-
wait_for 20 ended "$SERVER" || fail "fs_serve still runs"
echo text >"$MNT/file"
dokanctl unmount "$MNT"
wait_for 20 ended "$pid" || fail "the child still runs after the unmount"
for signal in INT TERM HUP; do
    launch env --default-signal=INT,TERM,HUP fs_serve mem:// "$MNT"
    kill -$signal "$SERVER"
    finish 20
done
