// SPDX-License-Identifier: MIT
/*
 * Mount points before and after: what can be said of one before it is used, a free letter, and what the
 * library's refusal means. Nothing here decides: between a look and the mount anything may happen, and the
 * mount itself is the judge.
 */
#include "fs/mount/mount_i.h"

#include "base/cleanup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the list of mounts ---------------------------------------------------------------------------- */

/* One mount of the list. */
struct listed {
    char letter;
    char path[PATH_MAX];
    pid_t pid;
    ULONG64 volume;
};

/* `\\` and `\n` are the list's own. */
static void unescape(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (; *text && n + 1 < size; text++) {
        bool escaped = *text == '\\' && text[1];
        text += escaped;
        out[n++] = escaped && *text == 'n' ? '\n' : *text;
    }
    out[n] = 0;
}

static void take_line(struct listed *entry, const char *line)
{
    const char *value = strchr(line, ' ');
    size_t key = value ? (size_t)(value++ - line) : 0;
    if (key == 5 && strncmp(line, "drive", key) == 0)
        entry->letter = *value;
    else if (key == 4 && strncmp(line, "path", key) == 0)
        unescape(entry->path, sizeof entry->path, value);
    else if (key == 3 && strncmp(line, "pid", key) == 0)
        entry->pid = (pid_t)strtol(value, NULL, 10);
    else if (key == 6 && strncmp(line, "volume", key) == 0)
        entry->volume = strtoull(value, NULL, 10);
}

/* Until `visit` says true. */
static void visit_mounts(bool (*visit)(const struct listed *entry, void *arg), void *arg)
{
    char *reply = NULL;
    struct listed entry = {0};
    bool stop = !DokanControl(NULL, "list", &reply);
    for (char *line = reply, *end; !stop && line && *line; line = end) {
        end = strchrnul(line, '\n');
        bool last = *end == 0;
        *end = 0;
        if (*line)
            take_line(&entry, line);
        if (!*line || last || end[1] == 0) {
            stop = entry.path[0] && visit(&entry, arg);
            entry = (struct listed){0};
        }
        end += !last;
    }
    DokanFreeReply(reply);
}

struct search {
    ULONG64 volume;
    const char *path;
    char letter;
    bool found;
    unsigned taken; /* letters, bit 0 is A */
};

static bool find_volume(const struct listed *entry, void *arg)
{
    struct search *search = arg;
    search->found = entry->pid == getpid() && entry->volume == search->volume;
    search->letter = entry->letter;
    return search->found;
}

bool point_listed(ULONG64 volume, char *letter)
{
    struct search search = {.volume = volume};
    visit_mounts(find_volume, &search);
    *letter = search.found ? search.letter : 0;
    return search.found;
}

static bool find_path(const struct listed *entry, void *arg)
{
    struct search *search = arg;
    search->found = search->letter ? entry->letter == search->letter : strcmp(entry->path, search->path) == 0;
    return search->found;
}

static bool collect_letter(const struct listed *entry, void *arg)
{
    struct search *search = arg;
    if (entry->letter >= 'A' && entry->letter <= 'Z')
        search->taken |= 1u << (entry->letter - 'A');
    return false;
}

char point_free_letter(void)
{
    static const char order[] = "MNOPQRSTUVWXYZDEFGHIJKL";
    struct search search = {0};
    visit_mounts(collect_letter, &search);
    for (const char *letter = order; *letter; letter++)
        if (!(search.taken & 1u << (*letter - 'A')))
            return *letter;
    return 0;
}

/* ---- texts ----------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

/* The letter of `Q`, `Q:`, `Q:\`; with `below` of `Q:\more`. 0: something else. */
static char drive_letter(const char *path, bool below)
{
    size_t colon = is_letter(path[0]) && path[1] == ':';
    const char *rest = path + 1 + colon;
    if (!is_letter(path[0]) || (*rest && (!colon || !is_separator(*rest))))
        return 0;
    while (is_separator(*rest))
        rest++;
    return (*rest != 0) == below ? (char)(path[0] & ~0x20) : 0;
}

/* Where a backslash swallowed a letter: "Q:\test" in a program's text. */
static int refuse_control(const char *path, struct fs_error *error)
{
    static const char letters[] = "abtnvfr"; /* of 7 to 13 */
    char meant[256];
    size_t n = 0;
    for (; *path && n + 3 < sizeof meant; path++) {
        unsigned char c = (unsigned char)*path;
        if (c < 32 || c == 127)
            meant[n++] = '\\';
        meant[n++] = c >= 7 && c <= 13 ? letters[c - 7] : c < 32 || c == 127 ? '?' : (char)c;
    }
    meant[n] = 0;
    return fs_fail(
        error, -EINVAL,
        "the mount point holds a control character; did you mean %s? In a program's text a backslash "
        "is written twice",
        meant);
}

static bool has_control(const char *path)
{
    for (; *path; path++)
        if ((unsigned char)*path < 32 || *path == 127)
            return true;
    return false;
}

/* ---- before ---------------------------------------------------------------------------------------- */

static bool is_mounted(const char *path, char letter)
{
    struct search search = {.path = path, .letter = letter};
    visit_mounts(find_path, &search);
    return search.found;
}

static int check_directory(const char *path, struct fs_error *error)
{
    char real[PATH_MAX], link[64];
    CLEANUP_FD int fd =
        open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); /* asks nothing of what is mounted there */
    int rc = fd < 0 ? -errno : 0;
    if (rc == -ENOENT)
        return fs_fail(error, rc,
                       "%s does not exist; make the directory first, or name a drive such as Q:", path);
    if (rc)
        return fs_fail(error, rc, "%s cannot be a mount point: %s", path, strerror(-rc));
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, real, sizeof real - 1);
    real[n > 0 ? n : 0] = 0;
    if (is_mounted(real, 0))
        return fs_fail(error, -EBUSY, "something is mounted on %s; unmount it first: dokanctl unmount %s",
                       path, path);
    return 0;
}

static int check_below(const char *path, struct fs_error *error)
{
    char *real = NULL;
    BOOL known = DokanControl(path, "path", &real);
    int rc = known && real ? check_directory(real, error)
                           : fs_fail(error, -ENOENT, "%s lies in a drive that is not mounted", path);
    DokanFreeReply(real);
    return rc;
}

int point_check(const char *path, struct fs_error *error)
{
    if (!path)
        return 0;
    if (!*path)
        return fs_fail(error, -EINVAL, "no mount point given: name a drive (Q:) or an empty directory");
    if (has_control(path))
        return refuse_control(path, error);
    if (strlen(path) >= PATH_MAX || DokanUtf8ToUtf16(path, DOKAN_TERMINATED, NULL, 0) == DOKAN_MALFORMED)
        return fs_fail(error, -EINVAL, "the mount point is too long, or not UTF-8");
    char letter = drive_letter(path, false);
    if (letter && is_mounted(path, letter))
        return fs_fail(error, -EBUSY,
                       "drive %c: is in use; take another, or unmount it: dokanctl unmount %c:", letter,
                       letter);
    if (letter)
        return 0;
    return drive_letter(path, true) ? check_below(path, error) : check_directory(path, error);
}

/* ---- after ----------------------------------------------------------------------------------------- */

static bool has_entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned count = 0;
    while (dir && count <= 2 && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count > 2;
}

static int explain_refusal(const char *path, struct fs_error *error)
{
    int rc = point_check(path, error);
    if (rc)
        return rc;
    if (!path)
        return fs_fail(error, -EBUSY, "no drive could be mounted; the line above says why");
    if (!drive_letter(path, false) && has_entries(path))
        return fs_fail(error, -EBUSY, "%s is not empty; take an empty directory, or the option nonempty",
                       path);
    if (access("/dev/fuse", R_OK | W_OK) != 0)
        return fs_fail(error, -ENODEV, "/dev/fuse cannot be opened: %s", strerror(errno));
    return fs_fail(error, -EACCES, "nothing can be mounted on %s; the line above says why", path);
}

static int explain_options(const char *path, struct fs_error *error)
{
    int rc = point_check(path, error);
    return rc ? rc : fs_fail(error, -EINVAL, "bad mount options; the line above says which");
}

static int explain_no_way(const char *path, struct fs_error *error)
{
    if (access("/dev/fuse", F_OK) != 0)
        return fs_fail(error, -ENODEV,
                       "the kernel offers no way to mount: /dev/fuse is missing; modprobe fuse");
    return fs_fail(error, -ENODEV, "this user cannot mount anything; the line above says why");
}

int point_explain(int result, const char *path, struct fs_error *error)
{
    static const struct {
        int result;
        int (*explain)(const char *path, struct fs_error *error);
    } rows[] = {
        {DOKAN_DRIVER_INSTALL_ERROR, explain_no_way},
        {DOKAN_MOUNT_ERROR, explain_refusal},
        {DOKAN_MOUNT_POINT_ERROR, explain_options},
        {DOKAN_START_ERROR, explain_options},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].result == result)
            return rows[i].explain(path, error);
    return fs_fail(error, -ENOMEM, "the volume cannot start; the line above says why");
}
