// SPDX-License-Identifier: MIT
/*
 * Named streams, extended attributes, security descriptors: what hangs on a file beside its contents.
 */
#include "check/nt_i.h"

#include <dokan/dokan_security.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- streams ------------------------------------------------------------------------------------------- */

/* A file with a stream; NULL, and noted, where there are none. */
static struct file *make_stream(struct probe *p, const WCHAR *name, const char *text)
{
    struct file *file = NULL;
    char given[16];
    const struct opening how = {.name = name, .share = SHARE_ALL, .disposition = FILE_CREATE};
    NTSTATUS status = nt_open(p, &how, &file);
    bool none = status == STATUS_OBJECT_NAME_INVALID || status == STATUS_INVALID_PARAMETER ||
                status == STATUS_NOT_SUPPORTED || status == STATUS_NOT_IMPLEMENTED;
    if (none && probe_live(p)) {
        volume_can(p, FILE_NAMED_STREAMS, false);
        probe_not_offered(p, "%s: %s", p->call, status_name(status, given, sizeof given));
    }
    must(p, status, STATUS_SUCCESS, "a stream can be made");
    must(p, nt_write(p, file, 0, text, (ULONG)strlen(text), NULL), STATUS_SUCCESS, "a stream can be written");
    if (probe_live(p))
        volume_can(p, FILE_NAMED_STREAMS, true);
    return file;
}

static void stream_data(struct probe *p)
{
    make_closed(p, u"file", "main");
    close_file(p, make_stream(p, u"file:extra", "stream"));
    must_hold(p, open_file(p, u"file"), "main", "a stream leaves the file's contents alone");
    must_hold(p, open_file(p, u"file:extra"), "stream", "what was written into a stream is there");
    must_exist(p, u"file:none", false, "a stream that is not there is not found");
}

/* Whether the streams of a file, as NT packs them, have one of that name. */
static bool has_stream(const BYTE *buf, ULONG length, const WCHAR *name)
{
    for (ULONG at = 0; at + offsetof(FILE_STREAM_INFORMATION, StreamName) <= length;) {
        FILE_STREAM_INFORMATION head;
        ULONG bytes = (ULONG)(wide_length(name) * sizeof(WCHAR));
        memcpy(&head, buf + at, offsetof(FILE_STREAM_INFORMATION, StreamName));
        if (head.StreamNameLength == bytes &&
            memcmp(buf + at + offsetof(FILE_STREAM_INFORMATION, StreamName), name, bytes) == 0)
            return true;
        if (!head.NextEntryOffset)
            break;
        at += head.NextEntryOffset;
    }
    return false;
}

static void stream_list(struct probe *p)
{
    _Alignas(8) BYTE buf[2048] = {0};
    ULONG got = 0;
    make_closed(p, u"file", "main");
    close_file(p, make_stream(p, u"file:extra", "stream"));
    struct file *file = open_file(p, u"file");
    must(p, nt_query(p, file, FileStreamInformation, buf, sizeof buf, &got), STATUS_SUCCESS,
         "streams can be listed");
    must_be(p, has_stream(buf, got, u"::$DATA"), "an entry ::$DATA", "none",
            "the file's contents are its first stream");
    must_be(p, has_stream(buf, got, u":extra:$DATA"), "an entry :extra:$DATA", "none",
            "every stream is listed");
}

static void stream_ends(struct probe *p)
{
    make_closed(p, u"file", "main");
    struct file *stream = make_stream(p, u"file:extra", "stream");
    must(p, set_deletion(p, stream, true), STATUS_SUCCESS, "a stream can be deleted");
    close_file(p, stream);
    must_exist(p, u"file:extra", false, "a deleted stream is gone");
    struct file *whole = open_file(p, u"file");
    must_hold(p, whole, "main", "deleting a stream leaves the file");
    close_file(p, whole);
    close_file(p, make_stream(p, u"file:again", "stream"));
    struct file *file = open_file(p, u"file");
    made(p, set_deletion(p, file, true));
    close_file(p, file);
    make_closed(p, u"file", "new");
    must_exist(p, u"file:again", false, "streams go with their file");
}

static const struct check stream_checks[] = {
    {"streams", "data", WRITES, stream_data},
    {"streams", "list", WRITES, stream_list},
    {"streams", "delete", WRITES, stream_ends},
};
const struct check_table nt_streams = {stream_checks, COUNT_OF(stream_checks)};

/* ---- security ------------------------------------------------------------------------------------------ */

enum { DESCRIPTOR_MOST = 8192 };

#define ALL_PARTS (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)

static struct file *make_guarded(struct probe *p)
{
    struct file *file = NULL;
    const struct opening how = {.name = u"file",
                                .access = ALL_DATA | READ_CONTROL | WRITE_DAC | WRITE_OWNER,
                                .share = SHARE_ALL,
                                .disposition = FILE_CREATE};
    made(p, nt_open(p, &how, &file));
    return file;
}

static void security_read(struct probe *p)
{
    _Alignas(8) BYTE buf[DESCRIPTOR_MOST];
    DOKAN_SECURITY_PARTS parts = {.Size = sizeof parts};
    ULONG got = 0, needed = 0;
    struct file *file = make_guarded(p);
    NTSTATUS status = nt_get_security(p, file, ALL_PARTS, buf, sizeof buf, &got);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a descriptor can be read");
    if (probe_live(p))
        must_be(p, DokanIsValidSecurityDescriptor(buf, got), "a self-relative descriptor", "something else",
                "a descriptor is well-formed");
    if (probe_live(p) && DokanGetSecurityDescriptorParts(buf, got, &parts))
        must_be(p, parts.Owner && parts.Group, "owner and group", "one of them at most",
                "every file has an owner and a group");
    must(p, nt_get_security(p, file, ALL_PARTS, buf, 4, &needed), STATUS_BUFFER_OVERFLOW,
         "a small buffer is told how much is needed");
    must_be(p, needed == got || !probe_live(p), "the room that is needed", "another number",
            "a small buffer is told how much is needed");
}

static void security_by_parts(struct probe *p)
{
    _Alignas(8) BYTE buf[DESCRIPTOR_MOST];
    DOKAN_SECURITY_PARTS parts = {.Size = sizeof parts};
    ULONG got = 0;
    struct file *file = make_guarded(p);
    NTSTATUS status = nt_get_security(p, file, OWNER_SECURITY_INFORMATION, buf, sizeof buf, &got);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "parts of a descriptor can be read");
    if (probe_live(p) && DokanGetSecurityDescriptorParts(buf, got, &parts))
        must_be(p, parts.Owner && !parts.Dacl, "the owner alone", "other parts",
                "only the parts that were asked for are given");
}

struct sddl {
    WCHAR text[512];
};

/* The text of some parts, "" when they cannot be read. */
static struct sddl sddl_of(struct probe *p, struct file *file, ULONG what)
{
    _Alignas(8) BYTE buf[DESCRIPTOR_MOST];
    struct sddl out = {{0}};
    ULONG got = 0, room = COUNT_OF(out.text);
    made(p, nt_get_security(p, file, what, buf, sizeof buf, &got));
    if (probe_live(p) && !DokanSecurityDescriptorToSddl(buf, got, what, out.text, &room))
        out.text[0] = 0;
    return out;
}

static void security_round_trip(struct probe *p)
{
    _Alignas(8) BYTE buf[DESCRIPTOR_MOST];
    ULONG length = sizeof buf;
    const WCHAR *wanted = u"D:P(A;;FA;;;WD)(A;;FR;;;BU)";
    struct file *file = make_guarded(p);
    if (!DokanSddlToSecurityDescriptor(wanted, buf, &length, NULL))
        probe_not_checked(p, "a descriptor cannot be made");
    const struct sddl owner = sddl_of(p, file, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION);
    NTSTATUS status = nt_set_security(
        p, file, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, buf, length);
    volume_can(p, FILE_PERSISTENT_ACLS, NT_SUCCESS(status));
    if (status == STATUS_INVALID_PARAMETER) /* what Windows makes of a callback that is not there */
        status = STATUS_NOT_IMPLEMENTED;
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a list can be set");
    const struct sddl dacl = sddl_of(p, file, DACL_SECURITY_INFORMATION);
    char text[NOTE_MAX];
    narrow(text, sizeof text, dacl.text);
    bool entries = false;
    for (const WCHAR *at = dacl.text; *at && at + 24 <= dacl.text + COUNT_OF(dacl.text); at++)
        entries |= memcmp(at, u"(A;;FA;;;WD)(A;;FR;;;BU)", 24 * sizeof(WCHAR)) == 0;
    must_be(p, entries, "D:P(A;;FA;;;WD)(A;;FR;;;BU)", text, "a list that was set is there, entry by entry");
    const struct sddl now = sddl_of(p, file, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION);
    must_be(p, memcmp(&owner, &now, (wide_length(owner.text) + 1) * sizeof(WCHAR)) == 0,
            "owner and group as they were", "others", "setting a part leaves the others");
}

static const struct check security_checks[] = {
    {"security", "read", WRITES, security_read},
    {"security", "parts", WRITES, security_by_parts},
    {"security", "round-trip", WRITES, security_round_trip},
};
const struct check_table nt_security = {security_checks, COUNT_OF(security_checks)};

/* ---- extended attributes ------------------------------------------------------------------------------- */

/* One entry as NT packs it. */
static ULONG pack_ea(BYTE *buf, const char *name, const char *value)
{
    FILE_FULL_EA_INFORMATION head = {.EaNameLength = (UCHAR)strlen(name),
                                     .EaValueLength = (USHORT)strlen(value)};
    size_t at = offsetof(FILE_FULL_EA_INFORMATION, EaName);
    memcpy(buf, &head, at);
    memcpy(buf + at, name, strlen(name) + 1);
    memcpy(buf + at + strlen(name) + 1, value, strlen(value));
    return (ULONG)(at + strlen(name) + 1 + strlen(value));
}

static struct file *make_with_ea(struct probe *p)
{
    _Alignas(8) BYTE buf[256] = {0};
    struct file *file = NULL;
    const struct opening how = {.name = u"file",
                                .access = ALL_DATA | FILE_READ_EA | FILE_WRITE_EA,
                                .share = SHARE_ALL,
                                .disposition = FILE_CREATE};
    made(p, nt_open(p, &how, &file));
    NTSTATUS status = nt_set_ea(p, file, buf, pack_ea(buf, "CHECK", "value"));
    volume_can(p, FILE_SUPPORTS_EXTENDED_ATTRIBUTES, NT_SUCCESS(status));
    if (is_offered(p, status))
        must(p, status, STATUS_SUCCESS, "an extended attribute can be set");
    return file;
}

static void ea_round_trip(struct probe *p)
{
    _Alignas(8) BYTE buf[512] = {0};
    ULONG got = 0;
    struct file *file = make_with_ea(p);
    must(p, nt_get_eas(p, file, buf, sizeof buf, &got), STATUS_SUCCESS, "extended attributes can be read");
    const FILE_FULL_EA_INFORMATION *ea = (const void *)buf;
    must_equal(p, "bytes of the name", ea->EaNameLength, 5, "an extended attribute that was set is there");
    must_equal(p, "bytes of the value", ea->EaValueLength, 5, "an extended attribute that was set is there");
    must_bytes(p, ea->EaName + 6, "value", 5, "an extended attribute keeps its value");
}

static void ea_removed(struct probe *p)
{
    _Alignas(8) BYTE buf[512] = {0};
    struct file *file = make_with_ea(p);
    must(p, nt_set_ea(p, file, buf, pack_ea(buf, "CHECK", "")), STATUS_SUCCESS,
         "an extended attribute without a value is removed");
    must_either(p, nt_get_eas(p, file, buf, sizeof buf, NULL), STATUS_NO_EAS_ON_FILE, STATUS_NO_MORE_EAS,
                "what was removed is gone");
}

static void ea_size(struct probe *p)
{
    FILE_EA_INFORMATION before = {0}, after = {0};
    close_file(p, make_file(p, u"plain", ""));
    struct file *plain = open_file(p, u"plain"), *file = make_with_ea(p);
    made(p, nt_query(p, plain, FileEaInformation, &before, sizeof before, NULL));
    must_equal(p, "bytes", before.EaSize, 0, "a new file has no extended attributes");
    made(p, nt_query(p, file, FileEaInformation, &after, sizeof after, NULL));
    must_be(p, after.EaSize > 0, "a size above 0", "0", "a file tells the size of its extended attributes");
}

static const struct check ea_checks[] = {
    {"extended-attributes", "round-trip", WRITES, ea_round_trip},
    {"extended-attributes", "remove", WRITES, ea_removed},
    {"extended-attributes", "size", WRITES, ea_size},
};
const struct check_table nt_eas = {ea_checks, COUNT_OF(ea_checks)};
