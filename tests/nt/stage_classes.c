// SPDX-License-Identifier: MIT
/* The scenario's information classes, listings, facts of the volume and security descriptors, see stage.h. */
#include "stage.h"

enum { FILE_SLOT = 1, DIRECTORY_SLOT = 0, STREAM_SLOT = 7, ROOT_SLOT = 9, WHAT = 7 };

static NTSTATUS info(struct stage *s, enum nt_op op, int slot, int info_class, const void *in, size_t length)
{
    struct ask *a = stage_ask(s, op, slot);
    if (!a)
        return STATUS_INVALID_HANDLE;
    if (in)
        memcpy(s->buffer, in, length);
    a->rq.info =
        (struct nt_info_args){.info_class = info_class, .buffer = s->buffer, .length = (uint32_t)length};
    return stage_run(s, a);
}

static const unsigned char query_classes[] = {
    FileBasicInformation,
    FileStandardInformation,
    FileInternalInformation,
    FileEaInformation,
    FileAccessInformation,
    FileNameInformation,
    FilePositionInformation,
    FileModeInformation,
    FileAlignmentInformation,
    FileAllInformation,
    FileAlternateNameInformation,
    FileStreamInformation,
    FileCompressionInformation,
    FileNetworkOpenInformation,
    FileAttributeTagInformation,
    FileHardLinkInformation,
    FileNormalizedNameInformation,
    FileNetworkPhysicalNameInformation,
    FileIsRemoteDeviceInformation,
    FileStandardLinkInformation,
    FileIdInformation,
    FileHardLinkFullIdInformation,
    FileStatInformation,
    FileStatLxInformation,
    FileCaseSensitiveInformation,
};

static void play_queries(struct stage *s)
{
    for (size_t i = 0; i < COUNT_OF(query_classes); i++) {
        info(s, NT_QUERY_INFORMATION, FILE_SLOT, query_classes[i], NULL, STAGE_BUFFER);
        info(s, NT_QUERY_INFORMATION, i % 2 ? DIRECTORY_SLOT : STREAM_SLOT, query_classes[i], NULL,
             STAGE_BUFFER);
    }
    info(s, NT_QUERY_INFORMATION, FILE_SLOT, FileAllInformation, NULL, sizeof(FILE_ALL_INFORMATION));
    info(s, NT_QUERY_INFORMATION, FILE_SLOT, FileBasicInformation, NULL, 1);
    for (int info_class = 1; info_class <= FileFsSectorSizeInformation; info_class++)
        info(s, NT_QUERY_VOLUME, info_class % 2 ? ROOT_SLOT : -1, info_class, NULL, STAGE_BUFFER);
}

static void play_settings(struct stage *s)
{
    FILE_BASIC_INFORMATION basic = {.FileAttributes = FILE_ATTRIBUTE_HIDDEN};
    basic.LastWriteTime.QuadPart = 132000000000000000;
    FILE_END_OF_FILE_INFORMATION end = {.EndOfFile.QuadPart = 1000};
    FILE_ALLOCATION_INFORMATION allocation = {.AllocationSize.QuadPart = 600};
    FILE_POSITION_INFORMATION position = {.CurrentByteOffset.QuadPart = 1};
    FILE_VALID_DATA_LENGTH_INFORMATION valid = {.ValidDataLength.QuadPart = 600};
    FILE_MODE_INFORMATION mode = {.Mode = 0};
    FILE_DISPOSITION_INFORMATION yes = {.DeleteFile = true}, no = {.DeleteFile = false};
    const struct {
        int slot, info_class;
        const void *in;
        size_t length;
    } rows[] = {
        {FILE_SLOT, FileBasicInformation, &basic, sizeof basic},
        {DIRECTORY_SLOT, FileBasicInformation, &basic, sizeof basic},
        {FILE_SLOT, FileEndOfFileInformation, &end, sizeof end},
        {STREAM_SLOT, FileEndOfFileInformation, &end, sizeof end},
        {FILE_SLOT, FileAllocationInformation, &allocation, sizeof allocation},
        {FILE_SLOT, FilePositionInformation, &position, sizeof position},
        {FILE_SLOT, FileValidDataLengthInformation, &valid, sizeof valid},
        {FILE_SLOT, FileModeInformation, &mode, sizeof mode},
        {FILE_SLOT, FileDispositionInformation, &yes, sizeof yes},
        {FILE_SLOT, FileDispositionInformation, &no, sizeof no},
        {DIRECTORY_SLOT, FileDispositionInformation, &yes, sizeof yes}, /* it is not empty */
        {DIRECTORY_SLOT, FileDispositionInformation, &no, sizeof no},
        {FILE_SLOT, FileBasicInformation, &basic, 1},
        {FILE_SLOT, FilePipeInformation, &basic, sizeof basic},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        info(s, NT_SET_INFORMATION, rows[i].slot, rows[i].info_class, rows[i].in, rows[i].length);
}

/* ---- listings ---------------------------------------------------------------------------------------- */

static void list(struct stage *s, int slot, int info_class, const WCHAR *pattern, bool restart, bool single)
{
    struct ask *a = stage_ask(s, NT_QUERY_DIRECTORY, slot);
    if (a)
        a->rq.directory =
            (struct nt_directory_args){.info_class = info_class,
                                       .buffer = s->buffer,
                                       .length = STAGE_BUFFER,
                                       .pattern = pattern,
                                       .pattern_len = pattern ? (uint16_t)text_length(pattern) : 0,
                                       .restart = restart,
                                       .single = single};
    stage_run(s, a);
}

static bool take_entry(struct nt_request *rq, const struct nt_dirent *entry)
{
    return entry->len != 0;
}

static void list_plainly(struct stage *s, int slot, bool nodes)
{
    struct ask *a = stage_ask(s, NT_LIST_DIRECTORY, slot);
    if (a)
        a->rq.list = (struct nt_list_args){.want_nodes = nodes, .emit = take_entry};
    stage_run(s, a);
}

static void play_listings(struct stage *s)
{
    static const unsigned char classes[] = {
        FileDirectoryInformation,       FileFullDirectoryInformation,      FileBothDirectoryInformation,
        FileNamesInformation,           FileIdBothDirectoryInformation,    FileIdFullDirectoryInformation,
        FileIdExtdDirectoryInformation, FileIdExtdBothDirectoryInformation};
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        list(s, ROOT_SLOT, classes[i], NULL, true, i % 2);
    list(s, ROOT_SLOT, FileNamesInformation, NULL, false, false);
    list(s, DIRECTORY_SLOT, FileNamesInformation, u"a*", false, false);
    list(s, DIRECTORY_SLOT, FileNamesInformation, u"zz", true, false);
    list(s, 5, FileNamesInformation, u"*", false, true);
    list(s, FILE_SLOT, FileNamesInformation, NULL, false, false);
    list_plainly(s, ROOT_SLOT, true);
    list_plainly(s, DIRECTORY_SLOT, false);
}

/* ---- security ---------------------------------------------------------------------------------------- */

static NTSTATUS security(struct stage *s, enum nt_op op, int slot, SECURITY_INFORMATION what, uint32_t length)
{
    struct ask *a = stage_ask(s, op, slot);
    if (!a)
        return STATUS_INVALID_HANDLE;
    a->rq.security = (struct nt_security_args){.what = what, .buffer = s->buffer, .length = length};
    NTSTATUS status = stage_run(s, a);
    s->buffer[STAGE_BUFFER - 1] = 0;
    return status;
}

static void play_security(struct stage *s)
{
    for (SECURITY_INFORMATION what = 1; what <= WHAT; what++)
        security(s, NT_QUERY_SECURITY, what % 2 ? FILE_SLOT : DIRECTORY_SLOT, what, STAGE_BUFFER);
    security(s, NT_QUERY_SECURITY, FILE_SLOT, WHAT, 10);
    security(s, NT_QUERY_SECURITY, FILE_SLOT, WHAT, STAGE_BUFFER);
    security(s, NT_SET_SECURITY, FILE_SLOT, DACL_SECURITY_INFORMATION, STAGE_BUFFER);
    security(s, NT_SET_SECURITY, DIRECTORY_SLOT, WHAT, STAGE_BUFFER);
    security(s, NT_SET_SECURITY, FILE_SLOT, WHAT, 10);
}

void stage_play_classes(struct stage *s)
{
    play_queries(s);
    play_settings(s);
    play_listings(s);
    play_security(s);
}
