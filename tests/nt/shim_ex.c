// SPDX-License-Identifier: MIT
/* The shim's extended callbacks, see shim.h. */
#include "shim_i.h"

static NTSTATUS DOKAN_CALLBACK shim_GetFacts(LPCWSTR path, PDOKAN_FACTS facts, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationGetFacts, info))
        return v.status;
    return leave(&v, shim_below_ex.GetFacts(path, facts, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FindFacts(LPCWSTR path, PFillFacts fill, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationFindFacts, info))
        return v.status;
    return leave(&v, shim_below_ex.FindFacts(path, fill, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetFacts(LPCWSTR path, const DOKAN_FACTS *facts, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationSetFacts, info))
        return v.status;
    return leave(&v, shim_below_ex.SetFacts(path, facts, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetFileId(LPCWSTR path, PULONG64 id, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationGetFileId, info))
        return v.status;
    return leave(&v, shim_below_ex.GetFileId(path, id, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetNameOfId(ULONG64 id, LPWSTR name, ULONG units, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationGetNameOfId, info))
        return v.status;
    return leave(&v, shim_below_ex.GetNameOfId(id, name, units, info));
}

static NTSTATUS DOKAN_CALLBACK shim_CreateHardLink(LPCWSTR path, LPCWSTR to, BOOL replace,
                                                   PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationCreateHardLink, info))
        return v.status;
    return leave(&v, shim_below_ex.CreateHardLink(path, to, replace, info));
}

static NTSTATUS DOKAN_CALLBACK shim_RemoveName(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationRemoveName, info))
        return v.status;
    return leave(&v, shim_below_ex.RemoveName(path, info));
}

static NTSTATUS DOKAN_CALLBACK shim_ExchangeNames(LPCWSTR path, LPCWSTR other, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationExchangeNames, info))
        return v.status;
    return leave(&v, shim_below_ex.ExchangeNames(path, other, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetReparsePoint(LPCWSTR path, PVOID buffer, ULONG length, PULONG used,
                                                    PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationGetReparsePoint, info))
        return v.status;
    return leave(&v, shim_below_ex.GetReparsePoint(path, buffer, length, used, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetReparsePoint(LPCWSTR path, const void *buffer, ULONG length,
                                                    PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationSetReparsePoint, info))
        return v.status;
    return leave(&v, shim_below_ex.SetReparsePoint(path, buffer, length, info));
}

static NTSTATUS DOKAN_CALLBACK shim_DeleteReparsePoint(LPCWSTR path, ULONG tag, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationDeleteReparsePoint, info))
        return v.status;
    return leave(&v, shim_below_ex.DeleteReparsePoint(path, tag, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetEa(LPCWSTR path, const char *name, PVOID value, ULONG length,
                                          PULONG used, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationGetEa, info))
        return v.status;
    return leave(&v, shim_below_ex.GetEa(path, name, value, length, used, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetEa(LPCWSTR path, const char *name, UCHAR flags, const void *value,
                                          ULONG length, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationSetEa, info))
        return v.status;
    return leave(&v, shim_below_ex.SetEa(path, name, flags, value, length, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FindEas(LPCWSTR path, PFillEa fill, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationFindEas, info))
        return v.status;
    return leave(&v, shim_below_ex.FindEas(path, fill, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FindRanges(LPCWSTR path, LONGLONG offset, LONGLONG length,
                                               PFillRange fill, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationFindRanges, info))
        return v.status;
    return leave(&v, shim_below_ex.FindRanges(path, offset, length, fill, info));
}

static NTSTATUS DOKAN_CALLBACK shim_ZeroRange(LPCWSTR path, LONGLONG offset, LONGLONG length, BOOL deallocate,
                                              PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationZeroRange, info))
        return v.status;
    return leave(&v, shim_below_ex.ZeroRange(path, offset, length, deallocate, info));
}

static NTSTATUS DOKAN_CALLBACK shim_FileSystemControl(LPCWSTR path, ULONG code, const void *in,
                                                      ULONG in_length, PVOID out, ULONG out_length,
                                                      PULONG returned, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationFileSystemControl, info))
        return v.status;
    return leave(&v,
                 shim_below_ex.FileSystemControl(path, code, in, in_length, out, out_length, returned, info));
}

static NTSTATUS DOKAN_CALLBACK shim_SetVolumeLabel(LPCWSTR label, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationSetVolumeLabel, info))
        return v.status;
    return leave(&v, shim_below_ex.SetVolumeLabel(label, info));
}

static NTSTATUS DOKAN_CALLBACK shim_GetBackingFile(LPCWSTR path, int *descriptor, PDOKAN_FILE_INFO info)
{
    struct visit v;
    if (!visit(&v, SHIM_EX + DokanOperationGetBackingFile, info))
        return v.status;
    return leave(&v, shim_below_ex.GetBackingFile(path, descriptor, info));
}

const DOKAN_OPERATIONS_EX shim_all_ex = {
    .Size = sizeof shim_all_ex,
    .GetFacts = shim_GetFacts,
    .FindFacts = shim_FindFacts,
    .SetFacts = shim_SetFacts,
    .GetFileId = shim_GetFileId,
    .GetNameOfId = shim_GetNameOfId,
    .CreateHardLink = shim_CreateHardLink,
    .RemoveName = shim_RemoveName,
    .ExchangeNames = shim_ExchangeNames,
    .GetReparsePoint = shim_GetReparsePoint,
    .SetReparsePoint = shim_SetReparsePoint,
    .DeleteReparsePoint = shim_DeleteReparsePoint,
    .GetEa = shim_GetEa,
    .SetEa = shim_SetEa,
    .FindEas = shim_FindEas,
    .FindRanges = shim_FindRanges,
    .ZeroRange = shim_ZeroRange,
    .FileSystemControl = shim_FileSystemControl,
    .SetVolumeLabel = shim_SetVolumeLabel,
    .GetBackingFile = shim_GetBackingFile,
};
