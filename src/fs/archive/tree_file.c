// SPDX-License-Identifier: MIT
/*
 * Trees in index files. A file is written under another name and then renamed, so whoever opens it sees all
 * of it or nothing; nobody ever writes into one that has its name.
 */
#include "fs/archive/tree_i.h"

#include "base/cleanup.h"
#include "base/io.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKED_FROM (offsetof(struct tree_header, checksum) + sizeof(uint64_t))

static void unmap_image(void **image)
{
    struct tree_header *header = *image;
    if (header)
        munmap(header, header->size);
}

/* The image as the file will have it. */
static int full_image(const struct tree *tree, const struct bytes_identity *identity, const char *format,
                      const struct tree_extra *extra, void **out)
{
    const struct tree_header *from = tree->header;
    size_t plain = from->size - from->extra, more = extra ? extra->size : 0, size = plain + more;
    struct tree_header *to = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (to == MAP_FAILED)
        return -ENOMEM;
    memcpy(to, from, plain);
    if (more)
        memcpy((char *)to + plain, extra->data, more);
    to->size = size;
    to->extra = more;
    to->identity = *identity;
    memset(to->format, 0, sizeof to->format);
    memcpy(to->format, format, strnlen(format, sizeof to->format - 1));
    to->checksum = tree_checksum((char *)to + CHECKED_FROM, size - CHECKED_FROM);
    *out = to;
    return 0;
}

static int write_file(const char *name, const void *image, size_t size)
{
    CLEANUP_FREE char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", name) < 0)
        return -ENOMEM;
    CLEANUP_FD int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = write_all(fd, image, size);
    if (rc == 0 && rename(temporary, name) < 0)
        rc = -errno;
    if (rc)
        unlink(temporary);
    return rc;
}

int tree_save(const struct tree *tree, const struct bytes_identity *identity, const char *format,
              const struct tree_extra *extra, const char *file)
{
    __attribute__((cleanup(unmap_image))) void *image = NULL;
    int rc = full_image(tree, identity, format, extra, &image);
    return rc ? rc : write_file(file, image, ((struct tree_header *)image)->size);
}

static int map_file(const char *file, struct tree *tree)
{
    CLEANUP_FD int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 022)
        return -EPERM;
    if ((size_t)st.st_size < sizeof(struct tree_header))
        return -EBADMSG;
    tree->mapped = (size_t)st.st_size;
    tree->image = mmap(NULL, tree->mapped, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (tree->image == MAP_FAILED)
        tree->image = NULL;
    return tree->image ? 0 : -errno;
}

static int check_file(const struct tree *tree, const struct bytes_identity *identity, const char *format)
{
    const struct tree_header *header = tree->image;
    int rc = header && header->size == tree->mapped ? 0 : -EBADMSG;
    if (rc == 0 &&
        header->checksum != tree_checksum((const char *)header + CHECKED_FROM, tree->mapped - CHECKED_FROM))
        rc = -EBADMSG;
    if (rc == 0)
        rc = tree_check(header, tree->mapped);
    if (rc)
        return rc;
    return memcmp(&header->identity, identity, sizeof *identity) == 0 && strcmp(header->format, format) == 0
               ? 0
               : -ESTALE;
}

int tree_load(const char *file, const struct bytes_identity *identity, const char *format, struct tree **out,
              struct tree_extra *extra)
{
    struct tree tree = {0};
    int rc = map_file(file, &tree);
    if (rc)
        return rc;
    rc = check_file(&tree, identity, format);
    CLEANUP_FREE struct tree *made = rc ? NULL : malloc(sizeof *made);
    if (!made) {
        munmap(tree.image, tree.mapped);
        return rc ? rc : -ENOMEM;
    }
    tree_attach(&tree, tree.image, tree.mapped);
    if (extra)
        *extra = (struct tree_extra){tree.texts + tree.header->texts, tree.header->extra};
    *made = tree;
    *out = steal_ptr(&made);
    return 0;
}
