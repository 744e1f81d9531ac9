/* SPDX-License-Identifier: MIT */
/*
 * os_gold DATA ROOT [KEY...]: answers every problem of AgentBench's OS Interaction as its data
 * does, on real machines: the output of the example, run apart from the shell, or the text to
 * match. DATA "own": our own problems, played by the rehearsal with all its flaws talked out of it.
 * ROOT "system": machines from this system's /usr. Prints one line per problem that is not
 * passed, and last "N passed, N failed, N not available".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "mock_episode.h"
#include "os_real.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/os/os.h"
#include "tasks/agentbench/os/tags.h"

struct count {
    int passed, failed, missing;
};

static struct os *open_task(struct mock_host *host, const char *data, const char *root)
{
    void *self = NULL;
    CLEANUP_BUF struct buf given = {0};
    buf_text(&given, "{\"max_turns\": 8");
    if (strcmp(data, "own") != 0)
        buf_printf(&given, ", \"data\": \"%s\"", data);
    else
        buf_text(&given, ", \"protocol\": \"text\"");
    if (strcmp(root, "system") != 0)
        buf_printf(&given, ", \"root\": \"%s\"", root);
    const char *engine = getenv("OS_ENGINE");
    if (engine)
        buf_printf(&given, ", \"engine\": \"%s\"", engine);
    buf_char(&given, '}');
    char *config = mock_config(agentbench_os_task.options, given.ptr);
    real_machines_serve(host);
    int32_t status = os_open(mock_call(host), grasp_cstr(config), &self);
    if (status)
        fprintf(stderr, "os_gold: %s\n", host->fail_text.ptr);
    free(config);
    return status ? NULL : self;
}

/* What the example prints, without blanks around it. */
static void run_example(struct mock_host *host, const struct problem *problem, struct buf *out)
{
    const char *argv[] = {"bash", "-c", problem->example.code.ptr, NULL};
    struct machine_result result = {0};
    struct err err;
    if (problem->has_match) {
        buf_add(out, problem->match.pattern.ptr, problem->match.pattern.len);
        return;
    }
    if (!problem->example.present ||
        machine_run(real_machine(host), &(struct machine_command){.argv = argv}, &result, &err))
        return;
    buf_str(out, str_trim(buf_view(&result.out)));
    machine_result_clear(&result);
}

static bool answer(struct mock_host *host, struct os *self, void *episode, struct str text)
{
    CLEANUP_BUF struct buf calls = {0};
    buf_text(&calls, "[{\"id\": \"c1\", \"name\": \"answer_action\", \"arguments\": {\"answer\": ");
    json_write_str(&calls, text, 0);
    buf_text(&calls, "}}]");
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = grasp_cstr(""),
                         .tool_calls = {calls.ptr, calls.len},
                         .finish_reason = grasp_cstr("stop")};
    if (os_step(mock_call(host), self, episode, &reply))
        return false;
    return host->raw.ptr && strstr(host->raw.ptr, "{\"result\": true");
}

static void play_data(struct mock_host *host, struct os *self, const struct problem *problem,
                      struct count *count)
{
    void *episode = NULL;
    CLEANUP_BUF struct buf sample = {0}, text = {0};
    buf_printf(&sample, "{\"id\": \"%s\"}", problem->key.ptr);
    if (os_begin(mock_call(host), self, grasp_cstr(sample.ptr), 1, &episode)) {
        printf("%s not available: %s\n", problem->key.ptr, host->fail_text.ptr);
        count->missing++;
        return;
    }
    run_example(host, problem, &text);
    bool right = answer(host, self, episode, buf_view(&text));
    if (!right)
        printf("%s failed: %s %s\n", problem->key.ptr, host->raw.ptr ? host->raw.ptr : "",
               host->fail_text.ptr ? host->fail_text.ptr : "");
    count->passed += right;
    count->failed += !right;
    os_end(mock_call(host), self, episode);
}

static void play_own(struct mock_host *host, struct os *self, const struct problem *problem,
                     struct count *count)
{
    struct mock_episode episode;
    CLEANUP_BUF struct buf sample = {0}, guidance = {0};
    buf_printf(&sample, "{\"id\": \"%s\"}", problem->key.ptr);
    buf_text(&guidance, "Avoid ");
    for (int tag = 0; tag < OS_TAG_COUNT; tag++)
        buf_printf(&guidance, "%s ", os_tags.tags[tag].name);
    mock_episode_begin(&episode, host, &agentbench_os_task, self, sample.ptr);
    mock_episode_rehearse(&episode, guidance.ptr);
    mock_episode_grade(&episode);
    if (!host->correct)
        printf("%s failed: %s\n", problem->key.ptr, episode.raw.ptr);
    count->passed += host->correct != 0;
    count->failed += host->correct == 0;
    mock_episode_end(&episode);
}

static bool is_wanted(const struct problem *problem, char **keys)
{
    bool wanted = !*keys;
    for (; *keys; keys++)
        wanted |= strcmp(*keys, problem->key.ptr) == 0;
    return wanted;
}

/* Samples that no split names are tried too. */
static void name_all(struct os *self)
{
    struct os_dataset *set = &self->set;
    struct os_split *split = &set->splits[0];
    split->samples = pool_array(&set->pool, set->count, sizeof(*split->samples));
    for (split->count = 0; split->count < set->count; split->count++)
        split->samples[split->count] = (struct os_sample){
            &set->problems[split->count], set->problems[split->count].key, grasp_cstr("{}")};
}

int main(int argc, char **argv)
{
    struct count count = {0};
    if (argc < 3) {
        fprintf(stderr, "usage: os_gold DATA|own ROOT|system [KEY...]\n");
        return 2;
    }
    struct mock_host *host = mock_host_create();
    struct os *self = open_task(host, argv[1], argv[2]);
    if (!self)
        return 77;
    name_all(self);
    bool own = strcmp(argv[1], "own") == 0;
    for (size_t i = 0; i < self->set.count; i++) {
        const struct problem *problem = &self->set.problems[i];
        if (is_wanted(problem, argv + 3))
            (own ? play_own : play_data)(host, self, problem, &count);
        fflush(stdout);
    }
    printf("%d passed, %d failed, %d not available\n", count.passed, count.failed, count.missing);
    os_close(mock_call(host), self);
    mock_host_destroy(host);
    return count.failed ? 1 : 0;
}
