/* SPDX-License-Identifier: MIT */
#include "run/missing.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct missing {
    pthread_mutex_t mutex;
    struct arena arena; /* holds the texts */
    struct missing_item *items;
    size_t count, capacity;
    struct prefix {
        struct str text;
        bool settled; /* else forgotten */
    } * prefixes;
    size_t prefix_count, prefix_capacity;
};

struct missing *missing_create(void)
{
    struct missing *missing = mem_alloc(sizeof(*missing));
    pthread_mutex_init(&missing->mutex, NULL);
    return missing;
}

void missing_destroy(struct missing *missing)
{
    if (!missing)
        return;
    arena_clear(&missing->arena);
    mem_free(missing->items);
    mem_free(missing->prefixes);
    pthread_mutex_destroy(&missing->mutex);
    mem_free(missing);
}

static struct str keep(struct missing *missing, struct str text)
{
    return (struct str){arena_dup(&missing->arena, text.ptr, text.len), text.len};
}

static struct prefix *prefix_of(const struct missing *missing, struct str place)
{
    for (size_t i = 0; i < missing->prefix_count; i++) {
        if (str_starts(place, missing->prefixes[i].text.ptr))
            return &missing->prefixes[i];
    }
    return NULL;
}

static void settle(const struct missing *missing, struct missing_item *item)
{
    const struct prefix *prefix = prefix_of(missing, item->place);
    if (prefix && prefix->settled)
        item->place =
            (struct str){item->place.ptr + prefix->text.len, item->place.len - prefix->text.len};
}

void missing_add(struct missing *missing, const struct missing_item *item)
{
    pthread_mutex_lock(&missing->mutex);
    MEM_RESERVE(missing->items, missing->count, missing->capacity);
    missing->items[missing->count] = (struct missing_item){
        .place = keep(missing, item->place),
        .sample = keep(missing, item->sample),
        .phase = item->phase,
        .fault = keep(missing, item->fault),
        .error = keep(missing, item->error),
    };
    settle(missing, &missing->items[missing->count++]);
    pthread_mutex_unlock(&missing->mutex);
}

void missing_forget(struct missing *missing, const char *prefix)
{
    pthread_mutex_lock(&missing->mutex);
    MEM_RESERVE(missing->prefixes, missing->prefix_count, missing->prefix_capacity);
    missing->prefixes[missing->prefix_count++] =
        (struct prefix){.text = keep(missing, str_of(prefix))};
    pthread_mutex_unlock(&missing->mutex);
}

void missing_settle(struct missing *missing, const char *text)
{
    pthread_mutex_lock(&missing->mutex);
    struct prefix *prefix = prefix_of(missing, str_of(text));
    if (prefix)
        prefix->settled = true;
    for (size_t i = 0; prefix && i < missing->count; i++)
        settle(missing, &missing->items[i]);
    pthread_mutex_unlock(&missing->mutex);
}

static bool counts(const struct missing *missing, const struct missing_item *item)
{
    return !prefix_of(missing, item->place);
}

size_t missing_count(struct missing *missing)
{
    size_t count = 0;
    if (!missing)
        return 0;
    pthread_mutex_lock(&missing->mutex);
    for (size_t i = 0; i < missing->count; i++)
        count += counts(missing, &missing->items[i]);
    pthread_mutex_unlock(&missing->mutex);
    return count;
}

static int order(const void *a, const void *b)
{
    const struct missing_item *x = a, *y = b;
    return str_cmp(x->place, y->place);
}

static struct json *item_json(const struct missing_item *item)
{
    struct json *out = json_new_object();
    json_set(out, "place", json_new_str(item->place));
    json_set(out, "phase", json_new_str(str_of(phase_name(item->phase))));
    json_set(out, "sample_id", item->sample.len ? json_new_str(item->sample) : NULL);
    json_set(out, "fault", json_new_str(item->fault));
    json_set(out, "error", json_new_str(item->error));
    return out;
}

struct json *missing_json(struct missing *missing)
{
    struct json *out = json_new_object(), *faults = json_new_object(), *items = json_new_array();
    pthread_mutex_lock(&missing->mutex);
    if (missing->count)
        qsort(missing->items, missing->count, sizeof(*missing->items), order);
    for (size_t i = 0; i < missing->count; i++) {
        const struct missing_item *item = &missing->items[i];
        if (!counts(missing, item))
            continue;
        int64_t before = json_int(json_get_str(faults, item->fault), 0);
        json_set_str(faults, item->fault, json_new_int(before + 1));
        json_push(items, item_json(item));
    }
    pthread_mutex_unlock(&missing->mutex);
    json_set(out, "schema", json_new_str(STR("grasp-host/missing")));
    json_set(out, "v", json_new_int(1));
    json_set(out, "count", json_new_int((int64_t)json_count(items)));
    json_set(out, "by_fault", faults);
    json_set(out, "items", items);
    return out;
}

void missing_write_faults(struct buf *out, const struct json *object)
{
    bool any = false;
    for (struct json_iter it = json_members(json_get(object, "by_fault")); json_next(&it);) {
        buf_text(out, any ? ", " : "");
        buf_escaped(out, it.key);
        buf_printf(out, " %lld", (long long)json_int(it.value, 0));
        any = true;
    }
}
