/* SPDX-License-Identifier: MIT */
#include "cohort.h"

#include <stdio.h>

#define MAX_READINGS 5

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A number from `least` to `most`. */
static int32_t draw(uint64_t *state, int32_t least, int32_t most)
{
    return least + (int32_t)(next_random(state) % (uint64_t)(most - least + 1));
}

static void invent_person(struct patient *patient, uint64_t *state)
{
    static const char *const families[] = {
        "Abernathy", "Baptiste",  "Castellan", "Drummond",   "Eriksen",   "Fairweather",
        "Galindo",   "Hartwell",  "Ivanova",   "Jankowski",  "Kobayashi", "Lindqvist",
        "Mbeki",     "Norwood",   "Oyelaran",  "Pettersen",  "Quispe",    "Rosenthal",
        "Szabo",     "Thackeray", "Usman",     "Vandermeer", "Whitlock",  "Yildirim",
    };
    static const char *const female[] = {"Ada",   "Brigid", "Celeste", "Dalia", "Esther", "Freya",
                                         "Greta", "Hana",   "Imani",   "Joyce", "Katrin", "Leila"};
    static const char *const male[] = {"Amos",   "Bruno", "Cyril",  "Dmitri", "Emeka", "Felix",
                                       "Gideon", "Hugo",  "Ismail", "Jonas",  "Kenji", "Lorenzo"};
    int32_t is_female = draw(state, 0, 1), year, month;
    patient->family = families[draw(state, 0, sizeof(families) / sizeof(*families) - 1)];
    patient->given = (is_female ? female : male)[draw(state, 0, 11)];
    patient->gender = is_female ? "female" : "male";
    year = draw(state, 1931, 2004);
    month = draw(state, 1, 12);
    snprintf(patient->birth_date, sizeof(patient->birth_date), "%04d-%02d-%02d", year, month,
             draw(state, 1, 28));
}

/* Levels and times differ within a patient, so that a wrong answer tells which one was taken. */
static bool is_new(const struct reading *readings, int count, struct reading reading)
{
    for (int i = 0; i < count; i++)
        if (readings[i].tenths == reading.tenths || readings[i].age_minutes == reading.age_minutes)
            return false;
    return true;
}

static void invent_readings(struct reading *readings, int *count, int wanted, int32_t youngest,
                            int32_t oldest, uint64_t *state)
{
    for (int end = *count + wanted; *count < end;) {
        struct reading reading = {draw(state, 11, 34), draw(state, youngest, oldest)};
        if (is_new(readings, *count, reading))
            readings[(*count)++] = reading;
    }
}

static void shuffle(struct reading *readings, int count, uint64_t *state)
{
    for (int i = count; i-- > 1;) {
        int j = draw(state, 0, i);
        struct reading swap = readings[i];
        readings[i] = readings[j];
        readings[j] = swap;
    }
}

static int invent_pattern(struct reading *readings, enum pattern pattern, int32_t window,
                          uint64_t *state)
{
    int count = 0;
    if (pattern == PATTERN_SINGLE)
        invent_readings(readings, &count, 1, 20, window, state);
    else if (pattern == PATTERN_SEVERAL)
        invent_readings(readings, &count, draw(state, 2, 3), 20, window, state);
    if (pattern == PATTERN_STALE)
        invent_readings(readings, &count, draw(state, 1, 2), window + 30, window + 7200, state);
    else if (pattern != PATTERN_NONE)
        invent_readings(readings, &count, draw(state, 0, 2), window + 30, window + 7200, state);
    shuffle(readings, count, state);
    return count;
}

bool cohort_invent(struct cohort *cohort, uint64_t seed, uint32_t number, enum pattern pattern,
                   int32_t window_minutes)
{
    struct reading readings[MAX_READINGS];
    uint64_t shift = seed, state = seed ^ (uint64_t)number << 32;
    char mrn[MRN_SIZE];

    /* A step without common factor with the number of MRNs keeps them apart without a look. */
    uint32_t digits =
        (uint32_t)((next_random(&shift) % 10000000u + number * 7654321ull) % 10000000u);
    snprintf(mrn, sizeof(mrn), "S%07u", (unsigned)digits);
    struct patient *patient = cohort_add_patient(cohort, mrn);
    if (!patient)
        return false;
    next_random(&state);
    invent_person(patient, &state);
    int count = invent_pattern(readings, pattern, window_minutes, &state);
    for (int i = 0; i < count; i++)
        if (!cohort_add_reading(cohort, readings[i]))
            return false;
    return true;
}
