/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../status.h"
#include "../turn.h"
#include "answer.h"
#include "common/slice.h"
#include "common/template.h"
#include "dbbench.h"
#include "hash.h"
#include "text_reply.h"

#define SHOWN_MAX 800 /* characters of a response */
#define KEPT_MAX ((size_t)256 * 1024)

struct episode {
    const struct entry *entry;
    struct database *database;
    uint64_t seed;
    int32_t turns;
};

static const struct entry *find_entry(grasp_call *call, const struct dbbench *self,
                                      grasp_str sample)
{
    grasp_str id = grasp_json_string(call, sample, "id");
    const struct entry *entry = dataset_find(&self->set, id);
    if (!entry)
        grasp_fail(call, GRASP_E_INVALID,
                   "the sample '%.*s' is none of this task with this data folder",
                   id.len > 64 ? 64 : (int)id.len, id.ptr);
    return entry;
}

static void put_task(struct text *out, const struct dbbench *self, const struct entry *entry)
{
    const struct binding bindings[] = {{"evidence", entry->evidence},
                                       {"table", entry->add_description},
                                       {"question", entry->description},
                                       {NULL, SLICE("")}};
    if (self->reminder) {
        text_str(out, self->texts.reminder);
        text_put(out, "\n\n");
    }
    template_fill(out, self->texts.task, bindings);
    text_char(out, '\n');
}

static int32_t open_conversation(grasp_call *call, const struct dbbench *self,
                                 const struct entry *entry)
{
    struct text task CLEANUP_TEXT = {0};
    put_task(&task, self, entry);
    if (task.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the first message");
    int32_t status = grasp_say(call, "system", self->texts.system);
    return status ? status : grasp_say(call, "user", text_view(&task));
}

/* Tables that no server takes, as those with a column without a name: nobody can do this sample. */
static int32_t refuse(grasp_call *call, const struct text *reason)
{
    struct text raw CLEANUP_TEXT = {0};
    text_put(&raw, "{\"error\": ");
    text_json(&raw, text_view(reason));
    text_put(&raw, "}");
    return grasp_done(call, STATUS_TASK_ERROR, SLICE(""), text_view(&raw).ptr);
}

int32_t dbbench_begin(grasp_call *call, void *opaque, grasp_str sample, uint64_t seed,
                      void **out_episode)
{
    struct dbbench *self = opaque;
    struct text reason CLEANUP_TEXT = {0};
    struct database *database = NULL;
    const struct entry *entry = find_entry(call, self, sample);
    if (!entry)
        return GRASP_E_INVALID;
    int32_t status = self->source->ops->create(call, self->source, entry, seed, &reason, &database);
    if (!status && !database)
        return refuse(call, &reason);
    if (!status)
        status = open_conversation(call, self, entry);
    struct episode *episode = status ? NULL : calloc(1, sizeof(*episode));
    if (!episode) {
        if (database)
            database->ops->drop(database);
        return status ? status : grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    }
    *episode = (struct episode){.entry = entry, .database = database, .seed = seed};
    *out_episode = episode;
    return GRASP_OK;
}

void dbbench_end(grasp_call *call, void *self, void *opaque)
{
    struct episode *episode = opaque;
    if (!episode)
        return;
    episode->database->ops->drop(episode->database);
    free(episode);
}

void dbbench_show(struct text *out, grasp_str response)
{
    uint32_t code;
    size_t at = 0;
    /* A server may cut its errors within a character. */
    for (int count = 0; count < SHOWN_MAX && at < response.len; count++) {
        at += utf8_at(response, at, &code);
        text_code(out, code);
    }
    if (at < response.len)
        text_put(out, "[TRUNCATED]");
}

static void put_driver_error(struct text *out, const struct dbbench *self, grasp_str error)
{
    const struct binding bindings[] = {{"error", error}, {NULL, SLICE("")}};
    template_fill(out, self->texts.driver_error, bindings);
}

/* What the agent is told of a statement. */
static int32_t operate(grasp_call *call, const struct dbbench *self, struct episode *episode,
                       grasp_str sql, struct text *out)
{
    struct text response CLEANUP_TEXT = {0};
    enum sql_end end = SQL_TEXT;
    int32_t status = episode->database->ops->run(call, episode->database, sql, &response, &end);
    if (status)
        return status;
    if (end == SQL_TIMEOUT)
        text_str(out, self->texts.timeout);
    else if (end == SQL_DRIVER)
        put_driver_error(out, self, text_view(&response));
    else if (!response.len)
        text_str(out, self->texts.empty_response);
    else
        dbbench_show(out, text_view(&response));
    return response.failed || out->failed ? grasp_fail(call, GRASP_E_NOMEM, "no memory for rows")
                                          : GRASP_OK;
}

/* The words in which Python complains of arguments of another form. */
static const char *complaint(const grasp_json *json, const struct tool_use *use)
{
    static const char *const texts[] = {
        [GRASP_JSON_NULL] = "'NoneType' object has no attribute 'values'",
        [GRASP_JSON_BOOL] = "'bool' object has no attribute 'values'",
        [GRASP_JSON_INT] = "'int' object has no attribute 'values'",
        [GRASP_JSON_DOUBLE] = "'float' object has no attribute 'values'",
        [GRASP_JSON_STRING] = "'str' object has no attribute 'values'",
        [GRASP_JSON_ARRAY] = "'list' object has no attribute 'values'",
        [GRASP_JSON_OBJECT] = "list index out of range",
    };
    return texts[json->kind(use->value)];
}

static int32_t execute_sql(grasp_call *call, const struct dbbench *self, struct episode *episode,
                           const struct tool_use *use)
{
    struct text out CLEANUP_TEXT = {0};
    const grasp_json_value *sql;
    int32_t status = GRASP_OK;
    if (!tool_use_first(call, use, &sql))
        put_driver_error(&out, self,
                         self->reference
                             ? grasp_cstr(complaint(self->json, use))
                             : SLICE("give an object with one member, \"query\": a statement"));
    else if (self->json->kind(sql) != GRASP_JSON_STRING)
        put_driver_error(&out, self, SLICE("the query is not a text"));
    else
        status = operate(call, self, episode, self->json->as_string(sql), &out);
    return status ? status : tool_use_answer(call, use, text_view(&out));
}

/* What a sample is graded by: the answer that was given, and for changes the tables. */
struct result {
    grasp_str answer; /* JSON */
    grasp_str hash;   /* of the tables, for a change */
    grasp_str truth;  /* JSON */
};

/* A change without a hash is compared with what the data's own statement does. */
static int32_t replay_gold(grasp_call *call, const struct dbbench *self,
                           const struct episode *episode, struct pool *pool, grasp_str *out_truth)
{
    struct text response CLEANUP_TEXT = {0}, truth CLEANUP_TEXT = {0};
    struct database *gold = NULL;
    enum sql_end end;
    grasp_str hash = SLICE("");
    int32_t status = self->source->ops->create(call, self->source, episode->entry, episode->seed,
                                               &response, &gold);
    if (status || !gold)
        return status;
    text_reset(&response);
    status = gold->ops->run(call, gold, episode->entry->std_sql, &response, &end);
    if (!status)
        status = tables_hash(call, gold, episode->entry, pool, &hash);
    gold->ops->drop(gold);
    text_json(&truth, hash);
    *out_truth = pool_dup(pool, text_view(&truth));
    return status;
}

static bool is_correct(const struct dbbench *self, grasp_call *call, struct pool *pool,
                       const struct entry *entry, const struct result *result)
{
    struct py answer = {.kind = PY_STR, .text = result->hash}, truth;
    py_of_json(pool, self->json, self->json->parse(call, result->truth, NULL), &truth);
    if (!type_is_mutation(entry->type))
        py_of_json(pool, self->json, self->json->parse(call, result->answer, NULL), &answer);
    return answer_equal(pool, &answer, &truth, entry->type);
}

static int32_t emit_result(grasp_call *call, const struct entry *entry, const struct result *result,
                           bool correct)
{
    struct text raw CLEANUP_TEXT = {0};
    text_put(&raw, correct ? "{\"is_correct\": true, \"answer\": "
                           : "{\"is_correct\": false, \"answer\": ");
    text_str(&raw, result->answer);
    text_put(&raw, ", \"ground_truth\": ");
    text_str(&raw, result->truth);
    text_put(&raw, ", \"std_sql\": ");
    if (entry->has_std_sql)
        text_json(&raw, entry->std_sql);
    else
        text_put(&raw, "null");
    text_put(&raw, ", \"type\": ");
    text_json(&raw, entry->type);
    if (type_is_mutation(entry->type)) {
        text_put(&raw, ", \"table_hash\": ");
        text_json(&raw, result->hash);
    }
    text_put(&raw, "}");
    if (raw.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the answer");
    return grasp_done(call, STATUS_COMPLETED, result->answer, text_view(&raw).ptr);
}

/* answer: the committed value, JSON. */
static int32_t finish(grasp_call *call, const struct dbbench *self, struct episode *episode,
                      grasp_str answer)
{
    struct pool pool CLEANUP_POOL = {0};
    const struct entry *entry = episode->entry;
    struct result result = {answer, SLICE(""), entry->truth};
    int32_t status = GRASP_OK;
    if (type_is_mutation(entry->type)) {
        status = tables_hash(call, episode->database, entry, &pool, &result.hash);
        if (!status && grasp_equal(entry->truth, "\"\"") && entry->has_std_sql)
            status = replay_gold(call, self, episode, &pool, &result.truth);
    }
    if (status)
        return status;
    return emit_result(call, entry, &result, is_correct(self, call, &pool, entry, &result));
}

/* Python can cut texts and lists, and takes what counts as nothing for no answer. */
static bool is_sliceable(const grasp_json *json, const grasp_json_value *value)
{
    switch (json->kind(value)) {
    case GRASP_JSON_BOOL:
        return !json->as_bool(value, 0);
    case GRASP_JSON_INT:
    case GRASP_JSON_DOUBLE:
        return json->as_double(value, 1) == 0;
    case GRASP_JSON_OBJECT:
        return json->count(value) == 0;
    default:
        return true;
    }
}

static int32_t fail_task(grasp_call *call, const char *why)
{
    return grasp_done(call, STATUS_TASK_ERROR, SLICE(""),
                      grasp_format(call, "{\"error\": \"%s\"}", why).ptr);
}

static int32_t commit(grasp_call *call, const struct dbbench *self, struct episode *episode,
                      const struct tool_use *use)
{
    const grasp_json_value *answer;
    if (!tool_use_first(call, use, &answer))
        return fail_task(call, "commit_final_answer without an answer");
    if (!is_sliceable(self->json, answer))
        return fail_task(call, "commit_final_answer with something else than texts");
    grasp_str text = self->json->print(call, answer, 0);
    if (text.len > KEPT_MAX)
        return fail_task(call, "commit_final_answer with an answer beyond all measure");
    return finish(call, self, episode, text);
}

static int32_t use_tools(grasp_call *call, const struct dbbench *self, struct episode *episode,
                         const struct turn *turn, bool *out_done)
{
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < turn->count && !status; i++) {
        const struct tool_use *use = &turn->uses[i];
        if (use->form == ARGUMENTS_BROKEN)
            status = tool_use_answer(call, use, self->texts.bad_arguments);
        else if (grasp_equal(use->name, "execute_sql"))
            status = execute_sql(call, self, episode, use);
        else if (grasp_equal(use->name, "commit_final_answer")) {
            *out_done = true;
            return commit(call, self, episode, use);
        } else
            status = tool_use_answer(call, use, self->texts.unknown_tool);
    }
    if (!status && !turn->count)
        status = grasp_say(call, "user", self->texts.no_tool_call);
    return status;
}

static int32_t use_text(grasp_call *call, const struct dbbench *self, struct episode *episode,
                        const struct turn *turn, bool *out_done)
{
    struct text found CLEANUP_TEXT = {0}, out CLEANUP_TEXT = {0};
    enum text_action action = text_reply_read(turn->text, &found);
    *out_done = action != TEXT_SQL;
    if (found.failed || found.len > KEPT_MAX || action == TEXT_INVALID)
        return grasp_done(call, STATUS_VALIDATION_FAILED, SLICE(""), "{}");
    if (action == TEXT_ANSWER) {
        text_json(&out, text_view(&found));
        return finish(call, self, episode, text_view(&out));
    }
    int32_t status = operate(call, self, episode, text_view(&found), &out);
    return status ? status : grasp_say(call, "user", text_view(&out));
}

int32_t dbbench_step(grasp_call *call, void *opaque, void *handle, const grasp_reply *reply)
{
    const struct dbbench *self = opaque;
    struct episode *episode = handle;
    struct turn turn;
    bool done = false;
    int32_t status = turn_read(call, reply, &turn);
    if (status)
        return status;
    episode->turns++;
    if (self->text_protocol && reply->kind == GRASP_REPLY_CONTEXT_LIMIT)
        return grasp_done(call, STATUS_CONTEXT_LIMIT, SLICE(""), "{}");
    status = self->text_protocol ? use_text(call, self, episode, &turn, &done)
                                 : use_tools(call, self, episode, &turn, &done);
    if (!status && !done && episode->turns >= self->max_turns)
        status = grasp_done(call, STATUS_TASK_LIMIT, SLICE(""), "{}");
    return status;
}
