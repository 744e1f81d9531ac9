/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../status.h"
#include "common/slice.h"
#include "common/value.h"
#include "common/verdict.h"
#include "os.h"
#include "tags.h"

struct case_file {
    const grasp_json *json;
    const grasp_json_value *raw;
    const struct problem *problem;
    grasp_str status, answer, expected;
    bool has_expected;
};

static int64_t number_in(const struct case_file *c, const char *key)
{
    return c->json->as_int(c->json->get(c->raw, grasp_cstr(key)), 0);
}

/* A whole number, and nothing else but blanks around it. */
static bool to_number(grasp_str text, int64_t *out)
{
    char digits[24];
    char *end;
    text = slice_trim(text);
    if (!text.len || text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    *out = strtoll(digits, &end, 10);
    return *end == '\0' && end != digits;
}

/* Whether the words hold the value as a word of its own. */
static bool holds_value(grasp_str words, grasp_str value)
{
    size_t at;
    value = slice_trim(value);
    for (size_t from = 0; value.len && slice_find(words, value, from, &at); from = at + 1) {
        uint32_t before = at ? (unsigned char)words.ptr[at - 1] : ' ';
        size_t behind = at + value.len;
        uint32_t after = behind < words.len ? (unsigned char)words.ptr[behind] : ' ';
        if (!utf8_is_word(before) && !utf8_is_word(after))
            return true;
    }
    return false;
}

static bool looks_like_command(grasp_str text)
{
    static const char *const programs[] = {"find ", "grep ", "ls ",   "awk ",  "wc ",  "cat ",
                                           "ps ",   "echo ", "sort ", "stat ", "#!",   "for ",
                                           "du ",   "cut ",  "head ", "tail ", "sed ", "bash "};
    size_t at;
    text = slice_trim(text);
    if (slice_find(text, SLICE(" | "), 0, &at) || slice_find(text, SLICE("$("), 0, &at))
        return true;
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
        if (grasp_starts(text, programs[i]))
            return true;
    return false;
}

static uint64_t tags_of_answer(const struct case_file *c)
{
    int64_t given, right;
    bool number = to_number(c->expected, &right);
    if (!c->answer.len)
        return TAG_BIT(OS_TAG_NO_ANSWER_GIVEN);
    if (looks_like_command(c->answer))
        return TAG_BIT(OS_TAG_COMMAND_AS_ANSWER);
    if (!number_in(c, "commands"))
        return TAG_BIT(OS_TAG_ANSWERED_WITHOUT_LOOKING);
    uint64_t cut = c->json->as_bool(c->json->get(c->raw, SLICE("cut")), 0)
                       ? TAG_BIT(OS_TAG_CUT_OUTPUT_TRUSTED)
                       : 0;
    if (holds_value(c->answer, c->expected))
        return TAG_BIT(OS_TAG_ANSWER_WITH_WORDS);
    if (number && to_number(c->answer, &given))
        return cut | TAG_BIT(given > right ? OS_TAG_COUNT_TOO_HIGH : OS_TAG_COUNT_TOO_LOW);
    return cut | TAG_BIT(OS_TAG_WRONG_TEXT);
}

/* The environment's own ends, then what the answer says, or the state where none is asked for. */
static uint64_t tags_of(const struct case_file *c)
{
    uint64_t manners = (number_in(c, "silent_turns") ? TAG_BIT(OS_TAG_NO_TOOL_CALL) : 0) |
                       (number_in(c, "bad_turns") ? TAG_BIT(OS_TAG_BAD_TOOL_CALL) : 0);
    grasp_str error = c->json->as_string(c->json->get(c->raw, SLICE("error")));
    size_t at;
    if (grasp_equal(c->status, STATUS_TASK_LIMIT))
        return manners ? manners : TAG_BIT(OS_TAG_ROUNDS_USED_UP);
    if (grasp_equal(c->status, STATUS_TASK_ERROR) && slice_find(error, SLICE("end in"), 0, &at))
        return TAG_BIT(OS_TAG_COMMAND_HUNG);
    if (grasp_equal(c->status, STATUS_TASK_ERROR) && slice_find(error, SLICE("memory"), 0, &at))
        return TAG_BIT(OS_TAG_MACHINE_OVERLOADED);
    if (!grasp_equal(c->status, STATUS_COMPLETED))
        return manners;
    if (c->has_expected)
        return tags_of_answer(c);
    return TAG_BIT(number_in(c, "commands") ? OS_TAG_WRONG_STATE : OS_TAG_FINISHED_UNDONE);
}

/* As the reference has them: all problems are of one type. */
static void put_reference_tags(struct text *out, const struct case_file *c)
{
    text_put(out, "[\"other_task\"");
    if (grasp_equal(c->status, STATUS_TASK_LIMIT))
        text_put(out, ", \"task_limit\"");
    text_char(out, ']');
}

static int32_t emit(grasp_call *call, const struct os *self, const struct case_file *c, bool right)
{
    struct text tags CLEANUP_TEXT = {0}, detail CLEANUP_TEXT = {0};
    if (self->reference)
        put_reference_tags(&tags, c);
    else
        tags_write(&tags, &os_tags, right ? 0 : tags_of(c));
    text_format(&detail, "{\"commands\": %lld", (long long)number_in(c, "commands"));
    if (c->has_expected) {
        text_put(&detail, ", \"expected\": ");
        text_json(&detail, slice_trim(c->expected));
    }
    text_char(&detail, '}');
    return verdict_emit(call, right, &tags, &detail);
}

int32_t os_grade(grasp_call *call, void *opaque, grasp_str sample, grasp_str rollout,
                 grasp_str judge)
{
    const struct os *self = opaque;
    const grasp_json *json = self->json;
    const grasp_json_value *object = json->parse(call, rollout, NULL);
    const struct os_sample *found =
        os_dataset_find(&self->set, grasp_json_string(call, sample, "id"));
    if (!found)
        return grasp_fail(call, GRASP_E_INVALID, "the sample is none of this task");
    if (json->kind(json->get(object, SLICE("status"))) != GRASP_JSON_STRING)
        return grasp_fail(call, GRASP_E_INVALID, "the rollout is not an object with a 'status'");
    struct case_file c = {
        .json = json,
        .raw = json->get(object, SLICE("raw")),
        .problem = found->problem,
        .status = json->as_string(json->get(object, SLICE("status"))),
        .answer = json->as_string(json->get(object, SLICE("answer"))),
    };
    const grasp_json_value *expected = json->get(c.raw, SLICE("expected"));
    c.expected = json->as_string(expected);
    c.has_expected = json->kind(expected) == GRASP_JSON_STRING;
    return emit(call, self, &c, value_is_true(json, json->get(c.raw, SLICE("result"))));
}
