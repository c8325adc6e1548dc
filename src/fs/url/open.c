// SPDX-License-Identifier: MIT
/*
 * From a URL to an object: the source that the innermost scheme or a plain path names, then one container
 * after the other.
 *
 * The place is always an object and a path in it. While the place is a file and something more is to come (a
 * scheme, a path behind `!`), or when everything is used up and the file is an archive, a container is opened
 * on it and the place becomes its root. A directory takes the next path. So `zip:ftp://host/x.zip!/a`,
 * `zip://x.zip!/a` and `x.zip!/a` all run through the same loop.
 */
#include "fs/url/open_i.h"

#include "base/cleanup.h"
#include "fs/url/credentials.h"
#include "fs/url/registry.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

static void opening_free(struct opening *o)
{
    url_free(&o->url);
    url_shown_free(&o->shown);
    fs_path_free(&o->path);
    (void)fs_close(o->fs);
    free(o->params);
}

/* The object and the place in it change together; the new object's reference is taken over. */
int opening_at(struct opening *o, struct fs *fs, const char *path)
{
    struct fs_path next;
    fs_path_init(&next);
    int rc = fs_path_add(&next, path, strlen(path));
    if (rc == 0)
        rc = fs_getinfo(fs, path, FS_INFO_SIZE, &o->info);
    (void)fs_close(o->fs);
    o->fs = fs;
    fs_path_free(&o->path);
    fs_path_init(&o->path);
    if (rc == 0)
        rc = fs_path_add(&o->path, next.text, next.length);
    fs_path_free(&next);
    return rc ? walk_failed(fs, path, rc, o->shown, o->error) : 0;
}

/* Formats of other builds and plugins: whatever they return becomes a rule-abiding answer. */
int opening_ask(struct opening *o, const struct fs_format *format, const struct fs_request *request,
                struct fs **fs)
{
    struct fs_error inner = {0};
    *fs = NULL;
    int rc = format->open(request, fs, &inner);
    if (rc > 0 || (rc == 0 && !*fs))
        rc = -EIO;
    o->tables[o->table_count++] = format->params;
    o->last = format->schemes[0];
    if (rc == 0)
        return 0;
    inner.text[sizeof inner.text - 1] = 0;
    if (inner.text[0])
        return fs_fail(o->error, rc, "%s", inner.text);
    return fs_fail(o->error, rc, "%.700s: %s: %s", o->shown, format->schemes[0], strerror(-rc));
}

bool opening_more(const struct opening *o)
{
    return o->outers_left || o->rest || o->next_inner < o->url.inners;
}

int opening_params(struct opening *o, const struct fs_format *extra)
{
    const struct fs_param_doc *tables[OPENING_TABLES_MAX + 1];
    size_t count = o->table_count;
    const struct fs_params params = {o->params, o->param_count};
    memcpy(tables, o->tables, sizeof o->tables);
    if (extra)
        tables[count++] = extra->params;
    const char *whose = extra ? extra->schemes[0] : o->last;
    return params_check(&params, tables, count, whose ? whose : o->shown, o->error);
}

/* ---- paths behind `!` ------------------------------------------------------------------------------- */

static int move_to(struct opening *o, const char *text)
{
    struct fs_path path;
    struct fs_info info = {0};
    int rc = walk_to(o->fs, o->path.text, text, &path, &info);
    if (rc)
        (void)walk_failed(o->fs, path.text, rc, o->shown, o->error);
    else if (info.type != FS_TYPE_DIRECTORY && text[0] && text[strlen(text) - 1] == '/')
        rc = fs_fail(o->error, -ENOTDIR, "%.500s: '%.400s' is not a directory", o->shown, path.text);
    if (rc == 0) {
        fs_path_free(&o->path);
        fs_path_init(&o->path);
        rc = fs_path_add(&o->path, path.text, path.length);
        o->info = info;
    }
    fs_path_free(&path);
    return rc;
}

/* Of a plain path: all of it, else what stands before its last `!`, and so on. */
static int move_raw(struct opening *o)
{
    CLEANUP_FREE char *text = strdup(o->rest);
    char *cut;
    if (!text)
        return fs_fail(o->error, -ENOMEM, "out of memory");
    int rc = move_to(o, text);
    while (rc && (cut = strrchr(text, '!'))) {
        *cut = 0;
        rc = move_to(o, text);
    }
    size_t used = strlen(text);
    o->rest = o->rest[used] ? o->rest + used + 1 : NULL;
    return rc;
}

static int move_on(struct opening *o)
{
    return o->rest ? move_raw(o) : move_to(o, o->url.inner[o->next_inner++]);
}

/* ---- the loop --------------------------------------------------------------------------------------- */

static int run(struct opening *o)
{
    int rc = 0;
    while (rc == 0) {
        if (o->info.type == FS_TYPE_FILE) {
            rc = container_open(o);
            if (rc == 1)
                return 0;
        } else if (o->rest || o->next_inner < o->url.inners) {
            rc = move_on(o);
        } else if (o->outers_left) {
            return fs_fail(o->error, -EISDIR, "%.600s: '%.200s' is a directory; %s: needs a file", o->shown,
                           o->path.text, o->outer[o->outers_left - 1]->schemes[0]);
        } else {
            return 0;
        }
    }
    return rc;
}

static int make_root(struct opening *o)
{
    if (o->info.type != FS_TYPE_DIRECTORY)
        return fs_fail(o->error, -ENOTDIR, "%.700s is not a directory", o->shown);
    if (!o->path.text[1])
        return 0;
    struct fs_param dir = {"dir", o->path.text};
    return filter_apply("sub", &(struct fs_params){&dir, 1}, &o->fs, o->error);
}

static int finish(struct opening *o, struct fs **fs, char **path)
{
    int rc = opening_params(o, NULL);
    if (rc == 0 && o->options.read_only && !(fs_flags(o->fs) & FS_READ_ONLY))
        rc = filter_apply("readonly", &(struct fs_params){NULL, 0}, &o->fs, o->error);
    if (rc == 0 && !path)
        rc = make_root(o);
    if (rc == 0 && path && !(*path = strdup(o->path.text)))
        rc = fs_fail(o->error, -ENOMEM, "out of memory");
    if (rc == 0)
        *fs = steal_ptr(&o->fs);
    return rc;
}

/* ---- before the first stage ------------------------------------------------------------------------- */

static enum url_kind kind_of(const char *scheme, void *ctx)
{
    const struct opening *o = ctx;
    const struct fs_format *format = registry_loaded(scheme, &o->options);
    if (!format && !local_exists(o->text))
        format = registry_format(scheme, &o->options);
    return !format ? URL_UNKNOWN : format->container ? URL_CONTAINER : URL_SOURCE;
}

/* The options' own come first: the last of a name wins. */
static int merge_params(struct opening *o)
{
    const struct fs_params *given = &o->options.params;
    o->params = calloc(given->count + o->url.param_count + 1, sizeof *o->params);
    if (!o->params)
        return fs_fail(o->error, -ENOMEM, "out of memory");
    for (size_t i = 0; i < given->count; i++)
        o->params[o->param_count++] = given->list[i];
    for (size_t i = 0; i < o->url.param_count; i++)
        o->params[o->param_count++] = o->url.params[i];
    return 0;
}

static int find_outers(struct opening *o)
{
    for (unsigned i = 0; i < o->url.outers; i++) {
        const struct fs_format *format = registry_format(o->url.outer[i], &o->options);
        if (!format)
            return registry_no_format(o->url.outer[i], &o->options, o->error);
        if (!format->container)
            return fs_fail(o->error, -EINVAL, "bad URL: %s does not lie in a file; only archives go first",
                           o->url.outer[i]);
        o->outer[o->outers_left++] = format;
    }
    return 0;
}

static int take_options(struct opening *o, const struct fs_open_options *options)
{
    o->options = (struct fs_open_options)FS_OPEN_OPTIONS;
    if (!options)
        return 0;
    if (options->size < offsetof(struct fs_open_options, credentials) + sizeof(struct fs_credentials))
        return fs_fail(o->error, -EINVAL, "the options have no size; start from FS_OPEN_OPTIONS");
    memcpy(&o->options, options, options->size < sizeof *options ? options->size : sizeof *options);
    o->options.size = sizeof o->options;
    return credentials_check(&o->options.credentials, o->error);
}

static int open_all(struct opening *o, const struct fs_open_options *options, struct fs **fs, char **path)
{
    int rc = take_options(o, options);
    rc = rc ? rc : url_parse(o->text, kind_of, o, &o->url, o->error);
    rc = rc ? rc : merge_params(o);
    rc = rc ? rc : find_outers(o);
    rc = rc ? rc : source_open(o);
    rc = rc ? rc : run(o);
    return rc ? rc : finish(o, fs, path);
}

/* ---- the error's text ------------------------------------------------------------------------------- */

static void hide_word(char *text, const char *word)
{
    size_t length = word ? strlen(word) : 0;
    if (length < 4) /* hiding every 'a' would tell more than it hides */
        return;
    for (char *hit; (hit = strstr(text, word));) {
        memset(hit, '*', 3);
        memmove(hit + 3, hit + length, strlen(hit + length) + 1);
    }
}

/* One line, whatever names an archive or a format's message brought in. */
static void clean(const struct opening *o)
{
    struct fs_error *error = o->error;
    error->text[sizeof error->text - 1] = 0;
    hide_word(error->text, o->url.password);
    for (size_t i = 0; i < o->param_count; i++)
        if (url_secret(o->params[i].key, strlen(o->params[i].key)))
            hide_word(error->text, o->params[i].value);
    for (char *c = error->text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
}

int fs_open_url(const char *url, const struct fs_open_options *options, struct fs **fs, char **path,
                struct fs_error *error)
{
    struct fs_error own = {0};
    if (!fs)
        return fs_fail(error, -EINVAL, "nowhere to put the object");
    *fs = NULL;
    if (path)
        *path = NULL;
    struct opening *o = calloc(1, sizeof *o);
    if (!o)
        return fs_fail(error, -ENOMEM, "out of memory");
    o->text = url;
    o->root_wanted = !path;
    o->shown = url_shown(url);
    o->error = error ? error : &own;
    fs_path_init(&o->path);
    int rc = open_all(o, options, fs, path);
    if (rc)
        clean(o);
    opening_free(o);
    free(o);
    return rc;
}
