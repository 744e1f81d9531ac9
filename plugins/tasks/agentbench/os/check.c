/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <grasp/helpers.h>
#include <regex.h>

#include "common/pyrepr.h"
#include "common/slice.h"

#define PATTERN_MAX 4096
#define SUBJECT_MAX 65536

static bool is_number(int32_t kind)
{
    return kind == GRASP_JSON_INT || kind == GRASP_JSON_DOUBLE || kind == GRASP_JSON_BOOL;
}

static double number_of(const grasp_json *json, const grasp_json_value *value)
{
    return json->kind(value) == GRASP_JSON_BOOL ? json->as_bool(value, 0)
                                                : json->as_double(value, 0);
}

/* As Python compares: 5 is 5.0 and no "5". */
static bool equals(grasp_call *call, const struct match *match, const grasp_json_value *answer,
                   grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    if (match->is_text)
        return json->kind(answer) == GRASP_JSON_STRING && slice_eq(text, match->pattern);
    const grasp_json_value *wanted = json->parse(call, match->pattern, NULL);
    int32_t kind = json->kind(answer);
    if (kind == GRASP_JSON_NULL)
        return false;
    if (is_number(kind) && is_number(json->kind(wanted)))
        return number_of(json, answer) == number_of(json, wanted);
    return kind == json->kind(wanted) &&
           slice_eq(json->print(call, answer, 0), json->print(call, wanted, 0));
}

/* \d is a digit to Python, and nothing to POSIX. */
static bool translate(grasp_str pattern, struct text *out)
{
    for (size_t i = 0; i < pattern.len; i++) {
        bool escape = pattern.ptr[i] == '\\' && i + 1 < pattern.len;
        if (escape && pattern.ptr[i + 1] == 'd')
            text_put(out, "[0-9]");
        else if (escape && pattern.ptr[i + 1] == 'D')
            text_put(out, "[^0-9]");
        else if (escape)
            text_add(out, pattern.ptr + i, 2);
        else
            text_char(out, pattern.ptr[i]);
        i += escape;
    }
    return pattern.len <= PATTERN_MAX && !out->failed;
}

/* 1 found, 0 not, -1: no expression, or no text to look into. */
static int search(grasp_str pattern, const grasp_json_value *answer, grasp_str text,
                  struct pool *pool)
{
    struct text source CLEANUP_TEXT = {0};
    regex_t regex;
    if (!answer || text.len > SUBJECT_MAX || !translate(pattern, &source) ||
        regcomp(&regex, source.ptr ? source.ptr : "", REG_EXTENDED | REG_NOSUB))
        return -1;
    int found = regexec(&regex, pool_dup(pool, text).ptr, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static void set_error(struct check_result *out, const char *reason)
{
    out->end = CHECK_ERROR;
    out->right = false;
    out->reason = reason;
}

void check_match(grasp_call *call, struct pool *pool, const struct match *match,
                 const grasp_json_value *answer, struct check_result *out)
{
    const grasp_json *json = grasp_json_of(call);
    bool is_text = json->kind(answer) == GRASP_JSON_STRING;
    grasp_str text = json->as_string(answer);
    *out = (struct check_result){.expected = match->pattern};
    if (is_text && !match->has_strip) {
        set_error(out, "the match has no 'strip'");
        return;
    }
    if (is_text && match->strip)
        text = slice_trim(text);
    if (!match->kind)
        return;
    out->has_expected = *match->kind == 'a';
    if (out->has_expected) {
        out->right = equals(call, match, answer, text);
        return;
    }
    int found = is_text ? search(match->pattern, answer, text, pool) : -1;
    out->right = found == 1;
    if (found < 0)
        set_error(out, "an expression is searched in what is no text");
}

/* As Python's str() shows it. */
static grasp_str text_of(grasp_call *call, struct pool *pool, const grasp_json_value *answer)
{
    const grasp_json *json = grasp_json_of(call);
    struct text out CLEANUP_TEXT = {0};
    if (json->kind(answer) == GRASP_JSON_STRING)
        return pool_dup(pool, json->as_string(answer));
    pyrepr(&out, json, answer);
    return pool_dup(pool, text_view(&out));
}

static int32_t run_one(grasp_call *call, struct pool *pool, const struct script *script,
                       const grasp_str *arguments, size_t count, const struct check_runner *runner,
                       int32_t *status, grasp_str *output, struct check_result *out)
{
    struct text command CLEANUP_TEXT = {0};
    if (!script_command(script, arguments, count, &command)) {
        set_error(out, "a check is in a language that cannot be run");
        return GRASP_OK;
    }
    int32_t code = runner->run(call, runner->context, text_view(&command), status, output);
    if (!code)
        *output = pool_dup(pool, *output);
    return code;
}

int32_t check_scripts(grasp_call *call, struct pool *pool, const struct problem *problem,
                      const grasp_json_value *answer, const struct check_runner *runner,
                      struct check_result *out)
{
    grasp_str *arguments = pool_array(pool, problem->check_count + 1, sizeof(*arguments));
    *out = (struct check_result){.right = problem->check_count > 0, .expected = SLICE("")};
    if (!problem->check_count)
        set_error(out, "the list of checks is empty");
    arguments[0] = text_of(call, pool, answer);
    for (size_t i = 0; i < problem->check_count && out->right; i++) {
        bool example = !problem->checks[i].present;
        const struct script *script = example ? &problem->example : &problem->checks[i];
        int32_t status = 0;
        if (!script->present) {
            set_error(out, "a check asks for an example that is not there");
            break;
        }
        int32_t code =
            run_one(call, pool, script, arguments, i + 1, runner, &status, &arguments[i + 1], out);
        if (code)
            return code;
        if (out->end == CHECK_DONE && !status && !utf8_valid(arguments[i + 1]))
            set_error(out, "a check printed what is no text");
        out->right = out->end == CHECK_DONE && status == 0;
        if (example && out->right) {
            out->has_expected = true;
            out->expected = arguments[i + 1];
        }
    }
    return GRASP_OK;
}
