/* SPDX-License-Identifier: MIT */
/* The lists and words of a PDDL text, in lower case, without comments. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/pool.h"

#define PDDL_TEXT_MAX ((size_t)4 << 20)
#define PDDL_DEPTH_MAX 64

struct pddl {
    bool is_list;
    unsigned line;
    grasp_str word; /* of a word */
    struct pddl *first, *next;
};

struct pddl_error {
    const char *what;
    unsigned line;
};

/* Reads one list, which lives in the pool. False: *error says why. */
bool pddl_read(struct pool *pool, grasp_str text, const struct pddl **out,
               struct pddl_error *error);
bool pddl_is(const struct pddl *node, const char *word);
/* A list whose first word this is. NULL is none. */
bool pddl_heads(const struct pddl *node, const char *word);
/* The member of the list that begins with this word, NULL if there is none. */
const struct pddl *pddl_section(const struct pddl *list, const char *word);
