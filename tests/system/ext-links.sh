#!/bin/sh
# SPDX-License-Identifier: MIT
# Symbolic and hard links as any Linux file system has them, and trees full of them through cp, tar, rsync and git.
# volumes: memfs mirror memfs-ci
# masks: yes
# user: also
# sanitizers: asan
# time: 120
. "${0%/*}/lib.sh"
need git rsync tar

start
cd "$MNT"
echo one >file
ln -s file link
ln -s nowhere dangling
ln -s /etc/passwd absolute
ln -s loop loop
mkdir dir
echo inside >dir/inner
ln -s dir way
same "$(readlink link)" file "where a link leads"
same "$(cat link)" one "what a link leads to"
same "$(cat way/inner)" inside "through a link to a folder"
same "$(stat -c '%F %s %h %a' link)" "symbolic link 4 1 777" "a link itself"
same "$(readlink absolute)" /etc/passwd "an absolute link"
refused cat dangling
says "no such file"
refused cat loop
says "symbolic links"
refused ln -s x link
says "exists"
refused mkdir dangling
mv link moved
same "$(readlink moved)" file "a link that was renamed"
echo two >moved
same "$(cat file)" two "written through a link"
mv file dir/file
refused cat moved
ln -sfn dir/file moved
same "$(cat moved)" two "a link that was replaced"
rm moved way
same "$(cat dir/inner)" inside "what a removed link led to"
python3 - <<'END'
import os
names = [b"\xff\xfe", "ä/€/\U0001f600".encode(), b"x" * 4000, b"a:b*c?", b"..", b".", b"/", b" "]
for i, target in enumerate(names):
    os.symlink(target, b"target-%d" % i)
for i, target in enumerate(names):
    assert os.readlink(b"target-%d" % i) == target, (target, os.readlink(b"target-%d" % i))
    assert os.lstat(b"target-%d" % i).st_size == len(target), target
    os.unlink(b"target-%d" % i)
try:
    os.readlink("dir")
except OSError as error:
    assert error.errno == 22, error
else:
    raise SystemExit("readlink of a folder succeeded")
os.symlink("dir", "s")
os.lchown("s", os.getuid(), os.getgid())
os.utime("s", ns=(10**18, 2 * 10**18), follow_symlinks=False)
assert os.lstat("s").st_mtime_ns == 2 * 10**18 and os.stat("dir").st_mtime_ns != 2 * 10**18
os.unlink("s")
END

echo text >a
ln a b
ln b dir/c
same "$(stat -c %h a b dir/c | tr '\n' ' ')" "3 3 3 " "number of names"
same "$(stat -c %i a)" "$(stat -c %i dir/c)" "the number of a file by two names"
echo more >>b
same "$(cat dir/c)" "$(printf 'text\nmore')" "written through another name"
chmod 600 dir/c
same "$(stat -c %a a)" 600 "the mode by another name"
rm a
same "$(stat -c %h b)" 2 "names left"
refused ln b dir/c
says "exists"
refused ln dir other
echo third >d
ln -f b d
same "$(stat -c %h d)" 3 "a name that was replaced"
same "$(stat -c %i b)" "$(stat -c %i d)" "after ln -f"
mv b dir/moved
echo again >d
same "$(cat dir/moved)" again "a name that was renamed"
exec 5<dir/moved
rm d dir/c dir/moved
same "$(cat <&5)" again "an open file without a name"
exec 5<&-
python3 - <<'END'
import os
os.mkdir("many")
open("many/0", "w").close()
for n in range(1, 300):
    os.link("many/%d" % (n - 1), "many/%d" % n)
    if n % 3 == 0:
        os.unlink("many/%d" % (n - 2))
inodes = {e.inode() for e in os.scandir("many")}
assert len({os.stat("many/" + n).st_ino for n in os.listdir("many")}) == 1
assert os.stat("many/299").st_nlink == len(os.listdir("many")) == 201, os.stat("many/299").st_nlink
os.symlink("0", "many/link")
os.link("many/link", "many/hard", follow_symlinks=False)
assert os.readlink("many/hard") == "0" and os.lstat("many/hard").st_nlink == 2
END
rm -r many

# The links of a folder are counted as the host's own file system counts them; what has no name any more has none.
counting() {
    mkdir "$1/a" "$1/b" "$1/a/sub" "$1/a/sub/deep"
    touch "$1/a/file"
    (cd "$1" && stat -c %h a b a/sub)
    mv "$1/a/sub" "$1/b/moved"
    (cd "$1" && stat -c %h a b b/moved)
    rmdir "$1/b/moved/deep"
    (cd "$1" && stat -c %h b b/moved)
    rm -r "$1/a" "$1/b"
}
mkdir "$TEST_DIR/host" "$MNT/counted"
case $VOLUME in
mirror) counting "$TEST_DIR/host" >"$TEST_DIR/counts" ;;
*) printf '%s\n' 3 2 3 2 3 3 3 2 >"$TEST_DIR/counts" ;;
esac
counting "$MNT/counted" | diff "$TEST_DIR/counts" - >&2 || fail "links of folders"
python3 - <<'END'
import os
fd = os.open("gone", os.O_RDWR | os.O_CREAT)
os.link("gone", "second")
os.unlink("gone")
assert os.fstat(fd).st_nlink == 1, os.fstat(fd).st_nlink
os.unlink("second")
assert os.fstat(fd).st_nlink == 0, os.fstat(fd).st_nlink
os.write(fd, b"still here")
assert os.fstat(fd).st_size == 10 and os.fstat(fd).st_nlink == 0
END

# A tree of links of every kind, there and back.
tree=$TEST_DIR/tree
mkdir -p "$tree/sub/deep"
(
    cd "$tree"
    printf data >file
    ln file hard
    ln file sub/hard
    ln -s file link
    ln -s ../file sub/up
    ln -s sub/deep way
    ln -s missing/place dangling
    ln -s dangling chain
    ln -s "$(printf 'odd \n name')" odd
    for n in 1 2 3 4 5 6 7 8 9; do ln -s "../$n" "sub/deep/$n"; done
    [ ! -d /usr/share/zoneinfo/Europe ] || cp -a /usr/share/zoneinfo/Europe zones
)
links() {
    (cd "$1" && find . -mindepth 1 ! -name .git -printf '%p %y %l %n\n' | sed '/ d /s/[0-9]*$//' | sort)
}
links "$tree" >"$TEST_DIR/want"
check_links() {
    links "$1" >"$TEST_DIR/got"
    diff "$TEST_DIR/want" "$TEST_DIR/got" >&2 || fail "links are not the same after $2"
    diff -r --no-dereference "$tree" "$1" >&2 || fail "files are not the same after $2"
}
cp -a "$tree" "$MNT/cp"
check_links "$MNT/cp" "cp -a"
cp -a "$MNT/cp" "$TEST_DIR/back"
check_links "$TEST_DIR/back" "cp -a back"
tar -C "$tree" -cf "$TEST_DIR/t.tar" .
mkdir "$MNT/tar"
tar -C "$MNT/tar" -xpf "$TEST_DIR/t.tar"
check_links "$MNT/tar" "tar -x"
tar -C "$MNT/tar" -cf - . | (mkdir "$TEST_DIR/untar" && tar -C "$TEST_DIR/untar" -xpf -)
check_links "$TEST_DIR/untar" "tar -c"
rsync -aHX "$tree/" "$MNT/rsync"
check_links "$MNT/rsync" "rsync"
same "$(rsync -aHXni --delete "$tree/" "$MNT/rsync" | grep -v '^\.d')" "" "what rsync would do again"
rsync -aHX "$MNT/rsync/" "$TEST_DIR/rsynced"
check_links "$TEST_DIR/rsynced" "rsync back"

export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
cd "$MNT/cp"
git init -q .
same "$(git config core.symlinks || echo unset)" unset "git on links"
git add -A
git commit -qm links
same "$(git ls-files -s link | cut -c1-6)" 120000 "a link in git"
git clone -q . "$MNT/clone"
diff -r --no-dereference -x .git "$MNT/cp" "$MNT/clone" >&2 || fail "git changed the links"
ln -sfn elsewhere link
same "$(git status --porcelain)" " M link" "what git says of a changed link"
git checkout -q link
same "$(git status --porcelain)" "" "what git says of a restored link"
cd "$TEST_DIR"
rm -r "$MNT/cp" "$MNT/tar" "$MNT/rsync" "$MNT/clone"
stop
