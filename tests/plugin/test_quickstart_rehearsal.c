/* SPDX-License-Identifier: MIT */
/* The rehearsal plays the task: whole episodes, with and without guidance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "quickstart_fixture.h"

#include <cmocka.h>

static const char *const tags[] = {
    "answered_without_query",
    "finish_not_json",
    "missing_not_reported",
    "no_finish",
    "older_value_used",
    "protocol_invalid",
    "sentinel_overused",
    "read_only_task_used_post",
    "stale_value_used",
    "wrong_answer_form",
    "wrong_value",
};

#define TAG_COUNT (sizeof(tags) / sizeof(*tags))

struct played {
    bool correct;
    char tags[256];
};

static struct played play(struct fixture *fixture, size_t sample, const char *guidance)
{
    struct mock_episode episode;
    struct played played = {0};
    mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self,
                       fixture->samples[sample]);
    mock_episode_rehearse(&episode, guidance);
    mock_episode_grade(&episode);
    played.correct = fixture->host->correct != 0;
    snprintf(played.tags, sizeof(played.tags), "%s", mock_str(fixture->host->tags).ptr);
    mock_episode_end(&episode);
    return played;
}

static double accuracy(struct fixture *fixture, const char *split, const char *guidance)
{
    size_t right = 0;
    fixture_load(fixture, split);
    for (size_t i = 0; i < fixture->count; i++)
        right += play(fixture, i, guidance).correct;
    return (double)right / (double)fixture->count;
}

static void test_about_half_at_first(void **state)
{
    static const char *const splits[] = {"dev", "val", "id_test", "test"};
    struct fixture fixture;
    fixture_open(&fixture, NULL);
    for (int i = 0; i < 4; i++) {
        double score = accuracy(&fixture, splits[i], NULL);
        if (score < 0.35 || score > 0.65)
            fail_msg("%s: %g", splits[i], score);
    }
    fixture_close(&fixture);
    fixture_open(&fixture, "{\"seed\": 99, \"dev\": 1000, \"test\": 1000}");
    assert_true(accuracy(&fixture, "dev", NULL) > 0.43 && accuracy(&fixture, "dev", NULL) < 0.57);
    assert_true(accuracy(&fixture, "test", NULL) > 0.43 && accuracy(&fixture, "test", NULL) < 0.57);
    fixture_close(&fixture);
}

static void test_all_tags_named(void **state)
{
    char guidance[1024] = "Mistakes to avoid:";
    struct fixture fixture;
    for (size_t i = 0; i < TAG_COUNT; i++) {
        strcat(guidance, "\n- ");
        strcat(guidance, tags[i]);
    }
    fixture_open(&fixture, "{\"dev\": 300, \"test\": 300}");
    assert_true(accuracy(&fixture, "dev", guidance) == 1.0);
    assert_true(accuracy(&fixture, "test", guidance) == 1.0);
    fixture_close(&fixture);
}

/* Naming a tag takes its mistakes away, makes them right, and changes nothing else. */
static void check_named(struct fixture *fixture, const char *tag)
{
    char guidance[256];
    size_t taken = 0; /* mistakes */
    snprintf(guidance, sizeof(guidance), "Beware of `%s`.", tag);
    for (size_t i = 0; i < fixture->count; i++) {
        struct played before = play(fixture, i, NULL), after = play(fixture, i, guidance);
        bool was_tagged = strstr(before.tags, tag) != NULL;
        if (!was_tagged) {
            assert_int_equal(after.correct, before.correct);
            assert_string_equal(after.tags, before.tags);
        } else if (strcmp(tag, "answered_without_query") == 0 ||
                   !strstr(before.tags, "answered_without_query")) {
            /* An answer without a search is -1, and also tagged for that. */
            assert_true(after.correct);
            taken++;
        }
    }
    if (!taken)
        fail_msg("%s: no mistake of this kind without guidance", tag);
}

static void test_each_tag_named(void **state)
{
    struct fixture fixture;
    fixture_open(&fixture, "{\"dev\": 600}");
    fixture_load(&fixture, "dev");
    for (size_t i = 0; i < TAG_COUNT; i++)
        check_named(&fixture, tags[i]);
    fixture_close(&fixture);
}

/* How many samples of a kind have the tag under guidance that demands it. */
static size_t count_demanded(struct fixture *fixture, const char *tag, size_t *out_before)
{
    char guidance[256];
    size_t after = 0;
    *out_before = 0;
    snprintf(guidance, sizeof(guidance), "## Rule\nalways %s\n", tag);
    for (size_t i = 0; i < fixture->count; i++) {
        *out_before += strstr(play(fixture, i, NULL).tags, tag) != NULL;
        after += strstr(play(fixture, i, guidance).tags, tag) != NULL;
    }
    return after;
}

static void test_each_tag_demanded(void **state)
{
    /* Mistakes that can be made with any patient. Without a search the answer is -1, which is
     * right for half of them; the others are wrong and so tagged. */
    static const char *const everywhere[] = {"finish_not_json", "no_finish", "protocol_invalid",
                                             "read_only_task_used_post", "wrong_answer_form"};
    struct fixture fixture;
    fixture_open(&fixture, "{\"dev\": 200}");
    fixture_load(&fixture, "dev");
    for (size_t i = 0; i < TAG_COUNT; i++) {
        size_t before, after = count_demanded(&fixture, tags[i], &before);
        if (after <= before || after < 30)
            fail_msg("%s: %zu before, %zu after", tags[i], before, after);
        for (size_t k = 0; k < sizeof(everywhere) / sizeof(*everywhere); k++)
            if (strcmp(tags[i], everywhere[k]) == 0)
                assert_int_equal(after, fixture.count);
    }
    fixture_close(&fixture);
}

static void test_demand_beats_mention(void **state)
{
    struct fixture fixture;
    fixture_open_known(&fixture);
    struct played played = play(&fixture, 1, "Avoid stale_value_used. Always stale_value_used!");
    assert_string_equal(played.tags, "[\"stale_value_used\"]");
    fixture_close(&fixture);
}

/* Words that merely contain a tag, or "always" elsewhere, are neither mention nor demand. */
static void test_near_misses(void **state)
{
    static const char *const texts[] = {
        "xstale_value_used stale_value_used_x Stale_Value_Used stale_value stale value used",
        "not_always xalways stale_value_usedx", "_ __ ___ a_b"};
    struct fixture fixture;
    fixture_open(&fixture, "{\"dev\": 100}");
    fixture_load(&fixture, "dev");
    for (size_t i = 0; i < fixture.count; i++) {
        struct played played = play(&fixture, i, NULL);
        for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++)
            assert_string_equal(play(&fixture, i, texts[k]).tags, played.tags);
    }
    fixture_close(&fixture);
}

/* Asks the rehearsal once about one message. */
static int32_t ask(struct mock_host *host, const char *role, const char *content, uint64_t seed)
{
    const grasp_task *task = mock_load("quickstart.so")->tasks[0];
    const grasp_rehearsal *rehearsal = task->extension(grasp_cstr(GRASP_EXT_REHEARSAL));
    grasp_message message = {
        .size = sizeof(message), .role = grasp_cstr(role), .content = grasp_cstr(content)};
    const grasp_message *list[] = {&message};
    grasp_rehearsal_request request = {
        .size = sizeof(request), .messages = list, .count = 1, .seed = seed};
    return rehearsal->reply(mock_call(host), &request);
}

static char *first_message(struct fixture *fixture, size_t sample)
{
    struct mock_episode episode;
    mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self,
                       fixture->samples[sample]);
    char *text = strdup(episode.messages[0].content.ptr);
    mock_episode_end(&episode);
    return text;
}

/* Guidance in the field of the document, where it is escaped. */
static void test_guidance_in_field(void **state)
{
    struct fixture fixture;
    char asked[8192];
    fixture_open(&fixture, "{\"query\": \"preloaded\"}");
    fixture_load(&fixture, "dev");
    char *text = first_message(&fixture, 0);
    char *field = strstr(text, "\"behavioral_skills\": \"");
    assert_non_null(field);
    field += strlen("\"behavioral_skills\": \"");
    snprintf(asked, sizeof(asked), "%.*sRule:\\nalways protocol_invalid\\n%s", (int)(field - text),
             text, field);
    assert_int_equal(ask(fixture.host, "user", asked, 0), GRASP_OK);
    mock_assert_contains(fixture.host->messages[0].content, "The latest magnesium level");
    snprintf(asked, sizeof(asked), "%.*sRule:\\nstale_value_used\\nolder_value_used%s",
             (int)(field - text), text, field);
    assert_int_equal(ask(fixture.host, "user", asked, 0), GRASP_OK);
    mock_assert_contains(fixture.host->messages[0].content, "FINISH([");
    free(text);
    fixture_close(&fixture);
}

static void test_pure(void **state)
{
    struct fixture fixture;
    fixture_open(&fixture, "{\"query\": \"preloaded\"}");
    fixture_load(&fixture, "dev");
    for (size_t i = 0; i < fixture.count; i++) {
        char *text = first_message(&fixture, i);
        assert_int_equal(ask(fixture.host, "user", text, 1), GRASP_OK);
        char *one = strdup(fixture.host->messages[0].content.ptr);
        assert_int_equal(ask(fixture.host, "user", text, 2), GRASP_OK);
        mock_assert_text(fixture.host->messages[0].content, one);
        free(one);
        free(text);
    }
    fixture_close(&fixture);
}

static void test_role_assistant(void **state)
{
    struct fixture fixture;
    struct mock_episode episode;
    fixture_open_known(&fixture);
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    mock_episode_say(&episode, "GET https://fhir.mock/Observation?patient=S0000001&code=MG");
    free(episode.messages[1].role.ptr);
    episode.messages[1].role.ptr = strdup("assistant");
    episode.messages[1].role.len = strlen("assistant");
    mock_episode_rehearse(&episode, "finish_not_json wrong_value no_finish protocol_invalid "
                                    "read_only_task_used_post wrong_answer_form sentinel_overused");
    mock_assert_text(episode.answer, "[2.1]");
    mock_episode_end(&episode);
    fixture_close(&fixture);
}

static void test_not_its_own(void **state)
{
    struct fixture fixture;
    char text[8192];
    fixture_open(&fixture, NULL);
    fixture_load(&fixture, "dev");
    char *own = first_message(&fixture, 0);
    assert_int_equal(ask(fixture.host, "user", own, 0), GRASP_OK);
    assert_int_equal(ask(fixture.host, "agent", own, 0), GRASP_E_UNSUPPORTED);
    assert_int_equal(ask(fixture.host, "system", own, 0), GRASP_E_UNSUPPORTED);
    snprintf(text, sizeof(text), "Label these failures:\n%s\nAnswer with JSON.", own);
    assert_int_equal(ask(fixture.host, "user", text, 0), GRASP_E_UNSUPPORTED);
    snprintf(text, sizeof(text), "Before all else:\n\n%s", own);
    assert_int_equal(ask(fixture.host, "user", text, 0), GRASP_OK);
    snprintf(text, sizeof(text), "{\"rule\": 1}\n\n%s", own);
    assert_int_equal(ask(fixture.host, "user", text, 0), GRASP_OK);
    snprintf(text, sizeof(text), "%s\n\nAfter all else.", own);
    assert_int_equal(ask(fixture.host, "user", text, 0), GRASP_OK);
    char *base = strstr(own, "fhir.mock");
    memcpy(base, "fhir.main", 9);
    assert_int_equal(ask(fixture.host, "user", own, 0), GRASP_E_UNSUPPORTED);
    free(own);
    fixture_close(&fixture);
}

/* The task's own words name no tag: what names one is guidance. */
static void test_task_names_no_tag(void **state)
{
    struct fixture fixture;
    fixture_open(&fixture, NULL);
    fixture_load(&fixture, "test");
    for (size_t i = 0; i < fixture.count; i++) {
        struct mock_episode episode;
        mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[i]);
        mock_episode_say(&episode, "POST");
        mock_episode_say(&episode, "GET nothing");
        mock_episode_rehearse(&episode, NULL);
        for (size_t m = 0; m < episode.count; m++)
            for (size_t t = 0; t < TAG_COUNT; t++)
                assert_null(strstr(episode.messages[m].content.ptr, tags[t]));
        mock_episode_end(&episode);
    }
    fixture_close(&fixture);
}

static void test_garbage(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "}",
        "{}",
        "hello}",
        "{\n  \"phase\": \"task_execution\"",
        "{\n  \"phase\": \"task_execution\"}",
        "x {\n  \"phase\": \"task_execution\"}",
        "{\"phase\": \"task_execution\", \"task\": 1, \"api\": {\"base_url\": "
        "\"https://fhir.mock/\"}}",
        "{\"phase\": \"task_execution\", \"task\": {\"description\": \"MRN \", \"context\": "
        "\"Current time: \"}, \"api\": {\"base_url\": \"https://fhir.mock/\"}}",
        "{\"phase\": \"task_execution\", \"task\": {\"description\": \"MRN A 2 hours\", "
        "\"context\": \"Current time: 2023-99-13T10:15\"}, \"api\": {\"base_url\": "
        "\"https://fhir.mock/\"}}",
    };
    const grasp_task *task = mock_load("quickstart.so")->tasks[0];
    const grasp_rehearsal *rehearsal = task->extension(grasp_cstr(GRASP_EXT_REHEARSAL));
    struct mock_host *host = mock_host_create();
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(ask(host, "user", texts[i], 0), GRASP_E_UNSUPPORTED);
        assert_int_equal(host->message_count, 0);
        assert_int_equal(host->fail_code, 0);
    }
    grasp_rehearsal_request request = {.size = sizeof(request)};
    assert_int_equal(rehearsal->reply(mock_call(host), &request), GRASP_E_UNSUPPORTED);
    mock_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_about_half_at_first),  cmocka_unit_test(test_all_tags_named),
        cmocka_unit_test(test_each_tag_named),       cmocka_unit_test(test_each_tag_demanded),
        cmocka_unit_test(test_demand_beats_mention), cmocka_unit_test(test_near_misses),
        cmocka_unit_test(test_guidance_in_field),    cmocka_unit_test(test_pure),
        cmocka_unit_test(test_role_assistant),       cmocka_unit_test(test_not_its_own),
        cmocka_unit_test(test_task_names_no_tag),    cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
