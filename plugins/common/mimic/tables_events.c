/* SPDX-License-Identifier: MIT */
/* What was measured: in the laboratory, and at the bed in the ICU. */
#include <string.h>

#include "tables.h"

#define LABS_OF_SPECIMEN 10

static void make_specimens(struct mimic_tables *t, struct dice *dice, uint32_t count)
{
    uint32_t each = count * 736 / 1000 / t->admissions_count + 1;
    uint32_t before = count / t->admissions_count > each ? count / t->admissions_count - each : 1;
    t->lab_specimens = pool_array(&t->pool, (size_t)t->admissions_count * (each + before),
                                  sizeof(struct lab_specimen));
    for (uint32_t i = 0; i < t->admissions_count; i++) {
        const struct admission *a = &t->admissions[i];
        for (uint32_t k = 0; k < before + each; k++) {
            bool inside = k >= before;
            struct lab_specimen *s = &t->lab_specimens[t->lab_specimens_count];
            s->number = t->number * 20000 + t->lab_specimens_count + 1;
            s->admission = inside ? i : NO_ROW;
            s->id = mimic_id_of("SpecimenLab", "%u", s->number);
            s->when = inside
                          ? mimic_spread(dice, a->in, a->out, each, k - before)
                          : mimic_spread(dice, a->in - 15 * WALL_DAY, a->in - WALL_DAY, before, k);
            t->lab_specimens_count++;
        }
    }
}

void mimic_make_labs(struct mimic_tables *t)
{
    static const uint8_t steps[] = {1, 3, 5, 7, 9, 11}; /* none shares a factor with 26 */
    struct dice dice = dice_of(t->seed, t->number, 'l');
    uint32_t count = mimic_how_many(t, &dice, 108, 6);
    make_specimens(t, &dice, count);
    t->labs =
        pool_array(&t->pool, (size_t)t->lab_specimens_count * LABS_OF_SPECIMEN, sizeof(*t->labs));
    for (uint32_t i = 0; i < t->lab_specimens_count; i++) {
        uint32_t first = dice_below(&dice, MIMIC_LABS);
        uint32_t step = steps[dice_below(&dice, sizeof(steps))];
        for (uint32_t k = 0; k < LABS_OF_SPECIMEN; k++) {
            struct measured *m = &t->labs[t->labs_count];
            m->number = (uint64_t)t->number * 100000 + t->labs_count + 1;
            m->item = (first + k * step) % MIMIC_LABS;
            m->place = i;
            m->when = t->lab_specimens[i].when;
            m->value = mimic_draw_value(&dice, &mimic_labs[m->item]);
            m->id = mimic_id_of("ObservationLabevents", "%llu", (unsigned long long)m->number);
            t->labs_count++;
        }
    }
}

/* Of each item in turn, over all stays; ids as those of `kind` are made. */
static struct measured *make_measured(struct mimic_tables *t, struct dice *dice, uint32_t count,
                                      const struct mimic_item *items, uint32_t item_count,
                                      uint32_t *out_count)
{
    uint32_t rounds = t->icus_count ? count / t->icus_count / item_count + 1 : 0;
    struct measured *rows =
        pool_array(&t->pool, (size_t)rounds * t->icus_count * item_count + 1, sizeof(*rows));
    uint32_t made = 0;
    for (uint32_t i = 0; i < t->icus_count; i++) {
        for (uint32_t k = 0; k < rounds; k++) {
            int64_t when = mimic_spread(dice, t->icus[i].in, t->icus[i].out, rounds, k);
            for (uint32_t item = 0; item < item_count; item++)
                rows[made++] =
                    (struct measured){.item = item,
                                      .place = i,
                                      .when = when,
                                      .value = items ? mimic_draw_value(dice, &items[item])
                                                     : (int32_t)dice_below(dice, 3)};
        }
    }
    *out_count = made;
    return rows;
}

static void name_charted(struct mimic_tables *t)
{
    char when[WALL_SQL_SIZE], value[DECIMAL_SIZE];
    for (uint32_t i = 0; i < t->charted_count; i++) {
        struct measured *m = &t->charted[i];
        const struct mimic_item *item = &mimic_charted[m->item];
        mimic_decimal(m->value, value);
        grasp_str word =
            item->words ? mimic_word(item, m->value) : (grasp_str){value, strlen(value)};
        mimic_wall_sql(m->when, when);
        m->id = mimic_id_of("ObservationChartevents", "%u-%s-%u-%.*s", t->icus[m->place].stay, when,
                            item->id, (int)word.len, word.ptr);
    }
}

static void name_others(const struct mimic_tables *t, struct measured *rows, uint32_t count,
                        const char *kind, const struct mimic_item *items)
{
    char when[WALL_SQL_SIZE];
    for (uint32_t i = 0; i < count; i++) {
        mimic_wall_sql(rows[i].when, when);
        rows[i].id = mimic_id_of(kind, "%u-%s-%u", t->icus[rows[i].place].stay, when,
                                 items[rows[i].item].id);
    }
}

static void make_fluids(struct mimic_tables *t, struct dice *dice)
{
    uint32_t count = t->icus_count ? mimic_how_many(t, dice, 237, 6) / t->icus_count + 1 : 0;
    t->fluids = pool_array(&t->pool, (size_t)count * t->icus_count + 1, sizeof(*t->fluids));
    for (uint32_t i = 0; i < t->icus_count; i++) {
        for (uint32_t k = 0; k < count; k++) {
            struct fluid_given *f = &t->fluids[t->fluids_count];
            f->icu = i;
            f->order = t->number * 3000 + t->fluids_count + 1;
            f->fluid = dice_below(dice, MIMIC_FLUIDS);
            f->from = mimic_spread(dice, t->icus[i].in, t->icus[i].out, count, k);
            f->to = dice_in_1000(dice, 541) ? f->from + dice_between(dice, 5, 240) * WALL_MINUTE
                                            : f->from;
            f->amount = (int32_t)dice_between(dice, mimic_fluids[f->fluid].low,
                                              mimic_fluids[f->fluid].high);
            f->id = mimic_id_of("MedicationAdministrationICU", "%u-%u-%u", t->icus[i].stay,
                                f->order, mimic_fluids[f->fluid].id);
            t->fluids_count++;
        }
    }
}

static void make_icu_procedures(struct mimic_tables *t, struct dice *dice)
{
    uint32_t count = t->icus_count ? mimic_how_many(t, dice, 15, 2) / t->icus_count + 1 : 0;
    t->icu_procedures =
        pool_array(&t->pool, (size_t)count * t->icus_count + 1, sizeof(*t->icu_procedures));
    for (uint32_t i = 0; i < t->icus_count; i++)
        for (uint32_t k = 0; k < count; k++) {
            struct icu_procedure *p = &t->icu_procedures[t->icu_procedures_count++];
            p->icu = i;
            p->what = dice_below(dice, MIMIC_ICU_PROCEDURES);
            p->from = mimic_spread(dice, t->icus[i].in, t->icus[i].out, count, k);
            p->to = p->from + dice_between(dice, 1, 60) * WALL_MINUTE;
        }
}

/* The usual numbers are those of the patients who come there: nine of ten. */
void mimic_make_icu(struct mimic_tables *t)
{
    struct dice dice = dice_of(t->seed, t->number, 'i');
    t->charted = make_measured(t, &dice, mimic_how_many(t, &dice, 7700, 62), mimic_charted,
                               MIMIC_CHARTED, &t->charted_count);
    t->outputs = make_measured(t, &dice, mimic_how_many(t, &dice, 104, 10), mimic_outputs,
                               MIMIC_OUTPUTS, &t->outputs_count);
    t->datetimes = make_measured(t, &dice, mimic_how_many(t, &dice, 176, 4), NULL, MIMIC_DATETIMES,
                                 &t->datetimes_count);
    name_charted(t);
    name_others(t, t->outputs, t->outputs_count, "ObservationOutputevents", mimic_outputs);
    name_others(t, t->datetimes, t->datetimes_count, "ObservationDatetimeevents", mimic_datetimes);
    make_fluids(t, &dice);
    make_icu_procedures(t, &dice);
}
