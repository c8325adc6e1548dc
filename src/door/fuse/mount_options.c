// SPDX-License-Identifier: MIT
/*
 * The table of mount options. A text of options is parsed here once; fsconfig, mount(2) and fusermount3 are
 * each fed from the parsed form, so that no two of them can read a text differently.
 */
#include "door/fuse/mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

/* MOUNT_ATTR_* of the kernel, which older C libraries do not declare. */
enum { ATTR_RDONLY = 1, ATTR_NOSUID = 2, ATTR_NODEV = 4, ATTR_NOEXEC = 8, ATTR_NOATIME = 0x10 };
enum { ATTR_NODIRATIME = 0x80, ATTR_NOSYMFOLLOW = 0x200000 };

static const struct row {
    const char *name; /* turns the row on */
    const char *off;  /* turns it off, or NULL */
    unsigned attr;
    unsigned long flag;
    bool off_needs_privilege;
    bool ours; /* not for fusermount3 */
} rows[MOUNT_ROWS] = {
    [MOUNT_RO] = {"ro", "rw", ATTR_RDONLY, MS_RDONLY, false, false},
    [MOUNT_NOSUID] = {"nosuid", "suid", ATTR_NOSUID, MS_NOSUID, true, false},
    [MOUNT_NODEV] = {"nodev", "dev", ATTR_NODEV, MS_NODEV, true, false},
    [MOUNT_NOEXEC] = {"noexec", "exec", ATTR_NOEXEC, MS_NOEXEC, false, false},
    [MOUNT_NOATIME] = {"noatime", "atime", ATTR_NOATIME, MS_NOATIME, false, false},
    [MOUNT_NODIRATIME] = {"nodiratime", "diratime", ATTR_NODIRATIME, MS_NODIRATIME, false, false},
    [MOUNT_SYNC] = {"sync", "async", 0, MS_SYNCHRONOUS, false, false},
    [MOUNT_DIRSYNC] = {"dirsync", NULL, 0, MS_DIRSYNC, false, false},
    [MOUNT_NOSYMFOLLOW] = {"nosymfollow", NULL, ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW, false, false},
    [MOUNT_ALLOW_OTHER] = {"allow_other", NULL, 0, 0, false, false},
    [MOUNT_DEFAULT_PERMISSIONS] = {"default_permissions", NULL, 0, 0, false, false},
    [MOUNT_NONEMPTY] = {"nonempty", NULL, 0, 0, false, true},
};

/* Accepted because habit and fstab lines carry them; they change nothing here. */
static const char *const harmless[] = {"auto_unmount", "relatime", "defaults", "user", "noauto", "nofail"};

static bool is_harmless(const char *name)
{
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (strcmp(name, harmless[i]) == 0)
            return true;
    return strncmp(name, "x-", 2) == 0;
}

static void set_row(struct mount_options *o, size_t row, bool on)
{
    o->rows = on ? o->rows | 1u << row : o->rows & ~(1u << row);
}

/* One line, no control characters: the text ends in /proc/mounts and on terminals. */
static int set_label(char *out, size_t size, const char *value, const char *what, char *error, size_t esize)
{
    size_t len = strlen(value);
    if (len == 0 || len >= size) {
        snprintf(error, esize, "mount option %s= needs a text of 1 to %zu bytes", what, size - 1);
        return -EINVAL;
    }
    for (size_t i = 0; i <= len; i++)
        out[i] = (unsigned char)value[i] < ' ' && value[i] ? '?' : value[i];
    return 0;
}

static int parse_value(struct mount_options *o, const char *name, const char *value, char *error, size_t size)
{
    if (strcmp(name, "fsname") == 0)
        return set_label(o->fsname, sizeof o->fsname, value, name, error, size);
    if (strcmp(name, "subtype") == 0)
        return set_label(o->subtype, sizeof o->subtype, value, name, error, size);
    if (strcmp(name, "max_read") == 0) {
        char *end;
        unsigned long n = strtoul(value, &end, 10);
        if (value[0] >= '0' && value[0] <= '9' && *end == 0 && n >= 4096 && n <= 1u << 30) {
            o->max_read = (uint32_t)n;
            return 0;
        }
        snprintf(error, size, "mount option max_read=%s: give a number of bytes from 4096", value);
        return -EINVAL;
    }
    snprintf(error, size, "unknown mount option '%s='", name);
    return -EINVAL;
}

static int parse_one(struct mount_options *o, char *text, bool privileged, char *error, size_t size)
{
    char *equals = strchr(text, '=');
    if (is_harmless(text) || *text == 0)
        return 0;
    if (equals) {
        *equals = 0;
        return parse_value(o, text, equals + 1, error, size);
    }
    for (size_t i = 0; i < MOUNT_ROWS; i++) {
        bool on = strcmp(text, rows[i].name) == 0;
        if (!on && (!rows[i].off || strcmp(text, rows[i].off) != 0))
            continue;
        if (!on && rows[i].off_needs_privilege && !privileged) {
            snprintf(error, size, "mount option '%s' is for root only", text);
            return -EPERM;
        }
        set_row(o, i, on);
        return 0;
    }
    snprintf(error, size, "unknown mount option '%s'", text);
    return -EINVAL;
}

/* Cuts the next option off `*rest`, taking `\x` as x. */
static char *next_option(char **rest)
{
    char *start = *rest, *to = start;
    if (!start)
        return NULL;
    char *s = start;
    for (; *s && *s != ','; s++) {
        if (*s == '\\' && s[1])
            s++;
        *to++ = *s;
    }
    *rest = *s ? s + 1 : NULL;
    *to = 0;
    return start;
}

int mount_options_parse(const struct fuse_mount_config *config, bool privileged, struct mount_options *out,
                        char *error, size_t size)
{
    *out = (struct mount_options){.rows = 1u << MOUNT_NOSUID | 1u << MOUNT_NODEV};
    int rc = set_label(out->fsname, sizeof out->fsname, config->fsname ? config->fsname : "dokan", "fsname",
                       error, size);
    if (rc == 0)
        rc = set_label(out->subtype, sizeof out->subtype, config->subtype ? config->subtype : "dokan",
                       "subtype", error, size);
    char *text = strdup(config->options ? config->options : ""), *rest = text, *option;
    if (!text)
        rc = -ENOMEM;
    while (rc == 0 && (option = next_option(&rest)))
        rc = parse_one(out, option, privileged, error, size);
    free(text);
    if (config->read_only)
        set_row(out, MOUNT_RO, true);
    if (config->allow_other)
        set_row(out, MOUNT_ALLOW_OTHER, true);
    /* Without the kernel's own check it would believe the first user's answer for everybody. */
    if (config->default_permissions || mount_option_on(out, MOUNT_ALLOW_OTHER))
        set_row(out, MOUNT_DEFAULT_PERMISSIONS, true);
    return rc;
}

unsigned mount_options_attr(const struct mount_options *o)
{
    unsigned attr = 0;
    for (size_t i = 0; i < MOUNT_ROWS; i++)
        attr |= o->rows >> i & 1 ? rows[i].attr : 0;
    return attr;
}

unsigned long mount_options_flags(const struct mount_options *o)
{
    unsigned long flags = 0;
    for (size_t i = 0; i < MOUNT_ROWS; i++)
        flags |= o->rows >> i & 1 ? rows[i].flag : 0;
    return flags;
}

static size_t append(char *out, size_t size, size_t at, const char *name, const char *value)
{
    int n = snprintf(out + (at < size ? at : size), at < size ? size - at : 0, "%s%s%s", at ? "," : "", name,
                     value ? "=" : "");
    at += (size_t)n;
    for (; value && *value; value++) {
        if (*value == ',' || *value == '\\') {
            if (at < size)
                out[at] = '\\';
            at++;
        }
        if (at < size)
            out[at] = *value;
        at++;
    }
    if (at < size)
        out[at] = 0;
    return at;
}

int mount_options_text(const struct mount_options *o, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < MOUNT_ROWS; i++)
        if (o->rows >> i & 1 && !rows[i].ours)
            at = append(out, size, at, rows[i].name, NULL);
    if (o->max_read) {
        char number[16];
        snprintf(number, sizeof number, "%u", o->max_read);
        at = append(out, size, at, "max_read", number);
    }
    at = append(out, size, at, "fsname", o->fsname);
    at = append(out, size, at, "subtype", o->subtype);
    return at < size ? 0 : -ENAMETOOLONG;
}
