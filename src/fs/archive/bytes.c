// SPDX-License-Identifier: MIT
/*
 * Bytes: counting, checked reads, files of objects, slices, and the identity of a file.
 *
 * A slice and a file are immutable once made, so reads take no lock here; the object below keeps its own.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* what came instead reads OpenSSL's configuration: a millisecond */
#include "fs/bytes.h"

#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IDENTITY_PART = 65536 };

struct bytes *bytes_ref(struct bytes *bytes)
{
    if (bytes)
        atomic_fetch_add_explicit(&bytes->refs, 1, memory_order_relaxed);
    return bytes;
}

void bytes_put(struct bytes *bytes)
{
    if (bytes && atomic_fetch_sub_explicit(&bytes->refs, 1, memory_order_acq_rel) == 1)
        bytes->ops->free(bytes);
}

ssize_t bytes_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    if (offset >= bytes->size)
        return 0;
    if (size > bytes->size - offset)
        size = (size_t)(bytes->size - offset);
    if (size > SSIZE_MAX)
        size = SSIZE_MAX;
    if (size == 0)
        return 0;
    ssize_t got = bytes->ops->pread(bytes, buf, size, offset);
    return got > (ssize_t)size ? -EIO : got;
}

int bytes_read_all(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    char *to = buf;
    while (size) {
        ssize_t got = bytes_pread(bytes, to, size, offset);
        if (got <= 0)
            return got < 0 ? (int)got : -EBADMSG;
        to += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

/* ---- a file of an object ------------------------------------------------------------------------------ */

struct file_bytes {
    struct bytes bytes;
    struct fs *fs;
    struct fs_file *file; /* NULL when fd serves */
};

static ssize_t fd_pread(int fd, void *buf, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, (char *)buf + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static ssize_t file_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    struct file_bytes *file = (struct file_bytes *)bytes;
    if (bytes->fd >= 0)
        return fd_pread(bytes->fd, buf, size, offset);
    return fs_f_pread(file->fs, file->file, buf, size, offset);
}

static void file_free(struct bytes *bytes)
{
    struct file_bytes *file = (struct file_bytes *)bytes;
    if (bytes->fd >= 0)
        close(bytes->fd);
    if (file->file)
        (void)fs_f_close(file->fs, file->file);
    (void)fs_close(file->fs);
    free(file);
}

static const struct bytes_ops file_ops = {file_pread, file_free};

/* A descriptor of the same file, if the object says where it lies. The path may lead elsewhere by now: only
 * the number of the file tells that it is the one that the object has opened. */
static int open_native(struct fs *fs, const char *path, const struct fs_info *info)
{
    if (!(info->valid & FS_INFO_ID))
        return -1;
    CLEANUP_FREE char *name = malloc(PATH_MAX);
    if (!name || fs_getospath(fs, path, name, PATH_MAX) < 0)
        return -1;
    CLEANUP_FD int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != info->id ||
        (uint64_t)st.st_size != info->size)
        return -1;
    return steal_fd(&fd);
}

static int file_facts(struct fs *fs, const char *path, struct fs_file *file, struct fs_info *info)
{
    const uint32_t want = FS_INFO_SIZE | FS_INFO_ID;
    int rc = fs_f_getinfo(fs, file, want, info);
    if (rc == -EOPNOTSUPP)
        rc = fs_getinfo(fs, path, want, info);
    if (rc)
        return rc;
    return info->type == FS_TYPE_FILE && info->valid & FS_INFO_SIZE ? 0 : -ESPIPE;
}

int bytes_of_file(struct fs *fs, const char *path, struct bytes **out, struct fs_error *error)
{
    struct fs_file *file = NULL;
    struct fs_info info = {0};
    int rc = fs_open(fs, path, O_RDONLY, 0, &file);
    if (rc)
        return fs_fail(error, rc, "cannot open %s: %s", path, strerror(-rc));
    rc = file_facts(fs, path, file, &info);
    struct file_bytes *made = rc ? NULL : calloc(1, sizeof *made);
    if (!made) {
        (void)fs_f_close(fs, file);
        rc = rc ? rc : -ENOMEM;
        return fs_fail(error, rc, "cannot tell the size of %s: %s", path, strerror(-rc));
    }
    made->bytes.ops = &file_ops;
    made->bytes.size = info.size;
    made->bytes.fd = open_native(fs, path, &info);
    atomic_init(&made->bytes.refs, 1);
    made->fs = fs_ref(fs);
    made->file = file;
    *out = &made->bytes;
    return 0;
}

/* ---- slices ------------------------------------------------------------------------------------------- */

struct slice {
    struct bytes bytes;
    struct bytes *whole;
    uint64_t offset;
};

static ssize_t slice_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    struct slice *slice = (struct slice *)bytes;
    return bytes_pread(slice->whole, buf, size, slice->offset + offset);
}

static void slice_free(struct bytes *bytes)
{
    struct slice *slice = (struct slice *)bytes;
    bytes_put(slice->whole);
    free(slice);
}

static const struct bytes_ops slice_ops = {slice_pread, slice_free};

int bytes_slice(struct bytes *whole, uint64_t offset, uint64_t size, struct bytes **out)
{
    CLEANUP_BYTES struct bytes *held = whole;
    if (offset > whole->size || size > whole->size - offset)
        return -EBADMSG;
    struct slice *slice = calloc(1, sizeof *slice);
    if (!slice)
        return -ENOMEM;
    slice->bytes.ops = &slice_ops;
    slice->bytes.size = size;
    slice->bytes.fd = -1;
    atomic_init(&slice->bytes.refs, 1);
    slice->whole = steal_ptr(&held);
    slice->offset = offset;
    *out = &slice->bytes;
    return 0;
}

/* ---- identity ----------------------------------------------------------------------------------------- */

/* Both ends; where they meet, all of it once. */
static int digest_ends(struct bytes *bytes, uint64_t digest[4])
{
    CLEANUP_FREE char *part = malloc(IDENTITY_PART);
    SHA256_CTX sum;
    if (!part || !SHA256_Init(&sum))
        return -ENOMEM;
    uint64_t size = bytes->size;
    uint64_t head = size < IDENTITY_PART ? size : IDENTITY_PART;
    uint64_t tail = size - head < IDENTITY_PART ? size - head : IDENTITY_PART;
    const struct {
        uint64_t offset, size;
    } parts[] = {{0, head}, {size - tail, tail}};
    for (int i = 0; i < 2; i++) {
        int rc = bytes_read_all(bytes, part, (size_t)parts[i].size, parts[i].offset);
        if (rc)
            return rc;
        SHA256_Update(&sum, part, (size_t)parts[i].size);
    }
    return SHA256_Final((unsigned char *)digest, &sum) ? 0 : -EIO;
}

int bytes_identify(struct bytes *bytes, struct fs *fs, const char *path, struct bytes_identity *out)
{
    memset(out, 0, sizeof *out);
    out->size = bytes->size;
    struct fs_info info;
    if (fs && path && fs_getinfo(fs, path, FS_INFO_MTIME, &info) == 0 && info.valid & FS_INFO_MTIME)
        out->mtime = info.mtime;
    return digest_ends(bytes, out->digest);
}
