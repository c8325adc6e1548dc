#!/bin/sh
# SPDX-License-Identifier: MIT
# Ctrl-C, and SIGTERM, unmount; the program ends with success.
# volumes: memfs mirror
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

# A shell's background job ignores SIGINT; the terminal's job does not.
in_foreground='import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])'
mkdir -p "$ROOT"
for signal in INT TERM INT; do
    case $VOLUME in
    memfs) launch python3 -c "$in_foreground" memfs /l "$MNT" /b ;;
    mirror) launch python3 -c "$in_foreground" mirror /r "$ROOT" /l "$MNT" /b ;;
    esac
    echo text >"$MNT/file"
    kill -"$signal" "$SERVER"
    wait_for 10 not_mounted "$MNT" || fail "still mounted 10 s after SIG$signal"
    wait_for 10 ended "$SERVER" || fail "still running 10 s after SIG$signal"
    code=0
    wait "$SERVER" || code=$?
    same "$code" 0 "status after SIG$signal"
done
