/* SPDX-License-Identifier: MIT */
#include "past.h"

#include <string.h>

#include "common/slice.h"

void dev_add(struct pool *pool, struct dev *dev, const struct dev_sample *sample, size_t *capacity)
{
    if (lexicon_add(pool, &dev->ids, sample->id) != dev->count)
        return;
    POOL_RESERVE(pool, dev->samples, dev->count, *capacity);
    dev->samples[dev->count++] = (struct dev_sample){
        pool_dup(pool, sample->id),
        pool_dup(pool, sample->type.len ? sample->type : SLICE("other")),
        pool_dup(pool, sample->description),
    };
}

size_t dev_find(const struct dev *dev, grasp_str id)
{
    uint32_t number = dev->count ? lexicon_exact(&dev->ids, id) : LEXICON_NONE;
    return number == LEXICON_NONE ? DEV_NONE : number;
}

void past_init(struct past *past, struct pool *pool, size_t dev_count)
{
    past->epoch = -1;
    past->now = pool_alloc(pool, dev_count);
    past->before = pool_alloc(pool, dev_count);
    past->causes = pool_array(pool, dev_count, sizeof(*past->causes));
    memset(past->now, -1, dev_count);
    memset(past->before, -1, dev_count);
}

void past_enter(struct past *past, size_t dev_count, int64_t epoch)
{
    if (epoch == past->epoch)
        return;
    past->has_before = past->epoch >= 0 && epoch == past->epoch + 1 && past->count;
    memcpy(past->before, past->now, dev_count);
    memset(past->now, -1, dev_count);
    pool_free(&past->pool);
    past->entries = NULL;
    past->count = past->capacity = 0;
    past->epoch = epoch;
}

struct past_entry *past_add(struct past *past, size_t sample, int64_t update_cycle, bool correct)
{
    POOL_RESERVE(&past->pool, past->entries, past->count, past->capacity);
    past->now[sample] = correct;
    past->entries[past->count] =
        (struct past_entry){.sample = sample, .update_cycle = update_cycle, .correct = correct};
    return &past->entries[past->count++];
}

int past_before(const struct past *past, size_t sample)
{
    return past->has_before && sample != DEV_NONE ? past->before[sample] : -1;
}

static struct label *find_label(const struct past *past, grasp_str name)
{
    for (size_t i = 0; i < past->label_count; i++) {
        if (slice_eq(past->labels[i].name, name))
            return &past->labels[i];
    }
    return NULL;
}

bool past_has_label(const struct past *past, grasp_str name)
{
    return find_label(past, name) != NULL;
}

void past_set_label(struct past *past, grasp_str name, grasp_str description)
{
    struct label *label = find_label(past, name);
    if (!label) {
        POOL_RESERVE(&past->older, past->labels, past->label_count, past->label_capacity);
        label = &past->labels[past->label_count++];
        label->name = pool_dup(&past->older, name);
    }
    label->description = pool_dup(&past->older, description);
}

void past_set_cause(struct past *past, size_t sample, grasp_str label)
{
    const struct label *known = find_label(past, label);
    past->causes[sample] = known ? known->name : SLICE("");
}

void past_refuse(struct past *past, const struct refusal *refusal)
{
    if (past->refusal_count == PAST_REFUSALS)
        memmove(past->refusals, past->refusals + 1, --past->refusal_count * sizeof(*refusal));
    past->refusals[past->refusal_count++] = (struct refusal){
        refusal->action,
        pool_dup(&past->older, refusal->name),
        pool_dup(&past->older, utf8_prefix(refusal->description, 200)),
        pool_dup(&past->older, utf8_prefix(refusal->reason, 200)),
    };
}

void past_free(struct past *past)
{
    pool_free(&past->pool);
    pool_free(&past->older);
}
