// SPDX-License-Identifier: MIT
/*
 * dokanctl cat FILE...
 */
#include "cli/cancel.h"
#include "cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 1 << 18 };

static int write_all(const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(STDOUT_FILENO, data, size);
        if (n < 0 && (errno != EINTR || cancelled()))
            return -errno;
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* *wrote tells which side failed. */
static int print_file(const struct source *source, char *buffer, bool *wrote)
{
    struct fs_file *file;
    uint64_t offset = 0;
    int rc = fs_open(source->fs, source->path, O_RDONLY, 0, &file);
    if (rc)
        return rc;
    ssize_t n = 1;
    while (rc == 0 && n > 0) {
        n = cancelled() ? -ECANCELED : fs_f_pread(source->fs, file, buffer, PIECE, offset);
        rc = n < 0 ? (int)n : write_all(buffer, (size_t)n);
        *wrote = n >= 0 && rc;
        offset += n > 0 ? (uint64_t)n : 0;
    }
    fs_f_close(source->fs, file);
    return rc;
}

static int cat_one(struct opening *o, const char *text, char *buffer)
{
    struct source source;
    bool wrote = false;
    int code = source_open(o, text, 0, &source);
    if (code)
        return code;
    int rc = print_file(&source, buffer, &wrote);
    if (rc)
        code = wrote ? complain("standard output", rc, NULL) : source_complain(&source, source.path, rc);
    source_close(&source);
    return code;
}

int run_cat(const struct call *call)
{
    struct opening o;
    int code = opening_start(&o, call, false);
    char *buffer = malloc(PIECE);
    if (!buffer && code == 0)
        code = complain(NULL, -ENOMEM, NULL);
    bool go = code == 0;
    for (int i = 0; go && i < call->argc && !cancelled(); i++) {
        int one = cat_one(&o, call->argv[i], buffer);
        code = one ? one : code;
    }
    free(buffer);
    opening_close(&o);
    return code;
}
