#!/bin/sh
# SPDX-License-Identifier: MIT
# Wrong arguments: a message on standard error that helps, never a crash, and the status that scripts rely on:
# Dokany's options 1; the verbs 2 for wrong usage, 3 for a mount that is not there.
# mount: no
# sanitizers: asan
. "${0%/*}/lib.sh"

# wrong STATUS COMMAND...: must end with that status within 20 s and say something.
wrong() {
    want=$1
    shift
    code=0
    timeout 20 "$@" >"$TEST_DIR/out" 2>"$TEST_DIR/said" </dev/null || code=$?
    same "$code" "$want" "status of '$*'"
    [ -s "$TEST_DIR/said" ] || fail "'$*' says nothing on standard error"
}
works() {
    timeout 20 "$@" >"$TEST_DIR/out" 2>"$TEST_DIR/said" </dev/null || fail "'$*' ended with $?"
    [ -s "$TEST_DIR/out" ] || [ -s "$TEST_DIR/said" ] || fail "'$*' says nothing"
}

wrong 1 mirror
wrong 1 mirror /r
wrong 1 mirror /r "$TEST_DIR"
wrong 1 mirror /r "$TEST_DIR/missing" /l "$MNT"
wrong 1 mirror /r "$TEST_DIR" /l
wrong 1 mirror /q "$TEST_DIR" /l "$MNT"
wrong 1 mirror /r "$TEST_DIR" /l "$MNT" /n server /o
wrong 1 mirror /r "$TEST_DIR" /l "$MNT" /o /c
works memfs /h
wrong 1 memfs /l
wrong 1 memfs /z /l
wrong 1 memfs /nonsense /l "$MNT"
wrong 1 memfs /l "$MNT/missing/deep"

wrong 1 dokanctl
wrong 1 dokanctl '/?'
wrong 1 dokanctl /u
wrong 1 dokanctl /u "$MNT"
wrong 1 dokanctl /i
wrong 1 dokanctl /r
wrong 1 dokanctl /d
wrong 1 dokanctl /d 9
wrong 1 dokanctl /q
wrong 2 dokanctl nonsense
wrong 2 dokanctl unmount
wrong 3 dokanctl unmount "$MNT"
wrong 3 dokanctl unmount Q:
wrong 2 dokanctl path
wrong 3 dokanctl path Q:
wrong 3 dokanctl status "$MNT"
wrong 2 dokanctl trace
wrong 2 dokanctl trace maybe "$MNT"
works dokanctl --help
works dokanctl /v
works dokanctl version
works dokanctl list
works dokanctl list --json
python3 -m json.tool <out >/dev/null || fail "list --json is no JSON"
for verb in list unmount path version status trace; do
    works dokanctl $verb --help
done
