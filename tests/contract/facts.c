// SPDX-License-Identifier: MIT
/*
 * Contract: facts of files: times, modes, owners, numbers; and of the volume.
 */
#include "contract.h"

#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static void facts_root(struct test *t)
{
    struct fs_info info = info_of(t, "/");
    SAME(t, info.type, FS_TYPE_DIRECTORY);
}

static void facts_missing(struct test *t)
{
    GIVES(t, type_of(t, at(t, "missing")), -ENOENT);
    GIVES(t, type_of(t, at(t, "missing/more")), -ENOENT);
    WORKS(t, put_text(t, at(t, "f"), ""));
    GIVES(t, type_of(t, at(t, "f/more")), -ENOTDIR);
}

static void facts_little(struct test *t)
{
    struct fs_info info;
    WORKS(t, put_text(t, at(t, "f"), "12345"));
    for (uint32_t bit = 1; bit <= FS_INFO_ALL; bit <<= 1) {
        WORKS(t, fs_getinfo(t->fs, at(t, "f"), bit, &info));
        SAME(t, info.type, FS_TYPE_FILE);
        if (info.valid & FS_INFO_SIZE)
            SAME(t, info.size, 5);
    }
}

static void times_new(struct test *t)
{
    int64_t before = now() - 3 * SECOND;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    struct fs_info info = info_of(t, at(t, "f"));
    int64_t after = now() + 3 * SECOND;
    if (!(info.valid & FS_INFO_MTIME))
        return skip(t, "the object does not tell the mtime");
    CHECK(t, info.mtime > before && info.mtime < after);
    CHECK(t, !(info.valid & FS_INFO_CTIME) || (info.ctime > before && info.ctime < after));
    CHECK(t, !(info.valid & FS_INFO_ATIME) || (info.atime > before && info.atime < after));
    CHECK(t, !(info.valid & FS_INFO_BTIME) || (info.btime > before && info.btime < after));
}

static void set_and_compare(struct test *t, const char *path, int64_t atime, int64_t mtime)
{
    struct fs_info info = {.valid = FS_INFO_ATIME | FS_INFO_MTIME, .atime = atime, .mtime = mtime};
    if (!WORKS(t, fs_setinfo(t->fs, path, &info)))
        return;
    info = info_of(t, path);
    SAME(t, info.mtime, mtime);
    if (info.valid & FS_INFO_ATIME)
        SAME(t, info.atime, atime);
}

/* Exact to the 100 ns that every door carries. */
static void times_set(struct test *t)
{
    if (!offers_fact(t, FS_INFO_MTIME, "mtime"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    set_and_compare(t, at(t, "f"), 1000000000 * SECOND + 123456700, 1100000000 * SECOND + 765432100);
    set_and_compare(t, at(t, "d"), 1200000000 * SECOND, 1300000000 * SECOND + 100);
}

static void times_set_to_ns(struct test *t)
{
    if (!offers_fact(t, FS_INFO_MTIME, "mtime"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    set_and_compare(t, at(t, "f"), 1000000000 * SECOND + 123456789, 1100000000 * SECOND + 987654321);
}

static void times_before_1970(struct test *t)
{
    if (!offers_fact(t, FS_INFO_MTIME, "mtime"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    set_and_compare(t, at(t, "f"), -1 * SECOND, -86400 * 365 * SECOND + 500);
}

static void times_set_one(struct test *t)
{
    struct fs_info info = {.valid = FS_INFO_MTIME, .mtime = 1000000000 * SECOND};
    if (!offers_fact(t, FS_INFO_ATIME, "atime"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    set_and_compare(t, at(t, "f"), 1200000000 * SECOND, 1200000000 * SECOND);
    WORKS(t, fs_setinfo(t->fs, at(t, "f"), &info));
    info = info_of(t, at(t, "f"));
    SAME(t, info.mtime, 1000000000 * SECOND);
    SAME(t, info.atime, 1200000000 * SECOND);
    info = (struct fs_info){.valid = FS_INFO_ATIME, .atime = 1300000000 * SECOND};
    WORKS(t, fs_setinfo(t->fs, at(t, "f"), &info));
    info = info_of(t, at(t, "f"));
    SAME(t, info.mtime, 1000000000 * SECOND);
    SAME(t, info.atime, 1300000000 * SECOND);
}

static void times_of_writing(struct test *t)
{
    char byte;
    if (!offers_fact(t, FS_INFO_MTIME, "mtime"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    set_and_compare(t, at(t, "f"), 1000000000 * SECOND, 1000000000 * SECOND);
    SAME(t, get(t, at(t, "f"), &byte, 1), 1);
    SAME(t, info_of(t, at(t, "f")).mtime, 1000000000 * SECOND);
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    SAME(t, fs_f_pwrite(t->fs, file, "y", 1, 0), 1);
    closed(t, file);
    CHECK(t, info_of(t, at(t, "f")).mtime > now() - 10 * SECOND);
}

static void times_of_truncating(struct test *t)
{
    if (!offers_fact(t, FS_INFO_MTIME, "mtime"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "text"));
    set_and_compare(t, at(t, "f"), 1000000000 * SECOND, 1000000000 * SECOND);
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_f_truncate(t->fs, file, 1));
    closed(t, file);
    CHECK(t, info_of(t, at(t, "f")).mtime > now() - 10 * SECOND);
}

static void times_of_folders(struct test *t)
{
    if (!offers_fact(t, FS_INFO_MTIME, "mtime"))
        return;
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0755));
    for (int step = 0; step < 3; step++) {
        set_and_compare(t, at(t, "d"), 1000000000 * SECOND, 1000000000 * SECOND);
        pause_a_little();
        if (step == 0)
            WORKS(t, put_text(t, at(t, "d/f"), ""));
        else if (step == 1)
            WORKS(t, fs_rename(t->fs, at(t, "d/f"), at(t, "d/g"), 0));
        else
            WORKS(t, fs_remove(t->fs, at(t, "d/g")));
        CHECK(t, info_of(t, at(t, "d")).mtime > now() - 10 * SECOND);
    }
}

static void times_of_birth(struct test *t)
{
    if (!offers_fact(t, FS_INFO_BTIME, "time of birth"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    int64_t born = info_of(t, at(t, "f")).btime;
    pause_a_little();
    struct fs_file *file = opened(t, at(t, "f"), O_RDWR);
    if (!file)
        return;
    SAME(t, fs_f_pwrite(t->fs, file, "longer", 6, 0), 6);
    closed(t, file);
    WORKS(t, fs_rename(t->fs, at(t, "f"), at(t, "g"), 0));
    SAME(t, info_of(t, at(t, "g")).btime, born);
}

static void times_of_change(struct test *t)
{
    struct fs_info set = {.valid = FS_INFO_MTIME, .mtime = 1000000000 * SECOND};
    if (!offers_fact(t, FS_INFO_CTIME, "ctime"))
        return;
    WORKS(t, put_text(t, at(t, "f"), "x"));
    int64_t before = info_of(t, at(t, "f")).ctime;
    pause_a_little();
    WORKS(t, fs_setinfo(t->fs, at(t, "f"), &set));
    CHECK(t, info_of(t, at(t, "f")).ctime > before);
}

static void mode_made(struct test *t)
{
    struct fs_file *file;
    if (!offers_fact(t, FS_INFO_MODE, "mode"))
        return;
    WORKS(t, fs_open(t->fs, at(t, "f"), O_RDWR | O_CREAT, 0640, &file));
    closed(t, file);
    WORKS(t, fs_makedir(t->fs, at(t, "d"), 0750));
    SAME(t, info_of(t, at(t, "f")).mode, 0640);
    SAME(t, info_of(t, at(t, "d")).mode, 0750);
}

static void mode_set(struct test *t)
{
    static const uint32_t modes[] = {0600, 0444, 0777, 0755, 04755, 0};
    if (!offers_fact(t, FS_INFO_MODE, "mode"))
        return;
    WORKS(t, put_text(t, at(t, "f"), ""));
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct fs_info info = {.valid = FS_INFO_MODE, .mode = modes[i]};
        int rc = fs_setinfo(t->fs, at(t, "f"), &info);
        if (not_offered(rc))
            return skip(t, "the object sets no modes");
        WORKS(t, rc);
        SAME(t, info_of(t, at(t, "f")).mode, modes[i]);
    }
}

static void owner_set(struct test *t)
{
    struct fs_info info = {.valid = FS_INFO_OWNER, .uid = 1234, .gid = 4321};
    if (!offers_fact(t, FS_INFO_OWNER, "owner"))
        return;
    WORKS(t, put_text(t, at(t, "f"), ""));
    SAME(t, info_of(t, at(t, "f")).uid, geteuid());
    int rc = fs_setinfo(t->fs, at(t, "f"), &info);
    if (not_offered(rc) || rc == -EINVAL)
        return skip(t, "the object gives files to nobody else (-%s)", error_name(rc));
    WORKS(t, rc);
    info = info_of(t, at(t, "f"));
    SAME(t, info.uid, 1234);
    SAME(t, info.gid, 4321);
}

static void ids(struct test *t)
{
    if (!offers_fact(t, FS_INFO_ID, "id"))
        return;
    WORKS(t, put_text(t, at(t, "a"), ""));
    WORKS(t, put_text(t, at(t, "b"), ""));
    uint64_t a = info_of(t, at(t, "a")).id, b = info_of(t, at(t, "b")).id;
    CHECK(t, a != b && a && b);
    WORKS(t, fs_rename(t->fs, at(t, "a"), at(t, "c"), 0));
    SAME(t, info_of(t, at(t, "c")).id, a);
}

static void links_count(struct test *t)
{
    if (!offers_fact(t, FS_INFO_LINKS, "number of names"))
        return;
    WORKS(t, put_text(t, at(t, "f"), ""));
    SAME(t, info_of(t, at(t, "f")).links, 1);
}

static void attributes_set(struct test *t)
{
    struct fs_info info = {.valid = FS_INFO_ATTRIBUTES, .attributes = 0x22};
    if (!offers_fact(t, FS_INFO_ATTRIBUTES, "attributes"))
        return;
    WORKS(t, put_text(t, at(t, "f"), ""));
    int rc = fs_setinfo(t->fs, at(t, "f"), &info);
    if (not_offered(rc))
        return skip(t, "the object sets no attributes");
    WORKS(t, rc);
    SAME(t, info_of(t, at(t, "f")).attributes & 0x27, 0x22);
}

static void setinfo_refused(struct test *t)
{
    static const uint32_t bits[] = {FS_INFO_SIZE, FS_INFO_ALLOCATED, FS_INFO_ID, FS_INFO_LINKS};
    WORKS(t, put_text(t, at(t, "f"), ""));
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        struct fs_info info = {.valid = bits[i], .size = 1};
        GIVES(t, fs_setinfo(t->fs, at(t, "f"), &info), -EINVAL);
    }
}

static void setinfo_missing(struct test *t)
{
    struct fs_info info = {.valid = FS_INFO_MTIME};
    GIVES(t, fs_setinfo(t->fs, at(t, "missing"), &info), -ENOENT);
    GIVES(t, fs_setinfo(t->fs, at(t, "missing/more"), &info), -ENOENT);
}

static void allocation(struct test *t)
{
    static char full[200000];
    if (!offers_fact(t, FS_INFO_ALLOCATED, "allocation"))
        return;
    memset(full, 'x', sizeof full);
    WORKS(t, put(t, at(t, "full"), full, sizeof full));
    struct fs_file *file = opened(t, at(t, "full"), O_RDWR);
    if (!file)
        return;
    WORKS(t, fs_f_fsync(t->fs, file));
    closed(t, file);
    CHECK(t, info_of(t, at(t, "full")).allocated >= sizeof full);
}

static void space(struct test *t)
{
    struct fs_space space = {0};
    WORKS(t, fs_statfs(t->fs, &space));
    CHECK(t, space.total > 0 && space.free <= space.total && space.available <= space.free);
    CHECK(t, space.block > 0);
}

static void access_asked(struct test *t)
{
    WORKS(t, put_text(t, at(t, "f"), ""));
    WORKS(t, fs_access(t->fs, at(t, "f"), R_OK));
    WORKS(t, fs_access(t->fs, at(t, "f"), R_OK | W_OK));
    GIVES(t, fs_access(t->fs, "no path", R_OK), -EINVAL);
}

static void meta(struct test *t)
{
    char buf[4096];
    GIVES(t, fs_getmeta(t->fs, "no-such-key", buf, sizeof buf), -ENODATA);
    int rc = fs_getmeta(t->fs, "source", buf, sizeof buf);
    if (rc == -ENODATA)
        return skip(t, "the object does not tell its source");
    WORKS(t, rc);
    GIVES(t, fs_getmeta(t->fs, "source", buf, 2), strlen(buf) < 2 ? 0 : -ERANGE);
}

static void os_path(struct test *t)
{
    char path[4096], text[8] = "";
    WORKS(t, put_text(t, at(t, "f"), "text"));
    int rc = fs_getospath(t->fs, at(t, "f"), path, sizeof path);
    if (rc == -ENODATA)
        return skip(t, "the object's files do not lie on this machine");
    WORKS(t, rc);
    FILE *file = fopen(path, "r");
    CHECK(t, file != NULL);
    if (!file)
        return;
    SAME(t, fread(text, 1, sizeof text, file), 4);
    CHECK(t, memcmp(text, "text", 4) == 0);
    fclose(file);
    GIVES(t, fs_getospath(t->fs, at(t, "f"), path, 2), -ERANGE);
}

const struct test_row facts_tests[] = {
    {"facts-root", facts_root},
    {"facts-missing", facts_missing},
    {"facts-little", facts_little},
    {"times-new", times_new},
    {"times-set", times_set},
    {"times-set-to-ns", times_set_to_ns},
    {"times-before-1970", times_before_1970},
    {"times-set-one", times_set_one},
    {"times-of-writing", times_of_writing},
    {"times-of-truncating", times_of_truncating},
    {"times-of-folders", times_of_folders},
    {"times-of-birth", times_of_birth},
    {"times-of-change", times_of_change},
    {"mode-made", mode_made},
    {"mode-set", mode_set},
    {"owner-set", owner_set},
    {"ids", ids},
    {"links-count", links_count},
    {"attributes-set", attributes_set},
    {"setinfo-refused", setinfo_refused},
    {"setinfo-missing", setinfo_missing},
    {"allocation", allocation},
    {"space", space},
    {"access", access_asked},
    {"meta", meta},
    {"os-path", os_path},
    {NULL, NULL},
};
