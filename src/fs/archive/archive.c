// SPDX-License-Identifier: MIT
/*
 * An archive as an FS object: the table over tree and bytes.
 *
 * The tree is immutable; the lock covers the recently used entries alone and is never held while an entry is
 * opened, read or given up.
 */
#include "fs/archive/archive_i.h"

#include "base/cleanup.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct open_entry {
    const struct tree_node *node;
    struct bytes *bytes;
};

static struct archive_object *object_of(const struct fs *fs)
{
    return fs_data(fs);
}

void archive_object_free(struct archive_object *object)
{
    struct archive *archive = &object->archive;
    for (int i = 0; i < ARCHIVE_RECENT; i++)
        bytes_put(object->recent[i].bytes);
    if (archive->kind->close)
        archive->kind->close(archive);
    tree_free(archive->tree);
    bytes_put(archive->source);
    if (archive->spill)
        spill_free(archive->spill);
    pthread_mutex_destroy(&object->lock);
    free(archive->name);
    free(object->source);
    free(object->scheme);
    free(object);
}

static int archive_close(struct fs *fs)
{
    archive_object_free(object_of(fs));
    return 0;
}

/* ---- facts -------------------------------------------------------------------------------------------- */

static void node_info(const struct archive *archive, const struct tree_node *node, struct fs_info *info)
{
    *info = (struct fs_info){
        .valid = node->valid | FS_INFO_ID,
        .type = node->type,
        .size = node->size,
        .atime = node->atime,
        .mtime = node->mtime,
        .ctime = node->ctime,
        .btime = node->btime,
        .mode = node->mode,
        .uid = node->uid,
        .gid = node->gid,
        .links = node->links,
        .id = node->same + 1ull,
        .attributes = node->attributes,
    };
    if (node->type == FS_TYPE_SYMLINK)
        info->valid |= FS_INFO_SIZE;
    if (!(node->valid & FS_INFO_MTIME) && archive->mtime) {
        info->mtime = archive->mtime;
        info->valid |= FS_INFO_MTIME;
    }
}

static int archive_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    (void)want;
    int rc;
    const struct archive *archive = &object_of(fs)->archive;
    const struct tree_node *node = tree_find(archive->tree, path, &rc);
    if (node)
        node_info(archive, node, info);
    return rc;
}

static int archive_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                           void *ctx)
{
    (void)want;
    int rc;
    const struct archive *archive = &object_of(fs)->archive;
    const struct tree_node *node = tree_find(archive->tree, path, &rc);
    if (!node || node->type != FS_TYPE_DIRECTORY)
        return node ? -ENOTDIR : rc;
    for (uint64_t i = cursor; i < node->count; i++) {
        const struct tree_node *child = tree_at(archive->tree, node->first + (uint32_t)i);
        struct fs_info info;
        node_info(archive, child, &info);
        if (fill(ctx, tree_name(archive->tree, child), &info, i + 1))
            break;
    }
    return 0;
}

static int archive_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    int rc;
    const struct tree *tree = object_of(fs)->archive.tree;
    const struct tree_node *node = tree_find(tree, path, &rc);
    if (!node)
        return rc;
    const char *target = tree_target(tree, node);
    if (!target)
        return -EINVAL;
    if (node->size >= size)
        return -ERANGE;
    memcpy(buf, target, node->size + 1);
    return 0;
}

static int archive_statfs(struct fs *fs, struct fs_space *space)
{
    const struct archive_object *object = object_of(fs);
    *space =
        (struct fs_space){.total = object->used, .block = 4096, .files = tree_count(object->archive.tree)};
    return 0;
}

void archive_count(struct archive_object *object)
{
    static const char *const why[TREE_DROP_COUNT] = {
        [TREE_DROP_NAME] = "unsafe names",
        [TREE_DROP_DUPLICATE] = "older duplicates",
        [TREE_DROP_CONFLICT] = "in the way of a directory",
        [TREE_DROP_DEEP] = "too deep",
        [TREE_DROP_LONG] = "names too long",
        [TREE_DROP_LINK] = "links to nothing",
        [TREE_DROP_RATIO] = "sizes not believed",
        [TREE_DROP_BROKEN] = "damaged",
    };
    const struct tree *tree = object->archive.tree;
    char *at = object->left_out;
    size_t room = sizeof object->left_out;
    for (int i = 0; i < TREE_DROP_COUNT && room > 1; i++) {
        uint64_t count = tree_dropped(tree, (enum tree_drop)i);
        if (count == 0)
            continue;
        int n = snprintf(at, room, "%s%" PRIu64 " %s", at == object->left_out ? "" : ", ", count, why[i]);
        size_t step = n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
        at += step;
        room -= step;
    }
    for (uint64_t i = 0; i < tree_count(tree); i++) {
        const struct tree_node *node = tree_at(tree, (uint32_t)i);
        if (node->same == i && node->type == FS_TYPE_FILE)
            object->used += node->size;
        if (object->used > (uint64_t)FS_SIZE_MAX)
            object->used = FS_SIZE_MAX;
    }
}

static uint64_t dropped(const struct tree *tree)
{
    uint64_t sum = 0;
    for (int i = 0; i < TREE_DROP_COUNT; i++)
        sum += tree_dropped(tree, (enum tree_drop)i);
    return sum;
}

static int archive_getmeta(struct fs *fs, const char *key, char *buf, size_t size)
{
    const struct archive_object *object = object_of(fs);
    const struct tree *tree = object->archive.tree;
    char number[24];
    const char *value = NULL;
    if (strcmp(key, "label") == 0)
        value = object->archive.name;
    else if (strcmp(key, "source") == 0)
        value = object->source;
    else if (strcmp(key, "left_out") == 0)
        value = object->left_out;
    else if (strcmp(key, "entries") == 0 || strcmp(key, "dropped") == 0) {
        uint64_t count = key[0] == 'e' ? tree_count(tree) - 1 : dropped(tree);
        snprintf(number, sizeof number, "%" PRIu64, count);
        value = number;
    }
    if (!value)
        return -ENODATA;
    if (strlen(value) >= size)
        return -ERANGE;
    memcpy(buf, value, strlen(value) + 1);
    return 0;
}

/* ---- open files --------------------------------------------------------------------------------------- */

static struct bytes *recent_find(struct archive_object *object, uint32_t node)
{
    LOCK_SCOPE(&object->lock);
    for (int i = 0; i < ARCHIVE_RECENT; i++) {
        struct archive_recent *recent = &object->recent[i];
        if (recent->bytes && recent->node == node) {
            recent->used = ++object->clock;
            return bytes_ref(recent->bytes);
        }
    }
    return NULL;
}

static struct archive_recent *recent_slot(struct archive_object *object, uint32_t node)
{
    struct archive_recent *oldest = object->recent;
    for (int i = 0; i < ARCHIVE_RECENT; i++) {
        struct archive_recent *recent = &object->recent[i];
        if (recent->bytes && recent->node == node)
            return recent;
        if (!recent->bytes || (oldest->bytes && recent->used < oldest->used))
            oldest = recent;
    }
    return oldest;
}

/* Takes over `made` and gives back a reference to what all shall use: another thread may have been first.
 * What is not used any more goes to *loser, to be given up without the lock. */
static struct bytes *recent_swap(struct archive_object *object, uint32_t node, struct bytes *made,
                                 struct bytes **loser)
{
    LOCK_SCOPE(&object->lock);
    struct archive_recent *recent = recent_slot(object, node);
    recent->used = ++object->clock;
    if (recent->bytes && recent->node == node) {
        *loser = made;
        return bytes_ref(recent->bytes);
    }
    *loser = recent->bytes;
    recent->bytes = bytes_ref(made);
    recent->node = node;
    return made;
}

static struct bytes *recent_add(struct archive_object *object, uint32_t node, struct bytes *made)
{
    struct bytes *loser = NULL;
    struct bytes *used = recent_swap(object, node, made, &loser);
    bytes_put(loser);
    return used;
}

static int entry_bytes(struct archive_object *object, const struct tree_node *node, struct bytes **out)
{
    *out = recent_find(object, node->same);
    if (*out)
        return 0;
    struct bytes *made = NULL;
    int rc = object->archive.kind->entry(&object->archive, node, &made);
    if (rc == 0)
        *out = recent_add(object, node->same, made);
    return rc;
}

static int openable(const struct tree_node *node)
{
    if (node->type == FS_TYPE_FILE)
        return 0;
    if (node->type == FS_TYPE_DIRECTORY)
        return -EISDIR;
    return node->type == FS_TYPE_SYMLINK ? -ELOOP : -ENXIO;
}

static int archive_file_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    (void)flags;
    (void)mode;
    struct archive_object *object = object_of(fs);
    int rc;
    const struct tree_node *node = tree_find(object->archive.tree, path, &rc);
    if (!node)
        return rc;
    rc = openable(node);
    if (rc)
        return rc;
    CLEANUP_FREE struct open_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return -ENOMEM;
    entry->node = node;
    rc = entry_bytes(object, node, &entry->bytes);
    if (rc == 0)
        *fs_file_slot(fs, file) = steal_ptr(&entry);
    return rc;
}

static int archive_f_close(struct fs *fs, struct fs_file *file)
{
    struct open_entry *entry = *fs_file_slot(fs, file);
    bytes_put(entry->bytes);
    free(entry);
    return 0;
}

static ssize_t archive_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    const struct open_entry *entry = *fs_file_slot(fs, file);
    uint64_t left = offset < entry->bytes->size ? entry->bytes->size - offset : 0;
    ssize_t got = bytes_pread(entry->bytes, buf, size, offset);
    /* The archive became shorter: that is not the end of the file, and nobody shall take it for zeros. */
    return got >= 0 && (size_t)got < size && (uint64_t)got < left ? -EIO : got;
}

static int archive_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info)
{
    (void)want;
    const struct open_entry *entry = *fs_file_slot(fs, file);
    node_info(&object_of(fs)->archive, entry->node, info);
    return 0;
}

const struct fs_table archive_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_READ_ONLY | FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_CACHEABLE,
    .name = "archive",
    .close = archive_close,
    .getinfo = archive_getinfo,
    .scandir = archive_scandir,
    .open = archive_file_open,
    .f_close = archive_f_close,
    .f_pread = archive_f_pread,
    .f_getinfo = archive_f_getinfo,
    .readlink = archive_readlink,
    .statfs = archive_statfs,
    .getmeta = archive_getmeta,
};
