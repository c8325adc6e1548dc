// SPDX-License-Identifier: MIT
//
// The Win32 calls of wintypes.h and the 16-bit strlen that bindings need. The last error belongs to the
// thread.

#include "api/handle.h"
#include "base/clock.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <sched.h>
#include <time.h>

static _Thread_local DWORD last_error;

DWORD DOKANAPI DokanWin32GetLastError(void)
{
    return last_error;
}

VOID DOKANAPI DokanWin32SetLastError(DWORD Error)
{
    last_error = Error;
}

BOOL DOKANAPI DokanWin32CloseHandle(HANDLE Object)
{
    struct api_handle *handle = api_handle_take(Object, NULL);

    if (!handle) {
        last_error = ERROR_INVALID_HANDLE;
        return FALSE;
    }
    handle->close(handle);
    return TRUE;
}

VOID DOKANAPI DokanWin32GetSystemTimeAsFileTime(LPFILETIME Time)
{
    uint64_t now = filetime_now();

    if (!Time)
        return;
    Time->dwLowDateTime = (DWORD)now;
    Time->dwHighDateTime = (DWORD)(now >> 32);
}

static void sleep_ms(DWORD ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

VOID DOKANAPI DokanWin32Sleep(DWORD Milliseconds)
{
    if (!Milliseconds)
        sched_yield();
    for (;;) {
        sleep_ms(Milliseconds);
        if (Milliseconds != INFINITE)
            return;
    }
}
