// SPDX-License-Identifier: MIT
/*
 * The registry of mounts: one file per mount, locked by the process that serves it. The lock ends with the
 * process, so a file whose lock is free is stale, and whoever lists removes it.
 */
#ifndef XDOKAN_API_REGISTRY_H
#define XDOKAN_API_REGISTRY_H

#include <dokan/dokan.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct registry_record {
    uint64_t volume; /* number of the volume in its process */
    uint64_t mount_id, mount_unique;
    uint64_t mounted; /* FILETIME, also the order of listing */
    uint32_t pid;
    uint32_t minor;
    uint32_t type;    /* FILE_DEVICE_* */
    uint32_t options; /* DOKAN_EVENT_* */
    uint32_t session; /* 0xFFFFFFFF = all */
    char letter[4];   /* "M", or empty */
    char socket[64];  /* name in control/ */
    char device[64];
    char unc[256];
    char given[PATH_MAX]; /* mount point as the file system wrote it, UTF-8 */
    char path[PATH_MAX];  /* absolute, resolved */
    /* From the folder in which the file was found. */
    uid_t owner;
    char runtime[PATH_MAX];
};

/* One's own entry. */
struct registry_entry {
    int fd; /* holds the lock; -1 = none */
    char *file;
};

/* 0 or -errno. */
int registry_add(const struct registry_record *record, struct registry_entry *entry);
void registry_remove(struct registry_entry *entry);
/* In a forked child: lets go of the child's copy only. */
void registry_forget(struct registry_entry *entry);

/* All live mounts that this user may control, oldest first. 0 or -errno; free() the list. */
int registry_list(struct registry_record **list, size_t *count);

#endif
