/* SPDX-License-Identifier: MIT */
#include "mock_lab.h"

#include <stdlib.h>
#include <string.h>

/* The lab's functions are given the call alone. */
static struct mock_lab *present;

static struct str as_str(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}

static struct json *parse(grasp_str text)
{
    struct json *value = json_parse(as_str(text), NULL);
    if (!value)
        abort();
    return value;
}

static struct mock_text take(struct buf *buf)
{
    size_t len = buf->len;
    return (struct mock_text){buf_steal(buf), len};
}

static void put_reply(struct buf *out, const char *reply)
{
    buf_text(out, "{\"finish_reason\": \"stop\", \"text\": ");
    json_write_str(out, str_of(reply), 0);
    buf_text(out, reply ? ", \"error\": null}" : ", \"error\": \"the endpoint does not answer\"}");
}

static void answer(struct buf *out, const struct json *request)
{
    const struct json *message = json_at(json_get(request, "messages"), 0);
    struct str prompt = json_str(json_get(message, "content"));
    size_t number = json_count(present->prompts);
    json_push(present->prompts, json_new_str(prompt));
    json_push(present->requests, json_copy(request));
    char *reply = present->reply ? present->reply(present->arg, number, prompt.ptr) : NULL;
    put_reply(out, reply);
    free(reply);
}

static int32_t lab_complete(grasp_call *call, grasp_str requests, grasp_str *out_replies)
{
    struct buf out = {0};
    struct json *array = parse(requests);
    buf_char(&out, '[');
    for (size_t i = 0; i < json_count(array); i++) {
        buf_text(&out, i ? ", " : "");
        answer(&out, json_at(array, i));
    }
    buf_char(&out, ']');
    json_free(array);
    free(present->given.ptr);
    present->given = take(&out);
    *out_replies = mock_str(present->given);
    return GRASP_OK;
}

static void put_rollout(struct buf *out, const struct json *id, const struct json *outcome)
{
    if (++present->rollouts == present->broken)
        outcome = NULL;
    struct str status = json_str(json_at(outcome, 1));
    buf_text(out, "{\"sample_id\": ");
    json_write(out, id, 0);
    buf_printf(out, ", \"repeat\": 0, \"available\": %s, \"correct\": %s, \"status\": ",
               outcome ? "true" : "false",
               json_bool(json_at(outcome, 0), false) ? "true" : "false");
    json_write_str(out, outcome ? status : STR("error"), 0);
    buf_printf(out, ", \"failure_tags\": [], \"agent_actions\": [\"LOOK\"], \"history\": %s}",
               present->history ? present->history : "[]");
}

static int32_t lab_start_rollouts(grasp_call *call, const grasp_trial *trial, uint64_t *out_ticket)
{
    struct mock_lab *lab = present;
    struct buf out = {0};
    struct json *ids = parse(trial->samples);
    const struct json *outcomes = lab->outcomes(lab->arg, &trial->knowledge);
    buf_char(&out, '[');
    for (size_t i = 0; i < json_count(ids); i++) {
        buf_text(&out, i ? ", " : "");
        put_rollout(&out, json_at(ids, i), json_get_str(outcomes, json_str(json_at(ids, i))));
    }
    buf_char(&out, ']');
    json_push(lab->trials, ids);
    lab->results = realloc(lab->results, (lab->result_count + 1) * sizeof(*lab->results));
    lab->results[lab->result_count] = take(&out);
    *out_ticket = lab->result_count++;
    if (++lab->open > lab->most_open)
        lab->most_open = lab->open;
    return GRASP_OK;
}

static int32_t lab_start_draws(grasp_call *call, const grasp_trial *trial, uint32_t draw,
                               grasp_str marker, uint64_t *out_ticket)
{
    if (draw < 1 || !marker.len)
        abort();
    return lab_start_rollouts(call, trial, out_ticket);
}

static int32_t lab_wait(grasp_call *call, uint64_t ticket, grasp_str *out)
{
    if (ticket >= present->result_count)
        abort();
    present->open--;
    *out = mock_str(present->results[ticket]);
    return GRASP_OK;
}

static int32_t lab_drop(grasp_call *call, uint64_t ticket)
{
    present->open--;
    return GRASP_OK;
}

static int32_t lab_note(grasp_call *call, grasp_str name, grasp_str json)
{
    json_push(present->notes, parse(json));
    return GRASP_OK;
}

static int32_t lab_record(grasp_call *call, grasp_str name, grasp_str text)
{
    json_set_str(present->records, as_str(name), json_new_str(as_str(text)));
    return GRASP_OK;
}

static int32_t lab_rng(grasp_call *call, grasp_str label, grasp_rng **out_rng)
{
    struct buf seed = {0};
    buf_text(&seed, "1:");
    buf_str(&seed, as_str(label));
    rng_seed_text(&present->rng->rng, buf_view(&seed));
    buf_free(&seed);
    *out_rng = present->rng;
    return GRASP_OK;
}

static uint32_t lab_rng_next(grasp_rng *rng)
{
    return rng_next(&rng->rng);
}

static int32_t lab_expect(grasp_call *call, const grasp_files *files)
{
    struct json *object = json_new_object();
    for (uint64_t i = 0; i < files->count; i++)
        json_set_str(object, as_str(files->items[i].name),
                     json_new_str(as_str(files->items[i].text)));
    json_push(present->expected, object);
    return GRASP_OK;
}

const grasp_lab mock_lab_table = {
    .size = sizeof(mock_lab_table),
    .complete = lab_complete,
    .start_rollouts = lab_start_rollouts,
    .wait = lab_wait,
    .drop = lab_drop,
    .note = lab_note,
    .record = lab_record,
    .rng = lab_rng,
    .rng_next = lab_rng_next,
    .expect = lab_expect,
    .start_draws = lab_start_draws,
};

void mock_lab_open(struct mock_lab *lab)
{
    present = lab;
    lab->prompts = json_new_array();
    lab->requests = json_new_array();
    lab->trials = json_new_array();
    lab->notes = json_new_array();
    lab->records = json_new_object();
    lab->expected = json_new_array();
    lab->rng = calloc(1, sizeof(*lab->rng));
}

void mock_lab_close(struct mock_lab *lab)
{
    json_free(lab->prompts);
    json_free(lab->requests);
    json_free(lab->trials);
    json_free(lab->notes);
    json_free(lab->records);
    json_free(lab->expected);
    for (size_t i = 0; i < lab->result_count; i++)
        free(lab->results[i].ptr);
    free(lab->results);
    free(lab->given.ptr);
    free(lab->rng);
    memset(lab, 0, sizeof(*lab));
    present = NULL;
}
