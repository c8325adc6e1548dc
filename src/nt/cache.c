// SPDX-License-Identifier: MIT
/*
 * Cached attributes of nodes, each under its node's stripe. An answer is stored only if the node did not
 * change since the question was asked (attr_gen), so a slow answer never hides a newer write.
 */
#include "nt/nt_internal.h"

uint32_t cache_generation(struct nt_node *node)
{
    node = node_identity(node);
    LOCK_SCOPE(node_stripe(node));
    return node->attr_gen;
}

void cache_store(struct nt_node *node, const struct nt_attr *attr, uint32_t generation)
{
    node = node_identity(node);
    if (!node->vol->attr_ns)
        return;
    uint64_t expiry = clock_coarse_ns() + node->vol->attr_ns;
    LOCK_SCOPE(node_stripe(node));
    if (node->attr_gen != generation)
        return;
    node->attr = *attr;
    node->attr_expiry = expiry;
}

bool cache_get(struct nt_node *node, struct nt_attr *attr)
{
    struct nt_volume *vol = node->vol;
    bool fresh = false;
    node = node_identity(node);
    if (vol->attr_ns) {
        uint64_t now = clock_coarse_ns();
        LOCK_SCOPE(node_stripe(node));
        fresh = node->attr_expiry > now;
        if (fresh)
            *attr = node->attr;
    }
    atomic_fetch_add_explicit(fresh ? &vol->cache_hits : &vol->cache_misses, 1, memory_order_relaxed);
    return fresh;
}

void cache_drop(struct nt_node *node)
{
    uint64_t now = clock_ns();
    node = node_identity(node);
    LOCK_SCOPE(node_stripe(node));
    node->attr_expiry = 0;
    node->attr_gen++;
    node->changed = now;
}

void cache_inherit(struct nt_node *node)
{
    LOCK_SCOPE(node_stripe(node->parent));
    node->changed = node->parent->changed;
}

void cache_bequeath(struct nt_node *node)
{
    LOCK_SCOPE(node_stripe(node->parent));
    if (node->changed > node->parent->changed)
        node->parent->changed = node->changed;
}

/* Nothing happened to the node since, and the listing is not old. Stripe held. */
static bool believable(const struct nt_node *node, uint64_t taken)
{
    const uint64_t second = 1000000000;
    uint64_t attr_ns = node->vol->attr_ns, life = attr_ns > second ? attr_ns : second;
    return node->changed < taken && clock_coarse_ns() <= taken + life;
}

bool cache_believes(struct nt_node *node, uint64_t taken)
{
    node = node_identity(node);
    LOCK_SCOPE(node_stripe(node));
    return believable(node, taken);
}

bool cache_store_listed(struct nt_node *node, const struct nt_attr *attr, uint64_t taken)
{
    node = node_identity(node);
    LOCK_SCOPE(node_stripe(node));
    if (!believable(node, taken))
        return false;
    if (node->vol->attr_ns) {
        node->attr = *attr;
        node->attr_expiry = taken + node->vol->attr_ns;
    }
    return true;
}

static uint64_t from_filetime(const FILETIME *t)
{
    return (uint64_t)t->dwHighDateTime << 32 | t->dwLowDateTime;
}

static void attr_set_kind(struct nt_attr *attr, bool directory)
{
    if (directory)
        attr->attributes = (attr->attributes | FILE_ATTRIBUTE_DIRECTORY) & ~(uint32_t)FILE_ATTRIBUTE_NORMAL;
    else
        attr->attributes &= ~(uint32_t)FILE_ATTRIBUTE_DIRECTORY;
}

/* What was removed while it is open has no name any more, and only that. */
static struct nt_facts links_left(const struct nt_node *node, struct nt_facts facts)
{
    if (node_has(node, NODE_RESERVED)) {
        facts.valid |= DOKAN_FACT_LINKS;
        facts.links = 0;
    } else if (!facts.links && !node_has(node, NODE_GONE)) {
        facts.links = 1;
    }
    return facts;
}

void attr_from_info(struct nt_attr *attr, const BY_HANDLE_FILE_INFORMATION *info, const struct nt_node *node,
                    bool directory)
{
    *attr = (struct nt_attr){.ino = nt_node_ino(node), .links = 1, .attributes = FILE_ATTRIBUTE_NORMAL};
    if (info) {
        attr->size = (uint64_t)info->nFileSizeHigh << 32 | info->nFileSizeLow;
        attr->creation = from_filetime(&info->ftCreationTime);
        attr->access = from_filetime(&info->ftLastAccessTime);
        attr->write = from_filetime(&info->ftLastWriteTime);
        attr->change = attr->write;
        attr->attributes = info->dwFileAttributes;
        attr->links = info->nNumberOfLinks;
    }
    attr->facts = links_left(node, attr->facts);
    attr_set_kind(attr, directory);
}

struct nt_facts facts_kept(const DOKAN_FACTS *facts)
{
    const uint32_t kept = DOKAN_FACT_ALLOCATION | DOKAN_FACT_LINKS | DOKAN_FACT_MODE | DOKAN_FACT_UID |
                          DOKAN_FACT_GID | DOKAN_FACT_DEVICE;
    return (struct nt_facts){.valid = facts->Valid & kept,
                             .links = facts->NumberOfLinks,
                             .mode = facts->Mode,
                             .uid = facts->Uid,
                             .gid = facts->Gid,
                             .device = facts->Device,
                             .allocation = (uint64_t)facts->AllocationSize};
}

void attr_from_facts(struct nt_attr *attr, const DOKAN_FACTS *facts, const struct nt_node *node,
                     bool directory)
{
    attr_from_info(attr, NULL, node, false);
    attr->size = fact_value(facts, DOKAN_FACT_SIZE, facts->FileSize);
    attr->creation = fact_value(facts, DOKAN_FACT_CREATION, facts->CreationTime);
    attr->access = fact_value(facts, DOKAN_FACT_ACCESS, facts->LastAccessTime);
    attr->write = fact_value(facts, DOKAN_FACT_WRITE, facts->LastWriteTime);
    attr->change = facts->Valid & DOKAN_FACT_CHANGE ? (uint64_t)facts->ChangeTime : attr->write;
    attr->attributes = facts->FileAttributes;
    attr->reparse_tag = facts->ReparseTag;
    if (facts->Valid & DOKAN_FACT_LINKS && !directory)
        attr->links = facts->NumberOfLinks;
    if (has_callback(node->vol, CB_GET_FILE_ID) && facts->Valid & DOKAN_FACT_ID)
        attr->file_id = facts->FileId;
    attr->facts = links_left(node, facts_kept(facts));
    attr_set_kind(attr, directory);
}

static NTSTATUS ask_info(struct nt_request *rq, struct nt_handle *h, struct nt_attr *out)
{
    BY_HANDLE_FILE_INFORMATION info;
    NTSTATUS status = call_get_info(rq, h, &info);
    attr_from_info(out, status == STATUS_SUCCESS ? &info : NULL, h->node, h->directory);
    return status;
}

static NTSTATUS ask_facts(struct nt_request *rq, struct nt_handle *h, struct nt_attr *out)
{
    DOKAN_FACTS facts;
    NTSTATUS status = call_get_facts(rq, h, &facts);
    if (status == STATUS_SUCCESS)
        attr_from_facts(out, &facts, h->node, h->directory);
    return status;
}

NTSTATUS attr_query(struct nt_request *rq, struct nt_handle *h, struct nt_attr *out, bool fresh)
{
    if (!fresh && cache_get(h->node, out))
        return STATUS_SUCCESS;
    uint32_t generation = cache_generation(h->node);
    NTSTATUS status = ask_facts(rq, h, out);
    if (status == STATUS_NOT_IMPLEMENTED)
        status = ask_info(rq, h, out);
    if (status == STATUS_NOT_IMPLEMENTED)
        return STATUS_SUCCESS;
    if (status != STATUS_SUCCESS)
        return status > 0 ? STATUS_UNSUCCESSFUL : status;
    cache_store(h->node, out, generation);
    return STATUS_SUCCESS;
}

/* On a volume that folds case only the stored spelling may be believed for long: the client's name cache
 * knows nothing of folding. */
uint64_t entry_validity(struct nt_node *node, const WCHAR *asked, size_t len)
{
    struct nt_volume *vol = node->vol;
    if (vol->case_sensitive)
        return vol->entry_ns;
    LOCK_SCOPE(&vol->tree);
    bool stored = len && node_has(node, NODE_SPELLED) && len == node->len &&
                  memcmp(node->name, asked, len * sizeof(WCHAR)) == 0;
    return stored ? vol->entry_ns : 0;
}
