// SPDX-License-Identifier: MIT
/*
 * What the files of the exposure share. expose.c is the volume, expose_open.c the life of handles,
 * expose_data.c contents, expose_info.c attributes and times, expose_names.c listing, deleting and renaming,
 * expose_ex.c what goes beyond Dokan's table, expose_path.c names and links, expose_size.c sizes of files
 * that are being written.
 *
 * A handle's Context is a struct handle. It is made in ZwCreateFile and freed in CloseFile; its fs_file stays
 * open until then, since reads and writes of mapped memory come after Cleanup. Callbacks on one handle may
 * run at the same time: what changes after ZwCreateFile is atomic or belongs to Cleanup and CloseFile.
 */
#ifndef XDOKAN_FS_EXPOSE_I_H
#define XDOKAN_FS_EXPOSE_I_H

#include "fs/mount/expose.h"
#include "fs/mount/timeout.h"

enum { NAME_UNITS = 255, SIZE_BUCKETS = 64, LINK_HOPS = 40, LINK_BYTES = 4096 };

/* What FindFiles can show. */
#define SHOWN_FACTS \
    (FS_INFO_SIZE | FS_INFO_ATIME | FS_INFO_MTIME | FS_INFO_BTIME | FS_INFO_MODE | FS_INFO_ATTRIBUTES)

/* How far a file was written that is open: for objects that cannot tell the facts of an open file. */
struct written {
    struct written *next;
    unsigned refs;
    uint64_t end;
    bool exact; /* the size was set through us: what the object reports may be older */
    char *path;
};

struct sizes {
    pthread_mutex_t lock;
    struct written *bucket[SIZE_BUCKETS];
    atomic_uint count; /* 0: nobody need look */
};

/* Self-relative, of one directory. */
struct folder_security {
    ULONG length; /* 0: none */
    uint32_t mode;
    _Alignas(4) BYTE bytes[192];
};

/* The name that was asked about last: who looks a name up opens or removes it next. */
struct recent {
    pthread_mutex_t lock;
    uint32_t changes;
    uint64_t ns; /* clock_coarse_ns(); 0: none */
    struct fs_info info;
    char path[256];
};

struct expose {
    struct fs *fs;
    struct watch *watch;
    uint32_t flags; /* fs_flags() at the mount */
    uint32_t umask;
    uint32_t serial;
    atomic_uint known;       /* FS_INFO_* that some file of the object had */
    atomic_uint changes;     /* counts what callbacks change */
    atomic_bool hidden_name; /* the log has heard of a name that cannot be shown */
    pthread_mutex_t append;  /* held over a write at the end */
    struct sizes sizes;
    struct recent recent;
    struct folder_security security;
    WCHAR label[256], kind[256];
    DOKAN_OPERATIONS_EX ex;
    bool links;       /* it may have symbolic links */
    bool like_a_user; /* an archive: the mounter owns everything and may read it */
};

struct handle {
    struct fs_file *file;    /* NULL: attributes only, a directory, or a link's text */
    struct written *written; /* NULL unless the object needs it */
    char *text;              /* target of a link that is shown as a file */
    bool directory;
    bool linked;       /* a link is on the way: the name must be resolved again */
    bool link;         /* the last name is one */
    bool link_itself;  /* and it is to be deleted or renamed: what it leads to stays as it is */
    bool itself;       /* links are not followed: FILE_OPEN_REPARSE_POINT */
    bool by_modes;     /* its opener is held to modes: READONLY is for the others */
    bool fresh;        /* it was made by this handle */
    bool removed_late; /* to be removed once it is closed */
    /* The facts that were seen at the opening, good for a GetFileInformation that follows at once. */
    uint32_t seen_changes;
    uint64_t seen_ns; /* 0: none */
    struct fs_info seen;
};

static inline struct expose *expose_of(PDOKAN_FILE_INFO info)
{
    return (struct expose *)(uintptr_t)info->DokanOptions->GlobalContext;
}

static inline struct handle *handle_of(PDOKAN_FILE_INFO info)
{
    return (struct handle *)(uintptr_t)info->Context;
}

/* Every callback that asks the object begins with it. */
#define CALL_SCOPE(info)                                                 \
    __attribute__((cleanup(call_leave), unused)) struct call call_held = \
        call_enter(expose_of(info)->watch, info)

/* ---- names and links (expose_path.c) --------------------------------------------------------------- */

/* What a name of the volume stands for. */
struct where {
    struct fs_path entry;  /* the entry itself: links on the way followed, the last one not */
    struct fs_path target; /* where that one leads; used when `link` and not `text` */
    struct fs_info info;   /* of what is shown */
    bool linked, link;     /* as in struct handle */
    bool text;             /* a link that leads nowhere inside, shown as a small file */
    bool no_parent;        /* -ENOENT: already the directory is missing */
    bool itself;           /* asked for: the last name, if it is a link, is not followed */
};

#define CLEANUP_WHERE __attribute__((cleanup(where_end)))
void where_init(struct where *where);
void where_end(struct where *where);
/* Finds out. 0 or -errno. */
int where_find(struct expose *ex, LPCWSTR name, uint32_t want, struct where *where);
/* The same for a path that stands in where->entry already. */
int where_find_entry(struct expose *ex, uint32_t want, struct where *where);
/* The same when only the entry's path is wanted; cheap unless `linked`. */
int where_entry(struct expose *ex, LPCWSTR name, bool linked, struct where *where);
/* The path to open. */
const char *where_path(const struct where *where);
/* Follows the link in where->entry, whose info is there. */
void where_follow(struct expose *ex, struct where *where);

/* Adds the object's path of a name of the volume. 0 or -errno. */
int path_from_nt(LPCWSTR name, struct fs_path *out);
NTSTATUS status_of(int rc);
/* Of a path operation, for which -EINVAL speaks of the name. */
NTSTATUS status_of_path(int rc);
NTSTATUS status_of_find(int rc, const struct where *where);

/* ---- facts (expose_info.c) ------------------------------------------------------------------------- */

#define ALL_FACTS \
    (SHOWN_FACTS | FS_INFO_ALLOCATED | FS_INFO_CTIME | FS_INFO_OWNER | FS_INFO_LINKS | FS_INFO_ID)
DWORD attributes_of(const struct expose *ex, const struct fs_info *info);
/* FILETIME of a time that is valid. */
int64_t filetime_from_ns(int64_t ns);
int64_t ns_from_filetime(int64_t filetime);
/* As expose_get_info(), for whoever shows more of them. */
NTSTATUS query_facts(LPCWSTR name, uint32_t want, PDOKAN_FILE_INFO info, struct fs_info *facts);
/* Sets what facts->valid names. */
NTSTATUS set_facts(struct expose *ex, const struct handle *h, LPCWSTR name, const struct fs_info *facts);
uint64_t shown_size(const struct fs_info *info);
FILETIME filetime_of(const struct fs_info *info, uint32_t which);
/* Facts of an open handle. */
int handle_facts(struct expose *ex, struct handle *h, LPCWSTR name, uint32_t want, struct fs_info *info);
void note_facts(struct expose *ex, const struct fs_info *info);
static inline void note_change(struct expose *ex)
{
    atomic_fetch_add_explicit(&ex->changes, 1, memory_order_relaxed);
}

/* ---- sizes (expose_size.c) ------------------------------------------------------------------------- */

/* A reference to the record of a path; NULL without memory. */
struct written *size_get(struct sizes *sizes, const char *path);
void size_put(struct sizes *sizes, struct written *written);
void size_reached(struct sizes *sizes, struct written *written, uint64_t end);
void size_set(struct sizes *sizes, struct written *written, uint64_t size);
/* Corrects the size in *info. */
void size_apply(struct sizes *sizes, const char *path, struct fs_info *info);
void size_apply_to(struct sizes *sizes, const struct written *written, struct fs_info *info);
void size_renamed(struct sizes *sizes, const char *from, const char *to);

/* ---- deleting (expose_names.c) --------------------------------------------------------------------- */

/* STATUS_SUCCESS, or why it cannot be deleted: Cleanup cannot refuse any more. */
NTSTATUS may_delete(struct expose *ex, const struct where *where);
/* Removes the name. 0 or -errno. */
int remove_name(struct expose *ex, LPCWSTR name, const struct handle *h);

/* ---- listing (expose_names.c) ---------------------------------------------------------------------- */

/* Hands every entry of the handle's directory to fill(). */
typedef void (*listing_fill)(PDOKAN_FILE_INFO info, const WCHAR *name, const struct fs_info *facts,
                             void *ctx);
NTSTATUS list_entries(LPCWSTR name, uint32_t want, listing_fill fill, void *ctx, PDOKAN_FILE_INFO info);

/* Sets up ex->ex for the object (expose_ex.c). */
void expose_extend(struct expose *ex);

/* ---- callbacks ------------------------------------------------------------------------------------- */

NTSTATUS DOKAN_CALLBACK expose_create(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security, ACCESS_MASK access,
                                      ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                                      PDOKAN_FILE_INFO info);
void DOKAN_CALLBACK expose_cleanup(LPCWSTR name, PDOKAN_FILE_INFO info);
void DOKAN_CALLBACK expose_close(LPCWSTR name, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_read(LPCWSTR name, LPVOID buffer, DWORD size, LPDWORD done, LONGLONG offset,
                                    PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_write(LPCWSTR name, LPCVOID buffer, DWORD size, LPDWORD done, LONGLONG offset,
                                     PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_flush(LPCWSTR name, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_set_end(LPCWSTR name, LONGLONG size, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_set_allocation(LPCWSTR name, LONGLONG size, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_get_info(LPCWSTR name, LPBY_HANDLE_FILE_INFORMATION out,
                                        PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_set_attributes(LPCWSTR name, DWORD attributes, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_set_times(LPCWSTR name, const FILETIME *creation, const FILETIME *access,
                                         const FILETIME *write, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_find_files(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_delete_file(LPCWSTR name, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_delete_directory(LPCWSTR name, PDOKAN_FILE_INFO info);
NTSTATUS DOKAN_CALLBACK expose_move(LPCWSTR name, LPCWSTR new_name, BOOL replace, PDOKAN_FILE_INFO info);

#endif
