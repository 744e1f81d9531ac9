/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "nouns.h"
#include "unicode.h"

#define TITLE_MAX 4000 /* characters that are looked at */

struct cutter {
    struct pool *pool;
    struct strings *out;
    const uint32_t *code; /* the characters of the title */
    const size_t *at;     /* and where they are in it, with one more for the end */
    grasp_str title;
};

static bool is_in(uint32_t code, const char *set)
{
    uint32_t c;
    grasp_str list = {set, strlen(set)};
    for (size_t at = 0; at < list.len;) {
        at += utf8_at(list, at, &c);
        if (c == code)
            return true;
    }
    return false;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(uint32_t c)
{
    return c < 0x80 ? c >= 'a' && c <= 'z'
                    : unicode_class(c) == UNICODE_LETTER && unicode_lower_char(c) == c;
}

static bool is_letter(uint32_t c)
{
    return unicode_class(c) == UNICODE_LETTER;
}

static bool is_upper(uint32_t c)
{
    return is_letter(c) && !is_lower(c);
}

#define PUNCTUATION "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
#define QUOTES "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉⟦⟧"

static void add(struct cutter *c, size_t from, size_t to)
{
    if (from == to)
        return;
    strings_add(c->pool, c->out, pool_dup(c->pool, slice_cut(c->title, c->at[from], c->at[to])));
}

static grasp_str part(const struct cutter *c, size_t from, size_t to)
{
    return slice_cut(c->title, c->at[from], c->at[to]);
}

static bool is_one_of(grasp_str word, const char *list)
{
    size_t len;
    for (const char *at = list; *at; at += len + (at[len] != '\0')) {
        len = strcspn(at, " ");
        if (word.len == len && memcmp(word.ptr, at, len) == 0)
            return true;
    }
    return false;
}

/* Stays as it is, with its point. */
static bool is_abbreviation(const struct cutter *c, size_t from, size_t to)
{
    return is_one_of(part(c, from, to),
                     "Dr. Inc. vs. e.g. i.e. a.m. p.m. Co. Corp. Ltd. Mr. Mrs. Ms. St. Jr. Sr. "
                     "Bros. Mt. Prof. Gen. Gov. Rep. Sen. Ph.D. No. Ave. Jan. Feb. Mar. Apr. Jun. "
                     "Jul. Aug. Sep. Sept. Oct. Nov. Dec. etc. E.G. I.E. v.s. v. Adm. Md. Messrs. "
                     "Mich. Mass. Minn. Miss. Mo. Va. Wis. Wash. Tenn. Pa. Ore. Okla. Nev. Neb. "
                     "Nebr. Mont. N.C. N.D. N.H. N.J. N.M. N.Y. S.C. D.C. Ark. Ariz. Ala. Calif. "
                     "Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Rev. C++");
}

static bool is_prefix(const struct cutter *c, size_t from, size_t to)
{
    uint32_t x = c->code[from];
    if (x == '+')
        return from + 1 == to || !is_digit(c->code[from + 1]);
    return unicode_is_sign(x) || unicode_is_currency(x) || is_in(x, "§%=—–" PUNCTUATION QUOTES);
}

/* Characters of a unit at the end of a number: 20cm, 1.5m. */
static size_t unit_length(const struct cutter *c, size_t from, size_t to)
{
    static const char units[] =
        "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz "
        "m/s km/h kmh mph hPa Pa mbar mb MB kb KB gb GB tb TB T G M K %";
    size_t digits = from;
    while (digits < to &&
           (is_digit(c->code[digits]) || c->code[digits] == '.' || c->code[digits] == ','))
        digits++;
    for (size_t at = from + 1; at < to; at++)
        if (is_digit(c->code[at - 1]) && is_one_of(part(c, at, to), units))
            return to - at;
    return 0;
}

static bool ends_with_point(const struct cutter *c, size_t from, size_t to)
{
    if (c->code[to - 1] != '.' || to - from < 2)
        return false;
    uint32_t before = c->code[to - 2];
    if (is_digit(before) || is_lower(before) || is_in(before, "%²-+" QUOTES ")]}"))
        return true;
    return to - from >= 3 && is_upper(before) && is_upper(c->code[to - 3]);
}

/* Characters at the end that are a word of their own, 0 for none. */
static size_t suffix_length(const struct cutter *c, size_t from, size_t to)
{
    uint32_t last = c->code[to - 1];
    bool after_digit = to - from >= 2 && is_digit(c->code[to - 2]);
    if (to - from >= 2 && (last | 0x20) == 's' && is_in(c->code[to - 2], "'’"))
        return 2;
    if (unicode_is_sign(last) || is_in(last, "—–" PUNCTUATION QUOTES))
        return 1;
    if (after_digit && (last == '+' || unicode_is_currency(last)))
        return 1;
    if (ends_with_point(c, from, to))
        return 1;
    return unit_length(c, from, to);
}

static bool is_alnum(uint32_t code)
{
    return is_letter(code) || is_digit(code);
}

/* Is the character between its neighbours a word of its own? */
static bool is_infix(const struct cutter *c, size_t from, size_t at, size_t to)
{
    uint32_t x = c->code[at];
    if (x == 0x2026 || unicode_is_sign(x)) /* three points in one */
        return true;
    if (at == from || at + 1 >= to)
        return false;
    uint32_t before = c->code[at - 1], after = c->code[at + 1];
    if (is_in(x, "+*^") || (x == '-' && is_digit(before)))
        if (is_digit(before) && (is_digit(after) || after == '-'))
            return true;
    if (is_in(x, "-–—~"))
        return is_alnum(before) && is_letter(after);
    if (is_in(x, ":<>=/"))
        return is_alnum(before) && is_letter(after);
    if (x == ',')
        return is_letter(before) && is_letter(after);
    return x == '.' && (is_lower(before) || is_in(before, QUOTES)) &&
           (is_upper(after) || is_in(after, QUOTES));
}

static bool is_address(const struct cutter *c, size_t from, size_t to)
{
    for (size_t i = from + 1; i + 1 < to; i++)
        if (c->code[i] == '@' && is_alnum(c->code[i - 1]) && is_alnum(c->code[i + 1]))
            return true;
    return to - from > 4 && memcmp(part(c, from, to).ptr, "www.", 4) == 0;
}

static bool cut_contraction(struct cutter *c, size_t from, size_t to)
{
    grasp_str word = part(c, from, to);
    if (to - from > 3 && (slice_ends(word, "n't") || slice_ends(word, "n’t"))) {
        add(c, from, to - 3);
        add(c, to - 3, to);
        return true;
    }
    return false;
}

static void cut_middle(struct cutter *c, size_t from, size_t to)
{
    if (from == to)
        return;
    if (is_abbreviation(c, from, to) || is_address(c, from, to)) {
        add(c, from, to);
        return;
    }
    if (cut_contraction(c, from, to))
        return;
    size_t start = from;
    for (size_t i = from; i < to; i++) {
        if (!is_infix(c, from, i, to))
            continue;
        add(c, start, i);
        add(c, i, i + 1);
        start = i + 1;
    }
    add(c, start, to);
}

/* Between white space: from both ends, then within. */
static void cut_chunk(struct cutter *c, size_t from, size_t to)
{
    size_t end = to;
    struct {
        size_t from, to;
    } tail[64];
    size_t tails = 0;
    for (bool changed = true; changed && from < end;) {
        changed = false;
        if (is_abbreviation(c, from, end) || is_address(c, from, end))
            break;
        if (is_prefix(c, from, end)) {
            add(c, from, from + 1);
            from++;
            changed = true;
            continue;
        }
        size_t len = tails < 64 ? suffix_length(c, from, end) : 0;
        if (len && len < end - from + (len == end - from)) {
            tail[tails].from = end - len;
            tail[tails++].to = end;
            end -= len;
            changed = true;
        }
    }
    cut_middle(c, from, end);
    while (tails--)
        add(c, tail[tails].from, tail[tails].to);
}

void title_words(struct pool *pool, grasp_str title, struct strings *out)
{
    title = utf8_prefix(title, TITLE_MAX);
    uint32_t *code = pool_array(pool, title.len + 1, sizeof(*code));
    size_t *at = pool_array(pool, title.len + 1, sizeof(*at)), count = 0;
    *out = (struct strings){0};
    for (size_t i = 0; i < title.len; count++) {
        at[count] = i;
        i += utf8_at(title, i, &code[count]);
    }
    at[count] = title.len;
    struct cutter cutter = {.pool = pool, .out = out, .code = code, .at = at, .title = title};
    for (size_t from = 0; from < count;) {
        size_t to = from;
        while (to < count && !utf8_is_space(code[to]))
            to++;
        if (to > from)
            cut_chunk(&cutter, from, to);
        from = to + 1;
    }
}
