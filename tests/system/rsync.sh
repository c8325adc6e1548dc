#!/bin/sh
# SPDX-License-Identifier: MIT
# rsync into the volume and back; the second run finds nothing to do, a changed byte is found by checksum.
# (Times of folders are not compared: this rsync does not always keep them, on no matter which file system.)
# volumes: memfs mirror
# user: also
# time: 120
. "${0%/*}/lib.sh"
need rsync

real_tree source
start
rsync -a --no-links source/ "$MNT/copy/"
same_files source "$MNT/copy"
rsync -a --no-links --stats --itemize-changes source/ "$MNT/copy/" >second
same "$(grep -c '^[<>c*]' second || true)" 0 "entries that the second run touched"
grep -q 'Number of regular files transferred: 0$' second || fail "the second run transferred files"
printf X | dd of="$MNT/copy/odd/many/file-0007" bs=1 conv=notrunc status=none
rsync -a --no-links --checksum --itemize-changes source/ "$MNT/copy/" >third
same "$(grep -c '^>f' third)" 1 "files sent after one byte changed"
rsync -a --no-links "$MNT/copy/" back/
same_files source back
rsync -a --no-links --delete back/odd/empty/ "$MNT/copy/"
empty "$MNT/copy"
stop
