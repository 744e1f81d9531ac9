/* SPDX-License-Identifier: MIT */
#include "cli/summary.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/spending.h"
#include "run/figures.h"
#include "run/missing.h"

static struct json *read_json(const char *dir, const char *name)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = file_join(dir, name);
    if (file_read(path, JSON_MAX_SIZE, &text, NULL))
        return NULL;
    return json_parse(buf_view(&text), NULL);
}

static void bar(struct buf *out, double score)
{
    for (int i = 0; i < 20; i++)
        buf_text(out, score * 20 > i + 0.5 ? "#" : ".");
}

static void score_row(struct buf *out, struct str label, const struct json *row)
{
    double score = json_double(json_get(row, "score"), 0);
    buf_printf(out, "  %-22.*s ", (int)label.len, label.ptr);
    bar(out, score);
    buf_printf(out, " %5.1f %%  %lld of %lld", 100 * score,
               (long long)json_int(json_get(row, "n_correct"), 0),
               (long long)json_int(json_get(row, "n_total"), 0));
    int64_t missing = json_int(json_get(row, "n_missing"), 0);
    if (missing)
        buf_printf(out, " (%lld could not be run)", (long long)missing);
    buf_char(out, '\n');
    const struct json *figures = json_get(row, "figures");
    if (!json_count(figures))
        return;
    buf_printf(out, "  %-22s ", "");
    figures_show(out, figures);
    buf_char(out, '\n');
}

static void curve(struct buf *out, const char *dir)
{
    CLEANUP_JSON struct json *rows = read_json(dir, "val_scores.json");
    if (!json_count(rows))
        return;
    buf_text(out, "\nLearning curve (validation)\n");
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i), *epoch = json_get(row, "epoch");
        CLEANUP_FREE char *name = mem_printf("epoch %lld", (long long)json_int(epoch, 0));
        score_row(out, json_is(epoch, JSON_STRING) ? json_str(epoch) : str_of(name), row);
    }
}

static void tests(struct buf *out, const char *dir)
{
    static const char *const names[][2] = {
        {"id_test_eval_baseline", "test, before"},
        {"id_test_eval_best", "test, best"},
        {"test_eval_baseline", "test (OOD), before"},
        {"test_eval_best", "test (OOD), best"},
    };
    CLEANUP_JSON struct json *scores = read_json(dir, "test_scores.json");
    if (!json_count(scores))
        return;
    buf_text(out, "\nTests\n");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json *row = json_get(scores, names[i][0]);
        if (row)
            score_row(out, str_of(names[i][1]), row);
    }
}

static void missing(struct buf *out, const char *dir)
{
    CLEANUP_JSON struct json *list = read_json(dir, "missing.json");
    int64_t count = json_int(json_get(list, "count"), 0);
    if (!count)
        return;
    buf_printf(out, "\nNot available: %lld (", (long long)count);
    missing_write_faults(out, list);
    buf_text(out, "); see missing.json\n");
}

static bool is_applied(const struct json *event, const struct json *proposal)
{
    const struct json *applied = json_get(event, "applied");
    for (size_t i = 0; i < json_count(applied); i++) {
        const struct json *a = json_at(applied, i);
        if (json_equal(json_get(a, "action"), json_get(proposal, "action")) &&
            json_equal(json_get(a, "name"), json_get(proposal, "name")) &&
            json_equal(json_get(a, "content"), json_get(proposal, "content")))
            return true;
    }
    return false;
}

static struct json *edit(const struct json *event, const struct json *candidate)
{
    static const char *const counts[] = {"fixes", "regressions", "score"};
    const struct json *proposal = json_get(candidate, "proposal");
    struct json *out = json_new_object();
    json_set(out, "epoch", json_copy(json_get(event, "epoch")));
    json_set(out, "kept", json_new_bool(is_applied(event, proposal)));
    if (json_bool(json_get(candidate, "untried"), false))
        json_set(out, "untried", json_new_bool(true));
    json_set(out, "action", json_copy(json_get(proposal, "action")));
    json_set(out, "name", json_copy(json_get(proposal, "name")));
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        json_set(out, counts[i], json_copy(json_get(candidate, counts[i])));
    return out;
}

/* What was tried on the probe samples, in order. */
static struct json *edits(const char *dir)
{
    struct json *out = json_new_array();
    for (int epoch = 0;; epoch++) {
        CLEANUP_FREE char *name = mem_printf("epoch_%d/skill_updates.json", epoch);
        CLEANUP_JSON struct json *events = read_json(dir, name);
        if (!events)
            return out;
        for (size_t i = 0; i < json_count(events); i++) {
            const struct json *event = json_at(events, i), *grpo = json_get(event, "grpo");
            for (size_t k = 0; k < json_count(grpo); k++)
                json_push(out, edit(event, json_at(grpo, k)));
        }
    }
}

static const char *fate(const struct json *row)
{
    if (json_bool(json_get(row, "kept"), false))
        return "kept";
    return json_bool(json_get(row, "untried"), false) ? "untried" : "refused";
}

static void edit_row(struct buf *out, const struct json *row)
{
    struct str action = json_str(json_get(row, "action")), name = json_str(json_get(row, "name"));
    CLEANUP_BUF struct buf shown = {0};
    buf_escaped(&shown, name.len > 40 ? (struct str){name.ptr, 40} : name);
    buf_printf(out, "  epoch %lld  %-7s  %-6.*s %-30s  %3lld fixed %3lld broken  score %+lld\n",
               (long long)json_int(json_get(row, "epoch"), 0), fate(row), (int)action.len,
               action.ptr, shown.ptr, (long long)json_int(json_get(row, "fixes"), 0),
               (long long)json_int(json_get(row, "regressions"), 0),
               (long long)json_int(json_get(row, "score"), 0));
}

static void edit_rows(struct buf *out, const char *dir)
{
    CLEANUP_JSON struct json *rows = edits(dir);
    if (json_count(rows))
        buf_text(out, "\nEdits, on the probe samples\n");
    for (size_t i = 0; i < json_count(rows); i++)
        edit_row(out, json_at(rows, i));
}

struct json *summary_json(const char *dir, const char *folder, bool rehearsal)
{
    CLEANUP_FREE char *best = mem_printf("%s/%s/best", dir, folder);
    struct json *out = json_new_object(), *tests = read_json(dir, "test_scores.json");
    json_set(out, "event", json_new_str(STR("done")));
    json_set(out, "dir", json_new_str(str_of(dir)));
    json_set(out, "curve", read_json(dir, "val_scores.json"));
    json_set(out, "tests", tests ? tests : json_new_object());
    json_set(out, "edits", edits(dir));
    json_set(out, "best", file_is_dir(best) ? json_new_str(str_of(best)) : NULL);
    json_set(out, "rehearsal", json_new_bool(rehearsal));
    CLEANUP_JSON struct json *list = read_json(dir, "missing.json");
    json_set(out, "missing", json_new_int(json_int(json_get(list, "count"), 0)));
    return out;
}

static bool is_empty(const char *dir)
{
    char **names = NULL;
    size_t count = 0;
    int code = file_list(dir, true, 1, &names, &count, NULL);
    for (size_t i = 0; i < count; i++)
        mem_free(names[i]);
    mem_free(names);
    return !code && count == 0;
}

void summary_write(struct buf *out, const char *dir, const char *folder, bool rehearsal)
{
    CLEANUP_FREE char *best = mem_printf("%s/%s/best", dir, folder);
    curve(out, dir);
    tests(out, dir);
    edit_rows(out, dir);
    missing(out, dir);
    CLEANUP_JSON struct json *ledger = read_json(dir, "ledger.json");
    spending_show(out, ledger);
    buf_char(out, '\n');
    if (file_is_dir(best) && is_empty(best))
        buf_text(out, "Best checkpoint: the start; nothing that was learned scored higher\n");
    else if (file_is_dir(best))
        buf_printf(out, "Best checkpoint: %s\n", best);
    buf_printf(out, "Run directory:   %s\n", dir);
    if (rehearsal)
        buf_text(out, "\nThese figures come from the built-in rehearsal model: they show that the "
                      "machinery works\nand say nothing about a real one.\n");
}
