/* SPDX-License-Identifier: MIT */
#include "method.h"

#include <stdlib.h>

#include "common/slice.h"
#include "update.h"

#define COLLAPSE_SCORE 0.05

static void grasp_close(grasp_call *call, void *opaque)
{
    struct method *self = opaque;
    if (!self)
        return;
    past_free(&self->past);
    bout_memory_free(&self->duels);
    pool_free(&self->pool);
    free(self);
}

static int32_t grasp_open(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    struct method *self = calloc(1, sizeof(*self));
    int32_t status;
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    if ((status = options_read(call, self, config)) || (status = prompts_read(call, self)) ||
        (status = hints_read(call, self, task)) || (status = base_read(call, self))) {
        grasp_close(call, self);
        return status;
    }
    *out_self = self;
    return GRASP_OK;
}

static int32_t grasp_info(grasp_call *call, void *self)
{
    return call->host->emit_json(call, SLICE("{\"unit\": \"batch\", \"folder\": \"skills\"}"));
}

static int32_t open_update(grasp_call *call, struct method *self, const grasp_lab *lab,
                           const grasp_files *files, struct pool *pool, struct update *out)
{
    *out = (struct update){
        .call = call, .lab = lab, .json = grasp_json_of(call), .self = self, .pool = pool};
    if (!out->json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "the host does not offer " GRASP_EXT_JSON);
    update_open(out, library_open(pool, files, self->options.reference));
    return GRASP_OK;
}

static int32_t close_update(struct update *u, int32_t status)
{
    if (!status && update_changed(u)) {
        const grasp_files files = library_files(&u->library);
        status = u->call->host->emit_files(u->call, &files);
    }
    text_free(&u->raw_proposals);
    return status;
}

static int32_t learn_batch(struct update *u, grasp_str text)
{
    const grasp_json_value *batch = u->json->parse(u->call, text, NULL);
    const grasp_json_value *rollouts = u->json->get(batch, SLICE("rollouts"));
    u->epoch = u->json->as_int(u->json->get(batch, SLICE("epoch")), -1);
    u->cycle = u->json->as_int(u->json->get(batch, SLICE("update_cycle")), -1);
    if (u->epoch < 0 || u->cycle < 0 || u->json->kind(rollouts) != GRASP_JSON_ARRAY)
        return grasp_fail(u->call, GRASP_E_INVALID,
                          "the batch is not an object with epoch, update_cycle and rollouts");
    past_enter(&u->self->past, u->self->dev.count, u->epoch);
    int32_t status = entries_read(u, rollouts);
    return status ? status : update_run(u);
}

int32_t grasp_method_learn(grasp_call *call, void *self, const grasp_lab *lab,
                           const grasp_files *files, const void *knowledge, grasp_str batch)
{
    struct pool pool CLEANUP_POOL = {0};
    struct update u;
    int32_t status = open_update(call, self, lab, files, &pool, &u);
    if (!status)
        status = learn_batch(&u, batch);
    return close_update(&u, status);
}

/* After the last batch, whose number is one less. */
static int64_t cycles_of(const struct past *past)
{
    int64_t last = -1;
    for (size_t i = 0; i < past->count; i++) {
        if (past->entries[i].update_cycle > last)
            last = past->entries[i].update_cycle;
    }
    return last + 1;
}

int32_t grasp_method_epoch_end(grasp_call *call, void *opaque, const grasp_lab *lab,
                               const grasp_files *files, const void *knowledge, grasp_str text)
{
    struct method *self = opaque;
    struct pool pool CLEANUP_POOL = {0};
    struct update u;
    int32_t status = open_update(call, self, lab, files, &pool, &u);
    if (status)
        return status;
    const grasp_json_value *epoch = u.json->parse(call, text, NULL);
    double score = u.json->as_double(u.json->get(epoch, SLICE("dev_score")), 1);
    u.epoch = u.json->as_int(u.json->get(epoch, SLICE("epoch")), 0);
    u.cycle = cycles_of(&self->past);
    if (u.epoch > 0 && score < COLLAPSE_SCORE && u.skill_count)
        status = collapse_recover(&u);
    else if (self->options.gate_kind == GATE_BY_DUELS && self->options.prune)
        status = duels_prune(&u);
    return close_update(&u, status);
}

static const void *grasp_extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &grasp_writer_rehearsal : NULL;
}

const grasp_method grasp_method_table = {
    .size = sizeof(grasp_method_table),
    .id = "grasp",
    .summary = "skill library, edited by a writer model and gated on a probe of dev samples",
    .options = grasp_options_schema,
    .open = grasp_open,
    .info = grasp_info,
    .load = grasp_method_load,
    .unload = grasp_method_unload,
    .augment = grasp_method_augment,
    .describe = grasp_method_describe,
    .learn = grasp_method_learn,
    .epoch_end = grasp_method_epoch_end,
    .close = grasp_close,
    .extension = grasp_extension,
};
