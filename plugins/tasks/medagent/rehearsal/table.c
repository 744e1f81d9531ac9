/* SPDX-License-Identifier: MIT */
#include "players.h"

static const struct player *const players[2][TYPE_COUNT] = {
    {
        &play_v1_identity,
        &play_v1_age,
        &play_v1_blood_pressure,
        &play_v1_magnesium_level,
        &play_v1_magnesium_order,
        &play_v1_glucose_average,
        &play_v1_glucose_level,
        &play_v1_referral,
        &play_v1_potassium_order,
        &play_v1_a1c_order,
    },
    {
        &play_v2_ct,
        &play_v2_prophylaxis,
        &play_v2_heart_rate,
        &play_v2_catheter,
        &play_v2_kidney,
        &play_v2_thyroid,
        &play_v2_qtc,
        &play_v2_naloxone,
        &play_v2_influenza,
        &play_v2_covid,
    },
};

const struct player *player_of(enum version version, int type)
{
    return players[version - 1][type - 1];
}
