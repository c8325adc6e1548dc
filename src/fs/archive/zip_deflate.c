// SPDX-License-Identifier: MIT
/*
 * Deflated entries that are not encrypted, which are nearly all: decoded here, without libzip, whose handle
 * would cost more than a small file. Length and checksum are told at the end, as the decoder's verdict. One
 * thread at a time.
 */
#include "fs/archive/zip.h"
#include "fs/stream/crc32.h"
#include "fs/stream/inflate.h"

#include <errno.h>
#include <stdlib.h>

struct state {
    struct input input;
    struct inflate inflate;
};

struct deflated {
    struct bytes *packed;
    struct state *state; /* NULL: stopped */
    uint64_t size, given;
    uint32_t told, sum;
};

static void deflated_stop(void *ctx)
{
    struct deflated *deflated = ctx;
    if (deflated->state)
        inflate_stop(&deflated->state->inflate);
    free(deflated->state);
    deflated->state = NULL;
}

static int deflated_start(void *ctx)
{
    struct deflated *deflated = ctx;
    if (!deflated->state)
        deflated->state = calloc(1, sizeof *deflated->state);
    struct state *state = deflated->state;
    if (!state)
        return -ENOMEM;
    input_at(&state->input, deflated->packed, 0);
    deflated->given = 0;
    deflated->sum = 0;
    return inflate_begin(&state->inflate, &state->input);
}

static ssize_t deflated_read(void *ctx, void *buf, size_t size)
{
    struct deflated *deflated = ctx;
    struct inflate *inflate = &deflated->state->inflate;
    size_t done;
    int rc = inflate_run(inflate, buf, size, SIZE_MAX, &done);
    if (rc)
        return rc;
    deflated->given += done;
    deflated->sum = checksum32(deflated->sum, buf, done);
    if (done)
        return (ssize_t)done;
    bool right =
        inflate_ended(inflate) && deflated->given == deflated->size && deflated->sum == deflated->told;
    return right ? 0 : -EBADMSG;
}

static void deflated_free(void *ctx)
{
    struct deflated *deflated = ctx;
    deflated_stop(deflated);
    bytes_put(deflated->packed);
    free(deflated);
}

static const struct decoder_ops deflated_ops = {deflated_start, deflated_read, deflated_stop, deflated_free,
                                                true};

int zip_deflated(struct archive *archive, const struct zip_record *record, struct bytes **out)
{
    uint64_t start;
    int rc = zip_data_start(archive->source, record, &start);
    if (rc)
        return rc;
    struct deflated *deflated = calloc(1, sizeof *deflated);
    if (!deflated)
        return -ENOMEM;
    rc = bytes_slice(bytes_ref(archive->source), start, record->packed, &deflated->packed);
    if (rc) {
        free(deflated);
        return rc;
    }
    deflated->size = record->size;
    deflated->told = record->crc;
    return unpack_new(&deflated_ops, deflated, record->size, archive->spill, out);
}
