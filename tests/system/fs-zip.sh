#!/bin/sh
# SPDX-License-Identifier: MIT
# What unzip unpacks and what the mount of the same zip shows are one; the contract suite reads it through the mount.
# user: also
# sanitizers: asan
# time: 120
# files: tests/contract/tree.py
. "${0%/*}/lib.sh"
need zip unzip python3

export DOKAN_FS_CACHE="$TEST_DIR/cache"
real_tree source linux/netfilter
LC_ALL=C find source/odd \( -name '*[[:cntrl:]]*' -o -name 'bad-*' -o -name 'cut-*' \) -delete # zip(1) cannot name them
(cd source && zip -qr ../all.zip . && zip -q0r ../stored.zip .)
for archive in all.zip stored.zip; do
    rm -rf unpacked
    mkdir unpacked
    unzip -q "$archive" -d unpacked
    for _ in scan index; do
        launch dokanctl mount --foreground "$archive" "$MNT"
        diff -r unpacked "$MNT" >difference || {
            head -20 difference >&2
            fail "$archive shows something else than unzip unpacks"
        }
        stop
    done
done
python3 "$TEST_SOURCE/tests/contract/tree.py" unpacked >golden
"$TEST_BUILD/tests/contract/contract" --mount --read-only golden stored.zip >suite || {
    grep -v '^ok' suite >&2
    fail "the contract suite through the mount"
}
