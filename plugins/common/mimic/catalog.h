/* SPDX-License-Identifier: MIT */
/* What may happen to a patient: a choice of MIMIC-IV's items by their ids and labels, ICD codes,
 * care units, drugs. NDCs and formulary codes are invented. */
#pragma once

#include <stdint.h>

/* Values are in hundredths. No unit: the value is one of `words`, with '|' between them. */
struct mimic_item {
    const char *label, *unit, *words, *category;
    uint32_t id;
    int32_t low, high, step;
};

struct mimic_coded {
    const char *code, *name;
    int32_t version; /* of ICD */
};

/* The dose is in hundredths. */
struct mimic_drug {
    const char *name, *formulary, *ndc;
    int32_t dose;
    const char *unit, *route;
};

struct mimic_named {
    uint32_t id;
    const char *name;
};

/* A drug into the vein: amounts in hundredths. */
struct mimic_fluid {
    uint32_t id;
    const char *name, *unit, *category;
    int32_t low, high;
};

#define MIMIC_LABS 26
#define MIMIC_VITALS 12 /* the first of the charted items: those with numbers */
#define MIMIC_CHARTED 31
#define MIMIC_OUTPUTS 5
#define MIMIC_DATETIMES 4
#define MIMIC_FLUIDS 12
#define MIMIC_DIAGNOSES 30
#define MIMIC_PROCEDURES 14
#define MIMIC_ICU_PROCEDURES 6
#define MIMIC_DRUGS 24
#define MIMIC_MIX_DRUGS 4  /* the first of the drugs: given in a base, so as a mix */
#define MIMIC_LONE_DRUGS 4 /* the last of them: ordered by name alone */
#define MIMIC_SPECIMENS 6
#define MIMIC_ORGANISMS 7
#define MIMIC_ANTIBIOTICS 8
#define MIMIC_UNITS 31    /* care units */
#define MIMIC_ICU_UNITS 6 /* the first of them */

extern const struct mimic_item mimic_labs[MIMIC_LABS];
extern const struct mimic_item mimic_charted[MIMIC_CHARTED];
extern const struct mimic_item mimic_outputs[MIMIC_OUTPUTS];
extern const struct mimic_item mimic_datetimes[MIMIC_DATETIMES];
extern const struct mimic_fluid mimic_fluids[MIMIC_FLUIDS];
extern const struct mimic_coded mimic_diagnoses[MIMIC_DIAGNOSES];
extern const struct mimic_coded mimic_procedures[MIMIC_PROCEDURES];
extern const struct mimic_named mimic_icu_procedures[MIMIC_ICU_PROCEDURES];
extern const struct mimic_drug mimic_drugs[MIMIC_DRUGS];
extern const struct mimic_drug mimic_base; /* what the mixes are dissolved in */
extern const struct mimic_named mimic_specimens[MIMIC_SPECIMENS], mimic_organisms[MIMIC_ORGANISMS],
    mimic_antibiotics[MIMIC_ANTIBIOTICS];
extern const char *const mimic_units[MIMIC_UNITS];
