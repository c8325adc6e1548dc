// SPDX-License-Identifier: MIT
/*
 * Where passwords come from; see docs/credentials.md.
 */
#ifndef XDOKAN_FS_CREDENTIALS_H
#define XDOKAN_FS_CREDENTIALS_H

#include "fs/fs_i.h"

/* A file that holds secrets, all of it, terminated; wiped and freed with secret_file_free. */
struct secret_file {
    char *text;
    size_t size;
};
/* 0; -ENOENT; -EACCES when others may read it or it is not ours; -errno. */
int secret_file_read(const char *path, struct secret_file *out);
void secret_file_free(struct secret_file *file);
#define CLEANUP_SECRETS __attribute__((cleanup(secret_file_free)))

/* 0, or the refusal of the credentials file, in words. */
int credentials_check(const struct fs_credentials *credentials, struct fs_error *error);

/* The password of ~/.netrc for a host, and for the user when one is named. 0; -ENOENT; -ENAMETOOLONG. */
int netrc_find(const struct secret_file *file, const char *host, const char *user, char *buf, size_t size);

#endif
