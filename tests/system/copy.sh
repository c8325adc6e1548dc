#!/bin/sh
# SPDX-License-Identifier: MIT
# A large real tree goes in with cp -a and comes out again, byte-exact, and stays so over a remount of the mirror.
# volumes: memfs mirror
# masks: yes
# user: also
# sanitizers: asan
# time: 120
. "${0%/*}/lib.sh"

if [ -n "$FULL" ]; then real_tree source ''; else real_tree source; fi
start
cp -a source "$MNT/copy"
same_trees source "$MNT/copy"
cp -a "$MNT/copy" back
same_trees source back
if [ "$VOLUME" = mirror ]; then
    same_trees source "$ROOT/copy"
    stop
    start
    same_trees source "$MNT/copy"
fi
rm -rf "$MNT/copy"
empty "$MNT"
stop
