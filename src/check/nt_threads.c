// SPDX-License-Identifier: MIT
/*
 * Four threads at once: on files of their own, on one file, in one directory. Each has a probe of its own
 * with its own open files; the first verdict of any counts.
 */
#include "check/nt_i.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 25, BLOCK = 512 };

struct thread {
    struct probe probe;
    struct nt_place place;
    int number;
    void (*run)(struct probe *p, int number);
    pthread_t thread;
    bool started;
};

static void *work(void *arg)
{
    struct thread *w = arg;
    w->run(&w->probe, w->number);
    for (size_t i = 0; i < OPEN_MAX_FILES; i++)
        nt_close(&w->probe, &w->place.files[i]);
    worker_end(w->place.worker);
    return NULL;
}

static void take_verdict(struct probe *p, const struct probe *from)
{
    if (!probe_live(p) || (from->verdict == DokanCheckRight && !from->hung))
        return;
    memcpy(p->call, from->call, sizeof p->call);
    memcpy(p->expected, from->expected, sizeof p->expected);
    memcpy(p->given, from->given, sizeof p->given);
    p->rule = from->rule;
    p->hung = from->hung;
    p->verdict = from->verdict;
}

static void in_threads(struct probe *p, void (*run)(struct probe *p, int number))
{
    struct thread *threads = calloc(THREADS, sizeof *threads);
    struct nt_place *place = p->world;
    for (int i = 0; threads && i < THREADS; i++) {
        struct thread *w = &threads[i];
        w->probe = (struct probe){.suite = p->suite, .check = p->check, .world = &w->place};
        w->place.world = place->world;
        memcpy(w->place.folder, place->folder, sizeof w->place.folder);
        w->number = i;
        w->run = run;
        w->started = probe_live(p) && pthread_create(&w->thread, NULL, work, w) == 0;
        if (!w->started)
            probe_not_checked(p, "no thread can be started");
    }
    for (int i = 0; threads && i < THREADS; i++)
        if (threads[i].started)
            pthread_join(threads[i].thread, NULL);
    for (int i = 0; threads && i < THREADS; i++)
        take_verdict(p, &threads[i].probe);
    free(threads);
}

static void fill_block(char *block, int number, int round)
{
    for (int i = 0; i < BLOCK; i++)
        block[i] = (char)('a' + (number * 5 + round + i) % 26);
}

static void name_for(WCHAR *out, size_t room, const char *prefix, int number, int round)
{
    char text[48];
    snprintf(text, sizeof text, "%s-%d-%d", prefix, number, round);
    wide_from(out, room, text);
}

/* ---- a file each --------------------------------------------------------------------------------------- */

static void own_file(struct probe *p, int number)
{
    WCHAR name[48];
    char block[BLOCK], back[BLOCK];
    ULONG got = 0;
    name_for(name, COUNT_OF(name), "own", number, 0);
    struct file *file = make_file(p, name, "");
    for (int round = 0; round < ROUNDS; round++) {
        fill_block(block, number, round);
        must(p, nt_write(p, file, (LONGLONG)round * BLOCK, block, BLOCK, &got), STATUS_SUCCESS,
             "threads do not disturb each other");
        must(p, nt_read(p, file, (LONGLONG)round * BLOCK, back, BLOCK, &got), STATUS_SUCCESS,
             "threads do not disturb each other");
        must_equal(p, "bytes read", got, BLOCK, "threads do not disturb each other");
        must_bytes(p, back, block, BLOCK, "each file has what was written into it");
    }
    must_equal(p, "size", (uint64_t)size_of(p, file), ROUNDS * BLOCK, "each file has its own size");
}

static void own_files(struct probe *p)
{
    in_threads(p, own_file);
}

/* ---- one file ------------------------------------------------------------------------------------------ */

static void own_region(struct probe *p, int number)
{
    char block[BLOCK], back[BLOCK];
    ULONG got = 0;
    struct file *file = open_file(p, u"shared");
    for (int round = 0; round < ROUNDS; round++) {
        LONGLONG at = ((LONGLONG)round * THREADS + number) * BLOCK;
        fill_block(block, number, round);
        must(p, nt_write(p, file, at, block, BLOCK, &got), STATUS_SUCCESS, "threads may write into one file");
        must(p, nt_read(p, file, at, back, BLOCK, &got), STATUS_SUCCESS, "threads may read one file");
        must_equal(p, "bytes read", got, BLOCK, "what a thread wrote it reads");
        must_bytes(p, back, block, BLOCK, "what a thread wrote it reads");
    }
}

static void one_file(struct probe *p)
{
    char block[BLOCK], back[BLOCK];
    ULONG got = 0;
    make_closed(p, u"shared", "");
    in_threads(p, own_region);
    struct file *file = open_file(p, u"shared");
    for (int i = 0; i < ROUNDS * THREADS && probe_live(p); i++) {
        fill_block(block, i % THREADS, i / THREADS);
        must(p, nt_read(p, file, (LONGLONG)i * BLOCK, back, BLOCK, &got), STATUS_SUCCESS,
             "all that was written is there");
        must_equal(p, "bytes read", got, BLOCK, "all that was written is there");
        must_bytes(p, back, block, BLOCK, "no write is lost when others write elsewhere");
    }
}

static void append_some(struct probe *p, int number)
{
    char block[BLOCK];
    ULONG got = 0;
    struct file *file = open_file(p, u"shared");
    memset(block, 'A' + number, sizeof block);
    for (int round = 0; round < ROUNDS; round++)
        must(p, nt_write(p, file, -1, block, BLOCK, &got), STATUS_SUCCESS, "threads may append to one file");
}

static void one_end(struct probe *p)
{
    int blocks[THREADS] = {0};
    char back[BLOCK];
    ULONG got = 0;
    make_closed(p, u"shared", "");
    in_threads(p, append_some);
    struct file *file = open_file(p, u"shared");
    must_equal(p, "size", (uint64_t)size_of(p, file), THREADS * ROUNDS * BLOCK,
               "appends at the same time are not lost");
    for (int i = 0; i < ROUNDS * THREADS && probe_live(p); i++) {
        made(p, nt_read(p, file, (LONGLONG)i * BLOCK, back, BLOCK, &got));
        int who = back[0] - 'A';
        for (int k = 1; k < BLOCK && probe_live(p); k++)
            must_be(p, back[k] == back[0], "whole blocks", "a mixed one",
                    "appends at the same time are not mixed");
        if (who >= 0 && who < THREADS)
            blocks[who]++;
    }
    for (int i = 0; i < THREADS; i++)
        must_equal(p, "blocks", (uint64_t)blocks[i], ROUNDS, "appends at the same time are not lost");
}

/* ---- one directory ------------------------------------------------------------------------------------- */

static void come_and_go(struct probe *p, int number)
{
    for (int round = 0; round < ROUNDS; round++) {
        WCHAR name[48], other[48];
        name_for(name, COUNT_OF(name), "a", number, round);
        name_for(other, COUNT_OF(other), "b", number, round);
        struct file *file = NULL;
        const struct opening how = {.name = name, .share = SHARE_ALL, .disposition = FILE_CREATE};
        must(p, nt_open(p, &how, &file), STATUS_SUCCESS, "threads may work in one directory");
        must(p, set_name(p, file, FileRenameInformation, other, false), STATUS_SUCCESS,
             "threads may work in one directory");
        if (round % 2)
            must(p, set_deletion(p, file, true), STATUS_SUCCESS, "threads may work in one directory");
        close_file(p, file);
    }
}

static void one_folder(struct probe *p)
{
    in_threads(p, come_and_go);
    struct listing *l = listing_of(p, u"", u"b-*");
    if (l)
        must_equal(p, "entries", l->count, THREADS * ((ROUNDS + 1) / 2),
                   "nothing is lost and nothing stays behind");
    free(l);
}

static const struct check checks[] = {
    {"threads", "own-files", WRITES | BASICS, own_files},
    {"threads", "one-file", WRITES | BASICS, one_file},
    {"threads", "append", WRITES | BASICS, one_end},
    {"threads", "one-directory", WRITES | BASICS, one_folder},
};
const struct check_table nt_threads = {checks, COUNT_OF(checks)};
