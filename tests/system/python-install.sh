#!/bin/sh
# SPDX-License-Identifier: MIT
# `from fs.expose import dokan` in every place where the package can be: the source tree, a virtual environment with and
# without the system's packages, /usr/local, and the folder of Debian's packages. A drive is mounted in each.
# files: tests/system/python-lib.sh python
# time: 300
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

cd "$TEST_DIR"
unset PYTHONPATH DOKAN_LIBRARY
DOKAN_REAPER=$TEST_BUILD/tools/dokan-reaper
export DOKAN_REAPER
libraries=$TEST_BUILD/src/api:$TEST_BUILD/src/fs
mkdir -p "$MNT"
places=0
cat >use.py <<'END'
import sys, xdokan
from fs.expose import dokan
from fs.memoryfs import MemoryFS
with dokan.mount(MemoryFS(), sys.argv[1]) as drive:
    with open(drive.path + "/note", "w") as file:
        file.write("works")
    print(open(drive.path + "/note").read(), "with", xdokan.__file__)
END
sed 's/^import sys, xdokan/import sys/; s/^    print.*/    import xdokan\n&/' use.py >plain.py # fs.expose before anything of ours

# works FOLDER PYTHON...: the drive works, and the package is the one in FOLDER.
works() {
    folder=$1
    shift
    "$@" "$MNT" >said 2>&1 || {
        cat said >&2
        fail "with the package in $folder"
    }
    places=$((places + 1))
    grep -q "^works with $folder/" said || fail "another package than that in $folder: $(cat said)"
}

missing() {
    refused "$@" -W ignore -c 'from fs.expose import dokan'
    tail -n 1 said | grep -q 'ModuleNotFoundError: PyFilesystem is not installed: apt install python3-fs, or .* pip install fs$' ||
        fail "it does not name the package: $(cat said)"
}

# The source tree: xdokan first. Without it fs.expose is not there, and so is fs.expose.fuse with it.
PYTHONPATH=$TEST_SOURCE/python DOKAN_LIBRARY=$TEST_BUILD/src/api works "$TEST_SOURCE/python/xdokan" "$PYTHON" use.py
PYTHONPATH=$TEST_SOURCE/python refused "$PYTHON" -W ignore -c 'from fs.expose import dokan'
says "No module named 'fs.expose'"
PYTHONPATH=$TEST_SOURCE/python refused "$PYTHON" -W ignore -c 'import xdokan, fs.expose.fuse'
says "No module named 'fs.expose.fuse'"
# The library is not the right one.
for wrong in /nowhere /lib/x86_64-linux-gnu/libc.so.6; do
    [ "$wrong" = /nowhere ] || [ -e "$wrong" ] || continue
    PYTHONPATH=$TEST_SOURCE/python DOKAN_LIBRARY=$wrong refused "$PYTHON" -c 'import xdokan.dokan'
    says "^ImportError: .*$wrong.*DOKAN_LIBRARY"
done

# The wheel, made without any network.
"$PYTHON" -c 'import build, setuptools, wheel' 2>/dev/null || skip "apt-get install python3-build python3-setuptools python3-wheel"
mkdir source
tar -C "$TEST_SOURCE" --exclude=__pycache__ -cf - python | tar -C source -xf -
"$PYTHON" -m build --wheel --no-isolation --outdir wheels source/python >log 2>&1 || {
    cat log >&2
    fail "the wheel is not built"
}
wheel=$(echo wheels/xdokan-*-py3-none-any.whl)
[ -f "$wheel" ] || fail "no pure wheel: $(ls wheels)"
"$PYTHON" -m zipfile -l "$wheel" >names
for name in xdokan/__init__.py xdokan/py.typed xdokan/_fs/expose/dokan/__init__.py xdokan.pth; do
    grep -q "^$name " names || fail "$name is not in the wheel"
done
grep -q '^fs/' names && fail "the wheel puts something into PyFilesystem's folder"

# environment NAME OPTIONS...: a virtual environment with the wheel in it.
environment() {
    name=$1
    shift
    "$PYTHON" -m venv "$@" "$name" >log 2>&1 || skip "apt-get install python3-venv"
    # shellcheck disable=SC2086 # nothing or an option
    "$name/bin/python" -m pip install --no-index $dependencies --disable-pip-version-check "$wheel" >log 2>&1 || {
        cat log >&2
        fail "pip install"
    }
    site=$(cd "$name"/lib/python3*/site-packages && pwd)
}
LD_LIBRARY_PATH=$libraries
export LD_LIBRARY_PATH
dependencies= # python3-fs is what the wheel wants
environment with --system-site-packages
works "$site/xdokan" with/bin/python -W ignore use.py
works "$site/xdokan" with/bin/python -W ignore plain.py
with/bin/python -m pip uninstall --yes xdokan >log 2>&1
same "$(find "$site" -iname '*xdokan*')" '' "left by pip uninstall"

dependencies=--no-deps
environment without
missing without/bin/python
same "$(without/bin/python -c 'import importlib.util as u; print(u.find_spec("fs"))')" None "who asks for fs alone"
without/bin/python -c 'import xdokan.dokan' || fail "the Dokan API without PyFilesystem"
debian=$("$PYTHON" -c 'import fs, os; print(os.path.dirname(os.path.dirname(fs.__file__)))')
for name in fs six.py appdirs.py pkg_resources; do
    [ ! -e "$debian/$name" ] || [ -e "$site/$name" ] || tar -C "$debian" -cf - "$name" | tar -C "$site" -xf -
done
works "$site/xdokan" without/bin/python -W ignore use.py
works "$site/xdokan" without/bin/python -W ignore plain.py

# What every start of Python pays for the line in xdokan.pth: nothing is loaded.
printf 'import sys; print(sorted(name for name in sys.modules if "xdokan" in name or name == "fs"))' >names.py
same "$(without/bin/python names.py)" '[]' "loaded at the start of Python"
unset LD_LIBRARY_PATH

if [ "$(id -u)" != 0 ] || ! mkdir upper || ! mount -t tmpfs tmpfs upper; then
    echo "$places places tried; the folders of the system are left out: only root can put others over them"
    exit 0
fi

# /usr/local, by the install and uninstall of the build.
prefix=$(meson introspect --buildoptions "$TEST_BUILD" | "$PYTHON" -c 'import json, sys
print({row["name"]: row["value"] for row in json.load(sys.stdin)}["prefix"])')
if [ "$prefix" = /usr/local ] && mount -t tmpfs tmpfs /usr/local; then
    DESTDIR='' /usr/bin/meson install -C "$TEST_BUILD" --no-rebuild >log 2>&1 || {
        tail -n 20 log >&2
        fail "meson install"
    }
    site=$("$PYTHON" "$TEST_SOURCE/python/site_folder.py" /usr/local)
    LD_LIBRARY_PATH=$(dirname "$(find /usr/local/lib -name libdokan2.so.2)")
    export LD_LIBRARY_PATH
    works "$site/xdokan" "$PYTHON" -W ignore use.py
    works "$site/xdokan" "$PYTHON" -W ignore plain.py
    unset LD_LIBRARY_PATH
    find /usr/local -name __pycache__ -prune -exec rm -r {} + # they are Python's
    ninja -C "$TEST_BUILD" uninstall >log 2>&1 || fail "ninja uninstall"
    same "$(find /usr/local ! -type d)" '' "left by ninja uninstall"
    umount /usr/local
fi

# Debian's folder: what python3-xdokan holds, beside python3-fs, and no finder. system/python-deb has the real packages.
site=$("$PYTHON" "$TEST_SOURCE/python/site_folder.py" /usr)
mkdir upper/up upper/work
if [ -d "$site/fs" ] && mount -t overlay -o "lowerdir=$site,upperdir=upper/up,workdir=upper/work" overlay "$site" 2>/dev/null; then
    (cd "$TEST_SOURCE/python/xdokan" && tar --exclude=_fs --exclude=__pycache__ -cf - .) | (mkdir "$site/xdokan" && tar -C "$site/xdokan" -xf -)
    mkdir "$site/fs/expose"
    tar -C "$TEST_SOURCE/python/xdokan/_fs/expose" --exclude=__pycache__ -cf - . | tar -C "$site/fs/expose" -xf -
    LD_LIBRARY_PATH=$libraries works "$site/xdokan" "$PYTHON" -W ignore use.py
    LD_LIBRARY_PATH=$libraries works "$site/xdokan" "$PYTHON" -W ignore plain.py
    LD_LIBRARY_PATH=$libraries "$PYTHON" -W ignore -c 'import fs.expose.dokan as d, fs
assert d.__file__.startswith(fs.__path__[0]) and fs.open_fs("mem://"), d.__file__'
    umount "$site"
fi
umount upper
echo "$places places tried"
