// SPDX-License-Identifier: MIT
/*
 * For tests: an archive format of a few lines (`toy`), a source whose URL can name a file in it (`host`), and
 * a second format for the same content (`other`).
 *
 * A toy is "TOY\n", then records: "d PATH\n", "l PATH\nTARGET\n", "f PATH\nLENGTH\n" and the bytes.
 */
#ifndef XDOKAN_FS_TOY_SAMPLE_H
#define XDOKAN_FS_TOY_SAMPLE_H

#include <dokan/fs.h>

struct toy_text {
    char *bytes;
    size_t length;
};

struct toy_text *toy_new(void);
void toy_free(struct toy_text *toy);
void toy_dir(struct toy_text *toy, const char *path);
void toy_link(struct toy_text *toy, const char *path, const char *target);
void toy_file(struct toy_text *toy, const char *path, const void *bytes, size_t length);

void toy_register(void);

extern _Thread_local char toy_seen[256];  /* "index=VALUE" that the last toy was given */
extern _Thread_local char toy_users[256]; /* "FORMAT USER:PASSWORD " of all that were opened */
extern int toy_other_score;               /* what `other` says of everything */
extern _Thread_local struct toy_asked {
    size_t length;
    uint64_t size;
    char name[64];
} toy_asked;

#endif
