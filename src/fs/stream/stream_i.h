// SPDX-License-Identifier: MIT
/*
 * What the files of this room share: a stream, its points, its decoders, and the table that a codec fills.
 *
 * A point is a place from which decoding can start; points[0] is the beginning. The bytes from one point to
 * the next are an interval. An interval is kept in a spill region as far as it was decoded, or, if that is
 * quick, decoded again when it is needed (with the last chunks in memory); see enum keep.
 *
 * Locks: stream.lock guards everything in struct stream but the immutable rows. A decoder belongs to the
 * thread that marked its slot busy, and runs without the lock. stream.lock comes before the spill's.
 */
#ifndef XDOKAN_FS_STREAM_I_H
#define XDOKAN_FS_STREAM_I_H

#include "base/cleanup.h"
#include "fs/stream.h"
#include "fs/stream/fetch.h"
#include "fs/stream/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 256 << 10, /* unit of decoding and of the cache in memory */
    CHUNKS_MAX = 128,  /* 32 MiB */
    SLAB = 8 * CHUNK,
    SLAB_FULL = 0xff,
    SLABS_MAX = CHUNKS_MAX / 8 + 8, /* also for those that readers hold */
    CHUNKS_QUICK = 16,              /* where decoding again is quick: fresh memory costs as much */
    AHEAD = 4,                      /* chunks decoded before the scan needs them */
    BEHIND = 2,                     /* and kept behind it, where it looks back */
    CHUNKS_PASSING = 8,             /* while passing */
    NEAR = 4,                       /* chunks before a place that are kept where decoding again is quick */
    LONG_WAY = 16,                  /* chunks to decode on the way, before a fetch.c is worth its thread */
    SLOTS = 4,                      /* decoders kept */
    WINDOW = 32 << 10,              /* of deflate */
    WINDOW_PACKED = 40960,          /* most bytes of a packed one */
    WINDOWS_MAX = 8192,             /* points with windows, before every second one goes */
    SHORT = 8 << 20,                /* an interval up to here needs no spill */
};
#define STREAM_MAX ((uint64_t)INT64_MAX)

struct point {
    uint64_t out; /* offset in the decoded bytes */
    uint64_t in;  /* the codec's: offset in the packed bytes, or in their bits */
    uint32_t aux; /* the codec's */
    uint32_t window_size;
    uint8_t *window; /* packed; owned */
    struct spill_region *region;
    bool spill_full; /* the region could not take more */
    bool visited;    /* decoded from here for a reader */
    bool again;      /* and once more: a reader went back */
};

struct decoder {
    struct stream *stream;
    uint64_t out; /* position in the decoded bytes; kept by decoder_next() */
    uint64_t in;  /* packed bytes used, for progress; kept by the codec */
    int rc;       /* what went wrong behind the bytes given last */
};

/* Which intervals go to the spill. Where decoding is quick, only what a reader went back to. */
enum keep {
    KEEP_LONG,  /* those longer than SHORT, or of unknown length: the others are quick to decode again */
    KEEP_NEVER, /* none: points lie close, and there may be more of them than are kept */
    KEEP_ALWAYS /* all: decoding is slow */
};

struct codec {
    const char *name;
    bool (*match)(const uint8_t *head, size_t length);
    /* Finds points and size without decoding, as far as that is cheap. NULL: nothing. */
    int (*index)(struct stream *stream);
    bool found_in_passing; /* who decodes all in order finds the same, so that a scan needs no index() */
    /* A decoder that stands at a point (a copy, whose window is valid for the call). */
    int (*start)(struct stream *stream, const struct point *point, struct decoder **out);
    /* Decodes up to `size` bytes: count, 0 at the end, -errno. */
    ssize_t (*next)(struct decoder *decoder, void *buf, size_t size);
    void (*stop)(struct decoder *decoder);
    enum keep keep;
    bool quick;         /* decoding again costs no more than keeping */
    bool slow;          /* even what is packed best */
    unsigned ratio;     /* for STREAM_RATIO; 0: the usual */
    const char *advice; /* how to pack for quick random reads */
};

struct chunk {
    uint64_t index;
    uint64_t used; /* stamp; 0: not in the cache */
    unsigned refs;
    int rc; /* what comes behind `length`: 0, or what went wrong */
    size_t length;
    uint8_t *data; /* CHUNK bytes of the slab */
    struct slab *slab;
};

/* Memory of several chunks. */
struct slab {
    uint8_t *memory; /* NULL: none */
    uint8_t used;    /* a bit for each chunk */
};

struct chunks {
    struct chunk *list[CHUNKS_MAX];
    struct chunk *spare;
    struct slab slabs[SLABS_MAX];
    unsigned count, most;
    bool in_order; /* the first goes, not the one used least recently */
    uint64_t clock;
    uint64_t passed; /* those before this index are not needed any more */
};

/* The thread of ahead.c. `running` belongs to whoever called stream_passing(). */
struct ahead {
    pthread_t thread;
    pthread_cond_t woken; /* passed grew, or stop */
    pthread_cond_t ready; /* not hungry any more */
    uint64_t passed;      /* where the scan is */
    uint64_t sleeping_at; /* the thread waits there until the scan comes nearer; 0: it does not */
    uint64_t wanted;      /* what a reader waits for, while hungry */
    pthread_t reader;     /* which scans */
    struct fetch fetch;   /* runs no longer than the thread */
    bool running, active, stop, hungry;
};

struct slot {
    struct decoder *decoder; /* NULL: none */
    uint64_t from, goal;     /* while busy: what it decodes; idle: both its position */
    uint64_t used;
    bool busy;
};

struct stream {
    struct bytes bytes; /* first */
    const struct codec *codec;
    struct bytes *packed;
    struct spill *spill;

    pthread_mutex_t prepare_lock; /* over codec->index; before lock */
    atomic_bool prepared;

    pthread_mutex_t lock;
    pthread_cond_t moved; /* a decoder went on, or became idle */
    struct slot slots[SLOTS];
    uint64_t clock;
    struct chunks chunks;
    struct point *points;
    size_t count, room;
    uint64_t spacing; /* least distance of points */
    bool complete;    /* no more points will come */
    bool small;       /* all intervals are short, though their ends are not known yet */
    uint64_t total;   /* UINT64_MAX: not known */
    uint64_t ratio;   /* see stream_limit() */
    bool passing;     /* see stream_passing() */
    struct ahead ahead;
    bool excess;       /* it is more */
    uint64_t reached;  /* most decoded bytes that any decoder came to */
    uint64_t consumed; /* and the packed bytes there */
    char *warning;
    _Atomic uint64_t work;
};

extern const struct codec codec_gzip, codec_bzip2, codec_xz, codec_zstd;
extern const struct codec codec_lz4, codec_lzma, codec_lzip, codec_lzop, codec_compress, codec_rpm;

/* What next() returns when it has `done` bytes and then met rc. */
static inline ssize_t decoder_result(struct decoder *decoder, size_t done, int rc)
{
    if (done == 0 && rc < 0)
        return rc;
    decoder->rc = rc < 0 ? rc : 0;
    return (ssize_t)done;
}

/* ---- points.c ----------------------------------------------------------------------------------------- */

/* Told by a decoder that it stands where decoding can start. Kept when it lies behind all known points. */
uint64_t point_due(struct stream *stream,
                   uint64_t out); /* bytes from `out` on until one is; SIZE_MAX: none */
int point_add(struct stream *stream, const struct point *point, const uint8_t *window, size_t window_size);
/* For a codec's index(): where the beginning really is. */
void point_first(struct stream *stream, uint64_t in, uint32_t aux);
/* Everything is known now: no more points, and this size. -EBADMSG when it cannot be. */
int points_complete(struct stream *stream, uint64_t total);
/* stream.c: whether a stream of this size may be, and whether one may go on that came from `in` to `out`;
 * remembers that it may not. Locked. */
bool size_allowed(struct stream *stream, uint64_t total);
bool place_allowed(struct stream *stream, uint64_t out, uint64_t in);
/* Index of the last point at or before `out`. Locked. */
size_t point_before(const struct stream *stream, uint64_t out);
/* A copy with its own window, region left out. Locked. */
int point_copy(const struct point *from, struct point *to);
void points_free(struct stream *stream);
/* The window of a point, WINDOW bytes at most: its size, or -EBADMSG. */
ssize_t point_window(const struct point *point, uint8_t *buf);
/* End of the interval; UINT64_MAX when it is not known. Locked. */
uint64_t interval_end(const struct stream *stream, size_t index);

/* ---- chunks.c: all locked ----------------------------------------------------------------------------- */

struct chunk *chunks_find(struct chunks *chunks, uint64_t index); /* a reference */
struct chunk *chunk_new(struct chunks *chunks, uint64_t index);
void chunks_keep(struct chunks *chunks, struct chunk *chunk);
void chunk_put(struct chunks *chunks, struct chunk *chunk);
void chunks_free(struct chunks *chunks);

/* ---- ahead.c ------------------------------------------------------------------------------------------- */

void ahead_start(struct stream *stream);
void ahead_stop(struct stream *stream);
/* The reader came to `offset`. */
void ahead_passed(struct stream *stream, uint64_t offset);
/* Waits for the thread where that will decode what lies there; false: it will not. Locked. */
bool ahead_wait(struct stream *stream, uint64_t offset);
/* The same for a reader that does not want the bytes: true also when they were decoded already. */
bool ahead_pass(struct stream *stream, uint64_t offset);

/* ---- decode.c: the way from an offset to its bytes ----------------------------------------------------- */

/* Lets the codec find its points first; once, and not for a scan that finds them anyway. */
int decode_prepare(struct stream *stream);
/* Bytes at `offset`, at most to the end of its chunk: count, 0 at the end, -errno. */
ssize_t decode_read(struct stream *stream, void *buf, size_t size, uint64_t offset);
/* Ends all decoders; nobody uses the stream any more. */
void decode_stop(struct stream *stream);
/* Whether an interval's bytes go to the spill. Locked. */
bool interval_spilled(const struct stream *stream, size_t index);

#endif
