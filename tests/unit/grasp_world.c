/* SPDX-License-Identifier: MIT */
#include "grasp_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 10
#define FAILING 4

struct stage {
    const struct world *world;
    size_t edits; /* prompts for edits so far */
    struct json *outcomes;
};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static char *reply(void *arg, size_t number, const char *prompt)
{
    struct stage *stage = arg;
    const struct world *world = stage->world;
    if (starts(prompt, "# Name"))
        return strdup(
            "{\"labels\": {\"s0\": \"cause_a\", \"s1\": \"cause_a\", \"s2\": \"cause_b\", "
            "\"s3\": \"cause_b\", \"s8\": \"cause_c\", \"s9\": \"cause_c\"}, \"new_labels\": {}}");
    if (starts(prompt, "# Diagnose"))
        return strdup("{\"s0\": \"a rule is missing\"}");
    if (starts(prompt, "# Choose"))
        return strdup("{\"edit\": 2}");
    if (starts(prompt, "# Repair"))
        return strdup(world->revision ? world->revision : "[]");
    const char *const *script = world->script;
    size_t at = 0;
    while (script && script[at] && at < stage->edits)
        at++;
    stage->edits++;
    return strdup(script && script[at] ? script[at] : "[]");
}

static bool has_word(const grasp_files *files, const char *word)
{
    for (size_t i = 0; i < files->count; i++) {
        grasp_str name = files->items[i].name, text = files->items[i].text;
        if (!memchr(name.ptr, '/', name.len) && memmem(text.ptr, text.len, word, strlen(word)))
            return true;
    }
    return false;
}

static size_t solved(const struct world *world, const grasp_files *files)
{
    if (world->spoilt)
        return has_word(files, "SPOIL") ? 0 : FAILING;
    if (has_word(files, "FIX"))
        return FAILING;
    if (has_word(files, "MOST"))
        return FAILING - 1;
    return has_word(files, "HALF") ? FAILING / 2 : 0;
}

static size_t broken(const struct world *world, const grasp_files *files)
{
    if (has_word(files, "BREAK2"))
        return 2;
    return has_word(files, "BREAK1") || has_word(files, "INVALID") || has_word(files, "ERROR") ||
           (world->unlucky && !has_word(files, "RIGHT"));
}

static const struct json *outcomes(void *arg, const grasp_files *files)
{
    struct stage *stage = arg;
    size_t fixed = solved(stage->world, files), wrong = broken(stage->world, files);
    const char *last = has_word(files, "INVALID") ? "agent invalid action"
                       : has_word(files, "ERROR") ? "error"
                                                  : "completed";
    json_free(stage->outcomes);
    stage->outcomes = json_new_object();
    for (size_t i = 0; i < SAMPLES; i++) {
        char id[8];
        struct json *pair = json_new_array();
        bool right = i < FAILING ? i < fixed : i < SAMPLES - wrong;
        snprintf(id, sizeof(id), "s%zu", i);
        json_push(pair, json_new_bool(right));
        json_push(pair, json_new_str(str_of(i == SAMPLES - 1 ? last : "completed")));
        json_set(stage->outcomes, id, pair);
    }
    return stage->outcomes;
}

static char *task_text(void)
{
    CLEANUP_BUF struct buf out = {0};
    buf_text(&out, "{\"name\": \"world\", \"dev\": [");
    for (int i = 0; i < SAMPLES; i++)
        buf_printf(&out, "%s{\"id\": \"s%d\", \"description\": \"find potassium of patient %d\"}",
                   i ? ", " : "", i, i);
    buf_text(&out, "], \"writer\": {\"labels\": {\"cause_a\": \"the first\", \"cause_b\": \"the "
                   "second\"}}}");
    return buf_steal(&out);
}

static bool fails(const struct world *world, int sample, bool others, bool odd)
{
    if (world->all_pass || (world->spoilt && !odd))
        return false;
    return others ? sample >= SAMPLES - 2 : sample < FAILING;
}

static char *batch_text(const struct world *world, int cycle)
{
    CLEANUP_BUF struct buf out = {0};
    const char *tag = world->tags[cycle % 2];
    bool others = cycle % 2 && tag;
    buf_printf(&out, "{\"epoch\": 0, \"update_cycle\": %d, \"last\": true, \"rollouts\": [", cycle);
    for (int i = 0; i < SAMPLES; i++)
        buf_printf(&out,
                   "%s{\"sample_id\": \"s%d\", \"available\": true, \"correct\": %s, \"status\": "
                   "\"completed\", \"failure_tags\": [%s%s%s], \"agent_actions\": [\"LOOK\"], "
                   "\"history\": [], \"used\": [], \"sample\": {\"id\": \"s%d\", \"description\": "
                   "\"find potassium of patient %d\"}}",
                   i ? ", " : "", i, fails(world, i, others, cycle % 2) ? "false" : "true",
                   tag ? "\"" : "", tag ? tag : "", tag ? "\"" : "", i, i);
    buf_text(&out, "]}");
    return buf_steal(&out);
}

static struct json *first_library(const struct world *world)
{
    struct json *files = json_new_object();
    for (int i = 0; i < 4 && world->skills[i]; i++) {
        char name[16];
        CLEANUP_BUF struct buf text = {0};
        snprintf(name, sizeof(name), "old_%d.md", i);
        buf_printf(&text,
                   "---\ndescription: potassium %d\nname: old_%d\ntags: [potassium]\n"
                   "version: 1\n---\n\n%s\n",
                   i, i, world->skills[i]);
        json_set(files, name, json_new_str(buf_view(&text)));
    }
    return files;
}

static grasp_files view(const struct json *files, grasp_file *items)
{
    size_t count = 0;
    for (struct json_iter it = json_members(files); json_next(&it);) {
        struct str text = json_str(it.value);
        items[count++] = (grasp_file){{it.key.ptr, it.key.len}, {text.ptr, text.len}};
    }
    return (grasp_files){items, count};
}

static struct json *emitted(const struct mock_host *host)
{
    struct json *files = json_new_object();
    for (size_t i = 0; i < host->file_names.count; i++) {
        struct mock_text name = host->file_names.items[i], text = host->file_texts.items[i];
        json_set_str(files, (struct str){name.ptr, name.len},
                     json_new_str((struct str){text.ptr, text.len}));
    }
    return files;
}

static void take_files(struct mock_host *host, struct played *out, struct json **library)
{
    if (!host->has_files)
        return;
    json_free(*library);
    json_free(out->files);
    *library = emitted(host);
    out->files = json_copy(*library);
}

static void end_epoch(struct mock_host *host, void *self, struct played *out, struct json **library)
{
    grasp_file items[64];
    grasp_call *call = mock_call(host);
    const grasp_files files = view(*library, items);
    if (grasp_method_table.epoch_end(call, self, &mock_lab_table, &files, NULL,
                                     grasp_cstr("{\"epoch\": 0, \"dev_score\": 0.6}")))
        abort();
    take_files(host, out, library);
}

static void update(struct mock_host *host, void *self, const struct world *world, int cycle,
                   struct played *out, struct json **library)
{
    grasp_file items[64];
    grasp_call *call = mock_call(host);
    const grasp_files files = view(*library, items);
    char *batch = batch_text(world, cycle);
    if (grasp_method_table.learn(call, self, &mock_lab_table, &files, NULL, grasp_cstr(batch)))
        abort();
    free(batch);
    take_files(host, out, library);
}

struct played world_play(const struct world *world)
{
    struct played out = {0};
    struct stage stage = {.world = world};
    struct mock_host *host = mock_host_create();
    struct mock_lab lab = {
        .reply = reply,
        .outcomes = outcomes,
        .arg = &stage,
        .broken = world->broken,
        .history = "[{\"role\": \"user\", \"content\": \"find potassium\"}, {\"role\": \"agent\", "
                   "\"content\": \"LOOK\"}]"};
    struct json *library = first_library(world);
    void *self;
    char *task = task_text();
    mock_lab_open(&lab);
    if (grasp_method_table.open(mock_call(host), grasp_cstr(world->options), grasp_cstr(task),
                                &self))
        abort();
    for (int i = 0; i < (world->updates ? world->updates : 1); i++)
        update(host, self, world, i, &out, &library);
    if (world->epoch_end)
        end_epoch(host, self, &out, &library);
    out.rollouts = lab.rollouts;
    out.prompts = json_copy(lab.prompts);
    out.requests = json_copy(lab.requests);
    out.trials = json_copy(lab.trials);
    out.expected = json_copy(lab.expected);
    out.notes = json_copy(lab.notes);
    grasp_method_table.close(mock_call(host), self);
    mock_lab_close(&lab);
    mock_host_destroy(host);
    json_free(library);
    json_free(stage.outcomes);
    free(task);
    return out;
}

void played_clear(struct played *played)
{
    json_free(played->prompts);
    json_free(played->requests);
    json_free(played->trials);
    json_free(played->expected);
    json_free(played->notes);
    json_free(played->files);
}

unsigned played_difference(const struct played *a, const struct played *b)
{
    unsigned out = 0;
    out |= json_equal(a->prompts, b->prompts) ? 0 : PROMPTS;
    out |= json_equal(a->trials, b->trials) ? 0 : TRIALS;
    out |= json_equal(a->notes, b->notes) ? 0 : EVENT;
    return out | (json_equal(a->files, b->files) ? 0 : FILES);
}

size_t played_prompts(const struct played *played, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < json_count(played->prompts); i++)
        count += strstr(json_str(json_at(played->prompts, i)).ptr, text) != NULL;
    return count;
}

bool played_has(const struct played *played, const char *file, const char *word)
{
    const struct json *text = json_get(played->files, file);
    return json_is(text, JSON_STRING) && strstr(json_str(text).ptr, word);
}

const char *edit(const char *action, const char *name, const char *body)
{
    static char texts[8][512];
    static unsigned next;
    char *text = texts[next++ % 8];
    snprintf(text, sizeof(texts[0]),
             "[{\"action\": \"%s\", \"name\": \"%s\", \"description\": \"says %s\", \"content\": "
             "\"## Rule\\n%s\", \"tags\": [\"potassium\"]}]",
             action, name, body, body);
    return text;
}
