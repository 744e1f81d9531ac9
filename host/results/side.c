/* SPDX-License-Identifier: MIT */
#include "results/side.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/yaml.h"

#define RELEASED "released:"
#define MAX_RUNS 1000

static bool has(const char *dir, const char *name)
{
    CLEANUP_FREE char *path = file_join(dir, name);
    return file_exists(path);
}

static bool is_run(const char *dir)
{
    return has(dir, "run.json") || has(dir, "config.yaml") || has(dir, "val_scores.json") ||
           has(dir, "test_scores.json");
}

/* --- Rows --- */

static void add_outcome(struct facts *facts, struct run_facts *run, struct side_run *out,
                        const char *path, unsigned line, struct str text, size_t *capacity)
{
    CLEANUP_JSON struct json *row = json_check(text, NULL, NULL) ? json_parse(text, NULL) : NULL;
    struct str id = json_str(json_get(row, "sample_id"));
    const struct json *correct = json_get(row, "is_correct");
    if (!row) {
        facts_problem(facts, run, path, line, "is no JSON; row left out");
        return;
    }
    if (!id.len || !(json_is(correct, JSON_BOOL) || json_is(correct, JSON_NULL))) {
        facts_problem(facts, run, path, line, "has no sample_id with an is_correct; row left out");
        return;
    }
    if (map_has(&out->by_sample, id)) {
        facts_problem(facts, run, path, line, "sample %.*s is there twice; the first row counts",
                      (int)(id.len < 100 ? id.len : 100), id.ptr);
        return;
    }
    MEM_RESERVE(out->outcomes, out->count, *capacity);
    struct outcome *outcome = &out->outcomes[out->count++];
    outcome->sample = (struct str){arena_dup(&facts->arena, id.ptr, id.len), id.len};
    outcome->available = json_is(correct, JSON_BOOL);
    outcome->correct = json_bool(correct, false);
    map_set(&out->by_sample, id, (void *)(uintptr_t)out->count); /* index + 1 */
}

static void read_rows(struct facts *facts, struct run_facts *run, struct side_run *out,
                      const char *path)
{
    CLEANUP_BUF struct buf text = {0};
    struct err err = {0};
    size_t capacity = 0;
    if (!file_exists(path))
        return;
    if (file_read(path, 0, &text, &err)) {
        facts_problem(facts, run, path, 0, "%s", err.text);
        return;
    }
    struct str rest = buf_view(&text);
    for (unsigned line = 1; rest.len; line++) {
        struct str row = str_cut(&rest, '\n');
        if (row.len)
            add_outcome(facts, run, out, path, line, row, &capacity);
    }
    out->tally = (struct tally){.file = path, .line = 1};
    for (size_t i = 0; i < out->count; i++) {
        out->tally.total += out->outcomes[i].available;
        out->tally.correct += out->outcomes[i].correct;
    }
}

/* The epoch with the best validation, the baseline if none is better. */
static const char *best_epoch(struct facts *facts, const char *dir)
{
    CLEANUP_BUF struct buf text = {0};
    const char *path = facts_path(facts, dir, "val_scores.json"), *best = "baseline";
    double most = -1;
    if (file_read(path, FILE_MAX_CONFIG, &text, NULL))
        return best;
    CLEANUP_JSON struct json *rows = json_parse(buf_view(&text), NULL);
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i), *epoch = json_get(row, "epoch");
        if (json_double(json_get(row, "score"), -1) <= most)
            continue;
        most = json_double(json_get(row, "score"), -1);
        best = json_is(epoch, JSON_STRING) || json_int(epoch, 0) < 0
                   ? "baseline"
                   : arena_printf(&facts->arena, "epoch_%lld", (long long)json_int(epoch, 0));
    }
    return best;
}

/* The file with the rows of a split: of an evaluation, or of a run's checkpoint. */
static const char *rows_path(struct facts *facts, const char *dir, const struct side_view *view)
{
    CLEANUP_FREE char *eval = mem_printf("%s_runs.jsonl", view->split);
    if (has(dir, eval))
        return facts_path(facts, dir, eval);
    if (strcmp(view->split, "val") == 0) {
        const char *epoch = view->baseline ? "baseline" : best_epoch(facts, dir);
        CLEANUP_FREE char *name = mem_printf("%s/val_runs.jsonl", epoch);
        return facts_path(facts, dir, name);
    }
    CLEANUP_FREE char *best = mem_printf("%s_eval_best/test_runs.jsonl", view->split);
    CLEANUP_FREE char *base = mem_printf("%s_eval_baseline/test_runs.jsonl", view->split);
    return facts_path(facts, dir, !view->baseline && has(dir, best) ? best : base);
}

/* --- A run directory --- */

static void add_costs(struct side_run *run, const struct json *phases)
{
    for (struct json_iter phase = json_members(phases); json_next(&phase);) {
        if (str_is(phase.key, "timing"))
            continue;
        for (struct json_iter role = json_members(phase.value); json_next(&role);) {
            run->calls += json_int(json_get(role.value, "calls"), 0);
            run->prompt_tokens += json_int(json_get(role.value, "prompt_tokens"), 0);
            run->completion_tokens += json_int(json_get(role.value, "completion_tokens"), 0);
        }
    }
}

static const char *keep(struct facts *facts, struct str text)
{
    return arena_dup(&facts->arena, text.ptr ? text.ptr : "", text.len);
}

static void read_about(struct facts *facts, struct run_facts *facts_of, struct side_run *run,
                       const char *dir)
{
    CLEANUP_BUF struct buf text = {0}, costs = {0}, config_text = {0};
    CLEANUP_JSON struct json *state =
        facts_json(facts, facts_of, facts_path(facts, dir, "run.json"), &text);
    CLEANUP_JSON struct json *ledger =
        facts_json(facts, facts_of, facts_path(facts, dir, "ledger.json"), &costs);
    const char *path = facts_path(facts, dir, "config.yaml");
    CLEANUP_JSON struct json *config = file_read(path, FILE_MAX_CONFIG, &config_text, NULL)
                                           ? NULL
                                           : yaml_parse(buf_view(&config_text), path, NULL, NULL);
    const struct json *seed = json_get(state, "seed");
    if (!json_is(seed, JSON_INT))
        seed = json_path(config, "cycle.seed");
    run->has_seed = json_is(seed, JSON_INT);
    run->seed = json_int(seed, 0);
    run->has_cost = ledger != NULL;
    add_costs(run, ledger);
    run->task = keep(facts, json_str(json_path(state, "task.id")));
    run->model = keep(facts, json_str(json_get(state, "model")));
    run->rehearsal = strcmp(run->model, "rehearsal") == 0;
}

static struct tally counts_of(const struct run_facts *run, const struct side_view *view)
{
    enum measure measure = MEASURE_VAL_BASE;
    if (strcmp(view->split, "id_test") == 0)
        measure = MEASURE_TEST_BASE;
    else if (strcmp(view->split, "test") == 0)
        measure = MEASURE_OOD_BASE;
    if (!view->baseline)
        measure++; /* the best one follows the baseline */
    const struct tally *tally = run_tally(run, measure);
    return tally ? *tally : (struct tally){0};
}

static struct side_run *new_run(struct side *side)
{
    MEM_RESERVE(side->runs, side->count, side->capacity);
    side->runs[side->count] = (struct side_run){.task = "", .model = ""};
    return &side->runs[side->count++];
}

static int add_dir(struct side *side, const char *dir, const struct side_view *view,
                   struct facts *facts, struct err *err)
{
    CLEANUP_FREE char *id = mem_printf("%s %zu", dir, facts->count); /* each look is its own */
    struct run_key key = {"own", "", "", "", "", id};
    struct run_facts *run = facts_run(facts, &key);
    struct side_run *out = new_run(side);
    out->name = arena_printf(&facts->arena, "%s", dir);
    run->own = true;
    facts_read_run(facts, run, out->name);
    read_about(facts, run, out, out->name);
    const char *path = rows_path(facts, out->name, view);
    read_rows(facts, run, out, path);
    if (!out->count)
        out->tally = counts_of(run, view);
    if (!out->tally.total)
        return err_set(err, EXIT_USAGE, "%s: has no %s score of split %s (looked for %s)", dir,
                       view->baseline ? "baseline" : "final", view->split, path);
    return 0;
}

/* --- Arguments --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Run directories directly below a folder, by name. Free each and the array. */
static char **runs_below(const char *dir, size_t *out_count)
{
    char **found = NULL;
    size_t count = 0, capacity = 0;
    DIR *folder = opendir(dir);
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry && count < MAX_RUNS;
         entry = readdir(folder)) {
        char *path = entry->d_name[0] == '.' ? NULL : file_join(dir, entry->d_name);
        if (path && is_run(path)) {
            MEM_RESERVE(found, count, capacity);
            found[count++] = path;
        } else {
            mem_free(path);
        }
    }
    if (folder)
        closedir(folder);
    if (count)
        qsort(found, count, sizeof(*found), by_name);
    *out_count = count;
    return found;
}

static int add_path(struct side *side, const char *path, const struct side_view *view,
                    struct facts *facts, struct err *err)
{
    size_t count = 0;
    if (is_run(path))
        return add_dir(side, path, view, facts, err);
    char **below = runs_below(path, &count);
    int code = count ? 0 : err_set(err, EXIT_USAGE, "%s: is no run directory and holds none", path);
    for (size_t i = 0; i < count; i++) {
        if (!code)
            code = add_dir(side, below[i], view, facts, err);
        mem_free(below[i]);
    }
    mem_free(below);
    return code;
}

static int read_released(struct facts *facts, struct err *err)
{
    CLEANUP_FREE char *dir = facts_find_released();
    if (!dir)
        return err_set(err, EXIT_CONFIG,
                       "cannot find the released figures (scores.csv); set GRASP_RESULTS");
    return facts_read_csv(facts, dir, err);
}

static int add_released(struct side *side, const char *name, const struct side_view *view,
                        struct facts *facts, struct err *err)
{
    struct str rest = str_of(name), model = str_cut(&rest, '/'), benchmark = str_cut(&rest, '/');
    struct facts released = {0};
    int code = read_released(&released, err);
    for (size_t i = 0; i < released.count && !code; i++) {
        const struct run_facts *run = released.runs[i];
        struct tally tally = counts_of(run, view);
        if (strcmp(run->key.section, "main") != 0 || !str_is(model, run->key.model) ||
            !str_is(benchmark, run->key.benchmark) || !str_is(rest, run->key.method) ||
            !tally.total)
            continue;
        struct side_run *out = new_run(side);
        out->name = arena_printf(&facts->arena, "%s/%s", name, run->key.run);
        out->model = arena_printf(&facts->arena, "%s", run->key.model);
        tally.file = arena_printf(&facts->arena, "%s", tally.file);
        out->tally = tally;
    }
    facts_clear(&released);
    side->released = true;
    if (!code && !side->count)
        code = err_set(err, EXIT_USAGE,
                       "released:%s: no such runs with split %s; MODEL/BENCHMARK/METHOD as in "
                       "results/scores.csv, say gpt-oss-120b/MedAgentBench/skill_cycle",
                       name, view->split);
    return code;
}

int side_read(struct side *side, const char *text, const struct side_view *view,
              struct facts *facts, struct err *err)
{
    struct str rest = str_of(text);
    *side = (struct side){.label = arena_printf(&facts->arena, "%s", text)};
    if (str_find(rest, STR("="), NULL) && !file_exists(text)) {
        struct str label = str_cut(&rest, '=');
        side->label = arena_dup(&facts->arena, label.ptr, label.len);
    }
    if (str_starts(rest, RELEASED))
        return add_released(side, rest.ptr + strlen(RELEASED), view, facts, err);
    int code = 0;
    if (file_exists(rest.ptr)) /* a comma in a name is no separator */
        return add_path(side, rest.ptr, view, facts, err);
    while (rest.len && !code) {
        struct str path = str_cut(&rest, ',');
        CLEANUP_FREE char *copy = mem_dup(path.ptr, path.len);
        code = add_path(side, copy, view, facts, err);
    }
    return code;
}

void side_clear(struct side *side)
{
    for (size_t i = 0; i < side->count; i++) {
        mem_free(side->runs[i].outcomes);
        map_clear(&side->runs[i].by_sample);
    }
    mem_free(side->runs);
    *side = (struct side){0};
}

const char *side_split(const char *text)
{
    static const char *const splits[] = {"id_test", "test", "val"};
    for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
        struct facts scratch = {0};
        struct side side = {0};
        struct side_view view = {splits[i], false};
        int code = side_read(&side, text, &view, &scratch, NULL);
        side_clear(&side);
        facts_clear(&scratch);
        if (!code)
            return splits[i];
    }
    return NULL;
}

double side_score(const struct side *side)
{
    double sum = 0;
    for (size_t i = 0; i < side->count; i++)
        sum += (double)side->runs[i].tally.correct / (double)side->runs[i].tally.total;
    return side->count ? sum / (double)side->count : 0;
}
