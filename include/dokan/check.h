// SPDX-License-Identifier: MIT
/**
 * @file check.h
 * @brief A conformance suite for file systems: what `dokanctl check` runs, for an author's own tests.
 *
 *     DOKAN_CHECK_OPTIONS options = DokanCheckOptions();
 *     return DokanCheckVolume(volume, &options);
 *
 * The volume is one of DokanCreateFileSystemEx(), mounted or with DOKAN_EX_NO_MOUNT. Everything is done in a
 * new folder of its own, which is removed afterwards; nothing else is written. A call that does not return is
 * given up at the deadline and reported, and the rest goes on where it can.
 *
 * Link with `libdokancheck` (pkg-config: dokancheck).
 */
#ifndef DOKAN_CHECK_H_
#define DOKAN_CHECK_H_

#include "dokan.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What came out of a check, or of all checks of a feature. */
typedef enum _DOKAN_CHECK_VERDICT {
    DokanCheckRight = 0,  /**< It works. */
    DokanCheckNotOffered, /**< The volume does not have it, and says so in a way that programs understand. */
    DokanCheckWrong,      /**< It does something that Windows, or POSIX, does not allow. */
    DokanCheckNotChecked  /**< It could not be tried: the volume is read-only, or something else failed. */
} DOKAN_CHECK_VERDICT;

/** One check. Texts are UTF-8 on one line, "" where there is nothing to say, and live for the call. */
typedef struct _DOKAN_CHECK_RESULT {
    ULONG Size;           /**< `sizeof(DOKAN_CHECK_RESULT)`. */
    ULONG Verdict;        /**< #DOKAN_CHECK_VERDICT. */
    const char *Feature;  /**< "files" */
    const char *Name;     /**< "read-at-end" */
    const char *Call;     /**< The last call with its arguments: "read(file, offset 10, 1 byte)". */
    const char *Expected; /**< What it should have given: "STATUS_END_OF_FILE". */
    const char *Given;    /**< What it gave; where nothing is wrong, a remark or why it was not checked. */
    const char *Rule;     /**< The rule behind it. */
    ULONG Milliseconds;   /**< How long it took. */
} DOKAN_CHECK_RESULT, *PDOKAN_CHECK_RESULT;

/** All checks of a feature. */
typedef struct _DOKAN_CHECK_FEATURE {
    ULONG Size;       /**< `sizeof(DOKAN_CHECK_FEATURE)`. */
    ULONG Verdict;    /**< Wrong if one is; else right if one is; else not offered, or not checked. */
    const char *Name; /**< "files" */
    ULONG Right;      /**< How many checks are right, */
    ULONG NotOffered; /**< not offered, */
    ULONG Wrong;      /**< wrong, */
    ULONG NotChecked; /**< or not checked. */
    const char *Note; /**< What was found out: "case-insensitive", "resolution 100 ns". */
} DOKAN_CHECK_FEATURE, *PDOKAN_CHECK_FEATURE;

#define DOKAN_CHECK_READ_ONLY 0x1u /**< Write nothing at all. */

/** How to check. Start from DokanCheckOptions(). */
typedef struct _DOKAN_CHECK_OPTIONS {
    ULONG Size;      /**< `sizeof(DOKAN_CHECK_OPTIONS)`. */
    ULONG Flags;     /**< DOKAN_CHECK_READ_ONLY. */
    ULONG TimeoutMs; /**< How long a call may take, in ms; 0: 10000. */
    ULONG Reserved;  /**< 0. */
    /** What to check: names of features, or FEATURE.CHECK, separated by commas. NULL: everything. */
    const char *Only;
    /** Called after each check, on the calling thread; or NULL. Returns 0 to go on; else nothing more is
     * checked, and what was made is removed. */
    int(DOKAN_CALLBACK *Result)(const DOKAN_CHECK_RESULT *Result, PVOID Context);
    /** Called after the last check of each feature; or NULL. */
    void(DOKAN_CALLBACK *Feature)(const DOKAN_CHECK_FEATURE *Feature, PVOID Context);
    /** Called for what concerns the whole: why nothing can be checked, what had to be left behind. */
    void(DOKAN_CALLBACK *Remark)(const char *Text, PVOID Context);
    PVOID Context; /**< Passed to all three. */
} DOKAN_CHECK_OPTIONS, *PDOKAN_CHECK_OPTIONS;

/** Everything is checked; what is wrong goes to standard error. @return the options */
static inline DOKAN_CHECK_OPTIONS DokanCheckOptions(void)
{
    DOKAN_CHECK_OPTIONS options;

    memset(&options, 0, sizeof(options));
    options.Size = (ULONG)sizeof(options);
    return options;
}

/** @name What the checks return
 * @{ */
#define DOKAN_CHECK_FINE   0 /**< Nothing is wrong. */
#define DOKAN_CHECK_FAULTS 1 /**< Something is wrong, or nothing could be checked. */
#define DOKAN_CHECK_ERROR  2 /**< Wrong options, or nothing can be opened or made there. */
/** @} */

/**
 * Checks a volume by Windows' rules, in this process.
 *
 * @param Volume the volume; it stays open
 * @param Options how; NULL for DokanCheckOptions()
 * @return DOKAN_CHECK_FINE, DOKAN_CHECK_FAULTS or DOKAN_CHECK_ERROR
 */
int DOKANAPI DokanCheckVolume(DOKAN_HANDLE Volume, const DOKAN_CHECK_OPTIONS *Options);

/**
 * Checks a directory by POSIX' rules: one that is mounted somewhere. Each check runs in a child process of
 * its own, so that one that hangs or dies ends nothing else.
 *
 * @param Path the directory, UTF-8
 * @param Options how; NULL for DokanCheckOptions()
 * @return DOKAN_CHECK_FINE, DOKAN_CHECK_FAULTS or DOKAN_CHECK_ERROR
 */
int DOKANAPI DokanCheckFolder(const char *Path, const DOKAN_CHECK_OPTIONS *Options);

#ifdef __cplusplus
}
#endif

#endif /* DOKAN_CHECK_H_ */
