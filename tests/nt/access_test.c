// SPDX-License-Identifier: MIT
/*
 * The access check and inheritance, as tables in the text form of descriptors (which sddl_test holds to
 * bytes). The verdicts follow [MS-DTYP] 2.5.3.
 */
#include "base/testing.h"
#include "nt/access.h"
#include "nt/inherit.h"
#include "nt/sddl.h"
#include <dokan/ntstatus.h>
#include <stdlib.h>
#include <string.h>

/* The caller: user 1000 in groups 100, 27 and the local users. */
static const unsigned char me[] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xE8, 3, 0, 0};
static const unsigned char group[] = {1, 2, 0, 0, 0, 0, 0, 22, 2, 0, 0, 0, 100, 0, 0, 0};
static const unsigned char sudo[] = {1, 2, 0, 0, 0, 0, 0, 22, 2, 0, 0, 0, 27, 0, 0, 0};
static const unsigned char users[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0};
static const PSID groups[] = {(PSID)sudo, (PSID)users};

static DOKAN_ACCESS_TOKEN token_with(ULONG flags)
{
    return (DOKAN_ACCESS_TOKEN){.Size = sizeof(DOKAN_ACCESS_TOKEN),
                                .Flags = flags,
                                .User = (PSID)me,
                                .PrimaryGroup = (PSID)group,
                                .Groups = groups,
                                .GroupCount = 2};
}

static struct sd from_text(const char *text, struct sd_buffer *bytes)
{
    struct sd sd;
    struct sddl_text t = {text, text + strlen(text)};
    if (sddl_read(&t, bytes) || !sd_parse(bytes->at, bytes->used, &sd))
        fail_msg("not understood: %s", text);
    return sd;
}

/* ---- the access check ---------------------------------------------------------------------------------- */

#define MINE   "O:S-1-22-1-1000G:S-1-22-2-100"
#define OTHERS "O:S-1-22-1-4711G:S-1-22-2-4711"

enum { R = 0x120089, W = 0x120116, X = 0x1200A0, ALL = 0x1F01FF, RC_WD = 0x60000 };
#define MAX 0x02000000u
#define ASS 0x01000000u

static const struct check {
    const char *sddl;
    ACCESS_MASK desired;
    NTSTATUS status;
    ACCESS_MASK granted;
} checks[] = {
    /* Nobody said no. */
    {OTHERS, ALL, 0, ALL},
    {OTHERS "D:NO_ACCESS_CONTROL", ALL, 0, ALL},
    {OTHERS "D:NO_ACCESS_CONTROL", MAX, 0, ALL},
    {OTHERS "D:NO_ACCESS_CONTROL", GENERIC_ALL, 0, ALL},
    {OTHERS "D:NO_ACCESS_CONTROL", 0, 0, 0},
    /* An empty list grants nothing, but something to the owner. */
    {OTHERS "D:", 1, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:", 0, 0, 0},
    {OTHERS "D:", MAX, STATUS_ACCESS_DENIED, 0},
    {MINE "D:", READ_CONTROL | WRITE_DAC, 0, READ_CONTROL | WRITE_DAC},
    {MINE "D:", MAX, 0, READ_CONTROL | WRITE_DAC},
    {MINE "D:", WRITE_OWNER, STATUS_ACCESS_DENIED, 0},
    {"D:", READ_CONTROL, STATUS_ACCESS_DENIED, 0},
    /* The owner keeps these two even when denied. */
    {MINE "D:(D;;FA;;;WD)", MAX, 0, RC_WD},
    {"O:S-1-22-2-27D:", READ_CONTROL, 0, READ_CONTROL}, /* a group of his owns it */
    /* OWNER RIGHTS takes the place of what the owner has by himself. */
    {MINE "D:(A;;RC;;;OW)", WRITE_DAC, STATUS_ACCESS_DENIED, 0},
    {MINE "D:(A;;RC;;;OW)", MAX, 0, READ_CONTROL},
    {MINE "D:(A;IO;RC;;;OW)", WRITE_DAC, 0, WRITE_DAC},
    {MINE "D:(D;;WD;;;OW)(A;;FA;;;WD)", WRITE_DAC, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;FA;;;OW)", 1, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(D;;FA;;;OW)(A;;FR;;;WD)", R, 0, R},
    /* Who is meant. */
    {OTHERS "D:(A;;FR;;;S-1-22-1-1000)", R, 0, R},
    {OTHERS "D:(A;;FR;;;S-1-22-2-100)", R, 0, R},
    {OTHERS "D:(A;;FR;;;S-1-22-2-27)", R, 0, R},
    {OTHERS "D:(A;;FR;;;BU)", R, 0, R},
    {OTHERS "D:(A;;FR;;;WD)", R, 0, R},
    {OTHERS "D:(A;;FR;;;AU)", R, 0, R},
    {OTHERS "D:(A;;FR;;;BA)", R, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;FR;;;S-1-22-2-1000)", R, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;FR;;;CO)", R, STATUS_ACCESS_DENIED, 0},
    /* What is meant. */
    {OTHERS "D:(A;;FR;;;WD)", W, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;FR;;;WD)", GENERIC_READ, 0, R},
    {OTHERS "D:(A;;FR;;;WD)", GENERIC_READ | GENERIC_WRITE, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;GR;;;WD)", GENERIC_READ, 0, R},
    {OTHERS "D:(A;;GA;;;WD)", ALL, 0, ALL},
    {OTHERS "D:(A;;FR;;;WD)(A;;FW;;;AU)", R | W, 0, R | W},
    {OTHERS "D:(A;;FR;;;WD)(A;;FW;;;AU)", MAX, 0, R | W},
    {OTHERS "D:(A;;FR;;;WD)", MAX | FILE_READ_DATA, 0, R},
    {OTHERS "D:(A;;FR;;;WD)", MAX | FILE_WRITE_DATA, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;FR;;;WD)", MAX | GENERIC_READ, 0, R},
    /* The first entry that names a right settles it. */
    {OTHERS "D:(D;;FR;;;WD)(A;;FA;;;WD)", FILE_READ_DATA, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;FA;;;WD)(D;;FR;;;WD)", FILE_READ_DATA, 0, FILE_READ_DATA},
    {OTHERS "D:(D;;FR;;;WD)(A;;FA;;;WD)", FILE_WRITE_DATA, 0, FILE_WRITE_DATA},
    {OTHERS "D:(D;;FR;;;WD)(A;;FA;;;WD)", MAX, 0, ALL & ~R},
    {OTHERS "D:(D;;FA;;;BA)(A;;FA;;;WD)", ALL, 0, ALL},
    {OTHERS "D:(D;;GW;;;S-1-22-2-27)(A;;FA;;;WD)", FILE_APPEND_DATA, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(A;;0x1;;;WD)(D;;0x3;;;WD)(A;;0x2;;;WD)", MAX, 0, 1},
    /* For children only. */
    {OTHERS "D:(A;OICIIO;FA;;;WD)", 1, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(D;OICIIO;FA;;;WD)(A;OICI;FA;;;WD)", ALL, 0, ALL},
    /* For one type of object: allows nothing, denies. */
    {OTHERS "D:(OA;;CC;00112233-4455-6677-8899-aabbccddeeff;;WD)", 1, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(OD;;CC;00112233-4455-6677-8899-aabbccddeeff;;WD)(A;;FA;;;WD)", 1, STATUS_ACCESS_DENIED, 0},
    {OTHERS "D:(OA;;CC;;;WD)", 1, 0, 1},
    {OTHERS "D:(OA;;CC;;00112233-4455-6677-8899-aabbccddeeff;WD)", 1, 0, 1},
    /* System lists need the privilege; audit entries mean nothing here. */
    {OTHERS "D:NO_ACCESS_CONTROL", ASS, STATUS_PRIVILEGE_NOT_HELD, 0},
    {OTHERS "D:(A;;FA;;;WD)S:(AU;SAFA;FA;;;WD)(ML;;NWNR;;;SI)", ALL, 0, ALL},
};

static void test_access_check(void **state)
{
    const DOKAN_ACCESS_TOKEN token = token_with(0);
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct sd_buffer bytes = {0};
        struct sd sd = from_text(checks[i].sddl, &bytes);
        ACCESS_MASK granted = 99;
        NTSTATUS status = access_check(&sd, &token, checks[i].desired, 0, &granted);
        if (status != checks[i].status || granted != checks[i].granted)
            fail_msg("%s, 0x%x: 0x%08x with 0x%x", checks[i].sddl, checks[i].desired, (unsigned)status,
                     granted);
        sd_buffer_free(&bytes);
    }
}

static void test_privileges(void **state)
{
    static const struct {
        const char *sddl;
        ULONG privileges;
        unsigned flags;
        ACCESS_MASK desired;
        NTSTATUS status;
        ACCESS_MASK granted;
    } rows[] = {
        {OTHERS "D:(D;;FA;;;WD)", DOKAN_TOKEN_SUPERUSER, 0, ALL, 0, ALL},
        {OTHERS "D:(D;;FA;;;WD)", DOKAN_TOKEN_SUPERUSER, 0, MAX, 0, ALL},
        {OTHERS "D:(D;;FA;;;WD)", DOKAN_TOKEN_SUPERUSER, 0, ASS, 0, ASS},
        {OTHERS "D:", DOKAN_TOKEN_SECURITY, 0, ASS, 0, ASS},
        {OTHERS "D:", DOKAN_TOKEN_SECURITY, 0, ASS | 1, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:", DOKAN_TOKEN_SECURITY, 0, MAX, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:", DOKAN_TOKEN_TAKE_OWNERSHIP, 0, WRITE_OWNER, 0, WRITE_OWNER},
        {OTHERS "D:", DOKAN_TOKEN_TAKE_OWNERSHIP, 0, WRITE_DAC, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:", DOKAN_TOKEN_BACKUP, ACCESS_BACKUP_INTENT, GENERIC_READ | ASS, 0, R | ASS},
        {OTHERS "D:", DOKAN_TOKEN_BACKUP, ACCESS_BACKUP_INTENT, FILE_TRAVERSE, 0, FILE_TRAVERSE},
        {OTHERS "D:", DOKAN_TOKEN_BACKUP, 0, GENERIC_READ, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:", DOKAN_TOKEN_BACKUP, ACCESS_BACKUP_INTENT, GENERIC_WRITE, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:", DOKAN_TOKEN_RESTORE, ACCESS_BACKUP_INTENT, GENERIC_WRITE | DELETE | WRITE_OWNER, 0,
         W | DELETE | WRITE_OWNER},
        {OTHERS "D:", DOKAN_TOKEN_RESTORE, ACCESS_BACKUP_INTENT, FILE_READ_DATA, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:", DOKAN_TOKEN_RESTORE, 0, DELETE, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:(A;;FA;;;AU)", DOKAN_TOKEN_ANONYMOUS, 0, 1, STATUS_ACCESS_DENIED, 0},
        {OTHERS "D:(A;;FA;;;WD)", DOKAN_TOKEN_ANONYMOUS, 0, 1, 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const DOKAN_ACCESS_TOKEN token = token_with(rows[i].privileges);
        struct sd_buffer bytes = {0};
        struct sd sd = from_text(rows[i].sddl, &bytes);
        ACCESS_MASK granted;
        NTSTATUS status = access_check(&sd, &token, rows[i].desired, rows[i].flags, &granted);
        if (status != rows[i].status || granted != rows[i].granted)
            fail_msg("row %zu: 0x%08x with 0x%x", i, (unsigned)status, granted);
        sd_buffer_free(&bytes);
    }
}

/* An entry with a condition: allows nothing, denies. An entry of unknown type says nothing. */
static void test_conditions(void **state)
{
    unsigned char bytes[] = {1, 0, 4,  0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, /* head */
                             2, 0, 48, 0,    2, 0, 0, 0,                                      /* list */
                             9, 0, 20, 0,    1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0,  0, 0, 0, /* XA 0x1 WD */
                             0, 0, 20, 0,    3, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0,  0, 0, 0 /* A 0x3 WD */};
    static const struct {
        unsigned char type;
        ACCESS_MASK granted;
    } rows[] = {{0, 3}, {1, 2}, {9, 3}, {10, 2}, {2, 3}, {4, 3}, {17, 3}, {77, 3}};
    const DOKAN_ACCESS_TOKEN token = token_with(0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sd sd;
        ACCESS_MASK granted;
        bytes[28] = rows[i].type;
        bytes[48] = 0;
        assert_true(sd_parse(bytes, sizeof bytes, &sd));
        assert_int_equal(access_check(&sd, &token, MAX, 0, &granted), 0);
        assert_int_equal(granted, rows[i].granted);
        bytes[48] = 2; /* without the plain entry only the plain allow grants */
        assert_int_equal(access_check(&sd, &token, MAX, 0, &granted) == 0, rows[i].type == 0);
    }
}

static void test_tokens(void **state)
{
    static const unsigned char bad[] = {2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    static const PSID with_bad[] = {(PSID)users, (PSID)bad};
    DOKAN_ACCESS_TOKEN token = token_with(0);
    assert_true(access_token_valid(&token));
    assert_false(access_token_valid(NULL));
    token.Groups = with_bad;
    assert_false(access_token_valid(&token));
    token.Groups = NULL;
    assert_false(access_token_valid(&token));
    token.GroupCount = 0;
    assert_true(access_token_valid(&token));
    token.PrimaryGroup = (PSID)bad;
    assert_false(access_token_valid(&token));
    token.PrimaryGroup = NULL;
    assert_true(access_token_valid(&token));
    token.User = NULL;
    assert_false(access_token_valid(&token));
    token.User = (PSID)me;
    token.Size--;
    assert_false(access_token_valid(&token));
}

static void test_rights_for_parts(void **state)
{
    static const struct {
        SECURITY_INFORMATION what;
        ACCESS_MASK query, set;
    } rows[] = {
        {0, 0, 0},
        {OWNER_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
        {GROUP_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
        {DACL_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
        {SACL_SECURITY_INFORMATION, ASS, ASS},
        {LABEL_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
        {ATTRIBUTE_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
        {SCOPE_SECURITY_INFORMATION, READ_CONTROL, ASS},
        {BACKUP_SECURITY_INFORMATION, READ_CONTROL | ASS, WRITE_DAC | WRITE_OWNER | ASS},
        {7, READ_CONTROL, WRITE_OWNER | WRITE_DAC},
        {PROTECTED_DACL_SECURITY_INFORMATION, 0, WRITE_DAC},
        {UNPROTECTED_SACL_SECURITY_INFORMATION, 0, ASS},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(access_to_query(rows[i].what), rows[i].query);
        assert_int_equal(access_to_set(rows[i].what), rows[i].set);
    }
}

/* ---- inheritance --------------------------------------------------------------------------------------- */

#define ME   "S-1-22-1-1000"
#define US   "S-1-22-2-100"
#define OURS "O:" ME "G:" US

static const struct heir {
    const char *parent, *creator; /* NULL: none */
    bool directory;
    const char *expected;
} heirs[] = {
    /* Neither parent nor creator. */
    {NULL, NULL, false, OURS "D:(A;;FA;;;" ME ")(A;;FA;;;SY)"},
    {"O:SYG:SYD:(A;;FA;;;WD)", NULL, false, OURS "D:(A;;FA;;;" ME ")(A;;FA;;;SY)"},
    {"O:SYG:SY", NULL, true, OURS "D:(A;;FA;;;" ME ")(A;;FA;;;SY)"},
    {"O:SYG:SYD:NO_ACCESS_CONTROL", NULL, true, OURS "D:(A;;FA;;;" ME ")(A;;FA;;;SY)"},
    /* Flags of an entry above, a file and a directory below. */
    {"D:(A;OI;FA;;;WD)", NULL, false, OURS "D:AI(A;ID;FA;;;WD)"},
    {"D:(A;OI;FA;;;WD)", NULL, true, OURS "D:AI(A;OIIOID;FA;;;WD)"},
    {"D:(A;CI;FA;;;WD)", NULL, true, OURS "D:AI(A;CIID;FA;;;WD)"},
    {"D:(A;CI;FA;;;WD)", NULL, false, OURS "D:(A;;FA;;;" ME ")(A;;FA;;;SY)"},
    {"D:(A;OICI;FA;;;WD)", NULL, false, OURS "D:AI(A;ID;FA;;;WD)"},
    {"D:(A;OICI;FA;;;WD)", NULL, true, OURS "D:AI(A;OICIID;FA;;;WD)"},
    {"D:(A;OICINP;FA;;;WD)", NULL, false, OURS "D:AI(A;ID;FA;;;WD)"},
    {"D:(A;OICINP;FA;;;WD)", NULL, true, OURS "D:AI(A;ID;FA;;;WD)"},
    {"D:(A;OINP;FA;;;WD)(A;CI;FR;;;AU)", NULL, true, OURS "D:AI(A;CIID;FR;;;AU)"},
    {"D:(A;OICIIO;FA;;;WD)", NULL, false, OURS "D:AI(A;ID;FA;;;WD)"},
    {"D:(A;OICIIO;FA;;;WD)", NULL, true, OURS "D:AI(A;OICIID;FA;;;WD)"},
    {"D:(A;CIIO;FA;;;WD)", NULL, true, OURS "D:AI(A;CIID;FA;;;WD)"},
    {"D:(A;;FA;;;AN)(D;OICIID;FR;;;WD)(A;OI;FW;;;SY)", NULL, false, OURS "D:AI(D;ID;FR;;;WD)(A;ID;FW;;;SY)"},
    /* Names and rights that are filled in. */
    {"D:(A;OICIIO;FA;;;CO)", NULL, false, OURS "D:AI(A;ID;FA;;;" ME ")"},
    {"D:(A;OICIIO;FA;;;CG)", NULL, false, OURS "D:AI(A;ID;FA;;;" US ")"},
    {"D:(A;OICIIO;FA;;;CO)", NULL, true, OURS "D:AI(A;ID;FA;;;" ME ")(A;OICIIOID;FA;;;CO)"},
    {"D:(A;OICI;GR;;;WD)", NULL, false, OURS "D:AI(A;ID;FR;;;WD)"},
    {"D:(A;OICI;GR;;;WD)", NULL, true, OURS "D:AI(A;ID;FR;;;WD)(A;OICIIOID;GR;;;WD)"},
    {"D:(A;CINP;GA;;;CO)", NULL, true, OURS "D:AI(A;ID;FA;;;" ME ")"},
    {"D:(A;OI;GA;;;CO)", NULL, true, OURS "D:AI(A;OIIOID;GA;;;CO)"},
    {"D:(A;OI;FA;;;OW)", NULL, false, OURS "D:AI(A;ID;FA;;;OW)"},
    /* What the creator gives. */
    {NULL, "D:(A;;GA;;;WD)", false, OURS "D:(A;;FA;;;WD)"},
    {NULL, "O:BAG:BUD:(A;;GRGW;;;CO)(A;;GX;;;CG)", false, "O:BAG:BUD:(A;;0x12019f;;;BA)(A;;FX;;;BU)"},
    {NULL, "D:(A;OICI;GA;;;WD)", true, OURS "D:(A;;FA;;;WD)(A;OICIIO;GA;;;WD)"},
    {NULL, "D:(A;OICI;FA;;;WD)", true, OURS "D:(A;OICI;FA;;;WD)"},
    {NULL, "D:(A;OICIIO;GA;;;CO)", true, OURS "D:(A;OICIIO;GA;;;CO)"},
    {NULL, "D:", true, OURS "D:"},
    {NULL, "D:P", true, OURS "D:P"},
    {"D:(A;OICI;FA;;;WD)", "D:NO_ACCESS_CONTROL", true, OURS "D:NO_ACCESS_CONTROL"},
    {"D:(A;OICI;FA;;;WD)", "O:BA", false, "O:BAG:" US "D:AI(A;ID;FA;;;WD)"},
    {"D:(A;OICI;FA;;;CO)", "O:BAG:SY", false, "O:BAG:SYD:AI(A;ID;FA;;;BA)"},
    /* Both. */
    {"D:(A;OICI;FA;;;WD)", "D:(A;;FR;;;AU)", false, OURS "D:AI(A;;FR;;;AU)(A;ID;FA;;;WD)"},
    {"D:(A;OICI;FA;;;WD)", "D:P(A;;FR;;;AU)", false, OURS "D:P(A;;FR;;;AU)"},
    {"D:(A;OICI;FA;;;WD)", "D:(A;;FR;;;AU)(A;ID;FW;;;SY)", false, OURS "D:AI(A;;FR;;;AU)(A;ID;FA;;;WD)"},
    {"D:(A;OICI;FA;;;WD)", "D:P(A;ID;FW;;;SY)", false, OURS "D:P(A;ID;FW;;;SY)"},
    {"D:(A;;FA;;;WD)", "D:", false, OURS "D:AI"},
    /* System lists go the same way; labels keep their own rights. */
    {"D:(A;OI;FA;;;WD)S:(AU;OISA;GW;;;WD)(ML;OI;NW;;;HI)(AU;FA;FA;;;WD)", NULL, false,
     OURS "D:AI(A;ID;FA;;;WD)S:AI(AU;IDSA;FW;;;WD)(ML;ID;NW;;;HI)"},
    {"D:(A;OI;FA;;;WD)S:(AU;FA;FA;;;WD)", NULL, false, OURS "D:AI(A;ID;FA;;;WD)"},
    {"D:(A;OI;FA;;;WD)S:(AU;OIFA;FA;;;WD)", "S:P(AU;SA;FA;;;SY)", false,
     OURS "D:AI(A;ID;FA;;;WD)S:P(AU;SA;FA;;;SY)"},
};

static void check_text(const struct sd *sd, const char *expected, size_t row)
{
    struct sd_buffer text = {0};
    assert_int_equal(sddl_write(sd, BACKUP_SECURITY_INFORMATION, &text), 0);
    sd_put(&text, "", 1);
    if (strcmp((const char *)text.at, expected) != 0)
        fail_msg("row %zu: %s, not %s", row, (const char *)text.at, expected);
    sd_buffer_free(&text);
}

static void test_inheritance(void **state)
{
    const DOKAN_ACCESS_TOKEN token = token_with(0);
    for (size_t i = 0; i < COUNT_OF(heirs); i++) {
        const struct heir *row = &heirs[i];
        struct sd_buffer above = {0}, given = {0};
        struct sd_store store = {0};
        struct sd parent, creator, out;
        if (row->parent)
            parent = from_text(row->parent, &above);
        if (row->creator)
            creator = from_text(row->creator, &given);
        const struct inherit_args args = {.parent = row->parent ? &parent : NULL,
                                          .creator = row->creator ? &creator : NULL,
                                          .token = &token,
                                          .directory = row->directory};
        assert_int_equal(inherit(&args, &store, &out), 0);
        check_text(&out, row->expected, i);
        unsigned char *bytes = malloc(sd_size(&out));
        struct sd again;
        sd_write(&out, bytes);
        assert_true(sd_parse(bytes, sd_size(&out), &again));
        free(bytes);
        sd_store_free(&store);
        sd_buffer_free(&above);
        sd_buffer_free(&given);
    }
}

/* A default of the creator's counts only where nothing is inherited. */
static void test_defaulted_list(void **state)
{
    const DOKAN_ACCESS_TOKEN token = token_with(0);
    struct sd_buffer above = {0}, given = {0};
    struct sd_store store = {0};
    struct sd out, parent = from_text("D:(A;OI;FA;;;WD)", &above),
                   creator = from_text("D:(A;;GR;;;SY)", &given);
    creator.control |= SE_DACL_DEFAULTED;
    struct inherit_args args = {.parent = &parent, .creator = &creator, .token = &token};
    assert_int_equal(inherit(&args, &store, &out), 0);
    check_text(&out, OURS "D:AI(A;ID;FA;;;WD)", 0);
    args.directory = true;
    args.parent = NULL;
    assert_int_equal(inherit(&args, &store, &out), 0);
    check_text(&out, OURS "D:(A;;FR;;;SY)", 1);
    sd_store_free(&store);
    sd_buffer_free(&above);
    sd_buffer_free(&given);
}

static void test_creators_limits(void **state)
{
    static const struct {
        const char *creator;
        ULONG privileges;
        NTSTATUS status;
    } rows[] = {
        {"O:" ME, 0, 0},
        {"O:BA", 0, STATUS_INVALID_OWNER},
        {"O:BA", DOKAN_TOKEN_RESTORE, 0},
        {"O:BA", DOKAN_TOKEN_SUPERUSER, 0},
        {"G:BA", 0, 0},
        {"S:(AU;SA;FA;;;WD)", 0, STATUS_PRIVILEGE_NOT_HELD},
        {"S:(AU;SA;FA;;;WD)", DOKAN_TOKEN_SECURITY, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const DOKAN_ACCESS_TOKEN token = token_with(rows[i].privileges);
        struct sd_buffer given = {0};
        struct sd_store store = {0};
        struct sd out, creator = from_text(rows[i].creator, &given);
        struct inherit_args args = {.creator = &creator, .token = &token, .checked = true};
        assert_int_equal((uint32_t)inherit(&args, &store, &out), (uint32_t)rows[i].status);
        args.checked = false;
        assert_int_equal(inherit(&args, &store, &out), 0);
        sd_store_free(&store);
        sd_buffer_free(&given);
    }
}

/* A list that doubles past 64 KiB, and a creator without a group. */
static void test_too_long_and_no_group(void **state)
{
    enum { ENTRIES = 3000 };
    DOKAN_ACCESS_TOKEN token = token_with(0);
    char *text = malloc(ENTRIES * 16 + 8);
    size_t used = 2;
    memcpy(text, "D:", 3);
    for (int i = 0; i < ENTRIES; i++, used += 16)
        memcpy(text + used, "(A;OICI;GA;;;WD)", 17);
    struct sd_buffer bytes = {0};
    struct sd_store store = {0};
    struct sd out, parent = from_text(text, &bytes);
    struct inherit_args args = {.parent = &parent, .token = &token, .directory = true};
    assert_int_equal((uint32_t)inherit(&args, &store, &out), (uint32_t)STATUS_INVALID_ACL);
    args.directory = false;
    assert_int_equal(inherit(&args, &store, &out), 0);
    token.PrimaryGroup = NULL;
    args.parent = NULL;
    assert_int_equal(inherit(&args, &store, &out), 0);
    check_text(&out, "O:" ME "G:" ME "D:(A;;FA;;;" ME ")(A;;FA;;;SY)", 0);
    sd_store_free(&store);
    sd_buffer_free(&bytes);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_access_check),
        cmocka_unit_test(test_privileges),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_rights_for_parts),
        cmocka_unit_test(test_inheritance),
        cmocka_unit_test(test_defaulted_list),
        cmocka_unit_test(test_creators_limits),
        cmocka_unit_test(test_too_long_and_no_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
