/* SPDX-License-Identifier: MIT */
#include "common/verdict.h"

int32_t verdict_emit(grasp_call *call, double score, const struct text *tags,
                     const struct text *detail)
{
    if (tags->failed || detail->failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the verdict");
    grasp_verdict verdict = {.size = sizeof(verdict),
                             .correct = score >= 1,
                             .score = score,
                             .tags = text_view(tags),
                             .detail = text_view(detail)};
    return call->host->emit_verdict(call, &verdict);
}
