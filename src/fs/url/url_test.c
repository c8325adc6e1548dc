// SPDX-License-Identifier: MIT
/* URLs taken apart: every form, every mistake. */
#include "base/testing.h"
#include "fs/url/near.h"
#include "fs/url/url.h"

#include <errno.h>
#include <string.h>

static enum url_kind known(const char *scheme, void *ctx)
{
    if (strcmp(scheme, "mem") == 0 || strcmp(scheme, "userdata") == 0)
        return URL_SOURCE;
    return strcmp(scheme, "zip") == 0 || strcmp(scheme, "tar") == 0 ? URL_CONTAINER : URL_UNKNOWN;
}

static void add(char *buf, const char *label, const char *text)
{
    if (text)
        sprintf(buf + strlen(buf), "%s%s", label, text);
}

/* zip<tar<scheme|user:password@resource?k=v!inner */
static const char *render(const struct url *url, char *buf)
{
    *buf = 0;
    for (unsigned i = 0; i < url->outers; i++)
        add(strcat(buf, url->outer[i]), "<", "");
    add(buf, "", url->scheme ? url->scheme : "-");
    add(buf, "|", url->user ? url->user : "");
    add(buf, ":", url->password);
    add(buf, "@", url->resource);
    for (size_t i = 0; i < url->param_count; i++) {
        add(buf, "?", url->params[i].key);
        add(buf, "=", url->params[i].value);
    }
    for (unsigned i = 0; i < url->inners; i++)
        add(buf, "!", url->inner[i]);
    return buf;
}

static void test_forms(void **state)
{
    static const char *const rows[][2] = {
        /* plain paths stay as they are */
        {"a.zip", "-|@a.zip"},
        {"/a%20b!c?d@e", "-|@/a%20b!c?d@e"},
        {"~/x", "-|@~/x"},
        {"x:y", "-|@x:y"},
        {"unknown:y", "-|@unknown:y"},
        {"C:\\x", "-|@C:\\x"},
        {"/a/b://c", "-|@/a/b://c"},
        {"./zip:x", "-|@./zip:x"},
        {"./zip://x", "-|@./zip://x"},
        {":x", "-|@:x"},
        {"a\nb", "-|@a\nb"},
        /* schemes before a path */
        {"zip:a%.zip!b", "zip<-|@a%.zip!b"},
        {"tar:zip:a.zip", "tar<zip<-|@a.zip"},
        {"ZIP:a.zip", "zip<-|@a.zip"},
        {"zip:", "zip<-|@"},
        {"zip:other:x", "zip<-|@other:x"},
        {"mem:", "mem|@"},
        {"mem:a?b=c!/d", "mem|@a?b=c!/d"},
        {"zip:mem:!/x.zip", "zip<mem|@!/x.zip"},
        {"userdata:app:author:1.0", "userdata|@app:author:1.0"},
        /* URLs */
        {"mem://", "mem|@"},
        {"Mem://", "mem|@"},
        {"file:///a/b", "file|@/a/b"},
        {"zip://~/x.zip", "zip|@~/x.zip"},
        {"ftp://host/p", "ftp|@host/p"},
        {"ftp://u@host", "ftp|u@host"},
        {"ftp://u:p@host:21/p", "ftp|u:p@host:21/p"},
        {"ftp://u:@host", "ftp|u:@host"},
        {"ftp://:p@host", "ftp|:p@host"},
        {"ftp://@host", "ftp|@host"},
        {"ftp://:@host", "ftp|:@host"},
        {"ftp://u:p:q@host", "ftp|u:p:q@host"},
        {"ftp://u:p@q@host", "ftp|u:p@q@host"},
        {"ftp://host/a@b", "ftp|@host/a@b"},
        {"ftp://%75%40:%70%2f%21%3f@host", "ftp|u@:p/!?@host"},
        {"zip://a%21b%3Fc%25d%40e.zip", "zip|@a!b?c%d@e.zip"},
        {"a+b-c.d_e1://x", "a+b-c.d_e1|@x"},
        {"7z://x", "7z|@x"},
        {"userdata://app:author", "userdata|@app:author"},
        {"zip://C:\\x", "zip|@C:\\x"},
        {"ftp://[::1]:21/x", "ftp|@[::1]:21/x"},
        {"x1://\xff\xfe", "x1|@\xff\xfe"},
        /* parameters */
        {"x1://r?k=v", "x1|@r?k=v"},
        {"x1://r?k=v&k2=v2&k=w", "x1|@r?k=v?k2=v2?k=w"},
        {"x1://r?k", "x1|@r?k="},
        {"x1://r?", "x1|@r"},
        {"x1://r?&&k=v&", "x1|@r?k=v"},
        {"x1://r?k=a=b?c", "x1|@r?k=a=b?c"},
        {"x1://r?k%3D=%26+%21", "x1|@r?k==&+!"},
        {"x1://r?u=ftp://h/x@y", "x1|@r?u=ftp://h/x@y"},
        {"x1://?k=v@w", "x1|@?k=v@w"},
        /* paths inside */
        {"zip://r!", "zip|@r!"},
        {"zip://r!/a", "zip|@r!/a"},
        {"zip://r!a!!b!", "zip|@r!a!!b!"},
        {"zip://r?k=v!/a?b%20c%21", "zip|@r?k=v!/a?b c!"},
        {"zip://r!/a@b:c", "zip|@r!/a@b:c"},
        /* the older nested form */
        {"zip:ftp://u:p@host/x.zip!inner", "zip<ftp|u:p@host/x.zip!inner"},
        {"tar:zip:ftp://h/x!a!b", "tar<zip<ftp|@h/x!a!b"},
        {"ZIP:Tar:FTP://h", "zip<tar<ftp|@h"},
    };
    char buf[512];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_URL struct url url = {0};
        struct fs_error error = {0};
        if (url_parse(rows[i][0], known, NULL, &url, &error))
            fail_msg("%s: %s", rows[i][0], error.text);
        assert_string_equal(rows[i][1], render(&url, buf));
    }
}

static void test_ends_of_user(void **state)
{
    CLEANUP_URL struct url url = {0};
    assert_int_equal(0, url_parse("ftp://u:p:q@r@host/x@y", known, NULL, &url, NULL));
    assert_string_equal("u", url.user);
    assert_string_equal("p:q@r", url.password);
    assert_string_equal("host/x@y", url.resource);
}

static void refused(const char *text, int rc, const char *says)
{
    struct url url;
    struct fs_error error = {0};
    if (rc != url_parse(text, known, NULL, &url, &error))
        fail_msg("not refused: %.60s", text);
    if (!strstr(error.text, says))
        fail_msg("%.60s: '%s' does not say '%s'", text, error.text, says);
    assert_int_equal(rc, error.code);
    assert_null(url.store);
    assert_null(strchr(error.text, '\n'));
}

static void test_refused(void **state)
{
    static const char *const rows[][2] = {
        {"", "no URL"},
        {"://x", "no scheme"},
        {"zip:://x", "no scheme"},
        {":zip://x", "no scheme"},
        {"a://x", "'a' is no scheme"},
        {"my fs://x", "'my fs' is no scheme"},
        {"ftp#symlinks://x", "is no scheme"},
        {"-a://x", "is no scheme"},
        {"zip://a%", "resource"},
        {"zip://a%2", "resource"},
        {"zip://a%2x", "resource"},
        {"zip://a%x2", "resource"},
        {"zip://%%41", "resource"},
        {"zip://50%.zip", "%25"},
        {"zip://a%00b", "zero byte"},
        {"zip://a!%00", "path behind"},
        {"zip://a?k%=v", "name of a parameter"},
        {"zip://a?k=%", "value of a parameter"},
        {"zip://a?k=%00", "zero byte"},
        {"zip://a?=v", "without a name"},
        {"zip://a?=", "without a name"},
        {"ftp://u%:p@h", "user name"},
        {"ftp://u:p%@h", "password"},
        {"ftp://u:%00@h", "password"},
        {"zip://a\nb", "control"},
        {"zip://a\x7f", "control"},
        {"zip://a%0Ab", "control"},
        {"zip://a!%1f", "control"},
        {"ftp://u:p%0d@h", "control"},
        {"a:b:c://x", "is no scheme"},
        {"zz:zz:zz:zz:zz:zz:zz:zz:zz:zz://x", "more than 8 schemes"},
        {"zip:zip:zip:zip:zip:zip:zip:zip:zip:x", "more than 8 schemes"},
        {"zip://a!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", "more than 32 paths"},
        {"averyveryveryverylongschemethatnobodyhas://x", "is no scheme"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        refused(rows[i][0], -EINVAL, rows[i][1]);
    refused(NULL, -EINVAL, "no URL");
}

/* What is wrong with a password is said without the password. */
static void test_refusal_hides(void **state)
{
    struct url url;
    struct fs_error error = {0};
    assert_int_equal(-EINVAL, url_parse("ftp://me:hush%zz@host", known, NULL, &url, &error));
    assert_null(strstr(error.text, "hush"));
}

static void test_limits(void **state)
{
    char *text = malloc(URL_LENGTH_MAX + 2);
    memset(text, 'a', URL_LENGTH_MAX + 1);
    text[URL_LENGTH_MAX + 1] = 0;
    refused(text, -ENAMETOOLONG, "longer than");
    char *to = stpcpy(text, "zip://a?");
    for (int i = 0; i <= URL_PARAMS_MAX; i++)
        to = stpcpy(to, "&k=v");
    refused(text, -EINVAL, "more than 64 parameters");
    to[-4] = 0;
    CLEANUP_URL struct url url = {0};
    assert_int_equal(0, url_parse(text, known, NULL, &url, NULL));
    assert_int_equal(URL_PARAMS_MAX, url.param_count);
    free(text);
}

/* Every string of up to 7 of the characters that mean something: parsed or refused, never more memory than
 * was reserved, and the text comes back from the parts. */
static void test_exhaustive(void **state)
{
    static const char alphabet[] = "a:/@?!%&=0";
    enum { LETTERS = sizeof alphabet - 1 };
    int longest = testing_full() ? 6 : 5;
    size_t good = 0;
    for (int length = 1; length <= longest; length++) {
        size_t count = 1;
        for (int i = 0; i < length; i++)
            count *= LETTERS;
        for (size_t n = 0; n < count; n++) {
            char text[24] = "zip://";
            size_t rest = n;
            for (int i = 0; i < length; i++, rest /= LETTERS)
                text[6 + i] = alphabet[rest % LETTERS];
            struct url url;
            int rc = url_parse(text, known, NULL, &url, NULL);
            assert_true(rc == 0 || rc == -EINVAL);
            if (rc)
                continue;
            good++;
            assert_true(url.used <= 2 * strlen(text) + 8);
            unsigned marks = 0;
            for (const char *c = text; *c; c++)
                marks += *c == '!';
            assert_int_equal(marks, url.inners);
            url_free(&url);
        }
    }
    assert_true(good > 1000);
}

static void test_near(void **state)
{
    static const char *const names[] = {"zip", "tar", "index", "max-entries", "Photos 2020.zip"};
    static const char *const rows[][2] = {
        {"zpi", "zip"},
        {"zipp", "zip"},
        {"ZIP", "zip"},
        {"indx", "index"},
        {"max-entry", "max-entries"},
        {"photos 2020.zip", "Photos 2020.zip"},
        {"photo 2020.zip", "Photos 2020.zip"},
        {"sftp", ""},
        {"something", ""},
        {"", ""},
        {"tra", "tar"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct near near;
        near_start(&near, rows[i][0]);
        for (size_t n = 0; n < COUNT_OF(names); n++)
            near_offer(&near, names[n]);
        assert_string_equal(rows[i][1], near.name);
    }
    struct near near;
    char text[64], longer[500];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    near_start(&near, longer);
    near_offer(&near, longer);
    assert_string_equal("otherwise", near_text(&near, "otherwise", text, sizeof text));
    near_start(&near, "zpi");
    near_offer(&near, longer);
    near_offer(&near, "zip");
    assert_string_equal("; did you mean 'zip'?", near_text(&near, "otherwise", text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),   cmocka_unit_test(test_ends_of_user),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_refusal_hides),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_exhaustive),
        cmocka_unit_test(test_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
