// SPDX-License-Identifier: MIT
/* Self-relative descriptors: what is one, what is not, parts cut out and merged. The bytes are written by
 * hand. */
#include "base/testing.h"
#include "nt/sd.h"
#include "sd_bytes.h"
#include <dokan/ntstatus.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(...) ((const unsigned char[]){__VA_ARGS__}), sizeof((const unsigned char[]){__VA_ARGS__})

/* ---- verdicts ------------------------------------------------------------------------------------------ */

struct row {
    const char *what;
    const unsigned char *bytes;
    size_t length;
    bool good;
};

static const unsigned char guid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
#define GUID 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16

static const struct row rows[] = {
    {"nothing in it", BYTES(HEAD(RELATIVE, 0, 0, 0, 0)), true},
    {"no bytes", BYTES(0), false},
    {"19 bytes", BYTES(1, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false},
    {"revision 0", BYTES(0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false},
    {"revision 2", BYTES(2, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false},
    {"absolute form", BYTES(HEAD(0, 0, 0, 0, 0)), false},

    {"an owner", BYTES(HEAD(RELATIVE, 20, 0, 0, 0), WORLD), true},
    {"a group", BYTES(HEAD(RELATIVE, 0, 20, 0, 0), ADMINS), true},
    {"both the same bytes", BYTES(HEAD(RELATIVE, 20, 20, 0, 0), WORLD), true},
    {"owner inside the head", BYTES(HEAD(RELATIVE, 16, 0, 0, 0), WORLD), false},
    {"owner not aligned", BYTES(HEAD(RELATIVE, 22, 0, 0, 0), 0, 0, WORLD), false},
    {"owner at the end", BYTES(HEAD(RELATIVE, 32, 0, 0, 0), WORLD), false},
    {"owner past the end", BYTES(HEAD(RELATIVE, 36, 0, 0, 0), WORLD), false},
    {"owner far away", BYTES(HEAD(RELATIVE, 0xFFFFFFFC, 0, 0, 0), WORLD), false},
    {"group past the end", BYTES(HEAD(RELATIVE, 20, 24, 0, 0), WORLD), false},
    {"SID of no revision", BYTES(HEAD(RELATIVE, 20, 0, 0, 0), 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0), false},
    {"SID cut off", BYTES(HEAD(RELATIVE, 20, 0, 0, 0), 1, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0), false},
    {"SID of no numbers", BYTES(HEAD(RELATIVE, 20, 0, 0, 0), 1, 0, 0, 0, 0, 0, 0, 1), true},
    {"SID of 16 numbers", BYTES(HEAD(RELATIVE, 20, 0, 0, 0), 1, 16, 0, 0, 0, 0, 0, 1, GUID, GUID, GUID, GUID),
     false},
    {"SID of 15 numbers", BYTES(HEAD(RELATIVE, 20, 0, 0, 0), 1, 15, 0, 0, 0, 0, 0, 1, GUID, GUID, GUID, GUID),
     true},

    {"NULL DACL", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 0)), true},
    {"empty DACL", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 8, 0)), true},
    {"DACL not present: not looked at", BYTES(HEAD(RELATIVE, 0, 0, 0, 21)), true},
    {"SACL not present: not looked at", BYTES(HEAD(RELATIVE, 0, 0, 0x7FFFFFFF, 0)), true},
    {"DACL not aligned", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 21), 0, ACL_HEAD(2, 8, 0)), false},
    {"DACL head cut off", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), 2, 0, 8, 0, 0, 0, 0), false},
    {"DACL of revision 1", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(1, 8, 0)), false},
    {"DACL of revision 5", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(5, 8, 0)), false},
    {"DACL of 7 bytes", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 7, 0)), false},
    {"DACL longer than all", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 12, 0)), false},
    {"DACL with room", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 12, 0), 9, 9, 9, 9), true},
    {"SACL past the end", BYTES(HEAD(RELATIVE | SACL, 0, 0, 24, 0), ACL_HEAD(2, 8, 0)), false},
    {"both lists the same bytes", BYTES(HEAD(RELATIVE | DACL | SACL, 0, 0, 20, 20), ACL_HEAD(2, 8, 0)), true},
};

#define LIST(size, count) HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, size, count)

static const struct row ace_rows[] = {
    {"one entry", BYTES(LIST(28, 1), ACE(0, 0, 20, 1), WORLD), true},
    {"two claimed", BYTES(LIST(28, 2), ACE(0, 0, 20, 1), WORLD), false},
    {"two", BYTES(LIST(48, 2), ACE(0, 0, 20, 1), WORLD, ACE(1, 0, 20, 1), SYSTEM), true},
    {"none claimed, bytes there", BYTES(LIST(28, 0), ACE(0, 0, 20, 1), WORLD), true},
    {"65535 claimed", BYTES(LIST(28, 0xFFFF), ACE(0, 0, 20, 1), WORLD), false},
    {"entry of size 0", BYTES(LIST(28, 1), ACE(0, 0, 0, 1), WORLD), false},
    {"entry of size 3", BYTES(LIST(28, 1), ACE(0, 0, 3, 1), WORLD), false},
    {"entry of size 4", BYTES(LIST(12, 1), 0, 0, 4, 0), false},
    {"entry of size 8", BYTES(LIST(16, 1), ACE(0, 0, 8, 1)), false},
    {"entry without its whole SID", BYTES(LIST(28, 1), ACE(0, 0, 16, 1), WORLD), false},
    {"entry of odd size", BYTES(LIST(30, 1), ACE(0, 0, 22, 1), WORLD, 0, 0), false},
    {"entry longer than the list", BYTES(LIST(28, 1), ACE(0, 0, 24, 1), WORLD, 0, 0, 0, 0), false},
    {"entry with room", BYTES(LIST(32, 1), ACE(0, 0, 24, 1), WORLD, 0, 0, 0, 0), true},
    {"entry with a broken SID", BYTES(LIST(28, 1), ACE(0, 0, 20, 1), 9, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
     false},
    {"SID that leaves the entry", BYTES(LIST(28, 1), ACE(0, 0, 20, 1), 1, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
     false},
    {"compound: size alone", BYTES(LIST(12, 1), 4, 0, 4, 0), true},
    {"unknown type: size alone", BYTES(LIST(12, 1), 99, 0, 4, 0), true},
    {"unknown type past the end", BYTES(LIST(12, 1), 99, 0, 8, 0), false},
    {"callback with data", BYTES(LIST(32, 1), ACE(9, 0, 24, 1), WORLD, 'a', 'r', 't', 'x'), true},
    {"label", BYTES(LIST(28, 1), ACE(17, 0, 20, 1), SID1(16, 0x3000)), true},
    {"resource attribute without a SID", BYTES(LIST(16, 1), ACE(18, 0, 8, 0)), false},

    {"object entry, no types", BYTES(LIST(32, 1), ACE(5, 0, 24, 1), LE32(0), WORLD), true},
    {"object entry, flags cut off", BYTES(LIST(16, 1), ACE(5, 0, 8, 1)), false},
    {"object entry, type", BYTES(LIST(48, 1), ACE(5, 0, 40, 1), LE32(1), GUID, WORLD), true},
    {"object entry, inherited type", BYTES(LIST(48, 1), ACE(6, 0, 40, 1), LE32(2), GUID, WORLD), true},
    {"object entry, both", BYTES(LIST(64, 1), ACE(5, 0, 56, 1), LE32(3), GUID, GUID, WORLD), true},
    {"object entry, second type cut off", BYTES(LIST(32, 1), ACE(5, 0, 24, 1), LE32(3), WORLD), false},
    {"object entry, no room for the SID", BYTES(LIST(36, 1), ACE(5, 0, 28, 1), LE32(1), GUID), false},
};

static void check_rows(const struct row *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sd sd;
        /* In an allocation of exactly that size, so that a sanitizer sees a read behind its end. */
        unsigned char *exact = malloc(table[i].length);
        memcpy(exact, table[i].bytes, table[i].length);
        if (sd_parse(exact, table[i].length, &sd) != table[i].good)
            fail_msg("%s: should be %s", table[i].what, table[i].good ? "taken" : "refused");
        free(exact);
    }
}

static void test_verdicts(void **state)
{
    struct sd sd;
    check_rows(rows, COUNT_OF(rows));
    check_rows(ace_rows, COUNT_OF(ace_rows));
    assert_false(sd_parse(NULL, 100, &sd));
    assert_false(sd_parse(rows[0].bytes, 0, &sd));
}

/* Every good one, cut off anywhere and with every byte spoiled: no reading past the end, and what is taken
 * can be written and read again. */
static void test_spoiled(void **state)
{
    static const unsigned char values[] = {0, 1, 4, 16, 20, 0x7F, 0x80, 0xFF};
    for (size_t i = 0; i < COUNT_OF(ace_rows); i++) {
        for (size_t at = 0; at < ace_rows[i].length * COUNT_OF(values); at++) {
            struct sd sd, again;
            size_t length = ace_rows[i].length - at % 3;
            unsigned char *exact = malloc(length);
            memcpy(exact, ace_rows[i].bytes, length);
            if (at / COUNT_OF(values) < length)
                exact[at / COUNT_OF(values)] = values[at % COUNT_OF(values)];
            if (sd_parse(exact, length, &sd)) {
                unsigned char *copy = malloc(sd_size(&sd));
                sd_write(&sd, copy);
                assert_true(sd_parse(copy, sd_size(&sd), &again));
                assert_int_equal(again.dacl.length, sd.dacl.length);
                free(copy);
            }
            free(exact);
        }
    }
}

/* ---- identifiers --------------------------------------------------------------------------------------- */

static void test_unix_sids(void **state)
{
    static const unsigned char user[] = {SID2(22, 1, 1000)}, group[] = {SID2(22, 2, 0xFFFFFFFE)};
    struct sd_sid bytes;
    uint32_t id = 7;
    struct sd_span sid = sid_from_unix(&bytes, SID_UNIX_USER, 1000);
    assert_int_equal(sid.length, 16);
    assert_memory_equal(sid.at, user, 16);
    assert_true(sid_to_unix(sid, SID_UNIX_USER, &id));
    assert_int_equal(id, 1000);
    assert_false(sid_to_unix(sid, SID_UNIX_GROUP, &id));
    sid = sid_from_unix(&bytes, SID_UNIX_GROUP, 0xFFFFFFFE);
    assert_memory_equal(sid.at, group, 16);
    assert_true(sid_to_unix(sid, SID_UNIX_GROUP, &id));
    assert_int_equal(id, 0xFFFFFFFE);
    assert_false(sid_to_unix(sid_everyone, SID_UNIX_USER, &id));
    assert_false(sid_to_unix((struct sd_span){0}, SID_UNIX_USER, &id));
    static const unsigned char admins[] = {ADMINS};
    assert_false(sid_to_unix(sid_of(admins), SID_UNIX_USER, &id));
    assert_true(sid_same(sid_of(admins), sid_in((struct sd_span){admins, 16})));
    assert_false(sid_same(sid_of(admins), sid_everyone));
    assert_null(sid_in((struct sd_span){admins, 15}).at);
    assert_null(sid_of(NULL).at);
    assert_false(sid_same(sid_of(NULL), sid_of(NULL)));
}

/* ---- parts --------------------------------------------------------------------------------------------- */

/* Owner ADMINS at 20, group SYSTEM at 36, SACL at 48: audit, label, policy; DACL at 128. */
static const unsigned char full[] = {HEAD(RELATIVE | DACL | SACL | 0x1000 | 0x0800 | 0x0001, 20, 36, 48, 128),
                                     ADMINS,
                                     SYSTEM,
                                     ACL_HEAD(2, 80, 3),
                                     ACE(2, 0x40, 20, 0x120089),
                                     WORLD,
                                     ACE(17, 0, 20, 1),
                                     SID1(16, 0x3000),
                                     ACE(19, 0, 20, 0),
                                     SID1(17, 1),
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     ACL_HEAD(2, 28, 1),
                                     ACE(0, 3, 20, 0x1F01FF),
                                     WORLD};

static struct sd parsed(const void *bytes, size_t length)
{
    struct sd sd;
    assert_true(sd_parse(bytes, length, &sd));
    return sd;
}

static unsigned count_of(struct sd_span acl, uint8_t type)
{
    struct ace ace;
    unsigned count = 0;
    for (size_t at = 0; acl_next(acl, &at, &ace);)
        count += ace.type == type;
    return count;
}

static void test_cut(void **state)
{
    static const struct {
        SECURITY_INFORMATION what;
        uint16_t control;
        bool owner, group, dacl, sacl;
        unsigned audits, labels, policies;
    } table[] = {
        {0, 0, false, false, false, false, 0, 0, 0},
        {OWNER_SECURITY_INFORMATION, 1, true, false, false, false, 0, 0, 0},
        {GROUP_SECURITY_INFORMATION, 0, false, true, false, false, 0, 0, 0},
        {DACL_SECURITY_INFORMATION, 0x1004, false, false, true, false, 0, 0, 0},
        {SACL_SECURITY_INFORMATION, 0x0810, false, false, false, true, 1, 0, 0},
        {LABEL_SECURITY_INFORMATION, 0x0810, false, false, false, true, 0, 1, 0},
        {SCOPE_SECURITY_INFORMATION, 0x0810, false, false, false, true, 0, 0, 1},
        {ATTRIBUTE_SECURITY_INFORMATION, 0, false, false, false, false, 0, 0, 0},
        {SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION, 0x0810, false, false, false, true, 1, 1, 0},
        {BACKUP_SECURITY_INFORMATION, 0x1815, true, true, true, true, 1, 1, 1},
        {7 | PROTECTED_DACL_SECURITY_INFORMATION, 0x1005, true, true, true, false, 0, 0, 0},
    };
    struct sd sd = parsed(full, sizeof full);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct sd_store store = {0};
        struct sd cut;
        assert_true(sd_cut(&sd, table[i].what, &store, &cut));
        assert_int_equal(cut.control, table[i].control);
        assert_int_equal(cut.owner.at != NULL, table[i].owner);
        assert_int_equal(cut.group.at != NULL, table[i].group);
        assert_int_equal(cut.dacl.at != NULL, table[i].dacl);
        assert_int_equal(cut.sacl.at != NULL, table[i].sacl);
        assert_int_equal(count_of(cut.sacl, 2), table[i].audits);
        assert_int_equal(count_of(cut.sacl, 17), table[i].labels);
        assert_int_equal(count_of(cut.sacl, 19), table[i].policies);
        sd_store_free(&store);
    }
}

static void test_write(void **state)
{
    /* Owner, group, system list, list, in this order, without the gap. */
    static const unsigned char expected[] = {HEAD(RELATIVE | DACL, 20, 0, 0, 36), ADMINS, ACL_HEAD(2, 28, 1),
                                             ACE(0, 3, 20, 0x1F01FF), WORLD};
    struct sd_store store = {0};
    struct sd sd = parsed(full, sizeof full), cut;
    sd.control &= (uint16_t)~0x1001;
    assert_true(sd_cut(&sd, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &store, &cut));
    unsigned char out[sizeof expected];
    assert_int_equal(sd_size(&cut), sizeof expected);
    sd_write(&cut, out);
    assert_memory_equal(out, expected, sizeof expected);
    sd_store_free(&store);
}

/* ---- setting ------------------------------------------------------------------------------------------- */

static void test_control_bits_of_a_set(void **state)
{
    enum { P = SE_DACL_PROTECTED, AI = SE_DACL_AUTO_INHERITED, AR = SE_DACL_AUTO_INHERIT_REQ };
    static const struct {
        uint16_t given;
        SECURITY_INFORMATION also;
        uint16_t expected;
    } table[] = {
        {0, 0, 0},
        {P, 0, P},
        {AI, 0, 0},
        {AR, 0, 0},
        {AI | AR, 0, AI},
        {P | AI | AR, 0, P | AI},
        {0, PROTECTED_DACL_SECURITY_INFORMATION, P},
        {P, UNPROTECTED_DACL_SECURITY_INFORMATION, 0},
        {P, PROTECTED_SACL_SECURITY_INFORMATION, P},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        unsigned char bytes[] = {HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 8, 0)};
        struct sd_store store = {0};
        struct sd sd = parsed(bytes, sizeof bytes), out;
        sd.control |= table[i].given;
        assert_int_equal(sd_given(&sd, DACL_SECURITY_INFORMATION | table[i].also, &store, &out), 0);
        assert_int_equal(out.control, SE_DACL_PRESENT | table[i].expected);
        sd_store_free(&store);
    }
}

static void test_given(void **state)
{
    static const unsigned char generic[] = {
        HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 48, 2),
        ACE(0, 0, 20, 0x10000000),          WORLD, /* GA */
        ACE(0, 0xB, 20, 0x80000000),        SYSTEM /* GR, for children only */};
    struct sd_store store = {0};
    struct sd sd = parsed(generic, sizeof generic), out;
    struct ace ace;
    size_t at = 0;
    assert_int_equal(sd_given(&sd, DACL_SECURITY_INFORMATION, &store, &out), STATUS_SUCCESS);
    assert_true(acl_next(out.dacl, &at, &ace));
    assert_int_equal(ace.mask, 0x1F01FF);
    assert_true(acl_next(out.dacl, &at, &ace));
    assert_int_equal(ace.mask, 0x80000000);
    assert_false(acl_next(out.dacl, &at, &ace));
    assert_int_equal((uint32_t)sd_given(&sd, OWNER_SECURITY_INFORMATION, &store, &out),
                     (uint32_t)STATUS_INVALID_OWNER);
    assert_int_equal((uint32_t)sd_given(&sd, GROUP_SECURITY_INFORMATION, &store, &out),
                     (uint32_t)STATUS_INVALID_PRIMARY_GROUP);
    sd_store_free(&store);
}

static void test_generic_rights(void **state)
{
    assert_int_equal(sd_map_generic(0), 0);
    assert_int_equal(sd_map_generic(0x80000000), 0x120089);
    assert_int_equal(sd_map_generic(0x40000000), 0x120116);
    assert_int_equal(sd_map_generic(0x20000000), 0x1200A0);
    assert_int_equal(sd_map_generic(0x10000000), 0x1F01FF);
    assert_int_equal(sd_map_generic(0xC0010000), 0x13019F);
    assert_int_equal(sd_map_generic(0x03000001), 0x03000001);
}

static void test_merge(void **state)
{
    static const unsigned char label[] = {HEAD(RELATIVE | SACL, 0, 0, 20, 0), ACL_HEAD(2, 28, 1),
                                          ACE(17, 0, 20, 3), SID1(16, 0x1000)};
    static const unsigned char owner[] = {HEAD(RELATIVE | 2, 20, 20, 0, 0), WORLD};
    struct sd_store normal = {0}, store = {0};
    struct sd present = parsed(full, sizeof full), raw = parsed(owner, sizeof owner), given, out;
    assert_int_equal(sd_given(&raw, OWNER_SECURITY_INFORMATION, &normal, &given), 0);
    assert_true(sd_merge(&present, &given, OWNER_SECURITY_INFORMATION, &store, &out));
    assert_true(sid_same(out.owner, sid_everyone));
    assert_true(sid_same(out.group, sid_system));
    assert_int_equal(out.control, 0x1814); /* the owner is no longer a default */
    assert_ptr_equal(out.dacl.at, present.dacl.at);
    assert_int_equal(sd_given(&raw, GROUP_SECURITY_INFORMATION, &normal, &given), 0);
    assert_true(sd_merge(&present, &given, GROUP_SECURITY_INFORMATION, &store, &out));
    assert_int_equal(out.control, 0x1817);
    assert_true(sid_same(out.group, sid_everyone));

    /* A label replaces the label and nothing else of the list. */
    raw = parsed(label, sizeof label);
    assert_int_equal(sd_given(&raw, LABEL_SECURITY_INFORMATION, &normal, &given), 0);
    assert_true(sd_merge(&present, &given, LABEL_SECURITY_INFORMATION, &store, &out));
    assert_int_equal(count_of(out.sacl, 2), 1);
    assert_int_equal(count_of(out.sacl, 17), 1);
    assert_int_equal(count_of(out.sacl, 19), 1);
    assert_int_equal(out.control & SACL, SACL);
    struct ace ace;
    for (size_t at = 0; acl_next(out.sacl, &at, &ace);)
        assert_true(ace.type != 17 || ace.mask == 3);

    /* No entry is left: no list is left. */
    static const unsigned char none[] = {HEAD(RELATIVE, 0, 0, 0, 0)};
    struct sd bare = parsed(none, sizeof none);
    assert_int_equal(sd_given(&bare, LABEL_SECURITY_INFORMATION, &normal, &given), 0);
    assert_true(sd_merge(&bare, &given, LABEL_SECURITY_INFORMATION, &store, &out));
    assert_int_equal(out.control, 0);
    assert_null(out.sacl.at);
    sd_store_free(&normal);
    sd_store_free(&store);
}

/* ---- lists --------------------------------------------------------------------------------------------- */

static void test_building_lists(void **state)
{
    static const unsigned char expected[] = {
        ACL_HEAD(4, 56, 2), ACE(5, 2, 40, 0x11), LE32(1), GUID, WORLD, 99, 1, LE16(8), 7, 7, 7, 7};
    static const unsigned char odd[] = {99, 0, LE16(8), 7, 7, 7, 7};
    struct acl_draft draft = {0};
    struct ace object = {.kind = ace_kind(5),
                         .type = 5,
                         .flags = 2,
                         .mask = 0x11,
                         .object = {guid, sizeof guid},
                         .sid = sid_everyone};
    struct ace opaque = {.kind = ace_kind(99), .type = 99, .flags = 1, .whole = {odd, sizeof odd}};
    acl_begin(&draft, 2);
    acl_add(&draft, &object);
    acl_add(&draft, &opaque);
    struct sd_span acl = acl_end(&draft);
    assert_int_equal(acl.length, sizeof expected);
    assert_memory_equal(acl.at, expected, sizeof expected);
    assert_non_null(acl_in(acl).at);

    /* 64 KiB are the most. */
    for (int i = 0; i < 1700 && !draft.bytes.failed; i++)
        acl_add(&draft, &object);
    assert_true(draft.bytes.failed);
    assert_null(acl_end(&draft).at);
    sd_buffer_free(&draft.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),  cmocka_unit_test(test_spoiled),
        cmocka_unit_test(test_unix_sids), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_write),     cmocka_unit_test(test_control_bits_of_a_set),
        cmocka_unit_test(test_given),     cmocka_unit_test(test_generic_rights),
        cmocka_unit_test(test_merge),     cmocka_unit_test(test_building_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
