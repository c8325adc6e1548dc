// SPDX-License-Identifier: MIT
/*
 * Streams of a file: read at once when the search begins. `lock` guards the place in them, held over no call.
 */
#include "win32.h"

enum { FIRST_ROOM = 4096, LARGEST_ROOM = 1 << 24 };

struct streams {
    struct object o;
    pthread_mutex_t lock;
    BYTE *entries;
    ULONG at, filled;
};

static void destroy(struct object *o)
{
    struct streams *s = (struct streams *)o;
    pthread_mutex_destroy(&s->lock);
    free(s->entries);
    free(s);
}

static NTSTATUS read_all(struct streams *s, DOKAN_NT_FILE file)
{
    NTSTATUS status = STATUS_BUFFER_OVERFLOW;
    for (ULONG room = FIRST_ROOM; room <= LARGEST_ROOM && status == STATUS_BUFFER_OVERFLOW; room *= 4) {
        free(s->entries);
        s->entries = malloc(room);
        if (!s->entries)
            return STATUS_NO_MEMORY;
        DOKAN_NT_REQUEST rq = request(NULL, file, DOKAN_NT_QUERY_INFORMATION);
        rq.Class = FileStreamInformation;
        rq.Buffer = s->entries;
        rq.Length = room;
        status = DokanNtCall(&rq);
        s->filled = (ULONG)rq.Information;
    }
    return status == STATUS_SUCCESS && !s->filled ? STATUS_END_OF_FILE : status;
}

static BOOL take(struct streams *s, PWIN32_FIND_STREAM_DATA out)
{
    FILE_STREAM_INFORMATION head;
    const size_t name_at = offsetof(FILE_STREAM_INFORMATION, StreamName);
    LOCK_SCOPE(&s->lock);
    if (s->at >= s->filled)
        return fail(ERROR_HANDLE_EOF);
    memcpy(&head, s->entries + s->at, name_at);
    size_t room = sizeof out->cStreamName - sizeof(WCHAR);
    memset(out, 0, sizeof *out);
    out->StreamSize = head.StreamSize;
    memcpy(out->cStreamName, s->entries + s->at + name_at,
           head.StreamNameLength < room ? head.StreamNameLength : room);
    s->at = head.NextEntryOffset ? s->at + head.NextEntryOffset : s->filled;
    return TRUE;
}

static struct streams *streams_of(const struct name *name)
{
    SCOPED_NT_FILE file = NULL;
    struct streams *s = calloc(1, sizeof *s);
    if (!s) {
        fail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    s->o = (struct object){.kind = KIND_STREAMS, .destroy = destroy};
    atomic_init(&s->o.refs, 1);
    pthread_mutex_init(&s->lock, NULL);
    NTSTATUS status = open_for(name, FILE_READ_ATTRIBUTES, 0, &file);
    if (!status)
        status = read_all(s, file);
    if (!status)
        return s;
    object_put(&s->o);
    done(status);
    return NULL;
}

HANDLE DOKANAPI DokanWinFindFirstStreamW(LPCWSTR FileName, STREAM_INFO_LEVELS Level, LPVOID FindStreamData,
                                         DWORD Flags)
{
    SCOPED_NAME struct name name = {0};
    if (Level != FindStreamInfoStandard || Flags) {
        fail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    struct streams *s = name_read(FileName, &name) ? streams_of(&name) : NULL;
    if (!s)
        return INVALID_HANDLE_VALUE;
    take(s, FindStreamData);
    HANDLE handle = handle_open(&s->o);
    return handle ? handle : INVALID_HANDLE_VALUE;
}

BOOL DOKANAPI DokanWinFindNextStreamW(HANDLE FindStream, LPVOID FindStreamData)
{
    SCOPED_OBJECT *o = handle_get(FindStream, KIND_STREAMS);
    return o && take((struct streams *)o, FindStreamData);
}
