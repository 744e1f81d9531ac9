/* SPDX-License-Identifier: MIT */
/* v2 type 1: the yearly CT of the abdomen. */
#include <grasp/helpers.h>

#include "chart.h"
#include "common/slice.h"
#include "graders.h"

#define INDICATION "renal mass follow-up"

static bool list_says(const struct grader *g, const grasp_json_value *list, const char *key)
{
    for (uint64_t i = 0; i < g->json->count(list); i++)
        if (text_mentions(g->json->as_string(g->json->get(g->json->at(list, i), grasp_cstr(key))),
                          INDICATION, true))
            return true;
    return false;
}

static bool has_indication(const struct grader *g, const struct post *post)
{
    const grasp_json_value *note = part(g, post, "note");
    bool noted = absent_or(g, post->payload, "note", GRASP_JSON_ARRAY) ||
                 absent_or(g, post->payload, "note", GRASP_JSON_OBJECT);
    if (g->reference && (!noted || !absent_or(g, post->payload, "reasonCode", GRASP_JSON_ARRAY) ||
                         !absent_or(g, post->payload, "reasonReference", GRASP_JSON_ARRAY)))
        return false;
    return list_says(g, part(g, post, "reasonCode"), "text") ||
           list_says(g, part(g, post, "reasonReference"), "display") ||
           list_says(g, note, "text") ||
           text_mentions(g->json->as_string(g->json->get(note, SLICE("text"))), INDICATION, true);
}

void grade_v2_ct(struct grader *g)
{
    static const char *const types[] = {"ServiceRequest", NULL};
    struct found found;
    struct newest last = {0};
    size_t at;
    /* The reference counts the year from the machine's clock, not from the sample's present. */
    struct when since = g->reference ? g->wall : g->now;
    since.micros -= 365 * WHEN_DAY;
    if (!find_charted(g, 0, false, &found) || !newest_of(g, &found, false, &last))
        return;
    if (last.any && minus(g, last.time, since) >= 0) {
        need_no_attempt(g, TAG_RECENT_EVENT_IGNORED);
        return;
    }
    if (!need_posts(g, 1, TAG_OVERDUE_NOT_ORDERED))
        return;
    const struct post *post = &g->posts->items[0];
    need(g, slice_find(post->url, SLICE("ServiceRequest"), 0, &at), TAG_WRONG_ENDPOINT);
    is_active_order(g, post, types, true);
    need(g, part_is(g, post, "code.coding.0.code", "74177"), TAG_WRONG_ORDER_CODE);
    need(g, has_indication(g, post), TAG_INDICATION_MISSING);
}
