#!/bin/sh
# SPDX-License-Identifier: MIT
# dokanctl mount: background, foreground, readiness, Ctrl-C, options, a terminal, and as mount(8) calls it.
# user: also
# sanitizers: asan
# files: tests/system/cli-lib.sh
. "${0%/*}/lib.sh"
. "${0%/*}/cli-lib.sh"

cd "$TEST_DIR"
photos photos.zip
mkdir mnt folder

# In the background, as a drive: one line says where.
dokanctl mount photos.zip >where 2>log || fail "mount in the background: $(cat log)"
drive=$(cut -d ' ' -f 1 where) path=$(cut -d ' ' -f 2- where)
same "$(wc -l <where)" 1 "lines"
same "$path" "$(dokanctl path "$drive")" "where it says it is"
same "$(cat "$path/a.txt" "$path/sub/b.txt" | tr '\n' ' ')" "hello inner " "files of the archive"
refused touch "$path/new"
pid=$(dokanctl list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["pid"])')
dokanctl unmount "$drive"
wait_for 10 ended "$pid" || fail "the process still runs"
nothing_registered

# What was decompressed while the index was made (more than memory keeps) serves the mount although the process that made
# it has ended.
python3 - <<'END'
import io, random, tarfile
with tarfile.open("long.tar.xz", "w:xz", preset=1) as t:
    data = random.Random(1).randbytes(1 << 16) * 1024
    info = tarfile.TarInfo("long")
    info.size = len(data)
    t.addfile(info, io.BytesIO(data))
open("long", "wb").write(data)
END
for time in first second; do
    dokanctl mount long.tar.xz mnt >log 2>&1 || fail "mount for the $time time: $(cat log)"
    cmp long mnt/long || fail "other bytes on the $time mount"
    dokanctl unmount mnt
    wait_for 10 not_mounted "$MNT" || fail "still mounted"
done

# /proc/mounts and fstab name the source alike.
source_of_mount() {
    python3 -c 'import sys
for line in open("/proc/self/mounts"):
    source, point = (text.encode().decode("unicode_escape") for text in line.split(" ")[:2])
    if point == sys.argv[1]:
        print(source)' "$MNT"
}
cp photos.zip 'a, b.zip'
dokanctl mount 'a, b.zip' mnt >log 2>&1 || fail "a blank and a comma: $(cat log)"
same "$(source_of_mount)" "$(readlink -f 'a, b.zip')" "the source of a mount"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"
dokanctl mount 'zip://:rosebud@photos.zip' mnt -o noatime >log 2>&1 || fail "a password in the URL: $(cat log)"
same "$(source_of_mount)" 'zip://:***@photos.zip' "the source of a mount with a password"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"
dokanctl mount photos.zip mnt -o fsname=mine >log 2>&1 || fail "fsname: $(cat log)"
same "$(source_of_mount)" mine "a source that is given"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"

# The verbs that need no mount go to a drive too.
dokanctl mount photos.zip W: >log 2>&1 || fail "mount as W:: $(cat log)"
same "$(dokanctl cat 'W:\sub\b.txt')" inner "cat from a drive"
same "$(dokanctl ls w: | head -n 1)" a.txt "ls of a drive"
mkdir copies
dokanctl cp 'W:\a.txt' copies || fail "cp from a drive"
same "$(cat copies/a.txt)" hello "copied from a drive"
dokanctl unmount W:

# Whoever reads its output is not kept waiting until it is unmounted.
said=$(timeout 20 dokanctl mount photos.zip mnt 2>&1) || fail "mount whose output is read: $said"
mounted "$MNT" || fail "not mounted: $said"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"

# On a folder, with JSON, and options of every kind.
dokanctl mount photos.zip mnt --json -o umask=027,nofail,x-systemd.automount,volname=Vol,index=off --filter readonly \
    >where 2>log || fail "mount on a folder: $(cat log)"
python3 -c 'import json, os, sys
x = json.load(open("where"))
assert x["mount_point"] == os.path.realpath("mnt") and x["drive"] == "" and x["pid"] > 1 and x["source"] == "photos.zip", x'
mounted "$MNT" || fail "not mounted"
same "$(stat -c %a mnt/sub)" 750 "umask=027"
refused dokanctl mount photos.zip mnt
says "mnt"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"

# What is written arrives before the end.
dokanctl mount folder mnt 2>log || fail "mount of a folder"
pid=$(dokanctl list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["pid"])')
echo written >mnt/file
same "$(cat folder/file)" written "written through the mount"
dokanctl unmount mnt
wait_for 10 ended "$pid" || fail "the process still runs"
dokanctl mount folder mnt -r 2>log || fail "mount -r"
refused touch mnt/new
says "read-only"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"

# In the foreground: readiness is told, SIGTERM unmounts, the status is 0.
listen "$TEST_DIR/notify" told
in_foreground='import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])'
for signal in TERM INT; do
    NOTIFY_SOCKET=$TEST_DIR/notify
    [ "$signal" = TERM ] || NOTIFY_SOCKET=
    export NOTIFY_SOCKET
    launch python3 -c "$in_foreground" dokanctl mount -f photos.zip mnt
    [ "$signal" = INT ] || wait_for 10 grep -q '^READY=1$' told || fail "not told that it is ready: $(cat told)"
    same "$(cat mnt/a.txt)" hello "in the foreground"
    wait_for 10 grep -q "^$MNT\$" "$SERVER_LOG" || fail "it does not say where it is: $(cat "$SERVER_LOG")"
    kill -"$signal" "$SERVER"
    finish 10
done
grep -q '^STOPPING=1$' told || fail "not told that it stops"
unset NOTIFY_SOCKET
wait "$LISTENER" || true
# Unmounted by somebody else: it ends with success as well.
launch dokanctl mount --foreground folder mnt
stop
nothing_registered

# On a terminal: the hint, Ctrl-C, no control characters of names.
on_terminal --see 'unmount with Ctrl-C' --send '\3' dokanctl mount -f photos.zip mnt || fail "Ctrl-C: status $?"
shows "unmount with Ctrl-C or: dokanctl unmount $MNT"
mounted "$MNT" && fail "still mounted after Ctrl-C"
on_terminal dokanctl mount photos.zip mnt || fail "mount on a terminal: status $?"
shows "unmount with: dokanctl unmount $MNT"
mounted "$MNT" || fail "the mount in the background ended with its terminal"
same "$(cat mnt/a.txt)" hello "after the terminal is gone"
dokanctl unmount mnt
on_terminal dokanctl ls photos.zip || fail "ls on a terminal"
shows 'evil?\[2Jname'
shows "$(printf '\033')\\[01;34msub"
NO_COLOR=1 on_terminal dokanctl ls photos.zip || fail "ls on a terminal"
grep -q "$(printf '\033')" "$SCREEN" && fail "colours although NO_COLOR is set"
on_terminal dokanctl tree photos.zip || fail "tree on a terminal"
shows 'evil?\[2Jname'
on_terminal dokanctl cat "$(printf 'photos.zip!/no\033[2J')" && fail "a file that is not there"
shows 'no?\[2J: no such file'

# While an index is built a terminal shows how far it is; Ctrl-C gives it up, and nothing is mounted.
slow slow.tar.gz
code=0
on_terminal --see 'slow.tar.gz.*[0-9]%' --send '\3' dokanctl mount slow.tar.gz mnt || code=$?
same "$code" 130 "Ctrl-C while the index is built"
shows 'cancelled'
mounted "$MNT" && fail "mounted although it was given up"
code=0
timeout -s INT 1 dokanctl mount slow.tar.gz mnt 2>log || code=$?
same "$(cat log)" "dokanctl: mount: slow.tar.gz: cancelled" "without a terminal"
nothing_registered

# Progress where it is slow, and Ctrl-C gives up without leaving anything. Nothing where there is no terminal.
head -c 12M /dev/zero >folder/large
code=0
on_terminal --see '[0-9]%' --send '\3' dokanctl cp --filter delay:read=150 folder/large copy || code=$?
same "$code" 130 "Ctrl-C while copying"
shows 'folder/large'
shows 'cancelled'
[ ! -e copy ] || fail "a partial copy was left"
dokanctl cp --filter delay:read=80 folder/large copy 2>log || fail "cp"
same "$(wc -c <log)" 0 "progress without a terminal"
on_terminal dokanctl cp --filter delay:read=80 folder/large copy || fail "cp on a terminal"
shows 'B/s'

# As mount(8) calls it.
ln -s "$(command -v dokanctl)" mount.fuse.dokan
./mount.fuse.dokan "$TEST_DIR/photos.zip" "$MNT" -n -o rw,nosuid,nodev,nofail,_netdev,x-systemd.automount,filter=readonly 2>log ||
    fail "mount.fuse.dokan: $(cat log)"
same "$(cat mnt/a.txt)" hello "mounted as by mount(8)"
dokanctl unmount mnt
refused ./mount.fuse.dokan "$TEST_DIR/photos.zip" "$MNT" -o filtre=readonly
says "did you mean 'filter'"
refused ./mount.fuse.dokan "$TEST_DIR/nothing.zip" "$MNT"
says "nothing.zip"
wait_for 10 not_mounted "$MNT" || fail "still mounted"

# Without fusermount3 a user is told that, and not that the kernel were at fault.
if [ "$(id -u)" != 0 ]; then
    DOKAN_FUSERMOUNT=/nowhere refused dokanctl mount photos.zip mnt
    says 'fusermount3'
    says 'this user cannot mount anything; the line above says why'
fi

# By mount(8) itself, which looks for its helper in /sbin.
mkdir upper work
if [ "$(id -u)" = 0 ] && mount -t tmpfs tmpfs upper 2>/dev/null && mkdir upper/up upper/work &&
    mount -t overlay -o "lowerdir=/usr/sbin,upperdir=upper/up,workdir=upper/work" overlay /usr/sbin 2>/dev/null; then
    ln -s "$(command -v dokanctl)" /usr/sbin/mount.fuse.dokan
    printf '%s %s fuse.dokan ro,noauto,nofail,user,noatime,x-systemd.automount,filter=readonly 0 0\n' "$TEST_DIR/photos.zip" "$MNT" >fstab
    mount -T "$TEST_DIR/fstab" "$MNT" 2>log || fail "mount(8): $(cat log)"
    same "$(cat mnt/a.txt)" hello "mounted by mount(8)"
    umount mnt
    rm /usr/sbin/mount.fuse.dokan
    umount /usr/sbin upper
fi
