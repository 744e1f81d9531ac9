/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/put.h"
#include "common/slice.h"
#include "expel.h"

static const char *const words[] = {"REMOVE", "AGREE", "EDIT", "ADD"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_at(grasp_str text, size_t at, const char *part)
{
    size_t len = strlen(part);
    return at <= text.len && text.len - at >= len && memcmp(text.ptr + at, part, len) == 0;
}

static size_t skip(grasp_str text, size_t at, const char *characters)
{
    while (at < text.len && text.ptr[at] && strchr(characters, text.ptr[at]))
        at++;
    return at;
}

/* " 12", or with a hash before it: the position after it, or `at`. */
static size_t read_number(grasp_str text, size_t at, bool hash, int64_t *out)
{
    size_t from = at + 1;
    from += hash && has_at(text, from, "#");
    size_t to = from;
    while (to < text.len && is_digit(text.ptr[to]))
        to++;
    if (at >= text.len || text.ptr[at] != ' ' || to == from)
        return at;
    for (*out = 0; from < to && *out < INT32_MAX; from++)
        *out = *out * 10 + (text.ptr[from] - '0');
    return to;
}

/* Letters, digits and white space up to ": ", which the reference takes for a label. */
static size_t skip_label(grasp_str text, size_t at, bool one_line)
{
    uint32_t code;
    size_t to = at, len;
    for (; to < text.len; to += len) {
        len = utf8_at(text, to, &code);
        if (!utf8_is_space(code) &&
            !(code < 128 && (is_letter((char)code) || is_digit((char)code))))
            break;
        if (one_line && code == '\n')
            return at;
    }
    return to > at && has_at(text, to, ": ") ? to + 2 : at;
}

/* After "ADD": where the text begins, 0 if this is no operation. Strict ones may have stars, a '#'
 * before the number, and no blank after the colon. */
static size_t read_head(grasp_str text, size_t at, bool strict, int64_t *out_number)
{
    *out_number = -1;
    if (strict)
        at = skip(text, at, "*");
    at = read_number(text, at, strict, out_number);
    if (!strict)
        return has_at(text, at, ": ") ? skip_label(text, at + 2, false) : 0;
    at = skip(text, at, "*");
    return has_at(text, at, ":") ? skip_label(text, skip(text, at + 1, "* \t"), true) : 0;
}

static bool has_word(grasp_str text, const char *word, bool whole)
{
    size_t at = 0, len = strlen(word);
    for (; slice_find(text, grasp_cstr(word), at, &at); at++) {
        bool before = at > 0 && is_letter(text.ptr[at - 1]);
        bool after = at + len < text.len && is_letter(text.ptr[at + len]);
        if (!whole || (!before && !after))
            return true;
    }
    return false;
}

static void take(struct pool *pool, grasp_str text, enum operation_kind kind, int64_t number,
                 bool strict, struct operations *out)
{
    text = slice_trim(text);
    if (!text.len || has_word(text, "ADD", strict) || has_word(text, "AGREE", strict) ||
        has_word(text, "EDIT", strict))
        return;
    if (!slice_ends(text, "."))
        text = pool_format(pool, "%.*s.", (int)text.len, text.ptr);
    POOL_RESERVE(pool, out->items, out->count, out->capacity);
    out->items[out->count++] =
        (struct operation){kind, kind == OPERATION_ADD ? -1 : number, pool_dup(pool, text)};
}

void operations_read(struct pool *pool, grasp_str reply, const struct expel_options *options,
                     struct operations *out)
{
    for (size_t at = 0; at < reply.len;) {
        size_t kind = 0, from = 0, end;
        int64_t number = -1;
        for (; kind < 4; kind++) {
            if (has_at(reply, at, words[kind]) &&
                (from = read_head(reply, at + strlen(words[kind]), options->strict_lines, &number)))
                break;
        }
        if (!from) {
            at++;
            continue;
        }
        if (!slice_find(reply, SLICE("\n"), from, &end))
            end = reply.len;
        take(pool, slice_cut(reply, from, end), (enum operation_kind)kind, number,
             options->strict_lines, out);
        at = end;
    }
}

int64_t rule_named(size_t count, grasp_str text)
{
    for (size_t i = 0; i < count; i++) {
        char number[24];
        size_t at;
        snprintf(number, sizeof(number), "%zu", i + 1);
        if (slice_find(text, grasp_cstr(number), 0, &at))
            return (int64_t)i;
    }
    return -1;
}

static int64_t target(const struct operation *operation, size_t count,
                      const struct expel_options *options)
{
    if (!options->numbered_operations || operation->number < 0)
        return rule_named(count, operation->text);
    return operation->number >= 1 && operation->number <= (int64_t)count ? operation->number - 1
                                                                         : -1;
}

static bool has_rule(const struct rules *rules, size_t count, grasp_str text)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(rules->items[i].text, text))
            return true;
    }
    return false;
}

/* In the reference an operation with a number is none of the four words, and does nothing. */
static bool admit(struct operation *operation, const struct rules *rules,
                  const struct expel_options *options)
{
    if (operation->kind == OPERATION_ADD)
        return !has_rule(rules, rules->count, operation->text);
    if (operation->number >= 0 && !options->numbered_operations)
        return false;
    int64_t at = target(operation, rules->count, options);
    if (at < 0)
        return false;
    if (operation->kind == OPERATION_EDIT && slice_eq(rules->items[at].text, operation->text))
        operation->kind = OPERATION_AGREE;
    return true;
}

static void apply(struct pool *pool, struct rules *rules, size_t before,
                  const struct operation *operation, bool full, const struct expel_options *options)
{
    if (operation->kind == OPERATION_ADD) {
        if (options->dedup_rules && has_rule(rules, rules->count, operation->text))
            return;
        POOL_RESERVE(pool, rules->items, rules->count, rules->capacity);
        rules->items[rules->count++] = (struct rule){operation->text, 2};
        return;
    }
    int64_t at = target(operation, before, options);
    if (at < 0)
        return;
    if (operation->kind == OPERATION_EDIT)
        rules->items[at].text = operation->text;
    rules->items[at].counter += operation->kind != OPERATION_REMOVE ? 1 : full ? -3 : -1;
}

/* By falling counter, stable: an insertion sort, as lists are short. */
static void settle(struct rules *rules, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < rules->count; i++) {
        struct rule rule = rules->items[i];
        size_t at = kept;
        if (rule.counter <= 0)
            continue;
        for (; at > 0 && rules->items[at - 1].counter < rule.counter; at--)
            rules->items[at] = rules->items[at - 1];
        rules->items[at] = rule;
        kept++;
    }
    rules->count = kept < most ? kept : most;
}

void rules_apply(struct pool *pool, struct rules *rules, const struct operations *operations,
                 bool full, const struct expel_options *options)
{
    struct operation *admitted = pool_array(pool, operations->count, sizeof(*admitted));
    size_t count = 0, before = rules->count;
    for (size_t i = 0; i < operations->count; i++) {
        admitted[count] = operations->items[i];
        count += admit(&admitted[count], rules, options);
    }
    for (int kind = OPERATION_REMOVE; kind <= OPERATION_ADD; kind++) {
        for (size_t i = 0; i < count; i++) {
            if ((int)admitted[i].kind == kind)
                apply(pool, rules, before, &admitted[i], full, options);
        }
    }
    settle(rules, (size_t)options->max_num_rules);
}

void rules_list(struct text *out, const struct rules *rules)
{
    if (rules->count == 0)
        text_put(out, EXPEL_NO_RULES);
    for (size_t i = 0; i < rules->count; i++) {
        text_format(out, i ? "\n%zu. " : "%zu. ", i + 1);
        text_str(out, rules->items[i].text);
    }
}

bool rules_read(grasp_call *call, struct pool *pool, grasp_str text, struct rules *out,
                grasp_str *out_why)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = json->parse(call, text, out_why);
    *out = (struct rules){0};
    if (json->kind(list) != GRASP_JSON_ARRAY) {
        if (!out_why->len)
            *out_why = SLICE("rules are a JSON array of {\"text\", \"counter\"}");
        return false;
    }
    for (uint64_t i = 0; i < json->count(list); i++) {
        const grasp_json_value *item = json->at(list, i), *rule = member_of(json, item, "text");
        if (json->kind(rule) != GRASP_JSON_STRING ||
            json->kind(member_of(json, item, "counter")) != GRASP_JSON_INT) {
            *out_why = grasp_format(call, "rule %llu has no \"text\" and \"counter\"",
                                    (unsigned long long)i + 1);
            *out = (struct rules){0};
            return false;
        }
        POOL_RESERVE(pool, out->items, out->count, out->capacity);
        out->items[out->count++] = (struct rule){pool_dup(pool, json->as_string(rule)),
                                                 json->as_int(member_of(json, item, "counter"), 0)};
    }
    return true;
}

grasp_str rules_file(grasp_call *call, const struct rules *rules)
{
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '[');
    for (size_t i = 0; i < rules->count; i++) {
        put_open(&out, NULL, '{');
        put_string(&out, "text", rules->items[i].text);
        put_int(&out, "counter", rules->items[i].counter);
        put_close(&out, '}');
    }
    put_close(&out, ']');
    return pretty_json(call, text_view(&out));
}
