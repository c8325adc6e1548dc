// SPDX-License-Identifier: MIT
/*
 * Names of Win32: which volume, which path on it. As RtlDosPathNameToNtPathName: `\\?\` is taken literally,
 * everything else is made absolute by the current directory of its drive and normalised. No state, no locks.
 */
#include "win32.h"

struct builder {
    WCHAR *text; /* room for what was given, the base and a terminator */
    size_t len;
};

size_t units_of(const WCHAR *text)
{
    return DokanWcslenInline(text);
}

static bool is_slash(WCHAR c)
{
    return c == u'\\' || c == u'/';
}

static bool is_letter(WCHAR c)
{
    return (c >= u'A' && c <= u'Z') || (c >= u'a' && c <= u'z');
}

static bool starts_drive(const WCHAR *text)
{
    return is_letter(text[0]) && text[1] == u':';
}

/* ---- normalising ----------------------------------------------------------------------------------------
 */

static void drop_last(struct builder *b)
{
    while (b->len && b->text[--b->len] != u'\\') {
    }
}

/* One part: a single dot behind it goes, behind the last one all dots and blanks. */
static void add_part(struct builder *b, const WCHAR *part, size_t len, bool last)
{
    if (len == 1 && part[0] == u'.')
        return;
    if (len == 2 && part[0] == u'.' && part[1] == u'.') {
        drop_last(b);
        return;
    }
    if (last)
        while (len && (part[len - 1] == u'.' || part[len - 1] == u' '))
            len--;
    else if (len > 1 && part[len - 1] == u'.' && part[len - 2] != u'.')
        len--;
    if (!len)
        return;
    b->text[b->len++] = u'\\';
    memcpy(b->text + b->len, part, len * sizeof(WCHAR));
    b->len += len;
}

static void add_parts(struct builder *b, const WCHAR *at)
{
    while (*at) {
        const WCHAR *end = at;
        while (*end && !is_slash(*end))
            end++;
        if (end > at)
            add_part(b, at, (size_t)(end - at), *end == 0);
        at = *end ? end + 1 : end;
    }
}

static void finish(struct builder *b, bool slash)
{
    if (!b->len || (slash && b->text[b->len - 1] != u'\\'))
        b->text[b->len++] = u'\\';
    b->text[b->len] = 0;
}

/* ---- forms ----------------------------------------------------------------------------------------------
 */

enum form { FORM_DOS, FORM_LITERAL, FORM_DEVICE, FORM_NETWORK };

static enum form form_of(const WCHAR *given)
{
    if (!is_slash(given[0]) || !is_slash(given[1]))
        return FORM_DOS;
    if (given[2] == u'?' && given[3] == u'\\' && given[0] == u'\\' && given[1] == u'\\')
        return FORM_LITERAL;
    return (given[2] == u'.' || given[2] == u'?') && is_slash(given[3]) ? FORM_DEVICE : FORM_NETWORK;
}

static bool ends_with_slash(const WCHAR *text)
{
    size_t len = units_of(text);
    return len && is_slash(text[len - 1]);
}

/* `rest` is relative to the current directory of the drive, unless it begins with a slash. */
static WCHAR *absolute(WCHAR letter, const WCHAR *rest)
{
    SCOPED_FREE WCHAR *base = is_slash(rest[0]) ? NULL : drive_directory(letter);
    size_t room = units_of(rest) + (base ? units_of(base) : 0) + 4;
    struct builder b = {.text = malloc(room * sizeof(WCHAR))};
    if (!b.text || (!base && !is_slash(rest[0]))) {
        free(b.text);
        fail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (base)
        add_parts(&b, base);
    add_parts(&b, rest);
    finish(&b, ends_with_slash(rest));
    return b.text;
}

static WCHAR *copy_of(const WCHAR *text)
{
    size_t size = (units_of(text) + 1) * sizeof(WCHAR);
    WCHAR *copy = text ? malloc(size) : NULL;
    if (!copy)
        fail(ERROR_NOT_ENOUGH_MEMORY);
    return copy ? memcpy(copy, text, size) : NULL;
}

/* The path on the drive, `\a\b` or with a backslash at its end; empty for a volume. NULL with the last error.
 */
static WCHAR *split(const WCHAR *given, WCHAR *letter)
{
    enum { PREFIX = 4 };
    enum form form = form_of(given);
    const WCHAR *rest = form == FORM_DOS ? given : given + PREFIX;
    bool drive = form != FORM_NETWORK && starts_drive(rest);
    if (form == FORM_NETWORK || (form != FORM_DOS && !drive)) {
        fail(form == FORM_NETWORK ? ERROR_BAD_NETPATH : ERROR_PATH_NOT_FOUND);
        return NULL;
    }
    *letter = drive ? rest[0] : drive_current();
    rest += drive ? 2 : 0;
    if (form == FORM_DOS)
        return absolute(*letter, rest);
    if (*rest && (form == FORM_LITERAL ? *rest != u'\\' : !is_slash(*rest))) {
        fail(ERROR_PATH_NOT_FOUND);
        return NULL;
    }
    return form == FORM_LITERAL || !*rest ? copy_of(rest) : absolute(*letter, rest);
}

WCHAR *full_name(LPCWSTR given, size_t *units)
{
    WCHAR letter;
    SCOPED_FREE WCHAR *path = given && *given ? split(given, &letter) : NULL;
    if (!path) {
        if (!given || !*given)
            fail(ERROR_INVALID_NAME);
        return NULL;
    }
    if (form_of(given) == FORM_DEVICE || form_of(given) == FORM_LITERAL) {
        *units = units_of(given);
        return copy_of(given);
    }
    *units = units_of(path) + 2;
    WCHAR *whole = malloc((*units + 1) * sizeof(WCHAR));
    if (!whole) {
        fail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    whole[0] = letter ? letter : u'?';
    whole[1] = u':';
    memcpy(whole + 2, path, (*units - 1) * sizeof(WCHAR));
    return whole;
}

/* ---- names for the door -----------------------------------------------------------------------------------
 */

void name_free(struct name *name)
{
    free(name->text);
    name->text = NULL;
}

static WCHAR *behind_last_backslash(WCHAR *text)
{
    WCHAR *last = DokanWcsrchr(text, u'\\');
    return last ? last + 1 : text;
}

bool name_read(LPCWSTR given, struct name *name)
{
    *name = (struct name){0};
    if (!given || !*given)
        return fail(ERROR_PATH_NOT_FOUND);
    name->text = split(given, &name->letter);
    if (!name->text)
        return false;
    size_t len = units_of(name->text);
    name->volume = drive_volume(name->letter);
    if (!name->volume || len > PATH_UNITS) {
        name_free(name);
        return fail(len > PATH_UNITS ? ERROR_FILENAME_EXCED_RANGE : ERROR_PATH_NOT_FOUND);
    }
    name->slash = len > 1 && name->text[len - 1] == u'\\';
    if (name->slash)
        name->text[len - 1] = 0;
    name->leaf = behind_last_backslash(name->text);
    return true;
}

DWORD give_text(const WCHAR *text, size_t units, LPWSTR room, DWORD room_units)
{
    if (units >= room_units || !room)
        return (DWORD)units + 1;
    memcpy(room, text, units * sizeof(WCHAR));
    room[units] = 0;
    return (DWORD)units;
}

DWORD DOKANAPI DokanWinGetFullPathNameW(LPCWSTR FileName, DWORD Units, LPWSTR Buffer, LPWSTR *FilePart)
{
    size_t units;
    SCOPED_FREE WCHAR *whole = full_name(FileName, &units);
    if (!whole)
        return 0;
    DWORD given = give_text(whole, units, Buffer, Units);
    if (FilePart)
        *FilePart = NULL;
    if (given < Units && Buffer && FilePart) {
        WCHAR *leaf = behind_last_backslash(Buffer);
        *FilePart = *leaf ? leaf : NULL;
    }
    return given;
}

/* ---- the current directory --------------------------------------------------------------------------------
 */

BOOL DOKANAPI DokanWinSetCurrentDirectoryW(LPCWSTR PathName)
{
    SCOPED_NAME struct name name;
    SCOPED_NT_FILE dir = NULL;
    if (!name_read(PathName, &name))
        return FALSE;
    const struct opening how = {.access = FILE_TRAVERSE | SYNCHRONIZE,
                                .share = ALL_SHARED,
                                .disposition = FILE_OPEN,
                                .options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT};
    NTSTATUS status = open_name(&name, &how, &dir, NULL);
    if (status)
        return done(status);
    WCHAR *copy = copy_of(name.text);
    if (!copy)
        return FALSE;
    return drive_set_directory(name.letter, copy) || fail(ERROR_PATH_NOT_FOUND);
}

DWORD DOKANAPI DokanWinGetCurrentDirectoryW(DWORD Units, LPWSTR Buffer)
{
    size_t units;
    SCOPED_FREE WCHAR *whole = full_name(u".", &units);
    return whole ? give_text(whole, units, Buffer, Units) : 0;
}
