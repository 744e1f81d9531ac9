/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/slice.h"
#include "golden_baselines.h"
#include "methods/memory/memory.h"

static void check_note(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    grasp_str note = {"", 0};
    bench_open(&b, g, &memory_table, NULL);
    CLEANUP_JSON struct json *words = golden_words(in);
    CLEANUP_BUF struct buf printed = {0};
    struct str raw = json_str(words);
    if (!json_is(words, JSON_STRING) && !json_is(words, JSON_NULL)) {
        json_write(&printed, words, 0);
        raw = buf_view(&printed);
    }
    bool found = note_read(b.call, &b.pool, to_plugin(raw), &note);
    if (json_is(out, JSON_NULL))
        golden_expect(g, !found, "a note is found where there is none");
    else if (golden_expect(g, found, "no note is found"))
        golden_expect_text(g, "note", note, out);
    bench_close(&b);
}

static void check_list(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct strings notes = {0};
    grasp_str why = {"", 0};
    size_t raw;
    bench_open(&b, g, &memory_table, NULL);
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, in, 0);
    notes_read(b.call, &b.pool, to_plugin(buf_view(&text)), &notes, &raw, &why);
    golden_expect_int(g, "notes", (int64_t)notes.count, (int64_t)json_count(out));
    for (size_t i = 0; i < notes.count; i++)
        golden_expect_text(g, "note", notes.items[i], json_at(out, i));
    bench_close(&b);
}

static void check_block(struct golden *g, const struct json *in, const struct json *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text block CLEANUP_TEXT = {0};
    struct strings notes = {0};
    for (size_t i = 0; i < json_count(in); i++)
        strings_add(&pool, &notes, to_plugin(json_str(json_at(in, i))));
    notes_block(&block, &notes);
    golden_expect_text(g, "block", text_view(&block), out);
}

/* The one entry as a rollout. */
static void open_entry(struct bench *b, struct golden *g, const struct json *in,
                       struct lesson *lesson)
{
    CLEANUP_JSON struct json *entries = json_new_array();
    json_push(entries, golden_expand(in));
    bench_open(b, g, &memory_table, NULL);
    bench_lesson(b, entries, 0, 0, lesson);
}

static void check_response(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    open_entry(&b, g, in, &lesson);
    golden_expect_text(g, "response", utf8_prefix(lesson.rollouts[0].response, 1000), out);
    lesson_close(&lesson);
    bench_close(&b);
}

static void check_verdict(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct lesson lesson;
    struct text got CLEANUP_TEXT = {0};
    CLEANUP_BUF struct buf want = {0};
    const struct json *reference = json_get(out, "reference");
    open_entry(&b, g, in, &lesson);
    memory_verdict(&got, &lesson.rollouts[0]);
    if (json_is(reference, JSON_STRING))
        buf_printf(&want, "ref_sol: %s\n", json_str(reference).ptr);
    buf_str(&want, json_str(json_get(out, "verdict")));
    golden_expect_str(g, "verdict", to_test(text_view(&got)), buf_view(&want));
    lesson_close(&lesson);
    bench_close(&b);
}

/* Notes in the memory block of a prompt. */
static int64_t visible(struct str prompt)
{
    const char *at = strstr(prompt.ptr, "<current_prompt>\n");
    int64_t count = 0;
    for (at = at ? strstr(at, "\n- ") : NULL; at; at = strstr(at + 1, "\n- "))
        count++;
    return count;
}

static void check_update(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    const struct json *before = json_get(in, "before"), *raw = json_get(before, "raw");
    CLEANUP_JSON struct json *texts = json_new_object();
    CLEANUP_JSON struct json *want = golden_words(out);
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, before, 0);
    if (!json_is(before, JSON_NULL))
        json_set(texts, "memory.json",
                 json_is(raw, JSON_STRING) ? json_copy(raw) : json_new_str(buf_view(&text)));
    bench_open(&b, g, &batch_memory_table, NULL);
    b.replies = json_get(in, "replies");
    golden_expect_int(g, "learn", bench_learn(&b, texts, json_get(in, "entries"), 0, 0, true),
                      GRASP_OK);
    struct str file = json_str(json_get(texts, "memory.json"));
    golden_expect_str(g, "file", file, json_str(json_get(want, "file")));
    CLEANUP_JSON struct json *list = json_parse(file, NULL);
    golden_expect_json(g, "returned", list, json_get(want, "returned"));
    golden_expect_int(g, "calls", (int64_t)json_count(b.lab.prompts),
                      json_int(json_get(out, "n_calls"), -1));
    const struct json *seen = json_get(out, "bullets_visible");
    for (size_t i = 0; i < json_count(b.lab.prompts); i++)
        golden_expect_int(g, "visible notes", visible(json_str(json_at(b.lab.prompts, i))),
                          json_int(json_at(seen, i), -1));
    bench_close(&b);
}

const struct group memory_groups[] = {
    {"memory_normalise_note", check_note},
    {"memory_normalise_list", check_list},
    {"memory_render_block", check_block},
    {"memory_agent_response", check_response},
    {"memory_eval_output", check_verdict},
    {"memory_update", check_update},
    {NULL, NULL},
};
