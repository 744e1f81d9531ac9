/* SPDX-License-Identifier: MIT */
/* results/scores.csv (tests) and results/curves.csv (validation by epoch). */
#include "base/file.h"
#include "results/csv.h"
#include "results/facts.h"

#define KEY_COLUMNS 6

struct columns {
    int key[KEY_COLUMNS];
    int split, checkpoint, epoch, correct, total;
};

static int find_columns(const struct csv *csv, bool curves, struct columns *out, struct err *err)
{
    static const char *const names[] = {"section", "subsection", "model",     "benchmark",
                                        "method",  "run",        "n_correct", "n_total",
                                        "split",   "checkpoint", "epoch"};
    int *const at[] = {&out->key[0], &out->key[1],     &out->key[2],  &out->key[3],
                       &out->key[4], &out->key[5],     &out->correct, &out->total,
                       &out->split,  &out->checkpoint, &out->epoch};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool needed = i < 8 || (i == 10) == curves;
        *at[i] = csv_column(csv, names[i]);
        if (needed && *at[i] < 0)
            return err_set(err, EXIT_CONFIG, "%s:1: has no column '%s'", csv->path, names[i]);
    }
    return 0;
}

static struct run_facts *row_run(struct facts *facts, struct csv *csv, const struct columns *c)
{
    const char *parts[KEY_COLUMNS];
    for (int i = 0; i < KEY_COLUMNS; i++) {
        struct str field = csv_field(csv, c->key[i]);
        if (!field.len && i != 1)
            return NULL;
        parts[i] = arena_dup(&csv->arena, field.ptr, field.len);
    }
    struct run_key key = {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]};
    return facts_run(facts, &key);
}

static void read_row(struct facts *facts, struct csv *csv, const struct columns *c, bool curves)
{
    struct run_facts *run = row_run(facts, csv, c);
    struct str correct = csv_field(csv, c->correct), total = csv_field(csv, c->total);
    struct str split = curves ? STR("val") : csv_field(csv, c->split);
    struct str checkpoint = csv_field(csv, curves ? c->epoch : c->checkpoint);
    struct tally tally = {.file = csv->path, .line = csv->line};
    int64_t epoch;
    if (csv->count != csv->columns) {
        facts_problem(facts, run, csv->path, csv->line, "%zu fields instead of %zu; row left out",
                      csv->count, csv->columns);
        return;
    }
    if (!run) {
        facts_problem(facts, NULL, csv->path, csv->line, "does not say of which run; row left out");
        return;
    }
    if (!str_to_i64(correct, &tally.correct) || !str_to_i64(total, &tally.total)) {
        facts_problem(facts, run, csv->path, csv->line,
                      "n_correct '%.*s' and n_total '%.*s' are no counts; row left out",
                      (int)correct.len, correct.ptr, (int)total.len, total.ptr);
        return;
    }
    if (curves && str_to_i64(checkpoint, &epoch))
        checkpoint = STR("epoch_");
    facts_add(facts, run, split, checkpoint, tally);
}

static int read_file(struct facts *facts, const char *dir, const char *name, bool curves,
                     struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    const char *path = facts_path(facts, dir, name);
    struct csv csv;
    struct columns columns = {0};
    int code = file_read(path, 0, &text, err);
    if (code)
        return code;
    code = csv_open(&csv, path, buf_view(&text), err);
    if (!code)
        code = find_columns(&csv, curves, &columns, err);
    while (!code && csv_next(&csv))
        read_row(facts, &csv, &columns, curves);
    csv_close(&csv);
    return code;
}

int facts_read_csv(struct facts *facts, const char *dir, struct err *err)
{
    struct err first = {0}, second = {0};
    int scores = read_file(facts, dir, "scores.csv", false, &first);
    int curves = read_file(facts, dir, "curves.csv", true, &second);
    if (scores && curves) {
        return err_set(err, scores, "%s", first.text);
    }
    if (scores)
        facts_problem(facts, NULL, facts_path(facts, dir, "scores.csv"), 0, "%s", first.text);
    if (curves)
        facts_problem(facts, NULL, facts_path(facts, dir, "curves.csv"), 0, "%s", second.text);
    return 0;
}
