#!/bin/sh
# SPDX-License-Identifier: MIT
# Bombs of every compression are refused soon and in little memory, with the option that lets them pass; a large
# file of zeros beside real data is no bomb.
# mount: no
# sanitizers: asan
# time: 240
. "${0%/*}/lib.sh"
need gzip bzip2 xz
export DOKAN_FS_CACHE="$TEST_DIR/cache"
mkdir -m 700 "$DOKAN_FS_CACHE"

# Seconds of processor time, which other work hardly changes. Sanitizers make everything slower, and reserve what
# they do not use: there only the answer counts.
bomb() { # SIZE: a tar of a file of zeros
    truncate -s "$1" "$TEST_DIR/zeros"
    tar -C "$TEST_DIR" -cf - zeros
}

bomb 600M | gzip >"$TEST_DIR/a.tar.gz"
bomb 300M | bzip2 >"$TEST_DIR/a.tar.bz2"
bomb 300M | xz -0 >"$TEST_DIR/a.tar.xz"
if command -v zstd >/dev/null; then bomb 4G | zstd -q >"$TEST_DIR/a.tar.zst"; fi
if command -v lz4 >/dev/null; then bomb 600M | lz4 -q >"$TEST_DIR/a.tar.lz4"; fi
for file in "$TEST_DIR"/a.tar.*; do
    if [ "$FULL" = yes ]; then
        refused sh -c 'ulimit -d 131072; ulimit -t 2; exec "$@"' - dokanctl ls "$file"
    else
        refused dokanctl ls "$file"
    fi
    says max-expansion
done

# The option, and what is honest.
bomb 540M | gzip >"$TEST_DIR/b.tar.gz"
refused dokanctl ls "$TEST_DIR/b.tar.gz"
same "$(dokanctl ls "tar://$TEST_DIR/b.tar.gz?max-expansion=0")" zeros "what the option allows"
head -c 6M /dev/urandom >"$TEST_DIR/noise"
tar -C "$TEST_DIR" -cf - zeros noise | gzip >"$TEST_DIR/c.tar.gz"
same "$(dokanctl ls "$TEST_DIR/c.tar.gz" | sort | tr '\n' ' ')" "noise zeros " "zeros beside noise"
