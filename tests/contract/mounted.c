// SPDX-License-Identifier: MIT
/*
 * What a mount cannot carry yet, with the reason. A test that is listed and passes fails the run.
 */
#include "contract.h"

#include <fnmatch.h>

static const struct {
    const char *pattern, *reason;
    bool at_times; /* it depends on timing: passing is no failure */
} rows[] = {
    {"names-255-units", "the kernel is told of names of 255 bytes", false},
    {"times-set-to-ns", "Dokan's times are in units of 100 ns", false},
    {"attributes-set", "Linux shows no attributes of Windows on a folder", false},
    {"read-only-flag", "a folder does not tell that its mount is read-only before it is written to", false},
    {"threads-rename-is-atomic", "opening a file that is replaced twice in a row can fail (-ESTALE)", true},
    {"threads-writers-of-one", "a block just written can be read back as zeros: see docs/mounting.md", true},
    {NULL, NULL, false},
};

const char *mount_lacks(const char *test, bool *at_times)
{
    size_t i = 0;
    while (rows[i].pattern && fnmatch(rows[i].pattern, test, 0) != 0)
        i++;
    *at_times = rows[i].at_times;
    return rows[i].reason;
}
