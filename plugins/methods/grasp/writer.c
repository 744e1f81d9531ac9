/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "update.h"

#define TEXTS "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}}"

/* JSON Schemas of the answers. The root is an object, which is what endpoints take; the array of
 * edits is found inside it as it is elsewhere. */
static const char labels_form[] =
    "{\"type\": \"object\", \"properties\": {\"labels\": " TEXTS ", \"new_labels\": " TEXTS
    "}, \"required\": [\"labels\", \"new_labels\"]}";
#define EDIT                                                                                       \
    "{\"type\": \"object\", \"properties\": {\"action\": {\"type\": \"string\", \"enum\": "        \
    "[\"ADD\", \"MODIFY\", \"REMOVE\"]}, \"name\": {\"type\": \"string\"}, \"description\": "      \
    "{\"type\": \"string\"}, \"content\": {\"type\": \"string\"}, \"tags\": {\"type\": "           \
    "\"array\", \"items\": {\"type\": \"string\"}}}, \"required\": [\"action\", \"name\"]}"
static const char edits_form[] =
    "{\"type\": \"object\", \"properties\": {\"edits\": {\"type\": \"array\", \"items\": " EDIT
    "}}, \"required\": [\"edits\"]}";
static const char diagnosed_form[] =
    "{\"type\": \"object\", \"properties\": {\"diagnosis\": {\"type\": \"string\"}, "
    "\"edits\": {\"type\": \"array\", \"items\": " EDIT
    "}}, \"required\": [\"diagnosis\", \"edits\"]}";
static const char select_form[] = "{\"type\": \"object\", \"properties\": {\"edit\": {\"type\": "
                                  "\"integer\"}}, \"required\": [\"edit\"]}";

static const char *const forms[] = {
    [WRITER_LABELS] = labels_form, [WRITER_DIAGNOSES] = TEXTS,
    [WRITER_EDITS] = edits_form,   [WRITER_DIAGNOSED_EDITS] = diagnosed_form,
    [WRITER_SELECT] = select_form,
};

static void put_request(struct text *out, const struct update *u, grasp_str prompt,
                        enum writer_form form)
{
    text_put(out, "{\"messages\": [{\"role\": \"user\", \"content\": ");
    text_json(out, prompt);
    text_put(out, "}], \"role\": \"writer\"");
    if (u->self->options.has_temperature) {
        text_put(out, ", \"temperature\": ");
        text_double(out, u->self->options.temperature);
    }
    if (!u->self->options.reference) {
        text_put(out, ", \"json_schema\": ");
        text_put(out, forms[form]);
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

static int32_t ask(struct update *u, const grasp_str *prompts, size_t count, enum writer_form form,
                   grasp_str *out)
{
    struct text requests CLEANUP_TEXT = {0};
    grasp_str replies;
    text_char(&requests, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_put(&requests, ", ");
        put_request(&requests, u, prompts[i], form);
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

int32_t writer_ask(struct update *u, const grasp_str *prompts, size_t count, enum writer_form form,
                   grasp_str *out)
{
    if (!u->self->options.reference)
        return count ? ask(u, prompts, count, form, out) : GRASP_OK;
    for (size_t i = 0; i < count; i++) {
        int32_t status = ask(u, &prompts[i], 1, form, &out[i]);
        if (status)
            return status;
    }
    return GRASP_OK;
}
