/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <grasp/helpers.h>

int32_t describe_emit(grasp_call *call, const struct text *out)
{
    if (out->failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    return call->host->emit_json(call, text_view(out));
}

int32_t describe_no_split(grasp_call *call, grasp_str name)
{
    return grasp_fail(call, GRASP_E_NOT_FOUND, "no split '%.*s'; there are dev, val and test",
                      name.len > 64 ? 64 : (int)name.len, name.ptr);
}
