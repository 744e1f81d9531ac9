/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../agentbench.h"
#include "common/prompts.h"
#include "common/slice.h"
#include "webshop.h"

struct prompt {
    const char *name;
    const char *names[2]; /* placeholders */
    size_t at;            /* in struct shop_texts */
};

static int32_t load_prompts(grasp_call *call, struct webshop *self, grasp_str folder)
{
#define AT(member) offsetof(struct shop_texts, member)
    static const struct prompt prompts[] = {
        {"webshop_system.md", {0}, AT(system)},
        {"webshop_reminder.md", {0}, AT(reminder)},
        {"webshop_no_tool_call.md", {0}, AT(no_tool_call)},
        {"webshop_bad_call.md", {0}, AT(bad_call)},
        {"webshop_limit.md", {0}, AT(limit)},
        {"webshop_writer_guidance.md", {0}, AT(writer_guidance)},
        {"webshop_tools.json", {0}, AT(tools)},
        {"history_omitted.md", {"count"}, AT(omitted)},
    };
#undef AT
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < sizeof(prompts) / sizeof(*prompts) && !status; i++) {
        grasp_str text;
        status = prompt_load(call, &self->pool, agentbench_prompts, folder, prompts[i].name,
                             prompts[i].names, &text);
        if (!status)
            *(grasp_str *)((char *)&self->texts + prompts[i].at) = pool_dup(&self->pool, text);
    }
    if (!status && !self->json->parse(call, self->texts.tools, NULL))
        return grasp_fail(call, GRASP_E_INVALID, "prompt webshop_tools.json is not JSON");
    return status;
}

static grasp_str own_file(const char *name)
{
    const struct embedded_file *file = agentbench_prompts;
    while (file->name && strcmp(file->name, name) != 0)
        file++;
    return (grasp_str){file->text, file->len};
}

static int32_t load_own(grasp_call *call, struct webshop *self, uint64_t price_seed)
{
    const struct catalog_source source = {.products = own_file("webshop_items_shuffle.json"),
                                          .attributes = own_file("webshop_items_ins_v2.json"),
                                          .human = own_file("webshop_items_human_ins.json"),
                                          .names = {"webshop_items_shuffle.json",
                                                    "webshop_items_ins_v2.json",
                                                    "webshop_items_human_ins.json"}};
    struct report report = {0};
    return catalog_import(call, &source, price_seed, &report, &self->catalog);
}

static grasp_str text_option(const grasp_json *json, const grasp_json_value *config,
                             const char *key)
{
    return json->as_string(json->get(config, grasp_cstr(key)));
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
    grasp_str folder = text_option(json, config, "data"),
              wordnet = text_option(json, config, "wordnet");
    uint64_t price_seed = (uint64_t)json->as_int(json->get(config, SLICE("price_seed")), 233);
    self->reference = grasp_equal(text_option(json, config, "compat"), "reference");
    self->reminder = !self->reference && json->as_bool(json->get(config, SLICE("reminder")), 1);
    self->max_turns = (int32_t)json->as_int(json->get(config, SLICE("max_turns")), 20);
    int32_t status = load_prompts(call, self, text_option(json, config, "prompts_dir"));
    if (status)
        return status;
    open_wordnet(call, self, wordnet.len ? wordnet : SLICE("/usr/share/wordnet"));
    self->shop.catalog = &self->catalog;
    if (self->catalog.store)
        return GRASP_OK;
    return folder.len ? catalog_open(call, folder, text_option(json, config, "store"), price_seed,
                                     &self->catalog)
                      : load_own(call, self, price_seed);
}

int32_t webshop_open_with(grasp_call *call, grasp_str config, struct catalog *catalog,
                          void **out_self)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str error = SLICE("");
    const grasp_json_value *options = json->parse(call, config, &error);
    if (json->kind(options) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object: %.*s",
                          (int)error.len, error.ptr);
    struct webshop *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->json = json;
    if (catalog) {
        self->catalog = *catalog;
        *catalog = (struct catalog){0};
    }
    int32_t status = load(call, self, options);
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
