/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "update.h"

static void put_request(struct text *out, const struct update *u, grasp_str prompt)
{
    text_put(out, "{\"messages\": [{\"role\": \"user\", \"content\": ");
    text_json(out, prompt);
    text_put(out, "}], \"role\": \"writer\"");
    if (u->self->options.has_temperature) {
        text_put(out, ", \"temperature\": ");
        text_double(out, u->self->options.temperature);
    }
    text_char(out, '}');
}

static grasp_str reply_text(struct update *u, const grasp_json_value *reply)
{
    const grasp_json_value *error = u->json->get(reply, grasp_cstr("error"));
    if (u->json->kind(error) == GRASP_JSON_NULL)
        return u->json->as_string(u->json->get(reply, grasp_cstr("text")));
    grasp_str why = u->json->as_string(error);
    grasp_log(u->call, GRASP_LOG_WARNING, "a call to the writer failed: %.*s",
              why.len > 500 ? 500 : (int)why.len, why.ptr);
    return SLICE("");
}

static int32_t ask(struct update *u, const grasp_str *prompts, size_t count, grasp_str *out)
{
    struct text requests CLEANUP_TEXT = {0};
    grasp_str replies;
    text_char(&requests, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_put(&requests, ", ");
        put_request(&requests, u, prompts[i]);
    }
    text_char(&requests, ']');
    if (requests.failed)
        return grasp_fail(u->call, GRASP_E_TOO_LARGE,
                          "the prompts for the writer are over 64 MiB; lower update_every");
    int32_t status = u->lab->complete(u->call, text_view(&requests), &replies);
    if (status)
        return status;
    const grasp_json_value *array = u->json->parse(u->call, replies, NULL);
    for (size_t i = 0; i < count; i++)
        out[i] = reply_text(u, u->json->at(array, i));
    return GRASP_OK;
}

int32_t writer_ask(struct update *u, const grasp_str *prompts, size_t count, grasp_str *out)
{
    if (!u->self->options.reference)
        return count ? ask(u, prompts, count, out) : GRASP_OK;
    for (size_t i = 0; i < count; i++) {
        int32_t status = ask(u, &prompts[i], 1, &out[i]);
        if (status)
            return status;
    }
    return GRASP_OK;
}
