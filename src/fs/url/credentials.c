// SPDX-License-Identifier: MIT
/*
 * Passwords: the sources in their order, one candidate per attempt.
 *
 * Nothing is kept between attempts: each walks through the sources again and counts those that have something
 * to offer. What can be read twice (URL, credentials file, netrc, environment) is compared with what was
 * offered before and passed over when it is the same. The descriptor can be read once only: its turn is the
 * attempt behind the others, and from there on questions follow. Every buffer is wiped.
 */
#include "fs/url/credentials.h"

#include "base/cleanup.h"
#include "fs/url/url.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_FILE_MAX = 1 << 20, PASSWORD_MAX = 4096, QUESTIONS_MAX = 3 };

/* ---- files that hold secrets ------------------------------------------------------------------------ */

void secret_file_free(struct secret_file *file)
{
    if (file->text)
        explicit_bzero(file->text, file->size);
    free(file->text);
    *file = (struct secret_file){0};
}

static int read_text(int fd, struct secret_file *out)
{
    ssize_t got = 1;
    size_t length = 0;
    out->size = SECRET_FILE_MAX;
    out->text = malloc(out->size);
    if (!out->text)
        return -ENOMEM;
    while (got > 0 && length < out->size - 1) {
        got = TEMP_FAILURE_RETRY(read(fd, out->text + length, out->size - 1 - length));
        length += got > 0 ? (size_t)got : 0;
    }
    int rc = got < 0 ? -errno : got > 0 ? -EFBIG : 0;
    out->text[length] = 0;
    if (rc)
        secret_file_free(out);
    return rc;
}

int secret_file_read(const char *path, struct secret_file *out)
{
    struct stat st;
    *out = (struct secret_file){0};
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st))
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if (st.st_mode & 077 || st.st_uid != geteuid())
        return -EPERM;
    return read_text(fd, out);
}

static const char *refusal(int rc)
{
    return rc == -EPERM    ? "others may read it, or it is not yours; chmod 600 it"
           : rc == -EINVAL ? "it is no plain file"
           : rc == -EFBIG  ? "it is too large"
                           : strerror(-rc);
}

int credentials_check(const struct fs_credentials *credentials, struct fs_error *error)
{
    CLEANUP_SECRETS struct secret_file file = {0};
    int rc = credentials->file ? secret_file_read(credentials->file, &file) : 0;
    if (rc == 0)
        return 0;
    return fs_fail(error, -EACCES, "the credentials file %.500s is refused: %s", credentials->file,
                   refusal(rc));
}

/* ---- the sources ------------------------------------------------------------------------------------ */

struct search {
    const struct fs_request *request;
    const struct fs_credentials *from;
    char name[FS_NAME_MAX + 1]; /* host, or name of the container's file */
    char *buf;
    size_t size;
};

/* "host:port/path" gives "host". */
static void name_host(const char *resource, char *out, size_t size)
{
    size_t from = resource[0] == '[', length = strcspn(resource + from, from ? "]" : ":/");
    snprintf(out, size, "%.*s", (int)(length < size ? length : size - 1), resource + from);
}

static void name_search(struct search *search)
{
    const struct fs_request *request = search->request;
    if (request->container_path)
        snprintf(search->name, sizeof search->name, "%s", fs_path_name(request->container_path));
    else
        name_host(request->resource ? request->resource : "", search->name, sizeof search->name);
}

static int give(const struct search *search, const char *password, size_t length)
{
    if (length >= search->size)
        return -ENAMETOOLONG;
    memcpy(search->buf, password, length);
    search->buf[length] = 0;
    return 0;
}

static int from_url(const struct search *search)
{
    const char *password = search->request->password;
    return password ? give(search, password, strlen(password)) : -ENOENT;
}

/* "key=value" with blanks around the key; the value is taken as it is. */
static const char *value_of(const char *line, const char *end, const char *key)
{
    line += strspn(line, " \t");
    size_t length = strlen(key);
    if ((size_t)(end - line) < length || strncmp(line, key, length) != 0)
        return NULL;
    line += length + strspn(line + length, " \t");
    return *line == '=' ? line + 1 : NULL;
}

struct section {
    bool fits, user_fits;
    const char *password;
    size_t length;
};

static bool section_fits(const struct search *search, const char *line, const char *end)
{
    char pattern[FS_NAME_MAX + 1];
    const char *close = memrchr(line, ']', (size_t)(end - line));
    if (!close || (size_t)(close - line) > sizeof pattern)
        return false;
    snprintf(pattern, sizeof pattern, "%.*s", (int)(close - line - 1), line + 1);
    return fnmatch(pattern, search->name, FNM_CASEFOLD) == 0;
}

static bool is_complete(const struct section *section)
{
    return section->fits && section->user_fits && section->password;
}

static void take_line(const struct search *search, const char *line, const char *end, struct section *section)
{
    const char *value, *user = search->request->user;
    if (*line == '[') {
        *section = (struct section){.fits = section_fits(search, line, end), .user_fits = true};
    } else if ((value = value_of(line, end, "user"))) {
        size_t length = (size_t)(end - value);
        section->user_fits = !user || (strlen(user) == length && memcmp(user, value, length) == 0);
    } else if ((value = value_of(line, end, "password"))) {
        section->password = value;
        section->length = (size_t)(end - value);
    }
}

static int from_file(const struct search *search)
{
    CLEANUP_SECRETS struct secret_file file = {0};
    struct section section = {0};
    if (!search->from->file)
        return -ENOENT;
    int rc = secret_file_read(search->from->file, &file);
    if (rc) {
        fs_warn(search->request->options, "the credentials file %s is refused: %s", search->from->file,
                refusal(rc));
        return -EACCES;
    }
    for (const char *line = file.text; line && *line;) {
        const char *stop = strchrnul(line, '\n'), *end = stop > line && stop[-1] == '\r' ? stop - 1 : stop;
        if (*line == '[' && is_complete(&section))
            break;
        take_line(search, line, end, &section);
        line = stop + (*stop != 0);
    }
    return is_complete(&section) ? give(search, section.password, section.length) : -ENOENT;
}

/* Hosts only: the default entry must not go to every archive. */
static int from_netrc(const struct search *search)
{
    CLEANUP_SECRETS struct secret_file file = {0};
    CLEANUP_FREE char *path = NULL;
    const char *home = getenv("HOME");
    if (!search->from->netrc || search->request->container_path || !home || !search->name[0])
        return -ENOENT;
    if (asprintf(&path, "%s/.netrc", home) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    int rc = secret_file_read(path, &file);
    if (rc && rc != -ENOENT)
        fs_warn(search->request->options, "%s is not used: %s", path, refusal(rc));
    if (rc)
        return -ENOENT;
    return netrc_find(&file, search->name, search->request->user, search->buf, search->size);
}

static int from_environment(const struct search *search)
{
    const char *name = search->from->environment;
    const char *value = name ? secure_getenv(name) : NULL;
    return value ? give(search, value, strlen(value)) : -ENOENT;
}

/* One line, byte by byte: what follows is another reader's. */
static int from_descriptor(const struct search *search)
{
    size_t length = 0;
    char c = 0;
    ssize_t got = 0;
    if (search->from->password_fd < 0)
        return -ENOENT;
    while ((got = TEMP_FAILURE_RETRY(read(search->from->password_fd, &c, 1))) == 1 && c != '\n') {
        if (length + 1 >= search->size || !c)
            return -ENAMETOOLONG;
        search->buf[length++] = c;
    }
    c = 0;
    if (got != 1 && length == 0)
        return -ENOENT;
    if (length && search->buf[length - 1] == '\r')
        length--;
    search->buf[length] = 0;
    return 0;
}

static int from_question(const struct search *search, const char *what)
{
    char text[FS_NAME_MAX + 32];
    if (!search->from->ask)
        return -EACCES;
    snprintf(text, sizeof text, "password for %.*s", FS_NAME_MAX, what);
    for (char *c = text; *c; c++) /* a name out of an archive must not play with the terminal */
        if (iscntrl((unsigned char)*c))
            *c = '?';
    int rc = search->from->ask(search->from->ask_ctx, text, search->buf, search->size);
    return rc == 0 && memchr(search->buf, 0, search->size) ? 0 : rc == -ENOMEM ? rc : -EACCES;
}

/* ---- which one -------------------------------------------------------------------------------------- */

typedef int (*source)(const struct search *search);
static const source sources[] = {from_url, from_file, from_netrc, from_environment};
enum { SOURCES = sizeof sources / sizeof *sources };

struct offers {
    char text[SOURCES][PASSWORD_MAX];
    unsigned count;
};

static bool offered(const struct offers *offers, const char *password)
{
    for (unsigned i = 0; i < offers->count; i++)
        if (strcmp(offers->text[i], password) == 0)
            return true;
    return false;
}

/* 0: found; 1: not among these, offers->count of them were counted; -errno. */
static int search_again(struct search *search, unsigned attempt, struct offers *offers)
{
    for (size_t i = 0; i < SOURCES; i++) {
        int rc = sources[i](search);
        if (rc == -ENOENT)
            continue;
        if (rc || strlen(search->buf) >= PASSWORD_MAX)
            return rc ? rc : -ENAMETOOLONG;
        if (offered(offers, search->buf))
            continue;
        if (offers->count == attempt)
            return 0;
        strcpy(offers->text[offers->count++], search->buf);
    }
    return 1;
}

static int search_once(struct search *search, const char *what, unsigned attempt, unsigned before)
{
    unsigned turn = attempt - before;
    if (turn == 0) {
        int rc = from_descriptor(search);
        if (rc != -ENOENT)
            return rc;
    }
    unsigned asked = search->from->password_fd >= 0 && turn ? turn - 1 : turn;
    return asked < QUESTIONS_MAX ? from_question(search, what) : -EACCES;
}

int fs_request_password(const struct fs_request *request, const char *what, unsigned attempt, char *buf,
                        size_t size)
{
    if (!request || !request->options || !buf || size == 0)
        return -EINVAL;
    struct search search = {
        .request = request, .from = &request->options->credentials, .buf = buf, .size = size};
    struct offers *offers = calloc(1, sizeof *offers);
    if (!offers)
        return -ENOMEM;
    name_search(&search);
    int rc = search_again(&search, attempt, offers);
    if (rc == 1)
        rc = search_once(&search, what ? what : search.name, attempt, offers->count);
    if (rc)
        explicit_bzero(buf, size);
    explicit_bzero(offers, sizeof *offers);
    free(offers);
    return rc;
}
