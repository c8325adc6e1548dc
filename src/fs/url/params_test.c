// SPDX-License-Identifier: MIT
/* Parameters, numbers, filters by text; registering. */
#include "base/testing.h"
#include "fs/url/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static void test_param(void **state)
{
    const struct fs_param list[] = {{"a", "1"}, {"b", ""}, {"a", "2"}};
    const struct fs_params params = {list, COUNT_OF(list)};
    assert_string_equal("2", fs_param(&params, "a"));
    assert_string_equal("", fs_param(&params, "b"));
    assert_null(fs_param(&params, "A"));
    assert_null(fs_param(&(struct fs_params){NULL, 0}, "a"));
    assert_null(fs_param(NULL, "a"));
}

static void test_number(void **state)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t value;
    } rows[] = {
        {"0", 0, 0},
        {"7", 0, 7},
        {"007", 0, 7},
        {"1k", 0, 1024},
        {"1K", 0, 1024},
        {"3M", 0, 3u << 20},
        {"2g", 0, 2ull << 30},
        {"16383T", 0, 16383ull << 40},
        {"18446744073709551614", 0, UINT64_MAX - 1},
        {"18446744073709551615", -EINVAL, 0}, /* one more than allowed */
        {"18446744073709551616", -EINVAL, 0},
        {"99999999999999999999999", -EINVAL, 0},
        {"16777216T", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"k", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1kk", -EINVAL, 0},
        {"1kB", -EINVAL, 0},
        {"1x", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1.5M", -EINVAL, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct fs_param param = {"size", rows[i].text};
        const struct fs_params params = {&param, 1};
        struct fs_error error = {0};
        uint64_t value = 12345;
        int rc = fs_param_number(&params, "size", 0, UINT64_MAX - 1, &value, &error);
        if (rc != rows[i].rc || value != (rc ? 12345 : rows[i].value))
            fail_msg("'%s'", rows[i].text);
        assert_true(rc == 0 || strstr(error.text, "size"));
    }
}

static void test_number_range(void **state)
{
    const struct fs_param param = {"n", "10"};
    const struct fs_params params = {&param, 1};
    uint64_t value = 5;
    assert_int_equal(-EINVAL, fs_param_number(&params, "n", 11, 20, &value, NULL));
    assert_int_equal(-EINVAL, fs_param_number(&params, "n", 1, 9, &value, NULL));
    assert_int_equal(5, value);
    assert_int_equal(0, fs_param_number(&params, "n", 10, 10, &value, NULL));
    assert_int_equal(10, value);
    value = 5;
    assert_int_equal(0, fs_param_number(&params, "other", 10, 10, &value, NULL));
    assert_int_equal(5, value);
}

/* ---- a filter that remembers what it was given ------------------------------------------------------ */

static char given[512];

static const struct fs_table probe_table = {.size = sizeof probe_table, .version = 1, .name = "probe"};

static int probe_open(struct fs *next, const struct fs_params *params, struct fs **fs, struct fs_error *error)
{
    given[0] = 0;
    for (size_t i = 0; i < params->count; i++)
        sprintf(given + strlen(given), "%s=%s|", params->list[i].key, params->list[i].value);
    if (fs_param(params, "fail"))
        return -EACCES;
    if (fs_param(params, "lie"))
        return 0;
    return fs_new(&probe_table, NULL, next, fs);
}

static const struct fs_param_doc probe_params[] = {
    {"ms", "MS", "a number"}, {"path", "P", "a path"}, {"fail", NULL, "fails"}, {"lie", NULL, "lies"}, {0}};
static const struct fs_filter probe = {.size = sizeof probe,
                                       .version = 1,
                                       .name = "probe",
                                       .summary = "a probe",
                                       .params = probe_params,
                                       .open = probe_open};

static int one_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    info->type = FS_TYPE_DIRECTORY;
    return 0;
}
static int one_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                       void *ctx)
{
    return 0;
}
static int one_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    return -EISDIR;
}
static ssize_t one_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    return -EIO;
}
static const struct fs_table one_table = {.size = sizeof one_table,
                                          .version = 1,
                                          .name = "one",
                                          .getinfo = one_getinfo,
                                          .scandir = one_scandir,
                                          .open = one_open,
                                          .f_pread = one_pread};

static void test_filter_specs(void **state)
{
    static const char *const rows[][2] = {
        {"probe", ""},
        {"probe:", ""},
        {"probe:ms=5", "ms=5|"},
        {"probe:ms=5,path=/a", "ms=5|path=/a|"},
        {"probe:ms", "ms=|"},
        {"probe:,ms=1,,", "ms=1|"},
        {"probe:path=a\\,b", "path=a,b|"},
        {"probe:path=a\\\\,ms=1", "path=a\\|ms=1|"},
        {"probe:path=C:\\x", "path=C:\\x|"},
        {"probe:path=a=b", "path=a=b|"},
        {"probe:path=a:b", "path=a:b|"},
    };
    CLEANUP_FS struct fs *fs = NULL;
    assert_int_equal(0, fs_new(&one_table, NULL, NULL, &fs));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(0, fs_add_filter(rows[i][0], &fs, NULL));
        assert_string_equal(rows[i][1], given);
        assert_string_equal("probe", fs_kind(fs));
    }
}

static void test_filter_refused(void **state)
{
    static const struct {
        const char *spec;
        int rc;
        const char *says;
    } rows[] = {
        {"prob", -EINVAL, "did you mean 'probe'"},
        {"nothing-like-it", -EINVAL, "there are: "},
        {"", -EINVAL, "no filter"},
        {":ms=1", -EINVAL, "no filter"},
        {"probe:sm=1", -EINVAL, "did you mean 'ms'"},
        {"probe:nothinglikeit=1", -EINVAL, "it knows: ms, path, fail"},
        {"probe:=1", -EINVAL, "without a name"},
        {"probe:fail", -EACCES, "Permission denied"},
        {"probe:lie", -EIO, ""},
    };
    CLEANUP_FS struct fs *fs = NULL;
    assert_int_equal(0, fs_new(&one_table, NULL, NULL, &fs));
    struct fs *before = fs;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fs_error error = {0};
        assert_int_equal(rows[i].rc, fs_add_filter(rows[i].spec, &fs, &error));
        assert_ptr_equal(before, fs);
        if (!strstr(error.text, rows[i].says))
            fail_msg("%s: '%s' does not say '%s'", rows[i].spec, error.text, rows[i].says);
    }
    assert_int_equal(-EINVAL, fs_add_filter(NULL, &fs, NULL));
    assert_int_equal(-EINVAL, fs_add_filter("probe", NULL, NULL));
}

/* ---- registering ------------------------------------------------------------------------------------ */

static int never(const struct fs_request *request, struct fs **fs, struct fs_error *error)
{
    return -EIO;
}

static void test_register(void **state)
{
    static const char *const good[] = {"probe1", "probe-2", NULL}, *const clash[] = {"new", "Probe1", NULL};
    static const char *const none[] = {NULL}, *const bad[] = {"a b", NULL}, *const brief[] = {"x", NULL};
    static const struct fs_format format = {
        .size = sizeof format, .version = 1, .schemes = good, .open = never};
    struct fs_format wrong[6];
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        wrong[i] = format;
    wrong[0].size--;
    wrong[1].version = 2;
    wrong[2].schemes = none;
    wrong[3].schemes = bad;
    wrong[4].open = NULL;
    wrong[5].schemes = brief;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(-EINVAL, fs_register_format(&wrong[i]));
    assert_int_equal(-EINVAL, fs_register_format(NULL));
    assert_int_equal(0, fs_register_format(&format));
    assert_int_equal(-EEXIST, fs_register_format(&format));
    wrong[0] = format;
    wrong[0].schemes = clash;
    assert_int_equal(-EEXIST, fs_register_format(&wrong[0]));
    assert_ptr_equal(&format, registry_format("PROBE-2", NULL));
    assert_null(registry_loaded("new", NULL));

    struct fs_filter filter = probe;
    assert_int_equal(-EEXIST, fs_register_filter(&filter));
    filter.name = "a:b";
    assert_int_equal(-EINVAL, fs_register_filter(&filter));
    filter.name = "fine";
    filter.version = 0;
    assert_int_equal(-EINVAL, fs_register_filter(&filter));
    assert_int_equal(-EINVAL, fs_register_filter(NULL));
}

static void test_listing(void **state)
{
    size_t formats = 0, found = 0, filters = 0;
    for (const struct fs_format *format; (format = fs_format_at(formats)); formats++)
        found += strcmp(format->schemes[0], "probe1") == 0;
    assert_int_equal(1, found);
    assert_null(fs_format_at(formats + 5));
    assert_null(fs_format_at(SIZE_MAX));
    while (fs_filter_at(filters))
        filters++;
    assert_ptr_equal(&probe, fs_filter_at(filters - 1));
}

static void test_no_format(void **state)
{
    static const char *const rows[][2] = {
        {"probe3", "did you mean 'probe"},
        {"sftp", "plugin"},
        {"http", "plugin"},
        {"webdav", "plugin"},
        {"smb", "cifs-utils"},
        {"quitedifferent", "there are: "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fs_error error = {0};
        assert_int_equal(-EPROTONOSUPPORT, registry_no_format(rows[i][0], NULL, &error));
        if (!strstr(error.text, rows[i][1]) || !strstr(error.text, rows[i][0]))
            fail_msg("%s: %s", rows[i][0], error.text);
    }
}

/* ---- threads ---------------------------------------------------------------------------------------- */

enum { THREADS = 4, EACH = 50 };
static char names[THREADS][EACH][16];
static const char *schemes[THREADS][EACH][2];
static struct fs_format many[THREADS][EACH];

static void *add_many(void *arg)
{
    size_t t = (size_t)(uintptr_t)arg;
    for (size_t i = 0; i < EACH; i++) {
        sprintf(names[t][i], "many%zu-%zu", t, i);
        schemes[t][i][0] = names[t][i];
        many[t][i] = (struct fs_format){
            .size = sizeof many[t][i], .version = 1, .schemes = schemes[t][i], .open = never};
        assert_int_equal(0, fs_register_format(&many[t][i]));
        assert_ptr_equal(&many[t][i], registry_format(names[t][i], NULL));
        assert_non_null(fs_format_at(i));
    }
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS];
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(0, pthread_create(&threads[t], NULL, add_many, (void *)(uintptr_t)t));
    for (size_t t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    size_t found = 0;
    for (size_t i = 0; fs_format_at(i); i++)
        found += strncmp(fs_format_at(i)->schemes[0], "many", 4) == 0;
    assert_int_equal(THREADS * EACH, found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_param),          cmocka_unit_test(test_number),
        cmocka_unit_test(test_number_range),   cmocka_unit_test(test_filter_specs),
        cmocka_unit_test(test_filter_refused), cmocka_unit_test(test_register),
        cmocka_unit_test(test_listing),        cmocka_unit_test(test_no_format),
        cmocka_unit_test(test_threads),
    };
    unsetenv("DOKAN_FS_PLUGINS");
    assert_int_equal(0, fs_register_filter(&probe));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
