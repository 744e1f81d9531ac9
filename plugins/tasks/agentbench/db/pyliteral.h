/* SPDX-License-Identifier: MIT */
/* Values as Python writes them. What an agent writes is read, and never evaluated. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/pool.h"
#include "common/text.h"

enum py_kind { PY_NONE, PY_BOOL, PY_INT, PY_FLOAT, PY_STR, PY_TUPLE, PY_LIST, PY_DICT };

struct py {
    enum py_kind kind;
    bool truth;      /* of PY_BOOL */
    double number;   /* of PY_FLOAT */
    grasp_str text;  /* of PY_STR; the digits of PY_INT */
    struct py *item; /* first one; of PY_DICT keys and values take turns */
    struct py *next; /* in the list that it is part of */
};

/* Numbers, strings, None, True, False, tuples, lists, and sums of lists. False for everything else.
 * The value lives in the pool. */
bool py_read(struct pool *pool, grasp_str text, struct py *out);
void py_of_json(struct pool *pool, const grasp_json *json, const grasp_json_value *value,
                struct py *out);
size_t py_count(const struct py *value);
void py_repr(struct text *out, const struct py *value);
void py_str(struct text *out, const struct py *value); /* str(): a string without its quotes */
