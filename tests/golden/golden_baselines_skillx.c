/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/reply.h"
#include "common/slice.h"
#include "golden_baselines.h"
#include "methods/skillx/skillx.h"

static const struct skillx *skillx_of(const struct bench *b)
{
    return b->self;
}

static struct json *from_value(struct bench *b, const grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(b->call);
    return value ? json_parse(to_test(json->print(b->call, value, 0)), NULL) : NULL;
}

static const grasp_json_value *value_of(struct bench *b, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return grasp_json_of(b->call)->parse(b->call, to_plugin(buf_view(&text)), NULL);
}

static void open_entry(struct bench *b, struct golden *g, const struct json *options,
                       const struct json *entry, struct lesson *lesson)
{
    CLEANUP_JSON struct json *entries = json_new_array();
    json_push(entries, json_copy(entry));
    bench_open(b, g, &skillx_table, options);
    bench_lesson(b, entries, 0, 0, lesson);
}

static void check_shorten(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    golden_expect_text(
        g, "text",
        text_shorten(&pool, to_plugin(json_str(json_at(in, 0))), json_int(json_at(in, 1), 0)), out);
}

static void check_history(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    struct trajectory trajectory;
    CLEANUP_JSON struct json *options = json_new_object(), *entry = json_new_object();
    struct json *history = json_new_array();
    for (int64_t i = 0; i < json_int(json_get(in, "n"), 0); i++) {
        struct json *message = json_new_object();
        CLEANUP_FREE char *text = mem_printf("m%lld", (long long)i);
        json_set(message, "role", json_new_str(i % 2 ? STR("agent") : STR("user")));
        json_set(message, "content", json_new_str(str_of(text)));
        json_push(history, message);
    }
    json_set(entry, "history", history);
    json_set(options, "max_history_messages", json_copy(json_get(in, "max_messages")));
    json_set(options, "max_message_chars", json_copy(json_get(in, "max_message_chars")));
    open_entry(&b, g, options, entry, &lesson);
    trajectory_make(&lesson, &lesson.rollouts[0], &skillx_of(&b)->options, &trajectory);
    CLEANUP_JSON struct json *made = json_parse(to_test(trajectory.history), NULL);
    CLEANUP_JSON struct json *got = json_new_array();
    for (size_t i = 0; i < json_count(made); i++) {
        struct json *pair = json_new_array();
        json_push(pair, json_copy(json_get(json_at(made, i), "role")));
        json_push(pair, json_copy(json_get(json_at(made, i), "content")));
        json_push(got, pair);
    }
    golden_expect_json(g, "history", got, out);
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_trajectory(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    struct trajectory t;
    open_entry(&b, g, json_get(in, "limits"), json_get(in, "entry"), &lesson);
    trajectory_make(&lesson, &lesson.rollouts[0], &skillx_of(&b)->options, &t);
    CLEANUP_JSON struct json *history = json_parse(to_test(t.history), NULL);
    golden_expect_text(g, "trajectory_id", t.id, json_get(out, "trajectory_id"));
    golden_expect_text(g, "task_id", t.id, json_get(out, "task_id"));
    golden_expect_text(g, "user_task", t.task, json_get(out, "user_task"));
    golden_expect_text(g, "plan", t.plan, json_get(out, "plan"));
    golden_expect_json(g, "task_history", history, json_get(out, "task_history"));
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_plan(struct golden *g, const struct json *in, const struct json *out)
{
    grasp_str plan = {"", 0};
    bool found = plan_read(to_plugin(json_str(in)), &plan);
    golden_expect_int(g, "found", found, !json_is(out, JSON_NULL));
    if (found)
        golden_expect_text(g, "plan", plan, out);
}

static void check_steps(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    CLEANUP_JSON struct json *got = json_new_array();
    const struct strings steps = plan_steps(&pool, to_plugin(json_str(in)));
    for (size_t i = 0; i < steps.count; i++)
        json_push(got, json_new_str(to_test(steps.items[i])));
    golden_expect_json(g, "steps", steps.count ? got : NULL, out);
}

static void check_skills(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    bench_open(&b, g, &skillx_table, NULL);
    CLEANUP_JSON struct json *got =
        from_value(&b, list_in_reply(b.call, to_plugin(json_str(in)), false));
    golden_expect_json(g, "skills", got, out);
    bench_close(&b);
}

static struct json *names_of(const struct records *records)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < records->count; i++)
        json_push(out, json_new_str(to_test(records->items[i].name)));
    return out;
}

static void check_loop(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    struct records records = {0};
    CLEANUP_JSON struct json *options = json_new_object(), *entry = json_new_object();
    json_set(options, "extractor_max_retries", json_copy(json_get(in, "retries")));
    open_entry(&b, g, options, entry, &lesson);
    b.replies = json_get(in, "replies");
    const struct trajectory trajectory = {.plan = to_plugin(json_str(json_get(in, "plan")))};
    size_t with_result = 0;
    golden_expect_int(
        g, "status", ask_skills(&lesson, skillx_of(&b), &trajectory, 1, &records, &with_result), 0);
    golden_expect_int(g, "calls", (int64_t)json_count(b.lab.requests),
                      json_int(json_get(out, "calls"), -1));
    golden_expect_int(g, "steps with a result", (int64_t)with_result,
                      json_int(json_get(out, "steps_with_result"), -1));
    CLEANUP_JSON struct json *names = names_of(&records), *seen = json_new_array();
    for (size_t i = 0; i < json_count(b.lab.requests); i++) {
        const struct json *messages = json_get(json_at(b.lab.requests, i), "messages");
        const char *at =
            strstr(json_str(json_get(json_at(messages, 1), "content")).ptr, "Skills so far (");
        json_push(seen, json_new_int(at ? atoi(at + 15) : -1));
    }
    golden_expect_json(g, "library seen", seen, json_get(out, "library_seen"));
    golden_expect_json(g, "collected", names, json_get(out, "collected"));
    lesson_close(&lesson);
    bench_close(&b);
}

/* in: step -> its skills. */
static void check_collect(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    struct records records = {0};
    struct extraction e = {0};
    CLEANUP_JSON struct json *entry = json_new_object(), *got = json_new_array();
    open_entry(&b, g, NULL, entry, &lesson);
    e.results = pool_array(&b.pool, json_count(in), sizeof(*e.results));
    for (struct json_iter it = json_members(in); json_is(in, JSON_OBJECT) && json_next(&it);) {
        e.results[e.steps.count] = value_of(&b, it.value);
        strings_add(&b.pool, &e.steps, to_plugin(it.key));
    }
    extraction_collect(&lesson, &e, &skillx_of(&b)->options, &records);
    for (size_t i = 0; i < records.count; i++) {
        struct text text CLEANUP_TEXT = {0};
        put_record(&text, &records.items[i], false);
        struct json *row = json_parse(to_test(text_view(&text)), NULL);
        struct json *metadata = json_new_object();
        json_set(metadata, "skill_type",
                 json_new_str(records.items[i].atomic ? STR("atomic") : STR("functional")));
        json_set(row, "metadata", metadata);
        json_push(got, row);
    }
    CLEANUP_JSON struct json *none = json_new_array();
    golden_expect_json(g, "skills", got, json_is(out, JSON_OBJECT) ? none : out);
    bench_close(&b);
    lesson_close(&lesson);
}

static void check_group(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct records records = {0};
    CLEANUP_JSON struct json *got = json_new_array();
    for (size_t i = 0; i < json_count(in); i++) {
        const struct record record = {.name = to_plugin(json_str(json_at(in, i)))};
        records_add(&pool, &records, &record);
    }
    struct cluster *clusters;
    size_t count = cluster_names(&pool, &records, &clusters);
    for (size_t c = 0; c < count; c++) {
        struct json *members = json_new_array();
        for (size_t i = 0; i < clusters[c].count; i++)
            json_push(members, json_new_int((int64_t)clusters[c].members[i]));
        json_push(got, members);
    }
    golden_expect_json(g, "clusters", got, out);
}

static void check_filter(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    struct records records = {0};
    const struct json *items = json_get(in, "items");
    CLEANUP_JSON struct json *entry = json_new_object(), *replies = json_new_array();
    open_entry(&b, g, NULL, entry, &lesson);
    for (size_t i = 0; i < json_count(items); i++) {
        struct record record;
        record_read(b.call, &b.pool, value_of(&b, json_at(items, i)), &record);
        records_add(&b.pool, &records, &record);
        if (!record.skips_filter)
            json_push(replies, json_copy(json_get(json_at(items, i), "reply")));
    }
    b.replies = replies;
    if (!json_bool(json_get(in, "skip_stage1"), false))
        golden_expect_int(g, "status", ask_filter(&lesson, skillx_of(&b), &records), 0);
    CLEANUP_JSON struct json *names = names_of(&records);
    golden_expect_json(g, "passed", names, json_get(out, "passed"));
    golden_expect_int(g, "calls", (int64_t)json_count(b.lab.requests),
                      json_int(json_get(out, "calls"), -1));
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_merged(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    bench_open(&b, g, &skillx_table, NULL);
    CLEANUP_JSON struct json *got = from_value(&b, merged_in(b.call, to_plugin(json_str(in))));
    golden_expect_json(g, "merged", got, out);
    bench_close(&b);
}

static struct json *rows_of(const struct records *records)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < records->count; i++) {
        struct json *row = json_new_array();
        json_push(row, json_new_str(to_test(records->items[i].name)));
        json_push(row, json_new_str(to_test(records->items[i].content)));
        json_push(row, json_new_int(records->items[i].epoch));
        json_push(out, row);
    }
    return out;
}

static void read_records(struct bench *b, const struct json *list, struct records *out)
{
    for (size_t i = 0; i < json_count(list); i++) {
        struct record record;
        if (record_read(b->call, &b->pool, value_of(b, json_at(list, i)), &record))
            records_add(&b->pool, out, &record);
    }
}

static void check_merge(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct library library = {0};
    if (json_is(out, JSON_STRING)) {
        golden_skip(g, "the reference crashes on a name in both lists; here they stand side by "
                       "side");
        return;
    }
    bench_open(&b, g, &skillx_table, NULL);
    for (size_t i = 0; i < json_count(in); i++) {
        struct records records = {0};
        read_records(&b, json_at(json_at(in, i), 1), &records);
        library_merge(&b.pool, &library, &records, json_int(json_at(json_at(in, i), 0), 0),
                      grasp_cstr("T"), &skillx_of(&b)->options);
    }
    CLEANUP_JSON struct json *functional = rows_of(&library.functional);
    CLEANUP_JSON struct json *atomic = rows_of(&library.atomic);
    golden_expect_json(g, "functional", functional, json_get(out, "functional"));
    golden_expect_json(g, "atomic", atomic, json_get(out, "atomic"));
    bench_close(&b);
}

static void check_file(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct library library = {0};
    struct records records = {0};
    bench_open(&b, g, &skillx_table, NULL);
    read_records(&b, in, &records);
    library_merge(&b.pool, &library, &records, 1, grasp_cstr("T"), &skillx_of(&b)->options);
    CLEANUP_JSON struct json *got = json_parse(to_test(library_file(b.call, &library)), NULL);
    golden_expect_json(g, "library", got, out);
    bench_close(&b);
}

static void check_load(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct library library;
    grasp_str why = {"", 0};
    bench_open(&b, g, &skillx_table, NULL);
    library_read(b.call, &b.pool, to_plugin(json_str(in)), &library, &why);
    CLEANUP_JSON struct json *got = names_of(&library.functional);
    golden_expect_json(g, "skills", got, out);
    bench_close(&b);
}

/* in.skills: [name, document] or [name, document, content]. */
static void read_pairs(struct bench *b, const struct json *list, struct library *out)
{
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *item = json_at(list, i);
        const struct record record = {.name = to_plugin(json_str(json_at(item, 0))),
                                      .document = to_plugin(json_str(json_at(item, 1))),
                                      .content = to_plugin(json_str(json_at(item, 2))),
                                      .tools = grasp_cstr("[]")};
        records_add(&b->pool, &out->functional, &record);
    }
}

static void check_retrieve(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct library library = {0};
    size_t *found;
    grasp_str why = {"", 0};
    CLEANUP_JSON struct json *got = json_new_array();
    bench_open(&b, g, &skillx_table, NULL);
    read_pairs(&b, json_get(in, "skills"), &library);
    if (json_is(json_get(in, "raw"), JSON_STRING))
        library_read(b.call, &b.pool, to_plugin(json_str(json_get(in, "raw"))), &library, &why);
    size_t count = library_find(&b.pool, &library, to_plugin(json_str(json_get(in, "query"))),
                                json_int(json_get(in, "k"), 5), &found);
    for (size_t i = 0; i < count; i++)
        json_push(got, json_new_str(to_test(library.functional.items[found[i]].name)));
    golden_expect_json(g, "skills", got, out);
    bench_close(&b);
}

static void check_block(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct library library = {0};
    void *knowledge = NULL;
    CLEANUP_JSON struct json *texts = json_new_object();
    bench_open(&b, g, &skillx_table, NULL);
    read_pairs(&b, json_get(in, "skills"), &library);
    json_set(texts, "skillx_library.json", json_new_str(to_test(library_file(b.call, &library))));
    const grasp_files files = bench_files(&b, texts);
    const grasp_message message = {.size = sizeof(message),
                                   .role = grasp_cstr("user"),
                                   .content = to_plugin(json_str(json_get(in, "query")))};
    const grasp_message *const list[] = {&message};
    const grasp_turn turn = {.size = sizeof(turn), .messages = list, .count = 1};
    bench_call(&b);
    golden_expect_int(g, "load", skillx_table.load(b.call, b.self, &files, &knowledge), 0);
    golden_expect_int(g, "augment", skillx_table.augment(b.call, b.self, knowledge, &turn), 0);
    golden_expect_text(g, "block", mock_str(b.host->guidance), out);
    skillx_table.unload(b.call, b.self, knowledge);
    bench_close(&b);
}

/* The script of a run: replies by kind, and how many of each were asked for. */
struct script {
    const struct json *epoch;
    int64_t plan, extract, filter, merge;
    struct json *extracted; /* id -> calls so far */
};

static const struct json *scripted(struct bench *b, const char *prompt)
{
    struct script *script = b->arg;
    const struct json *request = json_at(b->lab.requests, json_count(b->lab.requests) - 1);
    const char *user = json_str(json_get(json_at(json_get(request, "messages"), 1), "content")).ptr;
    const struct json *none = NULL;
    for (struct json_iter it = json_members(json_get(script->epoch, "plan"));
         strstr(prompt, "# Plan a task") && json_next(&it);) {
        CLEANUP_FREE char *task = mem_printf("[%s]", it.key.ptr);
        if (strstr(user, task))
            none = it.value;
    }
    for (struct json_iter it = json_members(json_get(script->epoch, "extract"));
         strstr(prompt, "# Extract a skill") && json_next(&it);) {
        CLEANUP_FREE char *task = mem_printf("[%s]", it.key.ptr);
        int64_t calls = json_int(json_get_str(script->extracted, it.key), 0);
        if (!strstr(user, task))
            continue;
        json_set_str(script->extracted, it.key, json_new_int(calls + 1));
        none = json_at(it.value, (size_t)calls);
    }
    for (struct json_iter it = json_members(json_get(script->epoch, "merge"));
         strstr(prompt, "# Merge skills") && json_next(&it);)
        none = it.value;
    script->plan += strstr(prompt, "# Plan a task") != NULL;
    script->extract += strstr(prompt, "# Extract a skill") != NULL;
    script->merge += strstr(prompt, "# Merge skills") != NULL;
    if (!strstr(prompt, "# Judge a skill"))
        return none;
    script->filter++;
    static struct json *good;
    good = good ? good : json_new_str(STR("good"));
    for (struct json_iter it = json_members(json_get(script->epoch, "filter")); json_next(&it);) {
        CLEANUP_FREE char *content = mem_printf("\"content\": \"%s\"", it.key.ptr);
        if (strstr(user, content))
            return it.value;
    }
    return good;
}

/* [id, instruction, correct, error, actions]; the task names the id for the script. */
static struct json *entries_of(const struct json *rows)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        struct json *entry = json_new_object();
        CLEANUP_FREE char *task =
            mem_printf("%s [%s]", json_str(json_at(row, 1)).ptr, json_str(json_at(row, 0)).ptr);
        json_set(entry, "sample_id", json_copy(json_at(row, 0)));
        json_set(entry, "instruction", json_new_str(str_of(task)));
        json_set(entry, "is_correct", json_copy(json_at(row, 2)));
        json_set(entry, "error", json_copy(json_at(row, 3)));
        json_set(entry, "agent_actions", json_copy(json_at(row, 4)));
        json_push(out, entry);
    }
    return out;
}

static void expect_calls(struct golden *g, const struct script *script, const struct json *want)
{
    golden_expect_int(g, "plan calls", script->plan, json_int(json_get(want, "plan"), 0));
    golden_expect_int(g, "extract calls", script->extract, json_int(json_get(want, "extract"), 0));
    golden_expect_int(g, "filter calls", script->filter, json_int(json_get(want, "filter"), 0));
    golden_expect_int(g, "merge calls", script->merge, json_int(json_get(want, "merge"), 0));
}

static void check_epochs(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    CLEANUP_JSON struct json *texts = json_new_object();
    bench_open(&b, g, &skillx_table, json_get(in, "config"));
    for (size_t e = 0; e < json_count(out); e++) {
        const struct json *epoch = json_at(json_get(in, "epochs"), e), *want = json_at(out, e);
        CLEANUP_JSON struct json *entries = entries_of(json_get(epoch, "entries"));
        CLEANUP_JSON struct json *calls = json_new_object();
        struct script script = {.epoch = epoch, .extracted = calls};
        struct library library = {0};
        grasp_str why = {"", 0};
        b.answer = scripted;
        b.arg = &script;
        golden_expect_int(g, "learn", bench_learn(&b, texts, entries, (int64_t)e, 0, true), 0);
        expect_calls(g, &script, json_get(want, "calls"));
        CLEANUP_JSON struct json *stats =
            json_parse(json_str(json_get(b.lab.records, "skillx_updates.json")), NULL);
        json_remove(stats, "epoch");
        golden_expect_json(g, "stats", stats, json_get(want, "stats"));
        golden_expect_int(g, "file written", b.host->has_files,
                          json_bool(json_get(want, "file_written"), false));
        library_read(b.call, &b.pool, to_plugin(json_str(json_get(texts, "skillx_library.json"))),
                     &library, &why);
        CLEANUP_JSON struct json *rows = rows_of(&library.functional);
        golden_expect_json(g, "functional", rows, json_get(want, "functional"));
    }
    bench_close(&b);
}

const struct group skillx_groups[] = {
    {"skillx_shorten", check_shorten},       {"skillx_compact_history", check_history},
    {"skillx_trajectory", check_trajectory}, {"skillx_plan_extract", check_plan},
    {"skillx_plan_steps", check_steps},      {"skillx_extract_skills", check_skills},
    {"skillx_extract_loop", check_loop},     {"skillx_collect", check_collect},
    {"skillx_group", check_group},           {"skillx_filter", check_filter},
    {"skillx_merge_parse", check_merged},    {"skillx_library_merge", check_merge},
    {"skillx_library_json", check_file},     {"skillx_library_load", check_load},
    {"skillx_retrieve", check_retrieve},     {"skillx_block", check_block},
    {"skillx_run_epoch", check_epochs},      {NULL, NULL},
};
