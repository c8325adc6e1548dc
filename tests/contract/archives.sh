#!/bin/sh
# SPDX-License-Identifier: MIT
# The read-only part of the suite over archives that other tools made, alone and below filters; the golden text comes
# from the folder that was packed.
set -eu
contract=$1 tree=$2
top=$(mktemp -d "${TMPDIR:-/tmp}/archives-XXXXXX")
trap 'rm -rf "$top"' EXIT
export DOKAN_FS_CACHE="$top/cache"

mkdir -p "$top/seen/a/b/c" "$top/seen/empty"
printf 'text' >"$top/seen/file"
printf 'odd' >"$top/seen/with space"
head -c 300000 /dev/urandom >"$top/seen/a/large"
: >"$top/seen/a/b/none"
ln -s ../file "$top/seen/a/link"
python3 "$tree" "$top/seen" >"$top/golden"

packed=0
# holds TOOL ARCHIVE COMMAND...: made by the command inside the folder; opened three times, by scan and by index.
holds() {
    command -v "$1" >/dev/null || return 0
    archive=$top/$2
    shift 2
    (cd "$top/seen" && "$@" >/dev/null)
    "$contract" --read-only "$top/golden" "$archive"
    "$contract" --read-only "$top/golden" "$archive"
    "$contract" --read-only "$top/golden" --filter log:level=errors,file=/dev/null --filter readonly "$archive"
    packed=$((packed + 1))
}

holds zip all.zip zip -qry "$top/all.zip" .
holds zip stored.zip zip -q0ry "$top/stored.zip" .
holds tar all.tar tar -cf "$top/all.tar" .
holds gzip all.tar.gz tar -czf "$top/all.tar.gz" .
holds bzip2 all.tar.bz2 tar -cjf "$top/all.tar.bz2" .
holds xz all.tar.xz tar -cJf "$top/all.tar.xz" .
holds zstd all.tar.zst tar --zstd -cf "$top/all.tar.zst" .
holds cpio all.cpio sh -c 'find . | cpio -o -H newc --quiet -F "$0"' "$top/all.cpio"
holds 7z all.7z 7z a -bd -snl "$top/all.7z" .
holds genisoimage all.iso genisoimage -quiet -R -o "$top/all.iso" .
[ "$packed" -gt 2 ] || { echo "no tool that packs is installed: apt-get install zip tar gzip"; exit 77; }
echo "$packed kinds of archive"
