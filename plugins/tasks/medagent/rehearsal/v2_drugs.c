/* SPDX-License-Identifier: MIT */
/* v2 types 2 and 8: what the active drugs call for. */
#include <grasp/helpers.h>

#include "common/slice.h"
#include "order.h"
#include "players.h"

#define HEPARIN "heparin 5000 units SC q8h prophylaxis"

static void search_active(struct play *play)
{
    search(play, "MedicationRequest?patient=%.*s&status=active&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
}

static bool is_anticoagulant(const struct play *play, const grasp_json_value *request)
{
    static const char *const words[] = {"heparin",      "enoxaparin", "dalteparin",
                                        "fondaparinux", "apixaban",   "rivaroxaban",
                                        "dabigatran",   "warfarin",   NULL};
    return medication_has(play, request, words);
}

static bool is_prophylaxis(const struct play *play, const grasp_json_value *request)
{
    static const char *const heparin[] = {"heparin", NULL}, *const dose[] = {"5000", "5,000", NULL};
    return medication_has(play, request, heparin) && medication_has(play, request, dose);
}

/* The newest order that is as it should be; found_count if there is none. */
static uint64_t find_kept(const struct play *play)
{
    uint64_t kept = found_count(play, 0);
    struct when time, newest = {0};
    for (uint64_t i = 0; i < found_count(play, 0); i++) {
        const grasp_json_value *request = found_at(play, 0, i);
        if (is_prophylaxis(play, request) && found_time(play, request, "authoredOn", &time) &&
            (kept == found_count(play, 0) || time.micros > newest.micros)) {
            kept = i;
            newest = time;
        }
    }
    return kept;
}

static void stop_others(struct play *play, uint64_t kept)
{
    for (uint64_t i = 0; i < found_count(play, 0); i++) {
        const grasp_json_value *request = found_at(play, 0, i);
        if (i == kept || !is_anticoagulant(play, request))
            continue;
        grasp_str text = medication_text(play, request);
        order_medication(play, pool_dup(play->pool, text).ptr, "stopped");
    }
}

static void act_prophylaxis(struct play *play)
{
    uint64_t count = found_count(play, 0), kept = find_kept(play), active = 0;
    for (uint64_t i = 0; i < count; i++)
        active += is_anticoagulant(play, found_at(play, 0, i));
    bool missing = kept == count;
    if (missing ? !slip(play, TAG_PROPHYLAXIS_NOT_ORDERED)
                : active == 1 && slip(play, TAG_COVERED_ORDER_REPEATED))
        order_medication(play,
                         slip(play, TAG_DOSE_NOT_STATED) ? "heparin SC q8h prophylaxis" : HEPARIN,
                         "active");
    if (active > 1 && slip(play, TAG_DUPLICATES_NOT_STOPPED))
        return;
    stop_others(play, kept);
}

static const enum tag prophylaxis_flaws[] = {
    TAG_DUPLICATES_NOT_STOPPED, TAG_PROPHYLAXIS_NOT_ORDERED, TAG_COVERED_ORDER_REPEATED,
    TAG_DOSE_NOT_STATED,        TAG_ORDER_FOR_OTHER_PATIENT,
};
const struct player play_v2_prophylaxis = PLAYER(search_active, act_prophylaxis, prophylaxis_flaws);

static void act_naloxone(struct play *play)
{
    static const char *const opioids[] = {"hydromorphone", "oxycodone", "fentanyl",
                                          "hydrocodone",   "morphine",  NULL};
    static const char *const antidotes[] = {"naloxone", "narcan", NULL};
    bool opioid = false, covered = false;
    for (uint64_t i = 0; i < found_count(play, 0); i++) {
        opioid |= medication_has(play, found_at(play, 0, i), opioids);
        covered |= medication_has(play, found_at(play, 0, i), antidotes);
    }
    bool order = opioid && !covered ? !slip(play, TAG_NALOXONE_NOT_ORDERED)
                 : opioid           ? slip(play, TAG_COVERED_ORDER_REPEATED)
                                    : slip(play, TAG_ORDERED_WITHOUT_RESULT);
    if (!order)
        return;
    order_medication(play, "naloxone nasal spray 4 mg", "active");
    if (opioid && !covered && slip(play, TAG_ORDER_REPEATED))
        order_medication(play, "naloxone nasal spray 4 mg", "active");
}

static const enum tag naloxone_flaws[] = {
    TAG_COVERED_ORDER_REPEATED, TAG_NALOXONE_NOT_ORDERED, TAG_ORDERED_WITHOUT_RESULT,
    TAG_ORDER_REPEATED,         TAG_WRONG_ORDER_STATUS,
};
const struct player play_v2_naloxone = PLAYER(search_active, act_naloxone, naloxone_flaws);
