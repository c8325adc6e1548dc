// SPDX-License-Identifier: MIT
/*
 * What all archives share: an FS object over a tree of names and the bytes behind it. A kind (zip,
 * libarchive's formats) only scans, and gives the bytes of one entry.
 */
#ifndef XDOKAN_FS_ARCHIVE_H
#define XDOKAN_FS_ARCHIVE_H

#include "fs/archive/tree.h"
#include "fs/spill.h"

struct archive {
    const struct archive_kind *kind;
    void *data; /* the kind's */
    struct bytes *source;
    struct tree *tree;
    struct spill *spill;
    struct tree_limits limits;
    uint64_t expansion;               /* of a stream: for stream_limit() */
    const struct fs_request *request; /* while opening only: passwords, warnings, progress */
    char *name;                       /* of the file, for messages */
    int64_t mtime;                    /* of the file; 0: not known */
    uint64_t reported;                /* when progress was last told, ns */
};

struct archive_kind {
    const char *name; /* in the index file: also the version of the kind's own state, "zip1" */
    /* Adds every entry. Not called when the index could be loaded. */
    int (*scan)(struct archive *archive, struct tree_builder *builder, struct fs_error *error);
    /* The kind's own state for the index file: malloc'ed; NULL method: none. */
    int (*save)(struct archive *archive, void **data, size_t *size);
    /* And back. -EBADMSG: scan again. */
    int (*load)(struct archive *archive, const void *data, size_t size);
    /* Called once after scan or load, before the object is shared. May ask for a password. NULL: nothing. */
    int (*ready)(struct archive *archive, struct fs_error *error);
    /* Bytes of a file; any thread. -EBADMSG, -ENOKEY (needs another password), -EOPNOTSUPP (how it is
     * packed). */
    int (*entry)(struct archive *archive, const struct tree_node *node, struct bytes **out);
    void (*close)(struct archive *archive);
};

/*
 * Reads the parameters that all archives share (archive_params below), finds or makes the index, and makes
 * the object. `data` is taken over in any case (kind->close gives it up).
 */
int archive_open(const struct fs_request *request, const struct archive_kind *kind, void *data,
                 struct fs **out, struct fs_error *error);

/* index=auto|off|DIR, cache=SIZE, max-entries=N, max-depth=N, max-ratio=N, max-expansion=N: first rows
 * of every archive's table. */
#define ARCHIVE_PARAMS                                                                                       \
    {"index", "auto|off|DIR", "where the index is kept; default auto: the cache folder"},                    \
        {"cache", "SIZE", "most bytes kept of what was decompressed, default 4G"},                           \
        {"max-entries", "N", "refuse an archive of more entries, default 16M"},                              \
        {"max-depth", "N", "leave out what lies deeper, 1 to 4096, default 256"},                            \
        {"max-ratio", "N",                                                                                   \
         "leave out a file that promises more than N times the archive's size, default 1M, 0: none"},        \
    {                                                                                                        \
        "max-expansion", "N", "refuse what decompresses to more than N times its size, default 250, 0: none" \
    }

/* Progress of a scan: calls the user's report at most ten times a second; -ECANCELED when told to stop. */
int archive_progress(struct archive *archive, uint64_t done, uint64_t total);
__attribute__((format(printf, 2, 3))) void archive_warn(struct archive *archive, const char *fmt, ...);

extern const struct fs_format format_zip, format_libarchive;

#endif
