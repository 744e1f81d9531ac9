/* SPDX-License-Identifier: MIT */
#include "action.h"

#include <string.h>
#include <strings.h>

#include "common/slice.h"

void action_of_tool(grasp_call *call, grasp_str name, const grasp_json_value *arguments,
                    struct action *out)
{
    const grasp_json *json = grasp_json_of(call);
    bool bash = grasp_equal(name, "bash_action"), finish = grasp_equal(name, "finish_action");
    bool empty = !json->count(arguments);
    grasp_str key;
    *out = (struct action){.text = SLICE(""), .json = SLICE("null")};
    if (!bash && !finish && !grasp_equal(name, "answer_action"))
        return;
    out->act = empty && !finish ? ACT_ERROR : bash ? ACT_BASH : ACT_COMMIT;
    if (empty)
        return;
    out->value = json->member(arguments, 0, &key);
    out->json = json->print(call, out->value, 0);
    out->has_text = json->kind(out->value) == GRASP_JSON_STRING;
    out->text = json->as_string(out->value);
}

/* The text behind a marker up to the end of its line; *at moves behind it. False for none. White
 * space behind the marker is left out, line ends too, as `\s*(.+)` does. */
static bool find_field(grasp_str raw, const char *marker, size_t *at, grasp_str *out)
{
    size_t found;
    while (slice_find(raw, grasp_cstr(marker), *at, &found)) {
        size_t from = found + strlen(marker), end;
        uint32_t code;
        while (from < raw.len) {
            size_t next = from + utf8_at(raw, from, &code);
            if (!utf8_is_space(code))
                break;
            from = next;
        }
        *at = found + 1;
        if (from == raw.len) {
            /* `.+` takes back white space that is no line end. */
            end = from;
            while (end > found + strlen(marker) && raw.ptr[end - 1] == '\n')
                end--;
            if (end == found + strlen(marker))
                continue;
            from = end - 1;
        }
        for (end = from; end < raw.len && raw.ptr[end] != '\n';)
            end++;
        *out = slice_cut(raw, from, end);
        *at = end;
        return true;
    }
    return false;
}

static bool starts_any_case(grasp_str text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && strncasecmp(text.ptr, prefix, len) == 0;
}

/* All ```bash blocks, with an empty line between them. */
static grasp_str find_script(struct pool *pool, grasp_str raw)
{
    static const char open[] = "```bash\n", close[] = "\n```";
    struct text out CLEANUP_TEXT = {0};
    size_t at = 0, from, end;
    while (slice_find(raw, grasp_cstr(open), at, &from) &&
           slice_find(raw, grasp_cstr(close), from + sizeof(open) - 1, &end)) {
        if (at)
            text_put(&out, "\n\n");
        text_str(&out, slice_cut(raw, from + sizeof(open) - 1, end));
        at = end + sizeof(close) - 1;
    }
    return pool_dup(pool, text_view(&out));
}

/* Between the first ( and the last ); false without both. */
static bool find_answer(grasp_str act, grasp_str *out)
{
    grasp_str rest = slice_trim(slice_from(act, 6));
    size_t open = 0, close = rest.len;
    while (open < rest.len && rest.ptr[open] != '(')
        open++;
    while (close > 0 && rest.ptr[close - 1] != ')')
        close--;
    if (open == rest.len || !close)
        return false;
    *out = close > open + 1 ? slice_cut(rest, open + 1, close - 1) : SLICE("");
    return true;
}

static bool read_act(struct pool *pool, grasp_str raw, grasp_str act, struct action *out)
{
    grasp_str answer;
    if (starts_any_case(act, "bash")) {
        *out = (struct action){ACT_BASH, true, find_script(pool, raw), SLICE("null"), NULL};
        return true;
    }
    if (starts_any_case(act, "finish")) {
        *out = (struct action){ACT_COMMIT, false, SLICE(""), SLICE("null"), NULL};
        return true;
    }
    if (!starts_any_case(act, "answer") || !find_answer(act, &answer))
        return false;
    *out = (struct action){ACT_COMMIT, true, pool_dup(pool, answer), SLICE("null"), NULL};
    return true;
}

static grasp_str find_thought(struct pool *pool, grasp_str raw)
{
    struct text out CLEANUP_TEXT = {0};
    grasp_str line;
    bool first = true;
    for (size_t at = 0; find_field(raw, "Think:", &at, &line); first = false) {
        if (!first)
            text_char(&out, '\n');
        text_str(&out, line);
    }
    return pool_dup(pool, text_view(&out));
}

void action_of_text(grasp_call *call, struct pool *pool, grasp_str raw, grasp_str *thought,
                    struct action *out)
{
    const grasp_json *json = grasp_json_of(call);
    struct action last = {.text = SLICE(""), .json = SLICE("null")}, next;
    grasp_str act;
    if (thought)
        *thought = find_thought(pool, raw);
    /* The last one that is understood counts. */
    for (size_t at = 0; find_field(raw, "Act:", &at, &act);) {
        if (read_act(pool, raw, act, &next))
            last = next;
    }
    *out = last;
    if (out->has_text) {
        grasp_json_value *value = json->new_string(call, out->text);
        out->value = value;
        out->json = json->print(call, value, 0);
    }
}
