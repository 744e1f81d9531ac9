/* SPDX-License-Identifier: MIT */
/* One grader per type. */
#pragma once

#include "orders.h"
#include "readings.h"

void grade_v1_identity(struct grader *g);
void grade_v1_age(struct grader *g);
void grade_v1_blood_pressure(struct grader *g);
void grade_v1_magnesium_level(struct grader *g);
void grade_v1_magnesium_order(struct grader *g);
void grade_v1_glucose_average(struct grader *g);
void grade_v1_glucose_level(struct grader *g);
void grade_v1_referral(struct grader *g);
void grade_v1_potassium_order(struct grader *g);
void grade_v1_a1c_order(struct grader *g);

void grade_v2_ct(struct grader *g);
void grade_v2_prophylaxis(struct grader *g);
void grade_v2_heart_rate(struct grader *g);
void grade_v2_catheter(struct grader *g);
void grade_v2_kidney(struct grader *g);
void grade_v2_thyroid(struct grader *g);
void grade_v2_qtc(struct grader *g);
void grade_v2_naloxone(struct grader *g);
void grade_v2_influenza(struct grader *g);
void grade_v2_covid(struct grader *g);
