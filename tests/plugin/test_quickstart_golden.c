/* SPDX-License-Identifier: MIT */
/* The reference's patients, searches and episodes (spec/medagent.md 6), through the plugin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "quickstart_fixture.h"

#include <cmocka.h>

#define SKIPPED 77

static struct json *golden; /* "quickstart" of the golden file */

/* The readings of a patient, as a patients file has them. */
static struct json *readings_of(struct str mrn)
{
    const struct json *all = json_get(golden, "observations");
    struct json *readings = json_new_array();
    for (size_t i = 0; i < json_count(all); i++) {
        const struct json *row = json_at(all, i);
        if (!str_eq(json_str(json_at(row, 0)), mrn))
            continue;
        struct json *pair = json_new_array();
        json_push(pair, json_new_double(json_double(json_at(row, 2), 0)));
        json_push(pair, json_new_double(json_double(json_at(row, 4), 0)));
        json_push(readings, pair);
    }
    return readings;
}

static char *patients_text(void)
{
    static const char *const keys[] = {"mrn", "family", "given", "birthDate", "gender"};
    const struct json *rows = json_get(golden, "patients");
    struct json *root = json_new_object(), *patients = json_new_array();
    struct buf out = {0};
    for (size_t i = 0; i < json_count(rows); i++) {
        struct json *patient = json_new_object();
        for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
            json_set(patient, keys[k], json_copy(json_at(json_at(rows, i), k)));
        json_set(patient, "readings", readings_of(json_str(json_at(json_at(rows, i), 0))));
        json_push(patients, patient);
    }
    json_set(root, "patients", patients);
    json_write(&out, root, 0);
    json_free(root);
    return buf_steal(&out);
}

static int open_golden(void **state)
{
    static struct fixture fixture;
    char options[4300];
    char *text = patients_text();
    char *path = fixture_file("golden.json", text);
    snprintf(options, sizeof(options),
             "{\"patients_file\": \"%s\", \"dev\": 20, \"val\": 10, \"id_test\": 0, \"test\": 0}",
             path);
    fixture_open(&fixture, options);
    fixture_remove(path);
    free(text);
    *state = &fixture;
    return 0;
}

static int close_golden(void **state)
{
    fixture_close(*state);
    return 0;
}

static void check_samples(struct fixture *fixture, const char *split)
{
    const struct json *expected = json_path(json_get(golden, "samples"), split);
    fixture_load(fixture, split);
    assert_int_equal(json_count(expected), fixture->count);
    for (size_t i = 0; i < fixture->count; i++) {
        char *id = fixture_member(fixture->samples[i], "id");
        char *mrn = fixture_member(fixture->samples[i], "eval_MRN");
        assert_true(str_is(json_str(json_get(json_at(expected, i), "id")), id));
        assert_true(str_is(json_str(json_get(json_at(expected, i), "eval_MRN")), mrn));
        free(id);
        free(mrn);
    }
}

static void test_samples(void **state)
{
    check_samples(*state, "dev");
    check_samples(*state, "val");
}

static char *member_text(const struct json *object, const char *key)
{
    struct str text = json_str(json_get(object, key));
    return strndup(text.ptr, text.len);
}

/* What the reply to a GET says: the Bundle, or NULL. */
static struct json *bundle_of(struct mock_text reply)
{
    struct err err;
    const char *start = strstr(reply.ptr, "{\"resourceType\""), *end = strrchr(reply.ptr, '}');
    return start && end ? json_parse((struct str){start, (size_t)(end - start) + 1}, &err) : NULL;
}

static void check_bundle(const struct json *expected, const struct json *bundle)
{
    const struct json *ids = json_get(expected, "ids"), *entries = json_get(bundle, "entry");
    assert_non_null(bundle);
    assert_int_equal(json_int(json_get(bundle, "total"), -1),
                     json_int(json_get(expected, "total"), -2));
    assert_int_equal(json_count(entries), json_int(json_get(expected, "total"), -2));
    for (size_t i = 0; i < json_count(ids); i++) {
        struct str id = json_str(json_path(json_at(entries, i), "resource.id"));
        assert_true(str_eq(id, json_str(json_at(ids, i))));
    }
}

static void test_searches(void **state)
{
    struct fixture *fixture = *state;
    const struct json *cases = json_get(golden, "mock_get");
    fixture_load(fixture, "dev");
    assert_true(json_count(cases) > 30);
    for (size_t i = 0; i < json_count(cases); i++) {
        const struct json *expected = json_at(cases, i);
        struct mock_episode episode;
        struct buf reply = {0};
        mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self,
                           fixture->samples[0]);
        buf_text(&reply, "GET ");
        buf_str(&reply, json_str(json_get(expected, "url")));
        mock_episode_say(&episode, reply.ptr);
        buf_free(&reply);
        if (json_get(expected, "error")) {
            char *error = member_text(expected, "error");
            mock_assert_contains(episode.messages[2].content, error);
            free(error);
        } else {
            struct json *bundle = bundle_of(episode.messages[2].content);
            check_bundle(expected, bundle);
            json_free(bundle);
        }
        mock_episode_end(&episode);
    }
}

static void test_resources(void **state)
{
    struct fixture *fixture = *state;
    const struct json *examples = json_get(golden, "resource_examples");
    struct mock_episode episode;
    fixture_load(fixture, "dev");
    mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self, fixture->samples[0]);
    mock_episode_say(&episode, "GET Observation");
    mock_episode_say(&episode, "GET Patient");
    for (size_t i = 0; i < 2; i++) {
        struct json *bundle = bundle_of(episode.messages[2 + 2 * i].content);
        const struct json *first = json_at(json_get(bundle, "entry"), 0);
        assert_true(json_equal(json_get(first, "resource"), json_at(examples, i)));
        json_free(bundle);
    }
    mock_episode_end(&episode);
}

/* The sample about a patient. */
static const char *sample_of(struct fixture *fixture, const char *mrn)
{
    for (int split = 0; split < 2; split++) {
        fixture_load(fixture, split ? "val" : "dev");
        for (size_t i = 0; i < fixture->count; i++)
            if (strstr(fixture->samples[i], mrn))
                return fixture->samples[i];
    }
    fail_msg("no sample about %s", mrn);
    return NULL;
}

static bool is_reference_tag(const char *tag)
{
    static const char *const tags[] = {"answered_without_query", "finish_not_json", "no_finish",
                                       "protocol_invalid", "read_only_task_used_post"};
    for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
        if (strcmp(tag, tags[i]) == 0)
            return true;
    return false;
}

/* Ours are more: of the reference's, exactly those that it gives. */
static void check_tags(const struct json *expected, struct mock_text given)
{
    struct err err;
    struct json *tags = json_parse(str_of(given.len ? given.ptr : "[]"), &err);
    size_t shared = 0;
    assert_non_null(tags);
    for (size_t i = 0; i < json_count(tags); i++) {
        char *tag = strndup(json_str(json_at(tags, i)).ptr, json_str(json_at(tags, i)).len);
        if (is_reference_tag(tag)) {
            assert_true(shared < json_count(expected));
            assert_true(str_is(json_str(json_at(expected, shared++)), tag));
        }
        free(tag);
    }
    assert_int_equal(shared, json_count(expected));
    json_free(tags);
}

static void check_rollout(struct fixture *fixture, const struct json *expected)
{
    const struct json *replies = json_get(expected, "replies");
    const struct json *actions = json_get(expected, "agent_actions");
    struct mock_episode episode;
    struct err err;
    char *mrn = member_text(expected, "eval_MRN");
    mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self,
                       sample_of(fixture, mrn));
    free(mrn);
    for (size_t i = 0; i < json_count(replies); i++) {
        struct str reply = json_str(json_at(replies, i));
        char *text = strndup(reply.ptr, reply.len);
        mock_episode_say(&episode, text);
        free(text);
    }
    assert_true(episode.done);
    assert_true(str_is(json_str(json_get(expected, "status")), episode.status.ptr));
    assert_true(str_is(json_str(json_get(expected, "answer")), episode.answer.ptr));
    struct json *raw = json_parse(str_of(episode.raw.ptr), &err);
    assert_true(json_equal(raw, json_get(expected, "raw")));
    json_free(raw);
    assert_int_equal(episode.count, json_int(json_get(expected, "history_len"), -1));
    assert_int_equal(episode.actions.count, json_count(actions));
    for (size_t i = 0; i < episode.actions.count; i++)
        assert_true(str_is(json_str(json_at(actions, i)), episode.actions.items[i].ptr));
    mock_episode_grade(&episode);
    bool correct = json_bool(json_get(expected, "is_correct"), false);
    assert_int_equal(fixture->host->correct, correct);
    if (!correct)
        check_tags(json_get(expected, "failure_tags_if_called"), fixture->host->tags);
    mock_episode_end(&episode);
}

static void test_rollouts(void **state)
{
    const struct json *cases = json_get(golden, "rollouts");
    size_t played = 0;
    for (size_t i = 0; i < json_count(cases); i++) {
        /* Where the agent raises, the host gives the sample up; the task has no part in it. */
        if (str_is(json_str(json_get(json_at(cases, i), "status")), "error"))
            continue;
        check_rollout(*state, json_at(cases, i));
        played++;
    }
    assert_true(played >= 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_searches),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_rollouts),
    };
    const char *shared = getenv("GRASP_SHARED");
    char path[4096];
    struct err err;
    struct buf text = {0};
    snprintf(path, sizeof(path), "%s/golden/medagent_golden.json",
             shared ? shared : SOURCE_ROOT "/../shared");
    if (file_read(path, 256u << 20, &text, &err)) {
        printf("skipped: %s\n", path);
        return SKIPPED;
    }
    struct json *root = json_parse(buf_view(&text), &err);
    if (!root) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return 1;
    }
    golden = json_get(root, "quickstart");
    int failed = cmocka_run_group_tests(tests, open_golden, close_golden);
    json_free(root);
    buf_free(&text);
    return failed;
}
