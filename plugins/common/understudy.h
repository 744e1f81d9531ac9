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
    grasp_call *call;
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

/* Defines name_extension(id), which offers a rehearsal with these roles, for a method's table. */
#define UNDERSTUDY(name, roles)                                                                    \
    static int32_t reply_as_##name(grasp_call *call, const grasp_rehearsal_request *request)       \
    {                                                                                              \
        return understudy_reply(call, request, roles);                                             \
    }                                                                                              \
    const void *name##_extension(grasp_str id)                                                     \
    {                                                                                              \
        static const grasp_rehearsal rehearsal = {.size = sizeof(rehearsal),                       \
                                                  .reply = reply_as_##name};                       \
        return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &rehearsal : NULL;                           \
    }

/* What kind of advice is given: mostly useful, often without effect, and harmful in that many of
 * 1000 prompts: where nothing learned is ever taken back, one such advice spoils a run. */
enum advice { ADVICE_USEFUL, ADVICE_USELESS, ADVICE_HARMFUL };
enum advice part_advice(const struct part *part, unsigned harmful);
/* The value of the last line that begins with `title`; empty if there is none. */
grasp_str part_field(const struct part *part, const char *title);
/* The JSON value of the last line that begins with `opening`, which is its beginning; NULL if there
 * is none. */
const grasp_json_value *part_json(const struct part *part, const char *opening);
/* A tag of the line "failure tags: ", else, by the draw, of the "- tag: what it means" lines;
 * empty if there are none. */
grasp_str part_tag(const struct part *part);
/* A sentence of that kind about the tag, without a full stop. */
grasp_str part_sentence(const struct part *part, enum advice advice, grasp_str tag);
