// SPDX-License-Identifier: MIT
/*
 * Tests of winfile.h: each runs on a fresh volume X:, first of memfs, then of mirror, both served without a
 * mount. What a volume cannot hold stands in its struct place.
 */
#ifndef TESTS_WIN32_KIT_H
#define TESTS_WIN32_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DOKAN_WINFILE_NAMES
#include <dokan/dokan_security.h>
#include <dokan/winfile.h>

#include <stdbool.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { EVERYBODY = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, SOMEBODY = 1000 };

struct place {
    const char *name;
    bool security;        /* keeps descriptors, and checks them */
    bool streams;         /* has named streams */
    bool attributes;      /* keeps HIDDEN, SYSTEM, ARCHIVE, and READONLY of directories */
    bool birth;           /* the time of birth can be set */
    bool directory_links; /* a directory that was just made can become a symbolic link */
};

/* Where the running test is. */
extern const struct place *place;
extern DOKAN_HANDLE volume;

/* Runs them on every volume; the number of failures. */
int kit_run(const char *name, const struct CMUnitTest *tests, size_t count);

/* The test does not apply to this volume. */
#define NEEDS(fact)                                                           \
    do {                                                                      \
        if (!place->fact) {                                                   \
            print_message("[   NOTE   ] %s has no " #fact "\n", place->name); \
            return;                                                           \
        }                                                                     \
    } while (0)

/* The call succeeds; the call fails with this error. */
#define OK(call) kit_ok((call) ? TRUE : FALSE, #call, __FILE__, __LINE__)
#define FAILS(error, call) \
    (SetLastError(0xDEAD), kit_fails((error), (call) ? TRUE : FALSE, #call, __FILE__, __LINE__))
#define OPENS(call) kit_opens((call), #call, __FILE__, __LINE__)
#define FAILS_TO_OPEN(error, call) \
    (SetLastError(0xDEAD), kit_fails((error), (call) != INVALID_HANDLE_VALUE, #call, __FILE__, __LINE__))

void kit_ok(BOOL result, const char *call, const char *file, int line);
void kit_fails(DWORD error, BOOL result, const char *call, const char *file, int line);
HANDLE kit_opens(HANDLE handle, const char *call, const char *file, int line);

HANDLE open_file(LPCWSTR name, DWORD access, DWORD disposition, DWORD flags);
void make_file(LPCWSTR name, const char *text);
void make_directory(LPCWSTR name);
/* Its contents; a static buffer. */
const char *contents(LPCWSTR name);
bool exists(LPCWSTR name);
DWORD attributes(LPCWSTR name);

#endif
