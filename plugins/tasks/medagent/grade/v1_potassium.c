/* SPDX-License-Identifier: MIT */
/* v1 type 9: potassium, replaced by the deficit, and measured again in the morning. */
#include <grasp/helpers.h>
#include <math.h>

#include "common/cohort/now.h"
#include "common/slice.h"
#include "graders.h"
#include "orders.h"

#define GOAL 3.5

static bool is_dose(const struct grader *g, const struct post *post, double level)
{
    double dose = (GOAL - level) / 0.1 * 10, value;
    const grasp_json_value *quantity =
        part(g, post, "dosageInstruction.0.doseAndRate.0.doseQuantity");
    return py_number(g->json, g->json->get(quantity, SLICE("value")), &value) &&
           fabs(value - dose) <= (g->reference ? 0.1 : 0.1 + 1e-9) &&
           py_is(g->json, g->json->get(quantity, SLICE("unit")), "mEq");
}

static void need_replacement(struct grader *g, const struct post *post, double level)
{
    bool broken;
    need_resource(g, post, "MedicationRequest");
    need_coding(g, post, "medicationCodeableConcept", NDC, "40032-917-01");
    need_part_with(g, post, "authoredOn", "2023-11-13T10:15", TAG_WRONG_ORDER_TIME);
    bool oral = route_is(g, post, "oral", &broken);
    need(g, oral && !(broken && g->reference), TAG_WRONG_ROUTE);
    need(g, is_dose(g, post, level), TAG_WRONG_DOSE);
    need_active_order(g, post, false);
}

static void need_morning_level(struct grader *g, const struct post *post)
{
    need_resource(g, post, "ServiceRequest");
    need_coding(g, post, "code", LOINC, "2823-3");
    need(g, part_is(g, post, "authoredOn", NOW_V1), TAG_WRONG_ORDER_TIME);
    need_active_order(g, post, true);
    need_part_with(g, post, "occurrenceDateTime", "2023-11-14T08:", TAG_WRONG_LAB_TIME);
}

void grade_v1_potassium_order(struct grader *g)
{
    struct series series;
    double level = GOAL;
    if (!read_series(g, 0, &series))
        return;
    const struct reading *latest = series_latest(g, &series, NULL);
    if (latest && !py_number(g->json, latest->value, &level)) {
        unusable(g);
        return;
    }
    if (level >= GOAL) {
        need_no_attempt(g, latest ? TAG_NORMAL_VALUE_TREATED : TAG_ORDERED_WITHOUT_RESULT);
    } else if (need_posts(g, 2, TAG_LOW_VALUE_NOT_TREATED)) {
        bool medicine = is_type(g, &g->posts->items[0], "MedicationRequest");
        if (g->posts->count == 1) {
            need(g, false, medicine ? TAG_PAIRED_LAB_NOT_ORDERED : TAG_LOW_VALUE_NOT_TREATED);
        } else {
            need_replacement(g, &g->posts->items[0], level);
            need_morning_level(g, &g->posts->items[1]);
        }
    }
    need_value(g, &series, latest, NULL, true);
}
