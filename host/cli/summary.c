/* SPDX-License-Identifier: MIT */
#include "cli/summary.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"

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

static void edit(struct buf *out, const struct json *event, const struct json *candidate)
{
    const struct json *proposal = json_get(candidate, "proposal");
    struct str action = json_str(json_get(proposal, "action"));
    struct str name = json_str(json_get(proposal, "name"));
    CLEANUP_BUF struct buf shown = {0};
    buf_escaped(&shown, name.len > 40 ? (struct str){name.ptr, 40} : name);
    buf_printf(out, "  epoch %lld  %-7s  %-6.*s %-40s  %3lld fixed %3lld broken  score %+lld\n",
               (long long)json_int(json_get(event, "epoch"), 0),
               is_applied(event, proposal) ? "kept" : "refused", (int)action.len, action.ptr,
               shown.ptr, (long long)json_int(json_get(candidate, "fixes"), 0),
               (long long)json_int(json_get(candidate, "regressions"), 0),
               (long long)json_int(json_get(candidate, "score"), 0));
}

static void edits(struct buf *out, const char *dir)
{
    bool any = false;
    for (int epoch = 0;; epoch++) {
        CLEANUP_FREE char *name = mem_printf("epoch_%d/skill_updates.json", epoch);
        CLEANUP_JSON struct json *events = read_json(dir, name);
        if (!events)
            return;
        for (size_t i = 0; i < json_count(events); i++) {
            const struct json *event = json_at(events, i), *grpo = json_get(event, "grpo");
            for (size_t k = 0; k < json_count(grpo); k++) {
                if (!any)
                    buf_text(out, "\nEdits, on the probe samples\n");
                any = true;
                edit(out, event, json_at(grpo, k));
            }
        }
    }
}

void summary_write(struct buf *out, const char *dir, const char *folder, bool rehearsal)
{
    CLEANUP_FREE char *best = mem_printf("%s/%s/best", dir, folder);
    curve(out, dir);
    tests(out, dir);
    edits(out, dir);
    if (file_is_dir(best))
        buf_printf(out, "\nBest checkpoint: %s\n", best);
    buf_printf(out, "%sRun directory:   %s\n", file_is_dir(best) ? "" : "\n", dir);
    if (rehearsal)
        buf_text(out, "\nThese figures come from the built-in rehearsal model: they show that the "
                      "machinery works\nand say nothing about a real one.\n");
}
