/* SPDX-License-Identifier: MIT */
/* v2 types 9 and 10: vaccines that are due after a year. */
#include <grasp/helpers.h>

#include "chart.h"
#include "common/slice.h"
#include "graders.h"

/* Exactly one order, or none if the last dose is recent. NULL if there is nothing to look at. */
static const struct post *need_order(struct grader *g, bool due)
{
    if (!due)
        need_no_posts(g, TAG_RECENT_EVENT_IGNORED);
    else if (need_posts(g, 1, TAG_OVERDUE_NOT_ORDERED) &&
             is_active_order(g, &g->posts->items[0], order_types, true))
        return &g->posts->items[0];
    return NULL;
}

static bool is_influenza(struct grader *g, const struct post *post)
{
    const grasp_json_value *code, *codings;
    bool coded = py_member(g->json, post->payload, "code", &code);
    bool listed = py_member(g->json, code, "coding", &codings);
    if (g->reference && ((listed && !py_is_object(g->json, g->json->at(codings, 0))) ||
                         (coded && g->json->kind(code) < GRASP_JSON_STRING)))
        unusable(g);

    return py_is(g->json, py_at(g->json, codings, "0.code"), "90686") ||
           py_mentions(g->json, post->payload, "flu", true);
}

void grade_v2_influenza(struct grader *g)
{
    struct found found;
    struct newest last = {0};
    if (!find_charted(g, 0, false, &found) || !newest_of(g, &found, false, &last) ||
        !posts_usable(g))
        return;
    bool due = !last.any || minus(g, g->now, last.time) > 365 * WHEN_DAY;
    const struct post *post = need_order(g, due);
    if (post)
        need(g, is_influenza(g, post), TAG_VACCINE_NOT_NAMED);
}

/* The requests among completed ones that are about the vaccine. */
static bool newest_vaccination(struct grader *g, struct newest *out)
{
    static const char *const vaccine[] = {"covid-19 vac", NULL};
    struct found doses, requests;
    if (!find_charted(g, 0, false, &doses) || !find_charted(g, 1, false, &requests) ||
        !newest_of(g, &doses, true, out))
        return false;
    uint64_t kept = 0;
    for (uint64_t i = 0; i < requests.count; i++)
        if (medication_mentions(g, requests.items[i], vaccine))
            requests.items[kept++] = requests.items[i];
    requests.count = kept;
    return !g->failed && newest_of(g, &requests, true, out);
}

void grade_v2_covid(struct grader *g)
{
    struct newest last = {0};
    if (!newest_vaccination(g, &last) || !posts_usable(g))
        return;
    bool due = !last.any || when_date(g->now) - when_date(last.time) > 365;
    const struct post *post = need_order(g, due);
    if (post)
        need(g,
             py_mentions(g->json, part(g, post, "code"), "covid", true) ||
                 py_mentions(g->json, part(g, post, "medicationCodeableConcept"), "covid", true),
             TAG_VACCINE_NOT_NAMED);
}
