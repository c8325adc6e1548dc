// SPDX-License-Identifier: MIT
/*
 * Security descriptors through the engine: asked and set by parts, the rights that it takes, inherited; over
 * the scripted file system and over memfs.
 */
#include "security_kit.h"
#include <unistd.h>

static const struct descriptor_owner owner = {1000, 100};

/* ---- the default --------------------------------------------------------------------------------------- */

static uint32_t read32(const void *at, size_t offset)
{
    uint32_t value;
    memcpy(&value, (const char *)at + offset, 4);
    return value;
}

static void check_sid(const unsigned char *sd, uint32_t offset, uint32_t kind, uint32_t id)
{
    static const unsigned char head[8] = {1, 2, 0, 0, 0, 0, 0, 22};
    assert_memory_equal(head, sd + offset, 8);
    assert_int_equal(kind, read32(sd, offset + 8));
    assert_int_equal(id, read32(sd, offset + 12));
}

static void check_default(const unsigned char *sd, uint32_t length, bool directory, SECURITY_INFORMATION what)
{
    SECURITY_DESCRIPTOR_RELATIVE head;
    struct sd parsed;
    memcpy(&head, sd, sizeof head);
    assert_true(sd_parse(sd, length, &parsed));
    assert_int_equal((what & OWNER_SECURITY_INFORMATION) != 0, head.Owner != 0);
    assert_int_equal((what & GROUP_SECURITY_INFORMATION) != 0, head.Group != 0);
    assert_int_equal((what & DACL_SECURITY_INFORMATION) != 0, head.Dacl != 0);
    assert_int_equal(0, head.Sacl);
    if (head.Owner)
        check_sid(sd, head.Owner, 1, getuid());
    if (head.Group)
        check_sid(sd, head.Group, 2, getgid());
    if (!head.Dacl)
        return;
    assert_int_equal(directory, (head.Control & SE_DACL_PROTECTED) != 0);
    assert_true(head.Control & SE_DACL_AUTO_INHERITED);
    unsigned char dacl[28] = {2, 0, 28, 0, 1, 0, 0, 0, 0, directory ? 3 : 0x10, 20, 0, 0xFF, 1, 0x1F, 0,
                              1, 1, 0,  0, 0, 0, 0, 5, 11};
    assert_memory_equal(dacl, sd + head.Dacl, sizeof dacl);
}

static void test_default_descriptor(void **state)
{
    DOKAN_OPERATIONS ops = fake_operations;
    ops.GetFileSecurity = NULL;
    for (int missing = 0; missing < 2; missing++) {
        struct rig *rig = rig_open_with(&(struct rig_spec){0}, missing ? &ops : &fake_operations);
        fake_returns(&rig->fs, DokanOperationGetFileSecurity, STATUS_NOT_IMPLEMENTED);
        struct nt_handle *h[2] = {kit_open(rig, u"\\f", ALL_RIGHTS), kit_open(rig, u"\\d", ALL_RIGHTS)};
        for (unsigned what = 0; what < 16; what++) {
            for (int directory = 0; directory < 2; directory++) {
                unsigned char sd[128];
                uint32_t needed, size;
                assert_status(0, kit_query(rig, h[directory], what, sd, sizeof sd, &size));
                check_default(sd, size, directory, what & THREE);
                assert_status(0, kit_query(rig, h[directory], what, sd, size, &needed));
                assert_status(STATUS_BUFFER_OVERFLOW,
                              kit_query(rig, h[directory], what, sd, size - 1, &needed));
                assert_int_equal(size, needed);
                assert_status(STATUS_BUFFER_OVERFLOW, kit_query(rig, h[directory], what, NULL, 0, &needed));
            }
        }
        rig_end(rig, h[0]);
        rig_end(rig, h[1]);
        rig_close(rig);
    }
}

/* ---- what the file system gives ------------------------------------------------------------------------ */

static void test_descriptor_of_the_file_system(void **state)
{
    unsigned char good[DESCRIPTOR_DEFAULT_MAX], buffer[256];
    ULONG length = descriptor_default(good, owner, true, THREE);
    const struct {
        NTSTATUS from_fs;
        ULONG reported, copied;
        SECURITY_INFORMATION what;
        NTSTATUS expected;
        uint32_t needed;
    } rows[] = {
        {STATUS_SUCCESS, length, length, THREE, STATUS_SUCCESS, length},
        {STATUS_SUCCESS, length, length, THREE | SACL_SECURITY_INFORMATION, STATUS_SUCCESS, length},
        {STATUS_SUCCESS, 1000, length, THREE, STATUS_SUCCESS, length}, /* more room than it takes */
        {STATUS_SUCCESS, length, length, OWNER_SECURITY_INFORMATION, STATUS_SUCCESS,
         36}, /* more than asked for */
        {STATUS_BUFFER_OVERFLOW, 1000, 0, THREE, STATUS_BUFFER_OVERFLOW, 1000},
        {STATUS_BUFFER_OVERFLOW, 5000, 0, THREE, STATUS_BUFFER_OVERFLOW, 5000},
        {STATUS_SUCCESS, 0, length, THREE, STATUS_INVALID_PARAMETER, 0},
        {STATUS_SUCCESS, length - 1, length, THREE, STATUS_INVALID_PARAMETER, 0},
        {STATUS_SUCCESS, 19, length, 0, STATUS_INVALID_PARAMETER, 0},
        {STATUS_ACCESS_DENIED, length, length, THREE, STATUS_ACCESS_DENIED, 0},
        {STATUS_SUCCESS, 0xFFFFFFFF, length, THREE, STATUS_BUFFER_OVERFLOW, 0xFFFFFFFF},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = kit_open(rig, u"\\f", ALL_RIGHTS);
    rig->fs.descriptor = good;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t needed;
        memset(buffer, 0, sizeof buffer);
        rig->fs.descriptor_length = rows[i].reported;
        rig->fs.descriptor_copy = rows[i].copied;
        fake_returns(&rig->fs, DokanOperationGetFileSecurity, rows[i].from_fs);
        assert_status(rows[i].expected, kit_query(rig, h, rows[i].what, buffer, sizeof buffer, &needed));
        assert_int_equal(rows[i].needed, needed);
    }
    rig_end(rig, h);
    rig_close(rig);
}

/* Parts that are asked for must be there; a large descriptor is asked for again with room for it. */
static void test_missing_parts_and_large_ones(void **state)
{
    enum { ENTRIES = 200 };
    static char text[ENTRIES * 12 + 8] = "O:SYD:";
    for (int i = 0; i < ENTRIES; i++)
        memcpy(text + 6 + 12 * i, "(A;;FR;;;WD)", 12);
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = kit_open(rig, u"\\f", ALL_RIGHTS);
    struct sd_buffer large = kit_bytes(text), bare = kit_bytes("O:SY");
    static unsigned char buffer[8000];
    uint32_t needed;
    fake_returns(&rig->fs, DokanOperationGetFileSecurity, STATUS_SUCCESS);
    rig->fs.descriptor = large.at;
    rig->fs.descriptor_length = rig->fs.descriptor_copy = (ULONG)large.used;
    assert_status(0, kit_query(rig, h, 5, buffer, sizeof buffer, &needed));
    assert_int_equal(needed, large.used);
    assert_memory_equal(buffer, large.at, needed);
    assert_status(STATUS_BUFFER_OVERFLOW, kit_query(rig, h, 5, buffer, 100, &needed));
    assert_int_equal(needed, large.used);
    assert_status(0, kit_query(rig, h, OWNER_SECURITY_INFORMATION, buffer, 32, &needed));
    assert_status(STATUS_INVALID_PARAMETER,
                  kit_query(rig, h, GROUP_SECURITY_INFORMATION, buffer, 99, &needed));
    rig->fs.descriptor = bare.at;
    rig->fs.descriptor_length = rig->fs.descriptor_copy = (ULONG)bare.used;
    assert_status(STATUS_INVALID_PARAMETER,
                  kit_query(rig, h, DACL_SECURITY_INFORMATION, buffer, 99, &needed));
    assert_status(0, kit_query(rig, h, SACL_SECURITY_INFORMATION, buffer, 99, &needed));
    sd_buffer_free(&large);
    sd_buffer_free(&bare);
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- setting ------------------------------------------------------------------------------------------- */

static unsigned char last_set[4096];
static ULONG last_length, last_what;

static NTSTATUS remember_set(struct fake *fs, struct fake_call *call, NTSTATUS planned)
{
    memcpy(last_set, call->buffer, (size_t)call->length);
    last_length = (ULONG)call->length;
    last_what = call->options;
    return planned;
}

static void test_set_security(void **state)
{
    _Alignas(4) unsigned char sd[DESCRIPTOR_DEFAULT_MAX];
    uint32_t length = descriptor_default(sd, owner, false, THREE);
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = kit_open(rig, u"\\f", ALL_RIGHTS);
    fake_hooks(&rig->fs, DokanOperationSetFileSecurity, remember_set);
    assert_status(STATUS_SUCCESS, kit_set(rig, h, THREE, sd, length));
    assert_int_equal(THREE, last_what);
    assert_string_equal(kit_text(last_set, last_length, THREE),
                        "O:S-1-22-1-1000G:S-1-22-2-100D:(A;ID;FA;;;AU)");
    static const NTSTATUS failures[] = {STATUS_ACCESS_DENIED, STATUS_NOT_IMPLEMENTED, STATUS_BUFFER_OVERFLOW};
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        fake_returns(&rig->fs, DokanOperationSetFileSecurity, failures[i]);
        assert_status(STATUS_INVALID_PARAMETER, kit_set(rig, h, THREE, sd, length));
    }
    fake_forget(&rig->fs);
    assert_status(STATUS_INVALID_SECURITY_DESCR, kit_set(rig, h, THREE, sd, length - 4));
    assert_status(STATUS_INSUFFICIENT_RESOURCES, kit_set(rig, h, THREE, sd, 40000));
    assert_status(STATUS_INVALID_OWNER, kit_set_text(rig, h, OWNER_SECURITY_INFORMATION, "G:SY"));
    assert_status(STATUS_INVALID_PRIMARY_GROUP, kit_set_text(rig, h, GROUP_SECURITY_INFORMATION, "O:SY"));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationSetFileSecurity));
    rig_end(rig, h);
    rig_close(rig);
}

/* Only the parts that are set reach the file system, in normal form. */
static void test_set_by_parts(void **state)
{
    static const struct {
        SECURITY_INFORMATION what;
        const char *given, *expected;
    } rows[] = {
        {OWNER_SECURITY_INFORMATION, "O:BAG:SYD:(A;;FA;;;WD)", "O:BA"},
        {GROUP_SECURITY_INFORMATION, "O:BAG:SYD:(A;;FA;;;WD)", "G:SY"},
        {DACL_SECURITY_INFORMATION, "O:BAG:SYD:PAI(A;;GA;;;WD)", "D:P(A;;FA;;;WD)"},
        {DACL_SECURITY_INFORMATION, "D:ARAI(A;OICIIO;GA;;;WD)", "D:AI(A;OICIIO;GA;;;WD)"},
        {DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, "D:(A;;FA;;;WD)",
         "D:P(A;;FA;;;WD)"},
        {DACL_SECURITY_INFORMATION | UNPROTECTED_DACL_SECURITY_INFORMATION, "D:P(A;;FA;;;WD)",
         "D:(A;;FA;;;WD)"},
        {DACL_SECURITY_INFORMATION, "O:BA", "D:NO_ACCESS_CONTROL"},
        {SACL_SECURITY_INFORMATION, "S:(AU;SA;FA;;;WD)(ML;;NW;;;HI)", "S:(AU;SA;FA;;;WD)"},
        {LABEL_SECURITY_INFORMATION, "S:(AU;SA;FA;;;WD)(ML;;NW;;;HI)", "S:(ML;;NW;;;HI)"},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct nt_handle *h = kit_open(rig, u"\\f", ALL_RIGHTS);
    fake_hooks(&rig->fs, DokanOperationSetFileSecurity, remember_set);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_status(STATUS_SUCCESS, kit_set_text(rig, h, rows[i].what, rows[i].given));
        assert_int_equal(last_what, rows[i].what);
        assert_string_equal(kit_text(last_set, last_length, BACKUP_SECURITY_INFORMATION), rows[i].expected);
    }
    rig_end(rig, h);
    rig_close(rig);
}

/* A file system that wants whole descriptors gets what it has with the parts that are set. */
static void test_set_whole(void **state)
{
    struct sd_buffer present = kit_bytes("O:SYG:BAD:AI(A;ID;FA;;;WD)S:(AU;SA;FA;;;WD)(ML;;NW;;;HI)");
    struct sd_buffer plain = kit_bytes("O:SYG:BAD:AI(A;ID;FA;;;WD)");
    struct rig *rig = rig_open(&(struct rig_spec){.security = NT_SECURITY_WHOLE});
    struct nt_handle *h = kit_open(rig, u"\\f", ALL_RIGHTS);
    fake_hooks(&rig->fs, DokanOperationSetFileSecurity, remember_set);
    rig->fs.descriptor = present.at;
    rig->fs.descriptor_length = rig->fs.descriptor_copy = (ULONG)present.used;
    assert_status(0, kit_set_text(rig, h, OWNER_SECURITY_INFORMATION, "O:AN"));
    assert_string_equal(kit_text(last_set, last_length, BACKUP_SECURITY_INFORMATION),
                        "O:ANG:BAD:AI(A;ID;FA;;;WD)S:(AU;SA;FA;;;WD)(ML;;NW;;;HI)");
    assert_int_equal(last_what, 0x7F);
    assert_status(0, kit_set_text(rig, h, LABEL_SECURITY_INFORMATION, "S:(ML;;NWNR;;;LW)"));
    assert_string_equal(kit_text(last_set, last_length, BACKUP_SECURITY_INFORMATION),
                        "O:SYG:BAD:AI(A;ID;FA;;;WD)S:(AU;SA;FA;;;WD)(ML;;NWNR;;;LW)");
    rig->fs.descriptor = plain.at;
    rig->fs.descriptor_length = rig->fs.descriptor_copy = (ULONG)plain.used;
    assert_status(0, kit_set_text(rig, h, DACL_SECURITY_INFORMATION, "D:P(A;;GR;;;AU)"));
    assert_string_equal(kit_text(last_set, last_length, BACKUP_SECURITY_INFORMATION),
                        "O:SYG:BAD:P(A;;FR;;;AU)");
    assert_int_equal(last_what, THREE);

    /* What cannot be asked cannot be merged. */
    fake_forget(&rig->fs);
    fake_returns(&rig->fs, DokanOperationGetFileSecurity, STATUS_ACCESS_DENIED);
    assert_status(STATUS_ACCESS_DENIED, kit_set_text(rig, h, OWNER_SECURITY_INFORMATION, "O:AN"));
    fake_returns(&rig->fs, DokanOperationGetFileSecurity, STATUS_BUFFER_OVERFLOW);
    assert_status(STATUS_INSUFFICIENT_RESOURCES, kit_set_text(rig, h, OWNER_SECURITY_INFORMATION, "O:AN"));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationSetFileSecurity));
    sd_buffer_free(&present);
    sd_buffer_free(&plain);
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- rights of the handle ------------------------------------------------------------------------------ */

static void test_rights_of_the_handle(void **state)
{
    static const struct {
        ACCESS_MASK access;
        SECURITY_INFORMATION what;
        bool query, set;
    } rows[] = {
        {READ_CONTROL, THREE, true, false},
        {FILE_GENERIC_READ, THREE, true, false},
        {FILE_READ_DATA, OWNER_SECURITY_INFORMATION, false, false},
        {WRITE_DAC, DACL_SECURITY_INFORMATION, false, true},
        {WRITE_DAC, OWNER_SECURITY_INFORMATION, false, false},
        {WRITE_OWNER, OWNER_SECURITY_INFORMATION, false, true},
        {WRITE_OWNER, GROUP_SECURITY_INFORMATION, false, true},
        {WRITE_OWNER, LABEL_SECURITY_INFORMATION, false, true},
        {WRITE_OWNER, DACL_SECURITY_INFORMATION, false, false},
        {FILE_ALL_ACCESS, SACL_SECURITY_INFORMATION, false, false},
        {ACCESS_SYSTEM_SECURITY, SACL_SECURITY_INFORMATION, true, true},
        {FILE_ALL_ACCESS, THREE, true, true},
        {FILE_ALL_ACCESS, BACKUP_SECURITY_INFORMATION, false, false},
        {GENERIC_ALL, THREE, true, true},
        {GENERIC_READ, THREE, true, false},
        {MAXIMUM_ALLOWED, THREE, true, true},
    };
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct sd_buffer sd = kit_bytes("O:SYG:SYD:(A;;FA;;;WD)S:(ML;;NW;;;HI)");
    rig->fs.descriptor = sd.at;
    rig->fs.descriptor_length = rig->fs.descriptor_copy = (ULONG)sd.used;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nt_handle *h = kit_open(rig, u"\\f", rows[i].access);
        unsigned char buffer[256];
        uint32_t needed;
        fake_forget(&rig->fs);
        assert_status(rows[i].query ? STATUS_SUCCESS : STATUS_ACCESS_DENIED,
                      kit_query(rig, h, rows[i].what, buffer, sizeof buffer, &needed));
        assert_status(rows[i].set ? STATUS_SUCCESS : STATUS_ACCESS_DENIED,
                      kit_set(rig, h, rows[i].what, sd.at, (uint32_t)sd.used));
        assert_int_equal(rows[i].query, fake_calls(&rig->fs, DokanOperationGetFileSecurity));
        assert_int_equal(rows[i].set, fake_calls(&rig->fs, DokanOperationSetFileSecurity));
        rig_end(rig, h);
    }
    sd_buffer_free(&sd);
    rig_close(rig);
}

static void test_write_protected(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){.options = DOKAN_OPTION_WRITE_PROTECT});
    struct nt_handle *h = rig_must_open(rig, u"\\f");
    assert_status(STATUS_MEDIA_WRITE_PROTECTED, kit_set_text(rig, h, OWNER_SECURITY_INFORMATION, "O:AN"));
    assert_int_equal(0, fake_calls(&rig->fs, DokanOperationSetFileSecurity));
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- rights that are named for short ------------------------------------------------------------------- */

static void test_generic_rights_and_the_maximum(void **state)
{
    struct rig *rig = rig_open(&(struct rig_spec){0});
    struct opening how = {
        .path = u"\\f", .access = GENERIC_READ | GENERIC_WRITE | DELETE, .disposition = FILE_OPEN};
    struct opened o = rig_create(rig, &how);
    assert_status(STATUS_SUCCESS, o.status);
    assert_int_equal(FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE,
                     fake_last(&rig->fs, DokanOperationZwCreateFile).access);
    rig_end(rig, o.handle);

    /* As much as possible is everything, where nobody checks; but no writing to what is read-only. */
    FILE_ACCESS_INFORMATION info;
    for (int read_only = 0; read_only < 2; read_only++) {
        fake_has_size(&rig->fs, 10, read_only ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL);
        struct nt_handle *h = kit_open(rig, u"\\f", MAXIMUM_ALLOWED);
        assert_int_equal(MAXIMUM_ALLOWED, fake_last(&rig->fs, DokanOperationZwCreateFile).access);
        assert_status(0, rig_query(rig, h, FileAccessInformation, &info, sizeof info, NULL));
        assert_int_equal(info.AccessFlags, read_only ? 0x1F01FF & ~0x46 : 0x1F01FF);
        rig_end(rig, h);
    }
    /* It counts against others. */
    how = (struct opening){
        .path = u"\\f", .access = FILE_READ_DATA, .share = FILE_SHARE_READ, .disposition = FILE_OPEN};
    o = rig_create(rig, &how);
    fake_has_size(&rig->fs, 10, FILE_ATTRIBUTE_NORMAL);
    struct opened second = rig_create(
        rig, &(struct opening){.path = u"\\f", .access = MAXIMUM_ALLOWED, .disposition = FILE_OPEN});
    assert_status(STATUS_SHARING_VIOLATION, second.status);
    rig_end(rig, o.handle);
    struct nt_handle *h = kit_open(rig, u"\\f", MAXIMUM_ALLOWED);
    o = rig_create(rig, &how);
    assert_status(STATUS_SHARING_VIOLATION, o.status);
    rig_end(rig, h);
    h = kit_open(rig, u"\\f", FILE_READ_DATA); /* nothing is left of it */
    rig_end(rig, h);
    rig_close(rig);
}

/* ---- memfs with its descriptors enforced --------------------------------------------------------------- */

static void test_first_descriptors(void **state)
{
    static const struct {
        const WCHAR *path;
        ULONG options;
        const char *sddl; /* NULL: none */
        const char *expected;
    } rows[] = {
        {u"\\d\\a", 0, NULL, "O:S-1-22-1-1001G:S-1-22-2-50D:AI(A;ID;FR;;;WD)(A;ID;FA;;;S-1-22-1-1001)"},
        {u"\\d\\b", FILE_DIRECTORY_FILE, NULL,
         "O:S-1-22-1-1001G:S-1-22-2-50D:AI(A;OICIID;FR;;;WD)(A;ID;FA;;;S-1-22-1-1001)(A;OICIIOID;FA;;;CO)"},
        {u"\\d\\c", 0, "D:P(A;;GR;;;AU)", "O:S-1-22-1-1001G:S-1-22-2-50D:P(A;;FR;;;AU)"},
        {u"\\d\\e", 0, "D:(A;;GA;;;AU)",
         "O:S-1-22-1-1001G:S-1-22-2-50D:AI(A;;FA;;;AU)(A;ID;FR;;;WD)(A;ID;FA;;;S-1-22-1-1001)"},
        {u"\\d\\g", 0, "D:NO_ACCESS_CONTROL", "O:S-1-22-1-1001G:S-1-22-2-50D:NO_ACCESS_CONTROL"},
        {u"\\d\\h:s", 0, NULL, "O:S-1-22-1-1001G:S-1-22-2-50D:AI(A;ID;FR;;;WD)(A;ID;FA;;;S-1-22-1-1001)"},
    };
    struct world w = world_open(ENFORCED);
    make(w.rig, u"\\d", FILE_DIRECTORY_FILE, "D:P(A;OICI;FR;;;WD)(A;OICIIO;FA;;;CO)");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sd_buffer sd = kit_bytes(rows[i].sddl ? rows[i].sddl : "");
        struct opening how = {.path = rows[i].path, .disposition = FILE_CREATE, .options = rows[i].options};
        how.security = rows[i].sddl ? sd.at : NULL;
        how.security_length = rows[i].sddl ? (uint32_t)sd.used : 0;
        struct opened o = rig_create(w.rig, &how);
        assert_status(STATUS_SUCCESS, o.status);
        assert_string_equal(kit_query_text(w.rig, o.handle, THREE), rows[i].expected);
        rig_end(w.rig, o.handle);
        sd_buffer_free(&sd);
    }
    world_close(&w);
}

/* What a creator may not give, or what is no descriptor. */
static void test_creators_descriptor(void **state)
{
    static const unsigned char broken[24] = {1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20};
    for (unsigned security = 0; security < 8; security++) {
        struct world w = world_open(security);
        struct sd_buffer foreign = kit_bytes("O:BA"), audit = kit_bytes("S:(AU;SA;FA;;;WD)");
        struct opening how = {.path = u"\\f", .disposition = FILE_CREATE, .security = (void *)broken};
        bool checked = security & NT_SECURITY_CHECK;
        w.rig->token = &bob_token;
        how.security_length = sizeof broken;
        assert_status(STATUS_INVALID_SECURITY_DESCR, rig_create(w.rig, &how).status);
        how.security_length = 0;
        assert_status(STATUS_INVALID_SECURITY_DESCR, rig_create(w.rig, &how).status);
        how.security = foreign.at;
        how.security_length = (uint32_t)foreign.used;
        struct opened o = rig_create(w.rig, &how);
        assert_status(checked ? STATUS_INVALID_OWNER : STATUS_SUCCESS, o.status);
        if (o.handle)
            rig_end(w.rig, o.handle);
        how.path = u"\\g";
        how.security = audit.at;
        how.security_length = (uint32_t)audit.used;
        o = rig_create(w.rig, &how);
        assert_status(checked ? STATUS_PRIVILEGE_NOT_HELD : STATUS_SUCCESS, o.status);
        if (o.handle)
            rig_end(w.rig, o.handle);
        sd_buffer_free(&foreign);
        sd_buffer_free(&audit);
        world_close(&w);
    }
}

static void test_memfs_sets_and_tells(void **state)
{
    static const WCHAR *const paths[] = {u"\\f", u"\\d", u"\\f:s", u"\\d:s"};
    struct world w = world_open(ENFORCED);
    make(w.rig, u"\\f", 0, "");
    make(w.rig, u"\\d", FILE_DIRECTORY_FILE, "");
    make(w.rig, u"\\f:s", 0, "");
    make(w.rig, u"\\d:s", 0, "");
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct nt_handle *h = kit_open(w.rig, paths[i], ALL_RIGHTS);
        assert_status(0, kit_set_text(w.rig, h, THREE, "O:ANG:BUD:P(A;;GA;;;WD)"));
        assert_string_equal(kit_query_text(w.rig, h, THREE), "O:ANG:BUD:P(A;;FA;;;WD)");
        assert_status(0, kit_set_text(w.rig, h, SACL_SECURITY_INFORMATION, "S:(AU;SA;FA;;;WD)"));
        assert_status(0, kit_set_text(w.rig, h, LABEL_SECURITY_INFORMATION, "S:(ML;;NW;;;HI)"));
        assert_string_equal(kit_query_text(w.rig, h, SACL_SECURITY_INFORMATION), "S:(AU;SA;FA;;;WD)");
        assert_string_equal(kit_query_text(w.rig, h, LABEL_SECURITY_INFORMATION), "S:(ML;;NW;;;HI)");
        assert_status(0, kit_set_text(w.rig, h, DACL_SECURITY_INFORMATION, "D:(A;;FR;;;BU)"));
        assert_string_equal(kit_query_text(w.rig, h, BACKUP_SECURITY_INFORMATION),
                            "O:ANG:BUD:(A;;FR;;;BU)S:(AU;SA;FA;;;WD)(ML;;NW;;;HI)");
        assert_status(0,
                      kit_set_text(w.rig, h, SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION, "S:"));
        rig_end(w.rig, h);
    }
    /* The stream and its file have one descriptor. */
    struct nt_handle *h = kit_open(w.rig, u"\\f:s", ALL_RIGHTS);
    assert_status(0, kit_set_text(w.rig, h, OWNER_SECURITY_INFORMATION, "O:SO"));
    rig_end(w.rig, h);
    h = kit_open(w.rig, u"\\f", ALL_RIGHTS);
    assert_string_equal(kit_query_text(w.rig, h, OWNER_SECURITY_INFORMATION), "O:SO");
    rig_end(w.rig, h);

    /* Bob may change the list of what is his, but not give it away. */
    make(w.rig, u"\\bobs", 0, "O:S-1-22-1-1002D:P(A;;WO;;;WD)");
    w.rig->token = &bob_token;
    h = kit_open(w.rig, u"\\bobs", READ_CONTROL | WRITE_DAC | WRITE_OWNER);
    assert_status(STATUS_INVALID_OWNER, kit_set_text(w.rig, h, OWNER_SECURITY_INFORMATION, "O:BA"));
    assert_status(0, kit_set_text(w.rig, h, OWNER_SECURITY_INFORMATION, "O:S-1-22-1-1002"));
    assert_status(0, kit_set_text(w.rig, h, DACL_SECURITY_INFORMATION, "D:P(D;;FR;;;WD)"));
    rig_end(w.rig, h);
    struct opened o = rig_create(
        w.rig, &(struct opening){.path = u"\\bobs", .access = GENERIC_READ, .disposition = FILE_OPEN});
    assert_status(STATUS_ACCESS_DENIED, o.status);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_descriptor),
        cmocka_unit_test(test_descriptor_of_the_file_system),
        cmocka_unit_test(test_missing_parts_and_large_ones),
        cmocka_unit_test(test_set_security),
        cmocka_unit_test(test_set_by_parts),
        cmocka_unit_test(test_set_whole),
        cmocka_unit_test(test_rights_of_the_handle),
        cmocka_unit_test(test_write_protected),
        cmocka_unit_test(test_generic_rights_and_the_maximum),
        cmocka_unit_test(test_first_descriptors),
        cmocka_unit_test(test_creators_descriptor),
        cmocka_unit_test(test_memfs_sets_and_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
