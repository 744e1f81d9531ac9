/* SPDX-License-Identifier: MIT */
/* One entry of DBBench's data: a question or a change, and the tables it is about. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/pool.h"

struct table {
    grasp_str name;
    grasp_str *columns;
    size_t column_count;
    grasp_str *cells; /* row by row, column_count each; as Python's str() of the JSON value */
    size_t row_count;
};

struct entry {
    grasp_str id; /* position in the data, in decimal; of our own set a name */
    grasp_str type;
    grasp_str description, add_description, evidence; /* empty for none */
    grasp_str truth;   /* JSON: the hash of the tables' end state, or the list of answers */
    grasp_str std_sql; /* the data's own SQL; wrong more often than not, never used to grade */
    bool has_std_sql;
    grasp_str split; /* of our own set; else empty */
    struct table *tables;
    size_t table_count;
};

/* INSERT, UPDATE and DELETE: graded by the end state of the tables. */
bool type_is_mutation(grasp_str type);

/* Reads the object into memory of the pool. place: file and position, for errors. */
int32_t db_entry_read(grasp_call *call, struct pool *pool, const grasp_json_value *object,
                      const char *place, struct entry *out);
