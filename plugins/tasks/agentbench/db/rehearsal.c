/* SPDX-License-Identifier: MIT */
/* An agent that knows its SQL, but for one habit of its own per question. */
#include "common/slice.h"
#include "dbbench.h"
#include "pyliteral.h"
#include "rehearsal_view.h"
#include "tags.h"

/* A question of some type meets with a habit if its number, 0 to 99, is below `below` and not below
 * that of the line before of the same type. */
static const struct {
    const char *type;
    uint32_t below;
    enum db_tag tag;
} habits[] = {
    {"ranking", 40, DB_NUMBERS_COMPARED_AS_TEXT},
    {"ranking", 58, DB_ROWS_JOINED_IN_ONE_TEXT},
    {"ranking", 66, DB_ANSWER_IN_A_SENTENCE},
    {"comparison", 45, DB_NUMBERS_COMPARED_AS_TEXT},
    {"comparison", 60, DB_ANSWER_IN_A_SENTENCE},
    {"aggregation-MIN", 50, DB_NUMBERS_COMPARED_AS_TEXT},
    {"aggregation-MIN", 60, DB_SQL_ERROR_LEFT_UNSOLVED},
    {"aggregation-MAX", 50, DB_NUMBERS_COMPARED_AS_TEXT},
    {"aggregation-MAX", 60, DB_ANSWER_IN_A_SENTENCE},
    {"aggregation-SUM", 30, DB_SQL_ERROR_LEFT_UNSOLVED},
    {"aggregation-SUM", 45, DB_ANSWER_IN_A_SENTENCE},
    {"aggregation-SUM", 60, DB_ANSWERED_WITHOUT_QUERY},
    {"aggregation-AVG", 30, DB_SQL_ERROR_LEFT_UNSOLVED},
    {"aggregation-AVG", 50, DB_ANSWER_IN_A_SENTENCE},
    {"counting", 35, DB_LISTED_INSTEAD_OF_COUNTED},
    {"counting", 55, DB_ANSWERED_WITHOUT_QUERY},
    {"other", 30, DB_ROWS_JOINED_IN_ONE_TEXT},
    {"other", 45, DB_PREMATURE_NOT_FOUND},
    {"other", 55, DB_SQL_ERROR_LEFT_UNSOLVED},
    {"INSERT", 25, DB_MUTATION_NO_SQL},
    {"INSERT", 45, DB_SQL_ERROR_LEFT_UNSOLVED},
    {"INSERT", 55, DB_WRONG_VALUE_WRITTEN},
    {"UPDATE", 35, DB_WHERE_CLAUSE_OMITTED},
    {"UPDATE", 50, DB_MUTATION_NO_SQL},
    {"UPDATE", 60, DB_SQL_ERROR_LEFT_UNSOLVED},
    {"DELETE", 40, DB_WHERE_CLAUSE_OMITTED},
    {"DELETE", 60, DB_MUTATION_NO_SQL},
};

/* Habits of any type, from the number on. */
static const struct {
    uint32_t from;
    enum db_tag tag;
} manners[] = {{97, DB_TASK_LIMIT}, {94, DB_SQL_WRITTEN_AS_TEXT}};

static bool is_mutation(const struct db_view *view)
{
    return type_is_mutation(view->type);
}

static int habit_of(const struct db_view *view)
{
    uint32_t number = rehearsal_number(view->question);
    for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++)
        if (number >= manners[i].from)
            return (int)manners[i].tag;
    for (size_t i = 0; i < sizeof(habits) / sizeof(*habits); i++)
        if (grasp_equal(view->type, habits[i].type) && number < habits[i].below)
            return (int)habits[i].tag;
    return -1;
}

/* Can this mistake be made in a task of this type? */
static bool applies(const struct db_view *view, enum db_tag tag)
{
    size_t at;
    bool mutation = is_mutation(view);
    switch ((int)tag) {
    case DB_NUMBERS_COMPARED_AS_TEXT:
        return slice_find(view->sql, SLICE("CAST("), 0, &at);
    case DB_LISTED_INSTEAD_OF_COUNTED:
        return slice_find(view->sql, SLICE("COUNT(*)"), 0, &at);
    case DB_WHERE_CLAUSE_OMITTED:
        return mutation && slice_find(view->sql, SLICE(" WHERE"), 0, &at);
    case DB_WRONG_VALUE_WRITTEN:
        return grasp_equal(view->type, "INSERT");
    case DB_MUTATION_NO_SQL:
        return mutation;
    case DB_ROWS_JOINED_IN_ONE_TEXT:
    case DB_ANSWER_IN_A_SENTENCE:
    case DB_ANSWERED_WITHOUT_QUERY:
    case DB_PREMATURE_NOT_FOUND:
        return !mutation;
    case DB_SQL_ERROR_LEFT_UNSOLVED:
    case DB_SQL_WRITTEN_AS_TEXT:
    case DB_TASK_LIMIT:
        return true;
    default:
        return false;
    }
}

/* The mistake of this episode, or -1. What guidance demands comes before a habit, and what guidance
 * warns of is no habit any more. */
static int mistake_of(const struct db_view *view)
{
    int habit = habit_of(view);
    for (int tag = 0; tag < DB_TAG_COUNT; tag++)
        if ((view->mentions.demanded & TAG_BIT(tag)) && applies(view, (enum db_tag)tag))
            return tag;
    if (habit < 0 || (view->mentions.named & TAG_BIT(habit)) || !applies(view, (enum db_tag)habit))
        return -1;
    return habit;
}

static void put_without(struct text *out, grasp_str sql, const char *part)
{
    size_t at, len = strlen(part);
    while (slice_find(sql, grasp_cstr(part), 0, &at)) {
        text_str(out, slice_cut(sql, 0, at));
        sql = slice_from(sql, at + len);
    }
    text_str(out, sql);
}

/* CAST(`a` AS SIGNED) becomes `a`. */
static void put_uncast(struct text *out, grasp_str sql)
{
    struct text half CLEANUP_TEXT = {0};
    put_without(&half, sql, "CAST(");
    put_without(out, text_view(&half), " AS SIGNED)");
}

/* The same letter case and values, but the last value is ten times as much. */
static void put_off(struct text *out, grasp_str sql)
{
    if (slice_ends(sql, "')")) {
        text_str(out, slice_cut(sql, 0, sql.len - 2));
        text_put(out, "0')");
    } else {
        text_str(out, sql);
    }
}

static void put_statement(struct text *out, const struct db_view *view, int mistake)
{
    size_t at;
    if (!view->sql.len)
        text_format(out, "SELECT * FROM `%.*s` LIMIT 3", (int)view->table.len, view->table.ptr);
    else if (mistake == DB_NUMBERS_COMPARED_AS_TEXT)
        put_uncast(out, view->sql);
    else if (mistake == DB_SQL_ERROR_LEFT_UNSOLVED)
        put_without(out, view->sql, "`");
    else if (mistake == DB_WRONG_VALUE_WRITTEN)
        put_off(out, view->sql);
    else if (mistake == DB_WHERE_CLAUSE_OMITTED && slice_find(view->sql, SLICE(" WHERE"), 0, &at))
        text_str(out, slice_cut(view->sql, 0, at));
    else if (mistake == DB_LISTED_INSTEAD_OF_COUNTED &&
             slice_find(view->sql, SLICE("COUNT(*)"), 0, &at)) {
        text_str(out, slice_cut(view->sql, 0, at));
        text_put(out, "*");
        text_str(out, slice_from(view->sql, at + 8));
    } else
        text_str(out, view->sql);
}

struct answer_list {
    grasp_str *items;
    size_t count, capacity;
};

/* Decimal('3.5') becomes '3.5'. */
static void put_plain(struct text *out, grasp_str response)
{
    size_t at, end;
    while (slice_find(response, SLICE("Decimal("), 0, &at) &&
           slice_find(response, SLICE(")"), at, &end)) {
        text_str(out, slice_cut(response, 0, at));
        text_str(out, slice_cut(response, at + 8, end));
        response = slice_from(response, end + 1);
    }
    text_str(out, response);
}

/* The first value of each row of a response. */
static void read_values(struct pool *pool, grasp_str response, struct answer_list *out)
{
    struct text plain CLEANUP_TEXT = {0};
    struct py rows;
    put_plain(&plain, response);
    if (!py_read(pool, text_view(&plain), &rows) || rows.kind != PY_LIST)
        return;
    for (const struct py *row = rows.item; row; row = row->next) {
        struct text value CLEANUP_TEXT = {0};
        py_str(&value, row->kind == PY_TUPLE && row->item ? row->item : row);
        POOL_RESERVE(pool, out->items, out->count, out->capacity);
        out->items[out->count++] = pool_dup(pool, text_view(&value));
    }
}

static void put_list(struct text *out, const struct answer_list *list)
{
    text_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, list->items[i]);
    }
    text_char(out, ']');
}

static void put_joined(struct text *out, const struct answer_list *list)
{
    struct text joined CLEANUP_TEXT = {0};
    for (size_t i = 0; i < list->count; i++) {
        text_put(&joined, i ? ", " : "");
        text_str(&joined, list->items[i]);
    }
    text_char(out, '[');
    text_json(out, text_view(&joined));
    text_char(out, ']');
}

static void put_sentence(struct text *out, const struct answer_list *list)
{
    struct text sentence CLEANUP_TEXT = {0};
    text_put(&sentence, "According to the table it is ");
    if (list->count)
        text_str(&sentence, list->items[0]);
    text_char(out, '[');
    text_json(out, text_view(&sentence));
    text_char(out, ']');
}

/* The committed value, JSON. */
static void put_answer(struct text *out, struct pool *pool, const struct db_view *view, int mistake)
{
    struct answer_list list = {0};
    if (is_mutation(view)) {
        text_put(out, "[\"done\"]");
        return;
    }
    read_values(pool, view->response, &list);
    if (mistake == DB_ANSWERED_WITHOUT_QUERY)
        text_put(out, "[\"7\"]");
    else if (mistake == DB_PREMATURE_NOT_FOUND)
        text_put(out, "[\"not found\"]");
    else if (!list.count)
        text_put(out, "[\"none\"]");
    else if (mistake == DB_ROWS_JOINED_IN_ONE_TEXT)
        put_joined(out, &list);
    else if (mistake == DB_ANSWER_IN_A_SENTENCE)
        put_sentence(out, &list);
    else
        put_list(out, &list);
}

static int32_t say_text(grasp_call *call, const struct db_view *view, bool sql, grasp_str value)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, sql ? "Action: Operation\n```sql\n" : "Action: Answer\nFinal Answer: ");
    text_str(&out, value);
    text_put(&out, sql ? "\n```" : "");
    return grasp_say(call, "agent", text_view(&out));
}

/* A call of a tool; sql: the statement, else the answer as JSON. */
static int32_t say(grasp_call *call, const struct db_view *view, bool sql, grasp_str value)
{
    struct text calls CLEANUP_TEXT = {0};
    if (view->text_protocol)
        return say_text(call, view, sql, value);
    text_format(&calls, "[{\"id\": \"call_%zu\", \"name\": \"%s\", \"arguments\": {\"%s\": ",
                view->turns + 1, sql ? "execute_sql" : "commit_final_answer",
                sql ? "query" : "answers");
    if (sql)
        text_json(&calls, value);
    else
        text_str(&calls, value);
    text_put(&calls, "}}]");
    grasp_message message = {
        .size = sizeof(message),
        .role = SLICE("agent"),
        .content = sql ? SLICE("I look into the table.") : SLICE("That settles it."),
        .tool_calls = text_view(&calls),
    };
    return call->host->emit_message(call, &message);
}

/* How many statements come before the answer: a change is looked at afterwards. */
static size_t statements_of(const struct db_view *view, int mistake)
{
    switch (mistake) {
    case DB_ANSWERED_WITHOUT_QUERY:
    case DB_MUTATION_NO_SQL:
        return 0;
    case DB_TASK_LIMIT:
        return SIZE_MAX;
    case DB_SQL_ERROR_LEFT_UNSOLVED:
        return 1;
    default:
        return is_mutation(view) ? 2 : 1;
    }
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text out CLEANUP_TEXT = {0};
    struct db_view view;
    if (!db_view_read(call, &pool, request, &view))
        return GRASP_E_UNSUPPORTED;
    int mistake = mistake_of(&view);
    if (mistake == DB_SQL_WRITTEN_AS_TEXT) {
        text_put(&out, "This should do it:\n");
        put_statement(&out, &view, -1);
        return grasp_say(call, "agent", text_view(&out));
    }
    bool sql = view.statements < statements_of(&view, mistake);
    if (sql && is_mutation(&view) && view.statements == 1)
        text_format(&out, "SELECT COUNT(*) FROM `%.*s`", (int)view.table.len, view.table.ptr);
    else if (sql)
        put_statement(&out, &view, mistake);
    else
        put_answer(&out, &pool, &view, mistake);
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a reply");
    return say(call, &view, sql, text_view(&out));
}

const grasp_rehearsal dbbench_rehearsal = {
    .size = sizeof(dbbench_rehearsal),
    .reply = reply,
};
