// SPDX-License-Identifier: MIT
/*
 * memfs through its callbacks, as the engine calls them: names, dispositions, deleting, renaming, streams,
 * listing.
 */
#include "memfs_testing.h"

/* ---- create and open --------------------------------------------------------------------------------- */

static void test_dispositions(void **state)
{
    static const struct {
        ULONG disposition;
        NTSTATUS missing, file, directory;
    } rows[] = {
        {FILE_SUPERSEDE, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_IS_A_DIRECTORY},
        {FILE_OPEN, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, STATUS_SUCCESS},
        {FILE_CREATE, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_COLLISION},
        {FILE_OPEN_IF, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_COLLISION},
        {FILE_OVERWRITE, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, STATUS_FILE_IS_A_DIRECTORY},
        {FILE_OVERWRITE_IF, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_IS_A_DIRECTORY},
    };
    (void)state;
    make_directory(u"\\dir");
    for (size_t i = 0; i < COUNT(rows); i++) {
        ULONG disposition = rows[i].disposition;
        bool cuts = disposition != FILE_OPEN && disposition != FILE_CREATE && disposition != FILE_OPEN_IF;
        assert_int_equal(probe(u"\\missing", WRITES, 0, disposition, 0), rows[i].missing);
        assert_int_equal(look(u"\\missing"), rows[i].missing);
        if (rows[i].missing == STATUS_SUCCESS)
            delete_name(u"\\missing");
        put_letter(u"\\file", 'x');
        assert_int_equal(probe(u"\\file", WRITES, 0, disposition, 0), rows[i].file);
        assert_int_equal(ask_name(u"\\file").nFileSizeLow, cuts ? 0 : 1);
        assert_int_equal(probe(u"\\dir", 0, 0, disposition, 0), rows[i].directory);
    }
    assert_int_equal(probe(u"\\dir", 0, 0, 6, 0), STATUS_INVALID_PARAMETER);
}

static void test_kinds(void **state)
{
    struct handle h;
    (void)state;
    make(u"\\file");
    make_directory(u"\\dir");
    assert_int_equal(probe(u"\\dir", 0, 0, FILE_OPEN, FILE_NON_DIRECTORY_FILE), STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(probe(u"\\file", 0, 0, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(probe(u"\\file", 0, 0, FILE_OPEN_IF, FILE_DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY);
    assert_int_equal(probe(u"\\dir", 0, 0, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(try_open(&h, u"\\dir", 0, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_true(h.info.IsDirectory);
    shut(&h);
    assert_int_equal(try_open(&h, u"\\", 0, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_true(h.info.IsDirectory);
    shut(&h);
    h = must_open(u"\\file", FILE_OPEN, 0);
    assert_false(h.info.IsDirectory);
    shut(&h);
}

static void test_paths(void **state)
{
    WCHAR name[300] = u"\\";
    (void)state;
    make(u"\\file");
    make_directory(u"\\dir");
    make(u"\\dir\\Inner");
    assert_int_equal(look(u"\\no\\f"), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(probe(u"\\no\\f", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(look(u"\\file\\f"), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(look(u"\\DIR\\iNNER"), STATUS_SUCCESS);
    assert_int_equal(look(u"\\dir\\inner2"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(probe(u"\\dir\\INNER", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(probe(u"\\a/b", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(probe(u"\\..", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(probe(u"\\.", 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(look(u""), STATUS_SUCCESS);

    for (unsigned i = 1; i <= 255; i++)
        name[i] = u'n';
    assert_int_equal(probe(name, 0, 0, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_int_equal(list(u"\\", u"n*"), 1);
    assert_memory_equal(listed.last, name + 1, 256 * sizeof(WCHAR));
    name[256] = u'n';
    assert_int_equal(probe(name, 0, 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(look(name), STATUS_OBJECT_NAME_INVALID);

    /* Case folds beyond ASCII, and what was created keeps its spelling. */
    make(u"\\\u00c4\u0444");
    assert_int_equal(look(u"\\\u00e4\u0424"), STATUS_SUCCESS);
    assert_int_equal(list(u"\\", u"\u00e4\u0424"), 1);
    assert_int_equal(listed.last[1], 0x444);
}

static void test_case_sensitive(void **state)
{
    (void)state;
    memfs_free(volume_fs());
    volume_open(MEMFS_CASE_SENSITIVE, 0);
    put_letter(u"\\Name", '1');
    assert_int_equal(look(u"\\name"), STATUS_OBJECT_NAME_NOT_FOUND);
    put_letter(u"\\name", '2');
    assert_int_equal(get_letter(u"\\Name"), '1');
    assert_int_equal(get_letter(u"\\name"), '2');
    assert_int_equal(list(u"\\", u"n*"), 1);
    assert_int_equal(list(u"\\", NULL), 2);
    assert_int_equal(move(u"\\Name", u"\\name", FALSE), STATUS_OBJECT_NAME_COLLISION);
}

static void test_overwrite_rules(void **state)
{
    static const ULONG dispositions[] = {FILE_SUPERSEDE, FILE_OVERWRITE, FILE_OVERWRITE_IF};
    static const ULONG special[] = {FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM,
                                    FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM};
    (void)state;
    for (size_t i = 0; i < COUNT(special); i++) {
        assert_int_equal(probe(u"\\f", 0, special[i], FILE_CREATE, 0), STATUS_SUCCESS);
        for (size_t j = 0; j < COUNT(dispositions); j++) {
            assert_int_equal(probe(u"\\f", WRITES, 0, dispositions[j], 0), STATUS_ACCESS_DENIED);
            assert_true(probe(u"\\f", WRITES, special[i], dispositions[j], 0) != STATUS_ACCESS_DENIED);
            assert_int_equal(ask_name(u"\\f").dwFileAttributes, special[i] | FILE_ATTRIBUTE_ARCHIVE);
        }
        delete_name(u"\\f");
    }
    /* OVERWRITE adds attributes, SUPERSEDE replaces them. */
    assert_int_equal(probe(u"\\f", 0, FILE_ATTRIBUTE_OFFLINE, FILE_CREATE, 0), STATUS_SUCCESS);
    probe(u"\\f", WRITES, FILE_ATTRIBUTE_TEMPORARY, FILE_OVERWRITE, 0);
    assert_int_equal(ask_name(u"\\f").dwFileAttributes,
                     FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_ARCHIVE);
    probe(u"\\f", WRITES, 0, FILE_SUPERSEDE, 0);
    assert_int_equal(ask_name(u"\\f").dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
}

static void test_read_only(void **state)
{
    struct handle h;
    (void)state;
    /* Who creates a read-only file may write it. */
    assert_int_equal(try_open(&h, u"\\f", WRITES, FILE_ATTRIBUTE_READONLY, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_int_equal(write_to(&h, "a", 1, 0), STATUS_SUCCESS);
    shut(&h);
    assert_int_equal(probe(u"\\f", FILE_WRITE_DATA, 0, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\f", FILE_APPEND_DATA, 0, FILE_OPEN_IF, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\f", 0, 0, FILE_OVERWRITE, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\f:s", WRITES, 0, FILE_CREATE, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(probe(u"\\f", READS | FILE_WRITE_ATTRIBUTES | DELETE, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(probe(u"\\f", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
    assert_int_equal(probe(u"\\g", DELETE, FILE_ATTRIBUTE_READONLY, FILE_CREATE, FILE_DELETE_ON_CLOSE),
                     STATUS_CANNOT_DELETE);
    assert_int_equal(look(u"\\g"), STATUS_OBJECT_NAME_NOT_FOUND);
    /* A read-only directory takes new files. */
    assert_int_equal(probe(u"\\d", 0, FILE_ATTRIBUTE_READONLY, FILE_CREATE, FILE_DIRECTORY_FILE),
                     STATUS_SUCCESS);
    make(u"\\d\\f");
    assert_int_equal(probe(u"\\d", FILE_ADD_FILE, 0, FILE_OPEN, 0), STATUS_SUCCESS);
}

static void test_attributes(void **state)
{
    struct handle h;
    (void)state;
    assert_int_equal(try_open(&h, u"\\f", WRITES, FILE_ATTRIBUTE_NORMAL, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_NORMAL, &h.info), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_HIDDEN, &h.info), STATUS_SUCCESS);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, 0, &h.info), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_HIDDEN);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_DIRECTORY, &h.info),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(write_to(&h, "a", 1, 0), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE);
    shut(&h);

    make_directory(u"\\d");
    h = must_open(u"\\d", FILE_OPEN, 0);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_HIDDEN, &h.info), STATUS_SUCCESS);
    assert_int_equal(ask(&h).dwFileAttributes, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_DIRECTORY);
    assert_int_equal(volume.ops->SetFileAttributes(h.name, FILE_ATTRIBUTE_TEMPORARY, &h.info),
                     STATUS_INVALID_PARAMETER);
    shut(&h);
}

static void set_times(struct handle *h, uint64_t created, uint64_t accessed, uint64_t written)
{
    FILETIME a = filetime(created), b = filetime(accessed), c = filetime(written);
    assert_int_equal(volume.ops->SetFileTime(h->name, &a, &b, &c, &h->info), STATUS_SUCCESS);
}

static void test_times(void **state)
{
    (void)state;
    make_directory(u"\\d");
    uint64_t before = time_of(ask_name(u"\\d").ftLastWriteTime);
    struct handle h = must_open(u"\\d\\f", FILE_CREATE, 0);
    set_times(&h, 1000, 2000, 3000);
    set_times(&h, 0, UINT64_MAX, UINT64_MAX - 1);
    BY_HANDLE_FILE_INFORMATION info = ask(&h);
    assert_int_equal(time_of(info.ftCreationTime), 1000);
    assert_int_equal(time_of(info.ftLastAccessTime), 2000);
    assert_int_equal(time_of(info.ftLastWriteTime), 3000);
    assert_int_equal(write_to(&h, "a", 1, 0), STATUS_SUCCESS);
    assert_true(time_of(ask(&h).ftLastWriteTime) >= before);
    assert_int_equal(time_of(ask(&h).ftCreationTime), 1000);
    shut(&h);

    /* Entries that come, move or go change their directory's time. */
    for (int i = 0; i < 3; i++) {
        h = must_open(u"\\d", FILE_OPEN, 0);
        set_times(&h, 0, 0, 5000);
        shut(&h);
        if (i == 0)
            make(u"\\d\\g");
        else if (i == 1)
            assert_int_equal(move(u"\\d\\g", u"\\d\\h", FALSE), STATUS_SUCCESS);
        else
            delete_name(u"\\d\\h");
        assert_true(time_of(ask_name(u"\\d").ftLastWriteTime) > 5000);
    }
}

/* ---- delete ------------------------------------------------------------------------------------------ */

static NTSTATUS ask_to_delete(struct handle *h, bool pending)
{
    h->info.DeletePending = pending;
    NTSTATUS status = h->info.IsDirectory ? volume.ops->DeleteDirectory(h->name, &h->info)
                                          : volume.ops->DeleteFile(h->name, &h->info);
    h->info.DeletePending = FALSE;
    return status;
}

static void test_delete(void **state)
{
    char letter = 0;
    (void)state;
    put_letter(u"\\f", 'x');
    struct handle h = must_open(u"\\f", FILE_OPEN, 0);
    assert_int_equal(ask_to_delete(&h, true), STATUS_SUCCESS);
    assert_int_equal(look(u"\\f"), STATUS_SUCCESS); /* saying yes deletes nothing */
    assert_int_equal(ask_to_delete(&h, false), STATUS_SUCCESS);
    cleanup(&h, false);
    assert_int_equal(look(u"\\f"), STATUS_SUCCESS);
    cleanup(&h, true);
    assert_int_equal(look(u"\\f"), STATUS_OBJECT_NAME_NOT_FOUND);
    /* The handle goes on until CloseFile, whatever has the name now. */
    put_letter(u"\\f", 'y');
    assert_int_equal(read_from(&h, &letter, 1, 0), 1);
    assert_int_equal(letter, 'x');
    assert_int_equal(write_to(&h, "z", 1, 0), STATUS_SUCCESS);
    assert_int_equal(size_of(&h), 1);
    cleanup(&h, true); /* a second time hurts nobody */
    close_file(&h);
    assert_int_equal(get_letter(u"\\f"), 'y');
}

static void test_delete_directory(void **state)
{
    (void)state;
    make_directory(u"\\d");
    make(u"\\d\\f");
    struct handle h = must_open(u"\\d", FILE_OPEN, 0);
    assert_int_equal(ask_to_delete(&h, true), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(volume.ops->DeleteFile(h.name, &h.info), STATUS_ACCESS_DENIED);
    cleanup(&h, true); /* not even now */
    close_file(&h);
    assert_int_equal(look(u"\\d\\f"), STATUS_SUCCESS);
    assert_int_equal(probe(u"\\d", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_DIRECTORY_NOT_EMPTY);
    assert_int_equal(probe(u"\\", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
    delete_name(u"\\d\\f");
    assert_int_equal(probe(u"\\d", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_SUCCESS);
    h = must_open(u"\\d", FILE_OPEN, 0);
    assert_int_equal(ask_to_delete(&h, true), STATUS_SUCCESS);
    cleanup(&h, true);
    assert_int_equal(look(u"\\d"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(look(u"\\d\\f"), STATUS_OBJECT_PATH_NOT_FOUND);
    close_file(&h);
    h = must_open(u"\\", FILE_OPEN, 0);
    assert_int_equal(ask_to_delete(&h, true), STATUS_CANNOT_DELETE);
    cleanup(&h, true);
    close_file(&h);
    make(u"\\f");
    h = must_open(u"\\f", FILE_OPEN, 0);
    assert_int_equal(volume.ops->DeleteDirectory(h.name, &h.info), STATUS_NOT_A_DIRECTORY);
    shut(&h);
}

/* An open that only the rights on the parent granted has no Context. */
static void test_without_context(void **state)
{
    (void)state;
    put_letter(u"\\f", 'x');
    struct handle h = {.info = {.DokanOptions = &volume.options}, .name = u"\\f"};
    assert_int_equal(size_of(&h), 1);
    assert_int_equal(ask_to_delete(&h, true), STATUS_SUCCESS);
    cleanup(&h, true);
    close_file(&h);
    assert_int_equal(look(u"\\f"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ask_to_delete(&h, true), STATUS_OBJECT_NAME_NOT_FOUND);
}

/* ---- rename ------------------------------------------------------------------------------------------ */

static void test_rename(void **state)
{
    (void)state;
    put_letter(u"\\a", 'a');
    put_letter(u"\\b", 'b');
    make_directory(u"\\d");
    assert_int_equal(move(u"\\a", u"\\b", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(move(u"\\a", u"\\no\\b", FALSE), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(move(u"\\a", u"\\b\\c", FALSE), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(move(u"\\a", u"\\d", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\d", u"\\a", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\", u"\\x", FALSE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\a", u"\\", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\a", u"\\..", TRUE), STATUS_OBJECT_NAME_INVALID);
    /* Onto itself, and onto itself in other case. */
    assert_int_equal(move(u"\\a", u"\\a", FALSE), STATUS_SUCCESS);
    assert_int_equal(move(u"\\a", u"\\A", FALSE), STATUS_SUCCESS);
    assert_int_equal(list(u"\\", u"a"), 1);
    assert_int_equal(listed.last[0], u'A');
    assert_int_equal(get_letter(u"\\a"), 'a');
    /* An open target goes on without a name. */
    char letter = 0;
    struct handle open = must_open(u"\\b", FILE_OPEN, 0);
    assert_int_equal(move(u"\\a", u"\\d\\..b", FALSE), STATUS_SUCCESS);
    assert_int_equal(move(u"\\d\\..b", u"\\B", TRUE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\b"), 'a');
    assert_int_equal(read_from(&open, &letter, 1, 0), 1);
    assert_int_equal(letter, 'b');
    assert_int_equal(volume.ops->MoveFile(u"\\b", u"\\c", TRUE, &open.info), STATUS_FILE_DELETED);
    shut(&open);
    assert_int_equal(list(u"\\", NULL), 2);

    put_letter(u"\\r", 'r');
    open = must_open(u"\\r", FILE_OPEN, 0);
    assert_int_equal(volume.ops->SetFileAttributes(u"\\r", FILE_ATTRIBUTE_READONLY, &open.info),
                     STATUS_SUCCESS);
    shut(&open);
    assert_int_equal(move(u"\\b", u"\\r", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(move(u"\\r", u"\\r2", TRUE), STATUS_SUCCESS);
}

static void test_rename_directory(void **state)
{
    (void)state;
    make_directory(u"\\a");
    make_directory(u"\\a\\b");
    put_letter(u"\\a\\b\\f", 'f');
    struct handle open = must_open(u"\\a\\b\\f", FILE_OPEN, 0);
    assert_int_equal(move(u"\\a", u"\\a\\x", FALSE), STATUS_INVALID_PARAMETER);
    assert_int_equal(move(u"\\a", u"\\a\\b\\x", TRUE), STATUS_INVALID_PARAMETER);
    assert_int_equal(move(u"\\a", u"\\z", FALSE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\z\\b\\f"), 'f');
    assert_int_equal(look(u"\\a\\b\\f"), STATUS_OBJECT_PATH_NOT_FOUND);
    open.name = u"\\z\\b\\f";
    assert_int_equal(size_of(&open), 1);
    /* The handle moves whatever it is about, whatever the name says. */
    assert_int_equal(volume.ops->MoveFile(u"\\stale", u"\\top", FALSE, &open.info), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\top"), 'f');
    assert_int_equal(list(u"\\z\\b", NULL), 0);
    /* The only entry of a directory, replaced by one from elsewhere. */
    put_letter(u"\\z\\b\\only", 'o');
    assert_int_equal(volume.ops->MoveFile(u"\\top", u"\\z\\b\\only", TRUE, &open.info), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\z\\b\\only"), 'f');
    cleanup(&open, true);
    close_file(&open);
    assert_int_equal(list(u"\\z\\b", NULL), 0);
}

/* ---- streams ----------------------------------------------------------------------------------------- */

static struct {
    unsigned count, room;
    WCHAR names[8][300];
    LONGLONG sizes[8];
} streams;

static BOOL WINAPI collect_stream(PWIN32_FIND_STREAM_DATA data, PVOID context)
{
    assert_ptr_equal(context, &streams);
    if (streams.count == streams.room)
        return FALSE;
    streams.sizes[streams.count] = data->StreamSize.QuadPart;
    DokanWcscpy(streams.names[streams.count++], 300, data->cStreamName);
    return TRUE;
}

static NTSTATUS list_streams(LPCWSTR name, unsigned room)
{
    struct handle h = must_open(name, FILE_OPEN, 0);
    streams.count = 0;
    streams.room = room;
    NTSTATUS status = volume.ops->FindStreams(name, collect_stream, &streams, &h.info);
    shut(&h);
    return status;
}

static void test_streams(void **state)
{
    (void)state;
    put_letter(u"\\f", 'f');
    put_letter(u"\\f:one", '1');
    put_letter(u"\\f:two:$data", '2');
    assert_int_equal(get_letter(u"\\F:ONE:$DATA"), '1');
    assert_int_equal(get_letter(u"\\f:two"), '2');
    assert_int_equal(get_letter(u"\\f::$DATA"), 'f');
    assert_int_equal(look(u"\\f:three"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(look(u"\\g:one"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(look(u"\\f:"), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(look(u"\\f:one:$INDEX"), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(look(u"\\f:one:$DATA:x"), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(probe(u"\\f:one", 0, 0, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY);

    assert_int_equal(list_streams(u"\\f", 8), STATUS_SUCCESS);
    assert_int_equal(streams.count, 3);
    assert_int_equal(DokanWcscmp(streams.names[0], u"::$DATA"), 0);
    assert_int_equal(DokanWcscmp(streams.names[1], u":one:$DATA"), 0);
    assert_int_equal(DokanWcscmp(streams.names[2], u":two:$DATA"), 0);
    assert_int_equal(streams.sizes[2], 1);
    assert_int_equal(list_streams(u"\\f:two", 2), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(streams.count, 2);
    assert_int_equal(list(u"\\", NULL), 1); /* no entries of their own */

    /* A stream of what does not exist yet; streams of directories. */
    put_letter(u"\\new:s", 's');
    assert_int_equal(ask_name(u"\\new").nFileSizeLow, 0);
    make_directory(u"\\d");
    assert_int_equal(list_streams(u"\\d", 8), STATUS_END_OF_FILE);
    put_letter(u"\\d:s", 's');
    put_letter(u"\\:s", 'r');
    put_letter(u"\\d\\s", 'f');
    assert_int_equal(get_letter(u":s"), 'r');
    assert_int_equal(get_letter(u"\\d:s"), 's');
    assert_int_equal(list_streams(u"\\d", 8), STATUS_SUCCESS);
    assert_int_equal(streams.count, 1);
    assert_int_equal(ask_name(u"\\d:s").dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
    /* Streams are no entries: the directory counts as empty. */
    delete_name(u"\\d\\s");
    assert_int_equal(probe(u"\\d", DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_SUCCESS);
    delete_name(u"\\d");
}

static void test_streams_and_their_file(void **state)
{
    char letter = 0;
    (void)state;
    put_letter(u"\\f", 'f');
    put_letter(u"\\f:s", 's');
    put_letter(u"\\f:t", 't');
    assert_int_equal(move(u"\\f:s", u"\\f:t", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(move(u"\\f:s", u"\\f:t", TRUE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\f:t"), 's');
    assert_int_equal(move(u"\\f:t", u"\\t", TRUE), STATUS_INVALID_PARAMETER);
    assert_int_equal(move(u"\\f", u"\\f:u", TRUE), STATUS_INVALID_PARAMETER);
    assert_int_equal(move(u"\\f:t", u"\\g:t", TRUE), STATUS_INVALID_PARAMETER);
    assert_int_equal(move(u"\\f", u"\\g", TRUE), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\g:t"), 's');
    /* The file goes with its streams; who has one open keeps it. */
    struct handle open = must_open(u"\\g:t", FILE_OPEN, 0);
    delete_name(u"\\g");
    assert_int_equal(look(u"\\g:t"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(read_from(&open, &letter, 1, 0), 1);
    assert_int_equal(letter, 's');
    assert_int_equal(ask(&open).nFileSizeLow, 1);
    cleanup(&open, true);
    close_file(&open);
    /* Overwriting the file takes them away, overwriting a stream cuts only that. */
    put_letter(u"\\f", 'f');
    put_letter(u"\\f:s", 's');
    put_letter(u"\\f:t", 't');
    assert_int_equal(probe(u"\\f:s", WRITES, 0, FILE_OVERWRITE, 0), STATUS_SUCCESS);
    assert_int_equal(get_letter(u"\\f:s"), 0);
    assert_int_equal(get_letter(u"\\f:t"), 't');
    delete_name(u"\\f:t");
    assert_int_equal(get_letter(u"\\f"), 'f');
    assert_int_equal(probe(u"\\f", WRITES, 0, FILE_OVERWRITE, 0), STATUS_SUCCESS);
    assert_int_equal(look(u"\\f:s"), STATUS_OBJECT_NAME_NOT_FOUND);
    delete_name(u"\\f");
    assert_int_equal(volume_fs()->used, NODE_COST);
}

/* ---- listing and size -------------------------------------------------------------------------------- */

static void test_patterns(void **state)
{
    (void)state;
    put_letter(u"\\one.txt", '1');
    put_letter(u"\\two.TXT", '2');
    put_letter(u"\\three.c", '3');
    assert_int_equal(list(u"\\", NULL), 3);
    assert_int_equal(listed.sizes, 3);
    assert_int_equal(list(u"\\", u"*"), 3);
    assert_int_equal(list(u"\\", u"*.txt"), 2);
    assert_int_equal(list(u"\\", u"T*"), 2);
    assert_int_equal(list(u"\\", u"ONE.TXT"), 1);
    assert_int_equal(listed.last[0], u'o');
    assert_int_equal(list(u"\\", u"four"), 0);
    struct handle h = must_open(u"\\three.c", FILE_OPEN, 0);
    assert_int_equal(volume.ops->FindFiles(h.name, collect, &h.info), STATUS_NOT_A_DIRECTORY);
    shut(&h);
}

static void entry_name(WCHAR name[32], unsigned i)
{
    DokanSwprintf(name, 32, "\\many\\entry %u", i);
}

static void test_many_entries(void **state)
{
    enum { MANY = 100000 };
    WCHAR name[32];
    (void)state;
    make_directory(u"\\many");
    for (unsigned i = 0; i < MANY; i++) {
        entry_name(name, i);
        make(name);
    }
    assert_int_equal(list(u"\\many", NULL), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        entry_name(name, i);
        assert_int_equal(look(name), STATUS_SUCCESS);
        if (i % 3)
            delete_name(name);
    }
    assert_int_equal(list(u"\\many", NULL), (MANY + 2) / 3);
    for (unsigned i = 0; i < MANY; i++) { /* fills gaps */
        entry_name(name, i);
        assert_int_equal(probe(name, 0, 0, FILE_OPEN_IF, 0),
                         i % 3 ? STATUS_SUCCESS : STATUS_OBJECT_NAME_COLLISION);
    }
    assert_int_equal(list(u"\\many", NULL), MANY);
    assert_int_equal(move(u"\\many", u"\\moved", FALSE), STATUS_SUCCESS);
    assert_int_equal(look(u"\\moved\\ENTRY 77777"), STATUS_SUCCESS);
    assert_int_equal(list(u"\\moved", u"entry 7777?"), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dispositions),     TEST(test_kinds),           TEST(test_paths),
        TEST(test_case_sensitive),   TEST(test_overwrite_rules), TEST(test_read_only),
        TEST(test_attributes),       TEST(test_times),           TEST(test_delete),
        TEST(test_delete_directory), TEST(test_without_context), TEST(test_rename),
        TEST(test_rename_directory), TEST(test_streams),         TEST(test_streams_and_their_file),
        TEST(test_patterns),         TEST(test_many_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
