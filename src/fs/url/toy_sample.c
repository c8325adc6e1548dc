// SPDX-License-Identifier: MIT
/*
 * The formats of toy_sample.h: what is read goes into a tree in memory.
 */
#include "toy_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

_Thread_local char toy_seen[256], toy_users[256];
int toy_other_score;
_Thread_local struct toy_asked toy_asked;

/* ---- writing ---------------------------------------------------------------------------------------- */

static void append(struct toy_text *toy, const void *bytes, size_t length)
{
    toy->bytes = realloc(toy->bytes, toy->length + length + 1);
    if (!toy->bytes)
        abort();
    memcpy(toy->bytes + toy->length, bytes, length);
    toy->length += length;
    toy->bytes[toy->length] = 0;
}

static void line(struct toy_text *toy, const char *kind, const char *text)
{
    append(toy, kind, strlen(kind));
    append(toy, text, strlen(text));
    append(toy, "\n", 1);
}

struct toy_text *toy_new(void)
{
    struct toy_text *toy = calloc(1, sizeof *toy);
    if (!toy)
        abort();
    line(toy, "", "TOY");
    return toy;
}

void toy_free(struct toy_text *toy)
{
    free(toy->bytes);
    free(toy);
}

void toy_dir(struct toy_text *toy, const char *path)
{
    line(toy, "d ", path);
}

void toy_link(struct toy_text *toy, const char *path, const char *target)
{
    line(toy, "l ", path);
    line(toy, "", target);
}

void toy_file(struct toy_text *toy, const char *path, const void *bytes, size_t length)
{
    char number[32];
    snprintf(number, sizeof number, "%zu", length);
    line(toy, "f ", path);
    line(toy, "", number);
    append(toy, bytes, length);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static int put_file(struct fs *fs, const char *path, const char *bytes, size_t length)
{
    struct fs_file *file;
    int rc = fs_open(fs, path, O_WRONLY | O_CREAT, 0644, &file);
    if (rc)
        return rc;
    ssize_t wrote = fs_f_pwrite(fs, file, bytes, length, 0);
    rc = fs_f_close(fs, file);
    return wrote < 0 ? (int)wrote : rc;
}

static char *take_line(char **at)
{
    char *text = *at, *end = strchr(text, '\n');
    if (!end)
        return NULL;
    *end = 0;
    *at = end + 1;
    return text;
}

static int put_record(struct fs *fs, const char *record, char **at)
{
    const char *path = record + 2;
    if (record[0] == 'd')
        return fs_makedir(fs, path, 0755);
    const char *second = take_line(at);
    if (!second)
        return -EBADMSG;
    if (record[0] == 'l')
        return fs_symlink(fs, second, path);
    size_t length = (size_t)atol(second); /* NOLINT: a test's own number */
    const char *bytes = *at;
    *at += length;
    return put_file(fs, path, bytes, length);
}

static int unpack(char *text, size_t length, struct fs **fs)
{
    char *at = text + 4, *record;
    int rc = fs_memory_new(fs);
    while (rc == 0 && at < text + length && (record = take_line(&at)))
        rc = put_record(*fs, record, &at);
    return rc;
}

static char *read_whole(struct fs *fs, const char *path, size_t *length)
{
    struct fs_info info;
    struct fs_file *file;
    if (fs_getinfo(fs, path, FS_INFO_SIZE, &info) || fs_open(fs, path, O_RDONLY, 0, &file))
        return NULL;
    char *text = calloc(1, info.size + 1);
    if (text && fs_f_pread(fs, file, text, info.size, 0) != (ssize_t)info.size)
        text[0] = 0;
    fs_f_close(fs, file);
    *length = info.size;
    return text;
}

static void note_user(const struct fs_request *request)
{
    size_t length = strlen(toy_users);
    snprintf(toy_users + length, sizeof toy_users - length, "%s %s:%s ", request->scheme,
             request->user ? request->user : "-", request->password ? request->password : "-");
}

/* ---- the formats ------------------------------------------------------------------------------------ */

static int toy_recognise(const void *head, size_t length, const char *name, uint64_t size)
{
    toy_asked.length = length;
    toy_asked.size = size;
    snprintf(toy_asked.name, sizeof toy_asked.name, "%s", name);
    return length >= 4 && memcmp(head, "TOY\n", 4) == 0 ? 80 : 0;
}

static int toy_open(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    const char *index = fs_param(&request->params, "index");
    size_t length = 0;
    note_user(request);
    snprintf(toy_seen, sizeof toy_seen, "index=%s", index ? index : "");
    if (fs_param(&request->params, "fail")) {
        snprintf(error->text, sizeof error->text, "opened badly with %s", "HushHush");
        return -EBADMSG;
    }
    char *text = read_whole(request->container, request->container_path, &length);
    int rc = -EBADMSG;
    if (text && strncmp(text, "TOY\n", 4) == 0)
        rc = unpack(text, length, fs);
    else
        snprintf(error->text, sizeof error->text, "%s is not a toy", request->container_path);
    free(text);
    return rc;
}

static int other_recognise(const void *head, size_t length, const char *name, uint64_t size)
{
    return toy_other_score;
}

static int other_open(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    snprintf(error->text, sizeof error->text, "the other was asked");
    return -ENOTSUP;
}

/* Tells the path that stood behind the host's name. */
static int host_getmeta(struct fs *fs, const char *key, char *buf, size_t size)
{
    if (strcmp(key, "start") != 0 || !fs_data(fs))
        return -ENODATA;
    snprintf(buf, size, "%s", (const char *)fs_data(fs));
    return 0;
}

static int host_close(struct fs *fs)
{
    free(fs_data(fs));
    return 0;
}

static const struct fs_table host_table = {.size = sizeof host_table,
                                           .version = FS_API_VERSION,
                                           .name = "host",
                                           .close = host_close,
                                           .getmeta = host_getmeta};

static int host_open(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    static char toy[] = "TOY\nf /f.toy\n22\nTOY\nf /deep\n7\ndeepest";
    char copy[sizeof toy];
    note_user(request);
    if (fs_param(&request->params, "fail") && !request->resource[1])
        return -EIO;
    if (fs_param(&request->params, "lie"))
        return 0;
    if (fs_param(&request->params, "positive"))
        return 1;
    memcpy(copy, toy, sizeof toy);
    struct fs *below = NULL;
    int rc = unpack(copy, sizeof toy - 1, &below);
    const char *slash = strchr(request->resource, '/');
    char *start = slash ? strdup(slash) : NULL;
    rc = rc ? rc : fs_new(&host_table, start, below, fs);
    if (rc)
        free(start);
    return rc;
}

static const struct fs_param_doc toy_params[] = {
    {"index", "auto|off", "for the test"}, {"fail", NULL, "fails"}, {"password", "P", "for the test"}, {0}};
static const struct fs_param_doc host_params[] = {{"timeout", "S", "for the test"},
                                                  {"fail", NULL, "fails"},
                                                  {"lie", NULL, "lies"},
                                                  {"positive", NULL, "lies"},
                                                  {0}};
static const char *const toy_schemes[] = {"toy", "toy2", NULL};
static const char *const other_schemes[] = {"other", NULL};
static const char *const host_schemes[] = {"host", NULL};

static const struct fs_format formats[] = {
    {.size = sizeof *formats,
     .version = FS_API_VERSION,
     .schemes = toy_schemes,
     .container = true,
     .params = toy_params,
     .recognise = toy_recognise,
     .open = toy_open},
    {.size = sizeof *formats,
     .version = FS_API_VERSION,
     .schemes = other_schemes,
     .container = true,
     .recognise = other_recognise,
     .open = other_open},
    {.size = sizeof *formats,
     .version = FS_API_VERSION,
     .schemes = host_schemes,
     .params = host_params,
     .open = host_open},
};

void toy_register(void)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (fs_register_format(&formats[i]))
            abort();
}
