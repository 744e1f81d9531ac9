/* SPDX-License-Identifier: MIT */
/* v2 type 4: a urinary catheter that has been in too long. */
#include <grasp/helpers.h>

#include "order.h"
#include "players.h"

static void search_catheter(struct play *play)
{
    search(play, "Procedure?patient=%.*s&code=NUR1373&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
    search(play, "ServiceRequest?patient=%.*s&code=NUR1373&status=active&_count=200",
           (int)play->mrn.len, play->mrn.ptr);
}

static bool wants_removal(struct play *play)
{
    struct when placed;
    if (!newest_procedure(play, 0, &placed))
        return slip(play, TAG_ORDERED_WITHOUT_RESULT);
    if (found_count(play, 1))
        return slip(play, TAG_COVERED_ORDER_REPEATED);
    if (play->now.micros - placed.micros <= 48 * WHEN_HOUR)
        return slip(play, TAG_RECENT_EVENT_IGNORED);
    return !slip(play, TAG_OVERDUE_NOT_ORDERED);
}

static void act_catheter(struct play *play)
{
    struct order order;
    if (!wants_removal(play))
        return;
    order_service(&order, play, CPT, "NUR1373", "Remove urinary catheter");
    order_close(&order);
}

static const enum tag catheter_flaws[] = {
    TAG_COVERED_ORDER_REPEATED, TAG_RECENT_EVENT_IGNORED,   TAG_OVERDUE_NOT_ORDERED,
    TAG_WRONG_ORDER_CODE,       TAG_ORDERED_WITHOUT_RESULT, TAG_WRONG_ORDER_STATUS,
};
const struct player play_v2_catheter = PLAYER(search_catheter, act_catheter, catheter_flaws);
