// SPDX-License-Identifier: MIT
/*
 * memfs through its callbacks, as the engine calls them: contents, security, lack of space and memory,
 * threads.
 */
#include "memfs_testing.h"

/* ---- data -------------------------------------------------------------------------------------------- */

static void test_append_and_paging(void **state)
{
    char data[16] = {0};
    DWORD written;
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    assert_int_equal(write_to(&h, "abc", 3, 0), STATUS_SUCCESS);
    assert_int_equal(write_to(&h, "x", 1, -1), STATUS_INVALID_PARAMETER);
    h.info.WriteToEndOfFile = 1;
    assert_int_equal(write_to(&h, "def", 3, -1), STATUS_SUCCESS);
    h.info.WriteToEndOfFile = 0;
    assert_int_equal(read_from(&h, data, sizeof data, 0), 6);
    assert_memory_equal(data, "abcdef", 6);

    h.info.PagingIo = 1;
    assert_int_equal(volume.ops->WriteFile(h.name, "XYZ", 3, &written, 4, &h.info), STATUS_SUCCESS);
    assert_int_equal(written, 2);
    assert_int_equal(volume.ops->WriteFile(h.name, "XYZ", 3, &written, 6, &h.info), STATUS_SUCCESS);
    assert_int_equal(written, 0);
    h.info.WriteToEndOfFile = 1;
    assert_int_equal(volume.ops->WriteFile(h.name, "XYZ", 3, &written, -1, &h.info), STATUS_SUCCESS);
    assert_int_equal(written, 0);
    h.info.PagingIo = h.info.WriteToEndOfFile = 0;
    assert_int_equal(size_of(&h), 6);
    assert_int_equal(read_from(&h, data, sizeof data, 1), 5);
    assert_memory_equal(data, "bcdXY", 5);
    assert_int_equal(read_from(&h, data, sizeof data, 6), 0);
    assert_int_equal(read_from(&h, data, sizeof data, INT64_MAX), 0);
    shut(&h);
}

static void test_directories_have_no_data(void **state)
{
    char data[4];
    DWORD got;
    (void)state;
    make_directory(u"\\d");
    struct handle h = must_open(u"\\d", FILE_OPEN, 0);
    assert_int_equal(volume.ops->ReadFile(h.name, data, 4, &got, 0, &h.info), STATUS_INVALID_PARAMETER);
    assert_int_equal(write_to(&h, data, 0, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, 0, &h.info), STATUS_INVALID_PARAMETER);
    assert_int_equal(volume.ops->SetAllocationSize(h.name, 0, &h.info), STATUS_INVALID_PARAMETER);
    shut(&h);
}

static void test_sizes(void **state)
{
    char data[10];
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    assert_int_equal(write_to(&h, "0123456789", 10, 0), STATUS_SUCCESS);
    assert_int_equal(volume.ops->SetAllocationSize(h.name, 100000, &h.info), STATUS_SUCCESS);
    assert_int_equal(size_of(&h), 10);
    assert_int_equal(volume.ops->SetAllocationSize(h.name, 5, &h.info), STATUS_SUCCESS);
    assert_int_equal(size_of(&h), 5);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, 8, &h.info), STATUS_SUCCESS);
    assert_int_equal(read_from(&h, data, 10, 0), 8);
    assert_memory_equal(data, "01234\0\0\0", 8);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, -1, &h.info), STATUS_INVALID_PARAMETER);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, INT64_MAX, &h.info), STATUS_SUCCESS);
    assert_int_equal(size_of(&h), INT64_MAX);
    assert_int_equal(write_to(&h, "zz", 2, INT64_MAX - 1), STATUS_INVALID_PARAMETER);
    assert_int_equal(write_to(&h, "z", 1, INT64_MAX - 1), STATUS_SUCCESS);
    assert_int_equal(read_from(&h, data, 10, INT64_MAX - 5), 5);
    assert_memory_equal(data, "\0\0\0\0z", 5);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, 0, &h.info), STATUS_SUCCESS);
    shut(&h);
    delete_name(u"\\f");
    assert_int_equal(volume_fs()->used, NODE_COST);
}

static void test_sparse(void **state)
{
    char data[8];
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    for (uint64_t offset = 1; offset < UINT64_C(1) << 60; offset <<= 4)
        assert_int_equal(write_to(&h, "x", 1, (LONGLONG)offset), STATUS_SUCCESS);
    for (uint64_t offset = 16; offset < UINT64_C(1) << 60; offset <<= 4) {
        assert_int_equal(read_from(&h, data, 3, (LONGLONG)offset - 1), offset == UINT64_C(1) << 56 ? 2 : 3);
        assert_memory_equal(data, "\0x", 2);
    }
    assert_true(volume_fs()->used < 20 * CHUNK);
    /* Cut in the middle, and what was behind is gone. */
    assert_int_equal(volume.ops->SetEndOfFile(h.name, 300, &h.info), STATUS_SUCCESS);
    assert_true(volume_fs()->used <= 2 * NODE_COST + CHUNK);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, INT64_MAX, &h.info), STATUS_SUCCESS);
    for (uint64_t offset = 1; offset < UINT64_C(1) << 60; offset <<= 4) {
        assert_int_equal(read_from(&h, data, 1, (LONGLONG)offset), 1);
        assert_int_equal(data[0], offset < 300 ? 'x' : 0);
    }
    shut(&h);
}

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

/* Random writes, cuts and reads against a plain array. */
static void test_data_against_model(void **state)
{
    enum { MOST = 400000 };
    char *model = calloc(1, MOST), *buffer = malloc(MOST);
    uint32_t size = 0;
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    for (int round = 0; round < 3000; round++) {
        uint32_t offset = random_below(round % 3 ? MOST : 1000),
                 length = random_below(round % 5 ? 3000 : MOST - offset);
        length = length > MOST - offset ? MOST - offset : length;
        if (round % 4 == 0) {
            assert_int_equal(volume.ops->SetEndOfFile(h.name, offset, &h.info), STATUS_SUCCESS);
            if (offset < size)
                memset(model + offset, 0, size - offset);
            size = offset;
        } else if (round % 4 < 3) {
            memset(buffer, 'a' + round % 26, length);
            assert_int_equal(write_to(&h, buffer, length, offset), STATUS_SUCCESS);
            memcpy(model + offset, buffer, length);
            size = length > 0 && offset + length > size ? offset + length : size;
        } else {
            uint32_t there = offset < size ? size - offset : 0;
            there = there < length ? there : length;
            assert_int_equal(read_from(&h, buffer, length, offset), there);
            assert_memory_equal(buffer, model + offset, there);
        }
        assert_int_equal(size_of(&h), size);
    }
    assert_int_equal(read_from(&h, buffer, MOST, 0), size);
    assert_memory_equal(buffer, model, size);
    shut(&h);
    delete_name(u"\\f");
    assert_int_equal(volume_fs()->used, NODE_COST); /* the root */
    free(model);
    free(buffer);
}

static void test_disk_full(void **state)
{
    enum { LIMIT = 1 << 20 };
    char *data = malloc(LIMIT);
    ULONGLONG available, total, unused;
    (void)state;
    memfs_free(volume_fs());
    volume_open(0, LIMIT);
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    memset(data, 'a', LIMIT);
    assert_int_equal(write_to(&h, data, LIMIT - 2 * CHUNK, 0), STATUS_SUCCESS);
    uint64_t used = volume_fs()->used;
    /* All or nothing: neither size nor contents nor space change. */
    memset(data, 'b', LIMIT);
    assert_int_equal(write_to(&h, data, LIMIT - 10, 5), STATUS_DISK_FULL);
    assert_int_equal(size_of(&h), LIMIT - 2 * CHUNK);
    assert_int_equal(volume_fs()->used, used);
    assert_int_equal(read_from(&h, data, LIMIT, 0), LIMIT - 2 * CHUNK);
    for (size_t i = 0; i < LIMIT - 2 * CHUNK; i++)
        assert_int_equal(data[i], 'a');
    assert_int_equal(volume.ops->SetAllocationSize(h.name, 2 * LIMIT, &h.info), STATUS_DISK_FULL);
    assert_int_equal(volume.ops->GetDiskFreeSpace(&available, &total, &unused, &h.info), STATUS_SUCCESS);
    assert_int_equal(total, LIMIT);
    assert_int_equal(available, LIMIT - used);
    assert_int_equal(unused, available);
    /* Names take space, too. */
    NTSTATUS status = STATUS_SUCCESS;
    unsigned made = 0;
    for (; status == STATUS_SUCCESS && made < LIMIT; made++) {
        WCHAR name[16];
        DokanSwprintf(name, COUNT(name), "\\%u", made);
        status = probe(name, 0, 0, FILE_CREATE, 0);
    }
    assert_int_equal(status, STATUS_DISK_FULL);
    assert_int_equal(list(u"\\", NULL), made);
    assert_int_equal(volume.ops->SetEndOfFile(h.name, 0, &h.info), STATUS_SUCCESS);
    assert_int_equal(probe(u"\\again", 0, 0, FILE_CREATE, 0), STATUS_SUCCESS);
    shut(&h);
    free(data);
}

/* ---- security and the volume ------------------------------------------------------------------------- */

static const SECURITY_INFORMATION three =
    OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

static NTSTATUS get_security(LPCWSTR name, SECURITY_INFORMATION which, void *out, ULONG room, ULONG *needed)
{
    struct handle h = must_open(name, FILE_OPEN, 0);
    NTSTATUS status = volume.ops->GetFileSecurity(name, &which, out, room, needed, &h.info);
    shut(&h);
    return status;
}

static NTSTATUS set_security(LPCWSTR name, SECURITY_INFORMATION which, void *descriptor, ULONG length)
{
    struct handle h = must_open(name, FILE_OPEN, 0);
    NTSTATUS status = volume.ops->SetFileSecurity(name, &which, descriptor, length, &h.info);
    shut(&h);
    return status;
}

static void test_default_security(void **state)
{
    struct simple_descriptor sd;
    ULONG needed = 0;
    (void)state;
    make(u"\\f");
    make_directory(u"\\d");
    assert_int_equal(get_security(u"\\", three, &sd, 0, &needed), STATUS_BUFFER_OVERFLOW);
    assert_true(needed > sizeof(SECURITY_DESCRIPTOR_RELATIVE) && needed <= sizeof sd);
    assert_int_equal(get_security(u"\\", three, &sd, sizeof sd, &needed), STATUS_SUCCESS);
    assert_int_equal(sd.head.Control,
                     SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED);
    assert_int_equal(sd.ace.AceFlags, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    assert_int_equal(sd.mask, FILE_ALL_ACCESS);
    assert_int_equal(sd.dacl.AclSize, 28);
    assert_int_equal(sd.party.sub[0], 11);
    assert_int_equal(get_security(u"\\f", three, &sd, sizeof sd, &needed), STATUS_SUCCESS);
    assert_int_equal(sd.ace.AceFlags, INHERITED_ACE);
    assert_int_equal(get_security(u"\\d", three, &sd, sizeof sd, &needed), STATUS_SUCCESS);
    assert_int_equal(sd.ace.AceFlags, INHERITED_ACE | OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    assert_int_equal(get_security(u"\\f", OWNER_SECURITY_INFORMATION, &sd, sizeof sd, &needed),
                     STATUS_SUCCESS);
    assert_int_equal(needed, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 16);
    assert_int_equal(sd.head.Dacl, 0);
    assert_int_equal(sd.head.Control, SE_SELF_RELATIVE);
}

static void test_set_security(void **state)
{
    struct simple_descriptor sd = simple_descriptor(SE_DACL_PROTECTED, 0), got;
    ULONG needed;
    (void)state;
    make(u"\\f");
    sd.mask = FILE_GENERIC_READ;
    sd.owner.sub[1] = 4242;
    assert_int_equal(set_security(u"\\f", DACL_SECURITY_INFORMATION, &sd, sizeof sd), STATUS_SUCCESS);
    assert_int_equal(get_security(u"\\f", three, &got, sizeof got, &needed), STATUS_SUCCESS);
    assert_int_equal(got.mask, FILE_GENERIC_READ);
    assert_int_equal(got.owner.sub[1], geteuid()); /* not asked for */
    assert_int_equal(got.head.Control, SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_PROTECTED);
    assert_int_equal(set_security(u"\\f", OWNER_SECURITY_INFORMATION, &sd, sizeof sd), STATUS_SUCCESS);
    assert_int_equal(get_security(u"\\f", three, &got, sizeof got, &needed), STATUS_SUCCESS);
    assert_int_equal(got.owner.sub[1], 4242);
    assert_int_equal(got.mask, FILE_GENERIC_READ);

    /* Nothing that lies is taken. */
    assert_int_equal(set_security(u"\\f", three, &sd, sizeof sd.head - 1), STATUS_INVALID_SECURITY_DESCR);
    assert_int_equal(set_security(u"\\f", three, &sd, sizeof sd - 8), STATUS_INVALID_SECURITY_DESCR);
    struct simple_descriptor bad = sd;
    bad.head.Owner = sizeof bad - 4;
    assert_int_equal(set_security(u"\\f", three, &bad, sizeof bad), STATUS_INVALID_SECURITY_DESCR);
    bad = sd;
    bad.owner.count = 200;
    assert_int_equal(set_security(u"\\f", three, &bad, sizeof bad), STATUS_INVALID_SECURITY_DESCR);
    bad = sd;
    bad.head.Control = 0;
    assert_int_equal(set_security(u"\\f", three, &bad, sizeof bad), STATUS_INVALID_SECURITY_DESCR);
    bad = sd;
    bad.dacl.AclSize = 3;
    assert_int_equal(set_security(u"\\f", three, &bad, sizeof bad), STATUS_INVALID_SECURITY_DESCR);
}

static void test_creator_security(void **state)
{
    struct simple_descriptor sd = simple_descriptor(SE_DACL_PROTECTED, 0), got;
    DOKAN_IO_SECURITY_CONTEXT context = {.AccessState.SecurityDescriptor = &sd};
    struct handle h = {.info = {.DokanOptions = &volume.options}, .name = u"\\f"};
    ULONG needed;
    (void)state;
    sd.mask = FILE_GENERIC_READ;
    sd.head.Owner = 0; /* the default stays */
    assert_int_equal(volume.ops->ZwCreateFile(h.name, &context, READS, 0, 7, FILE_CREATE, 0, &h.info),
                     STATUS_SUCCESS);
    shut(&h);
    assert_int_equal(get_security(u"\\f", three, &got, sizeof got, &needed), STATUS_SUCCESS);
    assert_int_equal(got.mask, FILE_GENERIC_READ);
    assert_int_equal(got.owner.sub[1], geteuid());
}

static void test_volume(void **state)
{
    WCHAR label[260], kind[260], tiny[6];
    DWORD serial, component, flags;
    struct handle h = {.info = {.DokanOptions = &volume.options}};
    ULONGLONG available, total, unused;
    (void)state;
    assert_int_equal(
        volume.ops->GetVolumeInformation(label, 260, &serial, &component, &flags, kind, 260, &h.info),
        STATUS_SUCCESS);
    assert_int_equal(DokanWcscmp(label, u"Dokan MemFS"), 0);
    assert_int_equal(DokanWcscmp(kind, u"NTFS"), 0);
    assert_int_equal(component, 255);
    assert_int_equal(flags, FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_PERSISTENT_ACLS |
                                FILE_NAMED_STREAMS);
    assert_int_equal(volume.ops->GetVolumeInformation(tiny, 6, &serial, &component, &flags, tiny, 6, &h.info),
                     STATUS_SUCCESS);
    assert_int_equal(volume.ops->GetDiskFreeSpace(&available, &total, &unused, &h.info), STATUS_SUCCESS);
    assert_true(total > 0 && available <= total);
}

/* ---- trouble ----------------------------------------------------------------------------------------- */

/* One of everything that allocates. */
static NTSTATUS work_through(void)
{
    struct simple_descriptor sd = simple_descriptor(0, 0);
    struct handle h;
    NTSTATUS status = try_open(&h, u"\\d\\f:s", WRITES, 0, FILE_OPEN_IF, 0);
    if (status != STATUS_SUCCESS && status != STATUS_OBJECT_NAME_COLLISION)
        return status;
    SECURITY_INFORMATION which = three;
    status = volume.ops->SetFileSecurity(h.name, &which, &sd, sizeof sd, &h.info);
    for (LONGLONG offset = 3; status == STATUS_SUCCESS && offset < INT64_C(1) << 40; offset <<= 18)
        status = write_to(&h, "0123456789", 10, offset);
    if (status == STATUS_SUCCESS)
        status = volume.ops->MoveFile(h.name, u"\\d\\f:t", TRUE, &h.info);
    cleanup(&h, status == STATUS_SUCCESS);
    close_file(&h);
    return status;
}

static void test_out_of_memory(void **state)
{
    int failures = 0;
    (void)state;
    make_directory(u"\\d");
    for (NTSTATUS status = STATUS_UNSUCCESSFUL; status != STATUS_SUCCESS; failures++) {
        allocations_left = failures + 1;
        status = work_through();
        allocations_left = -1;
        assert_true(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
        /* Whatever is left over works and counts. */
        assert_int_equal(list(u"\\d", NULL), look(u"\\d\\f") == STATUS_SUCCESS ? 1 : 0);
        if (look(u"\\d\\f") == STATUS_SUCCESS)
            delete_name(u"\\d\\f");
        assert_int_equal(volume_fs()->used, 2 * NODE_COST);
    }
    assert_true(failures > 10);
    for (int i = 1; i < 4; i++) {
        allocations_left = i;
        void *fs = memfs_new(0, 0);
        allocations_left = -1;
        memfs_free(fs);
    }
    assert_null(memfs_new(0, NODE_COST - 1));
}

static void write_fails_cleanly(struct handle *h, int allocations, DWORD length, LONGLONG offset, char *data)
{
    uint64_t size = size_of(h), used = volume_fs()->used;
    allocations_left = allocations;
    assert_int_equal(write_to(h, data, length, offset), STATUS_INSUFFICIENT_RESOURCES);
    allocations_left = -1;
    assert_int_equal(size_of(h), size);
    assert_true(volume_fs()->used >= used);
    assert_int_equal(volume.ops->SetEndOfFile(h->name, (LONGLONG)size + 4 * (LONGLONG)CHUNK, &h->info),
                     STATUS_SUCCESS);
    assert_int_equal(read_from(h, data, 4 * CHUNK, (LONGLONG)size), 4 * CHUNK);
    for (size_t i = 0; i < 4 * CHUNK; i++)
        assert_int_equal(data[i], 0);
    assert_int_equal(volume.ops->SetEndOfFile(h->name, (LONGLONG)size, &h->info), STATUS_SUCCESS);
}

/* What a failed write left behind the end of the file never shows up. */
static void test_failed_write_leaves_nothing(void **state)
{
    char *data = malloc(4 * CHUNK);
    (void)state;
    struct handle h = must_open(u"\\f", FILE_CREATE, 0);
    for (int allocations = 1; allocations < 4; allocations++) {
        memset(data, 'x', 4 * CHUNK);
        write_fails_cleanly(&h, allocations, 4 * CHUNK, 100, data);
    }
    memset(data, 'y', 4 * CHUNK);
    assert_int_equal(write_to(&h, data, 1000, 0), STATUS_SUCCESS);
    write_fails_cleanly(&h, 2, 4 * CHUNK, 500, data);
    shut(&h);
    free(data);
}

/* ---- threads ----------------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 1500 };

static void hammer_file(unsigned round, struct handle *h, char *data)
{
    DWORD done;
    volume.ops->WriteFile(h->name, data, 5000, &done, (round * 977) % 200000, &h->info);
    volume.ops->ReadFile(h->name, data, 5000, &done, (round * 1543) % 200000, &h->info);
    ask(h);
    if (round % 7 == 0)
        volume.ops->SetEndOfFile(h->name, round % 90000, &h->info);
    if (round % 5 == 0)
        volume.ops->SetFileAttributes(h->name, FILE_ATTRIBUTE_HIDDEN, &h->info);
}

static void *hammer(void *argument)
{
    static LPCWSTR const names[] = {u"\\d\\a", u"\\d\\b", u"\\e\\a", u"\\e\\b", u"\\d\\a:s", u"\\top"};
    unsigned id = (unsigned)(uintptr_t)argument;
    char data[5000] = {0};
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct handle h;
        unsigned pick = round * 7 + id * 3 + round / 11;
        NTSTATUS status = try_open(&h, names[pick % COUNT(names)], READS | WRITES, FILE_ATTRIBUTE_HIDDEN,
                                   pick % 5 == 0 ? FILE_OVERWRITE_IF : FILE_OPEN_IF, 0);
        if (!is_open(&h, status, FILE_OPEN_IF))
            continue;
        hammer_file(round, &h, data);
        if (pick % 3 == 0)
            volume.ops->MoveFile(h.name, names[(pick / 3) % COUNT(names)], pick % 2, &h.info);
        if (pick % 64 == 0)
            list(pick % 128 ? u"\\d" : u"\\e", NULL);
        cleanup(&h, pick % 4 == 0);
        close_file(&h);
    }
    return NULL;
}

static BOOL WINAPI want_no_stream(PWIN32_FIND_STREAM_DATA data, PVOID context)
{
    return FALSE;
}

static void *shuffle_directories(void *argument)
{
    (void)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct handle h;
        if (try_open(&h, round % 2 ? u"\\e" : u"\\d", DELETE, 0, FILE_OPEN_IF, FILE_DIRECTORY_FILE) ==
            STATUS_ACCESS_DENIED)
            continue;
        if (h.info.Context == 0)
            continue;
        volume.ops->MoveFile(h.name, round % 3 ? u"\\e" : u"\\d", FALSE, &h.info);
        volume.ops->FindStreams(h.name, want_no_stream, NULL, &h.info);
        cleanup(&h, round % 9 == 0);
        close_file(&h);
    }
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS + 1];
    (void)state;
    make_directory(u"\\d");
    make_directory(u"\\e");
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)i), 0);
    assert_int_equal(pthread_create(&threads[THREADS], NULL, shuffle_directories, NULL), 0);
    for (unsigned i = 0; i <= THREADS; i++)
        pthread_join(threads[i], NULL);
    /* All references and all space come back. */
    static LPCWSTR const rest[] = {u"\\d\\a", u"\\d\\b", u"\\e\\a", u"\\e\\b", u"\\top", u"\\d", u"\\e"};
    for (size_t i = 0; i < COUNT(rest); i++)
        if (look(rest[i]) == STATUS_SUCCESS)
            delete_name(rest[i]);
    assert_int_equal(list(u"\\", NULL), 0);
    assert_int_equal(volume_fs()->used, NODE_COST);
    assert_int_equal(volume_fs()->names.count, 0);
}

static void *create_many(void *argument)
{
    WCHAR name[32];
    for (unsigned i = 0; i < 5000; i++) {
        DokanSwprintf(name, COUNT(name), "\\%u-%u", (unsigned)(uintptr_t)argument, i);
        make(name);
        if (i % 1000 == 0)
            list(u"\\", NULL);
        if (i % 2)
            delete_name(name);
    }
    return NULL;
}

static void test_threads_create(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, create_many, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(list(u"\\", NULL), THREADS * 2500);
}

/* Entries that are there all the time are listed once, whatever comes and goes between them. */
static atomic_bool churning;

static void *churn(void *argument)
{
    WCHAR name[32];
    for (unsigned i = 0; atomic_load(&churning); i++) {
        DokanSwprintf(name, COUNT(name), "\\x%u", i % 3000);
        if (probe(name, 0, 0, FILE_OPEN_IF, 0) == STATUS_OBJECT_NAME_COLLISION)
            delete_name(name);
    }
    return argument;
}

static void test_listing_under_change(void **state)
{
    pthread_t thread;
    WCHAR name[32];
    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        DokanSwprintf(name, COUNT(name), "\\x%u", i);
        make(name);
        DokanSwprintf(name, COUNT(name), "\\stays %u", i);
        make(name);
    }
    atomic_store(&churning, true);
    assert_int_equal(pthread_create(&thread, NULL, churn, NULL), 0);
    for (int i = 0; i < 40; i++)
        assert_int_equal(list(u"\\", u"stays*"), 3000);
    atomic_store(&churning, false);
    pthread_join(thread, NULL);
}

/* Gaps are closed when the room is used up, but not below a listing. */
static void test_gaps(void **state)
{
    struct entries *entries = &volume_fs()->root->children;
    WCHAR name[4] = u"\\ ";
    (void)state;
    for (WCHAR unit = u'a'; unit < u'a' + 16; unit++) {
        name[1] = unit;
        make(name);
    }
    for (WCHAR unit = u'a'; unit < u'a' + 12; unit++) {
        name[1] = unit;
        delete_name(name);
    }
    assert_int_equal(entries->used, 16);
    assert_int_equal(entries->room, 16);
    atomic_fetch_add(&entries->listings, 1);
    make(u"\\during");
    atomic_fetch_sub(&entries->listings, 1);
    assert_int_equal(entries->used, 17);
    assert_int_equal(entries->room, 32);
    while (entries->used < 32) {
        make(u"\\q");
        delete_name(u"\\q");
    }
    make(u"\\after");
    assert_int_equal(entries->used, 6);
    assert_int_equal(list(u"\\", NULL), 6);
    assert_int_equal(look(u"\\m"), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_append_and_paging),
        TEST(test_directories_have_no_data),
        TEST(test_sizes),
        TEST(test_sparse),
        TEST(test_data_against_model),
        TEST(test_disk_full),
        TEST(test_default_security),
        TEST(test_set_security),
        TEST(test_creator_security),
        TEST(test_volume),
        TEST(test_out_of_memory),
        TEST(test_failed_write_leaves_nothing),
        TEST(test_threads),
        TEST(test_threads_create),
        TEST(test_listing_under_change),
        TEST(test_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
