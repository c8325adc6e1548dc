// SPDX-License-Identifier: MIT
/*
 * `mem`: an empty tree in memory. mem.h says how it is laid out; here are the object as a whole, its limits,
 * its facts by path, and the format.
 */
#include "fs/format/mem.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int mem_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    struct mem *mem = mem_of(fs);
    struct mem_place place;
    (void)want;
    READ_SCOPE(&mem->tree);
    int rc = mem_find(mem, path, &place);
    if (rc || !place.node)
        return rc ? rc : -ENOENT;
    mem_node_info(place.node, info);
    return 0;
}

static void set_times(struct mem_node *node, const struct fs_info *info)
{
    const struct {
        uint32_t bit;
        int64_t value;
    } rows[MEM_TIMES] = {
        [MEM_ATIME] = {FS_INFO_ATIME, info->atime},
        [MEM_MTIME] = {FS_INFO_MTIME, info->mtime},
        [MEM_CTIME] = {FS_INFO_CTIME, info->ctime},
        [MEM_BTIME] = {FS_INFO_BTIME, info->btime},
    };
    for (int i = 0; i < MEM_TIMES; i++)
        if (info->valid & rows[i].bit)
            node->times[i] = rows[i].value;
}

static void set_facts(struct mem_node *node, const struct fs_info *info)
{
    mem_node_changed(node);
    if (info->valid & FS_INFO_MODE)
        node->mode = info->mode & 07777;
    if (info->valid & FS_INFO_OWNER) {
        node->uid = info->uid;
        node->gid = info->gid;
    }
    if (info->valid & FS_INFO_ATTRIBUTES)
        node->attributes = info->attributes & MEM_ATTRIBUTES;
    set_times(node, info);
}

static int mem_setinfo(struct fs *fs, const char *path, const struct fs_info *info)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    int rc = mem_hold(fs, path, &node);
    if (rc == 0)
        set_facts(node, info);
    return rc;
}

static int mem_f_setinfo(struct fs *fs, struct fs_file *file, const struct fs_info *info)
{
    set_facts(*fs_file_slot(fs, file), info);
    return 0;
}

static int mem_readlink(struct fs *fs, const char *path, char *buf, size_t size)
{
    MEM_NODE_SCOPE struct mem_node *node = NULL;
    int rc = mem_hold(fs, path, &node);
    if (rc)
        return rc;
    if (node->type != FS_TYPE_SYMLINK)
        return -EINVAL;
    if (node->size >= size)
        return -ERANGE;
    memcpy(buf, node->target, node->size + 1);
    return 0;
}

static int mem_statfs(struct fs *fs, struct fs_space *space)
{
    const struct mem *mem = mem_of(fs);
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t used = mem->bytes, files = mem->files;
    space->total = mem->max_bytes ? mem->max_bytes : machine;
    space->free = space->total > used ? space->total - used : 0;
    space->available = space->free;
    space->files = mem->max_files;
    space->files_free = mem->max_files > files ? mem->max_files - files : 0;
    space->name_max = FS_NAME_MAX;
    return 0;
}

static int mem_getmeta(struct fs *fs, const char *key, char *buf, size_t size)
{
    (void)fs;
    if (strcmp(key, "source") != 0)
        return -ENODATA;
    return snprintf(buf, size, "mem://") < (int)size ? 0 : -ERANGE;
}

/* Puts the names of a directory on a list, chained, and leaves it empty. */
static void take_names(struct mem_dir *dir, struct mem_name **list)
{
    for (uint32_t i = 0; i < dir->used; i++) {
        struct mem_name *name = dir->slots[i].name;
        if (!name)
            continue;
        name->chain = *list;
        *list = name;
    }
    mem_dir_free(dir);
}

/* Everything below the root, however deep. No file is open any more. */
static void free_tree(struct mem *mem)
{
    struct mem_name *list = NULL;
    take_names(&mem->root->dir, &list);
    while (list) {
        struct mem_name *name = list;
        list = name->chain;
        if (name->node->type == FS_TYPE_DIRECTORY)
            take_names(&name->node->dir, &list);
        mem_node_put(name->node);
        free(name);
    }
    mem_node_put(mem->root);
}

static int mem_close(struct fs *fs)
{
    struct mem *mem = mem_of(fs);
    free_tree(mem);
    pthread_rwlock_destroy(&mem->tree);
    free(mem);
    return 0;
}

static const struct fs_table mem_table = {
    .size = sizeof(struct fs_table),
    .version = FS_API_VERSION,
    .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE | FS_ATOMIC_RENAME | FS_CACHEABLE,
    .name = "mem",
    .close = mem_close,
    .getinfo = mem_getinfo,
    .scandir = mem_scandir,
    .open = mem_open,
    .f_close = mem_f_close,
    .f_pread = mem_f_pread,
    .f_pwrite = mem_f_pwrite,
    .f_truncate = mem_f_truncate,
    .f_getinfo = mem_f_getinfo,
    .f_setinfo = mem_f_setinfo,
    .makedir = mem_makedir,
    .remove = mem_remove,
    .removedir = mem_removedir,
    .rename = mem_rename,
    .setinfo = mem_setinfo,
    .readlink = mem_readlink,
    .symlink = mem_symlink,
    .link = mem_link,
    .getxattr = mem_getxattr,
    .setxattr = mem_setxattr,
    .listxattr = mem_listxattr,
    .removexattr = mem_removexattr,
    .statfs = mem_statfs,
    .getmeta = mem_getmeta,
};

static int mem_new(uint64_t max_bytes, uint64_t max_files, struct fs **out)
{
    struct mem *mem = calloc(1, sizeof *mem);
    if (!mem)
        return -ENOMEM;
    mem->tree = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    mem->seed = hash_seed();
    mem->uid = geteuid();
    mem->gid = getegid();
    int rc = mem_node_new(mem, FS_TYPE_DIRECTORY, 0755, &mem->root);
    if (rc == 0) {
        mem->root->links = 2;
        rc = fs_new(&mem_table, mem, NULL, out);
    }
    if (rc) {
        mem_node_put(mem->root);
        free(mem);
        return rc;
    }
    mem->max_bytes = max_bytes;
    mem->max_files = max_files;
    return 0;
}

int fs_memory_new(struct fs **fs)
{
    return fs ? mem_new(0, 0, fs) : -EINVAL;
}

static int mem_format_open(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    uint64_t max_bytes = 0, max_files = 0;
    int rc = fs_param_number(&request->params, "size", 4096, FS_SIZE_MAX, &max_bytes, error);
    if (rc == 0)
        rc = fs_param_number(&request->params, "files", 1, UINT32_MAX, &max_files, error);
    if (rc)
        return rc;
    rc = mem_new(max_bytes, max_files, fs);
    if (rc)
        return fs_fail(error, rc, "cannot make a tree in memory: %s", strerror(-rc));
    if (request->options->read_only)
        fs_set_flags(*fs, FS_READ_ONLY, 0);
    return 0;
}

static const char *const mem_schemes[] = {"mem", "memory", "ram", NULL};
static const struct fs_param_doc mem_params[] = {
    {"size", "BYTES", "most bytes that it holds, 4096 or more, with k, M, G, T; default: no limit"},
    {"files", "N", "most files, directories and links that it holds; default: no limit"},
    {NULL, NULL, NULL},
};

extern const struct fs_format format_mem;
const struct fs_format format_mem = {
    .size = sizeof(struct fs_format),
    .version = FS_API_VERSION,
    .schemes = mem_schemes,
    .summary = "a tree in memory, empty at first, gone when it is closed",
    .params = mem_params,
    .open = mem_format_open,
};
