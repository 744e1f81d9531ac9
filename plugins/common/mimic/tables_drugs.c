/* SPDX-License-Identifier: MIT */
/* Orders of drugs and what was given, tests of microbiology and what grew. */
#include "tables.h"

#define POINTED (MIMIC_DRUGS - MIMIC_LONE_DRUGS)

static void make_order(struct mimic_tables *t, struct dice *dice, uint32_t admission, int64_t when)
{
    struct drug_order *o = &t->orders[t->orders_count];
    const struct admission *a = &t->admissions[admission];
    o->by_name = !dice_in_1000(dice, 867);
    o->drug = o->by_name ? POINTED + dice_below(dice, MIMIC_LONE_DRUGS) : dice_below(dice, POINTED);
    o->mixed = o->drug < MIMIC_MIX_DRUGS;
    o->number = (uint64_t)t->number * 5000 + t->orders_count + 1;
    o->admission = admission;
    o->dose = 1 + dice_below(dice, 2);
    o->when = when;
    o->from = when + WALL_HOUR;
    o->to = o->from + dice_between(dice, 1, 5) * WALL_DAY;
    if (o->to > a->out)
        o->to = a->out + WALL_DAY;
    o->id = mimic_id_of("MedicationRequest", "%llu", (unsigned long long)o->number);
    t->orders_count++;
}

int32_t mimic_dose(const struct drug_order *order)
{
    return mimic_drugs[order->drug].dose * (int32_t)order->dose;
}

void mimic_make_drugs(struct mimic_tables *t)
{
    struct dice dice = dice_of(t->seed, t->number, 'd');
    uint32_t each = mimic_how_many(t, &dice, 175, 12) / t->admissions_count + 1;
    t->orders = pool_array(&t->pool, (size_t)each * t->admissions_count, sizeof(*t->orders));
    for (uint32_t i = 0; i < t->admissions_count; i++) {
        const struct admission *a = &t->admissions[i];
        for (uint32_t k = 0; k < each; k++)
            make_order(t, &dice, i, mimic_spread(&dice, a->in, a->out - 2 * WALL_HOUR, each, k));
    }
    uint32_t given = mimic_how_many(t, &dice, 361, 10);
    t->given = pool_array(&t->pool, given, sizeof(*t->given));
    for (uint32_t i = 0; i < given; i++) {
        struct drug_given *g = &t->given[t->given_count++];
        g->order = dice_below(&dice, t->orders_count);
        g->when = dice_between(&dice, t->orders[g->order].from, t->orders[g->order].to) /
                  WALL_MINUTE * WALL_MINUTE;
    }
}

static void add_organism(struct mimic_tables *t, struct dice *dice, struct micro_test *test,
                         uint32_t organism, uint64_t *event)
{
    struct organism_row *row = &test->organisms[test->organism_count++];
    row->organism = organism;
    row->id = mimic_id_of("ObservationMicroOrg", "%u-%u-%u", test->specimen, test->specimen_number,
                          mimic_organisms[organism].id);
    row->tested = dice_in_1000(dice, t->density < 50 ? 700 : 352);
    for (uint32_t i = 0; i < MIMIC_ANTIBIOTICS && row->tested; i++) {
        row->event[i] = ++*event;
        row->interpretation[i] = "SSSRRI"[dice_below(dice, 6)];
        row->susceptibility[i] =
            mimic_id_of("ObservationMicroSusc", "%llu", (unsigned long long)row->event[i]);
    }
}

/* More grows in sparse data, so that there is something to ask. */
void mimic_make_micro(struct mimic_tables *t)
{
    struct dice dice = dice_of(t->seed, t->number, 'm');
    uint32_t each = mimic_how_many(t, &dice, 19, 5) / t->admissions_count + 1;
    uint64_t event = (uint64_t)t->number * 20000;
    t->tests = pool_array(&t->pool, (size_t)each * t->admissions_count, sizeof(*t->tests));
    for (uint32_t i = 0; i < t->admissions_count * each; i++) {
        struct micro_test *test = &t->tests[t->tests_count++];
        const struct admission *a = &t->admissions[i / each];
        test->specimen_number = t->number * 2000 + i + 1;
        test->specimen = dice_below(&dice, MIMIC_SPECIMENS);
        test->admission = dice_in_1000(&dice, 716) ? i / each : NO_ROW;
        test->when = mimic_spread(&dice, a->in, a->out, each, i % each);
        test->id = mimic_id_of("ObservationMicroTest", "%u-%u", test->specimen_number,
                               90200 + test->specimen);
        test->specimen_id = mimic_id_of("Specimen", "%u", test->specimen_number);
        if (!dice_in_1000(&dice, t->density < 50 ? 450 : 133))
            continue;
        uint32_t first = dice_below(&dice, MIMIC_ORGANISMS);
        add_organism(t, &dice, test, first, &event);
        if (dice_in_1000(&dice, 300))
            add_organism(t, &dice, test,
                         (first + 1 + dice_below(&dice, MIMIC_ORGANISMS - 1)) % MIMIC_ORGANISMS,
                         &event);
    }
}
