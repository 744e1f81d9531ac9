/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/overlap.h"
#include "common/slice.h"
#include "common/transcript.h"
#include "golden_baselines.h"
#include "methods/expel/expel.h"

static const char *const words[] = {"REMOVE", "AGREE", "EDIT", "ADD"};

static const struct expel_options *options_of(struct bench *b)
{
    return &((const struct expel *)b->self)->options;
}

static void check_parse(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct operations operations = {0};
    CLEANUP_JSON struct json *got = json_new_array();
    bench_open(&b, g, &expel_table, NULL);
    operations_read(&b.pool, to_plugin(json_str(in)), options_of(&b), &operations);
    for (size_t i = 0; i < operations.count; i++) {
        const struct operation *o = &operations.items[i];
        struct json *pair = json_new_array();
        CLEANUP_FREE char *name = o->number < 0
                                      ? mem_printf("%s", words[o->kind])
                                      : mem_printf("%s %lld", words[o->kind], (long long)o->number);
        json_push(pair, json_new_str(str_of(name)));
        json_push(pair, json_new_str(to_test(o->text)));
        json_push(got, pair);
    }
    golden_expect_json(g, "operations", got, out);
    bench_close(&b);
}

static void check_index(struct golden *g, const struct json *in, const struct json *out)
{
    golden_expect_int(g, "index",
                      rule_named((size_t)json_int(json_get(in, "n_rules"), 0),
                                 to_plugin(json_str(json_get(in, "text")))),
                      json_int(out, -2));
}

static void read_rules(struct pool *pool, const struct json *list, struct rules *out)
{
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *item = json_at(list, i);
        POOL_RESERVE(pool, out->items, out->count, out->capacity);
        out->items[out->count++] =
            (struct rule){to_plugin(json_str(json_at(item, 0))), json_int(json_at(item, 1), 0)};
    }
}

/* "EDIT 3" and a text; false for another word. */
static bool read_operation(const struct json *item, struct operation *out)
{
    struct str name = json_str(json_at(item, 0));
    for (int kind = 0; kind < 4; kind++) {
        size_t len = strlen(words[kind]);
        if (name.len < len || memcmp(name.ptr, words[kind], len) != 0)
            continue;
        *out = (struct operation){(enum operation_kind)kind,
                                  name.len > len ? atoi(name.ptr + len) : -1,
                                  to_plugin(json_str(json_at(item, 1)))};
        return true;
    }
    return false;
}

static struct json *rules_json(const struct rules *rules)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < rules->count; i++) {
        struct json *pair = json_new_array();
        json_push(pair, json_new_str(to_test(rules->items[i].text)));
        json_push(pair, json_new_int(rules->items[i].counter));
        json_push(out, pair);
    }
    return out;
}

static void check_apply(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct rules rules = {0};
    const struct json *ops = json_get(in, "ops");
    CLEANUP_JSON struct json *options = json_new_object();
    json_set(options, "max_num_rules", json_copy(json_get(in, "max")));
    bench_open(&b, g, &expel_table, options);
    struct operations operations = {pool_array(&b.pool, json_count(ops), sizeof(struct operation)),
                                    0, 0};
    for (size_t i = 0; i < json_count(ops); i++)
        operations.count += read_operation(json_at(ops, i), &operations.items[operations.count]);
    read_rules(&b.pool, json_get(in, "rules"), &rules);
    rules_apply(&b.pool, &rules, &operations, json_bool(json_get(in, "list_full"), false),
                options_of(&b));
    CLEANUP_JSON struct json *got = rules_json(&rules);
    golden_expect_json(g, "rules", got, out);
    bench_close(&b);
}

static void check_format(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text text CLEANUP_TEXT = {0};
    struct rules rules = {0};
    read_rules(&pool, in, &rules);
    rules_list(&text, &rules);
    golden_expect_text(g, "list", text_view(&text), out);
}

static void check_tokens(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct bag bag = bag_make(&pool, to_plugin(json_str(in)));
    CLEANUP_JSON struct json *got = json_new_array(), *once = json_new_array();
    for (size_t i = 0; i < bag.count; i++)
        json_push(got, json_new_str(to_test(bag.words[i])));
    for (size_t i = 0; i < json_count(out); i++) { /* ours is a set */
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen |= json_equal(json_at(out, i), json_at(out, k));
        if (!seen)
            json_push(once, json_copy(json_at(out, i)));
    }
    golden_expect_json(g, "words", got, once);
}

static void check_likeness(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct bag a = bag_make(&pool, to_plugin(json_str(json_at(in, 0))));
    struct bag b = bag_make(&pool, to_plugin(json_str(json_at(in, 1))));
    golden_expect(g, fabs(bag_jaccard(&a, &b) - json_double(out, -1)) < 1e-12, "likeness");
}

static void check_history(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct text text CLEANUP_TEXT = {0};
    CLEANUP_BUF struct buf history = {0};
    json_write(&history, in, 0);
    bench_open(&b, g, &expel_table, NULL);
    const grasp_json *json = grasp_json_of(b.call);
    transcript_lines(&text, json, json->parse(b.call, to_plugin(buf_view(&history)), NULL));
    golden_expect_text(g, "history", text_view(&text), out);
    bench_close(&b);
}

/* [id, instruction, success] */
static void add_experience(struct pool *pool, struct store *store, const struct json *item,
                           const char *history)
{
    struct str id = json_str(json_at(item, 0)), instruction = json_str(json_at(item, 1));
    const struct experience experience = {
        .id = to_plugin(id),
        .instruction = to_plugin(instruction.len ? instruction : id),
        .history = grasp_cstr(history),
    };
    store_add(pool, store, json_bool(json_at(item, 2), false), &experience);
}

static void check_pairs(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct store store = {0};
    struct pair *pairs;
    CLEANUP_JSON struct json *got = json_new_array();
    for (size_t i = 0; i < json_count(in); i++)
        add_experience(&pool, &store, json_at(in, i), "");
    size_t count = store_pairs(&pool, &store, false, &pairs);
    for (size_t i = 0; i < count; i++) {
        struct json *pair = json_new_array();
        json_push(pair, json_new_str(to_test(pairs[i].success->id)));
        json_push(pair, json_new_str(to_test(pairs[i].failure->id)));
        json_push(got, pair);
    }
    golden_expect_json(g, "pairs", got, out);
}

static void check_store(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct store store = {0}, again = {0};
    bench_open(&b, g, &expel_table, NULL);
    for (size_t i = 0; i < json_count(in); i++)
        add_experience(&b.pool, &store, json_at(in, i),
                       json_bool(json_at(json_at(in, i), 2), false) ? "USER: u" : "");
    grasp_str text = store_file(b.call, &store);
    CLEANUP_JSON struct json *got = json_parse(to_test(text), NULL);
    golden_expect_json(g, "store", got, out);
    store_read(b.call, &b.pool, text, &again);
    golden_expect_str(g, "store, read and written", to_test(store_file(b.call, &again)),
                      to_test(text));
    bench_close(&b);
}

/* The reply to a prompt, found by its trials: each says "USER: <id>" in its history. */
static const struct json *answer(struct bench *b, const char *prompt)
{
    const struct json *replies = b->arg;
    const struct json *request = json_at(b->lab.requests, json_count(b->lab.requests) - 1);
    const char *text = json_str(json_get(json_at(json_get(request, "messages"), 1), "content")).ptr;
    const struct json *none = NULL;
    if (strstr(prompt, "# Learn from successes"))
        return json_get(replies, "ALL");
    for (struct json_iter it = json_members(replies); json_next(&it);) {
        char success[64], failure[64];
        if (sscanf(it.key.ptr, "%63[^>]>%63s", success, failure) != 2)
            continue;
        CLEANUP_FREE char *a = mem_printf("succeeded:\nUSER: %s\n", success);
        CLEANUP_FREE char *c = mem_printf("failed:\nUSER: %s\n", failure);
        if (strstr(text, a) && strstr(text, c))
            none = it.value;
    }
    return none;
}

static struct json *entries_of(const struct json *rows)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        struct json *entry = json_new_object(), *history = json_new_array();
        struct json *message = json_new_object();
        json_set(message, "role", json_new_str(STR("user")));
        json_set(message, "content", json_copy(json_at(row, 0)));
        json_push(history, message);
        json_set(entry, "sample_id", json_copy(json_at(row, 0)));
        json_set(entry, "instruction", json_copy(json_at(row, 1)));
        json_set(entry, "is_correct", json_copy(json_at(row, 2)));
        json_set(entry, "error", json_copy(json_at(row, 3)));
        json_set(entry, "history", history);
        json_push(out, entry);
    }
    return out;
}

/* What the calls from `from` on were about, in the reference's words. */
static void expect_calls(struct bench *b, size_t from, const struct json *want)
{
    CLEANUP_JSON struct json *pairs = json_new_array(), *all = json_new_array();
    bool any = false;
    for (size_t i = from; i < json_count(b->lab.requests); i++) {
        const struct json *messages = json_get(json_at(b->lab.requests, i), "messages");
        const char *user = json_str(json_get(json_at(messages, 1), "content")).ptr;
        const char *success = strstr(user, "succeeded:\nUSER: ");
        const char *failure = strstr(user, "failed:\nUSER: ");
        char a[64], c[64];
        if (success && failure && sscanf(success + 17, "%63s", a) == 1 &&
            sscanf(failure + 14, "%63s", c) == 1) {
            CLEANUP_FREE char *pair = mem_printf("%s>%s", a, c);
            json_push(pairs, json_new_str(str_of(pair)));
            continue;
        }
        any = true;
        for (const char *at = user; (at = strstr(at, "TRAJECTORY:\nUSER: ")); at++) {
            if (sscanf(at + 18, "%63s", a) == 1)
                json_push(all, json_new_str(str_of(a)));
        }
    }
    golden_expect_json(b->g, "contrastive calls", pairs, json_get(want, "contrastive"));
    golden_expect_json(b->g, "all-success call", any ? all : NULL, json_get(want, "all_success"));
}

static void check_epochs(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    CLEANUP_JSON struct json *options = json_new_object(), *texts = json_new_object();
    json_set(options, "max_num_rules", json_copy(json_get(in, "max")));
    bench_open(&b, g, &expel_table, options);
    b.answer = answer;
    for (size_t e = 0; e < json_count(out); e++) {
        const struct json *epoch = json_at(json_get(in, "epochs"), e), *want = json_at(out, e);
        CLEANUP_JSON struct json *entries = entries_of(json_get(epoch, "entries"));
        size_t before = json_count(b.lab.requests);
        b.arg = (void *)json_get(epoch, "replies");
        golden_expect_int(g, "learn", bench_learn(&b, texts, entries, (int64_t)e, 0, true), 0);
        CLEANUP_JSON struct json *rules =
            json_parse(json_str(json_get(texts, "expel_rules.json")), NULL);
        golden_expect_json(g, "rules", rules, json_get(want, "rules"));
        CLEANUP_JSON struct json *stats =
            json_parse(json_str(json_get(b.lab.records, "expel_updates.json")), NULL);
        json_remove(stats, "epoch");
        golden_expect_json(g, "stats", stats, json_get(want, "stats"));
        expect_calls(&b, before, want);
        if (json_count(b.lab.requests) > before) {
            const struct json *first = json_at(b.lab.requests, before);
            const char *text =
                json_str(json_get(json_at(json_get(first, "messages"), 1), "content")).ptr;
            golden_expect_int(g, "list_full", strstr(text, "The list is full") != NULL,
                              json_bool(json_get(want, "list_full"), false));
        }
    }
    bench_close(&b);
}

static void check_load(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct rules rules = {0};
    grasp_str why = {"", 0};
    bench_open(&b, g, &expel_table, NULL);
    rules_read(b.call, &b.pool, to_plugin(json_str(in)), &rules, &why);
    CLEANUP_JSON struct json *got = rules_json(&rules);
    golden_expect_json(g, "rules", got, out);
    bench_close(&b);
}

const struct group expel_groups[] = {
    {"expel_parse_rules", check_parse},
    {"expel_find_rule_index", check_index},
    {"expel_update_rules", check_apply},
    {"expel_format_rules", check_format},
    {"expel_tokenize", check_tokens},
    {"expel_similarity", check_likeness},
    {"expel_history_to_text", check_history},
    {"expel_pairs", check_pairs},
    {"expel_store_json", check_store},
    {"expel_run_epoch", check_epochs},
    {"expel_load", check_load},
    {NULL, NULL},
};
