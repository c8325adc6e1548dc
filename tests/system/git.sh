#!/bin/sh
# SPDX-License-Identifier: MIT
# A git repository lives on the volume: commits, branches, a merge, gc, fsck, a clone, and rm -rf of it all.
# volumes: memfs mirror
# masks: yes
# user: also
# sanitizers: asan
# time: 180
. "${0%/*}/lib.sh"
need git

export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@localhost GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@localhost
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=gc.auto GIT_CONFIG_VALUE_0=0
export GIT_CONFIG_KEY_1=maintenance.auto GIT_CONFIG_VALUE_1=false

real_tree source
rm -rf source/odd/'line
end'
find source -type d -empty -delete
start
git init -q -b main "$MNT/repo"
cd "$MNT/repo"
cp -r "$TEST_DIR/source/." .
git add -A
git commit -q -m first
git status --porcelain >"$TEST_DIR/status"
[ ! -s "$TEST_DIR/status" ] || fail "not clean after the commit: $(head -3 "$TEST_DIR/status")"
git switch -q -c side
echo change >>odd/many/file-0001
git mv odd/many/file-0002 renamed
git commit -q -am side
git switch -q main
echo other >>odd/many/file-0003
git commit -q -am main
git merge -q -m merge side
git gc -q --prune=now
git fsck --full --strict
git clone -q "$MNT/repo" "$MNT/clone"
git -C "$MNT/clone" fsck --full --strict
diff -r --exclude=.git "$MNT/repo" "$MNT/clone" || fail "the clone differs"
git clone -q --no-local "$MNT/repo" "$TEST_DIR/outside"
diff -r --exclude=.git "$MNT/repo" "$TEST_DIR/outside" || fail "the clone outside differs"
cd "$TEST_DIR"
rm -rf "$MNT/repo" "$MNT/clone"
empty "$MNT"
stop
