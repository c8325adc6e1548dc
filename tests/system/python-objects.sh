#!/bin/sh
# SPDX-License-Identifier: MIT
# PyFilesystem's objects behind a mount, used by real programs: archives, unions, wrappers, memory.
# volumes: memory folder zip zip-write tar tar-write mounts layers sub read-only cached
# files: tests/system/python-lib.sh tests/python/objects.py python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"
need git sqlite3 tar python3

export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@localhost GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@localhost
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=gc.auto GIT_CONFIG_VALUE_0=0
export GIT_CONFIG_KEY_1=maintenance.auto GIT_CONFIG_VALUE_1=false TZ=UTC

# Names that are not UTF-8 are no names for Python's objects, and a time is a float.
real_tree source asm-generic
rm -f source/odd/bad-* source/odd/cut-*
find source -exec touch -d '2021-02-03 04:05:06.5' {} +
mkdir folder

serve() {
    launch "$PYTHON" "$PYTHON_TESTS/objects.py" "$VOLUME" "$1" "$MNT"
}

# read_by_programs: what is mounted is the source.
read_by_programs() {
    diff -r source "$MNT" || fail "diff -r"
    mkdir taken
    cp -a "$MNT/." taken
    diff -r source taken || fail "cp -a from the mount"
    tar --format=posix -C "$MNT" -cf taken.tar .
    rm -rf taken/* taken/.[!.]* 2>/dev/null || true
    tar -C taken --no-same-owner -xf taken.tar
    diff -r source taken || fail "tar of the mount"
    same "$(find "$MNT" -type f | wc -l)" "$(find source -type f | wc -l)" "number of files"
    [ -n "$(grep -rl define "$MNT")" ] || [ ! -d /usr/include/asm-generic ] || fail "grep -r finds nothing"
    rm -rf taken taken.tar
}

# write_by_programs FOLDER: copies, an archive, a database and a repository in it.
write_by_programs() {
    cp -a source "$1/copy"
    same_files source "$1/copy"
    tar --format=posix -C source -cf all.tar .
    mkdir "$1/tar"
    tar -C "$1/tar" --no-same-owner -xf all.tar
    diff -r source "$1/tar" || fail "tar into the mount"
    mv "$1/tar/odd" "$1/moved"
    diff -r source/odd "$1/moved" || fail "moving a folder changed it"
    rm -rf "$1/tar" "$1/moved" all.tar

    sqlite3 "$1/a.db" "create table t(a integer primary key, b text);
        with recursive n(i) as (select 1 union all select i+1 from n where i<2000)
        insert into t select i, hex(randomblob(50)) from n; delete from t where a % 3 = 0; vacuum;"
    same "$(sqlite3 "$1/a.db" 'pragma integrity_check; select count(*) from t;' | tr '\n' ' ')" "ok 1334 " sqlite

    git init -q -b main "$1/repo"
    cp -r source/odd/many "$1/repo/many"
    git -C "$1/repo" add -A
    git -C "$1/repo" commit -q -m first
    git -C "$1/repo" mv many/file-0002 renamed
    git -C "$1/repo" commit -q -am second
    git -C "$1/repo" gc -q --prune=now
    git -C "$1/repo" fsck --full --strict
    git clone -q --no-local "$1/repo" clone
    diff -r --exclude=.git "$1/repo" clone || fail "the clone differs"
    rm -rf clone
}

# unwritable: every change is refused with the error that such a file system has.
unwritable() {
    refused touch "$MNT/new"
    says "read-only file system"
    refused mkdir "$MNT/folder"
    says "read-only file system"
    first=$(find "$MNT" -type f | head -n 1)
    refused rm -f "$first"
    says "read-only file system"
    refused sh -c ': >>"$1"' sh "$first"
    says "read-only file system"
}

case $VOLUME in
memory | sub)
    serve -
    empty "$MNT"
    write_by_programs "$MNT"
    find "$MNT" -mindepth 1 -delete
    empty "$MNT"
    stop
    ;;
folder)
    serve "$TEST_DIR/folder"
    write_by_programs "$MNT"
    same_files source folder/copy
    stop
    same_files source folder/copy
    ;;
mounts)
    serve "$TEST_DIR/folder"
    same "$(find "$MNT" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')" "folder memory " "the two mounts"
    write_by_programs "$MNT/memory"
    mv "$MNT/memory/copy" "$MNT/folder/moved"
    same_files source folder/moved
    stop
    ;;
layers)
    cp -a source/. folder
    serve "$TEST_DIR/folder"
    read_by_programs
    mkdir "$MNT/work"
    write_by_programs "$MNT/work"
    stop
    diff -r source folder || fail "the layer below was changed"
    ;;
zip)
    (cd source && "$PYTHON" -c 'import shutil; shutil.make_archive("../source", "zip", ".")')
    serve "$TEST_DIR/source.zip"
    read_by_programs
    unwritable
    stop
    ;;
tar)
    tar --format=posix -C source -czf source.tar.gz .
    serve "$TEST_DIR/source.tar.gz"
    read_by_programs
    unwritable
    stop
    ;;
zip-write | tar-write)
    serve "$TEST_DIR/written"
    cp -a source/* "$MNT" # the root belongs to the object
    diff -r source "$MNT" || fail "what was written, before it is packed"
    stop
    case $VOLUME in zip-*) module=zipfile ;; *) module=tarfile ;; esac
    "$PYTHON" -m $module -e written back
    diff -r source back || fail "the archive is not complete after the unmount"
    ;;
read-only)
    serve "$TEST_DIR/source"
    read_by_programs
    unwritable
    stop
    ;;
cached)
    serve "$TEST_DIR/source"
    read_by_programs
    stop
    ;;
*) fail "unknown volume '$VOLUME'" ;;
esac
