// SPDX-License-Identifier: MIT
/*
 * The asking side of the control socket. The peer may hang, die or lie: every step has the one deadline, the
 * answer has a greatest length, and the kernel must say that the peer is the owner of the folder the socket
 * lies in.
 */
#include "api/control.h"
#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX (1u << 20)
#define RETRY_NS   10000000l

struct question {
    int fd;
    uint64_t deadline; /* clock_ns() */
};

/* 0 when `events` came, -ETIMEDOUT. */
static int wait_for(const struct question *q, short events)
{
    struct pollfd p = {q->fd, events, 0};
    for (;;) {
        uint64_t now = clock_ns();
        int ms = now < q->deadline ? (int)((q->deadline - now) / 1000000) + 1 : 0;
        int n = poll(&p, 1, ms);
        if (n > 0)
            return 0;
        if (n == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

/* EAGAIN: the queue of a busy or stopped server is full. */
static int connect_to(const struct question *q, const struct registry_record *record)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEANUP_FD int folder = open(record->runtime, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control/%s", folder,
             record->socket);
    while (connect(q->fd, (struct sockaddr *)&address, sizeof address) < 0) {
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        if (clock_ns() > q->deadline)
            return -ETIMEDOUT;
        nanosleep(&(struct timespec){.tv_nsec = RETRY_NS}, NULL);
    }
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(q->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != record->owner)
        return -EPERM;
    return 0;
}

static int send_line(const struct question *q, const char *line)
{
    char text[CONTROL_LINE_MAX];
    size_t len = (size_t)snprintf(text, sizeof text, "%s\n", line), at = 0;
    if (len >= sizeof text)
        return -EINVAL;
    while (at < len) {
        int rc = wait_for(q, POLLOUT);
        if (rc)
            return rc;
        ssize_t n = send(q->fd, text + at, len - at, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* More room for an answer, up to the greatest length; NULL otherwise, and the old room stays. */
static char *grow(char *text, size_t *cap)
{
    char *grown = *cap < ANSWER_MAX ? realloc(text, 2 * *cap + 1) : NULL;
    if (grown)
        *cap *= 2;
    return grown;
}

/* Reads to the end of the connection into *text, which the caller frees in any case. */
static int receive_all(const struct question *q, char **text, size_t *len)
{
    size_t cap = 4096;
    *len = 0;
    *text = malloc(cap + 1);
    while (*text) {
        int rc = wait_for(q, POLLIN);
        if (rc)
            return rc;
        ssize_t n = recv(q->fd, *text + *len, cap - *len, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0) {
            (*text)[*len] = 0;
            return n < 0 ? -errno : 0;
        }
        *len += (size_t)n;
        char *room = *len < cap ? *text : grow(*text, &cap);
        if (!room)
            return -EMSGSIZE;
        *text = room;
    }
    return -ENOMEM;
}

/* `ok LENGTH\n` or `error ERRNO LENGTH\n`, then exactly LENGTH bytes, which stay in `text`. */
static int parse_answer(char *text, size_t len)
{
    size_t announced;
    int error = 0, head = 0;
    char *end = memchr(text, '\n', len);
    if (!end)
        return -EPROTO;
    *end = 0;
    bool ok = sscanf(text, "ok %zu%n", &announced, &head) == 1;
    if (!ok && (sscanf(text, "error %d %zu%n", &error, &announced, &head) != 2 || error <= 0 || error > 4095))
        return -EPROTO;
    size_t start = (size_t)(end - text) + 1;
    if (text + head != end || len - start != announced)
        return -EPROTO;
    memmove(text, end + 1, announced);
    text[announced] = 0;
    return -error;
}

int control_ask(const struct registry_record *record, const char *line, unsigned timeout_ms, char **reply)
{
    *reply = NULL;
    if (!record->socket[0])
        return -ECONNREFUSED;
    CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    const struct question q = {fd, clock_ns() + (uint64_t)timeout_ms * 1000000};
    char *text = NULL;
    size_t len = 0;
    int rc = connect_to(&q, record);
    rc = rc ? rc : send_line(&q, line);
    rc = rc ? rc : receive_all(&q, &text, &len);
    if (rc || !text) {
        free(text);
        return rc;
    }
    rc = parse_answer(text, len);
    if (rc == -EPROTO)
        free(text);
    else
        *reply = text;
    return rc;
}
