/* SPDX-License-Identifier: MIT */
#include "stats/sample.h"

#include <math.h>

#include "base/mem.h"

void sample_add(struct sample *sample, double value)
{
    MEM_RESERVE(sample->items, sample->n, sample->capacity);
    sample->items[sample->n++] = value;
}

void sample_clear(struct sample *sample)
{
    mem_free(sample->items);
    *sample = (struct sample){0};
}

double sample_mean(const struct sample *sample)
{
    double sum = 0;
    for (size_t i = 0; i < sample->n; i++)
        sum += sample->items[i];
    return sample->n ? sum / (double)sample->n : 0;
}

double sample_sd(const struct sample *sample)
{
    double center = sample_mean(sample), sum = 0;
    for (size_t i = 0; i < sample->n; i++)
        sum += (sample->items[i] - center) * (sample->items[i] - center);
    return sample->n > 1 ? sqrt(sum / (double)(sample->n - 1)) : 0;
}
