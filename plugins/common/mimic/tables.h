/* SPDX-License-Identifier: MIT */
/* What happened to one patient, as rows of MIMIC-IV's tables, in order of time. Resources are
 * written from it, and questions asked about it. */
#pragma once

#include <stdbool.h>

#include "catalog.h"
#include "common/pool.h"
#include "dice.h"
#include "uuid5.h"
#include "wall.h"

#define NO_ROW UINT32_MAX

#define UNITS_OF_ADMISSION 8

struct unit_stay {
    uint32_t unit; /* of mimic_units */
    int64_t in, out;
};

struct admission {
    uint32_t hadm;
    struct mimic_id id;
    int64_t in, out;
    bool emergency;
    struct unit_stay units[UNITS_OF_ADMISSION];
    uint32_t unit_count;
};

struct icu_stay {
    uint32_t stay, admission, unit;
    struct mimic_id id;
    int64_t in, out;
};

struct ed_stay {
    uint32_t stay, admission; /* admission: NO_ROW for those who went home */
    struct mimic_id id;
    int64_t in, out;
};

/* A diagnosis or procedure of a catalogue. */
struct coded_row {
    uint32_t admission, seq, what;
    struct mimic_id id;
    int64_t when;
};

/* A procedure in the ICU. */
struct icu_procedure {
    uint32_t icu, what;
    int64_t from, to;
};

struct lab_specimen {
    uint32_t number, admission; /* NO_ROW: of an outpatient */
    struct mimic_id id;
    int64_t when;
};

/* A value measured: of mimic_labs (specimen) or of charted or output items (icu). Numbers in
 * hundredths, or one of the item's words. */
struct measured {
    uint64_t number;      /* labevent_id */
    uint32_t item, place; /* row of lab_specimens or icus */
    struct mimic_id id;
    int64_t when;
    int32_t value;
};

struct drug_order {
    uint64_t number; /* pharmacy_id, or that of the order */
    uint32_t admission, drug;
    bool by_name; /* no pharmacy_id: the drug's name is all there is */
    bool mixed;
    uint32_t dose; /* of the drug's usual one: 1 or 2 */
    struct mimic_id id;
    int64_t when, from, to;
};

struct drug_given {
    uint32_t order;
    int64_t when;
};

struct fluid_given {
    uint32_t icu, order, fluid;
    struct mimic_id id;
    int64_t from, to; /* the same for a bolus */
    int32_t amount;
};

#define ORGANISMS_OF_TEST 2

struct organism_row {
    uint32_t organism;
    struct mimic_id id;
    bool tested;
    uint64_t event[MIMIC_ANTIBIOTICS]; /* microevent_id */
    struct mimic_id susceptibility[MIMIC_ANTIBIOTICS];
    char interpretation[MIMIC_ANTIBIOTICS]; /* S, I or R */
};

struct micro_test {
    uint32_t specimen_number, specimen, admission;
    struct mimic_id id, specimen_id;
    int64_t when;
    uint32_t organism_count;
    struct organism_row organisms[ORGANISMS_OF_TEST];
};

struct mimic_tables {
    struct pool pool;
    uint64_t seed;
    int64_t anchor;       /* year of the present, which ends at its last minute */
    int64_t birth, death; /* death: 0 is none */
    struct admission *admissions;
    struct icu_stay *icus;
    struct ed_stay *eds;
    struct coded_row *diagnoses;
    struct coded_row *procedures;
    struct icu_procedure *icu_procedures;
    struct lab_specimen *lab_specimens;
    struct measured *labs;
    struct measured *charted;
    struct measured *outputs;
    struct measured *datetimes; /* value: days before it was charted */
    struct drug_order *orders;
    struct drug_given *given;
    struct fluid_given *fluids;
    struct micro_test *tests;
    uint32_t number, density, subject;
    uint32_t admissions_count, icus_count, eds_count, diagnoses_count, procedures_count,
        icu_procedures_count, lab_specimens_count, labs_count, charted_count, outputs_count,
        datetimes_count, orders_count, given_count, fluids_count, tests_count;
    struct mimic_id id;
    bool male;
};

/* Makes the patient with this number; mimic_tables_free afterwards. */
void mimic_tables_make(struct mimic_tables *t, uint64_t seed, uint32_t number, uint32_t density);
void mimic_tables_free(struct mimic_tables *t);

/* The parts of it, in this order. */
void mimic_make_stays(struct mimic_tables *t);
void mimic_make_codes(struct mimic_tables *t);
void mimic_make_labs(struct mimic_tables *t);
void mimic_make_icu(struct mimic_tables *t);
void mimic_make_drugs(struct mimic_tables *t);
void mimic_make_micro(struct mimic_tables *t);

/* How many of something the patient has: at 100 percent `usual` and a third more or less. */
uint32_t mimic_how_many(const struct mimic_tables *t, struct dice *dice, uint32_t usual,
                        uint32_t least);
/* The i-th of `count` times between two, in order, all different, whole minutes. */
int64_t mimic_spread(struct dice *dice, int64_t from, int64_t to, uint32_t count, uint32_t i);
__attribute__((format(printf, 2, 3))) struct mimic_id mimic_id_of(const char *kind,
                                                                  const char *format, ...);
/* Hundredths as a decimal number. */
#define DECIMAL_SIZE 16
void mimic_decimal(int32_t hundredths, char out[DECIMAL_SIZE]);
/* What was ordered, in hundredths of the drug's unit. */
int32_t mimic_dose(const struct drug_order *order);
/* A value of the item: hundredths, or which of its words. */
int32_t mimic_draw_value(struct dice *dice, const struct mimic_item *item);
/* The word of an item at a place. */
grasp_str mimic_word(const struct mimic_item *item, int32_t at);
