/* SPDX-License-Identifier: MIT */
/* The rehearsal plays all types of both tasks: without a mistake, and with each of its mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "medagent_fixture.h"
#include "tasks/medagent/rehearsal/rehearsal.h"

#include <cmocka.h>

/* Guidance that mentions every tag. */
static char *all_tags(void)
{
    char *text = strdup("Known mistakes:");
    for (int tag = 0; tag < TAG_COUNT; tag++) {
        char *more = mem_printf("%s %s", text, medagent_tags.tags[tag].name);
        free(text);
        text = more;
    }
    return text;
}

static void check_flawless(enum version version, const char *options)
{
    struct clinic clinic;
    char *guidance = all_tags();
    clinic_open(&clinic, version, options);
    assert_int_equal(clinic.count, SAMPLE_COUNT);
    size_t right = 0;
    for (size_t i = 0; i < clinic.count; i++) {
        struct clinic_verdict verdict = clinic_play(&clinic, i, guidance);
        right += verdict.correct;
        if (!verdict.correct)
            print_error("v%d %.60s: %s\n", version, clinic.samples[i], verdict.tags);
    }
    assert_int_equal(right, SAMPLE_COUNT);
    clinic_close(&clinic);
    free(guidance);
}

static void test_flawless_on_our_tasks(void **state)
{
    check_flawless(MEDAGENT_V1, NULL);
    check_flawless(MEDAGENT_V2, NULL);
    check_flawless(MEDAGENT_V1, "{\"seed\": 77}");
    check_flawless(MEDAGENT_V2, "{\"seed\": 77}");
}

/* By the reference's rules too: with its clock where the task is. */
static void test_flawless_by_the_reference(void **state)
{
    check_flawless(MEDAGENT_V1, "{\"compat\": \"reference\"}");
    check_flawless(MEDAGENT_V2,
                   "{\"compat\": \"reference\", \"clock\": \"2023-11-07T22:47:00+00:00\"}");
}

static void test_flawless_on_the_benchmark(void **state)
{
    char *data = clinic_data();
    if (!data) {
        print_message("skipped: the benchmark's own files are not there\n");
        skip();
    }
    char *plain = mem_printf("{\"data\": \"%s\"}", data);
    char *reference = mem_printf("{\"data\": \"%s\", \"compat\": \"reference\", \"clock\": "
                                 "\"2023-11-07T22:47:00+00:00\"}",
                                 data);
    check_flawless(MEDAGENT_V1, plain);
    check_flawless(MEDAGENT_V2, plain);
    check_flawless(MEDAGENT_V1, reference);
    check_flawless(MEDAGENT_V2, reference);
    free(plain);
    free(reference);
    free(data);
}

/* How often the mistake was made, up to three times; each time it is named. */
static size_t count_mistakes(struct clinic *clinic, int type, enum tag tag, const char *guidance)
{
    size_t made = 0;
    char *name = mem_printf("\"%s\"", medagent_tags.tags[tag].name);
    for (size_t i = 0; i < clinic->count && made < 3; i++) {
        if (clinic_type(clinic, i) != type)
            continue;
        struct clinic_verdict verdict = clinic_play(clinic, i, guidance);
        if (!verdict.correct && !strstr(verdict.tags, name))
            fail_msg("v%d type %d, mistake %s: %s", clinic->version, type, name, verdict.tags);
        made += !verdict.correct;
    }
    free(name);
    return made;
}

static void check_flaws(struct clinic *clinic, int type, const char *mentioned)
{
    size_t count;
    const enum tag *flaws = rehearsal_flaws(clinic->version, type, &count);
    assert_true(count >= 3);
    for (size_t i = 0; i < count; i++) {
        char *guidance = mem_printf("%s. Always %s.", mentioned, medagent_tags.tags[flaws[i]].name);
        size_t made = count_mistakes(clinic, type, flaws[i], guidance);
        if (!made)
            fail_msg("v%d type %d: %s is never made, or not wrong", clinic->version, type,
                     medagent_tags.tags[flaws[i]].name);
        free(guidance);
    }
}

static void check_all_flaws(enum version version, const char *options)
{
    struct clinic clinic;
    char *mentioned = all_tags();
    clinic_open(&clinic, version, options);
    for (int type = 1; type <= TYPE_COUNT; type++)
        check_flaws(&clinic, type, mentioned);
    clinic_close(&clinic);
    free(mentioned);
}

static void test_each_flaw_is_named(void **state)
{
    check_all_flaws(MEDAGENT_V1, NULL);
    check_all_flaws(MEDAGENT_V2, NULL);
}

static void test_each_flaw_is_named_on_the_benchmark(void **state)
{
    char *data = clinic_data();
    if (!data) {
        print_message("skipped: the benchmark's own files are not there\n");
        skip();
    }
    char *options = mem_printf("{\"data\": \"%s\"}", data);
    check_all_flaws(MEDAGENT_V1, options);
    check_all_flaws(MEDAGENT_V2, options);
    free(options);
    free(data);
}

/* Without guidance a good part goes wrong, in every type; guidance with the tags of a failure ends
 * that failure. */
static void check_habits(enum version version)
{
    struct clinic clinic;
    size_t wrong[TYPE_COUNT + 1] = {0};
    clinic_open(&clinic, version, NULL);
    for (size_t i = 0; i < clinic.count; i++) {
        struct clinic_verdict verdict = clinic_play(&clinic, i, NULL);
        if (verdict.correct)
            continue;
        wrong[clinic_type(&clinic, i)]++;
        struct clinic_verdict again = clinic_play(&clinic, i, verdict.tags);
        if (!again.correct)
            fail_msg("%.60s: %s, and with that as guidance %s", clinic.samples[i], verdict.tags,
                     again.tags);
    }
    for (int type = 1; type <= TYPE_COUNT; type++)
        assert_in_range(wrong[type], 8, 24);
    clinic_close(&clinic);
}

static void test_guidance_ends_a_habit(void **state)
{
    check_habits(MEDAGENT_V1);
    check_habits(MEDAGENT_V2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flawless_on_our_tasks),
        cmocka_unit_test(test_flawless_by_the_reference),
        cmocka_unit_test(test_flawless_on_the_benchmark),
        cmocka_unit_test(test_each_flaw_is_named),
        cmocka_unit_test(test_each_flaw_is_named_on_the_benchmark),
        cmocka_unit_test(test_guidance_ends_a_habit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
