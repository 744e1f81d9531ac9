/* SPDX-License-Identifier: MIT */
/* The notes behind accepted POSTs: when there is one, what it says, and who sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "medagent_fixture.h"

#include <cmocka.h>

#define BASE "http://localhost:8080/fhir/"
#define FAR "http://fhir.example/fhir/"
#define BODY(reference) "\n{\"subject\": {\"reference\": \"" reference "\"}}"

/* Does this reply get a note, and with these words? NULL: it gets none. */
static void expect_note(struct clinic *clinic, const char *reply, const char *words)
{
    int32_t status = clinic_step(clinic, reply);
    const struct mock_host *host = clinic->host;
    if (status)
        fail_msg("%s: %s", reply, mock_str(host->fail_text).ptr);
    if (host->message_count != (words ? 2u : 1u))
        fail_msg("%zu messages after %s", host->message_count, reply);
    if (!words)
        return;
    mock_assert_contains(host->messages[0].content, "POST request accepted");
    assert_string_equal(host->messages[1].role.ptr, "system_note");
    assert_int_equal(host->messages[1].flags, GRASP_MESSAGE_RECORD_ONLY);
    mock_assert_contains(host->messages[1].content, words);
}

static const char bundle[] =
    "{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"resourceType\": \"Observation\","
    " \"id\": \"newest\"}}, {\"resource\": {\"resourceType\": \"Observation\", \"id\": \"x\"}}]}";

static void says_what_is_read_back(void **state)
{
    struct clinic_answer answer = {0, 200, "application/fhir+json", bundle, 0, ""};
    struct clinic clinic;
    clinic_open_remote(&clinic, "{\"post_notes\": \"log\"}", &answer);
    expect_note(&clinic, "POST " FAR "Observation" BODY("Patient/S1"),
                "the newest Observation of patient S1 on the server, where no POST is stored: "
                "{\"resourceType\": \"Observation\", \"id\": \"newest\"}");
    assert_int_equal(answer.asked, 1);
    assert_string_equal(answer.url,
                        FAR "Observation?patient=S1&_sort=-_lastUpdated&_count=1&_format=json");
    answer.body = "{\"resourceType\": \"Bundle\"}";
    expect_note(&clinic,
                "POST " FAR "ServiceRequest\n{\"patient\": {\"reference\": \"" FAR "Patient/S2\"}}",
                "the server has no ServiceRequest of patient S2");
    answer.status = 500;
    expect_note(&clinic, "POST " FAR "MedicationRequest" BODY("S3"),
                "the newest MedicationRequest of patient S3 could not be read: 500 Server Error");
    answer = (struct clinic_answer){0, 200, "text/html", "<html>", 0, ""};
    expect_note(&clinic, "POST " FAR "Observation" BODY("Patient/S1"), "is not JSON");
    answer = (struct clinic_answer){.result = GRASP_E_UNAVAILABLE};
    expect_note(&clinic, "POST " FAR "Observation" BODY("Patient/S1"), "no answer from");
    clinic_close(&clinic);
}

static void is_silent_about_others(void **state)
{
    static const char *const replies[] = {
        "GET " BASE "Observation?patient=S1",
        "POST " BASE "Condition" BODY("Patient/S1"),
        "POST " BASE "Observations" BODY("Patient/S1"),
        "POST /somewhere/Observation" BODY("Patient/S1"),
        "POST " BASE "Observation\n{\"subject\": {\"reference\": \"Patient/S1&_count=9\"}}",
        "POST " BASE "Observation\n{\"subject\": {\"reference\": \"Patient/\"}}",
        "POST " BASE "Observation\n{\"subject\": \"Patient/S1\"}",
        "POST " BASE "Observation\n[1]",
        "POST " BASE "Observation\nnull",
        "POST " BASE "Observation\nno JSON",
        "POST " BASE "Observation",
    };
    struct clinic clinic;
    clinic_open(&clinic, MEDAGENT_V2, "{\"post_notes\": \"log\"}");
    for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++)
        expect_note(&clinic, replies[i], NULL);
    expect_note(&clinic, "POST " BASE "Observation" BODY("Patient/nobody"),
                "the server has no Observation of patient nobody");
    expect_note(&clinic, "```\nPOST " BASE "Observation" BODY("Patient/nobody") "\n```", "nobody");
    clinic_close(&clinic);
    clinic_open(&clinic, MEDAGENT_V2, NULL);
    expect_note(&clinic, "POST " BASE "Observation" BODY("Patient/nobody"), NULL);
    clinic_close(&clinic);
}

/* The reference takes any address with "/fhir/", and does not see a POST in a code fence. */
static void follows_the_reference(void **state)
{
    struct clinic clinic;
    clinic_open(&clinic, MEDAGENT_V1, "{\"compat\": \"reference\", \"post_notes\": \"log\"}");
    expect_note(&clinic, " POST /fhir//fhir/Observation" BODY("Patient/nobody"), "no Observation");
    expect_note(&clinic, "POST " BASE "Observation/7" BODY("Patient/nobody"), "no Observation");
    expect_note(&clinic, "POST " BASE "Observation_" BODY("Patient/nobody"), NULL);
    expect_note(&clinic, "POST " BASE "\xc3\xa9" BODY("Patient/nobody"), NULL);
    expect_note(&clinic, "POST http://x/fhir/" BODY("Patient/nobody"), NULL);
    expect_note(&clinic, "```\nPOST " BASE "Observation" BODY("Patient/nobody") "\n```", NULL);
    clinic_close(&clinic);
}

/* They change no verdict, whoever sees them. */
static void changes_no_verdict(void **state)
{
    static const char *const options[] = {"{\"post_notes\": \"log\"}",
                                          "{\"post_notes\": \"agent\"}"};
    for (int version = MEDAGENT_V1; version <= MEDAGENT_V2; version++) {
        for (int i = 0; i < 2; i++) {
            struct clinic clinic;
            clinic_open(&clinic, (enum version)version, options[i]);
            for (size_t sample = 0; sample < clinic.count; sample++) {
                struct clinic_verdict with = clinic_play(&clinic, sample, "answered_without_query");
                ((struct medagent *)clinic.self)->post_notes = NOTES_NONE;
                struct clinic_verdict without =
                    clinic_play(&clinic, sample, "answered_without_query");
                ((struct medagent *)clinic.self)->post_notes = i ? NOTES_SHOWN : NOTES_LOG;
                assert_int_equal(with.correct, without.correct);
                assert_string_equal(with.tags, without.tags);
            }
            clinic_close(&clinic);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_read_back),
        cmocka_unit_test(is_silent_about_others),
        cmocka_unit_test(follows_the_reference),
        cmocka_unit_test(changes_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
