#!/bin/sh
# SPDX-License-Identifier: MIT
# Mounts that cannot be: each says why and what to do, in every mode, and leaves nothing.
# user: also
# time: 60
. "${0%/*}/lib.sh"

mkdir -p "$MNT" full
touch full/file
for mode in threads process foreground; do
    no() {
        wanted=$1
        shift
        refused fs_serve --mode $mode "$@" </dev/null
        says "$wanted"
    }
    no "does not exist" mem:// "$TEST_DIR/none"
    no "Not a directory" mem:// "$TEST_DIR/full/file"
    no "not empty" mem:// "$TEST_DIR/full"
    no 'did you mean Q:\\test' mem:// "$(printf 'Q:\test')"
    no "drive that is not mounted" mem:// 'Q:\test'
    no "mount options" -o no_such_option mem:// "$MNT"
    no "volume name" --volname "" mem:// "$MNT"
    no "security folder" --securityfolder "$TEST_DIR/none" mem:// "$MNT"
    rm -f outer.log inner.log
    fs_serve mem:// Q: </dev/null >outer.log 2>&1 &
    outer=$!
    wait_for 10 grep -q ^ready outer.log || fail "no drive Q:"
    no "drive Q: is in use" mem:// 'q:\'
    # fusermount3 cannot look into a user's mount.
    if [ "$(id -u)" = 0 ]; then
        mkdir "$(dokanctl path Q:)/test"
        fs_serve mem:// 'Q:\test' </dev/null >inner.log 2>&1 &
        inner=$!
        wait_for 10 grep -q ^ready inner.log || fail "a folder inside a drive cannot be mounted on: $(cat inner.log)"
        no "something is mounted on" mem:// 'Q:\test'
        kill -TERM $inner
        wait $inner || fail "the inner mount ended badly"
    fi
    dokanctl unmount Q:
    wait $outer || fail "the outer mount ended badly"
done
