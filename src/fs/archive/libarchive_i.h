// SPDX-License-Identifier: MIT
/*
 * What the files of format_libarchive share.
 *
 * The bytes of an archive, decompressed by a stream where they are packed as a whole, are `bytes`. A file
 * that lies in them as it is (tar, cpio, ar, iso) is a slice. Any other is decoded by a reader of libarchive,
 * which goes through the entries in order; what it gives is kept in one spill region per entry.
 *
 * libarchive calls its readers `struct archive` too; here they are `struct la_archive`.
 *
 * Locks: la.lock over readers, regions and the flags behind it; it is held while entries are decoded, and
 * comes before all locks of streams and spill.
 */
#ifndef XDOKAN_FS_LIBARCHIVE_I_H
#define XDOKAN_FS_LIBARCHIVE_I_H

#define archive la_archive
#include <archive.h>
#include <archive_entry.h>
#undef archive

#include "base/cleanup.h"
#include "fs/archive/archive.h"
#include "fs/stream.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum {
    LA_BLOCK = 64 << 10,
    LA_HEAD = 64 << 10,
    LA_READERS = 2,
    LA_PIECE = 128 << 10, /* decoded at once */
};

/* tree_entry.kind, and what `where` holds. */
enum la_kind {
    LA_PLAIN,     /* offset in the bytes */
    LA_SPARSE,    /* first of the extents, how many */
    LA_DECODED,   /* number of the entry in the archive's order */
    LA_ENCRYPTED, /* the same; cannot be read */
    LA_WHOLE      /* all of the bytes: a single compressed file */
};

/* Bytes of a sparse file. */
struct la_extent {
    uint64_t offset, length; /* in the file */
    uint64_t from;           /* in the bytes */
};

/* Hands bytes to a reader of libarchive, from a buffer whose place is known. */
struct la_feed {
    struct bytes *bytes; /* not owned */
    uint64_t at;         /* what comes next */
    uint64_t buf_at;     /* where buf is from */
    size_t buf_size;
    uint64_t taken;  /* bytes handed over in all */
    uint64_t budget; /* that may still be handed over; headers of hostile archives end here */
    int rc;          /* why handing over failed */
    /* Called with the position now and then; not 0 ends the reading. */
    int (*report)(void *ctx, uint64_t at);
    void *ctx;
    uint8_t buf[LA_BLOCK];
};

struct la_reader {
    struct la_archive *archive; /* NULL: none */
    struct la_feed *feed;
    int64_t number; /* of the entry it stands in; -1 before the first */
    uint64_t at;    /* bytes given of that entry */
    bool fresh;     /* nothing was decoded yet */
    uint64_t used;
};

struct la {
    struct bytes *bytes; /* NULL before scan or load */
    bool packed;         /* bytes are a stream */
    struct la_extent *extents;
    size_t extent_count, extent_room;
    uint64_t entries; /* headers in the archive */

    pthread_mutex_t lock;
    struct la_reader readers[LA_READERS];
    struct spill_region **regions; /* by number; NULL before the first is needed */
    bool solid;                    /* an entry cannot be decoded without those before it */
    uint64_t clock;
    _Atomic uint64_t work; /* grows while something is decoded */
};

/* A name of cpio whose data comes with a later name of the same file. */
struct la_held {
    uint64_t device, number;
    char *name;
    struct tree_entry entry;
};

/* One pass over the headers. */
struct la_scan {
    struct archive *archive;
    struct la *la;
    struct tree_builder *builder;
    struct fs_error *error;
    struct la_feed *feed;
    struct la_archive *reader;
    struct la_held *held;
    size_t held_count, held_room;
    uint64_t linked_bytes; /* of names, which libarchive keeps too */
    uint64_t highest;      /* end of the plain data seen */
    uint64_t encrypted;    /* entries */
    unsigned failed;
};

/* libarchive_feed.c */
struct la_archive *la_reader_open(struct la_feed *feed);
/* What an error of libarchive is as an errno. */
int la_error(struct la_archive *reader, const struct la_feed *feed);
/* Until the end of the scope the thread's locale has UTF-8, so that names are converted to that. */
locale_t la_locale(void);
static inline void la_locale_back(locale_t *before)
{
    uselocale(*before);
}
#define MOST_NUMBER     ((uint64_t)1 << 32)
#define LA_LOCALE_SCOPE __attribute__((cleanup(la_locale_back), unused)) locale_t locale_before = la_locale()

/* libarchive_kind.c: 0 to 100 that it is an archive; *streamed: one that is read from front to back. */
int la_recognise(const void *head, size_t length, bool *streamed);
int la_recognise_file(const void *head, size_t length, const char *name, uint64_t size);
void la_describe(FILE *out);

/* libarchive_scan.c */
int la_open_bytes(struct archive *archive, struct fs_error *error);
int la_scan(struct archive *archive, struct tree_builder *builder, struct fs_error *error);

/* libarchive_place.c: size, kind and where of a file in the archive. */
int la_locate(struct la_scan *scan, struct archive_entry *entry, struct tree_entry *added);

/* libarchive_pax.c: the name or link target as it is in a pax archive (key: path, linkpath), in *owner, which
 * the caller frees; `converted` where there is none. */
const char *la_raw_name(struct la_scan *scan, const char *converted, const char *key, char **owner);

/* libarchive_read.c */
int la_entry(struct archive *archive, const struct tree_node *node, struct bytes **out);
void la_readers_close(struct la *la);

#endif
