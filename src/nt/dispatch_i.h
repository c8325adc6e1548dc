// SPDX-License-Identifier: MIT
/* Between dispatch.c and trace.c: one callback under way. */
#ifndef XDOKAN_NT_DISPATCH_I_H
#define XDOKAN_NT_DISPATCH_I_H

#include "nt/nt_internal.h"

struct frame {
    struct nt_request *rq;
    struct nt_volume *vol;
    struct nt_handle *h; /* NULL for ZwCreateFile and the volume's own callbacks */
    struct nt_path *path;
    enum nt_callback cb;
    bool tracing;
    uint64_t started;
    uint64_t handed; /* the Context that the callback was given */
    DOKAN_FILE_INFO info;
};

NTSTATUS frame_enter(struct frame *f, struct nt_request *rq, struct nt_handle *h, enum nt_callback cb);
NTSTATUS frame_leave(struct frame *f, NTSTATUS status, uint64_t information);
/* What the file system said makes no sense: tells it, and returns `instead`. */
NTSTATUS bad_reply(const struct frame *f, const char *what, NTSTATUS instead);

void trace_line_in(const struct frame *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void trace_create(const struct frame *f, const struct create_call *c);
void trace_path(const struct frame *f, const char *how, const struct nt_path *to);
void trace_leave(const struct frame *f, NTSTATUS status, uint64_t information, uint64_t ns);

/* The arguments are not even evaluated while nobody traces. */
#define trace_enter(f, ...) ((f)->tracing ? trace_line_in((f), __VA_ARGS__) : (void)0)
#define trace_bare(f)       ((f)->tracing ? trace_line_in((f), "%s", "") : (void)0)

#endif
