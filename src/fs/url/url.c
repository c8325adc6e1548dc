// SPDX-License-Identifier: MIT
/*
 * Takes URLs apart: `outer:scheme://user:password@resource?key=value!/inner!/inner`.
 *
 * A text is a URL when a scheme and `://` begin it, or `scheme:` with a scheme that is known. In a URL
 * everything between the separators is percent-decoded; a plain path is left as it is, `!` and `%` included,
 * because only its user can say (local.c asks the file system) what is a name in it.
 */
#include "fs/url/url.h"

#include "base/cleanup.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

bool url_scheme_ok(const char *scheme, size_t length)
{
    if (length < 2 || length > URL_SCHEME_MAX || !isalnum((unsigned char)scheme[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)scheme[i]) && !strchr("+-._", scheme[i]))
            return false;
    return true;
}

/* ---- decoding --------------------------------------------------------------------------------------- */

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte at *text; moves on. -1: a percent sign without two digits. */
static int decode_byte(const char **text, const char *end)
{
    if (**text != '%')
        return (unsigned char)*(*text)++;
    int high = end - *text > 2 ? hex_digit((*text)[1]) : -1;
    int low = high >= 0 ? hex_digit((*text)[2]) : -1;
    *text += 3;
    return low < 0 ? -1 : high * 16 + low;
}

/* Decodes into the store; what is wrong is said without the text, which may be a password. */
static int decode(struct url *url, const char *text, size_t length, const char *what, const char **out,
                  struct fs_error *error)
{
    const char *end = text + length;
    char *to = url->store + url->used;
    *out = to;
    while (text < end) {
        int c = decode_byte(&text, end);
        if (c < 0)
            return fs_fail(error, -EINVAL,
                           "bad URL: in the %s, '%%' is not followed by two hexadecimal digits; "
                           "write a percent sign as %%25",
                           what);
        if (c == 0)
            return fs_fail(error, -EINVAL, "bad URL: %%00 in the %s; no name holds a zero byte", what);
        if (is_control((unsigned char)c))
            return fs_fail(error, -EINVAL, "bad URL: a control character in the %s", what);
        *to++ = (char)c;
    }
    *to++ = 0;
    url->used = (size_t)(to - url->store);
    return 0;
}

static const char *keep(struct url *url, const char *text, size_t length)
{
    char *to = url->store + url->used;
    memcpy(to, text, length);
    to[length] = 0;
    url->used += length + 1;
    return to;
}

/* ---- the parts, from the back ----------------------------------------------------------------------- */

static int parse_inner(struct url *url, const char *text, struct fs_error *error)
{
    while (*text == '!') {
        size_t length = strcspn(++text, "!");
        if (url->inners == URL_INNER_MAX)
            return fs_fail(error, -EINVAL, "bad URL: more than %d paths behind '!'", URL_INNER_MAX);
        int rc = decode(url, text, length, "path behind '!'", &url->inner[url->inners++], error);
        if (rc)
            return rc;
        text += length;
    }
    return 0;
}

static int parse_param(struct url *url, const char *text, size_t length, struct fs_error *error)
{
    if (url->param_count == URL_PARAMS_MAX)
        return fs_fail(error, -EINVAL, "bad URL: more than %d parameters", URL_PARAMS_MAX);
    const char *equals = memchr(text, '=', length);
    size_t key = equals ? (size_t)(equals - text) : length;
    if (key == 0)
        return fs_fail(error, -EINVAL, "bad URL: a parameter without a name; write ?name=value&name=value");
    struct fs_param *param = &url->params[url->param_count++];
    int rc = decode(url, text, key, "name of a parameter", &param->key, error);
    size_t value = equals ? key + 1 : length;
    return rc ? rc : decode(url, text + value, length - value, "value of a parameter", &param->value, error);
}

static int parse_query(struct url *url, const char *text, size_t length, struct fs_error *error)
{
    const char *end = text + length;
    int rc = 0;
    while (text < end && rc == 0) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        stop = stop ? stop : end;
        if (stop > text)
            rc = parse_param(url, text, (size_t)(stop - text), error);
        text = stop + 1;
    }
    return rc;
}

/* `user:password@` up to the last @ before the first slash. */
static int parse_user(struct url *url, const char **text, size_t *length, struct fs_error *error)
{
    const char *slash = memchr(*text, '/', *length);
    const char *at = memrchr(*text, '@', slash ? (size_t)(slash - *text) : *length);
    if (!at)
        return 0;
    size_t all = (size_t)(at - *text);
    const char *colon = memchr(*text, ':', all);
    size_t user = colon ? (size_t)(colon - *text) : all;
    int rc = user ? decode(url, *text, user, "user name", &url->user, error) : 0;
    if (rc == 0 && colon)
        rc = decode(url, colon + 1, all - user - 1, "password", &url->password, error);
    *text += all + 1;
    *length -= all + 1;
    return rc;
}

static int parse_rest(struct url *url, const char *text, struct fs_error *error)
{
    size_t base = strcspn(text, "!");
    const char *query = memchr(text, '?', base);
    size_t length = query ? (size_t)(query - text) : base;
    int rc = parse_inner(url, text + base, error);
    if (rc == 0 && query)
        rc = parse_query(url, query + 1, base - length - 1, error);
    rc = rc ? rc : parse_user(url, &text, &length, error);
    return rc ? rc : decode(url, text, length, "resource", &url->resource, error);
}

/* ---- schemes ---------------------------------------------------------------------------------------- */

static const char *lower(struct url *url, const char *scheme, size_t length)
{
    const char *kept = keep(url, scheme, length);
    for (char *c = url->store + (kept - url->store); *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return kept;
}

static int add_outer(struct url *url, const char *scheme, size_t length, struct fs_error *error)
{
    if (url->outers == URL_OUTER_MAX)
        return fs_fail(error, -EINVAL, "bad URL: more than %d schemes before '://'", URL_OUTER_MAX);
    url->outer[url->outers++] = lower(url, scheme, length);
    return 0;
}

static int bad_scheme(const char *text, size_t length, struct fs_error *error)
{
    if (length == 0)
        return fs_fail(error, -EINVAL, "bad URL: no scheme before '://'; write zip://FILE, or the bare path");
    return fs_fail(error, -EINVAL,
                   "bad URL: '%.*s' is no scheme (letters, digits, + - . _); write ./ before a path that "
                   "looks like a URL",
                   (int)(length > 40 ? 40 : length), text);
}

/* "zip:ftp://rest": all schemes are told, known or not. `mark` is the `://`. */
static int parse_schemes(struct url *url, const char *text, const char *mark, struct fs_error *error)
{
    for (;;) {
        size_t length = strcspn(text, ":");
        if (!url_scheme_ok(text, length))
            return bad_scheme(text, length, error);
        if (text + length == mark)
            break;
        int rc = add_outer(url, text, length, error);
        if (rc)
            return rc;
        text += length + 1;
    }
    url->scheme = lower(url, text, (size_t)(mark - text));
    return parse_rest(url, mark + 3, error);
}

/* "zip:photos.zip", "mem:": schemes as long as they are known. */
static int parse_known(struct url *url, const char *text, url_known known, void *ctx, struct fs_error *error)
{
    for (;;) {
        size_t length = strcspn(text, ":");
        if (!text[length] || !url_scheme_ok(text, length))
            break;
        size_t before = url->used;
        const char *scheme = lower(url, text, length);
        enum url_kind kind = known(scheme, ctx);
        url->used = before;
        if (kind == URL_UNKNOWN)
            break;
        if (kind == URL_SOURCE) {
            url->scheme = lower(url, text, length);
            return parse_rest(url, text + length + 1, error);
        }
        int rc = add_outer(url, text, length, error);
        if (rc)
            return rc;
        text += length + 1;
    }
    url->resource = keep(url, text, strlen(text));
    return 0;
}

/* The `://` that makes a URL: no slash stands before it. */
static const char *find_mark(const char *text)
{
    const char *mark = strstr(text, "://");
    return mark && !memchr(text, '/', (size_t)(mark - text)) ? mark : NULL;
}

static int parse_any(struct url *url, const char *text, url_known known, void *ctx, struct fs_error *error)
{
    const char *mark = find_mark(text);
    if (!mark)
        return parse_known(url, text, known, ctx, error);
    for (const char *c = text; *c; c++)
        if (is_control((unsigned char)*c))
            return fs_fail(error, -EINVAL, "bad URL: a control character in it");
    return parse_schemes(url, text, mark, error);
}

int url_parse(const char *text, url_known known, void *ctx, struct url *url, struct fs_error *error)
{
    memset(url, 0, sizeof *url);
    size_t length = text ? strlen(text) : 0;
    if (length == 0)
        return fs_fail(error, -EINVAL, "no URL and no path was given");
    if (length > URL_LENGTH_MAX)
        return fs_fail(error, -ENAMETOOLONG, "the URL is longer than %d bytes", URL_LENGTH_MAX);
    url->store = malloc(2 * length + 8); /* every text costs at most its own bytes and a separator */
    if (!url->store)
        return fs_fail(error, -ENOMEM, "out of memory");
    int rc = parse_any(url, text, known, ctx, error);
    if (rc)
        url_free(url);
    return rc;
}

void url_free(struct url *url)
{
    if (url->store)
        explicit_bzero(url->store, url->used);
    free(url->store);
    memset(url, 0, sizeof *url);
}
