// SPDX-License-Identifier: MIT
/*
 * How an archive becomes an object: parameters, the index loaded or made, readiness. One thread; nothing is
 * shared until archive_open() returns.
 */
#include "fs/archive/archive_i.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "fs/archive/index.h"
#include "fs/stream.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_EVERY_NS = 100000000, NODE_ROOM = 160 };

#define DEFAULT_ENTRIES (16ull << 20)
#define DEFAULT_IMAGE   (2ull << 30)
#define DEFAULT_RATIO   (1ull << 20)
#define DEFAULT_DEPTH   256ull
#define DEFAULT_CACHE   (4ull << 30)
#define MOST_ENTRIES    (256ull << 20)
#define MOST_DEPTH      4096ull

int archive_progress(struct archive *archive, uint64_t done, uint64_t total)
{
    const struct fs_open_options *options = archive->request ? archive->request->options : NULL;
    fs_progress();
    if (!options || !options->report)
        return 0;
    uint64_t now = clock_ns();
    if (now - archive->reported < REPORT_EVERY_NS && done != total)
        return 0;
    archive->reported = now;
    CLEANUP_FREE char *what = NULL;
    if (asprintf(&what, "indexing %s", archive->name) < 0) {
        what = NULL;
        return -ENOMEM;
    }
    return options->report(options->report_ctx, what, done, total) ? -ECANCELED : 0;
}

void archive_warn(struct archive *archive, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const struct fs_open_options *options = archive->request ? archive->request->options : NULL;
    if (options && options->warn)
        options->warn(options->warn_ctx, text);
    else
        log_warn("%s", text);
}

/* ---- parameters --------------------------------------------------------------------------------------- */

static int read_limits(struct archive *archive, const struct fs_params *params, uint64_t *cache,
                       struct fs_error *error)
{
    uint64_t entries = DEFAULT_ENTRIES, depth = DEFAULT_DEPTH, ratio = DEFAULT_RATIO;
    *cache = DEFAULT_CACHE;
    archive->expansion = STREAM_RATIO;
    int rc = fs_param_number(params, "max-entries", 1, MOST_ENTRIES, &entries, error);
    if (rc == 0)
        rc = fs_param_number(params, "max-depth", 1, MOST_DEPTH, &depth, error);
    if (rc == 0)
        rc = fs_param_number(params, "max-ratio", 0, INT64_MAX, &ratio, error);
    if (rc == 0)
        rc = fs_param_number(params, "max-expansion", 0, INT64_MAX, &archive->expansion, error);
    if (rc == 0)
        rc = fs_param_number(params, "cache", 0, INT64_MAX, cache, error);
    archive->limits = (struct tree_limits){
        .entries = entries,
        .image_bytes = entries > DEFAULT_ENTRIES ? entries * NODE_ROOM : DEFAULT_IMAGE,
        .depth = (uint32_t)depth,
        .ratio = ratio,
    };
    return rc;
}

/* ---- the index ---------------------------------------------------------------------------------------- */

static int load_index(struct archive *archive, const char *file, const struct bytes_identity *identity)
{
    struct tree_extra extra = {0};
    int rc = tree_load(file, identity, archive->kind->name, &archive->tree, &extra);
    if (rc == 0 && archive->kind->load)
        rc = archive->kind->load(archive, extra.data, extra.size);
    if (rc) {
        tree_free(archive->tree);
        archive->tree = NULL;
        return rc;
    }
    index_touch(file);
    return 0;
}

static void save_index(struct archive *archive, const char *file, const struct bytes_identity *identity)
{
    CLEANUP_FREE void *data = NULL;
    struct tree_extra extra = {0};
    int rc = archive->kind->save ? archive->kind->save(archive, &data, &extra.size) : 0;
    extra.data = data;
    if (rc == 0)
        rc = tree_save(archive->tree, identity, archive->kind->name, &extra, file);
    if (rc)
        archive_warn(archive,
                     "%s: the index could not be kept (%s); the next opening will take as long as this",
                     archive->name, strerror(-rc));
    else
        index_trim(file, INDEX_KEEP_BYTES);
}

static void builder_free(struct tree_builder **builder)
{
    tree_builder_free(*builder);
}

static int scan(struct archive *archive, struct fs_error *error)
{
    __attribute__((cleanup(builder_free))) struct tree_builder *builder = NULL;
    int rc = tree_builder_new(&archive->limits, &builder);
    if (rc)
        return fs_fail(error, rc, "cannot index %s: %s", archive->name, strerror(-rc));
    rc = archive->kind->scan(archive, builder, error);
    return rc ? rc : tree_builder_finish(builder, archive->source->size, &archive->tree, error);
}

/* The limits must hold for an index that another opening made under other ones. */
static bool within_limits(const struct archive *archive)
{
    return tree_count(archive->tree) - 1 <= archive->limits.entries;
}

static bool default_limits(const struct archive *archive)
{
    const struct tree_limits *limits = &archive->limits;
    return limits->depth == DEFAULT_DEPTH && limits->ratio == DEFAULT_RATIO;
}

static int find_or_make_index(struct archive *archive, const char *where,
                              const struct bytes_identity *identity, struct fs_error *error)
{
    CLEANUP_FREE char *file = NULL;
    if (strcmp(where, "off") != 0 && default_limits(archive)) {
        int rc = index_name(where, identity, archive->kind->name, &file);
        if (rc)
            archive_warn(
                archive, "no place for the index of %s in %s: %s", archive->name,
                strcmp(where, "auto") == 0
                    ? "the cache folder ($DOKAN_FS_CACHE, else $XDG_CACHE_HOME/dokan, else ~/.cache/dokan)"
                    : where,
                rc == -EPERM ? "it must belong to this user alone (chmod 700)" : strerror(-rc));
    }
    if (file && load_index(archive, file, identity) == 0) {
        if (within_limits(archive))
            return 0;
        return fs_fail(error, -E2BIG, "%s has more than %llu entries; raise max-entries=N if you trust it",
                       archive->name, (unsigned long long)archive->limits.entries);
    }
    int rc = scan(archive, error);
    if (rc == 0 && file)
        save_index(archive, file, identity);
    return rc;
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static int open_source(struct archive_object *object, const struct fs_request *request,
                       struct bytes_identity *identity, struct fs_error *error)
{
    struct archive *archive = &object->archive;
    if (!request->container || !request->container_path)
        return fs_fail(error, -EINVAL, "%s needs a file: %s://FILE", request->scheme, request->scheme);
    archive->name = strdup(fs_path_name(request->container_path));
    object->source = strdup(request->url ? request->url : "");
    object->scheme = strdup(request->scheme);
    if (!archive->name || !object->source || !object->scheme)
        return fs_fail(error, -ENOMEM, "no memory");
    int rc = bytes_of_file(request->container, request->container_path, &archive->source, error);
    if (rc)
        return rc;
    rc = bytes_identify(archive->source, request->container, request->container_path, identity);
    if (rc)
        return fs_fail(error, rc, "cannot read %s: %s", archive->name, strerror(-rc));
    archive->mtime = identity->mtime;
    return 0;
}

static int prepare(struct archive_object *object, const struct fs_request *request, struct fs_error *error)
{
    struct archive *archive = &object->archive;
    struct bytes_identity identity;
    uint64_t cache;
    int rc = read_limits(archive, &request->params, &cache, error);
    if (rc == 0)
        rc = open_source(object, request, &identity, error);
    if (rc)
        return rc;
    rc = spill_new(cache, &archive->spill);
    if (rc)
        return fs_fail(error, rc, "cannot make the cache for %s: %s", archive->name, strerror(-rc));
    const char *where = fs_param(&request->params, "index");
    rc = find_or_make_index(archive, where && *where ? where : "auto", &identity, error);
    if (rc == 0 && archive->kind->ready)
        rc = archive->kind->ready(archive, error);
    return rc;
}

static void tell_left_out(struct archive_object *object)
{
    archive_count(object);
    if (object->left_out[0])
        archive_warn(&object->archive, "%s: left out: %s", object->archive.name, object->left_out);
}

int archive_open(const struct fs_request *request, const struct archive_kind *kind, void *data,
                 struct fs **out, struct fs_error *error)
{
    struct archive_object *object = calloc(1, sizeof *object);
    if (!object) {
        struct archive bare = {.kind = kind, .data = data};
        if (kind->close)
            kind->close(&bare);
        return fs_fail(error, -ENOMEM, "no memory");
    }
    pthread_mutex_init(&object->lock, NULL);
    object->archive.kind = kind;
    object->archive.data = data;
    object->archive.request = request;
    int rc = prepare(object, request, error);
    if (rc == 0) {
        tell_left_out(object);
        object->archive.request = NULL;
        struct fs_table table = archive_table;
        table.name = object->scheme;
        rc = fs_new(&table, object, NULL, out);
    }
    if (rc)
        archive_object_free(object);
    return rc;
}
