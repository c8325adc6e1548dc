#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 at random moments under load, again and again: each time the mount is gone within two seconds, nobody hangs,
# and what lies below the mirror is whole.
# volumes: memfs mirror
# alone: yes
. "${0%/*}/../system/lib.sh"

mkdir -p "$ROOT/kept" source
odd_tree source/tree
[ "$VOLUME" = memfs ] || cp -a source/tree "$ROOT/kept/tree"
end=$(($(date +%s) + SOAK_SECONDS / 6))
rounds=0
while [ "$(date +%s)" -lt "$end" ]; do
    start
    (while cp -r source/tree "$MNT/a" && rm -rf "$MNT/a"; do :; done) >/dev/null 2>&1 &
    load=$!
    sleep "0.$(($(od -An -N2 -tu2 /dev/urandom) % 1000))"
    kill -9 "$SERVER"
    wait_for 2 not_mounted "$MNT" || fail "round $rounds: still mounted 2 s after kill -9"
    wait "$SERVER" || true
    wait_for 5 ended "$load" || fail "round $rounds: a program that used the mount hangs"
    wait "$load" || true
    rm -rf "$ROOT/a"
    rounds=$((rounds + 1))
done
[ "$VOLUME" = memfs ] || diff -r source/tree "$ROOT/kept/tree"
echo "$rounds rounds"
