/* SPDX-License-Identifier: MIT */
/* A search, as its URL says it: parameters with their modifiers and values, and how the result is
 * wanted. Everything lives in the pool given. */
#pragma once

#include "common/pool.h"
#include "common/text.h"
#include "instant.h"
#include "r4.h"

enum modifier {
    MODIFIER_NONE,
    MODIFIER_NOT,
    MODIFIER_MISSING,
    MODIFIER_EXACT,
    MODIFIER_CONTAINS,
    MODIFIER_TEXT,
    MODIFIER_IDENTIFIER,
    MODIFIER_TYPE, /* :Patient */
    MODIFIER_ABOVE,
    MODIFIER_BELOW,
};

enum prefix {
    PREFIX_EQ,
    PREFIX_NE,
    PREFIX_GT,
    PREFIX_LT,
    PREFIX_GE,
    PREFIX_LE,
    PREFIX_SA,
    PREFIX_EB,
    PREFIX_AP,
};

/* One value of a parameter; which members count depends on the parameter's kind. */
struct want {
    grasp_str text; /* strings: folded unless exact; uris: as it is */
    grasp_str system, code;
    bool has_system, has_code;
    grasp_str type, id; /* references */
    enum prefix prefix;
    struct instant_range range;
    double low, high, number; /* low..high: what the number, so written, stands for */
};

struct cond {
    const struct r4_param *param;
    enum modifier modifier;
    bool missing;  /* of MODIFIER_MISSING */
    bool answered; /* by the index: every candidate has it */
    struct want *wants;
    uint32_t want_count;
};

struct sort_key {
    const struct r4_param *param;
    bool descending;
};

struct include {
    const struct r4_type *source; /* whose parameter leads to what is included */
    const struct r4_param *param; /* NULL: all references */
    grasp_str target;             /* only this type; empty: any */
    bool reverse, iterate;
};

enum summary { SUMMARY_FALSE, SUMMARY_TRUE, SUMMARY_TEXT, SUMMARY_DATA, SUMMARY_COUNT };

/* How resources are shown. */
struct shape {
    enum summary summary;
    grasp_str elements; /* with commas between them; empty: all */
    bool pretty;
};

#define QUERY_CONDS 64
#define QUERY_SORTS 8
#define QUERY_INCLUDES 16
#define QUERY_WANTS 1000

struct query {
    const struct r4_type *type;
    struct cond conds[QUERY_CONDS];
    uint32_t cond_count;
    struct sort_key sorts[QUERY_SORTS];
    uint32_t sort_count;
    struct include includes[QUERY_INCLUDES];
    uint32_t include_count;
    struct shape shape;
    uint32_t count, offset;
    bool no_total;
    grasp_str raw; /* the parameters as sent */
};

/* Why a request is refused. */
struct fault {
    int32_t status;
    const char *code; /* of the OperationOutcome's issue */
    grasp_str text;
};
bool fault_set(struct fault *fault, struct pool *pool, int32_t status, const char *code,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

struct pair {
    grasp_str name, value; /* decoded */
};
/* The next of "a=1&b=2", decoded; false at the end. */
bool query_pair(grasp_str *rest, struct pool *pool, struct pair *out);

/* Text as it stands in a URL's query. */
void query_encode(struct text *out, grasp_str text);
/* Would encoding all pairs again, with '=' and '&' between them, give the same text? */
bool query_is_canonical(grasp_str raw);

#define QUERY_CHAIN 4 /* how many searches may stand inside one another */

/* How chained parameters (subject.name, _has) are answered: the ids that a search finds. */
struct resolver {
    bool (*ids)(void *arg, const struct r4_type *type, grasp_str raw, struct pool *pool,
                grasp_str **out_ids, uint32_t *out_count, struct fault *fault);
    /* Also those of what the resources found refer to, by a parameter. */
    bool (*targets)(void *arg, const struct r4_type *type, const struct r4_param *reference,
                    grasp_str target, grasp_str raw, struct pool *pool, grasp_str **out_ids,
                    uint32_t *out_count, struct fault *fault);
    void *arg;
};

bool query_read(const struct r4_type *type, grasp_str raw, const struct resolver *resolver,
                struct pool *pool, struct query *out, struct fault *fault);
/* Only what a read may say: _format, _pretty, _summary, _elements; others are ignored. */
bool query_read_shape(grasp_str raw, struct pool *pool, struct shape *out, struct fault *fault);
/* Takes a result parameter; *out_taken says whether it was one. */
bool query_read_result(struct query *query, const struct pair *pair, struct pool *pool,
                       bool *out_taken, struct fault *fault);

/* cond.c */
bool cond_read(const struct r4_type *type, struct cond *out, grasp_str name, grasp_str value,
               struct pool *pool, struct fault *fault);
/* The next part of a list; a backslash keeps a separator. */
grasp_str cond_part(grasp_str *rest, char separator);
grasp_str cond_unescape(grasp_str text, struct pool *pool);
/* match.c */
bool cond_matches(const struct cond *cond, grasp_str resource, struct pool *pool);
bool cond_date_matches(const struct cond *cond, struct instant_range have);
