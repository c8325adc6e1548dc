#!/bin/sh
# SPDX-License-Identifier: MIT
# Options of every verb: near matches, values, `--`, help from one table, the man pages, completion.
# usage: options.sh DOKANCTL SOURCE    (SOURCE: the top of the tree)
. "${0%/*}/lib.sh"

tree=$2
cd "$top"
mkdir dir
echo text >dir/file
echo dash >dir/-x

# Near matches.
row 2 '' "unknown option '--fliter'; did you mean '--filter'?" mount --fliter readonly dir
row 2 '' "unknown option '--frobnicate'" mount --frobnicate dir
row 2 '' "unknown option '-z'" ls -z dir
row 2 '' "unknown option '-z'" ls -az dir
row 2 '' "unknown option '-o umsk'; did you mean 'umask'?" mount dir -o umsk=022
row 2 '' "unknown option '-o siez'; did you mean 'size'?" ls mem:// -o siez=4096
row 2 '' "unknown option '-o xyzzyplugh'" ls dir -o xyzzyplugh
row 2 '' "unknown option '-o umask'" ls dir -o umask=022
row 2 '' "no filter 'readnly'; did you mean 'readonly'" ls --filter readnly dir
row 2 '' "Did you mean 'mount'?" mont dir
row 2 '' "Did you mean 'ls'?" lss dir
row 2 '' "unknown verb 'frobnicate'. Try" help frobnicate
row 1 '' "did you mean 'zip'" ls zpi://x
row 1 '' "dir/fiel: no such file or directory; did you mean 'file'?" cat dir/fiel
row 1 '' "dri/file: no such file or directory; did you mean 'dir'?" cat dri/file
row 1 '' "dir/file/x: not a directory; did you mean 'dir/file!/x'?" cat dir/file/x

# What stands behind '=' is not repeated: it may be a secret.
row 2 '' "unknown option '--pasword'" ls --pasword=hunter2 dir
same "secret in an error" "$(grep -c hunter2 "$top/err")" 0

# Values.
row 2 '' "option '--filter' needs SPEC" ls dir --filter
row 2 '' "option '--recursive' takes no value" ls --recursive=yes dir
row 2 '' "option '--levels' needs a number from 1" tree -L 0 dir
row 2 '' "option '--levels' needs a number from 1" tree -L x dir
row 2 '' "option '--timeout' needs a number from 15 to 300" mount --timeout 14 dir
row 2 '' "option '--color' is auto, always or never" ls --color=blue dir
row 0 'file' '' ls --filter readonly --filter=delay:ms=1 dir
row 0 'file' '' ls -o 'filter=delay:ms=1\,read=2' dir
row 0 'file' '' ls -orw,nofail,_netdev,x-systemd.automount,defaults mem:// dir
row 2 '' "unknown option '-o frob'" ls -o nofail,frob dir

# `--` ends options; options may stand anywhere before it.
row 0 '^dash$' '' cat -- dir/-x
row 0 '^-rw' '' ls dir -l
(cd dir && "$dokanctl" cat -- -x >"$top/out" 2>"$top/err") || complain "cat -- -x"
row 1 '' "no such file" ls -- -l
row 2 '' "usage: dokanctl run" run dir
row 2 '' "usage: dokanctl cp" cp dir

# One table: help, the man page, completion.
row 0 '^usage: dokanctl VERB' '' help
"$dokanctl" help --words verbs >"$top/verbs"
same "number of verbs" "$(wc -l <"$top/verbs")" 20
sed 's/\\-/-/g; s/\\fI//g; s/\\fR//g; s/" //g; s/"//g' "$tree/docs/man/dokanctl.1" >"$top/man"
while read -r verb; do
    row 0 "^usage: dokanctl $verb" '' help "$verb"
    row 0 "^usage: dokanctl $verb" '' "$verb" --help
    grep -q "^\.B[RI ]* *\(dokanctl\)\{0,1\} *$verb\b" "$top/man" || complain "the man page has no verb $verb"
    "$dokanctl" help --words "$verb" | cut -f 1 >"$top/options"
    while read -r option; do
        grep -q -- "$option" "$top/man" || complain "the man page has no option $option of $verb"
        "$dokanctl" help "$verb" | grep -q -- "$option" || complain "the help of $verb has no $option"
    done <"$top/options"
done <"$top/verbs"
if command -v groff >/dev/null; then
    for page in dokanctl.1 mount.fuse.dokan.8; do
        groff -man -Tutf8 -ww "$tree/docs/man/$page" >"$top/out" 2>"$top/err" || complain "groff $page"
        [ ! -s "$top/err" ] || complain "$page: groff complains"
    done
fi

# offers WORDS...: what bash would offer for the last one.
offers() {
    PATH="${dokanctl%/*}:$PATH" bash --norc -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }
        _dokanctl; printf "%s\n" "${COMPREPLY[@]}"' bash "$tree/packaging/dokanctl.bash-completion" dokanctl "$@" | sort | tr '\n' ' '
}
if command -v bash >/dev/null; then
    same "verbs" "$(offers mo)" "mount "
    same "options" "$(offers mount --f)" "--filter --foreground --fsname "
    same "filters" "$(offers ls --filter dela)" "delay "
    same "values" "$(offers ls --color a)" "always auto "
    same "files" "$(offers cat dir/f)" "dir/file "
    same "formats" "$(offers ls zi)" "zip:// "
    same "trace" "$(offers trace o)" "off on "
    same "help" "$(offers help mkd)" "mkdir "
fi

# Formats and filters.
row 0 '^mem' '' formats
row 0 '^readonly: ' '' formats
row 0 - '' formats --json
json '{"zip", "mem", "file"} <= {s for f in x["formats"] for s in f["schemes"]}'
json '[f for f in x["filters"] if f["name"] == "delay"][0]["params"]'
json 'all(isinstance(c["read"], bool) for f in x["formats"] for c in f["can"])'

# Called by mount(8).
ln -s "$(readlink -f "$dokanctl")" "$top/mount.fuse.dokan"
helper() {
    code=0
    "$top/mount.fuse.dokan" "$@" >"$top/out" 2>"$top/err" </dev/null || code=$?
    echo "$code"
}
same "helper without words" "$(helper)" 2
same "helper with a wrong option" "$(helper dir mnt -o nofail,frob)" 2
grep -q "^mount.fuse.dokan: unknown option '-o frob'" "$top/err" || complain "the helper's message"
same "helper, sloppy and fake" "$(helper dir mnt -sfnv -o nofail,frob -t fuse.dokan)" 0
same "helper, fake" "$(helper dir mnt -f -o ro)" 0
end
