// SPDX-License-Identifier: MIT
/*
 * dokanctl mkdir DIRECTORY...
 */
#include "cli/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_directory(struct fs *fs, const char *path)
{
    struct fs_info info;
    return fs_getinfo(fs, path, 0, &info) == 0 && info.type == FS_TYPE_DIRECTORY;
}

/* Every directory on the way, the last one too. */
static int make_parents(struct fs *fs, char *path)
{
    int rc = 0;
    for (char *slash = strchr(path + 1, '/'); rc == 0; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = 0;
        rc = is_directory(fs, path) ? 0 : fs_makedir(fs, path, 0777);
        if (!slash)
            return rc;
        *slash = '/';
    }
    return rc;
}

/*
 * For -p a missing parent is no error, so the source is opened at the nearest one that exists; what is cut
 * off is put into *rest.
 */
static char *existing_part(const char *text, const char **rest)
{
    struct stat st;
    char *part = strdup(text);
    size_t length = strlen(text);
    bool url = strstr(text, "://") || strchr(text, '!');
    *rest = "";
    while (part && !url && lstat(part, &st) < 0 && errno == ENOENT) {
        while (length && text[length - 1] == '/')
            length--;
        while (length && text[length - 1] != '/')
            length--;
        *rest = text + length;
        if (!length) {
            free(part);
            return strdup(".");
        }
        part[length] = 0;
    }
    return part;
}

static int make_one(struct opening *o, const char *text, bool parents)
{
    struct source source = {0};
    const char *rest = "";
    char *part = parents ? existing_part(text, &rest) : strdup(text);
    int code = part ? source_open(o, part, parents ? SOURCE_TARGET : SOURCE_TARGET | SOURCE_LINK, &source)
                    : complain(NULL, -ENOMEM, NULL);
    free(part);
    if (code)
        return code;
    char *path = NULL;
    size_t length = strlen(rest);
    while (length && rest[length - 1] == '/')
        length--;
    bool root = source.path && !source.path[1];
    if (asprintf(&path, "%s%s%.*s", root && length ? "" : source.path, length ? "/" : "", (int)length, rest) <
        0)
        path = NULL;
    int rc = !path ? -ENOMEM : parents ? make_parents(source.fs, path) : fs_makedir(source.fs, path, 0777);
    if (rc)
        code = length ? complain(text, rc, NULL) : source_complain(&source, path ? path : source.path, rc);
    free(path);
    return source_end(&source, code);
}

int run_mkdir(const struct call *call)
{
    struct opening o;
    int code = opening_start(&o, call, false);
    bool go = code == 0;
    for (int i = 0; go && i < call->argc; i++) {
        int one = make_one(&o, call->argv[i], option_on(call, "parents"));
        code = one ? one : code;
    }
    opening_close(&o);
    return code;
}
