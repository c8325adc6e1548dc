// SPDX-License-Identifier: MIT
/*
 * See serve.h. The mount's threads inherit the signal mask, so signals come to the thread that waits for them
 * and to nobody else.
 */
#include "cli/serve.h"

#include "cli/progress.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What /proc/mounts shows as the source, and what mount(8) compares with fstab: the real path, or the URL. */
static int name_mount(struct opening *o, const char *source)
{
    enum { MOST = 250 };
    char real[PATH_MAX], *shown = fs_url_redact(realpath(source, real) ? real : source);
    size_t length = shown ? strlen(shown) : 0;
    int rc = shown ? 0 : -ENOMEM;
    if (length)
        rc = olist_name(&o->list, length > MOST ? shown + length - MOST : shown);
    free(shown);
    return rc ? complain(NULL, rc, NULL) : 0;
}

int mount_options_read(struct opening *o, struct fs_mount_options *out)
{
    unsigned timeout = 0, wait = 0;
    const struct call *call = &o->call;
    *out = (struct fs_mount_options)FS_MOUNT_OPTIONS;
    int code = option_number(call, "timeout", 15, 300, &timeout);
    code = code ? code : option_number(call, "wait", 1, 86400, &wait);
    code = code ? code : name_mount(o, call->argv[0]);
    out->timeout_ms = timeout * 1000;
    out->ready_timeout_ms = wait * 1000;
    out->numthreads = option_on(call, "single-thread");
    out->flags = option_on(call, "read-only") ? DOKAN_OPTION_WRITE_PROTECT : 0;
    out->fsname = option_value(call, "fsname");
    out->volname = option_value(call, "volname");
    out->options = o->list.mount_options;
    return code;
}

int mount_complain(const char *point, int rc, const struct fs_error *error)
{
    if (*error->text && rc != -ECANCELED)
        return complain_text(rc, "%s", error->text);
    return complain(point, rc, NULL);
}

static void ended(void *ctx)
{
    const uint64_t one = 1;
    if (write(*(const int *)ctx, &one, sizeof one) < 0)
        return; /* it is readable already */
}

int serve_start(struct served *served, struct fs *fs, const char *point, struct fs_mount_options *options,
                const sigset_t *set)
{
    struct fs_error error = {0};
    *served = (struct served){.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (served->event < 0)
        return complain(NULL, -errno, NULL);
    sigprocmask(SIG_BLOCK, set, NULL);
    options->mode = FS_MOUNT_THREADS;
    options->unmounted = ended;
    options->ctx = &served->event;
    int rc = fs_mount(fs, point, options, &served->mount, &error);
    progress_hide();
    if (rc == 0)
        return 0;
    close(served->event);
    return mount_complain(point, rc, &error);
}

int serve_wait(const struct served *served, const sigset_t *set, siginfo_t *info)
{
    struct pollfd fds[2] = {{.fd = signalfd(-1, set, SFD_CLOEXEC), .events = POLLIN},
                            {.fd = served->event, .events = POLLIN}};
    const struct timespec now = {0};
    int number = -1;
    while (number < 0 && !fds[1].revents) {
        if (poll(fds, 2, fds[0].fd < 0 ? 100 : -1) < 0 && errno != EINTR)
            break;
        number = sigtimedwait(set, info, &now);
    }
    close(fds[0].fd);
    return number > 0 ? number : 0;
}

int serve_stop(struct served *served)
{
    int rc = mount_process_unmount(served->mount);
    close(served->event);
    if (rc == -ETIMEDOUT)
        return complain_text(rc, "the source could not be closed in time; data may be lost");
    return rc ? complain("closing the source: data may be lost", rc, NULL) : 0;
}

void service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0)
        warn_text("cannot tell the service manager: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
}
