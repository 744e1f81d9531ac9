/* SPDX-License-Identifier: MIT */
#include "../status.h"
#include "common/slice.h"
#include "common/verdict.h"
#include "tags.h"
#include "webshop.h"

static int64_t number(const grasp_json *json, const grasp_json_value *raw, const char *key)
{
    return json->as_int(json->get(raw, grasp_cstr(key)), 0);
}

static bool flag(const grasp_json *json, const grasp_json_value *raw, const char *key,
                 bool otherwise)
{
    return json->as_bool(json->get(raw, grasp_cstr(key)), otherwise);
}

/* What is wrong with what was bought. */
static uint64_t explain_purchase(const grasp_json *json, const grasp_json_value *raw)
{
    uint64_t tags = 0;
    int64_t options = number(json, raw, "options");
    const grasp_json_value *chosen = json->get(json->get(raw, SLICE("bought")), SLICE("options"));
    if (number(json, raw, "option_hits") < options)
        tags |= (int64_t)json->count(chosen) < options ? TAG_BIT(SHOP_OPTION_NOT_CHOSEN)
                                                       : TAG_BIT(SHOP_WRONG_OPTION_CHOSEN);
    if (number(json, raw, "attribute_hits") < number(json, raw, "attributes"))
        tags |= TAG_BIT(SHOP_ATTRIBUTE_MISSING);
    if (!flag(json, raw, "r_price", true))
        tags |= TAG_BIT(SHOP_OVER_THE_PRICE_LIMIT);
    if (json->as_double(json->get(raw, SLICE("r_type")), 1) < 1)
        tags |= TAG_BIT(SHOP_WRONG_KIND_OF_PRODUCT);
    if (flag(json, raw, "first_hit", false) && !flag(json, raw, "right_product", true))
        tags |= TAG_BIT(SHOP_FIRST_HIT_BOUGHT);
    return tags;
}

static uint64_t explain(const grasp_json *json, const grasp_json_value *raw, grasp_str status)
{
    int64_t rounds = number(json, raw, "rounds");
    if (grasp_equal(status, STATUS_TASK_ERROR))
        return TAG_BIT(SHOP_TASK_ERROR);
    if (grasp_equal(status, STATUS_COMPLETED) && json->get(raw, SLICE("bought")))
        return explain_purchase(json, raw);
    if (number(json, raw, "without_tool") * 2 >= rounds && rounds)
        return TAG_BIT(SHOP_ACTION_WRITTEN_AS_TEXT);
    if (number(json, raw, "idle") * 2 >= rounds && rounds)
        return TAG_BIT(SHOP_CLICKED_WHAT_IS_NOT_THERE);
    return TAG_BIT(SHOP_KEPT_BROWSING);
}

int32_t webshop_grade(grasp_call *call, void *opaque, grasp_str sample, grasp_str rollout,
                      grasp_str judge)
{
    const struct webshop *self = opaque;
    const grasp_json *json = self->json;
    struct text tags CLEANUP_TEXT = {0}, detail CLEANUP_TEXT = {0};
    const grasp_json_value *run = json->parse(call, rollout, NULL);
    const grasp_json_value *raw = json->get(run, SLICE("raw"));
    grasp_str status = json->as_string(json->get(run, SLICE("status")));
    if (json->kind(json->parse(call, sample, NULL)) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the sample is not an object");
    if (!status.len)
        return grasp_fail(call, GRASP_E_INVALID, "the rollout is not an object with a 'status'");
    double reward = json->as_double(json->get(raw, SLICE("reward")), 0);
    reward = reward >= 0 && reward <= 1 ? reward : reward > 1 ? 1 : 0;
    bool correct = reward >= 1;
    if (!correct)
        tags_write(&tags, &webshop_tags, explain(json, raw, status));
    text_put(&detail, "{\"reward\": ");
    text_double(&detail, reward);
    text_put(&detail, "}");
    return verdict_emit(call, reward, &tags, &detail);
}
