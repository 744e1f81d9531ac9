/* SPDX-License-Identifier: MIT */
/* The task webshop: its instance and its functions. */
#pragma once

#include <grasp/grasp.h>

#include "nouns.h"
#include "session.h"

/* The texts of the environment, prompts/webshop_*.md. */
struct shop_texts {
    grasp_str system, reminder, no_tool_call, bad_call, limit, writer_guidance, tools, omitted;
};

struct webshop {
    const grasp_json *json;
    bool reference; /* compat: reference */
    bool reminder;
    int32_t max_turns;
    struct shop_texts texts;
    struct catalog catalog;
    struct shop shop;
    struct wordnet *wordnet; /* NULL: not there */
    /* Stands in for the rule of nouns; NULL: the rule. */
    void (*nouns)(struct pool *pool, grasp_str name, struct strings *out);
    struct pool pool; /* everything that lives as long as the instance */
};

/* Samples are the first goals, dealt out to dev, val, dev, test in turn. */
#define SHOP_SAMPLES 200

int32_t webshop_open(grasp_call *call, grasp_str config, void **out_self);
/* The same with a catalogue from elsewhere, which the instance then owns. */
int32_t webshop_open_with(grasp_call *call, grasp_str config, struct catalog *catalog,
                          void **out_self);
int32_t webshop_info(grasp_call *call, void *self);
int32_t webshop_samples(grasp_call *call, void *self, grasp_str split);
int32_t webshop_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                      void **out_episode);
int32_t webshop_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply);
void webshop_end(grasp_call *call, void *self, void *episode);
int32_t webshop_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                      grasp_str judge);
void webshop_close(grasp_call *call, void *self);

extern const grasp_rehearsal webshop_rehearsal;
