// SPDX-License-Identifier: MIT
/*
 * Formats and filters from shared objects: every `*.so` in the folders of $DOKAN_FS_PLUGINS and in
 * FS_PLUGIN_DIR, in the order of the folders and of their names, once per process.
 *
 * A plugin is code that runs as us. So the folder, the folders above it and the file must belong to root or
 * to us, and nobody else may write to them (above the folder a sticky directory such as /tmp will do). What
 * is wrong with one is told once, and it is left out. A plugin is never unloaded.
 *
 * The lock is recursive: a plugin that asks for the list of formats while it is loaded sees what there is.
 */
#include "fs/url/registry.h"

#include "base/cleanup.h"
#include "fs/url/url.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLUGINS_MAX = 256 };

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static bool loaded;

struct seen {
    dev_t device;
    ino_t inode;
};
static struct seen seen[PLUGINS_MAX];
static size_t seen_count;

static bool ours(const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == geteuid();
}

static bool private(const struct stat *st)
{
    return ours(st) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* The folders above: who may rename one of them could put another in its place. */
static bool parents_safe(const char *folder)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s", folder);
    for (char *slash; (slash = strrchr(path, '/'));) {
        slash[slash == path] = 0;
        if (stat(path, &st) || !ours(&st) || (!private(&st) && !(st.st_mode & S_ISVTX)))
            return false;
        if (slash == path)
            return true;
    }
    return false;
}

static bool seen_before(const struct stat *st)
{
    for (size_t i = 0; i < seen_count; i++)
        if (seen[i].device == st->st_dev && seen[i].inode == st->st_ino)
            return true;
    if (seen_count < PLUGINS_MAX)
        seen[seen_count++] = (struct seen){st->st_dev, st->st_ino};
    return false;
}

/* ---- one plugin ------------------------------------------------------------------------------------- */

static int add_all(const struct fs_plugin *plugin)
{
    int first = 0;
    for (size_t i = 0; plugin->formats && plugin->formats[i]; i++) {
        int rc = registry_add_format(plugin->formats[i], true);
        first = first ? first : rc;
    }
    for (size_t i = 0; plugin->filters && plugin->filters[i]; i++) {
        int rc = registry_add_filter(plugin->filters[i], true);
        first = first ? first : rc;
    }
    return first;
}

static const char *use(void *handle)
{
    const struct fs_plugin *plugin = dlsym(handle, "fs_plugin");
    if (!plugin)
        return "it has no symbol fs_plugin";
    if (plugin->size < sizeof *plugin || plugin->version == 0)
        return "its fs_plugin is damaged";
    if (plugin->version > FS_API_VERSION)
        return "it was built for a later version; update this library";
    int rc = add_all(plugin);
    if (rc == -EEXIST)
        return "a name of it is taken; what is new in it is used";
    return rc ? "a format or filter of it is incomplete and was left out" : NULL;
}

static void load_file(const char *path, const struct fs_open_options *options)
{
    struct stat st;
    if (lstat(path, &st) || !S_ISREG(st.st_mode) || !private(&st)) {
        fs_warn(options,
                "plugin %s is not used: it must be a plain file that belongs to root or to you and that "
                "nobody else may change",
                path);
        return;
    }
    if (seen_before(&st))
        return;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char *problem = handle ? use(handle) : dlerror();
    if (problem)
        fs_warn(options, "plugin %s: %s", path, problem);
    if (handle)
        dlclose(handle);
}

/* ---- folders ---------------------------------------------------------------------------------------- */

static int is_plugin(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 3 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 3, ".so") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_each(const char *folder, const struct fs_open_options *options)
{
    struct dirent **list = NULL;
    int count = scandir(folder, &list, is_plugin, by_name);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name) < sizeof path)
            load_file(path, options);
        free(list[i]);
    }
    free(list);
}

static void load_folder(const char *name, bool asked, const struct fs_open_options *options)
{
    char folder[PATH_MAX];
    struct stat st;
    if (name[0] != '/' || !realpath(name, folder) || stat(folder, &st) || !S_ISDIR(st.st_mode)) {
        if (asked)
            fs_warn(options, "DOKAN_FS_PLUGINS: '%s' is not the absolute path of a folder", name);
        return;
    }
    if (private(&st) && parents_safe(folder))
        load_each(folder, options);
    else
        fs_warn(options,
                "plugins in %s are not used: the folder and those above it must belong to root or to you, "
                "and nobody else may write there",
                folder);
}

static void load_all(const struct fs_open_options *options)
{
    const char *asked = secure_getenv("DOKAN_FS_PLUGINS");
    CLEANUP_FREE char *folders = strdup(asked ? asked : "");
    char *save = NULL;
    for (char *one = folders ? strtok_r(folders, ":", &save) : NULL; one; one = strtok_r(NULL, ":", &save))
        load_folder(one, true, options);
    load_folder(FS_PLUGIN_DIR, false, options);
}

void plugins_load(const struct fs_open_options *options)
{
    LOCK_SCOPE(&lock);
    if (loaded)
        return;
    loaded = true;
    load_all(options);
}
