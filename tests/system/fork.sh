#!/bin/sh
# SPDX-License-Identifier: MIT
# fork in the host process: in the child every call fails cleanly, and the parent's volume does not notice.
# mount: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

mkdir -p "$MNT/0" "$MNT/1"
many fork "$MNT"
