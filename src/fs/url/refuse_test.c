// SPDX-License-Identifier: MIT
/* Opening by URL: what is refused, and what is said. */
#include "base/testing.h"

#include "open_sample.h"
#include <errno.h>
#include <string.h>

static void test_failures(void **state)
{
    static const struct {
        const char *url;
        bool root;
        int rc;
        const char *says;
    } rows[] = {
        {"", false, -EINVAL, "no URL"},
        {NULL, false, -EINVAL, "no URL"},
        {"plain.tx", false, -ENOENT, "no such file or directory: plain.tx; did you mean 'plain.txt'?"},
        {"nothing", false, -ENOENT, "no such file or directory: nothing"},
        {"nothing/at/all", false, -ENOENT, "no such file"},
        {"outer.toy/dir", false, -ENOTDIR, "outer.toy!/..."},
        {"outre.toy!/dir", false, -ENOENT, "did you mean 'outer.toy'?"},
        {"outer.toy?index=off", false, -ENOENT, "zip://FILE?"},
        {"tyo:outer.toy", false, -ENOENT, "no such file or directory: tyo:outer.toy; did you mean 'toy:'?"},
        {"~nobody-of-that-name/x", false, -ENOENT, "home folder"},
        {"tyo://outer.toy", false, -EPROTONOSUPPORT, "did you mean 'toy'?"},
        {"toy:tyo://outer.toy", false, -EPROTONOSUPPORT, "did you mean 'toy'?"},
        {"tyo:toy://outer.toy", false, -EPROTONOSUPPORT, "did you mean 'toy'?"},
        {"sftp://host/x", false, -EPROTONOSUPPORT, "plugin"},
        {"toy://", false, -EINVAL, "no file behind toy://"},
        {"toy://host://x/f.toy", false, -EINVAL, "written toy:URL"},
        {"host:toy://outer.toy", false, -EINVAL, "only archives go first"},
        {"toy:toy://outer.toy", false, -EISDIR, "toy: needs a file"},
        {"toy:folder", false, -EISDIR, "needs a file"},
        {"toy:plain.txt", false, -EBADMSG, "not a toy"},
        {"plain.txt", true, -EPROTONOSUPPORT, "neither a folder nor an archive of a known format ("},
        {"plain.txt", true, -EPROTONOSUPPORT, "toy"},
        {"plain.txt!", false, -EPROTONOSUPPORT, "neither"},
        {"plain.txt!/x", false, -EPROTONOSUPPORT, "neither"},
        {"empty", true, -EPROTONOSUPPORT, "empty"},
        {"disk.img", true, -EPROTONOSUPPORT, "squashfuse"},
        {"/dev/null", true, -ENOTDIR, "not a directory"},
        {"outer.toy!/a.txt", true, -EPROTONOSUPPORT, "'a.txt' is neither"},
        {"outer.toy!/a.text", false, -ENOENT, "did you mean 'a.txt'?"},
        {"outer.toy!/dir/c/d", false, -ENOENT, "'/dir/c' in outer.toy!/dir/c/d"},
        {"outer.toy!/a.txt/x", false, -ENOTDIR, "is a file"},
        {"outer.toy!/a.txt/", false, -ENOTDIR, "is not a directory"},
        {"outer.toy!/dir/in.toy/deep", false, -ENOTDIR, "write '!' behind an archive"},
        {"outer.toy!/..", false, -EXDEV, "leads out of the root"},
        {"outer.toy!/dir/../../x", false, -EXDEV, "leads out"},
        {"outer.toy!/out", false, -EXDEV, "leads out"},
        {"outer.toy!/dangling", false, -ENOENT, "no such file"},
        {"outer.toy!/loop", false, -ELOOP, "too many symbolic links"},
        {"outer.toy!/loop/x", false, -ELOOP, "too many symbolic links"},
        {"outer.toy!/dir/in.toy!/dep", false, -ENOENT, "did you mean 'deep'?"},
        {"toy://outer.toy?indx=off", false, -EINVAL, "toy: no parameter 'indx'; did you mean 'index'?"},
        {"toy://outer.toy?foobar=1", false, -EINVAL, "it knows: index"},
        {"host://x?indx=off", false, -EINVAL, "no parameter 'indx'"},
        {"host://x/f.toy?indx=off", false, -EINVAL, "did you mean 'index'?"},
        {"toy:host://u:HushHush@x/f.toy?fail=1", false, -EBADMSG, "opened badly with ***"},
        {"toy:host://x/f.toy?fail=1&password=HushHush", false, -EBADMSG, "opened badly with ***"},
        {"host://u:HushHush@x?fail=1", false, -EIO, "host://u:***@x?fail=1: host: Input/output"},
        {"host://x?lie=1", false, -EIO, "Input/output"},
        {"host://x?positive=1", false, -EIO, "Input/output"},
        {"nothing?password=HushHush", false, -ENOENT, "password=***"},
        {"ftp://u:HushHush@h", false, -EPROTONOSUPPORT, "plugin"},
        {"toy://nothing?index=HushHush", false, -ENOENT, "nothing"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fails_with(rows[i].url, NULL, rows[i].root, rows[i].rc, rows[i].says);
        if (!rows[i].url || !strstr(rows[i].url, "HushHush"))
            continue;
        struct fs *fs;
        char *path;
        struct fs_error error;
        fs_open_url(rows[i].url, NULL, &fs, &path, &error);
        assert_null(strstr(error.text, "HushHush"));
    }
    assert_int_equal(-EINVAL, fs_open_url("folder", NULL, NULL, NULL, NULL));
}

/* A name out of an archive stands in the text without its control characters. */
static void test_hostile_names(void **state)
{
    struct toy_text *toy = toy_new();
    toy_file(toy, "/a\x1b[2Jb", "x", 1);
    write_toy("hostile.toy", toy);
    toy_free(toy);
    fails_with("hostile.toy!/a\x1b[2Jc", NULL, false, -ENOENT, "did you mean 'a?[2Jb'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_hostile_names),
    };
    unsetenv("DOKAN_FS_PLUGINS");
    toy_register();
    return cmocka_run_group_tests(tests, open_set_up, open_tear_down);
}
