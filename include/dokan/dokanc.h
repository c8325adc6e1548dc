// SPDX-License-Identifier: MIT
/**
 * @file dokanc.h
 * @brief Control of the library, for tools such as dokanctl.
 */
#ifndef DOKANC_H_
#define DOKANC_H_

#include "dokan.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Name of Dokany's driver service, for DokanServiceInstall() and DokanServiceDelete(). */
#define DOKAN_DRIVER_SERVICE DOKAN_TEXT("Dokan2")

/**
 * Chooses where messages of the library go. For the whole process.
 *
 * @param Status TRUE: standard error; FALSE: where they went before
 */
VOID DOKANAPI DokanUseStdErr(BOOL Status);

/**
 * Switches messages of the library on or off. For the whole process; a mount with DOKAN_OPTION_DEBUG does the
 * same.
 *
 * @param Status TRUE: on
 */
VOID DOKANAPI DokanDebugMode(BOOL Status);

/**
 * Switches the trace of every mount that this user may control, whichever process serves it.
 *
 * @param Mode sum of 1 (messages), 2 (locks), 4 (oplocks); the trace is on with 1 and off without
 * @return TRUE when set; FALSE with ERROR_INVALID_PARAMETER for other bits, or with another error
 */
BOOL DOKANAPI DokanSetDebugMode(ULONG Mode);

/**
 * Dokany installs a driver here. There is none on Linux.
 *
 * @param ServiceName ignored
 * @param ServiceType ignored
 * @param ServiceFullPath ignored
 * @return FALSE with ERROR_NOT_SUPPORTED
 */
BOOL DOKANAPI DokanServiceInstall(LPCWSTR ServiceName, DWORD ServiceType, LPCWSTR ServiceFullPath);

/**
 * Dokany removes a driver here. There is none on Linux, so there is nothing to remove.
 *
 * @param ServiceName ignored
 * @return TRUE: the service is absent
 */
BOOL DOKANAPI DokanServiceDelete(LPCWSTR ServiceName);

/**
 * Dokany registers a network provider here. There is none on Linux.
 *
 * @return FALSE with ERROR_NOT_SUPPORTED
 */
BOOL DOKANAPI DokanNetworkProviderInstall(void);

/**
 * Dokany unregisters a network provider here. There is none on Linux, so there is nothing to remove.
 *
 * @return TRUE: the provider is absent
 */
BOOL DOKANAPI DokanNetworkProviderUninstall(void);

#ifdef __cplusplus
}
#endif

#endif /* DOKANC_H_ */
