/* SPDX-License-Identifier: MIT */
/* What medagent does apart from the recorded cases: files and options that are wrong, servers in
 * trouble, and where its verdicts differ from the reference's on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "medagent_fixture.h"

#include <cmocka.h>

static char *make_folder(void)
{
    const char *root = getenv("TMPDIR");
    char *path = mem_printf("%s/medagent_XXXXXX", root && *root ? root : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

static void put_file(const char *folder, const char *name, struct str text)
{
    struct err err;
    CLEANUP_FREE char *path = mem_printf("%s/%s", folder, name);
    assert_int_equal(file_write_atomic(path, text, &err), 0);
}

static void put_samples(const char *folder, const char *name, const struct clinic *clinic,
                        size_t from, size_t to)
{
    CLEANUP_BUF struct buf text = {0};
    for (size_t i = from; i < to; i++) {
        buf_text(&text, i > from ? ",\n" : "[\n");
        buf_text(&text, clinic->samples[i]);
    }
    buf_text(&text, "\n]\n");
    put_file(folder, name, buf_view(&text));
}

/* Our tasks, in the files that the benchmark has. */
static char *make_data(enum version version)
{
    struct clinic clinic;
    char *folder = make_folder();
    clinic_open(&clinic, version, NULL);
    put_samples(folder, version == MEDAGENT_V1 ? "test_data_v2.json" : "new_patient_tasks.json",
                &clinic, 0, 300);
    put_samples(folder, "split_dev.json", &clinic, 0, 96);
    put_samples(folder, "split_val.json", &clinic, 96, 176);
    put_samples(folder, "split_id_test.json", &clinic, 176, 240);
    put_samples(folder, "split_test.json", &clinic, 240, 300);
    put_file(folder, "funcs_v1.json", STR("[{\"name\": \"GET {api_base}/Observation\"}]\n"));
    clinic_close(&clinic);
    return folder;
}

static void remove_folder(char *folder)
{
    struct err err;
    assert_int_equal(file_remove_tree(folder, &err), 0);
    free(folder);
}

/* Opening must fail with a text that has all of these, ended by NULL. */
static void expect_refused(enum version version, const char *options, ...)
{
    struct clinic clinic;
    int32_t status = clinic_try(&clinic, version, options);
    va_list parts;
    mock_assert_failed(clinic.host, status, GRASP_E_INVALID);
    assert_null(clinic.self);
    va_start(parts, options);
    for (const char *part; (part = va_arg(parts, const char *));)
        mock_assert_contains(clinic.host->fail_text, part);
    va_end(parts);
    mock_host_destroy(clinic.host);
}

static void expect_refused_data(enum version version, const char *folder, const char *file,
                                const char *what)
{
    CLEANUP_FREE char *options = mem_printf("{\"data\": \"%s\"}", folder);
    expect_refused(version, options, file, what, NULL);
}

static void test_reads_files_of_the_benchmarks_layout(void **state)
{
    for (int version = 1; version <= 2; version++) {
        struct clinic ours, read;
        char *folder = make_data((enum version)version);
        CLEANUP_FREE char *options = mem_printf("{\"data\": \"%s\"}", folder);
        clinic_open(&ours, (enum version)version, NULL);
        clinic_open(&read, (enum version)version, options);
        assert_int_equal(read.count, 300);
        for (size_t i = 0; i < read.count; i++)
            assert_string_equal(read.samples[i], ours.samples[i]);
        clinic_close(&ours);
        clinic_close(&read);
        remove_folder(folder);
    }
}

static void test_refuses_damaged_files(void **state)
{
    char *folder = make_data(MEDAGENT_V1);
    expect_refused_data(MEDAGENT_V1, "/nonexistent", "'data'", "test_data_v2.json");
    expect_refused_data(MEDAGENT_V2, folder, "'data'", "new_patient_tasks.json");

    CLEANUP_FREE char *val = mem_printf("%s/split_val.json", folder);
    assert_int_equal(unlink(val), 0);
    expect_refused_data(MEDAGENT_V1, folder, "split_val.json", "no such file");
    put_file(folder, "split_val.json", STR("[\n{\"id\": \"task1_1\",\n]\n"));
    expect_refused_data(MEDAGENT_V1, folder, "split_val.json", "line 3");
    put_file(folder, "split_val.json", STR("[]"));
    expect_refused_data(MEDAGENT_V1, folder, "split_val.json", "empty");
    put_file(folder, "split_val.json", STR("[{\"id\": \"task0_1\", \"instruction\": \"x\"}]"));
    expect_refused_data(MEDAGENT_V1, folder, "split_val.json: sample 1 (task0_1)", "task<1..10>");
    put_file(folder, "split_val.json", STR("[{\"id\": \"task2_1\", \"instruction\": \"x\"}]"));
    expect_refused_data(MEDAGENT_V1, folder, "sample 1 (task2_1)", "eval_MRN");
    put_file(folder, "split_val.json", STR("[{\"id\": \"task1_1\", \"instruction\": \"x\"}]"));
    expect_refused_data(MEDAGENT_V1, folder, "sample 1 (task1_1)", "'sol'");
    put_file(folder, "split_val.json",
             STR("[{\"id\": \"task2_1\", \"instruction\": \"x\", \"eval_MRN\": \"S0000001\"}]"));
    expect_refused_data(MEDAGENT_V1, folder, "S0000001", "task2_1");
    remove_folder(folder);
}

static void test_refuses_options(void **state)
{
    struct clinic clinic;
    expect_refused(MEDAGENT_V1, "{\"clock\": \"yesterday\"}", "'clock'", "yesterday", NULL);
    expect_refused(MEDAGENT_V1, "{\"fhir_base\": \"localhost\"}", "'fhir_base'", "localhost", NULL);
    expect_refused(MEDAGENT_V1, "{\"fhir_base\": \"http://localhost/\", \"fhir\": \"x\"}", "'fhir'",
                   "'fhir_base'", NULL);
    expect_refused(MEDAGENT_V1, "{\"fhir\": \"/nonexistent.ndjson\"}", "/nonexistent.ndjson", NULL);
    clinic_open(&clinic, MEDAGENT_V1, NULL);
    int32_t status = clinic.task->samples(mock_call(clinic.host), clinic.self, grasp_cstr("train"));
    mock_assert_failed(clinic.host, status, GRASP_E_NOT_FOUND);
    mock_assert_contains(clinic.host->fail_text, "train");
    clinic_close(&clinic);
}

static void test_refuses_data_without_its_patients(void **state)
{
    char *folder = make_folder();
    CLEANUP_FREE char *options = mem_printf("{\"fhir\": \"%s\"}", folder);
    put_file(folder, "few.ndjson",
             STR("{\"resourceType\": \"Patient\", \"id\": \"S1\", \"identifier\": "
                 "[{\"value\": \"S1\"}]}\n"));
    expect_refused(MEDAGENT_V1, options, folder, "is not there", "of sample task", NULL);
    put_file(folder, "few.ndjson", STR("{\"resourceType\": \"Patient\", \"id\": \"S1\"}\n{\"re\n"));
    expect_refused(MEDAGENT_V1, options, "few.ndjson:2", NULL);
    remove_folder(folder);
}

#define GET_ONE "GET http://fhir.example/fhir/Observation?patient=S1&code=MG"
#define JSON_TYPE "application/fhir+json;charset=UTF-8"

static void test_faults_are_no_answers(void **state)
{
    static const struct clinic_answer faults[] = {
        {GRASP_E_UNAVAILABLE, 0, "", "", 0, ""},
        {0, 500, JSON_TYPE, "{\"resourceType\": \"OperationOutcome\"}", 0, ""},
        {0, 503, "text/html", "<html>busy</html>", 0, ""},
        {0, 200, "text/html", "<html>hello</html>", 0, ""},
        {0, 200, JSON_TYPE, "", 0, ""},
        {0, 302, "text/html", "", 0, ""},
        {0, 401, "text/html", "", 0, ""},
        {0, 429, "text/plain", "", 0, ""},
    };
    struct clinic_answer answer = {0};
    struct clinic clinic;
    clinic_open_remote(&clinic, NULL, &answer);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        answer = faults[i];
        mock_assert_failed(clinic.host, clinic_step(&clinic, GET_ONE), GRASP_E_UNAVAILABLE);
    }
    clinic_close(&clinic);
}

/* The end of an episode needs the chart: without it there is no verdict. */
static void test_no_verdict_without_evidence(void **state)
{
    struct clinic_answer answer = {0, 404, JSON_TYPE, "{\"resourceType\": \"OperationOutcome\"}",
                                   0, ""};
    struct clinic clinic;
    clinic_open_remote(&clinic, NULL, &answer);
    size_t at = 0;
    while (clinic_type(&clinic, at) != 4)
        at++;
    char *first = clinic.samples[0];
    clinic.samples[0] = clinic.samples[at];
    mock_assert_failed(clinic.host, clinic_step(&clinic, "FINISH([1])"), GRASP_E_UNAVAILABLE);
    clinic.samples[0] = first;
    clinic_close(&clinic);
}

static void expect_reply(struct clinic *clinic, const char *said, const char *part)
{
    int32_t status = clinic_step(clinic, said);
    if (status)
        fail_msg("%s: %s", said, mock_str(clinic->host->fail_text).ptr);
    assert_int_equal(clinic->host->message_count, 1);
    mock_assert_contains(clinic->host->messages[0].content, part);
}

static void test_what_an_agent_asks_wrongly_is_answered(void **state)
{
    struct clinic_answer answer = {0, 400, JSON_TYPE, "{\"resourceType\": \"OperationOutcome\"}",
                                   0, ""};
    struct clinic clinic;
    clinic_open_remote(&clinic, NULL, &answer);
    expect_reply(&clinic, GET_ONE, "400 Client Error: Bad Request for url: http://fhir.example");
    answer.status = 404;
    expect_reply(&clinic, GET_ONE, "404 Client Error: Not Found");
    clinic_close(&clinic);
}

static void test_the_reference_takes_faults_for_answers(void **state)
{
    struct clinic_answer answer = {0, 500, JSON_TYPE, "{}", 0, ""};
    struct clinic clinic;
    clinic_open_remote(&clinic, "{\"compat\": \"reference\"}", &answer);
    expect_reply(&clinic, GET_ONE, "500 Server Error: Internal Server Error for url");
    answer = (struct clinic_answer){0, 200, "text/html", "<html>hello</html>", 0, ""};
    expect_reply(&clinic, GET_ONE, "<html>hello</html>");
    answer =
        (struct clinic_answer){0, 200, "application/json", "{\"total\": true, \"x\": null}", 0, ""};
    expect_reply(&clinic, GET_ONE, "{'total': True, 'x': None}");
    clinic_close(&clinic);
}

static void test_no_other_server_is_reached(void **state)
{
    static const char *const urls[] = {
        "GET http://127.0.0.1:22/fhir/Patient?x=1",
        "GET http://fhir.example:81/fhir/Patient?x=1",
        "GET https://fhir.example/fhir/Patient?x=1",
        "GET http://fhir.example/fhir/../admin?x=1",
        "GET file:///etc/passwd",
        "GET http://fhir.example@evil.example/fhir/?x=1",
        "GET http://user@fhir.example/fhir/Patient?",
        "GET //fhir.example/fhir/Patient?x=1",
    };
    struct clinic_answer answer = {0, 200, JSON_TYPE, "{}", 0, ""};
    struct clinic clinic;
    clinic_open_remote(&clinic, NULL, &answer);
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
        expect_reply(&clinic, urls[i], "GET request failed");
    assert_int_equal(answer.asked, 0);
    clinic_close(&clinic);
}

/* A sample of a type, whose patient has what the rule needs, is found by trying: one that these
 * replies solve. Then the variation must be right by our rules and wrong by the reference's. */
struct repair {
    enum version version;
    int type;
    const char *good[4];
    const char *varied[4];
};

static char *fill(const char *text, const char *mrn)
{
    CLEANUP_BUF struct buf out = {0};
    for (const char *found; (found = strchr(text, '%')); text = found + 1) {
        buf_add(&out, text, (size_t)(found - text));
        buf_text(&out, mrn);
    }
    buf_text(&out, text);
    return mem_dup(out.ptr, out.len);
}

static struct clinic_verdict say(struct clinic *clinic, size_t sample, const char *const replies[4])
{
    char *filled[5] = {NULL};
    struct err err;
    CLEANUP_JSON struct json *object = json_parse(str_of(clinic->samples[sample]), &err);
    CLEANUP_FREE char *mrn = strdup(json_str(json_get(object, "eval_MRN")).ptr);
    for (int i = 0; i < 4 && replies[i]; i++)
        filled[i] = fill(replies[i], mrn);
    struct clinic_verdict verdict = clinic_say(clinic, sample, (const char *const *)filled);
    for (int i = 0; i < 4; i++)
        free(filled[i]);
    return verdict;
}

#define BASE "http://localhost:8080/fhir/"
#define ORDER_5(route)                                                                             \
    "POST " BASE "MedicationRequest\n{\"resourceType\": \"MedicationRequest\", "                   \
    "\"medicationCodeableConcept\": {\"coding\": [{\"system\": "                                   \
    "\"http://hl7.org/fhir/sid/ndc\", \"code\": \"0338-1715-40\"}]}, \"authoredOn\": "             \
    "\"2023-11-13T10:15:00+00:00\", \"dosageInstruction\": [{\"route\": " route                    \
    ", \"doseAndRate\": [{\"doseQuantity\": {\"value\": 1, \"unit\": \"g\"}, \"rateQuantity\": "   \
    "{\"value\": 1, \"unit\": \"h\"}}]}], \"status\": \"active\", \"intent\": \"order\", "         \
    "\"subject\": {\"reference\": \"Patient/%\"}}"
#define RECORD_3(before, after)                                                                    \
    before "POST " BASE "Observation\n{\"resourceType\": \"Observation\", \"category\": "          \
           "[{\"coding\": [{\"system\": \"http://hl7.org/fhir/observation-category\", \"code\": "  \
           "\"vital-signs\", \"display\": \"Vital Signs\"}]}], \"code\": {\"text\": \"BP\"}, "     \
           "\"effectiveDateTime\": \"2023-11-13T10:15:00+00:00\", \"status\": \"final\", "         \
           "\"valueString\": \"118/77 mmHg\", \"subject\": {\"reference\": \"Patient/%\"}}" after
#define HEPARIN(dose)                                                                              \
    "POST " BASE "MedicationRequest\n{\"resourceType\": \"MedicationRequest\", "                   \
    "\"medicationCodeableConcept\": {\"text\": \"heparin " dose " units SC q8h\"}, \"status\": "   \
    "\"active\", \"intent\": \"order\", \"subject\": {\"reference\": \"Patient/%\"}}"

static const struct repair repairs[] = {
    {MEDAGENT_V1,
     5,
     {ORDER_5("\"IV\""), "FINISH([])"},
     {ORDER_5("{\"text\": \"IV\"}"), "FINISH([])"}},
    {MEDAGENT_V1, 3, {RECORD_3("", ""), "FINISH([])"}, {RECORD_3("```\n", "\n```"), "FINISH([])"}},
    {MEDAGENT_V1,
     4,
     {"GET " BASE "Patient?identifier=%", "FINISH([-1])"},
     {"GET " BASE "Patient?name=POSTON", "FINISH([-1])"}},
    {MEDAGENT_V2, 2, {HEPARIN("5000"), "FINISH([])"}, {HEPARIN("5,000"), "FINISH([])"}},
    {MEDAGENT_V2, 8, {"FINISH([])"}, {"FINISH([\"no POST needed\"])"}},
};

static void check_repair(const struct repair *repair)
{
    struct clinic ours, reference;
    size_t tried = 0;
    clinic_open(&ours, repair->version, NULL);
    clinic_open(&reference, repair->version, "{\"compat\": \"reference\"}");
    for (size_t i = 0; i < ours.count; i++) {
        if (clinic_type(&ours, i) != repair->type || !say(&ours, i, repair->good).correct)
            continue;
        tried++;
        assert_true(say(&reference, i, repair->good).correct);
        assert_true(say(&ours, i, repair->varied).correct);
        struct clinic_verdict verdict = say(&reference, i, repair->varied);
        assert_false(verdict.correct);
        assert_string_equal(verdict.tags, "");
    }
    if (!tried)
        fail_msg("v%d type %d: no sample is solved so", repair->version, repair->type);
    clinic_close(&ours);
    clinic_close(&reference);
}

static void test_repairs(void **state)
{
    for (size_t i = 0; i < sizeof(repairs) / sizeof(*repairs); i++)
        check_repair(&repairs[i]);
}

/* The reference counts the CT's year from the machine's clock, which makes silence always wrong. */
static void test_clock_of_the_reference(void **state)
{
    static const char *const silent[] = {"FINISH([])", NULL, NULL, NULL};
    struct clinic ours, then, today;
    size_t right = 0, of_today = 0;
    clinic_open(&ours, MEDAGENT_V2, NULL);
    clinic_open(&then, MEDAGENT_V2,
                "{\"compat\": \"reference\", \"clock\": \"2023-11-07T22:47:00+00:00\"}");
    clinic_open(&today, MEDAGENT_V2, "{\"compat\": \"reference\"}");
    today.host->now = INT64_C(1768478400000); /* in 2026 */
    for (size_t i = 0; i < ours.count; i++) {
        if (clinic_type(&ours, i) != 1)
            continue;
        bool correct = say(&ours, i, silent).correct;
        assert_int_equal(say(&then, i, silent).correct, correct);
        right += correct;
        of_today += say(&today, i, silent).correct;
    }
    assert_true(right > 5);
    assert_int_equal(of_today, 0);
    clinic_close(&ours);
    clinic_close(&then);
    clinic_close(&today);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_files_of_the_benchmarks_layout),
        cmocka_unit_test(test_refuses_damaged_files),
        cmocka_unit_test(test_refuses_options),
        cmocka_unit_test(test_refuses_data_without_its_patients),
        cmocka_unit_test(test_faults_are_no_answers),
        cmocka_unit_test(test_no_verdict_without_evidence),
        cmocka_unit_test(test_what_an_agent_asks_wrongly_is_answered),
        cmocka_unit_test(test_the_reference_takes_faults_for_answers),
        cmocka_unit_test(test_no_other_server_is_reached),
        cmocka_unit_test(test_repairs),
        cmocka_unit_test(test_clock_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
