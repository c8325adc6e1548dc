#!/bin/sh
# SPDX-License-Identifier: MIT
# The fuzzing targets for real: built with clang, libFuzzer and the sanitizers, each for its share of the time. What
# breaks a promise or a sanitizer's rule is printed, to be kept in tests/fuzz/corpus.
# mount: no
# alone: yes
. "${0%/*}/../system/lib.sh"

need clang meson ninja
TARGETS='index names security url'
build=$TEST_DIR/fuzz
CC=clang meson setup "$build" "$TEST_SOURCE" -Db_sanitize=address,undefined -Db_lundef=false \
    -Dc_args=-fsanitize=fuzzer-no-link -Dbench=false >meson.log 2>&1 || {
    tail -n 40 meson.log
    fail "the build could not be set up"
}
for target in $TARGETS; do
    ninja -C "$build" "tests/fuzz/fuzz-$target" >>ninja.log 2>&1 || {
        tail -n 40 ninja.log
        fail "fuzz-$target could not be built"
    }
done

# One fuzzer's share of the time; the build and the other tests of the soak have theirs.
share=$((SOAK_SECONDS / 3))
unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
for target in $TARGETS; do
    mkdir "new-$target"
    "$build/tests/fuzz/fuzz-$target" -max_total_time="$share" -timeout=10 -rss_limit_mb=1024 -max_len=8192 \
        -print_final_stats=1 -artifact_prefix="$TEST_DIR/found-$target-" \
        "new-$target" "$TEST_SOURCE/tests/fuzz/corpus/$target" >"$target.log" 2>&1 || {
        tail -n 60 "$target.log"
        for found in "found-$target"-*; do
            echo "--- $found (base64):"
            base64 "$found"
        done
        fail "fuzz-$target found something"
    }
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$target.log") inputs, \
$(find "new-$target" -type f | wc -l) of them new and interesting"
done
