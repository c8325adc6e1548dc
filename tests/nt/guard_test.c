// SPDX-License-Identifier: MIT
/* Opens and creates checked against descriptors: verdicts on memfs, the order of calls on the scripted file
 * system, and who the engine takes for the caller. */
#include "security_kit.h"
#include <grp.h>
#include <sys/fsuid.h>
#include <unistd.h>

static NTSTATUS attempt(struct rig *rig, const DOKAN_ACCESS_TOKEN *who, const struct opening *how,
                        ACCESS_MASK *granted)
{
    FILE_ACCESS_INFORMATION info;
    rig->token = who;
    struct opened o = rig_create(rig, how);
    if (o.status == STATUS_SUCCESS) {
        assert_status(0, rig_query(rig, o.handle, FileAccessInformation, &info, sizeof info, NULL));
        *granted = info.AccessFlags;
        rig_end(rig, o.handle);
    }
    rig->token = &root_token;
    return o.status;
}

#define STAFF_READS "D:P(A;;FR;;;S-1-22-2-50)(A;;FA;;;S-1-22-1-1001)"

static const struct {
    const DOKAN_ACCESS_TOKEN *who;
    struct opening how;
    NTSTATUS status;
    ACCESS_MASK granted;
} opens[] = {
    {&alice_token, {.path = u"\\f", .access = GENERIC_ALL, .disposition = FILE_OPEN}, 0, 0x1F01FF},
    {&bob_token, {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_OPEN}, 0, 0x120089},
    {&bob_token,
     {.path = u"\\f", .access = GENERIC_WRITE, .disposition = FILE_OPEN},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token, {.path = u"\\f", .access = MAXIMUM_ALLOWED, .disposition = FILE_OPEN}, 0, 0x120089},
    {&bob_token, {.path = u"\\F", .access = DELETE, .disposition = FILE_OPEN}, STATUS_ACCESS_DENIED, 0},
    {&bob_token, {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_OPEN_IF}, 0, 0x120089},
    {&bob_token,
     {.path = u"\\f", .access = GENERIC_WRITE, .disposition = FILE_OPEN_IF},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_CREATE},
     STATUS_OBJECT_NAME_COLLISION,
     0},
    {&bob_token,
     {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_OVERWRITE},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_OVERWRITE_IF},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_SUPERSEDE},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\f",
      .access = GENERIC_READ | DELETE,
      .disposition = FILE_OPEN,
      .options = FILE_DELETE_ON_CLOSE},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token, {.path = u"\\f:s", .access = GENERIC_READ, .disposition = FILE_OPEN}, 0, 0x120089},
    {&bob_token,
     {.path = u"\\f:s", .access = GENERIC_WRITE, .disposition = FILE_OPEN},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\f:new", .access = GENERIC_READ, .disposition = FILE_CREATE},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\f", .access = ACCESS_SYSTEM_SECURITY, .disposition = FILE_OPEN},
     STATUS_PRIVILEGE_NOT_HELD,
     0},
    {&bob_token,
     {.path = u"\\nothing", .access = GENERIC_READ, .disposition = FILE_OPEN},
     STATUS_OBJECT_NAME_NOT_FOUND,
     0},
    {&bob_token,
     {.path = u"\\nothing", .access = GENERIC_READ, .disposition = FILE_OVERWRITE},
     STATUS_OBJECT_NAME_NOT_FOUND,
     0},
    {&bob_token,
     {.path = u"\\no\\where", .access = GENERIC_READ, .disposition = FILE_CREATE},
     STATUS_OBJECT_PATH_NOT_FOUND,
     0},
    {&backup_token,
     {.path = u"\\f", .access = GENERIC_WRITE | DELETE, .disposition = FILE_OPEN},
     STATUS_ACCESS_DENIED,
     0},
    {&backup_token,
     {.path = u"\\f",
      .access = GENERIC_WRITE | DELETE,
      .disposition = FILE_OPEN,
      .options = FILE_OPEN_FOR_BACKUP_INTENT},
     0,
     0x130116},
    {&root_token, {.path = u"\\f", .access = MAXIMUM_ALLOWED, .disposition = FILE_OPEN}, 0, 0x1F01FF},
    /* A directory that bob may list, but not write to. */
    {&bob_token, {.path = u"\\d", .access = FILE_LIST_DIRECTORY, .disposition = FILE_OPEN}, 0, 1},
    {&bob_token,
     {.path = u"\\d\\n", .access = GENERIC_READ, .disposition = FILE_CREATE},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\d\\n", .access = GENERIC_READ, .disposition = FILE_OPEN_IF},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\d\\n:s", .access = GENERIC_READ, .disposition = FILE_CREATE},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\d\\n", .access = GENERIC_READ, .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE},
     STATUS_ACCESS_DENIED,
     0},
    /* One that takes files and no directories; who made it has all rights. */
    {&bob_token, {.path = u"\\files\\n", .access = GENERIC_ALL, .disposition = FILE_CREATE}, 0, 0x1F01FF},
    {&bob_token, {.path = u"\\files\\m", .access = MAXIMUM_ALLOWED, .disposition = FILE_CREATE}, 0, 0x1F01FF},
    {&bob_token,
     {.path = u"\\files\\o", .access = ACCESS_SYSTEM_SECURITY, .disposition = FILE_CREATE},
     STATUS_PRIVILEGE_NOT_HELD,
     0},
    {&bob_token,
     {.path = u"\\files\\p",
      .access = GENERIC_READ,
      .disposition = FILE_CREATE,
      .options = FILE_DIRECTORY_FILE},
     STATUS_ACCESS_DENIED,
     0},
    /* The directory's word on deleting and on attributes. */
    {&bob_token, {.path = u"\\files\\locked", .access = DELETE, .disposition = FILE_OPEN}, 0, DELETE},
    {&bob_token,
     {.path = u"\\files\\locked", .access = FILE_READ_ATTRIBUTES, .disposition = FILE_OPEN},
     0,
     0x80},
    {&bob_token,
     {.path = u"\\files\\locked", .access = FILE_READ_DATA, .disposition = FILE_OPEN},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token,
     {.path = u"\\files\\locked", .access = MAXIMUM_ALLOWED, .disposition = FILE_OPEN},
     0,
     DELETE | FILE_READ_ATTRIBUTES},
    {&bob_token,
     {.path = u"\\d\\locked", .access = DELETE, .disposition = FILE_OPEN},
     STATUS_ACCESS_DENIED,
     0},
    {&bob_token, {.path = u"\\d\\locked", .access = FILE_READ_ATTRIBUTES, .disposition = FILE_OPEN}, 0, 0x80},
    {&bob_token, {.path = u"\\", .access = GENERIC_ALL, .disposition = FILE_OPEN}, STATUS_ACCESS_DENIED, 0},
    {&bob_token, {.path = u"\\", .access = MAXIMUM_ALLOWED, .disposition = FILE_OPEN}, 0, 0x1301bf},
    {&bob_token, {.path = u"\\n", .access = GENERIC_ALL, .disposition = FILE_CREATE}, 0, 0x1F01FF},
};

static void test_opens_are_checked(void **state)
{
    struct world w = world_open(ENFORCED);
    restrict_root(w.rig);
    make(w.rig, u"\\f", 0, "O:S-1-22-1-1001" STAFF_READS);
    make(w.rig, u"\\f:s", 0, "");
    make(w.rig, u"\\d", FILE_DIRECTORY_FILE, "O:S-1-22-1-1001" STAFF_READS);
    make(w.rig, u"\\d\\locked", 0, "O:SYD:P");
    /* Bob may list, add files and delete children. */
    make(w.rig, u"\\files", FILE_DIRECTORY_FILE, "O:SYD:P(A;;0x43;;;S-1-22-1-1002)");
    make(w.rig, u"\\files\\locked", 0, "O:SYD:P");
    for (size_t i = 0; i < COUNT_OF(opens); i++) {
        ACCESS_MASK granted = 0;
        NTSTATUS status = attempt(w.rig, opens[i].who, &opens[i].how, &granted);
        if (status != opens[i].status || granted != opens[i].granted)
            fail_msg("row %zu: 0x%08x with 0x%x", i, (unsigned)status, granted);
    }
    world_close(&w);
}

/* Nothing is lost by an overwrite that is refused, nor by a refused delete. */
static void test_refusals_change_nothing(void **state)
{
    static const struct opening hows[] = {
        {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_OVERWRITE_IF},
        {.path = u"\\f", .access = GENERIC_READ, .disposition = FILE_SUPERSEDE},
        {.path = u"\\f", .access = GENERIC_WRITE, .disposition = FILE_OVERWRITE},
        {.path = u"\\f", .access = DELETE, .disposition = FILE_OPEN, .options = FILE_DELETE_ON_CLOSE},
        {.path = u"\\f", .access = GENERIC_WRITE, .disposition = FILE_OPEN},
    };
    struct world w = world_open(ENFORCED);
    char text[8] = "";
    uint32_t done;
    restrict_root(w.rig);
    make(w.rig, u"\\f", 0, "O:SY" STAFF_READS);
    struct nt_handle *h = rig_must_open(w.rig, u"\\f");
    assert_status(0, rig_write(w.rig, h, "kept", 4, 0, &done));
    for (size_t i = 0; i < COUNT_OF(hows); i++) {
        ACCESS_MASK granted = 0;
        assert_status(STATUS_ACCESS_DENIED, attempt(w.rig, &bob_token, &hows[i], &granted));
        assert_status(0, rig_read(w.rig, h, text, 4, 0, &done));
        assert_string_equal(text, "kept");
    }
    rig_end(w.rig, h);
    /* No share access is left behind either. */
    struct opened o =
        rig_create(w.rig, &(struct opening){.path = u"\\f", .share = NO_SHARE, .disposition = FILE_OPEN});
    assert_status(STATUS_SUCCESS, o.status);
    rig_end(w.rig, o.handle);
    world_close(&w);
}

/* The default on plain volumes: whoever asks, and whatever the descriptors say. */
static void test_nothing_is_checked_unasked(void **state)
{
    struct world w = world_open(0);
    ACCESS_MASK granted = 0;
    make(w.rig, u"\\f", 0, "O:SYD:P(D;;FA;;;WD)");
    assert_status(
        0, attempt(w.rig, &bob_token,
                   &(struct opening){.path = u"\\f", .access = GENERIC_ALL, .disposition = FILE_SUPERSEDE},
                   &granted));
    assert_int_equal(granted, 0x1F01FF);
    world_close(&w);
}

/* ---- the order of the calls ---------------------------------------------------------------------------- */

static NTSTATUS missing_until_created(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    return call->disposition == FILE_OPEN && call->path[1] == 'n' ? STATUS_OBJECT_NAME_NOT_FOUND : planned;
}

static void give(struct rig *rig, struct sd_buffer *sd)
{
    rig->fs.descriptor = sd->at;
    rig->fs.descriptor_length = rig->fs.descriptor_copy = (ULONG)sd->used;
}

static void test_order_of_calls(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.security = NT_SECURITY_CHECK});
    struct sd_buffer none = kit_bytes("O:SYD:P"), all = kit_bytes("O:SYD:P(A;;FA;;;WD)");
    rig->token = &bob_token;

    /* A plain open is asked for first and refused on its own handle. */
    give(rig, &none);
    struct opened o = rig_create(
        rig, &(struct opening){.path = u"\\f", .access = FILE_WRITE_DATA, .disposition = FILE_OPEN});
    assert_status(STATUS_ACCESS_DENIED, o.status);
    assert_int_equal(FILE_WRITE_DATA, fake_call_at(&rig->fs, DokanOperationZwCreateFile, 0).access);
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationZwCreateFile));
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCleanup));
    assert_int_equal(1, fake_calls(&rig->fs, DokanOperationCloseFile));

    /* An overwrite is not even begun. */
    fake_forget(&rig->fs);
    o = rig_create(rig, &(struct opening){.path = u"\\f", .access = 1, .disposition = FILE_OVERWRITE_IF});
    assert_status(STATUS_ACCESS_DENIED, o.status);
    for (unsigned i = 0; i < fake_calls(&rig->fs, DokanOperationZwCreateFile); i++)
        assert_int_equal(FILE_OPEN, fake_call_at(&rig->fs, DokanOperationZwCreateFile, i).disposition);

    /* Nor is a file made where none may be added. */
    fake_hooks(&rig->fs, DokanOperationZwCreateFile, missing_until_created);
    fake_forget(&rig->fs);
    o = rig_create(rig, &(struct opening){.path = u"\\n", .access = 1, .disposition = FILE_OPEN_IF});
    assert_status(STATUS_ACCESS_DENIED, o.status);
    for (unsigned i = 0; i < fake_calls(&rig->fs, DokanOperationZwCreateFile); i++)
        assert_int_equal(FILE_OPEN, fake_call_at(&rig->fs, DokanOperationZwCreateFile, i).disposition);

    give(rig, &all);
    o = rig_create(rig, &(struct opening){.path = u"\\n", .access = 1, .disposition = FILE_OPEN_IF});
    assert_status(STATUS_SUCCESS, o.status);
    assert_int_equal(FILE_CREATED, o.information);
    rig_end(rig, o.handle);
    o = rig_create(rig, &(struct opening){.path = u"\\f", .access = 1, .disposition = FILE_OVERWRITE});
    assert_status(STATUS_SUCCESS, o.status);
    rig_end(rig, o.handle);
    sd_buffer_free(&none);
    sd_buffer_free(&all);
    rig_close(rig);
}

/* A file system that fails, or lies: nobody gets in. */
static void test_failures_refuse(void **state)
{
    static const unsigned char junk[40] = {1, 0, 4, 0x80, 40};
    static const struct {
        NTSTATUS security, expected;
        ULONG disposition;
    } rows[] = {
        {STATUS_SUCCESS, STATUS_INVALID_SECURITY_DESCR, FILE_OPEN},
        {STATUS_SUCCESS, STATUS_INVALID_SECURITY_DESCR, FILE_OVERWRITE},
        {STATUS_BUFFER_OVERFLOW, STATUS_INVALID_SECURITY_DESCR, FILE_OPEN},
        {STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED, FILE_OPEN},
        {STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED, FILE_OPEN_IF},
        {STATUS_DISK_FULL, STATUS_DISK_FULL, FILE_OPEN},
        {STATUS_PENDING, STATUS_INTERNAL_ERROR, FILE_OPEN},
        {STATUS_TIMEOUT, STATUS_INVALID_SECURITY_DESCR, FILE_OPEN},
        {STATUS_NOT_IMPLEMENTED, STATUS_SUCCESS, FILE_OPEN}, /* the default lets everybody in */
    };
    struct rig *rig = rig_open(&(struct rig_spec){.security = NT_SECURITY_CHECK});
    rig->token = &bob_token;
    rig->fs.descriptor = junk;
    rig->fs.descriptor_length = rig->fs.descriptor_copy = sizeof junk;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fake_returns(&rig->fs, DokanOperationGetFileSecurity, rows[i].security);
        struct opened o = rig_create(
            rig, &(struct opening){.path = u"\\f", .access = 1, .disposition = rows[i].disposition});
        assert_status(rows[i].expected, o.status);
        if (o.handle)
            rig_end(rig, o.handle);
    }
    /* A token that is none. */
    DOKAN_ACCESS_TOKEN odd = bob_token;
    odd.User = NULL;
    rig->token = &odd;
    struct opened o =
        rig_create(rig, &(struct opening){.path = u"\\f", .access = 1, .disposition = FILE_OPEN});
    assert_status(STATUS_INVALID_PARAMETER, o.status);
    fake_returns(&rig->fs, DokanOperationGetFileSecurity, STATUS_NOT_IMPLEMENTED);
    rig->token = &bob_token;
    /* A directory that cannot be asked: nothing is made in it. */
    fake_returns(&rig->fs, DokanOperationZwCreateFile, STATUS_OBJECT_NAME_NOT_FOUND);
    o = rig_create(rig, &(struct opening){.path = u"\\dir\\n", .access = 1, .disposition = FILE_CREATE});
    assert_status(STATUS_OBJECT_PATH_NOT_FOUND, o.status);
    rig_close(rig);
}

/* ---- who asks ------------------------------------------------------------------------------------------ */

static void test_tokens_of_callers(void **state)
{
    uint32_t id;
    struct nt_request rq = {.caller = {.pid = 0, .uid = 1000, .gid = 100}};
    struct caller_token t;
    assert_status(0, caller_token_init(&t, &rq));
    assert_int_equal(t.use->Flags, 0);
    assert_true(sid_to_unix(sid_of(t.use->User), SID_UNIX_USER, &id) && id == 1000);
    assert_true(sid_to_unix(sid_of(t.use->PrimaryGroup), SID_UNIX_GROUP, &id) && id == 100);
    assert_int_equal(t.use->GroupCount, 0);
    caller_token_end(&t);

    rq.caller.uid = 0;
    assert_status(0, caller_token_init(&t, &rq));
    assert_int_equal(t.use->Flags, DOKAN_TOKEN_SUPERUSER);
    caller_token_end(&t);

    rq.token = &bob_token;
    assert_status(0, caller_token_init(&t, &rq));
    assert_ptr_equal(t.use, &bob_token);
    caller_token_end(&t);
}

/* A process's own groups are found; those of one that is another user's by now are not. */
static void test_groups_of_callers(void **state)
{
    static const gid_t some[] = {27, 50, 0xFFFFFFF0};
    gid_t groups[64];
    (void)!setgroups(COUNT_OF(some), some); /* root can */
    int count = getgroups(64, groups);
    struct nt_request rq = {.caller = {.pid = (uint32_t)getpid(), .uid = geteuid(), .gid = getegid()}};
    struct caller_token t;
    if (rq.caller.uid ==
        0) { /* whose groups nobody asks for: another, as whom the process does file business */
        assert_status(0, caller_token_init(&t, &rq));
        assert_int_equal(t.use->GroupCount, 0);
        caller_token_end(&t);
        assert_int_equal(setfsuid(4242), 0);
        rq.caller.uid = 4242;
    }
    assert_status(0, caller_token_init(&t, &rq));
    assert_int_equal(t.use->GroupCount, count);
    for (int i = 0; i < count; i++) {
        uint32_t id, found = 0;
        for (ULONG g = 0; g < t.use->GroupCount; g++)
            found += sid_to_unix(sid_of(t.use->Groups[g]), SID_UNIX_GROUP, &id) && id == groups[i];
        assert_int_equal(found, 1);
    }
    caller_token_end(&t);
    rq.caller.uid = 4243;
    assert_status(0, caller_token_init(&t, &rq));
    assert_int_equal(t.use->GroupCount, 0);
    caller_token_end(&t);
    setfsuid(geteuid());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_are_checked),
        cmocka_unit_test(test_refusals_change_nothing),
        cmocka_unit_test(test_nothing_is_checked_unasked),
        cmocka_unit_test(test_order_of_calls),
        cmocka_unit_test(test_failures_refuse),
        cmocka_unit_test(test_tokens_of_callers),
        cmocka_unit_test(test_groups_of_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
