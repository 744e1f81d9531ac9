/* SPDX-License-Identifier: MIT */
/* v1 type 5: magnesium, replaced by the dosing bands. */
#include <grasp/helpers.h>

#include "common/slice.h"
#include "graders.h"
#include "orders.h"

#define NORMAL_ABOVE 1.9

/* Exactly {"value": amount, "unit": unit}. */
static bool is_quantity(const struct grader *g, const struct post *post, const char *path,
                        double amount, const char *unit)
{
    double value;
    const grasp_json_value *quantity = part(g, post, path);
    return py_is_object(g->json, quantity) && g->json->count(quantity) == 2 &&
           py_number(g->json, g->json->get(quantity, SLICE("value")), &value) && value == amount &&
           py_is(g->json, g->json->get(quantity, SLICE("unit")), unit);
}

static bool is_iv(struct grader *g, const struct post *post)
{
    bool broken;
    if (g->reference)
        return part_is(g, post, "dosageInstruction.0.route", "IV");
    return route_is(g, post, "iv", &broken);
}

static void need_replacement(struct grader *g, double level)
{
    static const char first[] = "dosageInstruction.0.doseAndRate.0.";
    double dose = level < 1 ? 4 : level < 1.5 ? 2 : 1;
    if (!need_posts(g, 1, TAG_LOW_VALUE_NOT_TREATED))
        return;
    const struct post *post = &g->posts->items[0];
    struct pool pool CLEANUP_POOL = {0};
    need_resource(g, post, "MedicationRequest");
    need_coding(g, post, "medicationCodeableConcept", NDC, "0338-1715-40");
    need_part_with(g, post, "authoredOn", "2023-11-13T10:15", TAG_WRONG_ORDER_TIME);
    need(g, is_iv(g, post), TAG_WRONG_ROUTE);
    need(g,
         is_quantity(g, post, pool_format(&pool, "%sdoseQuantity", first).ptr, dose, "g") &&
             is_quantity(g, post, pool_format(&pool, "%srateQuantity", first).ptr, dose, "h"),
         TAG_WRONG_DOSE);
    need_active_order(g, post, false);
}

void grade_v1_magnesium_order(struct grader *g)
{
    struct series series;
    struct when since = before_now(g, WHEN_DAY);
    double level;
    if (!read_series(g, 0, &series))
        return;
    const struct reading *latest = series_latest(g, &series, &since);
    if (!latest) {
        need_no_attempt(g, TAG_ORDERED_WITHOUT_RESULT);
        return;
    }
    if (!py_number(g->json, latest->value, &level)) {
        unusable(g);
        return;
    }
    if (level > NORMAL_ABOVE)
        need_no_attempt(g, TAG_NORMAL_VALUE_TREATED);
    else
        need_replacement(g, level);
    need_value(g, &series, latest, &since, true);
}
