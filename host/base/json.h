/* SPDX-License-Identifier: MIT */
/*
 * JSON. Reading is strict (RFC 8259) and checked before json-c sees it: valid UTF-8, no NaN, no
 * single quotes, no comments, bounded depth and size; of duplicate keys the last one counts.
 * Integers that do not fit 64 bits are read as doubles. Writing is as CPython's json module
 * writes: ", " and ": ", repr of floats, optional ASCII escapes and indentation.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* A value; a tree is owned by its root. NULL is null wherever a value is read, set or pushed. */
struct json;

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,
    JSON_DOUBLE,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

#define JSON_MAX_DEPTH 512
#define JSON_MAX_SIZE (256u << 20)

/* Checks without building; on failure *out_at is the offset of the fault. */
bool json_check(struct str text, const char **out_why, size_t *out_at);
/* The new tree (not NULL for "null"), or NULL with err (EXIT_CONFIG) naming line and column.
 * A number too large for a double is a fault; a lone surrogate (\ud800) becomes U+FFFD. */
struct json *json_parse(struct str text, struct err *err);
struct json *json_null_root(void); /* what json_parse gives for "null" */
struct json *json_copy(const struct json *value);
/* One more owner of a tree that no one changes. The count is not atomic: while a tree has several
 * owners, json_ref and json_free of it belong to one thread; other threads may read it. */
struct json *json_ref(struct json *value);
void json_free(struct json *value); /* NULL is fine */
void json_cleanup_(struct json **value);
#define CLEANUP_JSON __attribute__((cleanup(json_cleanup_)))

/* Reading. All take NULL, which reads as null. Results are borrowed from the tree. */
enum json_kind json_kind(const struct json *value);
bool json_is(const struct json *value, enum json_kind kind);
bool json_bool(const struct json *value, bool otherwise);
int64_t json_int(const struct json *value, int64_t otherwise); /* a whole double counts */
double json_double(const struct json *value, double otherwise);
struct str json_str(const struct json *value); /* empty for anything but a string */
size_t json_count(const struct json *value);
struct json *json_at(const struct json *array, size_t index);
struct json *json_get(const struct json *object, const char *key);
struct json *json_get_str(const struct json *object, struct str key);
struct json *json_path(const struct json *object, const char *dotted); /* "cycle.seed" */
/* The order of members is ignored; numbers compare by value (1 equals 1.0). */
bool json_equal(const struct json *a, const struct json *b);

/* for (struct json_iter it = json_members(o); json_next(&it);) uses it.key, it.value; members in
 * the order they were set. */
struct json_iter {
    const struct json *object;
    void *entry;
    struct str key;
    struct json *value;
};
struct json_iter json_members(const struct json *object);
bool json_next(struct json_iter *it);

/* Building. json_set and json_push take over the value (NULL puts null). */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_str(struct str text);
struct json *json_new_int(int64_t number);
struct json *json_new_double(double number);
struct json *json_new_bool(bool flag);
void json_set(struct json *object, const char *key, struct json *value);
void json_set_str(struct json *object, struct str key, struct json *value);
/* A name that is known to be valid UTF-8, as json_check's. */
void json_set_read(struct json *object, struct str key, struct json *value);
void json_push(struct json *array, struct json *value);
void json_remove(struct json *object, const char *key);

/* Writing. */
enum {
    JSON_ASCII = 1,   /* non-ASCII as \uXXXX */
    JSON_SORTED = 2,  /* keys in code point order */
    JSON_COMPACT = 4, /* "," and ":" without blanks */
    JSON_INDENT2 = 8, /* two blanks a level, as json.dumps(indent=2) */
};
void json_write(struct buf *buf, const struct json *value, unsigned flags);
/* A string with its quotes; invalid UTF-8 is replaced by U+FFFD. */
/* Is this text, which json_check passes, surely what json_write writes of it, without flags? No for
 * some texts that are: those with \u, large numbers, or many names. */
bool json_is_written(struct str text);
void json_write_str(struct buf *buf, struct str text, unsigned flags);
void json_write_ints(struct buf *buf, const int64_t *numbers, size_t count);
/* `, "name": ` for a name that needs no escapes. */
void json_write_next(struct buf *buf, const char *name);
void json_write_double(struct buf *buf, double number); /* Python's repr; NaN, Infinity as such */
