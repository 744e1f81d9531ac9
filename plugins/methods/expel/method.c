/* SPDX-License-Identifier: MIT */
#include "common/block.h"
#include "common/slice.h"
#include "expel.h"

extern const struct embedded_file expel_prompts[];

struct knowledge {
    struct pool pool;
    struct rules rules;
    struct piece *pieces;
};

static const char schema[] = OPTION_SCHEMA(EXPEL_OPTIONS);

#define OPTIONS_OF struct expel_options
static const struct option options[] = OPTION_TABLE(EXPEL_OPTIONS);

static const char *const system_names[] = {"family", "hints", "labels", NULL};
static const char *const contrast_names[] = {"grammar", "task",  "success", "failure",
                                             "tags",    "rules", "full",    NULL};
static const char *const success_names[] = {"grammar", "trials", "rules", "full", NULL};
static const char *const no_names[] = {NULL};
static const struct prompt_file prompts[] = {
    {"contrast_system.md", system_names, offsetof(struct expel, contrast_system)},
    {"contrast.md", contrast_names, offsetof(struct expel, contrast)},
    {"success_system.md", system_names, offsetof(struct expel, success_system)},
    {"success.md", success_names, offsetof(struct expel, success)},
    {"grammar.md", no_names, offsetof(struct expel, grammar)},
    {NULL, NULL, 0}};

static const struct learner_kind kind = {
    .size = sizeof(struct expel),
    .options = options,
    .options_at = offsetof(struct expel, options),
    .files = expel_prompts,
    .prompts = prompts,
    .compat_placement = GRASP_PLACE_OPENING,
};

static int32_t open_expel(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    return learner_open(call, &kind, config, task, out_self);
}

static int32_t info(grasp_call *call, void *self)
{
    return learner_info(call, self, "epoch", "expel", "seed");
}

static int32_t load(grasp_call *call, void *opaque, const grasp_files *files, void **out_knowledge)
{
    static const char *const names[] = {"expel_rules.json", "expel_rules_best.json", NULL};
    const struct expel *self = opaque;
    const grasp_file *file = learner_file(files, names);
    struct knowledge *knowledge = learner_knowledge(call, sizeof(*knowledge));
    grasp_str why = SLICE("");
    if (!knowledge)
        return GRASP_E_NOMEM;
    if (file && !rules_read(call, &knowledge->pool, file->text, &knowledge->rules, &why) &&
        !self->learner.common.reference) {
        learner_unload(call, opaque, knowledge);
        return learner_refuse(call, file, why);
    }
    size_t count = knowledge->rules.count;
    knowledge->pieces = pool_array(&knowledge->pool, count, sizeof(*knowledge->pieces));
    for (size_t i = 0; i < count; i++) {
        grasp_str text = knowledge->rules.items[i].text;
        knowledge->pieces[i] = (struct piece){
            .text = pool_format(&knowledge->pool, "\n%zu. %.*s", i + 1, (int)text.len, text.ptr),
            .id = pool_format(&knowledge->pool, "rule_%zu", i + 1),
        };
    }
    *out_knowledge = knowledge;
    return GRASP_OK;
}

static int32_t augment(grasp_call *call, void *opaque, const void *loaded, const grasp_turn *turn)
{
    const struct expel *self = opaque;
    const struct knowledge *knowledge = loaded;
    if (knowledge->rules.count == 0)
        return GRASP_OK;
    const struct block block = {SLICE(EXPEL_INTRO), SLICE(""), knowledge->pieces,
                                knowledge->rules.count, SLICE(TASK_LINE)};
    return block_emit(call, &self->learner.common, &block);
}

static int32_t describe(grasp_call *call, void *self, const void *loaded)
{
    const struct knowledge *knowledge = loaded;
    return call->host->emit_json(call, rules_file(call, &knowledge->rules));
}

static const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &expel_rehearsal : NULL;
}

const grasp_method expel_table = {
    .size = sizeof(expel_table),
    .id = "expel",
    .summary = "ExpeL: rules with counters, from pairs of failures and successes",
    .options = schema,
    .open = open_expel,
    .info = info,
    .load = load,
    .unload = learner_unload,
    .augment = augment,
    .describe = describe,
    .learn = expel_learn,
    .close = learner_close,
    .extension = extension,
};
