/* SPDX-License-Identifier: MIT */
/* v2 type 6: the protocol for TSH and free T4. */
#include <grasp/helpers.h>

#include "order.h"
#include "players.h"

static void search_thyroid(struct play *play)
{
    search(play, "Observation?patient=%.*s&code=TSH&_count=200", (int)play->mrn.len, play->mrn.ptr);
    search(play, "Observation?patient=%.*s&code=FT4&_count=200", (int)play->mrn.len, play->mrn.ptr);
}

static bool is_high_twice(const struct levels *tsh)
{
    const struct level *last = NULL;
    for (size_t i = 0; i < tsh->count; i++) {
        if (tsh->items[i].value <= 10)
            continue;
        if (!last)
            last = &tsh->items[i];
        if (last->time.micros - tsh->items[i].time.micros >= 30 * WHEN_DAY)
            return true;
    }
    return false;
}

static bool is_between(const struct levels *levels, double low, double high)
{
    return levels->count && levels->items[0].value >= low && levels->items[0].value <= high;
}

static void repeat(struct play *play, const char *code, const char *text, int days)
{
    struct order order;
    char when[WHEN_SIZE];
    when_write(play->now.micros + days * WHEN_DAY, when);
    order_service(&order, play, "http://example.org/fhir/observation-code", code, text);
    order_set(&order, "occurrenceDateTime", pool_format(play->pool, "\"%s\"", when).ptr);
    order_close(&order);
}

static void act_thyroid(struct play *play)
{
    struct levels tsh = levels_found(play, 0), ft4 = levels_found(play, 1);
    bool high = is_high_twice(&tsh);
    bool subclinical = is_between(&tsh, 4.5, 10) && is_between(&ft4, 0.8, 1.8);
    if (!high && !subclinical && !(tsh.count && slip(play, TAG_NORMAL_VALUE_TREATED)))
        return;
    if (high ? !slip(play, TAG_LEVOTHYROXINE_NOT_ORDERED)
             : subclinical && slip(play, TAG_LEVOTHYROXINE_NOT_INDICATED))
        order_medication(play, "levothyroxine 25 mcg PO daily", "active");
    repeat(play, "TSH", "TSH, repeat", high ? 42 : 90);
    if (!slip(play, TAG_LABS_NOT_REPEATED))
        repeat(play, "FT4", "FT4, repeat", high ? 42 : 90);
}

static const enum tag thyroid_flaws[] = {
    TAG_LABS_NOT_REPEATED,
    TAG_LEVOTHYROXINE_NOT_ORDERED,
    TAG_LEVOTHYROXINE_NOT_INDICATED,
    TAG_NORMAL_VALUE_TREATED,
};
const struct player play_v2_thyroid = PLAYER(search_thyroid, act_thyroid, thyroid_flaws);
