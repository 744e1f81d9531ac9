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
#include "tasks/fhir_agent/token.h"

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

static void check_csv(const char *csv, const char *words)
{
    ward_write(folder, "bad.csv", csv, strlen(csv));
    CLEANUP_FREE char *options =
        mem_printf("{\"data\": \"%s\", \"csv\": \"%s/bad.csv\"}", folder, folder);
    check_refused(options, GRASP_E_INVALID, words);
}

static void test_bad_questions(void **state)
{
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
    check_csv(WARD_HEADER "train,q1,Q,1,,p1,{},t,x\n", "no question for the split val");
    check_csv(WARD_HEADER "train,q1,Q,1,,p1,{},t,x\nvalid,q2,Q,1,,p1,{},t,x\n"
                          "test,q3,Q,1,,ghost,{},t,x\n",
              "question q3: its patient ghost is not in the resources");
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
    char headers[256], body[256];
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
    snprintf(server->body, sizeof(server->body), "%.*s", (int)http->body.len,
             http->body.len ? http->body.ptr : "");
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

/* A user's credentials are exchanged for a token, once. */
static void test_google(void **state)
{
    static const char user[] = "{\"type\": \"authorized_user\", \"client_id\": \"c\", "
                               "\"client_secret\": \"s/s\", \"refresh_token\": \"r\"}";
    struct server server = {
        .answers = {{.status = 200, .body = "{\"access_token\": \"t0k\", \"expires_in\": 3600}"},
                    {.status = 400, .body = "{}"}}};
    struct mock_host *host = mock_host_create();
    struct tokens *tokens = tokens_open();
    grasp_str base = grasp_cstr("https://healthcare.googleapis.com/v1/x/"), headers;
    CLEANUP_FREE char *path = file_join(folder, "user.txt");
    host->extension = offer_http;
    host->context = &server;
    host->now = 1000000;
    ward_write(folder, "user.txt", user, sizeof(user) - 1);
    setenv("GOOGLE_APPLICATION_CREDENTIALS", path, 1);
    unsetenv("GOOGLE_OAUTH_ACCESS_TOKEN");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(token_headers(mock_call(host), tokens, base, &headers), GRASP_OK);
        assert_non_null(strstr(headers.ptr, "\"authorization\": \"Bearer t0k\""));
    }
    assert_int_equal(server.asked, 1);
    assert_string_equal(server.urls[0], "https://oauth2.googleapis.com/token");
    assert_string_equal(server.body, "grant_type=refresh_token&client_id=c&client_secret=s%2Fs&"
                                     "refresh_token=r");
    host->now += 3600000;
    int32_t status = token_headers(mock_call(host), tokens, base, &headers);
    mock_assert_failed(host, status, GRASP_E_UNAVAILABLE);
    assert_null(strstr(host->fail_text.ptr, "s/s"));
    ward_write(folder, "user.txt", "{\"type\": \"service_account\"}", 27);
    status = token_headers(mock_call(host), tokens, base, &headers);
    mock_assert_failed(host, status, GRASP_E_INVALID);
    setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "given", 1);
    assert_int_equal(token_headers(mock_call(host), tokens, base, &headers), GRASP_OK);
    assert_non_null(strstr(headers.ptr, "Bearer given"));
    unsetenv("GOOGLE_OAUTH_ACCESS_TOKEN");
    unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
    tokens_close(tokens);
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
        cmocka_unit_test(test_bad_questions), cmocka_unit_test(test_bad_folders),
        cmocka_unit_test(test_server),        cmocka_unit_test(test_kept_answers),
        cmocka_unit_test(test_google),        cmocka_unit_test(test_server_faults),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
