/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <math.h>

static bool is_empty(const struct retrieval *found)
{
    return !found->ids.count && !found->others;
}

double retrieval_recall(const struct retrieval *found, const struct strings *truth)
{
    if (!truth->count)
        return is_empty(found) ? 1 : NAN;
    for (size_t i = 0; i < truth->count; i++)
        if (!strings_have(&found->ids, truth->items[i]))
            return 0;
    return 1;
}

double retrieval_precision(const struct retrieval *found, const struct strings *truth)
{
    size_t right = 0;
    if (is_empty(found))
        return truth->count ? NAN : 1;
    for (size_t i = 0; i < found->ids.count; i++)
        right += strings_have(truth, found->ids.items[i]);
    return (double)right / (double)(found->ids.count + found->others);
}
