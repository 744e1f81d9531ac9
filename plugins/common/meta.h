/* SPDX-License-Identifier: MIT */
/* The values of a YAML document, read as PyYAML's safe loader reads them (YAML 1.1: yes and on
 * are booleans, 1e3 is a string; dates stay text), and written so that it reads the same. */
#pragma once

#include "common/pool.h"
#include "common/text.h"
#include <stdbool.h>

enum meta_kind {
    META_NULL,
    META_BOOL,
    META_INT,
    META_FLOAT,
    META_STRING,
    META_LIST,
    META_MAP,
};

struct meta {
    enum meta_kind kind;
    grasp_str text;      /* of a scalar, as it was written */
    grasp_str *keys;     /* of a map */
    struct meta **items; /* of a list or map */
    size_t count;
};

/* NULL, with the reason and its line in `why`, for what is not YAML, nested deeper than 50 levels
 * or larger than 20,000 values. line: the number of the text's first line. */
struct meta *meta_parse(struct pool *pool, grasp_str text, size_t line, struct text *why);

const struct meta *meta_get(const struct meta *map, const char *key); /* NULL if there is none */
bool meta_is(const struct meta *value, enum meta_kind kind);          /* NULL is null */
int64_t meta_int(const struct meta *value, int64_t otherwise);
double meta_double(const struct meta *value, double otherwise);

struct meta *meta_new_map(struct pool *pool);
struct meta *meta_new_list(struct pool *pool);
struct meta *meta_new_int(struct pool *pool, int64_t number);
struct meta *meta_new_string(struct pool *pool, grasp_str text);
void meta_set(struct pool *pool, struct meta *map, const char *key, struct meta *value);
void meta_append(struct pool *pool, struct meta *list, struct meta *value);

/* "key: value" lines in block style, the keys in their order; for values below a map. */
void meta_write(struct text *out, const char *key, const struct meta *value, size_t indent);
void meta_write_json(struct text *out, const struct meta *value);
