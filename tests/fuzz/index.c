// SPDX-License-Identifier: MIT
/*
 * Target: trees of names and their index files. The first byte says what the rest is: an index file as it is;
 * one that gets the size, version and checksum that it should have, so that the checks behind those are
 * reached; or names of an archive, of which a tree is built and saved, and some bytes of it changed.
 */
#include "fuzz.h"

#include "fs/archive/tree_i.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECKED_FROM = offsetof(struct tree_header, checksum) + sizeof(uint64_t) };

static const char *place(void)
{
    static char path[4096];
    const char *tmp = getenv("TMPDIR");
    if (!path[0])
        snprintf(path, sizeof path, "%s/fuzz-index.%d", tmp && *tmp ? tmp : "/tmp", (int)getpid());
    return path;
}

static void remove_place(void)
{
    unlink(place());
}

/* Gone each time: to overwrite a file in place can mean waiting for the disk. */
static void clear_place(void)
{
    static bool first = true;
    remove_place();
    if (first)
        atexit(remove_place);
    first = false;
}

static void put(const void *data, size_t size)
{
    clear_place();
    int fd = open(place(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    fuzz_must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "the temporary file can be written");
    close(fd);
}

static void mend(struct tree_header *header, size_t size)
{
    memcpy(header->magic, "dokantre", sizeof header->magic);
    header->version = TREE_VERSION;
    header->header_size = sizeof *header;
    header->node_size = sizeof(struct tree_node);
    header->size = size;
    header->checksum = tree_checksum((const char *)header + CHECKED_FROM, size - CHECKED_FROM);
}

/* Touches all that a reader of the tree could. */
static void look(const struct tree *tree, const struct tree_extra *extra)
{
    uint64_t count = tree_count(tree), sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *node = tree_at(tree, i);
        const char *name = tree_name(tree, node), *target = tree_target(tree, node);
        fuzz_must(tree_index(tree, node) == i, "a node has its index");
        fuzz_must(i == 0 || fs_name_ok(name), "names are good");
        fuzz_must(i == 0 ? node->parent == 0 : node->parent < i, "parents come first");
        for (uint32_t c = 0; c < node->count; c++)
            fuzz_must(tree_at(tree, node->first + c)->parent == i, "children know their parent");
        sum += strlen(name) + (target ? strlen(target) : 0) + node->size;
    }
    for (uint32_t i = 0; i < count && i < 64; i++) {
        char path[FS_NAME_MAX + 2];
        int rc = 0;
        const struct tree_node *root = tree_root(tree);
        if (i < root->count) {
            const struct tree_node *child = tree_at(tree, root->first + i);
            snprintf(path, sizeof path, "/%s", tree_name(tree, child));
            fuzz_must(tree_find(tree, path, &rc) == child, "what is listed is found");
        }
    }
    for (size_t i = 0; i < extra->size; i++)
        sum += ((const unsigned char *)extra->data)[i];
    *(volatile uint64_t *)&sum = sum;
}

static void load(const struct bytes_identity *identity, const char *format, bool whole)
{
    struct tree *tree = NULL;
    struct tree_extra extra = {0};
    int rc = tree_load(place(), identity, format, &tree, &extra);
    fuzz_must(rc == 0 || rc == -EBADMSG || rc == -ESTALE, "an index is good, damaged or stale");
    fuzz_must(rc == 0 || !whole, "what was saved can be loaded");
    if (rc)
        return;
    look(tree, &extra);
    tree_free(tree);
}

static void try_image(const uint8_t *data, size_t size, bool mended)
{
    struct tree_header *image = calloc(1, size + sizeof *image);
    if (!image)
        abort();
    memcpy(image, data, size);
    if (mended && size >= sizeof *image)
        mend(image, size);
    put(image, size);
    image->format[TREE_FORMAT_MAX - 1] = 0;
    load(&image->identity, image->format, false);
    free(image);
}

/* ---- trees of names --------------------------------------------------------------------------------- */

/* One line is an entry: `d` a directory, `l` a link, `h` a hard link to what stands before the blank. */
static int add_entry(struct tree_builder *builder, char *line)
{
    char *name = line + 1, *blank = strchr(name, ' ');
    struct tree_entry entry = {.info = {.type = FS_TYPE_FILE, .valid = FS_INFO_SIZE}};
    if (line[0] == 'h' && blank) {
        *blank = 0;
        entry.hardlink = name;
        name = blank + 1;
    }
    entry.name = name;
    entry.name_length = strlen(name);
    entry.info.size = entry.name_length * (uint64_t)line[0];
    entry.backslashes = line[0] & 1;
    if (line[0] == 'd')
        entry.info = (struct fs_info){.type = FS_TYPE_DIRECTORY};
    if (line[0] == 'l') {
        entry.info = (struct fs_info){.type = FS_TYPE_SYMLINK};
        entry.target = "../target";
    }
    return tree_builder_add(builder, &entry, NULL);
}

static struct tree *build(char *text)
{
    static const struct tree_limits limits = {
        .entries = 1000, .image_bytes = 1 << 20, .depth = 16, .ratio = 100};
    struct tree_builder *builder;
    struct tree *tree = NULL;
    char *save = NULL;
    int rc = tree_builder_new(&limits, &builder);
    for (char *line = strtok_r(text, "\n", &save); line && rc == 0; line = strtok_r(NULL, "\n", &save))
        rc = add_entry(builder, line);
    rc = rc ? rc : tree_builder_finish(builder, 1000, &tree, NULL);
    fuzz_must(rc == 0 || rc == -E2BIG, "any names make a tree, or too large a one");
    tree_builder_free(builder);
    return tree;
}

/* Three bytes each: where, and what. */
static void change(const uint8_t *edits, size_t count)
{
    struct stat st;
    fuzz_must(stat(place(), &st) == 0, "the index was saved");
    size_t size = (size_t)st.st_size;
    struct tree_header *image = malloc(size);
    int fd = open(place(), O_RDONLY | O_CLOEXEC);
    fuzz_must(image && fd >= 0 && read(fd, image, size) == (ssize_t)size, "the index can be read");
    close(fd);
    for (; count >= 3; count -= 3, edits += 3)
        ((uint8_t *)image)[(edits[0] | edits[1] << 8) % size] = edits[2];
    mend(image, size);
    put(image, size);
    free(image);
}

static void try_names(const uint8_t *data, size_t size)
{
    struct bytes_identity identity = {.size = 1000};
    const struct tree_extra extra = {"state", 5};
    size_t edits = size ? data[0] % 8 * (size_t)3 : 0;
    if (size < 1 + edits)
        return;
    char *text = fuzz_text(data + 1 + edits, size - 1 - edits);
    struct tree *tree = build(text);
    if (tree) {
        look(tree, &(struct tree_extra){NULL, 0});
        clear_place();
        fuzz_must(tree_save(tree, &identity, "fuzz1", &extra, place()) == 0, "a tree can be saved");
        if (edits)
            change(data + 1, edits);
        load(&identity, "fuzz1", edits == 0);
        tree_free(tree);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] % 4 < 2)
        try_image(data + 1, size - 1, data[0] % 4 == 1);
    else
        try_names(data + 1, size - 1);
    return 0;
}
