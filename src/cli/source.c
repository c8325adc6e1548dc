// SPDX-License-Identifier: MIT
/*
 * From an argument to an object and a path. What exists as a plain file under exactly that name is one,
 * whatever its characters. Otherwise a `://` or a `!` makes it a URL, and anything else is a path that does
 * not exist (yet).
 */
#include "cli/source.h"

#include "cli/cancel.h"
#include "cli/entries.h"
#include "cli/python.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The last component, without slashes behind it; "" for roots and dots. */
static char *last_name(const char *text)
{
    size_t length = strlen(text);
    while (length && text[length - 1] == '/')
        length--;
    size_t start = length;
    while (start && text[start - 1] != '/' && text[start - 1] != '!')
        start--;
    char *name = strndup(text + start, length - start);
    if (name && is_dots(name))
        *name = 0;
    return name;
}

static int add_filters(const struct opening *o, struct fs **fs)
{
    for (size_t i = 0; i < o->call.given_count; i++) {
        struct fs_error error = {0};
        if (strcmp(o->call.given[i].option->name, "filter") != 0)
            continue;
        int rc = fs_add_filter(o->call.given[i].value, fs, &error);
        if (rc)
            return complain_text(rc, "%s", *error.text ? error.text : reason(rc)), EXIT_USAGE;
    }
    return 0;
}

/* The library's text begins with what it is about, or we say it. */
static int complain_open(const struct source *s, int rc, const struct fs_error *error)
{
    if (cancelled())
        rc = -ECANCELED;
    if (!*error->text || rc == -ECANCELED)
        return complain(s->shown, rc, NULL);
    if (strstr(error->text, s->name) || strstr(error->text, s->shown))
        return complain_text(rc, "%s", error->text);
    return complain_text(rc, "%s: %s", s->shown, error->text);
}

/* ---- plain files -------------------------------------------------------------------------------------- */

static bool exists(const char *text, struct stat *st)
{
    return lstat(text, st) == 0;
}

static int open_directory(const char *directory, struct source *out)
{
    int rc = fs_directory_new(directory, &out->fs);
    out->local = true;
    return rc;
}

/* `photos.zip/2024`: the archive is a file, and `!` is missing. */
static char *hint_inside(const char *text)
{
    struct stat st;
    char *copy = strdup(text), *hint = NULL;
    for (char *slash = copy ? strchr(copy + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool file = stat(copy, &st) == 0 && S_ISREG(st.st_mode);
        if (file && asprintf(&hint, "did you mean '%s!/%s'?", copy, slash + 1) < 0)
            hint = NULL;
        *slash = '/';
        if (file)
            break;
    }
    free(copy);
    return hint;
}

static int complain_parent(const struct source *s, const char *text, const char *parent, int rc)
{
    char *inside = rc == -ENOTDIR ? hint_inside(text) : NULL, *hint = NULL;
    struct source above = {0};
    char real[PATH_MAX];
    char *up = path_parent(parent);
    const char *where = strchr(parent, '/') ? up : ".";
    if (rc == -ENOENT && up && realpath(where, real) && open_directory(real, &above) == 0) {
        char *path = path_join("/", path_name(parent));
        hint = path ? path_hint(above.fs, path) : NULL;
        free(path);
    }
    fs_close(above.fs);
    int code = complain(s->shown, rc, inside ? inside : hint);
    free(inside);
    free(hint);
    free(up);
    return code;
}

/* The directory that has it, and its name there. */
static int open_in_parent(const char *text, struct source *out)
{
    char real[PATH_MAX];
    size_t length = strlen(text);
    while (length > 1 && text[length - 1] == '/')
        length--;
    char *trimmed = strndup(text, length), *slash = trimmed ? strrchr(trimmed, '/') : NULL;
    char *parent = !slash             ? strdup(".")
                   : slash == trimmed ? strdup("/")
                                      : strndup(trimmed, (size_t)(slash - trimmed));
    int code = 0;
    if (!trimmed || !parent) {
        code = complain(NULL, -ENOMEM, NULL);
    } else if (!realpath(parent, real)) {
        code = complain_parent(out, text, parent, -errno);
    } else {
        int rc = open_directory(real, out);
        out->path = rc ? NULL : path_join("/", slash ? slash + 1 : trimmed);
        code = rc ? complain_parent(out, text, parent, rc) : 0;
    }
    free(parent);
    free(trimmed);
    return code;
}

static int open_plain(const char *text, const struct stat *st, unsigned flags, struct source *out)
{
    char real[PATH_MAX];
    bool itself = flags & SOURCE_LINK && S_ISLNK(st->st_mode);
    struct stat behind;
    if (itself || stat(text, &behind) < 0 ||
        ((flags & (SOURCE_LINK | SOURCE_ENTER)) == SOURCE_LINK && *out->name))
        return open_in_parent(text, out); /* also a link that leads nowhere */
    if (!realpath(text, real))
        return complain(out->shown, -errno, NULL);
    if (!S_ISDIR(behind.st_mode))
        return open_in_parent(real, out);
    int rc = open_directory(real, out);
    out->path = strdup("/");
    return rc ? complain(out->shown, rc, NULL) : 0;
}

/* ---- URLs --------------------------------------------------------------------------------------------- */

/* Opens a URL, or takes what is open already. */
static int open_url(struct opening *o, const char *url, struct source *out, struct fs_error *error)
{
    if (o->last_text && strcmp(o->last_text, url) == 0) {
        out->fs = fs_ref(o->last_fs);
        out->path = strdup("/");
        return out->path ? 0 : -ENOMEM;
    }
    int rc = fs_open_url(url, &o->options, &out->fs, &out->path, error);
    *o->asked = 0;
    if (rc || strcmp(out->path, "/") != 0)
        return rc;
    fs_close(o->last_fs);
    free(o->last_text);
    o->last_fs = fs_ref(out->fs);
    o->last_text = strdup(url);
    return 0;
}

/*
 * `container!/folder/name` without its name, so that the name itself is not opened: it may be an archive that
 * is meant as a file, or not exist yet. NULL where that cannot be told from the text.
 */
static char *cut_name(const char *url, const char **name)
{
    const char *mark = strrchr(url, '!'), *slash = strrchr(url, '/');
    if (!mark || !slash || slash < mark || !slash[1] || strpbrk(slash, "%?"))
        return NULL;
    if (is_dots(slash + 1))
        return NULL;
    *name = slash + 1;
    return strndup(url, (size_t)(slash - url) + (slash == mark + 1));
}

static int open_inside(struct opening *o, const char *url, struct source *out, struct fs_error *error)
{
    const char *name = NULL;
    char *parent = cut_name(url, &name);
    int rc = open_url(o, parent ? parent : url, out, error);
    if (rc == 0 && parent) {
        char *path = path_join(out->path, name);
        free(out->path);
        out->path = path;
        rc = path ? 0 : -ENOMEM;
    }
    free(parent);
    return rc;
}

/* Opens it if it is a symbolic link; that, and not what it leads to, is meant. */
static bool is_link_inside(struct opening *o, const char *url, struct source *out)
{
    struct fs_info info;
    struct fs_error error = {0};
    bool link = open_inside(o, url, out, &error) == 0 && fs_getinfo(out->fs, out->path, 0, &info) == 0 &&
                info.type == FS_TYPE_SYMLINK;
    if (link)
        return true;
    fs_close(out->fs);
    free(out->path);
    out->fs = NULL;
    out->path = NULL;
    return false;
}

/* The name in it does not exist: look for one that is near. */
static int complain_missing(struct opening *o, const char *url, struct source *out)
{
    struct fs_error error = {0};
    int rc = open_inside(o, url, out, &error), code;
    if (rc == 0 && out->path) {
        char *hint = path_hint(out->fs, out->path);
        code = complain(out->shown, -ENOENT, hint);
        free(hint);
    } else {
        code = complain_open(out, rc, &error);
    }
    return code;
}

static int open_as_url(struct opening *o, const char *url, unsigned flags, struct source *out)
{
    struct fs_error error = {0};
    if (flags & SOURCE_LINK && flags & SOURCE_ENTER && is_link_inside(o, url, out))
        return 0;
    int rc = flags & SOURCE_ENTER ? open_url(o, url, out, &error) : open_inside(o, url, out, &error);
    if (rc == -ENOENT && strchr(url, '!') && flags & SOURCE_ENTER && !strstr(error.text, "did you mean"))
        return complain_missing(o, url, out);
    return rc ? complain_open(out, rc, &error) : 0;
}

/* An archive that exists as a plain file, for a look inside; a file that is none is shown as such. */
static int enter_file(struct opening *o, const char *text, const struct stat *st, unsigned flags,
                      struct source *out)
{
    struct fs_error error = {0};
    int rc = open_url(o, text, out, &error);
    if (rc == -EPROTONOSUPPORT)
        return open_plain(text, st, flags, out);
    if (rc == 0)
        *out->name = 0;
    return rc ? complain_open(out, rc, &error) : 0;
}

/* ---- both --------------------------------------------------------------------------------------------- */

/* `mem:` and `zip:photos.zip`, as `mount` takes them. */
static bool has_scheme(const char *text)
{
    size_t length = strcspn(text, ":/!");
    const struct fs_format *format;
    if (text[length] != ':' || length < 2)
        return false;
    for (size_t i = 0; (format = fs_format_at(i)); i++)
        for (const char *const *s = format->schemes; s && *s; s++)
            if (strlen(*s) == length && strncasecmp(*s, text, length) == 0)
                return true;
    return false;
}

/* The path for `M:` and `M:\file`; NULL where it names no drive that is mounted, or exists as it stands. */
static char *drive_path(const char *text)
{
    struct stat st;
    char *reply = NULL, *path = NULL;
    bool drive = isalpha((unsigned char)text[0]) && text[1] == ':' && (!text[2] || strchr("\\/!", text[2]));
    if (!drive || exists(text, &st))
        return NULL;
    const char *inner = strchr(text, '!');
    char *outer = inner ? strndup(text, (size_t)(inner - text)) : strdup(text);
    if (outer && DokanControl(outer, "path", &reply) &&
        asprintf(&path, "%s%s", reply, inner ? inner : "") < 0)
        path = NULL;
    DokanFreeReply(reply);
    free(outer);
    return path;
}

static int open_any(struct opening *o, const char *text, unsigned flags, struct source *out)
{
    struct stat st, behind;
    bool url = strstr(text, "://") || strchr(text, '!') || text[0] == '~' || has_scheme(text);
    if (exists(text, &st)) {
        bool file = stat(text, &behind) == 0 && S_ISREG(behind.st_mode);
        return file && flags & SOURCE_ENTER ? enter_file(o, text, &st, flags, out)
                                            : open_plain(text, &st, flags, out);
    }
    if (python_source(text))
        return python_complain();
    if (url)
        return open_as_url(o, text, flags, out);
    if (!*text)
        return complain("''", -ENOENT, NULL);
    return open_in_parent(text, out);
}

static int open_named(struct opening *opening, const char *text, unsigned flags, struct source *out)
{
    *out = (struct source){.shown = fs_url_redact(text), .name = last_name(text)};
    if (!out->shown || !out->name) {
        source_close(out);
        return complain(NULL, -ENOMEM, NULL);
    }
    int code = open_any(opening, text, flags, out);
    if (code == 0 && !out->path)
        code = complain(NULL, -ENOMEM, NULL);
    code = code ? code : add_filters(opening, &out->fs);
    struct fs_info info;
    int rc = code || flags & SOURCE_TARGET ? 0 : source_info(out, 0, &info);
    if (rc)
        code = source_complain(out, out->path, rc);
    if (code)
        source_close(out);
    return code;
}

int source_open(struct opening *opening, const char *text, unsigned flags, struct source *out)
{
    char *path = drive_path(text);
    int code = open_named(opening, path ? path : text, flags, out);
    free(path);
    return code;
}

int source_end(struct source *s, int code)
{
    int rc = fs_close(s->fs);
    s->fs = NULL;
    if (rc)
        code = complain(s->shown, rc, "it could not be closed properly: what was written may be lost");
    source_close(s);
    return code;
}

void source_close(struct source *s)
{
    fs_close(s->fs);
    free(s->path);
    free(s->shown);
    free(s->name);
    *s = (struct source){0};
}

int source_info(const struct source *source, uint32_t want, struct fs_info *info)
{
    return fs_getinfo(source->fs, source->path, want, info);
}

char *source_shown(const struct source *s, const char *path)
{
    size_t base = strlen(s->path);
    if (strncmp(path, s->path, base) != 0 || (path[base] && path[base] != '/' && base > 1))
        return strdup(path);
    const char *rest = path + base + (path[base] == '/');
    return *rest ? path_join(s->shown, rest) : strdup(s->shown);
}

int source_complain(const struct source *s, const char *path, int rc)
{
    char *shown = source_shown(s, path), *hint = rc == -ENOENT ? path_hint(s->fs, path) : NULL;
    int code = complain(shown, rc, hint);
    free(shown);
    free(hint);
    return code;
}

int source_mount(struct opening *o, const char *text, struct fs **fs)
{
    struct source s = {.shown = fs_url_redact(text), .name = last_name(text)};
    struct fs_error error = {0};
    struct stat st;
    if (!s.shown || !s.name) {
        source_close(&s);
        return complain(NULL, -ENOMEM, NULL);
    }
    int code = 0, rc = fs_open_url(text, &o->options, &s.fs, NULL, &error);
    bool url = strstr(text, "://") || strchr(text, '!');
    if (rc == -EPROTONOSUPPORT && exists(text, &st))
        code = complain(s.shown, rc, NULL);
    else if (rc == -ENOENT && !url)
        code = open_in_parent(text, &s), code = code || !s.path ? code : source_complain(&s, s.path, rc);
    else if (rc)
        code = complain_open(&s, rc, &error);
    code = code ? code : add_filters(o, &s.fs);
    if (code == 0)
        *fs = fs_ref(s.fs);
    source_close(&s);
    return code;
}
