/* SPDX-License-Identifier: MIT */
/* What PyYAML takes a plain scalar for. */
#pragma once

#include "base/json.h"

enum scalar_kind {
    SCALAR_STR,
    SCALAR_NULL,
    SCALAR_BOOL,
    SCALAR_INT,
    SCALAR_FLOAT,
    SCALAR_TIMESTAMP,
    SCALAR_MERGE, /* "<<" */
    SCALAR_VALUE, /* "=", which PyYAML resolves but cannot construct */
};

enum scalar_kind yaml_scalar_kind(struct str text);
/* The value of a scalar of that kind; NULL is null. */
struct json *yaml_scalar_value(struct str text, enum scalar_kind kind);
