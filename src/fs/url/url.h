// SPDX-License-Identifier: MIT
/*
 * URLs of FS objects taken apart, and what the files of this room share. The syntax is docs/urls.md.
 */
#ifndef XDOKAN_FS_URL_H
#define XDOKAN_FS_URL_H

#include "fs/fs_i.h"

enum {
    URL_LENGTH_MAX = FS_PATH_MAX + 8192,
    URL_OUTER_MAX = 8,   /* schemes before the innermost */
    URL_INNER_MAX = 32,  /* paths behind `!` */
    URL_PARAMS_MAX = 64, /* of one URL */
    URL_SCHEME_MAX = 32, /* bytes of a scheme */
    URL_DEPTH_MAX = 8    /* containers in containers */
};

/* Every text lies in `store`, which is wiped by url_free. */
struct url {
    char *store;
    size_t used;
    const char *outer[URL_OUTER_MAX]; /* "zip" of "zip:ftp://..."; the outermost first */
    unsigned outers;
    const char *scheme; /* of the innermost URL; NULL: a plain path, in `resource` as it was written */
    const char *user;   /* NULL: none, or empty */
    const char *password;
    const char *resource;
    const char *inner[URL_INNER_MAX]; /* behind each `!` */
    unsigned inners;
    struct fs_param params[URL_PARAMS_MAX];
    size_t param_count;
};

enum url_kind { URL_UNKNOWN, URL_SOURCE, URL_CONTAINER };

/* What a scheme is; asked only about `scheme:` without `//`, which is otherwise a path with a colon. */
typedef enum url_kind (*url_known)(const char *scheme, void *ctx);

/* 0; -EINVAL, -ENAMETOOLONG, -ENOMEM. On success url_free() gives it up. */
int url_parse(const char *text, url_known known, void *ctx, struct url *url, struct fs_error *error);
void url_free(struct url *url);
/* Whether it may be the name of a scheme. */
bool url_scheme_ok(const char *scheme, size_t length);

#define CLEANUP_URL __attribute__((cleanup(url_free)))

/* Whether the value of a parameter of that name is nobody's business. */
bool url_secret(const void *key, size_t length);
/* A text that goes into messages: redacted, one line; never NULL. To be freed with url_shown_free(). */
char *url_shown(const char *text);
void url_shown_free(char **shown);
#define CLEANUP_SHOWN __attribute__((cleanup(url_shown_free)))

/* Tells the user: options->warn, else the log. */
__attribute__((format(printf, 2, 3))) void fs_warn(const struct fs_open_options *options, const char *fmt,
                                                   ...);

#endif
