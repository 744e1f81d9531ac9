/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "quickstart_fixture.h"

#include <cmocka.h>

#define SEARCH "GET https://fhir.mock/Observation?patient=S0000001&code=MG"

static void test_table(void **state)
{
    const grasp_plugin *plugin = mock_load("quickstart.so");
    assert_ptr_equal(plugin, mock_load("quickstart.so"));
    assert_int_equal(plugin->size, sizeof(*plugin));
    assert_int_equal(plugin->task_count, 1);
    assert_string_equal(plugin->tasks[0]->id, "quickstart");
    assert_non_null(plugin->tasks[0]->extension(grasp_cstr(GRASP_EXT_REHEARSAL)));
    assert_null(plugin->tasks[0]->extension(grasp_cstr("grasp.rehearsal/2")));
    assert_null(plugin->tasks[0]->extension(grasp_cstr("")));
}

static void test_closing_nothing(void **state)
{
    const grasp_task *task = mock_load("quickstart.so")->tasks[0];
    task->close(NULL, NULL);
    task->end(NULL, NULL, NULL);
}

static void check_split(struct fixture *fixture, const char *split, size_t count, size_t *first)
{
    char expected[32];
    fixture_load(fixture, split);
    assert_int_equal(fixture->count, count);
    for (size_t i = 0; i < count; i++) {
        static const char *const keys[] = {"id", "type", "description", "eval_MRN", "context"};
        for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
            char *value = fixture_member(fixture->samples[i], keys[k]);
            assert_int_not_equal(strlen(value), 0);
            free(value);
        }
        char *id = fixture_member(fixture->samples[i], "id");
        snprintf(expected, sizeof(expected), "task4_%zu", ++*first);
        assert_string_equal(id, expected);
        free(id);
    }
}

static void test_splits(void **state)
{
    struct fixture fixture;
    size_t number = 0;
    fixture_open(&fixture, NULL);
    check_split(&fixture, "dev", 20, &number);
    check_split(&fixture, "val", 10, &number);
    check_split(&fixture, "id_test", 10, &number);
    check_split(&fixture, "test", 10, &number);
    int32_t status =
        fixture.task->samples(mock_call(fixture.host), fixture.self, grasp_cstr("train"));
    mock_assert_failed(fixture.host, status, GRASP_E_NOT_FOUND);
    fixture_close(&fixture);
}

static void test_empty_split_is_not_there(void **state)
{
    struct fixture fixture;
    fixture_open(&fixture, "{\"id_test\": 0}");
    fixture.task->info(mock_call(fixture.host), fixture.self);
    mock_assert_contains(fixture.host->json.items[0], "\"splits\": [\"dev\", \"val\", \"test\"]");
    int32_t status =
        fixture.task->samples(mock_call(fixture.host), fixture.self, grasp_cstr("id_test"));
    mock_assert_failed(fixture.host, status, GRASP_E_NOT_FOUND);
    fixture_close(&fixture);
}

static void test_same_seed_same_samples(void **state)
{
    struct fixture one, two, other;
    fixture_open(&one, NULL);
    fixture_open(&two, "{\"seed\": 1}");
    fixture_open(&other, "{\"seed\": 2}");
    fixture_load(&one, "val");
    fixture_load(&two, "val");
    fixture_load(&other, "val");
    for (size_t i = 0; i < one.count; i++) {
        assert_string_equal(one.samples[i], two.samples[i]);
        assert_string_not_equal(one.samples[i], other.samples[i]);
    }
    fixture_close(&one);
    fixture_close(&two);
    fixture_close(&other);
}

static void test_many_samples(void **state)
{
    struct fixture fixture;
    fixture_open(&fixture, "{\"dev\": 20000, \"val\": 1, \"id_test\": 0, \"test\": 0}");
    fixture_load(&fixture, "dev");
    assert_int_equal(fixture.count, 20000);
    fixture_close(&fixture);
}

/* How many samples of the split are right with the answer -1. */
static size_t count_missing(struct fixture *fixture, const char *split)
{
    size_t missing = 0;
    fixture_load(fixture, split);
    for (size_t i = 0; i < fixture->count; i++) {
        struct mock_episode episode;
        mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self,
                           fixture->samples[i]);
        mock_episode_say(&episode, "FINISH([-1])");
        mock_episode_grade(&episode);
        assert_int_equal(fixture->host->correct, i % 2);
        missing += fixture->host->correct != 0;
        mock_episode_end(&episode);
    }
    return missing;
}

static void test_half_has_a_reading(void **state)
{
    struct fixture fixture;
    fixture_open(&fixture, NULL);
    assert_int_equal(count_missing(&fixture, "dev"), 10);
    assert_int_equal(count_missing(&fixture, "val"), 5);
    assert_int_equal(count_missing(&fixture, "id_test"), 5);
    assert_int_equal(count_missing(&fixture, "test"), 5);
    fixture_close(&fixture);
}

static void test_type_says_nothing(void **state)
{
    struct fixture fixture;
    size_t counts[2][2] = {{0}};
    fixture_open(&fixture, "{\"dev\": 400}");
    fixture_load(&fixture, "dev");
    for (size_t i = 0; i < fixture.count; i++) {
        char *type = fixture_member(fixture.samples[i], "type");
        counts[strcmp(type, "question") == 0][i % 2]++;
        free(type);
    }
    for (int type = 0; type < 2; type++)
        for (int kind = 0; kind < 2; kind++)
            assert_int_equal(counts[type][kind], 100);
    fixture_close(&fixture);
}

static void test_info(void **state)
{
    struct fixture fixture;
    fixture_open(&fixture, "{\"max_turns\": 5}");
    assert_int_equal(fixture.task->info(mock_call(fixture.host), fixture.self), GRASP_OK);
    assert_int_equal(fixture.host->json.count, 1);
    struct mock_text info = fixture.host->json.items[0];
    mock_assert_contains(info, "\"max_turns\": 5");
    mock_assert_contains(info, "\"guidance\": {\"placement\": \"recent\"}");
    mock_assert_contains(info, "\"family\": \"FHIR clinical lookup\"");
    mock_assert_contains(info, "\"stale_value_used\": \"");
    fixture_close(&fixture);
}

static void check_keys(const struct json *object, const char *const *keys)
{
    struct json_iter it = json_members(object);
    for (; *keys; keys++) {
        assert_true(json_next(&it));
        assert_true(str_is(it.key, *keys));
    }
    assert_false(json_next(&it));
}

static void test_first_message(void **state)
{
    static const char *const keys[] = {"phase",           "task", "behavioral_skills", "api",
                                       "response_format", NULL};
    static const char *const task_keys[] = {"description", "context", NULL};
    static const char *const format_keys[] = {"type", "options", "rules", NULL};
    struct fixture fixture;
    struct mock_episode episode;
    struct err err;
    struct buf again = {0};
    fixture_open(&fixture, NULL);
    fixture_load(&fixture, "dev");
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    assert_int_equal(episode.count, 1);
    assert_string_equal(episode.messages[0].role.ptr, "user");
    const char *text = episode.messages[0].content.ptr;
    struct json *document = json_parse(str_of(text), &err);
    assert_non_null(document);
    check_keys(document, keys);
    check_keys(json_get(document, "task"), task_keys);
    check_keys(json_get(document, "response_format"), format_keys);
    assert_true(str_is(json_str(json_get(document, "behavioral_skills")), ""));
    char *description = fixture_member(fixture.samples[0], "description");
    assert_non_null(strstr(text, description));
    free(description);
    json_write(&again, document, JSON_INDENT2 | JSON_ASCII);
    assert_string_equal(again.ptr, text);
    buf_free(&again);
    json_free(document);
    mock_episode_end(&episode);
    fixture_close(&fixture);
}

struct script {
    const char *replies[9]; /* NULL ends them */
    const char *status, *answer, *raw;
    const char *last_action; /* NULL: the last reply as it is */
};

static const struct script scripts[] = {
    {{SEARCH, "FINISH([2.1])"}, "completed", "[2.1]", "{\"reported_answer\": \"[2.1]\"}", NULL},
    {{"FINISH([2.1])."}, "completed", "[2.1])", "{\"reported_answer\": \"[2.1])\"}", NULL},
    {{"FINISH([2.1]"}, "completed", "[2.1", "{\"reported_answer\": \"[2.1\"}", NULL},
    {{"FINISH("}, "completed", "", "{\"reported_answer\": \"\"}", NULL},
    {{"FINISH()"}, "completed", "", "{\"reported_answer\": \"\"}", NULL},
    {{"FINISH([\"a\"])"}, "completed", "[\"a\"]", "{\"reported_answer\": \"[\\\"a\\\"]\"}", NULL},
    {{"FINISH ([2.1])"},
     "agent invalid action",
     "",
     "{\"reported_answer\": \"FINISH ([2.1])\"}",
     NULL},
    {{"finish([2.1])"},
     "agent invalid action",
     "",
     "{\"reported_answer\": \"finish([2.1])\"}",
     NULL},
    {{""}, "agent invalid action", "", "{\"reported_answer\": \"\"}", NULL},
    {{"The level is 2.1"},
     "agent invalid action",
     "",
     "{\"reported_answer\": \"The level is 2.1\"}",
     NULL},
    {{"```json\nFINISH([2.1])\n```"},
     "agent invalid action",
     "",
     "{\"reported_answer\": \"json\\nFINISH([2.1])\"}",
     "json\nFINISH([2.1])"},
    {{"```tool_code\nFINISH([2.1])\n```"},
     "completed",
     "[2.1]",
     "{\"reported_answer\": \"[2.1]\"}",
     "FINISH([2.1])"},
    {{"FIN```ISH([1])"}, "completed", "[1]", "{\"reported_answer\": \"[1]\"}", "FINISH([1])"},
    {{"FIN``"
      "```tool_code"
      "`ISH([1])"},
     "completed",
     "[1]",
     "{\"reported_answer\": \"[1]\"}",
     "FINISH([1])"},
    {{" \xc2\xa0\xe2\x80\x83\nFINISH([1])\xe3\x80\x80 "},
     "completed",
     "[1]",
     "{\"reported_answer\": \"[1]\"}",
     "FINISH([1])"},
    {{"POST", "FINISH([2.1])"}, "completed", "[2.1]", "{\"reported_answer\": \"[2.1]\"}", NULL},
    {{SEARCH, SEARCH, SEARCH, SEARCH, SEARCH, SEARCH, SEARCH, SEARCH},
     "task limit reached",
     "",
     "{}",
     NULL},
    {{SEARCH, SEARCH, SEARCH, SEARCH, SEARCH, SEARCH, SEARCH, "FINISH([2.1])"},
     "completed",
     "[2.1]",
     "{\"reported_answer\": \"[2.1]\"}",
     NULL},
};

static void play_script(struct fixture *fixture, const struct script *script)
{
    struct mock_episode episode;
    size_t turns = 0;
    mock_episode_begin(&episode, fixture->host, fixture->task, fixture->self, fixture->samples[0]);
    while (turns < 9 && script->replies[turns]) {
        assert_false(episode.done);
        mock_episode_say(&episode, script->replies[turns++]);
    }
    assert_true(episode.done);
    mock_assert_text(episode.status, script->status);
    mock_assert_text(episode.answer, script->answer);
    mock_assert_text(episode.raw, script->raw);
    assert_int_equal(episode.actions.count, turns);
    const char *action = script->last_action ? script->last_action : script->replies[turns - 1];
    mock_assert_text(episode.actions.items[turns - 1], action);
    size_t last_agent = episode.count - 1;
    while (strcmp(episode.messages[last_agent].role.ptr, "agent") != 0)
        last_agent--;
    mock_assert_text(episode.messages[last_agent].content, action);
    mock_episode_end(&episode);
}

static void test_protocol(void **state)
{
    struct fixture fixture;
    fixture_open_known(&fixture);
    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
        play_script(&fixture, &scripts[i]);
    fixture_close(&fixture);
}

static void test_replies(void **state)
{
    struct fixture fixture;
    struct mock_episode episode;
    fixture_open_known(&fixture);
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    mock_episode_say(&episode, SEARCH);
    mock_assert_contains(episode.messages[2].content, "\n{\"resourceType\": \"Bundle\", ");
    mock_assert_contains(episode.messages[2].content, "}. ");
    mock_assert_contains(episode.messages[2].content, "FINISH");
    mock_episode_say(&episode, "POST https://fhir.mock/Observation\nnot JSON");
    assert_int_equal(strncmp(episode.messages[4].content.ptr,
                             "POST request accepted and executed successfully", 47),
                     0);
    mock_episode_say(&episode, "GET https://fhir.mock/Condition?patient=S0000001");
    mock_assert_contains(episode.messages[6].content, ": unsupported resource: 'Condition'");
    mock_episode_end(&episode);
    fixture_close(&fixture);
}

static void test_context_limit(void **state)
{
    struct fixture fixture;
    struct mock_episode episode;
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_CONTEXT_LIMIT,
                         .text = grasp_cstr(""),
                         .finish_reason = grasp_cstr("")};
    fixture_open_known(&fixture);
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    mock_episode_step(&episode, &reply);
    assert_true(episode.done);
    mock_assert_text(episode.status, "agent context limit");
    mock_assert_text(episode.answer, "");
    mock_episode_grade(&episode);
    assert_int_equal(fixture.host->correct, 0);
    mock_episode_end(&episode);
    fixture_close(&fixture);
}

struct search {
    const char *url;
    int total;         /* -1: an error */
    const char *found; /* a part of the first resource, or of the error */
};

static const struct search searches[] = {
    {"https://fhir.mock/Observation?patient=S0000001&code=MG", 2, "\"id\": \"obs-0\""},
    {"https://fhir.mock/Observation?patient=S0000002", 3,
     "\"effectiveDateTime\": \"2023-11-12T12:15:00+00:00\""},
    {"https://fhir.mock/Observation?code=MG", 9, "obs-8"},
    {"https://fhir.mock/Observation", 9, "obs-8"},
    {"https://fhir.mock/Observation?patient=", 9, "obs-8"},
    {"https://fhir.mock/Observation?patient=S0000001&code=mg", 0, "\"entry\": []"},
    {"https://fhir.mock/Observation?patient=Patient/S0000001&code=MG", 0, "\"entry\": []"},
    {"https://fhir.mock/Observation?patient=S0000001&code=MG,K", 0, "\"entry\": []"},
    {"https://fhir.mock/Observation?patient=NOBODY&code=MG", 0, "\"entry\": []"},
    {"https://fhir.mock/Observation?patient=S0000001%26code=MG", 0, "\"entry\": []"},
    {"https://fhir.mock/Observation?patient=+S0000001", 0, "\"entry\": []"},
    {"https://fhir.mock/Observation?patient=S000000%31&code=M%47", 2, "obs-0"},
    {"https://fhir.mock/Observation?patient=S0000001&code=MG&date=ge2023-11-12", 2, "obs-1"},
    {"https://fhir.mock/Observation?patient=S0000001&code=MG&_count=1", 2, "obs-1"},
    {"https://fhir.mock/Observation?subject=S0000001&code=MG", 9, "obs-8"},
    {"https://fhir.mock/Observation?Patient=S0000001&CODE=MG", 2, "obs-0"},
    {"https://fhir.mock/Observation?patient=S0000001&patient=S0000002", 2, "obs-0"},
    {"https://fhir.mock/Observation/?patient=S0000001&code=MG", 2, "obs-0"},
    {"https://fhir.mock/Observation?patient=S0000001&code=MG#frag", 2, "obs-0"},
    {"https://fhir.mock/Observation?patient=S00\n00001&code=MG", 2, "obs-0"},
    {"https://fhir.mock/Observation/obs-0", 9, "obs-8"},
    {"Observation?patient=S0000001&code=MG", 2, "obs-0"},
    {"/Observation?patient=S0000001&code=MG", 2, "obs-0"},
    {"fhir:Observation?patient=S0000001&code=MG", 2, "obs-0"},
    {"http://localhost:8080/fhir/Observation?patient=S0000001&code=MG", 2, "obs-0"},
    {"x y Observation?patient=S0000001&code=MG", 2, "obs-0"},
    {"https://fhir.mock/foo?next=/Observation", 9, "obs-8"},
    {"https://fhir.mock/Patient?identifier=S0000001", 1, "\"family\": \"Aldous\""},
    {"https://fhir.mock/Patient?family=bloom", 1, "S0000002"},
    {"https://fhir.mock/Patient?given=MINA&birthdate=1951-02-03", 1, "S0000001"},
    {"https://fhir.mock/Patient?given=Mina&birthdate=1951-02", 0, "\"entry\": []"},
    {"https://fhir.mock/Patient?name=na%20ald", 1, "S0000001"},
    {"https://fhir.mock/Patient?name=Aldous%20Mina", 0, "\"entry\": []"},
    {"https://fhir.mock/Patient?gender=male&identifier=S0000001", 1, "S0000001"},
    {"https://fhir.mock/Patient/S0000001", 6, "Farrow"},
    {"Patient", 6, "Farrow"},
    {"https://fhir.mock/Condition?patient=S0000001", -1, "unsupported resource: 'Condition'"},
    {"https://fhir.mock/", -1, "unsupported resource: 'https://fhir.mock/'"},
    {"https://fhir.mock/?x=1", -1, "unsupported resource: 'https://fhir.mock/?x=1'"},
    {"garbage", -1, "unsupported resource: 'garbage'"},
    {"", -1, "unsupported resource: ''"},
};

static void test_search(void **state)
{
    struct fixture fixture;
    fixture_open_known(&fixture);
    for (size_t i = 0; i < sizeof(searches) / sizeof(*searches); i++) {
        struct mock_episode episode;
        char reply[256], total[64];
        mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
        snprintf(reply, sizeof(reply), "GET %s", searches[i].url);
        mock_episode_say(&episode, reply);
        mock_assert_contains(episode.messages[2].content, searches[i].found);
        snprintf(total, sizeof(total),
                 "\"type\": \"searchset\", \"total\": %d, \"entry\": ", searches[i].total);
        if (searches[i].total >= 0)
            mock_assert_contains(episode.messages[2].content, total);
        mock_episode_end(&episode);
    }
    fixture_close(&fixture);
}

static void test_resources(void **state)
{
    struct fixture fixture;
    struct mock_episode episode;
    fixture_open_known(&fixture);
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    mock_episode_say(&episode, SEARCH);
    mock_assert_contains(
        episode.messages[2].content,
        "{\"resource\": {\"resourceType\": \"Observation\", \"id\": \"obs-0\", \"status\": "
        "\"final\", \"code\": {\"text\": \"MG\", \"coding\": [{\"code\": \"MG\", \"display\": "
        "\"MG\"}]}, \"subject\": {\"reference\": \"Patient/S0000001\"}, \"effectiveDateTime\": "
        "\"2023-11-13T05:15:00+00:00\", \"valueQuantity\": {\"value\": 2.1, \"unit\": "
        "\"mg/dL\"}}}");
    mock_episode_say(&episode, "GET https://fhir.mock/Patient?identifier=S0000001");
    mock_assert_contains(
        episode.messages[4].content,
        "{\"resource\": {\"resourceType\": \"Patient\", \"id\": \"S0000001\", \"identifier\": "
        "[{\"use\": \"usual\", \"value\": \"S0000001\"}], \"name\": [{\"use\": \"official\", "
        "\"family\": \"Aldous\", \"given\": [\"Mina\"]}], \"birthDate\": \"1951-02-03\", "
        "\"gender\": \"female\"}}");
    mock_episode_end(&episode);
    fixture_close(&fixture);
}

static void test_pages_are_bounded(void **state)
{
    struct fixture fixture;
    struct mock_episode episode;
    fixture_open(&fixture, "{\"dev\": 3000}");
    fixture_load(&fixture, "dev");
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    mock_episode_say(&episode, "GET https://fhir.mock/Patient");
    mock_assert_contains(episode.messages[2].content, "\"total\": 3030,");
    assert_in_range(episode.messages[2].content.len, 50000, 250000);
    mock_episode_say(&episode, "GET https://fhir.mock/Observation?code=MG");
    assert_in_range(episode.messages[4].content.len, 50000, 250000);
    mock_episode_end(&episode);
    fixture_close(&fixture);
}

struct grading {
    int sample; /* of fixture_open_known, from 1 */
    const char *first, *second;
    int correct;
    const char *tags;
};

#define FIND(number) "GET https://fhir.mock/Observation?patient=S000000" #number "&code=MG"

static const struct grading gradings[] = {
    {1, FIND(1), "FINISH([2.1])", 1, ""},
    {1, FIND(1), "FINISH([ 2.10e0 ])", 1, ""},
    {1, "GET https://fhir.mock/Condition", "FINISH([2.1])", 1, ""},
    {1, "FINISH([2.1])", NULL, 1, ""},
    {2, FIND(4), "FINISH([-1])", 1, ""},
    {2, FIND(4), "FINISH([-1.0])", 1, ""},
    {3, FIND(2), "FINISH([2.4])", 1, ""},
    {4, FIND(5), "FINISH([-1])", 1, ""},
    {5, FIND(3), "FINISH([2.0])", 1, ""},
    {5, FIND(3), "FINISH([2])", 1, ""},
    {6, FIND(6), "FINISH([-1])", 1, ""},
    {6, FIND(6), "FINISH([1.7])", 0, "[\"stale_value_used\"]"},
    {1, FIND(1), "FINISH([1.8])", 0, "[\"stale_value_used\"]"},
    {2, FIND(4), "FINISH([1.9])", 0, "[\"stale_value_used\"]"},
    {3, FIND(2), "FINISH([1.9])", 0, "[\"older_value_used\"]"},
    {3, FIND(2), "FINISH([1.6])", 0, "[\"stale_value_used\"]"},
    {3, FIND(2), "FINISH([-1])", 0, "[\"sentinel_overused\"]"},
    {3, FIND(2), "FINISH([])", 0, "[\"sentinel_overused\"]"},
    {3, FIND(2), "FINISH([null])", 0, "[\"sentinel_overused\"]"},
    {3, FIND(2), "FINISH([2.5])", 0, "[\"wrong_value\"]"},
    {3, FIND(2), "FINISH([true])", 0, "[\"wrong_answer_form\"]"},
    {3, FIND(2), "FINISH(2.4)", 0, "[\"wrong_answer_form\"]"},
    {3, FIND(2), "FINISH([\"2.4\"])", 0, "[\"wrong_answer_form\"]"},
    {3, FIND(2), "FINISH([2.4, \"mg/dL\"])", 0, "[\"wrong_answer_form\"]"},
    {3, FIND(2), "FINISH([[2.4]])", 0, "[\"wrong_answer_form\"]"},
    {3, FIND(2), "FINISH({\"value\": 2.4})", 0, "[\"wrong_answer_form\"]"},
    {3, FIND(2), "FINISH([2.4 mg/dL])", 0, "[\"finish_not_json\"]"},
    {3, FIND(2), "FINISH(['2.4'])", 0, "[\"finish_not_json\"]"},
    {3, FIND(2), "FINISH([NaN])", 0, "[\"finish_not_json\"]"},
    {4, FIND(5), "FINISH([0])", 0, "[\"missing_not_reported\"]"},
    {4, FIND(5), "FINISH([null])", 0, "[\"missing_not_reported\"]"},
    {4, FIND(5), "FINISH(null)", 0, "[\"missing_not_reported\"]"},
    {4, FIND(5), "FINISH([])", 0, "[\"missing_not_reported\"]"},
    {4, FIND(5), "FINISH()", 0, "[\"missing_not_reported\"]"},
    {4, FIND(5), "FINISH([\"none\"])", 0, "[\"missing_not_reported\"]"},
    {4, FIND(5), "FINISH([2.2])", 0, "[\"missing_not_reported\"]"},
    {4, FIND(5), "FINISH(-1)", 0, "[\"wrong_answer_form\"]"},
    {3, "POST", "FINISH([2.4])", 0, "[\"answered_without_query\", \"read_only_task_used_post\"]"},
    {3, FIND(2), "FINISH([\"POST\"])", 0, "[\"read_only_task_used_post\", \"wrong_answer_form\"]"},
    {3, "FINISH([-1])", NULL, 0, "[\"answered_without_query\", \"sentinel_overused\"]"},
    {3, FIND(2), "2.4", 0, "[\"protocol_invalid\"]"},
    {3, "hello", NULL, 0, "[\"answered_without_query\", \"protocol_invalid\"]"},
};

static void test_grading(void **state)
{
    struct fixture fixture;
    fixture_open_known(&fixture);
    for (size_t i = 0; i < sizeof(gradings) / sizeof(*gradings); i++) {
        const struct grading *grading = &gradings[i];
        struct mock_episode episode;
        mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self,
                           fixture.samples[grading->sample - 1]);
        mock_episode_say(&episode, grading->first);
        if (grading->second)
            mock_episode_say(&episode, grading->second);
        mock_episode_grade(&episode);
        if (fixture.host->correct != grading->correct)
            fail_msg("case %zu: %s: %d", i, grading->first, fixture.host->correct);
        assert_true(fixture.host->score == grading->correct);
        mock_assert_text(fixture.host->tags, grading->tags);
        mock_episode_end(&episode);
    }
    fixture_close(&fixture);
}

static void test_no_finish(void **state)
{
    struct fixture fixture;
    struct mock_episode episode;
    fixture_open_known(&fixture);
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    while (!episode.done)
        mock_episode_say(&episode, SEARCH);
    assert_int_equal(episode.turns, 8);
    mock_episode_grade(&episode);
    assert_int_equal(fixture.host->correct, 0);
    mock_assert_text(fixture.host->tags, "[\"no_finish\"]");
    mock_assert_contains(fixture.host->detail, "\"expected\": [2.1]");
    mock_episode_end(&episode);
    fixture_close(&fixture);
}

/* In the last split, the window is wider: what is stale elsewhere is the answer here. */
static void test_wider_window(void **state)
{
    struct fixture fixture;
    size_t old = 0;
    fixture_open(&fixture, "{\"test\": 200}");
    fixture_load(&fixture, "test");
    for (size_t i = 0; i < fixture.count; i += 2) {
        struct mock_episode episode;
        mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[i]);
        mock_assert_contains(episode.messages[0].content, "48 hours");
        mock_episode_rehearse(&episode, "older_value_used sentinel_overused wrong_value no_finish "
                                        "finish_not_json wrong_answer_form protocol_invalid "
                                        "read_only_task_used_post answered_without_query");
        mock_episode_grade(&episode);
        assert_int_equal(fixture.host->correct, 1);
        old += strstr(episode.messages[2].content.ptr, "2023-11-13T") == NULL &&
               strstr(episode.messages[2].content.ptr, "2023-11-12T1") == NULL &&
               strstr(episode.messages[2].content.ptr, "2023-11-12T2") == NULL;
        mock_episode_end(&episode);
    }
    assert_in_range(old, 10, 90);
    fixture_close(&fixture);
}

static void test_preloaded(void **state)
{
    struct fixture fixture;
    struct err err;
    fixture_open(&fixture, "{\"query\": \"preloaded\"}");
    fixture_load(&fixture, "dev");
    for (size_t i = 0; i < fixture.count; i++) {
        struct mock_episode episode;
        struct buf again = {0};
        mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[i]);
        const char *text = episode.messages[0].content.ptr;
        struct json *document = json_parse(str_of(text), &err);
        assert_non_null(document);
        const struct json *result = json_get(document, "search_result");
        assert_int_equal(json_int(json_get(result, "total"), -1),
                         json_count(json_get(result, "entry")));
        json_write(&again, document, JSON_INDENT2 | JSON_ASCII);
        assert_string_equal(again.ptr, text);
        buf_free(&again);
        json_free(document);
        mock_episode_rehearse(&episode, NULL);
        assert_int_equal(episode.turns, 1);
        mock_episode_grade(&episode);
        assert_null(
            memmem(fixture.host->tags.ptr, fixture.host->tags.len, "answered_without_query", 22));
        mock_episode_end(&episode);
    }
    fixture_close(&fixture);
}

static void test_prompts_folder(void **state)
{
    struct fixture fixture;
    struct mock_episode episode;
    char options[4300];
    char *path = fixture_file("question.md", "Wie hoch? MRN {{mrn}}, {{hours}} h \"\xc3\xa4\"\n");
    snprintf(options, sizeof(options), "{\"prompts_dir\": \"%.*s\"}",
             (int)(strrchr(path, '/') - path), path);
    fixture_open(&fixture, options);
    fixture_load(&fixture, "dev");
    mock_episode_begin(&episode, fixture.host, fixture.task, fixture.self, fixture.samples[0]);
    mock_assert_contains(episode.messages[0].content, "Wie hoch? MRN S");
    mock_assert_contains(episode.messages[0].content, ", 24 h \\\"\\u00e4\\\"\"");
    mock_episode_end(&episode);
    fixture_close(&fixture);
    fixture_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_closing_nothing),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_empty_split_is_not_there),
        cmocka_unit_test(test_same_seed_same_samples),
        cmocka_unit_test(test_many_samples),
        cmocka_unit_test(test_half_has_a_reading),
        cmocka_unit_test(test_type_says_nothing),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_first_message),
        cmocka_unit_test(test_protocol),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_context_limit),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_pages_are_bounded),
        cmocka_unit_test(test_grading),
        cmocka_unit_test(test_no_finish),
        cmocka_unit_test(test_wider_window),
        cmocka_unit_test(test_preloaded),
        cmocka_unit_test(test_prompts_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
