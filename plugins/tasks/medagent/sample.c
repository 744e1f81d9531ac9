/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <grasp/helpers.h>

#include "common/cohort/now.h"
#include "common/slice.h"

static int type_of(grasp_str id)
{
    int64_t type;
    grasp_str rest = slice_from(id, 4);
    size_t end;
    if (!grasp_starts(id, "task") || !slice_find(rest, SLICE("_"), 0, &end) || end < 1 || end > 2 ||
        *rest.ptr == '0' || !when_digits(&rest, end, &type) || type > TYPE_COUNT)
        return 0;
    return (int)type;
}

static grasp_str text_of(const grasp_json *json, const grasp_json_value *object, const char *key)
{
    return json->as_string(json->get(object, grasp_cstr(key)));
}

bool sample_read(const grasp_json *json, const grasp_json_value *object, enum version version,
                 struct sample *out)
{
    *out = (struct sample){
        .version = version,
        .id = text_of(json, object, "id"),
        .instruction = text_of(json, object, "instruction"),
        .context = text_of(json, object, "context"),
        .mrn = text_of(json, object, "eval_MRN"),
        .solution = json->get(object, SLICE("sol")),
    };
    out->type = type_of(out->id);
    return out->type != 0;
}

struct when sample_now(const struct sample *sample, bool reference)
{
    struct when now;
    if (sample->version == MEDAGENT_V2)
        return now_of_context(sample->context, !reference, NULL);
    when_read(SLICE(NOW_V1), false, &now);
    return now;
}

grasp_str sample_now_text(struct pool *pool, const struct sample *sample, bool reference)
{
    grasp_str text;
    char made[WHEN_SIZE];
    if (sample->version == MEDAGENT_V1)
        return SLICE(NOW_V1);
    struct when now = now_of_context(sample->context, !reference, &text);
    if (text.len)
        return text;
    when_write(now.micros, made);
    return pool_dup(pool, grasp_cstr(made));
}
