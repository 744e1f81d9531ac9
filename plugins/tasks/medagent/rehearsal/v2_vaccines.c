/* SPDX-License-Identifier: MIT */
/* v2 types 9 and 10: vaccines that are due after a year. */
#include <grasp/helpers.h>

#include "order.h"
#include "players.h"

static void search_influenza(struct play *play)
{
    search(play, "Procedure?patient=%.*s&code=90686&_count=200", (int)play->mrn.len, play->mrn.ptr);
}

static bool is_due(struct play *play, bool due)
{
    return due ? !slip(play, TAG_OVERDUE_NOT_ORDERED) : slip(play, TAG_RECENT_EVENT_IGNORED);
}

static void put_vaccine(struct play *play, const char *code, const char *text)
{
    struct order order;
    order_service(&order, play, CPT, code, text);
    order_close(&order);
}

static void act_influenza(struct play *play)
{
    struct when last = {0};
    bool any = newest_procedure(play, 0, &last);
    bool due = !any || play->now.micros - last.micros > 365 * WHEN_DAY;
    if (!is_due(play, due))
        return;
    bool unnamed = slip(play, TAG_VACCINE_NOT_NAMED);
    int orders = due && slip(play, TAG_ORDER_REPEATED) ? 2 : 1;
    while (orders--)
        put_vaccine(play, unnamed ? "VACCINE" : "90686",
                    unnamed ? "Seasonal vaccine" : "Influenza vaccine, quadrivalent");
}

static const enum tag influenza_flaws[] = {
    TAG_RECENT_EVENT_IGNORED,
    TAG_OVERDUE_NOT_ORDERED,
    TAG_ORDER_REPEATED,
    TAG_VACCINE_NOT_NAMED,
};
const struct player play_v2_influenza = PLAYER(search_influenza, act_influenza, influenza_flaws);

static void search_covid(struct play *play)
{
    search(play, "Procedure?patient=%.*s&code=COVIDVACCINE&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
    search(play, "MedicationRequest?patient=%.*s&status=completed&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
}

static bool newest_dose(struct play *play, struct when *out)
{
    static const char *const words[] = {"COVID-19 VAC", NULL};
    struct when time;
    bool any = newest_procedure(play, 0, out);
    for (uint64_t i = 0; i < found_count(play, 1); i++) {
        const grasp_json_value *request = found_at(play, 1, i);
        if (medication_has(play, request, words) &&
            found_time(play, request, "authoredOn", &time) && (!any || time.micros > out->micros)) {
            *out = time;
            any = true;
        }
    }
    return any;
}

static void act_covid(struct play *play)
{
    struct when last = {0};
    bool any = newest_dose(play, &last);
    if (!is_due(play, !any || when_date(play->now) - when_date(last) > 365))
        return;
    bool unnamed = slip(play, TAG_VACCINE_NOT_NAMED);
    put_vaccine(play, "91320", unnamed ? "Booster" : "COVID-19 vaccine booster, single dose");
}

static const enum tag covid_flaws[] = {
    TAG_RECENT_EVENT_IGNORED,
    TAG_VACCINE_NOT_NAMED,
    TAG_OVERDUE_NOT_ORDERED,
    TAG_NO_FINISH,
};
const struct player play_v2_covid = PLAYER(search_covid, act_covid, covid_flaws);
