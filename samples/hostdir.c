// SPDX-License-Identifier: MIT
/*
 * Names and paths of the mirror sample.
 *
 * A character that only one side allows is a private one on the other (U+F000 + its code, as with Cygwin and
 * Samba); so is a byte that is not part of valid UTF-8. An entry whose name would not come back the same way
 * is not shown.
 *
 * Paths are always opened beneath the root's descriptor: by openat2 where the kernel has it, otherwise
 * component by component without following symlinks.
 */
#include "hostdir.h"

#include <dirent.h>
#include <dokan/dokan_ex.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MASK 0xF000u

/* ---- names ------------------------------------------------------------------------------------------- */

/* Bytes that a host name may hold and a name in the volume may not. */
static bool is_masked(unsigned char byte)
{
    return byte > 0 && (byte < 0x20 || strchr("\"*:<>?\\|", byte));
}

static bool is_mask(WCHAR unit)
{
    return unit > MASK && unit <= (MASK | 0xFF) && ((unit & 0xFF) >= 0x80 || is_masked((unsigned char)unit));
}

/* Host form of the character at `name`; returns its bytes, 0 for a character that no path can hold. */
static size_t put_character(LPCWSTR name, size_t units, char out[4])
{
    if (*name < 0x80 || is_mask(*name)) {
        *out = *name == u'\\' ? '/' : (char)*name;
        return *name == u'/' ? 0 : 1;
    }
    char bytes[5];
    size_t length = DokanUtf16ToUtf8(name, units, bytes, sizeof bytes);
    memcpy(out, bytes, length);
    return length;
}

static size_t character_units(LPCWSTR name)
{
    return (name[0] & 0xFC00) == 0xD800 && (name[1] & 0xFC00) == 0xDC00 ? 2 : 1;
}

static bool has_dots(const char *path)
{
    for (size_t length; *path; path += length + (path[length] == '/')) {
        length = strcspn(path, "/");
        if (length == 0 || (length <= 2 && strncmp(path, "..", length) == 0))
            return true;
    }
    return false;
}

int hostdir_path(LPCWSTR name, char out[PATH_MAX])
{
    size_t length = 0;
    while (*name == u'\\')
        name++;
    while (*name) {
        size_t units = character_units(name);
        if (length + 5 >= PATH_MAX)
            return -ENAMETOOLONG;
        size_t bytes = put_character(name, units, out + length);
        if (bytes == 0)
            return -EILSEQ;
        name += units;
        length += bytes;
    }
    out[length] = 0;
    if (has_dots(out))
        return -EILSEQ;
    if (length == 0)
        memcpy(out, ".", 2);
    return 0;
}

/* Units of the UTF-8 character at `text`, which becomes `out`; a stray byte becomes its mask. */
static size_t get_character(const char *text, WCHAR out[3], size_t *bytes)
{
    unsigned char first = (unsigned char)*text;
    *bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    *bytes = strnlen(text, *bytes);
    if (first < 0x80) {
        *out = is_masked(first) ? (WCHAR)(MASK | first) : first;
        return 1;
    }
    SIZE_T units = DokanUtf8ToUtf16(text, *bytes, out, 3);
    if (units != DOKAN_MALFORMED)
        return units;
    *out = (WCHAR)(MASK | first);
    *bytes = 1;
    return 1;
}

bool hostdir_name(const char *entry, WCHAR out[MAX_PATH])
{
    char back[PATH_MAX];
    size_t length = 0;
    for (const char *at = entry; *at;) {
        size_t bytes;
        if (length >= 255)
            return false;
        length += get_character(at, out + length, &bytes);
        at += bytes;
    }
    out[length] = 0;
    return length <= 255 && hostdir_path(out, back) == 0 && strcmp(back, entry) == 0;
}

/* ---- opening ----------------------------------------------------------------------------------------- */

static int open2(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd;
    int tries = 0;
    do /* EAGAIN: a rename came in between */
        fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 100)));
    if (fd < 0)
        return errno == EXDEV || errno == ELOOP ? -EACCES : -errno;
    return (int)fd;
}

static int open_in(int dir, const char *name, int flags)
{
    int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return errno == ELOOP ? -EACCES : -errno;
    /* With O_PATH a symlink is opened and not refused. */
    if ((flags & O_PATH) && !(flags & O_NOFOLLOW) && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
        close(fd);
        return -EACCES;
    }
    return fd;
}

static int walk(int root, const char *path, int flags)
{
    char name[NAME_MAX + 1];
    int dir = root;
    for (;;) {
        size_t length = strcspn(path, "/");
        bool last = path[length] == 0;
        int next = -ENAMETOOLONG;
        if (length <= NAME_MAX) {
            memcpy(name, path, length);
            name[length] = 0;
            next = open_in(dir, name, last ? flags : O_PATH | O_DIRECTORY);
        }
        if (dir != root)
            close(dir);
        if (last || next < 0)
            return next;
        dir = next;
        path += length + 1;
    }
}

int hostdir_open(const struct hostdir *root, const char *path, int flags)
{
    if (!(flags & O_PATH))
        flags |= O_NONBLOCK | O_NOCTTY;
    return root->no_openat2 ? walk(root->fd, path, flags) : open2(root->fd, path, flags);
}

int hostdir_init(struct hostdir *root, const char *path, bool case_sensitive)
{
    *root = (struct hostdir){.case_sensitive = case_sensitive};
    root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root->fd < 0)
        return errno;
    int probe = open2(root->fd, ".", O_PATH);
    root->no_openat2 = probe < 0;
    if (probe >= 0)
        close(probe);
    return 0;
}

int hostdir_reopen(int fd, int flags)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int again = open(link, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return again < 0 ? -errno : again;
}

int hostdir_parent(const struct hostdir *root, const char *path, const char **leaf)
{
    char parent[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    *leaf = slash ? slash + 1 : path;
    if (slash) {
        memcpy(parent, path, (size_t)(slash - path));
        parent[slash - path] = 0;
    }
    return hostdir_open(root, parent, O_PATH | O_DIRECTORY);
}

/* ---- finding ----------------------------------------------------------------------------------------- */

/* Searches `dir` for an entry that differs from `name` in case only. */
static bool find_entry(const struct hostdir *root, const char *dir, const char *name,
                       char found[NAME_MAX + 1])
{
    WCHAR wanted[MAX_PATH], have[MAX_PATH];
    int fd = hostdir_name(name, wanted) ? hostdir_open(root, dir, O_RDONLY | O_DIRECTORY) : -1;
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    bool match = false;
    if (!list) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (struct dirent *entry; !match && (entry = readdir(list));) {
        match = hostdir_name(entry->d_name, have) && DokanWcsicmp(wanted, have) == 0;
        if (match)
            strcpy(found, entry->d_name);
    }
    closedir(list);
    return match;
}

/* Adds the host's spelling of `name` to `path`. False if there is nothing of that name. */
static bool spell_component(const struct hostdir *root, char path[PATH_MAX], const char *name)
{
    char found[NAME_MAX + 1];
    size_t length = strlen(path), add = strlen(name);
    if (length + NAME_MAX + 2 > PATH_MAX || add > NAME_MAX)
        return false;
    if (length > 0)
        strcat(path, "/");
    strcat(path, name);
    int fd = hostdir_open(root, path, O_PATH | O_NOFOLLOW);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    path[length] = 0;
    if (fd != -ENOENT || !find_entry(root, length > 0 ? path : ".", name, found))
        return false;
    if (length > 0)
        strcat(path, "/");
    strcat(path, found);
    return true;
}

/* Gives a path the host's spelling as far as it exists. */
static bool spell(const struct hostdir *root, char path[PATH_MAX])
{
    char spelled[PATH_MAX] = "", name[PATH_MAX];
    const char *at = path;
    while (*at) {
        size_t length = strcspn(at, "/");
        memcpy(name, at, length);
        name[length] = 0;
        if (!spell_component(root, spelled, name))
            break;
        at += length + (at[length] == '/');
    }
    bool whole = *at == 0;
    if (!whole && strlen(spelled) + strlen(at) + 2 > PATH_MAX)
        return false;
    if (!whole && *spelled)
        strcat(spelled, "/");
    if (!whole)
        strcat(spelled, at);
    strcpy(path, spelled);
    return whole;
}

/* The thing, or the symlink itself where it leads nowhere that can be shown. */
static int open_thing(const struct hostdir *root, const char *path, bool itself)
{
    int fd = hostdir_open(root, path, itself ? O_PATH | O_NOFOLLOW : O_PATH);
    if (itself)
        return fd;
    if (fd == -ENOENT || fd == -ENOTDIR || fd == -EACCES) {
        int link = hostdir_open(root, path, O_PATH | O_NOFOLLOW);
        struct stat st;
        if (link >= 0 && fstat(link, &st) == 0 && S_ISLNK(st.st_mode))
            return link;
        if (link >= 0)
            close(link);
    }
    return fd;
}

int hostdir_find(const struct hostdir *root, LPCWSTR name, bool itself, char path[PATH_MAX], struct stat *st)
{
    const char *leaf;
    int bad = hostdir_path(name, path);
    if (bad)
        return bad;
    int fd = open_thing(root, path, itself);
    if (fd == -ENOENT && !root->case_sensitive && spell(root, path))
        fd = open_thing(root, path, itself);
    if (fd >= 0 && st && fstat(fd, st) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    if (fd == -ENOENT) {
        int parent = hostdir_parent(root, path, &leaf);
        if (parent < 0)
            return -ENOTDIR;
        close(parent);
    }
    return fd;
}
