// SPDX-License-Identifier: MIT
/*
 * The folder of index files: $DOKAN_FS_CACHE, else $XDG_CACHE_HOME/dokan, else ~/.cache/dokan; 0700 and ours,
 * or it is not used. Several processes may work in it at once: files come by rename and go by unlink.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* as in bytes.c */
#include "fs/archive/index.h"

#include "base/cleanup.h"
#include "base/io.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX ".index"

enum { FILES_MAX = 65536, LEFTOVER_SECONDS = 3600 };

static const char *home(void)
{
    const char *name = secure_getenv("HOME");
    if (name && name[0] == '/')
        return name;
    const struct passwd *user = getpwuid(geteuid());
    return user ? user->pw_dir : NULL;
}

static const char *absolute_env(const char *key)
{
    const char *value = secure_getenv(key);
    return value && value[0] == '/' ? value : NULL;
}

static int cache_folder(char **out)
{
    const char *given = absolute_env("DOKAN_FS_CACHE");
    const char *base = absolute_env("XDG_CACHE_HOME");
    if (given)
        return (*out = strdup(given)) ? mkdir_private(given) : -ENOMEM;
    int rc = 0;
    if (base) {
        rc = asprintf(out, "%s/dokan", base);
    } else {
        const char *user = home();
        rc = user ? asprintf(out, "%s/.cache/dokan", user) : -ENOENT;
    }
    if (rc < 0) {
        *out = NULL;
        return rc == -ENOENT ? rc : -ENOMEM;
    }
    char *slash = strrchr(*out, '/');
    *slash = 0;
    (void)mkdir(*out, 0700);
    *slash = '/';
    return mkdir_private(*out);
}

static int hash_name(const struct bytes_identity *identity, const char *format, char hex[33])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX sum;
    struct {
        struct bytes_identity identity;
        char format[32];
    } of = {.identity = *identity};
    memcpy(of.format, format, strnlen(format, sizeof of.format - 1));
    if (!SHA256_Init(&sum) || !SHA256_Update(&sum, &of, sizeof of) || !SHA256_Final(digest, &sum))
        return -ENOMEM;
    for (int i = 0; i < 16; i++)
        snprintf(hex + i * 2, 3, "%02x", digest[i]);
    return 0;
}

int index_name(const char *where, const struct bytes_identity *identity, const char *format, char **out)
{
    CLEANUP_FREE char *folder = NULL;
    char hex[33];
    struct stat st;
    int rc = hash_name(identity, format, hex);
    if (rc == 0 && strcmp(where, "auto") == 0) {
        rc = cache_folder(&folder);
    } else if (rc == 0) {
        folder = strdup(where);
        rc = !folder ? -ENOMEM : stat(where, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
    }
    if (rc)
        return rc;
    return asprintf(out, "%s/%s" SUFFIX, folder, hex) < 0 ? -ENOMEM : 0;
}

void index_touch(const char *file)
{
    (void)utimensat(AT_FDCWD, file, NULL, AT_SYMLINK_NOFOLLOW);
}

/* ---- trimming ----------------------------------------------------------------------------------------- */

struct kept {
    char name[64];
    struct timespec used;
    uint64_t size;
};

struct folder {
    DIR *dir;
    struct kept *files;
    size_t count, room;
    uint64_t total;
};

static void folder_close(struct folder *folder)
{
    if (folder->dir)
        closedir(folder->dir);
    free(folder->files);
}

static int by_use(const void *pa, const void *pb)
{
    const struct timespec *a = &((const struct kept *)pa)->used, *b = &((const struct kept *)pb)->used;
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

static void note_file(struct folder *folder, const char *name, const struct stat *st)
{
    if (folder->count == folder->room) {
        size_t room = folder->room ? folder->room * 2 : 64;
        struct kept *files = room > FILES_MAX ? NULL : realloc(folder->files, room * sizeof *files);
        if (!files)
            return;
        folder->files = files;
        folder->room = room;
    }
    struct kept *file = &folder->files[folder->count++];
    snprintf(file->name, sizeof file->name, "%s", name);
    file->used = st->st_mtim;
    file->size = (uint64_t)st->st_size;
    folder->total += file->size;
}

/* Only names that this file gives: 32 digits, the suffix, and six letters while it is written. */
static void look_at(struct folder *folder, const char *name)
{
    struct stat st;
    const size_t digits = 32, suffix = strlen(SUFFIX);
    size_t length = strlen(name);
    if (strspn(name, "0123456789abcdef") != digits || strncmp(name + digits, SUFFIX, suffix) != 0 ||
        fstatat(dirfd(folder->dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return;
    if (length == digits + suffix)
        note_file(folder, name, &st);
    else if (length == digits + suffix + 7 && name[digits + suffix] == '.' &&
             st.st_mtim.tv_sec + LEFTOVER_SECONDS < time(NULL))
        unlinkat(dirfd(folder->dir), name, 0);
}

void index_trim(const char *file, uint64_t keep)
{
    __attribute__((cleanup(folder_close))) struct folder folder = {0};
    CLEANUP_FREE char *path = strdup(file);
    if (!path)
        return;
    *strrchr(path, '/') = 0;
    folder.dir = opendir(*path ? path : "/");
    if (!folder.dir)
        return;
    for (const struct dirent *entry; (entry = readdir(folder.dir));)
        look_at(&folder, entry->d_name);
    if (folder.count)
        qsort(folder.files, folder.count, sizeof *folder.files, by_use);
    for (size_t i = 0; i < folder.count && folder.total > keep; i++) {
        unlinkat(dirfd(folder.dir), folder.files[i].name, 0);
        folder.total -= folder.files[i].size;
    }
}
