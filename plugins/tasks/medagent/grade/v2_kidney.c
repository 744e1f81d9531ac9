/* SPDX-License-Identifier: MIT */
/* v2 type 5: a tumour of the left kidney, its CT and its referral. */
#include "chart.h"
#include "graders.h"

static enum tag explain(struct grader *g, bool imaging, bool referral)
{
    if (!g->posts->count)
        return TAG_OVERDUE_NOT_ORDERED;
    for (size_t i = 0; i < g->posts->count; i++) {
        const struct post *post = &g->posts->items[i];
        if (!is_one_of_types(g, post, order_types))
            return TAG_WRONG_RESOURCE_TYPE;
        if (!about_patient(g, post))
            return TAG_ORDER_FOR_OTHER_PATIENT;
        if (!is_active_order(g, post, order_types, false))
            return TAG_WRONG_ORDER_STATUS;
    }
    if (g->posts->count > 1)
        return TAG_WRONG_ORDER_CODE;
    return imaging || !referral ? TAG_REFERRAL_NOT_ORDERED : TAG_IMAGING_NOT_ORDERED;
}

static void need_orders(struct grader *g)
{
    bool imaging = false, referral = false;
    for (size_t i = 0; i < g->posts->count; i++) {
        const struct post *post = &g->posts->items[i];
        if (!is_active_order(g, post, order_types, false))
            continue;
        imaging |= py_mentions(g->json, part(g, post, "code"), "74177", false);
        referral |= py_mentions(g->json, part(g, post, "code"), "CON417", false);
    }
    if (!imaging || !referral)
        need(g, false, explain(g, imaging, referral));
}

void grade_v2_kidney(struct grader *g)
{
    struct found diagnoses, studies;
    struct newest last = {0};
    if (!find_charted(g, 0, false, &diagnoses))
        return;
    if (!diagnoses.count) {
        need_no_attempt(g, TAG_DIAGNOSIS_NOT_CONFIRMED);
        return;
    }
    if (!find_charted(g, 1, false, &studies) || !newest_of(g, &studies, false, &last) ||
        !posts_usable(g))
        return;
    if (last.any && minus(g, g->now, last.time) <= 90 * WHEN_DAY)
        need_no_posts(g, TAG_RECENT_EVENT_IGNORED);
    else
        need_orders(g);
}
