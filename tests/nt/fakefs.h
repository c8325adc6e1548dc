// SPDX-License-Identifier: MIT
/*
 * A file system for tests, played from a script. It stores nothing: it records every callback with its
 * arguments in the order of arrival, returns what it was told to return, and holds a callback back until the
 * test lets it go.
 *
 * Names whose last component begins with 'd' are directories, as is the root; all others are files. Each
 * successful create gets a Context of its own (1, 2, ...), by which the fake counts what happens to it: a
 * Cleanup or CloseFile too many, too early or without a create is a violation.
 */
#ifndef TESTS_NT_FAKEFS_H
#define TESTS_NT_FAKEFS_H

#include <dokan/dokan.h>
#include <dokan/dokan_ex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { FAKE_PATH = 300, FAKE_LOG = 4096, FAKE_OPENS = 1 << 16, FAKE_ENTRIES = 64 };

struct fake;

struct fake_call {
    DOKAN_OPERATION op;
    WCHAR path[FAKE_PATH];
    WCHAR other[FAKE_PATH]; /* the new name, the pattern, the mount point */
    ULONG64 context;        /* on entry */
    ULONG pid;
    UCHAR directory, delete_pending, paging, synchronous, nocache, to_eof;
    ACCESS_MASK access;
    ULONG attributes, share, disposition, options;
    LONGLONG offset; /* also sizes */
    LONGLONG length;
    LONGLONG times[3];
    BOOL replace;
    const void *buffer;
    PDOKAN_FILE_INFO info; /* valid while the callback runs */
};

typedef NTSTATUS (*fake_hook)(struct fake *fs, struct fake_call *call, NTSTATUS planned);

struct fake_script {
    NTSTATUS status;
    NTSTATUS next[4]; /* returned first, one after the other */
    unsigned next_count;
    bool blocked;
    unsigned inside, waiting; /* in the callback; of these, held back */
    fake_hook hook;           /* runs last and decides the status; NULL: none */
};

struct fake {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct fake_script script[DOKAN_OPERATION_COUNT];
    struct fake_call *log;
    unsigned logged;
    unsigned total[DOKAN_OPERATION_COUNT]; /* calls begun, recorded or not */
    bool quiet;                            /* do not record */
    unsigned inside, most_inside;          /* callbacks at one time */

    unsigned opens;                  /* successful creates, the last Context given */
    unsigned char *cleaned, *closed; /* by Context */
    unsigned violations;
    bool no_context; /* leave Context to the hooks */

    /* What queries answer. */
    BY_HANDLE_FILE_INFORMATION info;
    WIN32_FIND_DATAW entries[FAKE_ENTRIES];
    unsigned entry_count;
    WIN32_FIND_STREAM_DATA streams[FAKE_ENTRIES];
    unsigned stream_count;
    unsigned streams_taken; /* FillFindStreamData returned TRUE */
    LONGLONG transferred;   /* what reads and writes report; -1: everything */
    ULONGLONG available, total_bytes, free_bytes;
    struct {
        const WCHAR *label, *fs_name;
        DWORD serial, max_component, flags;
    } volume;
    const void *descriptor;
    ULONG descriptor_length; /* as reported */
    ULONG descriptor_copy;   /* bytes really written */
};

void fake_init(struct fake *fs);
void fake_destroy(struct fake *fs);
/* All 25 callbacks; DOKAN_OPTIONS.GlobalContext leads to the fake. */
extern const DOKAN_OPERATIONS fake_operations;

void fake_returns(struct fake *fs, DOKAN_OPERATION op, NTSTATUS status);
/* Before what fake_returns() said, once; up to four in a row. */
void fake_returns_once(struct fake *fs, DOKAN_OPERATION op, NTSTATUS status);
void fake_hooks(struct fake *fs, DOKAN_OPERATION op, fake_hook hook);
void fake_adds_entry(struct fake *fs, const WCHAR *name, DWORD attributes, uint64_t size);
void fake_adds_stream(struct fake *fs, const WCHAR *name, int64_t size);
void fake_has_size(struct fake *fs, uint64_t size, DWORD attributes);

/* Callbacks of that kind wait inside until unblocked. */
void fake_block(struct fake *fs, DOKAN_OPERATION op);
void fake_unblock(struct fake *fs, DOKAN_OPERATION op);
/* Waits until `count` callbacks are held back inside; fails the test after ten seconds. */
void fake_wait_blocked(struct fake *fs, DOKAN_OPERATION op, unsigned count);
/* Waits until the kind was called `count` times in all. */
void fake_wait_calls(struct fake *fs, DOKAN_OPERATION op, unsigned count);

/* Number of calls of a kind so far. */
unsigned fake_calls(struct fake *fs, DOKAN_OPERATION op);
/* Copies the nth (from 0) recorded call of a kind; fails the test if there is none. */
struct fake_call fake_call_at(struct fake *fs, DOKAN_OPERATION op, unsigned nth);
struct fake_call fake_last(struct fake *fs, DOKAN_OPERATION op);
/* Forgets the record, not the script. */
void fake_forget(struct fake *fs);
/* True when every create had its one Cleanup and its one CloseFile, in this order. */
bool fake_all_closed(struct fake *fs);
unsigned fake_opens(struct fake *fs);

#endif
