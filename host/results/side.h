/* SPDX-License-Identifier: MIT */
/* One side of a comparison: the runs of a method, sample by sample where rows are stored. */
#pragma once

#include "results/facts.h"

struct outcome {
    struct str sample;
    bool available, correct;
};

struct side_run {
    const char *name; /* folder, or name within the release */
    int64_t seed;
    bool has_seed;
    struct outcome *outcomes; /* in the order of the file; NULL if only counts are there */
    size_t count;
    struct map by_sample;
    struct tally tally; /* right of those that could be run */
    int64_t calls, prompt_tokens, completion_tokens;
    bool has_cost, rehearsal;
    const char *task, *model;
};

struct side {
    const char *label;
    struct side_run *runs;
    size_t count, capacity;
    bool released; /* counts of the released figures */
};

/* Where a run is looked at. */
struct side_view {
    const char *split; /* val, id_test, test */
    bool baseline;     /* before learning; else the best checkpoint */
};

/* text: [LABEL=]PATH[,PATH...], each a run directory or a folder of run directories, or
 * released:MODEL/BENCHMARK/METHOD. Problems with rows go to facts, which also keeps all strings.
 * EXIT_USAGE if there is no such run, or no score of that split. */
int side_read(struct side *side, const char *text, const struct side_view *view,
              struct facts *facts, struct err *err);
void side_clear(struct side *side);
/* id_test, test or val: the first of which the text's first run has rows or scores; NULL if none.
 */
const char *side_split(const char *text);
/* Mean over runs of the shares. */
double side_score(const struct side *side);
