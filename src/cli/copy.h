// SPDX-License-Identifier: MIT
/*
 * Copying and removing trees, for cp, mv and rm.
 */
#ifndef XDOKAN_CLI_COPY_H
#define XDOKAN_CLI_COPY_H

#include "cli/source.h"

struct copy {
    bool recursive, no_clobber;
    uint64_t done, total; /* bytes; total 0: unknown */
    char *buffer;
    int code; /* first thing that went wrong and was told */
    bool skipped;
};

/* 0 or an exit code, explained. copy_end() in any case. */
int copy_start(struct copy *copy, const struct call *call);
void copy_end(struct copy *copy);

/* Copies what `from` names to the path `to` of `target`. What fails is told, the rest is copied. Returns 0 or
 * the first exit code. */
int copy_source(struct copy *copy, const struct source *from, const struct source *target, const char *to);

/* Copies (or, with a function, treats otherwise) every argument but the last into or onto the last one. */
typedef int (*copy_each)(struct copy *copy, const struct source *from, const struct source *target,
                         const char *to);
int copy_arguments(struct copy *copy, struct opening *opening, const struct call *call, unsigned flags,
                   copy_each each);

/* Removes a file, or a directory and what is in it. What fails is told. 0 or the first exit code. */
int remove_source(const struct source *source, const char *path, const struct fs_info *info);

#endif
