// SPDX-License-Identifier: MIT
/*
 * The server of the control socket: one thread, one poll loop, all descriptors non-blocking. A client that
 * hangs, stops half way or sends garbage costs one of few places until its deadline, and nobody waits for it.
 * Who may ask is decided by what the kernel says of the peer, never by what it sends.
 *
 * `lock` guards the count of users and start and stop; the process lock guards the descriptors against a
 * fork. The rest belongs to the thread.
 */
#include "api/control.h"
#include "api/instance.h"
#include "api/process.h"
#include "api/runtime.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS = 16 };
#define CLIENT_NS  5000000000ull  /* to send a request, and to take the answer */
#define WAIT_NS    30000000000ull /* for a mount to be gone */
#define GOODBYE_NS 500000000ull   /* for answers under way when the server stops */

struct client {
    int fd; /* -1 = free */
    uint64_t deadline;
    uint64_t wait_for; /* volume whose mount must be gone before the answer goes out */
    size_t in_len, out_len, out_at;
    char *out; /* the answer; NULL while the request is being read */
    char in[CONTROL_LINE_MAX];
};

static struct {
    pthread_mutex_t lock;
    unsigned users;
    pthread_t thread;
    char *path;
    char name[64];
    int listener, wake;
    _Atomic bool stop;
    struct client clients[CLIENTS];
} control = {.lock = PTHREAD_MUTEX_INITIALIZER, .listener = -1, .wake = -1};

/* ---- clients ------------------------------------------------------------------------------------------ */

static void drop_client(struct client *c)
{
    process_lock();
    close(steal_fd(&c->fd));
    process_unlock();
    free(c->out);
    *c = (struct client){.fd = -1};
}

static bool may_ask(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static struct client *free_place(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        if (control.clients[i].fd < 0)
            return &control.clients[i];
    return NULL;
}

static void accept_client(void)
{
    struct client *c = free_place();
    int fd = c ? accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
    if (fd < 0)
        return;
    if (!may_ask(fd)) {
        close(fd);
        return;
    }
    process_lock();
    *c = (struct client){.fd = fd, .deadline = clock_ns() + CLIENT_NS};
    process_unlock();
}

static void set_answer(struct client *c, int rc, const char *text, size_t len)
{
    char head[48];
    int n = rc ? snprintf(head, sizeof head, "error %d %zu\n", -rc, len)
               : snprintf(head, sizeof head, "ok %zu\n", len);
    c->out = malloc((size_t)n + len);
    if (!c->out)
        return;
    memcpy(c->out, head, (size_t)n);
    memcpy(c->out + n, text, len);
    c->out_len = (size_t)n + len;
}

static void answer_line(struct client *c)
{
    CLEANUP_FREE char *text = NULL;
    size_t len = 0;
    struct control_call call = {.out = open_memstream(&text, &len)};
    if (!call.out) {
        drop_client(c);
        return;
    }
    int rc = control_run(c->in, &call);
    fclose(call.out);
    set_answer(c, rc, text, len);
    if (!c->out) {
        drop_client(c);
        return;
    }
    c->wait_for = call.wait_for;
    c->deadline = clock_ns() + (c->wait_for ? WAIT_NS : CLIENT_NS);
}

/* One line is read, what follows it is ignored. */
static void read_client(struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - c->in_len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop_client(c);
        return;
    }
    char *end = memchr(c->in + c->in_len, '\n', (size_t)n);
    c->in_len += (size_t)n;
    if (!end && c->in_len == sizeof c->in) {
        c->in[0] = 0;
        end = c->in;
    }
    if (!end)
        return;
    *end = 0;
    answer_line(c);
}

static void write_client(struct client *c)
{
    ssize_t n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        c->out_at += (size_t)n;
    if (n <= 0 || c->out_at == c->out_len)
        drop_client(c);
}

/* The mount is gone, or even the instance. */
static bool is_unmounted(uint64_t id)
{
    struct instance *inst = process_find_id(id);
    bool unmounted = !inst || instance_state(inst) >= INSTANCE_UNMOUNTED;
    if (inst)
        instance_put(inst);
    return unmounted;
}

static void check_waiting(struct client *c)
{
    if (c->fd < 0 || !c->wait_for || !is_unmounted(c->wait_for))
        return;
    c->wait_for = 0;
    c->deadline = clock_ns() + CLIENT_NS;
}

/* ---- the loop ----------------------------------------------------------------------------------------- */

static void check_clients(void)
{
    uint64_t now = clock_ns();
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &control.clients[i];
        check_waiting(c);
        if (c->fd >= 0 && c->deadline < now)
            drop_client(c);
    }
}

static short client_events(const struct client *c)
{
    if (!c->out)
        return POLLIN;
    return c->wait_for ? 0 : POLLOUT;
}

static bool any_client(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        if (control.clients[i].fd >= 0)
            return true;
    return false;
}

static void serve_once(bool accepting)
{
    struct pollfd fds[CLIENTS + 2];
    bool room = accepting && free_place();
    for (size_t i = 0; i < CLIENTS; i++)
        fds[i] = (struct pollfd){control.clients[i].fd, client_events(&control.clients[i]), 0};
    fds[CLIENTS] = (struct pollfd){room ? control.listener : -1, POLLIN, 0};
    fds[CLIENTS + 1] = (struct pollfd){control.wake, POLLIN, 0};
    if (poll(fds, CLIENTS + 2, any_client() ? 100 : -1) < 0)
        return;
    uint64_t count;
    if (fds[CLIENTS + 1].revents && read(control.wake, &count, sizeof count) < 0 && errno != EAGAIN)
        return;
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &control.clients[i];
        if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL) && c->out)
            drop_client(c);
        else if (fds[i].revents)
            (c->out ? write_client : read_client)(c);
    }
    if (fds[CLIENTS].revents)
        accept_client();
}

static void *run_server(void *arg)
{
    while (!control.stop) {
        serve_once(true);
        check_clients();
    }
    uint64_t until = clock_ns() + GOODBYE_NS;
    check_clients();
    while (any_client() && clock_ns() < until) {
        serve_once(false);
        check_clients();
    }
    for (size_t i = 0; i < CLIENTS; i++)
        if (control.clients[i].fd >= 0)
            drop_client(&control.clients[i]);
    return NULL;
}

/* ---- start and stop ----------------------------------------------------------------------------------- */

/* The address through a descriptor of the folder: a path may be longer than an address. */
static int bind_in(const char *dir, const char *name, int sock)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEANUP_FD int folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, name);
    if (bind(sock, (struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    return fchmodat(folder, name, 0600, 0) < 0 || listen(sock, CLIENTS) < 0 ? -errno : 0;
}

static int open_listener(void)
{
    char dir[PATH_MAX];
    int rc = runtime_subdir("control", dir, sizeof dir);
    if (rc)
        return rc;
    CLEANUP_FD int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock < 0)
        return -errno;
    snprintf(control.name, sizeof control.name, "%u-%016llx", (unsigned)getpid(),
             (unsigned long long)random_u64());
    rc = asprintf(&control.path, "%s/%s", dir, control.name) < 0 ? -ENOMEM : bind_in(dir, control.name, sock);
    if (rc)
        return rc;
    process_lock();
    control.listener = steal_fd(&sock);
    process_unlock();
    return 0;
}

static void close_descriptors(void)
{
    process_lock();
    if (control.listener >= 0)
        close(steal_fd(&control.listener));
    if (control.wake >= 0)
        close(steal_fd(&control.wake));
    process_unlock();
    if (control.path)
        unlink(control.path);
    free(control.path);
    control.path = NULL;
    control.name[0] = 0;
}

static int start_server(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        control.clients[i] = (struct client){.fd = -1};
    control.stop = false;
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    process_lock();
    control.wake = wake;
    process_unlock();
    int rc = wake < 0 ? -errno : open_listener();
    if (rc == 0)
        rc = thread_start(&control.thread, "dokan-control", 0, NULL, run_server, NULL);
    if (rc)
        close_descriptors();
    return rc;
}

int control_use(char *socket_name, size_t size)
{
    LOCK_SCOPE(&control.lock);
    int rc = control.users ? 0 : start_server();
    if (rc) {
        log_warn("no control socket (%s): other processes cannot unmount", strerror(-rc));
        return rc;
    }
    control.users++;
    snprintf(socket_name, size, "%s", control.name);
    return 0;
}

void control_unuse(void)
{
    LOCK_SCOPE(&control.lock);
    if (--control.users)
        return;
    control.stop = true;
    control_wake();
    pthread_join(control.thread, NULL);
    close_descriptors();
}

void control_wake(void)
{
    const uint64_t one = 1;
    process_lock();
    if (control.wake >= 0 && write(control.wake, &one, sizeof one) < 0)
        errno = 0;
    process_unlock();
}

void control_forget(void)
{
    if (control.listener >= 0)
        close(steal_fd(&control.listener));
    if (control.wake >= 0)
        close(steal_fd(&control.wake));
    for (size_t i = 0; i < CLIENTS; i++)
        if (control.users && control.clients[i].fd >= 0)
            close(steal_fd(&control.clients[i].fd));
}

void control_restart(void)
{
    control.users = 0;
    control.stop = false;
    control.path = NULL;
    control.name[0] = 0;
    control.listener = control.wake = -1;
    memset(control.clients, 0, sizeof control.clients);
    pthread_mutex_init(&control.lock, NULL);
}
