/* SPDX-License-Identifier: MIT */
#include "tools.h"

#include "common/fhir/json_scan.h"
#include "common/pyrepr.h"
#include "common/slice.h"

/* Python's copy is old. */
static void let_go(grasp_call *call, struct toolbox *box)
{
    if (box->held)
        code_release(call, box->self->code, box->held);
    box->held = NULL;
}

void toolbox_close(grasp_call *call, struct toolbox *box)
{
    let_go(call, box);
    retrieved_free(&box->retrieved);
}

/* {'error': '...'}, as Python shows it. */
static void put_error(struct text *out, grasp_str why)
{
    text_put(out, "{'error': ");
    pyrepr_string(out, why);
    text_char(out, '}');
}

static bool fail_arguments(struct text *out, const char *name, const char *what)
{
    struct text why CLEANUP_TEXT = {0};
    text_format(&why, "the argument %s %s", name, what);
    put_error(out, text_view(&why));
    return false;
}

/* A string that a tool needs. */
static bool read_string(const grasp_json *json, const struct tool_use *use, const char *name,
                        grasp_str *value, struct text *out)
{
    const grasp_json_value *found = json->get(use->arguments, grasp_cstr(name));
    if (json->kind(found) != GRASP_JSON_STRING)
        return fail_arguments(out, name, found ? "is no string" : "is missing");
    *value = json->as_string(found);
    return true;
}

/* The host keeps what a model wrote and nobody can read as an object under "_raw". */
static bool are_broken(const grasp_json *json, const struct tool_use *use, struct text *out)
{
    bool broken = json->kind(use->arguments) != GRASP_JSON_OBJECT ||
                  json->kind(json->get(use->arguments, SLICE("_raw"))) == GRASP_JSON_STRING;
    if (broken)
        put_error(out, SLICE("the arguments are no JSON object"));
    return broken;
}

static size_t count_items(grasp_str array)
{
    grasp_str item;
    size_t count = 0;
    while (scan_item_next(&array, &item))
        count++;
    return count;
}

static void put_left_out(struct text *out, size_t shown, size_t all)
{
    if (shown < all)
        text_format(out, " (%zu of %zu resources are shown; ask for fewer)", shown, all);
}

/* The resources as Python shows a dictionary of lists by type, as many as fit. */
static void put_resources(grasp_call *call, const struct fhir_agent *self, grasp_str array,
                          struct text *out)
{
    struct retrieved found CLEANUP_RETRIEVED = {0};
    size_t shown = 0, all = count_items(array), start = out->len;
    size_t most = self->result_chars ? (size_t)self->result_chars : (size_t)15 << 20;
    if (!retrieved_add(&found, array, true)) {
        put_error(out, SLICE("these are too many resources"));
        return;
    }
    text_char(out, '{');
    for (size_t i = 0; i < found.count; i++) {
        text_put(out, i ? ", " : "");
        pyrepr_string(out, found.buckets[i].type);
        text_put(out, ": [");
        for (size_t k = 0; k < found.buckets[i].count; k++) {
            struct text one CLEANUP_TEXT = {0};
            if (out->len - start > most)
                break;
            pyrepr(&one, self->json, self->json->parse(call, found.buckets[i].items[k].json, NULL));
            if (out->len - start + one.len > most)
                break;
            text_put(out, k ? ", " : "");
            text_str(out, text_view(&one));
            shown++;
        }
        text_char(out, ']');
    }
    text_char(out, '}');
    put_left_out(out, shown, all);
}

static void put_count(const struct toolbox *box, grasp_str type, grasp_str array, struct text *out)
{
    text_put(out, box->self->reference ? "retrieved_fhir_resources['" : "retrieved_resources['");
    text_line(out, utf8_prefix(type, 64));
    text_format(out, "'] (%zu items)", count_items(array));
}

static int32_t take_found(grasp_call *call, struct toolbox *box, struct found *found,
                          grasp_str type, struct text *out, bool *out_broken)
{
    grasp_str array = text_view(&found->array);
    *out_broken = true;
    if (found->array.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for resources");
    if (found->error.len) {
        put_error(out, text_view(&found->error));
        return GRASP_OK;
    }
    if (!retrieved_add(&box->retrieved, array, box->self->merge)) {
        put_error(out, SLICE("all that was retrieved together is too much"));
        return GRASP_OK;
    }
    *out_broken = false;
    let_go(call, box);
    if (box->self->strategy->shows_resources)
        put_resources(call, box->self, array, out);
    else
        put_count(box, type, array, out);
    return GRASP_OK;
}

static int32_t fetch(grasp_call *call, struct toolbox *box, enum tool tool,
                     const struct tool_use *use, struct text *out, bool *out_broken)
{
    const struct fhir_agent *self = box->self;
    struct found found CLEANUP_FOUND = {0};
    grasp_str type, id;
    *out_broken = true;
    if (!read_string(self->json, use, "resource_type", &type, out) ||
        !read_string(self->json, use, tool == TOOL_BY_ID ? "resource_id" : "patient_fhir_id", &id,
                     out))
        return GRASP_OK;
    int32_t status = tool == TOOL_BY_ID ? source_of_id(call, &self->source, type, id, &found)
                                        : source_of_patient(call, &self->source, type, id, &found);
    return status ? status : take_found(call, box, &found, type, out, out_broken);
}

static int32_t request(grasp_call *call, struct toolbox *box, const struct tool_use *use,
                       struct text *out, bool *out_broken)
{
    struct found found CLEANUP_FOUND = {0};
    grasp_str query;
    *out_broken = true;
    if (!read_string(box->self->json, use, "query_string", &query, out))
        return GRASP_OK;
    int32_t status = source_request(call, &box->self->source, query, &found);
    return status ? status : take_found(call, box, &found, SLICE(""), out, out_broken);
}

/* What was retrieved goes to Python once, until more comes. */
static int32_t hold(grasp_call *call, struct toolbox *box)
{
    struct text resources CLEANUP_TEXT = {.limit = 2 * RETRIEVED_MAX};
    if (box->held || !box->retrieved.count)
        return GRASP_OK;
    retrieved_write(&resources, &box->retrieved);
    if (resources.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for what was retrieved");
    return code_hold(call, box->self->code, text_view(&resources), &box->held);
}

static int32_t run_python(grasp_call *call, struct toolbox *box, const struct tool_use *use,
                          struct text *out, bool *out_broken)
{
    const grasp_json *json = box->self->json;
    const grasp_json_value *timeout = json->get(use->arguments, SLICE("timeout"));
    grasp_str source;
    *out_broken = true;
    if (!read_string(json, use, "code", &source, out))
        return GRASP_OK;
    int32_t status = hold(call, box);
    if (status)
        return status;
    *out_broken = false;
    return code_run(call, box->self->code, box->held, source, json->as_int(timeout, 0), out);
}

int32_t tool_run(grasp_call *call, struct toolbox *box, enum tool tool, const struct tool_use *use,
                 struct text *out, bool *out_broken)
{
    *out_broken = are_broken(box->self->json, use, out);
    if (*out_broken)
        return GRASP_OK;
    if (tool == TOOL_PYTHON)
        return run_python(call, box, use, out, out_broken);
    if (tool == TOOL_REQUEST)
        return request(call, box, use, out, out_broken);
    return fetch(call, box, tool, use, out, out_broken);
}
