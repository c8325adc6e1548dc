#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 while something else is mounted over our mount point, or was put in its place: that other mount stays.
# volumes: memfs mirror
. "${0%/*}/lib.sh"
need_root

on_top() {
    [ "$(awk -v point="$MNT" '$5 == point { last = $0 } END { print last }' /proc/self/mountinfo |
        grep -c ' - tmpfs ')" = 1 ]
}

start
mount -t tmpfs tmpfs "$MNT"
echo precious >"$MNT/file"
kill -9 "$SERVER"
wait "$SERVER" || true
sleep 2.5
on_top || fail "the mount above ours was removed"
same "$(cat "$MNT/file")" precious "the file in the mount above ours"
umount "$MNT"
wait_for 4 not_mounted "$MNT" || fail "ours stays behind once the other one is gone"

start
umount -l "$MNT"
mount -t tmpfs tmpfs "$MNT"
echo precious >"$MNT/file"
kill -9 "$SERVER" 2>/dev/null || true
wait "$SERVER" || true
sleep 2.5
on_top || fail "the mount in our place was removed"
same "$(cat "$MNT/file")" precious "the file in the mount that took our place"
umount "$MNT"
