/* SPDX-License-Identifier: MIT */
#include "common/lesson.h"

#include "common/put.h"
#include "common/slice.h"

/* The agent's last words. */
static grasp_str last_words(const grasp_json *json, const grasp_json_value *history)
{
    for (uint64_t i = json->count(history); i-- > 0;) {
        const grasp_json_value *message = json->at(history, i);
        grasp_str role = member_text(json, message, "role");
        grasp_str content = slice_trim(member_text(json, message, "content"));
        if (content.len && (grasp_equal(role, "agent") || grasp_equal(role, "assistant")))
            return content;
    }
    return SLICE(NO_RESPONSE);
}

static grasp_str join_tags(struct pool *pool, const grasp_json *json, const grasp_json_value *tags)
{
    struct text out CLEANUP_TEXT = {0};
    for (uint64_t i = 0; i < json->count(tags); i++) {
        grasp_str tag = json->as_string(json->at(tags, i));
        if (tag.len && out.len)
            text_put(&out, ", ");
        text_line(&out, tag);
    }
    return pool_dup(pool, text_view(&out));
}

bool rollout_read(struct lesson *lesson, const grasp_json_value *value, struct rollout *out)
{
    const grasp_json *json = lesson->json;
    const grasp_json_value *sample = member_of(json, value, "sample");
    const grasp_json_value *answer = member_of(json, value, "answer");
    const grasp_json_value *expected = member_of(json, sample, "answer");
    const struct common_options *common = &lesson->self->common;
    *out = (struct rollout){
        .id = member_text(json, value, "sample_id"),
        .status = member_text(json, value, "status"),
        .error = member_text(json, value, "error"),
        .instruction = member_text(json, sample, "description"),
        .context = member_text(json, sample, "context"),
        .actions = member_of(json, value, "agent_actions"),
        .history = member_of(json, value, "history"),
        .used = member_of(json, value, "used"),
    };
    if (!out->instruction.len)
        out->instruction = member_text(json, sample, "instruction");
    out->available = json->as_bool(member_of(json, value, "available"), 1) && !out->error.len;
    out->correct = json->as_bool(member_of(json, value, "correct"), 0);
    out->has_answer = json->kind(answer) != GRASP_JSON_NULL;
    out->answer = value_text(lesson->call, answer);
    out->response = out->has_answer ? out->answer : last_words(json, out->history);
    if (common->show_answers && json->kind(expected) != GRASP_JSON_NULL) {
        out->has_expected = true;
        out->expected = value_text(lesson->call, expected);
    }
    if (common->show_tags && !out->correct)
        out->tags = join_tags(&lesson->pool, json, member_of(json, value, "failure_tags"));
    return out->id.len > 0;
}

bool rollout_failed(const struct rollout *rollout)
{
    return rollout->available && !rollout->correct;
}

grasp_str rollout_task(const struct rollout *rollout)
{
    return rollout->instruction.len ? rollout->instruction : rollout->id;
}

bool rollout_used(const struct lesson *lesson, const struct rollout *rollout, grasp_str id)
{
    const grasp_json *json = lesson->json;
    for (uint64_t i = 0; i < json->count(rollout->used); i++) {
        if (slice_eq(json->as_string(json->at(rollout->used, i)), id))
            return true;
    }
    return false;
}

int32_t lesson_open(grasp_call *call, const void *self, const grasp_lab *lab, grasp_str text,
                    struct lesson *out)
{
    const grasp_json *json = grasp_json_of(call);
    *out = (struct lesson){.call = call, .lab = lab, .json = json, .self = self};
    const grasp_json_value *batch = json->parse(call, text, NULL);
    const grasp_json_value *rollouts = member_of(json, batch, "rollouts");
    out->epoch = json->as_int(member_of(json, batch, "epoch"), -1);
    out->cycle = json->as_int(member_of(json, batch, "update_cycle"), -1);
    out->last = json->as_bool(member_of(json, batch, "last"), 0);
    if (out->epoch < 0 || out->cycle < 0 || json->kind(rollouts) != GRASP_JSON_ARRAY)
        return grasp_fail(call, GRASP_E_INVALID,
                          "the batch is not an object with epoch, update_cycle and rollouts");
    out->clock = pool_format(&out->pool, "epoch %lld, update %lld", (long long)out->epoch,
                             (long long)out->cycle);
    uint64_t count = json->count(rollouts);
    out->rollouts = pool_array(&out->pool, count, sizeof(*out->rollouts));
    for (uint64_t i = 0; i < count; i++) {
        if (!rollout_read(out, json->at(rollouts, i), &out->rollouts[out->count]))
            return grasp_fail(call, GRASP_E_INVALID, "rollout %llu of the batch has no sample_id",
                              (unsigned long long)i);
        out->count++;
    }
    return GRASP_OK;
}

void lesson_close(struct lesson *lesson)
{
    pool_free(&lesson->pool);
}

int32_t learner_learn(grasp_call *call, void *self, const grasp_lab *lab, const grasp_files *files,
                      const void *knowledge, grasp_str batch)
{
    struct lesson lesson CLEANUP_LESSON;
    int32_t status = lesson_open(call, self, lab, batch, &lesson);
    if (status)
        return status;
    lesson.file = learner_file(files, lesson.self->kind->names);
    return lesson.self->kind->learn(&lesson, self, files);
}

static void put_message(struct text *out, const char *role, grasp_str content)
{
    put_open(out, NULL, '{');
    put_string(out, "role", grasp_cstr(role));
    put_string(out, "content", content);
    put_close(out, '}');
}

static void put_request(struct text *out, const struct lesson *lesson,
                        const struct request *request)
{
    put_open(out, NULL, '{');
    put_open(out, "messages", '[');
    if (request->system.len)
        put_message(out, "system", request->system);
    put_message(out, "user", request->user);
    put_close(out, ']');
    put_string(out, "role", SLICE("writer"));
    text_put(out, ", \"temperature\": ");
    text_double(out, lesson->self->common.writer_temperature);
    put_close(out, '}');
}

static struct answer read_reply(struct lesson *lesson, const grasp_json_value *reply)
{
    const grasp_json_value *error = member_of(lesson->json, reply, "error");
    if (lesson->json->kind(error) == GRASP_JSON_NULL)
        return (struct answer){true, member_text(lesson->json, reply, "text")};
    grasp_str why = lesson->json->as_string(error);
    grasp_log(lesson->call, GRASP_LOG_WARNING, "a call to the writer failed: %.*s",
              why.len > 500 ? 500 : (int)why.len, why.ptr);
    return (struct answer){false, SLICE("")};
}

int32_t lesson_ask(struct lesson *lesson, const struct request *requests, size_t count,
                   struct answer *out)
{
    struct text text CLEANUP_TEXT = {0};
    grasp_str replies;
    if (count == 0)
        return GRASP_OK;
    put_open(&text, NULL, '[');
    for (size_t i = 0; i < count; i++)
        put_request(&text, lesson, &requests[i]);
    put_close(&text, ']');
    if (text.failed)
        return grasp_fail(lesson->call, GRASP_E_TOO_LARGE,
                          "the prompts for the writer are over 64 MiB");
    int32_t status = lesson->lab->complete(lesson->call, text_view(&text), &replies);
    if (status)
        return status;
    const grasp_json_value *array = lesson->json->parse(lesson->call, replies, NULL);
    for (size_t i = 0; i < count; i++)
        out[i] = read_reply(lesson, lesson->json->at(array, i));
    return GRASP_OK;
}

void round_add(struct lesson *lesson, struct round *round, grasp_str system, grasp_str user,
               const struct binding *bindings)
{
    POOL_RESERVE(&lesson->pool, round->requests, round->count, round->capacity);
    round->requests[round->count++] = (struct request){lesson_fill(lesson, system, bindings),
                                                       lesson_fill(lesson, user, bindings)};
}

int32_t round_ask(struct lesson *lesson, struct round *round)
{
    round->answers = pool_array(&lesson->pool, round->count, sizeof(*round->answers));
    return lesson_ask(lesson, round->requests, round->count, round->answers);
}

int32_t lesson_ask_one(struct lesson *lesson, grasp_str prompt, const struct binding *bindings,
                       struct answer *out)
{
    const struct request request = {SLICE(""), lesson_fill(lesson, prompt, bindings)};
    return lesson_ask(lesson, &request, 1, out);
}

grasp_str lesson_fill(struct lesson *lesson, grasp_str prompt, const struct binding *bindings)
{
    struct text out CLEANUP_TEXT = {0};
    const struct binding shared[] = {{"family", lesson->self->family},
                                     {"hints", lesson->self->hints},
                                     {"labels", lesson->self->labels},
                                     {NULL, SLICE("")}};
    size_t own = 0, common = sizeof(shared) / sizeof(*shared);
    while (bindings[own].name)
        own++;
    struct binding *all = pool_array(&lesson->pool, own + common, sizeof(*all));
    for (size_t i = 0; i < own + common; i++)
        all[i] = i < own ? bindings[i] : shared[i - own];
    template_fill(&out, prompt, all);
    return pool_dup(&lesson->pool, text_view(&out));
}

static int32_t too_large(struct lesson *lesson, const char *file)
{
    return grasp_fail(lesson->call, GRASP_E_TOO_LARGE, "%s: over 64 MiB", file);
}

int32_t lesson_note(struct lesson *lesson, const char *file, const struct text *json)
{
    return json->failed ? too_large(lesson, file)
                        : lesson->lab->note(lesson->call, grasp_cstr(file), text_view(json));
}

int32_t lesson_record(struct lesson *lesson, const char *file, const struct text *json)
{
    return json->failed ? too_large(lesson, file)
                        : lesson->lab->record(lesson->call, grasp_cstr(file),
                                              pretty_json(lesson->call, text_view(json)));
}

int32_t lesson_emit(struct lesson *lesson, const grasp_file *items, size_t count)
{
    const grasp_files files = {items, count};
    return lesson->call->host->emit_files(lesson->call, &files);
}
