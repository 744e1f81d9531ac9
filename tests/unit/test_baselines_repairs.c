/* SPDX-License-Identifier: MIT */
/* What the baselines do better by default: guidance cut by rank, JSON read as models write it,
 * operations that mean the rule of their number, notes and skills that are bounded. */
#include "plugin/mock_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/block.h"
#include "common/loose.h"
#include "common/reply.h"
#include "common/slice.h"
#include "methods/expel/expel.h"
#include "methods/skillx/skillx.h"

static void guidance_is_cut_by_rank(void **state)
{
    const struct piece pieces[] = {{SLICE("\n- low, and so long that it does not fit beside the "
                                          "other two: a note that nobody needs "
                                          "for this task, in many words"),
                                    SLICE("a"), 0},
                                   {SLICE("\n- best"), SLICE("b"), 2},
                                   {SLICE("\n- good"), SLICE("c"), 1}};
    const struct block block = {SLICE("HEAD"), SLICE("\nTAIL"), pieces, 3, SLICE("")};
    struct text text CLEANUP_TEXT = {0}, ids CLEANUP_TEXT = {0};
    block_text(&text, &ids, &block, 0);
    assert_true(grasp_equal(text_view(&ids), "[\"a\", \"b\", \"c\"]"));
    text_reset(&text);
    text_reset(&ids);
    block_text(&text, &ids, &block, 110);
    text_char(&text, '\0');
    assert_string_equal(text.ptr,
                        "HEAD\n- best\n- good\n(cut at 110 characters: 2 of 3 are shown)\nTAIL");
    assert_true(grasp_equal(text_view(&ids), "[\"b\", \"c\"]"));
    text_reset(&text);
    text_reset(&ids);
    block_text(&text, &ids, &block, 92); /* not even the best one has room */
    assert_non_null(strstr(text.ptr, "1 of 3 are shown, in part"));
}

static void json_as_models_write_it(void **state)
{
    static const char *const cases[][2] = {
        {"Sure: {\"a\": [1, 2,],}", "{\"a\": [1, 2]}"},
        {"{\xe2\x80\x9c"
         "a\xe2\x80\x9d: \xe2\x80\x9e"
         "b\xe2\x80\x9c}",
         "{\"a\": \"b\"}"},
        {"{'a': None, 'b': True, 'c': 'it''s'", "{\"a\": null, \"b\": true, \"c\": \"it''s\"}"},
        {"```json\n{\"a\": \"x\ny\"}\n```", "{\"a\": \"x\\ny\"}"},
        {"{\"a\": [{\"b\": \"cut o", "{\"a\": [{\"b\": \"cut o\"}]}"},
        {"{\"a\": 1, \"b", "{\"a\": 1, \"b\": null}"},
        {"{\xc2\xab"
         "a\xc2\xbb: 1}",
         "{\"a\": 1}"},
    };
    struct mock_host *host = mock_host_create();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        grasp_call *call = mock_call(host);
        const grasp_json *json = grasp_json_of(call);
        const grasp_json_value *value = loose_find(call, grasp_cstr(cases[i][0]), '{');
        assert_string_equal(value ? json->print(call, value, 0).ptr : "nothing", cases[i][1]);
    }
    assert_null(loose_find(mock_call(host), grasp_cstr("nothing {here"), '['));
    mock_host_destroy(host);
}

static void operations_mean_their_number(void **state)
{
    const struct expel_options options = {.max_num_rules = 20,
                                          .numbered_operations = true,
                                          .strict_lines = true,
                                          .dedup_rules = true};
    struct pool pool CLEANUP_POOL = {0};
    struct operations operations = {0};
    struct rule items[4] = {{SLICE("One."), 2}, {SLICE("Two."), 2}, {SLICE("Three."), 1}};
    struct rules rules = {items, 3, 4};
    operations_read(&pool,
                    SLICE("**AGREE 2:** Two\nEDIT #1: Wait 3 hours\n- REMOVE 3: Three\nADD 4:New\n"
                          "ADD 5: New\nAGREE 9: none\nADD 6: an ADDRESS counts"),
                    &options, &operations);
    rules_apply(&pool, &rules, &operations, false, &options);
    assert_int_equal(rules.count, 4);
    assert_true(grasp_equal(rules.items[0].text, "Wait 3 hours."));
    assert_true(grasp_equal(rules.items[1].text, "Two."));
    assert_int_equal(rules.items[1].counter, 3);
    assert_true(grasp_equal(rules.items[2].text, "New."));
    assert_true(grasp_equal(rules.items[3].text, "an ADDRESS counts."));
}

static void skills_are_kept_together(void **state)
{
    const struct skillx_options options = {
        .fold_names = true, .limit_library = true, .max_skills = 2};
    struct pool pool CLEANUP_POOL = {0};
    struct library library = {0};
    static const char *const names[] = {"first", "Second", "FIRST", "third"};
    for (int64_t i = 0; i < 4; i++) {
        struct record record = {.name = grasp_cstr(names[i]), .tools = SLICE("[]")};
        const struct records one = {&record, 1, 1};
        library_merge(&pool, &library, &one, i + 1, SLICE("now"), &options);
    }
    assert_int_equal(library.functional.count, 2); /* "Second" was the oldest */
    assert_true(grasp_equal(library.functional.items[0].name, "FIRST"));
    assert_true(grasp_equal(library.functional.items[1].name, "third"));
}

static void single_skills_count(void **state)
{
    struct mock_host *host = mock_host_create();
    grasp_call *call = mock_call(host);
    const grasp_json *json = grasp_json_of(call);
    static const char object[] =
        "```json\n{\"option\": \"add\", \"skill\": {\"name\": \"A\"}}\n```";
    assert_int_equal(json->kind(list_in_reply(call, grasp_cstr(object), false)), GRASP_JSON_OBJECT);
    assert_int_equal(json->kind(list_in_reply(call, grasp_cstr(object), true)), GRASP_JSON_ARRAY);
    static const char cut[] = "Here: [{\"option\": \"add\", \"skill\": {\"name\": \"A\", \"content";
    assert_int_equal(json->count(list_in_reply(call, grasp_cstr(cut), true)), 1);
    mock_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guidance_is_cut_by_rank),      cmocka_unit_test(json_as_models_write_it),
        cmocka_unit_test(operations_mean_their_number), cmocka_unit_test(skills_are_kept_together),
        cmocka_unit_test(single_skills_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
