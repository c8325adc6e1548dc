// SPDX-License-Identifier: MIT
/*
 * Random testing against a model: what its files share.
 *
 * The model is two plain arrays, of names and of files, searched from end to end: obviously right and slow.
 * A step is a few numbers whose meaning does not depend on what went before, so any part of a sequence can be
 * run by itself; that is how a failing one is made short.
 */
#ifndef TESTS_CONTRACT_MODEL_H
#define TESTS_CONTRACT_MODEL_H

#include "contract.h"

enum { NODES = 64, NODE_BYTES = 40000, HANDLES = 6, PATH_ROOM = 64 };

struct node {
    bool used, directory, symlink;
    int names, handles;
    size_t size;
    char target[16];
    unsigned char data[NODE_BYTES];
};

struct entry {
    bool used;
    char path[PATH_ROOM]; /* below the folder of the run: "/a/b" */
    int node;
};

struct model {
    struct node nodes[NODES];
    struct entry entries[NODES];
    int handles[HANDLES]; /* node, or -1 */
};

/* What can be done; features that the object has not are left out. */
enum kind {
    STEP_OPEN,
    STEP_CLOSE,
    STEP_WRITE,
    STEP_READ,
    STEP_TRUNCATE,
    STEP_MAKEDIR,
    STEP_REMOVE,
    STEP_REMOVEDIR,
    STEP_RENAME,
    STEP_GETINFO,
    STEP_LIST,
    STEP_LINK,
    STEP_SYMLINK,
    STEP_READLINK,
    STEP_KINDS
};

struct step {
    uint8_t kind, handle;
    char path[16], other[16];
    uint32_t flags, offset, size, salt;
};

/* ---- model_tree.c: the rules; 0 or -errno ---------------------------------------------------------------
 */

void model_reset(struct model *model);
struct entry *model_find(struct model *model, const char *path);
/* The node of a path, or -errno by the rules of looking up. */
int model_node(struct model *model, const char *path);
int model_open(struct model *model, const char *path, int flags, int *node);
int model_makedir(struct model *model, const char *path);
int model_remove(struct model *model, const char *path, bool directory);
int model_rename(struct model *model, const char *from, const char *to, uint32_t flags);
int model_link(struct model *model, const char *from, const char *to);
int model_symlink(struct model *model, const char *target, const char *path);
void model_unhandle(struct model *model, int node);
/* Whether `path` is an entry directly in `dir`, "" for the top. */
bool model_is_in(const char *path, const char *dir);

/* ---- model_steps.c --------------------------------------------------------------------------------------
 */

/* One object that follows the steps. */
struct follower {
    struct test t; /* its object and its folder */
    struct fs_file *files[HANDLES];
};

struct step step_random(uint64_t *state, uint32_t kinds);
void step_print(const struct step *step, FILE *out);
/* Does it on the model and on the object; false with a reason in f->t.why when they differ. */
bool step_do(const struct step *step, struct model *model, struct follower *f);
/* Compares everything at the end, and closes what is open. */
bool steps_end(struct model *model, struct follower *f);

#endif
