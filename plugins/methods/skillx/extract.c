/* SPDX-License-Identifier: MIT */
#include "common/reply.h"
#include "common/slice.h"
#include "skillx.h"

int32_t ask_plans(struct lesson *lesson, const struct skillx *self, struct trajectory *list,
                  size_t count)
{
    struct round round = {0};
    for (size_t i = 0; i < count; i++) {
        const struct binding bindings[] = {
            {"task", list[i].task}, {"history", list[i].history}, {NULL, SLICE("")}};
        round_add(lesson, &round, self->plan, self->plan_user, bindings);
    }
    int32_t status = round_ask(lesson, &round);
    for (size_t i = 0; i < count && !status; i++) {
        grasp_str plan;
        if (plan_read(round.answers[i].text, &plan))
            list[i].plan = plan;
    }
    return status;
}

static void ask_skill(struct lesson *lesson, const struct skillx *self, struct round *round,
                      const struct extraction *e)
{
    const struct binding bindings[] = {
        {"task", e->trajectory->task},
        {"history", e->trajectory->history},
        {"count", pool_format(&lesson->pool, "%zu", e->library_count)},
        {"library", e->library_count ? text_view(&e->library) : SLICE("(none)")},
        {"step", e->steps.items[e->step]},
        {NULL, SLICE("")}};
    round_add(lesson, round, self->extract, self->extract_user, bindings);
}

/* Skills that were added or changed join the library of their trajectory's prompts. */
static void join(struct lesson *lesson, struct extraction *e, const grasp_json_value *list)
{
    const grasp_json *json = lesson->json;
    for (uint64_t i = 0; json->kind(list) == GRASP_JSON_ARRAY && i < json->count(list); i++) {
        const grasp_json_value *item = json->at(list, i), *skill = member_of(json, item, "skill");
        grasp_str option = member_text(json, item, "option");
        if (!skill || !(grasp_equal(option, "add") || grasp_equal(option, "modify")))
            continue;
        text_put(&e->library, e->library_count++ ? "\n" : "");
        text_str(&e->library, json->print(lesson->call, skill, 0));
    }
}

static void take_reply(struct lesson *lesson, const struct skillx *self, struct extraction *e,
                       const struct answer *answer)
{
    const grasp_json *json = lesson->json;
    const grasp_json_value *value =
        answer->ok ? list_in_reply(lesson->call, answer->text, self->options.wrap_objects) : NULL;
    bool list = json->kind(value) == GRASP_JSON_ARRAY;
    if (value && (!list || json->count(value)))
        e->results[e->step] = value;
    if (list && json->count(value))
        join(lesson, e, value);
    else if ((int64_t)++e->attempt < self->options.extractor_max_retries)
        return;
    e->step++;
    e->attempt = 0;
}

static void open_extraction(struct lesson *lesson, const struct trajectory *trajectory,
                            const struct skillx *self, struct extraction *out)
{
    *out = (struct extraction){.trajectory = trajectory};
    out->steps = plan_steps(&lesson->pool, trajectory->plan);
    out->results = pool_array(&lesson->pool, out->steps.count, sizeof(*out->results));
    if (self->options.extractor_max_retries < 1)
        out->step = out->steps.count;
}

/* Metadata that is no object makes the reference lose the whole trajectory. */
static bool breaks(const grasp_json *json, const grasp_json_value *skill)
{
    const grasp_json_value *metadata;
    return member_find(json, skill, "metadata", &metadata) &&
           json->kind(metadata) != GRASP_JSON_OBJECT;
}

static bool collect_list(struct lesson *lesson, const grasp_json_value *list,
                         const struct skillx_options *options, struct records *out)
{
    const grasp_json *json = lesson->json;
    for (uint64_t i = 0; json->kind(list) == GRASP_JSON_ARRAY && i < json->count(list); i++) {
        const grasp_json_value *item = json->at(list, i), *skill = member_of(json, item, "skill");
        grasp_str option = member_text(json, item, "option");
        struct record record;
        skill = skill ? skill : item;
        if ((option.len && !grasp_equal(option, "add") && !grasp_equal(option, "modify")) ||
            !record_read(lesson->call, &lesson->pool, skill, &record))
            continue;
        if (breaks(json, skill) && !options->wrap_objects)
            return false;
        records_add(&lesson->pool, out, &record);
    }
    return true;
}

size_t extraction_collect(struct lesson *lesson, const struct extraction *e,
                          const struct skillx_options *options, struct records *out)
{
    size_t before = out->count, results = 0;
    bool broken = false;
    for (size_t i = 0; i < e->steps.count; i++) {
        size_t last = i;
        bool again =
            false; /* equal steps are one: in the place of the first, as the last left it */
        for (size_t k = 0; k < i; k++)
            again |= e->results[k] && slice_eq(e->steps.items[k], e->steps.items[i]);
        for (size_t k = i + 1; k < e->steps.count; k++) {
            if (slice_eq(e->steps.items[k], e->steps.items[i]) && e->results[k])
                last = k;
        }
        if (again || !e->results[i])
            continue;
        results++;
        broken |= !collect_list(lesson, e->results[last], options, out);
    }
    if (broken)
        out->count = before;
    return results;
}

int32_t ask_skills(struct lesson *lesson, const struct skillx *self, const struct trajectory *list,
                   size_t count, struct records *out, size_t *out_results)
{
    struct extraction *all = pool_array(&lesson->pool, count, sizeof(*all));
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < count; i++)
        open_extraction(lesson, &list[i], self, &all[i]);
    for (bool more = true; more && !status;) {
        struct round round = {0};
        for (size_t i = 0; i < count; i++) {
            if (all[i].step < all[i].steps.count)
                ask_skill(lesson, self, &round, &all[i]);
        }
        more = round.count > 0;
        status = round_ask(lesson, &round);
        for (size_t i = 0, at = 0; i < count && !status; i++) {
            if (all[i].step < all[i].steps.count)
                take_reply(lesson, self, &all[i], &round.answers[at++]);
        }
    }
    *out_results = 0;
    for (size_t i = 0; i < count; i++) {
        *out_results += extraction_collect(lesson, &all[i], &self->options, out);
        text_free(&all[i].library);
    }
    return status;
}
