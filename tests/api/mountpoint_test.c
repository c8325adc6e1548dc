// SPDX-License-Identifier: MIT
/* What texts mean as mount points, where drives are, and who holds a letter. */
#include "api/drive.h"
#include "api/mountpoint.h"
#include "tiny.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static void forms(void **state)
{
    static const struct {
        const char *text;
        enum mountpoint_form form;
        char letter;
        const char *rest;
    } rows[] = {
        {"", MOUNTPOINT_NONE, 0, ""},
        {"M", MOUNTPOINT_DRIVE, 'M', ""},
        {"m", MOUNTPOINT_DRIVE, 'M', ""},
        {"M:", MOUNTPOINT_DRIVE, 'M', ""},
        {"z:", MOUNTPOINT_DRIVE, 'Z', ""},
        {"M:\\", MOUNTPOINT_DRIVE, 'M', ""},
        {"M:/", MOUNTPOINT_DRIVE, 'M', ""},
        {"M:\\\\", MOUNTPOINT_DRIVE, 'M', ""},
        {"M:\\sub", MOUNTPOINT_BELOW_DRIVE, 'M', "sub"},
        {"m:/sub/x", MOUNTPOINT_BELOW_DRIVE, 'M', "sub/x"},
        {"\\DosDevices\\M:", MOUNTPOINT_DRIVE, 'M', ""},
        {"\\DosDevices\\/mnt/x", MOUNTPOINT_PATH, 0, "/mnt/x"},
        {"M:sub", MOUNTPOINT_PATH, 0, "M:sub"},
        {"Mx", MOUNTPOINT_PATH, 0, "Mx"},
        {"M/", MOUNTPOINT_PATH, 0, "M/"},
        {"1", MOUNTPOINT_PATH, 0, "1"},
        {"1:", MOUNTPOINT_PATH, 0, "1:"},
        {"/mnt", MOUNTPOINT_PATH, 0, "/mnt"},
        {"./m", MOUNTPOINT_PATH, 0, "./m"},
        {"\xc3\xa4:", MOUNTPOINT_PATH, 0, "\xc3\xa4:"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct mountpoint_name name = mountpoint_classify(rows[i].text);
        assert_int_equal(name.form, rows[i].form);
        assert_int_equal(name.letter, rows[i].letter);
        assert_string_equal(name.rest, rows[i].rest);
    }
}

static struct mountpoint take(const char *text, bool choose, int expected)
{
    char error[1024] = "";
    struct mountpoint mp;
    assert_int_equal(mountpoint_take(text, choose, &mp, error, sizeof error), expected);
    if (expected)
        assert_true(strlen(error) > 10);
    return mp;
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void drives_folder(void **state)
{
    struct mountpoint mp = take("m:\\", false, 0);
    assert_string_equal(mp.path, sandbox_path("runtime/dokan/drives/M"));
    assert_true(is_dir(mp.path));
    assert_int_equal(mp.letter, 'M');
    mountpoint_release(&mp);
    assert_false(is_dir(sandbox_path("runtime/dokan/drives/M")));

    setenv("DOKAN_DRIVES", sandbox_path("my drives"), 1);
    mp = take("M", false, 0);
    assert_string_equal(mp.path, sandbox_path("my drives/M"));
    mountpoint_release(&mp);
    rmdir(sandbox_path("my drives"));
    unsetenv("DOKAN_DRIVES");

    setenv("DOKAN_RUNTIME", sandbox_path("chosen"), 1);
    mp = take("M", false, 0);
    assert_string_equal(mp.path, sandbox_path("chosen/drives/M"));
    mountpoint_release(&mp);
    unsetenv("DOKAN_RUNTIME");
    mp = take("M", false, 0);
    assert_string_equal(mp.path, sandbox_path("runtime/dokan/drives/M"));
    mountpoint_release(&mp);

    unsetenv("XDG_RUNTIME_DIR");
    mp = take("M", true, 0); /* another process may hold M: in the place that all of us share */
    char expected[512];
    if (geteuid() == 0)
        snprintf(expected, sizeof expected, "/run/dokan/drives/%c", mp.letter);
    else
        snprintf(expected, sizeof expected, "%s/dokan-%u/drives/M", sandbox_path(""), geteuid());
    assert_string_equal(mp.path, expected);
    mountpoint_release(&mp);
    setenv("XDG_RUNTIME_DIR", sandbox_path("runtime"), 1);
    setenv("DOKAN_RUNTIME", sandbox_path("runtime/dokan"), 1);
}

/* A folder that somebody else could have planted is not used. */
static void unsafe_runtime(void **state)
{
    char path[PATH_MAX];
    assert_int_equal(mkdir(sandbox_path("other"), 0700), 0);
    assert_int_equal(mkdir(sandbox_path("other/dokan"), 0700), 0);
    chmod(sandbox_path("other/dokan"), 0777);
    unsetenv("DOKAN_RUNTIME");
    setenv("XDG_RUNTIME_DIR", sandbox_path("other"), 1);
    assert_int_equal(drive_path('M', path, sizeof path), 0);
    assert_null(strstr(path, "/other/"));
    rmdir(sandbox_path("other/dokan"));
    assert_int_equal(symlink(sandbox_path("mnt"), sandbox_path("other/dokan")), 0);
    assert_int_equal(drive_path('M', path, sizeof path), 0);
    assert_null(strstr(path, "/mnt/"));
    setenv("XDG_RUNTIME_DIR", sandbox_path("runtime"), 1);
    setenv("DOKAN_RUNTIME", sandbox_path("runtime/dokan"), 1);
}

static void busy_letter(void **state)
{
    struct mountpoint mp = take("M:", false, 0);
    take("m", false, -EBUSY);
    struct mountpoint chosen = take("M:", true, 0);
    assert_int_equal(chosen.letter, 'D');
    struct mountpoint second = take("", true, 0);
    assert_int_equal(second.letter, 'E');
    take("", false, -EINVAL);
    mountpoint_release(&mp);
    mp = take("M:", true, 0);
    assert_int_equal(mp.letter, 'M');
    mountpoint_release(&chosen);
    mountpoint_release(&second);
    mountpoint_release(&mp);
}

static void every_letter_taken(void **state)
{
    struct mountpoint held[26];
    for (int i = 0; i < 26; i++)
        held[i] = take((char[]){(char)('A' + i), ':', 0}, false, 0);
    take("", true, -EBUSY);
    take("A:", true, -EBUSY);
    for (size_t i = 0; i < 26; i++)
        mountpoint_release(&held[i]);
}

static void occupied_drive_folder(void **state)
{
    struct mountpoint mp = take("M:", false, 0);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/keep", mp.path);
    assert_int_equal(mkdir(path, 0700), 0);
    char *folder = strdup(mp.path);
    mountpoint_release(&mp);
    assert_true(is_dir(path)); /* only an empty folder is removed */
    rmdir(path);
    rmdir(folder);
    free(folder);
}

static void paths(void **state)
{
    assert_int_equal(symlink("mnt", sandbox_path("link")), 0);
    static const char *const spellings[] = {"mnt",  "mnt/",  "mnt///",     "./mnt/.",
                                            "link", "link/", "mnt/../mnt", "mnt\\"};
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        struct mountpoint mp = take(sandbox_path(spellings[i]), false, 0);
        assert_string_equal(mp.path, sandbox_path("mnt"));
        assert_int_equal(mp.letter, 0);
        mountpoint_release(&mp);
    }
    assert_int_equal(chdir(sandbox_path("")), 0);
    struct mountpoint mp = take("mnt", false, 0);
    assert_string_equal(mp.path, sandbox_path("mnt"));
    mountpoint_release(&mp);
    mp = take("missing", false, 0);
    assert_string_equal(mp.path, sandbox_path("missing"));
    mountpoint_release(&mp);
    take("Q:\\inside", false, -ENOENT);
    assert_int_equal(chdir("/"), 0);
}

static void finding(void **state)
{
    struct registry_record *list = calloc(2, sizeof *list);
    list[0] = (struct registry_record){.volume = 1, .letter = "M", .owner = geteuid()};
    snprintf(list[0].path, PATH_MAX, "%s", sandbox_path("mnt"));
    list[1] = (struct registry_record){.volume = 2, .owner = geteuid()};
    snprintf(list[1].path, PATH_MAX, "%s", sandbox_path("mnt/inner"));
    static const char *const drive[] = {"M", "m:", "M:\\", "M:/", "\\DosDevices\\M:"};
    for (size_t i = 0; i < COUNT_OF(drive); i++)
        assert_ptr_equal(mountpoint_find(drive[i], list, 2), &list[0]);
    assert_ptr_equal(mountpoint_find(sandbox_path("mnt"), list, 2), &list[0]);
    assert_ptr_equal(mountpoint_find(sandbox_path("link/"), list, 2), &list[0]);
    assert_ptr_equal(mountpoint_find("M:\\inner", list, 2), &list[1]);
    assert_ptr_equal(mountpoint_find("m:/inner/", list, 2), &list[1]);
    assert_ptr_equal(mountpoint_find(sandbox_path("link/inner"), list, 2), &list[1]);
    assert_null(mountpoint_find("N:", list, 2));
    assert_null(mountpoint_find("", list, 2));
    assert_null(mountpoint_find("M:\\..\\mnt", list, 2));
    assert_null(mountpoint_find(sandbox_path("mnt/inner/deeper"), list, 2));

    char path[PATH_MAX];
    assert_int_equal(mountpoint_path("M:\\a\\b:c", list, 2, path, sizeof path), 0);
    assert_string_not_equal(path, sandbox_path("mnt/a/b:c")); /* ':' is no character of an NT name */
    assert_int_equal(mountpoint_path("M:\\a\\b", list, 2, path, sizeof path), 0);
    assert_string_equal(path, sandbox_path("mnt/a/b"));
    assert_true(mountpoint_path("M:\\a\\..\\b", list, 2, path, sizeof path) < 0);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(drives_folder),
        cmocka_unit_test(unsafe_runtime),
        cmocka_unit_test(busy_letter),
        cmocka_unit_test(every_letter_taken),
        cmocka_unit_test(occupied_drive_folder),
        cmocka_unit_test(paths),
        cmocka_unit_test(finding),
    };
    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
