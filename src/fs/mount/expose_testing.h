// SPDX-License-Identifier: MIT
/*
 * What the tests of the exposure share: a toy object, exposed, and its callbacks called as the engine does.
 */
#ifndef XDOKAN_FS_MOUNT_EXPOSE_TESTING_H
#define XDOKAN_FS_MOUNT_EXPOSE_TESTING_H

#include "base/testing.h"
#include "fs/mount/expose_i.h"
#include "fs/mount/toy.h"
#include <string.h>

struct opened {
    const WCHAR *name;
    DOKAN_FILE_INFO info;
};

static struct {
    struct toy *toy;
    struct expose *ex;
    DOKAN_OPTIONS options;
    const DOKAN_OPERATIONS *ops;
} bed;

static inline void bed_make(uint32_t flags, bool f_getinfo, const struct expose_config *config)
{
    const struct expose_config none = {0};
    bed.toy = bed.toy ? bed.toy : toy_new();
    struct fs *fs = toy_object(bed.toy, flags | FS_THREAD_SAFE | FS_FILE_THREAD_SAFE, f_getinfo);
    assert_int_equal(expose_new(fs, config ? config : &none, &bed.ex, NULL), 0);
    fs_close(fs);
    bed.options = (DOKAN_OPTIONS){.GlobalContext = (ULONG64)(uintptr_t)bed.ex};
    bed.ops = expose_operations();
}

static inline void bed_remake(uint32_t flags, bool f_getinfo, const struct expose_config *config)
{
    expose_free(bed.ex);
    bed_make(flags, f_getinfo, config);
}

static inline int bed_setup(void **state)
{
    (void)state;
    bed_make(0, true, NULL);
    return 0;
}

/* Nothing stays open. */
static inline int bed_teardown(void **state)
{
    (void)state;
    unsigned open = bed.toy->opens - bed.toy->closes;
    expose_free(bed.ex);
    toy_free(bed.toy);
    bed.toy = NULL;
    return (int)open;
}

/* `kernel`: one that has checked modes asks. */
static inline NTSTATUS create_for(bool kernel, struct opened *h, const WCHAR *name, ACCESS_MASK access,
                                  ULONG disposition, ULONG options)
{
    DOKAN_IO_SECURITY_CONTEXT security = {.AccessState.SecurityEvaluated = kernel};
    h->name = name;
    h->info =
        (DOKAN_FILE_INFO){.DokanOptions = &bed.options, .IsDirectory = options & FILE_DIRECTORY_FILE ? 1 : 0};
    return bed.ops->ZwCreateFile(name, &security, access, FILE_ATTRIBUTE_NORMAL, 7, disposition, options,
                                 &h->info);
}

static inline NTSTATUS try_create(struct opened *h, const WCHAR *name, ACCESS_MASK access, ULONG disposition,
                                  ULONG options)
{
    return create_for(false, h, name, access, disposition, options);
}

static inline void must_create(struct opened *h, const WCHAR *name, ACCESS_MASK access, ULONG disposition,
                               ULONG options)
{
    NTSTATUS status = try_create(h, name, access, disposition, options);
    bool collided = status == STATUS_OBJECT_NAME_COLLISION && disposition != FILE_CREATE;
    assert_true(status == STATUS_SUCCESS || collided);
    assert_true(h->info.Context != 0);
}

static inline void end(struct opened *h, bool delete)
{
    h->info.DeletePending = delete;
    bed.ops->Cleanup(h->name, &h->info);
    bed.ops->CloseFile(h->name, &h->info);
    assert_int_equal(h->info.Context, 0);
}

static inline NTSTATUS probe(const WCHAR *name, ACCESS_MASK access, ULONG disposition, ULONG options)
{
    struct opened h;
    NTSTATUS status = try_create(&h, name, access, disposition, options);
    if (h.info.Context)
        end(&h, false);
    return status;
}

static inline NTSTATUS put(struct opened *h, const char *text, LONGLONG offset, DWORD *done)
{
    return bed.ops->WriteFile(h->name, text, (DWORD)strlen(text), done, offset, &h->info);
}

static inline uint64_t size_at(struct opened *h)
{
    BY_HANDLE_FILE_INFORMATION out = {0};
    assert_int_equal(bed.ops->GetFileInformation(h->name, &out, &h->info), STATUS_SUCCESS);
    return (uint64_t)out.nFileSizeHigh << 32 | out.nFileSizeLow;
}

static inline uint64_t size_by_name(const WCHAR *name)
{
    struct opened h;
    must_create(&h, name, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
    uint64_t size = size_at(&h);
    end(&h, false);
    return size;
}

#define EXPOSE_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

#endif
