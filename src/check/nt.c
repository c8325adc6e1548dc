// SPDX-License-Identifier: MIT
/*
 * DokanCheckVolume(): the folder in which everything is done, a folder in it for each check, and their
 * removal. What cannot be removed is told.
 */
#include "check/nt_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 24, SAMPLE_DEPTH = 4 };

static const struct check_table *const tables[] = {
    &nt_files,   &nt_sizes,     &nt_folders,    &nt_attributes, &nt_times,        &nt_rename,
    &nt_delete,  &nt_sharing,   &nt_locks,      &nt_names,      &nt_streams,      &nt_security,
    &nt_eas,     &nt_reparse,   &nt_hard_links, &nt_ids,        &nt_sparse,       &nt_notify,
    &nt_threads, &nt_arguments, &nt_reading,    &nt_refusing,   &nt_volume_facts,
};

/* ---- removing ------------------------------------------------------------------------------------------ */

static struct probe quiet_probe(struct probe *p)
{
    return (struct probe){.suite = p->suite, .check = p->check, .world = p->world, .setup = 1};
}

static void remove_one(struct probe *outer, const WCHAR *path)
{
    struct probe p = quiet_probe(outer);
    struct file *file = NULL;
    struct opening how = {.name = path,
                          .access = DELETE | FILE_WRITE_ATTRIBUTES,
                          .share = SHARE_ALL,
                          .disposition = FILE_OPEN,
                          .options = FILE_OPEN_REPARSE_POINT};
    if (!NT_SUCCESS(nt_open(&p, &how, &file))) {
        how.access = DELETE;
        nt_open(&p, &how, &file);
    }
    if (set_deletion(&p, file, true) == STATUS_CANNOT_DELETE) {
        set_attributes(&p, file, FILE_ATTRIBUTE_NORMAL);
        set_deletion(&p, file, true);
    }
    nt_close(&p, file);
    outer->hung = outer->hung || p.hung;
}

/* What lies in a folder, then the folder. Links are removed and not followed. */
static void remove_tree(struct probe *outer, const WCHAR *path, int depth)
{
    struct probe p = quiet_probe(outer);
    struct listing *names = calloc(1, sizeof *names);
    struct file *folder = NULL;
    const struct opening how = {.name = path,
                                .access = FILE_LIST_DIRECTORY,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = FILE_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT};
    if (names && depth < DEPTH_MOST && NT_SUCCESS(nt_open(&p, &how, &folder)))
        list_names(&p, folder, NULL, DOKAN_NT_RESTART, names);
    nt_close(&p, folder);
    for (size_t i = 0; names && i < names->count && !p.hung; i++) {
        WCHAR child[PATH_UNITS] = {0};
        const WCHAR *name = names->names[i];
        if ((name[0] == u'.' && !name[1]) || (name[0] == u'.' && name[1] == u'.' && !name[2]))
            continue;
        wide_append(child, PATH_UNITS, path);
        wide_append(child, PATH_UNITS, u"\\");
        wide_append(child, PATH_UNITS, name);
        remove_tree(outer, child, depth + 1);
    }
    free(names);
    remove_one(outer, path);
}

/* ---- one check ----------------------------------------------------------------------------------------- */

static void close_all(struct probe *p, struct nt_place *place)
{
    for (size_t i = 0; i < OPEN_MAX_FILES; i++)
        nt_close(p, &place->files[i]);
}

static void run_one(struct probe *p)
{
    struct suite *suite = p->suite;
    struct nt_world *world = suite->world;
    struct nt_place *place = calloc(1, sizeof *place);
    if (!place) {
        probe_not_checked(p, "out of memory");
        return;
    }
    place->world = world;
    p->world = place;
    wide_append(place->folder, PATH_UNITS, world->folder);
    if (p->check->needs & WRITES) {
        WCHAR name[64];
        wide_from(name, COUNT_OF(name), p->check->name);
        close_file(p, make_folder(p, name));
        wide_append(place->folder, PATH_UNITS, u"\\");
        wide_append(place->folder, PATH_UNITS, name);
    }
    p->check->run(p);
    close_all(p, place);
    if (p->check->needs & WRITES && !p->hung) {
        struct probe tidy = quiet_probe(p);
        remove_tree(&tidy, place->folder, 0);
    }
    p->world = NULL;
    worker_end(place->worker);
    free(place);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void learn_flags(struct probe *p, struct nt_world *world)
{
    _Alignas(8) BYTE buf[sizeof(FILE_FS_ATTRIBUTE_INFORMATION) + 512] = {0};
    FILE_FS_ATTRIBUTE_INFORMATION *info = (void *)buf;
    world->name_units = 255;
    if (!NT_SUCCESS(nt_volume(p, FileFsAttributeInformation, buf, sizeof buf, NULL)))
        return;
    world->flags = info->FileSystemAttributes;
    if (info->MaximumComponentNameLength > 0 && info->MaximumComponentNameLength < 255)
        world->name_units = info->MaximumComponentNameLength;
    p->suite->refused = world->flags & FILE_READ_ONLY_VOLUME;
}

/* Looks for a file and a folder that are there already, those that lie highest. */
static void find_samples(struct probe *outer, const WCHAR *path, int depth)
{
    struct nt_place *place = outer->world;
    struct nt_world *world = place->world;
    struct listing *names = listing_of(outer, *path ? path : u"\\", NULL);
    for (size_t i = 0; names && i < names->count && !*world->sample_file; i++) {
        struct probe p = quiet_probe(outer);
        WCHAR child[PATH_UNITS] = {0};
        struct file *file = NULL;
        if (names->names[i][0] == u'.')
            continue;
        wide_append(child, PATH_UNITS, path);
        wide_append(child, PATH_UNITS, u"\\");
        wide_append(child, PATH_UNITS, names->names[i]);
        const struct opening how = {.name = child,
                                    .access = FILE_GENERIC_READ,
                                    .share = SHARE_ALL,
                                    .disposition = FILE_OPEN,
                                    .options = FILE_NON_DIRECTORY_FILE};
        NTSTATUS status = nt_open(&p, &how, &file);
        bool big = file && size_of(&p, file) > 0;
        nt_close(&p, file);
        if (big)
            wide_append(world->sample_file, PATH_UNITS, child);
        else if (status == STATUS_FILE_IS_A_DIRECTORY && !*world->sample_folder)
            wide_append(world->sample_folder, PATH_UNITS, child);
        if (status == STATUS_FILE_IS_A_DIRECTORY && depth < SAMPLE_DEPTH)
            find_samples(&p, child, depth + 1);
    }
    free(names);
}

static int make_suite_folder(struct probe *p, struct nt_world *world)
{
    char name[56], status_text[16];
    struct file *file = NULL;
    suite_folder_name(name, sizeof name);
    wide_append(world->folder, COUNT_OF(world->folder), u"\\");
    wide_from(world->folder + 1, COUNT_OF(world->folder) - 1, name);
    const struct opening how = {.name = world->folder,
                                .access = FILE_LIST_DIRECTORY,
                                .share = SHARE_ALL,
                                .disposition = FILE_CREATE,
                                .options = FILE_DIRECTORY_FILE};
    NTSTATUS status = nt_open(p, &how, &file);
    nt_close(p, file);
    if (NT_SUCCESS(status) && !p->hung)
        return DOKAN_CHECK_FINE;
    world->folder[0] = 0;
    if (status == STATUS_MEDIA_WRITE_PROTECTED) {
        p->suite->refused = p->suite->read_only = true;
        return DOKAN_CHECK_FINE;
    }
    suite_remark(p->suite,
                 "no folder can be made at the top of the volume: %s; what is there already can be checked "
                 "with --read-only",
                 p->hung ? "no answer" : status_name(status, status_text, sizeof status_text));
    return DOKAN_CHECK_ERROR;
}

static void remove_suite_folder(struct probe *p, struct nt_world *world)
{
    char name[64];
    struct probe tidy = quiet_probe(p);
    if (!world->folder[0])
        return;
    memset(world->hung_calls, 0, sizeof world->hung_calls);
    remove_tree(&tidy, world->folder, 0);
    tidy = quiet_probe(p);
    if (open_status(&tidy, world->folder) == STATUS_OBJECT_NAME_NOT_FOUND)
        return;
    narrow(name, sizeof name, world->folder);
    suite_remark(p->suite, "%s could not be removed as a whole; remove it yourself", name);
}

static int start_suite(struct suite *suite, struct nt_world *world, struct probe *p)
{
    struct check_table all[COUNT_OF(tables)];
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        all[i] = *tables[i];
    if (!suite_only_is_known(suite, all, COUNT_OF(all))) {
        suite_remark(suite, "no such check: %s", suite->options.Only);
        return DOKAN_CHECK_ERROR;
    }
    learn_flags(p, world);
    p->hung = false;
    suite->read_only |= suite->refused;
    int code = suite->read_only ? DOKAN_CHECK_FINE : make_suite_folder(p, world);
    if (code)
        return code;
    if (suite->read_only)
        find_samples(p, u"", 0);
    code = suite_run(suite, all, COUNT_OF(all), run_one);
    remove_suite_folder(p, world);
    return code;
}

int DOKANAPI DokanCheckVolume(DOKAN_HANDLE Volume, const DOKAN_CHECK_OPTIONS *Options)
{
    struct suite suite;
    struct nt_world world = {.volume = Volume};
    static const struct check none = {"volume", "open", 0, NULL};
    struct nt_place place = {.world = &world};
    struct probe p = {.suite = &suite, .check = &none, .world = &place};
    if (suite_start(&suite, Options))
        return DOKAN_CHECK_ERROR;
    suite.world = &world;
    if (!DokanGetVolumeId(Volume)) {
        suite_remark(&suite, "there is no such volume");
        return DOKAN_CHECK_ERROR;
    }
    int code = start_suite(&suite, &world, &p);
    worker_end(place.worker);
    return code;
}
