// SPDX-License-Identifier: MIT
/* Secrets go, whatever the text looks like. */
#include "base/testing.h"
#include "fs/url/url.h"

#include <ctype.h>
#include <string.h>

static void test_rows(void **state)
{
    static const char *const rows[][2] = {
        /* nothing to hide */
        {"", ""},
        {"photos.zip", "photos.zip"},
        {"/a/b:c@d", "/a/b:c@d"},
        {"~/a:b@c", "~/a:b@c"},
        {"zip:photos.zip!/a", "zip:photos.zip!/a"},
        {"ftp://host/a", "ftp://host/a"},
        {"ftp://user@host:21/a", "ftp://user@host:21/a"},
        {"ftp://host:21/a?b=c", "ftp://host:21/a?b=c"},
        {"ftp://[::1]:21/a", "ftp://[::1]:21/a"},
        {"ftp://[::1]/a", "ftp://[::1]/a"},
        {"userdata://app:author:1", "userdata://app:author:1"},
        {"python://shop.stock:open_fs?year=2024", "python://shop.stock:open_fs?year=2024"},
        {"python://shop:open?token=abc", "python://shop:open?token=***"},
        {"zip:ftp://host/x.zip!inner", "zip:ftp://host/x.zip!inner"},
        {"zip://x.zip?index=off&keep=1", "zip://x.zip?index=off&keep=1"},
        {"50%.zip", "50%.zip"},
        {"zip://50%25.zip", "zip://50%25.zip"},
        /* a password */
        {"ftp://user:pass@host/a", "ftp://user:***@host/a"},
        {"ftp://:pass@host", "ftp://:***@host"},
        {"ftp://user:@host", "ftp://user:@host"},
        {"zip:ftp://user:pass@host/x.zip!a", "zip:ftp://user:***@host/x.zip!a"},
        {"ftp://u:p%40ss@host", "ftp://u:***@host"},
        /* of a text that is no good URL */
        {"ftp://u:p@ss@host", "ftp://u:***@host"},
        {"ftp://u:p/ss@host", "ftp://u:***@host"},
        {"ftp://u:p!s?s@host", "ftp://u:***@host"},
        {"ftp://u:p%zz@host", "ftp://u:***@host"},
        {"ftp://u:pass/host", "ftp://u:***"},
        {"ftp://u:pass", "ftp://u:***"},
        {"://u:pass@host", "://u:***@host"},
        {"ftp:/u:pass@host", "ftp:***@host"},
        {"u:pass@host", "u:***@host"},
        {"ftp%3A//u%3Apass%40host", "ftp%3A//u%3A***%40host"},
        {"ftp://u%3Apass@host", "ftp://u%3A***@host"},
        {"ftp://a@b:c@d", "ftp://a@b:***@d"},
        {"u:p@ftp://host", "u:***@ftp://host"},
        {"zip://a!ftp://u:pw", "zip://a!ftp://u:***"},
        {"ftp://[u:pw@h", "ftp://[u:***@h"},
        {"ftp://[u:pw]@h", "ftp://[u:***@h"},
        /* parameters */
        {"zip://x?password=abc", "zip://x?password=***"},
        {"zip://x?a=1&PassWord=abc&b=2", "zip://x?a=1&PassWord=***&b=2"},
        {"zip://x?p%61ss=abc", "zip://x?p%61ss=***"},
        {"zip://x?access_token=a&secret=b&token=c&apikey=d&key=e&pwd=f",
         "zip://x?access_token=***&secret=***&token=***&apikey=***&key=***&pwd=***"},
        {"s3://b?X-Amz-Signature=abc&auth=d&sig=e", "s3://b?X-Amz-Signature=***&auth=***&sig=***"},
        {"zip://x?password=a&b", "zip://x?password=***"},
        {"zip://x?password=a!b", "zip://x?password=***"},
        {"zip://x?password%3Dabc", "zip://x?password%3D***"},
        {"x.zip?password=abc", "x.zip?password=***"},
        {"/x.zip!/y?token=abc", "/x.zip!/y?token=***"},
        {"zip://x&password=abc", "zip://x&password=***"},
        {"zip:password=abc", "zip:password=abc"}, /* nothing says that this is a parameter */
        {"zip://x?password=", "zip://x?password="},
        {"ftp://u:p@h/x?key=k&a=b", "ftp://u:***@h/x?key=***&a=b"},
        /* one line */
        {"a\nb\x1b[2Jc\x7f", "a?b?[2Jc?"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *out = fs_url_redact(rows[i][0]);
        assert_non_null(out);
        assert_string_equal(rows[i][1], out);
        free(out);
    }
    char *none = fs_url_redact(NULL);
    assert_string_equal("", none);
    free(none);
}

static const char SECRET[] = "HushHush";

static void must_hide(const char *text)
{
    char *out = fs_url_redact(text);
    assert_non_null(out);
    if (strcasestr(out, SECRET))
        fail_msg("'%s' gave '%s'", text, out);
    for (const char *c = out; *c; c++)
        assert_false(iscntrl((unsigned char)*c));
    char *again = fs_url_redact(out);
    assert_non_null(again);
    free(again);
    free(out);
}

static char *some(char *to, uint64_t *seed)
{
    static const char *const pieces[] = {"a",    "b.zip", ":",   "/",    "@",        "?",    "!",    "%",
                                         "&",    "=",     "://", "zip:", "ftp://",   "[",    "]",    "\\",
                                         "\n",   "%40",   "%3a", "%2F",  "password", "key",  "user", "~",
                                         ".",    "1",     "21",  "file", ";",        ",",    "\xff", "mem://",
                                         "k=v&", " ",     "#",   "%00",  "%",        "[::1]"};
    for (uint64_t n = testing_random(seed) % 7; n > 0; n--)
        to = stpcpy(to, pieces[testing_random(seed) % COUNT_OF(pieces)]);
    return to;
}

/* A password between a colon and an @ goes, whatever stands before, in and behind it. */
static void test_planted_password(void **state)
{
    uint64_t seed = 7;
    char text[512];
    for (int i = 0; i < (testing_full() ? 3000000 : 200000); i++) {
        char *to = stpcpy(text, i % 3 ? "ftp://" : "zip:ftp://");
        to = stpcpy(some(to, &seed), ":");
        to = stpcpy(some(to, &seed), SECRET);
        to = stpcpy(some(to, &seed), "@");
        *some(to, &seed) = 0;
        must_hide(text);
    }
}

/* A value goes, up to the next & that begins another one. */
static void test_planted_parameter(void **state)
{
    static const char *const keys[] = {"password",   "pass",         "secret",       "token",
                                       "key",        "access_token", "apikey",       "PASSWORD",
                                       "%70assword", "api-key",      "client_secret"};
    uint64_t seed = 8;
    char text[512];
    for (int i = 0; i < (testing_full() ? 3000000 : 200000); i++) {
        char *to = some(text, &seed);
        to = stpcpy(to, i % 2 ? "?" : "&");
        to = stpcpy(to, keys[testing_random(&seed) % COUNT_OF(keys)]);
        to = stpcpy(stpcpy(to, "="), SECRET);
        *some(to, &seed) = 0;
        must_hide(text);
    }
}

/* What the parser takes for a password is never shown. */
static void test_as_parsed(void **state)
{
    uint64_t seed = 9;
    char text[512];
    size_t parsed = 0;
    for (int i = 0; i < (testing_full() ? 3000000 : 200000); i++) {
        CLEANUP_URL struct url url = {0};
        char *to = stpcpy(text, "ftp://");
        to = stpcpy(some(to, &seed), ":");
        to = stpcpy(some(to, &seed), SECRET);
        *some(to, &seed) = 0;
        if (url_parse(text, NULL, NULL, &url, NULL) == 0 && url.password && strstr(url.password, SECRET)) {
            parsed++;
            must_hide(text);
        }
    }
    assert_true(parsed > 100);
}

/* Any bytes: a text comes out, quickly. */
static void test_large(void **state)
{
    static const char *const pieces[] = {"&", "?pass=", "://", "a://b:x", "@", ":", ";key=", "&a", "%25"};
    enum { SIZE = 120000 };
    char *text = malloc(SIZE + 16);
    for (size_t p = 0; p < COUNT_OF(pieces); p++) {
        char *to = text;
        while (to < text + SIZE)
            to = stpcpy(to, pieces[p]);
        char *out = fs_url_redact(text);
        assert_non_null(out);
        free(out);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_planted_password),
        cmocka_unit_test(test_planted_parameter),
        cmocka_unit_test(test_as_parsed),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
