/* SPDX-License-Identifier: MIT */
/* v2 type 7: a prolonged QTc, the drugs that prolong it, and a new ECG. */
#include <grasp/helpers.h>

#include "chart.h"
#include "common/slice.h"
#include "graders.h"

#define PROLONGED_ABOVE 500

static const char *const qt_drugs[] = {
    "ondansetron", "prochlorperazine", "haloperidol", "quetiapine",     "olanzapine",
    "risperidone", "ziprasidone",      "clozapine",   "chlorpromazine", NULL};

static bool is_newer(struct grader *g, const grasp_json_value *a, const grasp_json_value *b)
{
    struct when x, y;
    if (g->reference) /* by the text of the last change, not by the time of the ECG */
        return slice_cmp(g->json->as_string(py_at(g->json, a, "meta.lastUpdated")),
                         g->json->as_string(py_at(g->json, b, "meta.lastUpdated"))) > 0;
    return read_time(g, g->json->get(a, SLICE("effectiveDateTime")), &x) &&
           read_time(g, g->json->get(b, SLICE("effectiveDateTime")), &y) && minus(g, x, y) > 0;
}

static bool latest_qtc(struct grader *g, const struct found *found, double *out)
{
    const grasp_json_value *latest = found->items[0];
    for (uint64_t i = 1; i < found->count; i++)
        if (is_newer(g, found->items[i], latest))
            latest = found->items[i];
    if (!py_number(g->json, py_at(g->json, latest, "valueQuantity.value"), out))
        unusable(g);
    return !g->failed;
}

static bool stops_drug(struct grader *g, const struct post *post)
{
    if (!is_type(g, post, "MedicationRequest") || !is_stopped(g, post))
        return false;
    for (const char *const *drug = qt_drugs; *drug; drug++)
        if (py_mentions(g->json, post->payload, *drug, true))
            return true;
    return false;
}

static bool orders_ecg(struct grader *g, const struct post *post)
{
    return is_type(g, post, "ServiceRequest") && part_folds(g, post, "status", "active") &&
           (py_mentions(g->json, post->payload, "445118002", false) ||
            py_mentions(g->json, post->payload, "ecg", true));
}

static void need_reaction(struct grader *g)
{
    bool ecg = false, stop = false;
    for (size_t i = 0; i < g->posts->count; i++) {
        const struct post *post = &g->posts->items[i];
        need(g, is_one_of_types(g, post, order_types), TAG_WRONG_RESOURCE_TYPE);
        need(g, about_patient(g, post), TAG_ORDER_FOR_OTHER_PATIENT);
        ecg |= orders_ecg(g, post);
        stop |= stops_drug(g, post);
    }
    need(g, ecg, TAG_ECG_NOT_ORDERED);
    need(g, stop, TAG_QT_DRUG_NOT_STOPPED);
}

void grade_v2_qtc(struct grader *g)
{
    struct found found;
    double qtc;
    if (!find_charted(g, 0, false, &found))
        return;
    if (!found.count)
        need_no_attempt(g, TAG_ORDERED_WITHOUT_RESULT);
    else if (!latest_qtc(g, &found, &qtc) || !posts_usable(g))
        return;
    else if (qtc <= PROLONGED_ABOVE)
        need_no_posts(g, TAG_NORMAL_VALUE_TREATED);
    else
        need_reaction(g);
}
