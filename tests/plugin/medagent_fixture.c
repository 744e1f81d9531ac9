/* SPDX-License-Identifier: MIT */
#include "medagent_fixture.h"

#include <grasp/ext/http.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#include <cmocka.h>

int32_t clinic_try(struct clinic *clinic, enum version version, const char *options)
{
    *clinic =
        (struct clinic){.host = mock_host_create(),
                        .task = version == MEDAGENT_V1 ? &medagent_v1_task : &medagent_v2_task,
                        .version = version};
    char *config = mock_config(clinic->task->options, options);
    int32_t status = clinic->task->open(mock_call(clinic->host), grasp_cstr(config), &clinic->self);
    free(config);
    return status;
}

static void load(struct clinic *clinic, const char *split)
{
    struct mock_host *host = clinic->host;
    assert_int_equal(clinic->task->samples(mock_call(host), clinic->self, grasp_cstr(split)),
                     GRASP_OK);
    clinic->samples = realloc(clinic->samples, (clinic->count + host->json.count) * sizeof(char *));
    for (size_t i = 0; i < host->json.count; i++)
        clinic->samples[clinic->count++] = strdup(host->json.items[i].ptr);
}

void clinic_open(struct clinic *clinic, enum version version, const char *options)
{
    static const char *const splits[] = {"dev", "val", "id_test", "test"};
    int32_t status = clinic_try(clinic, version, options);
    if (status)
        fail_msg("open: %d: %s", status, mock_str(clinic->host->fail_text).ptr);
    for (int i = 0; i < 4; i++)
        load(clinic, splits[i]);
}

void clinic_close(struct clinic *clinic)
{
    for (size_t i = 0; i < clinic->count; i++)
        free(clinic->samples[i]);
    free(clinic->samples);
    clinic->task->close(mock_call(clinic->host), clinic->self);
    mock_host_destroy(clinic->host);
    *clinic = (struct clinic){0};
}

int clinic_type(const struct clinic *clinic, size_t sample)
{
    struct err err;
    CLEANUP_JSON struct json *object = json_parse(str_of(clinic->samples[sample]), &err);
    return atoi(json_str(json_get(object, "id")).ptr + 4);
}

char *clinic_data(void)
{
    const char *shared = getenv("GRASP_SHARED");
    char *path = mem_printf("%s/data", shared && *shared ? shared : SOURCE_ROOT "/../shared");
    CLEANUP_FREE char *file = mem_printf("%s/MedAgentBench/funcs_v1.json", path);
    if (file_exists(file))
        return path;
    free(path);
    return NULL;
}

static struct clinic_verdict grade(struct clinic *clinic, struct mock_episode *episode)
{
    struct clinic_verdict verdict = {0};
    mock_episode_grade(episode);
    verdict.correct = clinic->host->correct != 0;
    snprintf(verdict.tags, sizeof(verdict.tags), "%s", mock_str(clinic->host->tags).ptr);
    mock_episode_end(episode);
    return verdict;
}

struct clinic_verdict clinic_play(struct clinic *clinic, size_t sample, const char *guidance)
{
    struct mock_episode episode;
    mock_episode_begin(&episode, clinic->host, clinic->task, clinic->self, clinic->samples[sample]);
    mock_episode_rehearse(&episode, guidance);
    return grade(clinic, &episode);
}

struct clinic_verdict clinic_say(struct clinic *clinic, size_t sample, const char *const *replies)
{
    struct mock_episode episode;
    mock_episode_begin(&episode, clinic->host, clinic->task, clinic->self, clinic->samples[sample]);
    for (; *replies && !episode.done; replies++)
        mock_episode_say(&episode, *replies);
    assert_true(episode.done);
    return grade(clinic, &episode);
}

static int32_t request(grasp_call *call, const grasp_http_request *http,
                       grasp_http_response *response)
{
    struct clinic_answer *answer = mock_host_of(call)->context;
    answer->asked++;
    snprintf(answer->url, sizeof(answer->url), "%.*s", (int)http->url.len, http->url.ptr);
    if (answer->result)
        return grasp_fail(call, answer->result, "the server at fhir.example does not answer");
    response->status = answer->status;
    response->headers = grasp_format(call, "{\"content-type\": \"%s\"}", answer->type);
    response->body = grasp_cstr(answer->body);
    return GRASP_OK;
}

static const grasp_http http_table = {.size = sizeof(http_table), .request = request};

static const void *offer_http(struct mock_host *host, grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_HTTP) ? &http_table : NULL;
}

void clinic_open_remote(struct clinic *clinic, const char *options, struct clinic_answer *answer)
{
    clinic_open(clinic, MEDAGENT_V1, options);
    struct medagent *self = clinic->self;
    struct source was = self->source;
    clinic->host->extension = offer_http;
    clinic->host->context = answer;
    self->source = (struct source){.json = self->json, .reference = self->reference};
    assert_int_equal(source_open(mock_call(clinic->host), &self->source,
                                 grasp_cstr("http://fhir.example/fhir/")),
                     GRASP_OK);
    source_close(&was);
}

int32_t clinic_step(struct clinic *clinic, const char *text)
{
    void *episode = NULL;
    grasp_reply reply = {.size = sizeof(reply), .text = grasp_cstr(text)};
    assert_int_equal(clinic->task->begin(mock_call(clinic->host), clinic->self,
                                         grasp_cstr(clinic->samples[0]), 0, &episode),
                     GRASP_OK);
    int32_t status = clinic->task->step(mock_call(clinic->host), clinic->self, episode, &reply);
    /* What the step emitted is looked at afterwards; end() emits nothing. */
    clinic->task->end(NULL, clinic->self, episode);
    return status;
}
