/* SPDX-License-Identifier: MIT */
#include "run/regrade.h"

#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "run/request.h"
#include "run/rollout.h"

struct regrade {
    struct task *task;
    struct buf text;  /* the journal */
    struct map lines; /* place -> struct str * */
    struct map ids;   /* sample id -> const struct sample * */
    struct samples splits[16];
    size_t split_count;
    struct map phases; /* name -> struct json *, owned by out */
    struct json *out, *changed, *skipped;
};

static int read_journal(struct regrade *g, const char *dir, struct err *err)
{
    CLEANUP_FREE char *path = file_join(dir, "journal.jsonl");
    g->text.limit = SIZE_MAX;
    int code = file_read(path, SIZE_MAX, &g->text, err);
    struct str rest = buf_view(&g->text);
    while (!code && rest.len) {
        struct str line = str_cut(&rest, '\n');
        if (!str_starts(line, "{\"k\""))
            continue;
        CLEANUP_JSON struct json *entry = json_parse(line, NULL);
        struct str place = json_str(json_get(entry, "k"));
        if (!place.len)
            continue;
        struct str *kept = mem_alloc(sizeof(*kept));
        *kept = line;
        mem_free(map_set(&g->lines, place, kept));
    }
    return code;
}

static int read_samples(struct regrade *g, struct err *err)
{
    const struct json *splits = json_get(task_info(g->task)->json, "splits");
    for (size_t i = 0; i < json_count(splits) && g->split_count < 16; i++) {
        struct samples *samples = &g->splits[g->split_count++];
        int code = task_samples(g->task, json_str(json_at(splits, i)).ptr, samples, err);
        if (code)
            return code;
        for (size_t k = 0; k < samples->count; k++)
            map_set(&g->ids, str_of(samples->items[k].id), (void *)&samples->items[k]);
    }
    return 0;
}

/* The place of a rollout is <phase>/<sample id>, with /r<n> behind it for a repeat. */
static struct str phase_name_of(struct str place, struct str id)
{
    size_t cut = place.len;
    while (cut && place.ptr[cut - 1] >= '0' && place.ptr[cut - 1] <= '9')
        cut--;
    for (int repeat = 0; repeat < 2; repeat++) {
        struct str name = {place.ptr, repeat && cut >= 2 ? cut - 2 : place.len};
        if (str_ends(name, id.ptr) && name.len > id.len && name.ptr[name.len - id.len - 1] == '/')
            return (struct str){name.ptr, name.len - id.len - 1};
    }
    return place;
}

static struct json *phase_of(struct regrade *g, struct str place, struct str id)
{
    struct str name = phase_name_of(place, id);
    struct json *phase = map_get(&g->phases, name);
    if (!phase) {
        phase = json_new_object();
        json_set(phase, "phase", json_new_str(name));
        json_push(json_get(g->out, "phases"), phase);
        map_set(&g->phases, name, phase);
    }
    return phase;
}

static void add(struct json *phase, const char *key, int64_t n)
{
    json_set(phase, key, json_new_int(json_int(json_get(phase, key), 0) + n));
}

static void skip(struct regrade *g, struct str place, const char *why)
{
    struct json *row = json_new_object();
    json_set(row, "place", json_new_str(place));
    json_set(row, "why", json_new_str(str_of(why)));
    json_push(g->skipped, row);
}

/* The replies of the judge that the run got for this rollout. */
static void judge_replies(struct regrade *g, struct str place, struct buf *out)
{
    buf_char(out, '[');
    for (size_t i = 0;; i++) {
        CLEANUP_FREE char *key = mem_printf("%.*s/j%zu", (int)place.len, place.ptr, i);
        const struct str *line = map_get(&g->lines, str_of(key));
        if (!line)
            break;
        CLEANUP_JSON struct json *entry = json_parse(*line, NULL);
        struct model_reply reply = {
            .kind = (enum model_reply_kind)json_int(json_get(entry, "kind"), MODEL_TEXT),
            .text = json_str(json_get(entry, "text"))};
        if (i)
            buf_text(out, ", ");
        request_write_reply(out, &reply);
    }
    buf_char(out, ']');
}

static void compare(struct regrade *g, struct str place, const struct rollout *r,
                    const struct verdict *now)
{
    struct json *phase = phase_of(g, place, str_of(r->sample->id));
    add(phase, "n_total", 1);
    add(phase, "n_correct_before", r->correct);
    add(phase, "n_correct_after", now->correct);
    if (now->correct == r->correct)
        return;
    struct json *row = json_new_object();
    json_set(row, "place", json_new_str(place));
    json_set(row, "sample_id", json_new_str(str_of(r->sample->id)));
    json_set(row, "before", json_new_bool(r->correct));
    json_set(row, "after", json_new_bool(now->correct));
    json_set(row, "failure_tags", json_parse(now->tags, NULL));
    json_push(g->changed, row);
}

static void regrade_one(struct regrade *g, struct str place, const struct json *stored)
{
    struct rollout rollout = {0};
    struct arena arena = {0};
    struct verdict verdict;
    struct str requests = {0};
    struct err err = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf judge = {0};
    rollout.sample = map_get(&g->ids, json_str(json_get(stored, "sample_id")));
    if (!rollout.sample || !rollout_read(&rollout, stored)) {
        skip(g, place, "the task has no such sample any more");
        return;
    }
    rollout_write_for_grade(&text, &rollout);
    judge_replies(g, place, &judge);
    if (task_grade(g->task, rollout.sample, buf_view(&text), buf_view(&judge), &arena, &verdict,
                   &requests, &err))
        skip(g, place, err.text);
    else if (requests.len)
        skip(g, place, "the grader now asks the judge what the run did not ask");
    else
        compare(g, place, &rollout, &verdict);
    arena_clear(&arena);
    rollout_clear(&rollout);
}

static void clear(struct regrade *g)
{
    for (size_t i = 0; i < g->lines.count; i++)
        mem_free(g->lines.entries[i].value);
    for (size_t i = 0; i < g->split_count; i++)
        samples_clear(&g->splits[i]);
    map_clear(&g->lines);
    map_clear(&g->ids);
    map_clear(&g->phases);
    buf_free(&g->text);
}

int regrade_run(const char *dir, struct task *task, struct json **out, struct err *err)
{
    struct regrade g = {.task = task, .out = json_new_object()};
    g.changed = json_new_array();
    g.skipped = json_new_array();
    json_set(g.out, "phases", json_new_array());
    json_set(g.out, "changed", g.changed);
    json_set(g.out, "skipped", g.skipped);
    int code = read_journal(&g, dir, err);
    if (!code)
        code = read_samples(&g, err);
    for (size_t i = 0; i < g.lines.count && !code; i++) {
        CLEANUP_JSON struct json *entry = json_parse(*(struct str *)g.lines.entries[i].value, NULL);
        const struct json *stored = json_get(entry, "rollout");
        if (json_is(stored, JSON_OBJECT))
            regrade_one(&g, g.lines.entries[i].key, stored);
    }
    clear(&g);
    if (code)
        json_free(g.out);
    else
        *out = g.out;
    return code;
}
