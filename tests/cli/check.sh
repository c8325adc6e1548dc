#!/bin/sh
# SPDX-License-Identifier: MIT
# dokanctl check on sources, which needs no mount: memory, a directory, an archive, filters; read-only; exit statuses.
# usage: check.sh DOKANCTL
. "${0%/*}/lib.sh"

cd "$top"
mkdir folder
printf 'hello\n' >folder/a.txt
python3 -c 'import zipfile
z = zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED)
z.writestr("a.txt", "hello\n" * 10000)
z.writestr("sub/b.txt", "inner")'

# Nothing is wrong with what is ours.
row 0 '^[0-9]* right, [0-9]* not offered, 0 wrong, 0 not checked$' '' check mem://
row 0 '^names  *supported  *7 of 7  *case-sensitive, up to 255 units$' '' check mem://
row 0 '^[0-9]* right, [0-9]* not offered, 0 wrong, 0 not checked$' '' check folder
same "what is left" "$(ls -A folder)" a.txt
row 0 ', 0 wrong, 0 not checked$' '' check temp://
row 0 ', 0 wrong, 0 not checked$' '' check a.zip
row 0 '^reading  *supported  *6 of 6  read-only' '' check a.zip
row 0 '^refusing  *supported' '' check a.zip
row 0 '^refusing  *supported' '' check --filter readonly mem://

# Nothing is written with --read-only: a directory that must not be written shows it.
row 0 '^reading  *supported  *6 of 6  .*only reading is checked' '' check --read-only folder
same "what is left" "$(ls -A folder)" a.txt
row 0 '^reading' '' check -r folder

# Some of it, all of it, as JSON.
row 0 '^times.write: right: resolution 100 ns$' '' check --verbose --only times.write mem://
same "one check" "$("$dokanctl" check --only times.write,files.append mem:// | tail -n 1)" "2 right, 0 not offered, 0 wrong, 0 not checked"
row 0 - '' check --json --only files,streams mem://
json 'x["checked_as"] == "volume" and x["wrong"] == 0 and x["target"] == "mem://"'
json '[f["name"] for f in x["features"]] == ["files", "streams"]'
json '[f["verdict"] for f in x["features"]] == ["supported", "not offered"]'
json 'all(c["verdict"] == "right" for c in x["features"][0]["checks"]) and x["features"][0]["checks"][0]["name"] == "read-write"'

# What is wrong is told by call, expectation, answer and rule; the error filter is good for it.
row 1 '^files.*wrong' - check --filter error:methods=f_pread mem://
row 1 '^[a-z]*\.[a-z-]*: .*: expected .*, got .*; rule: ' - check --filter error:methods=f_pread mem://

# What cannot be checked.
row 2 '' 'nothing' check nothing
row 2 '' 'usage' check
row 2 '' 'usage' check mem:// mem://
row 2 '' "no such check: nothing" check --only nothing mem://
row 2 '' 'deadline' check --deadline 0 mem://
row 2 '' 'unknown option' check --no-such-option mem://
row 0 '^usage: dokanctl check' '' check --help
end
