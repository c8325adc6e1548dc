// SPDX-License-Identifier: MIT
/*
 * Parameters: finding them, numbers, refusing those that nobody knows. And filters, whose text is a name and
 * parameters.
 */
#include "fs/url/registry.h"

#include "base/cleanup.h"
#include "fs/url/near.h"
#include "fs/url/url.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

const char *fs_param(const struct fs_params *params, const char *key)
{
    for (size_t i = params ? params->count : 0; i > 0; i--)
        if (strcmp(params->list[i - 1].key, key) == 0)
            return params->list[i - 1].value;
    return NULL;
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

static bool read_number(const char *text, uint64_t *number)
{
    static const char units[] = "kmgt";
    uint64_t value = 0;
    if (!isdigit((unsigned char)*text))
        return false;
    for (; isdigit((unsigned char)*text); text++)
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
    const char *unit = *text ? strchr(units, tolower((unsigned char)*text)) : NULL;
    for (int i = unit ? (int)(unit - units) : -1; i >= 0; i--)
        if (__builtin_mul_overflow(value, 1024u, &value))
            return false;
    *number = value;
    return !text[unit != NULL];
}

int fs_param_number(const struct fs_params *params, const char *key, uint64_t least, uint64_t most,
                    uint64_t *value, struct fs_error *error)
{
    const char *text = fs_param(params, key);
    uint64_t number;
    if (!text)
        return 0;
    if (!read_number(text, &number) || number < least || number > most)
        return fs_fail(error, -EINVAL,
                       "parameter %s: '%.40s' is not a number from %" PRIu64 " to %" PRIu64
                       " (k, M, G and T may follow, of 1024)",
                       key, text, least, most);
    *value = number;
    return 0;
}

/* ---- unknown ones ----------------------------------------------------------------------------------- */

static bool known_key(const char *key, const struct fs_param_doc *table)
{
    for (; table && table->key; table++)
        if (strcmp(table->key, key) == 0)
            return true;
    return false;
}

static void add_key(char *buf, size_t size, const char *key)
{
    size_t length = strlen(buf);
    snprintf(buf + length, size - length, "%s%s", length ? ", " : "; it knows: ", key);
}

static int unknown_key(const char *key, const struct fs_param_doc *const *tables, size_t known,
                       const char *whose, struct fs_error *error)
{
    struct near near;
    char all[400] = "", text[512];
    near_start(&near, key);
    for (size_t i = 0; i < known; i++)
        for (const struct fs_param_doc *row = tables[i]; row && row->key; row++) {
            near_offer(&near, row->key);
            add_key(all, sizeof all, row->key);
        }
    return fs_fail(error, -EINVAL, "%s: no parameter '%.60s'%s", whose, key,
                   near_text(&near, all[0] ? all : "; it takes none", text, sizeof text));
}

int params_check(const struct fs_params *params, const struct fs_param_doc *const *tables, size_t known,
                 const char *whose, struct fs_error *error)
{
    for (size_t i = 0; i < params->count; i++) {
        bool found = false;
        for (size_t t = 0; t < known && !found; t++)
            found = known_key(params->list[i].key, tables[t]);
        if (!found)
            return unknown_key(params->list[i].key, tables, known, whose, error);
    }
    return 0;
}

/* ---- filters ---------------------------------------------------------------------------------------- */

static int no_filter(const char *name, struct fs_error *error)
{
    struct near near;
    char all[512] = "; there are:", text[600];
    const struct fs_filter *filter;
    near_start(&near, name);
    for (size_t i = 0; (filter = fs_filter_at(i)); i++) {
        near_offer(&near, filter->name);
        size_t length = strlen(all);
        snprintf(all + length, sizeof all - length, "%s%s", i ? ", " : " ", filter->name);
    }
    return fs_fail(error, -EINVAL, "no filter '%.60s'%s", name, near_text(&near, all, text, sizeof text));
}

int filter_apply(const char *name, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    const struct fs_filter *filter = registry_filter(name);
    if (!filter)
        return no_filter(name, error);
    int rc = params_check(params, &filter->params, 1, name, error);
    if (rc)
        return rc;
    struct fs_error inner = {0};
    struct fs *stack = NULL;
    rc = filter->open(*fs, params, &stack, &inner);
    if (rc == 0 && !stack)
        rc = -EIO;
    if (rc < 0)
        return fs_fail(error, rc, "%s", inner.text[0] ? inner.text : strerror(-rc));
    *fs = stack;
    return 0;
}

/* Up to the next comma that no backslash keeps; takes the backslashes out in place. */
static char *next_part(char **rest)
{
    char *part = *rest, *from = part, *to = part;
    if (!part)
        return NULL;
    for (; *from && *from != ','; from++) {
        if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
            from++;
        *to++ = *from;
    }
    *rest = *from ? from + 1 : NULL;
    *to = 0;
    return part;
}

int fs_add_filter(const char *spec, struct fs **fs, struct fs_error *error)
{
    struct fs_param list[URL_PARAMS_MAX];
    struct fs_params params = {list, 0};
    if (!spec || !fs || !*fs)
        return fs_fail(error, -EINVAL, "no filter was given");
    CLEANUP_FREE char *name = strdup(spec);
    if (!name)
        return fs_fail(error, -ENOMEM, "out of memory");
    char *rest = strchr(name, ':'), *part;
    if (rest)
        *rest++ = 0;
    while ((part = next_part(&rest))) {
        char *value = strchr(part, '=');
        if (!*part)
            continue;
        if (value)
            *value++ = 0;
        if (!*part)
            return fs_fail(error, -EINVAL, "filter %s: a value without a name; write name=value", name);
        if (params.count == URL_PARAMS_MAX)
            return fs_fail(error, -EINVAL, "filter %s: more than %d parameters", name, URL_PARAMS_MAX);
        list[params.count++] = (struct fs_param){part, value ? value : ""};
    }
    return filter_apply(name, &params, fs, error);
}
