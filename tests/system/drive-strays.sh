#!/bin/sh
# SPDX-License-Identifier: MIT
# A program still writes while its drive is unmounted: what lands in the bare folder is kept, and the drive can be
# mounted again.
# user: also
. "${0%/*}/lib.sh"

dokanctl mount mem:// R: >said
drive=$(dokanctl path R:)
echo in >"$drive/in"
dokanctl unmount R:
mkdir -p "$drive"
echo stray >"$drive/stray"
dokanctl mount mem:// R: >out 2>said
[ ! -e "$drive/stray" ] || fail "the drive is not empty"
same "$(cat "$drive.found-1/stray")" stray "what was written to the bare folder"
grep -q "found-1" said || fail "nobody says where it is: $(cat said)"
dokanctl unmount R:
[ ! -e "$drive" ] || fail "the folder of the drive was left"
