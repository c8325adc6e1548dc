#!/bin/sh
# SPDX-License-Identifier: MIT
# Symbolic links of a folder behind a mount: followed inside, never out; shown as text where they lead nowhere; removed
# and renamed themselves. Odd names, and the mode of the security folder.
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

odd_tree folder/odd
mkdir folder/dir secure
echo inside >folder/dir/file
echo secret >outside
chmod 2750 secure
ln -s dir folder/dirlink
ln -s ../dir/./file folder/dir/up
ln -s dirlink/up folder/twice
ln -s ../outside folder/out
ln -s "$TEST_DIR/outside" folder/absolute
ln -s nothing folder/dangling
echo fixed >folder/dir/fixed
chmod 444 folder/dir/fixed
ln -s dir/fixed folder/tofixed
ln -s loop2 folder/loop1
ln -s loop1 folder/loop2
mkfifo folder/fifo
launch fs_serve --securityfolder secure folder "$MNT"
same_files folder/odd "$MNT/odd"
for name in dirlink/file dir/up twice dirlink/up; do
    same "$(cat "$MNT/$name")" inside "$name"
done
same "$(cat "$MNT/out")" ../outside "a link that leads out"
same "$(cat "$MNT/absolute")" "$TEST_DIR/outside" "an absolute link"
same "$(cat "$MNT/dangling")" nothing "a link to nothing"
same "$(cat "$MNT/loop1")" loop2 "a link in a circle"
same "$(stat -c %s "$MNT/loop1")" 5 "its size"
refused sh -c 'echo changed >"$1"' sh "$MNT/out"
same "$(cat outside)" secret "the file outside"
refused cat "$MNT/out/x"
timeout 5 ls -l "$MNT" >/dev/null
code=0
timeout 5 cat "$MNT/fifo" >/dev/null 2>&1 || code=$?
same "$code" 1 "status of reading a FIFO"
echo new >"$MNT/dirlink/new"
same "$(cat folder/dir/new)" new "a file made through a link"
mv "$MNT/twice" "$MNT/moved"
same "$(readlink folder/moved)" dirlink/up "a renamed link"
rm -f "$MNT/moved" "$MNT/out" "$MNT/dangling" "$MNT/loop1" "$MNT/tofixed"
rmdir "$MNT/dirlink"
same "$(stat -c %a folder/dir/fixed)" 444 "the mode of what a removed link led to"
[ ! -L folder/dirlink ] && [ ! -L folder/moved ] && [ ! -L folder/out ] && [ ! -L folder/tofixed ] || fail "a removed link is still there"
same "$(cat folder/dir/file)$(cat outside)" insidesecret "what the removed links led to"
same "$(stat -c %a "$MNT/dir")" 750 "the mode of a directory"
rm -r "$MNT/dir" "$MNT/odd"
[ ! -e folder/odd ] || fail "the folder was not removed"
stop
