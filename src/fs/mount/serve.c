// SPDX-License-Identifier: MIT
/*
 * Serving in the caller's thread until the end, with signals as one expects of a program in the foreground.
 *
 * Only signals that the program left at their default are taken, and given back with the last such mount.
 * `stop.fd` becomes readable with the first signal and stays so: every mount in the foreground ends.
 */
#include "fs/mount/mount_i.h"

#include "base/cleanup.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

enum { SIGNALS = sizeof signals / sizeof *signals };

static struct {
    pthread_mutex_t lock;
    unsigned users;
    int fd;
    bool taken[SIGNALS];
    sigset_t masks; /* of the last user */
} stop = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static void on_signal(int number)
{
    const uint64_t one = 1;
    int saved = errno;
    (void)number;
    if (write(stop.fd, &one, sizeof one) < 0) { /* full: it was said before */
    }
    errno = saved;
}

static void take_signal(int i)
{
    struct sigaction now, ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&ours.sa_mask);
    stop.taken[i] = sigaction(signals[i], NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
                    now.sa_handler == SIG_DFL && sigaction(signals[i], &ours, NULL) == 0;
}

static int take_signals(void)
{
    LOCK_SCOPE(&stop.lock);
    if (stop.users == 0) {
        stop.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (stop.fd < 0)
            return -errno;
        for (int i = 0; i < SIGNALS; i++)
            take_signal(i);
    }
    stop.users++;
    return 0;
}

static void give_signals_back(void)
{
    LOCK_SCOPE(&stop.lock);
    if (--stop.users)
        return;
    for (int i = 0; i < SIGNALS; i++)
        if (stop.taken[i])
            signal(signals[i], SIG_DFL);
    close(steal_fd(&stop.fd));
}

/* Nobody serves in this process yet, and the signals are at their default again. */
void serve_after_fork(void)
{
    pthread_mutex_init(&stop.lock, NULL);
    if (stop.fd >= 0)
        close(steal_fd(&stop.fd));
    stop.users = 0;
}

int serve_early(void)
{
    return take_signals();
}

int volume_serve(struct volume *volume)
{
    int rc = take_signals();
    if (rc) {
        log_warn("signals cannot be taken: %s", strerror(-rc));
        return volume_wait(volume, -1);
    }
    struct pollfd fds[] = {{volume_done_fd(volume), POLLIN, 0}, {stop.fd, POLLIN, 0}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    if (!fds[0].revents)
        volume_end(volume);
    rc = volume_wait(volume, -1);
    give_signals_back();
    return rc;
}
