// SPDX-License-Identifier: MIT
/* See security_kit.h. */
#include "security_kit.h"
#include <stdio.h>

NTSTATUS kit_query(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what, void *buffer,
                   uint32_t length, uint32_t *needed)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_QUERY_SECURITY, h);
    rq.security = (struct nt_security_args){.what = what, .buffer = buffer, .length = length};
    NTSTATUS status = nt_call(&rq, NULL);
    *needed = rq.security.needed;
    return status;
}

NTSTATUS kit_set(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what, const void *sd,
                 uint32_t length)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_SET_SECURITY, h);
    rq.security = (struct nt_security_args){.what = what, .buffer = (void *)sd, .length = length};
    return nt_call(&rq, NULL);
}

struct nt_handle *kit_open(struct rig *rig, const WCHAR *path, ACCESS_MASK access)
{
    struct opened o =
        rig_create(rig, &(struct opening){.path = path, .access = access, .disposition = FILE_OPEN});
    assert_status(STATUS_SUCCESS, o.status);
    return o.handle;
}

struct sd_buffer kit_bytes(const char *sddl)
{
    struct sd_buffer out = {0};
    struct sddl_text text = {sddl, sddl + strlen(sddl)};
    assert_status(STATUS_SUCCESS, sddl_read(&text, &out));
    return out;
}

NTSTATUS kit_set_text(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what, const char *sddl)
{
    struct sd_buffer bytes = kit_bytes(sddl);
    NTSTATUS status = kit_set(rig, h, what, bytes.at, (uint32_t)bytes.used);
    sd_buffer_free(&bytes);
    return status;
}

const char *kit_text(const void *bytes, size_t length, SECURITY_INFORMATION what)
{
    static char text[1000];
    struct sd sd;
    struct sd_buffer out = {0};
    assert_true(sd_parse(bytes, length, &sd));
    assert_status(STATUS_SUCCESS, sddl_write(&sd, what, &out));
    snprintf(text, sizeof text, "%.*s", (int)out.used, out.used ? (const char *)out.at : "");
    sd_buffer_free(&out);
    return text;
}

const char *kit_query_text(struct rig *rig, struct nt_handle *h, SECURITY_INFORMATION what)
{
    _Alignas(4) unsigned char buffer[2000];
    uint32_t length;
    assert_status(STATUS_SUCCESS, kit_query(rig, h, what, buffer, sizeof buffer, &length));
    return kit_text(buffer, length, BACKUP_SECURITY_INFORMATION);
}

/* ---- memfs with its descriptors enforced ---- */

static unsigned char alice[16] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xE9, 3};
static unsigned char bob[16] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xEA, 3};
static unsigned char staff[16] = {1, 2, 0, 0, 0, 0, 0, 22, 2, 0, 0, 0, 50};
const DOKAN_ACCESS_TOKEN root_token = {
    .Size = sizeof root_token, .Flags = DOKAN_TOKEN_SUPERUSER, .User = alice, .PrimaryGroup = staff};
const DOKAN_ACCESS_TOKEN alice_token = {.Size = sizeof alice_token, .User = alice, .PrimaryGroup = staff};
const DOKAN_ACCESS_TOKEN bob_token = {.Size = sizeof bob_token, .User = bob, .PrimaryGroup = staff};
const DOKAN_ACCESS_TOKEN backup_token = {.Size = sizeof backup_token,
                                         .Flags = DOKAN_TOKEN_BACKUP | DOKAN_TOKEN_RESTORE,
                                         .User = bob,
                                         .PrimaryGroup = staff};

struct world world_open(unsigned security)
{
    struct world w = {.memfs = memfs_new(0, 0)};
    assert_non_null(w.memfs);
    w.rig = rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                        .context = w.memfs,
                                        .options = DOKAN_OPTION_ALT_STREAM,
                                        .security = security});
    w.rig->token = &root_token;
    return w;
}

void world_close(struct world *w)
{
    rig_close(w->rig);
    memfs_free(w->memfs);
}

void make(struct rig *rig, const WCHAR *path, ULONG options, const char *sddl)
{
    const DOKAN_ACCESS_TOKEN *before = rig->token;
    struct sd_buffer sd = kit_bytes(sddl);
    rig->token = &root_token;
    struct opened o = rig_create(rig, &(struct opening){.path = path,
                                                        .disposition = FILE_CREATE,
                                                        .options = options,
                                                        .security = sd.at,
                                                        .security_length = (uint32_t)sd.used});
    assert_status(STATUS_SUCCESS, o.status);
    rig_end(rig, o.handle);
    sd_buffer_free(&sd);
    rig->token = before;
}

void restrict_root(struct rig *rig)
{
    struct nt_handle *h = kit_open(rig, u"\\", ALL_RIGHTS);
    assert_status(0, kit_set_text(rig, h, DACL_SECURITY_INFORMATION, "D:P(A;;0x1301bf;;;AU)"));
    rig_end(rig, h);
}
