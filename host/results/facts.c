/* SPDX-License-Identifier: MIT */
#include "results/facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define MAX_TOTAL 10000000

void facts_clear(struct facts *facts)
{
    mem_free(facts->runs);
    mem_free(facts->problems);
    map_clear(&facts->by_key);
    arena_clear(&facts->arena);
    *facts = (struct facts){0};
}

static const char *keep(struct facts *facts, const char *text)
{
    return arena_dup(&facts->arena, text, strlen(text));
}

struct run_facts *facts_run(struct facts *facts, const struct run_key *key)
{
    CLEANUP_FREE char *id = mem_printf("%s\n%s\n%s\n%s\n%s\n%s", key->section, key->subsection,
                                       key->model, key->benchmark, key->method, key->run);
    struct run_facts *run = map_get(&facts->by_key, str_of(id));
    if (run)
        return run;
    run = arena_alloc(&facts->arena, sizeof(*run));
    run->key = (struct run_key){keep(facts, key->section), keep(facts, key->subsection),
                                keep(facts, key->model),   keep(facts, key->benchmark),
                                keep(facts, key->method),  keep(facts, key->run)};
    map_set(&facts->by_key, str_of(id), run);
    MEM_RESERVE(facts->runs, facts->count, facts->capacity);
    facts->runs[facts->count++] = run;
    return run;
}

void facts_problem(struct facts *facts, struct run_facts *run, const char *file, unsigned line,
                   const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    MEM_RESERVE(facts->problems, facts->problem_count, facts->problem_capacity);
    facts->problems[facts->problem_count++] = (struct problem){
        .file = keep(facts, file), .text = keep(facts, text), .line = line, .of_run = run};
    if (run)
        run->damaged = true;
}

const char *facts_path(struct facts *facts, const char *dir, const char *name)
{
    return arena_printf(&facts->arena, "%s/%s", dir, name);
}

static bool is_best(struct str checkpoint)
{
    return str_is(checkpoint, "best") || str_is(checkpoint, "learned");
}

static int measure_of(struct str split, struct str checkpoint)
{
    bool base = str_is(checkpoint, "baseline");
    if (str_is(split, "val"))
        return base ? MEASURE_VAL_BASE
                    : (str_starts(checkpoint, "epoch_") ? (int)MEASURE_VAL_BEST : -1);
    if (!base && !is_best(checkpoint))
        return -1;
    if (str_is(split, "id_test") || str_is(split, "test"))
        return base ? MEASURE_TEST_BASE : MEASURE_TEST_BEST;
    if (str_is(split, "ood_test"))
        return base ? MEASURE_OOD_BASE : MEASURE_OOD_BEST;
    return -1;
}

void facts_add(struct facts *facts, struct run_facts *run, struct str split, struct str checkpoint,
               struct tally tally)
{
    int measure = measure_of(split, checkpoint);
    if (measure < 0) {
        facts_problem(facts, run, tally.file, tally.line,
                      "unknown split '%.*s' or checkpoint '%.*s'", (int)split.len, split.ptr,
                      (int)checkpoint.len, checkpoint.ptr);
        return;
    }
    if (tally.total <= 0 || tally.total > MAX_TOTAL || tally.correct < 0 ||
        tally.correct > tally.total) {
        facts_problem(facts, run, tally.file, tally.line, "%lld of %lld is no score; left out",
                      (long long)tally.correct, (long long)tally.total);
        return;
    }
    struct tally *have = &run->tallies[measure];
    if (measure == MEASURE_VAL_BEST) { /* compared as fractions: no rounding */
        if (!have->total || tally.correct * have->total > have->correct * tally.total)
            *have = tally;
        return;
    }
    if (have->total && (have->correct != tally.correct || have->total != tally.total))
        facts_problem(facts, run, tally.file, tally.line,
                      "%lld of %lld, but %s:%u says %lld of %lld; the first is used",
                      (long long)tally.correct, (long long)tally.total, have->file, have->line,
                      (long long)have->correct, (long long)have->total);
    else
        *have = tally;
}

static const struct tally *there(const struct tally *tally)
{
    return tally->total ? tally : NULL;
}

/* A training run that was stopped before its tests counts for nothing, as in the release. */
static bool is_stopped(const struct run_facts *run)
{
    bool val = run->tallies[MEASURE_VAL_BEST].total || run->tallies[MEASURE_VAL_BASE].total;
    bool test = run->tallies[MEASURE_TEST_BASE].total || run->tallies[MEASURE_TEST_BEST].total;
    return strcmp(run->key.section, "main") == 0 && !run->own && val && !test;
}

void facts_note_stopped(struct facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        struct run_facts *run = facts->runs[i];
        const struct tally *tally = &run->tallies[MEASURE_VAL_BEST];
        if (!is_stopped(run))
            continue;
        if (!tally->total)
            tally = &run->tallies[MEASURE_VAL_BASE];
        facts_problem(facts, NULL, tally->file, tally->line,
                      "%s %s %s %s has no test score; the run is left out", run->key.model,
                      run->key.benchmark, run->key.method, run->key.run);
        facts->problems[facts->problem_count - 1].is_note = true;
    }
}

const struct tally *run_tally(const struct run_facts *run, enum measure measure)
{
    const struct tally *tally = &run->tallies[measure];
    if (is_stopped(run))
        return NULL;
    if (!tally->total && measure == MEASURE_TEST_BEST)
        tally = &run->tallies[MEASURE_TEST_BASE];
    if (!tally->total && measure == MEASURE_OOD_BEST)
        tally = &run->tallies[MEASURE_OOD_BASE];
    if (!tally->total && measure == MEASURE_VAL_BEST && run->own)
        tally = &run->tallies[MEASURE_VAL_BASE]; /* nothing was learned, so nothing was chosen */
    return there(tally);
}

static bool has_entry(const char *dir, const char *name, bool folder)
{
    CLEANUP_FREE char *path = file_join(dir, name);
    return folder ? file_is_dir(path) : file_exists(path);
}

enum facts_kind facts_kind(const char *dir)
{
    static const char *const sections[] = {"main", "ablations", "sensitivity", "transfer",
                                           "nonmedical"};
    if (has_entry(dir, "scores.csv", false) || has_entry(dir, "curves.csv", false))
        return FACTS_CSV;
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (has_entry(dir, sections[i], true))
            return FACTS_LAYOUT;
    }
    return file_is_dir(dir) ? FACTS_OWN : FACTS_NONE;
}

char *facts_find_released(void)
{
    static const char *const beside[] = {"../share/grasp-host/results", "../../results"};
    const char *given = getenv("GRASP_RESULTS");
    char program[4096];
    if (given && *given)
        return mem_printf("%s", given);
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[len > 0 ? len : 0] = 0;
    CLEANUP_FREE char *dir = file_dir_name(program);
    for (size_t i = 0; len > 0 && i < sizeof(beside) / sizeof(beside[0]); i++) {
        char *path = mem_printf("%s/%s", dir, beside[i]);
        char *real = realpath(path, NULL);
        mem_free(path);
        if (real && facts_kind(real) == FACTS_CSV)
            return real;
        free(real);
    }
    return facts_kind("results") == FACTS_CSV ? mem_printf("results") : NULL;
}
