/* SPDX-License-Identifier: MIT */
/* What the host does around a method: settings, the run directory, the best checkpoint. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/yaml.h"
#include "golden_grasp.h"
#include "run/config.h"
#include "run/record.h"
#include "run/rundir.h"

static void best_checkpoint(struct golden *g)
{
    golden_section(g, "sections.best_checkpoint.cases");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *epochs = json_get(c, "epochs"), *library = NULL;
        double best = 0;
        bool has_best = false;
        int64_t label = -1;
        for (size_t i = 0; i < json_count(epochs); i++) {
            const struct json *epoch = json_at(epochs, i);
            const struct json *after = json_at(json_get(c, "best_after_each"), i);
            double score = json_double(json_get(epoch, "val"), -1);
            if (score_beats(score, has_best ? &best : NULL, true)) {
                has_best = true;
                best = score;
                label = (int64_t)i;
            }
            if (label == (int64_t)i)
                library = json_get(epoch, "library");
            golden_expect_int(g, "epoch", label, json_int(json_at(after, 0), -1));
            golden_expect(g, best == json_double(json_at(after, 1), -1), "score");
        }
        const struct json *last = json_at(epochs, json_count(epochs) - 1);
        golden_expect_int(g, "restored", has_best, json_bool(json_get(c, "restored"), false));
        golden_expect_json(g, "final_learned", has_best ? library : json_get(last, "library"),
                           json_get(c, "final_learned"));
    }
}

static const char *text_or_null(const struct json *value)
{
    return json_is(value, JSON_STRING) ? json_str(value).ptr : NULL;
}

static void backend_precedence(struct golden *g)
{
    golden_section(g, "sections.backend_precedence.cases");
    for (const struct json *c; (c = golden_next(g));) {
        const char *name = config_agent_name(text_or_null(json_get(c, "cli")),
                                             text_or_null(json_get(c, "GRASP_BACKEND")),
                                             text_or_null(json_get(c, "agent_preset")));
        const char *want = text_or_null(json_get(c, "out"));
        golden_expect_str(g, "out", str_of(name ? name : "none"), str_of(want ? want : "none"));
    }
}

static void overrides(struct golden *g)
{
    golden_section(g, "sections.overrides.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct config config = {.tree = json_copy(json_get(c, "base"))};
        const struct json *list = json_get(c, "overrides");
        struct err err = {0};
        for (size_t i = 0; i < json_count(list); i++)
            golden_expect(g, !config_set_text(&config, json_str(json_at(list, i)).ptr, &err),
                          err.text);
        golden_expect_json(g, "out", config.tree, json_get(c, "out"));
        config_clear(&config);
    }
}

/* The file as it is written again from what it says; what must not be in it is the resolved agent,
 * which lives outside the tree here. */
static void prepare_run(struct golden *g)
{
    golden_section(g, "sections.prepare_run.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct err err = {0};
        char folder[] = "/tmp/golden-run-XXXXXX";
        struct str want = json_str(json_get(c, "config_yaml"));
        CLEANUP_JSON struct json *tree = yaml_parse(want, "config.yaml", NULL, &err);
        CLEANUP_BUF struct buf got = {0};
        if (!golden_expect(g, tree && mkdtemp(folder), "a folder and a configuration"))
            continue;
        struct rundir dir = {.path = folder, .lock_fd = -1};
        CLEANUP_FREE char *path = file_join(folder, "config.yaml");
        golden_expect(g, !rundir_write_config(&dir, tree, &err), err.text);
        golden_expect(g, !file_read(path, 1 << 20, &got, &err), err.text);
        golden_expect_str(g, "config.yaml", buf_view(&got), want);
        file_remove_tree(folder, &err);
    }
}

static struct str member_text(struct arena *arena, const struct json *object, const char *key)
{
    CLEANUP_BUF struct buf out = {0};
    json_write(&out, json_get(object, key), 0);
    return (struct str){arena_dup(arena, out.ptr, out.len), out.len};
}

/* The rollout that the recorded line is about. */
static struct rollout rollout_of(const struct json *line, const struct sample *sample)
{
    struct rollout r = {.sample = sample, .available = true};
    r.correct = json_bool(json_get(line, "is_correct"), false);
    r.status = json_str(json_get(line, "status"));
    r.answer = json_str(json_get(line, "history_final_answer"));
    r.raw = member_text(&r.arena, line, "task_result");
    r.tags = member_text(&r.arena, line, "failure_tags");
    r.actions = member_text(&r.arena, line, "agent_actions");
    r.history = member_text(&r.arena, line, "history");
    return r;
}

/* Clinical tasks write fewer keys in the reference; here every task writes all of them. */
static void dev_entry(struct golden *g, const char *section, bool all_keys)
{
    golden_section(g, section);
    for (const struct json *c; (c = golden_next(g));) {
        struct str want = json_str(json_get(c, "line"));
        CLEANUP_JSON struct json *line = json_parse(want, NULL);
        CLEANUP_BUF struct buf got = {0}, answer = {0};
        json_write(&answer, json_get(line, "ground_truth"), 0);
        struct sample sample = {
            .id = (char *)json_str(json_get(line, "sample_id")).ptr,
            .description = (char *)json_str(json_get(line, "instruction")).ptr,
            .type = all_keys ? (char *)json_str(json_get(line, "query_type")).ptr : (char *)"other",
            .answer = buf_view(&answer),
        };
        struct rollout r = rollout_of(line, &sample);
        record_dev_line(&got, &r, json_int(json_get(line, "update_cycle"), -1), STR("[]"));
        got.len -= 1; /* the line's end */
        CLEANUP_JSON struct json *parsed = json_parse(buf_view(&got), NULL);
        for (struct json_iter it = json_members(line); json_next(&it);)
            golden_expect_json(g, it.key.ptr, json_get_str(parsed, it.key), it.value);
        if (all_keys)
            golden_expect_str(g, "line", buf_view(&got), want);
        rollout_clear(&r);
    }
}

void golden_host_sections(struct golden *g)
{
    best_checkpoint(g);
    backend_precedence(g);
    overrides(g);
    prepare_run(g);
    dev_entry(g, "sections.agentbench_dev_entry.cases", true);
    dev_entry(g, "sections.medagentbench_dev_entry.cases", false);
}

static const struct {
    const char *section, *why;
} others[] = {
    {"medagentbench_preset_import", "defect: presets fail at import (spec 5.3, 5.5, W39)"},
    {"agentbench_preset_import", "defect: presets fail at import (spec 5.3, W39)"},
    {"agent_failed_coercion", "defect: output of the wrong nesting level (spec 5.8, W8)"},
    {"apply_verifications", "belongs to the task medagent"},
    {"dbbench_protocol", "belongs to the task agentbench"},
    {"agentbench_failure_tags", "belongs to the task agentbench"},
    {"agentbench_tool_call_format", "belongs to the task agentbench"},
    {"agentbench_history_final_answer", "belongs to the task agentbench"},
    {"score_result_agentbench", "belongs to the task agentbench"},
};

void golden_grasp_others(struct golden *g)
{
    for (struct json_iter it = json_members(json_get(g->root, "sections")); json_next(&it);) {
        const char *why = NULL;
        if (golden_was_opened(g, it.key.ptr))
            continue;
        for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
            if (str_is(it.key, others[i].section))
                why = others[i].why;
        }
        CLEANUP_FREE char *path = mem_printf("sections.%s.cases", it.key.ptr);
        golden_section(g, path);
        while (golden_next(g)) {
            if (why)
                golden_skip(g, "%s", why);
            else
                golden_fail(g, "no test here is about this section");
        }
    }
}
