/* SPDX-License-Identifier: MIT */
#include "evidence.h"

#include <grasp/helpers.h>

#include "common/slice.h"
#include "pyvalue.h"

/* {{mrn}} is written %. */
static const char *const plans[2][TYPE_COUNT][EVIDENCE_MAX] = {
    {
        {NULL},
        {"Patient?identifier=%"},
        {NULL},
        {"Observation?patient=%&code=MG"},
        {"Observation?patient=%&code=MG"},
        {"Observation?patient=%&code=GLU"},
        {"Observation?patient=%&code=GLU"},
        {NULL},
        {"Observation?patient=%&code=K"},
        {"Observation?patient=%&code=A1C"},
    },
    {
        {"Procedure?patient=%&code=IMGCT0491,IMGIL0001"},
        {"MedicationRequest?patient=%&status=active"},
        {"Observation?patient=%&code=HEARTRATE"},
        {"Procedure?patient=%&code=NUR1373", "ServiceRequest?patient=%&code=NUR1373&status=active"},
        {"Condition?patient=%&code=C64.2", "Procedure?patient=%&code=IMGCT0491,IMGIL0001,74177"},
        {"Observation?patient=%&code=TSH", "Observation?patient=%&code=FT4"},
        {"Observation?patient=%&code=QTCINTERVAL"},
        {"MedicationRequest?patient=%&status=active"},
        {"Procedure?patient=%&code=90686"},
        {"Procedure?patient=%&code=COVIDVACCINE", "MedicationRequest?patient=%&status=completed"},
    },
};

static grasp_str fill(struct pool *pool, const char *plan, grasp_str mrn)
{
    size_t before = strcspn(plan, "%");
    bool search = strncmp(plan, "Patient?", 8) != 0;
    return pool_format(pool, "%.*s%.*s%s%s&_format=json", (int)before, plan, (int)mrn.len, mrn.ptr,
                       plan + before + 1, search ? "&_count=5000" : "");
}

size_t evidence_queries(struct pool *pool, const struct sample *sample, grasp_str out[EVIDENCE_MAX])
{
    const char *const *plan = plans[sample->version - 1][sample->type - 1];
    size_t count = 0;
    for (; count < EVIDENCE_MAX && plan[count]; count++)
        out[count] = fill(pool, plan[count], sample->mrn);
    return count;
}

static void write_entries(grasp_call *call, const grasp_json *json, struct text *out,
                          const grasp_json_value *entries)
{
    text_put(out, "[");
    for (uint64_t i = 0; i < json->count(entries); i++) {
        const grasp_json_value *resource = json->get(json->at(entries, i), SLICE("resource"));
        text_put(out, i ? ", {\"resource\": " : "{\"resource\": ");
        text_str(out, json->print(call, resource, 0));
        text_put(out, "}");
    }
    text_put(out, "]");
}

bool evidence_write(grasp_call *call, const grasp_json *json, struct text *out, grasp_str query,
                    const struct evidence *answer)
{
    const grasp_json_value *bundle = json->parse(call, answer->body, NULL);
    bool failed = answer->status >= 400;
    if (!failed && !py_is_object(json, bundle))
        return false;
    text_put(out, "{\"query\": ");
    text_json(out, query);
    text_format(out, ", \"status\": %d", answer->status);
    if (answer->plain_json)
        text_put(out, ", \"plain_json\": true");
    const grasp_json_value *entries = failed ? NULL : json->get(bundle, SLICE("entry"));
    if (json->kind(entries) == GRASP_JSON_ARRAY) {
        text_put(out, ", \"entry\": ");
        write_entries(call, json, out, entries);
    }
    text_put(out, "}");
    return true;
}

const grasp_json_value *evidence_find(const grasp_json *json, const grasp_json_value *array,
                                      grasp_str query)
{
    for (uint64_t i = 0; i < json->count(array); i++) {
        const grasp_json_value *entry = json->at(array, i);
        if (slice_eq(json->as_string(json->get(entry, SLICE("query"))), query))
            return entry;
    }
    return NULL;
}
