/* SPDX-License-Identifier: MIT */
/* v2 type 6: the protocol for TSH and free T4. */
#include <grasp/helpers.h>

#include "chart.h"
#include "common/slice.h"
#include "graders.h"

struct level {
    double value;
    const grasp_json_value *raw;
    struct when time;
};

struct levels {
    struct level *items;
    uint64_t count;
};

static bool read_levels(struct grader *g, size_t query, struct levels *out)
{
    struct found found;
    struct reading reading;
    if (!find_charted(g, query, false, &found))
        return false;
    out->items = g->call->host->scratch(g->call, (found.count + 1) * sizeof(*out->items));
    for (uint64_t i = 0; i < found.count && out->items; i++) {
        if (!read_observation(g, found.items[i], &reading))
            return false;
        out->items[i] = (struct level){0, reading.value, reading.time};
        out->count++;
    }
    return out->items != NULL;
}

static bool compare_levels(struct grader *g, struct levels *levels)
{
    for (uint64_t i = 0; i < levels->count; i++)
        if (!py_number(g->json, levels->items[i].raw, &levels->items[i].value))
            unusable(g);
    return !g->failed;
}

static const struct level *newest(struct grader *g, const struct levels *levels)
{
    const struct level *newest = NULL;
    for (uint64_t i = 0; i < levels->count; i++)
        if (!newest || minus(g, levels->items[i].time, newest->time) > 0)
            newest = &levels->items[i];
    return newest;
}

/* Two levels above 10, at least 30 days apart. */
static bool is_high_twice(struct grader *g, const struct levels *tsh)
{
    const struct level *first = NULL, *last = NULL;
    for (uint64_t i = 0; i < tsh->count; i++) {
        const struct level *level = &tsh->items[i];
        if (level->value <= 10)
            continue;
        if (!first || minus(g, level->time, first->time) < 0)
            first = level;
        if (!last || minus(g, level->time, last->time) > 0)
            last = level;
    }
    return first && minus(g, last->time, first->time) >= 30 * WHEN_DAY;
}

static bool is_subclinical(const struct level *tsh, const struct level *ft4)
{
    return tsh && tsh->value >= 4.5 && tsh->value <= 10 && ft4 && ft4->value >= 0.8 &&
           ft4->value <= 1.8;
}

static bool is_levothyroxine(struct grader *g, const struct post *post)
{
    static const char *const types[] = {"MedicationRequest", NULL};
    const grasp_json_value *concept = part(g, post, "medicationCodeableConcept");
    const grasp_json_value *text = g->json->get(concept, SLICE("text"));
    if (g->reference &&
        (!py_is_object(g->json, concept) || !absent_or(g, concept, "text", GRASP_JSON_STRING)))
        unusable(g);
    grasp_str name = g->json->as_string(text);
    return is_active_order(g, post, types, false) && text_mentions(name, "levothyroxine", true) &&
           text_mentions(name, "25", false);
}

static bool is_repeat(struct grader *g, const struct post *post)
{
    static const char *const types[] = {"ServiceRequest", NULL};
    const grasp_json_value *code = part(g, post, "code");
    if (g->reference && (!absent_or(g, post->payload, "code", GRASP_JSON_OBJECT) ||
                         !absent_or(g, code, "text", GRASP_JSON_STRING)))
        unusable(g);
    return is_active_order(g, post, types, false) &&
           (py_mentions(g->json, code, "tsh", true) || py_mentions(g->json, code, "ft4", true));
}

static const struct post *next_of(const struct grader *g, size_t *at, const char *type)
{
    while (*at < g->posts->count) {
        const struct post *post = &g->posts->items[(*at)++];
        if (is_type(g, post, type))
            return post;
    }
    return NULL;
}

/* Why orders of the right types did not count. */
static void explain_orders(struct grader *g)
{
    for (size_t i = 0; i < g->posts->count; i++) {
        const struct post *post = &g->posts->items[i];
        if (!about_patient(g, post))
            g->tags |= TAG_BIT(TAG_ORDER_FOR_OTHER_PATIENT);
        else if (is_one_of_types(g, post, order_types) &&
                 !is_active_order(g, post, order_types, false))
            g->tags |= TAG_BIT(TAG_WRONG_ORDER_STATUS);
    }
}

static void need_levothyroxine(struct grader *g)
{
    const struct post *post;
    size_t at = 0;
    bool found = false;
    while (!found && !g->failed && (post = next_of(g, &at, "MedicationRequest")))
        found = is_levothyroxine(g, post);
    need(g, found, TAG_LEVOTHYROXINE_NOT_ORDERED);
}

static void need_repeats(struct grader *g)
{
    const struct post *post;
    size_t at = 0, count = 0;
    while ((post = next_of(g, &at, "ServiceRequest")))
        count += is_repeat(g, post);
    need(g, count >= 2, TAG_LABS_NOT_REPEATED);
}

void grade_v2_thyroid(struct grader *g)
{
    struct levels tsh = {0}, ft4 = {0};
    size_t at = 0;
    if (!read_levels(g, 0, &tsh) || !read_levels(g, 1, &ft4) || !compare_levels(g, &tsh) ||
        !compare_levels(g, &ft4) || !posts_usable(g))
        return;
    const struct level *last_tsh = newest(g, &tsh), *last_ft4 = newest(g, &ft4);
    bool high = is_high_twice(g, &tsh);
    for (size_t i = 0; i < g->posts->count; i++)
        if (!py_is_object(g->json, g->posts->items[i].payload))
            unusable(g);
    if (!high && !is_subclinical(last_tsh, last_ft4)) {
        need_no_posts(g, last_tsh ? TAG_NORMAL_VALUE_TREATED : TAG_ORDERED_WITHOUT_RESULT);
        return;
    }
    if (high)
        need_levothyroxine(g);
    else
        need(g, !next_of(g, &at, "MedicationRequest"), TAG_LEVOTHYROXINE_NOT_INDICATED);
    if (!g->failed || !g->reference)
        need_repeats(g);
    if (g->failed)
        explain_orders(g);
}
