/* SPDX-License-Identifier: MIT */
#include "taskset.h"

#include "common/slice.h"
#include "pyvalue.h"

static struct cohort_text as_text(grasp_str text)
{
    return (struct cohort_text){text.ptr, text.len};
}

struct cohort_task taskset_task(const struct sample *sample)
{
    return (struct cohort_task){sample->version, as_text(sample->id), as_text(sample->mrn),
                                as_text(sample->instruction), as_text(sample->context)};
}

static int32_t check_sample(grasp_call *call, const struct medagent *self,
                            const grasp_json_value *object, const char *place,
                            const struct sample *sample)
{
    const grasp_json *json = self->json;
    bool named = self->version == MEDAGENT_V1 && sample->type == 1;
    grasp_str first = json->as_string(json->at(sample->solution, 0));
    if (json->kind(json->get(object, SLICE("instruction"))) != GRASP_JSON_STRING)
        return grasp_fail(call, GRASP_E_INVALID, "%s: no 'instruction'", place);
    if (named && !first.len)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: type 1 needs 'sol', a list with one text, the answer", place);
    if (!named && !sample->mrn.len)
        return grasp_fail(call, GRASP_E_INVALID, "%s: no 'eval_MRN'", place);
    return GRASP_OK;
}

int32_t taskset_add(grasp_call *call, struct medagent *self, grasp_json_value *object,
                    const char *place, struct task_sample *out)
{
    const grasp_json *json = self->json;
    struct sample sample;
    char type[16];
    if (!sample_read(json, object, self->version, &sample))
        return grasp_fail(call, GRASP_E_INVALID, "%s: 'id' is not of the form task<1..10>_<number>",
                          place);
    int32_t status = check_sample(call, self, object, place, &sample);
    if (status)
        return status;
    out->id = pool_dup(&self->pool, sample.id);
    out->mrn = pool_dup(&self->pool, sample.mrn);
    out->solution = pool_dup(&self->pool, json->as_string(json->at(sample.solution, 0)));
    json->set(call, object, SLICE("description"), json->new_string(call, sample.instruction));
    if (!self->reference) {
        snprintf(type, sizeof(type), "task%d", sample.type);
        json->set(call, object, SLICE("type"), json->new_string(call, grasp_cstr(type)));
    }
    out->json = pool_dup(&self->pool, json->print(call, object, 0));
    return GRASP_OK;
}
