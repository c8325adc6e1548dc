// SPDX-License-Identifier: MIT
/*
 * Reader of /proc/self/mountinfo and /proc/self/fdinfo/N. The table is read whole before it is parsed,
 * because the kernel only promises a consistent picture within one open. Lines that do not parse are skipped,
 * never trusted.
 */
#include "door/fuse/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_whole(const char *path, char **out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t cap = 16384, len = 0;
    char *text = malloc(cap);
    int rc = text ? 0 : -ENOMEM;
    while (rc == 0) {
        ssize_t n = read(fd, text + len, cap - len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = -errno;
        if (n <= 0)
            break;
        len += (size_t)n;
        if (len + 1 < cap)
            continue;
        char *grown = realloc(text, cap *= 2);
        if (!grown)
            rc = -ENOMEM;
        else
            text = grown;
    }
    close(fd);
    if (rc) {
        free(text);
        return rc;
    }
    text[len] = 0;
    *out = text;
    return 0;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Undoes the kernel's \ooo in place. */
static void unescape(char *s)
{
    char *to = s;
    for (; *s; to++) {
        if (s[0] == '\\' && is_octal(s[1]) && is_octal(s[2]) && is_octal(s[3])) {
            *to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
            s += 4;
        } else {
            *to = *s++;
        }
    }
    *to = 0;
}

/* `id parent major:minor root point options [tags...] - type source superoptions` */
static bool parse_line(char *line, struct mountinfo *m)
{
    char *save = NULL, *field[6];
    for (size_t i = 0; i < 6; i++) {
        field[i] = strtok_r(i ? NULL : line, " ", &save);
        if (!field[i])
            return false;
    }
    char *tag;
    do
        tag = strtok_r(NULL, " ", &save);
    while (tag && strcmp(tag, "-") != 0);
    if (!tag)
        return false;
    m->type = strtok_r(NULL, " ", &save);
    m->source = strtok_r(NULL, " ", &save);
    if (!m->type || !m->source || sscanf(field[2], "%u:%u", &m->major, &m->minor) != 2)
        return false;
    m->id = strtoull(field[0], NULL, 10);
    m->parent = strtoull(field[1], NULL, 10);
    m->point = field[4];
    unescape(m->point);
    unescape(m->type);
    unescape(m->source);
    return true;
}

int mountinfo_visit(bool (*visit)(const struct mountinfo *mount, void *arg), void *arg)
{
    char *text = NULL, *save = NULL;
    int rc = read_whole("/proc/self/mountinfo", &text);
    if (rc)
        return rc;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        struct mountinfo m;
        if (parse_line(line, &m) && !visit(&m, arg))
            break;
    }
    free(text);
    return 0;
}

struct state_search {
    const struct mount_identity *want;
    char *path; /* where it is */
    bool covered;
};

static bool look_for_mount(const struct mountinfo *m, void *arg)
{
    struct state_search *s = arg;
    if (m->id != s->want->id)
        return true;
    if (m->minor == s->want->minor && (s->want->unique || strcmp(m->point, s->want->point) == 0))
        s->path = strdup(m->point);
    return false;
}

static bool look_for_cover(const struct mountinfo *m, void *arg)
{
    struct state_search *s = arg;
    s->covered = m->parent == s->want->id && strcmp(m->point, s->path) == 0;
    return !s->covered;
}

/* statmount(2) of Linux 6.8, asked for nothing but whether the mount exists. */
static bool unique_is_gone(uint64_t unique)
{
    enum { SYS_STATMOUNT = 457 };
    const struct {
        uint32_t size, spare;
        uint64_t id, parameter;
    } request = {.size = sizeof request, .id = unique};
    char room[1024];
    return syscall(SYS_STATMOUNT, &request, room, sizeof room, 0) < 0 && errno == ENOENT;
}

enum mount_state mountinfo_locate(const struct mount_identity *identity, char **path)
{
    struct state_search s = {.want = identity};
    *path = NULL;
    if (identity->unique && unique_is_gone(identity->unique))
        return MOUNT_GONE;
    if (mountinfo_visit(look_for_mount, &s) < 0)
        return MOUNT_COVERED; /* nothing known: nothing may be removed */
    if (!s.path)
        return MOUNT_GONE;
    mountinfo_visit(look_for_cover, &s);
    *path = s.path;
    return s.covered ? MOUNT_COVERED : MOUNT_TOPMOST;
}

enum mount_state mountinfo_state(const struct mount_identity *identity)
{
    char *path;
    enum mount_state state = mountinfo_locate(identity, &path);
    free(path);
    return state;
}

static uint64_t fdinfo_number(int fd, const char *key)
{
    char path[64], *text = NULL;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    if (read_whole(path, &text) < 0)
        return 0;
    uint64_t value = 0;
    size_t len = strlen(key);
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, len) == 0 && line[len] == ':') {
            value = strtoull(line + len + 1, NULL, 10);
            break;
        }
    }
    free(text);
    return value;
}

uint64_t mountinfo_fd_mount(int fd)
{
    return fdinfo_number(fd, "mnt_id");
}

uint64_t mountinfo_fd_unique(int fd)
{
    enum { MNT_ID_UNIQUE = 0x4000 };
    struct statx st = {0};
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, MNT_ID_UNIQUE, &st) < 0 ||
        !(st.stx_mask & MNT_ID_UNIQUE))
        return 0;
    return st.stx_mnt_id;
}

unsigned mountinfo_fuse_minor(int fd)
{
    return (unsigned)fdinfo_number(fd, "fuse_connection");
}

struct top_search {
    const char *point;
    struct mountinfo_top *out;
    uint64_t parent;
    bool found;
};

/* A mount on top of another at one path names the lower one as its parent. */
static bool look_top(const struct mountinfo *m, void *arg)
{
    struct top_search *s = arg;
    if (strcmp(m->point, s->point) != 0 || (s->found && m->parent != s->out->id))
        return true;
    s->found = true;
    s->out->id = m->id;
    s->out->minor = m->minor;
    snprintf(s->out->type, sizeof s->out->type, "%s", m->type);
    snprintf(s->out->source, sizeof s->out->source, "%s", m->source);
    return false;
}

bool mountinfo_top(const char *point, struct mountinfo_top *out)
{
    struct top_search s = {.point = point, .out = out};
    uint64_t before;
    mountinfo_visit(look_top, &s);
    do {
        before = out->id;
        if (s.found)
            mountinfo_visit(look_top, &s);
    } while (s.found && out->id != before);
    return s.found;
}
