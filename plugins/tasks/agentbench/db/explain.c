/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <grasp/helpers.h>
#include <strings.h>

#include "../status.h"
#include "common/slice.h"
#include "entry.h"

static bool has(grasp_str text, const char *part)
{
    size_t at;
    return slice_find(text, grasp_cstr(part), 0, &at);
}

/* ASCII, in any case. */
static bool has_word(grasp_str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++)
        if (strncasecmp(text.ptr + i, word, len) == 0)
            return true;
    return false;
}

static grasp_str action_at(const struct rollout_view *view, uint64_t i)
{
    return view->json->as_string(view->json->at(view->actions, i));
}

/* That of the text protocol; empty for none. */
static grasp_str final_answer(const struct rollout_view *view)
{
    static const char mark[] = "Final Answer:";
    size_t at;
    for (uint64_t i = view->json->count(view->actions); i-- > 0;) {
        grasp_str action = action_at(view, i);
        if (slice_find(action, grasp_cstr(mark), 0, &at))
            return slice_trim(slice_from(action, at + sizeof(mark) - 1));
    }
    return SLICE("");
}

static bool is_sql(grasp_str action)
{
    return has(action, "Action: Operation") || has(action, "tool_call:execute_sql");
}

static bool is_answer(grasp_str action)
{
    return has(action, "Action: Answer") || has(action, "tool_call:commit_final_answer");
}

struct seen {
    bool sql, answer, any_call, text_answer, verified;
};

static struct seen look(const struct rollout_view *view)
{
    struct seen seen = {0};
    for (uint64_t i = 0; i < view->json->count(view->actions); i++) {
        grasp_str action = action_at(view, i);
        seen.sql |= is_sql(action);
        seen.answer |= is_answer(action);
        seen.any_call |= has(action, "tool_call:") || has(action, "Action: Operation") ||
                         has(action, "Action: Answer");
        seen.text_answer |= has(action, "Action: Answer");
        seen.verified |= is_sql(action) && has_word(action, "SELECT ");
    }
    return seen;
}

static uint64_t explain_mutation(const struct rollout_view *view, const struct seen *seen)
{
    uint64_t tags = TAG_BIT(DB_MUTATION_TASK);
    grasp_str answer = final_answer(view);
    bool called = false;
    for (uint64_t i = 0; i < view->json->count(view->actions); i++)
        called |= has(action_at(view, i), "tool_call:");
    if (!seen->sql)
        tags |= TAG_BIT(DB_MUTATION_NO_SQL);
    else if (!seen->verified && seen->answer)
        tags |= TAG_BIT(DB_MUTATION_UNVERIFIED);
    if (!called && seen->text_answer && answer.len && !grasp_equal(answer, "[]"))
        tags |= TAG_BIT(DB_MUTATION_NATURAL_LANGUAGE_ANSWER);
    return tags;
}

static bool gives_up(grasp_str answer)
{
    static const char *const words[] = {"cannot answer",    "can't answer",
                                        "not found",        "not present",
                                        "not in the table", "need more information"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (has_word(answer, words[i]))
            return true;
    return false;
}

static uint64_t explain_question(const struct rollout_view *view)
{
    static const struct {
        const char *type;
        enum db_tag tag;
    } kinds[] = {{"ranking", DB_RANKING_TASK},
                 {"comparison", DB_COMPARISON_TASK},
                 {"counting", DB_COUNTING_TASK},
                 {"other", DB_OTHER_TASK}};
    uint64_t tags = grasp_starts(view->type, "aggregation-") ? TAG_BIT(DB_AGGREGATION_TASK) : 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (grasp_equal(view->type, kinds[i].type))
            tags |= TAG_BIT(kinds[i].tag);
    if (gives_up(final_answer(view)))
        tags |= TAG_BIT(DB_PREMATURE_NOT_FOUND);
    return tags;
}

uint64_t explain_reference(const struct rollout_view *view)
{
    struct seen seen = look(view);
    uint64_t tags = view->client_error ? TAG_BIT(DB_TASK_ERROR) : 0;
    if (grasp_equal(view->status, STATUS_VALIDATION_FAILED)) {
        tags |= TAG_BIT(DB_PROTOCOL_INVALID);
        if (!seen.any_call)
            tags |= TAG_BIT(DB_NO_VALID_ACTION);
        else if (seen.sql && !seen.answer)
            tags |= TAG_BIT(DB_MISSING_FINAL_ANSWER);
    }
    if (grasp_equal(view->status, STATUS_TASK_LIMIT))
        tags |= TAG_BIT(DB_TASK_LIMIT);
    return tags |
           (type_is_mutation(view->type) ? explain_mutation(view, &seen) : explain_question(view));
}

/* "1064 (42000): ..." */
static bool is_error(grasp_str response)
{
    size_t at = 0;
    while (at < response.len && response.ptr[at] >= '0' && response.ptr[at] <= '9')
        at++;
    return at >= 4 && grasp_starts(slice_from(response, at), " (");
}

static bool last_response_is_error(const struct rollout_view *view)
{
    const grasp_json *json = view->json;
    for (uint64_t i = json->count(view->history); i-- > 0;) {
        const grasp_json_value *message = json->at(view->history, i);
        if (grasp_equal(json->as_string(json->get(message, SLICE("role"))), "tool"))
            return is_error(json->as_string(json->get(message, SLICE("content"))));
    }
    return false;
}

/* A statement that changes all rows, and one that orders texts. */
static bool changes_all(grasp_str action)
{
    return is_sql(action) && (has_word(action, "UPDATE ") || has_word(action, "DELETE FROM")) &&
           !has_word(action, "WHERE");
}

static bool orders(grasp_str action)
{
    return has_word(action, "ORDER BY") || has_word(action, "MAX(") || has_word(action, "MIN(") ||
           has(action, " > ") || has(action, " < ") || has(action, ">=") || has(action, "<=");
}

static bool casts(grasp_str action)
{
    return has_word(action, "CAST(") || has_word(action, "CONVERT(") || has(action, "+0") ||
           has(action, "+ 0");
}

struct statements {
    bool all_rows, ordered, cast, written;
};

static struct statements look_at_statements(const struct rollout_view *view)
{
    struct statements seen = {0};
    for (uint64_t i = 0; i < view->json->count(view->actions); i++) {
        grasp_str action = action_at(view, i);
        seen.all_rows |= changes_all(action);
        seen.written |= !is_sql(action) && !grasp_starts(action, "tool_call:") &&
                        (has_word(action, "SELECT ") || has_word(action, "UPDATE ") ||
                         has_word(action, "INSERT INTO"));
        if (is_sql(action)) {
            seen.ordered |= orders(action);
            seen.cast |= casts(action);
        }
    }
    return seen;
}

static bool all_whole(const struct answer *answer)
{
    return answer->count == 1 && strspn(answer->items[0].ptr, "0123456789") == answer->items[0].len;
}

static bool is_joined(const struct answer *given, const struct answer *want)
{
    size_t found = 0, at;
    if (given->count != 1 || want->count < 2)
        return false;
    for (size_t i = 0; i < want->count; i++)
        found += slice_find(given->items[0], want->items[i], 0, &at);
    return found > 1;
}

static bool is_wrapped(const struct answer *given, const struct answer *want)
{
    size_t at;
    return given->count == 1 && want->count == 1 && want->items[0].len &&
           given->items[0].len > want->items[0].len &&
           slice_find(given->items[0], want->items[0], 0, &at);
}

static uint64_t explain_answer(const struct rollout_view *view, const struct answer *given,
                               const struct answer *want)
{
    uint64_t tags = 0;
    for (size_t i = 0; i < given->count && i < 4; i++)
        if (gives_up(given->items[i]) ||
            (grasp_equal(given->items[i], "0") && !(want->count && all_whole(want))))
            tags |= TAG_BIT(DB_PREMATURE_NOT_FOUND);
    if (is_joined(given, want))
        tags |= TAG_BIT(DB_ROWS_JOINED_IN_ONE_TEXT);
    if (is_wrapped(given, want))
        tags |= TAG_BIT(DB_ANSWER_IN_A_SENTENCE);
    if (grasp_equal(view->type, "counting") && given->count && !all_whole(given) && !tags)
        tags |= TAG_BIT(DB_LISTED_INSTEAD_OF_COUNTED);
    return tags;
}

uint64_t explain_more(struct pool *pool, const struct rollout_view *view, const struct py *answer,
                      const struct py *truth)
{
    struct seen seen = look(view);
    struct statements statements = look_at_statements(view);
    bool completed = grasp_equal(view->status, STATUS_COMPLETED);
    bool mutation = type_is_mutation(view->type);
    struct answer given, want;
    uint64_t tags = 0;
    if (mutation && statements.all_rows)
        tags |= TAG_BIT(DB_WHERE_CLAUSE_OMITTED);
    if (statements.written && !seen.any_call)
        tags |= TAG_BIT(DB_SQL_WRITTEN_AS_TEXT);
    if (completed && last_response_is_error(view))
        tags |= TAG_BIT(DB_SQL_ERROR_LEFT_UNSOLVED);
    if (!mutation && completed) {
        answer_clean(pool, answer, &given);
        answer_clean(pool, truth, &want);
        tags |= explain_answer(view, &given, &want);
        if (!seen.sql)
            tags |= TAG_BIT(DB_ANSWERED_WITHOUT_QUERY);
        if (!tags && statements.ordered && !statements.cast)
            tags |= TAG_BIT(DB_NUMBERS_COMPARED_AS_TEXT);
    }
    if (mutation && completed && seen.sql && !tags)
        tags |= TAG_BIT(DB_WRONG_VALUE_WRITTEN);
    return tags;
}

/* The arguments of the last call of that name; "" for none. */
static grasp_str committed(grasp_call *call, const grasp_json_value *message)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *calls = json->get(message, SLICE("tool_calls"));
    if (json->kind(calls) == GRASP_JSON_STRING)
        calls = json->parse(call, json->as_string(calls), NULL);
    for (uint64_t i = json->count(calls); i-- > 0;) {
        const grasp_json_value *use = json->at(calls, i);
        const grasp_json_value *function = json->get(use, SLICE("function"));
        function = function ? function : use;
        if (!grasp_equal(json->as_string(json->get(function, SLICE("name"))),
                         "commit_final_answer"))
            continue;
        const grasp_json_value *arguments = json->get(function, SLICE("arguments"));
        return json->kind(arguments) == GRASP_JSON_STRING ? json->as_string(arguments)
                                                          : json->print(call, arguments, 0);
    }
    return SLICE("");
}

grasp_str explain_final_answer(grasp_call *call, const grasp_json_value *history)
{
    static const char mark[] = "Final Answer:";
    const grasp_json *json = grasp_json_of(call);
    for (uint64_t i = json->count(history); i-- > 0;) {
        const grasp_json_value *message = json->at(history, i);
        grasp_str role = json->as_string(json->get(message, SLICE("role")));
        grasp_str content = json->as_string(json->get(message, SLICE("content")));
        size_t at;
        if (!grasp_equal(role, "assistant") && !grasp_equal(role, "agent"))
            continue;
        if (slice_find(content, grasp_cstr(mark), 0, &at))
            return slice_trim(slice_from(content, at + sizeof(mark) - 1));
        grasp_str arguments = committed(call, message);
        if (arguments.len)
            return arguments;
    }
    return SLICE("");
}
