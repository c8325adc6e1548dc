// SPDX-License-Identifier: MIT
/*
 * The spill: what was appended is read back, the limit holds, the least recently used region goes.
 */
#include "base/testing.h"
#include "fs/spill.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static uint8_t byte_at(uint64_t seed, uint64_t offset)
{
    return (uint8_t)((offset * 2654435761u >> 13) + seed * 31);
}

static int append(struct spill_region *region, uint64_t seed, size_t size)
{
    uint8_t *data = malloc(size);
    uint64_t from = spill_filled(region);
    for (size_t i = 0; i < size; i++)
        data[i] = byte_at(seed, from + i);
    int rc = spill_append_at(region, from, data, size);
    free(data);
    return rc;
}

static void check(struct spill_region *region, uint64_t seed, uint64_t offset, size_t size)
{
    uint8_t *data = malloc(size);
    assert_int_equal(spill_pread(region, data, size, offset), size);
    for (size_t i = 0; i < size; i++)
        if (data[i] != byte_at(seed, offset + i))
            fail_msg("wrong byte at %llu", (unsigned long long)(offset + i));
    free(data);
}

static void test_read_back(void **state)
{
    (void)state;
    struct spill *spill;
    struct spill_region *a, *b;
    assert_int_equal(spill_new(64 * MIB, &spill), 0);
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &a), 0);
    assert_int_equal(spill_region_new(spill, 3 * MIB, &b), 0);
    for (int i = 0; i < 13; i++) {
        assert_int_equal(append(a, 1, MIB - 7), 0);
        if (i < 3)
            assert_int_equal(append(b, 2, MIB), 0);
    }
    assert_int_equal(append(b, 2, 1), -EFBIG);
    check(a, 1, 0, 13 * (MIB - 7));
    check(a, 1, 4 * MIB - 3, 6);
    check(b, 2, 1, 3 * MIB - 1);
    char byte;
    assert_int_equal(spill_pread(a, &byte, 1, 13 * (MIB - 7)), 0);
    assert_int_equal(spill_pread(a, &byte, 1, UINT64_MAX), 0);
    assert_int_equal(spill_append_at(a, 5, &byte, 1), -ESTALE);
    spill_region_free(a);
    spill_region_free(b);
    assert_int_equal(spill_used(spill), 0);
    spill_free(spill);
}

static void test_eviction(void **state)
{
    (void)state;
    struct spill *spill;
    struct spill_region *r[4];
    assert_int_equal(spill_new(10 * MIB, &spill), 0);
    assert_int_equal(spill_limit(spill), 10 * MIB);
    assert_int_equal(spill_region_new(spill, 11 * MIB, &r[0]), -ENOSPC);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &r[i]), 0);
        assert_int_equal(append(r[i], i, 3 * MIB), 0);
    }
    check(r[0], 0, 100, 100); /* now 1 is the oldest */
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &r[3]), 0);
    assert_int_equal(append(r[3], 3, 3 * MIB), 0);
    assert_int_equal(spill_filled(r[1]), 0);
    char byte;
    assert_int_equal(spill_pread(r[1], &byte, 1, 0), -ESTALE);
    check(r[0], 0, 0, 3 * MIB);
    check(r[2], 2, 0, 3 * MIB);
    check(r[3], 3, 0, 3 * MIB);
    assert_true(spill_used(spill) <= 10 * MIB);
    /* An evicted one comes back, and one region may take everything but no more. */
    assert_int_equal(append(r[1], 9, 2 * MIB), 0);
    check(r[1], 9, 0, 2 * MIB);
    assert_int_equal(append(r[1], 9, 8 * MIB), 0);
    assert_int_equal(append(r[1], 9, 1), -ENOSPC);
    assert_int_equal(spill_filled(r[1]), 10 * MIB);
    check(r[1], 9, 0, 10 * MIB);
    for (int i = 0; i < 4; i++)
        spill_region_free(r[i]);
    assert_int_equal(spill_used(spill), 0);
    spill_free(spill);
}

static void test_full_disk(void **state)
{
    (void)state;
    char folder[] = "/tmp/spill-test.XXXXXX";
    assert_non_null(mkdtemp(folder));
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=6m") != 0) {
        rmdir(folder);
        skip();
    }
    setenv("DOKAN_FS_CACHE", folder, 1);
    struct spill *spill;
    struct spill_region *a, *b;
    assert_int_equal(spill_new(100 * MIB, &spill), 0);
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &a), 0);
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &b), 0);
    assert_int_equal(append(a, 1, 4 * MIB), 0);
    assert_int_equal(append(b, 2, 4 * MIB), 0); /* a goes */
    assert_int_equal(spill_filled(a), 0);
    check(b, 2, 0, 4 * MIB);
    assert_int_equal(append(b, 2, 4 * MIB), -ENOSPC);
    assert_int_equal(spill_filled(b), 4 * MIB);
    check(b, 2, 0, 4 * MIB);
    spill_region_free(a);
    spill_region_free(b);
    assert_int_equal(spill_used(spill), 0);
    spill_free(spill);
    unsetenv("DOKAN_FS_CACHE");
    assert_int_equal(umount(folder), 0);
    rmdir(folder);
}

/* Without any folder, memory serves, and the limit shrinks to what that allows. */
static void test_no_folder(void **state)
{
    (void)state;
    const char *before = getenv("HOME");
    char *home = before ? strdup(before) : NULL;
    static const char *const names[] = {"DOKAN_FS_CACHE", "XDG_CACHE_HOME", "HOME", "TMPDIR"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        setenv(names[i], "/dev/null", 1);
    struct spill *spill;
    struct spill_region *region;
    assert_int_equal(spill_new((uint64_t)4 << 30, &spill), 0);
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &region), 0);
    assert_int_equal(append(region, 4, 5 * MIB), 0);
    check(region, 4, 0, 5 * MIB);
    assert_true(spill_limit(spill) <= (uint64_t)256 << 20);
    spill_region_free(region);
    spill_free(spill);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unsetenv(names[i]);
    if (home)
        setenv("HOME", home, 1);
    free(home);
}

/* What one side of a fork frees and fills again does no harm to the other. */
static void test_fork(void **state)
{
    (void)state;
    struct spill *spill;
    struct spill_region *old, *grown, *other;
    assert_int_equal(spill_new(64 * MIB, &spill), 0);
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &old), 0);
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &grown), 0);
    assert_int_equal(append(old, 1, 9 * MIB), 0);
    assert_int_equal(append(grown, 2, 3 * MIB), 0);
    spill_fork_begin();
    pid_t child = fork();
    spill_fork_end();
    assert_true(child >= 0);
    if (child == 0) {
        spill_region_free(old);
        if (spill_region_new(spill, SPILL_UNKNOWN, &other) != 0 || append(other, 3, 20 * MIB) != 0 ||
            append(grown, 2, 7 * MIB) != 0)
            _exit(1);
        check(other, 3, 0, 20 * MIB);
        check(grown, 2, 0, 10 * MIB);
        spill_region_free(grown);
        spill_region_free(other);
        _exit(0);
    }
    assert_int_equal(append(grown, 2, 4 * MIB), 0);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    check(old, 1, 0, 9 * MIB);
    check(grown, 2, 0, 7 * MIB);
    spill_region_free(old);
    assert_int_equal(spill_region_new(spill, SPILL_UNKNOWN, &other), 0);
    assert_int_equal(append(other, 4, 9 * MIB), 0);
    check(other, 4, 0, 9 * MIB);
    check(grown, 2, 0, 7 * MIB);
    spill_region_free(grown);
    spill_region_free(other);
    assert_int_equal(spill_used(spill), 0);
    spill_free(spill);
}

struct crowd {
    struct spill *spill;
    uint64_t seed;
};

/* Appends, reads back what is said to be there, and starts again when evicted: never a wrong byte. */
static void *work(void *arg)
{
    struct crowd *crowd = arg;
    struct spill_region *region;
    uint64_t random = crowd->seed * 77 + 1;
    if (spill_region_new(crowd->spill, SPILL_UNKNOWN, &region) != 0)
        return "no region";
    const char *bad = NULL;
    for (int i = 0; i < 300 && !bad; i++) {
        int rc = append(region, crowd->seed, 1 + testing_random(&random) % 200000);
        if (rc && rc != -ENOSPC && rc != -ESTALE)
            bad = "append failed";
        uint8_t data[5000];
        uint64_t filled = spill_filled(region), offset = filled ? testing_random(&random) % filled : 0;
        ssize_t n = spill_pread(region, data, sizeof data, offset);
        for (ssize_t k = 0; k < n; k++)
            if (data[k] != byte_at(crowd->seed, offset + (uint64_t)k))
                bad = "wrong byte";
        if (rc == -ENOSPC) {
            spill_region_free(region);
            if (spill_region_new(crowd->spill, SPILL_UNKNOWN, &region) != 0)
                return "no region";
        }
    }
    spill_region_free(region);
    return (void *)bad;
}

static void test_threads(void **state)
{
    (void)state;
    struct spill *spill;
    assert_int_equal(spill_new(20 * MIB, &spill), 0);
    pthread_t threads[6];
    struct crowd crowd[6];
    for (unsigned i = 0; i < 6; i++) {
        crowd[i] = (struct crowd){spill, i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &crowd[i]), 0);
    }
    for (unsigned i = 0; i < 6; i++) {
        void *bad;
        pthread_join(threads[i], &bad);
        if (bad)
            fail_msg("%s", (const char *)bad);
    }
    assert_int_equal(spill_used(spill), 0);
    spill_free(spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_back), cmocka_unit_test(test_eviction), cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_no_folder), cmocka_unit_test(test_threads),  cmocka_unit_test(test_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
