// SPDX-License-Identifier: MIT
/* The requests for extended operations as plain calls. */
#ifndef TESTS_NT_EXTENDED_KIT_H
#define TESTS_NT_EXTENDED_KIT_H

#include "harness.h"

/* What doors make in one request: mode, owner, and perhaps a reparse point. */
static inline NTSTATUS make_with(struct rig *rig, const WCHAR *path, const struct nt_facts *facts,
                                 const char *target, ULONG options)
{
    uint8_t buffer[500];
    struct nt_request rq;
    rig_request(rig, &rq, NT_CREATE, NULL);
    fill_create(&rq, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    rq.create.facts = facts;
    rq.create.close_at_once = true;
    if (target) {
        rq.create.reparse = buffer;
        rq.create.reparse_length = nt_reparse_make_link(target, buffer, sizeof buffer);
    }
    NTSTATUS status = nt_call(&rq, NULL);
    if (status == STATUS_SUCCESS)
        nt_node_put(rq.create.out.node);
    return status;
}

static inline NTSTATUS ea(struct rig *rig, enum nt_op op, struct nt_handle *h, struct nt_ea_args args,
                          uint64_t *information)
{
    struct nt_request rq;
    uint64_t unused;
    rig_request(rig, &rq, op, h);
    rq.ea = args;
    rq.ea.node = nt_handle_node(h);
    return nt_call(&rq, information ? information : &unused);
}

static inline NTSTATUS set_ea(struct rig *rig, struct nt_handle *h, const char *name, const char *value,
                              unsigned flags)
{
    return ea(rig, NT_SET_EA, h,
              (struct nt_ea_args){.name = name,
                                  .value = (void *)(uintptr_t)value,
                                  .length = (uint32_t)strlen(value),
                                  .flags = flags},
              NULL);
}

static inline NTSTATUS reparse(struct rig *rig, enum nt_op op, struct nt_handle *h, void *buffer,
                               uint32_t length, uint32_t tag, uint64_t *information)
{
    struct nt_request rq;
    rig_request(rig, &rq, op, h);
    rq.reparse =
        (struct nt_reparse_args){.node = nt_handle_node(h), .buffer = buffer, .length = length, .tag = tag};
    return nt_call(&rq, information);
}

static inline NTSTATUS range(struct rig *rig, enum nt_op op, struct nt_handle *h, struct nt_range_args args,
                             uint64_t *at)
{
    struct nt_request rq;
    uint64_t unused;
    rig_request(rig, &rq, op, h);
    rq.range = args;
    rq.range.node = nt_handle_node(h);
    return nt_call(&rq, at ? at : &unused);
}

#endif
