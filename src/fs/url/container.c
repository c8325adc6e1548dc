// SPDX-License-Identifier: MIT
/*
 * A file becomes the object that lies in it: by the scheme that is due, else by its content.
 */
#include "fs/url/open_i.h"

#include "base/cleanup.h"
#include "fs/url/registry.h"
#include <errno.h>
#include <string.h>

struct head {
    void *bytes;
    size_t length;
    const char *name;
    uint64_t size;
};

static const struct fs_format *best_of(const struct head *head, const struct fs_open_options *options)
{
    const struct fs_format *format, *best = NULL;
    int most = 0;
    for (size_t i = 0; (format = registry_walk(&i, options));) {
        if (!format->container || !format->recognise)
            continue;
        int score = format->recognise(head->bytes, head->length, head->name, head->size);
        if (score > most && score <= 100) {
            most = score;
            best = format;
        }
    }
    return best;
}

/* Things people have that no format here reads. */
static const char *other_content(const struct head *head)
{
    static const struct {
        size_t offset, length;
        const char *magic, *hint;
    } rows[] = {
        {0, 4, "hsqs",
         "; it is a squashfs: mount it with squashfuse (package squashfuse) and name the folder"},
        {0, 4, "QFI\xfb", "; it is a qcow2 disk: attach it with qemu-nbd (package qemu-utils)"},
        {0, 16, "SQLite format 3", "; it is an SQLite database"},
        {0, 5, "%PDF-", "; it is a PDF"},
        {0, 4,
         "\x7f"
         "ELF",
         "; it is a program"},
        {0, 6, "LUKS\xba\xbe", "; it is an encrypted disk: open it with cryptsetup (package cryptsetup-bin)"},
        {0x438, 2, "\x53\xef", "; it is an ext file system: mount it with fuse2fs (package fuse2fs)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (head->length >= rows[i].offset + rows[i].length &&
            memcmp((const char *)head->bytes + rows[i].offset, rows[i].magic, rows[i].length) == 0)
            return rows[i].hint;
    return head->length ? "" : "; it is empty";
}

static int not_known(struct opening *o, const struct head *head)
{
    char list[256];
    registry_containers(&o->options, list, sizeof list);
    CLEANUP_SHOWN char *name = url_shown(head->name);
    return fs_fail(o->error, -EPROTONOSUPPORT,
                   "%.300s: '%.200s' is neither a folder nor an archive of a known format (%s)%s", o->shown,
                   name, list[0] ? list : "there are none", other_content(head));
}

static int detect(struct opening *o, struct head *head, const struct fs_format **format)
{
    *format = NULL;
    ssize_t got = walk_head(o->fs, o->path.text, head->bytes);
    if (got < 0)
        return walk_failed(o->fs, o->path.text, (int)got, o->shown, o->error);
    head->length = (size_t)got;
    head->name = fs_path_name(o->path.text);
    head->size = o->info.valid & FS_INFO_SIZE ? o->info.size : head->length;
    *format = best_of(head, &o->options);
    if (!*format && !o->options.no_plugins) {
        plugins_load(&o->options);
        *format = best_of(head, &o->options);
    }
    return *format ? 0 : not_known(o, head);
}

static int by_content(struct opening *o, const struct fs_format **format)
{
    CLEANUP_FREE void *bytes = malloc(HEAD_SIZE);
    if (!bytes)
        return fs_fail(o->error, -ENOMEM, "out of memory");
    struct head head = {.bytes = bytes};
    return detect(o, &head, format);
}

static int open_as(struct opening *o, const struct fs_format *format)
{
    const struct fs_request request = {
        .size = sizeof request,
        .url = o->shown,
        .scheme = format->schemes[0],
        .user = o->user_given ? NULL : o->url.user,
        .password = o->user_given ? NULL : o->url.password,
        .resource = "",
        .container = o->fs,
        .container_path = o->path.text,
        .params = {o->params, o->param_count},
        .options = &o->options,
    };
    struct fs *fs;
    int rc = opening_more(o) ? 0 : opening_params(o, format);
    if (rc)
        return rc;
    o->user_given = true;
    rc = opening_ask(o, format, &request, &fs);
    return rc ? rc : opening_at(o, fs, "/");
}

int container_open(struct opening *o)
{
    const struct fs_format *format = NULL;
    bool must = opening_more(o) || o->root_wanted;
    if (o->outers_left) {
        format = o->outer[--o->outers_left];
    } else {
        int rc = by_content(o, &format);
        if (rc || !format)
            return must || rc == -ENOMEM ? rc : 1;
    }
    if (++o->depth > URL_DEPTH_MAX)
        return fs_fail(o->error, -E2BIG, "%.700s: more than %d archives in one another", o->shown,
                       URL_DEPTH_MAX);
    return open_as(o, format);
}
