#!/bin/sh
# SPDX-License-Identifier: MIT
# Drive letters: M: is a folder below $DOKAN_DRIVES, every verb takes either form, a busy letter is refused.
# volumes: memfs
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

MNT=$DOKAN_DRIVES/M
launch memfs /l M: /b
for form in M M: m 'M:\' M:/; do
    same "$(dokanctl path "$form")" "$MNT" "path of $form"
done
echo text >"$MNT/file"
same "$(dokanctl path 'M:\file')" "$MNT/file" "path of a file on the drive"
dokanctl list | grep -q 'M:' || fail "list does not show M:"
dokanctl /l | grep -q 'M:' || fail "/l does not show M:"
dokanctl list --json | python3 -c 'import json, sys
assert "M:" in json.dumps(json.load(sys.stdin))'
dokanctl status M: | grep -qi 'open handles' || fail "status says nothing about open handles"

if [ "$(id -u)" = 0 ]; then # fusermount3 may not look into a user's mount
    first=$SERVER
    mkdir "$MNT/inside"
    MNT=$DOKAN_DRIVES/M/inside
    launch memfs /l 'M:\inside'
    echo inner >"$MNT/file"
    same "$(cat "$DOKAN_DRIVES/M/inside/file")" inner "a file of the volume inside"
    stop
    SERVER=$first MNT=$DOKAN_DRIVES/M
fi
same "$(cat "$MNT/file")" text "the outer volume"
dokanctl /u M
finish 20
refused dokanctl path M:

launch memfs /l M:
same "$(dokanctl path M:)" "$MNT" "the letter, taken again"
stop
