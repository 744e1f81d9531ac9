/* SPDX-License-Identifier: MIT */
/* v1 types 1 and 2: who a patient is, and how old. */
#include <grasp/helpers.h>

#include "common/cohort/roster.h"
#include "common/slice.h"
#include "order.h"
#include "players.h"

struct person {
    struct cohort_text given, family, birth_date;
};

static bool read_person(const struct play *play, struct person *out)
{
    return cohort_read_identity((struct cohort_text){play->question.ptr, play->question.len},
                                &out->given, &out->family, &out->birth_date) != 0;
}

static void search_identity(struct play *play)
{
    struct person person;
    if (read_person(play, &person))
        search(play, "Patient?family=%.*s&given=%.*s", (int)person.family.len, person.family.ptr,
               (int)person.given.len, person.given.ptr);
}

static grasp_str mrn_of(const struct play *play, const grasp_json_value *patient)
{
    return play->json->as_string(py_at(play->json, patient, "identifier.0.value"));
}

/* The patient with that date of birth; with the flaw, whoever has the name. */
static grasp_str find_person(struct play *play, const struct person *person)
{
    grasp_str birth_date = {person->birth_date.ptr, person->birth_date.len};
    for (uint64_t i = 0; i < found_count(play, 0); i++) {
        const grasp_json_value *patient = found_at(play, 0, i);
        if (slice_eq(play->json->as_string(play->json->get(patient, SLICE("birthDate"))),
                     birth_date))
            return mrn_of(play, patient);
    }
    if (found_count(play, 0) && slip(play, TAG_ABSENT_PATIENT_INVENTED))
        return mrn_of(play, found_at(play, 0, 0));
    return SLICE("");
}

static void read_only_slip(struct play *play)
{
    struct order order;
    if (!slip(play, TAG_READ_ONLY_TASK_USED_POST))
        return;
    order_open(&order, play, "Communication", "completed");
    order_close(&order);
}

static void act_identity(struct play *play)
{
    struct person person;
    if (!read_person(play, &person))
        return;
    grasp_str mrn = find_person(play, &person);
    read_only_slip(play);
    if (!mrn.len || slip(play, TAG_EXISTING_PATIENT_DENIED))
        answer(play, "[\"Patient not found\"]");
    else if (slip(play, TAG_WRONG_ANSWER_FORM))
        answer(play, "\"%.*s\"", (int)mrn.len, mrn.ptr);
    else if (slip(play, TAG_FINISH_NOT_JSON))
        answer(play, "[%.*s]", (int)mrn.len, mrn.ptr);
    else
        answer(play, "[\"%.*s\"]", (int)mrn.len, mrn.ptr);
}

static const enum tag identity_flaws[] = {
    TAG_ABSENT_PATIENT_INVENTED, TAG_WRONG_ANSWER_FORM,        TAG_FINISH_NOT_JSON,
    TAG_EXISTING_PATIENT_DENIED, TAG_READ_ONLY_TASK_USED_POST, TAG_ANSWERED_WITHOUT_QUERY,
    TAG_PROTOCOL_INVALID,
};
const struct player play_v1_identity = PLAYER(search_identity, act_identity, identity_flaws);

static void search_age(struct play *play)
{
    search(play, "Patient?identifier=%.*s", (int)play->mrn.len, play->mrn.ptr);
}

static void act_age(struct play *play)
{
    struct when birth;
    int64_t year, month, day, now_year, now_month, now_day;
    const grasp_json_value *patient = found_at(play, 0, 0);
    if (!when_read(play->json->as_string(play->json->get(patient, SLICE("birthDate"))), true,
                   &birth))
        return;
    when_civil(when_date(birth), &year, &month, &day);
    when_civil(when_date(play->now), &now_year, &now_month, &now_day);
    bool ahead = now_month < month || (now_month == month && now_day < day);
    int age = (int)(now_year - year - ahead);
    if (ahead && slip(play, TAG_AGE_NOT_ROUNDED_DOWN))
        age++;
    read_only_slip(play);
    if (slip(play, TAG_WRONG_ANSWER_FORM))
        answer(play, "[\"%d\"]", age);
    else if (slip(play, TAG_FINISH_NOT_JSON))
        answer(play, "[%d years]", age);
    else
        answer(play, "[%d]", age);
}

static const enum tag age_flaws[] = {
    TAG_AGE_NOT_ROUNDED_DOWN,     TAG_WRONG_ANSWER_FORM,      TAG_FINISH_NOT_JSON,
    TAG_READ_ONLY_TASK_USED_POST, TAG_ANSWERED_WITHOUT_QUERY,
};
const struct player play_v1_age = PLAYER(search_age, act_age, age_flaws);
