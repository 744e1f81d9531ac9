/* SPDX-License-Identifier: MIT */
#include "common/put.h"
#include "common/slice.h"
#include "expel.h"

#define SUCCESSES_READ 10

struct update {
    struct lesson *lesson;
    const struct expel *self;
    struct rules rules;
    struct store store;
    struct operations operations;
    grasp_str list;    /* the rules as the writer reads them */
    grasp_str is_full; /* not empty if there is no room for more */
};

static const char *const store_names[] = {"expel_store.json", "expel_store_best.json", NULL};

static void ask_contrast(struct update *u, struct round *round, const struct pair *pair)
{
    const struct binding bindings[] = {{"grammar", u->self->grammar},
                                       {"task", pair->failure->instruction},
                                       {"success", pair->success->history},
                                       {"failure", pair->failure->history},
                                       {"tags", pair->failure->tags},
                                       {"rules", u->list},
                                       {"full", u->is_full},
                                       {NULL, SLICE("")}};
    round_add(u->lesson, round, u->self->contrast_system, u->self->contrast, bindings);
}

/* The first ten, or the last. */
static void ask_success(struct update *u, struct round *round)
{
    const struct experiences *list = &u->store.successes;
    struct text trials CLEANUP_TEXT = {0};
    size_t from = 0, to = list->count;
    if (to > SUCCESSES_READ && u->self->options.recent_failures)
        from = to - SUCCESSES_READ;
    else if (to > SUCCESSES_READ)
        to = SUCCESSES_READ;
    for (size_t i = from; i < to; i++) {
        text_put(&trials, i > from ? "\n---\nTASK: " : "TASK: ");
        text_str(&trials, list->items[i].instruction);
        text_put(&trials, "\nTRAJECTORY:\n");
        text_str(&trials, list->items[i].history);
    }
    const struct binding bindings[] = {{"grammar", u->self->grammar},
                                       {"trials", text_view(&trials)},
                                       {"rules", u->list},
                                       {"full", u->is_full},
                                       {NULL, SLICE("")}};
    round_add(u->lesson, round, u->self->success_system, u->self->success, bindings);
}

static int32_t ask(struct update *u, size_t *out_pairs)
{
    struct pool *pool = &u->lesson->pool;
    struct round round = {0};
    struct pair *pairs;
    *out_pairs = store_pairs(pool, &u->store, u->self->options.recent_failures, &pairs);
    for (size_t i = 0; i < *out_pairs; i++)
        ask_contrast(u, &round, &pairs[i]);
    if (u->store.successes.count)
        ask_success(u, &round);
    int32_t status = round_ask(u->lesson, &round);
    for (size_t i = 0; i < round.count && !status; i++)
        operations_read(pool, round.answers[i].text, &u->self->options, &u->operations);
    return status;
}

static int32_t record(struct update *u, size_t pairs)
{
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '{');
    put_int(&out, "n_successes", (int64_t)u->store.successes.count);
    put_int(&out, "n_failures", (int64_t)u->store.failures.count);
    put_int(&out, "n_pairs_critiqued", (int64_t)pairs);
    put_int(&out, "n_rules", (int64_t)u->rules.count);
    put_int(&out, "epoch", u->lesson->epoch);
    put_close(&out, '}');
    return lesson_record(u->lesson, "expel_updates.json", &out);
}

int32_t expel_learn(struct lesson *lesson, void *self, const grasp_files *files)
{
    struct update update = {.lesson = lesson, .self = self}, *u = &update;
    grasp_call *call = lesson->call;
    struct pool *pool = &lesson->pool;
    struct text list CLEANUP_TEXT = {0};
    const grasp_file *store = learner_file(files, store_names);
    grasp_str why = SLICE("");
    size_t pairs = 0;
    if (lesson->file)
        rules_read(call, pool, lesson->file->text, &u->rules, &why);
    if (store)
        store_read(call, pool, store->text, &u->store);
    store_rollouts(lesson, &u->store, &u->self->options);
    bool full = u->rules.count >= (size_t)u->self->options.max_num_rules;
    rules_list(&list, &u->rules);
    u->list = pool_dup(pool, text_view(&list));
    u->is_full = full ? SLICE("yes") : SLICE("");
    int32_t status = ask(u, &pairs);
    if (status)
        return status;
    rules_apply(pool, &u->rules, &u->operations, full, &u->self->options);
    if ((status = record(u, pairs)))
        return status;
    const grasp_file out[] = {{SLICE("expel_rules.json"), rules_file(call, &u->rules)},
                              {SLICE("expel_store.json"), store_file(call, &u->store)}};
    return lesson_emit(lesson, out, 2);
}
