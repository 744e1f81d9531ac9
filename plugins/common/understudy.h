/* SPDX-License-Identifier: MIT */
/*
 * The writer's part in rehearsals of the methods of learner.h: prompts are known by their first
 * line, and answered from the failure tags in them.
 */
#pragma once

#include <grasp/grasp.h>

#include "common/pool.h"
#include "common/text.h"
#include <stdbool.h>

struct part {
    struct pool *pool;
    grasp_str prompt; /* all messages */
    uint64_t draw;
};

struct role {
    const char *first_line; /* with its line end; NULL ends the list */
    void (*answer)(struct text *out, struct part *part);
};

/* Plays the role whose line the first message begins with. */
int32_t understudy_reply(grasp_call *call, const grasp_rehearsal_request *request,
                         const struct role *roles);

/* What kind of advice is given: mostly useful, often without effect, and harmful in that many of
 * 1000 prompts: where nothing learned is ever taken back, one such advice spoils a run. */
enum advice { ADVICE_USEFUL, ADVICE_USELESS, ADVICE_HARMFUL };
enum advice part_advice(const struct part *part, unsigned harmful);
/* The value of the last line that begins with `title`; empty if there is none. */
grasp_str part_field(const struct part *part, const char *title);
/* A tag of the line "failure tags: ", else, by the draw, of the "- tag: what it means" lines;
 * empty if there are none. */
grasp_str part_tag(const struct part *part);
/* A sentence of that kind about the tag, without a full stop. */
grasp_str part_sentence(const struct part *part, enum advice advice, grasp_str tag);
