// SPDX-License-Identifier: MIT
/*
 * What Dokany's control tool needs: versions, message switches, and honest answers about the driver and the
 * network provider, which do not exist here.
 */
#include "api/mounts.h"
#include "api/process.h"
#include "base/cleanup.h"
#include "base/log.h"
#include <dokan/dokanc.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Modes of DokanSetDebugMode: messages, locks, oplocks. */
enum { DEBUG_MODES = 7, DEBUG_MESSAGES = 1 };

ULONG DOKANAPI DokanVersion(void)
{
    return DOKAN_VERSION;
}

ULONG DOKANAPI DokanDriverVersion(void)
{
    const char *chosen = secure_getenv("DOKAN_FUSE_DEVICE");
    return access(chosen ? chosen : "/dev/fuse", R_OK | W_OK) == 0 ? DOKAN_DRIVER_VERSION : 0;
}

VOID DOKANAPI DokanUseStdErr(BOOL Status)
{
    log_set_stderr(Status);
}

VOID DOKANAPI DokanDebugMode(BOOL Status)
{
    log_set_debug(Status);
}

/* As with Dokany's driver, every mount is meant, whichever process serves it. */
BOOL DOKANAPI DokanSetDebugMode(ULONG Mode)
{
    CLEANUP_FREE struct registry_record *list = NULL;
    size_t count = 0;
    if (!process_usable())
        return FALSE;
    int rc = Mode & ~(ULONG)DEBUG_MODES ? -EINVAL : mounts_list(&list, &count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        char *reply = NULL;
        mounts_ask(&list[i], Mode & DEBUG_MESSAGES ? "trace on" : "trace off", &reply);
        free(reply);
    }
    if (rc)
        mounts_set_error(rc);
    return rc == 0;
}

static BOOL not_supported(void)
{
    DokanWin32SetLastError(ERROR_NOT_SUPPORTED);
    return FALSE;
}

BOOL DOKANAPI DokanServiceInstall(LPCWSTR ServiceName, DWORD ServiceType, LPCWSTR ServiceFullPath)
{
    return not_supported();
}

BOOL DOKANAPI DokanServiceDelete(LPCWSTR ServiceName)
{
    return TRUE;
}

BOOL DOKANAPI DokanNetworkProviderInstall(void)
{
    return not_supported();
}

BOOL DOKANAPI DokanNetworkProviderUninstall(void)
{
    return TRUE;
}
