// SPDX-License-Identifier: MIT
/*
 * File systems that are wrong in one way each: samples/memfs.c with one callback replaced.
 */
#ifndef BROKEN_H
#define BROKEN_H

#include <dokan/dokan_ex.h>
#include <stdbool.h>

enum { BROKEN_EXTENDED = 0x1, BROKEN_HANGS = 0x2, BROKEN_LOCKS = 0x4 };

struct fault {
    const char *name;
    const char *feature;       /* the one that is wrong then */
    const char *posix_feature; /* on a mount; NULL: not to be seen there */
    unsigned flags;
    void (*breaks)(DOKAN_OPERATIONS *operations, DOKAN_OPERATIONS_EX *more);
};

extern const struct fault faults[];
extern const size_t fault_count;

struct broken {
    DOKAN_OPTIONS options;
    DOKAN_OPERATIONS operations;
    DOKAN_OPERATIONS_EX more;
    DOKAN_MOUNT_OPTIONS_EX mount;
    void *memfs;
};

/* memfs with the fault, or as it is for NULL. `flags` of memfs.h. Ready for DokanCreateFileSystemEx(). */
void broken_make(struct broken *broken, const struct fault *fault, unsigned flags);
/* Lets callbacks that hang go on. */
void broken_release(void);

#endif
