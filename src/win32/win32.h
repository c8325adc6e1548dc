// SPDX-License-Identifier: MIT
/*
 * What the files of this room share: objects behind handles, names taken apart, errors.
 *
 * An object is counted: the table of handles holds one reference, every call that uses it one, every request
 * that is under way one. CloseHandle takes it out of the table and calls close(), which ends what waits; the
 * last reference calls destroy(). No lock is held while the in-process door is called.
 *
 * Locks: the table's (handle.c), the drives' (drive.c), each file's and event's own. None is taken while
 * another is held.
 */
#ifndef WIN32_WIN32_H
#define WIN32_WIN32_H

#include <dokan/dokan_security.h>
#include <dokan/dokan_text.h>
#include <dokan/winfile.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { ALL_SHARED = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, PATH_UNITS = 32767 };

/* ---- objects and handles ------------------------------------------------------------------------------- */

enum kind { KIND_FILE = 1, KIND_FIND = 2, KIND_STREAMS = 4, KIND_EVENT = 8 };

struct object {
    atomic_uint refs;
    enum kind kind;
    void (*close)(struct object *o); /* or NULL */
    void (*destroy)(struct object *o);
};

/* Takes the caller's reference; NULL without memory, the object is destroyed then. */
HANDLE handle_open(struct object *o);
/* The object, counted, if its kind is among `kinds`; else NULL with ERROR_INVALID_HANDLE. */
struct object *handle_get(HANDLE handle, unsigned kinds);
/* Takes it out of the table and closes it. */
bool handle_close(HANDLE handle, unsigned kinds);
void object_get(struct object *o);
void object_put(struct object *o);

struct pending;

struct file {
    struct object o;
    DOKAN_NT_FILE nt;
    DOKAN_HANDLE volume;
    bool overlapped;
    pthread_mutex_t lock;   /* guards what follows, and the requests in the list */
    pthread_cond_t changed; /* one of them changed */
    struct pending *first;
    unsigned round;
};

struct file *file_new(DOKAN_HANDLE volume, DOKAN_NT_FILE nt, bool overlapped);

/* ---- scopes ----------------------------------------------------------------------------------------------
 */

void put_object_scope(void *variable);
void free_scope(void *variable);
void close_nt_scope(const DOKAN_NT_FILE *file);
void unlock_scope(pthread_mutex_t **mutex);

#define SCOPED_FILE    __attribute__((cleanup(put_object_scope))) struct file
#define SCOPED_OBJECT  __attribute__((cleanup(put_object_scope))) struct object
#define SCOPED_FREE    __attribute__((cleanup(free_scope)))
#define SCOPED_NT_FILE __attribute__((cleanup(close_nt_scope))) DOKAN_NT_FILE
#define LOCK_SCOPE(mutex)                                                   \
    __attribute__((cleanup(unlock_scope), unused)) pthread_mutex_t *held_ = \
        (pthread_mutex_lock(mutex), (mutex))

/* A file's handle, counted; else NULL with ERROR_INVALID_HANDLE. */
static inline struct file *file_of(HANDLE handle)
{
    return (struct file *)handle_get(handle, KIND_FILE);
}

/* ---- errors ----------------------------------------------------------------------------------------------
 */

/* FALSE, and the error becomes the thread's last one. */
BOOL fail(DWORD error);
/* TRUE for a success; else FALSE with the error of the status. */
BOOL done(NTSTATUS status);

/* ---- names -----------------------------------------------------------------------------------------------
 */

/* A name on a volume, as the door takes it. */
struct name {
    DOKAN_HANDLE volume;
    WCHAR letter;
    bool slash;  /* it ended with a backslash */
    WCHAR *text; /* `\a\b`; empty: the volume itself */
    WCHAR *leaf; /* in text, behind the last backslash */
};

void name_free(struct name *name);
#define SCOPED_NAME __attribute__((cleanup(name_free)))

/* Reads a name of Win32; false with the last error. The root is a single backslash. */
bool name_read(LPCWSTR given, struct name *name);

/* Makes `X:\a` of a name, normalised, its length in *units; to be freed. NULL with the last error. */
WCHAR *full_name(LPCWSTR given, size_t *units);
size_t units_of(const WCHAR *text);

DOKAN_HANDLE drive_volume(WCHAR letter);                  /* NULL: none */
WCHAR drive_letter(DOKAN_HANDLE volume);                  /* 0: none */
WCHAR drive_current(void);                                /* 0: none */
WCHAR *drive_directory(WCHAR letter);                     /* `\a\b`, to be freed; NULL without memory */
bool drive_set_directory(WCHAR letter, WCHAR *directory); /* takes it; makes the drive current */

/* Text into a caller's room: units without terminator, or the room needed. */
DWORD give_text(const WCHAR *text, size_t units, LPWSTR room, DWORD room_units);

/* ---- the door --------------------------------------------------------------------------------------------
 */

/* DokanNtRequest() by the thread's identity. */
DOKAN_NT_REQUEST request(DOKAN_HANDLE volume, DOKAN_NT_FILE file, ULONG operation);

struct opening {
    ACCESS_MASK access; /* SYNCHRONIZE and FILE_READ_ATTRIBUTES are added */
    ULONG share, attributes, disposition, options;
    const void *security;
    ULONG security_length;
};

/* NtCreateFile. *how receives FILE_OPENED and so on; may be NULL. */
NTSTATUS open_name(const struct name *name, const struct opening *how, DOKAN_NT_FILE *file, ULONG *result);
/* For one purpose: shared with everybody, whatever it is, a link itself. */
NTSTATUS open_for(const struct name *name, ACCESS_MASK access, ULONG options, DOKAN_NT_FILE *file);

NTSTATUS query_info(DOKAN_NT_FILE file, int class, void *buffer, ULONG length);
NTSTATUS set_info(DOKAN_NT_FILE file, int class, const void *buffer, ULONG length);

/* ---- requests that may take their time --------------------------------------------------------------------
 */

/*
 * Runs a request on a file: at once where the handle is synchronous or waiting for it is wanted, else it goes
 * on by itself. `bytes` may be NULL.
 */
BOOL run_on(struct file *file, const DOKAN_NT_REQUEST *rq, LPOVERLAPPED overlapped, LPDWORD bytes);
void event_set(HANDLE event);

/* ---- descriptors, names of renames
 * -------------------------------------------------------------------------- */

/* A caller's descriptor in self-relative form; *copy is to be freed. False with the last error. */
bool take_descriptor(PSECURITY_DESCRIPTOR given, const void **bytes, ULONG *length, void **copy);

/* Sets FileRenameInformation(Ex), FileLinkInformation: the target lies on the same volume. */
NTSTATUS set_target(DOKAN_NT_FILE file, int class, ULONG flags, const WCHAR *target);

#endif
