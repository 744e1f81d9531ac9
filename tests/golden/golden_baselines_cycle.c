/* SPDX-License-Identifier: MIT */
/* Whole runs of the methods: the order of rollouts and calls, what is learned, scores. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_cycle.h"
#include "methods/evo_memory/evo.h"
#include "methods/expel/expel.h"
#include "methods/memory/memory.h"
#include "methods/skillx/skillx.h"
#include "run/order.h"
#include "run/place.h"

#define DEV 6

static const char *const dev[DEV] = {"alpha_0", "alpha_1", "beta_0",
                                     "beta_1",  "gamma_0", "gamma_1"};
static const char *const val[] = {"alpha_2", "beta_2", "gamma_2", "alpha_3"};

static const struct method_of_run {
    const char *name;
    const grasp_method *table;
    enum method_unit unit;
    enum method_order order;
    const char *updates;
    struct {
        const char *ours, *recorded, *best;
    } files[2];
} methods[] = {
    {"memory",
     &memory_table,
     UNIT_SAMPLE,
     ORDER_EPOCH,
     "memory_updates.json",
     {{"memory.json", "memory.json", "memory/best.json"}}},
    {"batch_memory",
     &batch_memory_table,
     UNIT_BATCH,
     ORDER_EPOCH,
     "memory_updates.json",
     {{"memory.json", "memory.json", "memory/best.json"}}},
    {"expel",
     &expel_table,
     UNIT_EPOCH,
     ORDER_SEED,
     "expel_updates.json",
     {{"expel_rules.json", "expel_rules.json", "expel_rules_best.json"},
      {"expel_store.json", "expel_store.json", "expel_store_best.json"}}},
    {"evo_memory",
     &evo_memory_table,
     UNIT_SAMPLE,
     ORDER_EPOCH,
     "evo_memory_updates.json",
     {{"semantic.json", "evo_memory/semantic.json", "evo_memory_best/semantic.json"},
      {"episodic.jsonl", "evo_memory/episodic.jsonl", "evo_memory_best/episodic.jsonl"}}},
    {"skillx",
     &skillx_table,
     UNIT_EPOCH,
     ORDER_SEED,
     "skillx_updates.json",
     {{"skillx_library.json", "skillx_library.json", "skillx_library_best.json"}}},
};

static const struct json *writer(struct bench *b, const char *prompt)
{
    struct cycle *cycle = b->arg;
    const struct json *request = json_at(b->lab.requests, json_count(b->lab.requests) - 1);
    const struct json *messages = json_get(request, "messages");
    const struct json *last = json_at(messages, json_count(messages) - 1);
    json_free(cycle->last);
    cycle->last = cycle_reply(cycle, prompt, json_str(json_get(last, "content")).ptr);
    return cycle->last;
}

static void log_rollout(struct cycle *cycle, const char *id, bool augmented, const char *outcome)
{
    struct json *event = json_new_array();
    json_push(event, json_new_str(str_of(outcome ? "rollout" : "unavailable")));
    json_push(event, json_new_str(str_of(id)));
    if (outcome) {
        json_push(event, json_new_bool(augmented));
        json_push(event, json_new_str(str_of(outcome)));
    }
    json_push(cycle->log, event);
}

/* The first message with the guidance of this knowledge, in its place. */
static struct json *first_message(struct cycle *cycle, const char *task, const struct json *texts)
{
    struct bench *b = &cycle->bench;
    const grasp_message message = {
        .size = sizeof(message), .role = grasp_cstr("user"), .content = grasp_cstr(task)};
    const grasp_message *const list[] = {&message};
    const grasp_turn turn = {.size = sizeof(turn), .messages = list, .count = 1};
    const struct message ours = {.role = STR("user"), .content = str_of(task)};
    const grasp_files files = bench_files(b, texts);
    struct arena arena = {0};
    void *knowledge = NULL;
    size_t count;
    bench_call(b);
    golden_expect_int(b->g, "load", b->method->load(b->call, b->self, &files, &knowledge), 0);
    golden_expect_int(b->g, "augment", b->method->augment(b->call, b->self, knowledge, &turn), 0);
    b->method->unload(b->call, b->self, knowledge);
    const struct guidance guidance = {.placement = (enum placement)b->host->placement,
                                      .text = to_test(mock_str(b->host->guidance)),
                                      .task_line = to_test(mock_str(b->host->task_line))};
    struct json *out = json_new_str(
        place_guidance(&ours, 1, &guidance, PLACE_RECENT, NULL, &arena, &count)[0].content);
    arena_clear(&arena);
    return out;
}

static bool is_solved(struct cycle *cycle, const char *id, const char *type, const char *task,
                      const struct json *texts)
{
    CLEANUP_FREE char *cure = mem_printf("solve%s", type);
    if (strcmp(id, "alpha_0") == 0 || strcmp(id, "alpha_2") == 0 || strcmp(id, "gamma_0") == 0)
        return true;
    CLEANUP_JSON struct json *text = texts ? first_message(cycle, task, texts) : NULL;
    return text && strcasestr(json_str(text).ptr, cure);
}

/* A rollout as a log entry. texts: NULL for the plain agent. */
static struct json *roll_out(struct cycle *cycle, const char *id, const struct json *texts)
{
    static const char *const said[] = {"do it", "plan", "go on", "done"};
    struct json *entry = json_new_object(), *history = json_new_array();
    const char *number = strchr(id, '_');
    CLEANUP_FREE char *type = mem_dup(id, (size_t)(number - id));
    CLEANUP_FREE char *task = mem_printf("Please handle %s request number %s", type, number + 1);
    bool breaks = strcmp(id, "gamma_1") == 0 && !cycle->broken_seen;
    if (strcmp(id, "beta_1") == 0 && !cycle->late_seen) {
        cycle->late_seen = true;
        log_rollout(cycle, id, false, NULL);
    }
    bool good = !breaks && is_solved(cycle, id, type, task, texts);
    cycle->broken_seen |= breaks;
    log_rollout(cycle, id, texts != NULL, breaks ? "NETWORK_ERROR" : good ? "ok" : "bad");
    for (size_t i = 0; i < 4 && !breaks; i++) {
        struct json *message = json_new_object();
        json_set(message, "role", json_new_str(i % 2 ? STR("agent") : STR("user")));
        json_set(message, "content", json_new_str(str_of(said[i])));
        json_push(history, message);
    }
    json_set(entry, "sample_id", json_new_str(str_of(id)));
    json_set(entry, "instruction", json_new_str(str_of(task)));
    json_set(entry, "is_correct", json_new_bool(good));
    json_set(entry, "error", breaks ? json_new_str(STR("NETWORK_ERROR")) : NULL);
    json_set(entry, "history", history);
    return entry;
}

static int64_t evaluate(struct cycle *cycle, const char *const *ids, size_t count,
                        const struct json *texts)
{
    int64_t correct = 0;
    for (size_t i = 0; i < count; i++) {
        CLEANUP_JSON struct json *entry = roll_out(cycle, ids[i], texts);
        correct += json_bool(json_get(entry, "is_correct"), false);
    }
    return correct;
}

static double add_score(struct cycle *cycle, struct json *epoch, int64_t correct,
                        struct json *dev_score)
{
    struct json *row = json_new_object();
    json_set(row, "epoch", epoch);
    json_set(row, "score", json_new_double((double)correct / 4));
    json_set(row, "n_correct", json_new_int(correct));
    json_set(row, "n_total", json_new_int(4));
    json_set(row, "dev_score", dev_score);
    json_push(cycle->scores, row);
    return (double)correct / 4;
}

static void keep_updates(struct cycle *cycle, const struct method_of_run *m, int64_t epoch,
                         size_t before)
{
    const struct mock_lab *lab = &cycle->bench.lab;
    CLEANUP_FREE char *name = mem_printf("epoch_%lld/%s", (long long)epoch, m->updates);
    struct json *list = json_new_array();
    for (size_t i = before; i < json_count(lab->notes); i++)
        json_push(list, json_copy(json_at(lab->notes, i)));
    struct str record = json_str(json_get(lab->records, m->updates));
    if (record.len) {
        json_free(list);
        list = json_parse(record, NULL);
    }
    json_set(cycle->updates, name, list);
}

static int64_t run_dev(struct cycle *cycle, const struct method_of_run *m, int64_t epoch)
{
    size_t order[DEV], unit = order_unit(m->unit, 4, DEV), from, to;
    int64_t correct = 0;
    order_shuffle(m->order, 1, epoch, order, DEV);
    for (size_t number = 0; order_slice(unit, DEV, number, &from, &to); number++) {
        CLEANUP_JSON struct json *entries = json_new_array();
        for (size_t i = from; i < to; i++) {
            struct json *entry = roll_out(cycle, dev[order[i]], cycle->texts);
            correct += json_bool(json_get(entry, "is_correct"), false);
            json_push(entries, entry);
        }
        golden_expect_int(
            cycle->bench.g, "learn",
            bench_learn(&cycle->bench, cycle->texts, entries, epoch, (int64_t)number, to == DEV),
            GRASP_OK);
    }
    return correct;
}

static void run(struct cycle *cycle, const struct method_of_run *m, int64_t epochs)
{
    static const char *const test[] = {"beta_4", "gamma_4"}, *const id_test[] = {"alpha_5"};
    double best = 0;
    add_score(cycle, json_new_str(STR("baseline")), evaluate(cycle, val, 4, cycle->texts), NULL);
    for (int64_t epoch = 0; epoch < epochs; epoch++) {
        size_t before = json_count(cycle->bench.lab.notes);
        int64_t correct = run_dev(cycle, m, epoch);
        keep_updates(cycle, m, epoch, before);
        double score = add_score(cycle, json_new_int(epoch), evaluate(cycle, val, 4, cycle->texts),
                                 json_new_double((double)correct / DEV));
        if (score <= best)
            continue;
        best = score;
        json_free(cycle->best);
        cycle->best = json_copy(cycle->texts);
    }
    evaluate(cycle, test, 2, cycle->best);
    evaluate(cycle, test, 2, NULL);
    evaluate(cycle, id_test, 1, cycle->best);
    evaluate(cycle, id_test, 1, NULL);
}

/* A file as it is recorded: lines as a list, and of stored trajectories the length only. */
static struct json *file_value(const char *name, struct str text)
{
    if (!strstr(name, ".jsonl"))
        return json_parse(text, NULL);
    CLEANUP_BUF struct buf list = {0};
    buf_char(&list, '[');
    for (struct str rest = text; rest.len;) {
        struct str line = str_cut(&rest, '\n');
        buf_text(&list, list.len > 1 ? ", " : "");
        buf_str(&list, line);
    }
    buf_char(&list, ']');
    return json_parse(buf_view(&list), NULL);
}

/* [id, instruction, is there a history?] of both lists. */
static struct json *store_rows(const struct json *store)
{
    static const char *const names[] = {"successes", "failures"};
    struct json *out = json_new_array();
    for (size_t n = 0; n < 2; n++) {
        const struct json *list = json_get(store, names[n]);
        for (size_t i = 0; i < json_count(list); i++) {
            const struct json *item = json_at(list, i);
            bool ours = json_is(item, JSON_OBJECT);
            struct json *row = json_new_array();
            json_push(row, json_copy(ours ? json_get(item, "task_id") : json_at(item, 0)));
            json_push(row, json_copy(ours ? json_get(item, "instruction") : json_at(item, 1)));
            json_push(row, json_new_bool(ours ? json_str(json_get(item, "history_text")).len > 0
                                              : json_int(json_at(item, 2), 0) > 0));
            json_push(out, row);
        }
    }
    return out;
}

static void expect_file(struct golden *g, const char *name, const struct json *texts,
                        const char *ours, const struct json *want)
{
    CLEANUP_JSON struct json *read = file_value(name, json_str(json_get(texts, ours)));
    CLEANUP_JSON struct json *got = golden_times(read);
    if (!strstr(name, "expel_store")) {
        golden_expect_json(g, name, got, want);
        return;
    }
    CLEANUP_JSON struct json *a = store_rows(got), *b = store_rows(want);
    golden_expect_json(g, name, a, b);
}

/* What is asked side by side, and how it is called in the log, is not compared. */
static struct json *plain_log(const struct json *log)
{
    static const char *const kinds[] = {"plan", "extract", "filter", "merge"};
    struct json *out = json_new_array();
    for (size_t i = 0; i < json_count(log); i++) {
        const struct json *event = json_at(log, i);
        struct json *row = json_copy(event);
        for (size_t k = 0; k < 4; k++) {
            if (!str_is(json_str(json_at(event, 1)), kinds[k]))
                continue;
            json_free(row);
            row = json_new_array();
            json_push(row, json_new_str(str_of(kinds[k])));
        }
        json_push(out, row);
    }
    return out;
}

static void compare(struct cycle *cycle, const struct method_of_run *m, const struct json *out)
{
    struct golden *g = cycle->bench.g;
    const struct json *files = json_get(out, "json");
    CLEANUP_JSON struct json *got = plain_log(cycle->log), *want = plain_log(json_get(out, "log"));
    golden_expect_json(g, "log", got, want);
    golden_expect_json(g, "val_scores.json", cycle->scores, json_get(files, "val_scores.json"));
    for (struct json_iter it = json_members(cycle->updates); json_next(&it);) {
        CLEANUP_JSON struct json *value = golden_times(it.value);
        for (size_t i = 0; json_is(value, JSON_ARRAY) && i < json_count(value); i++)
            json_remove(json_at(value, i), "reflection_raw");
        golden_expect_json(g, it.key.ptr, value, json_get_str(files, it.key));
    }
    for (size_t i = 0; i < 2 && m->files[i].ours; i++) {
        expect_file(g, m->files[i].recorded, cycle->texts, m->files[i].ours,
                    json_get(files, m->files[i].recorded));
        expect_file(g, m->files[i].best, cycle->best, m->files[i].ours,
                    json_get(files, m->files[i].best));
    }
}

static void check_run(struct golden *g, const struct json *in, const struct json *out)
{
    const struct method_of_run *m = NULL;
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        if (str_is(json_str(json_get(in, "method")), methods[i].name))
            m = &methods[i];
    }
    if (!golden_expect(g, m != NULL, "an unknown method"))
        return;
    struct cycle cycle = {.log = json_new_array(),
                          .texts = json_new_object(),
                          .updates = json_new_object(),
                          .scores = json_new_array()};
    bench_open(&cycle.bench, g, m->table, NULL);
    cycle.bench.answer = writer;
    cycle.bench.arg = &cycle;
    run(&cycle, m, json_int(json_get(in, "epochs"), 0));
    compare(&cycle, m, out);
    bench_close(&cycle.bench);
    json_free(cycle.log);
    json_free(cycle.texts);
    json_free(cycle.best);
    json_free(cycle.updates);
    json_free(cycle.scores);
    json_free(cycle.last);
}

const struct group cycle_groups[] = {{"cycle_end_to_end", check_run}, {NULL, NULL}};
