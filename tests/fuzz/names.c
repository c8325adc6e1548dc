// SPDX-License-Identifier: MIT
/*
 * Target: paths of FS objects. The first line of the input is the directory, the rest is what it is followed
 * by.
 */
#include "fuzz.h"

#include "fs/fs_i.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check_names(const char *path)
{
    int rc = fs_path_check(path);
    fuzz_must(rc == 0 || rc == -EINVAL || rc == -ENAMETOOLONG, "a path is good, bad or too long");
    if (rc || !path[1])
        return;
    fuzz_must(fs_name_ok(fs_path_name(path)), "a good path ends with a good name");
    size_t parent = fs_path_parent(path);
    fuzz_must(parent >= 1 && parent < strlen(path), "the parent is shorter");
    struct fs_path up;
    fs_path_init(&up);
    fuzz_must(fs_path_add(&up, path, parent) == 0 && fs_path_check(up.text) == 0, "the parent is good");
    fuzz_must(fs_path_join(&up, fs_path_name(path)) == 0 && strcmp(up.text, path) == 0,
              "parent and name make the path");
    fs_path_free(&up);
}

static void check_resolve(const char *base, const char *text)
{
    struct fs_path path, again;
    fs_path_init(&path);
    fs_path_init(&again);
    if (fs_path_check(base) == 0 && fs_path_add(&path, base, strlen(base)) == 0 &&
        fs_path_resolve(&path, text) == 0) {
        int rc = fs_path_check(path.text);
        fuzz_must(rc == 0 || rc == -ENAMETOOLONG, "what was resolved is normal");
        fuzz_must(strlen(path.text) == path.length && path.length < path.room, "lengths agree");
        fuzz_must(fs_path_resolve(&again, path.text) == 0 && strcmp(again.text, path.text) == 0,
                  "resolving again changes nothing");
    }
    fs_path_free(&path);
    fs_path_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = strchr(text, '\n');
    check_names(text);
    if (rest) {
        *rest++ = 0;
        check_names(text);
        check_resolve(text, rest);
    } else {
        check_resolve("/", text);
    }
    free(text);
    return 0;
}
