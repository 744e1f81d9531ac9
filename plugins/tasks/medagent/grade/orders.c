/* SPDX-License-Identifier: MIT */
#include "orders.h"

#include <grasp/helpers.h>
#include <strings.h>

#include "common/slice.h"

bool posts_usable(struct grader *g)
{
    return need(g, g->sample->version == MEDAGENT_V1 || !g->posts->overrun, TAG_EVIDENCE_UNUSABLE);
}

bool need_posts(struct grader *g, size_t count, enum tag missing)
{
    if (!posts_usable(g))
        return false;
    if (g->posts->count == 0 && g->posts->rejected)
        g->tags |= TAG_BIT(TAG_POST_REJECTED);
    return need(g, g->posts->count > 0, missing) &&
           need(g, g->posts->count <= count, TAG_ORDER_REPEATED);
}

bool need_no_posts(struct grader *g, enum tag unneeded)
{
    return posts_usable(g) && need(g, g->posts->count == 0, unneeded);
}

bool need_no_attempt(struct grader *g, enum tag unneeded)
{
    return need(g, !g->posts->attempted, unneeded);
}

bool is_type(const struct grader *g, const struct post *post, const char *type)
{
    return part_is(g, post, "resourceType", type);
}

void need_resource(struct grader *g, const struct post *post, const char *type)
{
    bool right = grasp_starts(post->url, g->base.ptr) &&
                 grasp_equal(slice_from(post->url, g->base.len), type);
    need(g, right, TAG_WRONG_ENDPOINT);
    need(g, is_type(g, post, type), TAG_WRONG_RESOURCE_TYPE);
    need(g, about_patient(g, post), TAG_ORDER_FOR_OTHER_PATIENT);
}

void need_active_order(struct grader *g, const struct post *post, bool with_priority)
{
    need(g,
         part_is(g, post, "status", "active") && part_is(g, post, "intent", "order") &&
             (!with_priority || part_is(g, post, "priority", "stat")),
         TAG_WRONG_ORDER_STATUS);
}

void need_coding(struct grader *g, const struct post *post, const char *concept, const char *system,
                 const char *code)
{
    const grasp_json_value *codings = g->json->get(part(g, post, concept), SLICE("coding"));
    const grasp_json_value *coding = g->json->at(codings, 0);
    need(g,
         py_is(g->json, g->json->get(coding, SLICE("system")), system) &&
             py_is(g->json, g->json->get(coding, SLICE("code")), code),
         TAG_WRONG_ORDER_CODE);
}

void need_part_with(struct grader *g, const struct post *post, const char *path, const char *text,
                    enum tag tag)
{
    size_t at;
    grasp_str value = g->json->as_string(part(g, post, path));
    need(g, slice_find(value, grasp_cstr(text), 0, &at), tag);
}

bool route_is(struct grader *g, const struct post *post, const char *route, bool *out_unusable)
{
    const grasp_json_value *value = part(g, post, "dosageInstruction.0.route");
    const grasp_json_value *codings;
    bool listed = py_member(g->json, value, "coding", &codings);
    *out_unusable = listed && !g->json->count(codings);
    if (py_is_object(g->json, value)) {
        const grasp_json_value *text = g->json->get(value, SLICE("text"));
        value = g->json->as_string(text).len
                    ? text
                    : g->json->get(g->json->at(codings, 0), SLICE("display"));
    }
    grasp_str name = slice_trim(g->json->as_string(value));
    return name.len == strlen(route) && strncasecmp(name.ptr, route, name.len) == 0;
}

const char *const order_types[] = {"ServiceRequest", "MedicationRequest", NULL};

bool is_one_of_types(const struct grader *g, const struct post *post, const char *const *types)
{
    for (; *types; types++)
        if (is_type(g, post, *types))
            return true;
    return false;
}

static bool expect(struct grader *g, bool holds, enum tag tag, bool needed)
{
    return needed ? need(g, holds, tag) : holds;
}

bool is_active_order(struct grader *g, const struct post *post, const char *const *types,
                     bool needed)
{
    if (!py_is_object(g->json, post->payload)) {
        unusable(g);
        return false;
    }
    return expect(g, is_one_of_types(g, post, types), TAG_WRONG_RESOURCE_TYPE, needed) &&
           expect(g, part_folds(g, post, "status", "active"), TAG_WRONG_ORDER_STATUS, needed) &&
           expect(g, part_folds(g, post, "intent", "order"), TAG_WRONG_ORDER_STATUS, needed) &&
           expect(g, about_patient(g, post), TAG_ORDER_FOR_OTHER_PATIENT, needed);
}

bool is_stopped(struct grader *g, const struct post *post)
{
    static const char *const words[] = {"stopped", "cancelled", "completed", "entered-in-error"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (part_folds(g, post, "status", words[i]))
            return true;
    return false;
}
