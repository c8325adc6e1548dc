#!/bin/sh
# SPDX-License-Identifier: MIT
# A case-insensitive volume: any spelling finds the file, the stored one is shown, and a tree whose names differ in
# case only is refused with a clear error and without losing anything.
# volumes: memfs-ci
# masks: yes
# user: also
. "${0%/*}/lib.sh"

mkdir -p source/Dir source/dir
echo first >source/Foo
echo second >source/foo
echo in-Dir >source/Dir/one
echo in-dir >source/dir/two
echo other >source/other
cp -a source source.before

start
refused cp -a source "$MNT/copy"
says "foo'.*exists"
diff -r source source.before
one=$(cat "$MNT/copy/Foo")
[ "$one" = first ] || [ "$one" = second ] || fail "Foo holds '$one'"
same "$(find "$MNT/copy" -maxdepth 1 -iname foo | wc -l)" 1 "files called foo"
same "$(cat "$MNT/copy/other")" other "a file that had no rival"
case $(ls "$MNT/copy/dir") in # cp takes one of the two folders and says that it cannot make the other
one) same "$(cat "$MNT/copy/DIR/ONE")" in-Dir "a file of the folder that was taken" ;;
two) same "$(cat "$MNT/copy/DIR/TWO")" in-dir "a file of the folder that was taken" ;;
*) fail "the two folders became $(ls "$MNT/copy/dir")" ;;
esac
says "dir'.*exists"

echo text >"$MNT/ReadMe"
same "$(cat "$MNT/README")" text "read by another spelling"
same "$(ls -d "$MNT"/[Rr]*)" "$MNT/ReadMe" "the spelling that is shown"
refused mkdir "$MNT/readme"
says 'exists'
refused sh -c "set -C; echo lost >'$MNT/README'"
same "$(cat "$MNT/readme")" text "after a refused create"
mv "$MNT/ReadMe" "$MNT/README" 2>/dev/null || true # some mv see that both names are one file, and refuse
same "$(cat "$MNT/readme")" text "after a rename of the case alone"
mv "$MNT/readme" "$MNT/by-way-of"
mv "$MNT/by-way-of" "$MNT/README"
same "$(ls -d "$MNT"/[Rr]*)" "$MNT/README" "after a rename of the case alone"
echo more >>"$MNT/readme"
same "$(cat "$MNT/README")" "text
more" "appended by another spelling"
printf u >"$MNT/Ä"
same "$(cat "$MNT/ä")" u "a letter beyond ASCII"
rm "$MNT/ReAdMe" "$MNT/ä"
refused cat "$MNT/README"
rm -rf "$MNT/COPY"
empty "$MNT"
stop
