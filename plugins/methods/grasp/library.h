/* SPDX-License-Identifier: MIT */
/* The learned skills as a set of files, and the operations on it (spec/grasp.md 6.3). Texts are
 * borrowed or live in the pool; a copy of the struct made by library_fork is independent. */
#pragma once

#include "common/skill.h"

struct library {
    struct pool *pool;
    grasp_file *files; /* sorted by name */
    size_t count, capacity;
    bool reference; /* the reference's rules for archives and versions */
};

struct library library_open(struct pool *pool, const grasp_files *files, bool reference);
struct library library_fork(const struct library *library);
grasp_files library_files(const struct library *library);

bool library_has(const struct library *library, grasp_str file); /* a learned skill */
size_t library_count(const struct library *library);
/* The learned skills, by file name. Files that cannot be read were refused by load. */
size_t library_skills(const struct library *library, struct skill **out);
/* Archived versions of a skill, oldest first; in the reference's rules in its odd order. */
size_t library_history(const struct library *library, grasp_str file, struct skill **out);

/* Writes `skill` under the name skill->file as a new one, over any of that name. The version is 1,
 * or in our rules one more than the last that was archived. */
void library_add(struct library *library, const struct skill *skill);
/* Archives the present version and writes the next; false if there is none. Takes description,
 * content, provenance (to which parent_version is added) and, if with_tags, tags from `skill`. */
bool library_modify(struct library *library, const struct skill *skill, bool with_tags);
/* false if there is none. Our rules archive it. */
bool library_remove(struct library *library, grasp_str file);
