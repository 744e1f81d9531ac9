/* SPDX-License-Identifier: MIT */
/* The made-up task that methods learn on, and their lab. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "plugin/check_world.h"

#define BATCHES 3
#define EPOCHS 2
#define PER_BATCH 4

#define SAMPLE(n, type)                                                                            \
    "{\"id\": \"made_up_" n "\", \"type\": \"" type "\", \"description\": \"Find value " n         \
    " of the record.\", \"answer\": \"" n "\"}"

static const char *const samples[WORLD_SAMPLES] = {
    SAMPLE("0", "look_up"), SAMPLE("1", "compare"), SAMPLE("2", "look_up"), SAMPLE("3", "compare"),
    SAMPLE("4", "look_up"), SAMPLE("5", "compare"), SAMPLE("6", "look_up"), SAMPLE("7", "compare"),
};
static const char *const tags[] = {"stale_value_used", "wrong_unit", "gave_up_early"};

const char *method_task_info(void)
{
    static char text[4096];
    struct buf out = {0};
    if (text[0])
        return text;
    buf_text(&out, "{\"name\": \"made_up\", \"splits\": [\"dev\", \"val\"], \"max_turns\": 4, "
                   "\"guidance\": {\"placement\": \"recent\"}, \"writer\": {\"family\": \"look-ups "
                   "in records\", \"guidance\": \"Answer in one line.\", \"labels\": {");
    for (size_t i = 0; i < 3; i++)
        buf_printf(&out, "%s\"%s\": \"the agent's fault number %zu\"", i ? ", " : "", tags[i], i);
    buf_text(&out, "}}, \"dev\": [");
    for (size_t i = 0; i < WORLD_SAMPLES; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", samples[i]);
    buf_text(&out, "]}");
    snprintf(text, sizeof(text), "%s", out.ptr);
    buf_free(&out);
    return text;
}

struct str world_sample(size_t number)
{
    return str_of(samples[number % WORLD_SAMPLES]);
}

const struct message *world_talk(size_t *out_count)
{
    static const struct message talk[] = {
        {.role = {"system", 6}, .content = {"You look values up in records.", 30}},
        {.role = {"user", 4}, .content = {"Find value 3 of the record of patient S1.", 41}},
        {.role = {"agent", 5}, .content = {"GET record/S1", 13}},
        {.role = {"user", 4}, .content = {"{\"values\": [1, 2, 3]}", 21}},
    };
    *out_count = sizeof(talk) / sizeof(talk[0]);
    return talk;
}

static struct json *message_json(const char *role, const char *content)
{
    struct json *out = json_new_object();
    json_set(out, "role", json_new_str(str_of(role)));
    json_set(out, "content", json_new_str(str_of(content)));
    return out;
}

/* A rollout of a sample; knowledge that names the sample's tag helps. */
static struct json *rollout(const struct check *check, const char *id, size_t number,
                            uint32_t repeat, const struct files *knowledge)
{
    const char *tag = tags[number % 3];
    bool correct = check_draw(check, "rollout", number * 64 + repeat) % 4 == 0;
    for (size_t i = 0; knowledge && i < knowledge->count; i++)
        correct = correct || str_find(knowledge->items[i].text, str_of(tag), NULL);
    struct json *out = json_new_object(), *failures = json_new_array(), *history = json_new_array();
    if (!correct)
        json_push(failures, json_new_str(str_of(tag)));
    json_push(history, message_json("user", "Find the value of the record."));
    json_push(history, message_json("agent", "GET record/S1"));
    json_push(history, message_json("user", "{\"values\": [1, 2, 3]}"));
    json_push(history, message_json("agent", correct ? "FINISH([3])" : "FINISH([1])"));
    struct json *actions = json_new_array();
    json_push(actions, json_new_str(STR("GET record/S1")));
    json_push(actions, json_new_str(correct ? STR("FINISH([3])") : STR("FINISH([1])")));
    json_set(out, "sample_id", json_new_str(str_of(id)));
    json_set(out, "repeat", json_new_int(repeat));
    json_set(out, "available", json_new_bool(number % 7 != 6));
    json_set(out, "correct", json_new_bool(correct));
    json_set(out, "score", json_new_double(correct ? 1 : 0));
    json_set(out, "failure_tags", failures);
    json_set(out, "status", json_new_str(STR("completed")));
    json_set(out, "answer", json_new_str(correct ? STR("3") : STR("1")));
    json_set(out, "raw", json_new_object());
    json_set(out, "agent_actions", actions);
    json_set(out, "history", history);
    json_set(out, "used", json_new_array());
    json_set(out, "error", NULL);
    return out;
}

void world_batch(const struct check *check, int epoch, int cycle, bool last, bool extra,
                 struct buf *out)
{
    CLEANUP_JSON struct json *batch = json_new_object();
    struct json *rollouts = json_new_array();
    json_set(batch, "epoch", json_new_int(epoch));
    json_set(batch, "update_cycle", json_new_int(cycle));
    json_set(batch, "last", json_new_bool(last));
    for (size_t i = 0; i < PER_BATCH; i++) {
        size_t number = (size_t)(cycle * PER_BATCH + (int)i) % WORLD_SAMPLES;
        CLEANUP_JSON struct json *sample = json_parse(world_sample(number), NULL);
        CLEANUP_FREE char *id = mem_printf("made_up_%zu", number);
        struct json *one = rollout(check, id, number, 0, NULL);
        json_set(one, "sample", json_copy(sample));
        if (extra)
            json_set(one, "later_member", json_parse(STR("{\"a\": [1, null]}"), NULL));
        json_push(rollouts, one);
    }
    json_set(batch, "rollouts", rollouts);
    if (extra)
        json_set(batch, "later_member", json_new_str(STR("from a later version")));
    json_write(out, batch, 0);
}

static uint64_t keep_result(struct world_lab *lab, struct json *result)
{
    json_push(lab->results, result);
    return json_count(lab->results) - 1;
}

static void writer_words(const struct check *check, uint64_t number, enum style style,
                         struct buf *out)
{
    static const char *const words[] = {
        "Check the time of each value before it is used: stale_value_used.",
        "{\"name\": \"check_units\", \"content\": \"Compare units first.\"}", "[1]",
        "1. gave_up_early\n2. wrong_unit"};
    if (style == STYLE_HOSTILE)
        world_hostile(check, "writer", number, out);
    else
        buf_text(out, words[number % (sizeof(words) / sizeof(words[0]))]);
}

/* What a writer answers to one request. */
static struct json *complete_one(struct world_lab *lab, const struct json *request, uint64_t number)
{
    struct arena arena = {0};
    struct model_reply reply = {0};
    CLEANUP_BUF struct buf words = {0};
    const struct json *array = json_get(request, "messages");
    size_t count = json_count(array);
    struct message *messages = arena_alloc(&arena, (count + 1) * sizeof(*messages));
    for (size_t i = 0; i < count; i++) {
        messages[i].role = json_str(json_get(json_at(array, i), "role"));
        messages[i].content = json_str(json_get(json_at(array, i), "content"));
    }
    struct json *out = json_new_object();
    bool failed = number % 11 == 10;
    if (lab->style == STYLE_REHEARSED && !failed &&
        drive_reply(lab->drive, messages, count, number, &arena, &reply))
        buf_str(&words, reply.text);
    else if (!failed)
        writer_words(lab->drive->check, number, lab->style, &words);
    json_set(out, "text", json_new_str(buf_view(&words)));
    json_set(out, "finish_reason", json_new_str(failed ? STR("") : STR("stop")));
    json_set(out, "error", failed ? json_new_str(STR("HTTP 500: made up")) : NULL);
    arena_clear(&arena);
    return out;
}

static int start_complete(void *self, struct str text, uint64_t *out_ticket, struct err *err)
{
    struct world_lab *lab = self;
    CLEANUP_JSON struct json *requests = json_parse(text, err);
    if (!json_is(requests, JSON_ARRAY))
        return err_set(err, EXIT_PLUGIN, "the requests of complete must be a JSON array (R5)");
    struct json *replies = json_new_array();
    drive_note(lab->drive, "requests", text);
    for (size_t i = 0; i < json_count(requests); i++)
        json_push(replies, complete_one(lab, json_at(requests, i), lab->records++));
    *out_ticket = keep_result(lab, replies);
    return 0;
}

static int start_rollouts(void *self, struct lab_trial *trial, uint64_t *out_ticket,
                          struct err *err)
{
    struct world_lab *lab = self;
    CLEANUP_JSON struct json *ids = json_parse(trial->samples, err);
    struct json *out = json_new_array();
    bool ok = json_is(ids, JSON_ARRAY) && trial->repeats >= 1 && trial->repeats <= 1000;
    drive_note(lab->drive, "trial", trial->samples);
    for (size_t i = 0; ok && i < json_count(ids); i++) {
        struct str id = json_str(json_at(ids, i));
        for (uint32_t k = 0; k < trial->repeats; k++)
            json_push(out, rollout(lab->drive->check, id.ptr,
                                   id.len ? (size_t)id.ptr[id.len - 1] : 0, k, trial->files));
    }
    files_destroy(trial->files);
    *out_ticket = keep_result(lab, out);
    return ok ? 0
              : err_set(err, EXIT_PLUGIN,
                        "a trial needs a JSON array of sample ids and 1 or more repeats (R5)");
}

static int wait_for(void *self, uint64_t ticket, struct arena *arena, struct str *out,
                    struct err *err)
{
    struct world_lab *lab = self;
    CLEANUP_BUF struct buf text = {0};
    if (ticket >= json_count(lab->results))
        return err_set(err, EXIT_PLUGIN, "wait was given a ticket that nobody holds (R8)");
    json_write(&text, json_at(lab->results, ticket), 0);
    *out = (struct str){arena_dup(arena, text.ptr, text.len), text.len};
    return 0;
}

static int drop(void *self, uint64_t ticket, struct err *err)
{
    struct world_lab *lab = self;
    return ticket < json_count(lab->results)
               ? 0
               : err_set(err, EXIT_PLUGIN, "drop was given a ticket that nobody holds (R8)");
}

static int note(void *self, struct str name, struct str json, struct err *err)
{
    struct world_lab *lab = self;
    CLEANUP_JSON struct json *value = json_parse(json, err);
    drive_note(lab->drive, "note", name);
    drive_note(lab->drive, "json", json);
    return value ? 0 : err_set(err, EXIT_PLUGIN, "note was not given JSON (R5)");
}

static int record(void *self, struct str name, struct str text, struct err *err)
{
    struct world_lab *lab = self;
    drive_note(lab->drive, "record", name);
    drive_note(lab->drive, "text", text);
    return str_valid_utf8(text)
               ? 0
               : err_set(err, EXIT_PLUGIN, "record was not given valid UTF-8 (R5)");
}

static void draw(void *self, struct str label, struct rng *out)
{
    struct world_lab *lab = self;
    CLEANUP_FREE char *seed = mem_printf("%llu:%.*s", (unsigned long long)lab->drive->check->seed,
                                         (int)label.len, label.len ? label.ptr : "");
    rng_seed_text(out, str_of(seed));
}

/* Whether it comes so is not looked at: a guess may be wrong. */
static int expect(void *self, struct files *files, struct err *err)
{
    files_destroy(files);
    return 0;
}

void world_lab_open(struct world_lab *lab, struct drive *drive, enum style style)
{
    *lab = (struct world_lab){.drive = drive, .style = style, .results = json_new_array()};
    lab->lab = (struct lab){
        .self = lab,
        .start_complete = start_complete,
        .start_rollouts = start_rollouts,
        .wait = wait_for,
        .drop = drop,
        .note = note,
        .record = record,
        .rng = draw,
        .expect = expect,
    };
}

void world_lab_close(struct world_lab *lab)
{
    json_free(lab->results);
    lab->results = NULL;
}

/* Knowledge on its way. */
struct present {
    struct files *files;
    void *handle;
};

static bool replace(struct drive *drive, struct instance *instance, struct present *present,
                    struct files *next)
{
    void *handle;
    if (!next)
        return true;
    if (!drive_load(drive, instance, next, &handle)) {
        check_fail("R16", "load refuses what %s emitted: %s", "learn", drive->err.text);
        files_destroy(next);
        return false;
    }
    drive_unload(drive, instance, present->handle);
    files_destroy(present->files);
    *present = (struct present){next, handle};
    return true;
}

static bool epoch(struct drive *drive, struct instance *instance, struct world_lab *lab, int number,
                  bool extra, struct present *present)
{
    struct files *next;
    bool ok = true;
    for (int cycle = 0; ok && cycle < BATCHES; cycle++) {
        CLEANUP_BUF struct buf batch = {0};
        world_batch(drive->check, number, cycle, cycle == BATCHES - 1, extra, &batch);
        ok = drive_learn(drive, instance, &lab->lab, present->files, present->handle,
                         buf_view(&batch), false, &next) &&
             replace(drive, instance, present, next);
    }
    CLEANUP_FREE char *text =
        mem_printf("{\"epoch\": %d, \"dev_score\": 0.%d, \"n_correct\": 0, \"n_total\": 12%s}",
                   number, number ? 0 : 5, extra ? ", \"later_member\": [1]" : "");
    return ok &&
           drive_learn(drive, instance, &lab->lab, present->files, present->handle, str_of(text),
                       true, &next) &&
           replace(drive, instance, present, next);
}

bool world_learn(struct drive *drive, struct instance *instance, enum style style, bool extra,
                 struct files **out_files, void **out_knowledge)
{
    struct world_lab lab;
    struct present present = {.files = files_create()};
    if (!drive_load(drive, instance, present.files, &present.handle)) {
        files_destroy(present.files);
        return false;
    }
    world_lab_open(&lab, drive, style);
    bool ok = true;
    for (int i = 0; ok && i < EPOCHS; i++)
        ok = epoch(drive, instance, &lab, i, extra, &present);
    world_lab_close(&lab);
    if (ok) {
        *out_files = present.files;
        *out_knowledge = present.handle;
        return true;
    }
    struct err err = drive->err;
    drive_unload(drive, instance, present.handle);
    files_destroy(present.files);
    drive->err = err;
    return false;
}
