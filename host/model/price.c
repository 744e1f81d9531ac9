/* SPDX-License-Identifier: MIT */
#include "model/price.h"

#include <math.h>

#include "base/file.h"
#include "base/nearest.h"
#include "base/yaml.h"

#define MOST_DOLLARS 1e6 /* per million tokens */

static const char *const kinds[] = {"input", "cached_input", "output", "reasoning"};

static int read_kinds(const struct json *entry, const char *where, struct price *out,
                      struct err *err)
{
    int64_t *const to[] = {&out->input, &out->cached_input, &out->output, &out->reasoning};
    bool given[4] = {false};
    if (!json_is(entry, JSON_OBJECT))
        return err_set(err, EXIT_CONFIG, "%s must be a mapping: {input: 0.15, output: 0.60}",
                       where);
    for (struct json_iter it = json_members(entry); json_next(&it);) {
        size_t i = 0;
        while (i < 4 && !str_is(it.key, kinds[i]))
            i++;
        if (i == 4) {
            const char *meant = nearest(it.key, kinds, 4);
            return err_set(err, EXIT_CONFIG, "%s: unknown key '%.*s'%s%s%s", where, (int)it.key.len,
                           it.key.ptr, meant ? "; did you mean '" : "", meant ? meant : "",
                           meant ? "'?" : "");
        }
        double dollars = json_double(it.value, NAN);
        if (!(dollars >= 0 && dollars <= MOST_DOLLARS))
            return err_set(err, EXIT_CONFIG,
                           "%s: %s must be a number of dollars per million tokens, from 0 to %.0f",
                           where, kinds[i], MOST_DOLLARS);
        *to[i] = llround(dollars * PRICE_DOLLAR / 1e6);
        given[i] = true;
    }
    if (!given[0] || !given[2])
        return err_set(err, EXIT_CONFIG, "%s needs both input and output", where);
    if (!given[1])
        out->cached_input = out->input;
    if (!given[3])
        out->reasoning = out->output;
    out->known = true;
    return 0;
}

int price_read(const char *path, const char *preset, const char *model, struct price *out,
               struct err *err)
{
    const char *const names[] = {preset, model};
    CLEANUP_BUF struct buf text = {0};
    struct price read = {0};
    int code = file_read(path, FILE_MAX_CONFIG, &text, err);
    if (code)
        return code;
    struct err parsed = {0};
    CLEANUP_JSON struct json *all = yaml_parse(buf_view(&text), path, NULL, &parsed);
    if (!json_is(all, JSON_OBJECT))
        return err_set(err, EXIT_CONFIG, "%s",
                       parsed.code ? parsed.text
                                   : "the price file must be a mapping of "
                                     "presets or models to prices");
    for (size_t i = 0; i < 2 && !read.known; i++) {
        const struct json *entry = names[i] ? json_get(all, names[i]) : NULL;
        CLEANUP_FREE char *where = mem_printf("%s: %s", path, names[i] ? names[i] : "");
        if (entry && (code = read_kinds(entry, where, &read, err)))
            return code;
    }
    *out = read;
    return 0;
}

int64_t price_of(const struct price *price, const struct model_usage *usage)
{
    int64_t cached = usage->cached_tokens, reasoning = usage->reasoning_tokens;
    if (cached > usage->prompt_tokens)
        cached = usage->prompt_tokens;
    if (reasoning > usage->completion_tokens)
        reasoning = usage->completion_tokens;
    return (usage->prompt_tokens - cached) * price->input + cached * price->cached_input +
           (usage->completion_tokens - reasoning) * price->output + reasoning * price->reasoning;
}

int64_t price_most(const struct price *price, int64_t prompt, int64_t completion)
{
    int64_t input = price->input, output = price->output;
    if (price->cached_input > input)
        input = price->cached_input;
    if (price->reasoning > output)
        output = price->reasoning;
    return prompt * input + completion * output;
}

double price_dollars(int64_t amount)
{
    return (double)amount / PRICE_DOLLAR;
}
