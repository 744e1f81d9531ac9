/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/text.h"

/* In alphabetical order, which is the order in verdicts. */
enum db_tag {
    DB_AGGREGATION_TASK,
    DB_ANSWER_IN_A_SENTENCE,
    DB_ANSWERED_WITHOUT_QUERY,
    DB_COMPARISON_TASK,
    DB_COUNTING_TASK,
    DB_LISTED_INSTEAD_OF_COUNTED,
    DB_MISSING_FINAL_ANSWER,
    DB_MUTATION_NATURAL_LANGUAGE_ANSWER,
    DB_MUTATION_NO_SQL,
    DB_MUTATION_TASK,
    DB_MUTATION_UNVERIFIED,
    DB_NO_VALID_ACTION,
    DB_NUMBERS_COMPARED_AS_TEXT,
    DB_OTHER_TASK,
    DB_PREMATURE_NOT_FOUND,
    DB_PROTOCOL_INVALID,
    DB_RANKING_TASK,
    DB_ROWS_JOINED_IN_ONE_TEXT,
    DB_SQL_ERROR_LEFT_UNSOLVED,
    DB_SQL_WRITTEN_AS_TEXT,
    DB_TASK_ERROR,
    DB_TASK_LIMIT,
    DB_WHERE_CLAUSE_OMITTED,
    DB_WRONG_VALUE_WRITTEN,
    DB_TAG_COUNT,
};

#define DB_TAG_BIT(tag) (1u << (tag))
/* What says only of what kind the task was. */
#define DB_TAG_KINDS                                                                               \
    (DB_TAG_BIT(DB_AGGREGATION_TASK) | DB_TAG_BIT(DB_COMPARISON_TASK) |                            \
     DB_TAG_BIT(DB_COUNTING_TASK) | DB_TAG_BIT(DB_MUTATION_TASK) | DB_TAG_BIT(DB_OTHER_TASK) |     \
     DB_TAG_BIT(DB_RANKING_TASK))

const char *db_tag_name(enum db_tag tag);
const char *db_tag_description(enum db_tag tag);
/* The tag with this name, -1 if there is none. */
int db_tag_find(grasp_str name);
/* A JSON array of the names. */
void db_tags_write(struct text *out, uint32_t tags);
