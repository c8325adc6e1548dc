// SPDX-License-Identifier: MIT
/*
 * The walk through a tree. Its stack is on the heap: a hostile archive may be deep.
 */
#include "cli/entries.h"

#include "cli/cancel.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct frame {
    char *path;
    struct fs_info info;
    struct entries entries;
    size_t next;
};

struct stack {
    struct frame *frames;
    size_t depth, room;
};

static void pop(struct stack *s)
{
    struct frame *f = &s->frames[--s->depth];
    entries_free(&f->entries);
    free(f->path);
}

/* Takes over `path`. A directory that cannot be listed is told and passed over. */
static int push(const struct walk *w, struct stack *s, char *path, const struct fs_info *info)
{
    struct frame f = {.path = path, .info = *info};
    if (!path)
        return -ENOMEM;
    if (s->depth == s->room) {
        size_t room = s->room ? 2 * s->room : 16;
        struct frame *grown = realloc(s->frames, room * sizeof *grown);
        if (!grown) {
            free(path);
            return -ENOMEM;
        }
        s->frames = grown;
        s->room = room;
    }
    int rc = entries_read(w->fs, path, w->want, &f.entries);
    if (rc) {
        rc = rc == -ENOMEM ? rc : w->failed ? w->failed(w->arg, path, rc) : rc;
        free(path);
        return rc;
    }
    s->frames[s->depth++] = f;
    return w->listing ? w->listing(w->arg, path, &s->frames[s->depth - 1].entries, s->depth - 1) : 0;
}

static int visit(const struct walk *w, struct stack *s)
{
    struct frame *f = &s->frames[s->depth - 1];
    const struct found *entry = &f->entries.list[f->next++];
    char *path = path_join(f->path, entry->name);
    if (!path)
        return -ENOMEM;
    bool last = f->next == f->entries.count;
    int rc = w->entry ? w->entry(w->arg, path, entry, s->depth - 1, last) : 0;
    if (rc == 0 && entry->info.type == FS_TYPE_DIRECTORY) {
        const struct fs_info info = entry->info;
        return push(w, s, path, &info);
    }
    free(path);
    return rc > 0 ? 0 : rc;
}

static int leave(const struct walk *w, struct stack *s)
{
    const struct frame *f = &s->frames[s->depth - 1];
    int rc = w->leave ? w->leave(w->arg, f->path, &f->info, s->depth - 1) : 0;
    pop(s);
    return rc;
}

int walk_tree(const struct walk *walk, const char *path, const struct fs_info *info)
{
    struct stack stack = {0};
    static const struct fs_info nothing = {.type = FS_TYPE_DIRECTORY};
    int rc = push(walk, &stack, strdup(path), info ? info : &nothing);
    while (rc == 0 && stack.depth) {
        const struct frame *f = &stack.frames[stack.depth - 1];
        rc = cancelled()                  ? -ECANCELED
             : f->next < f->entries.count ? visit(walk, &stack)
                                          : leave(walk, &stack);
    }
    while (stack.depth)
        pop(&stack);
    free(stack.frames);
    return rc;
}
