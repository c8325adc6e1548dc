// SPDX-License-Identifier: MIT
/*
 * "Did you mean ...?": the nearest of the names that were offered.
 */
#ifndef XDOKAN_FS_NEAR_H
#define XDOKAN_FS_NEAR_H

#include <dokan/fs.h>

enum { NEAR_MAX = 96 };

struct near {
    const char *wanted;
    unsigned best;
    char name[NEAR_MAX]; /* "" as long as none is near */
};

void near_start(struct near *near, const char *wanted);
void near_offer(struct near *near, const char *name);
/* "; did you mean 'x'?" or what stands in `otherwise`. Lives in buf, which is returned. */
const char *near_text(const struct near *near, const char *otherwise, char *buf, size_t size);

#endif
