// SPDX-License-Identifier: MIT
/*
 * Takes the secrets out of any text that may hold a URL. In doubt it hides more: a text that is no good URL
 * (a slash or an @ in the password, a forgotten @, a separator that is percent-encoded) shows less, never
 * more.
 *
 * The rules look at the decoded bytes; what they hide is dropped from the text as it was written.
 */
#include "fs/url/url.h"

#include "base/cleanup.h"
#include "base/log.h"
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

static const char HIDDEN[] = "***";

/* The text byte by byte: decoded value, place, verdict. */
struct view {
    const char *text;
    size_t count;
    unsigned char *bytes;
    uint32_t *places; /* count + 1 of them */
    bool *hidden;
};

static void view_free(struct view *view)
{
    if (view->bytes)
        explicit_bzero(view->bytes, view->count);
    free(view->bytes);
    free(view->places);
    free(view->hidden);
}

static int hex_value(const char *text)
{
    int value = 0;
    for (int i = 0; i < 2; i++) {
        if (!isxdigit((unsigned char)text[i]))
            return -1;
        int c = tolower((unsigned char)text[i]);
        value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

static bool view_make(struct view *view, const char *text)
{
    size_t length = strlen(text), at = 0;
    *view = (struct view){.text = text};
    view->bytes = malloc(length + 1);
    view->places = malloc((length + 1) * sizeof *view->places);
    view->hidden = calloc(length + 1, sizeof *view->hidden);
    if (!view->bytes || !view->places || !view->hidden)
        return false;
    while (at < length) {
        int value = text[at] == '%' ? hex_value(text + at + 1) : -1;
        view->places[view->count] = (uint32_t)at;
        view->bytes[view->count++] = value < 0 ? (unsigned char)text[at] : (unsigned char)value;
        at += value < 0 ? 1 : 3;
    }
    view->bytes[view->count] = 0;
    view->places[view->count] = (uint32_t)at;
    return true;
}

static void hide(struct view *view, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        view->hidden[i] = true;
}

static bool is_mark(const struct view *view, size_t i)
{
    return i + 3 <= view->count && memcmp(view->bytes + i, "://", 3) == 0;
}

static size_t find(const struct view *view, size_t from, unsigned char byte)
{
    while (from < view->count && view->bytes[from] != byte)
        from++;
    return from;
}

/* The last @ that is written as such; else the last encoded one; else count. */
static size_t last_at(const struct view *view)
{
    size_t encoded = view->count;
    for (size_t i = view->count; i > 0; i--) {
        if (view->text[view->places[i - 1]] == '@')
            return i - 1;
        if (view->bytes[i - 1] == '@' && encoded == view->count)
            encoded = i - 1;
    }
    return encoded;
}

/* Where user and password would begin; count: nowhere. */
static size_t user_start(const struct view *view)
{
    for (size_t i = 0; i < view->count && view->bytes[i] != '@'; i++)
        if (is_mark(view, i))
            return i + 3;
    bool path = strchr("/.~", view->text[0]) && !strstr(view->text, "://");
    return path ? view->count : 0;
}

/* From the first colon to the last @, whatever lies between. */
static void hide_user(struct view *view)
{
    size_t at = last_at(view), colon = find(view, user_start(view), ':');
    if (at < view->count && colon < at)
        hide(view, colon + 1, at);
}

/* ---- an address without an @ ------------------------------------------------------------------------ */

/* Here a colon separates names. */
static bool is_named(const struct view *view, size_t mark)
{
    static const char *const schemes[] = {"userdata", "userconf", "usercache", "userlog",
                                          "sitedata", "siteconf", "temp",      "mem",
                                          "file",     "osfs",     "python"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t length = strlen(schemes[i]);
        if (mark == length && strncasecmp((const char *)view->bytes, schemes[i], length) == 0)
            return true;
    }
    return false;
}

static bool is_one_of(unsigned char byte, const char *set)
{
    return byte && strchr(set, byte);
}

static size_t skip_ipv6(const struct view *view, size_t from)
{
    size_t i = from + 1;
    if (view->bytes[from] != '[')
        return from;
    while (i < view->count && (isxdigit(view->bytes[i]) || is_one_of(view->bytes[i], ":.")))
        i++;
    return view->bytes[i] == ']' ? i + 1 : from;
}

/* "ftp://user:secret/": what follows the colon is no port. True: nothing is left to hide. */
static bool hide_forgotten(struct view *view, size_t mark)
{
    size_t i = skip_ipv6(view, mark + 3);
    while (i < view->count && !is_one_of(view->bytes[i], ":/?!"))
        i++;
    if (i == view->count || view->bytes[i] != ':' || view->hidden[i + 1])
        return false;
    size_t port = i + 1;
    while (port < view->count && isdigit(view->bytes[port]))
        port++;
    if (port == view->count || is_one_of(view->bytes[port], "/?!@"))
        return false;
    hide(view, i + 1, view->count);
    return true;
}

/* ---- parameters ------------------------------------------------------------------------------------- */

bool url_secret(const void *key, size_t length)
{
    const unsigned char *bytes = key;
    static const char *const parts[] = {"pass", "pwd",  "secret",   "token",
                                        "key",  "cred", "authoriz", "signature"};
    static const char *const whole[] = {"auth", "sig", "pin", "pw", "sas"};
    char name[64];
    if (length >= sizeof name) /* nobody's parameter */
        return true;
    for (size_t i = 0; i < length; i++)
        name[i] = bytes[i] ? (char)bytes[i] : '?';
    name[length] = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcasestr(name, parts[i]))
            return true;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcasecmp(name, whole[i]) == 0)
            return true;
    return false;
}

/* A value that holds an & as it is goes on in parts without an equals sign. */
static size_t value_end(const struct view *view, size_t from)
{
    size_t end = from;
    for (;;) {
        while (end < view->count && view->text[view->places[end]] != '&')
            end++;
        size_t next = end + 1;
        while (next < view->count && !is_one_of(view->bytes[next], "=&"))
            next++;
        if (end == view->count || (next < view->count && view->bytes[next] == '='))
            return end;
        end = next < view->count ? next : view->count;
    }
}

static void hide_params(struct view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (!is_one_of(view->bytes[i], "?&;,!"))
            continue;
        size_t equals = i + 1;
        while (equals < view->count && !is_one_of(view->bytes[equals], "?&;,!="))
            equals++;
        if (view->bytes[equals] == '=' && !view->hidden[equals + 1] &&
            url_secret(view->bytes + i + 1, equals - i - 1))
            hide(view, equals + 1, value_end(view, equals + 1));
    }
}

/* ---- the text --------------------------------------------------------------------------------------- */

static char *write_out(const struct view *view)
{
    char *out = malloc(view->places[view->count] + view->count * sizeof HIDDEN + 1), *to = out;
    if (!out)
        return NULL;
    for (size_t i = 0; i < view->count; i++) {
        if (view->hidden[i] && (i == 0 || !view->hidden[i - 1]))
            to = stpcpy(to, HIDDEN);
        for (size_t at = view->places[i]; !view->hidden[i] && at < view->places[i + 1]; at++)
            *to++ = iscntrl((unsigned char)view->text[at]) ? '?' : view->text[at];
    }
    *to = 0;
    return out;
}

char *fs_url_redact(const char *url)
{
    if (!url || !*url)
        return strdup("");
    __attribute__((cleanup(view_free))) struct view view = {0};
    if (strlen(url) >= UINT32_MAX / 8 || !view_make(&view, url))
        return NULL;
    hide_user(&view);
    for (size_t i = 0; i < view.count; i++)
        if (is_mark(&view, i) && !is_named(&view, i) && hide_forgotten(&view, i))
            break;
    hide_params(&view);
    return write_out(&view);
}

static char nothing[] = "(a URL)";

char *url_shown(const char *text)
{
    char *shown = fs_url_redact(text);
    return shown ? shown : nothing;
}

void url_shown_free(char **shown)
{
    if (*shown != nothing)
        free(*shown);
}

void fs_warn(const struct fs_open_options *options, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    if (options && options->warn)
        options->warn(options->warn_ctx, text);
    else
        log_warn("%s", text);
}
