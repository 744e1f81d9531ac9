/* SPDX-License-Identifier: MIT */
#include "roster.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/cohort/now.h"
#include "common/slice.h"

struct cohort_roster {
    uint64_t seed;
    struct cohort_patient *patients;
    size_t count, capacity;
};

struct cohort_roster *cohort_roster_new(uint64_t seed)
{
    struct cohort_roster *roster = calloc(1, sizeof(*roster));
    if (!roster)
        abort();
    roster->seed = seed;
    return roster;
}

void cohort_roster_free(struct cohort_roster *roster)
{
    if (!roster)
        return;
    free(roster->patients);
    free(roster);
}

size_t cohort_roster_count(const struct cohort_roster *roster)
{
    return roster->count;
}

const struct cohort_patient *cohort_roster_at(const struct cohort_roster *roster, size_t index)
{
    return &roster->patients[index];
}

static struct cohort_patient *append(struct cohort_roster *roster)
{
    if (roster->count == roster->capacity) {
        roster->capacity = roster->capacity ? roster->capacity * 2 : 64;
        roster->patients = realloc(roster->patients, roster->capacity * sizeof(*roster->patients));
        if (!roster->patients)
            abort();
    }
    struct cohort_patient *patient = &roster->patients[roster->count];
    cohort_invent(roster->seed, (uint32_t)roster->count++, patient);
    return patient;
}

void cohort_roster_invent(struct cohort_roster *roster, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++) {
        struct cohort_patient *patient = append(roster);
        cohort_invent(roster->seed, i, patient);
    }
}

void cohort_roster_write(const struct cohort_roster *roster, FILE *out)
{
    for (size_t i = 0; i < roster->count; i++)
        cohort_write(out, roster->seed, (uint32_t)i, &roster->patients[i]);
}

static grasp_str str_of(struct cohort_text text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static struct cohort_text text_of(grasp_str text)
{
    return (struct cohort_text){text.ptr, text.len};
}

static void copy(char out[COHORT_NAME_SIZE], struct cohort_text text)
{
    size_t len = text.len < COHORT_NAME_SIZE ? text.len : COHORT_NAME_SIZE - 1;
    memcpy(out, text.ptr, len);
    out[len] = 0;
}

static int find_date(grasp_str text, size_t from, struct cohort_text *out)
{
    struct when when;
    for (size_t at = from; at + 10 <= text.len; at++) {
        grasp_str date = slice_cut(text, at, at + 10);
        if (when_read(date, false, &when)) {
            *out = text_of(date);
            return 1;
        }
    }
    return 0;
}

int cohort_read_identity(struct cohort_text text, struct cohort_text *given,
                         struct cohort_text *family, struct cohort_text *birth_date)
{
    grasp_str all = str_of(text);
    size_t from, to, blank;
    if (!slice_find(all, SLICE("name "), 0, &from) ||
        !slice_find(all, SLICE(" and "), from += 5, &to))
        return 0;
    grasp_str name = slice_cut(all, from, to);
    if (!slice_find(name, SLICE(" "), 0, &blank) || blank == 0 || blank + 1 >= name.len ||
        name.len >= COHORT_NAME_SIZE)
        return 0;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || strchr("\"\\", name.ptr[i]))
            return 0;
    *given = text_of(slice_cut(name, 0, blank));
    *family = text_of(slice_from(name, blank + 1));
    return find_date(all, to, birth_date);
}

static bool is_id(struct cohort_text text)
{
    if (!text.len || text.len >= COHORT_NAME_SIZE - 24)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.ptr[i]) && !strchr("-.", text.ptr[i]))
            return false;
    return true;
}

static struct cohort_patient *find_or_add(struct cohort_roster *roster, struct cohort_text mrn)
{
    for (size_t i = 0; i < roster->count; i++)
        if (strlen(roster->patients[i].mrn) == mrn.len &&
            memcmp(roster->patients[i].mrn, mrn.ptr, mrn.len) == 0)
            return &roster->patients[i];
    struct cohort_patient *patient = append(roster);
    copy(patient->mrn, mrn);
    patient->heart_rate_now = COHORT_V2_NOW;
    patient->catheter_now = COHORT_V2_NOW;
    return patient;
}

static bool is_type(const struct cohort_task *task, int32_t version, const char *type)
{
    size_t len = strlen(type);
    return task->version == version && task->id.len > len && memcmp(task->id.ptr, type, len) == 0;
}

/* What a malformed time means is not agreed on: there is then nothing at any of its readings. */
static void set_heart_rate_now(struct cohort_patient *patient, grasp_str context)
{
    struct when strict = now_of_context(context, false, NULL);
    struct when lenient = now_of_context(context, true, NULL);
    patient->heart_rate_old = strict.micros != lenient.micros;
    patient->heart_rate_now = lenient.micros / WHEN_SECOND;
}

int cohort_roster_add(struct cohort_roster *roster, const struct cohort_task *task, char error[256])
{
    struct cohort_text given, family, birth;
    if (!task->mrn.len)
        return 0;
    if (!is_id(task->mrn)) {
        snprintf(error, 256, "the MRN is no id of letters, digits, '-' and '.'");
        return -1;
    }
    struct cohort_patient *patient = find_or_add(roster, task->mrn);
    if (is_type(task, 1, "task1_")) {
        if (!cohort_read_identity(task->instruction, &given, &family, &birth)) {
            snprintf(error, 256,
                     "the instruction has no 'name ... and ...' with a date of birth after it");
            return -1;
        }
        copy(patient->given, given);
        copy(patient->family, family);
        memcpy(patient->birth_date, birth.ptr, 10);
    }
    if (is_type(task, 2, "task3_"))
        set_heart_rate_now(patient, str_of(task->context));
    if (is_type(task, 2, "task4_"))
        patient->catheter_now =
            now_of_context(str_of(task->context), true, NULL).micros / WHEN_SECOND;
    return 0;
}
