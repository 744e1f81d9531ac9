/* SPDX-License-Identifier: MIT */
/* What fhir_agent.so is made of: reading tables and literals, comparing answers, keys, figures, and
 * what the record keeps of a tool's result. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/mimic/uuid5.h"
#include "common/slice.h"
#include "mock_host.h"
#include "tasks/fhir_agent/answer.h"
#include "tasks/fhir_agent/bundle.h"
#include "tasks/fhir_agent/csv.h"
#include "tasks/fhir_agent/keys.h"
#include "tasks/fhir_agent/outcome.h"
#include "tasks/fhir_agent/pyliteral.h"
#include "tasks/fhir_agent/rehearsal/rehearsal.h"
#include "tasks/fhir_agent/trace.h"

#include <cmocka.h>

static void check(grasp_str got, const char *expected)
{
    if (!grasp_equal(got, expected))
        fail_msg("got '%.*s', expected '%s'", (int)got.len, got.ptr, expected);
}

static void test_csv_fields(void **state)
{
    struct pool pool = {0};
    struct strings record;
    const char *fault;
    size_t line;
    struct csv csv = csv_start(SLICE("\xef\xbb\xbf"
                                     "a,b,c\r\n1,\"x, \"\"y\"\"\nz\",\n\n,,last"));
    assert_true(csv_record(&csv, &pool, &record, &line, &fault));
    assert_int_equal(record.count, 3);
    check(record.items[0], "a");
    assert_true(csv_record(&csv, &pool, &record, &line, &fault));
    assert_int_equal(line, 2);
    assert_int_equal(record.count, 3);
    check(record.items[1], "x, \"y\"\nz");
    check(record.items[2], "");
    assert_true(csv_record(&csv, &pool, &record, &line, &fault));
    assert_int_equal(line, 5);
    check(record.items[2], "last");
    assert_false(csv_record(&csv, &pool, &record, &line, &fault));
    assert_null(fault);
    pool_free(&pool);
}

static void check_fault(const char *text, size_t at, const char *words)
{
    struct pool pool = {0};
    struct strings record;
    const char *fault;
    size_t line;
    struct csv csv = csv_start(grasp_cstr(text));
    while (csv_record(&csv, &pool, &record, &line, &fault))
        ;
    assert_non_null(fault);
    assert_non_null(strstr(fault, words));
    assert_int_equal(csv.line, at);
    pool_free(&pool);
}

static void test_csv_faults(void **state)
{
    check_fault("a\n\"open\nand on", 2, "never closed");
    check_fault("a,b\n\"x\"y,1\n", 2, "neither a comma");
}

static void check_literal(const char *text, const char *json)
{
    struct text out = {0};
    bool good = pyliteral_to_json(&out, grasp_cstr(text));
    assert_int_equal(good, json != NULL);
    if (json)
        check(text_view(&out), json);
    text_free(&out);
}

static void test_literals(void **state)
{
    check_literal("{'Patient': ['a', \"b'c\"], 'X': []}",
                  "{\"Patient\": [\"a\", \"b'c\"], \"X\": []}");
    check_literal("{1: None, 'k': (True, False, nan),}",
                  "{\"1\": null, \"k\": [true, false, null]}");
    check_literal("'\\x41\\u00e9\\'\\n\\q'", "\"A\xc3\xa9'\\n\\\\q\"");
    check_literal("-1.50", "-1.5");
    check_literal("[[3], [201.0]]", "[[3], [201.0]]");
    check_literal("{'a': 1", NULL);
    check_literal("{'a' 1}", NULL);
    check_literal("[1] [2]", NULL);
    check_literal("__import__('os')", NULL);
    check_literal("'open", NULL);
    check_literal("", NULL);
    char deep[400];
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = 0;
    check_literal(deep, NULL);
}

static void check_normal(const char *text, const char *expected)
{
    struct text out = {0};
    answer_normalize(&out, grasp_cstr(text));
    check(text_view(&out), expected);
    text_free(&out);
}

static void test_normalized_answers(void **state)
{
    check_normal("[['F']]", "[[f]]");
    check_normal("[['2111-01-16 07:02:00']]", "[[2111-01-16 07:02:00]]");
    check_normal(" Yes! ", "yes");
    check(answer_behind_marker(SLICE("So.\nThe Final Answer is: **12 mg** ")), "12 mg");
    check(answer_behind_marker(SLICE(" plain ")), "plain");
    assert_true(answer_has_marker(SLICE("THE FINAL ANSWER IS: x")));
    assert_false(answer_has_marker(SLICE("the final answer is x")));
    assert_true(answer_equal(SLICE("[['F']]"), SLICE("[[F]]")));
    assert_false(answer_equal(SLICE("!"), SLICE("?")));
}

static void test_cells(void **state)
{
    struct pool pool = {0};
    double number = 0;
    struct strings cells = answer_cells(&pool, SLICE("[['a b' 'it\\'s']\n [\"c\" None]]"));
    assert_int_equal(cells.count, 3);
    check(cells.items[0], "a b");
    check(cells.items[2], "c");
    cells = answer_cells(&pool, SLICE("[[201.]]"));
    assert_int_equal(answer_cell_kind(cells.items[0], &number), CELL_NUMBER);
    assert_true(number == 201);
    assert_int_equal(answer_cells(&pool, SLICE("[[None]]")).count, 0);
    assert_int_equal(answer_cells(&pool, SLICE("[]")).count, 0);
    assert_int_equal(answer_cells(&pool, SLICE("[['open")).count, 1);
    assert_true(answer_holds(SLICE("it was 201 mg/dL"), SLICE("201.")));
    assert_false(answer_holds(SLICE("on 2201-01-01 it was 20"), SLICE("201.")));
    assert_true(answer_holds(SLICE("at 2111-01-16T07:02:30-05:00"), SLICE("2111-01-16 07:02:00")));
    assert_false(answer_holds(SLICE("at 2111-01-16 12:02"), SLICE("2111-01-16 07:02:00")));
    assert_int_equal(answer_yes_no(SLICE("No, it was not")), 0);
    assert_int_equal(answer_yes_no(SLICE("Yes.")), 1);
    assert_int_equal(answer_yes_no(SLICE("12")), -1);
    pool_free(&pool);
}

static void test_keys(void **state)
{
    const struct argument arguments[] = {
        {"patient_fhir_id", SLICE("51d2190c-cc46-56c5-b2ea-363895cbea75")},
        {"resource_type", SLICE("Encounter")}};
    const struct judged judged = {
        .question_id = SLICE("0123456789abcdef01234567"),
        .question = SLICE("Q?"),
        .truth = SLICE("[[1]]"),
        .answer = SLICE("The final answer is: Yes"),
        .model = SLICE("openai/gpt-oss-120b"),
    };
    char tool[MD5_HEX], answer[SHA256_HEX];
    struct text ascii = {0};
    key_of_tool("get_resources_by_patient_fhir_id", arguments, 2, tool);
    assert_string_equal(tool, "a71e28710a9ef29bb6f7924a22783120");
    key_of_answer(&judged, answer);
    assert_string_equal(answer, "ff37ec5d1c082f891a77c76c839c73f0b714896183088e966af5cd6c4867fd3a");
    text_json_ascii(&ascii, SLICE("\"\\\n\x01\xc3\xa9\xf0\x9f\x98\x80"));
    check(text_view(&ascii), "\"\\\"\\\\\\n\\u0001\\u00e9\\ud83d\\ude00\"");
    text_free(&ascii);
}

/* uuid5(OID, "MIMIC-IV"), the namespaces in it and what they hold. */
static void test_ids(void **state)
{
    static const uint8_t root[16] = {0x24, 0xba, 0x6d, 0x92, 0xae, 0x8e, 0x56, 0xf9,
                                     0x88, 0x98, 0x87, 0x3d, 0x8c, 0xba, 0x02, 0xda};
    static const struct {
        const char *kind, *space;
    } kinds[] = {{"Patient", "569c1027384a58ff84f20338bab99bc1"},
                 {"Encounter", "d7fa6dd29b235b5db1687af91f8e57dd"},
                 {"EncounterICU", "8e98050b8d6a55a7ba3761ee31586de2"}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        uint8_t space[16];
        char hex[33];
        mimic_uuid5(root, kinds[i].kind, space);
        for (int k = 0; k < 16; k++)
            snprintf(hex + 2 * (size_t)k, 3, "%02x", space[k]);
        assert_string_equal(hex, kinds[i].space);
    }
    assert_string_equal(mimic_uuid("Patient", "10009628").text,
                        "51d2190c-cc46-56c5-b2ea-363895cbea75");
    assert_string_equal(mimic_uuid("Patient", "10018423").text,
                        "bbad4581-d089-54a7-b7a0-8d986c5fb5ec");
    assert_string_equal(mimic_uuid("Patient", "10022041").text,
                        "52462b6a-9b39-5460-9ee6-1a2d7a20394e");
}

static struct strings letters(struct pool *pool, const char *text)
{
    struct strings out = {0};
    for (size_t i = 0; text[i]; i++)
        strings_add(pool, &out, (grasp_str){text + i, 1});
    return out;
}

static void test_figures(void **state)
{
    static const struct {
        const char *found, *truth;
        double recall, precision;
    } rows[] = {{"abcd", "ab", 1, 0.5}, {"a", "ab", 0, 1}, {"", "a", 0, NAN},
                {"a", "", NAN, 0},      {"", "", 1, 1},    {"aax", "a", 1, 2.0 / 3}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct pool pool = {0};
        struct retrieval found = {.ids = letters(&pool, rows[i].found)};
        struct strings truth = letters(&pool, rows[i].truth);
        double recall = retrieval_recall(&found, &truth);
        double precision = retrieval_precision(&found, &truth);
        assert_true(isnan(rows[i].recall) ? isnan(recall) : recall == rows[i].recall);
        assert_true(isnan(rows[i].precision) ? isnan(precision) : precision == rows[i].precision);
        pool_free(&pool);
    }
}

static void check_trace(struct mock_host *host, const char *content, const char *expected)
{
    grasp_call *call = mock_call(host);
    struct text out = {0};
    trace_reference(call, grasp_json_of(call), &out, grasp_cstr(content));
    check(text_view(&out), expected);
    text_free(&out);
}

static void test_trace(void **state)
{
    struct mock_host *host = mock_host_create();
    struct text out = {0};
    check_trace(host, "{'stdout': 'abcdefghijklmno'}",
                "{'stdout': 'abcdefghij ... (5 more items)'}");
    check_trace(host, "{'answer': 5}", "{'answer': 5}");
    check_trace(host, "retrieved_fhir_resources['Encounter'] (2 items)",
                "retrieved_fhir_resources['Encounter'] (2 items)");
    check_trace(host, "{'answer': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}",
                "{'answer': '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10] ... (2 more items)'}");
    check_trace(host, "{'answer': [1]}", "{'answer': '[1]'}");
    check_trace(host, "{'stdout': 'a', 'answer': \"it's\"}", "{'stdout': 'a', 'answer': \"it's\"}");
    trace_cut(&out, SLICE("\xc3\xa9\xc3\xa9\xc3\xa9"), 2);
    check(text_view(&out), "\xc3\xa9\xc3\xa9 ... (1 more characters)");
    text_free(&out);
    mock_host_destroy(host);
}

static void test_retrieved(void **state)
{
    struct retrieved set = {0};
    struct text out = {0};
    assert_true(retrieved_add(&set,
                              SLICE("[{\"resourceType\": \"A\", \"id\": \"1\", \"v\": 1}, "
                                    "{\"resourceType\": \"A\", \"id\": \"2\"}, {\"id\": \"x\"}]"),
                              true));
    assert_true(retrieved_add(&set,
                              SLICE("[{\"resourceType\": \"A\", \"id\": \"1\", \"v\": 2}, "
                                    "{\"resourceType\": \"A\", \"id\": \"3\"}]"),
                              true));
    retrieved_write(&out, &set);
    check(text_view(&out), "{\"A\": [{\"resourceType\": \"A\", \"id\": \"1\", \"v\": 2}, "
                           "{\"resourceType\": \"A\", \"id\": \"2\"}, "
                           "{\"resourceType\": \"A\", \"id\": \"3\"}], "
                           "\"Unknown\": [{\"id\": \"x\"}]}");
    /* As the reference has it, what comes later replaces its type. */
    assert_true(retrieved_add(&set, SLICE("[{\"resourceType\": \"A\", \"id\": \"9\"}]"), false));
    assert_int_equal(retrieved_find(&set, SLICE("A"))->count, 1);
    assert_null(retrieved_find(&set, SLICE("B")));
    text_free(&out);
    retrieved_free(&set);
}

/* A true id is kept however many others there are, and they count. */
static void test_outcome(void **state)
{
    struct mock_host *host = mock_host_create();
    grasp_call *call = mock_call(host);
    const grasp_json *json = grasp_json_of(call);
    struct retrieved set = {0};
    struct text array = {0}, raw = {0};
    struct pool pool = {0};
    struct retrieval found;
    struct strings truth;
    for (int i = 0; i < 1000; i++)
        text_format(&array, "%s{\"resourceType\": \"A\", \"id\": \"%d\"}", i ? ", " : "[", i);
    text_put(&array, "]");
    assert_true(retrieved_add(&set, text_view(&array), true));
    const grasp_json_value *wanted =
        json->parse(call, SLICE("{\"A\": [\"999\", \"998\"], \"B\": []}"), NULL);
    outcome_write(&raw, json, &set, wanted, 0);
    outcome_read(json, &pool, json->parse(call, text_view(&raw), NULL), wanted, &found, &truth);
    assert_int_equal(found.ids.count, 2 + OUTCOME_IDS);
    assert_int_equal(found.ids.count + found.others, 1000);
    assert_true(retrieval_recall(&found, &truth) == 1);
    assert_true(retrieval_precision(&found, &truth) == 0.002);
    text_free(&array);
    text_free(&raw);
    pool_free(&pool);
    retrieved_free(&set);
    mock_host_destroy(host);
}

static void test_bundles(void **state)
{
    struct pool pool = {0};
    struct text out = {0};
    grasp_str page =
        SLICE("{\"resourceType\": \"Bundle\", \"link\": [{\"relation\": \"self\", \"url\": \"a\"}, "
              "{\"relation\": \"next\", \"url\": \"http://x/2\"}], \"entry\": [{\"resource\": "
              "{\"resourceType\": \"A\", \"id\": \"1\", \"meta\": {}, \"text\": {}}}]}");
    assert_int_equal(bundle_resources(page, true, &out), 1);
    check(bundle_next(page, &pool), "http://x/2");
    assert_int_equal(
        bundle_resources(SLICE("{\"resourceType\": \"B\", \"id\": \"2\"}"), false, &out), 1);
    check(text_view(&out), "[{\"resourceType\": \"A\", \"id\": \"1\"}, "
                           "{\"resourceType\": \"B\", \"id\": \"2\"}]");
    text_reset(&out);
    assert_int_equal(bundle_resources(SLICE("{\"resourceType\": \"Bundle\"}"), true, &out), 0);
    check(text_view(&out), "[]");
    text_reset(&out);
    bundle_complaint(SLICE("{\"issue\": [{\"diagnostics\": \"no\\nsuch\"}]}"), 400, &out);
    check(text_view(&out), "the FHIR server refused the request with 400: no such");
    text_free(&out);
    pool_free(&pool);
}

static void check_judged(const char *truth, const char *answer, bool right)
{
    char prompt[512];
    bool got;
    snprintf(prompt, sizeof(prompt),
             "<question>\nq\n</question>\n<truth>\n%s\n</truth>\n<answer>\n%s\n</answer>\n", truth,
             answer);
    assert_true(rehearsal_judges(grasp_cstr(prompt), &got));
    assert_int_equal(got, right);
}

static void test_judging(void **state)
{
    bool ignored;
    check_judged("[[1]]", "The final answer is: Yes", true);
    check_judged("[[1]]", "The final answer is: No", false);
    check_judged("[[0]]", "The final answer is: No, never", true);
    check_judged("[]", "The final answer is: No data was found", true);
    check_judged("[]", "The final answer is: 7", false);
    check_judged("[['F']]", "The final answer is: F", true);
    check_judged("[['F']]", "The final answer is: M", false);
    check_judged("[['a one']\n ['b two']]", "a one, b two", true);
    check_judged("[['a one']\n ['b two']]", "a one", false);
    check_judged("[[201.]]", "201.0 mg", true);
    check_judged("[[3]]", "4", false);
    assert_false(rehearsal_judges(SLICE("what is this?"), &ignored));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_fields), cmocka_unit_test(test_csv_faults),
        cmocka_unit_test(test_literals),   cmocka_unit_test(test_normalized_answers),
        cmocka_unit_test(test_cells),      cmocka_unit_test(test_keys),
        cmocka_unit_test(test_ids),        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_trace),      cmocka_unit_test(test_retrieved),
        cmocka_unit_test(test_outcome),    cmocka_unit_test(test_bundles),
        cmocka_unit_test(test_judging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
