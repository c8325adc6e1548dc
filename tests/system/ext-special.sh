#!/bin/sh
# SPDX-License-Identifier: MIT
# FIFOs between two processes, sockets, and, by root, devices: made, used, copied, removed.
# volumes: memfs mirror
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

start
cd "$MNT"
umask 022
mkfifo -m 640 pipe
same "$(stat -c '%F %a' pipe)" "fifo 640" "a FIFO"
(for n in 1 2 3; do echo "line $n"; done >pipe) &
writer=$!
same "$(cat pipe)" "$(printf 'line 1\nline 2\nline 3')" "what went through a FIFO"
wait "$writer"
ln pipe hard
(echo by another name >hard) &
writer=$!
same "$(cat pipe)" "by another name" "what went through its other name"
wait "$writer"
mv pipe moved
refused mkfifo moved
rm hard
python3 - <<'END'
import os, socket, stat
server = socket.socket(socket.AF_UNIX)
server.bind("socket")
server.listen()
assert stat.S_ISSOCK(os.stat("socket").st_mode), oct(os.stat("socket").st_mode)
client = socket.socket(socket.AF_UNIX)
client.connect("socket")
client.sendall(b"hello")
peer, _ = server.accept()
assert peer.recv(10) == b"hello"
peer.close(), client.close(), server.close()
kinds = {e.name: stat.S_IFMT(e.stat(follow_symlinks=False).st_mode) for e in os.scandir(".")}
assert kinds == {"socket": stat.S_IFSOCK, "moved": stat.S_IFIFO}, kinds
END
mkdir copies
cp -a moved socket copies/
same "$(stat -c %F copies/*)" "$(stat -c %F moved socket)" "copies"
rm -r copies
touch plain
python3 -c 'import os; os.mknod("by-mknod", 0o100600); assert os.stat("by-mknod").st_mode == 0o100600'
if mknod probe c 1 3 2>/dev/null; then
    rm probe
    mknod -m 600 zero c 1 5
    mknod -m 660 disk b 259 70000
    same "$(stat -c '%F %t:%T %a' zero)" "character special file 1:5 600" "a character device"
    same "$(stat -c '%F %t:%T %a' disk)" "block special file 103:11170 660" "a block device"
    cp -a zero disk "$TEST_DIR/"
    same "$(stat -c '%F %t:%T' "$TEST_DIR/zero" "$TEST_DIR/disk")" "$(stat -c '%F %t:%T' zero disk)" "devices copied out"
    tar -cf "$TEST_DIR/d.tar" zero disk moved
    mkdir from-tar
    tar -C from-tar -xpf "$TEST_DIR/d.tar"
    same "$(stat -c '%F %t:%T %a' from-tar/*)" "$(stat -c '%F %t:%T %a' disk moved zero)" "devices from an archive"
    refused head -c1 zero # mounts do not let devices be used
    rm zero disk
    rm -r from-tar
else
    [ "$(id -u)" != 0 ] || ! grep -q "^ *0 *0 *4294967295$" /proc/self/uid_map || fail "root cannot make devices"
fi
rm moved socket plain by-mknod
empty .
cd "$TEST_DIR"
stop
