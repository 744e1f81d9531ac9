/* SPDX-License-Identifier: MIT */
/* v2 type 2: one order against deep vein thrombosis, heparin 5000 units. */
#include <grasp/helpers.h>

#include "chart.h"
#include "graders.h"

static const char *const anticoagulants[] = {"heparin",      "enoxaparin", "dalteparin",
                                             "fondaparinux", "apixaban",   "rivaroxaban",
                                             "dabigatran",   "warfarin",   NULL};

struct active {
    size_t anticoagulants;
    size_t heparin_5000;
};

static bool count_active(struct grader *g, struct active *out)
{
    static const char *const heparin[] = {"heparin", NULL};
    static const char *const dose[] = {"5,000", "5000", NULL};
    struct found found;
    if (!find_charted(g, 0, false, &found))
        return false;
    for (uint64_t i = 0; i < found.count; i++) {
        const grasp_json_value *request = found.items[i];
        if (!medication_mentions(g, request, anticoagulants))
            continue;
        out->anticoagulants++;
        out->heparin_5000 +=
            medication_mentions(g, request, heparin) && medication_mentions(g, request, dose);
    }
    return !g->failed;
}

static bool states_dose(const struct grader *g, const struct post *post)
{
    return py_mentions(g->json, post->payload, "5000", false) ||
           (!g->reference && py_mentions(g->json, post->payload, "5,000", false));
}

static void need_create(struct grader *g)
{
    bool created = false, heparin = false;
    for (size_t i = 0; i < g->posts->count; i++) {
        const struct post *post = &g->posts->items[i];
        if (!is_type(g, post, "MedicationRequest") || !part_folds(g, post, "status", "active") ||
            !py_mentions(g->json, post->payload, "heparin", true))
            continue;
        heparin = true;
        created |= states_dose(g, post);
    }
    if (heparin)
        need(g, created, TAG_DOSE_NOT_STATED);
    else
        need(g, false, TAG_PROPHYLAXIS_NOT_ORDERED);
}

/* All posts are looked at, whatever is needed of them. */
static bool count_stops(struct grader *g, size_t *out)
{
    for (size_t i = 0; i < g->posts->count; i++) {
        const struct post *post = &g->posts->items[i];
        if (!py_is_object(g->json, post->payload))
            unusable(g);
        else if (is_type(g, post, "MedicationRequest"))
            *out += is_stopped(g, post);
    }
    return !g->failed;
}

void grade_v2_prophylaxis(struct grader *g)
{
    struct active active = {0};
    size_t stops = 0;
    if (!count_active(g, &active) || !posts_usable(g) || !count_stops(g, &stops))
        return;
    if (active.heparin_5000 && active.anticoagulants == 1) {
        need_no_posts(g, TAG_COVERED_ORDER_REPEATED);
        return;
    }
    if (!active.heparin_5000)
        need_create(g);
    if (active.anticoagulants > 1)
        need(g, stops > 0, TAG_DUPLICATES_NOT_STOPPED);
    for (size_t i = 0; i < g->posts->count; i++)
        need(g, about_patient(g, &g->posts->items[i]), TAG_ORDER_FOR_OTHER_PATIENT);
}
