// SPDX-License-Identifier: MIT
/*
 * What the suite and the model test: an object with its filters, as it is or through a mount of this process.
 */
#include "contract.h"

#include <unistd.h>

static int say(const char *what, int rc, const struct fs_error *error)
{
    fprintf(stderr, "contract: %s: -%s: %s\n", what, error_name(rc), error->text);
    return 1;
}

static int mount_it(struct source *source)
{
    struct fs_mount_options options = FS_MOUNT_OPTIONS;
    struct fs_error error = {0};
    const char *folder = getenv("TMPDIR");
    options.flags = 0x40; /* DOKAN_OPTION_CASE_SENSITIVE */
    snprintf(source->point, sizeof source->point, "%.40s/contract-XXXXXX", folder ? folder : "/tmp");
    if (!mkdtemp(source->point))
        return say(source->point, -errno, &error);
    int rc = fs_mount(source->direct, source->point, &options, &source->mount, &error);
    if (rc)
        return say(source->point, rc, &error);
    rc = fs_directory_new(source->mount->path, &source->fs);
    return rc ? say(source->mount->path, rc, &error) : 0;
}

int source_open(struct source *source, const char *url, char *const *filters, size_t count, bool read_only,
                bool mounted)
{
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_error error = {0};
    options.read_only = read_only;
    *source = (struct source){0};
    int rc = fs_open_url(url, &options, &source->direct, NULL, &error);
    if (rc)
        return say(url, rc, &error);
    for (size_t i = 0; i < count; i++) {
        rc = fs_add_filter(filters[i], &source->direct, &error);
        if (rc)
            return say(filters[i], rc, &error);
    }
    if (mounted)
        return mount_it(source);
    source->fs = fs_ref(source->direct);
    return 0;
}

int source_close(struct source *source)
{
    struct fs_error error = {0};
    int rc = fs_close(source->fs);
    if (source->mount) {
        int gone = mount_process_unmount(source->mount);
        if (gone)
            return say("unmounting", gone, &error);
        rmdir(source->point);
    }
    int last = fs_close(source->direct);
    if (rc || last)
        return say("closing", rc ? rc : last, &error);
    return 0;
}
