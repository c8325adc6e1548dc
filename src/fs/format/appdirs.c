// SPDX-License-Identifier: MIT
/*
 * The folders of an application, where the XDG base directory rules put them. The resource is
 * `app[:author[:version]]`; the author plays no role on Linux.
 */
#include "fs/format/host.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a kind of folder is. */
struct place {
    const char *variable; /* set to an absolute path (or a list of such), it is used */
    const char *in_home;  /* else this in $HOME; NULL: */
    const char *fixed;    /* else this */
    const char *tail;     /* behind the name and version of the application, "" or "/log" */
    mode_t mode;          /* of what is made */
};

static const struct place user_data = {"XDG_DATA_HOME", ".local/share", NULL, "", 0700};
static const struct place user_conf = {"XDG_CONFIG_HOME", ".config", NULL, "", 0700};
static const struct place user_cache = {"XDG_CACHE_HOME", ".cache", NULL, "", 0700};
static const struct place user_log = {"XDG_CACHE_HOME", ".cache", NULL, "/log", 0700};
static const struct place site_data = {"XDG_DATA_DIRS", NULL, "/usr/local/share", "", 0755};
static const struct place site_conf = {"XDG_CONFIG_DIRS", NULL, "/etc/xdg", "", 0755};

/* The first of the folders that the variable names, or NULL. */
static char *from_variable(const struct place *place)
{
    const char *value = getenv(place->variable);
    return value && value[0] == '/' ? strndup(value, strcspn(value, ":")) : NULL;
}

static char *base_of(const struct place *place)
{
    char *base = from_variable(place);
    const char *home = getenv("HOME");
    if (base || place->fixed)
        return base ? base : strdup(place->fixed);
    if (!home || home[0] != '/' || asprintf(&base, "%s/%s", home, place->in_home) < 0)
        return NULL;
    return base;
}

static bool is_part(const char *text)
{
    return *text && !strchr(text, '/') && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static int open_app(const struct place *place, const struct fs_request *request, struct fs **fs,
                    struct fs_error *error)
{
    CLEANUP_FREE char *copy = strdup(request->resource);
    CLEANUP_FREE char *base = base_of(place);
    CLEANUP_FREE char *path = NULL;
    if (!copy || !base)
        return fs_fail(error, -ENOENT, "cannot tell where the folder is; set $HOME or $%s", place->variable);
    char *rest = copy, *app = strsep(&rest, ":"), *author = strsep(&rest, ":"), *version = rest;
    (void)author;
    if (!is_part(app) || (version && *version && !is_part(version)))
        return fs_fail(error, -EINVAL, "'%s' names no application; write %s://app:author:version",
                       request->resource, request->scheme);
    bool with_version = version && *version;
    if (asprintf(&path, "%s/%s%s%s%s", base, app, with_version ? "/" : "", with_version ? version : "",
                 place->tail) < 0) {
        path = NULL;
        return fs_fail(error, -ENOMEM, "memory is short");
    }
    return folder_open(request, path, place->mode, fs, error);
}

static const struct fs_param_doc app_params[] = {
    {"create", "0|1", "make the folder if it is missing; default 0"},
    {NULL, NULL, NULL},
};

#define APP_FORMAT(name, place, text, ...)                                                           \
    static int name##_open(const struct fs_request *request, struct fs **fs, struct fs_error *error) \
    {                                                                                                \
        return open_app(&(place), request, fs, error);                                               \
    }                                                                                                \
    static const char *const name##_schemes[] = {#name, __VA_ARGS__};                                \
    extern const struct fs_format format_##name;                                                     \
    const struct fs_format format_##name = {                                                         \
        .size = sizeof(struct fs_format),                                                            \
        .version = FS_API_VERSION,                                                                   \
        .schemes = name##_schemes,                                                                   \
        .summary = text,                                                                             \
        .params = app_params,                                                                        \
        .open = name##_open,                                                                         \
    }

APP_FORMAT(userdata, user_data, "data of an application, for this user", "appuserdata", "appuser", NULL);
APP_FORMAT(userconf, user_conf, "settings of an application, for this user", NULL);
APP_FORMAT(usercache, user_cache, "cache of an application, for this user", "appusercache", "appcache", NULL);
APP_FORMAT(userlog, user_log, "logs of an application, for this user", "appuserlog", "applog", NULL);
APP_FORMAT(sitedata, site_data, "data of an application, for all users", "appsitedata", "appsite", NULL);
APP_FORMAT(siteconf, site_conf, "settings of an application, for all users", NULL);
