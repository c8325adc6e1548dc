// SPDX-License-Identifier: MIT
/**
 * @file fs.h
 * @brief FS objects: file systems behind one small table of functions, mounted with one call.
 *
 * An FS object (`struct fs`) is a folder tree: memory, a directory, an archive, a remote store. It is made by
 * fs_open_url(), or by fs_new() from a table of your own. Filters stack on top of it like lenses. fs_mount()
 * shows it as a drive.
 *
 *     struct fs *fs;
 *     struct fs_error error;
 *     if (fs_open_url("photos.zip", NULL, &fs, NULL, &error) < 0)
 *         errx(1, "%s", error.text);
 *     if (fs_mount(fs, "Q:\\", NULL, NULL, &error) < 0)
 *         errx(1, "%s", error.text);
 *
 * **Results.** Every function returns 0 (or a count) or a negative errno.
 *
 * **Paths** are UTF-8 (other bytes are allowed where the source has them), absolute, separated by `/`,
 * without
 * `.`, `..`, empty components and trailing `/`; the root is `/`. A path that is not like that is refused with
 * -EINVAL before any object sees it.
 *
 * **The checker.** Callers and filters never call a table directly. The functions below look up the layer
 * that has the method, check what goes in and what comes out, and keep the thread rules; what an object does
 * against the rules ends as -EIO and one line in the log.
 *
 * **Threads.** Every function may be called from any thread. A table without #FS_THREAD_SAFE never runs two
 * methods at once. With it, calls may run at the same time; those on one open file are still one after the
 * other unless #FS_FILE_THREAD_SAFE is set too. A `fill` function of fs_scandir() must not call back into the
 * object.
 *
 * Structures start with their size, so that either side may be newer than the other.
 */
#ifndef DOKAN_FS_H_
#define DOKAN_FS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef FSAPI
/** Marks what the library exports. */
#define FSAPI __attribute__((visibility("default")))
#endif

/** Version of this interface; grows when something is added. */
#define FS_API_VERSION 1u

/** Longest path in bytes, without the terminator: 32767 UTF-16 units as UTF-8. */
#define FS_PATH_MAX 98301
/** Longest name in a path, in bytes: 255 UTF-16 units as UTF-8. */
#define FS_NAME_MAX 765
/** Largest file size and offset. */
#define FS_SIZE_MAX INT64_MAX

struct fs;                /**< An FS object: one layer and what lies below it. */
struct fs_file;           /**< An open file of one. */
struct _DOKAN_OPERATIONS; /**< See dokan_operations.h. */
struct _DOKAN_FILE_INFO;  /**< See dokan_operations.h. */

/** What went wrong, for people. */
struct fs_error {
    int code;        /**< The negative errno that was returned. */
    char text[1024]; /**< What happened and what to do; one line without a newline, secrets taken out. */
};

/** @name What is known of a file
 * @{ */

/** Type of a file. */
enum fs_type {
    FS_TYPE_UNKNOWN = 0, /**< Not told. */
    FS_TYPE_DIRECTORY,   /**< A directory. */
    FS_TYPE_FILE,        /**< A regular file. */
    FS_TYPE_CHARACTER,   /**< A character device. */
    FS_TYPE_BLOCK,       /**< A block device. */
    FS_TYPE_FIFO,        /**< A named pipe. */
    FS_TYPE_SOCKET,      /**< A socket. */
    FS_TYPE_SYMLINK,     /**< A symbolic link. */
    FS_TYPE_COUNT
};

/** Bits of fs_info::valid and of `want`. The type is always told. */
enum {
    FS_INFO_SIZE = 0x1,         /**< size */
    FS_INFO_ALLOCATED = 0x2,    /**< allocated */
    FS_INFO_ATIME = 0x4,        /**< atime */
    FS_INFO_MTIME = 0x8,        /**< mtime */
    FS_INFO_CTIME = 0x10,       /**< ctime */
    FS_INFO_BTIME = 0x20,       /**< btime */
    FS_INFO_MODE = 0x40,        /**< mode */
    FS_INFO_OWNER = 0x80,       /**< uid and gid */
    FS_INFO_LINKS = 0x100,      /**< links */
    FS_INFO_ID = 0x200,         /**< id: the same number means the same file */
    FS_INFO_ATTRIBUTES = 0x400, /**< attributes */
    FS_INFO_ALL = 0x7ff         /**< everything */
};

/** Facts of a file. Only those named in `valid` mean anything; a caller asks for them in `want`. */
struct fs_info {
    uint32_t valid;      /**< FS_INFO_* of what is set. */
    uint32_t type;       /**< enum fs_type. */
    uint64_t size;       /**< Bytes; of a symbolic link the length of its target. */
    uint64_t allocated;  /**< Bytes on the medium. */
    int64_t atime;       /**< Last access, ns since 1970 UTC. */
    int64_t mtime;       /**< Last write, ns since 1970 UTC. */
    int64_t ctime;       /**< Last change of anything, ns since 1970 UTC. */
    int64_t btime;       /**< Birth, ns since 1970 UTC. */
    uint32_t mode;       /**< Permission bits, 07777. */
    uint32_t uid;        /**< Owner. */
    uint32_t gid;        /**< Group. */
    uint32_t links;      /**< Number of names. */
    uint64_t id;         /**< Number of the file, not 0. */
    uint32_t attributes; /**< FILE_ATTRIBUTE_READONLY, HIDDEN, SYSTEM, ARCHIVE. */
    uint32_t reserved;   /**< 0 */
};

/** Space of a volume, in bytes and files. */
struct fs_space {
    uint64_t total;      /**< Bytes in all. */
    uint64_t free;       /**< Bytes free. */
    uint64_t available;  /**< Bytes free for the caller. */
    uint64_t files;      /**< Files possible; 0: not told. */
    uint64_t files_free; /**< Files that can be made; 0: not told. */
    uint32_t block;      /**< Unit of allocation in bytes. */
    uint32_t name_max;   /**< Longest name in bytes; 0: #FS_NAME_MAX. */
};

/**
 * Receives one entry of a listing. Entries `.` and `..` are not reported.
 *
 * @param ctx what was given to fs_scandir()
 * @param name the name, only for the length of the call
 * @param info facts; at least the type is known
 * @param next cursor that continues behind this entry
 * @return 0 to go on, anything else to stop: fs_scandir() then returns 0
 */
typedef int (*fs_fill)(void *ctx, const char *name, const struct fs_info *info, uint64_t next);

/** @} */

/** @name The table
 * @{ */

/** Flags of a table or of an object. */
enum {
    FS_THREAD_SAFE = 0x1,       /**< Methods may run at the same time. */
    FS_FILE_THREAD_SAFE = 0x2,  /**< Methods may run at the same time on one open file. */
    FS_READ_ONLY = 0x4,         /**< Nothing can be changed. */
    FS_NETWORK = 0x8,           /**< Calls go over a network. */
    FS_CASE_INSENSITIVE = 0x10, /**< Names that differ only in case are the same. */
    FS_ATOMIC_RENAME = 0x20,    /**< rename happens as a whole or not at all. */
    FS_SEEK_SLOW = 0x40,        /**< Reading backwards costs a new start. */
    FS_WRITE_ON_CLOSE = 0x80,   /**< What is written takes effect, or fails, at flush. */
    FS_CACHEABLE = 0x100        /**< Nobody but the callers of this object changes what it shows. */
};

/** Flags of rename. */
enum {
    FS_RENAME_NOREPLACE = 0x1, /**< -EEXIST when the target exists. */
    FS_RENAME_EXCHANGE = 0x2   /**< Exchange both. */
};

/** Flags of setxattr. */
enum {
    FS_XATTR_CREATE = 0x1, /**< -EEXIST when it exists. */
    FS_XATTR_REPLACE = 0x2 /**< -ENODATA when it does not. */
};

/** A path in the making; see fs_table::map_path. */
struct fs_path {
    char *text;      /**< The path, terminated: `small` or on the heap. */
    size_t length;   /**< Bytes in use. */
    size_t room;     /**< Bytes there. */
    char small[232]; /**< Used until it is too small. */
};

/**
 * Adds bytes to a path.
 *
 * @param path the path; its text may move
 * @param text bytes
 * @param length how many
 * @return 0; -ENAMETOOLONG beyond #FS_PATH_MAX; -ENOMEM
 */
FSAPI int fs_path_add(struct fs_path *path, const char *text, size_t length);

/**
 * The methods of one layer. A method left NULL asks the layer below; where there is none, the default in the
 * method's line holds. Required at the bottom: getinfo, scandir, open, f_pread.
 *
 * `fs` is the layer itself: fs_data() gives its data, fs_next() what lies below. In a filter the f_ methods
 * go on with `fs_f_pread(fs_next(fs), file, ...)` and its kin; fs_file_slot() is the layer's own word per
 * open file.
 */
struct fs_table {
    size_t size;      /**< `sizeof(struct fs_table)`. */
    uint32_t version; /**< #FS_API_VERSION. */
    uint32_t flags;   /**< FS_THREAD_SAFE and so on; fs_set_flags() changes those of an object. */
    const char *name; /**< Name of the kind: "zip". Used in messages. */

    /** Last call, when the last reference goes; may be slow, may fail. The object below is closed afterwards.
     * Default: nothing. */
    int (*close)(struct fs *fs);
    /** For a filter that only renames: the path which the layer below shall see, added to the empty `out`.
     * Used for every path method left NULL. Default: the same path. */
    int (*map_path)(struct fs *fs, const char *path, struct fs_path *out);

    /** Facts of a path, of a symbolic link itself. At least the type; more than wanted is fine. */
    int (*getinfo)(struct fs *fs, const char *path, uint32_t want, struct fs_info *info);
    /** Lists a directory from a cursor (0: start); facts as in getinfo where they are cheap. Returns 0 also
     * when `fill` said stop. -ENOTDIR for a file. */
    int (*scandir)(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill, void *ctx);
    /** Opens a file. `flags`: O_RDONLY, O_WRONLY or O_RDWR, with O_CREAT, O_EXCL, O_TRUNC; all writes give
     * their offset, so no O_APPEND. -EISDIR for a directory, -ELOOP for a symbolic link, -EROFS where nothing
     * can be written. */
    int (*open)(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file);
    /** The open file goes away, exactly once. Whoever wants to hear of errors calls f_flush before. Default:
     * nothing. */
    int (*f_close)(struct fs *fs, struct fs_file *file);
    /** Reads; fewer bytes than wanted only at the end of the file. */
    ssize_t (*f_pread)(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset);
    /** Writes all of it, or fails. Default: -EROFS. */
    ssize_t (*f_pwrite)(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset);
    /** Sets the size. Default: -EROFS. */
    int (*f_truncate)(struct fs *fs, struct fs_file *file, uint64_t size);
    /** Hands over what was written and reports late errors. Default: 0. */
    int (*f_flush)(struct fs *fs, struct fs_file *file);
    /** As f_flush, and the data is on the medium. Default: f_flush. */
    int (*f_fsync)(struct fs *fs, struct fs_file *file);
    /** Facts of an open file. Default: -EOPNOTSUPP; the caller asks by path. */
    int (*f_getinfo)(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info);

    /** Makes a directory. -EEXIST, -ENOENT (parent). Default: -EROFS. */
    int (*makedir)(struct fs *fs, const char *path, uint32_t mode);
    /** Removes anything but a directory. -EISDIR. Default: -EROFS. */
    int (*remove)(struct fs *fs, const char *path);
    /** Removes an empty directory. -ENOTEMPTY, -ENOTDIR, -EBUSY for the root. Default: -EROFS. */
    int (*removedir)(struct fs *fs, const char *path);
    /** Renames; an existing target is replaced as rename(2) does. `flags`: FS_RENAME_*, -EINVAL for one that
     * is not offered. Default: -EROFS. */
    int (*rename)(struct fs *fs, const char *from, const char *to, uint32_t flags);
    /** Sets the facts named in info->valid (sizes excepted). Default: 0 for times, -EOPNOTSUPP for the rest.
     */
    int (*setinfo)(struct fs *fs, const char *path, const struct fs_info *info);
    /** Target of a symbolic link, terminated; -EINVAL for anything else, -ERANGE when it does not fit.
     * Default: -EINVAL. */
    int (*readlink)(struct fs *fs, const char *path, char *buf, size_t size);
    /** Makes a symbolic link. Default: -EOPNOTSUPP. */
    int (*symlink)(struct fs *fs, const char *target, const char *path);
    /** Makes another name. Default: -EOPNOTSUPP. */
    int (*link)(struct fs *fs, const char *from, const char *to);
    /** Reads an extended attribute; size 0 asks for its length; -ERANGE, -ENODATA. Default: -ENODATA. */
    ssize_t (*getxattr)(struct fs *fs, const char *path, const char *name, void *buf, size_t size);
    /** Sets one. `flags`: FS_XATTR_*. Default: -EOPNOTSUPP. */
    int (*setxattr)(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                    uint32_t flags);
    /** Names, each terminated; size 0 asks for the length. Default: 0. */
    ssize_t (*listxattr)(struct fs *fs, const char *path, char *buf, size_t size);
    /** Removes one. -ENODATA. Default: -ENODATA. */
    int (*removexattr)(struct fs *fs, const char *path, const char *name);
    /** Space. Default: 200 GiB in all, 100 GiB free; nothing free where read-only. */
    int (*statfs)(struct fs *fs, struct fs_space *space);
    /** A fact of the object as a text: "label", "source", "free_text"... -ENODATA, -ERANGE. Default:
     * -ENODATA. */
    int (*getmeta)(struct fs *fs, const char *key, char *buf, size_t size);
    /** Where the file lies on this machine, as a path or `/proc/self/fd/N`. -ENODATA, -ERANGE. Default:
     * -ENODATA. */
    int (*getospath)(struct fs *fs, const char *path, char *buf, size_t size);
    /** May the caller do this (R_OK, W_OK, X_OK)? Default: 0; -EROFS for W_OK where read-only. */
    int (*access)(struct fs *fs, const char *path, int mode);
    /** Byte-range lock as fcntl(2)'s: `command` F_OFD_SETLK or F_OFD_GETLK, `lock` a struct flock. Default:
     * -EOPNOTSUPP; the caller keeps its own. */
    int (*f_lock)(struct fs *fs, struct fs_file *file, int command, void *lock);
    /** First and last call on every thread of a mount: here a language attaches its interpreter. Default:
     * nothing. */
    void (*thread_start)(struct fs *fs);
    void (*thread_stop)(struct fs *fs); /**< See thread_start. */
    /** As setinfo, of an open file, which may have lost its name. Default: -EOPNOTSUPP; the caller goes by
     * path. A layer that has setinfo of its own and not this keeps those below from being asked. */
    int (*f_setinfo)(struct fs *fs, struct fs_file *file, const struct fs_info *info);
};

/** @} */

/** @name Objects
 * @{ */

/**
 * Makes an object.
 *
 * @param table its methods, copied
 * @param data for fs_data(); the table's close gives it up
 * @param next the object below, whose reference the new object takes over; NULL at the bottom
 * @param[out] fs receives the object with one reference
 * @return 0; -EINVAL for a table without a size, of a later major layout or without a required method;
 * -ENOMEM; -ELOOP for more than 32 layers. On failure `next` and `data` still belong to the caller.
 */
FSAPI int fs_new(const struct fs_table *table, void *data, struct fs *next, struct fs **fs);

/** One more reference. @param fs the object, or NULL @return fs */
FSAPI struct fs *fs_ref(struct fs *fs);

/**
 * Gives up a reference. The last closes the object; open files count.
 *
 * @param fs the object, or NULL
 * @return 0, or what went wrong at closing: data may be lost
 */
FSAPI int fs_close(struct fs *fs);

/** The data given to fs_new(). @param fs the layer @return the data */
FSAPI void *fs_data(const struct fs *fs);
/** The layer below. @param fs a layer @return the layer or NULL */
FSAPI struct fs *fs_next(const struct fs *fs);
/** Name of the kind: "zip". @param fs the layer @return a text that lives as long as it */
FSAPI const char *fs_kind(const struct fs *fs);
/** Flags of the whole stack. @param fs the object @return FS_THREAD_SAFE and so on */
FSAPI uint32_t fs_flags(const struct fs *fs);
/** Sets flags of one layer, before the object is shared. @param fs the layer @param set to set @param clear
 * to clear */
FSAPI void fs_set_flags(struct fs *fs, uint32_t set, uint32_t clear);

/**
 * Tells that a slow call is alive: data came, an entry was read. A call on a mount that says so is not given
 * up at its deadline. Cheap; does nothing outside of such a call.
 */
FSAPI void fs_progress(void);

/** @} */

/** @name Calls
 * Each stands for the method of its name in #fs_table, where its results are told.
 * @{ */
/**
 * See fs_table::getinfo.
 *
 * @param fs the object
 * @param path the path
 * @param want FS_INFO_* wanted
 * @param[out] info receives the facts
 * @return 0 or a negative errno
 */
FSAPI int fs_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info);
/**
 * See fs_table::scandir.
 *
 * @param fs the object
 * @param path the path
 * @param want FS_INFO_* wanted
 * @param cursor 0, or what `fill` got as `next`
 * @param fill is called for each entry
 * @param ctx for `fill`
 * @return 0 or a negative errno
 */
FSAPI int fs_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                     void *ctx);
/**
 * Opens a file; fs_f_close() gives it up. See fs_table::open.
 *
 * @param fs the object
 * @param path the path
 * @param flags O_RDONLY and so on
 * @param mode permission bits, 07777
 * @param[out] file receives the open file
 * @return 0 or a negative errno
 */
FSAPI int fs_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file **file);
/**
 * For the open method of a filter: opens it in the layer below, with what was given or something else.
 *
 * @param fs the layer below: fs_next()
 * @param path the path
 * @param flags O_RDONLY and so on
 * @param mode permission bits, 07777
 * @param file the open file
 * @return 0 or a negative errno
 */
FSAPI int fs_open_next(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file);
/**
 * Closes the file and frees it (or, in a filter, goes on below). See fs_table::f_close.
 *
 * @param fs the object
 * @param file the open file
 * @return 0 or a negative errno
 */
FSAPI int fs_f_close(struct fs *fs, struct fs_file *file);
/**
 * See fs_table::f_pread.
 *
 * @param fs the object
 * @param file the open file
 * @param[out] buf receives it
 * @param size room or length in bytes
 * @param offset from the start, in bytes, up to #FS_SIZE_MAX
 * @return bytes read, 0 at the end, or a negative errno
 */
FSAPI ssize_t fs_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset);
/**
 * See fs_table::f_pwrite.
 *
 * @param fs the object
 * @param file the open file
 * @param buf the bytes
 * @param size room or length in bytes
 * @param offset from the start, in bytes, up to #FS_SIZE_MAX
 * @return size, or a negative errno
 */
FSAPI ssize_t fs_f_pwrite(struct fs *fs, struct fs_file *file, const void *buf, size_t size, uint64_t offset);
/**
 * See fs_table::f_truncate.
 *
 * @param fs the object
 * @param file the open file
 * @param size new size in bytes
 * @return 0 or a negative errno
 */
FSAPI int fs_f_truncate(struct fs *fs, struct fs_file *file, uint64_t size);
/**
 * See fs_table::f_flush.
 *
 * @param fs the object
 * @param file the open file
 * @return 0 or a negative errno
 */
FSAPI int fs_f_flush(struct fs *fs, struct fs_file *file);
/**
 * See fs_table::f_fsync.
 *
 * @param fs the object
 * @param file the open file
 * @return 0 or a negative errno
 */
FSAPI int fs_f_fsync(struct fs *fs, struct fs_file *file);
/**
 * See fs_table::f_getinfo.
 *
 * @param fs the object
 * @param file the open file
 * @param want FS_INFO_* wanted
 * @param[out] info receives the facts
 * @return 0 or a negative errno
 */
FSAPI int fs_f_getinfo(struct fs *fs, struct fs_file *file, uint32_t want, struct fs_info *info);
/**
 * See fs_table::f_setinfo.
 *
 * @param fs the object
 * @param file the open file
 * @param info what to set
 * @return 0 or a negative errno
 */
FSAPI int fs_f_setinfo(struct fs *fs, struct fs_file *file, const struct fs_info *info);
/**
 * See fs_table::f_lock.
 *
 * @param fs the object
 * @param file the open file
 * @param command F_OFD_SETLK or F_OFD_GETLK
 * @param[in,out] lock a struct flock
 * @return 0 or a negative errno
 */
FSAPI int fs_f_lock(struct fs *fs, struct fs_file *file, int command, void *lock);
/**
 * See fs_table::makedir.
 *
 * @param fs the object
 * @param path the path
 * @param mode permission bits, 07777
 * @return 0 or a negative errno
 */
FSAPI int fs_makedir(struct fs *fs, const char *path, uint32_t mode);
/**
 * See fs_table::remove.
 *
 * @param fs the object
 * @param path the path
 * @return 0 or a negative errno
 */
FSAPI int fs_remove(struct fs *fs, const char *path);
/**
 * See fs_table::removedir.
 *
 * @param fs the object
 * @param path the path
 * @return 0 or a negative errno
 */
FSAPI int fs_removedir(struct fs *fs, const char *path);
/**
 * See fs_table::rename.
 *
 * @param fs the object
 * @param from the path now
 * @param to the path afterwards
 * @param flags FS_RENAME_*
 * @return 0 or a negative errno
 */
FSAPI int fs_rename(struct fs *fs, const char *from, const char *to, uint32_t flags);
/**
 * See fs_table::setinfo.
 *
 * @param fs the object
 * @param path the path
 * @param info what to set
 * @return 0 or a negative errno
 */
FSAPI int fs_setinfo(struct fs *fs, const char *path, const struct fs_info *info);
/**
 * See fs_table::readlink.
 *
 * @param fs the object
 * @param path the path
 * @param[out] buf receives it
 * @param size room or length in bytes
 * @return 0 or a negative errno
 */
FSAPI int fs_readlink(struct fs *fs, const char *path, char *buf, size_t size);
/**
 * See fs_table::symlink.
 *
 * @param fs the object
 * @param target where the link leads, any text
 * @param path the name of the link
 * @return 0 or a negative errno
 */
FSAPI int fs_symlink(struct fs *fs, const char *target, const char *path);
/**
 * See fs_table::link.
 *
 * @param fs the object
 * @param from the path now
 * @param to the path afterwards
 * @return 0 or a negative errno
 */
FSAPI int fs_link(struct fs *fs, const char *from, const char *to);
/**
 * See fs_table::getxattr.
 *
 * @param fs the object
 * @param path the path
 * @param name the attribute, "user.comment"
 * @param[out] buf receives it
 * @param size room or length in bytes
 * @return bytes, or a negative errno
 */
FSAPI ssize_t fs_getxattr(struct fs *fs, const char *path, const char *name, void *buf, size_t size);
/**
 * See fs_table::setxattr.
 *
 * @param fs the object
 * @param path the path
 * @param name the attribute, "user.comment"
 * @param value its bytes
 * @param size room or length in bytes
 * @param flags FS_XATTR_*
 * @return 0 or a negative errno
 */
FSAPI int fs_setxattr(struct fs *fs, const char *path, const char *name, const void *value, size_t size,
                      uint32_t flags);
/**
 * See fs_table::listxattr.
 *
 * @param fs the object
 * @param path the path
 * @param[out] buf receives it
 * @param size room or length in bytes
 * @return bytes, or a negative errno
 */
FSAPI ssize_t fs_listxattr(struct fs *fs, const char *path, char *buf, size_t size);
/**
 * See fs_table::removexattr.
 *
 * @param fs the object
 * @param path the path
 * @param name the attribute, "user.comment"
 * @return 0 or a negative errno
 */
FSAPI int fs_removexattr(struct fs *fs, const char *path, const char *name);
/**
 * See fs_table::statfs.
 *
 * @param fs the object
 * @param[out] space receives the numbers
 * @return 0 or a negative errno
 */
FSAPI int fs_statfs(struct fs *fs, struct fs_space *space);
/**
 * See fs_table::getmeta.
 *
 * @param fs the object
 * @param key what is asked for
 * @param[out] buf receives it
 * @param size room or length in bytes
 * @return 0 or a negative errno
 */
FSAPI int fs_getmeta(struct fs *fs, const char *key, char *buf, size_t size);
/**
 * See fs_table::getospath.
 *
 * @param fs the object
 * @param path the path
 * @param[out] buf receives it
 * @param size room or length in bytes
 * @return 0 or a negative errno
 */
FSAPI int fs_getospath(struct fs *fs, const char *path, char *buf, size_t size);
/**
 * See fs_table::access.
 *
 * @param fs the object
 * @param path the path
 * @param mode R_OK, W_OK, X_OK
 * @return 0 or a negative errno
 */
FSAPI int fs_access(struct fs *fs, const char *path, int mode);
/**
 * See fs_table::thread_start.
 *
 * @param fs the object
 */
FSAPI void fs_thread_start(struct fs *fs);
/**
 * See fs_table::thread_stop.
 *
 * @param fs the object
 */
FSAPI void fs_thread_stop(struct fs *fs);

/** The word that a layer keeps with an open file; NULL at first. @param fs the layer @param file the file
 * @return its place */
FSAPI void **fs_file_slot(const struct fs *fs, struct fs_file *file);
/** The flags with which the layer was asked to open it. @param file the file @return O_RDONLY and so on */
FSAPI int fs_file_flags(const struct fs_file *file);

/** @} */

/** @name Opening by URL
 * @{ */

/** One parameter: `key=value` of a URL, a filter or `-o`. */
struct fs_param {
    const char *key;   /**< Its name. */
    const char *value; /**< Decoded; "" when it was given without one. */
};

/** Parameters, in the order given. */
struct fs_params {
    const struct fs_param *list; /**< The parameters. */
    size_t count;                /**< How many. */
};

/** A parameter that a format or a filter knows: for help, and for the near match of a wrong one. */
struct fs_param_doc {
    const char *key;      /**< Its name; NULL ends the list. */
    const char *argument; /**< What to write behind `=`: "MS"; NULL: nothing. */
    const char *summary;  /**< What it does, with unit, range and default. */
};

/** Asks for a secret. @param ctx the options' @param what for whom, "password for photos.zip" @param buf
 * receives it @param size room @return 0; -EACCES when there is none */
typedef int (*fs_ask)(void *ctx, const char *what, char *buf, size_t size);

/** Told while something slow is prepared, at most ten times a second. @param ctx the options' @param what
 * "indexing photos.tar" @param done bytes done @param total bytes in all, 0: unknown @return 0 to go on, else
 * the opening fails with -ECANCELED */
typedef int (*fs_report)(void *ctx, const char *what, uint64_t done, uint64_t total);

/** Where passwords come from (all may be NULL or -1); see docs/credentials.md. */
struct fs_credentials {
    const char *file; /**< A file with `[pattern]` sections; refused unless its mode is 0600 or less. */
    const char *environment; /**< Name of a variable that holds the password. */
    int password_fd;         /**< A descriptor to read one line from; -1: none. */
    bool netrc;              /**< Look into ~/.netrc. */
    fs_ask ask;              /**< Asks the user. */
    void *ask_ctx;           /**< For `ask`. */
};

/** How to open. Start from FS_OPEN_OPTIONS. */
struct fs_open_options {
    size_t size;                               /**< `sizeof(struct fs_open_options)`. */
    bool read_only;                            /**< Refuse every change. */
    bool create;                               /**< Make the directory that the URL names if it is missing. */
    bool no_plugins;                           /**< Do not load formats from the plugin folders. */
    struct fs_params params;                   /**< As if they stood in the URL; those there win. */
    struct fs_credentials credentials;         /**< Passwords. */
    fs_report report;                          /**< Progress; may be NULL. */
    void *report_ctx;                          /**< For `report`. */
    void (*warn)(void *ctx, const char *text); /**< Told what the user should know; NULL: standard error. */
    void *warn_ctx;                            /**< For `warn`. */
};

/** The defaults of #fs_open_options. */
#define FS_OPEN_OPTIONS                                                             \
    {                                                                               \
        .size = sizeof(struct fs_open_options), .credentials = {.password_fd = -1 } \
    }

/**
 * Opens what a URL or a path names.
 *
 * `proto://[user[:password]@]resource[?key=value&...][!/inner]...` and the older `proto:proto2://...!inner`.
 * A text without `://` is a path: a directory opens as `file`, an archive as what its content says; a leading
 * `~` is the home folder. Behind `!` stands a path inside; where that is an archive again and more follows,
 * or it ends the URL, it is opened in turn.
 *
 * @param url the URL or path
 * @param options or NULL for the defaults
 * @param[out] fs receives the object
 * @param[out] path receives the path inside which the URL names, to be freed with free(). NULL: it must be a
 * directory, which becomes the root of the object
 * @param[out] error explains a failure; may be NULL
 * @return 0; -EINVAL (bad URL), -ENOENT, -EPROTONOSUPPORT (no such format), -EACCES (password), -ENOTDIR,
 * -EBADMSG (damaged), -E2BIG (a limit was exceeded), -ECANCELED and what the format reports
 */
FSAPI int fs_open_url(const char *url, const struct fs_open_options *options, struct fs **fs, char **path,
                      struct fs_error *error);

/** A URL with its password as `***`; never fails for want of a form. @param url any text @return the text, to
 * be freed with free(); NULL when memory is short */
FSAPI char *fs_url_redact(const char *url);

/** What a format needs to know to open. */
struct fs_request {
    size_t size;                /**< `sizeof(struct fs_request)`. */
    const char *url;            /**< The whole, redacted, for messages. */
    const char *scheme;         /**< "zip" */
    const char *user;           /**< Decoded, or NULL. */
    const char *password;       /**< Decoded, or NULL: fs_request_password() looks further. */
    const char *resource;       /**< Decoded, between `://` and `?` or `!`; "" where a container is. */
    struct fs *container;       /**< For a format that lies in a file: the object that has it, or NULL. */
    const char *container_path; /**< And its path there. */
    struct fs_params params;    /**< All parameters; fs_param() finds one. */
    const struct fs_open_options *options; /**< Never NULL. */
};

/** A parameter's value. @param params where @param key which @return the value of the last of that name, or
 * NULL */
FSAPI const char *fs_param(const struct fs_params *params, const char *key);
/** A parameter that is a number with an optional k, M, G, T (of 1024). @param params where @param key which
 * @param least smallest allowed @param most largest allowed @param[in,out] value the default, replaced when
 * given
 * @param error explains a failure @return 0 or -EINVAL */
FSAPI int fs_param_number(const struct fs_params *params, const char *key, uint64_t least, uint64_t most,
                          uint64_t *value, struct fs_error *error);

/**
 * Finds the password that belongs to a request: URL, credentials file, netrc, environment, descriptor,
 * question, in this order.
 *
 * @param request the request
 * @param what for whom, "photos.zip"
 * @param attempt 0, then 1, 2... when the last one was wrong
 * @param buf receives it; the caller wipes it
 * @param size room
 * @return 0; -EACCES when there is none (left)
 */
FSAPI int fs_request_password(const struct fs_request *request, const char *what, unsigned attempt, char *buf,
                              size_t size);

/** A format: how URLs of a scheme, or files with a certain content, become objects. */
struct fs_format {
    size_t size;                       /**< `sizeof(struct fs_format)`. */
    uint32_t version;                  /**< #FS_API_VERSION. */
    const char *const *schemes;        /**< Names, the main one first, ended by NULL. */
    const char *summary;               /**< One line: "ZIP archives (libzip 1.7.3)". */
    bool container;                    /**< Lies in a file of another object. */
    const struct fs_param_doc *params; /**< What it understands. */
    /** How sure the format is that a file of this content is one of its own: 0 no, 100 certain. NULL: never.
     * @param head first bytes @param length how many (65536 unless the file is shorter) @param name its name
     * @param size its size */
    int (*recognise)(const void *head, size_t length, const char *name, uint64_t size);
    /** Makes the object. */
    int (*open)(const struct fs_request *request, struct fs **fs, struct fs_error *error);
    /** Prints lines "name read|write|read,write note" of what it can do here and now; NULL: one line from
     * `schemes`. */
    void (*describe)(FILE *out);
};

/** A filter: a layer that can be put on any object. */
struct fs_filter {
    size_t size;                       /**< `sizeof(struct fs_filter)`. */
    uint32_t version;                  /**< #FS_API_VERSION. */
    const char *name;                  /**< "readonly" */
    const char *summary;               /**< One line. */
    const struct fs_param_doc *params; /**< What it understands. */
    /** Makes the layer. On success it has taken over the reference to `next`. */
    int (*open)(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error);
};

/** Adds a format for this process. @param format must live on @return 0; -EEXIST when a scheme is taken;
 * -EINVAL */
FSAPI int fs_register_format(const struct fs_format *format);
/** Adds a filter for this process. @param filter must live on @return 0; -EEXIST; -EINVAL */
FSAPI int fs_register_filter(const struct fs_filter *filter);
/** All formats, those of plugins too. @param index 0, 1, ... @return the format, NULL behind the last */
FSAPI const struct fs_format *fs_format_at(size_t index);
/** All filters. @param index 0, 1, ... @return the filter, NULL behind the last */
FSAPI const struct fs_filter *fs_filter_at(size_t index);

/**
 * Puts a filter on an object.
 *
 * @param spec "name" or "name:key=value,key=value"; a backslash keeps a comma
 * @param[in,out] fs the object; replaced by the stack, which takes over its reference
 * @param error explains a failure; may be NULL
 * @return 0; -EINVAL for an unknown filter or parameter
 */
FSAPI int fs_add_filter(const char *spec, struct fs **fs, struct fs_error *error);

/**
 * What a plugin exports under the name `fs_plugin`: a shared object `NAME.so` in a folder of
 * `$DOKAN_FS_PLUGINS` (ignored in set-user-id programs) or `LIBDIR/dokan/fs`. Loaded when a scheme is not
 * known otherwise, or by fs_format_at(); never by a name that stands in a URL.
 */
struct fs_plugin {
    size_t size;                            /**< `sizeof(struct fs_plugin)`. */
    uint32_t version;                       /**< #FS_API_VERSION. */
    const struct fs_format *const *formats; /**< Ended by NULL, or NULL. */
    const struct fs_filter *const *filters; /**< Ended by NULL, or NULL. */
};

/** @} */

/** @name Ready-made objects
 * @{ */

/** An empty tree in memory. @param[out] fs receives it @return 0 or -ENOMEM */
FSAPI int fs_memory_new(struct fs **fs);
/** A directory of this machine. Nothing outside of it can be reached. @param directory its path @param[out]
 * fs receives it @return 0 or -errno */
FSAPI int fs_directory_new(const char *directory, struct fs **fs);

/** @} */

/** @name Mounting
 * @{ */

/** Who serves a mount. */
enum fs_mount_mode {
    FS_MOUNT_THREADS = 0, /**< Threads of this process: it shows the live object. */
    FS_MOUNT_PROCESS,     /**< A child process with a copy of the object. */
    FS_MOUNT_FOREGROUND   /**< The caller's thread: fs_mount() returns when the mount has ended. */
};

struct mount_process;

/** How to mount. Start from FS_MOUNT_OPTIONS. */
struct fs_mount_options {
    size_t size;               /**< `sizeof(struct fs_mount_options)`. */
    enum fs_mount_mode mode;   /**< Who serves it. */
    uint32_t numthreads;       /**< 1: one call at a time; anything else: the library's choice. */
    uint32_t flags;            /**< DOKAN_OPTION_*. */
    uint32_t timeout_ms;       /**< Time limit of a call that shows no progress, 15000 to 300000; 0: 15000. */
    uint32_t ready_timeout_ms; /**< How long to wait for readiness of a child; 0: 20000. */
    uint32_t unmount_timeout_ms; /**< How long mount_process_unmount() waits for the object to be closed; 0:
                                    20000. */
    const char *fsname;          /**< File system name, 1 to 255 UTF-16 units; NULL: "NTFS". */
    const char *volname;         /**< Volume name; NULL: "label" of the object, else "Dokan Volume". */
    const char *securityfolder;  /**< A directory whose owner and mode every directory shows; NULL: none. */
    const char *options; /**< Further mount options, as DOKAN_MOUNT_OPTIONS_EX::FuseOptions; NULL: none. */
    void (*ready)(void *ctx,
                  const struct mount_process *mount); /**< Called once when it can be used; may be NULL. */
    void (*unmounted)(void *ctx); /**< Called once when the mount has ended, however it ended; may be NULL.
                                     With FS_MOUNT_PROCESS in the child. */
    void *ctx;                    /**< For both. */
    const struct _DOKAN_OPERATIONS
        *operations; /**< Callbacks of your own; see fs_operations(). NULL: none. */
    bool exclusive;  /**< From now on only the mount uses the object: what it shows may be cached. Implied by
                        FS_MOUNT_PROCESS. */
    uint32_t test_timeout_ms; /**< For tests: the time limit without its bounds; 0: none. */
};

/** The defaults of #fs_mount_options. */
#define FS_MOUNT_OPTIONS                        \
    {                                           \
        .size = sizeof(struct fs_mount_options) \
    }

/** A mount that somebody serves. Read only. */
struct mount_process {
    const char *path;  /**< Directory of the mount: what open(2) takes. */
    const char *drive; /**< "Q:", or "" when it is not a drive. */
    pid_t pid;         /**< The process that serves it; with FS_MOUNT_THREADS this one. */
};

/**
 * Mounts an object.
 *
 * @param fs the object; the mount takes its own reference
 * @param path `Q:\`, `Q:`, a path inside a mounted drive, an existing empty directory, or NULL for the next
 * free letter
 * @param options or NULL for the defaults
 * @param[out] mount receives the mount, to be given up with mount_process_unmount() or mount_process_free();
 * NULL lets it run until it is unmounted. Not used with FS_MOUNT_FOREGROUND.
 * @param[out] error explains a failure; may be NULL
 * @return 0; -EINVAL, -EBUSY (taken), -ENOENT, -ENOTDIR, -EACCES, -ENODEV (no /dev/fuse), -ETIMEDOUT (the
 * child is not ready in time; it is ended), and others
 */
FSAPI int fs_mount(struct fs *fs, const char *path, const struct fs_mount_options *options,
                   struct mount_process **mount, struct fs_error *error);

/** Waits for the end of a mount. @param mount the mount @param timeout_ms how long; -1: for ever @return 0
 * when it has ended; -ETIMEDOUT; a negative errno when the object could not be closed properly: data may be
 * lost */
FSAPI int mount_process_wait(struct mount_process *mount, int timeout_ms);
/** Unmounts, waits until the object is closed, and frees `mount` in any case. @param mount the mount @return
 * as mount_process_wait(); a child that does not end is killed (-ETIMEDOUT) */
FSAPI int mount_process_unmount(struct mount_process *mount);
/** Frees `mount` and leaves what it stands for mounted. @param mount the mount or NULL */
FSAPI void mount_process_free(struct mount_process *mount);

/** Unmounts what is mounted at a path or drive, whoever serves it. @param path the drive or path @param error
 * explains a failure; may be NULL @return 0; -ENOENT when nothing is mounted there; -EACCES; -ETIMEDOUT */
FSAPI int fs_unmount(const char *path, struct fs_error *error);

/** @} */

/** @name In this process, without a mount
 * @{ */

struct fs_volume;

/**
 * Makes a volume of an object, to be used through nt.h or checked by check.h.
 *
 * @param fs the object; the volume takes its own reference
 * @param options flags, timeout_ms, numthreads, fsname, volname, operations, exclusive; the rest means
 * nothing here. NULL for the defaults
 * @param[out] volume receives the volume, to be given up with fs_volume_close()
 * @param[out] error explains a failure; may be NULL
 * @return 0; -EINVAL, -ENOMEM and others
 */
FSAPI int fs_volume_open(struct fs *fs, const struct fs_mount_options *options, struct fs_volume **volume,
                         struct fs_error *error);
/** The volume as a DOKAN_HANDLE. @param volume the volume @return the handle; it is not to be closed */
FSAPI void *fs_volume_handle(const struct fs_volume *volume);
/** Ends the volume and waits until its object is closed. @param volume the volume or NULL @return 0;
 * -ETIMEDOUT; a negative errno when the object could not be closed properly: data may be lost */
FSAPI int fs_volume_close(struct fs_volume *volume);

/** @} */

/** @name For bindings
 * @{ */

/** #FS_API_VERSION of the library that is loaded. @return the number */
FSAPI uint32_t fs_version(void);

/**
 * The Dokan callbacks by which fs_mount() shows an object. Those that are set in
 * fs_mount_options::operations take the place of ours, one by one, and may go on here with the arguments that
 * they got. DOKAN_OPTIONS::GlobalContext, DOKAN_FILE_INFO::Context and ::ProcessingContext belong to the
 * callbacks returned here: whoever replaces ZwCreateFile and does not call it replaces all that work on
 * handles.
 *
 * @return the table; lives as long as the library is loaded
 */
FSAPI const struct _DOKAN_OPERATIONS *fs_operations(void);

/** A call that is watched; see fs_call_begin(). */
struct fs_call {
    uintptr_t opaque[4]; /**< The library's. */
};

/**
 * Protects a callback of your own as ours are: as long as its thread works, or fs_progress() is called in it,
 * its deadline is renewed. What goes on to fs_operations() is protected there already.
 *
 * @param[out] call to be given to fs_call_end() on the same thread, the last begun first
 * @param info what the callback got; of a volume that fs_mount() mounted
 */
FSAPI void fs_call_begin(struct fs_call *call, struct _DOKAN_FILE_INFO *info);
/** Ends it. @param call of fs_call_begin() */
FSAPI void fs_call_end(struct fs_call *call);

/**
 * Puts the library right in a child made by fork() without exec, before its first use there. Mounts and other
 * threads have stayed with the parent. Objects made before are copies and can be used, if no thread was in a
 * call of theirs.
 */
FSAPI void fs_after_fork(void);

/**
 * Takes the methods of a layer away, for good: whatever is asked of it from now on is answered with -EIO, and
 * closing it does nothing. For a language whose interpreter ends while the object is still in use. Calls that
 * are under way are not waited for.
 *
 * @param fs the layer
 */
FSAPI void fs_abandon(struct fs *fs);

/** One entry for fs_fill_many(). */
struct fs_entry {
    const char *name;    /**< As in #fs_fill. */
    struct fs_info info; /**< As in #fs_fill. */
};

/**
 * Reports many entries in one call, which spares a binding the way back into its language for each.
 *
 * @param fill of the scandir method
 * @param ctx of the scandir method
 * @param entries the entries
 * @param count how many
 * @param next cursor behind the first entry; each that follows is one more
 * @return 0 to go on; what `fill` said to stop at once
 */
FSAPI int fs_fill_many(fs_fill fill, void *ctx, const struct fs_entry *entries, size_t count, uint64_t next);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_FS_H_ */
