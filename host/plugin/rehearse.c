/* SPDX-License-Identifier: MIT */
#include "plugin/rehearse.h"

#include <math.h>
#include <string.h>

#include "plugin/call.h"
#include "plugin/internal.h"

struct rehearsal {
    const grasp_rehearsal *task, *method;
    const char *task_id, *method_id;
};

/* The extension of a table, if it reaches far enough to be used. */
static const grasp_rehearsal *offered(const void *(*extension)(grasp_str id))
{
    if (!extension)
        return NULL;
    const grasp_rehearsal *table = extension(grasp_cstr(GRASP_EXT_REHEARSAL));
    return table && table->size >= sizeof(*table) && table->reply ? table : NULL;
}

int rehearsal_open(const struct plugin_entry *task, const struct plugin_entry *method,
                   struct rehearsal **out, struct err *err)
{
    struct rehearsal r = {0};
    if (task) {
        r.task = offered(plugin_task_table(task)->extension);
        r.task_id = task->id;
    }
    if (method) {
        r.method = offered(plugin_method_table(method)->extension);
        r.method_id = method->id;
    }
    if (!r.task && !r.method)
        return err_set(err, EXIT_USAGE,
                       "%s offers no rehearsal (grasp.rehearsal/1): use a real model, as in "
                       "--agent local",
                       task     ? task->id
                       : method ? method->id
                                : "nothing");
    *out = mem_alloc(sizeof(**out));
    **out = r;
    return 0;
}

void rehearsal_close(struct rehearsal *rehearsal)
{
    mem_free(rehearsal);
}

static const grasp_message *const *view(const struct model_request *request, struct arena *arena)
{
    grasp_message *views = arena_alloc(arena, (request->count + 1) * sizeof(*views));
    const grasp_message **list = arena_alloc(arena, (request->count + 1) * sizeof(*list));
    for (size_t i = 0; i < request->count; i++) {
        const struct message *m = &request->messages[i];
        views[i] = (grasp_message){
            .size = sizeof(grasp_message),
            .role = str_to(m->role),
            .content = str_to(m->content),
            .tool_calls = str_to(m->tool_calls),
            .tool_call_id = str_to(m->tool_call_id),
            .name = str_to(m->name),
        };
        list[i] = &views[i];
    }
    return list;
}

/* false: not its conversation. */
static bool ask(const grasp_rehearsal *table, const char *id, const grasp_rehearsal_request *asked,
                struct arena *arena, struct model_reply *reply)
{
    struct call call;
    struct err err;
    if (!table)
        return false;
    call_init(&call, CALL_REHEARSE, id, "rehearsal");
    call.out = arena;
    call.reply = reply;
    int32_t status = table->reply(&call.base, asked);
    bool done = call.done;
    if (status == GRASP_E_UNSUPPORTED && !call.host_fault) {
        call_finish(&call, 0, NULL);
        return false;
    }
    int code = call_finish(&call, status, &err);
    if (code || !done) {
        reply->kind = MODEL_FAILED;
        reply->fault = MODEL_FAULT_CONFIG;
        reply->error = code ? str_of(arena_dup(arena, err.text, strlen(err.text)))
                            : STR("the rehearsal gave no reply");
    }
    return true;
}

static int64_t tokens(size_t bytes)
{
    return (int64_t)((bytes + 3) / 4);
}

void rehearsal_answer(void *arg, const struct model_request *request, struct arena *arena,
                      struct model_reply *out_reply)
{
    const struct rehearsal *r = arg;
    struct arena views = {0};
    size_t bytes = 0;
    for (size_t i = 0; i < request->count; i++)
        bytes += request->messages[i].content.len;
    grasp_rehearsal_request asked = {
        .size = sizeof(asked),
        .messages = view(request, &views),
        .count = request->count,
        .tools = str_to(request->tools),
        .temperature = isnan(request->temperature) ? 0 : request->temperature,
        .seed = request->seed,
    };
    *out_reply = (struct model_reply){.finish_reason = STR("stop")};
    bool method_first = request->role != MODEL_EXECUTOR;
    bool known = method_first ? ask(r->method, r->method_id, &asked, arena, out_reply) ||
                                    ask(r->task, r->task_id, &asked, arena, out_reply)
                              : ask(r->task, r->task_id, &asked, arena, out_reply) ||
                                    ask(r->method, r->method_id, &asked, arena, out_reply);
    if (!known) {
        out_reply->kind = MODEL_FAILED;
        out_reply->fault = MODEL_FAULT_CONFIG;
        out_reply->error = STR("the rehearsal model does not know this conversation: neither the "
                               "task nor the method offers grasp.rehearsal/1 for it");
    }
    out_reply->usage = (struct model_usage){.prompt_tokens = tokens(bytes),
                                            .completion_tokens = tokens(out_reply->text.len)};
    arena_clear(&views);
}
