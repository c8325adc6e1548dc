#!/bin/sh
# SPDX-License-Identifier: MIT
# The suite and the model over a host folder, over filters on one, and read only against a golden text.
set -eu
contract=$1 model=$2 tree=$3
top=$(mktemp -d "${TMPDIR:-/tmp}/folders-XXXXXX")
trap 'chmod -R u+rwx "$top"; rm -rf "$top"' EXIT

mkdir "$top/plain" "$top/inner" "$top/inner/sub" "$top/seen"
"$contract" "file://$top/plain"
"$contract" --filter sub:dir=/sub --filter log:level=errors,file=/dev/null --filter stats:file=/dev/null \
    "file://$top/inner"
[ "$(ls "$top/inner")" = sub ] || { echo "the filter sub let something out of its folder"; exit 1; }
"$model" --seed 1 "file://$top/plain"

mkdir -p "$top/seen/a/b/c" "$top/seen/empty"
printf 'text' >"$top/seen/file"
printf 'odd' >"$top/seen/with space\\and	tab"
head -c 300000 /dev/zero | tr '\0' z >"$top/seen/a/large"
: >"$top/seen/a/b/none"
ln -s ../outside "$top/seen/a/link"
python3 "$tree" "$top/seen" >"$top/golden"
"$contract" --read-only "$top/golden" "file://$top/seen"
"$contract" --read-only "$top/golden" --filter readonly "file://$top/seen"
python3 "$tree" "$top/seen" | cmp - "$top/golden"

# The suite itself must be able to fail.
echo "d /nowhere" >>"$top/golden"
if "$contract" --read-only "$top/golden" "file://$top/seen" >/dev/null; then
    echo "a missing directory was not noticed"
    exit 1
fi
