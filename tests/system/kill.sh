#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 of the file system under load: the mount is gone within two seconds, nobody hangs, mounting again works.
# volumes: memfs mirror
# masks: yes
# user: also
. "${0%/*}/lib.sh"

# It goes into the mount, so that it keeps meeting the dead one and not the folder below.
load() {
    cd "$MNT"
    n=0
    while echo $n >"load-$1" && cat "load-$1" && rm -f "load-$1"; do
        n=$((n + 1))
    done >/dev/null 2>&1
}
for round in 1 2 3; do
    start
    for job in 1 2 3; do
        load $job &
        eval "load_$job=$!"
    done
    exec 7>"$MNT/held"
    sleep 0.5
    kill -9 "$SERVER"
    wait_for 2 not_mounted "$MNT" || fail "still mounted 2 s after kill -9"
    wait "$SERVER" || true
    exec 7>&- || true
    # shellcheck disable=SC2154
    for pid in $load_1 $load_2 $load_3; do
        wait_for 5 ended "$pid" || fail "a program that used the mount hangs (round $round)"
    done
    empty "$MNT"
done
start
touch "$MNT/works"
stop
