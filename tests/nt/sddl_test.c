// SPDX-License-Identifier: MIT
/* Text to bytes and back. The bytes are written by hand. */
#include "base/testing.h"
#include "nt/sddl.h"
#include "sd_bytes.h"
#include <dokan/ntstatus.h>
#include <stdio.h>
#include <string.h>

static struct sd_buffer read_text(const char *text, NTSTATUS expected, size_t *stopped)
{
    struct sd_buffer out = {0};
    struct sddl_text t = {text, text + strlen(text)};
    NTSTATUS status = sddl_read(&t, &out);
    if (status != expected)
        fail_msg("%s: status 0x%08x, not 0x%08x", text, (unsigned)status, (unsigned)expected);
    if (stopped)
        *stopped = (size_t)(t.at - text);
    return out;
}

static void check_text(const void *bytes, size_t length, const char *expected)
{
    struct sd sd;
    struct sd_buffer text = {0};
    assert_true(sd_parse(bytes, length, &sd));
    assert_int_equal(sddl_write(&sd, BACKUP_SECURITY_INFORMATION, &text), STATUS_SUCCESS);
    sd_put(&text, "", 1);
    assert_string_equal((const char *)text.at, expected);
    sd_buffer_free(&text);
}

static void check_bytes(const char *text, const void *bytes, size_t length)
{
    struct sd_buffer out = read_text(text, STATUS_SUCCESS, NULL);
    assert_int_equal(out.used, length);
    assert_memory_equal(out.at, bytes, length);
    sd_buffer_free(&out);
}

/* ---- both ways ----------------------------------------------------------------------------------------- */

#define BYTES(...) ((const unsigned char[]){__VA_ARGS__}), sizeof((const unsigned char[]){__VA_ARGS__})

static const struct {
    const char *text;
    const unsigned char *bytes;
    size_t length;
} both_ways[] = {
    {"", BYTES(HEAD(RELATIVE, 0, 0, 0, 0))},
    {"O:BA", BYTES(HEAD(RELATIVE, 20, 0, 0, 0), ADMINS)},
    {"G:SY", BYTES(HEAD(RELATIVE, 0, 20, 0, 0), SYSTEM)},
    {"O:S-1-22-1-1000G:S-1-22-2-100",
     BYTES(HEAD(RELATIVE, 20, 36, 0, 0), SID2(22, 1, 1000), SID2(22, 2, 100))},
    {"D:NO_ACCESS_CONTROL", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 0))},
    {"D:", BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 8, 0))},
    {"D:P", BYTES(HEAD(RELATIVE | DACL | 0x1000, 0, 0, 0, 20), ACL_HEAD(2, 8, 0))},
    {"D:PARAI", BYTES(HEAD(RELATIVE | DACL | 0x1500, 0, 0, 0, 20), ACL_HEAD(2, 8, 0))},
    {"D:(A;;FA;;;WD)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 28, 1), ACE(0, 0, 20, 0x1F01FF), WORLD)},
    {"D:(D;OICI;FR;;;AU)(A;OICINPIOID;FW;;;SY)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 48, 2), ACE(1, 3, 20, 0x120089), SID1(5, 11),
           ACE(0, 0x1F, 20, 0x120116), SYSTEM)},
    {"D:(A;;0x1301bf;;;BA)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 32, 1), ACE(0, 0, 24, 0x1301BF), ADMINS)},
    {"D:(A;OICIIO;SDGXGWGR;;;CO)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 28, 1), ACE(0, 0xB, 20, 0xE0010000), SID1(3, 0))},
    {"D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;OW)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 28, 1), ACE(0, 0, 20, 0xF01FF), SID1(3, 4))},
    {"D:(A;;0x0;;;WD)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 28, 1), ACE(0, 0, 20, 0), WORLD)},
    {"S:(AU;SAFA;FX;;;WD)(ML;;NWNX;;;HI)",
     BYTES(HEAD(RELATIVE | SACL, 0, 0, 20, 0), ACL_HEAD(2, 48, 2), ACE(2, 0xC0, 20, 0x1200A0), WORLD,
           ACE(17, 0, 20, 5), SID1(16, 0x3000))},
    {"D:S:PAI(SP;;0x0;;;S-1-17-1)",
     BYTES(HEAD(RELATIVE | DACL | SACL | 0x2800, 0, 0, 20, 48), ACL_HEAD(2, 28, 1), ACE(19, 0, 20, 0),
           SID1(17, 1), ACL_HEAD(2, 8, 0))},
    {"D:(OA;CI;RP;00112233-4455-6677-8899-aabbccddeeff;;WD)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(4, 48, 1), ACE(5, 2, 40, 0x10), LE32(1), 0x33, 0x22,
           0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, WORLD)},
    {"D:(OD;;WP;;00000000-0000-0000-0000-000000000001;WD)",
     BYTES(HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(4, 48, 1), ACE(6, 0, 40, 0x20), LE32(2), 0, 0, 0, 0,
           0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, WORLD)},
    {"O:S-1-0x123456789ABC-1",
     BYTES(HEAD(RELATIVE, 20, 0, 0, 0), 1, 1, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, LE32(1))},
};

static void test_bytes_and_text(void **state)
{
    for (size_t i = 0; i < COUNT_OF(both_ways); i++) {
        check_bytes(both_ways[i].text, both_ways[i].bytes, both_ways[i].length);
        check_text(both_ways[i].bytes, both_ways[i].length, both_ways[i].text);
    }
}

static void test_other_spellings(void **state)
{
    static const struct {
        const char *text, *same;
    } rows[] = {
        {"g:syo:ba", "O:BAG:SY"},
        {" O:BA\tG:SY\r\nD: (A;;FA;;;WD) (D;;FR;;;AN) ", "O:BAG:SYD:(A;;FA;;;WD)(D;;FR;;;AN)"},
        {"D:(a;oici;fa;;;wd)", "D:(A;OICI;FA;;;WD)"},
        {"D:(A;;0x1f01ff;;;S-1-1-0)", "D:(A;;FA;;;WD)"},
        {"D:(A;;2032127;;;S-1-1-0)", "D:(A;;FA;;;WD)"},
        {"D:(A;;FRFW;;;WD)", "D:(A;;0x12019f;;;WD)"},
        {"D:(A;;KX;;;WD)", "D:(A;;KR;;;WD)"},
        {"D:(A;;GRGW;;;WD)", "D:(A;;GWGR;;;WD)"},
        {"D:(A;;;;;WD)", "D:(A;;0x0;;;WD)"},
        {"D:AIP", "D:PAI"},
        {"O:S-1-0x5-0x20-0x220D:", "O:BAD:"},
        {"O:S-1-5-0xADG:SY", "O:S-1-5-173G:SY"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sd_buffer one = read_text(rows[i].text, STATUS_SUCCESS, NULL);
        struct sd_buffer other = read_text(rows[i].same, STATUS_SUCCESS, NULL);
        check_text(one.at, one.used, rows[i].same);
        assert_int_equal(one.used, other.used);
        assert_memory_equal(one.at, other.at, one.used);
        sd_buffer_free(&one);
        sd_buffer_free(&other);
    }
}

static void test_every_alias(void **state)
{
    /* From the published list, not from our table. */
    static const char *const rows[][2] = {
        {"AN", "S-1-5-7"},
        {"AO", "S-1-5-32-548"},
        {"AU", "S-1-5-11"},
        {"BA", "S-1-5-32-544"},
        {"BG", "S-1-5-32-546"},
        {"BO", "S-1-5-32-551"},
        {"BU", "S-1-5-32-545"},
        {"CG", "S-1-3-1"},
        {"CO", "S-1-3-0"},
        {"CD", "S-1-5-32-574"},
        {"CY", "S-1-5-32-569"},
        {"ED", "S-1-5-9"},
        {"ER", "S-1-5-32-573"},
        {"HI", "S-1-16-12288"},
        {"IS", "S-1-5-32-568"},
        {"IU", "S-1-5-4"},
        {"LS", "S-1-5-19"},
        {"LU", "S-1-5-32-559"},
        {"LW", "S-1-16-4096"},
        {"ME", "S-1-16-8192"},
        {"MP", "S-1-16-8448"},
        {"MU", "S-1-5-32-558"},
        {"NO", "S-1-5-32-556"},
        {"NS", "S-1-5-20"},
        {"NU", "S-1-5-2"},
        {"OW", "S-1-3-4"},
        {"PO", "S-1-5-32-550"},
        {"PS", "S-1-5-10"},
        {"PU", "S-1-5-32-547"},
        {"RC", "S-1-5-12"},
        {"RD", "S-1-5-32-555"},
        {"RE", "S-1-5-32-552"},
        {"RU", "S-1-5-32-554"},
        {"SI", "S-1-16-16384"},
        {"SO", "S-1-5-32-549"},
        {"SU", "S-1-5-6"},
        {"SY", "S-1-5-18"},
        {"WD", "S-1-1-0"},
        {"WR", "S-1-5-33"},
        {"AC", "S-1-15-2-1"},
        {"AS", "S-1-18-1"},
        {"SS", "S-1-18-2"},
        {"AA", "S-1-5-32-579"},
        {"RM", "S-1-5-32-580"},
        {"HA", "S-1-5-32-578"},
        {"ES", "S-1-5-32-576"},
        {"MS", "S-1-5-32-577"},
        {"RA", "S-1-5-32-575"},
        {"UD", "S-1-5-84-0-0-0-0-0"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char alias[16], numbers[64], text[SD_SID_TEXT];
        snprintf(alias, sizeof alias, "O:%s", rows[i][0]);
        snprintf(numbers, sizeof numbers, "O:%s", rows[i][1]);
        struct sd_buffer a = read_text(alias, STATUS_SUCCESS, NULL),
                         b = read_text(numbers, STATUS_SUCCESS, NULL);
        struct sd sd;
        assert_int_equal(a.used, b.used);
        assert_memory_equal(a.at, b.at, a.used);
        check_text(b.at, b.used, alias);
        assert_true(sd_parse(a.at, a.used, &sd));
        assert_int_equal(sid_to_text(sd.owner, text), strlen(rows[i][1]));
        assert_string_equal(text, rows[i][1]);
        sd_buffer_free(&a);
        sd_buffer_free(&b);
    }
}

/* ---- refused ------------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        NTSTATUS status;
        size_t at;
    } rows[] = {
        {"X:BA", STATUS_INVALID_PARAMETER, 0},
        {"OBA", STATUS_INVALID_PARAMETER, 0},
        {"O:BAO:BA", STATUS_INVALID_PARAMETER, 6},
        {"D:D:", STATUS_INVALID_PARAMETER, 4},
        {"O:", STATUS_INVALID_SID, 2},
        {"O:XX", STATUS_INVALID_SID, 2},
        {"O:B", STATUS_INVALID_SID, 2},
        {"O:DA", STATUS_NONE_MAPPED, 2},
        {"D:(A;;FA;;;LA)", STATUS_NONE_MAPPED, 11},
        {"O:S-2-5-32", STATUS_INVALID_SID, 5},
        {"O:S-1-", STATUS_INVALID_SID, 6},
        {"O:S-1-5-", STATUS_INVALID_SID, 8},
        {"O:S-1-5-4294967296", STATUS_INVALID_SID, 8},
        {"O:S-1-281474976710656-1", STATUS_INVALID_SID, 6},
        {"O:S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", STATUS_INVALID_SID, 44},
        {"D:(", STATUS_INVALID_ACL, 3},
        {"D:(A", STATUS_INVALID_ACL, 3},
        {"D:(Q;;FA;;;WD)", STATUS_INVALID_ACL, 3},
        {"D:(AA;;FA;;;WD)", STATUS_INVALID_ACL, 3},
        {"D:(A;XX;FA;;;WD)", STATUS_INVALID_ACL, 5},
        {"D:(A;;ZZ;;;WD)", STATUS_INVALID_ACL, 6},
        {"D:(A;;NW;;;WD)", STATUS_INVALID_ACL, 6},
        {"D:(A;;F;;;WD)", STATUS_INVALID_ACL, 6},
        {"D:(A;;0x;;;WD)", STATUS_INVALID_ACL, 6},
        {"D:(A;;0x100000000;;;WD)", STATUS_INVALID_ACL, 6},
        {"D:(A;;FA;;;WD", STATUS_INVALID_ACL, 13},
        {"D:(A;;FA;;WD)", STATUS_INVALID_ACL, 10},
        {"D:(A;;FA;00112233-4455-6677-8899-aabbccddeeff;;WD)", STATUS_INVALID_ACL, 47},
        {"D:(OA;;RP;00112233;;WD)", STATUS_INVALID_ACL, 18},
        {"D:(OA;;RP;00112233-4455-6677-8899-aabbccddeexx;;WD)", STATUS_INVALID_ACL, 44},
        {"D:(XA;;FA;;;WD;(Title==\"VP\"))", STATUS_NOT_SUPPORTED, 3},
        {"D:(A;;FA;;;WD;(1))", STATUS_NOT_SUPPORTED, 13},
        {"S:(RA;;;;;WD;(\"x\",TS,0,\"y\"))", STATUS_NOT_SUPPORTED, 3},
        {"D:X", STATUS_INVALID_PARAMETER, 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t at;
        struct sd_buffer out = read_text(rows[i].text, rows[i].status, &at);
        if (at != rows[i].at)
            fail_msg("%s: stopped at %zu, not %zu", rows[i].text, at, rows[i].at);
        sd_buffer_free(&out);
    }
}

/* An entry that has no text form refuses the whole: half a list would be another list. */
static void test_no_text(void **state)
{
    static const unsigned char conditional[] = {HEAD(RELATIVE | DACL, 0, 0, 0, 20),
                                                ACL_HEAD(2, 48, 2),
                                                ACE(0, 0, 20, 1),
                                                WORLD,
                                                ACE(9, 0, 20, 1),
                                                WORLD};
    static const unsigned char opaque[] = {
        HEAD(RELATIVE | DACL, 0, 0, 0, 20), ACL_HEAD(2, 12, 1), 4, 0, 4, 0};
    struct sd sd;
    struct sd_buffer text = {0};
    assert_true(sd_parse(conditional, sizeof conditional, &sd));
    assert_int_equal((uint32_t)sddl_write(&sd, DACL_SECURITY_INFORMATION, &text),
                     (uint32_t)STATUS_NOT_SUPPORTED);
    assert_int_equal(sddl_write(&sd, OWNER_SECURITY_INFORMATION, &text), STATUS_SUCCESS);
    assert_true(sd_parse(opaque, sizeof opaque, &sd));
    assert_int_equal((uint32_t)sddl_write(&sd, DACL_SECURITY_INFORMATION, &text),
                     (uint32_t)STATUS_NOT_SUPPORTED);
    sd_buffer_free(&text);
}

static void test_too_long(void **state)
{
    enum { ENTRIES = 4000 };
    static char text[ENTRIES * 14 + 3] = "D:";
    for (int i = 0; i < ENTRIES; i++)
        memcpy(text + 2 + 12 * i, "(A;;FA;;;WD)", 12);
    struct sd_buffer out = read_text(text, STATUS_INVALID_ACL, NULL);
    sd_buffer_free(&out);
}

/* ---- properties ---------------------------------------------------------------------------------------- */

static struct sd_span random_sid(uint64_t *seed, struct sd_sid *out)
{
    uint32_t subs[SID_MAX_SUB_AUTHORITIES];
    unsigned count = 1 + (unsigned)(testing_random(seed) % SID_MAX_SUB_AUTHORITIES);
    for (unsigned i = 0; i < count; i++)
        subs[i] = (uint32_t)testing_random(seed) >> testing_random(seed) % 32;
    uint64_t authority = testing_random(seed) & UINT64_C(0xFFFFFFFFFFFF);
    return sid_make(out, testing_random(seed) % 2 ? authority : authority % 20, subs, count);
}

static void random_list(uint64_t *seed, struct acl_draft *draft, const uint8_t *types, size_t type_count)
{
    unsigned char guids[2][16];
    acl_begin(draft, 2);
    for (uint64_t left = testing_random(seed) % 6; left; left--) {
        struct sd_sid sid;
        uint8_t type = types[testing_random(seed) % type_count];
        struct ace ace = {.kind = ace_kind(type), .type = type, .flags = (uint8_t)testing_random(seed)};
        ace.mask = (ACCESS_MASK)testing_random(seed) & (testing_random(seed) % 2 ? 0xF01F01FF : 0xFFFFFFFF);
        ace.sid = random_sid(seed, &sid);
        for (int g = 0; g < 2; g++)
            for (int i = 0; i < 16; i++)
                guids[g][i] = (unsigned char)testing_random(seed);
        if (ace.kind->shape == ACE_OBJECT && testing_random(seed) % 2)
            ace.object = (struct sd_span){guids[0], 16};
        if (ace.kind->shape == ACE_OBJECT && testing_random(seed) % 2)
            ace.inherited_object = (struct sd_span){guids[1], 16};
        acl_add(draft, &ace);
    }
}

/* Whatever has a text form comes back from it byte for byte. */
static void test_round_trips(void **state)
{
    static const uint8_t dacl_types[] = {0, 1, 5, 6}, sacl_types[] = {2, 3, 7, 8, 17, 19, 20};
    uint64_t seed = 20261120;
    for (int i = 0; i < (testing_full() ? 200000 : 20000); i++) {
        struct acl_draft dacl = {0}, sacl = {0};
        struct sd_sid owner, group;
        struct sd sd = {0};
        uint64_t what = testing_random(&seed);
        if (what & 1)
            sd.owner = random_sid(&seed, &owner);
        if (what & 2)
            sd.group = random_sid(&seed, &group);
        random_list(&seed, &dacl, dacl_types, COUNT_OF(dacl_types));
        random_list(&seed, &sacl, sacl_types, COUNT_OF(sacl_types));
        if (what & 4)
            sd.control |= SE_DACL_PRESENT | (testing_random(&seed) & 0x1500);
        if (what & 8)
            sd.control |= SE_SACL_PRESENT | (testing_random(&seed) & 0x2A00);
        if (what & 4 && what & 16)
            sd.dacl = acl_end(&dacl);
        if (what & 8 && what & 32)
            sd.sacl = acl_end(&sacl);
        unsigned char *bytes = malloc(sd_size(&sd));
        struct sd_buffer text = {0};
        sd_write(&sd, bytes);
        assert_int_equal(sddl_write(&sd, BACKUP_SECURITY_INFORMATION, &text), STATUS_SUCCESS);
        sd_put(&text, "", 1);
        struct sd_buffer again = read_text((const char *)text.at, STATUS_SUCCESS, NULL);
        assert_int_equal(again.used, sd_size(&sd));
        assert_memory_equal(again.at, bytes, again.used);
        free(bytes);
        sd_buffer_free(&text);
        sd_buffer_free(&again);
        sd_buffer_free(&dacl.bytes);
        sd_buffer_free(&sacl.bytes);
    }
}

/* Spoiled text is read to some end, and what is taken is a descriptor. */
static void test_spoiled_text(void **state)
{
    static const char good[] = "O:S-1-5-32-544G:SYD:PAI(A;OICI;FRSD;;;WD)(OA;;0x1f;00112233-4455-6677-8899-"
                               "aabbccddeeff;;AU)S:(ML;;NW;;;HI)";
    static const char letters[] = "();:-0xSAFWDOGP 9\x80";
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        char text[sizeof good];
        struct sd sd;
        struct sd_buffer out = {0};
        memcpy(text, good, sizeof good);
        for (uint64_t n = testing_random(&seed) % 4; n; n--)
            text[testing_random(&seed) % (sizeof good - 1)] =
                letters[testing_random(&seed) % (sizeof letters - 1)];
        size_t length = testing_random(&seed) % sizeof good;
        char *exact = malloc(length + 1);
        memcpy(exact, text, length);
        struct sddl_text t = {exact, exact + length};
        if (sddl_read(&t, &out) == STATUS_SUCCESS)
            assert_true(sd_parse(out.at, out.used, &sd));
        assert_in_range(t.at - exact, 0, length);
        sd_buffer_free(&out);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_and_text), cmocka_unit_test(test_other_spellings),
        cmocka_unit_test(test_every_alias),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_text),        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_round_trips),    cmocka_unit_test(test_spoiled_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
