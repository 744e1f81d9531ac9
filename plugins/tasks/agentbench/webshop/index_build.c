/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis.h"
#include "common/slice.h"
#include "index.h"
#include "index_file.h"

#define SLAB ((size_t)1 << 20)
#define FIRST_CHUNK 12
#define LAST_CHUNK 4096

/* Postings of a term lie in a chain of chunks, each larger than the one before. */
struct chunk {
    struct chunk *next;
    uint32_t len, room;
    unsigned char bytes[];
};

struct entry {
    const char *name;
    uint32_t name_len, hash;
    uint32_t documents; /* that contain it */
    uint32_t last;      /* the last of them, plus one */
    uint32_t pending;   /* how often it is in the document at hand */
    uint32_t size;      /* of its postings */
    struct chunk *first, *tail;
};

struct slab {
    struct slab *next;
    char bytes[];
};

struct index_builder {
    struct entry *entries;
    uint32_t count, capacity;
    uint32_t *slots; /* entry + 1, 0: empty */
    uint32_t slot_count;
    struct slab *slabs;
    char *at;
    size_t left;
    /* The document at hand: its terms. */
    uint32_t *seen;
    uint32_t seen_count, seen_capacity, length;
    uint8_t *lengths;
    char (*ids)[16];
    uint32_t documents, document_capacity;
    uint64_t filled, total;
    bool failed;
};

struct index_builder *shop_index_builder_create(void)
{
    struct index_builder *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->slot_count = 1u << 12;
    b->slots = calloc(b->slot_count, sizeof(*b->slots));
    b->failed = !b->slots;
    return b;
}

void shop_index_builder_free(struct index_builder *b)
{
    if (!b)
        return;
    for (struct slab *slab = b->slabs, *next; slab; slab = next) {
        next = slab->next;
        free(slab);
    }
    free(b->entries);
    free(b->slots);
    free(b->seen);
    free(b->lengths);
    free(b->ids);
    free(b);
}

static void *take(struct index_builder *b, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (size > b->left) {
        struct slab *slab = malloc(sizeof(*slab) + SLAB);
        if (!slab) {
            b->failed = true;
            return NULL;
        }
        slab->next = b->slabs;
        b->slabs = slab;
        b->at = slab->bytes;
        b->left = SLAB;
    }
    void *out = b->at;
    b->at += size;
    b->left -= size;
    return out;
}

/* Room for one more; doubles. */
static bool grow(struct index_builder *b, void **items, uint32_t count, uint32_t *capacity,
                 size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t more = *capacity ? *capacity * 2 : 1024;
    void *bigger = more > *capacity ? realloc(*items, more * size) : NULL;
    if (!bigger) {
        b->failed = true;
        return false;
    }
    *items = bigger;
    *capacity = more;
    return true;
}

static void rehash(struct index_builder *b)
{
    uint32_t more = b->slot_count * 2;
    uint32_t *slots = calloc(more, sizeof(*slots));
    if (!slots) {
        b->failed = true;
        return;
    }
    for (uint32_t i = 0; i < b->count; i++) {
        uint32_t at = b->entries[i].hash & (more - 1);
        while (slots[at])
            at = (at + 1) & (more - 1);
        slots[at] = i + 1;
    }
    free(b->slots);
    b->slots = slots;
    b->slot_count = more;
}

static struct entry *add_entry(struct index_builder *b, grasp_str term, uint32_t hash, uint32_t at)
{
    char *name = take(b, term.len);
    if (!name || !grow(b, (void **)&b->entries, b->count, &b->capacity, sizeof(*b->entries)))
        return NULL;
    memcpy(name, term.ptr, term.len);
    b->entries[b->count] =
        (struct entry){.name = name, .name_len = (uint32_t)term.len, .hash = hash};
    b->slots[at] = ++b->count;
    return &b->entries[b->count - 1];
}

static struct entry *entry_of(struct index_builder *b, grasp_str term)
{
    if (b->count * 2 >= b->slot_count)
        rehash(b);
    if (b->failed)
        return NULL;
    uint32_t hash = (uint32_t)slice_hash(term), at = hash & (b->slot_count - 1);
    for (; b->slots[at]; at = (at + 1) & (b->slot_count - 1)) {
        struct entry *entry = &b->entries[b->slots[at] - 1];
        if (entry->hash == hash && entry->name_len == term.len &&
            memcmp(entry->name, term.ptr, term.len) == 0)
            return entry;
    }
    return add_entry(b, term, hash, at);
}

static void count_term(void *context, grasp_str term)
{
    struct index_builder *b = context;
    struct entry *entry = entry_of(b, term);
    if (!entry)
        return;
    b->length++;
    if (entry->pending++)
        return;
    if (grow(b, (void **)&b->seen, b->seen_count, &b->seen_capacity, sizeof(*b->seen)))
        b->seen[b->seen_count++] = (uint32_t)(entry - b->entries);
}

static bool add_chunk(struct index_builder *b, struct entry *entry)
{
    uint32_t room = entry->tail ? entry->tail->room * 2 : FIRST_CHUNK;
    if (room > LAST_CHUNK)
        room = LAST_CHUNK;
    struct chunk *chunk = take(b, sizeof(*chunk) + room);
    if (!chunk)
        return false;
    *chunk = (struct chunk){.room = room};
    if (entry->tail)
        entry->tail->next = chunk;
    else
        entry->first = chunk;
    entry->tail = chunk;
    return true;
}

static void put_byte(struct index_builder *b, struct entry *entry, unsigned char byte)
{
    if ((!entry->tail || entry->tail->len == entry->tail->room) && !add_chunk(b, entry))
        return;
    entry->tail->bytes[entry->tail->len++] = byte;
    entry->size++;
}

static void put_number(struct index_builder *b, struct entry *entry, uint32_t number)
{
    for (; number >= 0x80; number >>= 7)
        put_byte(b, entry, (unsigned char)(number | 0x80));
    put_byte(b, entry, (unsigned char)number);
}

static bool add_row(struct index_builder *b, grasp_str id)
{
    uint32_t capacity = b->document_capacity;
    if (!grow(b, (void **)&b->lengths, b->documents, &capacity, 1))
        return false;
    capacity = b->document_capacity;
    if (!grow(b, (void **)&b->ids, b->documents, &capacity, sizeof(*b->ids)))
        return false;
    b->document_capacity = capacity;
    char *to = b->ids[b->documents];
    size_t len = id.len < sizeof(*b->ids) ? id.len : sizeof(*b->ids) - 1;
    memset(to, 0, sizeof(*b->ids));
    memcpy(to, id.ptr, len);
    b->lengths[b->documents] = shop_index_length_code(b->length);
    return true;
}

bool shop_index_builder_add(struct index_builder *b, grasp_str id, grasp_str contents)
{
    if (b->failed)
        return false;
    b->seen_count = b->length = 0;
    analyse(contents, count_term, b);
    if (b->failed || !add_row(b, id))
        return false;
    for (uint32_t i = 0; i < b->seen_count; i++) {
        struct entry *entry = &b->entries[b->seen[i]];
        put_number(b, entry, b->documents + 1 - entry->last);
        put_number(b, entry, entry->pending);
        entry->last = b->documents + 1;
        entry->documents++;
        entry->pending = 0;
    }
    b->documents++;
    b->total += b->length;
    b->filled += b->length > 0;
    return !b->failed;
}

struct writer {
    int fd;
    size_t len;
    bool failed;
    char buffer[1 << 16];
};

static void flush(struct writer *w)
{
    for (size_t at = 0; at < w->len && !w->failed;) {
        ssize_t done = write(w->fd, w->buffer + at, w->len - at);
        if (done < 0 && errno != EINTR)
            w->failed = true;
        else if (done > 0)
            at += (size_t)done;
    }
    w->len = 0;
}

static void put(struct writer *w, const void *data, size_t size)
{
    const char *from = data;
    while (size && !w->failed) {
        size_t part = sizeof(w->buffer) - w->len;
        part = part < size ? part : size;
        memcpy(w->buffer + w->len, from, part);
        w->len += part;
        from += part;
        size -= part;
        if (w->len == sizeof(w->buffer))
            flush(w);
    }
}

static void pad(struct writer *w, uint64_t size)
{
    put(w, "\0\0\0\0\0\0\0", (8 - size % 8) % 8);
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return slice_cmp((grasp_str){x->name, x->name_len}, (grasp_str){y->name, y->name_len});
}

static int by_id(const void *a, const void *b, void *context)
{
    const struct index_builder *builder = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = strcmp(builder->ids[x], builder->ids[y]);
    return order ? order : (x > y) - (x < y);
}

/* rank[document]: its place in the order of ids. */
static uint32_t *rank_documents(struct index_builder *b)
{
    uint32_t *order = malloc((b->documents + 1) * sizeof(*order));
    uint32_t *rank = malloc((b->documents + 1) * sizeof(*rank));
    if (!order || !rank) {
        free(order);
        free(rank);
        errno = ENOMEM;
        return NULL;
    }
    for (uint32_t i = 0; i < b->documents; i++)
        order[i] = i;
    qsort_r(order, b->documents, sizeof(*order), by_id, b);
    for (uint32_t i = 0; i < b->documents; i++)
        rank[order[i]] = i;
    free(order);
    return rank;
}

static void put_terms(struct writer *w, const struct index_builder *b)
{
    struct index_term term = {0};
    for (uint32_t i = 0; i < b->count; i++) {
        term.name_len = b->entries[i].name_len;
        term.documents = b->entries[i].documents;
        put(w, &term, sizeof(term));
        term.name_at += term.name_len;
        term.postings_at += b->entries[i].size;
    }
}

static void put_tables(struct writer *w, const struct index_builder *b, const uint32_t *rank)
{
    struct index_header header = {.magic = INDEX_MAGIC,
                                  .documents = b->documents,
                                  .terms = b->count,
                                  .filled = b->filled,
                                  .total = b->total};
    for (uint32_t i = 0; i < b->count; i++) {
        header.names_size += b->entries[i].name_len;
        header.postings_size += b->entries[i].size;
    }
    put(w, &header, sizeof(header));
    put_terms(w, b);
    put(w, rank, b->documents * sizeof(*rank));
    pad(w, b->documents * sizeof(*rank));
    put(w, b->lengths, b->documents);
    pad(w, b->documents);
    for (uint32_t i = 0; i < b->count; i++)
        put(w, b->entries[i].name, b->entries[i].name_len);
    pad(w, header.names_size);
    for (uint32_t i = 0; i < b->count; i++)
        for (const struct chunk *c = b->entries[i].first; c; c = c->next)
            put(w, c->bytes, c->len);
    pad(w, header.postings_size);
}

bool shop_index_builder_write(struct index_builder *b, int fd)
{
    if (b->failed) {
        errno = ENOMEM;
        return false;
    }
    uint32_t *rank = rank_documents(b);
    struct writer *w = malloc(sizeof(*w));
    bool good = rank && w;
    if (good) {
        w->fd = fd;
        w->len = 0;
        w->failed = false;
        if (b->count)
            qsort(b->entries, b->count, sizeof(*b->entries), by_name);
        put_tables(w, b, rank);
        flush(w);
        good = !w->failed;
    }
    b->failed = true; /* the slots do not fit any more */
    free(w);
    free(rank);
    return good;
}
