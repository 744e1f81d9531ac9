/* SPDX-License-Identifier: MIT */
#include "common/block.h"
#include "common/put.h"
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

static const struct prompt_file prompts[] = {
    PROMPT("reflect.md", struct evo, reflect, "rules", "episode", "tags"),
    PROMPT("curate.md", struct evo, curate, "input"),
    PROMPT_AS_IT_IS("protocol.md", struct evo, protocol), PROMPT_END};

static bool read(grasp_call *call, const void *opaque, const grasp_files *files,
                 const grasp_file *file, void *knowledge, grasp_str *out_why)
{
    const struct evo *self = opaque;
    struct knowledge *out = knowledge;
    out->state = (struct state){.pool = &out->pool, .options = &self->options};
    return state_read(call, file, files, &out->state, out_why);
}

static const char *const names[] = {"semantic.json", NULL};
static const struct learner_kind kind = {
    .size = sizeof(struct evo),
    .options = options,
    .options_at = offsetof(struct evo, options),
    .files = evo_memory_prompts,
    .prompts = prompts,
    .compat_placement = GRASP_PLACE_FIELD,
    .unit = "sample",
    .folder = "evo_memory",
    .compat_order = "epoch",
    .names = names,
    .knowledge_size = sizeof(struct knowledge),
    .read = read,
    .learn = evo_learn,
};

static int32_t open_evo(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    return learner_open(call, &kind, config, task, out_self);
}

static size_t show_rules(struct text *out, const struct state *state, grasp_str query,
                         struct text *ids)
{
    size_t *chosen, count = rules_select(state, query, 0, &chosen);
    text_put(out, EVO_SEMANTIC_HEADER);
    for (size_t i = 0; i < count; i++) {
        text_put(out, "\n- ");
        text_str(out, state->rules[chosen[i]].text);
        put_string(ids, NULL, state->rules[chosen[i]].id);
    }
    return count;
}

static size_t show_episodes(struct text *out, const struct state *state, grasp_str query,
                            struct text *ids)
{
    size_t *found, count = episodes_find(state, query, state->options->episodic_top_k, &found);
    text_put(out, EVO_EPISODIC_HEADER);
    for (size_t i = 0; i < count; i++) {
        const struct episode *episode = &state->episodes[found[i]];
        if (episode->summary.len) {
            text_format(out, "\n- " EVO_EPISODE_LABEL " %zu: ", i + 1);
            text_str(out, episode->summary);
        }
        for (size_t k = 0; k < episode->guidelines.count && k < EPISODE_GUIDELINES; k++) {
            text_put(out, "\n  - ");
            text_str(out, rule_body(episode->guidelines.items[k]));
        }
        put_string(ids, NULL, episode->id);
    }
    return count;
}

static void put_section(struct text *out, struct pool *pool, const struct text *section,
                        int64_t most)
{
    text_put(out, "\n\n");
    text_str(out, text_truncate(pool, text_view(section), most));
}

grasp_str evo_context(const struct evo *self, const struct state *state, grasp_str query,
                      struct text *ids)
{
    struct text out CLEANUP_TEXT = {0}, rules CLEANUP_TEXT = {0}, episodes CLEANUP_TEXT = {0};
    const struct evo_options *o = &self->options;
    int64_t most = o->max_context_chars, budget = self->learner.common.max_guidance_chars;
    query = utf8_prefix(query, QUERY_CHARACTERS);
    put_open(ids, NULL, '[');
    text_str(&out, self->protocol);
    bool has_rules = o->semantic_enabled && show_rules(&rules, state, query, ids) > 0;
    bool has_episodes = o->episodic_enabled && show_episodes(&episodes, state, query, ids) > 0;
    if (has_rules)
        put_section(&out, state->pool, &rules, o->semantic_context_max_chars);
    if (has_episodes)
        put_section(&out, state->pool, &episodes, o->episodic_context_max_chars);
    put_close(ids, ']');
    if (!has_rules && !has_episodes && !self->learner.common.reference)
        text_reset(&out);
    return pool_dup(state->pool, text_truncate(state->pool, text_view(&out),
                                               budget && budget < most ? budget : most));
}

static int32_t augment(grasp_call *call, void *opaque, const void *loaded, const grasp_turn *turn)
{
    const struct evo *self = opaque;
    const struct knowledge *knowledge = loaded;
    struct pool pool CLEANUP_POOL = {0};
    struct text text CLEANUP_TEXT = {0}, ids CLEANUP_TEXT = {0};
    struct state view = knowledge->state;
    view.pool = &pool; /* the knowledge and its pool are shared by all turns */
    grasp_str query = turn_query(call, turn, self->options.task_query);
    text_str(&text, evo_context(self, &view, query, &ids));
    return text.len ? guidance_emit(call, &self->learner.common, &text, &ids, SLICE(TASK_LINE))
                    : GRASP_OK;
}

static int32_t describe(grasp_call *call, void *self, const void *loaded)
{
    const struct knowledge *knowledge = loaded;
    struct text out CLEANUP_TEXT = {0};
    put_rules(&out, NULL, &knowledge->state);
    return call->host->emit_json(call, text_view(&out));
}

const grasp_method evo_memory_table = {
    .size = sizeof(evo_memory_table),
    .id = "evo_memory",
    .summary = "Evo-MedAgent: rules and episodes, retrieved for each turn",
    .options = schema,
    .open = open_evo,
    .augment = augment,
    .describe = describe,
    LEARNER_MEMBERS,
    .extension = evo_extension,
};
