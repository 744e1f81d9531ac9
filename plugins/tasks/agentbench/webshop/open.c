/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../data.h"
#include "../setup.h"
#include "common/slice.h"
#include "webshop.h"

static int32_t load_texts(grasp_call *call, struct webshop *self, grasp_str folder)
{
#define TEXT(name, ...) PROMPT(name, struct shop_texts, __VA_ARGS__)
    const struct prompt_file files[] = {
        TEXT("webshop_system.md", system),
        TEXT("webshop_reminder.md", reminder),
        TEXT("webshop_no_tool_call.md", no_tool_call),
        TEXT("webshop_bad_call.md", bad_call),
        TEXT("webshop_limit.md", limit),
        TEXT("webshop_writer_guidance.md", writer_guidance),
        TEXT("webshop_tools.json", tools),
        TEXT("history_omitted.md", omitted, "count"),
        PROMPT_END,
    };
#undef TEXT
    return setup_texts(call, &self->pool, folder, files, &self->texts);
}

static int32_t load_own(grasp_call *call, struct webshop *self, uint64_t price_seed)
{
    const struct catalog_source source = {.products = data_own_file("webshop_items_shuffle.json"),
                                          .attributes = data_own_file("webshop_items_ins_v2.json"),
                                          .human = data_own_file("webshop_items_human_ins.json"),
                                          .names = {"webshop_items_shuffle.json",
                                                    "webshop_items_ins_v2.json",
                                                    "webshop_items_human_ins.json"}};
    struct report report = {0};
    return catalog_import(call, &source, price_seed, &report, &self->catalog);
}

static void open_wordnet(grasp_call *call, struct webshop *self, grasp_str folder)
{
    const char *missing = "";
    self->wordnet = wordnet_open(folder, &missing);
    if (!self->wordnet)
        grasp_log(call, GRASP_LOG_WARNING,
                  "no WordNet: %.*s/%s cannot be read; every word of a title that is no function "
                  "word counts as a noun. Install wordnet-base, or give its folder with "
                  "task.wordnet",
                  (int)folder.len, folder.ptr, missing);
}

static int32_t load(grasp_call *call, struct webshop *self, const grasp_json_value *config)
{
    const grasp_json *json = self->json;
    grasp_str folder = member_text(json, config, "data"),
              wordnet = member_text(json, config, "wordnet");
    uint64_t price_seed = (uint64_t)json->as_int(json->get(config, SLICE("price_seed")), 233);
    self->reference = grasp_equal(member_text(json, config, "compat"), "reference");
    self->reminder = !self->reference && json->as_bool(json->get(config, SLICE("reminder")), 1);
    self->max_turns = (int32_t)json->as_int(json->get(config, SLICE("max_turns")), 20);
    int32_t status = load_texts(call, self, member_text(json, config, "prompts_dir"));
    if (status)
        return status;
    open_wordnet(call, self, wordnet.len ? wordnet : SLICE("/usr/share/wordnet"));
    self->shop.catalog = &self->catalog;
    if (self->catalog.store)
        return GRASP_OK;
    return folder.len ? catalog_open(call, folder, member_text(json, config, "store"), price_seed,
                                     &self->catalog)
                      : load_own(call, self, price_seed);
}

int32_t webshop_open_with(grasp_call *call, grasp_str config, struct catalog *catalog,
                          void **out_self)
{
    const grasp_json_value *options = NULL;
    int32_t status = setup_options(call, config, &options);
    if (status)
        return status;
    struct webshop *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->json = grasp_json_of(call);
    if (catalog) {
        self->catalog = *catalog;
        *catalog = (struct catalog){0};
    }
    status = load(call, self, options);
    if (status) {
        webshop_close(call, self);
        return status;
    }
    *out_self = self;
    return GRASP_OK;
}

int32_t webshop_open(grasp_call *call, grasp_str config, void **out_self)
{
    return webshop_open_with(call, config, NULL, out_self);
}

void webshop_close(grasp_call *call, void *opaque)
{
    struct webshop *self = opaque;
    if (!self)
        return;
    catalog_close(&self->catalog);
    wordnet_close(self->wordnet);
    pool_free(&self->pool);
    free(self);
}
