/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "golden_grasp.h"
#include "golden_rig.h"
#include "methods/grasp/shelf.h"

static grasp_str text_at(struct pool *pool, const struct json *array, size_t at)
{
    return pool_dup(pool, rig_in(json_str(json_at(array, at))));
}

/* ["add", name, description, content, tags, provenance] */
static struct skill skill_of(struct pool *pool, const struct json *op)
{
    const struct json *tags = json_at(op, 4), *provenance = json_at(op, 5);
    struct skill skill = {
        .file = text_at(pool, op, 1),
        .name = text_at(pool, op, 1),
        .description = text_at(pool, op, 2),
        .content = text_at(pool, op, 3),
        .tags = pool_array(pool, json_count(tags), sizeof(grasp_str)),
        .tag_count = json_count(tags),
    };
    for (size_t i = 0; i < skill.tag_count; i++)
        skill.tags[i] = text_at(pool, tags, i);
    if (!json_is(provenance, JSON_OBJECT))
        return skill;
    struct meta *map = meta_new_map(pool);
    for (struct json_iter it = json_members(provenance); json_next(&it);)
        meta_set(pool, map, pool_dup(pool, rig_in(it.key)).ptr,
                 meta_new_int(pool, json_int(it.value, 0)));
    skill.provenance = map;
    return skill;
}

static bool run_op(struct library *library, const struct json *op)
{
    struct str name = json_str(json_at(op, 0));
    struct skill skill = skill_of(library->pool, op);
    if (str_is(name, "modify"))
        return library_modify(library, &skill, json_is(json_at(op, 4), JSON_ARRAY));
    if (str_is(name, "delete"))
        return library_remove(library, skill.file);
    library_add(library, &skill);
    return true;
}

static struct json *file_names(const struct library *library)
{
    struct json *names = json_new_array();
    for (size_t i = 0; i < library->count; i++)
        json_push(names, json_new_str(rig_out(library->files[i].name)));
    return names;
}

static void expect_skills(struct golden *g, struct library *library, const struct json *step)
{
    struct skill *skills;
    size_t count = library_skills(library, &skills);
    CLEANUP_JSON struct json *versions = json_new_object(), *tags = json_new_object();
    CLEANUP_JSON struct json *provenance = json_new_object();
    for (size_t i = 0; i < count; i++) {
        struct text text CLEANUP_TEXT = {0};
        skill_write_json(&text, &skills[i]);
        CLEANUP_JSON struct json *skill = json_parse(rig_out(text_view(&text)), NULL);
        struct str name = rig_out(skills[i].name);
        json_set_str(versions, name, json_copy(json_get(skill, "version")));
        json_set_str(tags, name, json_copy(json_get(skill, "tags")));
        json_set_str(provenance, name, json_copy(json_get(skill, "provenance")));
    }
    golden_expect_int(g, "learned_count", (int64_t)library_count(library),
                      json_int(json_get(step, "learned_count"), -1));
    golden_expect_json(g, "versions", versions, json_get(step, "versions"));
    golden_expect_json(g, "tags", tags, json_get(step, "tags"));
    golden_expect_json(g, "provenance", provenance, json_get(step, "provenance"));
}

static void expect_history(struct golden *g, const struct library *library, const struct json *c)
{
    struct skill *history;
    const struct json *want = json_get(c, "history_of_zeta");
    size_t count = library_history(library, grasp_cstr("zeta"), &history);
    golden_expect_int(g, "history", (int64_t)count, (int64_t)json_count(want));
    for (size_t i = 0; i < count && i < json_count(want); i++) {
        golden_expect_int(g, "archived version", history[i].version,
                          json_int(json_get(json_at(want, i), "version"), -1));
        golden_expect_str(g, "archived description", rig_out(history[i].description),
                          json_str(json_get(json_at(want, i), "description")));
    }
}

static void repository_ops(struct golden *g)
{
    golden_section(g, "sections.repository_ops.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        const grasp_files none = {NULL, 0};
        struct library library = library_open(&pool, &none, true);
        const struct json *steps = json_get(c, "steps");
        for (size_t i = 0; i < json_count(steps); i++) {
            const struct json *step = json_at(steps, i);
            bool ok = run_op(&library, json_get(step, "op"));
            golden_expect(g, ok == !json_is(json_get(step, "error"), JSON_STRING), "error or none");
            CLEANUP_JSON struct json *names = file_names(&library);
            golden_expect_json(g, "files", names, json_get(step, "files"));
            expect_skills(g, &library, step);
        }
        expect_history(g, &library, c);
    }
}

static void repository_fork(struct golden *g)
{
    golden_section(g, "sections.repository_fork.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        const struct json *files = json_get(c, "orig_files");
        grasp_file *items = pool_array(&pool, json_count(files), sizeof(*items));
        for (size_t i = 0; i < json_count(files); i++)
            items[i] = (grasp_file){text_at(&pool, files, i), grasp_cstr("x")};
        const grasp_files set = {items, json_count(files)};
        struct library library = library_open(&pool, &set, true);
        struct library fork = library_fork(&library);
        struct skill skill = {.file = grasp_cstr("forked"), .name = grasp_cstr("forked")};
        library_add(&fork, &skill);
        CLEANUP_JSON struct json *here = file_names(&library);
        CLEANUP_JSON struct json *there = file_names(&fork);
        golden_expect_json(g, "files", here, files);
        golden_expect_json(g, "files of the fork", there, json_get(c, "fork_files"));
    }
}

/* A library with skills of these names. */
static struct library make_library(struct pool *pool, const struct json *names)
{
    const grasp_files none = {NULL, 0};
    struct library library = library_open(pool, &none, true);
    for (size_t i = 0; i < json_count(names); i++) {
        struct skill skill = {.file = text_at(pool, names, i), .name = text_at(pool, names, i)};
        library_add(&library, &skill);
    }
    return library;
}

static size_t check_proposals(struct rig *rig, const struct library *library, int64_t capacity,
                              const struct json *array, struct proposal **out)
{
    const grasp_json_value *values = rig_value(rig, array);
    const struct limits limits = {library, capacity, true, false};
    size_t count = json_count(array);
    const grasp_json_value **list = pool_array(&rig->pool, count, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = rig->json->at(values, i);
    return proposals_validate(rig->call, &rig->pool, &limits, list, count, out);
}

static struct json *proposals_json(const struct proposal *proposals, size_t count)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < count; i++) {
        struct text text CLEANUP_TEXT = {0};
        proposal_write(&text, &proposals[i], true);
        json_push(out, json_parse(rig_out(text_view(&text)), NULL));
    }
    return out;
}

static void validate(struct golden *g)
{
    golden_section(g, "sections.validate.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        struct proposal *valid;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        struct library library = make_library(&rig.pool, json_get(c, "library"));
        size_t count =
            check_proposals(&rig, &library, json_int(json_get(c, "max_learned_skills"), 0),
                            json_get(c, "proposals"), &valid);
        CLEANUP_JSON struct json *got = proposals_json(valid, count);
        golden_expect_json(g, "valid", got, json_get(c, "valid"));
        rig_close(&rig);
    }
}

/* The case gives what was applied to a library with the skill `old`, and the files afterwards;
 * actions without a name of ours cannot be proposals here. */
static void apply(struct golden *g)
{
    golden_section(g, "sections.apply.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        CLEANUP_JSON struct json *before = json_parse(STR("[\"old\"]"), NULL);
        struct library library = make_library(&rig.pool, before);
        const struct json *applied = json_get(c, "applied");
        for (size_t i = 0; i < json_count(applied); i++) {
            CLEANUP_JSON struct json *one = json_new_array();
            struct proposal *valid;
            json_push(one, json_copy(json_at(applied, i)));
            size_t count = check_proposals(&rig, &library, 10, one, &valid);
            if (golden_expect_int(g, "valid", (int64_t)count, 1))
                proposal_apply(&library, &valid[0], NULL);
        }
        CLEANUP_JSON struct json *names = file_names(&library);
        golden_expect_json(g, "files", names, json_get(c, "files"));
        rig_close(&rig);
    }
}

static struct proposal plain_proposal(struct pool *pool, const struct json *object)
{
    struct str action = json_str(json_get(object, "action"));
    return (struct proposal){
        .action = str_is(action, "ADD")      ? ACTION_ADD
                  : str_is(action, "MODIFY") ? ACTION_MODIFY
                                             : ACTION_REMOVE,
        .name = pool_dup(pool, rig_in(json_str(json_get(object, "name")))),
        .content = pool_dup(pool, rig_in(json_str(json_get(object, "content")))),
    };
}

static void candidate_dedupe(struct golden *g)
{
    golden_section(g, "sections.candidate_dedupe.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        const struct json *candidates = json_get(c, "candidates");
        size_t count = json_count(candidates);
        struct proposal *all = pool_array(&pool, count, sizeof(*all));
        CLEANUP_JSON struct json *kept = json_new_array();
        for (size_t i = 0; i < count; i++) {
            bool known = false;
            all[i] = plain_proposal(&pool, json_at(candidates, i));
            for (size_t k = 0; k < i && !known; k++)
                known = proposal_same(&all[k], &all[i], true);
            if (!known)
                json_push(kept, json_new_int((int64_t)i));
        }
        golden_expect_json(g, "kept", kept, json_get(c, "kept_indices"));
    }
}

static void capacity(struct golden *g)
{
    golden_section(g, "sections.capacity_prompt_state.cases");
    for (const struct json *c; (c = golden_next(g));) {
        const struct shelf_room room = shelf_room(json_int(json_get(c, "n_learned"), 0),
                                                  json_int(json_get(c, "max_learned_skills"), 0),
                                                  json_int(json_get(c, "max_proposals"), 0), true);
        const char *state = room.full ? "full" : room.nearly_full ? "nearly_full" : "free";
        golden_expect_str(g, "state", str_of(state), json_str(json_get(c, "state")));
        golden_expect_int(g, "max_edits", room.max_edits,
                          json_int(json_get(c, "effective_max_proposals"), -1));
    }
}

static const struct meta *score_map(struct pool *pool, const struct json *score)
{
    struct meta *map = meta_new_map(pool);
    if (!json_is(score, JSON_NULL))
        meta_set(pool, map, "probe_score", meta_new_int(pool, json_int(score, 0)));
    return map;
}

static void history_hint(struct golden *g)
{
    golden_section(g, "sections.modify_history_hint.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        const struct json *archived = json_get(c, "archived_probe_scores");
        struct skill present = {.provenance = score_map(&pool, json_get(c, "current_probe_score"))};
        struct skill *history = pool_array(&pool, json_count(archived), sizeof(*history));
        for (size_t i = 0; i < json_count(archived); i++)
            history[i].provenance = score_map(&pool, json_at(archived, i));
        enum shelf_hint hint = shelf_hint(&present, history, json_count(archived));
        golden_expect_int(g, "warning", hint == SHELF_WORSE,
                          json_bool(json_get(c, "warning"), false));
        golden_expect_int(g, "note", hint == SHELF_OFTEN, json_bool(json_get(c, "note"), false));
    }
}

void golden_library_sections(struct golden *g)
{
    repository_ops(g);
    repository_fork(g);
    validate(g);
    apply(g);
    candidate_dedupe(g);
    capacity(g);
    history_hint(g);
}
