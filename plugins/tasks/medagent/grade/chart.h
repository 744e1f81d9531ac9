/* SPDX-License-Identifier: MIT */
/* The v2 graders' view of the chart: only what was last changed before 2025. */
#pragma once

#include "grader.h"

/* Like find(), without what is newer. A resource without meta makes the episode wrong under the
 * reference's rules and is kept otherwise; lenient: always kept. */
bool find_charted(struct grader *g, size_t query, bool lenient, struct found *out);

/* The newest time among procedures: performedDateTime, or the end or start of performedPeriod, or,
 * with authored_too, authoredOn. *out_any is false if there is none. False if the episode is wrong.
 */
struct newest {
    bool any;
    struct when time;
};
bool newest_of(struct grader *g, const struct found *found, bool authored_too, struct newest *out);

/* Does the medication's text contain one of the words (ended by NULL), in any case? A request
 * without a medicationCodeableConcept makes the episode wrong under the reference's rules. */
bool medication_mentions(struct grader *g, const grasp_json_value *request,
                         const char *const *words);
