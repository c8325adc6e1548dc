#!/bin/sh
# SPDX-License-Identifier: MIT
# Our scripts: nothing for shellcheck to say, and dash can parse them.
set -eu
command -v shellcheck >/dev/null || { echo "shellcheck is not installed"; exit 77; }
cd "$TEST_SOURCE"
for file in scripts/* .ci/run tests/system/*.sh tests/style/*.sh tests/fresh/*; do
    head -n 1 "$file" | grep -q '^#!/bin/sh\|^# SPDX' || continue
    case $file in *.py) continue ;; esac
    sh -n "$file"
    echo "$file"
done >"$TEST_DIR/files"
[ -s "$TEST_DIR/files" ] || { echo "no script found"; exit 1; }
xargs shellcheck -S warning -x -P SCRIPTDIR <"$TEST_DIR/files"
echo "$(wc -l <"$TEST_DIR/files") scripts are clean"
