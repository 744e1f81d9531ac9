/* SPDX-License-Identifier: MIT */
/* A game file (game.tw-pddl): a domain, a grammar, a problem, perhaps a walkthrough. */
#pragma once

#include <grasp/grasp.h>

#include "world.h"

/* What differs in the rules and texts of a game. False: *error says what is not known. */
bool dialect_read(struct pool *pool, grasp_str domain, grasp_str grammar, struct dialect *out,
                  struct world_error *error);
/* The task's sentence in a grammar, without its full stop. */
bool task_sentence(struct pool *pool, grasp_str grammar, grasp_str *out);

/* Makes a world of the texts: a zeroed one, to be freed in any case. False: *error says why no game
 * can be made of them. */
bool game_make(struct world *world, grasp_str domain, grasp_str grammar, grasp_str problem,
               struct world_error *error);
/* The same of a game file's text. False: *out_why, in memory of the call, says why. walkthrough:
 * the array, NULL if there is none; may be NULL. */
bool game_read(grasp_call *call, struct world *world, grasp_str text, grasp_str *out_why,
               const grasp_json_value **out_walkthrough);
