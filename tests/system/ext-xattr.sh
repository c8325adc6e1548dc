#!/bin/sh
# SPDX-License-Identifier: MIT
# Extended attributes: setfattr and getfattr, limits and errors of the calls, copies by cp, tar and rsync.
# volumes: memfs mirror memfs-ci
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"
need setfattr getfattr tar rsync

mkdir -p "$ROOT"
if [ "$VOLUME" = mirror ]; then
    touch "$ROOT/probe"
    setfattr -n user.probe -v x "$ROOT/probe" 2>/dev/null || skip "no extended attributes below $ROOT"
fi
start
cd "$MNT"
echo x >file
mkdir folder
setfattr -n user.one -v first file
setfattr -n user.two -v 0x00ff0a file
setfattr -n user.on.folder -v second folder
same "$(getfattr -n user.one --only-values file)" first "a value"
same "$(getfattr -d -e hex file | grep user | sort | tr '\n' ' ')" "user.one=0x6669727374 user.two=0x00ff0a " "all of a file"
same "$(getfattr -d --only-values folder)" second "of a folder"
setfattr -n user.one -v changed file
same "$(getfattr -n user.one --only-values file)" changed "a value that was changed"
setfattr -x user.one file
refused getfattr -n user.one file
says "no such attribute"
refused setfattr -x user.one file
refused setfattr -n trusted.x -v y file
refused setfattr -n security.x -v y file
python3 - "$VOLUME" <<'END'
import errno, os, sys
volume = sys.argv[1]
def fails(code, call, *args, **more):
    try:
        call(*args, **more)
    except OSError as error:
        assert error.errno in (code if isinstance(code, tuple) else (code,)), error
    else:
        raise SystemExit("%s%r succeeded" % (call.__name__, args))
open("f", "w").close()
assert os.listxattr("f") == []
os.setxattr("f", "user.a", b"1", os.XATTR_CREATE)
fails(errno.EEXIST, os.setxattr, "f", "user.a", b"2", os.XATTR_CREATE)
fails(errno.ENODATA, os.setxattr, "f", "user.b", b"2", os.XATTR_REPLACE)
os.setxattr("f", "user.a", b"3", os.XATTR_REPLACE)
assert os.getxattr("f", "user.a") == b"3"
os.setxattr("f", "user.empty", b"")
assert os.getxattr("f", "user.empty") == b"" and set(os.listxattr("f")) == {"user.a", "user.empty"}
big = bytes(range(256)) * 12
os.setxattr("f", "user.big", big)
assert os.getxattr("f", "user.big") == big
fails((errno.E2BIG, errno.ENOSPC), lambda: [os.setxattr("f", "user.n%d" % n, big * 5) for n in range(100)])
assert os.getxattr("f", "user.big") == big and os.getxattr("f", "user.a") == b"3"
for name in os.listxattr("f"):
    os.removexattr("f", name)
long = "user." + "n" * 200
os.setxattr("f", long, b"long")
os.setxattr("f", "user.\u00e4\u20ac", b"wide")
assert set(os.listxattr("f")) == {long, "user.\u00e4\u20ac"}
if volume == "memfs-ci":
    os.setxattr("f", "user.Case", b"1")
    assert os.getxattr("f", "user.cASE") == b"1" and os.getxattr("f", "user.\u00c4\u20ac") == b"wide"
else:
    os.setxattr("f", "user.Case", b"1")
    fails(errno.ENODATA, os.getxattr, "f", "user.case")
fd = os.open("f", os.O_RDWR)
os.setxattr(fd, "user.fd", b"by descriptor")
os.rename("f", "g")
assert os.getxattr("g", "user.fd") == b"by descriptor"
os.unlink("g")
assert os.getxattr(fd, "user.fd") == b"by descriptor"
os.setxattr(fd, "user.gone", b"x")
os.close(fd)
os.symlink("file", "link")
assert os.getxattr("link", "user.two") == b"\0\xff\n"
fails((errno.EPERM, errno.ENODATA, errno.EOPNOTSUPP), os.setxattr, "link", "user.x", b"y", follow_symlinks=False)
# open(2) with O_TRUNC leaves them.
open("file", "w").close()
assert os.getxattr("file", "user.two") == b"\0\xff\n"
END
refused getfattr -n user.missing missing

show() {
    (cd "$1" && find . -mindepth 1 | sort | while read -r name; do echo "$name $(getfattr -hd -e hex "$name" | md5sum)"; done)
}
mkdir -p "$TEST_DIR/tree/sub"
for n in 1 2 3; do
    echo "$n" >"$TEST_DIR/tree/sub/$n"
done
setfattr -n user.mime -v text/plain "$TEST_DIR/tree/sub/1" 2>/dev/null || {
    cd "$TEST_DIR"
    stop
    exit 0
}
setfattr -n user.long -v "$(printf '%2000s' x)" "$TEST_DIR/tree/sub/2"
setfattr -n user.f -v d "$TEST_DIR/tree/sub"
want=$(show "$TEST_DIR/tree")
cp -a "$TEST_DIR/tree" cp
same "$(show cp)" "$want" "after cp -a"
tar -C "$TEST_DIR/tree" --xattrs -cf "$TEST_DIR/t.tar" .
mkdir tar
tar -C tar --xattrs -xf "$TEST_DIR/t.tar"
same "$(show tar)" "$want" "after tar -x"
tar -C tar --xattrs -cf "$TEST_DIR/t2.tar" .
mkdir "$TEST_DIR/untar"
tar -C "$TEST_DIR/untar" --xattrs -xf "$TEST_DIR/t2.tar"
same "$(show "$TEST_DIR/untar")" "$want" "after tar -c"
rsync -aX "$TEST_DIR/tree/" rsync
same "$(show rsync)" "$want" "after rsync"
cd "$TEST_DIR"
stop
