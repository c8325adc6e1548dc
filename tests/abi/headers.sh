#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header compiles alone and without a warning, as C17 and as C++17, with every compiler that is there;
# with mingw-w64 the Windows types step aside for <windows.h> and the layout still holds.
# usage: headers.sh SOURCE_ROOT
set -eu
root=$1
here=$root/tests/abi
failed=0
strict="-Wall -Wextra -Wpedantic -Werror -fsyntax-only"
nonames=-DDOKAN_NO_WIN32_NAMES

# compile COMPILER OPTIONS... FILE
compile() {
    command -v "$1" >/dev/null || return 0
    # shellcheck disable=SC2086
    if ! "$@" $strict -I"$root/include" -I"$here"; then
        echo "FAILED: $*"
        failed=1
    fi
}

# alone COMPILER OPTIONS...: each header by itself, by its own name and beside an -I to its folder
alone() {
    command -v "$1" >/dev/null || { echo "$1 is not installed: left out"; return 0; }
    for header in "$root"/include/dokan/*.h; do
        name=${header##*/}
        case $name in winconst.h | ntcodes.gen.h | winfile_names.h) continue ;; esac # parts of others
        # shellcheck disable=SC2086
        if ! printf '#include <dokan/%s>\n#include <%s>\n' "$name" "$name" |
            "$@" $strict -I"$root/include" -I"$root/include/dokan" -; then
            echo "FAILED: $name with $*"
            failed=1
        fi
    done
}

for cc in gcc clang; do
    alone "$cc" -std=c17 -x c
    alone "$cc" -std=c17 -x c $nonames
    for file in use use_ex; do
        compile "$cc" -std=c17 "$here/$file.c"
        compile "$cc" -std=gnu17 -fshort-wchar "$here/$file.c"
    done
done
for cxx in g++ clang++; do
    alone "$cxx" -std=c++17 -x c++
    for file in use use_ex; do
        compile "$cxx" -std=c++17 -x c++ "$here/$file.c"
        compile "$cxx" -std=c++20 -fshort-wchar -x c++ "$here/$file.c"
    done
done
alone x86_64-w64-mingw32-gcc -std=c17 -x c
alone x86_64-w64-mingw32-g++ -std=c++17 -x c++
for unicode in -UUNICODE -DUNICODE; do
    compile x86_64-w64-mingw32-gcc -std=c17 $unicode "$here/use.c"
    compile x86_64-w64-mingw32-g++ -std=c++17 $unicode -x c++ "$here/use.c"
done

# Every number of ours that the mingw-w64 headers know, too, is the same there.
agree() {
    command -v x86_64-w64-mingw32-gcc >/dev/null || return 0
    {
        printf '#include <dokan/ntstatus.h>\n#include <winioctl.h>\n#include <winsvc.h>\n'
        sed -nE 's/^#define ([A-Z]\w+) +(\(\(NTSTATUS\))?(0x[0-9A-Fa-f]+|[0-9]+)u\)?( .*)?$/\1 \3/p' \
            "$root"/include/dokan/ntstatus.h "$root"/include/dokan/ntcodes.gen.h "$root"/include/dokan/winconst.h \
            "$root"/include/dokan/fileinfo.h |
            while read -r name value; do
                printf '#ifdef %s\n_Static_assert((unsigned)%s == %su, "%s");\n' "$name" "$name" "$value" "$name"
                printf '#else\n#warning %s\n#endif\n' "$name"
            done
    } | x86_64-w64-mingw32-gcc -std=c17 -fsyntax-only -I"$root/include" -x c - 2>"$1" || {
        grep error "$1"
        failed=1
    }
    echo "$(grep -c 'warning: #warning' "$1" || true) numbers are not in the mingw-w64 headers"
}
log=$(mktemp)
agree "$log"
rm -f "$log"
exit $failed
