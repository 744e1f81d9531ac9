/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/overlap.h"
#include "common/reply.h"
#include "common/slice.h"
#include "golden_baselines.h"
#include "methods/evo_memory/evo.h"

static const struct evo *evo_of(const struct bench *b)
{
    return b->self;
}

static struct state state_of(struct bench *b)
{
    return (struct state){.pool = &b->pool, .options = &evo_of(b)->options};
}

/* Options that are no longer options are left out. */
static struct json *options_of(const struct json *config)
{
    struct json *out = json_is(config, JSON_OBJECT) ? json_copy(config) : json_new_object();
    json_remove(out, "foo");
    return out;
}

static void open_with(struct bench *b, struct golden *g, const struct json *config)
{
    CLEANUP_JSON struct json *options = options_of(config);
    bench_open(b, g, &evo_memory_table, options);
}

/* The recorded rules and episodes as files. */
static struct json *files_of(const struct json *rules, const struct json *episodes)
{
    struct json *texts = json_new_object();
    CLEANUP_BUF struct buf semantic = {0};
    CLEANUP_BUF struct buf lines = {0};
    buf_text(&semantic, "{\"rule_entries\": ");
    json_write(&semantic, rules, 0);
    buf_char(&semantic, '}');
    for (size_t i = 0; i < json_count(episodes); i++) {
        json_write(&lines, json_at(episodes, i), 0);
        buf_char(&lines, '\n');
    }
    if (json_count(rules))
        json_set(texts, "semantic.json", json_new_str(buf_view(&semantic)));
    json_set(texts, "episodic.jsonl", json_new_str(buf_view(&lines)));
    return texts;
}

static void load(struct bench *b, const struct json *texts, struct state *state)
{
    static const char *const names[] = {"semantic.json", NULL};
    const grasp_files files = bench_files(b, texts);
    grasp_str why = {"", 0};
    *state = state_of(b);
    state_read(b->call, learner_file(&files, names), &files, state, &why);
}

static void load_in(struct bench *b, const struct json *in, struct state *state)
{
    CLEANUP_JSON struct json *texts = files_of(json_get(in, "rules"), json_get(in, "episodes"));
    load(b, texts, state);
}

static struct json *rules_of(const struct state *state)
{
    struct text text CLEANUP_TEXT = {0};
    put_rules(&text, NULL, state);
    CLEANUP_JSON struct json *rules = json_parse(to_test(text_view(&text)), NULL);
    return golden_times(rules);
}

static struct json *episodes_of(const struct state *state)
{
    CLEANUP_JSON struct json *out = json_new_array();
    for (size_t i = 0; i < state->episode_count; i++)
        json_push(out, json_parse(to_test(state->episodes[i].json), NULL));
    return golden_times(out);
}

static struct json *strings(const struct strings *list)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < list->count; i++)
        json_push(out, json_new_str(to_test(list->items[i])));
    return out;
}

static void check_overlap(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct bag a = bag_make(&pool, to_plugin(json_str(json_at(in, 0))));
    struct bag b = bag_make(&pool, to_plugin(json_str(json_at(in, 1))));
    golden_expect(g, fabs(bag_cosine(&a, &b) - json_double(out, -1)) < 1e-12, "overlap");
}

static void check_truncate(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    CLEANUP_JSON struct json *text = golden_expand(json_at(in, 0));
    golden_expect_text(g, "text",
                       text_truncate(&pool, to_plugin(json_str(text)), json_int(json_at(in, 1), 0)),
                       out);
}

static void check_rule(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    CLEANUP_JSON struct json *words = golden_words(in);
    golden_expect_text(g, "rule", rule_text(&pool, to_plugin(json_str(words))), out);
}

static void check_key(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str rule = to_plugin(json_str(in));
    golden_expect_text(g, "body", rule_body(rule), json_get(out, "body"));
    golden_expect_text(g, "key", rule_key(&pool, rule), json_get(out, "key"));
    golden_expect_int(g, "level", rule_priority(rule), json_int(json_get(out, "level"), -1));
}

static void check_tags(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings tags = {0};
    int64_t most = json_int(json_get(in, "max"), 0);
    const struct json *groups = json_get(in, "groups");
    for (size_t i = 0; i < json_count(groups); i++) {
        const struct strings group = golden_strings(&pool, json_at(groups, i));
        tags = tags_merged(&pool, &tags, &group, grasp_cstr(""), most);
    }
    if (!json_is(groups, JSON_ARRAY))
        tags = tags_merged(&pool, NULL, NULL, to_plugin(json_str(json_get(in, "text"))), most);
    CLEANUP_JSON struct json *got = strings(&tags);
    golden_expect_json(g, "tags", got, out);
}

static void check_actionable(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    golden_expect_int(g, "actionable", rule_actionable(&pool, to_plugin(json_str(in))),
                      json_bool(out, false));
}

static void check_utility(struct golden *g, const struct json *in, const struct json *out)
{
    const struct evo_options options = {.ucb_c = json_double(json_get(in, "c"), 0)};
    const struct evo_rule rule = {.shown = json_int(json_get(in, "shown"), 0),
                                  .success = json_int(json_get(in, "success"), 0)};
    double got = evo_utility(&rule, json_int(json_get(in, "total"), 0), &options);
    golden_expect(g, fabs(got - json_double(out, -1)) < 1e-12, "utility");
}

static void check_clean(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    CLEANUP_JSON struct json *options = json_new_object(), *got = json_new_array();
    if (json_count(out) == 3)
        json_set(options, "max_semantic_rules", json_new_int(3));
    open_with(&b, g, options);
    CLEANUP_JSON struct json *texts = files_of(in, NULL);
    load(&b, texts, &state);
    for (size_t i = 0; i < state.rule_count; i++) {
        const struct evo_rule *rule = &state.rules[i];
        struct json *row = json_new_object();
        json_set(row, "id", rule->id.len ? json_new_str(to_test(rule->id)) : NULL);
        json_set(row, "text", json_new_str(to_test(rule->text)));
        json_set(row, "tags", strings(&rule->tags));
        json_push(got, row);
    }
    golden_expect_json(g, "rules", got, out);
    bench_close(&b);
}

static void check_select(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    size_t *chosen;
    CLEANUP_JSON struct json *got = json_new_array();
    open_with(&b, g, json_get(in, "config"));
    load_in(&b, in, &state);
    size_t count = rules_select(&state, to_plugin(json_str(json_get(in, "query"))),
                                json_int(json_get(in, "k"), 0), &chosen);
    for (size_t i = 0; i < count; i++)
        json_push(got, json_new_str(to_test(state.rules[chosen[i]].id)));
    golden_expect_json(g, "rules", got, out);
    bench_close(&b);
}

static void check_retrieve(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    size_t *found;
    CLEANUP_JSON struct json *got = json_new_array();
    open_with(&b, g, NULL);
    load_in(&b, in, &state);
    size_t count = episodes_find(&state, to_plugin(json_str(json_get(in, "query"))),
                                 json_int(json_get(in, "k"), 0), &found);
    for (size_t i = 0; i < count; i++)
        json_push(got, json_new_str(to_test(state.episodes[found[i]].id)));
    golden_expect_json(g, "episodes", got, out);
    bench_close(&b);
}

static void check_load(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    CLEANUP_JSON struct json *texts = json_new_object();
    CLEANUP_JSON struct json *rules = json_new_array(), *ids = json_new_array();
    if (json_is(json_get(in, "semantic"), JSON_STRING))
        json_set(texts, "semantic.json", json_copy(json_get(in, "semantic")));
    if (json_is(json_get(in, "episodic"), JSON_STRING))
        json_set(texts, "episodic.jsonl", json_copy(json_get(in, "episodic")));
    open_with(&b, g, NULL);
    load(&b, texts, &state);
    for (size_t i = 0; i < state.rule_count; i++)
        json_push(rules, json_new_str(to_test(state.rules[i].text)));
    for (size_t i = 0; i < state.episode_count; i++)
        json_push(ids, json_new_str(to_test(state.episodes[i].id)));
    golden_expect_json(g, "rules", rules, json_get(out, "semantic"));
    golden_expect_json(g, "episodes", ids, json_get(out, "episodic"));
    bench_close(&b);
}

static const grasp_json_value *value_of(struct bench *b, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return grasp_json_of(b->call)->parse(b->call, to_plugin(buf_view(&text)), NULL);
}

/* A reflection as it is given, not normalised. */
static struct reflection raw_reflection(struct bench *b, const struct json *value)
{
    struct reflection out = {.value = (grasp_json_value *)value_of(b, value)};
    out.summary = to_plugin(json_str(json_get(value, "episodic_summary")));
    out.analysis = to_plugin(json_str(json_get(value, "failure_analysis")));
    out.store = json_bool(json_get(value, "should_store_episode"), true);
    out.update = json_bool(json_get(value, "should_update_semantic"), true);
    out.guidelines = golden_strings(&b->pool, json_get(value, "action_guidelines"));
    out.tags = golden_strings(&b->pool, json_get(value, "tags"));
    return out;
}

static struct json *report_json(const struct study *report)
{
    const struct state *state = report->state;
    struct json *out = json_new_object();
    json_set(out, "stored_episode_id",
             report->episode_id.len ? json_new_str(to_test(report->episode_id)) : NULL);
    json_set(out, "shown_rule_ids", strings(&report->shown));
    json_set(out, "added_rules", strings(&report->added));
    json_set(out, "semantic_size", json_new_int((int64_t)state->rule_count));
    json_set(out, "episodic_size", json_new_int((int64_t)state->episode_count));
    return out;
}

static void open_lesson(struct bench *b, const struct json *entry, struct lesson *lesson)
{
    CLEANUP_JSON struct json *entries = json_new_array();
    json_push(entries, json_copy(entry));
    bench_lesson(b, entries, 0, 0, lesson);
}

static void check_apply(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    struct lesson lesson;
    open_with(&b, g, json_get(in, "config"));
    load_in(&b, in, &state);
    open_lesson(&b, json_get(in, "entry"), &lesson);
    struct study study = {.lesson = &lesson,
                          .self = evo_of(&b),
                          .state = &state,
                          .rollout = &lesson.rollouts[0],
                          .reflection = raw_reflection(&b, json_get(in, "reflection"))};
    evo_apply(&study, evo_of(&b)->options.semantic_enabled && study.reflection.update);
    CLEANUP_JSON struct json *got = report_json(&study);
    golden_expect_json(g, "report", got, json_get(out, "report"));
    CLEANUP_JSON struct json *rules = rules_of(&state);
    golden_expect_json(g, "rules", rules, json_get(out, "rules"));
    CLEANUP_JSON struct json *episodes = episodes_of(&state);
    golden_expect_json(g, "episodes", episodes, json_get(out, "episodes"));
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_sync(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    struct lesson lesson;
    CLEANUP_JSON struct json *entry = json_new_object();
    open_with(&b, g, json_get(in, "config"));
    load_in(&b, in, &state);
    open_lesson(&b, entry, &lesson);
    const struct strings texts = golden_strings(&b.pool, json_get(in, "curated"));
    struct study study = {.lesson = &lesson,
                          .self = evo_of(&b),
                          .state = &state,
                          .reflection.tags = golden_strings(&b.pool, json_get(in, "tags"))};
    rules_sync(&study, &texts);
    CLEANUP_JSON struct json *rules = rules_of(&state);
    golden_expect_json(g, "rules", rules, out);
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_cap(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    CLEANUP_JSON struct json *options = json_new_object(), *got = json_new_array();
    json_set(options, "max_episodes", json_copy(json_get(in, "max_episodes")));
    open_with(&b, g, options);
    struct state state = state_of(&b);
    for (int64_t i = 0; i < json_int(json_get(in, "n"), 0); i++) {
        CLEANUP_FREE char *line = mem_printf("{\"id\": \"s%lld\"}", (long long)i);
        episode_add(b.call, &state, grasp_cstr(line));
    }
    for (size_t i = 0; i < state.episode_count; i++)
        json_push(got, json_new_str(to_test(state.episodes[i].id)));
    golden_expect_json(g, "episodes", got, out);
    bench_close(&b);
}

static void check_files(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    struct lesson lesson;
    grasp_file files[2];
    CLEANUP_JSON struct json *entry = json_new_object();
    open_with(&b, g, NULL);
    load_in(&b, in, &state);
    open_lesson(&b, entry, &lesson);
    lesson.clock = grasp_cstr("T");
    state_files(&lesson, &state, files);
    golden_expect_text(g, "semantic.json", files[0].text, json_get(out, "semantic.json"));
    golden_expect_text(g, "episodic.jsonl", files[1].text, json_get(out, "episodic.jsonl"));
    lesson_close(&lesson);
    bench_close(&b);
}

static struct json *from_value(struct bench *b, const grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(b->call);
    return json_parse(to_test(json->print(b->call, value, 0)), NULL);
}

static void check_extract(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    open_with(&b, g, NULL);
    const grasp_json_value *value = object_in_reply(b.call, to_plugin(json_str(in)), false);
    CLEANUP_JSON struct json *got = value ? from_value(&b, value) : NULL;
    golden_expect_json(g, "object", got, out);
    bench_close(&b);
}

static void check_reflection(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct reflection reflection;
    open_with(&b, g, NULL);
    reflection_read(b.call, &b.pool, (grasp_json_value *)value_of(&b, in), &reflection);
    CLEANUP_JSON struct json *got = from_value(&b, reflection.value);
    golden_expect_json(g, "reflection", got, out);
    bench_close(&b);
}

static void check_curate(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    struct strings texts;
    const struct json *current = json_get(in, "current");
    CLEANUP_JSON struct json *entry = json_new_object(), *replies = json_new_array();
    json_push(replies, json_copy(json_get(in, "reply")));
    open_with(&b, g, json_get(in, "config"));
    b.replies = replies;
    open_lesson(&b, entry, &lesson);
    struct state state = state_of(&b);
    state.rules = pool_array(&b.pool, json_count(current), sizeof(*state.rules));
    for (; state.rule_count < json_count(current); state.rule_count++)
        state.rules[state.rule_count].text =
            to_plugin(json_str(json_at(current, state.rule_count)));
    struct study study = {.lesson = &lesson,
                          .self = evo_of(&b),
                          .state = &state,
                          .reflection.guidelines =
                              golden_strings(&b.pool, json_get(in, "candidates"))};
    golden_expect_int(g, "curate", curate(&study, &texts), 0);
    CLEANUP_JSON struct json *got = strings(&texts);
    golden_expect_json(g, "rules", got, json_at(out, 0));
    CLEANUP_JSON struct json *edits = study.log ? from_value(&b, study.log) : json_new_object();
    golden_expect_json(g, "edit_log", edits, json_at(out, 1));
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_after(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    CLEANUP_JSON struct json *texts = files_of(json_get(in, "rules"), json_get(in, "episodes"));
    CLEANUP_JSON struct json *entries = json_new_array(), *want = json_copy(json_get(out, "event"));
    CLEANUP_JSON struct json *rows = json_new_array();
    json_push(entries, json_copy(json_get(in, "entry")));
    open_with(&b, g, json_get(in, "config"));
    b.replies = json_get(in, "replies");
    golden_expect_int(g, "learn", bench_learn(&b, texts, entries, 0, 0, true), 0);
    CLEANUP_JSON struct json *event = json_copy(json_at(b.lab.notes, 0));
    static const char *const ours[] = {"reflection_raw", "epoch", "sample_idx", "semantic_before",
                                       "episodic_before"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        json_remove(event, ours[i]);
        json_remove(want, ours[i]);
    }
    CLEANUP_JSON struct json *words = golden_words(want);
    golden_expect_json(g, "event", event, words);
    golden_expect_int(g, "calls", (int64_t)json_count(b.lab.prompts),
                      json_int(json_get(out, "n_calls"), -1));
    load(&b, texts, &state);
    CLEANUP_JSON struct json *file = json_parse(json_str(json_get(texts, "semantic.json")), NULL);
    const struct json *entries_now = json_get(file, "rule_entries");
    for (size_t i = 0; i < json_count(entries_now); i++) {
        static const char *const keys[] = {"id", "text", "shown", "success", "failure"};
        struct json *row = json_new_array();
        for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
            json_push(row, json_copy(json_get(json_at(entries_now, i), keys[k])));
        json_push(rows, row);
    }
    golden_expect_json(g, "rules", rows, json_get(out, "rules"));
    golden_expect_int(g, "episodes", (int64_t)state.episode_count,
                      json_int(json_get(out, "n_episodes"), -1));
    bench_close(&b);
}

static void check_context(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct state state;
    struct text ids CLEANUP_TEXT = {0};
    open_with(&b, g, json_get(in, "config"));
    load_in(&b, in, &state);
    grasp_str text =
        evo_context(evo_of(&b), &state, to_plugin(json_str(json_get(in, "query"))), &ids);
    grasp_str protocol = evo_of(&b)->protocol;
    struct str want = json_str(out);
    size_t mark = strlen("{{PROTOCOL}}");
    golden_expect(g, text.len >= protocol.len && memcmp(text.ptr, protocol.ptr, protocol.len) == 0,
                  "protocol");
    CLEANUP_JSON struct json *rest =
        json_new_str((struct str){want.ptr + mark, want.len > mark ? want.len - mark : 0});
    golden_expect_text(g, "sections", slice_from(text, protocol.len), rest);
    bench_close(&b);
}

static void check_limits(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct text ids CLEANUP_TEXT = {0};
    open_with(&b, g, json_get(in, "config"));
    struct state state = state_of(&b);
    int64_t count = json_int(json_get(in, "n_rules"), 0);
    const struct evo_options *o = &evo_of(&b)->options;
    state.rules = pool_array(&b.pool, (size_t)count, sizeof(*state.rules));
    for (; (int64_t)state.rule_count < count; state.rule_count++)
        state.rules[state.rule_count] = (struct evo_rule){
            .id = pool_format(&b.pool, "r%zu", state.rule_count),
            .text = pool_format(&b.pool, "[P1] Rule %zu %0400d", state.rule_count, 7)};
    grasp_str text = evo_context(evo_of(&b), &state, grasp_cstr("rule"), &ids);
    golden_expect_int(g, "within the limit",
                      (int64_t)utf8_count(text) <= o->max_context_chars &&
                          (int64_t)utf8_count(text) <=
                              (int64_t)evo_of(&b)->protocol.len + 2 + o->semantic_context_max_chars,
                      json_bool(json_get(out, "len_within_limit"), false));
    golden_expect_int(g, "marker", slice_ends(text, "\n...[truncated]"),
                      json_bool(json_get(out, "ends_with_marker"), false));
    bench_close(&b);
}

static void check_response(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    open_with(&b, g, NULL);
    open_lesson(&b, in, &lesson);
    golden_expect_text(g, "response", text_truncate(&b.pool, lesson.rollouts[0].response, 1200),
                       out);
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_config(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    open_with(&b, g, in);
    const struct evo_options *o = &evo_of(&b)->options;
    CLEANUP_JSON struct json *got = json_new_object();
    json_set(got, "episodic_enabled", json_new_bool(o->episodic_enabled));
    json_set(got, "semantic_enabled", json_new_bool(o->semantic_enabled));
    json_set(got, "episodic_top_k", json_new_int(o->episodic_top_k));
    json_set(got, "semantic_top_k", json_new_int(o->semantic_top_k));
    json_set(got, "max_episodes", json_new_int(o->max_episodes));
    json_set(got, "max_semantic_rules", json_new_int(o->max_semantic_rules));
    json_set(got, "max_context_chars", json_new_int(o->max_context_chars));
    json_set(got, "semantic_context_max_chars", json_new_int(o->semantic_context_max_chars));
    json_set(got, "episodic_context_max_chars", json_new_int(o->episodic_context_max_chars));
    json_set(got, "utility_weight", json_new_double(o->utility_weight));
    json_set(got, "ucb_c", json_new_double(o->ucb_c));
    json_set(got, "p0_pinned_n", json_new_int(o->p0_pinned_n));
    json_set(got, "max_tags_per_rule", json_new_int(o->max_tags_per_rule));
    golden_expect_json(g, "options", got, out);
    bench_close(&b);
}

const struct group evo_groups[] = {
    {"evo_overlap", check_overlap},
    {"evo_truncate", check_truncate},
    {"evo_normalize_rule", check_rule},
    {"evo_priority_key", check_key},
    {"evo_tags", check_tags},
    {"evo_actionable", check_actionable},
    {"evo_ucb", check_utility},
    {"evo_postprocess", check_clean},
    {"evo_select_rules", check_select},
    {"evo_retrieve_episodes", check_retrieve},
    {"evo_load", check_load},
    {"evo_update_from_reflection", check_apply},
    {"evo_episode_cap", check_cap},
    {"evo_sync_curated", check_sync},
    {"evo_save_files", check_files},
    {"evo_extract_json", check_extract},
    {"evo_normalize_reflection", check_reflection},
    {"evo_curate_rules", check_curate},
    {"evo_after_episode", check_after},
    {"evo_build_context", check_context},
    {"evo_build_context_limits", check_limits},
    {"evo_last_response", check_response},
    {"evo_config", check_config},
    {NULL, NULL},
};
