// SPDX-License-Identifier: MIT
/*
 * Formats and filters: the built-in ones, then those that were registered, in the order of registration.
 *
 * Rows are only ever added, so an index stays what it is. The lock guards the arrays; it is not held while
 * plugins load, because they may register things themselves.
 */
#include "fs/url/registry.h"

#include "base/cleanup.h"
#include "fs/builtin.h"
#include "fs/url/near.h"
#include "fs/url/url.h"
#include <errno.h>
#include <string.h>

struct row {
    const void *what;
    bool plugin;
};

struct rows {
    struct row *list;
    size_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rows formats, filters;

static int rows_add(struct rows *rows, const void *what, bool plugin)
{
    struct row *list = reallocarray(rows->list, rows->count + 1, sizeof *list);
    if (!list)
        return -ENOMEM;
    list[rows->count++] = (struct row){what, plugin};
    rows->list = list;
    return 0;
}

static struct row format_row(size_t index)
{
    if (index < builtin_format_count)
        return (struct row){builtin_formats[index], false};
    index -= builtin_format_count;
    return index < formats.count ? formats.list[index] : (struct row){NULL, false};
}

static struct row filter_row(size_t index)
{
    if (index < builtin_filter_count)
        return (struct row){builtin_filters[index], false};
    index -= builtin_filter_count;
    return index < filters.count ? filters.list[index] : (struct row){NULL, false};
}

static bool has_scheme(const struct fs_format *format, const char *scheme)
{
    for (const char *const *name = format->schemes; *name; name++)
        if (strcasecmp(*name, scheme) == 0)
            return true;
    return false;
}

static const struct fs_format *find_format(const char *scheme, bool plugins)
{
    struct row row;
    for (size_t i = 0; (row = format_row(i)).what; i++)
        if ((plugins || !row.plugin) && has_scheme(row.what, scheme))
            return row.what;
    return NULL;
}

static const struct fs_filter *find_filter(const char *name)
{
    const struct fs_filter *filter;
    for (size_t i = 0; (filter = filter_row(i).what); i++)
        if (strcmp(filter->name, name) == 0)
            return filter;
    return NULL;
}

/* ---- adding ----------------------------------------------------------------------------------------- */

static bool format_ok(const struct fs_format *format)
{
    if (!format || format->size < sizeof *format || format->version == 0 ||
        format->version > FS_API_VERSION || !format->open || !format->schemes || !format->schemes[0])
        return false;
    for (const char *const *name = format->schemes; *name; name++)
        if (!url_scheme_ok(*name, strlen(*name)))
            return false;
    return true;
}

static bool filter_ok(const struct fs_filter *filter)
{
    return filter && filter->size >= sizeof *filter && filter->version != 0 &&
           filter->version <= FS_API_VERSION && filter->open && filter->name && filter->name[0] &&
           !strpbrk(filter->name, ":,= \\");
}

int registry_add_format(const struct fs_format *format, bool plugin)
{
    if (!format_ok(format))
        return -EINVAL;
    LOCK_SCOPE(&lock);
    for (const char *const *name = format->schemes; *name; name++)
        if (find_format(*name, true))
            return -EEXIST;
    return rows_add(&formats, format, plugin);
}

int registry_add_filter(const struct fs_filter *filter, bool plugin)
{
    if (!filter_ok(filter))
        return -EINVAL;
    LOCK_SCOPE(&lock);
    return find_filter(filter->name) ? -EEXIST : rows_add(&filters, filter, plugin);
}

int fs_register_format(const struct fs_format *format)
{
    return registry_add_format(format, false);
}

int fs_register_filter(const struct fs_filter *filter)
{
    return registry_add_filter(filter, false);
}

/* ---- finding ---------------------------------------------------------------------------------------- */

const struct fs_format *fs_format_at(size_t index)
{
    plugins_load(NULL);
    LOCK_SCOPE(&lock);
    return format_row(index).what;
}

const struct fs_filter *fs_filter_at(size_t index)
{
    plugins_load(NULL);
    LOCK_SCOPE(&lock);
    return filter_row(index).what;
}

static bool plugins_allowed(const struct fs_open_options *options)
{
    return !options || !options->no_plugins;
}

const struct fs_format *registry_loaded(const char *scheme, const struct fs_open_options *options)
{
    LOCK_SCOPE(&lock);
    return find_format(scheme, plugins_allowed(options));
}

const struct fs_format *registry_format(const char *scheme, const struct fs_open_options *options)
{
    const struct fs_format *format = registry_loaded(scheme, options);
    if (format || !plugins_allowed(options))
        return format;
    plugins_load(options);
    return registry_loaded(scheme, options);
}

const struct fs_format *registry_walk(size_t *index, const struct fs_open_options *options)
{
    LOCK_SCOPE(&lock);
    struct row row = format_row((*index)++);
    while (row.what && row.plugin && !plugins_allowed(options))
        row = format_row((*index)++);
    return row.what;
}

static const struct fs_filter *filter_now(const char *name)
{
    LOCK_SCOPE(&lock);
    return find_filter(name);
}

const struct fs_filter *registry_filter(const char *name)
{
    const struct fs_filter *filter = filter_now(name);
    if (filter)
        return filter;
    plugins_load(NULL);
    return filter_now(name);
}

/* ---- words ------------------------------------------------------------------------------------------ */

static void add_word(char *buf, size_t size, const char *word)
{
    size_t length = strlen(buf);
    snprintf(buf + length, size - length, "%s%s", length ? ", " : "", word);
}

static void list_formats(const struct fs_open_options *options, bool all, char *buf, size_t size)
{
    const struct fs_format *format;
    buf[0] = 0;
    for (size_t i = 0; (format = registry_walk(&i, options));)
        if (all || format->container)
            add_word(buf, size, format->schemes[0]);
}

void registry_containers(const struct fs_open_options *options, char *buf, size_t size)
{
    list_formats(options, false, buf, size);
}

/* Schemes that people know from elsewhere. */
static const char *elsewhere(const char *scheme)
{
    static const char *const rows[][2] = {
        {"ftp ftps http https sftp ssh s3 gs dav davs webdav webdavs dropbox onedrive gdrive python",
         "remote stores come with plugins, which go into " FS_PLUGIN_DIR " or a folder of $DOKAN_FS_PLUGINS"},
        {"smb cifs samba", "mount the share with mount.cifs (package cifs-utils) and name its folder"},
        {"nfs", "mount the export with mount.nfs (package nfs-common) and name its folder"},
        {"squashfs", "mount it with squashfuse and name the folder"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *hit = strstr(rows[i][0], scheme);
        size_t length = strlen(scheme);
        if (hit && (hit == rows[i][0] || hit[-1] == ' ') && (!hit[length] || hit[length] == ' '))
            return rows[i][1];
    }
    return NULL;
}

void registry_near(struct near *near, const struct fs_open_options *options)
{
    const struct fs_format *format;
    for (size_t i = 0; (format = registry_walk(&i, options));)
        for (const char *const *name = format->schemes; *name; name++)
            near_offer(near, *name);
}

int registry_no_format(const char *scheme, const struct fs_open_options *options, struct fs_error *error)
{
    const char *hint = elsewhere(scheme);
    if (hint)
        return fs_fail(error, -EPROTONOSUPPORT, "no format '%s' here; %s", scheme, hint);
    struct near near;
    near_start(&near, scheme);
    registry_near(&near, options);
    char list[512], all[640], text[768];
    list_formats(options, true, list, sizeof list);
    snprintf(all, sizeof all, "; there are: %s. Others come as plugins in " FS_PLUGIN_DIR, list);
    return fs_fail(error, -EPROTONOSUPPORT, "no format '%s'%s", scheme,
                   near_text(&near, all, text, sizeof text));
}
