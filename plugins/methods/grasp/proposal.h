/* SPDX-License-Identifier: MIT */
/* Edits as the writer proposes them: reading, checking, and putting them into a library
 * (spec/grasp.md 11, 9.6, 9.8). */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/text.h"
#include "library.h"

enum action { ACTION_ADD, ACTION_MODIFY, ACTION_REMOVE };

struct proposal {
    enum action action;
    grasp_str name, description, content;
    grasp_str *tags;
    size_t tag_count;
    bool bare_tags;     /* one text instead of a list, which the reference keeps */
    grasp_str raw_tags; /* JSON, as the writer gave them */
};

/* A proposal, or a removal and an addition that belong together. */
struct edit {
    struct proposal parts[2];
    size_t count;
    grasp_str label; /* of the group it answers to */
};

const char *action_name(enum action action);
/* With texts of its own, in the pool. */
struct edit edit_copy(struct pool *pool, const struct edit *edit);

/* The objects of the array in a reply; 0 if there is none. Their texts as JSON go to `raw`, if
 * that is not NULL. */
size_t proposal_values(grasp_call *call, struct pool *pool, grasp_str reply, bool strict,
                       const grasp_json_value ***out);
/* The object in a reply, or NULL. */
const grasp_json_value *reply_object(grasp_call *call, grasp_str reply, bool strict);
/* The array in a reply, or NULL. */
const grasp_json_value *reply_array(grasp_call *call, grasp_str reply, bool strict);

/* What proposals are checked against. */
struct limits {
    const struct library *library;
    int64_t capacity;
    bool reference;
    bool append_only;
};

/* Those that can be applied, in their order. In the reference each counts on its own; in the
 * default an addition to a full library is only valid together with a removal in the same reply,
 * and a name is only taken once. */
size_t proposals_validate(grasp_call *call, struct pool *pool, const struct limits *limits,
                          const grasp_json_value *const *values, size_t count,
                          struct proposal **out);

/* Is a proposal the same as an earlier one? By action, name and the first 100 characters of the
 * content, or, in the default, by all of the content. */
bool proposal_same(const struct proposal *a, const struct proposal *b, bool reference);

void proposal_apply(struct library *library, const struct proposal *proposal,
                    const struct meta *provenance);
/* As JSON; the removal of a recovery is written without tags. */
void proposal_write(struct text *out, const struct proposal *proposal, bool with_tags);
