/* SPDX-License-Identifier: MIT */
#include "chart.h"

#include <grasp/helpers.h>

#include "common/slice.h"

#define CUTOFF "2025-01-01T00:00:00+00:00"

/* Was the resource there at the cut-off? */
static bool is_kept(struct grader *g, const grasp_json_value *resource, bool lenient)
{
    struct when updated, cutoff;
    const grasp_json_value *meta = g->json->get(resource, SLICE("meta"));
    const grasp_json_value *time = g->json->get(meta, SLICE("lastUpdated"));
    bool usable =
        lenient ? absent_or(g, resource, "meta", GRASP_JSON_OBJECT) : py_is_object(g->json, meta);
    if (!usable && g->reference)
        unusable(g);
    if (py_is_null(g->json, time))
        return true;
    when_read(SLICE(CUTOFF), false, &cutoff);
    return read_time(g, time, &updated) && minus(g, updated, cutoff) <= 0;
}

bool find_charted(struct grader *g, size_t query, bool lenient, struct found *out)
{
    uint64_t kept = 0;
    if (!find(g, query, out))
        return false;
    for (uint64_t i = 0; i < out->count; i++)
        if (is_kept(g, out->items[i], lenient))
            out->items[kept++] = out->items[i];
    out->count = kept;
    return !g->failed;
}

/* Does Python take the value for true? */
static bool is_said(const grasp_json *json, const grasp_json_value *value)
{
    double number;
    if (py_number(json, value, &number))
        return number != 0;
    return json->kind(value) == GRASP_JSON_STRING ? json->as_string(value).len > 0
                                                  : json->count(value) > 0;
}

static const grasp_json_value *performed(const grasp_json *json, const grasp_json_value *resource,
                                         bool authored_too)
{
    static const char *const paths[] = {"performedDateTime", "performedPeriod.end",
                                        "performedPeriod.start", "authoredOn"};
    for (size_t i = 0; i < (authored_too ? 4 : 3); i++) {
        const grasp_json_value *time = py_at(json, resource, paths[i]);
        if (is_said(json, time))
            return time;
    }
    return NULL;
}

bool newest_of(struct grader *g, const struct found *found, bool authored_too, struct newest *out)
{
    struct when time;
    for (uint64_t i = 0; i < found->count; i++) {
        const grasp_json_value *value = performed(g->json, found->items[i], authored_too);
        if (!value)
            continue;
        if (!read_time(g, value, &time))
            return false;
        if (!out->any || minus(g, time, out->time) > 0)
            *out = (struct newest){true, time};
    }
    return !g->failed;
}

bool medication_mentions(struct grader *g, const grasp_json_value *request,
                         const char *const *words)
{
    const grasp_json_value *concept = g->json->get(request, SLICE("medicationCodeableConcept"));
    if (g->reference &&
        (!py_is_object(g->json, concept) || !absent_or(g, concept, "text", GRASP_JSON_STRING)))
        unusable(g);
    grasp_str text = g->json->as_string(g->json->get(concept, SLICE("text")));
    for (; *words; words++)
        if (text_mentions(text, *words, true))
            return true;
    return false;
}
