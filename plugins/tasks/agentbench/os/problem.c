/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <grasp/helpers.h>
#include <string.h>

#include "common/slice.h"

struct reader {
    grasp_call *call;
    const grasp_json *json;
    struct pool *pool;
    const struct script_files *files;
    const char *place;
};

static grasp_str text_of(const struct reader *r, const grasp_json_value *object, const char *key)
{
    return pool_dup(r->pool, r->json->as_string(r->json->get(object, grasp_cstr(key))));
}

/* Whether an object has a member, null included. */
static bool has(const struct reader *r, const grasp_json_value *object, const char *key)
{
    grasp_str name;
    if (r->json->kind(object) != GRASP_JSON_OBJECT)
        return false;
    for (uint64_t i = 0; i < r->json->count(object); i++) {
        r->json->member(object, i, &name);
        if (grasp_equal(name, key))
            return true;
    }
    return false;
}

/* A list of scripts, or one alone. */
static int32_t read_list(const struct reader *r, const grasp_json_value *value, struct script **out,
                         size_t *out_count)
{
    bool list = r->json->kind(value) == GRASP_JSON_ARRAY;
    size_t count = list ? r->json->count(value) : 1;
    int32_t status = GRASP_OK;
    *out = pool_array(r->pool, count + 1, sizeof(**out));
    for (size_t i = 0; i < count && !status; i++)
        status = script_read(r->call, r->pool, r->files, list ? r->json->at(value, i) : value,
                             r->place, &(*out)[i]);
    *out_count = count;
    return status;
}

/* A list in place of the object is taken for an empty one: two problems of the data have that. */
static int32_t read_create(const struct reader *r, const grasp_json_value *object,
                           struct problem *out)
{
    const grasp_json_value *create = r->json->get(object, SLICE("create"));
    out->image = SLICE("default");
    if (!has(r, object, "create"))
        return GRASP_OK;
    if (r->json->kind(create) != GRASP_JSON_OBJECT && r->json->kind(create) != GRASP_JSON_ARRAY)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s: 'create' is no object", r->place);
    out->has_init = true;
    if (has(r, create, "local"))
        out->image = text_of(r, create, "local");
    return has(r, create, "init")
               ? read_list(r, r->json->get(create, SLICE("init")), &out->inits, &out->init_count)
               : GRASP_OK;
}

static int32_t read_match(const struct reader *r, const grasp_json_value *value, struct match *out)
{
    const grasp_json *json = r->json;
    if (json->kind(value) == GRASP_JSON_STRING) {
        *out =
            (struct match){"answer", pool_dup(r->pool, json->as_string(value)), true, true, true};
        return GRASP_OK;
    }
    if (json->kind(value) != GRASP_JSON_OBJECT)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s: 'match' is neither text nor object",
                          r->place);
    const grasp_json_value *strip = json->get(value, SLICE("strip"));
    out->has_strip = has(r, value, "strip");
    out->strip = json->as_bool(strip, json->as_int(strip, 0) != 0);
    out->kind = has(r, value, "answer") ? "answer" : has(r, value, "regex") ? "regex" : NULL;
    const grasp_json_value *pattern =
        json->get(value, grasp_cstr(out->kind ? out->kind : "answer"));
    out->is_text = json->kind(pattern) == GRASP_JSON_STRING;
    out->pattern = pool_dup(r->pool, out->is_text ? json->as_string(pattern)
                                                  : json->print(r->call, pattern, 0));
    return GRASP_OK;
}

static int32_t read_evaluation(const struct reader *r, const grasp_json_value *object,
                               struct problem *out)
{
    const grasp_json_value *value = r->json->get(object, SLICE("evaluation"));
    out->has_match = has(r, value, "match");
    out->has_checks = !out->has_match && has(r, value, "check");
    if (out->has_match)
        return read_match(r, r->json->get(value, SLICE("match")), &out->match);
    if (!out->has_checks)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s: 'evaluation' has no 'match' or 'check'",
                          r->place);
    int32_t status =
        read_list(r, r->json->get(value, SLICE("check")), &out->checks, &out->check_count);
    if (!status && has(r, value, "example"))
        status = script_read(r->call, r->pool, r->files, r->json->get(value, SLICE("example")),
                             r->place, &out->example);
    return status;
}

int32_t problem_read(grasp_call *call, struct pool *pool, const struct script_files *files,
                     const grasp_json_value *object, const char *place, struct problem *out)
{
    const struct reader r = {call, grasp_json_of(call), pool, files, place};
    *out = (struct problem){.description = text_of(&r, object, "description"),
                            .type = text_of(&r, object, "type"),
                            .split = text_of(&r, object, "split")};
    if (!has(&r, object, "description"))
        return grasp_fail(call, GRASP_E_INVALID, "%s: no 'description'", place);
    int32_t status = read_create(&r, object, out);
    if (!status && has(&r, object, "start"))
        status =
            script_read(call, pool, files, r.json->get(object, SLICE("start")), place, &out->start);
    return status ? status : read_evaluation(&r, object, out);
}

/* A word of a command line. */
static bool has_word(grasp_str text, const char *word)
{
    size_t at, len = strlen(word);
    for (size_t from = 0; slice_find(text, grasp_cstr(word), from, &at); from = at + len) {
        uint32_t before = at ? (unsigned char)text.ptr[at - 1] : ' ';
        uint32_t after = at + len < text.len ? (unsigned char)text.ptr[at + len] : ' ';
        if (!utf8_is_word(before) && before != '/' && before != '-' && !utf8_is_word(after))
            return true;
    }
    return false;
}

static bool uses(const struct problem *problem, const char *word)
{
    bool found = has_word(problem->start.code, word) || has_word(problem->example.code, word);
    for (size_t i = 0; i < problem->init_count; i++)
        found |= has_word(problem->inits[i].code, word);
    for (size_t i = 0; i < problem->check_count; i++)
        found |= has_word(problem->checks[i].code, word);
    return found;
}

const char *problem_needs(const struct problem *problem)
{
    /* Their checks walk through /usr, and are made for one below a GiB. */
    static const char *const small[] = {"std-005-new-00002", "std-005-new-00006"};
    for (size_t i = 0; i < sizeof(small) / sizeof(*small); i++)
        if (grasp_equal(problem->key, small[i]))
            return "a small /usr";
    if (grasp_equal(problem->image, "packages"))
        return "npm";
    return uses(problem, "apt") || uses(problem, "apt-get") ? "apt" : NULL;
}
