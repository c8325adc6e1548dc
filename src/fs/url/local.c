// SPDX-License-Identifier: MIT
/*
 * Plain paths of this machine: the home folder for `~`, and which part of a text with `!` in it is the file.
 * What exists as it stands always wins; nothing is decoded.
 */
#include "fs/url/place.h"

#include "base/cleanup.h"
#include "fs/url/near.h"
#include "fs/url/registry.h"
#include "fs/url/url.h"
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>

enum { PASSWD_BUFFER = 16384, NEAR_ENTRIES_MAX = 20000 };

static int home_of(const char *user, char *out, size_t size, struct fs_error *error)
{
    CLEANUP_FREE char *buf = malloc(PASSWD_BUFFER);
    struct passwd record, *found = NULL;
    const char *home = *user ? NULL : getenv("HOME");
    if (!buf)
        return fs_fail(error, -ENOMEM, "out of memory");
    if (home && *home == '/') {
        snprintf(out, size, "%s", home);
        return 0;
    }
    if (*user)
        getpwnam_r(user, &record, buf, PASSWD_BUFFER, &found);
    else
        getpwuid_r(getuid(), &record, buf, PASSWD_BUFFER, &found);
    if (!found)
        return fs_fail(error, -ENOENT, "no home folder for '~%s'; write ./~ for a file of that name", user);
    snprintf(out, size, "%s", found->pw_dir);
    return 0;
}

/* `~` and `~user` at the beginning of a text. */
static int expand(const char *text, char **out, struct fs_error *error)
{
    char home[PATH_MAX] = "", user[64];
    size_t length = text[0] == '~' ? strcspn(text, "/!") : 0;
    if (length > sizeof user)
        return fs_fail(error, -ENOENT, "no home folder for such a long user name");
    if (length) {
        snprintf(user, sizeof user, "%.*s", (int)length - 1, text + 1);
        int rc = home_of(user, home, sizeof home, error);
        if (rc)
            return rc;
    }
    if (asprintf(out, "%s%s", home, text + length) < 0) {
        *out = NULL;
        return fs_fail(error, -ENOMEM, "out of memory");
    }
    return 0;
}

static int make_absolute(const char *path, char *out)
{
    size_t length = 0;
    if (path[0] != '/') {
        if (!getcwd(out, PATH_MAX - 1))
            return -errno;
        length = strlen(out);
        if (length > 1)
            out[length++] = '/';
    }
    if (length + strlen(path) >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(out + length, path, strlen(path) + 1);
    return 0;
}

static int look(const char *path, struct local *out)
{
    int rc = make_absolute(*path ? path : ".", out->path);
    if (rc)
        return rc;
    char *real = realpath(out->path, NULL);
    if (!real)
        return -errno;
    snprintf(out->path, sizeof out->path, "%s", real);
    free(real);
    return stat(out->path, &out->st) ? -errno : 0;
}

/* ---- what is wrong ---------------------------------------------------------------------------------- */

static void offer_folder(const char *path, struct near *near)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", (int)fs_path_parent(path), path);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    for (int i = 0; dir && i < NEAR_ENTRIES_MAX && (entry = readdir(dir)); i++)
        if (entry->d_name[0] != '.')
            near_offer(near, entry->d_name);
    if (dir)
        closedir(dir);
}

/* The longest part of a path that exists and is no directory: "/x.zip" of "/x.zip/inner". */
static bool file_in_way(char *path)
{
    struct stat st;
    for (size_t length = fs_path_parent(path); length > 1; length = fs_path_parent(path)) {
        path[length] = 0;
        if (stat(path, &st) == 0)
            return !S_ISDIR(st.st_mode);
    }
    return false;
}

/* "zpi:photos.zip" */
static bool near_scheme(const char *text, char *buf, size_t size)
{
    char scheme[URL_SCHEME_MAX + 1];
    struct near near;
    size_t length = strcspn(text, ":");
    if (!text[length] || !url_scheme_ok(text, length))
        return false;
    snprintf(scheme, sizeof scheme, "%.*s", (int)length, text);
    near_start(&near, scheme);
    registry_near(&near, NULL);
    if (near.name[0])
        snprintf(buf, size, "; did you mean '%s:'?", near.name);
    return near.name[0];
}

static int missing(const char *text, const char *path, const char *shown, struct fs_error *error)
{
    char hint[NEAR_MAX + 32];
    struct near near;
    near_start(&near, fs_path_name(path));
    offer_folder(path, &near);
    const char *query = strchr(text, '?') ? "; parameters behind '?' need the long form, zip://FILE?..." : "";
    if (near.name[0] || !near_scheme(text, hint, sizeof hint))
        near_text(&near, query, hint, sizeof hint);
    return fs_fail(error, -ENOENT, "no such file or directory: %.700s%s", shown, hint);
}

static int not_found(const char *text, const struct local *local, int rc, struct fs_error *error)
{
    CLEANUP_SHOWN char *shown = url_shown(text);
    if (rc == -ENOTDIR) {
        char path[PATH_MAX];
        memcpy(path, local->path, sizeof path);
        return file_in_way(path) ? fs_fail(error, rc,
                                           "%.300s: '%.300s' is a file; write '!' behind an archive: "
                                           "%.100s!/...",
                                           shown, path, fs_path_name(path))
                                 : fs_fail(error, rc, "%.600s: %s", shown, strerror(-rc));
    }
    if (rc != -ENOENT)
        return fs_fail(error, rc, "%.600s: %s", shown, strerror(-rc));
    return missing(text, local->path, shown, error);
}

/* ---- finding ---------------------------------------------------------------------------------------- */

/* Tries all of it, then what stands before the last `!`, and so on. *end is where it was cut. */
static int look_split(char *path, struct local *out, size_t *end)
{
    int rc = look(path, out);
    for (char *cut; rc && (cut = strrchr(path, '!'));) {
        *cut = 0;
        *end = (size_t)(cut - path);
        rc = look(path, out);
    }
    return rc;
}

int local_find(const char *text, bool split, struct local *out, struct fs_error *error)
{
    CLEANUP_FREE char *path = NULL;
    memset(out, 0, sizeof *out);
    int rc = expand(text, &path, error);
    if (rc || !path)
        return rc;
    size_t length = strlen(path), end = length;
    rc = split ? look_split(path, out, &end) : look(path, out);
    if (rc)
        return not_found(text, out, rc, error);
    if (end < length)
        out->rest = text + strlen(text) - (length - end) + 1;
    return 0;
}

bool local_exists(const char *text)
{
    struct local local;
    CLEANUP_FREE char *path = strdup(text);
    size_t end = 0;
    return path && look_split(path, &local, &end) == 0;
}
