#!/bin/sh
# SPDX-License-Identifier: MIT
# Every single allocation and callback of the engine's scenario fails under ASan, where the tests of each commit leave
# out most (tests/nt/fail_*_test.c); and schedules nobody has tried yet under TSan (tests/nt/schedule_test.c).
# mount: no
# time: 7200
. "${0%/*}/../system/lib.sh"

need meson ninja
build() {
    folder=$TEST_DIR/$1
    meson setup "$folder" "$TEST_SOURCE" -Dbench=false -Db_sanitize="$2" -Db_lundef=false >meson.log 2>&1 ||
        fail "$(tail -n 40 meson.log)"
    shift 2
    for test; do
        ninja -C "$folder" "tests/nt/nt-$test-test" >ninja.log 2>&1 || fail "$(tail -n 40 ninja.log)"
    done
}
build asan address,undefined fail_alloc fail_callback
for test in fail_alloc fail_callback; do
    DOKAN_TEST_FULL=1 "asan/tests/nt/nt-$test-test" >"$test.log" 2>&1 || fail "$(tail -n 60 "$test.log")"
    cat "$test.log"
done
build tsan thread schedule
end=$(($(date +%s) + SOAK_SECONDS / 8))
seeds=0
while [ "$(date +%s)" -lt "$end" ]; do
    DOKAN_SEED=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') tsan/tests/nt/nt-schedule-test >schedule.log 2>&1 ||
        fail "$(tail -n 60 schedule.log)"
    seeds=$((seeds + 1))
done
echo "$seeds seeds"
