/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "common/payload.h"
#include "common/slug.h"
#include "common/tokens.h"
#include "golden_grasp.h"
#include "golden_rig.h"
#include "methods/grasp/rank.h"

static void slugify(struct golden *g)
{
    golden_section(g, "sections.slugify.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        grasp_str slug = slug_make(&pool, rig_in(json_str(json_get(c, "in"))));
        golden_expect_str(g, "slug", rig_out(slug), json_str(json_get(c, "out")));
    }
}

static void extract_json_array(struct golden *g)
{
    golden_section(g, "sections.extract_json_array.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        grasp_str in = rig_in(json_str(json_get(c, "in"))), fenced;
        const grasp_json_value *array = reply_array(rig.call, in, true);
        grasp_str text = array ? rig.json->print(rig.call, array, 0) : grasp_cstr("[]");
        CLEANUP_JSON struct json *got = json_parse(rig_out(text), NULL);
        golden_expect_json(g, "array", got, json_get(c, "out"));
        bool is_fenced = payload_fenced(in, &fenced);
        golden_expect(g, is_fenced == json_is(json_get(c, "fenced"), JSON_STRING), "fenced");
        if (is_fenced)
            golden_expect_str(g, "fenced", rig_out(fenced), json_str(json_get(c, "fenced")));
        rig_close(&rig);
    }
}

static void balanced_block(struct golden *g)
{
    golden_section(g, "sections.balanced_block.cases");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_str got = {"", 0};
        bool found = payload_balanced(rig_in(json_str(json_get(c, "text"))), 0,
                                      *json_str(json_get(c, "open")).ptr,
                                      *json_str(json_get(c, "close")).ptr, &got);
        golden_expect(g, found == json_is(json_get(c, "out"), JSON_STRING), "found");
        golden_expect_str(g, "block", rig_out(got), json_str(json_get(c, "out")));
    }
}

static int by_text(const void *a, const void *b)
{
    const grasp_str *x = a, *y = b;
    return str_cmp(rig_out(*x), rig_out(*y));
}

static void expect_words(struct golden *g, const grasp_str *words, size_t count,
                         const struct json *want)
{
    CLEANUP_JSON struct json *got = json_new_array();
    for (size_t i = 0; i < count; i++)
        json_push(got, json_new_str(rig_out(words[i])));
    golden_expect_json(g, "words", got, want);
}

static void tokens(struct golden *g)
{
    golden_section(g, "sections.tokens.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        grasp_str *words;
        size_t count = token_set(&pool, rig_in(json_str(json_get(c, "in"))), &words);
        if (count)
            qsort(words, count, sizeof(*words), by_text);
        expect_words(g, words, count, json_get(c, "out"));
    }
}

static void stopwords(struct golden *g)
{
    golden_section(g, "sections.stopwords.cases");
    for (const struct json *c; (c = golden_next(g));) {
        const char *const *words;
        size_t count = token_stop_words(&words);
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < count; i++)
            json_push(got, json_new_str(str_of(words[i])));
        golden_expect_json(g, "stop words", got, c);
    }
}

static void tag_terms(struct golden *g)
{
    golden_section(g, "sections.tag_terms.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        grasp_str *terms;
        size_t count = token_tag_terms(&pool, rig_in(json_str(json_get(c, "in"))), &terms);
        expect_words(g, terms, count, json_get(c, "out"));
    }
}

static void when_to_use(struct golden *g)
{
    golden_section(g, "sections.when_to_use.cases");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_str got = rank_when_to_use(rig_in(json_str(json_get(c, "in"))));
        golden_expect_str(g, "section", rig_out(got), json_str(json_get(c, "out")));
    }
}

void golden_text_sections(struct golden *g)
{
    slugify(g);
    extract_json_array(g);
    balanced_block(g);
    tokens(g);
    stopwords(g);
    tag_terms(g);
    when_to_use(g);
}
