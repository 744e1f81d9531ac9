/* SPDX-License-Identifier: MIT */
#include "run/lab.h"

#include <string.h>

#include "base/file.h"
#include "run/request.h"

static int lab_stopped(struct lab_run *run, struct err *err)
{
    return engine_stopped(run->engine, err);
}

static struct wave *ticket_open(struct lab_run *run, bool calls, enum phase phase,
                                uint64_t *out_ticket)
{
    CLEANUP_FREE char *place = mem_printf("%s/%c%zu", run->place, calls ? 'w' : 't', run->next++);
    struct wave *wave = wave_create(run->engine, phase, place);
    MEM_RESERVE(run->tickets, run->ticket_count, run->ticket_capacity);
    run->tickets[run->ticket_count] = (struct lab_ticket){.wave = wave, .calls = calls};
    *out_ticket = run->ticket_count++;
    return wave;
}

static int start_complete(void *self, struct str requests, uint64_t *out_ticket, struct err *err)
{
    struct lab_run *run = self;
    CLEANUP_JSON struct json *array = json_parse(requests, err);
    if (!json_is(array, JSON_ARRAY))
        return err_set(err, EXIT_PLUGIN, "complete: requests must be a JSON array");
    struct arena arena = {0};
    struct model_request *parsed = arena_alloc(&arena, (json_count(array) + 1) * sizeof(*parsed));
    for (size_t i = 0; i < json_count(array); i++) {
        int code = request_read(json_at(array, i), MODEL_WRITER, &arena, &parsed[i], err);
        if (code) {
            arena_clear(&arena);
            return err_prefix(err, "complete, request %zu", i);
        }
    }
    struct wave *wave = ticket_open(run, true, PHASE_LEARN, out_ticket);
    for (size_t i = 0; i < json_count(array); i++)
        wave_add_call(wave, &parsed[i]);
    arena_clear(&arena);
    wave_start(wave);
    return 0;
}

static int trial_samples(struct lab_run *run, struct str ids, const struct sample ***out,
                         size_t *out_count, struct err *err)
{
    CLEANUP_JSON struct json *array = json_parse(ids, err);
    if (!json_is(array, JSON_ARRAY))
        return err_set(err, EXIT_PLUGIN, "rollouts: samples must be a JSON array of ids");
    size_t count = json_count(array);
    const struct sample **samples = mem_array(count + 1, sizeof(*samples));
    for (size_t i = 0; i < count; i++) {
        struct str id = json_str(json_at(array, i));
        samples[i] = map_get(run->dev, id);
        if (!samples[i]) {
            mem_free(samples);
            return err_set(err, EXIT_PLUGIN, "rollouts: no sample '%.*s' in split dev",
                           (int)(id.len > 200 ? 200 : id.len), id.ptr);
        }
    }
    *out = samples;
    *out_count = count;
    return 0;
}

static int trial_knowledge(struct lab_run *run, struct files *files, struct knowledge **out,
                           struct err *err)
{
    char hash[65];
    files_hash(files, hash);
    if (strcmp(hash, knowledge_hash(run->present)) == 0) {
        files_destroy(files);
        *out = knowledge_ref(run->present);
        return 0;
    }
    return knowledge_load(run->method, files, out, err);
}

static int start_rollouts(void *self, struct lab_trial *trial, uint64_t *out_ticket,
                          struct err *err)
{
    struct lab_run *run = self;
    const struct sample **samples = NULL;
    size_t count = 0;
    struct knowledge *knowledge;
    if (trial->repeats < 1 || trial->repeats > 10000) {
        files_destroy(trial->files);
        return err_set(err, EXIT_PLUGIN, "rollouts: repeats must be from 1 to 10000");
    }
    int code = trial_samples(run, trial->samples, &samples, &count, err);
    if (code) {
        files_destroy(trial->files);
        return code;
    }
    code = trial_knowledge(run, trial->files, &knowledge, err);
    if (!code) {
        struct wave *wave = ticket_open(run, false, PHASE_PROBE, out_ticket);
        wave_set_marker(wave, trial->marker);
        for (size_t i = 0; i < count; i++) {
            for (uint32_t r = 0; r < trial->repeats; r++)
                wave_add_rollout(wave, samples[i], trial->draw + r, knowledge);
        }
        run->rollouts += count * trial->repeats;
        wave_start(wave);
        knowledge_unref(knowledge);
    }
    mem_free(samples);
    return code;
}

static void write_replies(struct buf *out, struct wave *wave)
{
    for (size_t i = 0; i < wave_call_count(wave); i++) {
        if (i)
            buf_text(out, ", ");
        request_write_reply(out, wave_reply(wave, i));
    }
}

static void write_rollouts(struct buf *out, struct wave *wave)
{
    for (size_t i = 0; i < wave_rollout_count(wave); i++) {
        if (i)
            buf_text(out, ", ");
        rollout_write(out, wave_rollout(wave, i), false);
    }
}

static struct lab_ticket *ticket_of(struct lab_run *run, uint64_t ticket, struct err *err)
{
    if (ticket < run->ticket_count && run->tickets[ticket].wave)
        return &run->tickets[ticket];
    err_set(err, EXIT_PLUGIN, "lab: ticket %llu is not open", (unsigned long long)ticket);
    return NULL;
}

static int lab_wait(void *self, uint64_t ticket, struct arena *arena, struct str *out,
                    struct err *err)
{
    struct lab_run *run = self;
    struct lab_ticket *t = ticket_of(run, ticket, err);
    if (!t)
        return EXIT_PLUGIN;
    run->waiting(run->waiting_arg, t->wave);
    int code = lab_stopped(run, err);
    if (code)
        return code;
    CLEANUP_BUF struct buf text = {0};
    buf_char(&text, '[');
    if (t->calls)
        write_replies(&text, t->wave);
    else
        write_rollouts(&text, t->wave);
    buf_char(&text, ']');
    wave_destroy(t->wave);
    t->wave = NULL;
    if (text.failed)
        return err_set(err, EXIT_PLUGIN,
                       "lab: the rollouts of one trial are over 1 GiB of text; "
                       "split the trial");
    *out = (struct str){arena_dup(arena, text.ptr, text.len), text.len};
    return 0;
}

static int lab_drop(void *self, uint64_t ticket, struct err *err)
{
    struct lab_run *run = self;
    struct lab_ticket *t = ticket_of(run, ticket, err);
    if (!t)
        return EXIT_PLUGIN;
    wave_forget(t->wave);
    wave_destroy(t->wave);
    t->wave = NULL;
    return 0;
}

static struct buf *entry_of(struct map *map, struct str name)
{
    struct buf *buf = map_get(map, name);
    if (!buf) {
        buf = mem_alloc(sizeof(*buf));
        map_set(map, name, buf);
    }
    return buf;
}

static int check_name(struct str name, struct err *err)
{
    static const char *const taken[] = {"dev_runs.jsonl", "val_runs.jsonl", "val_score.json"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
        if (str_is(name, taken[i]))
            return err_set(err, EXIT_PLUGIN, "lab: %s is written by the host", taken[i]);
    }
    if (!file_name_ok(name))
        return err_set(err, EXIT_PLUGIN,
                       "lab: not a file name: a relative path of letters, "
                       "digits, '_', '-' and '.'");
    return 0;
}

static int lab_note(void *self, struct str name, struct str json, struct err *err)
{
    struct lab_run *run = self;
    int code = check_name(name, err);
    if (code)
        return code;
    if (!json_check(json, NULL, NULL))
        return err_set(err, EXIT_PLUGIN, "lab: note %.*s: not JSON", (int)name.len, name.ptr);
    struct buf *notes = entry_of(run->notes, name);
    if (notes->len)
        buf_text(notes, ", ");
    buf_str(notes, json);
    return 0;
}

static int lab_record(void *self, struct str name, struct str text, struct err *err)
{
    struct lab_run *run = self;
    int code = check_name(name, err);
    if (code)
        return code;
    struct buf *record = entry_of(run->records, name);
    buf_reset(record);
    buf_str(record, text);
    return 0;
}

static void lab_rng(void *self, struct str label, struct rng *out)
{
    struct lab_run *run = self;
    CLEANUP_BUF struct buf seed = {0};
    buf_printf(&seed, "%lld:", (long long)run->seed);
    buf_str(&seed, label);
    rng_seed_text(out, buf_view(&seed));
}

bool lab_has(const struct lab_run *run, const struct sample *sample)
{
    for (size_t i = 0; i < run->ticket_count; i++) {
        if (run->tickets[i].wave && wave_has(run->tickets[i].wave, sample))
            return true;
    }
    return false;
}

static int lab_expect(void *self, struct files *files, struct err *err)
{
    struct lab_run *run = self;
    struct knowledge *knowledge;
    if (!run->expected) {
        files_destroy(files);
        return 0;
    }
    int code = knowledge_load(run->method, files, &knowledge, err);
    if (code)
        return code;
    run->expected(run->expected_arg, run, knowledge);
    run->expected = NULL;
    knowledge_unref(knowledge);
    return 0;
}

void lab_init(struct lab_run *run)
{
    run->lab = (struct lab){
        .self = run,
        .start_complete = start_complete,
        .start_rollouts = start_rollouts,
        .wait = lab_wait,
        .drop = lab_drop,
        .note = lab_note,
        .record = lab_record,
        .rng = lab_rng,
        .expect = lab_expect,
    };
}

void lab_finish(struct lab_run *run)
{
    for (size_t i = 0; i < run->ticket_count; i++) {
        if (run->tickets[i].wave)
            wave_forget(run->tickets[i].wave);
        wave_destroy(run->tickets[i].wave);
    }
    mem_free(run->tickets);
    run->tickets = NULL;
    run->ticket_count = run->ticket_capacity = 0;
}
