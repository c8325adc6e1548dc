// SPDX-License-Identifier: MIT
/* The frame that every callback of the fake runs in, see fakefs.c. */
#ifndef TESTS_NT_FAKEFS_I_H
#define TESTS_NT_FAKEFS_I_H

#include "fakefs.h"
#include <dokan/ntstatus.h>

struct fake *fake_of(PDOKAN_FILE_INFO info);
void fake_copy_text(WCHAR *out, size_t cap, const WCHAR *text);
struct fake_call fake_call_of(DOKAN_OPERATION op, LPCWSTR path, PDOKAN_FILE_INFO info);
/* Records the call and waits while its kind is blocked. */
void fake_begin(struct fake *fs, const struct fake_call *call);
/* The planned status, decided by the hook if there is one. */
NTSTATUS fake_end(struct fake *fs, struct fake_call *call);
/* Callbacks without arguments of interest, and those with a size or a range. */
NTSTATUS fake_plain(DOKAN_OPERATION op, LPCWSTR path, PDOKAN_FILE_INFO info);
NTSTATUS fake_sized(DOKAN_OPERATION op, LPCWSTR path, LONGLONG offset, LONGLONG length,
                    PDOKAN_FILE_INFO info);

#endif
