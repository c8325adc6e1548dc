#!/bin/sh
# SPDX-License-Identifier: MIT
# tar into the volume, compare, and tar out again.
# volumes: memfs mirror
# masks: yes
# user: also
# time: 120
. "${0%/*}/lib.sh"

real_tree source
tar --format=posix -cf in.tar source
start
tar -C "$MNT" -xf in.tar
same_trees source "$MNT/source"
tar -C "$MNT" --format=posix -cf out.tar source
mkdir out
tar -C out -xf out.tar
same_trees source out/source
tar -C "$MNT" --format=posix -cf "$MNT/inside.tar" source
tar -C out --diff -f "$MNT/inside.tar"
stop
