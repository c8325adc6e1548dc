// SPDX-License-Identifier: MIT
/*
 * The private control socket: <runtime>/control/<pid>-<random>, mode 0600, answered for the same user and
 * root only.
 *
 * One request per connection, one line: `status ID`, `trace on ID`, `trace off ID`, `unmount ID`, `list`. The
 * answer is `ok LENGTH\n` or `error ERRNO LENGTH\n` and LENGTH bytes of text, then the connection ends.
 */
#ifndef XDOKAN_API_CONTROL_H
#define XDOKAN_API_CONTROL_H

#include "api/registry.h"
#include <stdint.h>
#include <stdio.h>

#define CONTROL_LINE_MAX 256

/* ---- the serving side --------------------------------------------------------------------------------- */

/* The socket serves while somebody uses it: the first use opens it, the last one closes it. Its name, or ""
 * when there is none, goes to `socket`. 0 or -errno. */
int control_use(char *socket, size_t size);
void control_unuse(void);
/* An instance changed its state. */
void control_wake(void);
/* In a forked child, under the process lock: lets go of the descriptors. */
void control_forget(void);
/* After that, in a child that starts anew: nobody uses the socket. */
void control_restart(void);

/* A request being answered. */
struct control_call {
    FILE *out;         /* the text of the answer */
    uint64_t wait_for; /* volume whose mount must be gone before the answer is sent; 0 = none */
};

/* Runs one line (without its end). 0, or -errno for an error answer. */
int control_run(char *line, struct control_call *call);

/* ---- the asking side ---------------------------------------------------------------------------------- */

/*
 * Sends a request to the process that serves the mount. 0, or -errno: the process's own error, or -ETIMEDOUT,
 * -ECONNREFUSED, -EPROTO and the like. The text of the answer goes to *reply (may be NULL afterwards; free()
 * it).
 */
int control_ask(const struct registry_record *record, const char *line, unsigned timeout_ms, char **reply);

#endif
