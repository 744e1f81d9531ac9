/* SPDX-License-Identifier: MIT */
#include "plugin/task.h"

#include <string.h>

#include "plugin/call.h"
#include "plugin/internal.h"
#include "plugin/samples.h"

#define MAX_TURNS 10000

struct task {
    const grasp_task *table;
    const char *plugin;
    void *self;
    struct owner owner;
    bool serial;
    pthread_mutex_t mutex; /* for GRASP_SERIAL */
    struct json *info_tree;
    struct task_info info;
    struct buf tools;
};

struct task_episode {
    struct task *task;
    void *episode;
    struct owner owner;
    const volatile int *cancelled;
};

static void enter(struct task *task)
{
    if (task->serial)
        pthread_mutex_lock(&task->mutex);
}

static void leave(struct task *task)
{
    if (task->serial)
        pthread_mutex_unlock(&task->mutex);
}

static int keep_info(void *arg, struct str json, struct err *err)
{
    struct task *task = arg;
    if (task->info_tree)
        return err_set(err, EXIT_PLUGIN, "info emits one object");
    task->info_tree = json_parse(json, err);
    if (json_is(task->info_tree, JSON_OBJECT))
        return 0;
    return err_set(err, EXIT_PLUGIN, "info emits one JSON object");
}

static int check_splits(const struct json *splits, struct err *err)
{
    if (!json_is(splits, JSON_ARRAY) || json_count(splits) == 0)
        return err_set(err, EXIT_PLUGIN, "\"splits\" must be an array of names");
    for (size_t i = 0; i < json_count(splits); i++) {
        if (!json_str(json_at(splits, i)).len)
            return err_set(err, EXIT_PLUGIN, "\"splits\" must hold names");
        for (size_t k = 0; k < i; k++) {
            if (json_equal(json_at(splits, i), json_at(splits, k)))
                return err_set(err, EXIT_PLUGIN, "\"splits\" names '%s' twice",
                               json_str(json_at(splits, i)).ptr);
        }
    }
    return 0;
}

static int read_placement(struct task_info *info, struct err *err)
{
    static const char *const names[] = {"recent", "first", "system"};
    const struct json *guidance = json_get(info->json, "guidance");
    struct str placement = json_str(json_get(guidance, "placement"));
    info->placement = PLACE_RECENT;
    for (int i = 0; i < 3; i++) {
        if (str_is(placement, names[i]))
            info->placement = (enum placement)(PLACE_RECENT + i);
        else if (i == 2 && placement.len && info->placement == PLACE_RECENT &&
                 !str_is(placement, names[0]))
            return err_set(err, EXIT_PLUGIN,
                           "\"guidance\".\"placement\" is \"recent\", \"first\" or \"system\"");
    }
    struct str field = json_str(json_get(guidance, "field"));
    info->field = field.len ? field.ptr : NULL;
    return 0;
}

static int read_window(struct task_info *info, struct err *err)
{
    const struct json *history = json_get(info->json, "history");
    if (!history)
        return 0;
    info->window = (struct task_window){
        .max_segments = json_int(json_get(history, "max_segments"), 0),
        .whole = json_bool(json_get(history, "whole"), true),
        .notice = json_str(json_get(history, "notice")),
    };
    if (info->window.max_segments >= 1 && info->window.notice.len)
        return 0;
    return err_set(err, EXIT_PLUGIN,
                   "\"history\" needs \"max_segments\", at least 1, and a \"notice\"");
}

static int read_info(struct task *task, struct err *err)
{
    struct task_info *info = &task->info;
    info->json = task->info_tree;
    info->name = json_str(json_get(info->json, "name")).ptr;
    info->max_turns = json_int(json_get(info->json, "max_turns"), 0);
    info->blocking = json_bool(json_get(info->json, "blocking"), false);
    if (!info->name || !*info->name)
        return err_set(err, EXIT_PLUGIN, "\"name\" is missing");
    if (info->max_turns < 1 || info->max_turns > MAX_TURNS)
        return err_set(err, EXIT_PLUGIN, "\"max_turns\" must be from 1 to %d", MAX_TURNS);
    if (json_is(json_get(info->json, "tools"), JSON_ARRAY)) {
        json_write(&task->tools, json_get(info->json, "tools"), JSON_COMPACT);
        info->tools = buf_view(&task->tools);
    }
    info->tool_choice = json_str(json_get(info->json, "tool_choice"));
    int code = check_splits(json_get(info->json, "splits"), err);
    if (!code)
        code = read_placement(info, err);
    return code ? code : read_window(info, err);
}

static int load_info(struct task *task, struct err *err)
{
    struct call call;
    call_init(&call, CALL_INFO, task->plugin, "info");
    call.on_json = keep_info;
    call.on_json_arg = task;
    int code = call_finish(&call, task->table->info(&call.base, task->self), err);
    if (!code && !task->info_tree)
        return err_set(err, EXIT_PLUGIN, "plugin %s: info emitted nothing", task->plugin);
    if (!code && read_info(task, err))
        code = err_prefix(err, "plugin %s: info", task->plugin);
    return code;
}

int task_open(const struct plugin_entry *entry, const struct json *config, struct task **out,
              struct err *err)
{
    struct task *task = mem_alloc(sizeof(*task));
    struct call call;
    CLEANUP_BUF struct buf text = {0};
    task->table = plugin_task_table(entry);
    task->plugin = entry->id;
    task->serial = task->table->flags & GRASP_SERIAL;
    pthread_mutex_init(&task->mutex, NULL);
    owner_init(&task->owner);
    json_write(&text, config, 0);
    call_init(&call, CALL_OPEN, task->plugin, "open");
    call.owner = &task->owner;
    int32_t status = task->table->open(&call.base, str_to(buf_view(&text)), &task->self);
    int code = call_finish(&call, status, err);
    if (!code)
        code = load_info(task, err);
    if (code) {
        task_close(task);
        return code;
    }
    *out = task;
    return 0;
}

void task_close(struct task *task)
{
    struct call call;
    if (!task)
        return;
    call_init(&call, CALL_CLOSE, task->plugin, "close");
    task->table->close(&call.base, task->self);
    call_finish(&call, 0, NULL);
    owner_clear(&task->owner);
    json_free(task->info_tree);
    buf_free(&task->tools);
    pthread_mutex_destroy(&task->mutex);
    mem_free(task);
}

const struct task_info *task_info(const struct task *task)
{
    return &task->info;
}

bool task_has_split(const struct task *task, const char *split)
{
    const struct json *splits = json_get(task->info.json, "splits");
    for (size_t i = 0; i < json_count(splits); i++) {
        if (str_is(json_str(json_at(splits, i)), split))
            return true;
    }
    return false;
}

static int keep_sample(void *arg, struct str json, struct err *err)
{
    return samples_add(arg, json, err);
}

static int unknown_split(const struct task *task, const char *split, struct err *err)
{
    CLEANUP_BUF struct buf names = {0};
    const struct json *splits = json_get(task->info.json, "splits");
    for (size_t i = 0; i < json_count(splits); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", json_str(json_at(splits, i)).ptr);
    return err_set(err, EXIT_USAGE, "task %s has no split '%s'; it has: %s", task->info.name, split,
                   names.ptr);
}

int task_samples(struct task *task, const char *split, struct samples *out, struct err *err)
{
    struct samples_builder builder;
    struct call call;
    samples_begin(&builder, out);
    if (!task_has_split(task, split))
        return unknown_split(task, split, err);
    call_init(&call, CALL_SAMPLES, task->plugin, "samples");
    call.on_json = keep_sample;
    call.on_json_arg = &builder;
    enter(task);
    int32_t status = task->table->samples(&call.base, task->self, str_to(str_of(split)));
    leave(task);
    int code = call_finish(&call, status, err);
    if (code) {
        samples_drop(&builder);
        return err_prefix(err, "split %s", split);
    }
    samples_end(&builder);
    return 0;
}

void turn_sink_clear(struct turn_sink *sink)
{
    mem_free(sink->messages);
    mem_free(sink->actions);
    memset(sink, 0, sizeof(*sink));
}

static int check_progress(const struct task *task, const struct turn_sink *sink, size_t before,
                          const char *function, struct err *err)
{
    if (sink->done || sink->count > before)
        return 0;
    return err_set(err, EXIT_PLUGIN, "plugin %s: %s emitted neither a message nor an outcome",
                   task->plugin, function);
}

int task_begin(struct task *task, const struct sample *sample, uint64_t seed,
               const volatile int *cancelled, struct turn_sink *sink, struct task_episode **out,
               struct err *err)
{
    struct task_episode *ep = mem_alloc(sizeof(*ep));
    struct call call;
    ep->task = task;
    ep->cancelled = cancelled;
    owner_init(&ep->owner);
    call_init(&call, CALL_BEGIN, task->plugin, "begin");
    call.owner = &ep->owner;
    call.cancelled = cancelled;
    call.out = sink->arena;
    call.sink = sink;
    enter(task);
    int32_t status =
        task->table->begin(&call.base, task->self, str_to(sample->json), seed, &ep->episode);
    leave(task);
    int code = call_finish(&call, status, err);
    if (!code)
        code = check_progress(task, sink, 0, "begin", err);
    if (code) {
        task_end(ep);
        return code;
    }
    *out = ep;
    return 0;
}

int task_step(struct task_episode *ep, const struct model_reply *reply, struct turn_sink *sink,
              struct err *err)
{
    struct task *task = ep->task;
    struct call call;
    size_t before = sink->count;
    grasp_reply r = {
        .size = sizeof(r),
        .kind = (int32_t)reply->kind,
        .text = str_to(reply->text),
        .tool_calls = str_to(reply->tool_calls),
        .finish_reason = str_to(reply->finish_reason),
    };
    call_init(&call, CALL_STEP, task->plugin, "step");
    call.owner = &ep->owner;
    call.cancelled = ep->cancelled;
    call.out = sink->arena;
    call.sink = sink;
    enter(task);
    int32_t status = task->table->step(&call.base, task->self, ep->episode, &r);
    leave(task);
    int code = call_finish(&call, status, err);
    return code ? code : check_progress(task, sink, before, "step", err);
}

void task_end(struct task_episode *ep)
{
    struct call call;
    if (!ep)
        return;
    call_init(&call, CALL_END, ep->task->plugin, "end");
    enter(ep->task);
    ep->task->table->end(&call.base, ep->task->self, ep->episode);
    leave(ep->task);
    call_finish(&call, 0, NULL);
    owner_clear(&ep->owner);
    mem_free(ep);
}

int task_grade(struct task *task, const struct sample *sample, struct str rollout, struct str judge,
               struct arena *arena, struct verdict *out_verdict, struct str *out_requests,
               struct err *err)
{
    struct call call;
    struct verdict verdict = {0};
    CLEANUP_BUF struct buf requests = {0};
    call_init(&call, CALL_GRADE, task->plugin, "grade");
    call.out = arena;
    call.verdict = &verdict;
    call.requests = &requests;
    enter(task);
    int32_t status = task->table->grade(&call.base, task->self, str_to(sample->json),
                                        str_to(rollout), str_to(judge));
    leave(task);
    int code = call_finish(&call, status, err);
    if (code)
        return code;
    if (call.done == (requests.len > 0))
        return err_set(err, EXIT_PLUGIN,
                       "plugin %s: grade must emit either a verdict or requests for the judge",
                       task->plugin);
    if (requests.len) {
        buf_char(&requests, ']');
        *out_requests = (struct str){arena_dup(arena, requests.ptr, requests.len), requests.len};
    }
    *out_verdict = verdict;
    return 0;
}
