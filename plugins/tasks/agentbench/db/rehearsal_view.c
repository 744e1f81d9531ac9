/* SPDX-License-Identifier: MIT */
#include "rehearsal_view.h"

#include "../data.h"
#include "common/slice.h"
#include "entry.h"
#include "tags.h"

static bool has(grasp_str text, const char *part)
{
    size_t at;
    return slice_find(text, grasp_cstr(part), 0, &at);
}

/* The rest of the line that begins with `mark`. */
static bool line_of(grasp_str text, const char *mark, grasp_str *out)
{
    grasp_str line;
    while (slice_line(&text, &line)) {
        if (!grasp_starts(line, mark))
            continue;
        *out = slice_trim(slice_from(line, strlen(mark)));
        return true;
    }
    return false;
}

static grasp_str between(grasp_str text, const char *before, const char *after)
{
    size_t start, end;
    if (!slice_find(text, grasp_cstr(before), 0, &start))
        return SLICE("");
    text = slice_from(text, start + strlen(before));
    if (!slice_find(text, grasp_cstr(after), 0, &end))
        return SLICE("");
    return slice_cut(text, 0, end);
}

/* The entry of our own set with this question; only its line is read as JSON. */
static void look_up(grasp_call *call, struct pool *pool, struct db_view *view)
{
    const grasp_json *json = grasp_json_of(call);
    struct text quoted CLEANUP_TEXT = {0};
    text_put(&quoted, "\"description\": ");
    text_json(&quoted, view->question);
    grasp_str rest = data_own_file("dbbench.jsonl"), line;
    while (slice_line(&rest, &line)) {
        if (!has(line, quoted.ptr))
            continue;
        const grasp_json_value *entry = json->parse(call, line, NULL);
        const grasp_json_value *sql = json->get(json->get(entry, SLICE("sql")), SLICE("query"));
        const grasp_json_value *type = json->at(json->get(entry, SLICE("type")), 0);
        view->sql = pool_dup(pool, json->as_string(sql));
        view->type = pool_dup(pool, json->as_string(type));
        return;
    }
}

/* Rows have no line ends; guidance may follow them. */
static grasp_str first_line(grasp_str text)
{
    grasp_str line = SLICE("");
    slice_line(&text, &line);
    return line;
}

static void read_turns(const grasp_rehearsal_request *request, struct db_view *view)
{
    bool asked = false;
    for (uint64_t i = 0; i < request->count; i++) {
        const grasp_message *message = request->messages[i];
        bool agent = rehearsal_is_agent(message);
        view->turns += agent;
        if (agent) {
            asked = has(message->tool_calls, "execute_sql") ||
                    has(message->content, "Action: Operation");
            view->statements += asked;
        } else if (asked) {
            view->response = first_line(message->content);
            asked = false;
        }
    }
}

bool db_view_read(grasp_call *call, struct pool *pool, const grasp_rehearsal_request *request,
                  struct db_view *out)
{
    bool system = false;
    *out = (struct db_view){.response = SLICE("")};
    for (uint64_t i = 0; i < request->count && !out->question.len; i++) {
        const grasp_message *message = request->messages[i];
        grasp_str table = SLICE("");
        if (grasp_equal(message->role, "system")) {
            system |= has(message->content, "MySQL");
            out->text_protocol |= has(message->content, "Action: Operation");
        }
        if (!grasp_equal(message->role, "user") ||
            !line_of(message->content, "Task: ", &out->question))
            continue;
        line_of(message->content, "Table: ", &table);
        out->table = between(table, "The name of this table is ", ", and the headers");
    }
    if (!system || !out->question.len ||
        (!out->text_protocol && !has(request->tools, "execute_sql")))
        return false;
    rehearsal_mentions(request, &dbbench_tags, &out->mentions);
    read_turns(request, out);
    look_up(call, pool, out);
    return true;
}
