// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/cleanup.h"
#include "fs/archive/tree_i.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* An entry in short: type letter and name; `=` and what a link is. */
struct made {
    char type; /* d, f, l: symbolic, h: hard */
    const char *name, *target;
    bool backslashes;
};

struct row {
    const char *title;
    struct made entries[6];
    const char *shown; /* "d/a f/a/b", sorted by the walk */
    uint64_t dropped[TREE_DROP_COUNT];
};

static void add(struct tree_builder *builder, const struct made *made, uint64_t size)
{
    static const uint32_t types[128] = {
        ['d'] = FS_TYPE_DIRECTORY, ['f'] = FS_TYPE_FILE, ['l'] = FS_TYPE_SYMLINK, ['h'] = FS_TYPE_FILE};
    struct tree_entry entry = {
        .name = made->name,
        .name_length = strlen(made->name),
        .info = {.type = types[(int)made->type],
                 .valid = FS_INFO_SIZE | FS_INFO_MODE,
                 .size = size,
                 .mode = 07755},
        .target = made->type == 'l' ? made->target : NULL,
        .hardlink = made->type == 'h' ? made->target : NULL,
        .kind = 7,
        .where = {size, 2, 3},
        .backslashes = made->backslashes,
    };
    assert_int_equal(tree_builder_add(builder, &entry, NULL), 0);
}

static struct tree *finish(struct tree_builder *builder, uint64_t archive_size)
{
    struct tree *tree = NULL;
    assert_int_equal(tree_builder_finish(builder, archive_size, &tree, NULL), 0);
    tree_builder_free(builder);
    assert_int_equal(tree_check(tree->image, tree->mapped), 0);
    return tree;
}

static struct tree *build(const struct made *entries, size_t count, const struct tree_limits *limits)
{
    struct tree_builder *builder;
    assert_int_equal(tree_builder_new(limits, &builder), 0);
    for (size_t i = 0; i < count && entries[i].name; i++)
        add(builder, &entries[i], i + 1);
    return finish(builder, 1000);
}

static void print_below(const struct tree *tree, const struct tree_node *node, const char *path, char *out,
                        size_t room)
{
    static const char letters[FS_TYPE_COUNT] = "?dfcbpsl";
    for (uint32_t i = 0; i < node->count; i++) {
        const struct tree_node *child = tree_at(tree, node->first + i);
        char inner[256];
        snprintf(inner, sizeof inner, "%s/%s", path, tree_name(tree, child));
        size_t used = strlen(out);
        snprintf(out + used, room - used, "%s%c%s", used ? " " : "", letters[child->type], inner);
        print_below(tree, child, inner, out, room);
    }
}

static const struct row rows[] = {
    {"plain", {{'f', "a"}, {'f', "b/c"}}, "f/a d/b f/b/c", {0}},
    {"absolute", {{'f', "/etc/x"}}, "d/etc f/etc/x", {0}},
    {"dots and slashes", {{'f', "./a//./b"}}, "d/a f/a/b", {0}},
    {"up", {{'f', "../a"}, {'f', "a/../b"}, {'f', "c/.."}}, "", {[TREE_DROP_NAME] = 3}},
    {"nothing left", {{'f', "."}, {'f', "//"}}, "", {[TREE_DROP_NAME] = 2}},
    {"root directory", {{'d', "./"}, {'d', "/"}}, "", {0}},
    {"backslash is a byte", {{'f', "a\\b"}}, "f/a\\b", {0}},
    {"backslash separates", {{'f', "a\\b", NULL, true}}, "d/a f/a/b", {0}},
    {"drive", {{'f', "C:\\a", NULL, true}}, "f/a", {0}},
    {"drive up", {{'f', "C:..\\a", NULL, true}}, "", {[TREE_DROP_NAME] = 1}},
    {"UNC", {{'f', "\\\\s\\t\\a", NULL, true}}, "d/s d/s/t f/s/t/a", {0}},
    {"device", {{'f', "\\\\?\\C:\\a", NULL, true}}, "f/a", {0}},
    {"last wins", {{'f', "a"}, {'f', "a"}}, "f/a", {[TREE_DROP_DUPLICATE] = 1}},
    {"case stays", {{'f', "a"}, {'f', "A"}}, "f/A f/a", {0}},
    {"file then parent", {{'f', "a"}, {'f', "a/b"}}, "d/a f/a/b", {[TREE_DROP_CONFLICT] = 1}},
    {"parent then file", {{'f', "a/b"}, {'f', "a"}}, "d/a f/a/b", {[TREE_DROP_CONFLICT] = 1}},
    {"file then directory", {{'f', "a"}, {'d', "a"}}, "d/a", {[TREE_DROP_CONFLICT] = 1}},
    {"link as parent", {{'l', "a", "/etc"}, {'f', "a/b"}}, "d/a f/a/b", {[TREE_DROP_CONFLICT] = 1}},
    {"hard link", {{'f', "a"}, {'h', "b/c", "./a"}}, "f/a d/b f/b/c", {0}},
    {"hard link to nothing", {{'h', "b", "a"}, {'f', "a"}}, "f/a", {[TREE_DROP_LINK] = 1}},
    {"hard link to itself", {{'f', "a"}, {'h', "a", "a"}}, "f/a", {[TREE_DROP_LINK] = 1}},
    {"hard link below its target", {{'f', "a"}, {'h', "a/b", "a"}}, "f/a", {[TREE_DROP_LINK] = 1}},
    {"hard link to a directory", {{'d', "a"}, {'h', "b", "a"}}, "d/a", {[TREE_DROP_LINK] = 1}},
    {"hard link out", {{'f', "a"}, {'h', "b", "../a"}}, "f/a", {[TREE_DROP_LINK] = 1}},
    {"empty link", {{'l', "a", ""}}, "", {[TREE_DROP_LINK] = 1}},
};

static void names_by_rule(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct tree *tree = build(rows[i].entries, COUNT_OF(rows[i].entries), NULL);
        char shown[1024] = "";
        print_below(tree, tree_root(tree), "", shown, sizeof shown);
        if (strcmp(shown, rows[i].shown) != 0)
            fail_msg("%s: %s instead of %s", rows[i].title, shown, rows[i].shown);
        for (int why = 0; why < TREE_DROP_COUNT; why++)
            if (tree_dropped(tree, (enum tree_drop)why) != rows[i].dropped[why])
                fail_msg("%s: dropped %d", rows[i].title, why);
        tree_free(tree);
    }
}

static void nul_and_limits(void **state)
{
    const struct tree_limits limits = {.entries = 3, .image_bytes = 1 << 20, .depth = 2, .ratio = 2};
    struct tree_builder *builder;
    assert_int_equal(tree_builder_new(&limits, &builder), 0);
    struct tree_entry entry = {.name = "a\0b", .name_length = 3, .info = {.type = FS_TYPE_FILE}};
    assert_int_equal(tree_builder_add(builder, &entry, NULL), 0);
    add(builder, &(struct made){'f', "a/b/c"}, 1);
    add(builder, &(struct made){'f', "large"}, 2001);
    add(builder, &(struct made){'f', "fits"}, 2000);
    add(builder, &(struct made){'f', "three"}, 1);
    entry = (struct tree_entry){.name = "four", .name_length = 4, .info = {.type = FS_TYPE_FILE}};
    struct fs_error error;
    assert_int_equal(tree_builder_add(builder, &entry, &error), -E2BIG);
    assert_non_null(strstr(error.text, "max-entries"));
    struct tree *tree = finish(builder, 1000);
    int rc;
    assert_null(tree_find(tree, "/large", &rc));
    assert_non_null(tree_find(tree, "/fits", &rc));
    assert_int_equal(tree_dropped(tree, TREE_DROP_NAME), 1);
    assert_int_equal(tree_dropped(tree, TREE_DROP_DEEP), 1);
    assert_int_equal(tree_dropped(tree, TREE_DROP_RATIO), 1);
    tree_free(tree);
}

static void facts_and_links(void **state)
{
    const struct made entries[] = {{'f', "z"}, {'h', "a", "z"}, {'l', "s", "../x"}, {'h', "t", "s"}};
    struct tree *tree = build(entries, COUNT_OF(entries), NULL);
    int rc;
    const struct tree_node *a = tree_find(tree, "/a", &rc), *z = tree_find(tree, "/z", &rc);
    assert_int_equal(a->same, z->same);
    assert_int_equal(a->links, 2);
    assert_int_equal(a->size, 1);
    assert_int_equal(a->where[0], 1);
    assert_int_equal(a->mode, 07755);
    assert_string_equal(tree_target(tree, tree_find(tree, "/t", &rc)), "../x");
    assert_null(tree_target(tree, a));
    assert_null(tree_find(tree, "/a/b", &rc));
    assert_int_equal(rc, -ENOTDIR);
    assert_null(tree_find(tree, "/b", &rc));
    assert_int_equal(rc, -ENOENT);
    assert_ptr_equal(tree_find(tree, "/", &rc), tree_root(tree));
    tree_free(tree);
}

/* ---- index files -------------------------------------------------------------------------------------- */

static char file_name[64];

static int folder_up(void **state)
{
    strcpy(file_name, "/tmp/tree-test-XXXXXX");
    if (!mkdtemp(file_name))
        return 1;
    strcat(file_name, "/x.index");
    return 0;
}

static int folder_down(void **state)
{
    unlink(file_name);
    *strrchr(file_name, '/') = 0;
    return rmdir(file_name);
}

static const struct bytes_identity identity = {.size = 1000, .mtime = 5, .digest = {1, 2, 3, 4}};

static void save_small(void)
{
    const struct made entries[] = {{'f', "b/c"}, {'l', "s", "x"}, {'h', "h", "b/c"}};
    struct tree *tree = build(entries, COUNT_OF(entries), NULL);
    const struct tree_extra extra = {"seek points", 11};
    assert_int_equal(tree_save(tree, &identity, "zip1", &extra, file_name), 0);
    tree_free(tree);
}

static void round_trip(void **state)
{
    save_small();
    struct stat st;
    assert_int_equal(stat(file_name, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct tree *tree;
    struct tree_extra extra;
    assert_int_equal(tree_load(file_name, &identity, "zip1", &tree, &extra), 0);
    char shown[256] = "";
    print_below(tree, tree_root(tree), "", shown, sizeof shown);
    assert_string_equal(shown, "d/b f/b/c f/h l/s");
    assert_int_equal(extra.size, 11);
    assert_memory_equal(extra.data, "seek points", 11);
    tree_free(tree);
    struct bytes_identity other = identity;
    other.mtime++;
    assert_int_equal(tree_load(file_name, &other, "zip1", &tree, &extra), -ESTALE);
    assert_int_equal(tree_load(file_name, &identity, "zip2", &tree, &extra), -ESTALE);
    assert_int_equal(tree_load("/nowhere/x", &identity, "zip1", &tree, &extra), -ENOENT);
}

static void write_bytes(const void *data, size_t size)
{
    CLEANUP_FD int fd = open(file_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, data, size), size);
}

static size_t read_bytes(unsigned char *data, size_t room)
{
    CLEANUP_FD int fd = open(file_name, O_RDONLY);
    return (size_t)read(fd, data, room);
}

static void assert_refused(void)
{
    struct tree *tree;
    struct tree_extra extra;
    int rc = tree_load(file_name, &identity, "zip1", &tree, &extra);
    assert_true(rc == -EBADMSG || rc == -ESTALE);
}

static void damaged_files(void **state)
{
    static unsigned char data[16384];
    save_small();
    size_t size = read_bytes(data, sizeof data);
    for (size_t i = 0; i < size; i++) {
        data[i] ^= 1u << i % 8;
        write_bytes(data, size);
        assert_refused();
        data[i] ^= 1u << i % 8;
    }
    for (size_t i = 0; i < size; i += 7) {
        write_bytes(data, i);
        assert_refused();
    }
}

/* Whatever stands in the image, with a right checksum: refused, or a tree that can be walked. */
static void forged_images(void **state)
{
    static unsigned char data[16384];
    uint64_t random = 42;
    save_small();
    size_t size = read_bytes(data, sizeof data);
    for (int round = 0; round < 20000; round++) {
        size_t at = testing_random(&random) % size;
        unsigned char old = data[at];
        data[at] = (unsigned char)testing_random(&random);
        CLEANUP_FREE void *image = malloc(size);
        memcpy(image, data, size);
        if (tree_check(image, size) == 0) {
            struct tree tree;
            tree_attach(&tree, image, size);
            char shown[4096] = "";
            print_below(&tree, tree_root(&tree), "", shown, sizeof shown);
        }
        data[at] = old;
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Duplicates add no nodes, but their targets are texts: those have the same limit. */
static void duplicates_have_a_limit(void **state)
{
    (void)state;
    const struct tree_limits limits = {.entries = 1000, .image_bytes = 1 << 20, .depth = 10};
    struct tree_builder *builder;
    CLEANUP_FREE char *target = malloc(60001);
    memset(target, 't', 60000);
    target[60000] = 0;
    const struct tree_entry entry = {
        .name = "link", .name_length = 4, .info = {.type = FS_TYPE_SYMLINK}, .target = target};
    int rc = 0, count = 0;
    assert_int_equal(tree_builder_new(&limits, &builder), 0);
    for (; rc == 0 && count < 100; count++)
        rc = tree_builder_add(builder, &entry, NULL);
    assert_int_equal(rc, -E2BIG);
    assert_in_range(count, 2, 18);
    tree_builder_free(builder);
}

static void a_million(void **state)
{
    struct tree_builder *builder;
    assert_int_equal(tree_builder_new(NULL, &builder), 0);
    double start = seconds();
    for (unsigned i = 0; i < 1000000; i++) {
        char name[64];
        snprintf(name, sizeof name, "dir%u/sub%u/file%u", i % 100, i % 37, i);
        add(builder, &(struct made){'f', name}, 1);
    }
    double added = seconds();
    struct tree *tree = finish(builder, 1000);
    double finished = seconds();
    assert_int_equal(tree_save(tree, &identity, "zip1", NULL, file_name), 0);
    tree_free(tree);
    double saved = seconds();
    assert_int_equal(tree_load(file_name, &identity, "zip1", &tree, NULL), 0);
    double loaded = seconds();
    print_message("1 M names: add %.0f ms, finish and check %.0f ms, save %.0f ms, load %.0f ms\n",
                  (added - start) * 1e3, (finished - added) * 1e3, (saved - finished) * 1e3,
                  (loaded - saved) * 1e3);
    int rc;
    assert_non_null(tree_find(tree, "/dir99/sub0/file999999", &rc));
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_by_rule),
        cmocka_unit_test(nul_and_limits),
        cmocka_unit_test(facts_and_links),
        cmocka_unit_test(duplicates_have_a_limit),
        cmocka_unit_test_setup_teardown(round_trip, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(damaged_files, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(forged_images, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_million, folder_up, folder_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
