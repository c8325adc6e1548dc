// SPDX-License-Identifier: MIT
/*
 * Mounting, waiting and unmounting as Dokany names them.
 */
#include "api/instance.h"
#include "api/mounts.h"
#include "api/process.h"
#include "api/text.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* On success `*out` carries a reference of the caller's. */
static int create(PDOKAN_OPTIONS options, PDOKAN_OPERATIONS operations, const DOKAN_MOUNT_OPTIONS_EX *ex,
                  struct instance **out)
{
    char error[PATH_MAX + 512] = "";
    struct settings settings;
    if (!process_usable()) {
        log_error(
            "a mount in a forked child: the library belongs to the parent. Fork before DokanInit, or exec");
        return DOKAN_ERROR;
    }
    if (!process_initialised()) {
        process_exception(DOKAN_EXCEPTION_NOT_INITIALIZED,
                          "DokanMain or DokanCreateFileSystem before DokanInit");
        return DOKAN_ERROR;
    }
    if (!options || !operations) {
        log_error("DokanMain or DokanCreateFileSystem without options or operations");
        return DOKAN_ERROR;
    }
    int rc = options_settle(options, ex, &settings, error, sizeof error);
    if (rc == DOKAN_SUCCESS)
        rc = instance_create(&settings, operations, out, error, sizeof error);
    options_release(&settings);
    if (rc)
        log_error("%s", *error ? error : "out of memory");
    return rc;
}

int DOKANAPI DokanCreateFileSystemEx(PDOKAN_OPTIONS DokanOptions, PDOKAN_OPERATIONS DokanOperations,
                                     const DOKAN_MOUNT_OPTIONS_EX *OptionsEx, DOKAN_HANDLE *DokanInstance)
{
    struct instance *inst = NULL;
    if (DokanInstance)
        *DokanInstance = NULL;
    int rc = create(DokanOptions, DokanOperations, OptionsEx, &inst);
    if (rc)
        return rc;
    if (DokanInstance)
        *DokanInstance = inst;
    instance_put(inst);
    return DOKAN_SUCCESS;
}

int DOKANAPI DokanCreateFileSystem(PDOKAN_OPTIONS DokanOptions, PDOKAN_OPERATIONS DokanOperations,
                                   DOKAN_HANDLE *DokanInstance)
{
    return DokanCreateFileSystemEx(DokanOptions, DokanOperations, NULL, DokanInstance);
}

int DOKANAPI DokanMain(PDOKAN_OPTIONS DokanOptions, PDOKAN_OPERATIONS DokanOperations)
{
    struct instance *inst = NULL;
    int rc = create(DokanOptions, DokanOperations, NULL, &inst);
    if (rc)
        return rc;
    instance_wait(inst, INSTANCE_CLOSED, INFINITE);
    DokanCloseHandle(inst);
    instance_put(inst);
    return DOKAN_SUCCESS;
}

VOID DOKANAPI DokanCloseHandle(DOKAN_HANDLE DokanInstance)
{
    struct instance *inst = process_usable() ? process_claim(DokanInstance) : NULL;
    if (!inst)
        return;
    instance_close(inst);
    instance_put(inst);
}

BOOL DOKANAPI DokanIsFileSystemRunning(DOKAN_HANDLE DokanInstance)
{
    struct instance *inst = process_usable() ? process_find(DokanInstance) : NULL;
    if (!inst)
        return FALSE;
    BOOL running = instance_state(inst) < INSTANCE_CLOSED;
    instance_put(inst);
    return running;
}

DWORD DOKANAPI DokanWaitForFileSystemClosed(DOKAN_HANDLE DokanInstance, DWORD dwMilliseconds)
{
    if (!process_usable())
        return WAIT_FAILED;
    if (!DokanInstance)
        return WAIT_OBJECT_0;
    struct instance *inst = process_find(DokanInstance);
    if (!inst)
        return WAIT_FAILED;
    bool closed = instance_wait(inst, INSTANCE_CLOSED, dwMilliseconds);
    instance_put(inst);
    return closed ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}

BOOL DOKANAPI DokanRemoveMountPoint(LPCWSTR MountPoint)
{
    if (!process_usable())
        return FALSE;
    char *text = text_from_utf16(MountPoint);
    int rc = !text ? -ENOMEM : *text ? mounts_remove(text) : -EINVAL;
    free(text);
    if (rc)
        mounts_set_error(rc);
    return rc == 0;
}

BOOL DOKANAPI DokanUnmount(WCHAR DriveLetter)
{
    const WCHAR drive[] = {DriveLetter, u':', 0};
    bool letter =
        (DriveLetter >= u'A' && DriveLetter <= u'Z') || (DriveLetter >= u'a' && DriveLetter <= u'z');
    if (letter)
        return DokanRemoveMountPoint(drive);
    DokanWin32SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}
