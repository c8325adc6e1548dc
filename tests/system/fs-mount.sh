#!/bin/sh
# SPDX-License-Identifier: MIT
# FS objects behind a mount as people use them: copies, tar, git and sqlite on memory and on a folder.
# user: also
# sanitizers: asan
# time: 240
. "${0%/*}/lib.sh"
need git sqlite3 tar python3

export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@localhost GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@localhost
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=gc.auto GIT_CONFIG_VALUE_0=0
export GIT_CONFIG_KEY_1=maintenance.auto GIT_CONFIG_VALUE_1=false

real_tree source
mkdir -p folder
for object in mem:// folder; do
    launch fs_serve "$object" "$MNT"
    cp -a source "$MNT/copy"
    same_files source "$MNT/copy"
    tar --format=posix -C source -cf all.tar .
    mkdir "$MNT/tar"
    tar -C "$MNT/tar" --no-same-owner -xf all.tar
    same_files source "$MNT/tar"
    tar --format=posix -C "$MNT/tar" -cf back.tar .
    mv "$MNT/tar/odd" "$MNT/moved"
    diff -r source/odd "$MNT/moved" || fail "moving a folder changed it ($object)"
    rm -rf "$MNT/tar" "$MNT/moved"

    git init -q -b main "$MNT/repo"
    cp -r "$MNT/copy/odd/many" "$MNT/repo/many"
    git -C "$MNT/repo" add -A
    git -C "$MNT/repo" commit -q -m first
    git -C "$MNT/repo" mv many/file-0002 renamed
    git -C "$MNT/repo" commit -q -am second
    git -C "$MNT/repo" gc -q --prune=now
    git -C "$MNT/repo" fsck --full --strict
    git clone -q --no-local "$MNT/repo" "clone"
    diff -r --exclude=.git "$MNT/repo" clone || fail "the clone differs ($object)"

    for journal in delete wal; do
        sqlite3 "$MNT/$journal.db" "pragma journal_mode=$journal; create table t(a integer primary key, b text);" >/dev/null
        sqlite3 "$MNT/$journal.db" "with recursive n(i) as (select 1 union all select i+1 from n where i<5000)
            insert into t select i, hex(randomblob(50)) from n; delete from t where a % 3 = 0; vacuum;"
        same "$(sqlite3 "$MNT/$journal.db" 'pragma integrity_check; select count(*) from t;' | tr '\n' ' ')" "ok 3334 " \
            "sqlite ($object, $journal)"
    done

    # A file that is deleted while it is open lives on; the others see it no more.
    exec 7>"$MNT/open"
    echo one >&7
    rm "$MNT/open"
    echo two >&7
    [ ! -e "$MNT/open" ] || fail "a deleted file is still there ($object)"
    exec 7>&-

    # Sizes while a file is written, by somebody else's eyes.
    python3 - "$MNT/growing" <<'END' || fail "sizes while written ($object)"
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for n in range(1, 20):
    os.write(fd, b"x" * 1000)
    assert os.stat(sys.argv[1]).st_size == n * 1000
os.ftruncate(fd, 77)
assert os.stat(sys.argv[1]).st_size == 77
os.pwrite(fd, b"end", 5000)
assert os.fstat(fd).st_size == 5003 and os.pread(fd, 10, 4995) == b"\0" * 5 + b"end"
os.close(fd)
os.utime(sys.argv[1], ns=(1500000000_123456700, 1400000000_765432100))
st = os.stat(sys.argv[1])
assert (st.st_atime_ns, st.st_mtime_ns) == (1500000000_123456700, 1400000000_765432100), st
os.chmod(sys.argv[1], 0o444)
assert os.stat(sys.argv[1]).st_mode & 0o222 == 0
os.chmod(sys.argv[1], 0o644)
END
    find "$MNT" -mindepth 1 -delete
    empty "$MNT"
    rm -rf clone all.tar back.tar
    stop
    grep -qx unmounted "$SERVER_LOG" || fail "'unmounted' was not called"
    same "$(grep -c '^unmounted$' "$SERVER_LOG")" 1 "calls of 'unmounted'"
    : >"$SERVER_LOG"
done
empty folder
