/* SPDX-License-Identifier: MIT */
#include "bleu.h"

#include <math.h>

#include "common/slice.h"
#include "common/text.h"

#define ORDER 4
#define LIKENESS_MIN 0.01

struct token {
    grasp_str text;
    uint64_t hash;
};

struct sentence {
    struct token *tokens;
    size_t count;
};

static struct sentence split(struct pool *pool, grasp_str text)
{
    struct sentence out = {0};
    size_t capacity = 0, start = 0, step;
    bool in_word = false;
    uint32_t code;
    for (size_t at = 0; at <= text.len; at += step) {
        step = at < text.len ? utf8_at(text, at, &code) : 1;
        bool space = at == text.len || utf8_is_space(code);
        if (in_word && space) {
            grasp_str word = slice_cut(text, start, at);
            POOL_RESERVE(pool, out.tokens, out.count, capacity);
            out.tokens[out.count++] = (struct token){word, slice_hash(word)};
        }
        if (!in_word)
            start = at;
        in_word = !space;
        start = in_word ? start : at;
    }
    return out;
}

static bool same(const struct token *a, const struct token *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].hash != b[i].hash || !slice_eq(a[i].text, b[i].text))
            return false;
    return true;
}

static size_t occurrences(const struct sentence *in, const struct token *gram, size_t n,
                          size_t from)
{
    size_t count = 0;
    for (size_t i = from; i + n <= in->count; i++)
        count += same(in->tokens + i, gram, n);
    return count;
}

/* Runs of n words in common, each counted as often as in the sentence that has it less often. */
static size_t matches(const struct sentence *reference, const struct sentence *candidate, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i + n <= reference->count; i++) {
        const struct token *gram = reference->tokens + i;
        size_t here = occurrences(reference, gram, n, 0);
        if (occurrences(reference, gram, n, i) != here)
            continue; /* counted where it came first */
        size_t there = occurrences(candidate, gram, n, 0);
        sum += here < there ? here : there;
    }
    return sum;
}

static double score(const struct sentence *reference, const struct sentence *candidate)
{
    double length = (double)candidate->count, increment = 1;
    long double sum = 0;
    if (!candidate->count || !matches(reference, candidate, 1))
        return 0;
    for (size_t n = 1; n <= ORDER; n++) {
        size_t common = matches(reference, candidate, n);
        double grams = candidate->count > n - 1 ? (double)(candidate->count - n + 1) : 1;
        double precision = (double)common / grams;
        if (!common && candidate->count > 1) {
            precision = (1 / (pow(2, increment) * 5 / log(length))) / grams;
            increment++;
        }
        if (precision > 0)
            sum += 0.25 * log(precision);
    }
    double brevity =
        candidate->count > reference->count ? 1 : exp(1 - (double)reference->count / length);
    return brevity * exp((double)sum);
}

double bleu(struct pool *pool, grasp_str reference, grasp_str candidate)
{
    struct sentence r = split(pool, reference), c = split(pool, candidate);
    return score(&r, &c);
}

static grasp_str normalize(struct pool *pool, grasp_str output)
{
    struct text lower CLEANUP_TEXT = {0};
    size_t end = 0;
    uint32_t code;
    output = slice_trim(output);
    while (end < output.len && output.ptr[end] != '\n')
        end++;
    output = slice_cut(output, 0, end);
    for (size_t at = 0; at < output.len;) {
        at += utf8_at(output, at, &code);
        text_code(&lower, utf8_lower(code));
    }
    return pool_dup(pool, text_view(&lower));
}

grasp_str bleu_match(struct pool *pool, grasp_str output, const grasp_str *commands, size_t count)
{
    grasp_str action = normalize(pool, output);
    size_t best = count;
    double most = LIKENESS_MIN;
    for (size_t i = 0; i < count; i++)
        if (slice_eq(action, commands[i]))
            return action;
    struct sentence candidate = split(pool, action);
    for (size_t i = 0; i < count; i++) {
        struct sentence reference = split(pool, commands[i]);
        /* All precisions, and so the score, are below |reference| / (|candidate| - 3). */
        if (candidate.count > 200 * (reference.count + 1))
            continue;
        double likeness = score(&reference, &candidate);
        if (likeness > most) {
            most = likeness;
            best = i;
        }
    }
    return best < count ? commands[best] : action;
}
