/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "common/value.h"
#include "update.h"

static void read_tags(struct update *u, const grasp_json_value *tags, struct entry *out)
{
    uint64_t count = u->json->count(tags);
    out->tags = pool_array(u->pool, count, sizeof(*out->tags));
    for (uint64_t i = 0; i < count; i++) {
        grasp_str tag = u->json->as_string(u->json->at(tags, i));
        if (tag.len)
            out->tags[out->tag_count++] = tag;
    }
}

/* What was answered, and what should have been. Where a database decides, the answer that was
 * expected says nothing. */
static void read_answers(struct update *u, const grasp_json_value *rollout,
                         const grasp_json_value *sample, struct entry *out)
{
    const grasp_json_value *raw = member_of(u->json, rollout, "raw");
    out->reported = value_text(u->call, member_of(u->json, raw, "reported_answer"));
    if (!out->reported.len)
        out->reported = member_text(u->json, rollout, "answer");
    out->expected = value_text(u->call, member_of(u->json, sample, "answer"));
    if (slice_eq(member_text(u->json, raw, "answer_source"), SLICE("db_state_hash")))
        out->expected = SLICE("another state of the database");
    if (!out->error.len)
        out->error = value_text(u->call, member_of(u->json, raw, "error"));
}

bool entry_read(struct update *u, const grasp_json_value *rollout, struct entry *out)
{
    const grasp_json_value *sample = member_of(u->json, rollout, "sample");
    *out = (struct entry){
        .id = member_text(u->json, rollout, "sample_id"),
        .status = member_text(u->json, rollout, "status"),
        .error = member_text(u->json, rollout, "error"),
        .instruction = member_text(u->json, sample, "description"),
        .type = member_text(u->json, sample, "type"),
        .actions = member_of(u->json, rollout, "agent_actions"),
        .history = member_of(u->json, rollout, "history"),
        .used = member_of(u->json, rollout, "used"),
    };
    if (!out->id.len)
        return false;
    if (!out->instruction.len && !u->self->options.reference)
        out->instruction = member_text(u->json, sample, "instruction");
    out->sample = dev_find(&u->self->dev, out->id);
    if (!out->instruction.len && out->sample != DEV_NONE)
        out->instruction = u->self->dev.samples[out->sample].description;
    out->before = past_before(&u->self->past, out->sample);
    /* The reference knows no rollout that says nothing. */
    out->available =
        u->self->options.reference || u->json->as_bool(member_of(u->json, rollout, "available"), 1);
    out->correct = out->available && u->json->as_bool(member_of(u->json, rollout, "correct"), 0);
    read_tags(u, member_of(u->json, rollout, "failure_tags"), out);
    read_answers(u, rollout, sample, out);
    return true;
}

int32_t entries_read(struct update *u, const grasp_json_value *rollouts)
{
    uint64_t count = u->json->count(rollouts);
    u->entries = pool_array(u->pool, count, sizeof(*u->entries));
    for (uint64_t i = 0; i < count; i++) {
        struct entry *entry = &u->entries[u->count];
        if (!entry_read(u, u->json->at(rollouts, i), entry))
            return grasp_fail(u->call, GRASP_E_INVALID,
                              "rollout %llu of the batch has no sample_id", (unsigned long long)i);
        u->correct += entry->correct;
        u->count++;
    }
    return GRASP_OK;
}

bool entry_failed(const struct entry *entry)
{
    return entry->available && !entry->correct && !entry->ignored;
}

size_t entries_failing(const struct update *u)
{
    size_t count = 0;
    for (size_t i = 0; i < u->count; i++)
        count += entry_failed(&u->entries[i]);
    return count;
}

static void credit(struct pool *pool, struct past_entry *entry, grasp_str name)
{
    entry->skills[entry->skill_count++] = pool_dup(pool, name);
}

/* The skills that the agent was shown; in the reference all that were in the library. */
static void credit_skills(struct update *u, const struct entry *entry, struct past_entry *past)
{
    struct pool *pool = &u->self->past.pool;
    if (u->self->options.reference) {
        past->skills = pool_array(pool, u->skill_count, sizeof(grasp_str));
        for (size_t i = 0; i < u->skill_count; i++)
            credit(pool, past, u->skills[i].name);
        return;
    }
    uint64_t count = u->json->count(entry->used);
    past->skills = pool_array(pool, count, sizeof(grasp_str));
    for (uint64_t i = 0; i < count; i++)
        credit(pool, past, u->json->as_string(u->json->at(entry->used, i)));
}

void entries_remember(struct update *u)
{
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (!entry->available || entry->sample == DEV_NONE)
            continue;
        struct past_entry *past = past_add(&u->self->past, entry->sample, u->cycle, entry->correct);
        credit_skills(u, entry, past);
    }
}
