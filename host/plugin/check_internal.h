/* SPDX-License-Identifier: MIT */
/* What the tests of `grasp-host check` share. */
#pragma once

#include "plugin/call.h"
#include "plugin/check.h"
#include "plugin/check_guard.h"
#include "plugin/internal.h"

/* What kind of host a plugin meets. */
enum check_host { HOST_THIS, HOST_OLDER, HOST_NEWER };

/* The test that runs in this process. */
struct check {
    const struct check_test *test;
    const char *path;
    const struct plugin *plugin;
    const struct plugin_entry *entry; /* NULL: a test of the file */
    const grasp_task *task;           /* one of these, after the kind of the entry */
    const grasp_method *method;
    const grasp_rehearsal *rehearsal; /* NULL if it offers none */
    struct json *config;
    struct buf config_text;
    uint64_t seed;
    enum check_host host;
};

enum check_for { FOR_FILE = 1, FOR_TASK = 2, FOR_METHOD = 4 };

struct check_test {
    const char *name;
    const char *rules; /* those it watches; the first is its own */
    const char *crash; /* the rule that a crash or hang breaks here */
    const char *needs; /* tests that must have passed, separated by blanks */
    unsigned kinds;    /* enum check_for */
    bool twice;        /* run in two different processes, whose outputs must be equal */
    void (*run)(struct check *check);
    const char *what;
};
extern const struct check_test check_tests[];
const struct check_test *check_test_find(struct str name);

/* Findings, written to the parent as they come. */
__attribute__((format(printf, 2, 3))) void check_fail(const char *rule, const char *format, ...);
__attribute__((format(printf, 1, 2))) void check_warn(const char *format, ...);
__attribute__((format(printf, 1, 2))) void check_skip(const char *format, ...);
bool check_failed(void);
/* A line with one member more. */
void check_report(const char *key, struct json *value);
/* The function of the plugin that runs, for crashes; returns the one before. */
const char *check_doing(const char *function);
/* The rule that a text of the host names, "(R5)", else `otherwise`. */
const char *check_rule_in(const char *text, const char *otherwise, char out[4]);

/* check_watch.c: the state of the process that R12 and R13 protect. */
void watch_start(void);
void watch_end(void); /* reports what changed */
size_t watch_fds(void);
size_t watch_threads(void);
size_t watch_bytes(void);  /* allocated */
size_t watch_mapped(void); /* bytes of the address space that malloc does not have */
size_t watch_least(void);  /* what the smallest allocation adds to that */

/* check_host.c: the host that plugins see, over the real one: the right thread, the right time. */
struct frame {
    struct call call; /* first */
    pthread_t thread;
    bool live;
    struct guard_block block;
    size_t first_input; /* of the drive's inputs: those from here on are its own */
    const char *outer;  /* what was running before */
};
void host_start(enum check_host host);
const grasp_host *host_table(void);
const grasp_lab *host_lab(void);
/* The size that a struct given to a plugin claims, and has. */
size_t host_struct_size(size_t now);

/* check_world.c: the made-up task that methods meet: its info with "dev". */
const char *method_task_info(void);

/* The draws of a test: a number from the seed, a label and a counter. */
uint64_t check_draw(const struct check *check, const char *label, uint64_t number);

void test_load(struct check *check);
void test_symbols(struct check *check);
void test_scan(struct check *check);
void test_extension(struct check *check);
void test_rehearsal(struct check *check);
void test_open(struct check *check);
void test_life(struct check *check);
void test_closing(struct check *check);
void test_refusals(struct check *check);
void test_repeat(struct check *check);
void test_fresh(struct check *check);
void test_interleave(struct check *check);
void test_unknown(struct check *check);
void test_garbage(struct check *check);
void test_threads(struct check *check);
void test_parallel(struct check *check);
void test_growth(struct check *check);
void test_large(struct check *check);
void test_hosts(struct check *check);
