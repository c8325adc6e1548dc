// SPDX-License-Identifier: MIT
//
// HANDLEs that the library gives out (tokens, waits) and that the program closes with CloseHandle.
//
// A HANDLE is a number, never an address: it is looked up in a registry, so that a wrong or stale one is
// refused and harms nobody. Numbers are multiples of 4, never 0 or -1, and are not given out twice.

#ifndef API_HANDLE_H
#define API_HANDLE_H

#include <dokan/wintypes.h>
#include <stdint.h>

// Embedded in what the handle stands for. Any thread may close it; it is closed at most once.
struct api_handle {
    void (*close)(struct api_handle *handle); // frees the object; the registry no longer knows it then
    struct api_handle *next;                  // the registry's
    uintptr_t value;
};

// Registers the object, whose `close` is set. NULL only in a child that was forked without exec.
HANDLE api_handle_open(struct api_handle *handle);

// Takes the object out of the registry without closing it: the caller owns it again. NULL if value is no open
// handle, or one with another close function than `kind` (a token is no wait). With kind NULL any will do.
struct api_handle *api_handle_take(HANDLE value, void (*kind)(struct api_handle *handle));

// In a forked child that starts anew: nothing is open.
void api_handles_restart(void);

#endif
