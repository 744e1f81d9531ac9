/* SPDX-License-Identifier: MIT */
/* v1 type 8: a referral with a given free text. */
#include <grasp/helpers.h>

#include "common/cohort/now.h"
#include "common/slice.h"
#include "graders.h"
#include "orders.h"

/* What the instruction has between its first pair of double quotes. */
static grasp_str quoted(grasp_str instruction)
{
    size_t from, to;
    if (!slice_find(instruction, SLICE("\""), 0, &from) ||
        !slice_find(instruction, SLICE("\""), from + 1, &to))
        return SLICE("");
    return slice_cut(instruction, from + 1, to);
}

void grade_v1_referral(struct grader *g)
{
    size_t at;
    if (!need_posts(g, 1, TAG_REFERRAL_NOT_ORDERED))
        return;
    const struct post *post = &g->posts->items[0];
    need_resource(g, post, "ServiceRequest");
    need_coding(g, post, "code", SNOMED, "306181000000106");
    need(g, part_is(g, post, "authoredOn", NOW_V1), TAG_WRONG_ORDER_TIME);
    need_active_order(g, post, true);
    const grasp_json_value *note = part(g, post, "note");
    if (!g->reference && g->json->kind(note) == GRASP_JSON_ARRAY)
        note = g->json->at(note, 0);
    if (need(g, py_is_object(g->json, note), TAG_NOTE_NOT_AN_OBJECT))
        need(g,
             slice_find(g->json->as_string(g->json->get(note, SLICE("text"))),
                        quoted(g->sample->instruction), 0, &at),
             TAG_REFERRAL_TEXT_CHANGED);
}
