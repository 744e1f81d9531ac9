/* SPDX-License-Identifier: MIT */
/* A task that keeps every rule, for the plugins here to break one: two numbers are to be added, in
 * two turns. The file that includes this names what it replaces (TASK_STEP and so on) and then
 * includes base/task_table.h. */
#include <grasp/grasp.h>
#include <stdlib.h>

struct episode {
    int turns;
    long sum;
};

__attribute__((unused)) static int32_t good_open(grasp_call *call, grasp_str config,
                                                 void **out_self)
{
    const grasp_json *json = grasp_json_of(call);
    if (json->kind(json->parse(call, config, NULL)) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object");
    *out_self = malloc(16);
    return *out_self ? GRASP_OK : grasp_fail(call, GRASP_E_NOMEM, "no memory");
}

__attribute__((unused)) static int32_t good_info(grasp_call *call, void *self)
{
    (void)self;
    return call->host->emit_json(call, grasp_cstr("{\"name\": \"adding\", \"splits\": [\"dev\", "
                                                  "\"val\"], \"max_turns\": 4}"));
}

static int32_t sample_at(grasp_call *call, int i)
{
    return call->host->emit_json(
        call, grasp_format(call, "{\"id\": \"add_%d\", \"a\": %d, \"b\": %d}", i, 3 * i, i + 1));
}

__attribute__((unused)) static int32_t good_samples(grasp_call *call, void *self, grasp_str split)
{
    int first = grasp_equal(split, "dev") ? 0 : 4;
    (void)self;
    if (!grasp_equal(split, "dev") && !grasp_equal(split, "val"))
        return grasp_fail(call, GRASP_E_NOT_FOUND, "no such split");
    for (int i = first; i < first + 4; i++) {
        int32_t status = sample_at(call, i);
        if (status)
            return status;
    }
    return GRASP_OK;
}

static int32_t sum_of(grasp_call *call, grasp_str sample, long *out)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *object = json->parse(call, sample, NULL);
    grasp_json_value *a = json->get(object, grasp_cstr("a"));
    grasp_json_value *b = json->get(object, grasp_cstr("b"));
    if (json->kind(a) != GRASP_JSON_INT || json->kind(b) != GRASP_JSON_INT)
        return grasp_fail(call, GRASP_E_INVALID, "the sample has no numbers a and b");
    *out = (long)(json->as_int(a, 0) + json->as_int(b, 0));
    return GRASP_OK;
}

__attribute__((unused)) static int32_t good_begin(grasp_call *call, void *self, grasp_str sample,
                                                  uint64_t seed, void **out_episode)
{
    long sum = 0;
    int32_t status = sum_of(call, sample, &sum);
    struct episode *episode;
    (void)self, (void)seed;
    if (status)
        return status;
    if (!(episode = calloc(1, sizeof(*episode))))
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    episode->sum = sum;
    *out_episode = episode;
    return grasp_say(call, "user", grasp_format(call, "Which two numbers make %ld?", sum));
}

__attribute__((unused)) static int32_t good_step(grasp_call *call, void *self, void *opaque,
                                                 const grasp_reply *reply)
{
    struct episode *episode = opaque;
    uint64_t len = reply->text.len < 40 ? reply->text.len : 0;
    (void)self;
    if (episode->turns++ == 0)
        return grasp_say(call, "user", grasp_format(call, "Say it again: %ld.", episode->sum));
    grasp_str answer = {reply->text.ptr, len};
    return grasp_done(call, "completed", answer, "{}");
}

__attribute__((unused)) static void good_end(grasp_call *call, void *self, void *episode)
{
    (void)call, (void)self;
    free(episode);
}

__attribute__((unused)) static int32_t good_grade(grasp_call *call, void *self, grasp_str sample,
                                                  grasp_str rollout, grasp_str judge)
{
    grasp_str answer = grasp_json_string(call, rollout, "answer");
    long sum = 0;
    int32_t status = sum_of(call, sample, &sum);
    (void)self, (void)judge;
    if (status)
        return status;
    return grasp_judge(call, answer.len && strtol(answer.ptr, NULL, 10) == sum, "[\"wrong_sum\"]");
}

__attribute__((unused)) static void good_close(grasp_call *call, void *self)
{
    (void)call;
    free(self);
}
