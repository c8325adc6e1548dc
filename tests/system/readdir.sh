#!/bin/sh
# SPDX-License-Identifier: MIT
# A listing is stable: what stays is told exactly once while other names come and go; rewind and seek work.
# volumes: memfs mirror
# masks: yes
# sanitizers: asan
. "${0%/*}/lib.sh"

start
python3 - "$MNT" <<'END'
import ctypes, os, sys, threading
os.chdir(sys.argv[1])
stay = {"stay-%05d" % n for n in range(3000)}
for name in stay:
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
end = threading.Event()
def churn(who):
    n = 0
    while not end.is_set():
        name = "come-%d-%d" % (who, n % 50)
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
        os.unlink(name)
        n += 1
threads = [threading.Thread(target=churn, args=(n,)) for n in range(2)]
for thread in threads:
    thread.start()
try:
    for _ in range(15):
        seen = os.listdir(".")
        kept = [name for name in seen if name.startswith("stay-")]
        assert len(kept) == len(set(kept)), "a name was told twice"
        assert set(kept) == stay, "a name was left out: %r" % list(stay - set(kept))[:3]
finally:
    end.set()
    for thread in threads:
        thread.join()

libc = ctypes.CDLL(None, use_errno=True)
class Dirent(ctypes.Structure):
    _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("reclen", ctypes.c_uint16),
                ("type", ctypes.c_uint8), ("name", ctypes.c_char * 256)]
libc.opendir.restype = ctypes.c_void_p
libc.readdir.restype = ctypes.POINTER(Dirent)
libc.telldir.restype = ctypes.c_long
folder = ctypes.c_void_p(libc.opendir(b"."))
names, marks = [], []
while True:
    marks.append(libc.telldir(folder))
    entry = libc.readdir(folder)
    if not entry:
        break
    names.append(entry.contents.name)
assert len(names) == 3002 and b"." in names and b".." in names, len(names)
assert len(set(marks)) == len(marks), "two places in the listing have the same mark"
for place in (0, 1, 2, 1500, 2999, 3001):
    libc.seekdir(folder, ctypes.c_long(marks[place]))
    assert libc.readdir(folder).contents.name == names[place], place
libc.rewinddir(folder)
again = []
while True:
    entry = libc.readdir(folder)
    if not entry:
        break
    again.append(entry.contents.name)
assert again == names
libc.closedir(folder)
# Deleting while reading, as rm -rf does.
with os.scandir(".") as entries:
    for entry in entries:
        os.unlink(entry.name)
assert os.listdir(".") == []
END
stop
