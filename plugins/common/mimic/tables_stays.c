/* SPDX-License-Identifier: MIT */
/* Admissions, stays in the ICU and the emergency department, diagnoses and procedures. */
#include "tables.h"

#define WARD_FIRST 8 /* of mimic_units */
#define WARDS (MIMIC_UNITS - WARD_FIRST)
#define EMERGENCY_UNIT 6

static int64_t to_minute(int64_t wall)
{
    return wall / WALL_MINUTE * WALL_MINUTE;
}

static void make_admissions(struct mimic_tables *t, struct dice *dice)
{
    static const uint8_t counts[] = {1, 1, 2, 2, 3, 3, 4, 5};
    uint32_t count = counts[dice_below(dice, sizeof(counts))];
    int64_t from = mimic_wall(t->anchor - 2, 1, 10), slot = 1060 * WALL_DAY / count;
    t->admissions = pool_array(&t->pool, count, sizeof(*t->admissions));
    t->admissions_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct admission *a = &t->admissions[i];
        a->hadm = 20000000 + t->number * 37 + i;
        a->id = mimic_id_of("Encounter", "%u", a->hadm);
        a->in =
            to_minute(from + slot * i + dice_between(dice, 20 * WALL_DAY, slot - 30 * WALL_DAY));
        a->out = to_minute(a->in + dice_between(dice, 30 * WALL_HOUR, 14 * WALL_DAY));
        a->emergency = dice_in_1000(dice, 700);
    }
}

/* The share of an admission, in percent, at which something begins. */
static int64_t point(const struct admission *a, struct dice *dice, int64_t low, int64_t high)
{
    return to_minute(a->in + (a->out - a->in) * dice_between(dice, low, high) / 100 +
                     dice_between(dice, 0, 59) * WALL_MINUTE / 2);
}

static void add_icu(struct mimic_tables *t, struct dice *dice, uint32_t admission, int64_t low)
{
    struct icu_stay *icu = &t->icus[t->icus_count];
    const struct admission *a = &t->admissions[admission];
    icu->stay = 30000000 + t->number * 67 + t->icus_count;
    icu->id = mimic_id_of("EncounterICU", "%u", icu->stay);
    icu->admission = admission;
    icu->unit = dice_below(dice, MIMIC_ICU_UNITS);
    icu->in = point(a, dice, low, low + 8);
    icu->out = point(a, dice, low + 20, low + 38);
    t->icus_count++;
}

/* One patient of ten never comes there. */
static void make_icus(struct mimic_tables *t, struct dice *dice)
{
    bool never = dice_in_1000(dice, 100);
    t->icus = pool_array(&t->pool, 2 * (size_t)t->admissions_count, sizeof(*t->icus));
    for (uint32_t i = 0; i < t->admissions_count && !never; i++) {
        if (i != 0 && !dice_in_1000(dice, 350))
            continue;
        add_icu(t, dice, i, 5);
        if (dice_in_1000(dice, 120))
            add_icu(t, dice, i, 55);
    }
}

static void add_unit(struct admission *a, uint32_t unit, int64_t in)
{
    if (a->unit_count)
        a->units[a->unit_count - 1].out = in;
    a->units[a->unit_count++] = (struct unit_stay){unit, in, a->out};
}

static void make_units(struct mimic_tables *t, struct dice *dice)
{
    for (uint32_t i = 0; i < t->admissions_count; i++) {
        struct admission *a = &t->admissions[i];
        uint32_t ward = dice_below(dice, WARDS);
        add_unit(a, a->emergency ? EMERGENCY_UNIT : WARD_FIRST + ward, a->in);
        for (uint32_t k = 0; k < t->icus_count; k++) {
            if (t->icus[k].admission != i)
                continue;
            ward = (ward + 1 + dice_below(dice, WARDS - 1)) % WARDS;
            add_unit(a, t->icus[k].unit, t->icus[k].in);
            add_unit(a, WARD_FIRST + ward, t->icus[k].out);
        }
        if (a->unit_count == 1 && a->emergency)
            add_unit(a, WARD_FIRST + ward, a->in + 3 * WALL_HOUR);
    }
}

static void make_eds(struct mimic_tables *t, struct dice *dice)
{
    t->eds = pool_array(&t->pool, 2 * (size_t)t->admissions_count, sizeof(*t->eds));
    for (uint32_t i = 0; i < t->admissions_count; i++) {
        const struct admission *a = &t->admissions[i];
        for (int home = 0; home < 2; home++) {
            if (home ? !dice_in_1000(dice, 180) : !a->emergency || !dice_in_1000(dice, 880))
                continue;
            struct ed_stay *ed = &t->eds[t->eds_count];
            ed->stay = 30000000 + t->number * 67 + 32 + t->eds_count;
            ed->id = mimic_id_of("EncounterED", "%u", ed->stay);
            ed->admission = home ? NO_ROW : i;
            ed->in = a->in - (home ? 9 * WALL_DAY : 0) - dice_between(dice, 3, 9) * WALL_HOUR;
            ed->out = ed->in + dice_between(dice, 60, 179) * WALL_MINUTE;
            t->eds_count++;
        }
    }
}

void mimic_make_stays(struct mimic_tables *t)
{
    struct dice dice = dice_of(t->seed, t->number, 's');
    make_admissions(t, &dice);
    make_icus(t, &dice);
    make_units(t, &dice);
    make_eds(t, &dice);
}

static uint32_t at_most(uint32_t number, uint32_t most)
{
    return number < most ? number : most;
}

/* Different ones of a catalogue of `of` for each admission; the step has no factor in common. */
static struct coded_row *make_coded(struct mimic_tables *t, struct dice *dice, uint32_t usual,
                                    uint32_t least, uint32_t of, uint32_t step, uint32_t *out_count)
{
    struct coded_row *rows = pool_array(&t->pool, (size_t)t->admissions_count * of, sizeof(*rows));
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->admissions_count; i++) {
        const struct admission *a = &t->admissions[i];
        uint32_t many = at_most(mimic_how_many(t, dice, usual, least), of);
        uint32_t first = dice_below(dice, of);
        for (uint32_t k = 0; k < many; k++)
            rows[count++] = (struct coded_row){
                .admission = i,
                .seq = k + 1,
                .what = (first + k * step) % of,
                .when = (a->in + dice_between(dice, 0, a->out - a->in)) / WALL_DAY * WALL_DAY,
            };
    }
    *out_count = count;
    return rows;
}

void mimic_make_codes(struct mimic_tables *t)
{
    struct dice dice = dice_of(t->seed, t->number, 'c');
    t->diagnoses = make_coded(t, &dice, 18, 4, MIMIC_DIAGNOSES, 7, &t->diagnoses_count);
    t->procedures = make_coded(t, &dice, 3, 1, MIMIC_PROCEDURES, 5, &t->procedures_count);
    for (uint32_t i = 0; i < t->diagnoses_count; i++) {
        struct coded_row *row = &t->diagnoses[i];
        row->id = mimic_id_of("Condition", "%u-%u-%s", t->admissions[row->admission].hadm, row->seq,
                              mimic_diagnoses[row->what].code);
    }
    for (uint32_t i = 0; i < t->procedures_count; i++) {
        struct coded_row *row = &t->procedures[i];
        row->id = mimic_id_of("Procedure", "%u-%u-%s", t->admissions[row->admission].hadm, row->seq,
                              mimic_procedures[row->what].code);
    }
}
