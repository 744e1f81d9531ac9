/* SPDX-License-Identifier: MIT */
#include "run/ahead.h"

#include <string.h>

void ahead_start(struct harness *h, int64_t epoch, size_t cycle, struct wave *wave,
                 struct knowledge *knowledge, const char *prefix)
{
    struct ahead *ahead = &h->ahead;
    ahead->unit = wave;
    ahead->knowledge = knowledge_ref(knowledge);
    ahead->epoch = epoch;
    ahead->cycle = cycle;
    wave_go_ahead(wave, prefix);
    wave_let_others_first(wave);
    wave_start(wave);
}

struct wave *ahead_take(struct harness *h, int64_t epoch, size_t cycle)
{
    struct ahead *ahead = &h->ahead;
    struct wave *wave = ahead->unit;
    if (!wave)
        return NULL;
    bool right = ahead->epoch == epoch && ahead->cycle == cycle &&
                 strcmp(knowledge_hash(ahead->knowledge), knowledge_hash(h->present)) == 0;
    knowledge_unref(ahead->knowledge);
    ahead->knowledge = NULL;
    ahead->unit = NULL;
    if (right)
        wave_settle(wave);
    else
        ahead_put_aside(h, wave);
    return right ? wave : NULL;
}

void ahead_put_aside(struct harness *h, struct wave *wave)
{
    struct ahead *ahead = &h->ahead;
    if (!wave)
        return;
    MEM_RESERVE(ahead->aside, ahead->aside_count, ahead->aside_capacity);
    ahead->aside[ahead->aside_count++] = wave;
}

void ahead_finish(struct harness *h)
{
    for (size_t i = 0; i < h->ahead.aside_count; i++)
        wave_wait(h->ahead.aside[i], 0);
}

void ahead_clear(struct harness *h)
{
    struct ahead *ahead = &h->ahead;
    wave_destroy(ahead->unit);
    knowledge_unref(ahead->knowledge);
    for (size_t i = 0; i < ahead->aside_count; i++)
        wave_destroy(ahead->aside[i]);
    mem_free(ahead->aside);
    *ahead = (struct ahead){0};
}
