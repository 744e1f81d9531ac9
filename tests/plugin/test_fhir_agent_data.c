/* SPDX-License-Identifier: MIT */
/* Data that is not as it should be, and a FHIR server in place of the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "fhir_agent_fixture.h"
#include "tasks/fhir_agent/answers.h"
#include "tasks/fhir_agent/server.h"

#include <cmocka.h>

#define TASK fhir_agent_multi_turn_resource

static char *folder;

static void check_refused(const char *options, int32_t expected, const char *words)
{
    struct ward ward;
    int32_t status = ward_try(&ward, &TASK, options);
    if (status != expected)
        fail_msg("%s: %d: %s", options, status, mock_str(ward.host->fail_text).ptr);
    mock_assert_contains(ward.host->fail_text, words);
    ward_close(&ward);
}

static void check_bytes(const char *csv, size_t len, const char *words)
{
    ward_write(folder, "bad.csv", csv, len);
    CLEANUP_FREE char *options =
        mem_printf("{\"data\": \"%s\", \"csv\": \"%s/bad.csv\"}", folder, folder);
    check_refused(options, GRASP_E_INVALID, words);
}

static void check_csv(const char *csv, const char *words)
{
    check_bytes(csv, strlen(csv), words);
}

static void test_bad_questions(void **state)
{
    static const char nul[] = WARD_HEADER "train,q1,\0,1,,p1,{},t,x\n";
    check_bytes(nul, sizeof(nul) - 1, "bad.csv:2: a NUL byte");
    check_csv("split,question_id,question\n", "bad.csv:1: the header lacks true_answer, "
                                              "assumption, patient_fhir_id, true_fhir_ids");
    check_csv("", "bad.csv: the file is empty");
    check_csv(WARD_HEADER "train,q1,Q,1,,p1,{},t\n", "bad.csv:2: 8 fields where the header has 9");
    check_csv(WARD_HEADER "train,q1,Q,1,,p1,\"{'A': \",t,x\n", "bad.csv:2: true_fhir_ids is no");
    check_csv(WARD_HEADER "train,,Q,1,,p1,{},t,x\n", "bad.csv:2: question_id is empty");
    check_csv(WARD_HEADER "train,q1,Q,1,,p1,{},t,x\nvalid,q1,Q,1,,p1,{},t,x\n",
              "bad.csv:3: question_id q1 is there twice");
    check_csv(WARD_HEADER "train,q1,\"open,1,,p1,{},t,x\n", "bad.csv:2: the quote that begins");
    check_csv(WARD_HEADER "train,q1,\xff,1,,p1,{},t,x\n", "bad.csv: not UTF-8");
    check_csv(WARD_HEADER "train,q1,Q, ,,p1,{},t,x\n", "bad.csv:2: true_answer is empty");
    check_csv(WARD_HEADER "train,q1,Q,1,,p1,{},t,x\n", "no question for the split val");
    check_csv(WARD_HEADER "train,q1,Q,1,,p1,{},t,x\nvalid,q2,Q,1,,p1,{},t,x\n"
                          "test,q3,Q,1,,ghost,{},t,x\n",
              "question q3: its patient ghost is not in the resources");
}

/* The first rows of a split in the file's order, but for those that FHIR cannot answer; a row's
 * type is its template, else its table; a hint that is not there adds no line. */
static void test_which_rows_count(void **state)
{
    static const char csv[] =
        "split,question_id,question,true_answer,assumption,patient_fhir_id,true_fhir_ids,template,"
        "main_table_name,mappable_to_fhir\n"
        "train,f,Q,[[1]],,p1,,t1,admissions,True\n"
        "valid,v,Q,[[1]],,p1,,t,admissions,True\n"
        "train,a,Q,[[1]],,p1,,t,admissions,False\n"
        "other,f,Q,[[1]],,p1,,t,admissions,True\n"
        "train,c,Q,[[1]],h,p1,,,admissions,True\n"
        "train,b,Q,[[1]],,p1,,t,admissions,True\n"
        "test,x,Q,[[1]],,p1,,t,admissions,True\n";
    static const char *const expected[] = {"\"id\": \"f\"", "\"id\": \"c\"", "\"id\": \"v\"",
                                           "\"id\": \"x\""};
    struct ward ward;
    struct mock_episode episode;
    ward_write(folder, "rows.csv", csv, sizeof(csv) - 1);
    CLEANUP_FREE char *options = mem_printf(
        "{\"data\": \"%s\", \"csv\": \"%s/rows.csv\", \"dev_limit\": 2}", folder, folder);
    assert_true(ward_open(&ward, &TASK, options));
    assert_int_equal(ward.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_non_null(strstr(ward.samples[i], expected[i]));
    assert_non_null(strstr(ward.samples[0], "\"type\": \"t1\""));
    assert_non_null(strstr(ward.samples[1], "\"type\": \"admissions\""));
    assert_non_null(strstr(ward.samples[0], "\"resources\": {}"));
    ward_begin(&ward, &episode, 0);
    assert_string_equal(episode.messages[1].content.ptr,
                        "Question: Q\nContext:\nPatient FHIR ID is p1.");
    mock_episode_end(&episode);
    ward_begin(&ward, &episode, 1);
    assert_string_equal(episode.messages[1].content.ptr,
                        "Question: Q\nContext:\nPatient FHIR ID is p1.\nh");
    mock_episode_end(&episode);
    ward_close(&ward);
}

static void test_bad_folders(void **state)
{
    static const unsigned char damaged[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4};
    check_refused("{\"data\": \"/nowhere/at/all\"}", GRASP_E_INVALID,
                  "there is no questions_answers_sql_fhir.csv");
    check_refused("{\"fhir\": \"/x\"}", GRASP_E_INVALID, "option 'fhir' needs questions");
    check_refused("{\"csv\": \"/x\"}", GRASP_E_INVALID, "needs the resources of its patients");
    check_refused("{\"csv\": \"/x\", \"fhir\": \"/y\"}", GRASP_E_INVALID, "/x: no such file");
    check_refused("{\"csv\": \"/x\", \"fhir\": \"/y\", \"fhir_base\": \"http://z\"}",
                  GRASP_E_INVALID, "give one");
    check_refused("{\"val_splits\": [\"train\"]}", GRASP_E_INVALID, "both have 'train'");
    check_refused("{\"verdicts\": \"/x\"}", GRASP_E_INVALID, "needs 'judge_name'");
    check_refused("{\"verdicts\": \"/x\", \"judge_name\": \"m\"}", GRASP_E_INVALID,
                  "/x: no such file");
    CLEANUP_FREE char *options = mem_printf("{\"data\": \"%s\"}", folder);
    CLEANUP_FREE char *path = file_join(folder, "more.ndjson.gz");
    ward_write(folder, "more.ndjson.gz", damaged, sizeof(damaged));
    check_refused(options, GRASP_E_INVALID, "more.ndjson.gz");
    remove(path);
}

/* A server: its answers in order, and what it was asked. */
struct server {
    struct {
        int32_t status, result;
        const char *body;
    } answers[8];
    size_t asked;
    char urls[8][256];
    char headers[256], credentials[16];
};

static int32_t request(grasp_call *call, const grasp_http_request *http,
                       grasp_http_response *response)
{
    struct server *server = mock_host_of(call)->context;
    size_t at = server->asked++;
    assert_true(at < 8);
    snprintf(server->urls[at], sizeof(server->urls[at]), "%.*s", (int)http->url.len, http->url.ptr);
    snprintf(server->headers, sizeof(server->headers), "%.*s", (int)http->headers.len,
             http->headers.ptr);
    snprintf(server->credentials, sizeof(server->credentials), "%.*s", (int)http->credentials.len,
             http->credentials.len ? http->credentials.ptr : "");
    if (server->answers[at].result)
        return grasp_fail(call, server->answers[at].result, "no answer");
    response->status = server->answers[at].status;
    response->body = grasp_cstr(server->answers[at].body);
    return GRASP_OK;
}

static const void *offer_http(struct mock_host *host, grasp_str id)
{
    static const grasp_http table = {.size = sizeof(table), .request = request};
    return grasp_equal(id, GRASP_EXT_HTTP) ? &table : NULL;
}

#define BUNDLE(link, entries)                                                                      \
    "{\"resourceType\": \"Bundle\", \"link\": [" link "], \"entry\": [" entries "]}"
#define ENTRY(type, id, more)                                                                      \
    "{\"resource\": {\"resourceType\": \"" type "\", \"id\": \"" id "\", \"meta\": {}" more "}}"
#define NEXT(url) "{\"relation\": \"next\", \"url\": \"" url "\"}"

static void open_server(struct ward *ward, struct server *server)
{
    *ward = (struct ward){.host = mock_host_create(), .task = &TASK};
    ward->host->extension = offer_http;
    ward->host->context = server;
    CLEANUP_FREE char *given =
        mem_printf("{\"data\": \"%s\", \"fhir_base\": \"https://fhir.example/r4\"}", folder);
    char *config = mock_config(TASK.options, given);
    server->answers[0].status = 200;
    server->answers[0].body = BUNDLE("", ENTRY("Patient", "p1", ""));
    int32_t status = TASK.open(mock_call(ward->host), grasp_cstr(config), &ward->self);
    free(config);
    if (status)
        fail_msg("open: %s", mock_str(ward->host->fail_text).ptr);
    assert_string_equal(server->urls[0], "https://fhir.example/r4/Patient?_id=p1");
    server->asked = 0;
    assert_int_equal(TASK.samples(mock_call(ward->host), ward->self, grasp_cstr("dev")), GRASP_OK);
    ward->samples = calloc(1, sizeof(char *));
    ward->samples[ward->count++] = strdup(ward->host->json.items[0].ptr);
    ward->tools = strdup("[]");
}

static void test_server(void **state)
{
    struct server server = {0};
    struct ward ward;
    struct mock_episode episode;
    setenv("FHIR_TOKEN", "s3cret", 1);
    open_server(&ward, &server);
    assert_non_null(strstr(server.headers, "\"authorization\": \"Bearer s3cret\""));
    assert_string_equal(server.credentials, "");
    server = (struct server){
        .answers = {
            {.status = 200,
             .body = BUNDLE(NEXT("https://fhir.example/r4/page/2"), ENTRY("Encounter", "e1", ""))},
            {.status = 200, .body = BUNDLE("", ENTRY("Encounter", "e2", ""))},
            {.status = 404, .body = "{\"issue\": [{\"diagnostics\": \"no such type\"}]}"},
            {.status = 200,
             .body = BUNDLE("", ENTRY("MedicationRequest", "m",
                                      ", \"medicationReference\": {\"reference\": "
                                      "\"Medication/d1\"}"))},
            {.status = 200, .body = BUNDLE("", "")},
            {.status = 200, .body = BUNDLE("", ENTRY("Medication", "d1", ""))}}};
    ward_begin(&ward, &episode, 0);
    ward_call(&episode, "get_resources_by_patient_fhir_id",
              "{\"resource_type\": \"Encounter\", \"patient_fhir_id\": \"p 1\"}");
    assert_string_equal(server.urls[0], "https://fhir.example/r4/Encounter?patient=p%201");
    assert_string_equal(ward_shown(&episode),
                        "{'Encounter': [{'resourceType': 'Encounter', 'id': 'e1'}, "
                        "{'resourceType': 'Encounter', 'id': 'e2'}]}");
    ward_call(&episode, "get_resources_by_resource_id",
              "{\"resource_type\": \"Nothing\", \"resource_id\": \"7\"}");
    assert_string_equal(server.urls[2], "https://fhir.example/r4/Nothing?_id=7");
    assert_string_equal(ward_shown(&episode),
                        "{'error': 'the FHIR server refused the request with 404: no such type'}");
    ward_call(&episode, "get_resources_by_patient_fhir_id",
              "{\"resource_type\": \"Medication\", \"patient_fhir_id\": \"p1\"}");
    assert_string_equal(server.urls[5], "https://fhir.example/r4/Medication?_id=d1");
    assert_non_null(strstr(ward_shown(&episode), "'id': 'd1'"));
    mock_episode_end(&episode);
    ward_close(&ward);
    unsetenv("FHIR_TOKEN");
}

static void check_google(const char *base, const char *url)
{
    struct server server = {.answers = {{.status = 200, .body = BUNDLE("", "")}}};
    struct source source = {.timeout_ms = 1000};
    struct found found = {0};
    struct mock_host *host = mock_host_create();
    host->extension = offer_http;
    host->context = &server;
    assert_int_equal(server_open(mock_call(host), &source, grasp_cstr(base)), GRASP_OK);
    assert_int_equal(server_of_patient(mock_call(host), &source, grasp_cstr("Encounter"),
                                       grasp_cstr("p"), &found),
                     GRASP_OK);
    assert_string_equal(server.urls[0], url);
    assert_string_equal(server.credentials, getenv("FHIR_TOKEN") ? "" : "google");
    assert_int_equal(!strstr(server.headers, "authorization"), !getenv("FHIR_TOKEN"));
    found_free(&found);
    source_close(&source);
    mock_host_destroy(host);
}

/* The cloud store wants the host to add its credentials, unless there is a token. */
static void test_google(void **state)
{
    static const char *const names[] = {"FHIR_PROJECT_ID", "FHIR_LOCATION", "FHIR_DATASET_ID",
                                        "FHIR_STORE_ID"};
    struct source source = {0};
    struct mock_host *host = mock_host_create();
    int32_t status = server_open(mock_call(host), &source, grasp_cstr("google"));
    mock_assert_failed(host, status, GRASP_E_INVALID);
    mock_assert_contains(host->fail_text, "FHIR_PROJECT_ID is not set");
    for (int i = 0; i < 4; i++)
        setenv(names[i], (const char *[]){"pr", "lo", "da", "st"}[i], 1);
    check_google("google", "https://healthcare.googleapis.com/v1/projects/pr/locations/lo/datasets/"
                           "da/fhirStores/st/fhir/Encounter?patient=p");
    check_google("https://healthcare.googleapis.com/v1/x",
                 "https://healthcare.googleapis.com/v1/x/Encounter?patient=p");
    setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_HEALTHCARE", "http://127.0.0.1:1", 1);
    setenv("FHIR_TOKEN", "t", 1);
    check_google("google", "http://127.0.0.1:1/v1/projects/pr/locations/lo/datasets/da/fhirStores/"
                           "st/fhir/Encounter?patient=p");
    unsetenv("FHIR_TOKEN");
    unsetenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_HEALTHCARE");
    for (int i = 0; i < 4; i++)
        unsetenv(names[i]);
    mock_host_destroy(host);
}

/* An answer is asked for once, an error each time, and what was damaged anew. */
static void test_kept_answers(void **state)
{
    struct server server = {0};
    struct ward ward;
    struct mock_episode episode;
    struct pool pool = {0};
    static const char ask[] = "{\"resource_type\": \"Encounter\", \"patient_fhir_id\": \"p1\"}";
    static const char wrong[] = "{\"resource_type\": \"Nothing\", \"patient_fhir_id\": \"p1\"}";
    open_server(&ward, &server);
    struct fhir_agent *self = ward.self;
    CLEANUP_FREE char *kept = file_join(folder, "kept");
    self->source.kept = answers_folder(&pool, grasp_cstr(kept), self->source.base, false);
    assert_true(self->source.kept.len > 0);
    server = (struct server){
        .answers = {{.status = 200, .body = BUNDLE("", ENTRY("Encounter", "e1", ""))},
                    {.status = 400, .body = "{}"},
                    {.status = 400, .body = "{}"},
                    {.status = 200, .body = BUNDLE("", ENTRY("Encounter", "e9", ""))}}};
    ward_begin(&ward, &episode, 0);
    for (int i = 0; i < 2; i++) {
        ward_call(&episode, "get_resources_by_patient_fhir_id", ask);
        assert_non_null(strstr(ward_shown(&episode), "'id': 'e1'"));
    }
    assert_int_equal(server.asked, 1);
    for (int i = 0; i < 2; i++)
        ward_call(&episode, "get_resources_by_patient_fhir_id", wrong);
    assert_int_equal(server.asked, 3);
    const struct argument arguments[] = {{"patient_fhir_id", grasp_cstr("p1")},
                                         {"resource_type", grasp_cstr("Encounter")}};
    char key[MD5_HEX];
    key_of_tool("get_resources_by_patient_fhir_id", arguments, 2, key);
    CLEANUP_FREE char *name = mem_printf("%s.json", key);
    ward_write(self->source.kept.ptr, name, "[{", 2);
    ward_call(&episode, "get_resources_by_patient_fhir_id", ask);
    assert_non_null(strstr(ward_shown(&episode), "'id': 'e9'"));
    mock_episode_end(&episode);
    ward_close(&ward);
    pool_free(&pool);
}

/* What no server in order would say: the sample is not available, and no secret is shown. */
static void check_fault(int32_t status, int32_t result, const char *body, const char *words)
{
    struct server server = {0};
    struct ward ward;
    void *episode = NULL;
    setenv("FHIR_TOKEN", "s3cret", 1);
    open_server(&ward, &server);
    server = (struct server){.answers = {{.status = status, .result = result, .body = body}}};
    assert_int_equal(
        TASK.begin(mock_call(ward.host), ward.self, grasp_cstr(ward.samples[0]), 0, &episode),
        GRASP_OK);
    grasp_reply reply = {.size = sizeof(reply),
                         .text = grasp_cstr(""),
                         .tool_calls = grasp_cstr("[{\"id\": \"c\", \"name\": "
                                                  "\"get_resources_by_patient_fhir_id\", "
                                                  "\"arguments\": {\"resource_type\": "
                                                  "\"Patient\", \"patient_fhir_id\": \"p1\"}}]")};
    assert_int_equal(TASK.step(mock_call(ward.host), ward.self, episode, &reply),
                     GRASP_E_UNAVAILABLE);
    mock_assert_contains(ward.host->fail_text, words);
    assert_null(strstr(ward.host->fail_text.ptr, "s3cret"));
    TASK.end(NULL, ward.self, episode);
    ward_close(&ward);
    unsetenv("FHIR_TOKEN");
}

static void test_server_faults(void **state)
{
    check_fault(0, GRASP_E_UNAVAILABLE, NULL, "no answer");
    check_fault(401, 0, "{}", "with 401");
    check_fault(503, 0, "busy", "with 503");
    check_fault(200, 0, "<html>", "something other than JSON");
    check_fault(200, 0, BUNDLE(NEXT("https://elsewhere.example/r4/2"), ""),
                "a page of another server");
}

/* A search of the agent's own on a server: what is sent, or NULL when nothing is. */
static void check_sent(const char *request, const char *url)
{
    struct server server = {.answers = {{.status = 200, .body = BUNDLE("", "")}}};
    struct source source = {.timeout_ms = 1000};
    struct found found = {0};
    struct mock_host *host = mock_host_create();
    host->extension = offer_http;
    host->context = &server;
    assert_int_equal(server_open(mock_call(host), &source, grasp_cstr("http://x/r4")), GRASP_OK);
    assert_int_equal(source_request(mock_call(host), &source, grasp_cstr(request), &found),
                     GRASP_OK);
    assert_int_equal(server.asked, url ? 1 : 0);
    assert_int_equal(found.error.len > 0, !url);
    if (url)
        assert_string_equal(server.urls[0], url);
    found_free(&found);
    source_close(&source);
    mock_host_destroy(host);
}

/* Systems of codes are addresses; a path that leads elsewhere is not sent. */
static void test_requests_to_a_server(void **state)
{
    check_sent(" /Encounter?patient=p1&_count=2 ", "http://x/r4/Encounter?patient=p1&_count=2");
    check_sent("Encounter?identifier=http://mimic.mit.edu/fhir/mimic/identifier/encounter-icu|1",
               "http://x/r4/Encounter?identifier=http://mimic.mit.edu/fhir/mimic/identifier/"
               "encounter-icu%7C1");
    check_sent("Observation?code=a b\n&date=ge2100..", "http://x/r4/Observation?code=a%20b%0A&date="
                                                       "ge2100..");
    check_sent("../admin", NULL);
    check_sent("Patient/%2e%2e/%2e%2e/admin?x=1", NULL);
    check_sent("https://elsewhere.example/Patient", NULL);
}

/* That a patient is there is asked in the standard's own words, also of a server that would ignore
 * others; what it says in place of an answer is passed on. */
static void test_server_without_the_patients(void **state)
{
    static const struct {
        int32_t status;
        const char *body, *words;
    } cases[] = {{200, BUNDLE("", ""), "its patient p1 is not in the resources"},
                 {404, "{\"issue\": [{\"diagnostics\": \"no store\"}]}", "with 404: no store"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server server = {.answers = {{.status = cases[i].status, .body = cases[i].body}}};
        struct mock_host *host = mock_host_create();
        void *self = NULL;
        host->extension = offer_http;
        host->context = &server;
        CLEANUP_FREE char *given = mem_printf("{\"data\": \"%s\", \"fhir_base\": \"http://x\", "
                                              "\"compat\": \"reference\"}",
                                              folder);
        char *config = mock_config(TASK.options, given);
        mock_assert_failed(host, TASK.open(mock_call(host), grasp_cstr(config), &self),
                           GRASP_E_INVALID);
        mock_assert_contains(host->fail_text, cases[i].words);
        assert_string_equal(server.urls[0], "http://x/Patient?_id=p1");
        free(config);
        mock_host_destroy(host);
    }
}

static int set_up(void **state)
{
    folder = ward_folder();
    return 0;
}

static int tear_down(void **state)
{
    ward_folder_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_questions),
        cmocka_unit_test(test_which_rows_count),
        cmocka_unit_test(test_bad_folders),
        cmocka_unit_test(test_server),
        cmocka_unit_test(test_kept_answers),
        cmocka_unit_test(test_google),
        cmocka_unit_test(test_server_faults),
        cmocka_unit_test(test_requests_to_a_server),
        cmocka_unit_test(test_server_without_the_patients),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
