/* SPDX-License-Identifier: MIT */
#include "catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/slice.h"

#define FORGET_STEP ((size_t)64 << 20)
#define REPORTED 5 /* damaged entries that get a line of their own */

/* asin -> its entry in a file, which stays text until it is needed. */
struct lookup {
    struct lookup_entry {
        grasp_str key, value;
    } * entries;
    size_t count, size;
};

struct import {
    grasp_call *call;
    const struct catalog_source *source;
    struct lookup attributes, human;
    struct store *store;
    struct index_builder *builder;
    struct twister twister;
    struct goal_list goals;
    struct report *report;
    struct pool pool; /* the goals */
    uint32_t row;
    const char *forgotten;
    unsigned reported;
};

static struct lookup_entry *slot_of(const struct lookup *lookup, grasp_str key)
{
    size_t at = slice_hash(key) & (lookup->size - 1);
    while (lookup->entries[at].key.ptr && !slice_eq(lookup->entries[at].key, key))
        at = (at + 1) & (lookup->size - 1);
    return &lookup->entries[at];
}

static bool lookup_grow(struct lookup *lookup)
{
    struct lookup old = *lookup;
    lookup->size = old.size ? old.size * 2 : 1024;
    lookup->entries = calloc(lookup->size, sizeof(*lookup->entries));
    if (!lookup->entries) {
        *lookup = old;
        return false;
    }
    for (size_t i = 0; i < old.size; i++)
        if (old.entries[i].key.ptr)
            *slot_of(lookup, old.entries[i].key) = old.entries[i];
    free(old.entries);
    return true;
}

static int32_t lookup_fill(struct import *import, grasp_str text, const char *name,
                           struct lookup *out)
{
    struct lenient_stream stream;
    grasp_str key, value;
    int more;
    if (!lenient_stream_open(&stream, text, '{'))
        return grasp_fail(import->call, GRASP_E_INVALID, "%s: not a JSON object", name);
    while ((more = lenient_stream_next(&stream, &key, &value)) > 0) {
        if (out->count * 2 >= out->size && !lookup_grow(out))
            return grasp_fail(import->call, GRASP_E_NOMEM, "no memory for %s", name);
        struct lookup_entry *entry = slot_of(out, key);
        out->count += !entry->key.ptr;
        *entry = (struct lookup_entry){key, value};
    }
    if (more < 0) {
        import->report->counts[FALLBACK_TRUNCATED]++;
        grasp_log(import->call, GRASP_LOG_WARNING,
                  "%s: cannot be read from byte %zu on; what comes before is used", name,
                  (size_t)(stream.at - stream.start));
    }
    return GRASP_OK;
}

static const struct lenient *lookup_get(const struct lookup *lookup, grasp_str key,
                                        struct pool *pool, bool *out_there)
{
    *out_there = lookup->size && slot_of(lookup, key)->key.ptr;
    return *out_there ? lenient_parse(pool, slot_of(lookup, key)->value, NULL) : NULL;
}

static void draw_price(struct import *import, struct product *product)
{
    if (product->price_count == 2)
        product->price = twister_uniform(&import->twister, product->prices[0], product->prices[1]);
}

/* Says where a damaged entry is, for the first ones. */
static void report_damage(struct import *import, grasp_str entry, size_t fault)
{
    import->report->counts[FALLBACK_DAMAGED]++;
    if (import->reported++ < REPORTED)
        grasp_log(import->call, GRASP_LOG_WARNING,
                  "%s: the entry at byte %zu is not JSON from byte %zu on; it is left out",
                  import->source->names[0], (size_t)(entry.ptr - import->source->products.ptr),
                  (size_t)(entry.ptr - import->source->products.ptr) + fault);
}

static bool add_product(struct import *import, struct pool *pool, struct product *product)
{
    struct text contents CLEANUP_TEXT = {0}, fields CLEANUP_TEXT = {0};
    bool there;
    draw_price(import, product);
    product_contents(&contents, product);
    product_write(&fields, product);
    if (contents.failed || fields.failed ||
        !shop_index_builder_add(import->builder, product->asin, text_view(&contents)) ||
        !shop_store_add_product(import->store, import->row, product->asin, product->category,
                                product->query, text_view(&fields)))
        return false;
    const struct lenient *human = lookup_get(&import->human, product->asin, pool, &there);
    if (there)
        goals_read(&import->pool, product, human, import->report, &import->goals);
    import->row++;
    return true;
}

static int32_t import_entry(struct import *import, grasp_str entry)
{
    struct pool pool CLEANUP_POOL = {0};
    struct product product;
    bool there;
    size_t fault = 0;
    const struct lenient *item = lenient_parse(&pool, entry, &fault);
    if (!item) {
        report_damage(import, entry, fault);
        return GRASP_OK;
    }
    const struct lenient *member = lenient_get(item, "asin");
    grasp_str asin = member ? member->text : SLICE("");
    const struct lenient *attributes = lookup_get(&import->attributes, asin, &pool, &there);
    if (lenient_is(member, LENIENT_STRING) && shop_store_has(import->store, asin)) {
        import->report->counts[FALLBACK_REPEATED]++;
        return GRASP_OK;
    }
    if (!product_read(&pool, item, attributes, import->report, &product))
        return GRASP_OK;
    import->report->counts[FALLBACK_ATTRIBUTES] += there && !attributes;
    return add_product(import, &pool, &product)
               ? GRASP_OK
               : grasp_fail(import->call, GRASP_E_FAILED,
                            "product %.*s could not be stored: no memory, or the disk is full",
                            (int)product.asin.len, product.asin.ptr);
}

/* A file of gigabytes does not stay in memory. */
static void forget(struct import *import, const char *at)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if ((size_t)(at - import->forgotten) < FORGET_STEP)
        return;
    uintptr_t from = ((uintptr_t)import->forgotten + page - 1) & ~(page - 1);
    uintptr_t to = (uintptr_t)at & ~(page - 1);
    if (to > from)
        madvise((void *)from, to - from, MADV_DONTNEED);
    import->forgotten = at;
}

static int32_t import_products(struct import *import)
{
    struct lenient_stream stream;
    grasp_str key, value;
    int more = 0;
    int32_t status = GRASP_OK;
    bool large = import->source->products.len > 2 * FORGET_STEP;
    import->forgotten = import->source->products.ptr;
    if (!lenient_stream_open(&stream, import->source->products, '['))
        return grasp_fail(import->call, GRASP_E_INVALID, "%s: not a JSON array of products",
                          import->source->names[0]);
    while (!status && (more = lenient_stream_next(&stream, &key, &value)) > 0) {
        status = import_entry(import, value);
        if (large)
            forget(import, stream.at);
        if (!status && import->call->host->cancelled(import->call))
            status = grasp_fail(import->call, GRASP_E_CANCELLED, "the import was stopped");
    }
    if (!status && more < 0) {
        import->report->counts[FALLBACK_TRUNCATED]++;
        grasp_log(import->call, GRASP_LOG_WARNING,
                  "%s: cannot be read from byte %zu on; what comes before is used",
                  import->source->names[0], (size_t)(stream.at - stream.start));
    }
    return status;
}

static int32_t import_goals(struct import *import)
{
    struct goal_list *goals = &import->goals;
    uint32_t *order = malloc((goals->count + 1) * sizeof(*order));
    bool good = order != NULL;
    for (size_t i = 0; i < goals->count; i++)
        goal_bound(&import->pool, &import->twister, goals->prices[i], &goals->items[i]);
    if (good)
        goals_shuffle(goals->count, order);
    for (size_t i = 0; good && i < goals->count; i++) {
        struct text fields CLEANUP_TEXT = {0};
        goal_write(&fields, &goals->items[order[i]]);
        good =
            !fields.failed && shop_store_add_goal(import->store, (uint32_t)i, text_view(&fields));
    }
    free(order);
    return good ? GRASP_OK : grasp_fail(import->call, GRASP_E_NOMEM, "no memory for the goals");
}

static int32_t import_all(struct import *import, grasp_str key, int index_fd)
{
    const struct catalog_source *source = import->source;
    int32_t status = lookup_fill(import, source->attributes, source->names[1], &import->attributes);
    if (!status)
        status = lookup_fill(import, source->human, source->names[2], &import->human);
    if (!status)
        status = import_products(import);
    if (!status)
        status = import_goals(import);
    if (!status)
        status = shop_store_finish(import->call, import->store, key);
    if (!status && !shop_index_builder_write(import->builder, index_fd))
        status = grasp_fail(import->call, GRASP_E_FAILED, "the index could not be written: %s",
                            strerror(errno));
    import->report->products = import->row;
    import->report->goals = import->goals.count;
    if (!status && !import->goals.count)
        status = grasp_fail(import->call, GRASP_E_INVALID,
                            "%s: no instruction belongs to one of the %u products of %s",
                            source->names[2], import->row, source->names[0]);
    return status;
}

int32_t catalog_import_into(grasp_call *call, const struct catalog_source *source,
                            uint64_t price_seed, grasp_str key, struct store *store, int index_fd,
                            struct report *report)
{
    struct import import = {.call = call,
                            .source = source,
                            .store = store,
                            .builder = shop_index_builder_create(),
                            .report = report};
    twister_seed(&import.twister, price_seed);
    int32_t status = import.builder && shop_store_begin(store)
                         ? import_all(&import, key, index_fd)
                         : grasp_fail(call, GRASP_E_NOMEM, "no memory for the import");
    shop_index_builder_free(import.builder);
    free(import.attributes.entries);
    free(import.human.entries);
    pool_free(&import.pool);
    return status;
}

void catalog_report(grasp_call *call, const struct report *report, const char *name)
{
    for (int i = 0; i < FALLBACK_COUNT; i++)
        if (report->counts[i])
            grasp_log(call, GRASP_LOG_WARNING, "%s: %llu %s", name,
                      (unsigned long long)report->counts[i], fallback_name((enum fallback)i));
    grasp_log(call, GRASP_LOG_INFO, "%s: %llu products, %llu goals", name,
              (unsigned long long)report->products, (unsigned long long)report->goals);
}

static int32_t load_goals(grasp_call *call, struct catalog *catalog)
{
    grasp_str *fields;
    catalog->goal_count = shop_store_goals(catalog->store, &catalog->pool, &fields);
    catalog->goals = pool_array(&catalog->pool, catalog->goal_count + 1, sizeof(*catalog->goals));
    for (size_t i = 0; i < catalog->goal_count; i++)
        if (!goal_parse(&catalog->pool, fields[i], &catalog->goals[i]))
            return grasp_fail(call, GRASP_E_INVALID,
                              "the store of products is damaged at goal %zu; remove it", i);
    catalog->product_count = shop_store_count(catalog->store);
    return GRASP_OK;
}

int32_t catalog_load(grasp_call *call, int index_fd, struct catalog *catalog)
{
    const char *why = "";
    catalog->index = shop_index_open(index_fd, &why);
    if (!catalog->index)
        return grasp_fail(call, GRASP_E_INVALID, "the index of products: %s", why);
    return load_goals(call, catalog);
}

int32_t catalog_import(grasp_call *call, const struct catalog_source *source, uint64_t price_seed,
                       struct report *report, struct catalog *out)
{
    int fd = memfd_create("webshop-index", MFD_CLOEXEC);
    *out = (struct catalog){0};
    if (fd < 0)
        return grasp_fail(call, GRASP_E_FAILED, "no file in memory for the index: %s",
                          strerror(errno));
    out->store = shop_store_open(call, NULL, true);
    int32_t status = out->store ? catalog_import_into(call, source, price_seed, SLICE(""),
                                                      out->store, fd, report)
                                : GRASP_E_FAILED;
    if (!status)
        status = catalog_load(call, fd, out);
    close(fd);
    if (status)
        catalog_close(out);
    return status;
}

void catalog_close(struct catalog *catalog)
{
    shop_store_close(catalog->store);
    shop_index_close(catalog->index);
    pool_free(&catalog->pool);
    *catalog = (struct catalog){0};
}

bool catalog_product(const struct catalog *catalog, uint32_t row, struct pool *pool,
                     struct product *out)
{
    grasp_str fields;
    return shop_store_product(catalog->store, row, pool, &fields) &&
           product_parse(pool, fields, out);
}
