/* SPDX-License-Identifier: MIT */
#include "grader.h"

#include <grasp/helpers.h>
#include <strings.h>

#include "common/slice.h"

bool need(struct grader *g, bool holds, enum tag tag)
{
    if (!holds) {
        g->failed = true;
        g->tags |= TAG_BIT(tag);
    }
    return holds;
}

void unusable(struct grader *g)
{
    need(g, false, TAG_EVIDENCE_UNUSABLE);
}

bool need_read_only(struct grader *g)
{
    return need(g, !g->posts->attempted, TAG_READ_ONLY_TASK_USED_POST);
}

static bool list_resources(struct grader *g, const grasp_json_value *entries, struct found *out)
{
    out->count = g->json->count(entries);
    out->items = g->call->host->scratch(g->call, (out->count + 1) * sizeof(*out->items));
    if (!out->items) {
        unusable(g);
        return false;
    }
    for (uint64_t i = 0; i < out->count; i++)
        out->items[i] = g->json->get(g->json->at(entries, i), SLICE("resource"));
    return true;
}

bool find(struct grader *g, size_t query, struct found *out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str queries[EVIDENCE_MAX];
    size_t count = evidence_queries(&pool, g->sample, queries);
    const grasp_json_value *entry =
        query < count ? evidence_find(g->json, g->evidence, queries[query]) : NULL;
    if (g->asked && query < count)
        g->asked(g->context, queries[query]);
    bool plain = g->json->as_bool(g->json->get(entry, SLICE("plain_json")), 0);
    if (!entry || g->json->as_int(g->json->get(entry, SLICE("status")), 0) >= 400 ||
        (plain && g->reference && g->sample->version == MEDAGENT_V1)) {
        unusable(g);
        return false;
    }
    return list_resources(g, g->json->get(entry, SLICE("entry")), out);
}

bool read_time(struct grader *g, const grasp_json_value *value, struct when *out)
{
    bool read = g->json->kind(value) == GRASP_JSON_STRING &&
                when_read(g->json->as_string(value), !g->reference, out);
    if (!read)
        unusable(g);
    return read;
}

int64_t minus(struct grader *g, struct when a, struct when b)
{
    if (a.aware != b.aware)
        unusable(g);
    return a.micros - b.micros;
}

bool read_observation(struct grader *g, const grasp_json_value *resource, struct reading *out)
{
    const grasp_json *json = g->json;
    const grasp_json_value *quantity = json->get(resource, SLICE("valueQuantity"));
    out->time_value = json->get(resource, SLICE("effectiveDateTime"));
    out->value = json->get(quantity, SLICE("value"));
    if (!read_time(g, out->time_value, &out->time))
        return false;
    if (py_is_null(json, out->value)) {
        unusable(g);
        return false;
    }
    return true;
}

bool read_answer(struct grader *g, const grasp_json_value **out)
{
    return need(g, py_parse(g->call, g->json, g->answer, out), TAG_FINISH_NOT_JSON);
}

static bool is_list_of(const struct grader *g, const grasp_json_value *answer, uint64_t count)
{
    return g->json->kind(answer) == GRASP_JSON_ARRAY && g->json->count(answer) == count;
}

bool answer_is_one(const struct grader *g, const grasp_json_value *answer,
                   const grasp_json_value *value)
{
    return is_list_of(g, answer, 1) && py_equal(g->json, g->json->at(answer, 0), value);
}

bool answer_is_number(const struct grader *g, const grasp_json_value *answer, double number)
{
    double given;
    return is_list_of(g, answer, 1) && py_number(g->json, g->json->at(answer, 0), &given) &&
           given == number;
}

bool answer_is_empty(const struct grader *g, const grasp_json_value *answer)
{
    return is_list_of(g, answer, 0);
}

const grasp_json_value *part(const struct grader *g, const struct post *post, const char *path)
{
    return py_at(g->json, post->payload, path);
}

bool part_is(const struct grader *g, const struct post *post, const char *path, const char *text)
{
    return py_is(g->json, part(g, post, path), text);
}

bool about_patient(const struct grader *g, const struct post *post)
{
    const grasp_json_value *subject = part(g, post, "subject");
    grasp_str reference = g->json->as_string(g->json->get(subject, SLICE("reference")));
    return py_is_object(g->json, subject) && g->json->count(subject) == 1 &&
           grasp_starts(reference, "Patient/") &&
           slice_eq(slice_from(reference, 8), g->sample->mrn);
}

bool part_folds(struct grader *g, const struct post *post, const char *name, const char *word)
{
    const grasp_json_value *value;
    bool there = py_member(g->json, post->payload, name, &value);
    if (!py_is_object(g->json, post->payload) ||
        (there && g->json->kind(value) != GRASP_JSON_STRING)) {
        unusable(g);
        return false;
    }
    grasp_str text = g->json->as_string(value);
    return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

bool absent_or(const struct grader *g, const grasp_json_value *object, const char *name,
               int32_t kind)
{
    const grasp_json_value *value;
    return !py_member(g->json, object, name, &value) || g->json->kind(value) == kind;
}
