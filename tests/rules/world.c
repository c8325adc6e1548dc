// SPDX-License-Identifier: MIT
/* The samples as volumes without a mount: memfs, and mirror on a folder that is made and removed here. */
#include "memfs.h"
#include "mirror_kept.h"
#include "rules.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static bool memfs_open(struct world *world, unsigned flags)
{
    world->fs = memfs_new(flags, 0);
    return world->fs;
}

static bool open_memfs(struct world *world, DOKAN_MOUNT_OPTIONS_EX *ex, const DOKAN_OPERATIONS **operations)
{
    *operations = memfs_operations();
    ex->OperationsEx = memfs_operations_ex();
    return memfs_open(world, MEMFS_EXTENDED);
}

static bool open_memfs_basic(struct world *world, DOKAN_MOUNT_OPTIONS_EX *ex,
                             const DOKAN_OPERATIONS **operations)
{
    (void)ex;
    *operations = memfs_operations();
    return memfs_open(world, 0);
}

static void close_memfs(struct world *world)
{
    memfs_free(world->fs);
}

static bool open_folder(struct world *world, bool basic)
{
    static WCHAR label[] = u"mirror";
    struct mirror *mirror = calloc(1, sizeof *mirror);
    const char *top = getenv("TMPDIR");
    snprintf(world->folder, sizeof world->folder, "%.40s/rules-XXXXXX", top ? top : "/tmp");
    if (!mirror || !mkdtemp(world->folder) || hostdir_init(&mirror->root, world->folder, false)) {
        free(mirror);
        return false;
    }
    mirror->basic = basic;
    mirror->label = label;
    world->fs = mirror;
    return true;
}

static bool open_mirror(struct world *world, DOKAN_MOUNT_OPTIONS_EX *ex, const DOKAN_OPERATIONS **operations)
{
    *operations = &mirror_operations;
    ex->OperationsEx = &mirror_operations_ex;
    return open_folder(world, false);
}

static bool open_mirror_basic(struct world *world, DOKAN_MOUNT_OPTIONS_EX *ex,
                              const DOKAN_OPERATIONS **operations)
{
    (void)ex;
    *operations = &mirror_operations;
    return open_folder(world, true);
}

static bool open_kept(struct world *world, DOKAN_MOUNT_OPTIONS_EX *ex, const DOKAN_OPERATIONS **operations)
{
    *operations = &mirror_kept_operations;
    ex->OperationsEx = &mirror_kept_operations_ex;
    ex->Flags |= MIRROR_KEPT_FLAGS;
    return open_folder(world, false);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)kind, (void)where;
    return remove(path);
}

static void close_mirror(struct world *world)
{
    struct mirror *mirror = world->fs;
    close(mirror->root.fd);
    free(mirror);
    nftw(world->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whether the host has extended attributes where the folder will be. */
static bool fits_kept(void)
{
    static struct world world;
    if (!open_folder(&world, false))
        return false;
    bool fits = setxattr(world.folder, "user.dokan.probe", "", 0, 0) == 0;
    close_mirror(&world);
    return fits;
}

static const struct volume volumes[] = {
    {"memfs", open_memfs, close_memfs, true},
    {"memfs-basic", open_memfs_basic, close_memfs, true},
    /* mirror with attributes, descriptors and streams in the host's extended attributes */
    {"kept", open_kept, close_mirror, true, fits_kept},
    {"mirror", open_mirror, close_mirror, false},
    {"mirror-basic", open_mirror_basic, close_mirror, false},
};

const struct volume *volume_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(volumes); i++)
        if (strcmp(volumes[i].name, name) == 0)
            return &volumes[i];
    return NULL;
}

bool world_open(struct world *world)
{
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    const DOKAN_OPERATIONS *operations;
    ex.Flags = DOKAN_EX_NO_MOUNT;
    memset(&world->options, 0, sizeof world->options);
    memset(world->slots, 0, sizeof world->slots);
    if (!world->volume->open(world, &ex, &operations))
        return false;
    world->options.Version = DOKAN_VERSION;
    world->options.Options = world->volume->streams ? DOKAN_OPTION_ALT_STREAM : 0;
    world->options.GlobalContext = (ULONG64)(uintptr_t)world->fs;
    if (DokanCreateFileSystemEx(&world->options, (PDOKAN_OPERATIONS)(uintptr_t)operations, &ex,
                                &world->handle) != DOKAN_SUCCESS)
        return false;
    if (world->door->attach)
        world->door->attach(world->handle);
    return true;
}

void world_close(struct world *world)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (world->slots[i])
            end_file(world, world->slots[i]);
    memset(world->slots, 0, sizeof world->slots);
    if (world->door->detach)
        world->door->detach();
    DokanCloseHandle(world->handle);
    world->volume->close(world);
}
