/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <grasp/helpers.h>

#include "data.h"

void describe_sample(struct text *out, grasp_str id, grasp_str type, grasp_str description)
{
    text_put(out, "{\"id\": ");
    text_json(out, id);
    text_put(out, ", \"type\": ");
    text_json(out, type);
    text_put(out, ", \"description\": ");
    text_json(out, description);
}

int32_t describe_emit(grasp_call *call, const struct text *out)
{
    if (out->failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    return call->host->emit_json(call, text_view(out));
}

int32_t describe_split(grasp_call *call, grasp_str name, size_t *out)
{
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++) {
        if (grasp_equal(name, data_split_names[i])) {
            *out = i;
            return GRASP_OK;
        }
    }
    return grasp_fail(call, GRASP_E_NOT_FOUND, "no split '%.*s'; there are dev, val and test",
                      name.len > 64 ? 64 : (int)name.len, name.ptr);
}
