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

static const struct prompt_file prompts[] = {
    PROMPT("contrast_system.md", struct expel, contrast_system),
    PROMPT("contrast.md", struct expel, contrast, "grammar", "task", "success", "failure", "tags",
           "rules", "full"),
    PROMPT("success_system.md", struct expel, success_system),
    PROMPT("success.md", struct expel, success, "grammar", "trials", "rules", "full"),
    PROMPT_AS_IT_IS("grammar.md", struct expel, grammar),
    PROMPT_END};

static bool read(grasp_call *call, const void *self, const grasp_files *files,
                 const grasp_file *file, void *opaque, grasp_str *out_why)
{
    struct knowledge *knowledge = opaque;
    if (file && !rules_read(call, &knowledge->pool, file->text, &knowledge->rules, out_why))
        return false;
    size_t count = knowledge->rules.count;
    knowledge->pieces = pool_array(&knowledge->pool, count, sizeof(*knowledge->pieces));
    for (size_t i = 0; i < count; i++) {
        grasp_str text = knowledge->rules.items[i].text;
        knowledge->pieces[i] = (struct piece){
            .text = pool_format(&knowledge->pool, "\n%zu. %.*s", i + 1, (int)text.len, text.ptr),
            .id = pool_format(&knowledge->pool, "rule_%zu", i + 1),
        };
    }
    return true;
}

static const char *const names[] = {"expel_rules.json", "expel_rules_best.json", NULL};
static const struct learner_kind kind = {
    .size = sizeof(struct expel),
    .options = options,
    .options_at = offsetof(struct expel, options),
    .files = expel_prompts,
    .prompts = prompts,
    .compat_placement = GRASP_PLACE_OPENING,
    .unit = "epoch",
    .folder = "expel",
    .compat_order = "seed",
    .names = names,
    .knowledge_size = sizeof(struct knowledge),
    .read = read,
    .learn = expel_learn,
};

static int32_t open_expel(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    return learner_open(call, &kind, config, task, out_self);
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

const grasp_method expel_table = {
    .size = sizeof(expel_table),
    .id = "expel",
    .summary = "ExpeL: rules with counters, from pairs of failures and successes",
    .options = schema,
    .open = open_expel,
    .augment = augment,
    .describe = describe,
    LEARNER_MEMBERS,
    .extension = expel_extension,
};
