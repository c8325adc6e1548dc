// SPDX-License-Identifier: MIT
/*
 * Opens a source and writes down everything that it shows, one line each, for comparison with what it should
 * show. Used by the hostile archives and by the tests of formats.
 *
 *     probe [-n] [-o] [-t] [-p PASSWORD] URL
 *
 * Lines: type, facts, name; names and targets with every byte outside of printable ASCII, and `%` and blank,
 * as %XX. -n: contents are not read. -o: nothing but the
 * seconds that opening took. At the end what opening and reading cost, on standard error with -t.
 */
#include <dokan/fs.h>

#include "base/cleanup.h"
#include "base/io.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct names {
    char **list;
    size_t count, room;
};

static bool read_contents = true, only_open;
static unsigned shown;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this program alone: what getrusage() tells begins with the size of the one that started it. */
static long most_memory(void)
{
    static char status[8192];
    const char *line =
        read_file_small("/proc/self/status", status, sizeof status) > 0 ? strstr(status, "VmHWM:") : NULL;
    return line ? strtol(line + 6, NULL, 10) : 0;
}

static void put_text(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p > ' ' && *p < 127 && *p != '%')
            putchar(*p);
        else
            printf("%%%02X", *p);
    }
}

static int note_name(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    (void)info;
    (void)next;
    struct names *names = ctx;
    if (names->count == names->room) {
        names->room = names->room ? names->room * 2 : 16;
        char **list = realloc(names->list, names->room * sizeof *list);
        if (!list)
            abort();
        names->list = list;
    }
    names->list[names->count++] = strdup(name);
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_error(int rc)
{
    printf(" !%s", strerrorname_np(-rc) ? strerrorname_np(-rc) : "?");
}

static int hash_file(struct fs *fs, const char *path, unsigned char digest[32])
{
    static char buf[1 << 20];
    struct fs_file *file;
    int rc = fs_open(fs, path, O_RDONLY, 0, &file);
    if (rc)
        return rc;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
    uint64_t at = 0;
    ssize_t got;
    while ((got = fs_f_pread(fs, file, buf, sizeof buf, at)) > 0) {
        EVP_DigestUpdate(ctx, buf, (size_t)got);
        at += (uint64_t)got;
    }
    EVP_DigestFinal_ex(ctx, digest, NULL);
    EVP_MD_CTX_free(ctx);
    (void)fs_f_close(fs, file);
    return got < 0 ? (int)got : 0;
}

static void put_file(struct fs *fs, const char *path, const struct fs_info *info)
{
    unsigned char digest[32];
    printf("f %llu", (unsigned long long)info->size);
    if (!read_contents) {
        putchar(' ');
        return;
    }
    int rc = hash_file(fs, path, digest);
    if (rc < 0) {
        put_error(rc);
    } else {
        putchar(' ');
        for (int i = 0; i < 8; i++)
            printf("%02x", digest[i]);
    }
    putchar(' ');
}

static void put_node(struct fs *fs, const char *path, const struct fs_info *info)
{
    static const char types[FS_TYPE_COUNT] = "?dfcbpsl";
    static char target[FS_PATH_MAX + 1];
    shown++;
    if (info->type == FS_TYPE_FILE)
        put_file(fs, path, info);
    else
        printf("%c ", types[info->type]);
    put_text(path);
    if (info->type == FS_TYPE_SYMLINK) {
        int rc = fs_readlink(fs, path, target, sizeof target);
        fputs(" -> ", stdout);
        if (rc == 0)
            put_text(target);
        else
            put_error(rc);
    }
    putchar('\n');
}

static void walk(struct fs *fs, const char *path)
{
    struct names names = {0};
    int rc = fs_scandir(fs, path, FS_INFO_ALL, 0, note_name, &names);
    if (rc)
        printf("! %s %s\n", strerrorname_np(-rc), path);
    if (names.count)
        qsort(names.list, names.count, sizeof *names.list, by_bytes);
    for (size_t i = 0; i < names.count; i++) {
        CLEANUP_FREE char *inner = NULL;
        struct fs_info info;
        if (asprintf(&inner, "%s/%s", path[1] ? path : "", names.list[i]) < 0)
            abort();
        rc = fs_getinfo(fs, inner, FS_INFO_ALL, &info);
        if (rc == 0)
            put_node(fs, inner, &info);
        else
            printf("! %s %s\n", strerrorname_np(-rc), inner);
        if (rc == 0 && info.type == FS_TYPE_DIRECTORY)
            walk(fs, inner);
        free(names.list[i]);
    }
    free(names.list);
}

static void no_warning(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

static int ask(void *ctx, const char *what, char *buf, size_t size)
{
    (void)what;
    if (!ctx || strlen(ctx) >= size)
        return -EACCES;
    strcpy(buf, ctx);
    return 0;
}

static int open_and_show(const char *url, char *password)
{
    struct fs *fs = NULL;
    struct fs_error error = {0};
    struct fs_open_options options = FS_OPEN_OPTIONS;
    options.warn = no_warning;
    options.credentials.ask = ask;
    options.credentials.ask_ctx = password;
    double start = seconds();
    int rc = fs_open_url(url, &options, &fs, NULL, &error);
    if (rc == 0 && only_open) {
        printf("%.6f\n", seconds() - start);
        return fs_close(fs) ? 4 : 0;
    }
    if (rc < 0) {
        printf("refused %s\n", strerrorname_np(-rc) ? strerrorname_np(-rc) : "?");
        fprintf(stderr, "%s\n", error.text);
        return 3;
    }
    char number[32] = "0";
    (void)fs_getmeta(fs, "dropped", number, sizeof number);
    walk(fs, "/");
    printf("dropped %s\n", number);
    return fs_close(fs) ? 4 : 0;
}

int main(int argc, char **argv)
{
    bool times = false;
    char *password = NULL;
    for (int option; (option = getopt(argc, argv, "notp:")) != -1;) {
        read_contents &= option != 'n';
        only_open |= option == 'o';
        times |= option == 't';
        password = option == 'p' ? optarg : password;
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "usage: probe [-n] [-o] [-t] [-p PASSWORD] URL\n");
        return 2;
    }
    double start = seconds();
    int status = open_and_show(argv[optind], password);
    if (times)
        fprintf(stderr, "%u shown in %.3f s, %ld KiB\n", shown, seconds() - start, most_memory());
    return status;
}
