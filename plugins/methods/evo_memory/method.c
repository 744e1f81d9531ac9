/* SPDX-License-Identifier: MIT */
#include "common/block.h"
#include "common/slice.h"
#include "evo.h"

#define QUERY_CHARACTERS 3000
#define EPISODE_GUIDELINES 2

extern const struct embedded_file evo_memory_prompts[];

struct knowledge {
    struct pool pool;
    struct state state;
};

static const char schema[] = OPTION_SCHEMA(EVO_OPTIONS);

#define OPTIONS_OF struct evo_options
static const struct option options[] = OPTION_TABLE(EVO_OPTIONS);

static const char *const reflect_names[] = {"family",  "hints", "labels", "rules",
                                            "episode", "tags",  NULL};
static const char *const curate_names[] = {"family", "input", NULL};
static const char *const no_names[] = {NULL};
static const struct prompt_file prompts[] = {
    {"reflect.md", reflect_names, offsetof(struct evo, reflect)},
    {"curate.md", curate_names, offsetof(struct evo, curate)},
    {"protocol.md", no_names, offsetof(struct evo, protocol)},
    {NULL, NULL, 0}};

static const struct learner_kind kind = {
    .size = sizeof(struct evo),
    .options = options,
    .options_at = offsetof(struct evo, options),
    .files = evo_memory_prompts,
    .prompts = prompts,
    .compat_placement = GRASP_PLACE_FIELD,
};

static int32_t open_evo(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    return learner_open(call, &kind, config, task, out_self);
}

static int32_t info(grasp_call *call, void *self)
{
    return learner_info(call, self, "sample", "evo_memory", "epoch");
}

static int32_t load(grasp_call *call, void *opaque, const grasp_files *files, void **out_knowledge)
{
    static const char *const names[] = {"semantic.json", NULL};
    const struct evo *self = opaque;
    struct knowledge *knowledge = learner_knowledge(call, sizeof(*knowledge));
    grasp_str why = SLICE("");
    if (!knowledge)
        return GRASP_E_NOMEM;
    if (!state_read(call, &knowledge->pool, files, &self->options, &knowledge->state, &why) &&
        !self->learner.common.reference) {
        learner_unload(call, opaque, knowledge);
        return learner_refuse(call, learner_file(files, names), why);
    }
    *out_knowledge = knowledge;
    return GRASP_OK;
}

static size_t put_rules(struct text *out, struct pool *pool, const struct evo *self,
                        const struct state *state, grasp_str query, struct text *ids)
{
    size_t *chosen, count = rules_select(pool, state, query, 0, &self->options, &chosen);
    text_put(out, EVO_SEMANTIC_HEADER);
    for (size_t i = 0; i < count; i++) {
        text_put(out, "\n- ");
        text_str(out, state->rules[chosen[i]].text);
        text_put(ids, ids->len > 1 ? ", " : "");
        text_json(ids, state->rules[chosen[i]].id);
    }
    return count;
}

static size_t put_episodes(struct text *out, struct pool *pool, const struct evo *self,
                           const struct state *state, grasp_str query, struct text *ids)
{
    size_t *found, count = episodes_find(pool, state, query, self->options.episodic_top_k, &found);
    text_put(out, EVO_EPISODIC_HEADER);
    for (size_t i = 0; i < count; i++) {
        const struct episode *episode = &state->episodes[found[i]];
        if (episode->summary.len) {
            text_format(out, "\n- " EVO_EPISODE_LABEL " %zu: ", i + 1);
            text_str(out, episode->summary);
        }
        for (size_t k = 0; k < episode->guideline_count && k < EPISODE_GUIDELINES; k++) {
            text_put(out, "\n  - ");
            text_str(out, rule_body(episode->guidelines[k]));
        }
        text_put(ids, ids->len > 1 ? ", " : "");
        text_json(ids, episode->id);
    }
    return count;
}

static void put_section(struct text *out, struct pool *pool, const struct text *section,
                        int64_t most)
{
    text_put(out, "\n\n");
    text_str(out, text_truncate(pool, text_view(section), most));
}

grasp_str evo_context(struct pool *pool, const struct evo *self, const struct state *state,
                      grasp_str query, struct text *ids)
{
    struct text out CLEANUP_TEXT = {0}, rules CLEANUP_TEXT = {0}, episodes CLEANUP_TEXT = {0};
    const struct evo_options *o = &self->options;
    int64_t most = o->max_context_chars, budget = self->learner.common.max_guidance_chars;
    query = utf8_prefix(query, QUERY_CHARACTERS);
    text_char(ids, '[');
    text_str(&out, self->protocol);
    bool has_rules = o->semantic_enabled && put_rules(&rules, pool, self, state, query, ids) > 0;
    bool has_episodes =
        o->episodic_enabled && put_episodes(&episodes, pool, self, state, query, ids) > 0;
    if (has_rules)
        put_section(&out, pool, &rules, o->semantic_context_max_chars);
    if (has_episodes)
        put_section(&out, pool, &episodes, o->episodic_context_max_chars);
    text_char(ids, ']');
    if (!has_rules && !has_episodes && !self->learner.common.reference)
        text_reset(&out);
    return pool_dup(pool,
                    text_truncate(pool, text_view(&out), budget && budget < most ? budget : most));
}

static int32_t augment(grasp_call *call, void *opaque, const void *loaded, const grasp_turn *turn)
{
    const struct evo *self = opaque;
    const struct knowledge *knowledge = loaded;
    struct pool pool CLEANUP_POOL = {0};
    struct text ids CLEANUP_TEXT = {0};
    grasp_str text = evo_context(&pool, self, &knowledge->state,
                                 turn_query(call, turn, self->options.task_query), &ids);
    if (!text.len)
        return GRASP_OK;
    const grasp_guidance guidance = {
        .size = sizeof(guidance),
        .placement = self->learner.common.placement,
        .text = text,
        .used = text_view(&ids),
        .task_line = SLICE(TASK_LINE),
    };
    return call->host->emit_guidance(call, &guidance);
}

static int32_t describe(grasp_call *call, void *self, const void *loaded)
{
    const struct knowledge *knowledge = loaded;
    struct text out CLEANUP_TEXT = {0};
    rules_json(&out, &knowledge->state);
    return call->host->emit_json(call, text_view(&out));
}

static const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &evo_rehearsal : NULL;
}

const grasp_method evo_memory_table = {
    .size = sizeof(evo_memory_table),
    .id = "evo_memory",
    .summary = "Evo-MedAgent: rules and episodes, retrieved for each turn",
    .options = schema,
    .open = open_evo,
    .info = info,
    .load = load,
    .unload = learner_unload,
    .augment = augment,
    .describe = describe,
    .learn = evo_learn,
    .close = learner_close,
    .extension = extension,
};
