/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include "common/tag_table.h"

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

/* What says only of what kind the task was. */
#define DB_TAG_KINDS                                                                               \
    (TAG_BIT(DB_AGGREGATION_TASK) | TAG_BIT(DB_COMPARISON_TASK) | TAG_BIT(DB_COUNTING_TASK) |      \
     TAG_BIT(DB_MUTATION_TASK) | TAG_BIT(DB_OTHER_TASK) | TAG_BIT(DB_RANKING_TASK))

extern const struct tag_table dbbench_tags;
