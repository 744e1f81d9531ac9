/* SPDX-License-Identifier: MIT */
/* The verdict: the same text as the truth, else what the judge says. */
#include <ctype.h>
#include <math.h>

#include "answer.h"
#include "causes.h"
#include "common/slice.h"
#include "common/template.h"
#include "fhir_agent.h"
#include "outcome.h"
#include "status.h"
#include "tags.h"
#include "verdicts.h"

/* What of an answer the judge is shown. */
#define SHOWN_MAX 20000

struct grading {
    grasp_call *call;
    const struct fhir_agent *self;
    const grasp_json *json;
    const grasp_json_value *sample, *rollout;
    grasp_str answer, truth;
    char key[SHA256_HEX];
};

static grasp_str text_of(const struct grading *g, const grasp_json_value *object, const char *name)
{
    return g->json->as_string(g->json->get(object, grasp_cstr(name)));
}

/* What is left out of a key for lack of the judge's name is the same for all. */
static void make_key(struct grading *g)
{
    struct judged judged = {.question_id = text_of(g, g->sample, "id"),
                            .question = text_of(g, g->sample, "description"),
                            .truth = g->truth,
                            .answer = g->answer,
                            .model = g->self->judge_name};
    key_of_answer(&judged, g->key);
}

static int32_t read_all(struct grading *g, grasp_str sample, grasp_str rollout)
{
    g->json = g->self->json;
    g->sample = g->json->parse(g->call, sample, NULL);
    g->rollout = g->json->parse(g->call, rollout, NULL);
    if (!text_of(g, g->sample, "id").len)
        return grasp_fail(g->call, GRASP_E_INVALID, "the sample is no object with an 'id'");
    if (g->json->kind(g->json->get(g->rollout, SLICE("status"))) != GRASP_JSON_STRING)
        return grasp_fail(g->call, GRASP_E_INVALID, "the rollout is not an object with a 'status'");
    g->answer = text_of(g, g->rollout, "answer");
    g->truth = text_of(g, g->sample, "answer");
    make_key(g);
    return GRASP_OK;
}

static void put_figure(struct text *out, const char *name, double value)
{
    if (isnan(value))
        return;
    text_format(out, "%s\"%s\": ", out->ptr[out->len - 1] == '{' ? "" : ", ", name);
    text_double(out, value);
}

/* Figures beside the verdict, which never decide it; those that are not defined are left out. */
static void put_detail(const struct grading *g, const char *decided, struct text *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct retrieval found;
    struct strings truth;
    outcome_read(g->json, &pool, g->json->get(g->rollout, SLICE("raw")),
                 g->json->get(g->sample, SLICE("resources")), &found, &truth);
    text_format(out, "{\"decided_by\": \"%s\", \"judge_key\": \"%s\", \"figures\": {", decided,
                g->key);
    put_figure(out, "retrieval_recall", retrieval_recall(&found, &truth));
    put_figure(out, "retrieval_precision", retrieval_precision(&found, &truth));
    text_put(out, "}}");
}

/* The labels of the reference: the question's template and table. */
static void put_labels(const struct grading *g, struct text *out)
{
    const char *const names[] = {"template", "table"};
    text_char(out, '[');
    for (int i = 0; i < 2; i++) {
        grasp_str label = text_of(g, g->sample, names[i]);
        if (!label.len)
            continue;
        text_put(out, out->len > 1 ? ", " : "");
        text_json(out, label);
    }
    text_char(out, ']');
}

static int32_t decide(const struct grading *g, bool correct, const char *decided)
{
    struct text tags CLEANUP_TEXT = {0}, detail CLEANUP_TEXT = {0};
    struct failure failure = {g->json, g->self->strategy, g->sample, g->rollout};
    if (!correct && g->self->reference)
        put_labels(g, &tags);
    else if (!correct)
        tags_write(&tags, &fhir_agent_tags, causes_of(&failure));
    put_detail(g, decided, &detail);
    if (tags.failed || detail.failed)
        return grasp_fail(g->call, GRASP_E_NOMEM, "no memory for the verdict");
    grasp_verdict verdict = {.size = sizeof(verdict),
                             .correct = correct,
                             .score = correct,
                             .tags = text_view(&tags),
                             .detail = text_view(&detail)};
    return g->call->host->emit_verdict(g->call, &verdict);
}

/* Inside the tags of the prompt, from which an answer must not break out. */
static void put_shown(struct text *out, grasp_str text)
{
    text = utf8_prefix(text, SHOWN_MAX);
    for (size_t i = 0; i < text.len; i++) {
        bool tag = text.ptr[i] == '<' && i + 1 < text.len && text.ptr[i + 1] == '/';
        text_put(out, tag ? "< " : "");
        if (!tag)
            text_char(out, text.ptr[i]);
    }
}

static int32_t ask_judge(const struct grading *g)
{
    struct text prompt CLEANUP_TEXT = {0}, request CLEANUP_TEXT = {0}, answer CLEANUP_TEXT = {0};
    put_shown(&answer, g->answer);
    struct binding bindings[] = {{"question", text_of(g, g->sample, "description")},
                                 {"truth", g->truth},
                                 {"answer", text_view(&answer)},
                                 {NULL, SLICE("")}};
    template_fill(&prompt, g->self->judge_text, bindings);
    text_put(&request, "{\"role\": \"judge\", \"temperature\": 0, \"messages\": [{\"role\": "
                       "\"user\", \"content\": ");
    text_json(&request, text_view(&prompt));
    text_put(&request, "}]}");
    if (prompt.failed || request.failed)
        return grasp_fail(g->call, GRASP_E_NOMEM, "no memory for the judge's prompt");
    return g->call->host->emit_request(g->call, text_view(&request));
}

/* 1 or 0 at the start of the judge's words, -1 for neither. */
static int read_verdict(grasp_str text)
{
    text = slice_trim(text);
    while (text.len && text.ptr[0] && strchr("\"'`*", text.ptr[0]))
        text = slice_from(text, 1);
    if (!text.len || (text.ptr[0] != '0' && text.ptr[0] != '1'))
        return -1;
    if (text.len > 1 && isalnum((unsigned char)text.ptr[1]))
        return -1;
    return text.ptr[0] == '1';
}

/* Only the judge's own word makes an answer wrong. Where it gives none, there is no verdict. */
static int32_t take_verdict(const struct grading *g, const grasp_json_value *replies)
{
    const grasp_json_value *reply = g->json->at(replies, 0);
    grasp_str text = text_of(g, reply, "text"), error = text_of(g, reply, "error");
    if (g->self->reference && !error.len)
        return decide(g, grasp_starts(slice_trim(text), "1"), "judge");
    if (error.len)
        return grasp_fail(g->call, GRASP_E_UNAVAILABLE, "the judge gave no verdict: %.*s",
                          (int)utf8_prefix(error, 300).len, error.ptr);
    int verdict = read_verdict(text);
    if (verdict >= 0)
        return decide(g, verdict == 1, "judge");
    struct text line CLEANUP_TEXT = {0};
    text_line(&line, utf8_prefix(text, 100));
    return grasp_fail(g->call, GRASP_E_UNAVAILABLE,
                      "the judge answered '%s' where it has to begin with 1 or 0",
                      line.ptr ? line.ptr : "");
}

int32_t fhir_agent_grade(grasp_call *call, void *opaque, grasp_str sample, grasp_str rollout,
                         grasp_str judge)
{
    struct grading g = {.call = call, .self = opaque};
    int32_t status = read_all(&g, sample, rollout);
    if (status)
        return status;
    const grasp_json_value *replies = g.json->parse(call, judge, NULL);
    grasp_str end = text_of(&g, g.rollout, "status");
    bool completed = grasp_equal(end, STATUS_COMPLETED);
    if (grasp_equal(end, STATUS_ERROR) || !g.answer.len || (!completed && !g.self->judge_all))
        return decide(&g, false, "status");
    if (answer_equal(g.answer, g.truth) ||
        (!g.self->reference && answer_equal(answer_behind_marker(g.answer), g.truth)))
        return decide(&g, true, "match");
    int known = verdicts_find(g.self->verdicts, g.key);
    if (known >= 0)
        return decide(&g, known == 1, "verdicts");
    return g.json->count(replies) ? take_verdict(&g, replies) : ask_judge(&g);
}
