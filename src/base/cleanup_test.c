// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <string.h>

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int open_null(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void closes_fd_and_keeps_errno(void **state)
{
    int seen;
    {
        CLEANUP_FD int fd = open_null();
        assert_true(fd >= 0);
        seen = fd;
        errno = EXDEV;
    }
    assert_int_equal(errno, EXDEV);
    assert_false(is_open(seen));
}

static void stolen_fd_stays_open(void **state)
{
    int kept;
    {
        CLEANUP_FD int fd = open_null();
        kept = steal_fd(&fd);
        assert_int_equal(fd, -1);
    }
    assert_true(is_open(kept));
    close(kept);
}

static void stolen_pointer_survives(void **state)
{
    char *kept;
    {
        CLEANUP_FREE char *text = strdup("kept");
        kept = steal_ptr(&text);
        assert_null(text);
    }
    assert_string_equal(kept, "kept");
    free(kept);
}

static void lock_ends_with_scope(void **state)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    {
        LOCK_SCOPE(&mutex);
        assert_int_equal(pthread_mutex_trylock(&mutex), EBUSY);
    }
    assert_int_equal(pthread_mutex_trylock(&mutex), 0);
    pthread_mutex_unlock(&mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closes_fd_and_keeps_errno),
        cmocka_unit_test(stolen_fd_stays_open),
        cmocka_unit_test(stolen_pointer_survives),
        cmocka_unit_test(lock_ends_with_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
