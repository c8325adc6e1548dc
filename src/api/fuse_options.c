// SPDX-License-Identifier: MIT
/*
 * The table of further options. An option is `name` or `name=value`; `\` keeps a comma inside a value.
 */
#include "api/fuse_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct value {
    const char *text; /* "" without '=' */
    bool present;     /* there was a '=' */
};

static bool number(const char *text, int base, unsigned long most, unsigned long *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *out = strtoul(text, &end, base);
    return *end == 0 && *out <= most;
}

static bool set_uid(struct settings *s, struct value v)
{
    unsigned long n;
    bool ok = number(v.text, 10, 0xFFFFFFFEul, &n);
    s->door.uid = ok ? (uint32_t)n : s->door.uid;
    s->door.force_uid = true;
    return ok;
}

static bool set_gid(struct settings *s, struct value v)
{
    unsigned long n;
    bool ok = number(v.text, 10, 0xFFFFFFFEul, &n);
    s->door.gid = ok ? (uint32_t)n : s->door.gid;
    s->door.force_gid = true;
    return ok;
}

static bool set_masks(struct settings *s, const char *text, bool files, bool dirs)
{
    unsigned long n;
    if (!number(text, 8, 0777, &n))
        return false;
    if (files)
        s->door.file_mask = (uint32_t)n;
    if (dirs)
        s->door.dir_mask = (uint32_t)n;
    s->door.umask = s->door.file_mask & s->door.dir_mask;
    s->door.force_mode = true;
    return true;
}

static bool set_umask(struct settings *s, struct value v)
{
    return set_masks(s, v.text, true, true);
}

static bool set_fmask(struct settings *s, struct value v)
{
    return set_masks(s, v.text, true, false);
}

static bool set_dmask(struct settings *s, struct value v)
{
    return set_masks(s, v.text, false, true);
}

/* Nothing to switch yet: a volume that offers no extended attributes is never asked for any. */
static bool set_xattr(struct settings *s, struct value v)
{
    return strcmp(v.text, "auto") == 0 || strcmp(v.text, "off") == 0;
}

static bool set_keep_cache(struct settings *s, struct value v)
{
    s->door.keep_cache = true;
    return !v.present;
}

static bool set_direct_io(struct settings *s, struct value v)
{
    s->door.direct_io = true;
    return !v.present;
}

static bool set_flush(struct settings *s, struct value v)
{
    s->door.no_flush = strcmp(v.text, "fsync") == 0;
    return s->door.no_flush || strcmp(v.text, "close") == 0;
}

static bool set_streams(struct settings *s, struct value v)
{
    s->door.streams = s->options->Options & DOKAN_OPTION_ALT_STREAM;
    return !v.present;
}

static bool seconds(struct value v, uint64_t *ns)
{
    char *end;
    double s = strtod(v.text, &end);
    if (!v.present || end == v.text || *end || !(s >= 0 && s <= 1e9))
        return false;
    *ns = (uint64_t)(s * 1e9);
    return true;
}

static bool set_entry_timeout(struct settings *s, struct value v)
{
    return seconds(v, &s->entry_ns);
}

static bool set_attr_timeout(struct settings *s, struct value v)
{
    return seconds(v, &s->attr_ns);
}

static bool set_negative_timeout(struct settings *s, struct value v)
{
    return seconds(v, &s->negative_ns);
}

static const struct {
    const char *name;
    bool (*set)(struct settings *s, struct value v);
    const char *usage;
} rows[] = {
    {"uid", set_uid, "uid=NUMBER"},
    {"gid", set_gid, "gid=NUMBER"},
    {"umask", set_umask, "umask=OCTAL, as in umask=022"},
    {"fmask", set_fmask, "fmask=OCTAL, as in fmask=133"},
    {"dmask", set_dmask, "dmask=OCTAL, as in dmask=022"},
    {"xattr", set_xattr, "xattr=auto or xattr=off"},
    {"keep_cache", set_keep_cache, "keep_cache without a value"},
    {"direct_io", set_direct_io, "direct_io without a value"},
    {"flush", set_flush, "flush=close or flush=fsync"},
    {"streams", set_streams, "streams without a value"},
    {"entry_timeout", set_entry_timeout, "entry_timeout=SECONDS"},
    {"attr_timeout", set_attr_timeout, "attr_timeout=SECONDS"},
    {"negative_timeout", set_negative_timeout, "negative_timeout=SECONDS"},
};

/* Contradicts DOKAN_OPTION_CURRENT_SESSION. */
static bool opens_to_others(const struct settings *s, const char *option, size_t len)
{
    return s->private_mount && len == strlen("allow_other") && strncmp(option, "allow_other", len) == 0;
}

/* 1: it was ours; 0: it is mount.c's; -1: wrong value. */
static int take_option(struct settings *s, const char *option, size_t len, char *error, size_t size)
{
    size_t name_len = strcspn(option, "=,");
    char value[64];
    if (name_len > len)
        name_len = len;
    bool present = name_len < len;
    snprintf(value, sizeof value, "%.*s", present ? (int)(len - name_len - 1) : 0,
             option + name_len + present);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strlen(rows[i].name) != name_len || strncmp(rows[i].name, option, name_len) != 0)
            continue;
        if (rows[i].set(s, (struct value){value, present}))
            return 1;
        snprintf(error, size, "mount option %.*s: write %s", (int)len, option, rows[i].usage);
        return -1;
    }
    return 0;
}

static size_t option_length(const char *s)
{
    size_t n = 0;
    while (s[n] && s[n] != ',')
        n += s[n] == '\\' && s[n + 1] ? 2 : 1;
    return n;
}

int fuse_options_split(const char *text, struct settings *s, char *error, size_t size)
{
    text = text ? text : "";
    char *rest = s->fuse_options = calloc(1, strlen(text) + 1);
    if (!rest) {
        snprintf(error, size, "out of memory");
        return -1;
    }
    while (*text) {
        size_t len = option_length(text);
        int rc = take_option(s, text, len, error, size);
        if (rc < 0)
            return -1;
        if (opens_to_others(s, text, len)) {
            snprintf(error, size, "the mount option allow_other contradicts DOKAN_OPTION_CURRENT_SESSION");
            return -1;
        }
        if (rc == 0 && len) {
            if (rest != s->fuse_options)
                *rest++ = ',';
            memcpy(rest, text, len);
            rest += len;
        }
        text += len + (text[len] == ',');
    }
    return 0;
}
