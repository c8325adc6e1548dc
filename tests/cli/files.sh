#!/bin/sh
# SPDX-License-Identifier: MIT
# The verbs that need no mount: ls, tree, cat, cp, mv, rm, mkdir, info, du, on folders and archives.
# usage: files.sh DOKANCTL
. "${0%/*}/lib.sh"

cd "$top"
mkdir -p work/sub/deep
cd work
printf 'hello\n' >a.txt
printf 'inner\n' >sub/b.txt
printf 'deep\n' >sub/deep/c
printf 'dot\n' >.hidden
python3 - <<'END'
import os, zipfile
with open("big", "wb") as f:
    f.write(bytes(range(256)) * 20000)
os.utime("a.txt", ns=(1_600_000_000_123_456_700, 1_500_000_000_123_456_700))
os.utime("sub", ns=(1_400_000_000_000_000_000, 1_400_000_000_000_000_000))
os.chmod("a.txt", 0o640)
with zipfile.ZipFile("../photos.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for name in ("a.txt", "big", "sub/b.txt", "sub/deep/c", ".hidden"):
        z.write(name)
    for name, target in (("link", "a.txt"), ("out", "/etc/passwd"), ("sub/up", "../../x"), ("sub/ok", "../a.txt")):
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, 0o120777 << 16
        z.writestr(info, target)
    z.writestr("evil\x1b[2J", "x")
with zipfile.ZipFile("../outer.zip", "w") as z:
    z.write("../photos.zip", "in/photos.zip")
END
cd ..

# ls
row 0 '^a.txt$' '' ls work
same "sorted, no dots" "$("$dokanctl" ls work | tr '\n' ' ')" "a.txt big sub "
same "-a" "$("$dokanctl" ls -a1 work | tr '\n' ' ')" ".hidden a.txt big sub "
row 0 '^-rw-r----- 1 .* 6 2017-07-14 02:40 a.txt$' '' ls -l work
row 0 '^-rw.* 4.9M ' '' ls -lh work
row 0 '^link' '' ls photos.zip
row 0 ' link -> a.txt$' '' ls -l photos.zip
row 0 '^b.txt$' '' ls 'photos.zip!/sub'
row 0 '^b.txt$' '' ls 'outer.zip!/in/photos.zip!/sub'
row 0 '^b.txt$' '' ls 'zip://photos.zip!/sub'
row 0 '^photos.zip/sub/deep:$' '' ls -R photos.zip
row 0 '^work/a.txt$' '' ls work/a.txt
row 0 - '' ls --json photos.zip
json '[e["size"] for e in x if e["name"] == "big"] == [5120000]'
json '[e["target"] for e in x if e["name"] == "link"] == ["a.txt"]'
json 'any(e["name"] == "evil\x1b[2J" for e in x)'
row 1 'a.txt' 'nothing: no such file' ls work nothing
row 1 '' "did you mean 'photos.zip'" ls photo.zip
row 1 '' "photos.zip/sub: not a directory; did you mean 'photos.zip!/sub'" ls photos.zip/sub
row 0 '' '' ls mem://
row 0 '' '' ls mem:
row 0 '^a.txt$' '' ls zip:photos.zip
# A source of passwords that is not there is told at once, and not when the password is missing.
row 2 '' 'no open descriptor 9 for --password-fd' ls --password-fd 9 photos.zip
row 2 '' 'no variable NO_SUCH for --password-env' ls --password-env NO_SUCH photos.zip
mkdir -m 777 open_cache && chmod 777 open_cache
DOKAN_FS_CACHE=$top/open_cache row 0 '^a.txt$' 'must belong to this user alone' ls photos.zip
# A name that looks like a URL is the file, if there is one.
echo bang >'wow!.txt'
row 0 '^bang$' '' cat 'wow!.txt'

# Colours: none into a pipe; as LS_COLORS says; only digits of it.
same "no colour" "$("$dokanctl" ls work | grep -c "$(printf '\033')" || true)" 0
LS_COLORS='di=31:*.TXT=35' "$dokanctl" ls --color=always work >"$top/out" 2>"$top/err"
grep -q "$(printf '\033\[31msub')" "$top/out" || complain "di of LS_COLORS"
grep -q "$(printf '\033\[35ma.txt')" "$top/out" || complain "*.TXT of LS_COLORS"
LS_COLORS='di=31mX' "$dokanctl" ls --color=always work >"$top/out"
same "a rule that is none" "$(grep -c mX "$top/out" || true)" 0
"$dokanctl" ls --color=always photos.zip >"$top/out"
grep -q 'evil?\[2J' "$top/out" || grep -q 'evil' "$top/out" || complain "the evil name"

# tree
row 0 '^└── sub$' '' tree work
row 0 '^    └── deep$' '' tree work
row 0 '^2 directories, 4 files$' '' tree work
row 0 '^2 directories$' '' tree -d work
row 0 '^1 directory, 2 files$' '' tree -L 1 work
LC_ALL=C row 0 '^`-- sub$' '' tree work
row 0 '├── link -> a.txt$' '' tree photos.zip

# cat
row 0 '^hello$' '' cat work/a.txt
row 0 '^inner$' '' cat 'photos.zip!/a.txt' 'outer.zip!/in/photos.zip!/sub/b.txt'
"$dokanctl" cat 'photos.zip!/big' | cmp - work/big || complain "cat of a large file"
row 1 '' 'work: is a directory' cat work
row 1 'hello' "photos.zip!/a.tx: no such file or directory; did you mean 'a.txt'?" cat 'photos.zip!/a.tx' work/a.txt
"$dokanctl" cat photos.zip | cmp - photos.zip || complain "cat of an archive is the archive"
"$dokanctl" cat 'outer.zip!/in/photos.zip' | cmp - photos.zip || complain "cat of an archive in an archive"
code=0
"$dokanctl" cat work/big >/dev/full 2>"$top/err" || code=$?
same "cat to a full disk" "$code" 1
grep -q 'standard output: no space left' "$top/err" || complain "cat to a full disk"

# cp
row 0 '' '' cp work/a.txt copy.txt
same "time and mode" "$(stat -c '%a %y' copy.txt)" "640 2017-07-14 02:40:00.123456700 +0000"
row 1 '' 'work: is a directory; -r copies directories' cp work x
row 0 '' '' cp -r work tree
diff -r work tree || complain "cp -r"
same "times of folders" "$(stat -c %Y tree/sub)" 1400000000
row 1 '' 'out: left out: the link leads out' cp -r 'photos.zip!/' unzipped
same "links" "$(readlink unzipped/link) $(readlink unzipped/sub/ok)" "a.txt ../a.txt"
[ ! -L unzipped/out ] && [ ! -e unzipped/sub/up ] || complain "a link that leads out was made"
python3 - <<'END'
import zipfile
with zipfile.ZipFile("sly.zip", "w") as z:
    for name, target in (("dot", "."), ("sly", "dot/dot/../../canary")):
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, 0o120777 << 16
        z.writestr(info, target)
END
row 1 '' 'sly: left out: the link leads out' cp -r 'sly.zip!/' sly
[ ! -L sly/sly ] && [ -L sly/dot ] || complain "a link that leads out through another was made"
cmp unzipped/big work/big || complain "cp from an archive"
same "time from an archive" "$(stat -c %Y unzipped/a.txt)" 1500000000
row 1 '' 'out: left out' cp -r 'photos.zip!/' unzipped
same "copied again" "$(wc -l <"$top/err") $(readlink unzipped/link)" "2 a.txt"
row 0 '' '' cp photos.zip unzipped
cmp photos.zip unzipped/photos.zip || complain "an archive is copied as a file"
mkdir into
row 0 '' '' cp work/a.txt 'photos.zip!/sub/b.txt' into
same "two into a folder" "$(cat into/a.txt into/b.txt | tr '\n' ' ')" "hello inner "
row 1 '' 'work/a.txt: not a directory' cp work/big copy.txt work/a.txt
row 1 '' 'cannot be copied into itself' cp -r work work/sub/again
[ ! -e work/sub/again ] || complain "a folder was copied into itself"
echo old >target
row 0 '' '' cp -n work/a.txt target
same "no clobber" "$(cat target)" old
row 0 '' '' cp work/a.txt target
same "replaced" "$(cat target)" hello
row 1 '' 'read-only' cp work/a.txt 'photos.zip!/new'
row 1 '' 'nosuch' cp nosuch target
same "the target of a failed copy" "$(cat target)" hello
# A copy that fails in the middle leaves nothing, and the old file as it was.
row 1 '' 'input/output error' cp --filter 'error:methods=f_pread,after=2' work/big partial
[ ! -e partial ] || complain "a partial file was left"
echo old >partial
row 1 '' 'input/output error' cp --filter 'error:methods=f_pread,after=2' work/big partial
same "a file whose replacement failed" "$(cat partial)" old
same "leftovers" "$(find . -name '.dokanctl*')" ''
row 0 '' 'work/big' cp -p --filter delay:read=900 work/big slow
ln -s work/a.txt follow
row 0 '' '' cp follow followed
[ ! -L followed ] || complain "a link as an argument is not followed"

# mv, rm, mkdir
row 0 '' '' mv target moved
[ ! -e target ] && [ -e moved ] || complain "mv"
row 0 '' '' mv follow moved into
[ -L into/follow ] && [ -e into/moved ] || complain "mv of a link"
row 1 '' 'read-only; cp copies it' mv 'photos.zip!/a.txt' here
row 1 '' "no such file or directory; did you mean 'moved'" mv into/moved2 x
row 0 '' '' rm into/follow
[ -e work/a.txt ] || complain "rm followed a link"
row 1 '' 'into: is a directory; -r removes' rm into
ln -s ../work into/elsewhere
row 0 '' '' rm -r into
[ ! -e into ] && [ -e work/a.txt ] || complain "rm -r"
row 1 '' 'into: no such file' rm into
row 0 '' '' rm -f into
row 1 '' 'read-only' rm 'photos.zip!/a.txt'
row 1 '' 'cannot be removed' rm -r tree/.
row 0 '' '' mkdir made
row 1 '' 'made: file exists' mkdir made
row 1 '' 'no such file' mkdir made/x/y
row 0 '' '' mkdir -p made/x/y made
[ -d made/x/y ] || complain "mkdir -p"
row 1 '' 'read-only' mkdir 'photos.zip!/new'

# info, du
row 0 '^type  *file$' '' info work/a.txt
row 0 '^mode  *-rw-r-----$' '' info work/a.txt
row 0 '^kind  *zip$' '' info photos.zip
row 0 '^flags  *.*read-only' '' info photos.zip
row 0 '^kind  *readonly on file$' '' info --filter readonly work
row 0 '^target  *a.txt$' '' info 'photos.zip!/link'
row 0 - '' info --json photos.zip work/a.txt
json 'x[0]["kind"] == "zip" and x[1]["size"] == 6 and x[1]["mode"] == "0640"'
row 0 '^5120021	work$' '' du work
row 0 '^11	work/sub$' '' du work
row 0 '^4.9M	work$' '' du -sh work
same "du -s" "$("$dokanctl" du -s work photos.zip | wc -l)" 2
ln work/big work/big2
row 0 '^5120021	work$' '' du -s work
row 0 - '' du --json photos.zip
json '[e["size"] for e in x if e["path"] == "photos.zip"] == [5120022]'

# An odd file is no archive, and that is said.
row 1 '' 'work/a.txt: not an archive that is known here; `dokanctl formats` lists them' mount work/a.txt
row 1 '' "nosuch: no such file or directory" mount nosuch
row 125 '' "nosuch: no such file or directory" run nosuch true
end
