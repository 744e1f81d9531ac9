/* SPDX-License-Identifier: MIT */
#include "graders.h"

static const grader_fn graders[2][TYPE_COUNT] = {
    {
        grade_v1_identity,
        grade_v1_age,
        grade_v1_blood_pressure,
        grade_v1_magnesium_level,
        grade_v1_magnesium_order,
        grade_v1_glucose_average,
        grade_v1_glucose_level,
        grade_v1_referral,
        grade_v1_potassium_order,
        grade_v1_a1c_order,
    },
    {
        grade_v2_ct,
        grade_v2_prophylaxis,
        grade_v2_heart_rate,
        grade_v2_catheter,
        grade_v2_kidney,
        grade_v2_thyroid,
        grade_v2_qtc,
        grade_v2_naloxone,
        grade_v2_influenza,
        grade_v2_covid,
    },
};

grader_fn grader_of(const struct sample *sample)
{
    return graders[sample->version - 1][sample->type - 1];
}
