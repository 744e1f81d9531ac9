/* SPDX-License-Identifier: MIT */
/* Questions about a patient: templates with slots, and the answers that the tables give. */
#pragma once

#include "common/text.h"
#include "tables.h"

#define ASK_SLOTS 6
#define ASK_STEPS 5

/* A question that is being made. */
struct mimic_asking {
    const struct mimic_tables *t;
    struct dice dice;
    struct pool pool;
    struct mimic_slot {
        const char *name;
        grasp_str value;
    } slots[ASK_SLOTS];
    uint32_t slot_count;
    struct text answer; /* rows so far, as NumPy prints them */
    uint32_t rows;
    struct text ids; /* of the resources that the rows come from, a Python literal so far */
    const char *id_type;
};

struct mimic_template {
    const char *name, *question, *sql;
    const char *assumption; /* what the question leaves open; NULL: nothing */
    bool now;               /* needs to know the present */
    bool names;             /* has a name in it whose spelling may differ */
    /* Fills slots, answer and ids; false if there is nothing to ask of the patient. */
    bool (*ask)(struct mimic_asking *a);
    /* Types that the recipe retrieves by patient, then perhaps one by the id found in them. */
    const char *types[3], *by_id;
};

#define MIMIC_TEMPLATES 24
extern const struct mimic_template mimic_templates[MIMIC_TEMPLATES];

/* What templates say. Slots are given before anything else. */
void mimic_slot(struct mimic_asking *a, const char *name, grasp_str value);
void mimic_slot_text(struct mimic_asking *a, const char *name, const char *value);
void mimic_slot_number(struct mimic_asking *a, const char *name, int64_t value);
void mimic_answer_text(struct mimic_asking *a, const char *value);
void mimic_answer_time(struct mimic_asking *a, int64_t wall);
void mimic_answer_count(struct mimic_asking *a, int64_t value);
void mimic_answer_number(struct mimic_asking *a, int32_t hundredths); /* a real column */
/* All ids of one type follow each other. */
void mimic_answer_id(struct mimic_asking *a, const char *type, const struct mimic_id *id);

/* The text with its {slots} filled. sql: quotes in values are doubled. */
grasp_str mimic_fill(struct mimic_asking *a, const char *text, bool sql);

/* One of each template where it applies: CSV rows, to be sorted by their ids. */
struct mimic_row {
    char id[25];
    grasp_str text; /* owned */
};
struct mimic_rows {
    struct mimic_row *items;
    size_t count, capacity;
};
void mimic_ask(const struct mimic_tables *t, struct mimic_rows *rows);
/* The whole CSV, sorted. */
void mimic_rows_write(struct mimic_rows *rows, struct text *out);
void mimic_rows_free(struct mimic_rows *rows);

/* The templates' functions: ask_stays.c, ask_labs.c, ask_icu.c, ask_drugs.c, ask_micro.c */
bool mimic_ask_sex(struct mimic_asking *a);
bool mimic_ask_icu_count(struct mimic_asking *a);
bool mimic_ask_admissions_since(struct mimic_asking *a);
bool mimic_ask_icu_hours(struct mimic_asking *a);
bool mimic_ask_unit_last(struct mimic_asking *a);
bool mimic_ask_diagnosis_ever(struct mimic_asking *a);
bool mimic_ask_diagnosis_list(struct mimic_asking *a);
bool mimic_ask_procedure_last(struct mimic_asking *a);
bool mimic_ask_lab_last(struct mimic_asking *a);
bool mimic_ask_lab_first_of_stay(struct mimic_asking *a);
bool mimic_ask_lab_change(struct mimic_asking *a);
bool mimic_ask_lab_peak(struct mimic_asking *a);
bool mimic_ask_lab_count(struct mimic_asking *a);
bool mimic_ask_lab_days(struct mimic_asking *a);
bool mimic_ask_vital_last(struct mimic_asking *a);
bool mimic_ask_vital_above(struct mimic_asking *a);
bool mimic_ask_output_total(struct mimic_asking *a);
bool mimic_ask_input_first(struct mimic_asking *a);
bool mimic_ask_drug_ever(struct mimic_asking *a);
bool mimic_ask_drug_by_route(struct mimic_asking *a);
bool mimic_ask_drug_dose(struct mimic_asking *a);
bool mimic_ask_organism_last(struct mimic_asking *a);
bool mimic_ask_susceptibility(struct mimic_asking *a);
bool mimic_ask_specimen_last(struct mimic_asking *a);
