/* SPDX-License-Identifier: MIT */
#include "splits.h"

#include <string.h>

#include "common/twister.h"

#define PER_TYPE 30
#define DEV_PER_TYPE 12
#define VAL_PER_TYPE 10
#define SEED 42

bool split_is_other(enum version version, int type)
{
    return type == 7 || type == (version == MEDAGENT_V1 ? 6 : 5);
}

void split_draw(enum version version, struct split_places *out)
{
    /* The order of the types' names as texts. */
    static const int order[TYPE_COUNT] = {1, 10, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint32_t rest = PER_TYPE - DEV_PER_TYPE - VAL_PER_TYPE;
    struct twister twister;
    uint32_t turn_number = 0, other = 0, places[PER_TYPE];
    twister_seed(&twister, SEED);
    for (int i = 0; i < TYPE_COUNT; i++) {
        for (uint32_t n = 0; n < PER_TYPE; n++)
            places[n] = (uint32_t)(order[i] - 1) * PER_TYPE + n;
        if (split_is_other(version, order[i])) {
            memcpy(out->test + other, places, sizeof(places));
            other += PER_TYPE;
            continue;
        }
        twister_shuffle(&twister, places, PER_TYPE);
        memcpy(out->dev + turn_number * DEV_PER_TYPE, places, DEV_PER_TYPE * sizeof(*places));
        memcpy(out->val + turn_number * VAL_PER_TYPE, places + DEV_PER_TYPE,
               VAL_PER_TYPE * sizeof(*places));
        memcpy(out->id_test + turn_number * rest, places + DEV_PER_TYPE + VAL_PER_TYPE,
               rest * sizeof(*places));
        turn_number++;
    }
}
