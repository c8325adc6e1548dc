// SPDX-License-Identifier: MIT
/* Every row of the table of mount options, in each of its three forms, and the reader of mountinfo. */
#include "base/testing.h"
#include "door/fuse/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static char error[512];

static int parse(const char *options, bool privileged, struct mount_options *out)
{
    const struct fuse_mount_config config = {.options = options};
    error[0] = 0;
    return mount_options_parse(&config, privileged, out, error, sizeof error);
}

/* nosuid,nodev stand at the front unless switched off; fsname and subtype at the end. */
static void rows(void **state)
{
    static const struct {
        const char *options, *text;
        unsigned attr;
        unsigned long flags;
    } table[] = {
        {"", "nosuid,nodev", 6, MS_NOSUID | MS_NODEV},
        {"ro", "ro,nosuid,nodev", 7, MS_RDONLY | MS_NOSUID | MS_NODEV},
        {"ro,rw", "nosuid,nodev", 6, MS_NOSUID | MS_NODEV},
        {"noexec", "nosuid,nodev,noexec", 14, MS_NOSUID | MS_NODEV | MS_NOEXEC},
        {"noexec,exec", "nosuid,nodev", 6, MS_NOSUID | MS_NODEV},
        {"noatime", "nosuid,nodev,noatime", 0x16, MS_NOSUID | MS_NODEV | MS_NOATIME},
        {"nodiratime", "nosuid,nodev,nodiratime", 0x86, MS_NOSUID | MS_NODEV | MS_NODIRATIME},
        {"sync", "nosuid,nodev,sync", 6, MS_NOSUID | MS_NODEV | MS_SYNCHRONOUS},
        {"dirsync", "nosuid,nodev,dirsync", 6, MS_NOSUID | MS_NODEV | MS_DIRSYNC},
        {"nosymfollow", "nosuid,nodev,nosymfollow", 0x200006, MS_NOSUID | MS_NODEV | 256},
        {"default_permissions", "nosuid,nodev,default_permissions", 6, MS_NOSUID | MS_NODEV},
        {"allow_other", "nosuid,nodev,allow_other,default_permissions", 6, MS_NOSUID | MS_NODEV},
        {"nonempty", "nosuid,nodev", 6, MS_NOSUID | MS_NODEV},
        {"nosuid,nodev", "nosuid,nodev", 6, MS_NOSUID | MS_NODEV},
        {"suid", "nodev", 4, MS_NODEV},
        {"dev", "nosuid", 2, MS_NOSUID},
        {"suid,dev,nosuid", "nosuid", 2, MS_NOSUID},
        {"max_read=65536", "nosuid,nodev,max_read=65536", 6, MS_NOSUID | MS_NODEV},
        {"auto_unmount,x-gvfs-show,defaults,,", "nosuid,nodev", 6, MS_NOSUID | MS_NODEV},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct mount_options o;
        char text[512], expected[512];
        assert_int_equal(parse(table[i].options, true, &o), 0);
        assert_int_equal(mount_options_attr(&o), table[i].attr);
        assert_int_equal(mount_options_flags(&o), table[i].flags);
        assert_int_equal(mount_options_text(&o, text, sizeof text), 0);
        snprintf(expected, sizeof expected, "%s,fsname=dokan,subtype=dokan", table[i].text);
        assert_string_equal(text, expected);
    }
}

static void privilege(void **state)
{
    struct mount_options o;
    assert_int_equal(parse("suid", false, &o), -EPERM);
    assert_non_null(strstr(error, "suid"));
    assert_int_equal(parse("dev", false, &o), -EPERM);
    assert_int_equal(parse("nosuid,nodev", false, &o), 0);
}

static void refused(void **state)
{
    static const char *const texts[] = {
        "frobnicate",   "allow_root",    "fd=3",     "user_id=0",  "rootmode=100000", "blkdev",
        "ro=1",         "allow_other=1", "max_read", "max_read=x", "max_read=-1",     "max_read=4095",
        "max_read=1e9", "fsname=",       "subtype=", "RO",         "ro\\,suid=1",     "max_read=99999999999"};
    struct mount_options o;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(parse(texts[i], true, &o), -EINVAL);
        assert_true(strlen(error) > 10);
    }
}

/* A comma in a value must not become an option of its own anywhere. */
static void labels(void **state)
{
    struct mount_options o;
    char text[512];
    assert_int_equal(parse("fsname=a\\,suid\\\\b,ro", false, &o), 0);
    assert_string_equal(o.fsname, "a,suid\\b");
    assert_int_equal(mount_options_text(&o, text, sizeof text), 0);
    assert_string_equal(text, "ro,nosuid,nodev,fsname=a\\,suid\\\\b,subtype=dokan");
    assert_int_equal(parse("fsname=two\nlines", false, &o), 0);
    assert_string_equal(o.fsname, "two?lines");
    char small[20];
    assert_int_equal(mount_options_text(&o, small, sizeof small), -ENAMETOOLONG);
}

static void configuration(void **state)
{
    const struct fuse_mount_config config = {
        .fsname = "M:", .subtype = "memfs", .read_only = true, .allow_other = true, .options = "rw"};
    struct mount_options o;
    assert_int_equal(mount_options_parse(&config, false, &o, error, sizeof error), 0);
    assert_true(mount_option_on(&o, MOUNT_RO)); /* a read-only volume stays so, whatever the options say */
    assert_true(mount_option_on(&o, MOUNT_DEFAULT_PERMISSIONS));
    assert_string_equal(o.fsname, "M:");
    assert_string_equal(o.subtype, "memfs");
}

static void mount_table(void **state)
{
    struct mountinfo_top top;
    assert_true(mountinfo_top("/proc", &top));
    assert_string_equal(top.type, "proc");
    assert_false(mountinfo_top("/proc/self", &top));
    assert_true(mountinfo_top("/", &top));
    const struct mount_identity root = {top.id, 0, top.minor, "/"};
    assert_int_equal(mountinfo_state(&root), MOUNT_TOPMOST);
    const struct mount_identity other_minor = {top.id, 0, top.minor + 1, "/"};
    assert_int_equal(mountinfo_state(&other_minor), MOUNT_GONE);
    const struct mount_identity other_path = {top.id, 0, top.minor, "/nowhere"};
    assert_int_equal(mountinfo_state(&other_path), MOUNT_GONE);
    const struct mount_identity other_id = {~0ull, 0, top.minor, "/"};
    assert_int_equal(mountinfo_state(&other_id), MOUNT_GONE);
    assert_int_equal(mount_remove(&other_id), 0);
    int fd = open("/", O_PATH | O_CLOEXEC);
    uint64_t unique = mountinfo_fd_unique(fd);
    assert_int_equal(mountinfo_fd_mount(fd), top.id);
    close(fd);
    if (unique) { /* Linux 6.8 */
        const struct mount_identity known = {top.id, unique, top.minor, "/"};
        assert_int_equal(mountinfo_state(&known), MOUNT_TOPMOST);
        const struct mount_identity moved = {top.id, unique, top.minor, "/was/here/once"};
        assert_int_equal(mountinfo_state(&moved), MOUNT_TOPMOST);
        const struct mount_identity reused = {top.id, unique + 1000000, top.minor, "/"};
        assert_int_equal(mountinfo_state(&reused), MOUNT_GONE);
    }
    assert_int_equal(mountinfo_fd_mount(-1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),   cmocka_unit_test(privilege),     cmocka_unit_test(refused),
        cmocka_unit_test(labels), cmocka_unit_test(configuration), cmocka_unit_test(mount_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
