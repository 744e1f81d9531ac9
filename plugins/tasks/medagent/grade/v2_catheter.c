/* SPDX-License-Identifier: MIT */
/* v2 type 4: a urinary catheter that has been in too long. */
#include "chart.h"
#include "graders.h"

/* An order for the patient under the procedure's code. */
static bool is_removal(struct grader *g, const struct post *post)
{
    static const char *const types[] = {"ServiceRequest", NULL};
    return is_active_order(g, post, types, false) &&
           py_mentions(g->json, part(g, post, "code"), "nur1373", true);
}

/* Why none of the posts will do. */
static enum tag explain(struct grader *g)
{
    static const char *const types[] = {"ServiceRequest", NULL};
    if (!g->posts->count)
        return TAG_OVERDUE_NOT_ORDERED;
    const struct post *post = &g->posts->items[0];
    if (!is_type(g, post, "ServiceRequest"))
        return TAG_WRONG_RESOURCE_TYPE;
    if (!about_patient(g, post))
        return TAG_ORDER_FOR_OTHER_PATIENT;
    return is_active_order(g, post, types, false) ? TAG_WRONG_ORDER_CODE : TAG_WRONG_ORDER_STATUS;
}

void grade_v2_catheter(struct grader *g)
{
    struct found inserted, removals;
    struct newest last = {0};
    if (!find_charted(g, 0, false, &inserted) || !newest_of(g, &inserted, false, &last) ||
        !find_charted(g, 1, false, &removals) || !posts_usable(g))
        return;
    bool old = last.any && minus(g, g->now, last.time) > 48 * WHEN_HOUR;
    if (!old || removals.count) {
        need_no_posts(g, removals.count ? TAG_COVERED_ORDER_REPEATED
                         : last.any     ? TAG_RECENT_EVENT_IGNORED
                                        : TAG_ORDERED_WITHOUT_RESULT);
        return;
    }
    for (size_t i = 0; i < g->posts->count && !g->failed; i++)
        if (is_removal(g, &g->posts->items[i]))
            return;
    need(g, false, explain(g));
}
