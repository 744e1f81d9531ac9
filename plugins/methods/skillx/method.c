/* SPDX-License-Identifier: MIT */
#include "common/block.h"
#include "common/slice.h"
#include "skillx.h"

extern const struct embedded_file skillx_prompts[];

struct knowledge {
    struct pool pool;
    struct library library;
    grasp_str *blocks; /* of the functional skills */
};

static const char schema[] = OPTION_SCHEMA_AND(
    SKILLX_OPTIONS, ", \"skill_type\": {\"type\": \"string\", \"description\": \"accepted and "
                    "without effect, as in the reference\"}");

#define OPTIONS_OF struct skillx_options
static const struct option options[] = OPTION_TABLE(SKILLX_OPTIONS);

static const struct prompt_file prompts[] = {
    PROMPT("plan.md", struct skillx, plan),
    PROMPT("plan_user.md", struct skillx, plan_user, "task", "history"),
    PROMPT("extract.md", struct skillx, extract),
    PROMPT("extract_user.md", struct skillx, extract_user, "task", "history", "count", "library",
           "step"),
    PROMPT("filter.md", struct skillx, filter),
    PROMPT("filter_user.md", struct skillx, filter_user, "skill"),
    PROMPT("merge.md", struct skillx, merge),
    PROMPT("merge_user.md", struct skillx, merge_user, "skills"),
    PROMPT_END};

static void make_blocks(struct knowledge *knowledge)
{
    const struct records *list = &knowledge->library.functional;
    knowledge->blocks = pool_array(&knowledge->pool, list->count, sizeof(*knowledge->blocks));
    for (size_t i = 0; i < list->count; i++) {
        const struct record *r = &list->items[i];
        knowledge->blocks[i] = pool_format(&knowledge->pool, "### %.*s\n%.*s\n\n```\n%.*s\n```\n\n",
                                           (int)r->name.len, r->name.ptr, (int)r->document.len,
                                           r->document.ptr, (int)r->content.len, r->content.ptr);
    }
}

static bool read(grasp_call *call, const void *self, const grasp_files *files,
                 const grasp_file *file, void *knowledge, grasp_str *out_why)
{
    struct knowledge *out = knowledge;
    if (file && !library_read(call, &out->pool, file->text, &out->library, out_why))
        return false;
    make_blocks(out);
    return true;
}

static const char *const names[] = {"skillx_library.json", "skillx_library_best.json", NULL};
static const struct learner_kind kind = {
    .size = sizeof(struct skillx),
    .options = options,
    .options_at = offsetof(struct skillx, options),
    .files = skillx_prompts,
    .prompts = prompts,
    .compat_placement = GRASP_PLACE_FIELD,
    .unit = "epoch",
    .folder = "skillx",
    .compat_order = "seed",
    .names = names,
    .knowledge_size = sizeof(struct knowledge),
    .read = read,
    .learn = skillx_learn,
};

static int32_t open_skillx(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    return learner_open(call, &kind, config, task, out_self);
}

static int32_t augment(grasp_call *call, void *opaque, const void *loaded, const grasp_turn *turn)
{
    const struct skillx *self = opaque;
    const struct knowledge *knowledge = loaded;
    struct pool pool CLEANUP_POOL = {0};
    size_t *found, count = library_find(&pool, &knowledge->library,
                                        turn_query(call, turn, self->options.task_query),
                                        self->options.retrieval_top_k, &found);
    struct piece *pieces = pool_array(&pool, count, sizeof(*pieces));
    for (size_t i = 0; i < count; i++)
        pieces[i] = (struct piece){.text = knowledge->blocks[found[i]],
                                   .id = knowledge->library.functional.items[found[i]].name};
    const struct block block = {SLICE(SKILLX_OPEN), SLICE(SKILLX_CLOSE), pieces, count,
                                SLICE(TASK_LINE)};
    return count ? block_emit(call, &self->learner.common, &block) : GRASP_OK;
}

static int32_t describe(grasp_call *call, void *self, const void *loaded)
{
    const struct knowledge *knowledge = loaded;
    struct text out CLEANUP_TEXT = {0};
    put_records(&out, NULL, &knowledge->library.functional);
    return call->host->emit_json(call, text_view(&out));
}

const grasp_method skillx_table = {
    .size = sizeof(skillx_table),
    .id = "skillx",
    .summary = "SkillX: skills extracted from successes, the best fitting ones shown",
    .options = schema,
    .open = open_skillx,
    .augment = augment,
    .describe = describe,
    LEARNER_MEMBERS,
    .extension = skillx_extension,
};
