/* SPDX-License-Identifier: MIT */
/* v2 types 1 and 5: CT of the abdomen, and what hangs on it. */
#include <grasp/helpers.h>

#include "common/slice.h"
#include "order.h"
#include "players.h"

static void search_ct(struct play *play)
{
    search(play, "Procedure?patient=%.*s&code=IMGCT0491,IMGIL0001&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
}

static bool is_older(const struct play *play, bool any, struct when last, int64_t days)
{
    return !any || play->now.micros - last.micros > days * WHEN_DAY;
}

static void act_ct(struct play *play)
{
    struct order order;
    struct when last = {0};
    bool any = newest_procedure(play, 0, &last);
    if (is_older(play, any, last, 365) ? slip(play, TAG_OVERDUE_NOT_ORDERED)
                                       : !slip(play, TAG_RECENT_EVENT_IGNORED))
        return;
    order_service(&order, play, CPT, "74177", "CT abdomen with IV contrast");
    if (!slip(play, TAG_INDICATION_MISSING))
        order_set(&order, "reasonCode", "[{\"text\": \"Renal mass follow-up\"}]");
    order_close(&order);
}

static const enum tag ct_flaws[] = {
    TAG_RECENT_EVENT_IGNORED,
    TAG_INDICATION_MISSING,
    TAG_OVERDUE_NOT_ORDERED,
    TAG_WRONG_ORDER_CODE,
};
const struct player play_v2_ct = PLAYER(search_ct, act_ct, ct_flaws);

static void search_kidney(struct play *play)
{
    search(play, "Condition?patient=%.*s&category=problem-list-item&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
    search(play, "Procedure?patient=%.*s&code=IMGCT0491,IMGIL0001,74177&_count=200",
           (int)play->mrn.len, play->mrn.ptr);
}

static bool has_diagnosis(const struct play *play)
{
    for (uint64_t i = 0; i < found_count(play, 0); i++)
        if (py_mentions(play->json, play->json->get(found_at(play, 0, i), SLICE("code")), "C64.2",
                        false))
            return true;
    return false;
}

static void act_kidney(struct play *play)
{
    struct order order;
    struct when last = {0};
    bool any = newest_procedure(play, 1, &last);
    if (!has_diagnosis(play)) {
        if (!slip(play, TAG_DIAGNOSIS_NOT_CONFIRMED))
            return;
    } else if (is_older(play, any, last, 90) ? slip(play, TAG_OVERDUE_NOT_ORDERED)
                                             : !slip(play, TAG_RECENT_EVENT_IGNORED)) {
        return;
    }
    if (!slip(play, TAG_IMAGING_NOT_ORDERED)) {
        order_service(&order, play, CPT, "74177", "CT abdomen and pelvis with IV contrast");
        order_close(&order);
    }
    if (!slip(play, TAG_REFERRAL_NOT_ORDERED)) {
        order_service(&order, play, CPT, "CON417", "Referral to interventional radiology");
        order_set(&order, "note", "[{\"text\": \"Please evaluate the renal mass.\"}]");
        order_close(&order);
    }
}

static const enum tag kidney_flaws[] = {
    TAG_DIAGNOSIS_NOT_CONFIRMED, TAG_REFERRAL_NOT_ORDERED, TAG_RECENT_EVENT_IGNORED,
    TAG_OVERDUE_NOT_ORDERED,     TAG_IMAGING_NOT_ORDERED,
};
const struct player play_v2_kidney = PLAYER(search_kidney, act_kidney, kidney_flaws);
