// SPDX-License-Identifier: MIT
/*
 * What requests are asked and answer, one structure per operation. Part of nt.h, which includes it.
 */
#ifndef XDOKAN_NT_ARGS_H
#define XDOKAN_NT_ARGS_H

/* With FILE_OPEN_BY_FILE_ID name.text is the number: 8 bytes (len 4), or 16 of which the upper ones are 0. */
struct nt_create_args {
    struct nt_name name;
    ACCESS_MASK access;
    ULONG file_attributes;
    ULONG share;
    ULONG disposition;
    ULONG options;
    PSECURITY_DESCRIPTOR security; /* self-relative, or NULL; it is checked */
    uint32_t security_length;
    bool close_at_once;    /* clean up and close in the same request (mkdir, mknod): no handle comes out */
    bool want_attr;        /* fill out.attr (from the cache, or by asking through the new handle) */
    bool kill_privileges;  /* an overwrite by one without privilege; set-id facts must go (KILLPRIV_V2) */
    bool target_directory; /* SL_OPEN_TARGET_DIRECTORY: the name's parent is opened; information tells whether
                              the name is there, FILE_EXISTS or FILE_DOES_NOT_EXIST */
    /* For what this request makes, where the volume keeps it; all or nothing is made. */
    const struct nt_facts *facts; /* mode, owner, device; NULL: the file system's choice */
    const void *reparse;          /* REPARSE_DATA_BUFFER; NULL: none */
    uint32_t reparse_length;
    const void *eas; /* FILE_FULL_EA_INFORMATION; NULL: none */
    uint32_t eas_length;
    uint64_t oplock_key[2]; /* opens with the same do not break each other's oplocks; 0: its own */
    uint64_t parent_key[2]; /* what is done with the handle spares oplocks of the directory with this key */
    struct {                /* the engine's, zero before nt_admit() */
        bool ruled;         /* options and name were judged */
        bool moved;         /* name.dir is the node of the name to which links or the number led */
        uint8_t hops;       /* how often */
        uint64_t id;        /* FILE_OPEN_BY_FILE_ID: the number */
    } way;
    struct {
        struct nt_handle *handle; /* the door's reference */
        struct nt_node *node;     /* a reference of its own, to be put by the door */
        struct nt_attr attr;      /* when want_attr */
        uint64_t entry_ns, attr_ns;
        bool breaking; /* STATUS_OPLOCK_BREAK_IN_PROGRESS is due */
    } out;             /* information: FILE_OPENED, FILE_CREATED ... */
};

struct nt_io_args {
    void *buffer; /* belongs to the file system until release() */
    uint32_t length;
    int64_t offset; /* -1 with NT_WRITE: append */
    bool paging;    /* may not extend the file (writes that the page cache sends late) */
    bool nocache;
    uint32_t key;         /* with which byte-range locks were taken that shall let this pass */
    bool kill_privileges; /* NT_WRITE: the writer is not privileged; set-id facts must go (KILLPRIV_V2) */
}; /* information: bytes transferred. A read at or past the end is STATUS_END_OF_FILE */

struct nt_info_args {
    int info_class; /* FILE_INFORMATION_CLASS or FS_INFORMATION_CLASS */
    void *buffer;
    uint32_t length;
    struct nt_name
        target; /* rename: the new name, instead of parsing FileName from `buffer`, when text != NULL */
};              /* information: bytes written */

struct nt_directory_args {
    int info_class;
    void *buffer;
    uint32_t length;
    const WCHAR *pattern;
    uint16_t pattern_len;
    bool restart, single, index_specified;
    uint32_t index;
};

/* One entry of a listing. `name` is not terminated and lives until the function returns. */
struct nt_dirent {
    const WCHAR *name;
    uint16_t len;
    uint64_t position;   /* pass it as `position` to go on behind this entry */
    struct nt_attr attr; /* ino only when `node` was asked for */
    struct nt_node
        *node; /* when want_nodes; borrowed: nt_node_get() what the door keeps. NULL for "." and ".." */
};

struct nt_list_args {
    uint64_t position; /* 0 = from the beginning, with a new snapshot */
    bool want_nodes;   /* make nodes and feed the attribute cache (READDIRPLUS) */
    bool (*emit)(struct nt_request *rq,
                 const struct nt_dirent *entry); /* false: no room, stop before this one */
    uint64_t entry_ns, attr_ns; /* out: how long the door's client may believe entries of this listing */
};

struct nt_security_args {
    SECURITY_INFORMATION what;
    void *buffer;
    uint32_t length;
    uint32_t needed; /* out, with STATUS_BUFFER_OVERFLOW */
};

/* A lock belongs to its handle, process and key. Offset and length count as numbers without a sign: a range
 * may end at 2^64. */
struct nt_lock_args {
    int64_t offset;
    int64_t length;
    uint32_t key;
    bool exclusive, fail_immediately;
    bool all;    /* NT_UNLOCK: every lock of the handle and the process */
    bool by_key; /* with `all`: of this key only */
};

/* The handle's first request decides about filter, tree and the size of the buffer that collects changes
 * between requests. STATUS_NOTIFY_ENUM_DIR (information 0): there were more than it holds. */
struct nt_notify_args {
    void *buffer; /* struct nt_change, one after the other, each aligned to 4 from the beginning */
    uint32_t length;
    uint32_t filter; /* FILE_NOTIFY_CHANGE_* */
    bool tree;       /* everything below as well */
};                   /* information: bytes */

/* As FILE_NOTIFY_INFORMATION. */
struct nt_change {
    uint32_t next;   /* bytes from this one to the next, 0 in the last */
    uint32_t action; /* FILE_ACTION_* */
    uint32_t name_bytes;
    WCHAR name[]; /* relative to the watched directory, not terminated */
};

struct nt_lookup_args {
    struct nt_name name;
    struct {
        struct nt_node *node; /* a reference for the door */
        struct nt_attr attr;
        uint64_t entry_ns, attr_ns; /* how long the client may believe name and attributes */
        uint64_t negative_ns;       /* with STATUS_OBJECT_NAME_NOT_FOUND: how long "no such name" holds */
    } out;
};

struct nt_getattr_args {
    struct nt_node *node;
    struct {
        struct nt_attr attr;
        uint64_t attr_ns;
    } out;
};

enum nt_set {
    NT_SET_SIZE = 1,
    NT_SET_ATTRIBUTES = 2, /* `attributes`, taken as they are, 0 meaning NORMAL */
    NT_SET_READONLY = 4,   /* only the READONLY bit of `attributes` */
    NT_SET_ACCESS = 8,
    NT_SET_WRITE = 16,
    NT_SET_CREATION = 32,
    NT_SET_ALLOCATION = 64, /* `size` is an allocation size */
    NT_SET_EXTEND = 128,    /* with NT_SET_SIZE or NT_SET_ALLOCATION: only if the file is shorter */
    NT_SET_KILL = 256,      /* set-id facts must go (KILLPRIV_V2) */
    NT_SET_MODE = 512,      /* these where the volume keeps them: nt_volume_offers() */
    NT_SET_UID = 1024,
    NT_SET_GID = 2048,
    NT_SET_CHANGE = 4096
};

struct nt_setattr_args {
    struct nt_node *node;
    unsigned valid; /* enum nt_set */
    uint64_t size;
    uint64_t creation, access, write, change; /* FILETIME */
    uint32_t attributes;
    uint32_t mode, uid, gid;
    struct {
        struct nt_attr attr;
        uint64_t attr_ns;
    } out;
};

struct nt_remove_args {
    struct nt_name name;
    bool directory; /* rmdir; else unlink */
};

enum nt_rename_flags { NT_RENAME_REPLACE = 1, NT_RENAME_EXCHANGE = 2 };

struct nt_rename_args {
    struct nt_name from, to;
    unsigned flags;
};

struct nt_statfs_args {
    struct {
        uint64_t total, free, available; /* bytes */
        uint32_t unit, sector;
        uint32_t name_max;
    } out;
};

struct nt_link_args {
    struct nt_node *node;
    struct nt_name to;
    bool replace;
    struct {
        struct nt_node *node; /* a reference for the door */
        struct nt_attr attr;
        uint64_t entry_ns, attr_ns;
    } out;
};

enum nt_ea_flags { NT_EA_CREATE = 1, NT_EA_REPLACE = 2, NT_EA_REMOVE = 4 };

/* NT_GET_EA: length 0 asks for the length. NT_LIST_EAS: `value` receives the names, each terminated; length
 * 0 asks for their length. */
struct nt_ea_args {
    struct nt_node *node;
    const char *name; /* UTF-8, terminated, 1 to 255 bytes */
    void *value;
    uint32_t length;
    unsigned flags; /* enum nt_ea_flags, of NT_SET_EA */
};                  /* information: bytes; with STATUS_BUFFER_OVERFLOW those needed */

/* NT_QUERY_EAS, NT_SET_EAS: lists as NT has them. */
struct nt_eas_args {
    void *buffer; /* FILE_FULL_EA_INFORMATION */
    uint32_t length;
    const void *list; /* NT_QUERY_EAS: FILE_GET_EA_INFORMATION of what is asked for; NULL: all, in turn */
    uint32_t list_length;
    uint32_t index; /* NT_QUERY_EAS: where to begin, from 1; 0: where the handle stands */
    bool restart, single;
}; /* information: bytes; of a list that is refused, where */

struct nt_reparse_args {
    struct nt_node *node;
    void *buffer; /* REPARSE_DATA_BUFFER */
    uint32_t length;
    uint32_t tag; /* of NT_DELETE_REPARSE */
};                /* information: bytes */

struct nt_range_args {
    struct nt_node *node;
    int64_t offset, length; /* NT_SEEK: no length */
    bool hole;              /* NT_SEEK: the next hole, else the next data */
    bool deallocate;        /* NT_ZERO: give the space back */
    bool keep_size;         /* NT_ZERO: do not extend the file */
};                          /* information: NT_SEEK: where it is. STATUS_END_OF_FILE behind the last data */

struct nt_control_args {
    struct nt_node *node;
    uint32_t code; /* FSCTL_* */
    const void *in;
    void *out;
    uint32_t in_length, out_length;
}; /* information: bytes in `out` */

#endif
