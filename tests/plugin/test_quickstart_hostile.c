/* SPDX-License-Identifier: MIT */
/* What comes from a model, a stored file or a user, at its worst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "quickstart_fixture.h"

#include <cmocka.h>

static void step_garbage(struct fixture *fixture, const char *text, size_t len)
{
    struct mock_episode episode;
    grasp_reply reply = {
        .size = sizeof(reply), .text = {text, len}, .finish_reason = grasp_cstr("length")};
    mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self, fixture->samples[0]);
    int32_t status =
        fixture->task->step(mock_call(fixture->host), fixture->self, episode.handle, &reply);
    assert_int_equal(status, GRASP_OK);
    assert_true(fixture->host->has_outcome || fixture->host->message_count);
    mock_episode_end(&episode);
}

static void test_hostile_replies(void **state)
{
    static const char *const heads[] = {"",
                                        "GET ",
                                        "POST ",
                                        "FINISH(",
                                        "```",
                                        "GET http://",
                                        "GET Observation?",
                                        "GET Observation?%"};
    static const char fills[] = {'a', '`', '\0', '\xff', '&', '%', ' ', '/', '"', '\x01', '\xf0'};
    size_t len = 16u << 20;
    struct fixture fixture;
    char *text = malloc(len);
    fixture_open_known(&fixture);
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        for (size_t k = 0; k < sizeof(fills); k++) {
            size_t used = k % 3 == 0 && i % 2 == 0 ? len : 5000 + k;
            memset(text, fills[k], used);
            memcpy(text, heads[i], strlen(heads[i]));
            step_garbage(&fixture, text, used);
        }
    }
    memset(text, '\xff', len);
    step_garbage(&fixture, text, len);
    memcpy(text, "FINISH([", 8);
    step_garbage(&fixture, text, len);
    step_garbage(&fixture, "FINISH(\xf0\x9f\x98", 10);
    step_garbage(&fixture, "GET \xed\xa0\x80", 7);
    free(text);
    fixture_close(&fixture);
}

static void test_hostile_samples(void **state)
{
    static const char *const samples[] = {"",
                                          "{",
                                          "{}",
                                          "[]",
                                          "null",
                                          "{\"id\": 4}",
                                          "{\"id\": \"task4_0\"}",
                                          "{\"id\": \"task4_51\"}",
                                          "{\"id\": \"task4_99999999999\"}",
                                          "{\"id\": \"task4_1\"}",
                                          "{\"id\": \"task4_1\", \"eval_MRN\": \"S\"}",
                                          "{\"id\": \"task4_1\" \"eval_MRN\"",
                                          "{\"id\": \"\\"};
    struct fixture fixture;
    void *handle;
    fixture_open(&fixture, NULL);
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
        int32_t status = fixture.task->begin(mock_call(fixture.host), fixture.self,
                                             grasp_cstr(samples[i]), 0, &handle);
        mock_assert_failed(fixture.host, status, GRASP_E_INVALID);
        status = fixture.task->grade(mock_call(fixture.host), fixture.self, grasp_cstr(samples[i]),
                                     grasp_cstr("{}"), grasp_cstr("[]"));
        mock_assert_failed(fixture.host, status, GRASP_E_INVALID);
    }
    fixture_close(&fixture);
}

static void test_hostile_rollouts(void **state)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "{}",
                                      "{\"status\": \"completed\"}",
                                      "{\"status\": \"completed\", \"answer\": ",
                                      "\""};
    static const char *const wrong[] = {
        "{\"status\": \"completed\", \"answer\": null}",
        "{\"status\": \"completed\", \"answer\": \"[[[[\", \"agent_actions\": {}}",
        "{\"status\": \"completed\", \"answer\": \"x\", \"agent_actions\": [1, null, {}]}"};
    struct fixture fixture;
    fixture_open(&fixture, NULL);
    fixture_load(&fixture, "dev");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        int32_t status =
            fixture.task->grade(mock_call(fixture.host), fixture.self,
                                grasp_cstr(fixture.samples[0]), grasp_cstr(bad[i]), grasp_cstr(""));
        mock_assert_failed(fixture.host, status, GRASP_E_INVALID);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(fixture.task->grade(mock_call(fixture.host), fixture.self,
                                             grasp_cstr(fixture.samples[0]), grasp_cstr(wrong[i]),
                                             grasp_cstr("[]")),
                         GRASP_OK);
        assert_int_equal(fixture.host->correct, 0);
    }
    fixture_close(&fixture);
}

static void check_bad_prompt(const char *name, const char *text, const char *why)
{
    struct fixture fixture;
    char options[4300];
    char *path = fixture_file(name, text);
    snprintf(options, sizeof(options), "{\"prompts_dir\": \"%.*s\"}",
             (int)(strrchr(path, '/') - path), path);
    int32_t status = fixture_try(&fixture, options);
    mock_assert_failed(fixture.host, status, GRASP_E_INVALID);
    mock_assert_contains(fixture.host->fail_text, name);
    mock_assert_contains(fixture.host->fail_text, why);
    fixture_close(&fixture);
    fixture_remove(path);
}

static void test_bad_prompts(void **state)
{
    check_bad_prompt("first_message.json", "{\"a\": {{description}}}", "not JSON");
    check_bad_prompt("first_message.json", "{\"a\": \"{{surprise}}\"}", "{{surprise}}");
    check_bad_prompt("get_ok.md", "{{error}}", "{{error}}");
    check_bad_prompt("get_ok.md", "\xff", "UTF-8");
}

static void check_bad_patients(const char *text, const char *why)
{
    struct fixture fixture;
    char options[4300];
    char *path = fixture_file("p.json", text);
    snprintf(options, sizeof(options),
             "{\"patients_file\": \"%s\", \"dev\": 1, \"val\": 0, \"id_test\": 0, \"test\": 0}",
             path);
    int32_t status = fixture_try(&fixture, options);
    mock_assert_failed(fixture.host, status, GRASP_E_INVALID);
    mock_assert_contains(fixture.host->fail_text, path);
    mock_assert_contains(fixture.host->fail_text, why);
    fixture_close(&fixture);
    fixture_remove(path);
}

#define PERSON                                                                                     \
    "\"family\": \"A\", \"given\": \"B\", \"gender\": \"x\", \"birthDate\": \"1960-01-01\""

static void test_bad_patients(void **state)
{
    check_bad_patients("", "p.json: ");
    check_bad_patients("[]", "no array \"patients\"");
    check_bad_patients("{\"patients\": [{}]}", "patients[0]: \"mrn\"");
    check_bad_patients("{\"patients\": [{\"mrn\": \"A/B\"}]}", "patients[0]: \"mrn\"");
    check_bad_patients("{\"patients\": [{\"mrn\": \"A\"}]}", "birthDate");
    check_bad_patients("{\"patients\": [{\"mrn\": \"A\", " PERSON ", \"readings\": [[2.15, 1]]}]}",
                       "one decimal");
    check_bad_patients("{\"patients\": [{\"mrn\": \"A\", " PERSON ", \"readings\": [[2.1]]}]}",
                       "reading");
    check_bad_patients("{\"patients\": [{\"mrn\": \"A\", " PERSON ", \"readings\": [[2.1, -3]]}]}",
                       "hours");
    check_bad_patients("{\"patients\": [{\"mrn\": \"A\", " PERSON "}]}", "too few patients with");
    check_bad_patients("{\"patients\": [{\"mrn\": \"A\", " PERSON "}, {\"mrn\": \"A\", " PERSON
                       "}]}",
                       "two patients have the MRN A");
}

static void test_bad_options(void **state)
{
    static const char *const options[] = {"{\"dev\": -1}", "{\"dev\": \"many\"}",
                                          "{\"max_turns\": 0}", "{\"query\": \"guess\"}",
                                          "{\"patients_file\": \"/nowhere/p.json\"}"};
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        struct fixture fixture;
        int32_t status = fixture_try(&fixture, options[i]);
        mock_assert_failed(fixture.host, status, GRASP_E_INVALID);
        fixture_close(&fixture);
    }
}

static void test_host_without_json(void **state)
{
    struct mock_host *host = mock_host_create();
    void *self = NULL;
    host->without_json = true;
    int32_t status =
        mock_load("quickstart.so")->tasks[0]->open(mock_call(host), grasp_cstr("{}"), &self);
    mock_assert_failed(host, status, GRASP_E_UNSUPPORTED);
    assert_null(self);
    mock_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_replies),   cmocka_unit_test(test_hostile_samples),
        cmocka_unit_test(test_hostile_rollouts),  cmocka_unit_test(test_bad_prompts),
        cmocka_unit_test(test_bad_patients),      cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_host_without_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
