/* SPDX-License-Identifier: MIT */
#include "cohort.h"

#include <grasp/helpers.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for one more element; the array doubles. */
static bool grow(void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t wanted = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(*items, wanted * size);
    if (!grown)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

struct patient *cohort_add_patient(struct cohort *cohort, const char *mrn)
{
    if (!grow((void **)&cohort->patients, cohort->patient_count, &cohort->patient_capacity,
              sizeof(struct patient)))
        return NULL;
    struct patient *patient = &cohort->patients[cohort->patient_count++];
    *patient = (struct patient){.first_reading = cohort->reading_count};
    snprintf(patient->mrn, sizeof(patient->mrn), "%s", mrn);
    return patient;
}

bool cohort_add_reading(struct cohort *cohort, struct reading reading)
{
    if (!grow((void **)&cohort->readings, cohort->reading_count, &cohort->reading_capacity,
              sizeof(struct reading)))
        return false;
    cohort->readings[cohort->reading_count++] = reading;
    cohort->patients[cohort->patient_count - 1].reading_count++;
    return true;
}

struct cohort_text {
    struct cohort_text *next;
    char text[];
};

const char *cohort_keep(struct cohort *cohort, grasp_str text)
{
    struct cohort_text *kept = malloc(sizeof(*kept) + text.len + 1);
    if (!kept)
        return NULL;
    memcpy(kept->text, text.ptr, text.len);
    kept->text[text.len] = 0;
    kept->next = cohort->texts;
    cohort->texts = kept;
    return kept->text;
}

static uint32_t hash_mrn(grasp_str mrn)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < mrn.len; i++)
        hash = (hash ^ (unsigned char)mrn.ptr[i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* The slot that holds the MRN, or the free one where it belongs. */
static uint32_t *find_slot(const struct cohort *cohort, grasp_str mrn)
{
    uint32_t at = hash_mrn(mrn) & cohort->mask;
    while (cohort->slots[at] && !grasp_equal(mrn, cohort->patients[cohort->slots[at] - 1].mrn))
        at = (at + 1) & cohort->mask;
    return &cohort->slots[at];
}

bool cohort_index(struct cohort *cohort, const char **out_twice)
{
    uint32_t size = 16;
    while (size < cohort->patient_count * 2)
        size *= 2;
    cohort->slots = calloc(size, sizeof(uint32_t));
    cohort->mask = size - 1;
    *out_twice = NULL;
    if (!cohort->slots)
        return false;
    for (uint32_t i = 0; i < cohort->patient_count; i++) {
        uint32_t *slot = find_slot(cohort, grasp_cstr(cohort->patients[i].mrn));
        if (*slot) {
            *out_twice = cohort->patients[i].mrn;
            return false;
        }
        *slot = i + 1;
    }
    return true;
}

void cohort_clear(struct cohort *cohort)
{
    free(cohort->patients);
    free(cohort->readings);
    free(cohort->slots);
    for (struct cohort_text *text = cohort->texts, *next; text; text = next) {
        next = text->next;
        free(text);
    }
    *cohort = (struct cohort){0};
}

const struct patient *cohort_find(const struct cohort *cohort, grasp_str mrn)
{
    uint32_t number = mrn.len < MRN_SIZE ? *find_slot(cohort, mrn) : 0;
    return number ? &cohort->patients[number - 1] : NULL;
}

const struct reading *cohort_latest(const struct cohort *cohort, const struct patient *patient,
                                    int32_t window_minutes)
{
    const struct reading *best = NULL;
    for (uint32_t i = 0; i < patient->reading_count; i++) {
        const struct reading *reading = &cohort->readings[patient->first_reading + i];
        if (reading->age_minutes <= window_minutes &&
            (!best || reading->age_minutes < best->age_minutes))
            best = reading;
    }
    return best;
}
