// SPDX-License-Identifier: MIT
/*
 * Listings: entries of a directory, streams of a file. A struct find has read one buffer ahead; `lock` guards
 * it, and is held while the door is asked for the next one, so that several threads may share a handle.
 */
#include "win32.h"

enum { BUFFER = 8192 };

struct find {
    struct object o;
    DOKAN_NT_FILE dir;
    pthread_mutex_t lock;
    ULONG at, filled; /* in the buffer; at == filled: none left */
    _Alignas(8) BYTE buffer[BUFFER];
};

static void destroy(struct object *o)
{
    struct find *find = (struct find *)o;
    DokanNtClose(find->dir);
    pthread_mutex_destroy(&find->lock);
    free(find);
}

/* ---- patterns
 * ------------------------------------------------------------------------------------------------------ */

static bool is_wild(WCHAR c)
{
    return c == u'*' || c == u'?' || c == u'<' || c == u'>' || c == u'"';
}

/* DOS wildcards as the system knows them: `?` and dots before a wildcard match nothing as well. */
static void to_nt_pattern(WCHAR *pattern)
{
    if (DokanWcscmp(pattern, u"*.*") == 0)
        pattern[1] = 0;
    for (WCHAR *c = pattern; *c; c++) {
        if (*c == u'?')
            *c = u'>';
        else if (*c == u'.' && is_wild(c[1]))
            *c = u'"';
        else if (*c == u'*' && c[1] == u'.')
            *c = u'<';
    }
}

/* Normalising has eaten a dot at the end, which means "without extension" behind a wildcard. */
static bool ends_in_star_dot(const WCHAR *given)
{
    size_t len = units_of(given);
    return len > 1 && given[len - 1] == u'.' && given[len - 2] == u'*';
}

/* ---- entries
 * -------------------------------------------------------------------------------------------------------- */

static NTSTATUS fill(struct find *find, const WCHAR *pattern)
{
    DOKAN_NT_REQUEST rq = request(NULL, find->dir, DOKAN_NT_QUERY_DIRECTORY);
    rq.Class = FileBothDirectoryInformation;
    rq.Pattern = pattern;
    rq.Buffer = find->buffer;
    rq.Length = BUFFER;
    NTSTATUS status = DokanNtCall(&rq);
    find->at = 0;
    find->filled = NT_SUCCESS(status) ? (ULONG)rq.Information : 0;
    return status;
}

static FILETIME filetime(LARGE_INTEGER time)
{
    return (FILETIME){.dwLowDateTime = time.LowPart, .dwHighDateTime = (DWORD)time.HighPart};
}

static void take_entry(struct find *find, LPWIN32_FIND_DATAW out)
{
    const FILE_BOTH_DIR_INFORMATION *entry = (const void *)(find->buffer + find->at);
    bool link = entry->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT;
    size_t units = entry->FileNameLength / sizeof(WCHAR);
    *out = (WIN32_FIND_DATAW){
        .dwFileAttributes = entry->FileAttributes,
        .ftCreationTime = filetime(entry->CreationTime),
        .ftLastAccessTime = filetime(entry->LastAccessTime),
        .ftLastWriteTime = filetime(entry->LastWriteTime),
        .nFileSizeHigh = (DWORD)entry->EndOfFile.HighPart,
        .nFileSizeLow = entry->EndOfFile.LowPart,
        .dwReserved0 = link ? entry->EaSize : 0,
    };
    memcpy(out->cFileName, entry->FileName, (units < MAX_PATH ? units : MAX_PATH - 1) * sizeof(WCHAR));
    memcpy(out->cAlternateFileName, entry->ShortName, (size_t)entry->ShortNameLength);
    find->at = entry->NextEntryOffset ? find->at + entry->NextEntryOffset : find->filled;
}

static struct find *find_new(DOKAN_NT_FILE dir)
{
    struct find *find = calloc(1, sizeof *find);
    if (!find) {
        DokanNtClose(dir);
        fail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    find->o = (struct object){.kind = KIND_FIND, .destroy = destroy};
    atomic_init(&find->o.refs, 1);
    find->dir = dir;
    pthread_mutex_init(&find->lock, NULL);
    return find;
}

/* Opens what lies before the last backslash, and makes a pattern of what lies behind it. */
static NTSTATUS open_directory(struct name *name, LPCWSTR given, WCHAR **pattern, DOKAN_NT_FILE *dir)
{
    *pattern = name->leaf;
    to_nt_pattern(*pattern);
    size_t units = units_of(*pattern);
    if (units && ends_in_star_dot(given) && (*pattern)[units - 1] == u'*')
        (*pattern)[units - 1] = u'<';
    bool root = name->leaf == name->text + 1;
    name->leaf[-1] = 0;
    struct name parent = {.volume = name->volume, .text = root ? (WCHAR[]){u'\\', 0} : name->text};
    NTSTATUS status = open_for(&parent, FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, dir);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : status;
}

HANDLE DOKANAPI DokanWinFindFirstFileW(LPCWSTR FileName, LPWIN32_FIND_DATAW FindData)
{
    SCOPED_NAME struct name name = {0};
    WCHAR *pattern;
    DOKAN_NT_FILE dir;
    if (!name_read(FileName, &name))
        return INVALID_HANDLE_VALUE;
    if (name.slash || !*name.leaf) {
        fail(ERROR_FILE_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    NTSTATUS status = open_directory(&name, FileName, &pattern, &dir);
    struct find *find = status ? NULL : find_new(dir);
    if (!find) {
        if (status)
            done(status);
        return INVALID_HANDLE_VALUE;
    }
    status = fill(find, pattern);
    if (status) {
        object_put(&find->o);
        done(status == STATUS_NO_MORE_FILES ? STATUS_NO_SUCH_FILE : status);
        return INVALID_HANDLE_VALUE;
    }
    take_entry(find, FindData);
    HANDLE handle = handle_open(&find->o);
    return handle ? handle : INVALID_HANDLE_VALUE;
}

BOOL DOKANAPI DokanWinFindNextFileW(HANDLE FindFile, LPWIN32_FIND_DATAW FindData)
{
    SCOPED_OBJECT *o = handle_get(FindFile, KIND_FIND);
    if (!o)
        return FALSE;
    struct find *find = (struct find *)o;
    LOCK_SCOPE(&find->lock);
    NTSTATUS status = find->at < find->filled ? STATUS_SUCCESS : fill(find, NULL);
    if (!status)
        take_entry(find, FindData);
    return done(status);
}
