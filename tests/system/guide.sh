#!/bin/sh
# SPDX-License-Identifier: MIT
# The pages of docs/guide and docs/filters.md: what they tell to type is typed, in order, in an empty folder, and what
# they say is printed must be printed. See docs/guide/README.md for the marks.
# user: also
# time: 240
# files: docs/guide docs/filters.md tests/system/guide.py
. "${0%/*}/lib.sh"

need python3 cc pkg-config
PKG_CONFIG_PATH=$TEST_BUILD/meson-uninstalled
LD_LIBRARY_PATH=$TEST_BUILD/src/fs:$TEST_BUILD/src/api
TZ=UTC
LC_ALL=C.UTF-8
mkdir "$TEST_DIR/bin"
ln -s "$TEST_BUILD/src/cli/dokanctl" "$TEST_DIR/bin/mount.fuse.dokan"
PATH=$TEST_DIR/bin:$PATH
export PKG_CONFIG_PATH LD_LIBRARY_PATH TZ LC_ALL
unset DOKAN_FS_PLUGINS DOKAN_DRIVES NO_COLOR # each page has drives of its own, in its DOKAN_RUNTIME
umask 022

nobodys=
case $(stat -c %u /) in
0 | "$(id -u)") ;;
*) nobodys="in this user namespace root's folders are nobody's" ;;
esac
pages=0
wrong=
for page in "$TEST_SOURCE"/docs/guide/*.md "$TEST_SOURCE"/docs/filters.md; do
    name=$(basename "$page" .md)
    missing=$(python3 "$TEST_SOURCE/tests/system/guide.py" needs "$page" | while read -r program; do
        command -v "$program" >/dev/null || printf '%s ' "$program"
    done)
    if [ -n "$missing" ]; then
        echo "$name: left out, not installed: $missing"
        continue
    fi
    if [ -n "$nobodys" ] && grep -q DOKAN_FS_PLUGINS "$page"; then
        echo "$name: left out, plugins are not loaded: $nobodys"
        continue
    fi
    mkdir -p "$TEST_DIR/$name/home" "$TEST_DIR/$name/here" "$TEST_DIR/$name/run"
    chmod 700 "$TEST_DIR/$name/run"
    python3 "$TEST_SOURCE/tests/system/guide.py" script "$page" "$TEST_DIR/$name" >"$TEST_DIR/$name/script"
    code=0
    (cd "$TEST_DIR/$name/here" && HOME=$TEST_DIR/$name/home DOKAN_RUNTIME=$TEST_DIR/$name/run exec bash "$TEST_DIR/$name/script") || code=$?
    python3 "$TEST_SOURCE/tests/system/guide.py" check "$page" "$TEST_DIR/$name" && [ "$code" = 0 ] || wrong="$wrong $name"
    pages=$((pages + 1))
done
[ -z "$wrong" ] || fail "pages that are not right:$wrong"
[ "$pages" -gt 0 ] || fail "no page was tried"
echo "$pages pages tried"
