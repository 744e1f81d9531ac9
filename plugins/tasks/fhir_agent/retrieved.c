/* SPDX-License-Identifier: MIT */
#include "retrieved.h"

#include "common/fhir/json_scan.h"
#include "common/slice.h"

static struct bucket *bucket_of(struct retrieved *set, grasp_str type)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_eq(set->buckets[i].type, type))
            return &set->buckets[i];
    POOL_RESERVE(&set->pool, set->buckets, set->count, set->capacity);
    set->buckets[set->count] = (struct bucket){.type = type};
    return &set->buckets[set->count++];
}

static grasp_str type_of(struct retrieved *set, grasp_str resource)
{
    grasp_str type = scan_string(scan_get(resource, SLICE("resourceType")), &set->pool);
    return type.len ? type : SLICE("Unknown");
}

static void add_last(struct retrieved *set, struct bucket *bucket, struct resource item)
{
    POOL_RESERVE(&set->pool, bucket->items, bucket->count, bucket->capacity);
    bucket->items[bucket->count++] = item;
}

/* Places of the items of a bucket by their id. */
struct places {
    struct pool pool;
    uint32_t *slots; /* place + 1 */
    size_t size;
};

static uint32_t *slot_of(const struct places *places, const struct bucket *bucket, grasp_str id)
{
    size_t at = slice_hash(id) & (places->size - 1);
    while (places->slots[at] && !slice_eq(bucket->items[places->slots[at] - 1].id, id))
        at = (at + 1) & (places->size - 1);
    return &places->slots[at];
}

static void index_bucket(struct places *places, const struct bucket *bucket, size_t more)
{
    places->size = 16;
    while (places->size < 2 * (bucket->count + more))
        places->size *= 2;
    places->slots = pool_array(&places->pool, places->size, sizeof(*places->slots));
    for (size_t i = 0; i < bucket->count; i++) {
        if (bucket->items[i].id.len)
            *slot_of(places, bucket, bucket->items[i].id) = (uint32_t)i + 1;
    }
}

static void merge(struct retrieved *set, struct bucket *into, const struct bucket *from)
{
    struct places places = {0};
    index_bucket(&places, into, from->count);
    for (size_t i = 0; i < from->count; i++) {
        uint32_t *slot = from->items[i].id.len ? slot_of(&places, into, from->items[i].id) : NULL;
        if (slot && *slot && into->items) {
            into->items[*slot - 1] = from->items[i];
            continue;
        }
        add_last(set, into, from->items[i]);
        if (slot)
            *slot = (uint32_t)into->count;
    }
    pool_free(&places.pool);
}

bool retrieved_add(struct retrieved *set, grasp_str array, bool merged)
{
    struct retrieved fresh = {0};
    grasp_str item, rest;
    if (array.len > RETRIEVED_MAX - set->bytes)
        return false;
    set->bytes += array.len;
    rest = pool_dup(&set->pool, array);
    while (scan_item_next(&rest, &item)) {
        grasp_str type = type_of(set, item);
        struct resource resource = {scan_string(scan_get(item, SLICE("id")), &set->pool), item};
        add_last(&fresh, bucket_of(&fresh, type), resource);
    }
    for (size_t i = 0; i < fresh.count; i++) {
        struct bucket *into = bucket_of(set, fresh.buckets[i].type);
        if (!merged)
            into->count = 0;
        merge(set, into, &fresh.buckets[i]);
    }
    pool_free(&fresh.pool);
    return true;
}

const struct bucket *retrieved_find(const struct retrieved *set, grasp_str type)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_eq(set->buckets[i].type, type))
            return &set->buckets[i];
    return NULL;
}

void retrieved_write(struct text *out, const struct retrieved *set)
{
    text_char(out, '{');
    for (size_t i = 0; i < set->count; i++) {
        const struct bucket *bucket = &set->buckets[i];
        text_put(out, i ? ", " : "");
        text_json(out, bucket->type);
        text_put(out, ": [");
        for (size_t k = 0; k < bucket->count; k++) {
            text_put(out, k ? ", " : "");
            text_str(out, bucket->items[k].json);
        }
        text_char(out, ']');
    }
    text_char(out, '}');
}

void retrieved_free(struct retrieved *set)
{
    pool_free(&set->pool);
    *set = (struct retrieved){0};
}
