/* SPDX-License-Identifier: MIT */
/* Splits, and the first messages of the benchmark's own tasks. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "golden_medagent.h"
#include "plugin/mock_episode.h"
#include "tasks/medagent/medagent.h"
#include "tasks/medagent/splits.h"

static void check_split(struct golden *g, const char *version, const char *name,
                        const uint32_t *places, size_t count)
{
    CLEANUP_FREE char *path = mem_printf("splits.%s.%s", version, name);
    CLEANUP_JSON struct json *ids = json_new_array();
    for (size_t i = 0; i < count; i++) {
        CLEANUP_FREE char *id = mem_printf("task%u_%u", places[i] / SAMPLES_PER_TYPE + 1,
                                           places[i] % SAMPLES_PER_TYPE + 1);
        json_push(ids, json_new_str(str_of(id)));
    }
    golden_case(g, "splits");
    golden_expect_json(g, path, ids, json_path(g->root, path));
}

static void check_splits(struct golden *g, enum version version)
{
    struct split_places places;
    const char *name = version == MEDAGENT_V1 ? "v1" : "v2";
    split_draw(version, &places);
    check_split(g, name, "dev", places.dev, SPLIT_DEV);
    check_split(g, name, "val", places.val, SPLIT_VAL);
    check_split(g, name, "id_test", places.id_test, SPLIT_ID_TEST);
    check_split(g, name, "test", places.test, SPLIT_TEST);
}

struct prompter {
    struct mock_host *host;
    const grasp_task *task;
    void *self;
    struct json *tasks;  /* of the benchmark's file; NULL: it is not there */
    const char *wording; /* folder with the reference's response_format.json, or NULL */
};

static bool prompter_open(struct prompter *p, enum version version, const char *data)
{
    bool v1 = version == MEDAGENT_V1;
    struct err err;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = mem_printf("%s/%s", data,
                                         v1 ? "MedAgentBench/test_data_v2.json"
                                            : "MedAgentBench-v2/new_patient_tasks.json");
    *p = (struct prompter){.wording = getenv("MEDAGENT_PROMPTS")};
    if (!file_exists(path) || file_read(path, 1 << 24, &text, &err))
        return false;
    CLEANUP_FREE char *options =
        p->wording ? mem_printf("{\"compat\": \"reference\", \"data\": \"%s\", \"prompts_dir\": "
                                "\"%s\"}",
                                data, p->wording)
                   : mem_printf("{\"compat\": \"reference\", \"data\": \"%s\"}", data);
    p->tasks = json_parse(buf_view(&text), &err);
    p->host = mock_host_create();
    p->task = v1 ? &medagent_v1_task : &medagent_v2_task;
    char *config = mock_config(p->task->options, options);
    int32_t status = p->task->open(mock_call(p->host), grasp_cstr(config), &p->self);
    free(config);
    if (status)
        printf("%s\n", mock_str(p->host->fail_text).ptr);
    return status == GRASP_OK;
}

static void prompter_close(struct prompter *p)
{
    if (p->self)
        p->task->close(mock_call(p->host), p->self);
    if (p->host)
        mock_host_destroy(p->host);
    json_free(p->tasks);
}

static size_t count_characters(struct mock_text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* The rules for the agent are in our words, so the message differs from the reference's in them and
 * nowhere else: by the same number of characters in all messages. With the reference's words in
 * $MEDAGENT_PROMPTS it must be the same, byte for byte. */
static void check_prompt(struct golden *g, struct prompter *p, const struct json *c, int64_t *delta)
{
    struct mock_episode episode;
    CLEANUP_BUF struct buf sample = {0};
    json_write(&sample, json_at(p->tasks, (size_t)json_int(json_get(c, "index"), 0)), 0);
    mock_episode_begin(&episode, p->host, p->task, p->self, sample.ptr);
    struct mock_text text = episode.messages[0].content;
    if (p->wording) {
        char hex[HASH_HEX];
        hash_sha256_hex((struct str){text.ptr, text.len}, hex);
        golden_expect_str(g, "sha256", str_of(hex), json_str(json_get(c, "sha256")));
    } else {
        int64_t here = json_int(json_get(c, "chars"), 0) - (int64_t)count_characters(text);
        if (*delta == INT64_MIN)
            *delta = here;
        golden_expect_int(g, "characters of the rules, reference's less ours", here, *delta);
    }
    mock_episode_end(&episode);
}

static void check_prompts(struct golden *g, enum version version, int64_t *delta)
{
    const char *shared = getenv("GRASP_SHARED");
    CLEANUP_FREE char *data = mem_printf("%s/data", shared && *shared ? shared : "../shared");
    struct prompter p;
    bool there = prompter_open(&p, version, data);
    golden_section(g, version == MEDAGENT_V1 ? "prompt_hashes.v1" : "prompt_hashes.v2");
    for (const struct json *c; (c = golden_next(g));) {
        if (there)
            check_prompt(g, &p, c, delta);
        else
            golden_skip(g, "the benchmark's own files are not there");
    }
    prompter_close(&p);
}

void golden_data_sections(struct golden *g)
{
    int64_t delta = INT64_MIN;
    check_splits(g, MEDAGENT_V1);
    check_splits(g, MEDAGENT_V2);
    check_prompts(g, MEDAGENT_V1, &delta);
    check_prompts(g, MEDAGENT_V2, &delta);
}
