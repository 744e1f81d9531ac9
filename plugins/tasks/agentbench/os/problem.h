/* SPDX-License-Identifier: MIT */
/* One problem of OS Interaction: what is asked, in which state of the machine, and how an answer is
 * checked. */
#pragma once

#include "script.h"

struct match {
    const char *kind;  /* "answer", "regex", or NULL: no answer is right */
    grasp_str pattern; /* the text; of an answer that is no text, its JSON */
    bool is_text;
    bool has_strip, strip;
};

struct problem {
    grasp_str key;  /* std-007-bootstrap-00088; of our own set a name */
    grasp_str file; /* where it is from */
    grasp_str description;
    grasp_str image;
    grasp_str type;  /* of our own set; else empty */
    grasp_str split; /* the same */
    bool has_init;
    struct script *inits;
    size_t init_count;
    struct script start, example;
    bool has_match;
    struct match match;
    bool has_checks;
    struct script *checks;
    size_t check_count;
};

/* Reads the object into memory of the pool; the key and the file are the caller's. */
int32_t problem_read(grasp_call *call, struct pool *pool, const struct script_files *files,
                     const grasp_json_value *object, const char *place, struct problem *out);

/* What it needs beside a plain machine: "apt", "npm", "a small /usr", or NULL. */
const char *problem_needs(const struct problem *problem);
