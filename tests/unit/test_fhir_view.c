/* SPDX-License-Identifier: MIT */
/* Writes to the FHIR store: versions, and views that never see one another. */
#include "fhir_world.h"

#define OBSERVATION(more)                                                                          \
    "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"coding\":[{\"code\":"      \
    "\"BP\"}]},\"subject\":{\"reference\":\"Patient/S1\"}" more "}"

static struct fhir_world world;

static void creates(void **state)
{
    assert_int_equal(
        fhir_world_request(&world, "POST", "Observation",
                           OBSERVATION(",\"id\":\"mine\",\"meta\":{\"source\":\"x\"}")),
        201);
    CLEANUP_JSON struct json *made = fhir_world_answer(&world);
    struct str id = json_str(json_get(made, "id"));
    assert_false(str_is(id, "mine"));
    assert_str(json_str(json_path(made, "meta.versionId")), "1");
    assert_str(json_str(json_path(made, "meta.source")), "x");
    assert_non_null(strstr(world.answer.location, "/_history/1"));
    CLEANUP_BUF struct buf url = {0};
    buf_printf(&url, "Observation/%.*s", (int)id.len, id.ptr);
    assert_int_equal(fhir_world_request(&world, "GET", url.ptr, ""), 200);
    buf_reset(&url);
    buf_printf(&url, "%.*s", (int)id.len, id.ptr);
    assert_string_equal(fhir_world_find(&world, "Observation?patient=S1&code=BP"), url.ptr);
    assert_string_equal(fhir_world_find(&world, "Observation?code=BP&_include=Observation:subject"),
                        (buf_text(&url, " +S1"), url.ptr));
}

static void updates(void **state)
{
    fhir_view_now(world.view, 1700000000000);
    assert_int_equal(fhir_world_request(&world, "PUT", "Patient/S1",
                                        "{\"resourceType\":\"Patient\",\"id\":\"S1\",\"name\":[{"
                                        "\"family\":\"Married\"}]}"),
                     200);
    CLEANUP_JSON struct json *now = fhir_world_answer(&world);
    assert_str(json_str(json_path(now, "meta.versionId")), "5");
    assert_str(json_str(json_path(now, "meta.lastUpdated")), "2023-11-14T22:13:20.000+00:00");
    static const struct fhir_case cases[] = {
        {"Patient?name=stafford", ""},
        {"Patient?name=married", "S1"},
        {"Patient?_id=S1", "S1"},
        {"Patient?identifier=S1", ""},
        {"Observation?patient.name=married&code=MG", "o1 o5"},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
    assert_int_equal(fhir_world_request(&world, "GET", "Patient/S1/_history/4", ""), 200);
    CLEANUP_JSON struct json *before = fhir_world_answer(&world);
    assert_non_null(json_get(before, "birthDate"));
    assert_int_equal(fhir_world_request(&world, "GET", "Patient/S1/_history/5", ""), 200);
    assert_int_equal(fhir_world_request(&world, "GET", "Patient/S1/_history/6", ""), 404);
    assert_int_equal(fhir_world_request(&world, "GET", "Patient/S1/_history", ""), 200);
    CLEANUP_JSON struct json *history = fhir_world_answer(&world);
    assert_int_equal(json_int(json_get(history, "total"), 0), 2);
    assert_int_equal(
        fhir_world_request(&world, "PUT", "Patient/new", "{\"resourceType\":\"Patient\"}"), 201);
    assert_int_equal(fhir_put(world.view,
                              FHIR_TEXT("{\"resourceType\":\"Patient\",\"id\":\"new\"}"),
                              &world.answer),
                     200);
}

static void deletes(void **state)
{
    assert_int_equal(fhir_world_request(&world, "DELETE", "Observation/o1", ""), 200);
    assert_int_equal(fhir_world_request(&world, "GET", "Observation/o1", ""), 410);
    assert_string_equal(fhir_world_find(&world, "Observation?code=MG"), "o3 o5");
    assert_int_equal(fhir_world_request(&world, "DELETE", "Observation/o1", ""), 200);
    assert_int_equal(fhir_world_request(&world, "DELETE", "Observation/never", ""), 200);
    assert_int_equal(fhir_world_request(&world, "GET", "Observation/never", ""), 404);
    assert_int_equal(fhir_world_request(&world, "GET", "Observation/o1/_history", ""), 200);
    assert_int_equal(fhir_world_request(&world, "PUT", "Observation/o1", OBSERVATION("")), 201);
    CLEANUP_JSON struct json *again = fhir_world_answer(&world);
    assert_str(json_str(json_path(again, "meta.versionId")), "3");
    fhir_view_reset(world.view);
    assert_string_equal(fhir_world_find(&world, "Observation?code=MG"), "o1 o3 o5");
}

static void refuses_writes(void **state)
{
    static const struct {
        const char *method, *url, *body;
        int status;
    } cases[] = {
        {"POST", "Observation", "", 400},
        {"POST", "Observation", "{\"resourceType\":\"Observation\"", 400},
        {"POST", "Observation", "{\"resourceType\":\"Observation\",}", 400},
        {"POST", "Observation", "[]", 400},
        {"POST", "Observation", "{\"status\":\"final\"}", 400},
        {"POST", "Observation", "{\"resourceType\":\"Patient\"}", 400},
        {"POST", "Nope", "{\"resourceType\":\"Nope\"}", 404},
        {"POST", "Observation/o1", OBSERVATION(""), 404},
        {"POST", "", "{\"resourceType\":\"Bundle\"}", 400},
        {"PUT", "Observation", OBSERVATION(""), 400},
        {"PUT", "Observation/o1", OBSERVATION(",\"id\":\"o2\""), 400},
        {"PUT", "Observation/a_b", OBSERVATION(""), 400},
        {"DELETE", "Observation", "", 400},
        {"PATCH", "Observation/o1", "[]", 405},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int got = fhir_world_request(&world, cases[i].method, cases[i].url, cases[i].body);
        if (got != cases[i].status)
            fail_msg("%s %s %s: %d", cases[i].method, cases[i].url, cases[i].body, got);
        CLEANUP_JSON struct json *outcome = fhir_world_answer(&world);
        assert_str(json_str(json_get(outcome, "resourceType")), "OperationOutcome");
    }
    assert_string_equal(fhir_world_find(&world, "Observation?patient=S1"), "o1 o2 o5");
}

static void searches_by_post(void **state)
{
    assert_int_equal(
        fhir_world_request(&world, "POST", "Observation/_search?code=MG", "patient=S1"), 200);
    assert_int_equal(world.answer.total, 2);
}

static void keeps_views_apart(void **state)
{
    struct fhir_world other = {.store = world.store, .view = fhir_view_new(world.store)};
    fhir_world_request(&world, "POST", "Observation", OBSERVATION(""));
    fhir_world_request(&world, "DELETE", "Patient/S2", "");
    assert_string_equal(fhir_world_find(&other, "Observation?code=BP"), "");
    assert_string_equal(fhir_world_find(&other, "Patient?_id=S2"), "S2");
    fhir_world_request(&other, "POST", "Observation", OBSERVATION(""));
    assert_string_equal(fhir_world_find(&world, "Observation?code=BP"), "1000");
    assert_string_equal(fhir_world_find(&other, "Observation?code=BP"), "1000");
    assert_string_equal(fhir_world_find(&world, "Patient?_id=S2"), "");
    fhir_answer_free(&other.answer);
    buf_free(&other.ids);
    fhir_view_free(other.view);
}

static void holds_many(void **state)
{
    for (int i = 0; i < 300; i++)
        assert_int_equal(fhir_world_request(&world, "POST", "Observation", OBSERVATION("")), 201);
    fhir_world_find(&world, "Observation?code=BP&_count=5");
    assert_int_equal(world.answer.total, 300);
    for (int i = 0; i < 50; i++)
        assert_int_equal(fhir_world_request(&world, "PUT", "Observation/o1", OBSERVATION("")), 200);
    fhir_world_find(&world, "Observation?code=BP&_count=5");
    assert_int_equal(world.answer.total, 301);
}

/* A view holds a bounded amount; one that is full says so and stays as it was. */
static void bounds_changes(void **state)
{
    CLEANUP_BUF struct buf body = {0};
    buf_text(&body, "{\"resourceType\":\"Binary\",\"data\":\"");
    for (int i = 0; i < 1 << 18; i++)
        buf_text(&body, "0123456789abcdef");
    buf_text(&body, "\"}");
    int status = 201, made = 0;
    while (status == 201 && made < 20)
        made += (status = fhir_world_request(&world, "POST", "Binary", body.ptr)) == 201;
    assert_int_equal(status, 413);
    assert_int_equal(made, 15);
    fhir_world_find(&world, "Binary?_summary=count");
    assert_int_equal(world.answer.total, made);
}

static int open_ward(void **state)
{
    fhir_world_open(&world, NULL);
    return 0;
}

static int close_ward(void **state)
{
    fhir_world_close(&world);
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, open_ward, close_ward)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(creates),          FRESH(updates),           FRESH(deletes),    FRESH(refuses_writes),
        FRESH(searches_by_post), FRESH(keeps_views_apart), FRESH(holds_many), FRESH(bounds_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
