// SPDX-License-Identifier: MIT
/* Self-relative security descriptors, see security.c. */
#ifndef XDOKAN_NT_SECURITY_H
#define XDOKAN_NT_SECURITY_H

#include "nt/nt_internal.h"

enum { DESCRIPTOR_DEFAULT_MAX = 128 };

/* True when every part lies inside `length` bytes and the parts named by `needed` are there. A system ACL is
 * never insisted on: few file systems have one. */
bool descriptor_valid(const void *data, size_t length, SECURITY_INFORMATION needed);
/* Writes the parts of the default that `what` names (at most DESCRIPTOR_DEFAULT_MAX bytes); the length. */
uint32_t descriptor_default(unsigned char *out, bool directory, SECURITY_INFORMATION what);

#endif
