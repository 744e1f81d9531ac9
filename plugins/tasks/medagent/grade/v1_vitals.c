/* SPDX-License-Identifier: MIT */
/* v1 type 3: a blood pressure to be recorded. */
#include <grasp/helpers.h>

#include "common/cohort/now.h"
#include "common/slice.h"
#include "graders.h"

static bool is_vital_sign(const struct grader *g, const struct post *post)
{
    const grasp_json *json = g->json;
    const grasp_json_value *category = part(g, post, "category");
    const grasp_json_value *codings = json->get(json->at(category, 0), SLICE("coding"));
    const grasp_json_value *coding = json->at(codings, 0);
    return json->kind(category) == GRASP_JSON_ARRAY && json->count(category) == 1 &&
           json->count(codings) == 1 && json->count(coding) == 3 &&
           py_is(json, json->get(coding, SLICE("system")),
                 "http://hl7.org/fhir/observation-category") &&
           py_is(json, json->get(coding, SLICE("code")), "vital-signs") &&
           py_is(json, json->get(coding, SLICE("display")), "Vital Signs");
}

void grade_v1_blood_pressure(struct grader *g)
{
    if (!need_posts(g, 1, TAG_RECORD_NOT_WRITTEN))
        return;
    const struct post *post = &g->posts->items[0];
    need_resource(g, post, "Observation");
    need(g, is_vital_sign(g, post), TAG_WRONG_VITAL_FIELDS);
    need(g,
         g->json->count(part(g, post, "code")) == 1 && part_is(g, post, "code.text", "BP") &&
             part_is(g, post, "status", "final") && part_is(g, post, "valueString", "118/77 mmHg"),
         TAG_WRONG_VITAL_FIELDS);
    need(g, part_is(g, post, "effectiveDateTime", NOW_V1), TAG_WRONG_ORDER_TIME);
}
