/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "run/config.h"

static char path[64];

static int setup(void **state)
{
    strcpy(path, "/tmp/grasp-config-XXXXXX");
    close(mkstemp(path));
    return 0;
}

static int teardown(void **state)
{
    return unlink(path);
}

static void load(struct config *config, const char *text)
{
    struct err err = {0};
    assert_int_equal(file_write_atomic(path, str_of(text), NULL), 0);
    if (config_load(path, config, &err))
        fail_msg("%s", err.text);
}

static void test_reads_the_reference_form(void **state)
{
    struct config config;
    struct run_config run;
    struct err err = {0};
    load(&config, "output_dir: out\nagent_preset: local\nagent_temperature: 0.0\n"
                  "cycle:\n  epochs: 5\n  update_every: 48\n  batch_concurrency: 5\n"
                  "  run_baseline: false\n  seed: 7\n");
    if (config_read(&config, &run, &err))
        fail_msg("%s", err.text);
    assert_string_equal(run.output_dir, "out");
    assert_int_equal(run.epochs, 5);
    assert_int_equal(run.update_every, 48);
    assert_int_equal(run.concurrency, 5);
    assert_int_equal(run.seed, 7);
    assert_false(run.run_baseline);
    assert_true(run.baseline_competes);
    assert_true(run.has_temperature);
    config_clear(&config);
}

static void test_compat_sets_what_is_not_given(void **state)
{
    static const struct {
        const char *text;
        bool competes, context, filter;
    } cases[] = {
        {"compat: reference\n", false, true, true},
        {"compat: reference\ncycle:\n  baseline_competes: true\n", true, true, true},
        {"compat: reference\ncontent_filter: missing\n", false, true, false},
        {"cycle:\n  baseline_competes: false\n", false, false, false},
        {"context_limit: scored\n", true, true, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct config config;
        struct run_config run;
        struct err err = {0};
        load(&config, cases[i].text);
        if (config_read(&config, &run, &err))
            fail_msg("%s", err.text);
        assert_int_equal(run.baseline_competes, cases[i].competes);
        assert_int_equal(run.score_context_limit, cases[i].context);
        assert_int_equal(run.score_content_filter, cases[i].filter);
        config_clear(&config);
    }
}

static void test_updater_is_the_writers_decoding(void **state)
{
    static const struct {
        const char *text;
        double temperature; /* below 0: left open */
        int64_t max_tokens;
    } cases[] = {
        {"updater: {temperature: 0.7, max_tokens: 128000}\n", 0.7, 0},
        {"updater: {parameters: {temperature: \"${NO_SUCH:-0.3}\", max_output_tokens: 9}}\n", 0.3,
         9},
        {"updater: {parameters: {body: {temperature: 0, max_tokens: 5}}}\n", 0, 5},
        {"updater: {model: \"${NO_SUCH}\"}\n", -1, 0},
        {"cycle: {}\n", -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct config config;
        struct run_config run;
        struct err err = {0};
        struct model_request open = {.temperature = NAN, .role = MODEL_WRITER}, closed = open,
                             agent = {.temperature = NAN};
        closed.temperature = 1;
        closed.max_tokens = 3;
        load(&config, cases[i].text);
        if (config_read(&config, &run, &err))
            fail_msg("%s", err.text);
        updater_apply(&run.updater, &open);
        updater_apply(&run.updater, &closed);
        updater_apply(&run.updater, &agent);
        assert_true(cases[i].temperature < 0 ? isnan(open.temperature)
                                             : open.temperature == cases[i].temperature);
        assert_int_equal(open.max_tokens, cases[i].max_tokens);
        assert_true(closed.temperature == 1 && closed.max_tokens == 3);
        assert_true(isnan(agent.temperature) && agent.max_tokens == 0);
        config_clear(&config);
    }
}

static void expect_error(const char *text, const char *set, const char *needle)
{
    struct config config;
    struct run_config run;
    struct err err = {0};
    load(&config, text);
    if (set)
        assert_int_equal(config_set_text(&config, set, &err), 0);
    assert_int_equal(config_read(&config, &run, &err), EXIT_CONFIG);
    if (!strstr(err.text, needle))
        fail_msg("'%s' does not say '%s'", err.text, needle);
    config_clear(&config);
}

static void test_errors_name_the_place(void **state)
{
    expect_error("cycle:\n  epochs: many\n", NULL, ":2: cycle.epochs must be a whole number");
    expect_error("cycle:\n  epochs: 1\n", "cycle.epochs=x", "--set cycle.epochs");
    expect_error("agnt_preset: a\n", NULL, "did you mean 'agent_preset'?");
    expect_error("\n\ncycle: 3\n", NULL, ":3: cycle is a block");
    expect_error("agent_temperature: 3\n", NULL, "from 0 to 2");
    expect_error("episode_timeout: -1\n", NULL, "number of seconds");
    expect_error("context_limit: wrong\n", NULL, "'missing' or 'scored'");
    expect_error("content_filter: 1\n", NULL, "must be a text");
    expect_error("compat: referense\n", NULL, "'default' or 'reference'");
    expect_error("cycle: {run_baseline: 1}\n", NULL, "must be true or false");
    expect_error("output_dir: 12\n", NULL, "must be a text");
    expect_error("\nupdater: {temperature: 9}\n", NULL,
                 ":2: updater: temperature must be a number");
    expect_error("updater: {parameters: {max_output_tokens: x}}\n", NULL,
                 "updater: parameters.max_output_tokens must be a number");
    expect_error("updater: {parameters: {api_key: canary-55}}\n", NULL,
                 "updater.parameters.api_key holds a secret");
}

static void test_overrides(void **state)
{
    struct config config;
    struct run_config run;
    struct err err = {0};
    load(&config, "cycle: {epochs: 1}\n");
    assert_int_equal(config_set_text(&config, "cycle.epochs=4", &err), 0);
    assert_int_equal(config_set_text(&config, "task.patients=[1, 2]", &err), 0);
    assert_int_equal(config_set_text(&config, "noequals", &err), EXIT_USAGE);
    assert_int_equal(config_set_text(&config, "=x", &err), EXIT_USAGE);
    assert_int_equal(config_read(&config, &run, &err), 0);
    assert_int_equal(run.epochs, 4);
    assert_int_equal(json_count(json_path(config.tree, "task.patients")), 2);
    config_clear(&config);
}

static void test_method_options_from_cycle_and_skills(void **state)
{
    struct config config;
    struct err err = {0};
    struct json *schema =
        json_parse(STR("{\"properties\": {\"grpo_k\": {}, \"base_dir\": {}, \"x\": {}}}"), &err);
    struct json *options;
    load(&config, "cycle:\n  epochs: 1\n  grpo_k: 3\nskills:\n  base_dir: b\nmethod:\n"
                  "  plugin: grasp.so\n  x: 1\n");
    assert_int_equal(config_method_options(&config, "grasp", schema, &options, &err), 0);
    assert_int_equal(json_count(options), 3);
    assert_int_equal(json_int(json_get(options, "grpo_k"), 0), 3);
    json_free(options);
    config_clear(&config);

    load(&config, "cycle:\n  grpo_kk: 3\n");
    assert_int_equal(config_method_options(&config, "grasp", schema, &options, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, ":2: unknown key 'cycle.grpo_kk'"));
    assert_non_null(strstr(err.text, "cycle.grpo_k'"));
    config_clear(&config);

    load(&config, "cycle:\n  grpo_k: 3\nmethod:\n  grpo_k: 4\n");
    assert_int_equal(config_method_options(&config, "grasp", schema, &options, &err), EXIT_CONFIG);
    config_clear(&config);
    json_free(schema);
}

static void test_blocks_of_methods(void **state)
{
    struct config config;
    struct err err = {0};
    struct json *schema = json_parse(STR("{\"properties\": {\"max_bullets\": {}}}"), &err);
    struct json *options;
    load(&config, "memory:\n  max_bullets: 200\nskillx:\n  retrieval_top_k: 5\n");
    assert_int_equal(config_method_options(&config, "batch_memory", schema, &options, &err), 0);
    assert_int_equal(json_int(json_get(options, "max_bullets"), 0), 200);
    assert_int_equal(json_count(options), 1);
    json_free(options);
    assert_int_equal(config_method_options(&config, "expel", schema, &options, &err), 0);
    assert_int_equal(json_count(options), 0);
    json_free(options);
    config_clear(&config);

    load(&config, "memory:\n  max_bulets: 200\n");
    assert_int_equal(config_method_options(&config, "memory", schema, &options, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, "memory.max_bullets"));
    config_clear(&config);
    json_free(schema);
}

static void test_diff(void **state)
{
    struct buf out = {0};
    struct json *a =
        json_parse(STR("{\"cycle\": {\"seed\": 1, \"x\": 1}, \"concurrency\": 1}"), NULL);
    struct json *b = json_parse(STR("{\"cycle\": {\"seed\": 2, \"x\": 1}, \"concurrency\": 9, "
                                    "\"_resume\": true, \"knowledge\": \"k\"}"),
                                NULL);
    config_diff(a, b, &out);
    assert_string_equal(out.ptr, "  cycle.seed: 1 -> 2\n  knowledge: (not set) -> \"k\"\n");
    buf_reset(&out);
    config_diff(a, a, &out);
    assert_int_equal(out.len, 0);
    buf_free(&out);
    json_free(a);
    json_free(b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_reads_the_reference_form),
        T(test_compat_sets_what_is_not_given),
        T(test_updater_is_the_writers_decoding),
        T(test_errors_name_the_place),
        T(test_overrides),
        T(test_method_options_from_cycle_and_skills),
        T(test_blocks_of_methods),
        T(test_diff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
