#!/bin/sh
# SPDX-License-Identifier: MIT
# A drive letter that is in use: without the mount manager it is refused with a message that names it, with it (memfs)
# a free letter is taken, and said. Either way the first drive does not notice, even when the second one is stopped.
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

MNT=$DOKAN_DRIVES/M
launch memfs /l M: /b
first=$SERVER
echo text >"$MNT/file"

mkdir root
refused timeout -k 2 10 mirror /r root /l M:
[ "$code" != 124 ] && [ "$code" != 137 ] || fail "a second file system took drive M:"
says 'M:'
says 'in use'

SERVER_LOG=$TEST_DIR/second.log
MNT=$DOKAN_DRIVES/D
launch memfs /l M: /b
wait_for 5 grep -q "dokanctl unmount" "$SERVER_LOG" || fail "it does not say how to unmount it"
grep -q "mounted at $MNT" "$SERVER_LOG" || fail "it does not say where it is"
grep -q "dokanctl unmount '$MNT'" "$SERVER_LOG" || fail "its hint names another drive"
kill -TERM "$SERVER"
finish 10

SERVER=$first MNT=$DOKAN_DRIVES/M
same "$(cat "$MNT/file")" text "the first drive's file"
same "$(dokanctl path M:)" "$MNT" "path of M:"
stop
