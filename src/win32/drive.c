// SPDX-License-Identifier: MIT
/*
 * Drives: volumes by letter, each with a current directory, one of them current. And who asks, per thread.
 * Lock: `lock` guards the table, held over no call.
 */
#include "win32.h"

enum { LETTERS = 26 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct drive {
    DOKAN_HANDLE volume;
    WCHAR *directory; /* NULL: the root */
} drives[LETTERS];
static WCHAR current; /* 0: none */

static _Thread_local struct {
    bool set;
    ULONG user, group;
} identity;

/* Lock held; NULL for no letter. */
static struct drive *drive_of(WCHAR letter)
{
    if (letter >= u'a' && letter <= u'z')
        letter = (WCHAR)(letter - u'a' + u'A');
    return letter >= u'A' && letter <= u'Z' ? &drives[letter - u'A'] : NULL;
}

static WCHAR letter_of(const struct drive *drive)
{
    return (WCHAR)(u'A' + (drive - drives));
}

static DWORD attach(DOKAN_HANDLE volume, WCHAR letter)
{
    LOCK_SCOPE(&lock);
    struct drive *drive = drive_of(letter);
    if (!drive || !volume)
        return ERROR_INVALID_PARAMETER;
    if (drive->volume)
        return ERROR_ALREADY_EXISTS;
    drive->volume = volume;
    if (!current)
        current = letter_of(drive);
    return ERROR_SUCCESS;
}

BOOL DOKANAPI DokanWinAttach(DOKAN_HANDLE Volume, WCHAR Letter)
{
    DWORD error = attach(Volume, Letter);
    return error ? fail(error) : TRUE;
}

static WCHAR first_letter(void)
{
    for (const struct drive *drive = drives; drive < drives + LETTERS; drive++)
        if (drive->volume)
            return letter_of(drive);
    return 0;
}

static bool detach(WCHAR letter)
{
    LOCK_SCOPE(&lock);
    struct drive *drive = drive_of(letter);
    if (!drive || !drive->volume)
        return false;
    free(drive->directory);
    *drive = (struct drive){0};
    if (current == letter_of(drive))
        current = first_letter();
    return true;
}

BOOL DOKANAPI DokanWinDetach(WCHAR Letter)
{
    return detach(Letter) || fail(ERROR_PATH_NOT_FOUND);
}

DOKAN_HANDLE drive_volume(WCHAR letter)
{
    LOCK_SCOPE(&lock);
    const struct drive *drive = drive_of(letter);
    return drive ? drive->volume : NULL;
}

WCHAR drive_letter(DOKAN_HANDLE volume)
{
    LOCK_SCOPE(&lock);
    for (const struct drive *drive = drives; drive < drives + LETTERS; drive++)
        if (drive->volume && drive->volume == volume)
            return letter_of(drive);
    return 0;
}

WCHAR drive_current(void)
{
    LOCK_SCOPE(&lock);
    return current;
}

WCHAR *drive_directory(WCHAR letter)
{
    LOCK_SCOPE(&lock);
    const struct drive *drive = drive_of(letter);
    const WCHAR *text = drive && drive->directory ? drive->directory : u"\\";
    size_t size = (units_of(text) + 1) * sizeof(WCHAR);
    WCHAR *copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

bool drive_set_directory(WCHAR letter, WCHAR *directory)
{
    LOCK_SCOPE(&lock);
    struct drive *drive = drive_of(letter);
    if (!drive || !drive->volume) {
        free(directory);
        return false;
    }
    free(drive->directory);
    drive->directory = directory;
    current = letter_of(drive);
    return true;
}

/* ---- who asks -------------------------------------------------------------------------------------------
 */

VOID DOKANAPI DokanWinImpersonate(ULONG UserId, ULONG GroupId)
{
    identity.set = true;
    identity.user = UserId;
    identity.group = GroupId;
}

BOOL DOKANAPI DokanWinRevertToSelf(void)
{
    identity.set = false;
    return TRUE;
}

DOKAN_NT_REQUEST request(DOKAN_HANDLE volume, DOKAN_NT_FILE file, ULONG operation)
{
    DOKAN_NT_REQUEST rq = DokanNtRequest(volume, operation);
    rq.File = file;
    if (identity.set) {
        rq.UserId = identity.user;
        rq.GroupId = identity.group;
    }
    return rq;
}
