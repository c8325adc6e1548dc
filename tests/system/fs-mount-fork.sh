#!/bin/sh
# SPDX-License-Identifier: MIT
# A child that serves a mount owns its object from before the mount shows until the end, and obeys SIGTERM whatever else
# its parent serves. No thread is inside an object when it is closed.
# user: also
# sanitizers: asan
# time: 90
. "${0%/*}/lib.sh"

mkdir -p "$MNT" other

same "$(fs_fork beside "$PWD/other" "$MNT")" "closed 0" "a child beside a mount in the foreground"
mounted "$MNT" && fail "the child's mount stays"

# A file that is opened before the child says it is ready: when that is closed, the object must not be. Whether the
# opening is early enough is chance.
for n in 1 2 3 4 5 6 7 8 9 10; do
    same "$(fs_fork early "$MNT")" "closed 0" "an early opening (round $n)"
done

# Threads that the object knows have left it before it is closed.
same "$(fs_fork threads "$MNT")" "at the closing 0 of some threads
closed 0" "threads at the closing"
