// SPDX-License-Identifier: MIT
/*
 * Names: case, characters, lengths.
 */
#include "check/nt_i.h"

#include <stdlib.h>
#include <string.h>

static bool is_insensitive(struct probe *p)
{
    make_closed(p, u"Case", "x");
    NTSTATUS status = open_status(p, u"cASE");
    return NT_SUCCESS(status);
}

static void case_rule(struct probe *p)
{
    struct file *file = NULL;
    const struct opening how = {.name = u"CASE", .share = SHARE_ALL, .disposition = FILE_CREATE};
    bool same = is_insensitive(p);
    must(p, nt_open(p, &how, &file), same ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS,
         "making a file and opening it follow the same rule of case");
    close_file(p, file);
    struct listing *l = listing_of(p, u"", NULL);
    if (l)
        must_be(p, listing_has(l, u"Case") && listing_has(l, u"CASE") == !same,
                same ? "the entry Case alone" : "the entries Case and CASE", "others",
                "listing and opening follow the same rule of case");
    free(l);
    probe_note(p, same ? "case-insensitive" : "case-sensitive");
}

static void case_kept(struct probe *p)
{
    make_closed(p, u"MixedCase.Txt", "x");
    struct listing *l = listing_of(p, u"", NULL);
    struct nt_place *place = p->world;
    if (l && !listing_has(l, u"MixedCase.Txt") && !(place->world->flags & FILE_CASE_PRESERVED_NAMES))
        probe_not_offered(p, "names do not keep their case");
    if (l)
        must_be(p, listing_has(l, u"MixedCase.Txt"), "the entry MixedCase.Txt", "another spelling",
                "names keep the case in which they were made");
    free(l);
}

/* Made, listed with the same units, opened. */
static void whole_life(struct probe *p, const WCHAR *name, const char *rule)
{
    struct file *file = NULL;
    const struct opening how = {.name = name, .share = SHARE_ALL, .disposition = FILE_CREATE};
    must(p, nt_open(p, &how, &file), STATUS_SUCCESS, rule);
    close_file(p, file);
    must_exist(p, name, true, rule);
    struct listing *l = listing_of(p, u"", NULL);
    if (l)
        must_be(p, listing_has(l, name), "the name as it was made", "another, or none", rule);
    free(l);
    if ((file = open_file(p, name)))
        made(p, set_deletion(p, file, true));
    close_file(p, file);
}

static void ordinary_characters(struct probe *p)
{
    static const WCHAR *const names[] = {
        u"with blank",    u".dot", u"a.b.c",   u"plus+comma,semi;eq=", u"[brackets](round)",
        u"per%cent#hash", u"it's", u"tilde~1", u"{curly}^caret`tick",  u"@at&and!"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        whole_life(p, names[i], "every character that Windows allows is allowed in names");
}

static void unicode(struct probe *p)
{
    static const WCHAR *const names[] = {u"\u00e4\u00f6\u00fc\u00df",
                                         u"\u0416\u0443\u043a",
                                         u"\u65e5\u672c\u8a9e",
                                         u"\U0001f4be",
                                         u"e\u0301",
                                         u"\u05d0\u05d1"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        whole_life(p, names[i], "names are Unicode, and are kept as they are");
}

static void long_names(struct probe *p)
{
    struct nt_place *place = p->world;
    WCHAR name[258] = {0};
    size_t most = (size_t)place->world->name_units;
    struct file *file = NULL;
    const struct opening how = {.name = name, .share = SHARE_ALL, .disposition = FILE_CREATE};
    for (size_t i = 0; i < most; i++)
        name[i] = (WCHAR)(u'a' + i % 26);
    whole_life(p, name, "names may be as long as the volume says");
    for (size_t i = 0; i < 256; i++)
        name[i] = u'x';
    must_fail(p, nt_open(p, &how, &file), "a name of 256 units is too long, and is not cut");
    probe_note(p, "up to %zu units", most);
}

static void forbidden_characters(struct probe *p)
{
    static const WCHAR *const names[] = {u"a*b", u"a?b", u"a<b", u"a>b", u"a|b", u"a\"b"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct file *file = NULL;
        const struct opening how = {.name = names[i], .share = SHARE_ALL, .disposition = FILE_CREATE};
        NTSTATUS status = nt_open(p, &how, &file);
        close_file(p, file);
        if (NT_SUCCESS(status)) /* Linux' rule; a volume may have it */
            must_exist(p, names[i], true, "a name that can be made can be opened");
        else
            must(p, status, STATUS_OBJECT_NAME_INVALID, "characters of patterns are refused in names");
    }
}

static void many_parts(struct probe *p)
{
    WCHAR path[256] = {0};
    for (int i = 0; i < 16; i++) {
        wide_append(path, COUNT_OF(path), i ? u"\\level" : u"level");
        close_file(p, make_folder(p, path));
    }
    wide_append(path, COUNT_OF(path), u"\\file");
    make_closed(p, path, "deep");
    struct file *deep = open_file(p, path);
    must_hold(p, deep, "deep", "a path may have many parts");
    close_file(p, deep);
}

static const struct check checks[] = {
    {"names", "case", WRITES, case_rule},
    {"names", "case-kept", WRITES, case_kept},
    {"names", "characters", WRITES, ordinary_characters},
    {"names", "unicode", WRITES, unicode},
    {"names", "length", WRITES, long_names},
    {"names", "forbidden", WRITES, forbidden_characters},
    {"names", "deep", WRITES, many_parts},
};
const struct check_table nt_names = {checks, COUNT_OF(checks)};
