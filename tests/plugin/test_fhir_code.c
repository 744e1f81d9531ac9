/* SPDX-License-Identifier: MIT */
/* The code tool of fhir_agent: what the model is told, whatever its code did. */
#include "mock_host.h"
#include "python_real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/sandbox.h"
#include "tasks/fhir_agent/code/code.h"

#define MAX_TEXT 4000

static struct mock_host *host;
static struct code *code;

static int set_up(void **state)
{
    const struct code_options options = {.max_text = MAX_TEXT, .timeout_s = 20};
    host = mock_host_create();
    real_python_serve(host);
    return code_open(mock_call(host), &options, &code) ? -1 : 0;
}

static int tear_down(void **state)
{
    code_close(code);
    real_python_close_all();
    mock_host_destroy(host);
    return 0;
}

static grasp_python_data *hold(const char *resources)
{
    grasp_python_data *data = NULL;
    assert_int_equal(code_hold(mock_call(host), code, grasp_cstr(resources), &data), GRASP_OK);
    return data;
}

/* To be freed by the caller. */
static char *result_of(grasp_python_data *data, const char *source, int64_t timeout_s)
{
    struct text out = {0};
    int32_t status = code_run(mock_call(host), code, data, grasp_cstr(source), timeout_s, &out);
    if (status)
        fail_msg("%s: %s", source, host->fail_text.ptr);
    char *copy = strndup(out.ptr ? out.ptr : "", out.len);
    text_free(&out);
    return copy;
}

static void expect(grasp_python_data *data, const char *source, const char *text)
{
    char *got = result_of(data, source, 0);
    if (strcmp(got, text) != 0)
        fail_msg("%s: %s, not %s", source, got, text);
    free(got);
}

static void expect_begin(const char *source, int64_t timeout_s, const char *text)
{
    char *got = result_of(NULL, source, timeout_s);
    if (strncmp(got, text, strlen(text)) != 0)
        fail_msg("%s: %s, not %s", source, got, text);
    free(got);
}

static void test_stdout_and_answer(void **state)
{
    expect(NULL, "print('a'); print('b')", "{'stdout': 'a\\nb'}");
    expect(NULL, "answer = 5", "{'answer': 5}");
    expect(NULL, "print(' x ')\nanswer = ['it\\'s']", "{'stdout': 'x', 'answer': [\"it's\"]}");
    expect(NULL, "answer = datetime.date(2111, 1, 16)", "{'answer': datetime.date(2111, 1, 16)}");
    expect(NULL, "answer = math.pi, statistics.mean([1, 2]), re.sub('a', 'b', 'a'), json.dumps([])",
           "{'answer': (3.141592653589793, 1.5, 'b', '[]')}");
    expect(NULL, "answer = 0", "{'answer': 0}");
    expect(NULL, "answer = None",
           "{'error': 'Code executed successfully (no answer variable set and no stdout output)'}");
    expect(NULL, "del answer",
           "{'error': 'Code executed successfully (no answer variable set and "
           "no stdout output)'}");
    expect(NULL, "answer = retrieved_resources", "{'answer': {}}");
    /* The same in every process. */
    expect(NULL, "print(iter([]))\nanswer = object(), ' at 0x12345678 '",
           "{'stdout': '<list_iterator object at 0x0>', "
           "'answer': (<object object at 0x0>, ' at 0x12345678 ')}");
}

/* The agent is told that it can be imported. */
static void test_times_with_dateutil(void **state)
{
    char *found = result_of(NULL,
                            "import importlib.util\n"
                            "answer = importlib.util.find_spec('dateutil') is not None",
                            0);
    bool there = strcmp(found, "{'answer': True}") == 0;
    free(found);
    if (!there)
        skip();
    expect(NULL,
           "from dateutil.parser import isoparse\n"
           "answer = isoparse('2111-01-16T07:02:00-05:00').replace(tzinfo=None)",
           "{'answer': datetime.datetime(2111, 1, 16, 7, 2)}");
}

static void test_resources(void **state)
{
    grasp_python_data *data =
        hold("{\"Patient\": {\"id\": \"p\"}, \"Observation\": [{\"id\": \"a\"}, {\"id\": \"b\"}],"
             " \"Encounter\": \" [{\\\"id\\\": \\\"e\\\"}]\", \"Condition\": \"{\\\"id\\\": 1}\","
             " \"Procedure\": \"[oops\", \"Location\": []}");
    expect(data, "answer = {k: v for k, v in retrieved_resources.items()}",
           "{'answer': {'Patient': [{'id': 'p'}], 'Observation': [{'id': 'a'}, {'id': 'b'}], "
           "'Encounter': [{'id': 'e'}], 'Condition': [{'id': 1}], 'Procedure': '[oops', "
           "'Location': []}}");
    expect(data, "retrieved_resources.clear()\nanswer = 1", "{'answer': 1}");
    expect(data, "answer = len(retrieved_resources)", "{'answer': 6}");
    code_release(mock_call(host), code, data);
}

static void test_resources_that_are_none(void **state)
{
    grasp_python_data *data = hold("[1, 2]");
    static const char *const told =
        "{'error': 'Error executing code: retrieved_resources cannot be read, they may be too "
        "many'}";
    expect(data, "answer = 1", told);
    code_release(mock_call(host), code, data);
}

static void test_errors(void **state)
{
    expect(NULL, "x = 1\nraise ValueError('no')",
           "{'error': 'Error executing code: no\\n\\nFull traceback:\\nTraceback (most recent call "
           "last):\\n  File \"<string>\", line 2, in <module>\\nValueError: no\\n'}");
    expect_begin("x = (", 0,
                 "{'error': 'Error executing code: \\'(\\' was never closed (<string>, line 1)");
    expect_begin("import sys\nsys.exit(3)", 0, "{'error': 'Error executing code: 3\\n");
    expect_begin("import nowhere", 0,
                 "{'error': 'Error executing code: No module named \\'nowhere\\'\\n");
    expect_begin("import socket\nsocket.create_connection(('1.1.1.1', 80))", 0,
                 "{'error': 'Error executing code: [Errno 101] Network is unreachable");
    expect_begin("class A:\n    def __repr__(self): raise SystemExit\nanswer = A()", 0,
                 "{'error': 'Error showing the result: SystemExit'}");
}

static void test_ends_that_are_none_of_python(void **state)
{
    expect_begin("while True: pass", 1,
                 "{'error': 'Error executing code: it did not end within 1 s'}");
    expect_begin("import os\nos._exit(4)", 0,
                 "{'error': 'Error executing code: the interpreter was left with status 4'}");
    expect_begin("import ctypes\nctypes.string_at(0)", 0,
                 "{'error': 'Error executing code: the interpreter was ended by signal 11'}");
    expect_begin("import os\nos.write(3, b'{}')", 0,
                 "{'error': 'Error executing code: what it wrote in place of its result cannot be "
                 "read'}");
    expect_begin("import os\nos.write(3, b'x' * 100000)", 0,
                 "{'error': 'Error executing code: its result is too long to be shown'}");
}

static void test_long_results_are_cut(void **state)
{
    static const char *const sources[] = {
        "for i in range(10000): print('line', i)",
        "answer = '\\u00e9' * 100000",
        "for i in range(1 << 10): print('x' * (1 << 20))",
        "import sys\nsys.stdout.write('x' * (1 << 28))",
    };
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        char *got = result_of(NULL, sources[i], 0);
        size_t len = strlen(got);
        assert_true(len >= MAX_TEXT && len < MAX_TEXT + 64);
        assert_non_null(strstr(got, " more bytes)"));
        free(got);
    }
}

static void test_without_the_extension(void **state)
{
    struct mock_host *bare = mock_host_create();
    const struct code_options options = {0};
    struct code *none = NULL;
    mock_assert_failed(bare, code_open(mock_call(bare), &options, &none), GRASP_E_UNSUPPORTED);
    assert_null(none);
    mock_host_destroy(bare);
}

int main(void)
{
    struct err err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stdout_and_answer),
        cmocka_unit_test(test_times_with_dateutil),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_resources_that_are_none),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_ends_that_are_none_of_python),
        cmocka_unit_test(test_long_results_are_cut),
        cmocka_unit_test(test_without_the_extension),
    };
    if (sandbox_check(&err)) {
        print_message("skipped: %s\n", err.text);
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
