/* SPDX-License-Identifier: MIT */
/* v2 type 8: naloxone for whoever has an opioid. */
#include "chart.h"
#include "graders.h"

static const char *const opioids[] = {"hydromorphone", "oxycodone", "fentanyl",
                                      "hydrocodone",   "morphine",  NULL};
static const char *const antidotes[] = {"naloxone", "narcan", NULL};

void grade_v2_naloxone(struct grader *g)
{
    struct found found;
    bool opioid = false, covered = false;
    if (!find_charted(g, 0, false, &found))
        return;
    for (uint64_t i = 0; i < found.count; i++) {
        opioid |= medication_mentions(g, found.items[i], opioids);
        covered |= medication_mentions(g, found.items[i], antidotes);
    }
    if (!opioid || covered) {
        need_no_posts(g, opioid ? TAG_COVERED_ORDER_REPEATED : TAG_ORDERED_WITHOUT_RESULT);
        return;
    }
    if (!need_posts(g, 1, TAG_NALOXONE_NOT_ORDERED))
        return;
    const struct post *post = &g->posts->items[0];
    if (is_active_order(g, post, order_types, true))
        need(g,
             py_mentions(g->json, post->payload, "naloxone", true) ||
                 py_mentions(g->json, post->payload, "narcan", true),
             TAG_NALOXONE_NOT_ORDERED);
}
