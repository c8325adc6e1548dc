// SPDX-License-Identifier: MIT
/*
 * Read-only objects: the whole tree against a golden text, and every change refused.
 *
 * A golden line is `d PATH`, `f SIZE SHA256 PATH`, `l TARGET PATH` or `o PATH` (anything else), sorted by the
 * bytes of the escaped path; in PATH and TARGET a backslash and every byte up to a space and from DEL are
 * `\xNN`, but for the bytes of UTF-8 above it. tree.py writes the same from a folder, without our code.
 */
#include "contract.h"

#include <openssl/evp.h>

const char *read_only_golden;

struct lines {
    char **at;
    size_t count, room;
};

static void lines_add(struct lines *lines, char *line)
{
    if (lines->count == lines->room) {
        lines->room = lines->room ? lines->room * 2 : 256;
        lines->at = realloc(lines->at, lines->room * sizeof *lines->at);
    }
    if (!lines->at || !line)
        abort();
    lines->at[lines->count++] = line;
}

static void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->at[i]);
    free(lines->at);
}

static char *escaped(const char *text)
{
    char *out = malloc(strlen(text) * 4 + 1), *to = out;
    for (; out && *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte <= ' ' || byte == 0x7f || byte == '\\')
            to += sprintf(to, "\\x%02x", byte);
        else
            *to++ = *text;
    }
    if (out)
        *to = 0;
    return out;
}

static const char *path_in(const char *line)
{
    return strrchr(line, ' ') + 1;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(path_in(*(char *const *)a), path_in(*(char *const *)b));
}

/* "SIZE SHA256" of a file's content as it is read, or what went wrong. */
static void digest(struct fs *fs, const char *path, char *out, size_t room)
{
    static char buf[1 << 17];
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    uint64_t size = 0;
    ssize_t part = 0;
    struct fs_file *file;
    int rc = fs_open(fs, path, O_RDONLY, 0, &file);
    if (rc) {
        snprintf(out, room, "open -%s", error_name(rc));
        return;
    }
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    while ((part = fs_f_pread(fs, file, buf, sizeof buf, size)) > 0) {
        EVP_DigestUpdate(md, buf, (size_t)part);
        size += (uint64_t)part;
    }
    EVP_DigestFinal_ex(md, sum, &length);
    EVP_MD_CTX_free(md);
    fs_f_close(fs, file);
    int at = snprintf(out, room, part < 0 ? "read -%s" : "%s", part < 0 ? error_name(part) : "");
    if (part == 0)
        at = snprintf(out, room, "%llu ", (unsigned long long)size);
    for (unsigned i = 0; part == 0 && i < length; i++)
        at += snprintf(out + at, room - (size_t)at, "%02x", sum[i]);
}

static char *line_of(struct fs *fs, const char *path, const struct fs_info *info)
{
    char text[5000] = "", *name = escaped(path), *line = NULL;
    const char *letter = "o";
    if (info->type == FS_TYPE_DIRECTORY) {
        letter = "d";
    } else if (info->type == FS_TYPE_FILE) {
        letter = "f";
        digest(fs, path, text, sizeof text);
    } else if (info->type == FS_TYPE_SYMLINK) {
        char target[1200];
        int rc = fs_readlink(fs, path, target, sizeof target);
        char *safe = escaped(rc ? error_name(rc) : target);
        letter = "l";
        snprintf(text, sizeof text, "%s", safe);
        free(safe);
    }
    if (asprintf(&line, "%s%s%s %s", letter, *text ? " " : "", text, name) < 0)
        abort();
    free(name);
    return line;
}

/* Breadth first: folders that were found wait in `todo`. */
static int gather(struct test *t, struct lines *out)
{
    struct lines todo = {0};
    struct names names = {0};
    int rc = 0;
    lines_add(&todo, strdup("/"));
    for (size_t i = 0; i < todo.count && rc == 0; i++) {
        rc = list(t, todo.at[i], 0, 0, &names);
        for (size_t j = 0; rc == 0 && j < names.count; j++) {
            char *path = NULL;
            if (asprintf(&path, "%s/%s", i ? todo.at[i] : "", names.at[j]) < 0)
                abort();
            lines_add(out, line_of(t->fs, path, &names.info[j]));
            if (names.info[j].type == FS_TYPE_DIRECTORY)
                lines_add(&todo, path);
            else
                free(path);
        }
    }
    names_free(&names);
    lines_free(&todo);
    if (out->count)
        qsort(out->at, out->count, sizeof *out->at, by_path);
    return rc;
}

int write_tree(struct fs *fs, FILE *out)
{
    struct test t = {.fs = fs};
    struct lines lines = {0};
    int rc = gather(&t, &lines);
    for (size_t i = 0; i < lines.count; i++)
        fprintf(out, "%s\n", lines.at[i]);
    lines_free(&lines);
    return rc || ferror(out);
}

static bool read_golden(struct test *t, struct lines *out)
{
    FILE *file = fopen(read_only_golden, "r");
    char *line = NULL;
    size_t room = 0;
    check_at(t, __LINE__, file != NULL, "cannot read %s: %m", read_only_golden);
    if (!file)
        return false;
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (*line && *line != '#')
            lines_add(out, strdup(line));
    }
    free(line);
    fclose(file);
    if (out->count)
        qsort(out->at, out->count, sizeof *out->at, by_path);
    return CHECK(t, out->count > 0);
}

static void golden_tree(struct test *t)
{
    struct lines is = {0}, should = {0};
    if (read_golden(t, &should)) {
        WORKS(t, gather(t, &is));
        for (size_t i = 0; i < is.count || i < should.count; i++) {
            const char *a = i < is.count ? is.at[i] : "nothing",
                       *b = i < should.count ? should.at[i] : "nothing";
            if (!check_at(t, __LINE__, strcmp(a, b) == 0, "there is '%.200s' instead of '%.200s'", a, b))
                break;
        }
    }
    lines_free(&is);
    lines_free(&should);
}

/* Facts and listing agree, and a file of that size is read: also at its end and beyond. */
static void facts_agree(struct test *t)
{
    struct names names = {0};
    char buf[64];
    WORKS(t, list(t, "/", 0, FS_INFO_ALL, &names));
    for (size_t i = 0; i < names.count; i++) {
        char path[FS_NAME_MAX + 2];
        struct fs_file *file;
        snprintf(path, sizeof path, "/%s", names.at[i]);
        struct fs_info info = info_of(t, path);
        SAME(t, info.type, names.info[i].type);
        if (info.type != FS_TYPE_FILE || !(info.valid & FS_INFO_SIZE) ||
            !WORKS(t, fs_open(t->fs, path, O_RDONLY, 0, &file)))
            continue;
        SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, info.size), 0);
        SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, info.size + 100000), 0);
        if (info.size)
            SAME(t, fs_f_pread(t->fs, file, buf, sizeof buf, info.size - 1), 1);
        closed(t, file);
    }
    names_free(&names);
}

static void flag_is_set(struct test *t)
{
    CHECK(t, fs_flags(t->fs) & FS_READ_ONLY);
}

static void refuses_new(struct test *t)
{
    struct fs_file *file;
    GIVES(t, fs_makedir(t->fs, "/new", 0755), -EROFS);
    GIVES(t, fs_symlink(t->fs, "x", "/new"), -EROFS);
    GIVES(t, fs_open(t->fs, "/new", O_RDWR | O_CREAT, 0644, &file), -EROFS);
    GIVES(t, fs_open(t->fs, "/new", O_WRONLY | O_CREAT | O_EXCL, 0644, &file), -EROFS);
    GIVES(t, type_of(t, "/new"), -ENOENT);
}

static void refuses_changes_of(struct test *t, const char *path, bool directory)
{
    struct fs_info info = {.valid = FS_INFO_MTIME, .mtime = 1};
    struct fs_file *file;
    GIVES(t, fs_setinfo(t->fs, path, &info), -EROFS);
    GIVES(t, fs_rename(t->fs, path, "/renamed", 0), -EROFS);
    GIVES(t, fs_setxattr(t->fs, path, "user.x", "1", 1, 0), -EROFS);
    GIVES(t, fs_access(t->fs, path, W_OK), -EROFS);
    if (directory) {
        GIVES(t, fs_removedir(t->fs, path), -EROFS);
        return;
    }
    GIVES(t, fs_remove(t->fs, path), -EROFS);
    GIVES(t, fs_link(t->fs, path, "/linked"), -EROFS);
    GIVES(t, fs_open(t->fs, path, O_RDWR, 0, &file), -EROFS);
    GIVES(t, fs_open(t->fs, path, O_WRONLY, 0, &file), -EROFS);
    GIVES(t, fs_open(t->fs, path, O_RDONLY | O_TRUNC, 0, &file), -EROFS);
}

static void refuses_changes(struct test *t)
{
    struct names names = {0};
    WORKS(t, list(t, "/", 0, 0, &names));
    for (size_t i = 0; i < names.count; i++) {
        char path[FS_NAME_MAX + 2];
        snprintf(path, sizeof path, "/%s", names.at[i]);
        if (names.info[i].type == FS_TYPE_DIRECTORY || names.info[i].type == FS_TYPE_FILE)
            refuses_changes_of(t, path, names.info[i].type == FS_TYPE_DIRECTORY);
    }
    names_free(&names);
}

static void refuses_writes(struct test *t)
{
    struct names names = {0};
    struct fs_file *file;
    WORKS(t, list(t, "/", 0, 0, &names));
    for (size_t i = 0; i < names.count; i++) {
        char path[FS_NAME_MAX + 2];
        snprintf(path, sizeof path, "/%s", names.at[i]);
        if (names.info[i].type != FS_TYPE_FILE || !WORKS(t, fs_open(t->fs, path, O_RDONLY, 0, &file)))
            continue;
        GIVES(t, fs_f_pwrite(t->fs, file, "x", 1, 0), -EBADF);
        GIVES(t, fs_f_truncate(t->fs, file, 0), -EBADF);
        closed(t, file);
    }
    names_free(&names);
}

static void missing_is_missing(struct test *t)
{
    struct fs_file *file;
    struct names names = {0};
    GIVES(t, type_of(t, "/no-such-name"), -ENOENT);
    GIVES(t, type_of(t, "/no-such-name/more"), -ENOENT);
    GIVES(t, fs_open(t->fs, "/no-such-name", O_RDONLY, 0, &file), -ENOENT);
    GIVES(t, fs_open(t->fs, "/", O_RDONLY, 0, &file), -EISDIR);
    GIVES(t, list(t, "/no-such-name", 0, 0, &names), -ENOENT);
    names_free(&names);
}

/* The tree is the same after all that. */
const struct test_row read_only_tests[] = {
    {"golden-tree", golden_tree},
    {"read-only-flag", flag_is_set},
    {"read-only-facts", facts_agree},
    {"read-only-missing", missing_is_missing},
    {"read-only-new", refuses_new},
    {"read-only-changes", refuses_changes},
    {"read-only-writes", refuses_writes},
    {"golden-tree-again", golden_tree},
    {NULL, NULL},
};
