// SPDX-License-Identifier: MIT
/*
 * Packs a plain file of runs, text and noise with the real tools.
 */
#include "fs/stream/stream_testing.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

uint8_t *plain, *small;
size_t plain_size;
static char folder[] = "/tmp/stream-test.XXXXXX";

/* ---- packed bytes in memory --------------------------------------------------------------------------- */

struct memory {
    struct bytes bytes; /* first */
    uint8_t *data;
};

static ssize_t memory_pread(struct bytes *bytes, void *buf, size_t size, uint64_t offset)
{
    memcpy(buf, ((struct memory *)bytes)->data + offset, size);
    return (ssize_t)size;
}

static void memory_free(struct bytes *bytes)
{
    free(((struct memory *)bytes)->data);
    free(bytes);
}

int memory_fd = -1;

struct bytes *memory(const void *data, size_t size)
{
    static const struct bytes_ops ops = {memory_pread, memory_free};
    struct memory *made = calloc(1, sizeof *made);
    made->bytes = (struct bytes){.ops = &ops, .refs = 1, .size = size, .fd = memory_fd};
    made->data = malloc(size + 1); /* exact enough for ASan: a read of one byte more is seen by comparing */
    memcpy(made->data, data, size);
    return &made->bytes;
}

static struct packed slurp(const char *name)
{
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    struct packed packed = {malloc((size_t)st.st_size + 1), (size_t)st.st_size};
    assert_int_equal(fread(packed.data, 1, packed.size, file), packed.size);
    fclose(file);
    return packed;
}

static void spew(const char *name, const void *data, size_t size)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* ---- the ways to pack --------------------------------------------------------------------------------- */

#define HALVES(one, two) "{ head -c 1000 $F | " one "; tail -c +1001 $F | " two "; } > $F.out"
#define PARTS(pack)      "split -b 1500000 --filter='" pack "' $F > $F.out"

const struct way ways[] = {
    {"gzip", "gzip", "gzip -c $F > $F.out", true},
    {"gzip", "gzip", "gzip -1 -c $F > $F.out", true},
    {"gzip", "pigz", "pigz -c $F > $F.out", true},
    {"gzip", "gzip", HALVES("gzip", "gzip -9"), false},
    {"gzip", "gzip", "{ gzip -c $F; head -c 1000 /dev/zero; } > $F.out", true},
    {"gzip", "gzip", PARTS("gzip -1"), true},
    {"bzip2", "bzip2", "bzip2 -c $F > $F.out", true},
    {"bzip2", "bzip2", "bzip2 -1 -c $F > $F.out", true},
    {"bzip2", "lbzip2", "lbzip2 -c $F > $F.out", true},
    {"bzip2", "bzip2", HALVES("bzip2 -3", "bzip2"), false},
    {"xz", "xz", "xz -1 -c $F > $F.out", true},
    {"xz", "xz", "xz -1 -T2 --block-size=700KiB -c $F > $F.out", true},
    {"xz", "xz", HALVES("xz -0", "xz -1 --check=sha256 --block-size=2MiB"), true},
    {"xz", "xz", "{ xz -1 -c $F; head -c 8 /dev/zero; printf '' | xz; } > $F.out", true},
    {"xz", "xz", "xz -1 --x86 --lzma2 --check=none -c $F > $F.out", false},
    {"xz", "pixz", "pixz -1 -t < $F > $F.out", true},
    {"zstd", "zstd", "zstd -q -c $F > $F.out", true},
    {"zstd", "zstd", "zstd -q < $F > $F.out", true},
    {"zstd", "zstd", "zstd -q --no-check -1 -c $F > $F.out", false},
    {"zstd", "pzstd", "pzstd -q -1 -c $F > $F.out", true},
    {"zstd", "zstd", PARTS("zstd -q"), true},
    {"zstd", "zstd", HALVES("zstd -q", "zstd -q --long"), true},
    {"lz4", "lz4", "lz4 -q -c $F > $F.out", true},
    {"lz4", "lz4", "lz4 -q -9 -BD -B4 --no-frame-crc -c $F > $F.out", false},
    {"lzma", "xz", "xz --format=lzma -1 -c $F > $F.out", false},
    {"lzip", "lzip", "lzip -1 -c $F > $F.out", true},
    {"compress", "compress", "compress -c $F > $F.out", false},
};

const struct way bomb = {"zstd", "zstd", "head -c 520M /dev/zero | zstd -q > $F.out", true};

/* False: there is no such tool here. */
bool pack(const struct way *way, const char *name, struct packed *out)
{
    char command[600];
    plain_size = strcmp(name, "long") == 0 ? LONG : PLAIN;
    snprintf(command, sizeof command,
             "command -v %s >/dev/null || exit 7; cd %s && F=%s; { %s; } 2>/dev/null", way->tool, folder,
             name, way->command);
    int status = system(command);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
        return false;
    char output[64];
    snprintf(output, sizeof output, "%s.out", name);
    *out = slurp(output);
    return true;
}

struct bytes *open_stream(const struct packed *packed, struct spill *spill)
{
    struct bytes *stream;
    struct fs_error error;
    assert_int_equal(stream_open(memory(packed->data, packed->size), spill, &stream, &error), 0);
    return stream;
}

/* "plain" as it was packed once; packing takes longer than many a test. */
static struct packed kept[COUNT_OF(ways)];

static bool pack_once(size_t i, const char *name, struct packed *out)
{
    if (strcmp(name, "small") == 0)
        return pack(&ways[i], name, out);
    if (!kept[i].data && !pack(&ways[i], name, &kept[i]))
        return false;
    plain_size = strcmp(name, "long") == 0 ? LONG : PLAIN;
    *out = (struct packed){malloc(kept[i].size + 1), kept[i].size};
    memcpy(out->data, kept[i].data, kept[i].size);
    return true;
}

void each_way(void (*check)(const struct way *way, const struct packed *packed), const char *name)
{
    if (testing_full() && strcmp(name, "plain") == 0)
        name = "long";
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct packed packed;
        if (!pack_once(i, name, &packed)) {
            print_message("no %s here\n", ways[i].tool);
            continue;
        }
        if (stream_codec(packed.data, packed.size < 512 ? packed.size : 512) != NULL)
            assert_string_equal(stream_codec(packed.data, packed.size < 512 ? packed.size : 512),
                                ways[i].codec);
        else
            fail_msg("not recognised: %s", ways[i].command);
        check(&ways[i], &packed);
        free(packed.data);
    }
}

int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    uint64_t random = 42;
    plain = malloc(LONG);
    small = malloc(SMALL);
    /* Runs, text and noise: deflate makes all kinds of blocks of it. */
    for (size_t i = 0; i < LONG;) {
        uint64_t kind = testing_random(&random);
        size_t length = kind >> 8 & 0xffff;
        for (size_t k = 0; k < length && i < LONG; k++, i++)
            plain[i] = kind % 4 == 0 ? (uint8_t)(kind >> 32)
                       : kind % 4 == 1
                           ? (uint8_t)testing_random(&random)
                           : (uint8_t)("the quick brown fox "[(k + (k >> 7)) % 20] + (k >> 12 & 3));
    }
    for (size_t i = 0; i < SMALL; i++)
        small[i] = i < SMALL / 3 ? (uint8_t)testing_random(&random) : plain[i];
    spew("plain", plain, PLAIN);
    spew("long", plain, LONG);
    spew("small", small, SMALL);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        free(kept[i].data);
    free(plain);
    free(small);
    return system(command);
}
