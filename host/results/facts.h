/* SPDX-License-Identifier: MIT */
/*
 * Scores as counts, by run: from results/ (scores.csv, curves.csv), from a folder in the layout of
 * the reference's results/, or from run directories of our own. What is wrong with a file becomes a
 * problem with its place, and marks the run; everything else is still read.
 *
 * Names follow the release: section main, ablations, sensitivity, transfer or nonmedical; splits
 * val, id_test (Test), ood_test (OOD) and, for the AgentBench environments, test.
 */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

struct tally {
    int64_t correct, total; /* total 0: not there */
    const char *file;
    unsigned line;
};

enum measure {
    MEASURE_VAL_BASE,  /* before learning */
    MEASURE_VAL_BEST,  /* the best epoch: selected, hence optimistic */
    MEASURE_TEST_BASE, /* in distribution; for AgentBench the only test */
    MEASURE_TEST_BEST, /* falls back to MEASURE_TEST_BASE */
    MEASURE_OOD_BASE,  /* out of distribution */
    MEASURE_OOD_BEST,  /* falls back to MEASURE_OOD_BASE */
    MEASURE_COUNT,
};

struct run_key {
    const char *section, *subsection, *model, *benchmark, *method, *run;
};

struct run_facts {
    struct run_key key;
    struct tally tallies[MEASURE_COUNT];
    bool own; /* a run of ours, beside the released ones */
    bool rehearsal;
    bool damaged; /* a problem names one of its files */
};

struct problem {
    const char *file, *text;
    unsigned line; /* 0: the whole file */
    bool of_run;   /* a run is marked; if not, it could be any run's */
    bool is_note;  /* nothing is damaged: a run that was stopped, say */
};

struct facts {
    struct run_facts **runs; /* in the order in which they were read */
    size_t count, capacity;
    struct problem *problems;
    size_t problem_count, problem_capacity;
    struct map by_key;
    struct arena arena;
};

void facts_clear(struct facts *facts);
/* The run, made if it is new. Strings are copied. */
struct run_facts *facts_run(struct facts *facts, const struct run_key *key);
/* Adds a score. split: val, id_test, ood_test, test; checkpoint: baseline, best, learned, epoch_K.
 * Counts that cannot be are a problem. */
void facts_add(struct facts *facts, struct run_facts *run, struct str split, struct str checkpoint,
               struct tally tally);
/* run NULL: the problem may concern any run. */
__attribute__((format(printf, 5, 6))) void facts_problem(struct facts *facts, struct run_facts *run,
                                                         const char *file, unsigned line,
                                                         const char *format, ...);
/* Notes the training runs that count for nothing because they have no test. Call after reading. */
void facts_note_stopped(struct facts *facts);
/* The tally of a measure after its fall-back; NULL if the run has none, or if the run was stopped
 * before its tests and so counts for nothing. */
const struct tally *run_tally(const struct run_facts *run, enum measure measure);

/* A file's path as problems show it: kept by the facts. */
const char *facts_path(struct facts *facts, const char *dir, const char *name);
/* Reads a JSON file. Missing: NULL without a problem; damaged: NULL with one. */
struct json *facts_json(struct facts *facts, struct run_facts *run, const char *path,
                        struct buf *text);
/* The offset of the index-th member of the outermost array or object of a valid JSON text. */
size_t json_offset(struct str text, size_t index);
/* A file with a score in it, read for one run. */
struct score_file {
    struct facts *facts;
    struct run_facts *run;
    const char *path;
    struct str text;
    int64_t total_if_missing; /* where only "score" is stored; 0: unknown */
};
/* {"n_correct", "n_total", "score", "n_missing"} whose text begins at offset. False with a problem.
 */
bool score_read(const struct score_file *file, size_t offset, const struct json *row,
                struct tally *out);
/* A run directory: val_scores.json, test_scores.json or the files of the test folders. */
void facts_read_run(struct facts *facts, struct run_facts *run, const char *dir);

/* Readers. EXIT_CONFIG only if nothing can be read. */
int facts_read_csv(struct facts *facts, const char *dir, struct err *err);
int facts_read_layout(struct facts *facts, const char *dir, struct err *err);
int facts_read_own(struct facts *facts, const char *dir, struct err *err);

enum facts_kind { FACTS_NONE, FACTS_CSV, FACTS_LAYOUT, FACTS_OWN };
enum facts_kind facts_kind(const char *dir);
/* Where the released figures are: $GRASP_RESULTS, or beside the program (installed or in the
 * source tree), or ./results. NULL if nowhere. Owned by the caller. */
char *facts_find_released(void);
