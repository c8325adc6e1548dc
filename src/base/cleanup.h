// SPDX-License-Identifier: MIT
//
// Scope attributes: the one cleanup idiom of the house. A variable marked with one of them gives up what it
// owns when its scope ends, however it ends. Hand ownership on with steal_ptr or steal_fd.
//
//     CLEANUP_FREE char *text = strdup(s);
//     CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
//     LOCK_SCOPE(&volume->mutex);
//     return steal_fd(&fd);
//
// Every marked variable must be initialised where it is declared. The cleanups keep errno.

#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP_FREE   __attribute__((cleanup(cleanup_free_)))
#define CLEANUP_FD     __attribute__((cleanup(cleanup_fd_)))
#define CLEANUP_UNLOCK __attribute__((cleanup(cleanup_unlock_)))

// Locks the mutex until the end of the enclosing scope.
#define LOCK_SCOPE(mutex)                                                                    \
    CLEANUP_UNLOCK pthread_mutex_t *CLEANUP_NAME_(held_, __LINE__) __attribute__((unused)) = \
        scope_lock_(mutex)

#define CLEANUP_NAME_(prefix, line)  CLEANUP_NAME2_(prefix, line)
#define CLEANUP_NAME2_(prefix, line) prefix##line

// The pointer in *pp, which is NULL afterwards.
#define steal_ptr(pp)                    \
    ({                                   \
        __typeof__(pp) pp_ = (pp);       \
        __typeof__(*pp_) stolen_ = *pp_; \
        *pp_ = NULL;                     \
        stolen_;                         \
    })

// The descriptor in *fd, which is -1 afterwards.
static inline int steal_fd(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

static inline void cleanup_free_(void *variable)
{
    int saved = errno;
    free(*(void **)variable);
    errno = saved;
}

static inline void cleanup_fd_(const int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        errno = saved;
    }
}

static inline pthread_mutex_t *scope_lock_(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    return mutex;
}

static inline void cleanup_unlock_(pthread_mutex_t **mutex)
{
    if (*mutex)
        pthread_mutex_unlock(*mutex);
}

#endif
