// SPDX-License-Identifier: MIT
/*
 * Calls fail on purpose. Calls that match are numbered; whether number N is chosen depends on the seed and N
 * alone, so that a run of one thread repeats exactly, and one of many fails as often.
 */
#include "fs/filter/tap.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <string.h>

enum { ERRNO_END = 134 };

struct error {
    struct tap tap;
    double rate; /* 0 to 1 */
    int code;    /* positive */
    uint32_t methods;
    uint64_t after, count, seed;
    char *path; /* pattern; NULL: every path */
    char *file; /* trigger; NULL: always */
    atomic_uint_fast64_t matched, failed;
};

static bool chosen(const struct error *error, uint64_t number)
{
    return (double)(hash_u64(number, error->seed) >> 11) * 0x1p-53 < error->rate;
}

static bool matches(const struct error *error, const struct tap_call *call)
{
    if (!(error->methods & 1U << call->method))
        return false;
    if (error->path && fnmatch(error->path, call->path, 0) != 0)
        return false;
    return !error->file || access(error->file, F_OK) == 0;
}

static int error_before(struct fs *fs, struct tap_call *call)
{
    struct error *error = fs_data(fs);
    if (!matches(error, call))
        return 0;
    uint64_t number = atomic_fetch_add(&error->matched, 1);
    if (number < error->after || !chosen(error, number))
        return 0;
    return atomic_fetch_add(&error->failed, 1) < error->count ? -error->code : 0;
}

static const struct tap_hooks hooks = {.before = error_before};

static void error_free(struct error **error)
{
    if (*error) {
        free((*error)->path);
        free((*error)->file);
    }
    free(*error);
}

static int error_close(struct fs *fs)
{
    struct error *error = fs_data(fs);
    error_free(&error);
    return 0;
}

static int parse_rate(const char *text, double *rate, struct fs_error *error)
{
    if (!text)
        return 0;
    char *end = (char *)text;
    bool plain = isdigit((unsigned char)*text) && !text[strspn(text, "0123456789.%")];
    *rate = plain ? strtod(text, &end) : NAN;
    bool percent = *end == '%';
    if (percent)
        *rate /= 100;
    if (!(*rate >= 0 && *rate <= 1) || end[percent])
        return fs_fail(error, -EINVAL, "filter error: rate=%.40s: write 10%% or 0.1, at most 100%%", text);
    return 0;
}

static int parse_errno(const char *text, int *code, struct fs_error *error)
{
    for (int i = 1; text && i < ERRNO_END; i++) {
        const char *name = strerrorname_np(i);
        if (name && strcasecmp(name, text) == 0) {
            *code = i;
            return 0;
        }
    }
    return text ? fs_fail(error, -EINVAL, "filter error: errno=%.40s: write a name such as EIO or ENOSPC",
                          text)
                : 0;
}

static int copy_texts(struct error *error, const struct fs_params *params)
{
    const char *path = fs_param(params, "path"), *file = fs_param(params, "file");
    error->path = path ? strdup(path) : NULL;
    error->file = file ? tap_absolute(file) : NULL;
    return (path && !error->path) || (file && !error->file) ? -ENOMEM : 0;
}

static int parse(struct error *e, const struct fs_params *params, struct fs_error *error)
{
    int rc = parse_rate(fs_param(params, "rate"), &e->rate, error);
    rc = rc ? rc : parse_errno(fs_param(params, "errno"), &e->code, error);
    rc = rc ? rc : tap_parse_methods(fs_param(params, "methods"), &e->methods, error);
    rc = rc ? rc : fs_param_number(params, "after", 0, INT64_MAX, &e->after, error);
    rc = rc ? rc : fs_param_number(params, "count", 0, INT64_MAX, &e->count, error);
    rc = rc ? rc : fs_param_number(params, "seed", 0, INT64_MAX, &e->seed, error);
    return rc ? rc : copy_texts(e, params);
}

static int error_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    __attribute__((cleanup(error_free))) struct error *e = calloc(1, sizeof *e);
    if (!e)
        return fs_fail(error, -ENOMEM, "filter error: no memory");
    e->tap.hooks = &hooks;
    e->rate = 1;
    e->code = EIO;
    e->count = UINT64_MAX;
    int rc = parse(e, params, error);
    rc = rc ? rc : tap_new("error", error_close, e, next, fs, error);
    if (rc == 0)
        (void)steal_ptr(&e);
    return rc;
}

static const struct fs_param_doc error_params[] = {
    {"rate", "PERCENT", "how many of the calls fail: 10% or 0.1; default 100%"},
    {"errno", "NAME", "with what: EIO, ENOSPC, EACCES...; default EIO"},
    {"methods", "NAME+NAME", "which calls; default: all"},
    {"path", "PATTERN", "only for paths like that (* and ? match slashes too); default: every path"},
    {"after", "N", "so many matching calls succeed first; default 0"},
    {"count", "N", "so many fail, the rest succeeds; default: no limit"},
    {"seed", "N", "another choice of the failing calls; default 0"},
    {"file", "PATH", "only while this file exists; default: always"},
    {NULL, NULL, NULL},
};

const struct fs_filter filter_error = {
    .size = sizeof(struct fs_filter),
    .version = FS_API_VERSION,
    .name = "error",
    .summary = "Makes calls fail (for tests)",
    .params = error_params,
    .open = error_open,
};
