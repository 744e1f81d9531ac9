/* SPDX-License-Identifier: MIT */
/* Recorded cases of the five baselines: groups of {"in", "out"} (spec/baselines.md 10). */
#pragma once

#include "base/json.h"
#include "common/lesson.h"
#include "golden_common.h"
#include "plugin/mock_lab.h"

/* An open instance of a method under compat: reference, in a host and a lab of tests. */
struct bench {
    struct golden *g;
    struct mock_host *host;
    struct mock_lab lab;
    grasp_call *call; /* the one in hand */
    const grasp_method *method;
    void *self;
    struct pool pool;
    const struct json *replies; /* of the writer, in the order of calls, unless `answer` is set */
    const struct json *(*answer)(struct bench *bench, const char *prompt);
    void *arg;
};

/* options: JSON object or NULL; compat is added. */
void bench_open(struct bench *bench, struct golden *g, const grasp_method *method,
                const struct json *options);
void bench_close(struct bench *bench);
grasp_call *bench_call(struct bench *bench); /* the next call */

/* A log entry of the reference as a rollout of the lab. */
struct json *bench_rollout(const struct json *entry);
/* Opens a lesson on such entries. */
void bench_lesson(struct bench *bench, const struct json *entries, int64_t epoch, int64_t cycle,
                  struct lesson *out);
/* learn with the knowledge in `texts` (name -> text), which it then replaces. */
int32_t bench_learn(struct bench *bench, struct json *texts, const struct json *entries,
                    int64_t epoch, int64_t cycle, bool last);
/* The texts as files in the bench's pool. */
grasp_files bench_files(struct bench *bench, const struct json *texts);

/* {"repeat": [c, n]} as the string it stands for, anything else as it is. */
struct json *golden_expand(const struct json *value);
/* Compares a text with a string, or with {"len", "head", "tail"}. */
void golden_expect_text(struct golden *g, const char *what, grasp_str got, const struct json *want);
/* The text with placeholders such as {{MEM_HEADER}} as our own words. */
struct json *golden_words(const struct json *value);

/* The value with our places in a run, which stand where times do, as the recorded time "T". */
struct json *golden_times(const struct json *value);

typedef void group_fn(struct golden *g, const struct json *in, const struct json *out);
struct group {
    const char *name; /* NULL ends a list */
    group_fn *check;
};
extern const struct group memory_groups[], expel_groups[], evo_groups[], skillx_groups[],
    inject_groups[], cycle_groups[], host_groups[];

/* The strings of an array. */
struct strings golden_strings(struct pool *pool, const struct json *list);

static inline grasp_str to_plugin(struct str text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static inline struct str to_test(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}
