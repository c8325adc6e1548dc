#!/bin/sh
# SPDX-License-Identifier: MIT
# cmdline_test.sh NAME PROGRAM: the command line of a sample, as far as nothing is mounted. Each mistake gives exit
# code 1 and one line on stderr that names it; nothing crashes.
name=$1
program=$2
failed=0
out=$(mktemp) || exit 99
trap 'rm -f "$out"' EXIT

# expect CODE TEXT ARGS...: exit code, and a text that the output holds.
expect() {
    code=$1
    text=$2
    shift 2
    timeout 20 "$program" "$@" >"$out" 2>&1 </dev/null
    got=$?
    if [ "$got" != "$code" ] || ! grep -qF -- "$text" "$out"; then
        echo "FAILED: $name $*: exit $got instead of $code, or no '$text' in:"
        cat "$out"
        failed=1
    fi
}

expect 1 "unknown option '/q'" /q
expect 1 "unknown option '/home'" /home
expect 1 "unknown option 'word'" word
expect 1 "unknown option '--nothing'" --nothing
expect 1 "unknown option '--'" --
expect 1 "unknown option ''" ""
expect 1 "missing behind '/l'" /l
expect 1 "missing behind '--mount'" /d --mount
expect 1 "missing behind '/i'" /i
expect 1 "not a number: 'soon'" /i soon
expect 1 "not a number: '-1'" /i -1
expect 1 "not a number: '4294967296'" /i 4294967296
expect 1 "not a number: '5K'" /i 5K
expect 1 "no value goes with '--debug=yes'" --debug=yes
expect 0 "--mount" --help

case $name in
memfs)
    expect 0 "/z, --size" /h
    expect 1 "unknown option '/H'" /H
    expect 1 "not a size" /z much
    expect 1 "not a size" /z 16777216T
    expect 1 "not a size" /z 1KB
    expect 1 "out of memory, or /z below" /z 1 /l /nonexistent/mount/point
    expect 1 "memfs: " /z 64M /l /nonexistent/mount/point
    expect 1 "memfs: " /b --size=1g --mount=/nonexistent/mount/point
    ;;
mirror)
    expect 1 "mirror /r DIR" # no arguments
    expect 1 "which directory" /l /nonexistent/mount/point
    expect 1 "where to mount" /R /
    expect 1 "/nonexistent/dir: No such file" /r /nonexistent/dir /l M:
    expect 1 "leave one out" /r / /l M: /n '\a\b' /O
    expect 1 "leave one out" /r / /l M: /o /c
    expect 1 "mirror: " /r / /L /nonexistent/mount/point /b /w
    if [ "$(id -u)" != 0 ]; then
        expect 1 "needs root" /r / /l M: /p
    fi
    ;;
esac
exit $failed
