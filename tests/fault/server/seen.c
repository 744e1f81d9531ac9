/* SPDX-License-Identifier: MIT */
#include "seen.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"

#define BYTES_PER_TOKEN 4

struct counts {
    const struct script_path *script; /* NULL: nothing but good answers */
    uint64_t requests, good, faults, refused, in_flight, in_flight_max;
    struct map bodies; /* hash -> how often, as a pointer-sized number */
    struct map seeds;  /* likewise */
    uint64_t window_began_us, window_requests, window_tokens;
};

struct seen {
    const struct script *script;
    pthread_mutex_t mutex;
    struct map paths; /* name -> struct counts * */
};

struct seen *seen_create(const struct script *script)
{
    struct seen *seen = mem_alloc(sizeof(*seen));
    seen->script = script;
    pthread_mutex_init(&seen->mutex, NULL);
    return seen;
}

void seen_destroy(struct seen *seen)
{
    for (size_t i = 0; i < seen->paths.count; i++) {
        struct counts *c = seen->paths.entries[i].value;
        map_clear(&c->bodies);
        map_clear(&c->seeds);
        mem_free(c);
    }
    map_clear(&seen->paths);
    pthread_mutex_destroy(&seen->mutex);
    mem_free(seen);
}

static struct counts *counts_of(struct seen *seen, struct str path)
{
    struct counts *c = map_get(&seen->paths, path);
    if (!c) {
        c = mem_alloc(sizeof(*c));
        c->script = script_find(seen->script, path);
        map_set(&seen->paths, path, c);
    }
    return c;
}

/* How often it was there before. */
static uint64_t bump(struct map *map, struct str key)
{
    uint64_t before = (uintptr_t)map_get(map, key);
    map_set(map, key, (void *)(uintptr_t)(before + 1));
    return before;
}

static const struct rule *match(const struct counts *c, struct str body, uint64_t number,
                                uint64_t before)
{
    double place = ldexp((double)hash_sha256_u64(body), -64);
    for (size_t i = 0; c->script && i < c->script->rule_count; i++) {
        const struct rule *rule = &c->script->rules[i];
        if (place < rule->share && (!rule->first || before < rule->first) &&
            (!rule->every || number % rule->every == 0) && number >= rule->from &&
            number < rule->to)
            return rule;
    }
    return NULL;
}

/* Fixed windows: their quota is that of a minute-wise limit. */
static void limit(struct counts *c, size_t bytes, struct verdict *out)
{
    const struct limits *limits = &out->limits;
    uint64_t now = clock_monotonic_us(), length = (uint64_t)(limits->window * 1e6);
    uint64_t tokens = bytes / BYTES_PER_TOKEN;
    if (!limits->requests && !limits->tokens)
        return;
    if (now - c->window_began_us >= length) {
        c->window_began_us = now;
        c->window_requests = c->window_tokens = 0;
    }
    bool over = (limits->requests && c->window_requests >= limits->requests) ||
                (limits->tokens && c->window_tokens + tokens > limits->tokens);
    if (over) {
        out->refused = (double)(c->window_began_us + length - now) / 1e6;
    } else {
        c->window_requests++;
        c->window_tokens += tokens;
    }
    out->requests_left = limits->requests - c->window_requests;
    out->tokens_left = limits->tokens > c->window_tokens ? limits->tokens - c->window_tokens : 0;
}

struct verdict seen_request(struct seen *seen, struct str path, struct str body, int64_t seed)
{
    char hash[HASH_HEX], number[24];
    struct verdict out = {0};
    hash_sha256_hex(body, hash);
    snprintf(number, sizeof(number), "%lld", (long long)seed);
    pthread_mutex_lock(&seen->mutex);
    struct counts *c = counts_of(seen, path);
    uint64_t before = bump(&c->bodies, str_of(hash));
    bump(&c->seeds, str_of(number));
    out.rule = match(c, body, c->requests++, before);
    if (c->script)
        out.limits = c->script->limits;
    limit(c, body.len, &out);
    c->refused += out.refused > 0;
    c->faults += out.rule != NULL;
    c->in_flight++;
    c->in_flight_max = c->in_flight > c->in_flight_max ? c->in_flight : c->in_flight_max;
    pthread_mutex_unlock(&seen->mutex);
    return out;
}

void seen_replied(struct seen *seen, struct str path, bool good)
{
    pthread_mutex_lock(&seen->mutex);
    struct counts *c = counts_of(seen, path);
    c->in_flight--;
    c->good += good;
    pthread_mutex_unlock(&seen->mutex);
}

static void write_counts(struct buf *out, const struct counts *c, bool seeds)
{
    buf_printf(out,
               "{\"requests\": %llu, \"good\": %llu, \"faults\": %llu, \"refused\": %llu, "
               "\"in_flight_max\": %llu, \"different\": %zu",
               (unsigned long long)c->requests, (unsigned long long)c->good,
               (unsigned long long)c->faults, (unsigned long long)c->refused,
               (unsigned long long)c->in_flight_max, c->bodies.count);
    for (size_t i = 0; seeds && i < c->seeds.count; i++)
        buf_printf(out, "%s\"%s\": %llu", i ? ", " : ", \"seeds\": {", c->seeds.entries[i].key.ptr,
                   (unsigned long long)(uintptr_t)c->seeds.entries[i].value);
    buf_text(out, seeds && c->seeds.count ? "}}" : "}");
}

void seen_write(struct seen *seen, struct str path, struct buf *out)
{
    pthread_mutex_lock(&seen->mutex);
    if (path.len)
        write_counts(out, counts_of(seen, path), true);
    for (size_t i = 0; !path.len && i < seen->paths.count; i++) {
        buf_text(out, i ? ", " : "{");
        json_write_str(out, seen->paths.entries[i].key, 0);
        buf_text(out, ": ");
        write_counts(out, seen->paths.entries[i].value, false);
    }
    if (!path.len)
        buf_text(out, seen->paths.count ? "}" : "{}");
    pthread_mutex_unlock(&seen->mutex);
}
