// SPDX-License-Identifier: MIT
/*
 * What tests of security descriptors share: descriptors as text, asked and set through the engine, and memfs
 * with its descriptors enforced. Callers are root (a superuser named 1001), alice (1001), bob (1002) and
 * bob with the privileges of a backup program; all are in group 50.
 */
#ifndef TESTS_NT_SECURITY_KIT_H
#define TESTS_NT_SECURITY_KIT_H

#include "harness.h"
#include "memfs.h"
#include "nt/sddl.h"
#include "nt/security.h"

enum {
    THREE = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
    ALL_RIGHTS = FILE_ALL_ACCESS | ACCESS_SYSTEM_SECURITY,
    ENFORCED = NT_SECURITY_CHECK | NT_SECURITY_INHERIT | NT_SECURITY_WHOLE
};

extern const DOKAN_ACCESS_TOKEN root_token, alice_token, bob_token, backup_token;

NTSTATUS kit_query(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what, void *buffer,
                   uint32_t length, uint32_t *needed);
NTSTATUS kit_set(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what, const void *sd,
                 uint32_t length);
struct nt_handle *kit_open(struct rig *rig, const WCHAR *path, ACCESS_MASK access);
/* A descriptor from its text, to be freed with sd_buffer_free(). */
struct sd_buffer kit_bytes(const char *sddl);
NTSTATUS kit_set_text(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what, const char *sddl);
/* Both: text that stays until the next call. */
const char *kit_text(const void *bytes, size_t length, SECURITY_INFORMATION what);
const char *kit_query_text(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what);

struct world {
    void *memfs;
    struct rig *rig;
};

/* memfs, and root who asks. */
struct world world_open(unsigned security);
void world_close(struct world *w);
/* Makes it, as root, with a descriptor of its own. */
void make(struct rig *rig, const WCHAR *path, ULONG options, const char *sddl);
/* Everybody may use the root, but not delete what others have in it. */
void restrict_root(struct rig *rig);

#endif
