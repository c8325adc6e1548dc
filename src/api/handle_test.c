// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "api/handle.h"
#include <dokan/ntstatus.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

struct object {
    struct api_handle handle;
    _Atomic int closed;
};

static void close_object(struct api_handle *handle)
{
    ((struct object *)handle)->closed++;
}

static void close_other(struct api_handle *handle)
{
}

static void test_closed_once(void **state)
{
    struct object object = {.handle.close = close_object};
    HANDLE value = api_handle_open(&object.handle);

    assert_true(value != NULL && value != INVALID_HANDLE_VALUE);
    assert_true(CloseHandle(value));
    assert_int_equal(object.closed, 1);
    SetLastError(0);
    assert_false(CloseHandle(value));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_int_equal(object.closed, 1);
}

static void test_what_is_no_handle_is_refused(void **state)
{
    struct object object = {.handle.close = close_object};
    HANDLE value = api_handle_open(&object.handle);
    const HANDLE bad[] = {NULL,      INVALID_HANDLE_VALUE,           &object,
                          (HANDLE)3, (HANDLE)((ULONG_PTR)value + 1), (HANDLE)((ULONG_PTR)value + 4)};

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(CloseHandle(bad[i]));
    assert_int_equal(object.closed, 0);
    assert_true(CloseHandle(value));
}

static void test_take_asks_for_the_kind(void **state)
{
    struct object object = {.handle.close = close_object};
    HANDLE value = api_handle_open(&object.handle);

    assert_null(api_handle_take(value, close_other));
    assert_ptr_equal(api_handle_take(value, close_object), &object.handle);
    assert_null(api_handle_take(value, close_object));
    assert_false(CloseHandle(value));
    assert_int_equal(object.closed, 0);
}

static void test_values_are_not_used_again(void **state)
{
    struct object object = {.handle.close = close_object};
    HANDLE first = api_handle_open(&object.handle), second;

    CloseHandle(first);
    second = api_handle_open(&object.handle);
    assert_ptr_not_equal(first, second);
    assert_false(CloseHandle(first));
    assert_true(CloseHandle(second));
}

enum { OBJECTS = 1000, CLOSERS = 4 };

struct crowd {
    struct object objects[OBJECTS];
    HANDLE values[OBJECTS];
    _Atomic int successes;
};

static void *close_all(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < OBJECTS; i++)
        crowd->successes += CloseHandle(crowd->values[i]);
    return NULL;
}

static void test_many_threads_close_each_once(void **state)
{
    static struct crowd crowd;
    pthread_t threads[CLOSERS];

    for (int i = 0; i < OBJECTS; i++) {
        crowd.objects[i].handle.close = close_object;
        crowd.values[i] = api_handle_open(&crowd.objects[i].handle);
    }
    for (int i = 0; i < CLOSERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, close_all, &crowd), 0);
    for (int i = 0; i < CLOSERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.successes, OBJECTS);
    for (int i = 0; i < OBJECTS; i++)
        assert_int_equal(crowd.objects[i].closed, 1);
}

static void test_a_forked_child_is_refused(void **state)
{
    struct object object = {.handle.close = close_object};
    HANDLE value = api_handle_open(&object.handle);
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(CloseHandle(value) || api_handle_open(&object.handle) ? 1 : 42);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    assert_true(CloseHandle(value));
}

static void *error_of_thread(void *arg)
{
    DWORD first = GetLastError();

    SetLastError(7);
    return (void *)(ULONG_PTR)(first * 100 + GetLastError());
}

static void test_last_error_belongs_to_the_thread(void **state)
{
    pthread_t thread;
    void *result;

    SetLastError(5);
    assert_int_equal(pthread_create(&thread, NULL, error_of_thread, NULL), 0);
    pthread_join(thread, &result);
    assert_int_equal((ULONG_PTR)result, 7);
    assert_int_equal(GetLastError(), 5);
}

static void test_time_and_sleep(void **state)
{
    FILETIME before, after;
    unsigned long long a, b;

    GetSystemTimeAsFileTime(&before);
    Sleep(20);
    Sleep(0);
    GetSystemTimeAsFileTime(&after);
    a = (unsigned long long)before.dwHighDateTime << 32 | before.dwLowDateTime;
    b = (unsigned long long)after.dwHighDateTime << 32 | after.dwLowDateTime;
    assert_true(b - a >= 190000 && b - a < 600000000);
    assert_true(a > 132223104000000000ull); // 2020
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_once),
        cmocka_unit_test(test_what_is_no_handle_is_refused),
        cmocka_unit_test(test_take_asks_for_the_kind),
        cmocka_unit_test(test_values_are_not_used_again),
        cmocka_unit_test(test_many_threads_close_each_once),
        cmocka_unit_test(test_a_forked_child_is_refused),
        cmocka_unit_test(test_last_error_belongs_to_the_thread),
        cmocka_unit_test(test_time_and_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
