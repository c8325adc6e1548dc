// SPDX-License-Identifier: MIT
/*
 * Sources: what an argument of a verb names, opened as an FS object and a path in it.
 */
#ifndef XDOKAN_CLI_SOURCE_H
#define XDOKAN_CLI_SOURCE_H

#include "cli/olist.h"

/* How the sources of one command are opened, from its options. */
struct opening {
    struct fs_open_options options;
    struct olist list;
    struct call call; /* a copy, to which -o adds */
    char *last_text;  /* what was opened last, kept for the next argument */
    struct fs *last_fs;
    char asked[256]; /* whose password was asked for, until it is open */
};

/* 0 or an exit code, explained. opening_close() in any case. `keep` and `sloppy`: see olist. */
int opening_start(struct opening *opening, const struct call *call, bool sloppy);
void opening_close(struct opening *opening);

struct source {
    struct fs *fs;
    char *path;  /* in it */
    char *shown; /* for messages: the argument without its password */
    char *name;  /* last component of the argument; "" for a root, `.` and `..` */
    bool local;  /* a plain file or directory of this machine */
};

enum source_flags {
    SOURCE_ENTER = 0x1, /* an archive means what is in it; without it, the file */
    SOURCE_LINK = 0x2,  /* a symbolic link means itself */
    SOURCE_TARGET = 0x4 /* it need not exist */
};

/* Opens what `text` names, and puts the filters on it. 0 or an exit code, explained. */
int source_open(struct opening *opening, const char *text, unsigned flags, struct source *out);
void source_close(struct source *source);
/* The same after changes: late errors are told. Returns code, or what they make of it. */
int source_end(struct source *source, int code);
/* Facts of it. 0 or a negative errno. */
int source_info(const struct source *source, uint32_t want, struct fs_info *info);
/* Says what went wrong with a path in the source; with the near match where it does not exist. */
int source_complain(const struct source *source, const char *path, int rc);
/* Name of a path in the source for messages, to be freed. */
char *source_shown(const struct source *source, const char *path);

/* Opens a whole source for a mount: a directory, the root of an archive. 0 or an exit code, explained. */
int source_mount(struct opening *opening, const char *text, struct fs **fs);

#endif
