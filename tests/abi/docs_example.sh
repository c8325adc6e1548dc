#!/bin/sh
# SPDX-License-Identifier: MIT
# The program of docs/mainpage.md: extracted, compiled as a user would, mounted, and used as the page says.
# usage: docs_example.sh SOURCE_ROOT LIBRARY [COMPILER OPTIONS...]
set -eu
root=$1 library=$2
shift 2
work=$(mktemp -d)
mnt=$work/mnt
server=

clean_up() {
    status=$?
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        unmount 2>/dev/null || true
    fi
    rm -rf --one-file-system "$work"
    exit $status
}

unmount() {
    fusermount3 -u "$mnt" 2>/dev/null || umount "$mnt"
}

fail() {
    echo "FAILED: $*"
    cat "$work/log"
    exit 1
}

mounted() {
    grep -q " $mnt " /proc/self/mountinfo
}

trap clean_up EXIT
mkdir "$mnt"
: >"$work/log"
awk '/^```c$/ { code = 1; next } /^```$/ { code = 0 } code' "$root/docs/mainpage.md" >"$work/hello.c"
lines=$(grep -c . "$work/hello.c")
[ "$lines" -gt 50 ] || fail "only $lines lines of code found in the page"
"${CC:-cc}" -std=c17 -Wall -Werror "$@" -I"$root/include" "$work/hello.c" -o "$work/hello" "$library" \
    -Wl,-rpath,"$(dirname "$library")"
echo "compiled $lines lines"
[ -r /dev/fuse ] && [ -w /dev/fuse ] || { echo "no usable /dev/fuse: built, not mounted"; exit 77; }

"$work/hello" "$mnt" >"$work/log" 2>&1 &
server=$!
tries=0
until mounted; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] && kill -0 "$server" 2>/dev/null || fail "it does not mount"
    sleep 0.05
done

names=$(ls "$mnt") || fail "ls"
[ "$(echo $names)" = "hello.txt readme.txt" ] || fail "ls shows: $names"
[ "$(cat "$mnt/hello.txt")" = "Hello, world!" ] || fail "wrong text"
[ "$(cat "$mnt/HELLO.TXT")" = "Hello, world!" ] || fail "case is not ignored"
[ "$(tail -c +8 "$mnt/hello.txt")" = "world!" ] || fail "read in the middle"
! cat "$mnt/missing" 2>"$work/error" || fail "a missing file was read"
grep -q "No such file" "$work/error" || fail "wrong error: $(cat "$work/error")"
if (echo more >"$mnt/hello.txt") 2>"$work/error"; then
    fail "a read-only file was written"
fi
grep -q "Read-only file system" "$work/error" || fail "wrong error: $(cat "$work/error")"
unmount || fail "unmount"
status=0
wait "$server" || status=$?
server=
[ $status = 0 ] || fail "exit status $status"
! mounted || fail "still mounted"
echo "mounted, read and unmounted"
