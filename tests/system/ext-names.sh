#!/bin/sh
# SPDX-License-Identifier: MIT
# Names change under open files: removed, replaced, exchanged; folders too. Nothing is hidden, nobody is disturbed.
# volumes: memfs mirror memfs-ci
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

mkdir -p "$ROOT"
start
cd "$MNT"
python3 - "$VOLUME" "$ROOT" <<'END'
import ctypes, errno, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, NOREPLACE, EXCHANGE = -100, 1, 2
def rename2(a, b, flags):
    if libc.renameat2(AT_FDCWD, a.encode(), AT_FDCWD, b.encode(), flags):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), a)
def put(name, text):
    with open(name, "w") as f:
        f.write(text)
def get(name):
    with open(name) as f:
        return f.read()
def fails(codes, call, *args):
    try:
        call(*args)
    except OSError as error:
        assert error.errno in codes, error
    else:
        raise SystemExit("%s%r succeeded" % (call.__name__, args))

# Removing and replacing what is open.
put("a", "old")
fd = os.open("a", os.O_RDWR)
os.unlink("a")
assert not os.path.exists("a") and sorted(os.listdir(".")) == [], os.listdir(".")
put("a", "new")
os.pwrite(fd, b"OLD!", 0)
assert os.pread(fd, 10, 0) == b"OLD!" and get("a") == "new" and os.fstat(fd).st_size == 4
if sys.argv[1] == "mirror":
    assert os.listdir(sys.argv[2]) == ["a"], "the host keeps what was removed"
put("b", "over")
other = os.open("a", os.O_RDONLY)
os.rename("b", "a")
assert get("a") == "over" and os.pread(other, 10, 0) == b"new" and os.pread(fd, 10, 0) == b"OLD!"
assert os.listdir(".") == ["a"]
os.close(fd), os.close(other)
os.chmod("a", 0o444)
put("b", "x")
os.rename("b", "a")
assert get("a") == "x"
os.chmod("a", 0o444)
os.unlink("a")

# Folders.
os.mkdir("d"), os.mkdir("e")
d = os.open("d", os.O_RDONLY)
os.rename("e", "d")
assert os.listdir(".") == ["d"] and os.listdir(d) == []
os.close(d)
put("d/f", "f")
os.mkdir("e")
fails({errno.ENOTEMPTY, errno.EEXIST}, os.rename, "e", "d")
fails({errno.ENOTEMPTY, errno.EEXIST}, os.rmdir, "d")
put("file", "")
fails({errno.ENOTDIR}, os.rename, "d", "file")
fails({errno.EISDIR}, os.rename, "file", "d")
fails({errno.EINVAL}, os.rename, "d", "d/inside")
fails({errno.EISDIR, errno.EPERM}, os.unlink, "e")
fails({errno.ENOTDIR}, os.rmdir, "file")
e = os.open("e", os.O_RDONLY)
os.rmdir("e")
assert os.listdir(e) == []
os.close(e)
os.unlink("file"), os.unlink("d/f"), os.rmdir("d")

# renameat2(2).
put("one", "1"), put("two", "2")
fails({errno.EEXIST}, rename2, "one", "two", NOREPLACE)
rename2("one", "three", NOREPLACE)
rename2("three", "two", EXCHANGE)
assert (get("two"), get("three")) == ("1", "2")
os.mkdir("dir"), os.mkdir("dir/sub"), put("dir/sub/file", "deep")
fd = os.open("two", os.O_RDWR)
deep = os.open("dir/sub/file", os.O_RDONLY)
rename2("two", "dir/sub", EXCHANGE)
assert get("dir/sub") == "1" and get("two/file") == "deep" and os.path.isdir("two")
os.pwrite(fd, b"I", 0)
assert get("dir/sub") == "I" and os.pread(deep, 9, 0) == b"deep"
os.close(fd), os.close(deep)
fails({errno.ENOENT}, rename2, "two", "missing", EXCHANGE)
fails({errno.EINVAL}, rename2, "two", "two/file", EXCHANGE)
fails({errno.EINVAL}, rename2, "two/file", "two", EXCHANGE)
rename2("two", "two", EXCHANGE)
os.symlink("three", "link")
rename2("link", "three", EXCHANGE)
assert os.readlink("three") == "three" and get("link") == "2"
rename2("link", "three", EXCHANGE)
assert get("link") == "2"
os.unlink("link"), os.unlink("three"), os.unlink("dir/sub"), os.unlink("two/file"), os.rmdir("two"), os.rmdir("dir")

# Both names are always there while two threads swap them.
put("x", "x"), put("y", "y")
done = threading.Event()
def swap():
    for _ in range(400):
        rename2("x", "y", EXCHANGE)
    done.set()
thread = threading.Thread(target=swap)
thread.start()
misses = 0
while not done.is_set():
    for name in "xy":
        try:
            assert get(name) in "xy"
        except OSError as error:
            assert error.errno == errno.ESTALE, error
            misses += 1
thread.join()
assert {get("x"), get("y")} == {"x", "y"}
os.unlink("x"), os.unlink("y")
assert os.listdir(".") == []
END
cd "$TEST_DIR"
stop
