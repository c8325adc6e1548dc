#!/bin/sh
# SPDX-License-Identifier: MIT
# The Debian packages: built by scripts/deb, installed by dpkg over an overlay of this very system, used, and removed
# without a trace. On the CI machine, or by name with CI=true.
# time: 600
# quick: no
# files: tests/system/python-lib.sh scripts/deb packaging meson.build python
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

[ "${CI-}" = true ] || skip "only on the CI machine (CI=true)"
need_root
need dpkg-buildpackage dh dh_python3 unshare
cd "$TEST_DIR"
mkdir debs "$MNT"
"$TEST_SOURCE/scripts/deb" "$TEST_DIR/debs" >log 2>&1 || {
    cat log >&2
    fail "scripts/deb"
}
rm -f debs/*-dbgsym_*
same "$(ls debs | sed 's/_.*//' | tr '\n' ' ')" 'dokan-tools libdokan2-2 libdokan2-dev libdokancheck0 libdokanfs0 libdokanwin0 python3-xdokan ' "packages"

# Only this test sees what dpkg changes.
mkdir upper
mount -t tmpfs tmpfs upper
for folder in usr etc var; do
    mkdir -p "upper/$folder/up" "upper/$folder/work"
    mount -t overlay -o "lowerdir=/$folder,upperdir=upper/$folder/up,workdir=upper/$folder/work" overlay "/$folder" ||
        skip "no overlay file system here"
done
cd "$TEST_DIR"
unset PYTHONPATH DOKAN_LIBRARY DOKAN_REAPER PYTHONDONTWRITEBYTECODE
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
find /usr /etc | sort >before
dpkg --install debs/*.deb >log 2>&1 || {
    cat log >&2
    fail "dpkg --install"
}
ldconfig

site=/usr/lib/python3/dist-packages
[ -f "$site/fs/expose/dokan/__init__.py" ] || fail "fs.expose does not lie in PyFilesystem's folder"
[ ! -e "$site/xdokan.pth" ] || fail "Debian's package needs no finder"
ls "$site"/xdokan/__pycache__/*.pyc "$site"/fs/expose/dokan/__pycache__/*.pyc >/dev/null || fail "nothing was compiled"
cat >use.py <<'END'
import sys
from fs.expose import dokan
from fs.memoryfs import MemoryFS
with dokan.mount(MemoryFS(), sys.argv[1]) as drive:
    with open(drive.path + "/note", "w") as file:
        file.write("works")
    print(open(drive.path + "/note").read(), sum(getattr(entry, "xdokan", False) for entry in sys.meta_path))
END
same "$(/usr/bin/python3 -W ignore use.py "$MNT")" "works 1" "fs.expose.dokan of the package"
same "$(dokanctl mount pyfs+mem:// "$MNT" 2>&1)" "$MNT" "dokanctl mount pyfs+mem://"
dokanctl unmount "$MNT"
reaper=$(dpkg -L libdokan2-2 | grep /dokan-reaper)
dokanctl mount mem:// "$MNT" >log
pid=$(dokanctl list --json | sed 's/.*"pid": \([0-9]*\).*/\1/')
kill -9 "$pid"
wait_for 10 not_mounted "$MNT" || fail "$reaper does not remove a dead mount"
mount -t fuse.dokan mem:// "$MNT" || fail "mount(8) does not find mount.fuse.dokan"
umount "$MNT"
# shellcheck disable=SC2046 # a list of words
cc -D_GNU_SOURCE "$TEST_SOURCE/samples/memfs.c" "$TEST_SOURCE/samples/cmdline.c" $(pkg-config --cflags --libs dokan2) -lpthread -o memfs >log 2>&1 ||
    fail "libdokan2-dev: $(cat log)"
for page in "1 dokanctl" "8 mount.fuse.dokan"; do
    [ -f "/usr/share/man/man${page% *}/${page#* }.${page% *}.gz" ] || fail "no man page $page"
done

dpkg --purge python3-xdokan dokan-tools libdokan2-dev libdokancheck0 libdokanwin0 libdokanfs0 libdokan2-2 >log 2>&1 || fail "dpkg --purge: $(cat log)"
ldconfig
find /usr /etc | sort >after
same "$(comm -13 before after)" '' "left by the packages"
