// SPDX-License-Identifier: MIT
/* The form of reparse points: REPARSE_DATA_BUFFER as it comes from file systems and callers. */
#ifndef XDOKAN_NT_REPARSE_H
#define XDOKAN_NT_REPARSE_H

#include <dokan/dokan.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of at least four bytes. */
uint32_t reparse_tag(const void *buffer);

#endif
