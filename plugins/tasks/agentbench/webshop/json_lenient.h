/* SPDX-License-Identifier: MIT */
/* JSON as Python's parser takes it: NaN and Infinity, half surrogate pairs, control characters in
 * strings. For files larger than memory: their elements come one by one. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/pool.h"

#define LENIENT_DEPTH 100 /* levels of nesting */

enum lenient_kind {
    LENIENT_NULL,
    LENIENT_TRUE,
    LENIENT_FALSE,
    LENIENT_NUMBER,
    LENIENT_STRING,
    LENIENT_ARRAY,
    LENIENT_OBJECT,
};

struct lenient {
    enum lenient_kind kind;
    grasp_str key;  /* in an object */
    grasp_str text; /* of a string: valid UTF-8; of a number: as written */
    struct lenient *items, *next;
    size_t count;
};

/* One value with blanks around it; NULL if it is none, and *out_at is where it fails. */
const struct lenient *lenient_parse(struct pool *pool, grasp_str text, size_t *out_at);
/* The member, the last one of this key; NULL if there is none. */
const struct lenient *lenient_get(const struct lenient *object, const char *key);
static inline bool lenient_is(const struct lenient *value, enum lenient_kind kind)
{
    return value && value->kind == kind;
}

/* The elements of a large array or object. */
struct lenient_stream {
    const char *start, *at, *end;
    char close; /* the bracket that ends it */
};

/* False when the text does not begin with `open`. */
bool lenient_stream_open(struct lenient_stream *stream, grasp_str text, char open);
/* 1: the next element, as text that is still to be parsed (key: without quotes, undecoded); 0: the
 * end; -1: the text breaks off or goes on in a way that cannot be read. */
int lenient_stream_next(struct lenient_stream *stream, grasp_str *out_key, grasp_str *out_value);
