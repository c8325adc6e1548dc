#!/bin/sh
# SPDX-License-Identifier: MIT
# Symbolic links of a folder behind a mount are links there: the kernel follows them, the object never does. They are
# made, read, renamed and removed themselves. Odd names, special files, and the mode of the security folder.
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
for name in dirlink dir/up twice out absolute dangling tofixed loop1; do
    same "$(readlink "$MNT/$name")" "$(readlink "folder/$name")" "where $name leads"
    same "$(stat -c '%F %s' "$MNT/$name")" "$(stat -c '%F %s' "folder/$name")" "what $name is"
done
refused cat "$MNT/loop1"
refused cat "$MNT/dangling"
ln -s dir/file "$MNT/made"
same "$(readlink folder/made)$(cat "$MNT/made")" dir/fileinside "a new link"
refused ln -s x "$MNT/made"
long=$(printf '%01000d' 7)
ln -s "$long" "$MNT/long"
same "$(readlink "$MNT/long")" "$long" "a long link"
touch -h -d @86400 "$MNT/made"
same "$(stat -c %Y folder/made)" 86400 "the time of a link"
same "$(stat -c %Y folder/dir/file | grep -c '^86400$')" 0 "the time of what it leads to"
timeout 5 ls -l "$MNT" >/dev/null
same "$(stat -c %F "$MNT/fifo")" fifo "a FIFO"
rm -f "$MNT/made" "$MNT/long"
echo new >"$MNT/dirlink/new"
same "$(cat folder/dir/new)" new "a file made through a link"
mv "$MNT/twice" "$MNT/moved"
same "$(readlink folder/moved)" dirlink/up "a renamed link"
rm -f "$MNT/moved" "$MNT/out" "$MNT/dangling" "$MNT/loop1" "$MNT/tofixed"
rm "$MNT/dirlink"
same "$(stat -c %a folder/dir/fixed)" 444 "the mode of what a removed link led to"
[ ! -L folder/dirlink ] && [ ! -L folder/moved ] && [ ! -L folder/out ] && [ ! -L folder/tofixed ] || fail "a removed link is still there"
same "$(cat folder/dir/file)$(cat outside)" insidesecret "what the removed links led to"
same "$(stat -c %a "$MNT/dir")" 750 "the mode of a directory"
rm -r "$MNT/dir" "$MNT/odd"
[ ! -e folder/odd ] || fail "the folder was not removed"
stop

# Not followed at all: root always can; a fusermount3 that does not know it refuses, with the way out.
ln -s file folder/link
echo inside >folder/file
mkdir -p probe
if [ "$(id -u)" = 0 ] || fs_serve --mode process -o nosymfollow folder probe </dev/null >said 2>&1; then
    launch fs_serve -o nosymfollow folder "$MNT"
    same "$(readlink "$MNT/link")" file "a link that is not followed"
    refused cat "$MNT/link"
    stop
else
    grep -q 'do not know nosymfollow' said || fail "the refusal does not help: $(cat said)"
fi
