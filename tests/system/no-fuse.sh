#!/bin/sh
# SPDX-License-Identifier: MIT
# No /dev/fuse, or none that we may open: the program ends at once and says what to do.
# mount: no
. "${0%/*}/lib.sh"

mkdir -p "$MNT"
chmod 755 "$TEST_DIR" "$MNT"
need_root

mount -t tmpfs -o mode=755 tmpfs /dev
mknod -m 666 /dev/null c 1 3
refused timeout 20 memfs /l "$MNT"
says '/dev/fuse'
says 'modprobe\|load\|kernel\|container\|device'
not_mounted "$MNT"

mknod -m 600 /dev/fuse c 10 229
chmod 777 "$MNT"
mkdir bin # the build folder may lie where only root may go
cp "$(command -v memfs)" "$TEST_BUILD/src/api/libdokan2.so.2" bin
refused timeout 20 env LD_LIBRARY_PATH="$TEST_DIR/bin" \
    setpriv --reuid=65534 --regid=65534 --clear-groups "$TEST_DIR/bin/memfs" /l "$MNT"
says '/dev/fuse'
says 'permission'
not_mounted "$MNT"
