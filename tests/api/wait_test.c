// SPDX-License-Identifier: MIT
/* Waiting for the end of a volume, and waits that are registered. */
#include "tiny.h"

#include <pthread.h>

static atomic_int entered, fired, fired_by_time;
static atomic_int callback_ms;
static HANDLE own_handle;
static atomic_int own_result;

static VOID CALLBACK on_closed(PVOID context, BOOLEAN timed_out)
{
    assert_ptr_equal(context, &fired);
    entered++;
    sleep_ms((unsigned)callback_ms);
    fired_by_time += timed_out != 0;
    fired++;
}

static VOID CALLBACK unregister_itself(PVOID context, BOOLEAN timed_out)
{
    own_result = DokanUnregisterWaitForFileSystemClosed(own_handle, TRUE) ? 1 : (int)DokanWin32GetLastError();
    fired++;
}

static bool has_fired(void *arg)
{
    return fired == *(int *)arg;
}

static bool has_entered(void *arg)
{
    return entered == *(int *)arg;
}

static bool enters(int times)
{
    return wait_until(has_entered, &times, 5000);
}

static bool fires(int times)
{
    return wait_until(has_fired, &times, 5000);
}

static int setup(void **state)
{
    int rc = sandbox_setup(state);
    DokanInit();
    return rc;
}

static int teardown(void **state)
{
    DokanShutdown();
    return sandbox_teardown(state);
}

static int fresh(void **state)
{
    tiny_reset();
    entered = fired = fired_by_time = callback_ms = own_result = 0;
    return 0;
}

static void *close_later(void *handle)
{
    sleep_ms(100);
    DokanCloseHandle(handle);
    return NULL;
}

static void plain_wait(void **state)
{
    pthread_t thread;
    tiny_unmounted_delay_ms = 100;
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    assert_int_equal(DokanWaitForFileSystemClosed(handle, 0), WAIT_TIMEOUT);
    assert_int_equal(DokanWaitForFileSystemClosed(handle, 30), WAIT_TIMEOUT);
    assert_true(DokanIsFileSystemRunning(handle));
    assert_int_equal(pthread_create(&thread, NULL, close_later, handle), 0);
    DWORD rc = DokanWaitForFileSystemClosed(handle, INFINITE);
    assert_true(rc == WAIT_OBJECT_0);
    assert_int_equal(tiny_unmounted, 1); /* never before Unmounted has returned */
    pthread_join(thread, NULL);
}

static void wait_fires_at_end(void **state)
{
    HANDLE wait = NULL;
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    assert_true(DokanRegisterWaitForFileSystemClosed(handle, &wait, on_closed, &fired, INFINITE));
    assert_non_null(wait);
    sleep_ms(50);
    assert_int_equal(fired, 0);
    DokanCloseHandle(handle);
    assert_true(fires(1));
    assert_int_equal(fired_by_time, 0);
    assert_int_equal(tiny_unmounted, 1);
    assert_true(DokanUnregisterWaitForFileSystemClosed(wait, TRUE));
    assert_false(DokanUnregisterWaitForFileSystemClosed(wait, TRUE));
    assert_int_equal(DokanWin32GetLastError(), ERROR_INVALID_HANDLE);
}

static void wait_fires_by_time(void **state)
{
    HANDLE wait = NULL;
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    assert_true(DokanRegisterWaitForFileSystemClosed(handle, &wait, on_closed, &fired, 50));
    assert_true(fires(1));
    assert_int_equal(fired_by_time, 1);
    DokanCloseHandle(handle);
    sleep_ms(50);
    assert_int_equal(fired, 1); /* once only */
    assert_true(DokanUnregisterWaitForFileSystemClosed(wait, FALSE));
}

static void cancelled_wait_is_silent(void **state)
{
    HANDLE wait[2];
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    for (size_t i = 0; i < 2; i++)
        assert_true(DokanRegisterWaitForFileSystemClosed(handle, &wait[i], on_closed, &fired, INFINITE));
    assert_true(DokanUnregisterWaitForFileSystemClosed(wait[0], TRUE));
    assert_true(DokanUnregisterWaitForFileSystemClosed(wait[1], FALSE));
    DokanCloseHandle(handle);
    sleep_ms(50);
    assert_int_equal(fired, 0);
}

static void unregister_waits_for_callback(void **state)
{
    HANDLE wait;
    callback_ms = 500;
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    assert_true(DokanRegisterWaitForFileSystemClosed(handle, &wait, on_closed, &fired, 0));
    assert_true(enters(1));
    assert_true(DokanUnregisterWaitForFileSystemClosed(wait, TRUE));
    assert_int_equal(fired, 1);

    assert_true(DokanRegisterWaitForFileSystemClosed(handle, &wait, on_closed, &fired, 0));
    assert_true(enters(2));
    assert_false(DokanUnregisterWaitForFileSystemClosed(wait, FALSE));
    assert_int_equal(DokanWin32GetLastError(), ERROR_IO_PENDING);
    assert_int_equal(fired, 1);
    assert_true(fires(2));
    DokanCloseHandle(handle);
}

static void unregister_from_the_callback(void **state)
{
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    assert_true(DokanRegisterWaitForFileSystemClosed(handle, &own_handle, unregister_itself, NULL, 20));
    assert_true(fires(1));
    assert_int_equal(own_result, ERROR_IO_PENDING);
    DokanCloseHandle(handle);
}

static void wait_on_a_closed_volume(void **state)
{
    HANDLE wait;
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    DokanCloseHandle(handle);
    assert_false(DokanRegisterWaitForFileSystemClosed(handle, &wait, on_closed, &fired, 0));
    assert_int_equal(DokanWin32GetLastError(), ERROR_INVALID_PARAMETER);
    assert_false(DokanRegisterWaitForFileSystemClosed(NULL, &wait, on_closed, &fired, 0));
}

/* A wait handle may also be closed like any other. */
static void close_handle_of_a_wait(void **state)
{
    HANDLE wait;
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    assert_true(DokanRegisterWaitForFileSystemClosed(handle, &wait, on_closed, &fired, INFINITE));
    assert_true(DokanWin32CloseHandle(wait));
    assert_false(DokanWin32CloseHandle(wait));
    DokanCloseHandle(handle);
    assert_int_equal(fired, 0);
}

static void *close_it(void *handle)
{
    DokanCloseHandle(handle);
    return NULL;
}

static void closing_from_many_threads(void **state)
{
    pthread_t threads[8];
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, close_it, handle), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(tiny_unmounted, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(plain_wait, fresh),
        cmocka_unit_test_setup(wait_fires_at_end, fresh),
        cmocka_unit_test_setup(wait_fires_by_time, fresh),
        cmocka_unit_test_setup(cancelled_wait_is_silent, fresh),
        cmocka_unit_test_setup(unregister_waits_for_callback, fresh),
        cmocka_unit_test_setup(unregister_from_the_callback, fresh),
        cmocka_unit_test_setup(wait_on_a_closed_volume, fresh),
        cmocka_unit_test_setup(close_handle_of_a_wait, fresh),
        cmocka_unit_test_setup(closing_from_many_threads, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
