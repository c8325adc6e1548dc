// SPDX-License-Identifier: MIT
/*
 * Zip archives: the kind and the format; who decodes which entry; the password.
 *
 * The password is found while opening, then never changes, so entries read it without a lock.
 */
#include "fs/archive/zip.h"

#include "base/cleanup.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zip.h>

enum { SECRET_ROOM = 4096, ATTEMPTS = 3, DICTIONARY = 64 << 20 };

struct zip_data {
    char *secret; /* a locked page; NULL: no password */
};

/* ---- the password ------------------------------------------------------------------------------------- */

static struct zip_data *data_of(const struct archive *archive)
{
    return archive->data;
}

const char *zip_password(const struct archive *archive)
{
    return data_of(archive)->secret;
}

static void forget(struct zip_data *data)
{
    if (!data->secret)
        return;
    explicit_bzero(data->secret, SECRET_ROOM);
    munmap(data->secret, SECRET_ROOM);
    data->secret = NULL;
}

static int make_room(struct zip_data *data)
{
    char *room = mmap(NULL, SECRET_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return -ENOMEM;
    (void)mlock(room, SECRET_ROOM);
    (void)madvise(room, SECRET_ROOM, MADV_DONTDUMP);
    data->secret = room;
    return 0;
}

static int no_password(struct archive *archive, struct fs_error *error)
{
    forget(data_of(archive));
    return fs_fail(error, -EACCES,
                   "the password for %s is wrong or missing; give it with --ask-password or credentials=FILE",
                   archive->name);
}

int zip_need_password(struct archive *archive, const struct zip_record *record, struct fs_error *error)
{
    struct zip_data *data = data_of(archive);
    int rc = data->secret ? 0 : make_room(data);
    if (rc)
        return fs_fail(error, rc, "no memory");
    if (data->secret[0] && zip_try_password(archive, record) == 0)
        return 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (fs_request_password(archive->request, archive->name, attempt, data->secret, SECRET_ROOM))
            break;
        rc = zip_try_password(archive, record);
        if (rc != -ENOKEY)
            return rc == -ENOMEM ? fs_fail(error, rc, "no memory") : 0;
    }
    return no_password(archive, error);
}

/* The smallest encrypted file: it is quickly tried, and as a whole. */
static const struct tree_node *encrypted_node(const struct tree *tree)
{
    const struct tree_node *best = NULL;
    for (uint64_t i = 0; i < tree_count(tree); i++) {
        const struct tree_node *node = tree_at(tree, (uint32_t)i);
        if (node->kind & ZIP_KIND_ENCRYPTED && node->type == FS_TYPE_FILE &&
            (!best || node->size < best->size))
            best = node;
    }
    return best;
}

static int zip_ready(struct archive *archive, struct fs_error *error)
{
    const struct tree_node *node = encrypted_node(archive->tree);
    if (!node)
        return 0;
    CLEANUP_FREE unsigned char *room = NULL;
    struct zip_record record;
    int rc = zip_record_read(archive->source, node->where[0], node->where[1], &record, &room);
    if (rc)
        return fs_fail(error, rc, "cannot read the directory of %s: %s", archive->name, strerror(-rc));
    return zip_need_password(archive, &record, error);
}

/* ---- entries ------------------------------------------------------------------------------------------ */

/* How an entry with AES is packed stands in its extra field. */
static int method_of(const struct zip_record *record)
{
    const unsigned char *at = record->extra;
    uint32_t left = record->extra_length;
    struct zip_extra extra;
    if (record->method != ZIP_METHOD_AES)
        return record->method;
    while (zip_extra_next(&at, &left, &extra))
        if (extra.id == ZIP_EXTRA_AES && extra.length >= 7)
            return zip_le16(extra.data + 5);
    return record->method;
}

/* A decoder takes memory for the dictionary that the data asks for: no more than the file can make use of. */
static int check_dictionary(struct archive *archive, const struct zip_record *record)
{
    unsigned char head[9];
    uint64_t start;
    if (record->method != ZIP_CM_LZMA || record->flags & ZIP_FLAG_ENCRYPTED || record->packed < sizeof head)
        return 0;
    int rc = zip_data_start(archive->source, record, &start);
    if (rc == 0)
        rc = bytes_read_all(archive->source, head, sizeof head, start);
    if (rc)
        return rc;
    uint32_t size = zip_le32(head + 5);
    return size > DICTIONARY && size / 2 > record->size ? -EBADMSG : 0;
}

int zip_entry_bytes(struct archive *archive, const struct zip_record *record, struct bytes **out)
{
    bool encrypted = record->flags & ZIP_FLAG_ENCRYPTED;
    int method = method_of(record);
    if (encrypted && record->size == 0)
        return bytes_slice(bytes_ref(archive->source), 0, 0, out);
    if (encrypted && !zip_password(archive))
        return -ENOKEY;
    if (record->method == ZIP_METHOD_AES && !encrypted)
        return -EBADMSG;
    if (method == ZIP_METHOD_STORED && !encrypted)
        return zip_stored(archive->source, record, out);
    if (method == ZIP_METHOD_DEFLATED && !encrypted)
        return zip_deflated(archive, record, out);
    int rc = check_dictionary(archive, record);
    if (rc)
        return rc;
    rc = -EOPNOTSUPP;
    if (zip_compression_method_supported(method, 0))
        rc = zip_by_libzip(archive, record, out);
    if (rc == -EOPNOTSUPP)
        rc = zip_by_libarchive(archive, record, out);
    return rc;
}

static int zip_entry_of_node(struct archive *archive, const struct tree_node *node, struct bytes **out)
{
    CLEANUP_FREE unsigned char *room = NULL;
    struct zip_record record;
    int rc = zip_record_read(archive->source, node->where[0], node->where[1], &record, &room);
    if (rc == 0 && record.size != node->size)
        rc = -EBADMSG;
    return rc ? rc : zip_entry_bytes(archive, &record, out);
}

static void zip_close_kind(struct archive *archive)
{
    forget(data_of(archive));
    free(archive->data);
}

static const struct archive_kind zip_kind = {
    .name = "zip1",
    .scan = zip_scan,
    .ready = zip_ready,
    .entry = zip_entry_of_node,
    .close = zip_close_kind,
};

/* ---- the format --------------------------------------------------------------------------------------- */

static int zip_open_format(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    struct zip_data *data = calloc(1, sizeof *data);
    if (!data)
        return fs_fail(error, -ENOMEM, "no memory");
    return archive_open(request, &zip_kind, data, fs, error);
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    return length >= tail && strcasecmp(name + length - tail, suffix) == 0;
}

/* Something may stand before the archive, so the name counts where the content does not tell. */
static int zip_recognise(const void *head, size_t length, const char *name, uint64_t size)
{
    if (size < ZIP_END_SIZE)
        return 0;
    uint32_t sign = length >= 4 ? zip_le32(head) : 0;
    if (sign == ZIP_LOCAL_SIGN || sign == ZIP_END_SIGN)
        return 90;
    return name && has_suffix(name, ".zip") ? 60 : 0;
}

static void zip_describe(FILE *out)
{
    static const struct {
        int method;
        const char *name;
    } methods[] = {
        {ZIP_CM_STORE, "stored"}, {ZIP_CM_DEFLATE, "deflate"}, {ZIP_CM_BZIP2, "bzip2"},
        {ZIP_CM_LZMA, "lzma"},    {ZIP_CM_XZ, "xz"},
    };
    fprintf(out, "zip read libzip %s:", zip_libzip_version());
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (zip_compression_method_supported(methods[i].method, 0))
            fprintf(out, " %s", methods[i].name);
    if (zip_encryption_method_supported(ZIP_EM_AES_256, 0))
        fprintf(out, " aes");
    fprintf(out, "; others by libarchive\n");
}

static const char *const zip_schemes[] = {"zip", NULL};
static const struct fs_param_doc zip_params[] = {ARCHIVE_PARAMS, {0}};

const struct fs_format format_zip = {
    .size = sizeof(struct fs_format),
    .version = FS_API_VERSION,
    .schemes = zip_schemes,
    .summary = "ZIP archives (libzip), also encrypted ones",
    .container = true,
    .params = zip_params,
    .recognise = zip_recognise,
    .open = zip_open_format,
    .describe = zip_describe,
};
