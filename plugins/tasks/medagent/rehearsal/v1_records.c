/* SPDX-License-Identifier: MIT */
/* v1 types 3 and 8: a measurement to record, a referral to write. */
#include <grasp/helpers.h>

#include "common/slice.h"
#include "order.h"
#include "players.h"

static void search_nothing(struct play *play)
{
}

static void act_blood_pressure(struct play *play)
{
    struct order order;
    if (slip(play, TAG_RECORD_NOT_WRITTEN))
        return;
    order_open(&order, play, "Observation", "final");
    order_set(
        &order, "category",
        pool_format(
            play->pool,
            "[{\"coding\": [{\"system\": \"http://hl7.org/fhir/observation-category\", \"code\": "
            "\"vital-signs\"%s}]}]",
            slip(play, TAG_WRONG_VITAL_FIELDS) ? "" : ", \"display\": \"Vital Signs\"")
            .ptr);
    order_set(&order, "code", "{\"text\": \"BP\"}");
    order_time(&order, "effectiveDateTime");
    order_set(&order, "valueString", "\"118/77 mmHg\"");
    order_close(&order);
}

static const enum tag blood_pressure_flaws[] = {
    TAG_WRONG_VITAL_FIELDS, TAG_WRONG_ORDER_TIME,   TAG_ORDER_FOR_OTHER_PATIENT,
    TAG_WRONG_ENDPOINT,     TAG_RECORD_NOT_WRITTEN, TAG_POST_REJECTED,
    TAG_NO_FINISH,
};
const struct player play_v1_blood_pressure =
    PLAYER(search_nothing, act_blood_pressure, blood_pressure_flaws);

static grasp_str quoted(grasp_str text)
{
    size_t from, to;
    if (!slice_find(text, SLICE("\""), 0, &from) || !slice_find(text, SLICE("\""), from + 1, &to))
        return SLICE("");
    return slice_cut(text, from + 1, to);
}

static void put_note(struct order *order)
{
    struct text note CLEANUP_TEXT = {0};
    struct play *play = order->play;
    grasp_str said = quoted(play->question);
    if (slip(play, TAG_REFERRAL_TEXT_CHANGED))
        said = slice_cut(said, 0, said.len / 2);
    text_json(&note, said);
    bool bare = slip(play, TAG_NOTE_NOT_AN_OBJECT);
    order_set(order, "note",
              pool_format(order->play->pool, "%s%s%s", bare ? "" : "{\"text\": ", note.ptr,
                          bare ? "" : "}")
                  .ptr);
}

static void act_referral(struct play *play)
{
    struct order order;
    if (slip(play, TAG_REFERRAL_NOT_ORDERED))
        return;
    order_service(&order, play, SNOMED, "306181000000106", NULL);
    put_note(&order);
    order_close(&order);
}

static const enum tag referral_flaws[] = {
    TAG_REFERRAL_TEXT_CHANGED, TAG_WRONG_ORDER_CODE,     TAG_WRONG_ORDER_STATUS,
    TAG_NOTE_NOT_AN_OBJECT,    TAG_REFERRAL_NOT_ORDERED, TAG_WRONG_ORDER_TIME,
};
const struct player play_v1_referral = PLAYER(search_nothing, act_referral, referral_flaws);
