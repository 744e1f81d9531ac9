/* SPDX-License-Identifier: MIT */
#include "families.h"

#include <grasp/helpers.h>
#include <string.h>

#include "../data.h"
#include "common/slice.h"
#include "dataset.h"

#define FILE_NAME "os_families.json"

const grasp_json_value *families_parse(grasp_call *call)
{
    const grasp_json_value *out = NULL;
    return data_parse(call, data_own_file(FILE_NAME), FILE_NAME, 0, &out) ? NULL : out;
}

static bool bind(struct family_values *values, grasp_str name, grasp_str value, struct pool *pool)
{
    if (values->count == FAMILY_NAMES_MAX)
        return false;
    values->items[values->count++] =
        (struct binding){pool ? pool_dup(pool, name).ptr : name.ptr, value};
    return true;
}

static bool is_bound(const struct family_values *values, grasp_str name)
{
    for (size_t i = 0; i < values->count; i++)
        if (grasp_equal(name, values->items[i].name))
            return true;
    return false;
}

static bool next_hole(grasp_str pattern, size_t from, size_t *open, size_t *close)
{
    return slice_find(pattern, SLICE("{{"), from, open) &&
           slice_find(pattern, SLICE("}}"), *open, close);
}

bool family_match(grasp_str pattern, grasp_str text, struct family_values *out)
{
    static _Thread_local char names[FAMILY_NAMES_MAX][32];
    size_t open, close, at = 0, from = 0, found;
    bool first = true;
    out->count = 0;
    grasp_str name = SLICE("");
    for (;;) {
        bool more = next_hole(pattern, from, &open, &close);
        grasp_str piece = slice_cut(pattern, from, more ? open : pattern.len);
        if (!slice_find(text, piece, at, &found) || (!first && !name.len && found != at))
            return false;
        if (name.len && !is_bound(out, name)) {
            if (out->count == FAMILY_NAMES_MAX || name.len >= sizeof(names[0]))
                return false;
            char *copy = names[out->count];
            memcpy(copy, name.ptr, name.len);
            copy[name.len] = '\0';
            out->items[out->count++] = (struct binding){copy, slice_cut(text, at, found)};
        }
        at = found + piece.len;
        if (!more)
            break;
        name = slice_cut(pattern, open + 2, close);
        from = close + 2;
        first = false;
    }
    out->items[out->count] = (struct binding){NULL, SLICE("")};
    return true;
}

struct maker {
    grasp_call *call;
    const grasp_json *json;
    struct os_dataset *set;
    const grasp_json_value *checks, *family;
    grasp_str name;
    struct family_values values;
};

static grasp_str fill(const struct maker *m, grasp_str source)
{
    struct text out CLEANUP_TEXT = {0};
    template_fill(&out, source, m->values.items);
    return pool_dup(&m->set->pool, text_view(&out));
}

static grasp_str fill_member(const struct maker *m, const char *key)
{
    return fill(m, m->json->as_string(m->json->get(m->family, grasp_cstr(key))));
}

static struct script bash(grasp_str code)
{
    return (struct script){code.len > 0, SLICE("bash"), code};
}

/* A check is null for the example, the name of a shared one, or a script. */
static void read_checks(const struct maker *m, struct problem *out)
{
    const grasp_json_value *list = m->json->get(m->family, SLICE("check"));
    out->check_count = m->json->count(list);
    out->checks = pool_array(&m->set->pool, out->check_count + 1, sizeof(*out->checks));
    for (size_t i = 0; i < out->check_count; i++) {
        grasp_str text = m->json->as_string(m->json->at(list, i));
        grasp_str shared = m->json->as_string(m->json->get(m->checks, text));
        if (shared.len)
            out->checks[i] =
                (struct script){true, SLICE("python"), pool_dup(&m->set->pool, shared)};
        else
            out->checks[i] = bash(fill(m, text));
    }
}

static void make_problem(const struct maker *m, size_t number, grasp_str split)
{
    struct pool *pool = &m->set->pool;
    const grasp_json_value *match = m->json->get(m->family, SLICE("match"));
    grasp_str init = fill_member(m, "init");
    struct problem problem = {
        .key = pool_format(pool, "os_%.*s_%zu", (int)m->name.len, m->name.ptr, number + 1),
        .file = SLICE(FILE_NAME),
        .description = fill_member(m, "description"),
        .image = SLICE("default"),
        .type = pool_dup(pool, m->json->as_string(m->json->get(m->family, SLICE("type")))),
        .split = pool_dup(pool, split),
        .start = bash(fill_member(m, "start")),
        .has_match = m->json->kind(match) == GRASP_JSON_STRING,
    };
    problem.inits = pool_array(pool, 1, sizeof(*problem.inits));
    problem.inits[0] = bash(init);
    problem.init_count = problem.has_init = init.len > 0;
    problem.has_checks = !problem.has_match;
    if (problem.has_match)
        problem.match = (struct match){"answer", fill_member(m, "match"), true, true, true};
    else
        read_checks(m, &problem);
    problem.example = bash(fill_member(m, "example"));
    *os_dataset_add(m->set) = problem;
}

static int32_t read_case(struct maker *m, const grasp_json_value *values, size_t number)
{
    const grasp_json *json = m->json;
    grasp_str key, split = SLICE("");
    m->values.count = 0;
    for (uint64_t i = 0; i < json->count(values); i++) {
        grasp_str value = json->as_string(json->member(values, i, &key));
        if (grasp_equal(key, "split"))
            split = value;
        else if (!bind(&m->values, key, pool_dup(&m->set->pool, value), &m->set->pool))
            return grasp_fail(m->call, GRASP_E_INVALID, "%s: a case has over %d values", FILE_NAME,
                              FAMILY_NAMES_MAX);
    }
    m->values.items[m->values.count] = (struct binding){NULL, SLICE("")};
    make_problem(m, number, split);
    return GRASP_OK;
}

int32_t families_load(grasp_call *call, struct os_dataset *set)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *file = families_parse(call);
    const grasp_json_value *families = json->get(file, SLICE("families"));
    struct maker m = {
        .call = call, .json = json, .set = set, .checks = json->get(file, SLICE("checks"))};
    int32_t status = file ? GRASP_OK : GRASP_E_INVALID;
    for (uint64_t i = 0; i < json->count(families) && !status; i++) {
        m.family = json->at(families, i);
        m.name = json->as_string(json->get(m.family, SLICE("name")));
        const grasp_json_value *cases = json->get(m.family, SLICE("cases"));
        for (uint64_t k = 0; k < json->count(cases) && !status; k++)
            status = read_case(&m, json->at(cases, k), k);
    }
    return status;
}
