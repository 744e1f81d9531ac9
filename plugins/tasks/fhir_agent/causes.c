/* SPDX-License-Identifier: MIT */
#include "causes.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "answer.h"
#include "common/slice.h"
#include "status.h"
#include "tags.h"

static grasp_str text_at(const grasp_json *json, const grasp_json_value *object, const char *name)
{
    return json->as_string(json->get(object, grasp_cstr(name)));
}

static uint64_t cause_of_end(grasp_str status)
{
    static const struct {
        const char *status;
        enum tag tag;
    } ends[] = {{STATUS_LIMIT, TAG_NO_FINAL_ANSWER},
                {STATUS_CONTEXT, TAG_CONTEXT_EXHAUSTED},
                {STATUS_REFUSED, TAG_REPLY_WITHHELD},
                {STATUS_INVALID, TAG_UNKNOWN_TOOL_CALLED},
                {STATUS_ERROR, TAG_TOOL_CALL_FAILED}};
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (grasp_equal(status, ends[i].status))
            return TAG_BIT(ends[i].tag);
    return grasp_equal(status, STATUS_COMPLETED) ? 0 : TAG_BIT(TAG_NO_FINAL_ANSWER);
}

static bool has_called(const struct failure *f, const char *tool)
{
    const grasp_json *json = f->json;
    const grasp_json_value *history = json->get(f->rollout, SLICE("history"));
    for (uint64_t i = 0; i < json->count(history); i++) {
        const grasp_json_value *calls = json->get(json->at(history, i), SLICE("tool_calls"));
        for (uint64_t k = 0; k < json->count(calls); k++)
            if (grasp_equal(text_at(json, json->at(calls, k), "name"), tool))
                return true;
    }
    return false;
}

/* Which of the resources that matter were fetched. */
static uint64_t causes_of_retrieval(const struct failure *f, const grasp_json_value *raw)
{
    const grasp_json *json = f->json;
    const grasp_json_value *truth = json->get(f->sample, SLICE("resources"));
    const grasp_json_value *ids = json->get(raw, SLICE("retrieved_fhir_resources"));
    uint64_t set = 0;
    if (!json->count(ids) && !json->count(json->get(raw, SLICE("retrieved_counts"))))
        return TAG_BIT(TAG_ANSWERED_WITHOUT_RETRIEVAL);
    for (uint64_t i = 0; i < json->count(truth); i++) {
        struct pool pool CLEANUP_POOL = {0};
        struct strings have = {0};
        grasp_str type;
        const grasp_json_value *wanted = json->member(truth, i, &type);
        const grasp_json_value *kept = json->get(ids, type);
        for (uint64_t k = 0; k < json->count(kept); k++)
            strings_add(&pool, &have, json->as_string(json->at(kept, k)));
        bool all = true;
        for (uint64_t k = 0; all && k < json->count(wanted); k++)
            all = strings_have(&have, json->as_string(json->at(wanted, k)));
        if (json->count(wanted) && !json->count(kept))
            set |= TAG_BIT(TAG_RESOURCE_TYPE_NOT_RETRIEVED);
        else if (!all)
            set |= TAG_BIT(TAG_RESOURCES_MISSED);
    }
    return set;
}

static uint64_t causes_of_code(const struct failure *f, const grasp_json_value *raw)
{
    if (!(f->strategy->tools & TOOL_BIT(TOOL_PYTHON)))
        return 0;
    if (f->json->as_int(f->json->get(raw, SLICE("failed_code")), 0) > 0)
        return TAG_BIT(TAG_CODE_ERROR_IGNORED);
    return has_called(f, tool_names[TOOL_PYTHON]) ? 0 : TAG_BIT(TAG_CODE_NOT_RUN);
}

static bool is_shifted(grasp_str answer, grasp_str cell)
{
    int64_t said, meant;
    if (!answer_time(answer, &said) || !answer_time(cell, &meant))
        return false;
    int64_t off = llabs(said - meant);
    return off && off % 3600 == 0 && off <= (int64_t)14 * 3600;
}

static uint64_t cause_of_one(grasp_str answer, grasp_str cell)
{
    double number;
    enum cell_kind kind = answer_cell_kind(cell, &number);
    int said = answer_yes_no(answer);
    if (kind == CELL_NUMBER && (number == 0 || number == 1) && said == (number == 0))
        return TAG_BIT(TAG_YES_NO_REVERSED);
    if (answer_denies(answer))
        return TAG_BIT(TAG_EXISTING_DATA_DENIED);
    if (kind == CELL_TIME)
        return TAG_BIT(is_shifted(answer, cell) ? TAG_TIME_ZONE_SHIFTED : TAG_WRONG_TIME);
    return TAG_BIT(kind == CELL_NUMBER ? TAG_WRONG_NUMBER : TAG_WRONG_TEXT);
}

/* What the answer is, compared with the truth. */
static uint64_t cause_of_value(grasp_str answer, const struct strings *cells)
{
    size_t held = 0, missing = 0;
    if (!cells->count)
        return TAG_BIT(TAG_MISSING_DATA_INVENTED);
    for (size_t i = 0; i < cells->count; i++) {
        bool holds = answer_holds(answer, cells->items[i]);
        held += holds;
        missing = holds ? missing : i;
    }
    if (held == cells->count)
        return TAG_BIT(TAG_EXTRA_VALUES_GIVEN);
    if (held)
        return TAG_BIT(TAG_LIST_INCOMPLETE);
    return cause_of_one(answer, cells->items[missing]);
}

uint64_t causes_of(const struct failure *f)
{
    struct pool pool CLEANUP_POOL = {0};
    const grasp_json_value *raw = f->json->get(f->rollout, SLICE("raw"));
    uint64_t end = cause_of_end(text_at(f->json, f->rollout, "status"));
    grasp_str answer = answer_behind_marker(text_at(f->json, f->rollout, "answer"));
    struct strings cells = answer_cells(&pool, text_at(f->json, f->sample, "answer"));
    if (end)
        return end;
    return causes_of_retrieval(f, raw) | causes_of_code(f, raw) | cause_of_value(answer, &cells);
}
