#!/bin/sh
# SPDX-License-Identifier: MIT
# Archives of all kinds behind a mount hold what their own tools unpack.
# sanitizers: asan
# time: 240
. "${0%/*}/lib.sh"
need tar gzip bzip2 xz zstd cpio

export XDG_CACHE_HOME="$TEST_DIR/cache"
mkdir cache work
real_tree source/tree linux/netfilter
ln source/tree/odd/plain source/hard
rm -rf source/tree/odd/many/file-0[1-4]??

# shown ARCHIVE EXPECTED: mounted twice, the second time by its index.
shown() {
    for _ in 1 2; do
        launch dokanctl mount --foreground "$1" "$MNT"
        diff -r --no-dereference "$2" "$MNT" >"$TEST_DIR/difference" || {
            head -20 "$TEST_DIR/difference" >&2
            fail "$1 shows something else than $2"
        }
        stop
    done
}

tar -C source --format=pax -cf work/plain.tar .
mkdir unpacked
tar -C unpacked --no-same-owner -xf work/plain.tar
for how in 'gzip -c' 'bzip2 -c' 'xz -1c' 'xz -1c --block-size=200KiB' 'zstd -qc' 'lz4 -qc' 'lzip -c' 'xz --format=lzma -1c'; do
    command -v "${how%% *}" >/dev/null || continue
    $how work/plain.tar >work/packed.tar.x
    shown work/packed.tar.x unpacked
done
for format in gnu ustar pax; do
    [ "$format" = ustar ] || tar -C source --format="$format" -cSf work/sparse.tar tree/odd/sparse tree/odd/plain
    [ "$format" = ustar ] && tar -C source --format=ustar -cf work/sparse.tar tree/odd/sparse tree/odd/plain
    rm -rf sparse
    mkdir sparse
    tar -C sparse --no-same-owner -xf work/sparse.tar
    shown work/sparse.tar sparse
done

for format in newc odc crc; do
    (cd source && find . -print0 | cpio -0 -o -H "$format" --quiet) >work/all.cpio
    shown work/all.cpio unpacked
done

mkdir simple
cp source/tree/odd/plain source/tree/odd/many/file-000? simple
tail -c +701 work/plain.tar | head -c 3000000 >simple/large
if command -v 7z >/dev/null; then
    for how in -ms=on -ms=off -m0=ppmd -m0=copy; do
        rm -f work/all.7z
        7z a -bd "$how" work/all.7z ./simple/* >/dev/null
        shown work/all.7z simple
    done
    7z a -bd -psecret -mhe=on work/hidden.7z ./simple/* >/dev/null
    refused dokanctl mount --foreground work/hidden.7z "$MNT"
    says '7z x'
fi
if command -v genisoimage >/dev/null; then
    genisoimage -quiet -R -o work/all.iso simple
    shown work/all.iso simple
fi
if command -v gcab >/dev/null; then
    (cd simple && gcab -c -z ../all.cab ./*)
    shown all.cab simple
fi
if command -v dpkg-deb >/dev/null; then
    mkdir -p deb/DEBIAN
    cp -r simple deb/opt
    printf 'Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n' >deb/DEBIAN/control
    dpkg-deb --root-owner-group -b deb work/x.deb >/dev/null
    rm -rf deb/DEBIAN
    launch dokanctl mount --foreground work/x.deb "$MNT"
    inner=$(cd "$MNT" && echo data.tar.*)
    stop
    shown "work/x.deb!/$inner" deb
fi

gzip -c simple/large >work/large.gz
mkdir single
cp simple/large single/large
shown work/large.gz single

# Cut off, or damaged: refused with a reason, never half a tree.
head -c 100000 work/plain.tar >work/cut.tar
refused dokanctl mount --foreground work/cut.tar "$MNT"
says 'damaged or cut off'
gzip -c work/plain.tar | head -c 100000 >work/cut.tar.gz
refused dokanctl mount --foreground work/cut.tar.gz "$MNT"
says 'damaged or cut off'
