/* SPDX-License-Identifier: MIT */
/* Random and broken input for what reads texts that people and models wrote. The sanitizers do
 * the judging; the assertions here are about what must hold for any input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "common/payload.h"
#include "common/skill.h"
#include "common/slice.h"
#include "common/slug.h"
#include "common/template.h"
#include "common/tokens.h"
#include "methods/grasp/rank.h"

#define ROUNDS 10000
#define LENGTH 400

/* Pieces that parsers stumble over. */
static const char *const pieces[] = {
    "---\n",
    "\n---\n",
    "name: ",
    "tags: [",
    "- ",
    "\"",
    "'",
    "\\",
    "{{",
    "}}",
    "{{#a}}",
    "{{/a}}",
    "{{^b}}\n",
    "[",
    "]",
    "{",
    "}",
    "```json\n",
    "```",
    "</think>",
    "NaN",
    "-Infinity",
    ",",
    ",]",
    "## When to use",
    "\n## ",
    "magnesium",
    "24 hours",
    "_",
    "\xe2\x84\xaa",
    "\xc4\xb0",
    "\xc3\xa9",
    "\xff",
    "\xed\xa0\x80",
    "\xf0\x9f\x98\x80",
    "\t",
    "\r\n",
    ": |\n  ",
    "&a [*a]",
    "!!int ",
    "? ",
    "version: 3\n",
    "provenance: {a: 1}\n",
    "description: >-\n  x\n",
    "%",
    "@",
    "#",
    "0x1f",
    "\x01",
};

static size_t add_piece(char *out, size_t room)
{
    if (chance(3) == 0) {
        *out = (char)chance(256);
        return 1;
    }
    const char *piece = pieces[chance(sizeof(pieces) / sizeof(*pieces))];
    size_t len = strlen(piece) < room ? strlen(piece) : room;
    memcpy(out, piece, len);
    return len;
}

/* In memory of exactly its size, so that the first byte read too far is found. */
static grasp_str random_text(void)
{
    char buffer[LENGTH];
    size_t len = 0, want = chance(chance(2) ? LENGTH : 40);
    while (len < want)
        len += add_piece(buffer + len, want - len);
    char *exact = malloc(len ? len : 1);
    if (len)
        memcpy(exact, buffer, len);
    return (grasp_str){exact, len};
}

/* Random text as the front matter of a file. */
static grasp_str random_file(void)
{
    grasp_str inside = random_text();
    static const char head[] = "---\n", tail[] = "\n---\n\nBody\n";
    size_t len = strlen(head) + inside.len + strlen(tail);
    char *text = malloc(len);
    memcpy(text, head, strlen(head));
    memcpy(text + strlen(head), inside.ptr, inside.len);
    memcpy(text + len - strlen(tail), tail, strlen(tail));
    free((char *)inside.ptr);
    return (grasp_str){text, len};
}

static void drop(grasp_str text)
{
    free((char *)text.ptr);
}

static void skill_files(void **state)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct pool pool CLEANUP_POOL = {0};
        struct text why CLEANUP_TEXT = {0}, written CLEANUP_TEXT = {0}, json CLEANUP_TEXT = {0};
        struct skill skill, again;
        grasp_str text = i % 4 ? random_file() : random_text();
        if (!skill_parse(&pool, SLICE("some.md"), text, &skill, &why)) {
            assert_true(why.len > 0);
        } else {
            skill_write(&written, &skill);
            assert_true(skill_parse(&pool, SLICE("some.md"), text_view(&written), &again, &why));
            assert_true(slice_eq(skill.name, again.name));
            assert_true(slice_eq(skill.description, again.description));
            assert_true(slice_eq(skill.content, again.content));
            assert_int_equal(skill.tag_count, again.tag_count);
            assert_int_equal(skill.version, again.version);
            skill_write_json(&json, &skill);
            assert_true(utf8_valid(text_view(&json)));
        }
        drop(text);
    }
}

static bool is_inside(grasp_str part, grasp_str whole)
{
    return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static void replies(void **state)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct text mended CLEANUP_TEXT = {0};
        grasp_str text = random_text(), found;
        for (int strict = 0; strict < 2; strict++) {
            struct payload_search search = {
                .text = text, .open = '[', .close = ']', .strict = strict};
            size_t count = 0;
            while (payload_next(&search, &found)) {
                assert_true(is_inside(found, text));
                assert_true(found.ptr[0] == '[' && found.ptr[found.len - 1] == ']');
                assert_true(++count <= 64);
                payload_mend(&mended, found, PAYLOAD_NAN | PAYLOAD_LOOSE);
            }
        }
        if (payload_fenced(text, &found))
            assert_true(is_inside(found, text));
        drop(text);
    }
}

static void templates(void **state)
{
    const struct binding bindings[] = {
        {"a", SLICE("value {{b}}")}, {"b", SLICE("")}, {NULL, SLICE("")}};
    const char *const names[] = {"a", "b", NULL};
    for (int i = 0; i < ROUNDS; i++) {
        struct text out CLEANUP_TEXT = {0};
        grasp_str text = random_text(), tag;
        template_check(text, names, &tag);
        template_fill(&out, text, bindings);
        assert_false(out.failed);
        drop(text);
    }
}

static void slugs_and_words(void **state)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct pool pool CLEANUP_POOL = {0};
        grasp_str text = random_text(), *words;
        grasp_str slug = slug_make(&pool, text);
        assert_in_range(slug.len, 1, 200);
        assert_true(slug.ptr[0] != '_' && slug.ptr[slug.len - 1] != '_');
        for (size_t k = 0; k < slug.len; k++)
            assert_non_null(strchr("abcdefghijklmnopqrstuvwxyz0123456789_", slug.ptr[k]));
        size_t count = token_set(&pool, text, &words);
        for (size_t k = 0; k < count; k++)
            assert_true(token_counts(words[k]));
        grasp_str cut = utf8_suffix(text, 10);
        assert_true(is_inside(cut, text));
        assert_true(is_inside(utf8_prefix(text, 10), text));
        assert_true(is_inside(slice_trim(text), text));
        drop(text);
    }
}

/* The plain way to find the words that a text and a skill have in common. */
static uint32_t common_words(struct pool *pool, grasp_str a, grasp_str b)
{
    grasp_str *x, *y;
    uint32_t common = 0;
    size_t n = token_set(pool, a, &x), m = token_set(pool, b, &y);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < m; k++)
            common += slice_eq(x[i], y[k]);
    }
    return common;
}

static void ranking_counts_what_is_there(void **state)
{
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct pool pool CLEANUP_POOL = {0};
        struct skill skills[3] = {0};
        grasp_str owned[3], text = random_text();
        uint32_t scores[3], chosen[RANK_TOP];
        for (size_t k = 0; k < 3; k++) {
            owned[k] = random_text();
            skills[k].description = owned[k];
            skills[k].name = skills[k].content = SLICE("");
        }
        struct rank_index *index = rank_build(&pool, skills, 3);
        rank_scores(index, &text, 1, scores);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(scores[k], 1 + common_words(&pool, text, owned[k]));
        assert_int_equal(rank_select(index, &text, 1, chosen), 3);
        assert_true(scores[chosen[0]] >= scores[chosen[1]]);
        assert_true(scores[chosen[1]] >= scores[chosen[2]]);
        for (size_t k = 0; k < 3; k++)
            drop(owned[k]);
        drop(text);
    }
}

static void long_texts_lose_no_word(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text text CLEANUP_TEXT = {0};
    struct skill skill = {.description = SLICE("magnesium potassium sodium")};
    uint32_t score;
    skill.name = skill.content = SLICE("");
    struct rank_index *index = rank_build(&pool, &skill, 1);
    for (size_t shift = 0; shift < 130; shift++) {
        text_reset(&text);
        for (size_t i = 0; i < 8100 + shift; i++)
            text_char(&text, i % 9 ? 'x' : ' ');
        text_put(&text, " MAGNESIUM ");
        for (size_t i = 0; i < 9000; i++)
            text_char(&text, 'y');
        text_put(&text, "-sodium");
        grasp_str whole = text_view(&text);
        rank_scores(index, &whole, 1, &score);
        assert_int_equal(score, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skill_files),
        cmocka_unit_test(replies),
        cmocka_unit_test(templates),
        cmocka_unit_test(slugs_and_words),
        cmocka_unit_test(ranking_counts_what_is_there),
        cmocka_unit_test(long_texts_lose_no_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
