/* SPDX-License-Identifier: MIT */
/* The cells that a file makes, and who has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "sweep/claim.h"

struct place {
    char dir[32];
    char *file, *out;
};

static int setup(void **state)
{
    struct place *p = mem_alloc(sizeof(*p));
    strcpy(p->dir, "/tmp/grasp-sweep-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    p->file = file_join(p->dir, "grid.yaml");
    p->out = file_join(p->dir, "out");
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    file_remove_tree(p->dir, NULL);
    mem_free(p->file);
    mem_free(p->out);
    mem_free(p);
    return 0;
}

static int read_text(const struct place *p, const char *text, struct sweep *out, struct err *err)
{
    assert_int_equal(file_write_atomic(p->file, str_of(text), NULL), 0);
    return sweep_read(p->file, out, err);
}

static void read_good(const struct place *p, const char *text, struct sweep *out)
{
    struct err err = {0};
    int code = read_text(p, text, out, &err);
    assert_string_equal(code ? err.text : "", "");
}

static void expect_names(const struct sweep *s, const char *const *names)
{
    size_t count = 0;
    for (; names[count]; count++) {
        assert_true(count < s->count);
        assert_string_equal(s->cells[count].name, names[count]);
    }
    assert_int_equal(s->count, count);
}

static const char *text_at(const struct sweep *s, size_t cell, const char *path)
{
    return json_str(json_path(s->cells[cell].config, path)).ptr;
}

static int64_t number_at(const struct sweep *s, size_t cell, const char *path)
{
    return json_int(json_path(s->cells[cell].config, path), -1);
}

static void test_names(void **state)
{
    struct sweep s;
    read_good(*state,
              "axes: {task: ['./x/q.so', 'b.so:c'], method: [none, grasp], agent: [rehearsal],"
              " cycle.epochs: [1, 2]}\nbaseline: own\n"
              "exclude: [{method: none, cycle.epochs: 2}, {task: b*, method: grasp}]\n",
              &s);
    expect_names(&s, (const char *const[]){"q_none_epochs1", "q_grasp_epochs1", "q_grasp_epochs2",
                                           "b-c_none_epochs1", NULL});
    assert_string_equal(text_at(&s, 0, "task.plugin"), "./x/q.so");
    assert_int_equal(number_at(&s, 2, "cycle.epochs"), 2);
    assert_int_equal(sweep_find(&s, "b-c_none_epochs1", NULL), 3);
    assert_int_equal(sweep_find(&s, "2", NULL), 2);
    assert_int_equal(sweep_find(&s, "4", NULL), SWEEP_NO_CELL);
    sweep_clear(&s);
}

static void test_include_and_overrides(void **state)
{
    struct sweep s;
    struct place *p = *state;
    CLEANUP_FREE char *config = file_join(p->dir, "q_grasp.yaml");
    assert_int_equal(file_write_atomic(config, STR("cycle: {epochs: 7, seed: 9}\n"), NULL), 0);
    read_good(p,
              "axes: {task: [q], method: [grasp, expel], agent: [rehearsal], seed: [1]}\n"
              "set: {cycle: {epochs: 3}, agent.max_retries: 4}\nbaseline: own\nretries: 1\n"
              "include: [{method: grasp, seed: [1, 2]}]\n"
              "overrides:\n"
              "  - {where: {method: grasp}, config: '{task}_{method}.yaml', time_limit: 5}\n"
              "  - {where: {method: [g*], seed: 2}, set: {cycle.update_every: 5}, retries: 3}\n",
              &s);
    /* seed 2 is in include alone, and may be named by a pattern */
    expect_names(&s, (const char *const[]){"grasp_seed1", "expel_seed1", "grasp_seed2", NULL});
    assert_int_equal(number_at(&s, 0, "cycle.epochs"), 7);
    assert_int_equal(number_at(&s, 0, "cycle.seed"), 1); /* an axis wins */
    assert_int_equal(number_at(&s, 1, "cycle.epochs"), 3);
    assert_int_equal(number_at(&s, 1, "agent.max_retries"), 4);
    assert_int_equal(number_at(&s, 2, "cycle.update_every"), 5);
    assert_int_equal(s.cells[2].retries, 3);
    assert_int_equal(s.cells[1].retries, 1);
    assert_true(s.cells[0].time_limit == 5 && s.cells[1].time_limit == 0);
    sweep_clear(&s);
}

static void test_baselines(void **state)
{
    struct sweep s;
    read_good(*state,
              "axes: {task: [q, r], method: [grasp, expel], agent: [rehearsal], seed: [1],"
              " cycle.epochs: [1, 2]}\nexclude: [{task: r, method: expel}, {task: r,"
              " cycle.epochs: 2}]\noverrides: [{where: {method: grasp}, set: {method.x: 1}}]\n",
              &s);
    expect_names(&s, (const char *const[]){"q_none", "q_grasp_epochs1", "q_grasp_epochs2",
                                           "q_expel_epochs1", "q_expel_epochs2", "r_grasp_epochs1",
                                           NULL});
    assert_true(s.cells[0].implied);
    assert_int_equal(s.cells[0].baseline, SWEEP_NO_CELL);
    assert_string_equal(text_at(&s, 0, "method.plugin"), "none");
    assert_null(json_path(s.cells[0].config, "method.x"));
    assert_int_equal(s.cells[4].baseline, 0);
    assert_int_equal(s.cells[5].baseline, SWEEP_NO_CELL); /* alone */
    sweep_clear(&s);
    read_good(*state,
              "axes: {method: [grasp, none], task: [q], agent: [rehearsal], seed: [1, 2],"
              " agent.model: [a, b]}\n",
              &s);
    assert_int_equal(s.count, 8);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(s.cells[i].method, "none");
    for (size_t i = 4; i < 8; i++) {
        const struct sweep_cell *from = &s.cells[s.cells[i].baseline];
        assert_false(from->implied);
        assert_true(json_equal(json_get(from->axes, "seed"), json_get(s.cells[i].axes, "seed")));
        assert_true(json_equal(json_get(from->axes, "agent.model"),
                               json_get(s.cells[i].axes, "agent.model")));
    }
    sweep_clear(&s);
}

/* Noise turns verdicts round, so each has a baseline of its own. */
static void test_noisy_baselines(void **state)
{
    struct sweep s;
    read_good(*state,
              "axes: {task: [q], method: [grasp, expel], agent: [rehearsal],"
              " rehearsal_noise: [0, 0.05]}\nset: {agent.strategy: x}\n",
              &s);
    assert_int_equal(s.count, 6);
    for (size_t i = 0; i < s.count; i++) {
        size_t from = s.cells[i].baseline == SWEEP_NO_CELL ? i : s.cells[i].baseline;
        assert_int_equal(s.cells[from].implied, true);
        assert_true(json_equal(json_get(s.cells[from].config, "rehearsal_noise"),
                               json_get(s.cells[i].config, "rehearsal_noise")));
    }
    sweep_clear(&s);
}

static void expect_error(const struct place *p, const char *text, const char *needle)
{
    struct sweep s;
    struct err err = {0};
    assert_int_equal(read_text(p, text, &s, &err), EXIT_CONFIG);
    if (!strstr(err.text, needle))
        fail_msg("'%s' does not say '%s'", err.text, needle);
    assert_non_null(strstr(err.text, p->file));
}

static void test_bad_files(void **state)
{
    static const char *const cases[][2] = {
        {"[1, 2]", "a sweep is a mapping"},
        {"axes: 5", "needs axes"},
        {"axes: {task: {a: b}}", "list of values"},
        {"axes: {task: [q, q]}", "a value twice"},
        {"axes: {task: [[q]]}", "neither a text"},
        {"axes: {task: [5]}", "quote it"},
        {"axes: {task: [q]}\nset: 5", "set is a mapping"},
        {"axes: {task: [q]}\nset: {cicle.epochs: 5}", "did you mean 'cycle.epochs'"},
        {"axes: {task: [q]}\noverrides: {a: b}", "overrides is a list"},
        {"axes: {task: [q]}\noverrides: [{wher: {task: q}}]", "did you mean 'where'"},
        {"axes: {task: [q]}\noverrides: [{where: {task: q}, retries: -1}]", "retries"},
        {"axes: {task: [q]}\ninclude: [{taks: q}]", "did you mean 'task'"},
        {"axes: {task: [q]}\nexclude: 5", "exclude is a list"},
        {"axes: {task: [q]}\nexclude: [5]", "mapping of axes"},
        {"axes: {task: [q], seed: one}", "a seed is a whole number"},
        {"axes: {task: 5}", "quote it"},
        {"axes: {task: [q], method: [grasp]}\nexclude: [{method: grsap}]", "did you mean 'grasp'"},
        {"axes: {task: [q], seed: [1]}\nexclude: [{task: q, seed: [1, 2]}]", "matches '2'; add it"},
        {"axes: {task: [q], seed: 1}\noverrides: [{where: {seed: 7}}]", "matches '7'; add it"},
        {"axes: {task: [q], agent.temprature: [0]}", "did you mean 'temperature'"},
        {"axes: {task: [q]}\nset: {agent.max_retires: 3}", "did you mean 'max_retries'"},
        {"axes: {task: [q]}\nlimits: none", "'per_sweep' or 'endpoint'"},
        {"axes: {task: [q]}\nexecutor: cloud", "'local' or 'slurm'"},
        {"axes: {task: [q]}\nparallel: -1", "parallel must be"},
        {"axes: {task: [q]}\nprices: nowhere.yaml", "no price file"},
        {"axes: {task: [q]}\nconfig: 'x{metod}.yaml'", "{metod} is no axis"},
        {"axes: {task: [q], cycle.: [1]}", "no axis or setting"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_error(*state, cases[i][0], cases[i][1]);
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "axes: {task: [q]");
    for (int axis = 0; axis < 6; axis++) {
        buf_printf(&text, ", cycle.a%d: [0", axis);
        for (int i = 1; i < 10; i++)
            buf_printf(&text, ", %d", i);
        buf_text(&text, "]");
    }
    buf_text(&text, "}\n");
    expect_error(*state, text.ptr, "more than 100000 cells");
}

static const char two[] =
    "axes: {task: [q], method: [none], agent: [rehearsal], seed: [1, 2]}\nbaseline: own\n";

static void open_folder(struct place *p, struct sweep *s, struct sweep_folder *f)
{
    struct err err = {0};
    read_good(p, two, s);
    assert_int_equal(sweep_folder_open(s, p->out, f, &err), 0);
    for (size_t i = 0; i < s->count; i++)
        assert_int_equal(sweep_folder_add_cell(f, i, &err), 0);
}

static void test_claims(void **state)
{
    struct sweep s;
    struct sweep_folder f;
    struct claim claim, other;
    struct cell_state seen = {0};
    struct err err = {0};
    open_folder(*state, &s, &f);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_NEW);
    assert_int_equal(claim_take(&f, 0, &seen, &claim, &err), 0);
    assert_int_equal(claim_take(&f, 0, &seen, &other, &err), EXIT_TEMPORARY);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_RUNNING);
    assert_int_equal(seen.pid, getpid());
    assert_true(claim_beat(&claim));
    assert_int_equal(claim_end(&f, 0, &claim, CELL_FAILED, 5, 0, &err), 0);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_ENDED);
    assert_int_equal(seen.end, CELL_FAILED);
    assert_int_equal(seen.code, 5);
    assert_int_equal(seen.failures, 1);
    assert_int_equal(claim_forgive(&f, 0, &seen, &err), 0);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.failures, 0);
    assert_int_equal(seen.end, CELL_FAILED);
    /* Somebody else has taken it over: the former owner finds out, and leaves no end. */
    assert_int_equal(claim_take(&f, 0, &seen, &other, &err), 0);
    assert_false(claim_beat(&claim));
    assert_int_equal(claim_end(&f, 0, &claim, CELL_DONE, 0, 0, &err), 0);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_RUNNING);
    assert_int_equal(seen.claim, 2);
    claim_clear(&claim);
    claim_clear(&other);
    sweep_folder_close(&f);
    sweep_clear(&s);
}

/* A process that dies with its claim. */
static void test_void(void **state)
{
    struct sweep s;
    struct sweep_folder f;
    struct cell_state seen = {0};
    open_folder(*state, &s, &f);
    pid_t pid = fork();
    if (pid == 0) {
        struct claim claim;
        _exit(claim_take(&f, 1, &seen, &claim, NULL));
    }
    int status = 1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    claim_look(&f, 1, 60, &seen);
    assert_int_equal(seen.phase, CELL_VOID);
    assert_int_equal(seen.claim, 1);
    sweep_folder_close(&f);
    sweep_clear(&s);
}

/* One of another machine is void when its number has not moved for as long as the watcher says. */
static void test_elsewhere(void **state)
{
    static const char *const texts[] = {
        "00000000000000000005{\"place\":\"far\",\"pid\":1,\"started\":1}\n",
        "00000000000000000006{\"place\":\"far\",\"pid\":1,\"started\":1}\n"};
    struct sweep s;
    struct sweep_folder f;
    struct cell_state seen = {0};
    open_folder(*state, &s, &f);
    CLEANUP_FREE char *path = sweep_state_path(&f, 0, "claim.1");
    assert_int_equal(file_write_atomic(path, str_of(texts[0]), NULL), 0);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_RUNNING);
    seen.beat_us -= 61 * UINT64_C(1000000);
    assert_int_equal(file_write_atomic(path, str_of(texts[1]), NULL), 0);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_RUNNING);
    seen.beat_us -= 61 * UINT64_C(1000000);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_VOID);
    /* So is what is no claim at all. */
    assert_int_equal(file_write_atomic(path, STR("?"), NULL), 0);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_RUNNING);
    seen.beat_us -= 61 * UINT64_C(1000000);
    claim_look(&f, 0, 60, &seen);
    assert_int_equal(seen.phase, CELL_VOID);
    sweep_folder_close(&f);
    sweep_clear(&s);
}

static void test_folder(void **state)
{
    struct place *p = *state;
    struct sweep s, other;
    struct sweep_folder f;
    struct err err = {0};
    open_folder(p, &s, &f);
    sweep_folder_close(&f);
    read_good(p, "axes: {task: [q], method: [none], agent: [rehearsal], seed: [1, 3]}\n", &other);
    assert_int_equal(sweep_folder_open(&other, p->out, &f, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, "seed2 is in the folder"));
    assert_non_null(strstr(err.text, "seed3 is not in the folder"));
    sweep_clear(&other);
    read_good(p,
              "axes: {task: [q], method: [none], agent: [rehearsal],"
              " seed: [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]}\n",
              &other);
    assert_int_equal(sweep_folder_open(&other, p->out, &f, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, "seed20 is not in the folder\n  and 4 more"));
    assert_null(strstr(err.text, "seed21"));
    sweep_clear(&other);
    CLEANUP_FREE char *plan = file_join(p->out, "sweep.json");
    assert_int_equal(file_write_atomic(plan, STR("{\"schema\": 5}"), NULL), 0);
    assert_int_equal(sweep_folder_open(&s, p->out, &f, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, "not a sweep of this version"));
    sweep_clear(&s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_names),     TEST(test_include_and_overrides),
        TEST(test_baselines), TEST(test_noisy_baselines),
        TEST(test_bad_files), TEST(test_claims),
        TEST(test_void),      TEST(test_elsewhere),
        TEST(test_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
