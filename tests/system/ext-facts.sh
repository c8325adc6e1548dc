#!/bin/sh
# SPDX-License-Identifier: MIT
# Modes, owners, umask, set-group-id and sticky folders, the time of change, set-id bits that a write takes away.
# volumes: memfs mirror memfs-ci
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

if [ "$(id -u)" = 0 ]; then
    start --mount-options allow_other
else
    start
fi
cd "$MNT"
umask 022
echo x >file
same "$(stat -c '%a %u %g' file)" "644 $(id -u) $(id -g)" "a new file"
for mode in 0 1 7 70 700 777 644 4755 2755 1777 6711 444 200; do
    chmod "$mode" file
    same "$(stat -c %a file)" "$mode" "chmod $mode"
done
mkdir -m 751 folder
same "$(stat -c %a folder)" 751 "mkdir -m"
chmod 3775 folder
same "$(stat -c %a folder)" 3775 "chmod of a folder"
(
    umask 077
    echo >private
    mkdir secret
)
same "$(stat -c %a private secret | tr '\n' ' ')" "600 700 " "umask 077"
chmod 444 file
rm -f file
[ ! -e file ] || fail "a read-only file cannot be removed"
install -m 4711 /bin/true suid
same "$(stat -c %a suid)" 4711 "install -m"
./suid
stop_and_again() {
    [ "$VOLUME" = mirror ] || return 0
    cd "$TEST_DIR"
    stop
    same "$(stat -c %a "$ROOT/suid" "$ROOT/private" | tr '\n' ' ')" "4711 600 " "modes on the host"
    if [ "$(id -u)" = 0 ]; then start --mount-options allow_other; else start; fi
    cd "$MNT"
    same "$(stat -c %a suid private | tr '\n' ' ')" "4711 600 " "modes after mounting again"
}
stop_and_again

python3 - <<'END'
import os, time
def stamp(name):
    s = os.stat(name)
    return s.st_ctime_ns, s.st_mtime_ns
def changes(what, name, action, contents):
    before = stamp(name)
    time.sleep(0.02)
    action()
    after = stamp(name)
    assert after[0] > before[0], (what, "leaves the time of change", before, after)
    assert (after[1] > before[1]) == contents, (what, "and the time of writing", before, after)
def write(name):
    with open(name, "a") as f:
        f.write("x")
write("t")
changes("chmod", "t", lambda: os.chmod("t", 0o640), False)
changes("chown", "t", lambda: os.chown("t", os.getuid(), os.getgid()), False)
changes("write", "t", lambda: write("t"), True)
changes("truncate", "t", lambda: os.truncate("t", 0), True)
changes("link", "t", lambda: os.link("t", "t2"), False)
changes("unlink", "t", lambda: os.unlink("t2"), False)
changes("setxattr", "t", lambda: os.setxattr("t", "user.n", b"v"), False)
os.mkdir("d")
changes("create", "d", lambda: write("d/f"), True)
changes("remove", "d", lambda: os.unlink("d/f"), True)
before = os.stat("t").st_ctime_ns
time.sleep(0.02)
os.utime("t", ns=(10**18, 10**18))
s = os.stat("t")
assert s.st_mtime_ns == 10**18 and s.st_ctime_ns > before
# Through a descriptor as well.
fd = os.open("t", os.O_RDONLY)
os.fchmod(fd, 0o604)
assert os.fstat(fd).st_mode & 0o7777 == 0o604
os.unlink("t")
os.fchmod(fd, 0o611)
assert os.fstat(fd).st_mode & 0o7777 == 0o611, oct(os.fstat(fd).st_mode)
os.close(fd)
# What is made read-only can be written by who makes it.
fd = os.open("ro", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o444)
assert os.write(fd, b"text") == 4 and os.fstat(fd).st_mode & 0o7777 == 0o444
os.close(fd)
END

[ "$(id -u)" = 0 ] || {
    refused chown 0 private
    cd "$TEST_DIR"
    stop
    exit 0
}
grep -q "^ *0 *0 *4294967295$" /proc/self/uid_map || {
    cd "$TEST_DIR"
    stop
    exit 0
}

# What only root can show: other owners, and what others may do.
chmod 755 "$TEST_DIR" "$MNT" 2>/dev/null || :
chown 1234:4321 private
same "$(stat -c %u:%g private)" 1234:4321 "chown"
chgrp 99 private
same "$(stat -c %u:%g private)" 1234:99 "chgrp"
mkdir group sticky
chgrp 4321 group
chmod 2777 group
chmod 1777 sticky
cat >"$TEST_DIR/as.py" <<'END'
import os, sys
uid, gid, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
os.setgroups([])
os.setgid(gid)
os.setuid(uid)
os.execvp(command[0], command)
END
bits_are() {
    [ "$(stat -c %a setid)" = "$1" ]
}
as() {
    python3 "$TEST_DIR/as.py" "$@"
}
as 1001 1002 sh -c 'umask 022; echo mine >group/file; mkdir group/folder; echo mine >sticky/file'
same "$(stat -c '%u:%g %a' group/file)" "1001:4321 644" "a file in a set-group-id folder"
same "$(stat -c '%u:%g %a' group/folder)" "1001:4321 2755" "a folder in a set-group-id folder"
same "$(stat -c '%u:%g' sticky/file)" "1001:1002" "a file of another user"
refused as 1003 1003 rm -f sticky/file
says "not permitted\|denied"
refused as 1003 1003 sh -c 'echo x >>group/file'
refused as 1003 1003 cat private
refused as 1003 1003 chmod 777 group/file
as 1001 1002 chmod 640 group/file
as 1001 1002 rm sticky/file

for way in "echo x >>setid" "truncate -s 1 setid" ": >setid"; do
    printf 'content' >setid
    chmod 6777 setid
    as 1001 1002 sh -c "$way"
    wait_for 5 bits_are 777 || :
    same "$(stat -c %a setid)" 777 "set-id bits after a stranger's '$way'"
    printf 'content' >setid
    chmod 6777 setid
    sh -c "$way"
    same "$(stat -c %a setid)" 6777 "set-id bits after root's '$way'"
done
chown 1001 setid
same "$(stat -c %a setid)" 777 "set-id bits after chown"
cd "$TEST_DIR"
stop
