// SPDX-License-Identifier: MIT
/*
 * What open.c, source.c and container.c share: one opening under way.
 */
#ifndef XDOKAN_FS_OPEN_I_H
#define XDOKAN_FS_OPEN_I_H

#include "fs/url/place.h"
#include "fs/url/url.h"

enum { OPENING_TABLES_MAX = URL_DEPTH_MAX + 2 };

struct opening {
    const char *text; /* as it was given */
    char *shown;      /* for messages */
    struct fs_open_options options;
    struct fs_error *error; /* never NULL */
    struct url url;
    struct fs_param *params;
    size_t param_count;

    struct fs *fs; /* the place: an object, */
    struct fs_path path;
    struct fs_info info; /* a path in it and what is there */

    const struct fs_format *outer[URL_OUTER_MAX + 1]; /* still to be opened: the last comes next */
    unsigned outers_left;
    unsigned next_inner;
    const char *rest; /* behind the `!` of a plain path, not taken apart yet */
    unsigned depth;   /* containers opened */
    bool user_given;  /* user and password went to a format */
    bool root_wanted; /* the place must become the root of an object */
    const char *last; /* format opened last */
    const struct fs_param_doc *tables[OPENING_TABLES_MAX]; /* of the formats opened */
    size_t table_count;
};

/* Moves the place; the object's reference is taken over in any case. */
int opening_at(struct opening *o, struct fs *fs, const char *path);
/* format->open, with a text for every failure. */
int opening_ask(struct opening *o, const struct fs_format *format, const struct fs_request *request,
                struct fs **fs);
/* Whether something is to come behind the place. */
bool opening_more(const struct opening *o);
/* Refuses parameters that neither the formats opened nor `extra` (may be NULL) know. */
int opening_params(struct opening *o, const struct fs_format *extra);

/* ---- source.c: the first stage ---------------------------------------------------------------------- */
int source_open(struct opening *o);

/* ---- container.c: the others ------------------------------------------------------------------------ */
/* The place is a file. 0: the place is the root of what is in it; 1: it is nothing known, and nothing is to
 * come; -errno. */
int container_open(struct opening *o);

#endif
