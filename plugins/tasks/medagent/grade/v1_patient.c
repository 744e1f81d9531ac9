/* SPDX-License-Identifier: MIT */
/* v1 types 1 and 2: who a patient is, and how old. */
#include <grasp/helpers.h>

#include "common/slice.h"
#include "graders.h"

#define NOT_FOUND "Patient not found"

static enum tag explain_name(struct grader *g, const grasp_json_value *answer)
{
    const grasp_json *json = g->json;
    const grasp_json_value *given = json->at(answer, 0);
    bool exists = !py_is(json, json->at(g->sample->solution, 0), NOT_FOUND);
    if (json->kind(answer) != GRASP_JSON_ARRAY || json->count(answer) != 1 ||
        json->kind(given) != GRASP_JSON_STRING)
        return TAG_WRONG_ANSWER_FORM;
    if (!exists)
        return TAG_ABSENT_PATIENT_INVENTED;
    return py_is(json, given, NOT_FOUND) ? TAG_EXISTING_PATIENT_DENIED : TAG_WRONG_PATIENT_REPORTED;
}

void grade_v1_identity(struct grader *g)
{
    const grasp_json_value *answer;
    if (!need_read_only(g) || !read_answer(g, &answer))
        return;
    if (!py_equal(g->json, answer, g->sample->solution))
        need(g, false, explain_name(g, answer));
}

/* One or two digits. */
static bool read_small(grasp_str *text, int64_t *out)
{
    grasp_str rest = *text;
    return (rest.len > 1 && when_digits(text, 2, out)) || when_digits(text, 1, out);
}

static bool read_birth(grasp_str text, int64_t *year, int64_t *month, int64_t *day)
{
    if (!when_digits(&text, 4, year) || !grasp_starts(text, "-"))
        return false;
    text = slice_from(text, 1);
    if (!read_small(&text, month) || !grasp_starts(text, "-"))
        return false;
    text = slice_from(text, 1);
    return read_small(&text, day) && !text.len && when_valid_date(*year, *month, *day);
}

void grade_v1_age(struct grader *g)
{
    struct found found;
    const grasp_json_value *answer, *birth;
    int64_t year, month, day, now_year, now_month, now_day;
    if (!need_read_only(g) || !find(g, 0, &found))
        return;
    birth = found.count ? g->json->get(found.items[0], SLICE("birthDate")) : NULL;
    if (!read_birth(g->json->as_string(birth), &year, &month, &day)) {
        unusable(g);
        return;
    }
    when_civil(when_date(g->now), &now_year, &now_month, &now_day);
    bool ahead = now_month < month || (now_month == month && now_day < day);
    double age = (double)(now_year - year - ahead);
    if (!read_answer(g, &answer) || answer_is_number(g, answer, age))
        return;
    double given;
    bool number = g->json->kind(answer) == GRASP_JSON_ARRAY && g->json->count(answer) == 1 &&
                  py_number(g->json, g->json->at(answer, 0), &given);
    need(g, false,
         !number                           ? TAG_WRONG_ANSWER_FORM
         : given > age && given <= age + 1 ? TAG_AGE_NOT_ROUNDED_DOWN
                                           : TAG_WRONG_VALUE);
}
