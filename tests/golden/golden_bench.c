/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/slice.h"
#include "golden_baselines.h"
#include "golden_words.h"

static char *reply(void *arg, size_t number, const char *prompt)
{
    struct bench *bench = arg;
    const struct json *text =
        bench->answer ? bench->answer(bench, prompt) : json_at(bench->replies, number);
    if (json_is(text, JSON_OBJECT)) /* {"raise": true} */
        return NULL;
    return strdup(json_is(text, JSON_STRING) ? json_str(text).ptr : "");
}

void bench_open(struct bench *bench, struct golden *g, const grasp_method *method,
                const struct json *options)
{
    CLEANUP_JSON struct json *given = options ? json_copy(options) : json_new_object();
    CLEANUP_BUF struct buf text = {0};
    *bench = (struct bench){.g = g, .host = mock_host_create(), .method = method};
    bench->lab = (struct mock_lab){.reply = reply, .arg = bench};
    mock_lab_open(&bench->lab);
    json_set(given, "compat", json_new_str(STR("reference")));
    json_set(given, "show_answers", json_new_bool(true));
    json_write(&text, given, 0);
    char *config = mock_config(method->options, text.ptr);
    bench_call(bench);
    if (method->open(bench->call, grasp_cstr(config), grasp_cstr("{\"name\": \"golden\"}"),
                     &bench->self))
        abort();
    free(config);
}

void bench_close(struct bench *bench)
{
    bench->method->close(bench->call, bench->self);
    mock_host_destroy(bench->host);
    mock_lab_close(&bench->lab);
    pool_free(&bench->pool);
}

grasp_call *bench_call(struct bench *bench)
{
    return bench->call = mock_call(bench->host);
}

static struct json *or_empty(const struct json *value)
{
    return json_is(value, JSON_STRING) ? json_copy(value) : json_new_str(STR(""));
}

struct json *bench_rollout(const struct json *entry)
{
    struct json *out = json_copy(entry), *sample = json_new_object();
    struct str id = json_str(json_get(entry, "sample_id"));
    json_set(sample, "description", or_empty(json_get(entry, "instruction")));
    json_set(sample, "context", or_empty(json_get(entry, "context")));
    json_set(sample, "answer", json_copy(json_get(entry, "ground_truth")));
    json_set(out, "sample", sample);
    json_set(out, "sample_id", json_new_str(id.len ? id : STR("-")));
    json_set(out, "correct", json_copy(json_get(entry, "is_correct")));
    json_set(out, "answer", json_copy(json_get(entry, "task_result")));
    json_set(out, "error", json_copy(json_get(entry, "error")));
    json_set(out, "available", json_new_bool(!json_str(json_get(entry, "error")).len));
    return out;
}

static void put_batch(struct buf *out, const struct json *entries, int64_t epoch, int64_t cycle,
                      bool last)
{
    buf_printf(out, "{\"epoch\": %lld, \"update_cycle\": %lld, \"last\": %s, \"rollouts\": [",
               (long long)epoch, (long long)cycle, last ? "true" : "false");
    for (size_t i = 0; i < json_count(entries); i++) {
        CLEANUP_JSON struct json *rollout = bench_rollout(json_at(entries, i));
        buf_text(out, i ? ", " : "");
        json_write(out, rollout, 0);
    }
    buf_text(out, "]}");
}

void bench_lesson(struct bench *bench, const struct json *entries, int64_t epoch, int64_t cycle,
                  struct lesson *out)
{
    CLEANUP_BUF struct buf text = {0};
    put_batch(&text, entries, epoch, cycle, true);
    if (lesson_open(bench->call, bench->self, &mock_lab_table, to_plugin(buf_view(&text)), out))
        abort();
}

grasp_files bench_files(struct bench *bench, const struct json *texts)
{
    grasp_file *items = pool_array(&bench->pool, json_count(texts), sizeof(*items));
    grasp_files files = {items, 0};
    for (struct json_iter it = json_members(texts); json_next(&it);)
        items[files.count++] = (grasp_file){pool_dup(&bench->pool, to_plugin(it.key)),
                                            pool_dup(&bench->pool, to_plugin(json_str(it.value)))};
    return files;
}

int32_t bench_learn(struct bench *bench, struct json *texts, const struct json *entries,
                    int64_t epoch, int64_t cycle, bool last)
{
    CLEANUP_BUF struct buf text = {0};
    const grasp_files files = bench_files(bench, texts);
    void *knowledge = NULL;
    put_batch(&text, entries, epoch, cycle, last);
    bench_call(bench);
    int32_t status = bench->method->load(bench->call, bench->self, &files, &knowledge);
    if (!status)
        status = bench->method->learn(bench->call, bench->self, &mock_lab_table, &files, knowledge,
                                      to_plugin(buf_view(&text)));
    bench->method->unload(bench->call, bench->self, knowledge);
    for (size_t i = 0; i < bench->host->file_names.count; i++)
        json_set_str(texts, to_test(mock_str(bench->host->file_names.items[i])),
                     json_new_str(to_test(mock_str(bench->host->file_texts.items[i]))));
    return status;
}

struct json *golden_expand(const struct json *value)
{
    const struct json *repeat = json_get(value, "repeat");
    CLEANUP_BUF struct buf text = {0};
    if (json_is(repeat, JSON_ARRAY)) {
        for (int64_t i = json_int(json_at(repeat, 1), 0); i > 0; i--)
            buf_str(&text, json_str(json_at(repeat, 0)));
        return json_new_str(buf_view(&text));
    }
    if (!json_is(value, JSON_OBJECT))
        return json_copy(value);
    struct json *out = json_new_object();
    for (struct json_iter it = json_members(value); json_next(&it);)
        json_set_str(out, it.key, golden_expand(it.value));
    return out;
}

void golden_expect_text(struct golden *g, const char *what, grasp_str got, const struct json *want)
{
    if (json_is(want, JSON_OBJECT)) {
        struct str head = json_str(json_get(want, "head")), tail = json_str(json_get(want, "tail"));
        golden_expect_int(g, what, (int64_t)utf8_count(got), json_int(json_get(want, "len"), -1));
        golden_expect(g, got.len >= head.len && memcmp(got.ptr, head.ptr, head.len) == 0, what);
        golden_expect(
            g, got.len >= tail.len && memcmp(got.ptr + got.len - tail.len, tail.ptr, tail.len) == 0,
            what);
        return;
    }
    CLEANUP_JSON struct json *words = golden_words(want);
    golden_expect_str(g, what, to_test(got), json_str(words));
}

static void put_words(struct buf *out, struct str text)
{
    while (text.len) {
        size_t at = text.len, taken = 0;
        const char *ours = "";
        for (const struct word_of_ours *w = words_of_ours; w->name; w++) {
            size_t found;
            if (str_find(text, str_of(w->name), &found) && found < at) {
                at = found;
                taken = strlen(w->name);
                ours = w->text;
            }
        }
        buf_str(out, (struct str){text.ptr, at});
        buf_text(out, ours);
        text = (struct str){text.ptr + at + taken, text.len - at - taken};
    }
}

struct json *golden_words(const struct json *value)
{
    if (json_is(value, JSON_STRING)) {
        CLEANUP_BUF struct buf text = {0};
        put_words(&text, json_str(value));
        return json_new_str(buf_view(&text));
    }
    if (json_is(value, JSON_ARRAY)) {
        struct json *out = json_new_array();
        for (size_t i = 0; i < json_count(value); i++)
            json_push(out, golden_words(json_at(value, i)));
        return out;
    }
    if (!json_is(value, JSON_OBJECT))
        return json_copy(value);
    struct json *out = json_new_object();
    for (struct json_iter it = json_members(value); json_next(&it);)
        json_set_str(out, it.key, golden_words(it.value));
    return out;
}

struct json *golden_times(const struct json *value)
{
    if (json_is(value, JSON_STRING)) {
        long long epoch, update;
        bool place = sscanf(json_str(value).ptr, "epoch %lld, update %lld", &epoch, &update) == 2;
        return place ? json_new_str(STR("T")) : json_copy(value);
    }
    if (json_is(value, JSON_ARRAY)) {
        struct json *out = json_new_array();
        for (size_t i = 0; i < json_count(value); i++)
            json_push(out, golden_times(json_at(value, i)));
        return out;
    }
    if (!json_is(value, JSON_OBJECT))
        return json_copy(value);
    struct json *out = json_new_object();
    for (struct json_iter it = json_members(value); json_next(&it);)
        json_set_str(out, it.key, golden_times(it.value));
    return out;
}

struct strings golden_strings(struct pool *pool, const struct json *list)
{
    struct strings out = {0};
    for (size_t i = 0; i < json_count(list); i++)
        strings_add(pool, &out, to_plugin(json_str(json_at(list, i))));
    return out;
}
