/* SPDX-License-Identifier: MIT */
/* Reading scores: comma-separated rows with their lines, places in JSON texts, counts that cannot
 * be. */
#include "check.h"

#include "results/csv.h"
#include "results/facts.h"

static void csv_rows(void **state)
{
    struct csv csv;
    struct err err;
    struct str text = STR("a,b,c\r\n1,\"two, \"\"2\"\"\",3\r\n\n\"x\ny\",,\nshort\n7,8,9,10");
    (void)state;
    assert_int_equal(csv_open(&csv, "t.csv", text, &err), 0);
    assert_int_equal(csv_column(&csv, "c"), 2);
    assert_int_equal(csv_column(&csv, "d"), -1);
    assert_true(csv_next(&csv));
    assert_str(csv_field(&csv, 1), "two, \"2\"");
    assert_str(csv_field(&csv, 2), "3");
    assert_str(csv_field(&csv, -1), "");
    assert_int_equal(csv.line, 2);
    assert_true(csv_next(&csv));
    assert_int_equal(csv.line, 4);
    assert_str(csv_field(&csv, 0), "x\ny");
    assert_true(csv_next(&csv));
    assert_int_equal(csv.line, 6);
    assert_int_equal(csv.count, 1);
    assert_str(csv_field(&csv, 2), "");
    assert_true(csv_next(&csv));
    assert_int_equal(csv.count, 4);
    assert_false(csv_next(&csv));
    csv_close(&csv);
}

/* Each of these must end, whatever it reads. */
static void csv_odd_texts(void **state)
{
    static const struct str texts[] = {
        {"", 0},          {"\n\n", 2},      {"a,b\n\"open", 9}, {"a\n\0\nb", 5},
        {"a\n\r\r\r", 5}, {"\"a\",b\n", 6}, {"a,\xff\n", 4},    {"a\n\"q\"rest,1\n", 12},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct csv csv;
        struct err err;
        size_t rows = 0;
        if (csv_open(&csv, "t.csv", texts[i], &err) == 0) {
            while (csv_next(&csv))
                rows++;
        }
        assert_true(rows <= texts[i].len);
        csv_close(&csv);
    }
}

static void csv_quotes(void **state)
{
    CLEANUP_BUF struct buf out = {0};
    (void)state;
    csv_write(&out, STR("plain"));
    csv_write(&out, STR("a \"b\", c"));
    csv_write(&out, STR("l\nm"));
    assert_str(buf_view(&out), "plain\"a \"\"b\"\", c\"\"l\nm\"");
}

static void places_in_json(void **state)
{
    struct str list = STR(" [ {\"a\": [1, 2, \"},{\"]},\n{\"b\": \"\\\"\"}, 3]");
    struct str object = STR("{\"x\": {\"y\": 1, \"z\": 2}, \"w\": 3}");
    (void)state;
    assert_int_equal(json_offset(list, 0), 2);
    assert_memory_equal(list.ptr + json_offset(list, 1), "\n{\"b\"", 5);
    assert_memory_equal(list.ptr + json_offset(list, 2), " 3]", 3);
    assert_memory_equal(object.ptr + json_offset(object, 1), " \"w\"", 4);
    assert_int_equal(json_offset(object, 9), 0);
}

static struct run_facts *new_run(struct facts *facts, const char *name)
{
    struct run_key key = {"main", "", "model", "benchmark", "method", name};
    return facts_run(facts, &key);
}

static void add(struct facts *facts, struct run_facts *run, const char *split,
                const char *checkpoint, int64_t correct, int64_t total)
{
    struct tally tally = {correct, total, "file", 7};
    facts_add(facts, run, str_of(split), str_of(checkpoint), tally);
}

static void scores_of_a_run(void **state)
{
    struct facts facts = {0};
    struct run_facts *run = new_run(&facts, "run_001");
    (void)state;
    assert_ptr_equal(run, new_run(&facts, "run_001"));
    add(&facts, run, "val", "baseline", 70, 80);
    add(&facts, run, "val", "epoch_0", 30, 80);
    assert_null(run_tally(run, MEASURE_VAL_BASE)); /* no test: the run counts for nothing */
    add(&facts, run, "id_test", "baseline", 20, 64);
    add(&facts, run, "val", "epoch_1", 31, 40);
    add(&facts, run, "val", "epoch_2", 60, 80);
    assert_int_equal(run_tally(run, MEASURE_VAL_BEST)->correct, 31);
    assert_int_equal(run_tally(run, MEASURE_TEST_BEST)->correct, 20);
    add(&facts, run, "id_test", "best", 25, 64);
    assert_int_equal(run_tally(run, MEASURE_TEST_BEST)->correct, 25);
    assert_null(run_tally(run, MEASURE_OOD_BEST));
    assert_int_equal(facts.problem_count, 0);
    add(&facts, run, "id_test", "best", 26, 64); /* said twice, differently */
    assert_int_equal(facts.problem_count, 1);
    assert_true(run->damaged);
    assert_int_equal(run_tally(run, MEASURE_TEST_BEST)->correct, 25);
    add(&facts, run, "ood_test", "best", 61, 60);
    add(&facts, run, "ood_test", "best", INT64_MAX, INT64_MAX);
    add(&facts, run, "ood_test", "epoch_3", 1, 60);
    assert_int_equal(facts.problem_count, 4);
    assert_null(run_tally(run, MEASURE_OOD_BEST));
    facts_clear(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_rows),        cmocka_unit_test(csv_odd_texts),
        cmocka_unit_test(csv_quotes),      cmocka_unit_test(places_in_json),
        cmocka_unit_test(scores_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
