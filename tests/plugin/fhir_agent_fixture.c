/* SPDX-License-Identifier: MIT */
#include "fhir_agent_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "python_real.h"

#include <cmocka.h>

int32_t ward_try(struct ward *ward, const grasp_task *task, const char *options)
{
    *ward = (struct ward){.host = mock_host_create(), .task = task};
    real_python_serve(ward->host);
    char *config = mock_config(task->options, options);
    int32_t status = task->open(mock_call(ward->host), grasp_cstr(config), &ward->self);
    free(config);
    return status;
}

static void load(struct ward *ward, const char *split)
{
    struct mock_host *host = ward->host;
    assert_int_equal(ward->task->samples(mock_call(host), ward->self, grasp_cstr(split)), GRASP_OK);
    ward->samples = realloc(ward->samples, (ward->count + host->json.count) * sizeof(char *));
    for (size_t i = 0; i < host->json.count; i++)
        ward->samples[ward->count++] = strdup(host->json.items[i].ptr);
}

bool ward_open(struct ward *ward, const grasp_task *task, const char *options)
{
    static const char *const splits[] = {"dev", "val", "id_test"};
    int32_t status = ward_try(ward, task, options);
    if (status == GRASP_E_UNAVAILABLE) {
        print_message("skipped: %s\n", mock_str(ward->host->fail_text).ptr);
        ward_close(ward);
        return false;
    }
    if (status)
        fail_msg("open: %d: %s", status, mock_str(ward->host->fail_text).ptr);
    for (int i = 0; i < 3; i++)
        load(ward, splits[i]);
    assert_int_equal(task->info(mock_call(ward->host), ward->self), GRASP_OK);
    CLEANUP_JSON struct json *info = json_parse(str_of(ward->host->json.items[0].ptr), NULL);
    struct buf tools = {0};
    json_write(&tools, json_get(info, "tools"), 0);
    ward->tools = buf_steal(&tools);
    return true;
}

void ward_close(struct ward *ward)
{
    for (size_t i = 0; i < ward->count; i++)
        free(ward->samples[i]);
    free(ward->samples);
    free(ward->tools);
    ward->task->close(mock_call(ward->host), ward->self);
    real_python_close_all();
    mock_host_destroy(ward->host);
    *ward = (struct ward){0};
}

void ward_begin(struct ward *ward, struct mock_episode *episode, size_t sample)
{
    mock_episode_begin(episode, ward->host, ward->task, ward->self, ward->samples[sample]);
    if (!episode->tools)
        episode->tools = strdup(ward->tools);
}

void ward_call(struct mock_episode *episode, const char *tool, const char *arguments)
{
    CLEANUP_FREE char *calls =
        mem_printf("[{\"id\": \"c\", \"name\": \"%s\", \"arguments\": %s}]", tool, arguments);
    grasp_reply reply = {.size = sizeof(reply),
                         .text = grasp_cstr(""),
                         .tool_calls = grasp_cstr(calls),
                         .finish_reason = grasp_cstr("tool_calls")};
    mock_episode_step(episode, &reply);
}

const char *ward_shown(const struct mock_episode *episode)
{
    size_t at = episode->count;
    while (at && (episode->messages[at - 1].flags & GRASP_MESSAGE_RECORD_ONLY))
        at--;
    assert_true(at > 0);
    return episode->messages[at - 1].content.ptr;
}

static char *rehearsed_judge(struct mock_episode *episode, const char *request)
{
    const grasp_rehearsal *rehearsal = episode->task->extension(grasp_cstr(GRASP_EXT_REHEARSAL));
    CLEANUP_JSON struct json *object = json_parse(str_of(request), NULL);
    struct str prompt = json_str(json_path(object, "messages.0.content"));
    if (!prompt.len)
        prompt = json_str(json_get(json_at(json_get(object, "messages"), 0), "content"));
    grasp_message message = {
        .size = sizeof(message), .role = grasp_cstr("user"), .content = {prompt.ptr, prompt.len}};
    const grasp_message *list[] = {&message};
    grasp_rehearsal_request asked = {.size = sizeof(asked), .messages = list, .count = 1};
    assert_int_equal(rehearsal->reply(mock_call(episode->host), &asked), GRASP_OK);
    return strdup(episode->host->messages[0].content.ptr);
}

static int32_t grade(struct mock_episode *episode, const char *rollout, const char *judge)
{
    return episode->task->grade(mock_call(episode->host), episode->self,
                                grasp_cstr(episode->sample), grasp_cstr(rollout),
                                grasp_cstr(judge));
}

struct ward_verdict ward_grade(struct mock_episode *episode, const char *judge)
{
    struct mock_host *host = episode->host;
    struct ward_verdict out = {0};
    char *rollout = mock_episode_rollout(episode);
    out.status = grade(episode, rollout, "[]");
    out.asked = host->requests.count > 0;
    if (out.asked) {
        assert_false(host->has_verdict);
        char *said = judge ? strdup(judge) : rehearsed_judge(episode, host->requests.items[0].ptr);
        CLEANUP_BUF struct buf replies = {0};
        buf_text(&replies, "[{\"text\": ");
        json_write_str(&replies, str_of(said), 0);
        buf_text(&replies, ", \"error\": null}]");
        free(said);
        out.status = grade(episode, rollout, replies.ptr);
    }
    free(rollout);
    out.correct = host->correct != 0;
    snprintf(out.tags, sizeof(out.tags), "%s", mock_str(host->tags).ptr);
    snprintf(out.detail, sizeof(out.detail), "%s", mock_str(host->detail).ptr);
    return out;
}

struct ward_verdict ward_grade_end(struct mock_episode *episode, const char *judge)
{
    assert_true(episode->done);
    struct ward_verdict verdict = ward_grade(episode, judge);
    mock_episode_end(episode);
    return verdict;
}

void ward_write(const char *folder, const char *name, const void *data, size_t len)
{
    struct err err;
    CLEANUP_FREE char *path = file_join(folder, name);
    if (file_write_atomic(path, (struct str){data, len}, &err))
        fail_msg("%s", err.text);
}

#define PATIENT "{\"resourceType\": \"Patient\", \"id\": \"p1\", \"gender\": \"female\"}\n"
#define VISIT(id, kind)                                                                            \
    "{\"resourceType\": \"Encounter\", \"id\": \"" id "\", \"status\": \"finished\", \"meta\": "   \
    "{\"profile\": [\"x\"]}, \"text\": {\"status\": \"generated\"}, \"subject\": {\"reference\": " \
    "\"Patient/p1\"}, \"identifier\": [{\"system\": \"s/encounter-" kind                           \
    "\", \"value\": \"1\"}]}\n"
#define OTHER "{\"resourceType\": \"Patient\", \"id\": \"p2\", \"gender\": \"male\"}\n"
#define ROW(split, id, truth)                                                                      \
    split "," id ",\"What, is it?\"," truth ",\"a \"\"hint\"\"\",p1,"                              \
          "\"{'Encounter': ['e1', 'e2']}\",a template,admissions\n"

char *ward_folder(void)
{
    static const char resources[] = PATIENT OTHER VISIT("e1", "hosp") VISIT("e2", "icu");
    static const char questions[] = WARD_HEADER ROW("train", "q1", "[[2]]")
        ROW("valid", "q2", "[['F']]") ROW("test", "q3", "[]");
    const char *tmp = getenv("TMPDIR");
    char *folder = mem_printf("%s/fhir-agent-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    ward_write(folder, "all.ndjson", resources, sizeof(resources) - 1);
    ward_write(folder, "questions_answers_sql_fhir.csv", questions, sizeof(questions) - 1);
    return folder;
}

void ward_folder_remove(char *folder)
{
    file_remove_tree(folder, NULL);
    mem_free(folder);
}
