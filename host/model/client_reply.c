/* SPDX-License-Identifier: MIT */
#include "model/client_internal.h"
#include "model/errors.h"
#include "model/quirk.h"

/* What happened, for people. problem: what is wrong with a reply that came with a good status. */
static void describe(struct buf *out, const struct exchange *x, const struct json *json,
                     const char *problem)
{
    struct chat_config shown = x->model->config;
    const struct chat_config *config = &shown;
    if (x->auth.secrets)
        shown.secrets = x->auth.secrets;
    buf_printf(out, "POST %s: ", config->shown_url);
    if (x->http.end != HTTP_DONE) {
        failure_text(out, str_of(x->http.error), config);
        return;
    }
    buf_printf(out, "HTTP %d", x->http.status);
    if (problem) {
        buf_text(out, ", but ");
        failure_text(out, str_of(problem), config);
    }
    buf_text(out, ": ");
    failure_words(out, json, buf_view(&x->http.body_in), config);
}

/* What is wrong with a completion that could be read, or NULL. One without content that ran out of
 * tokens is the model's own answer. */
static const char *fault_of_answer(const struct exchange *x, enum failure_class *out_class)
{
    const struct model_reply *reply = &x->call->reply;
    if (str_is(reply->finish_reason, "error")) {
        *out_class = FAILURE_ERROR_REPLY;
        return "the completion ended in an error";
    }
    if (reply->kind != MODEL_TEXT || reply->text.len || reply->tool_calls.len ||
        x->model->config.accept_empty || str_is(reply->finish_reason, "length"))
        return NULL;
    *out_class = FAILURE_EMPTY;
    return "the message has no content";
}

bool client_read_reply(struct exchange *x, struct failure *out, struct buf *text)
{
    struct model *model = x->model;
    struct str body = buf_view(&x->http.body_in);
    struct err err = {0};
    const char *problem = NULL;
    if (x->http.end != HTTP_DONE) {
        *out = failure_of_end(x->http.end, successes(model) > 0);
        describe(text, x, NULL, NULL);
        return false;
    }
    CLEANUP_JSON struct json *json = json_parse(body, &err);
    if (x->http.status / 100 == 2) {
        if (!json && quirk_is_stream(body)) {
            /* Not a server of streams, only out of order, if another request can show that. */
            bool odd = x->attempts == 1 || successes(model) > 0;
            *out = failure_of_class(odd ? FAILURE_MALFORMED : FAILURE_UNSUPPORTED, odd);
            out->hint = quirk_hint(STR("only supports stream"));
            describe(text, x, NULL, "the reply is a stream of events");
            return false;
        }
        if (!json && err.code)
            problem = "the reply is not JSON";
        else if (json_is(json_get(json, "error"), JSON_NULL) ||
                 json_get(json, model->config.wire->answer))
            problem = wire_decode(&model->config, &x->call->request, json, x->call->arena,
                                  &x->call->reply);
        else
            problem = "the reply is an error";
        enum failure_class which;
        const char *fault = problem ? NULL : fault_of_answer(x, &which);
        if (!problem && !fault)
            return true;
        if (fault) {
            *out = failure_of_class(which, successes(model) > 0);
            describe(text, x, json, fault);
            return false;
        }
    }
    *out = failure_of_reply(x->http.status, json, body, &model->config, successes(model) > 0);
    if (!out->hint && x->http.status / 100 == 4)
        out->hint = quirk_hint(body);
    describe(text, x, json, problem);
    return false;
}
