// SPDX-License-Identifier: MIT
//
// errno <-> NTSTATUS. Every errno with an NTSTATUS of its own comes back unchanged.

#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <dokan/ntstatus.h>

// 0 for success and information, else a positive errno; EIO for a status that has none.
int status_to_errno(NTSTATUS status);

// The sign of the errno does not matter. STATUS_UNSUCCESSFUL for an errno that has none.
NTSTATUS status_from_errno(int error);

#endif
