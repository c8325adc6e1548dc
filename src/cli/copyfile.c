// SPDX-License-Identifier: MIT
/*
 * See copyfile.h. A target that exists is written beside itself first and then renamed, so that an error
 * leaves it as it was.
 */
#include "cli/copyfile.h"

#include "cli/cancel.h"
#include "cli/entries.h"
#include "cli/progress.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20, TARGET_MAX = 4096 };

int copy_start(struct copy *copy, const struct call *call)
{
    *copy = (struct copy){.no_clobber = option_on(call, "no-clobber"),
                          .recursive = option_on(call, "recursive"),
                          .buffer = malloc(PIECE)};
    return copy->buffer ? 0 : complain(NULL, -ENOMEM, NULL);
}

void copy_end(struct copy *copy)
{
    free(copy->buffer);
    progress_hide();
}

static int copy_bytes(struct copy *copy, struct fs *from_fs, struct fs_file *from, struct fs *to_fs,
                      struct fs_file *to, const char *shown, bool *at_target)
{
    uint64_t offset = 0;
    progress_show(shown, copy->done, copy->total);
    for (;;) {
        if (cancelled())
            return -ECANCELED;
        ssize_t n = fs_f_pread(from_fs, from, copy->buffer, PIECE, offset);
        if (n <= 0)
            return (int)n;
        ssize_t written = fs_f_pwrite(to_fs, to, copy->buffer, (size_t)n, offset);
        *at_target = written != n;
        if (written != n)
            return written < 0 ? (int)written : -EIO;
        offset += (uint64_t)n;
        copy->done += (uint64_t)n;
        progress_show(shown, copy->done, copy->total);
    }
}

/* Into a file that is made here. */
static int copy_new(struct copy *copy, struct side from, struct side to, const struct fs_info *info,
                    const char *shown, bool *at_target)
{
    struct fs_file *in, *out;
    uint32_t mode = info->valid & FS_INFO_MODE ? info->mode & 0777 : 0666;
    int rc = fs_open(from.fs, from.path, O_RDONLY, 0, &in);
    if (rc)
        return rc;
    rc = fs_open(to.fs, to.path, O_WRONLY | O_CREAT | O_EXCL, mode | 0200, &out);
    if (rc) {
        fs_f_close(from.fs, in);
        *at_target = true;
        return rc;
    }
    rc = copy_bytes(copy, from.fs, in, to.fs, out, shown, at_target);
    if (rc == 0 && (rc = fs_f_flush(to.fs, out)))
        *at_target = true;
    fs_f_close(from.fs, in);
    fs_f_close(to.fs, out);
    if (rc)
        (void)fs_remove(to.fs, to.path);
    else
        copy_facts(to, info);
    return rc;
}

static char *beside(const char *path)
{
    char *parent = path_parent(path), *made = NULL, name[64];
    snprintf(name, sizeof name, ".dokanctl-%d.part", (int)getpid());
    if (parent)
        made = path_join(parent, name);
    free(parent);
    return made;
}

int copy_file(struct copy *copy, struct side from, struct side to, const struct fs_info *info,
              const char *shown, bool *at_target)
{
    struct fs_info there;
    int rc = fs_getinfo(to.fs, to.path, 0, &there);
    if (rc == -ENOENT)
        return copy_new(copy, from, to, info, shown, at_target);
    *at_target = true;
    if (rc)
        return rc;
    if (copy->no_clobber) {
        copy->skipped = true;
        return 0;
    }
    if (there.type == FS_TYPE_DIRECTORY)
        return -EISDIR;
    char *part = beside(to.path);
    if (!part)
        return -ENOMEM;
    *at_target = false;
    rc = copy_new(copy, from, (struct side){to.fs, part}, info, shown, at_target);
    if (rc == 0 && (rc = fs_rename(to.fs, part, to.path, 0))) {
        *at_target = true;
        (void)fs_remove(to.fs, part);
    }
    free(part);
    return rc;
}

int copy_link(struct side from, struct side to, bool no_clobber, bool *at_target)
{
    char target[TARGET_MAX];
    int rc = fs_readlink(from.fs, from.path, target, sizeof target);
    if (rc)
        return rc;
    struct fs_info there;
    *at_target = true;
    rc = fs_symlink(to.fs, target, to.path);
    if (rc != -EEXIST || fs_getinfo(to.fs, to.path, 0, &there) || there.type != FS_TYPE_SYMLINK)
        return rc;
    if (no_clobber)
        return 0;
    rc = fs_remove(to.fs, to.path);
    return rc ? rc : fs_symlink(to.fs, target, to.path);
}

/* A `..` behind a name counts as leading out: the name may be a link to a shallower place. */
bool link_leads_out(const char *top, const char *path, const char *target)
{
    bool named = false;
    if (target[0] == '/')
        return true;
    long depth = -1; /* of the directory that has the link, below top */
    for (const char *c = path + strlen(top) - (strcmp(top, "/") == 0); *c; c++)
        depth += *c == '/';
    while (*target) {
        size_t length = strcspn(target, "/");
        bool up = length == 2 && strncmp(target, "..", 2) == 0;
        bool stays = length == 0 || (length == 1 && *target == '.');
        depth -= up;
        if (depth < 0 || (up && named))
            return true;
        named = named || !(up || stays);
        target += length + (target[length] == '/');
    }
    return false;
}

void copy_facts(struct side to, const struct fs_info *info)
{
    static const uint32_t bits[] = {FS_INFO_MODE, FS_INFO_ATIME | FS_INFO_MTIME};
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        struct fs_info facts = *info;
        facts.valid &= bits[i];
        facts.mode &= 0777;
        if (facts.valid)
            (void)fs_setinfo(to.fs, to.path, &facts);
    }
}
