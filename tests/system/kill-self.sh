#!/bin/sh
# SPDX-License-Identifier: MIT
# A program that is killed while it waits for an answer of its own file system: nobody is left who could give it, but the
# process ends all the same, and its mount with it. (For a user that takes the kernel's fusectl, which not every machine has.)
. "${0%/*}/lib.sh"

said_reading() {
    grep -q '^reading' "$SERVER_LOG"
}

# The kernel calls a process a zombie whose first thread has ended; it has ended itself when that one is the last.
all_threads_ended() {
    [ "$(find "/proc/$SERVER/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -le 1 ] && ended "$SERVER"
}

mkfifo orders
exec 6<>orders
launch sh -c "exec fs_serve --mode threads --timeout 600000 -o direct_io odd '$MNT' <orders"
echo 'read-own dead' >&6
wait_for 10 said_reading || fail "it does not read"
sleep 1
kill -9 "$SERVER"
wait_for 30 all_threads_ended || fail "the process does not end: $(cat "/proc/$SERVER/task/"*/status | grep State)"
wait_for 5 not_mounted "$MNT" || fail "still mounted"
wait "$SERVER" || true
SERVER=
empty "$MNT"
