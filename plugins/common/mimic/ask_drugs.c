/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "ask.h"
#include "write.h"

static struct mimic_id medication_of(const struct drug_order *o)
{
    return o->mixed ? mimic_mix_id(&mimic_drugs[o->drug])
                    : mimic_medication_id(&mimic_drugs[o->drug]);
}

static void answer_order(struct mimic_asking *a, const struct drug_order *o)
{
    mimic_answer_id(a, "MedicationRequest", &o->id);
    if (o->by_name)
        return;
    struct mimic_id id = medication_of(o);
    mimic_answer_id(a, "Medication", &id);
}

/* A mix is prescribed together with what it is dissolved in. */
static bool has_drug(const struct drug_order *o, const struct mimic_drug *drug)
{
    return strcmp(mimic_drugs[o->drug].name, drug->name) == 0 || (o->mixed && drug == &mimic_base);
}

bool mimic_ask_drug_ever(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    uint32_t which = dice_below(&a->dice, MIMIC_DRUGS + 1);
    const struct mimic_drug *drug = which == MIMIC_DRUGS ? &mimic_base : &mimic_drugs[which];
    int64_t year = mimic_wall_year(t->orders[dice_below(&a->dice, t->orders_count)].when);
    bool ever = false;
    mimic_slot_text(a, "drug_name", drug->name);
    mimic_slot_number(a, "year", year);
    for (uint32_t i = 0; i < t->orders_count; i++) {
        const struct drug_order *o = &t->orders[i];
        if (!has_drug(o, drug) || mimic_wall_year(o->when) != year)
            continue;
        if (!ever)
            answer_order(a, o);
        ever = true;
    }
    mimic_answer_count(a, ever);
    return true;
}

/* One whose drug and route stand in its own resource and one Medication; NULL if none is found. */
static const struct drug_order *pick_order(struct mimic_asking *a)
{
    for (int tries = 0; tries < 30; tries++) {
        const struct drug_order *o = &a->t->orders[dice_below(&a->dice, a->t->orders_count)];
        if (!o->by_name && !o->mixed)
            return o;
    }
    return NULL;
}

bool mimic_ask_drug_by_route(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    const struct drug_order *last = pick_order(a);
    if (!last)
        return false;
    const char *route = mimic_drugs[last->drug].route;
    mimic_slot_text(a, "drug_route", route);
    for (uint32_t i = 0; i < t->orders_count; i++) {
        const struct drug_order *o = &t->orders[i];
        if (!o->by_name && strcmp(mimic_drugs[o->drug].route, route) == 0 && o->when > last->when)
            last = o;
    }
    mimic_answer_text(a, mimic_drugs[last->drug].name);
    answer_order(a, last);
    return true;
}

bool mimic_ask_drug_dose(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    const struct drug_order *first = pick_order(a);
    char dose[DECIMAL_SIZE];
    if (!first)
        return false;
    mimic_slot_text(a, "drug_name", mimic_drugs[first->drug].name);
    for (uint32_t i = 0; i < t->orders_count; i++)
        if (t->orders[i].drug == first->drug && t->orders[i].when < first->when)
            first = &t->orders[i];
    mimic_decimal(mimic_dose(first), dose);
    mimic_answer_text(a, dose);
    answer_order(a, first);
    return true;
}
