// SPDX-License-Identifier: MIT
/*
 * A plugin for plugin_test.c: one format, one filter, and a count of how often it was loaded. It calls
 * nothing of the library, so that it loads wherever the test is linked.
 */
#include <dokan/fs.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOW __attribute__((visibility("default")))
extern SHOW const struct fs_plugin fs_plugin;

__attribute__((constructor)) static void count(void)
{
    const char *text = getenv("SAMPLE_LOADED");
    char number[16];
    snprintf(number, sizeof number, "%d", (text ? atoi(text) : 0) + 1);
    setenv("SAMPLE_LOADED", number, 1);
}

static int sample_recognise(const void *head, size_t length, const char *name, uint64_t size)
{
    return length >= 6 && memcmp(head, "SAMPLE", 6) == 0 ? 90 : 0;
}

static int sample_open(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    snprintf(error->text, sizeof error->text, "the sample was asked for %s", request->container_path);
    return -ECANCELED;
}

static int filter_open(struct fs *next, const struct fs_params *params, struct fs **fs,
                       struct fs_error *error)
{
    return -ECANCELED;
}

static const char *const schemes[] = {"sample", "sample2", NULL};
static const struct fs_format format = {
    .size = sizeof format,
    .version = FS_API_VERSION,
    .schemes = schemes,
    .summary = "a sample",
    .container = true,
    .recognise = sample_recognise,
    .open = sample_open,
};
static const struct fs_filter filter = {
    .size = sizeof filter,
    .version = FS_API_VERSION,
    .name = "sample",
    .summary = "a sample",
    .open = filter_open,
};
static const struct fs_format *const formats[] = {&format, NULL};
static const struct fs_filter *const filters[] = {&filter, NULL};

const struct fs_plugin fs_plugin = {
    .size = sizeof fs_plugin,
#ifdef SAMPLE_LATER
    .version = FS_API_VERSION + 1,
#else
    .version = FS_API_VERSION,
#endif
    .formats = formats,
    .filters = filters,
};
