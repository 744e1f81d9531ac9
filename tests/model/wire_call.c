/* SPDX-License-Identifier: MIT */
/*
 * Sends what standard input asks for through the real client, and prints the replies.
 *
 *   {"agent": name of a preset or a block, "in_flight": N, "requests": [{"messages": [...],
 *    "tools": [...], "tool_choice", "temperature", "max_tokens", "seed", "schema"}]}
 *
 * in_flight calls run at once; each request is sent `repeat` times. An agent that cannot be opened
 * is {"refused": text}.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "model/model.h"
#include "model/preset.h"

struct pending {
    struct model_call call; /* first */
    struct arena arena;
    struct batch *batch;
};

struct batch {
    struct model *model;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct pending *items;
    size_t count, sent, done, in_flight;
};

static struct str text_of(struct arena *arena, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    if (json_is(value, JSON_NULL))
        return STR("");
    if (json_is(value, JSON_STRING))
        buf_str(&text, json_str(value));
    else
        json_write(&text, value, 0);
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

static void read_request(const struct json *asked, struct arena *arena, struct model_request *out)
{
    const struct json *array = json_get(asked, "messages");
    struct message *messages = arena_alloc(arena, (json_count(array) + 1) * sizeof(*messages));
    for (size_t i = 0; i < json_count(array); i++) {
        const struct json *m = json_at(array, i);
        messages[i] = (struct message){
            .role = text_of(arena, json_get(m, "role")),
            .content = text_of(arena, json_get(m, "content")),
            .tool_calls = text_of(arena, json_get(m, "tool_calls")),
            .tool_call_id = text_of(arena, json_get(m, "tool_call_id")),
            .carry = text_of(arena, json_get(m, "carry")),
        };
    }
    *out = (struct model_request){
        .messages = messages,
        .count = json_count(array),
        .tools = text_of(arena, json_get(asked, "tools")),
        .tool_choice = text_of(arena, json_get(asked, "tool_choice")),
        .schema = text_of(arena, json_get(asked, "schema")),
        .temperature = json_double(json_get(asked, "temperature"), NAN),
        .max_tokens = json_int(json_get(asked, "max_tokens"), 0),
        .seed = (uint64_t)json_int(json_get(asked, "seed"), 0),
    };
}

static void on_done(struct model_call *call)
{
    struct batch *batch = ((struct pending *)call)->batch;
    pthread_mutex_lock(&batch->lock);
    batch->done++;
    pthread_cond_signal(&batch->changed);
    pthread_mutex_unlock(&batch->lock);
}

static void send_all(struct batch *batch)
{
    pthread_mutex_lock(&batch->lock);
    while (batch->done < batch->count) {
        while (batch->sent < batch->count && batch->sent - batch->done < batch->in_flight) {
            struct pending *next = &batch->items[batch->sent++];
            pthread_mutex_unlock(&batch->lock);
            model_send(batch->model, &next->call);
            pthread_mutex_lock(&batch->lock);
        }
        if (batch->done < batch->count)
            pthread_cond_wait(&batch->changed, &batch->lock);
    }
    pthread_mutex_unlock(&batch->lock);
}

static void prepare(struct batch *batch, const struct json *input)
{
    const struct json *requests = json_get(input, "requests");
    size_t repeat = (size_t)json_int(json_get(input, "repeat"), 1);
    batch->count = json_count(requests) * repeat;
    batch->in_flight = (size_t)json_int(json_get(input, "in_flight"), 1);
    batch->items = mem_array(batch->count + 1, sizeof(*batch->items));
    for (size_t i = 0; i < batch->count; i++) {
        struct pending *p = &batch->items[i];
        p->batch = batch;
        p->call.done = on_done;
        p->call.arena = &p->arena;
        read_request(json_at(requests, i / repeat), &p->arena, &p->call.request);
    }
}

static void set_text(struct json *out, const char *key, struct str text)
{
    if (text.len)
        json_set(out, key, json_new_str(text));
}

static struct json *shown(const struct model_reply *reply)
{
    static const char *const kinds[] = {"text", "context limit", "refused", "failed", "truncated"};
    static const char *const faults[] = {"none", "call", "endpoint", "key", "config", "cancelled"};
    const struct model_usage *u = &reply->usage;
    const int64_t counts[] = {u->prompt_tokens, u->cached_tokens, u->completion_tokens,
                              u->reasoning_tokens};
    struct json *out = json_new_object(), *usage = json_new_array();
    json_set(out, "kind", json_new_str(str_of(kinds[reply->kind])));
    json_set(out, "fault", json_new_str(str_of(faults[reply->fault])));
    json_set(out, "text", json_new_str(reply->text));
    json_set(out, "tool_calls", json_parse(reply->tool_calls, NULL));
    set_text(out, "finish_reason", reply->finish_reason);
    set_text(out, "carry", reply->carry);
    set_text(out, "error", reply->error);
    for (size_t i = 0; i < 4; i++)
        json_push(usage, json_new_int(counts[i]));
    json_set(out, "usage", usage);
    return out;
}

static int open_model(const struct json *agent, struct http_client *http, struct loop *loop,
                      struct pool *pool, struct model **out, struct err *err)
{
    CLEANUP_JSON struct json *config = NULL;
    int code = json_is(agent, JSON_STRING) ? preset_load(json_str(agent).ptr, NULL, &config, err)
                                           : preset_from_block(agent, &config, err);
    return code ? code : model_open(config, http, loop, pool, out, err);
}

static struct json *run(const struct json *input)
{
    struct batch batch = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct err err = {0};
    struct loop *loop = loop_start(&err);
    struct http_client *http = http_client_create(loop, 1000, &err);
    struct pool *pool = pool_create(2, "worker", 0);
    struct json *out = json_new_object(), *replies = json_new_array();
    if (open_model(json_get(input, "agent"), http, loop, pool, &batch.model, &err)) {
        json_set(out, "refused", json_new_str(str_of(err.text)));
    } else {
        prepare(&batch, input);
        send_all(&batch);
    }
    for (size_t i = 0; i < batch.count; i++)
        json_push(replies, shown(&batch.items[i].call.reply));
    json_set(out, "replies", replies);
    model_close(batch.model);
    pool_destroy(pool);
    http_client_destroy(http);
    loop_stop(loop);
    for (size_t i = 0; i < batch.count; i++)
        arena_clear(&batch.items[i].arena);
    mem_free(batch.items);
    return out;
}

int main(void)
{
    CLEANUP_BUF struct buf text = {0};
    struct err err = {0};
    char part[4096];
    for (ssize_t got; (got = read(0, part, sizeof(part))) > 0;)
        buf_add(&text, part, (size_t)got);
    CLEANUP_JSON struct json *input = json_parse(buf_view(&text), &err);
    if (!input) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    CLEANUP_JSON struct json *out = run(input);
    buf_reset(&text);
    json_write(&text, out, 0);
    printf("%s\n", text.ptr);
    return 0;
}
