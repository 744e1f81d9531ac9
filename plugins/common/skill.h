/* SPDX-License-Identifier: MIT */
/* Skill files: YAML front matter and a body in Markdown (spec/grasp.md 6). */
#pragma once

#include "common/meta.h"

struct skill {
    grasp_str file; /* name of the file, without folder and ".md" */
    grasp_str name;
    grasp_str description;
    grasp_str *tags;
    size_t tag_count;
    bool bare_tags; /* one text where a list should be */
    int64_t version;
    const struct meta *provenance; /* a map, or NULL */
    grasp_str content;
};

/* file_name: "triage.md" or ".history/triage_v2.md". False, with "line N: why" in `why`, for
 * text that cannot be read. Texts live in the pool. */
bool skill_parse(struct pool *pool, grasp_str file_name, grasp_str text, struct skill *out,
                 struct text *why);
/* The file's text. PyYAML reads the same values from it. */
void skill_write(struct text *out, const struct skill *skill);
/* {"name", "description", "tags", "version", "provenance", "content"} */
void skill_write_json(struct text *out, const struct skill *skill);
