/* SPDX-License-Identifier: MIT */
/* How each type is played. */
#pragma once

#include "play.h"

extern const struct player play_v1_identity, play_v1_age, play_v1_blood_pressure,
    play_v1_magnesium_level, play_v1_magnesium_order, play_v1_glucose_average,
    play_v1_glucose_level, play_v1_referral, play_v1_potassium_order, play_v1_a1c_order;
extern const struct player play_v2_ct, play_v2_prophylaxis, play_v2_heart_rate, play_v2_catheter,
    play_v2_kidney, play_v2_thyroid, play_v2_qtc, play_v2_naloxone, play_v2_influenza,
    play_v2_covid;

#define PLAYER(search_fn, act_fn, flaw_list)                                                       \
    {                                                                                              \
        .search = (search_fn), .act = (act_fn), .flaws = (flaw_list),                              \
        .flaw_count = sizeof(flaw_list) / sizeof(*(flaw_list))                                     \
    }
