/* SPDX-License-Identifier: MIT */
#include "golden_rig.h"

#include <stdlib.h>
#include <string.h>

/* The n-th of the script; anything but a string is a call that fails. */
static char *reply(void *arg, size_t number, const char *prompt)
{
    const struct rig *rig = arg;
    const struct json *text = json_at(rig->replies, number);
    return json_is(text, JSON_STRING) ? strdup(json_str(text).ptr) : NULL;
}

static void put_samples(struct text *out, const struct json *samples)
{
    for (size_t i = 0; i < json_count(samples); i++) {
        const struct json *sample = json_at(samples, i);
        CLEANUP_BUF struct buf text = {0};
        json_write(&text, sample, 0);
        text_put(out, i ? ", " : "");
        if (json_is(sample, JSON_STRING))
            text_put(out, "{\"id\": ");
        text_str(out, rig_in(buf_view(&text)));
        if (json_is(sample, JSON_STRING))
            text_char(out, '}');
    }
}

void rig_open(struct rig *rig, const char *options, const struct json *samples)
{
    struct text task CLEANUP_TEXT = {0};
    const grasp_files none = {NULL, 0};
    *rig = (struct rig){.host = mock_host_create(), .lab = {.reply = reply, .arg = rig}};
    mock_lab_open(&rig->lab);
    rig->call = mock_call(rig->host);
    rig->json = grasp_json_of(rig->call);
    text_put(&task, "{\"name\": \"golden\", \"dev\": [");
    put_samples(&task, samples);
    text_put(&task, "]}");
    if (grasp_method_table.open(rig->call, grasp_cstr(options), text_view(&task),
                                (void **)&rig->self))
        abort();
    rig->update = (struct update){.call = rig->call,
                                  .lab = &mock_lab_table,
                                  .json = rig->json,
                                  .self = rig->self,
                                  .pool = &rig->pool};
    update_open(&rig->update, library_open(&rig->pool, &none, rig->self->options.reference));
}

void rig_close(struct rig *rig)
{
    text_free(&rig->update.raw_proposals);
    grasp_method_table.close(rig->call, rig->self);
    mock_host_destroy(rig->host);
    mock_lab_close(&rig->lab);
    pool_free(&rig->pool);
}

static struct json *text_value(const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    if (json_is(value, JSON_STRING))
        return json_copy(value);
    json_write(&text, value, 0);
    return json_new_str(buf_view(&text));
}

struct json *rig_rollout(const struct json *entry)
{
    struct json *out = json_copy(entry), *sample = json_new_object();
    json_set(out, "sample_id", text_value(json_get(entry, "sample_id")));
    json_set(out, "correct", json_copy(json_get(entry, "is_correct")));
    json_set(out, "available", json_new_bool(true));
    json_set(sample, "description", json_copy(json_get(entry, "instruction")));
    json_set(out, "sample", sample);
    return out;
}

const grasp_json_value *rig_value(struct rig *rig, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return rig->json->parse(rig->call, rig_in(buf_view(&text)), NULL);
}

void rig_entries(struct rig *rig, const struct json *entries)
{
    CLEANUP_JSON struct json *rollouts = json_new_array();
    for (size_t i = 0; i < json_count(entries); i++)
        json_push(rollouts, rig_rollout(json_at(entries, i)));
    if (entries_read(&rig->update, rig_value(rig, rollouts)))
        abort();
}
