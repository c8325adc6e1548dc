// SPDX-License-Identifier: MIT
/*
 * Steps: made at random, done on the model and on an object, compared.
 */
#include "model.h"

static const char *const kind_names[STEP_KINDS] = {
    "open",      "close",  "write",   "read", "truncate", "makedir", "remove",
    "removedir", "rename", "getinfo", "list", "link",     "symlink", "readlink",
};

/* Few names, so that steps meet. */
static void random_path(uint64_t *state, char out[16])
{
    static const char *const paths[] = {"/a",   "/b",   "/c",   "/d",     "/a/a",   "/a/b",   "/b/a",
                                        "/b/c", "/c/d", "/d/a", "/a/a/a", "/a/b/c", "/b/a/d", "/d/a/b"};
    snprintf(out, 16, "%s", paths[next_random(state) % COUNT_OF(paths)]);
}

struct step step_random(uint64_t *state, uint32_t kinds)
{
    static const uint16_t rename_flags[] = {0, 0, 0, FS_RENAME_NOREPLACE, FS_RENAME_EXCHANGE};
    static const int open_flags[] = {O_RDWR,           O_RDWR | O_CREAT,           O_RDWR | O_CREAT,
                                     O_RDWR | O_TRUNC, O_RDWR | O_CREAT | O_TRUNC, O_RDWR | O_CREAT | O_EXCL};
    struct step step = {0};
    do
        step.kind = (uint8_t)(next_random(state) % STEP_KINDS);
    while (!(kinds & 1u << step.kind));
    step.handle = (uint8_t)(next_random(state) % HANDLES);
    random_path(state, step.path);
    random_path(state, step.other);
    uint64_t which = next_random(state);
    step.flags = step.kind == STEP_OPEN ? (uint32_t)open_flags[which % COUNT_OF(open_flags)]
                                        : rename_flags[which % COUNT_OF(rename_flags)];
    step.offset = (uint32_t)(next_random(state) % (NODE_BYTES / 2));
    step.size = (uint32_t)(next_random(state) % (NODE_BYTES / 2));
    step.salt = (uint32_t)next_random(state) % 1000;
    return step;
}

void step_print(const struct step *step, FILE *out)
{
    fprintf(out, "%-9s handle %u  %-8s %-8s flags 0%o  %u bytes at %u  salt %u\n", kind_names[step->kind],
            step->handle, step->path, step->other, step->flags, step->size, step->offset, step->salt);
}

/* An open file stands in the model's table and in the follower's, or in none. */
static bool close_handle(struct model *model, struct follower *f, unsigned handle)
{
    if (model->handles[handle] < 0)
        return true;
    model_unhandle(model, model->handles[handle]);
    model->handles[handle] = -1;
    return WORKS(&f->t, fs_f_close(f->t.fs, f->files[handle]));
}

static bool do_open(const struct step *s, struct model *model, struct follower *f)
{
    int node = -1;
    if (!close_handle(model, f, s->handle))
        return false;
    int rc = model_open(model, s->path, (int)s->flags, &node);
    if (rc == -ENFILE)
        return true;
    if (!GIVES(&f->t,
               fs_open(f->t.fs, at(&f->t, "%s", s->path + 1), (int)s->flags, 0644, &f->files[s->handle]), rc))
        return false;
    model->handles[s->handle] = rc ? -1 : node;
    return true;
}

static bool do_close(const struct step *s, struct model *model, struct follower *f)
{
    return close_handle(model, f, s->handle);
}

static bool do_write(const struct step *s, struct model *model, struct follower *f)
{
    if (model->handles[s->handle] < 0)
        return true;
    struct node *node = &model->nodes[model->handles[s->handle]];
    pattern(node->data + s->offset, s->size, s->salt);
    if (s->size && s->offset + s->size > node->size)
        node->size = s->offset + s->size;
    return SAME(&f->t, fs_f_pwrite(f->t.fs, f->files[s->handle], node->data + s->offset, s->size, s->offset),
                s->size);
}

static bool do_read(const struct step *s, struct model *model, struct follower *f)
{
    unsigned char buf[NODE_BYTES];
    if (model->handles[s->handle] < 0)
        return true;
    const struct node *node = &model->nodes[model->handles[s->handle]];
    size_t there = s->offset >= node->size ? 0 : node->size - s->offset;
    size_t want = s->size < there ? s->size : there;
    return SAME(&f->t, fs_f_pread(f->t.fs, f->files[s->handle], buf, s->size, s->offset), want) &&
           CHECK(&f->t, memcmp(buf, node->data + s->offset, want) == 0);
}

static bool do_truncate(const struct step *s, struct model *model, struct follower *f)
{
    if (model->handles[s->handle] < 0)
        return true;
    struct node *node = &model->nodes[model->handles[s->handle]];
    if (s->size < node->size)
        memset(node->data + s->size, 0, node->size - s->size);
    node->size = s->size;
    return WORKS(&f->t, fs_f_truncate(f->t.fs, f->files[s->handle], s->size));
}

static bool do_makedir(const struct step *s, struct model *model, struct follower *f)
{
    int rc = model_makedir(model, s->path);
    return rc == -ENFILE || GIVES(&f->t, fs_makedir(f->t.fs, at(&f->t, "%s", s->path + 1), 0755), rc);
}

static bool do_remove(const struct step *s, struct model *model, struct follower *f)
{
    return GIVES(&f->t, fs_remove(f->t.fs, at(&f->t, "%s", s->path + 1)),
                 model_remove(model, s->path, false));
}

static bool do_removedir(const struct step *s, struct model *model, struct follower *f)
{
    return GIVES(&f->t, fs_removedir(f->t.fs, at(&f->t, "%s", s->path + 1)),
                 model_remove(model, s->path, true));
}

static bool do_rename(const struct step *s, struct model *model, struct follower *f)
{
    int rc = model_rename(model, s->path, s->other, s->flags);
    return GIVES(
        &f->t, fs_rename(f->t.fs, at(&f->t, "%s", s->path + 1), at(&f->t, "%s", s->other + 1), s->flags), rc);
}

static bool do_link(const struct step *s, struct model *model, struct follower *f)
{
    int rc = model_link(model, s->path, s->other);
    return rc == -ENFILE ||
           GIVES(&f->t, fs_link(f->t.fs, at(&f->t, "%s", s->path + 1), at(&f->t, "%s", s->other + 1)), rc);
}

static bool do_symlink(const struct step *s, struct model *model, struct follower *f)
{
    int rc = model_symlink(model, s->other, s->path);
    return rc == -ENFILE || GIVES(&f->t, fs_symlink(f->t.fs, s->other, at(&f->t, "%s", s->path + 1)), rc);
}

static bool do_readlink(const struct step *s, struct model *model, struct follower *f)
{
    char buf[64];
    int node = model_node(model, s->path);
    int rc = node < 0 ? node : model->nodes[node].symlink ? 0 : -EINVAL;
    return GIVES(&f->t, fs_readlink(f->t.fs, at(&f->t, "%s", s->path + 1), buf, sizeof buf), rc) &&
           (rc || CHECK(&f->t, strcmp(buf, model->nodes[node].target) == 0));
}

static bool compare_info(struct model *model, struct follower *f, const char *path)
{
    struct fs_info info;
    int node = model_node(model, path);
    int rc = fs_getinfo(f->t.fs, at(&f->t, "%s", path + 1), FS_INFO_SIZE, &info);
    if (!GIVES(&f->t, rc, node < 0 ? node : 0) || rc)
        return rc != 0 && node < 0;
    const struct node *is = &model->nodes[node];
    uint32_t type = is->directory ? FS_TYPE_DIRECTORY : is->symlink ? FS_TYPE_SYMLINK : FS_TYPE_FILE;
    return SAME(&f->t, info.type, type) && (type != FS_TYPE_FILE || SAME(&f->t, info.size, is->size));
}

static bool do_getinfo(const struct step *s, struct model *model, struct follower *f)
{
    return compare_info(model, f, s->path);
}

static bool compare_list(struct model *model, struct follower *f, const char *path)
{
    struct names names = {0};
    size_t count = 0;
    int node = model_node(model, path);
    int rc = node < 0 ? node : model->nodes[node].directory ? 0 : -ENOTDIR;
    const char *folder = *path ? at(&f->t, "%s", path + 1) : f->t.dir;
    bool good = GIVES(&f->t, list(&f->t, folder, 0, 0, &names), rc);
    for (int i = 0; rc == 0 && i < NODES; i++) {
        const struct entry *entry = &model->entries[i];
        if (!entry->used || !model_is_in(entry->path, path))
            continue;
        count++;
        good = good && SAME(&f->t, names_count(&names, strrchr(entry->path, '/') + 1), 1);
    }
    good = good && SAME(&f->t, names.count, count);
    names_free(&names);
    return good;
}

static bool do_list(const struct step *s, struct model *model, struct follower *f)
{
    return compare_list(model, f, s->salt % 5 ? s->path : "");
}

static bool (*const kinds[STEP_KINDS])(const struct step *s, struct model *model, struct follower *f) = {
    [STEP_OPEN] = do_open,       [STEP_CLOSE] = do_close,         [STEP_WRITE] = do_write,
    [STEP_READ] = do_read,       [STEP_TRUNCATE] = do_truncate,   [STEP_MAKEDIR] = do_makedir,
    [STEP_REMOVE] = do_remove,   [STEP_REMOVEDIR] = do_removedir, [STEP_RENAME] = do_rename,
    [STEP_GETINFO] = do_getinfo, [STEP_LIST] = do_list,           [STEP_LINK] = do_link,
    [STEP_SYMLINK] = do_symlink, [STEP_READLINK] = do_readlink,
};

bool step_do(const struct step *step, struct model *model, struct follower *f)
{
    return kinds[step->kind](step, model, f);
}

static bool compare_bytes(struct model *model, struct follower *f, const struct entry *entry)
{
    unsigned char buf[NODE_BYTES + 1];
    const struct node *node = &model->nodes[entry->node];
    if (node->directory || node->symlink)
        return true;
    return SAME(&f->t, get(&f->t, at(&f->t, "%s", entry->path + 1), buf, sizeof buf), node->size) &&
           CHECK(&f->t, memcmp(buf, node->data, node->size) == 0);
}

bool steps_end(struct model *model, struct follower *f)
{
    bool good = true;
    for (unsigned i = 0; i < HANDLES; i++)
        good = close_handle(model, f, i) && good;
    for (int i = 0; i < NODES && good; i++) {
        const struct entry *entry = &model->entries[i];
        if (!entry->used)
            continue;
        good = *entry->path == 0 || (compare_info(model, f, entry->path) && compare_bytes(model, f, entry));
        if (good && model->nodes[entry->node].directory)
            good = compare_list(model, f, entry->path);
    }
    return good;
}
