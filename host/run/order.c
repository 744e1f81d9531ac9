/* SPDX-License-Identifier: MIT */
#include "run/order.h"

#include "base/mem.h"

void order_shuffle(enum method_order order, int64_t seed, int64_t epoch, size_t *positions,
                   size_t count)
{
    struct rng rng;
    CLEANUP_FREE char *label = mem_printf("%lld:shuffle:%lld", (long long)seed, (long long)epoch);
    for (size_t i = 0; i < count; i++)
        positions[i] = i;
    if (order == ORDER_RUN)
        rng_seed_text(&rng, str_of(label));
    else if (order == ORDER_EPOCH)
        rng_seed_int(&rng, epoch);
    else
        rng_seed_int(&rng, (int64_t)((uint64_t)seed * 1000000u + (uint64_t)epoch));
    rng_shuffle(&rng, positions, count);
}

size_t order_unit(enum method_unit unit, int64_t update_every, size_t dev_count)
{
    size_t size = unit == UNIT_SAMPLE ? 1 : unit == UNIT_EPOCH ? dev_count : (size_t)update_every;
    return size ? size : 1;
}

bool order_slice(size_t unit, size_t count, size_t number, size_t *out_from, size_t *out_to)
{
    if (number > count / unit || number * unit >= count)
        return false;
    *out_from = number * unit;
    *out_to = count - *out_from < unit ? count : *out_from + unit;
    return true;
}
