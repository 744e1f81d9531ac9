/* SPDX-License-Identifier: MIT */
/* Tasks of our own: the same types, asked in our words about invented patients. */
#include "common/cohort/now.h"
#include "common/slice.h"
#include "common/template.h"
#include "splits.h"
#include "taskset.h"

#define PATIENTS 100 /* that tasks ask about */
#define STEP 10      /* from one type's first patient to the next type's */
#define OTHERS 20    /* on top, whom no task asks about */
#define NEAR_MISS 28 /* position of the sample whose name there is, with another date of birth */
#define UNKNOWN 29   /* and of the one whose name there is not */
#define NOBODY "Jessamy Ottershaw"
#define NOT_FOUND "Patient not found"

/* What a question is filled with. */
struct blanks {
    char name[2 * COHORT_NAME_SIZE + 2];
    char birth_date[11];
    char now[WHEN_SIZE];
    const char *mrn;
    const char *solution;
};

static int64_t now_of(const struct medagent *self, int type, const struct cohort_patient *patient)
{
    struct when now;
    if (self->version == MEDAGENT_V1)
        return COHORT_V1_NOW;
    switch (type) {
    case 3:
        return patient->heart_rate_now;
    case 4:
        return patient->catheter_now;
    case 9:
        when_read(SLICE("2024-01-09T00:00:00+00:00"), false, &now);
        break;
    default:
        when_read(SLICE("2023-11-07T12:00:00+00:00"), false, &now);
    }
    return now.micros / WHEN_SECOND;
}

static void fill_blanks(const struct medagent *self, int type, uint32_t position,
                        const struct cohort_patient *patient, struct blanks *out)
{
    bool named = self->version == MEDAGENT_V1 && type == 1;
    snprintf(out->name, sizeof(out->name), "%s %s", patient->given, patient->family);
    memcpy(out->birth_date, patient->birth_date, sizeof(out->birth_date));
    when_write(now_of(self, type, patient) * WHEN_SECOND, out->now);
    out->mrn = out->solution = patient->mrn;
    if (!named || position < NEAR_MISS)
        return;
    out->mrn = "";
    out->solution = NOT_FOUND;
    if (position == UNKNOWN)
        snprintf(out->name, sizeof(out->name), "%s", NOBODY);
    else /* another day of the month */
        out->birth_date[9] = out->birth_date[9] == '4' ? '6' : '4';
}

static grasp_str fill(struct medagent *self, grasp_str source, const struct blanks *blanks)
{
    struct text out CLEANUP_TEXT = {0};
    struct binding bindings[] = {{"mrn", grasp_cstr(blanks->mrn)},
                                 {"name", grasp_cstr(blanks->name)},
                                 {"birth_date", grasp_cstr(blanks->birth_date)},
                                 {"now", grasp_cstr(blanks->now)},
                                 {NULL, SLICE("")}};
    template_fill(&out, source, bindings);
    return pool_dup(&self->pool, text_view(&out));
}

static void set_text(grasp_call *call, const grasp_json *json, grasp_json_value *object,
                     const char *name, grasp_str text)
{
    json->set(call, object, grasp_cstr(name), json->new_string(call, text));
}

static int32_t make_sample(grasp_call *call, struct medagent *self,
                           const grasp_json_value *question, int type, uint32_t position,
                           const struct cohort_patient *patient, struct task_sample *out)
{
    const grasp_json *json = self->json;
    struct blanks blanks = {.mrn = ""};
    fill_blanks(self, type, position, patient, &blanks);
    grasp_json_value *object = json->new_object(call);
    grasp_str instruction = json->as_string(json->get(question, SLICE("instruction")));
    grasp_str context = json->as_string(json->get(question, SLICE("context")));
    set_text(call, json, object, "id", grasp_format(call, "task%d_%u", type, position + 1));
    set_text(call, json, object, "instruction", fill(self, instruction, &blanks));
    set_text(call, json, object, "context", fill(self, context, &blanks));
    if (*blanks.mrn)
        set_text(call, json, object, "eval_MRN", grasp_cstr(blanks.mrn));
    if (self->version == MEDAGENT_V1 && type == 1) {
        grasp_json_value *solution = json->new_array(call);
        json->append(call, solution, json->new_string(call, grasp_cstr(blanks.solution)));
        json->set(call, object, SLICE("sol"), solution);
    }
    return taskset_add(call, self, object, "our questions", out);
}

static int32_t make_type(grasp_call *call, struct medagent *self, int type,
                         const grasp_json_value *question, const struct cohort_roster *roster,
                         struct task_sample *out)
{
    for (uint32_t i = 0; i < SAMPLES_PER_TYPE; i++) {
        size_t number = ((size_t)(type - 1) * STEP + i) % PATIENTS;
        int32_t status =
            make_sample(call, self, question, type, i, cohort_roster_at(roster, number), &out[i]);
        if (status)
            return status;
    }
    return GRASP_OK;
}

static void take(struct medagent *self, struct split *split, const struct task_sample *all,
                 const uint32_t *places, size_t count)
{
    split->count = count;
    split->samples = pool_array(&self->pool, count, sizeof(*split->samples));
    for (size_t i = 0; i < count; i++)
        split->samples[i] = all[places[i]];
}

int32_t taskset_invent(grasp_call *call, struct medagent *self, struct cohort_roster *roster)
{
    static const char *const names[] = {"mrn", "name", "birth_date", "now", NULL};
    struct split_places places;
    struct task_sample all[SAMPLE_COUNT];
    const grasp_json_value *questions;
    const char *file = self->version == MEDAGENT_V1 ? "v1_questions.json" : "v2_questions.json";
    int32_t status = medagent_prompt_json(call, self, file, names, &questions);
    if (status)
        return status;
    cohort_roster_invent(roster, 0, PATIENTS + OTHERS - 1);
    for (int type = 1; type <= TYPE_COUNT; type++) {
        grasp_str name = grasp_format(call, "task%d", type);
        const grasp_json_value *question = self->json->get(questions, name);
        if (self->json->kind(question) != GRASP_JSON_OBJECT)
            return grasp_fail(call, GRASP_E_INVALID, "prompt %s: no %s", file, name.ptr);
        status = make_type(call, self, type, question, roster, &all[(type - 1) * SAMPLES_PER_TYPE]);
        if (status)
            return status;
    }
    split_draw(self->version, &places);
    take(self, &self->splits[0], all, places.dev, SPLIT_DEV);
    take(self, &self->splits[1], all, places.val, SPLIT_VAL);
    take(self, &self->splits[2], all, places.id_test, SPLIT_ID_TEST);
    take(self, &self->splits[3], all, places.test, SPLIT_TEST);
    return GRASP_OK;
}
