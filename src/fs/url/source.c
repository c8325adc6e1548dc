// SPDX-License-Identifier: MIT
/*
 * The first stage of an opening: a directory or a file of this machine, or the source that a scheme names.
 */
#include "fs/url/open_i.h"

#include "base/cleanup.h"
#include "fs/url/registry.h"
#include <errno.h>
#include <string.h>

enum { START_MAX = 4096 };

static int open_folder(struct opening *o, const char *path)
{
    const struct fs_format *format = registry_loaded("file", &o->options);
    const struct fs_request request = {
        .size = sizeof request,
        .url = o->shown,
        .scheme = "file",
        .resource = path,
        .params = {o->params, o->param_count},
        .options = &o->options,
    };
    struct fs *fs;
    if (!format)
        return fs_fail(o->error, -EPROTONOSUPPORT, "this library was built without folders");
    int rc = opening_more(o) ? 0 : opening_params(o, format);
    rc = rc ? rc : opening_ask(o, format, &request, &fs);
    return rc ? rc : opening_at(o, fs, "/");
}

/* A file is what it is called in the folder that has it. */
static int open_file(struct opening *o, char *path)
{
    struct fs *fs;
    CLEANUP_FREE char *name = strdup(path + strlen(path) - strlen(fs_path_name(path)) - 1);
    if (!name)
        return fs_fail(o->error, -ENOMEM, "out of memory");
    path[fs_path_parent(path)] = 0;
    int rc = fs_directory_new(path, &fs);
    if (rc)
        return fs_fail(o->error, rc, "%.700s: its folder cannot be opened: %s", o->shown, strerror(-rc));
    return opening_at(o, fs, name);
}

static int open_local(struct opening *o, const char *text, bool split)
{
    struct local local;
    int rc = local_find(text, split, &local, o->error);
    bool whole = !split || !strchr(text, '!');
    if (rc == -ENOENT && o->options.create && whole && local.path[0] && !opening_more(o))
        return open_folder(o, local.path);
    if (rc)
        return rc;
    o->rest = local.rest;
    return S_ISDIR(local.st.st_mode) ? open_folder(o, local.path) : open_file(o, local.path);
}

static int open_other(struct opening *o, const struct fs_format *format)
{
    const struct fs_request request = {
        .size = sizeof request,
        .url = o->shown,
        .scheme = o->url.scheme,
        .user = o->url.user,
        .password = o->url.password,
        .resource = o->url.resource,
        .params = {o->params, o->param_count},
        .options = &o->options,
    };
    struct fs *fs;
    CLEANUP_FREE char *start = malloc(START_MAX);
    if (!start)
        return fs_fail(o->error, -ENOMEM, "out of memory");
    o->user_given = true;
    int rc = opening_ask(o, format, &request, &fs);
    if (rc)
        return rc;
    bool told = fs_getmeta(fs, "start", start, START_MAX) == 0 && fs_path_check(start) == 0;
    return opening_at(o, fs, told ? start : "/");
}

/* `zip://FILE`: the scheme is the first container on a file of this machine. */
static int open_container_of_file(struct opening *o, const struct fs_format *format)
{
    const char *name = o->url.scheme, *file = o->url.resource;
    if (!*file)
        return fs_fail(o->error, -EINVAL, "bad URL: no file behind %s://", name);
    if (strstr(file, "://"))
        return fs_fail(o->error, -EINVAL,
                       "bad URL: an archive at another URL is written %s:URL, without // behind %s:", name,
                       name);
    o->outer[o->outers_left++] = format;
    return open_local(o, file, false);
}

int source_open(struct opening *o)
{
    const char *scheme = o->url.scheme;
    if (!scheme)
        return open_local(o, o->url.resource, true);
    const struct fs_format *format = registry_format(scheme, &o->options);
    if (!format)
        return registry_no_format(scheme, &o->options, o->error);
    if (format->container)
        return open_container_of_file(o, format);
    if (format == registry_loaded("file", &o->options))
        return open_local(o, o->url.resource, false);
    return open_other(o, format);
}
