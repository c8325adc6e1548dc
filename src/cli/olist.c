// SPDX-License-Identifier: MIT
/*
 * See olist.h. An item is `name` or `name=value`; `\` keeps a comma. The verbs that mount know a --read-only;
 * only they take mount options.
 */
#include "cli/olist.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Options of the library, which checks their values. */
static const char *const mount_names[] = {
    "noexec",
    "exec",
    "noatime",
    "atime",
    "nodiratime",
    "diratime",
    "sync",
    "async",
    "dirsync",
    "nosymfollow",
    "nosuid",
    "suid",
    "nodev",
    "dev",
    "allow_other",
    "nonempty",
    "default_permissions",
    "fsname",
    "subtype",
    "max_read",
    "uid",
    "gid",
    "umask",
    "fmask",
    "dmask",
    "entry_timeout",
    "attr_timeout",
    "negative_timeout",
    "keep_cache",
    "direct_io",
    "flush",
    "streams",
    "xattr",
};

/* For mount(8), systemd and other systems; nothing to do here. */
static const char *const idle_names[] = {
    "auto",          "noauto",   "nofail",     "user",     "nouser",   "users",        "owner",
    "group",         "_netdev",  "rw",         "defaults", "relatime", "norelatime",   "strictatime",
    "nostrictatime", "lazytime", "nolazytime", "silent",   "loud",     "auto_unmount", "comment",
};

struct item {
    char *key;
    char *value;     /* NULL: none */
    const char *raw; /* as written */
    size_t raw_length;
};

static bool is_one_of(const char *const *names, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], key) == 0)
            return true;
    return false;
}

static bool mounts(const struct call *call)
{
    for (size_t i = 0; verb_option(call->verb, i); i++)
        if (strcmp(verb_option(call->verb, i)->name, "read-only") == 0)
            return true;
    return false;
}

/* `ask_password` and `ask-password` are --ask-password; `ro` is --read-only. */
static bool take_own(struct call *call, const struct item *item)
{
    char name[32];
    snprintf(name, sizeof name, "%s", strcmp(item->key, "ro") == 0 ? "read-only" : item->key);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return strcmp(name, "option") != 0 && call_add(call, name, item->value);
}

static int take_mount(struct olist *list, const struct item *item)
{
    char *text = NULL, *old = list->mount_options;
    if (asprintf(&text, "%s%s%.*s", old ? old : "", old ? "," : "", (int)item->raw_length, item->raw) < 0)
        return -ENOMEM;
    free(old);
    list->mount_options = text;
    return 0;
}

static int take_param(struct olist *list, const struct item *item)
{
    struct fs_param *grown = realloc(list->params, (list->param_count + 1) * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    list->params = grown;
    grown[list->param_count++] = (struct fs_param){item->key, item->value ? item->value : ""};
    return 0;
}

static void offer_params(struct near *near, const char *key, bool *known)
{
    const struct fs_format *format;
    for (size_t i = 0; (format = fs_format_at(i)); i++)
        for (const struct fs_param_doc *p = format->params; p && p->key; p++) {
            *known |= strcmp(p->key, key) == 0;
            near_offer(near, p->key);
        }
}

static int unknown(const struct call *call, struct near *near)
{
    for (size_t i = 0; mounts(call) && i < COUNT_OF(mount_names); i++)
        near_offer(near, mount_names[i]);
    for (size_t i = 0; verb_option(call->verb, i); i++)
        near_offer(near, verb_option(call->verb, i)->name);
    if (near->best)
        complain_text(0, "unknown option '-o %s'; did you mean '%s'?", near->word, near->best);
    else
        complain_text(0, "unknown option '-o %s'; `dokanctl formats` lists parameters", near->word);
    return EXIT_USAGE;
}

static int take_item(struct olist *list, struct call *call, const struct item *item)
{
    bool known = false;
    struct near near = {.word = item->key};
    int rc = 0;
    if (!*item->key || strncasecmp(item->key, "x-", 2) == 0)
        return 0;
    if (mounts(call) && is_one_of(mount_names, COUNT_OF(mount_names), item->key))
        rc = take_mount(list, item);
    else if (take_own(call, item) || is_one_of(idle_names, COUNT_OF(idle_names), item->key))
        rc = 0;
    else if (offer_params(&near, item->key, &known), known)
        rc = take_param(list, item);
    else if (!list->sloppy)
        return unknown(call, &near);
    return rc ? complain(NULL, rc, NULL) : 0;
}

/* Cuts the next item off, undoing escapes in place; *raw walks along the text as it was. */
static struct item next_item(char **rest, const char **raw)
{
    struct item item = {.key = *rest, .raw = *raw};
    char *from = *rest, *to = *rest;
    for (; *from && *from != ','; from++) {
        if (*from == '\\' && from[1])
            from++;
        else if (*from == '=' && !item.value) {
            *to++ = 0;
            item.value = to;
            continue;
        }
        *to++ = *from;
    }
    item.raw_length = (size_t)(from - *rest);
    bool more = *from == ',';
    *rest = more ? from + 1 : from;
    *raw += item.raw_length + more;
    *to = 0;
    return item;
}

static int read_one(struct olist *list, struct call *call, const char *text)
{
    char **grown = realloc(list->texts, (list->text_count + 1) * sizeof *grown), *copy = strdup(text);
    if (grown)
        list->texts = grown;
    if (!grown || !copy) {
        free(copy);
        return complain(NULL, -ENOMEM, NULL);
    }
    list->texts[list->text_count++] = copy;
    const char *raw = text, *end = text + strlen(text);
    int code = 0;
    while (raw < end && code == 0) {
        const struct item item = next_item(&copy, &raw);
        code = take_item(list, call, &item);
    }
    return code;
}

int olist_read(struct olist *list, struct call *call)
{
    int code = 0;
    for (size_t i = 0; i < call->given_count && code == 0; i++)
        if (strcmp(call->given[i].option->name, "option") == 0)
            code = read_one(list, call, call->given[i].value);
    return code;
}

int olist_name(struct olist *list, const char *name)
{
    char *text = NULL, *old = list->mount_options;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    fputs("fsname=", out);
    for (; *name; name++) {
        if (*name == ',' || *name == '\\')
            fputc('\\', out);
        fputc(iscntrl((unsigned char)*name) ? '?' : *name, out);
    }
    fprintf(out, "%s%s", old ? "," : "", old ? old : "");
    if (fclose(out) != 0) {
        free(text);
        return -ENOMEM;
    }
    free(old);
    list->mount_options = text;
    return 0;
}

void olist_free(struct olist *list)
{
    for (size_t i = 0; i < list->text_count; i++) {
        explicit_bzero(list->texts[i], strlen(list->texts[i]));
        free(list->texts[i]);
    }
    free(list->texts);
    free(list->params);
    free(list->mount_options);
    *list = (struct olist){0};
}
