// SPDX-License-Identifier: MIT
/*
 * Parsing and spelling of mount points. drive.c holds the reservation of letters.
 */
#include "api/mountpoint.h"
#include "api/drive.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "base/utf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what a text means -------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

struct mountpoint_name mountpoint_classify(const char *text)
{
    static const char prefix[] = "\\DosDevices\\";
    if (strncmp(text, prefix, sizeof prefix - 1) == 0)
        text += sizeof prefix - 1;
    struct mountpoint_name name = {*text ? MOUNTPOINT_PATH : MOUNTPOINT_NONE, 0, text};
    if (!is_letter(text[0]))
        return name;
    const char *rest = text + 1;
    bool colon = *rest == ':';
    rest += colon;
    bool separated = colon && is_separator(*rest);
    while (separated && is_separator(*rest))
        rest++;
    if (*rest && !separated)
        return name;
    name.form = *rest ? MOUNTPOINT_BELOW_DRIVE : MOUNTPOINT_DRIVE;
    name.letter = (char)(text[0] & ~0x20);
    name.rest = rest;
    return name;
}

/* ---- spellings of a path ------------------------------------------------------------------------------ */

__attribute__((format(printf, 3, 4))) static int print(char *out, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out, size, fmt, args);
    va_end(args);
    return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* Absolute, without empty and "." components and without a separator at the end. ".." stays. */
static int absolute(const char *path, char *out, size_t size)
{
    char cwd[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] != '/' && !getcwd(cwd, sizeof cwd))
        return -errno;
    int rc = print(whole, sizeof whole, "%s%s%s", path[0] == '/' ? "" : cwd, path[0] == '/' ? "" : "/", path);
    size_t len = strlen(whole), n = 0;
    while (rc == 0 && len > 1 && is_separator(whole[len - 1]))
        whole[--len] = 0;
    char *save = NULL;
    for (char *part = strtok_r(whole, "/", &save); rc == 0 && part; part = strtok_r(NULL, "/", &save)) {
        if (strcmp(part, ".") == 0)
            continue;
        rc = print(out + n, size - n, "/%s", part);
        n += rc ? 0 : strlen(out + n);
    }
    return rc || n ? rc : print(out, size, "/");
}

int mountpoint_resolve(const char *path, char *out, size_t size)
{
    char link[64];
    CLEANUP_FD int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, size);
    if (n < 0 || (size_t)n >= size)
        return n < 0 ? -errno : -ENAMETOOLONG;
    out[n] = 0;
    return 0;
}

/* The real path of the parent, and the last component as it is. */
static int resolve_parent(const char *path, char *out, size_t size)
{
    char copy[PATH_MAX], parent[PATH_MAX];
    int rc = print(copy, sizeof copy, "%s", path);
    char *slash = strrchr(copy, '/');
    if (rc || !slash || slash[1] == 0 || strcmp(slash, "/..") == 0)
        return rc ? rc : -EINVAL;
    *slash = 0;
    rc = mountpoint_resolve(*copy ? copy : "/", parent, sizeof parent);
    return rc ? rc : print(out, size, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, slash + 1);
}

/* ---- inside a drive ----------------------------------------------------------------------------------- */

/* How well a mount fits a letter: the drive of our own environment, another one of ours; not one of another
 * user, whom root too must name by its path. */
static int fitness(const struct registry_record *record, const char *own_path)
{
    if (strcmp(record->path, own_path) == 0)
        return record->owner == geteuid() ? 3 : 0;
    return record->owner == geteuid() ? 2 : 0;
}

static const struct registry_record *find_letter(char letter, const struct registry_record *list,
                                                 size_t count)
{
    const struct registry_record *found = NULL;
    char own_path[PATH_MAX] = "";
    int best = 0;
    drive_path(letter, own_path, sizeof own_path);
    for (size_t i = 0; i < count; i++) {
        int fits = list[i].letter[0] == letter ? fitness(&list[i], own_path) : 0;
        if (fits > best) {
            best = fits;
            found = &list[i];
        }
    }
    return found;
}

/* Appends one component of an NT path under its Linux name. */
static int append_component(const char *text, size_t len, char *out, size_t size)
{
    WCHAR wide[NAME_MAX_UNITS];
    char bytes[NAME_MAX_BYTES];
    ptrdiff_t units = utf8_to_utf16(text, len, wide, NAME_MAX_UNITS);
    if (units <= 0)
        return -EINVAL;
    ptrdiff_t n = name_to_linux(wide, (size_t)units, bytes, sizeof bytes, 0);
    if (n < 0)
        return (int)n;
    size_t at = strlen(out);
    return print(out + at, size - at, "/%.*s", (int)n, bytes);
}

static int path_below(const char *folder, const char *rest, char *out, size_t size)
{
    int rc = print(out, size, "%s", folder);
    while (rc == 0 && *rest) {
        size_t len = strcspn(rest, "/\\");
        if (len)
            rc = append_component(rest, len, out, size);
        rest += len;
        rest += strspn(rest, "/\\");
    }
    return rc;
}

/* ---- public ------------------------------------------------------------------------------------------- */

const struct registry_record *mountpoint_find(const char *text, const struct registry_record *list,
                                              size_t count)
{
    struct mountpoint_name name = mountpoint_classify(text);
    char spelling[3][PATH_MAX];
    if (name.form == MOUNTPOINT_NONE)
        return NULL;
    if (name.form == MOUNTPOINT_DRIVE)
        return find_letter(name.letter, list, count);
    int rc[3] = {-ENOENT, -ENOENT, -ENOENT};
    if (name.form == MOUNTPOINT_BELOW_DRIVE) {
        const struct registry_record *drive = find_letter(name.letter, list, count);
        if (drive)
            rc[0] = path_below(drive->path, name.rest, spelling[0], PATH_MAX);
    } else {
        rc[0] = absolute(name.rest, spelling[0], PATH_MAX);
    }
    /* The text alone often decides; only then the parent is looked at, and the link behind the name last. */
    for (size_t step = 0; step < 3; step++) {
        if (step == 1 && rc[0] == 0)
            rc[1] = resolve_parent(spelling[0], spelling[1], PATH_MAX);
        if (step == 2 && rc[0] == 0)
            rc[2] = mountpoint_resolve(spelling[0], spelling[2], PATH_MAX);
        for (size_t i = count; rc[step] == 0 && i-- > 0;)
            if (strcmp(list[i].path, spelling[step]) == 0)
                return &list[i];
    }
    return NULL;
}

int mountpoint_path(const char *text, const struct registry_record *list, size_t count, char *out,
                    size_t size)
{
    struct mountpoint_name name = mountpoint_classify(text);
    const struct registry_record *record = mountpoint_find(text, list, count);
    if (record)
        return print(out, size, "%s", record->path);
    if (name.form == MOUNTPOINT_DRIVE)
        return drive_path(name.letter, out, size);
    if (name.form == MOUNTPOINT_PATH)
        return absolute(name.rest, out, size);
    record = name.form == MOUNTPOINT_BELOW_DRIVE ? find_letter(name.letter, list, count) : NULL;
    return record ? path_below(record->path, name.rest, out, size) : -ENOENT;
}

static int take_drive(char letter, bool choose, struct mountpoint *out, char *error, size_t size)
{
    int rc = letter ? drive_reserve(letter, out, error, size) : -EBUSY;
    if (rc != -EBUSY || !choose)
        return rc;
    for (char other = 'D'; rc == -EBUSY && other <= 'Z'; other++)
        rc = drive_reserve(other, out, error, size);
    if (rc == -EBUSY)
        print(error, size, "every drive letter from D to Z is in use");
    return rc;
}

/* The list of mounts is read only for what lies in one of them. */
static int take_path(const char *text, bool below_drive, struct mountpoint *out, char *error, size_t size)
{
    struct registry_record *list = NULL;
    size_t count = 0;
    char path[PATH_MAX], resolved[PATH_MAX];
    int rc = below_drive ? registry_list(&list, &count) : 0;
    rc = rc ? rc : mountpoint_path(text, list, count, path, sizeof path);
    free(list);
    if (rc == -ENOENT)
        print(error, size, "%s lies in a drive that is not mounted", text);
    else if (rc)
        print(error, size, "%s is not usable as a mount point: %s", text, strerror(-rc));
    if (rc)
        return rc;
    out->path = strdup(mountpoint_resolve(path, resolved, sizeof resolved) == 0 ? resolved : path);
    return out->path ? 0 : -ENOMEM;
}

int mountpoint_take(const char *text, bool choose, struct mountpoint *out, char *error, size_t size)
{
    *out = (struct mountpoint){.lock = -1};
    struct mountpoint_name name = mountpoint_classify(text);
    if (name.form == MOUNTPOINT_NONE && !choose) {
        print(error, size, "no mount point given: name a drive (M:) or an empty folder");
        return -EINVAL;
    }
    if (name.form == MOUNTPOINT_NONE || name.form == MOUNTPOINT_DRIVE)
        return take_drive(name.letter, choose, out, error, size);
    return take_path(text, name.form == MOUNTPOINT_BELOW_DRIVE, out, error, size);
}

void mountpoint_release(struct mountpoint *mp)
{
    drive_release(mp);
    free(mp->path);
    mp->path = NULL;
}

void mountpoint_forget(struct mountpoint *mp)
{
    if (mp->lock >= 0)
        close(steal_fd(&mp->lock));
}
