/* SPDX-License-Identifier: MIT */
/* The rehearsal answers the invented questions: without a mistake, and with each of its mistakes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fhir_agent_fixture.h"
#include "tasks/fhir_agent/rehearsal/rehearsal.h"

#include <cmocka.h>

/* Guidance that mentions every tag, and perhaps demands one. */
static char *guidance_of(int demanded)
{
    char *text = strdup("Known mistakes:");
    for (int tag = 0; tag < TAG_COUNT; tag++) {
        char *more = mem_printf("%s %s", text, fhir_agent_tags.tags[tag].name);
        free(text);
        text = more;
    }
    if (demanded < 0)
        return text;
    char *more = mem_printf("%s; always %s", text, fhir_agent_tags.tags[demanded].name);
    free(text);
    return more;
}

/* Times that each mistake was made, and told by its tag. */
struct count {
    size_t made, named;
};

static void check_named(const struct ward_verdict *verdict, enum tag flaw, struct count *count)
{
    assert_int_equal(verdict->status, GRASP_OK);
    assert_false(verdict->correct);
    count->made++;
    count->named += strstr(verdict->tags, fhir_agent_tags.tags[flaw].name) != NULL;
}

/* The last words of an episode that made no mistake, once with each of the mistakes that only
 * these show. */
static void try_late_flaws(struct mock_episode *episode, struct count counts[FLAW_COUNT])
{
    char *right, *calls;
    CLEANUP_FREE char *flawless = guidance_of(-1);
    mock_episode_ask(episode, flawless, &right, &calls);
    assert_false(calls && *calls);
    free(calls);
    char *said[FLAW_COUNT] = {0};
    for (int i = 5; i < FLAW_COUNT; i++) {
        CLEANUP_FREE char *guidance = guidance_of((int)rehearsal_flaws[i]);
        mock_episode_ask(episode, guidance, &said[i], &calls);
        free(calls);
    }
    mock_episode_say(episode, right);
    struct ward_verdict verdict = ward_grade(episode, NULL);
    if (!verdict.correct)
        fail_msg("%s: %s: %s", episode->sample, right, verdict.tags);
    for (int i = 5; i < FLAW_COUNT; i++) {
        if (strcmp(said[i], right) != 0) {
            free(episode->answer.ptr);
            episode->answer = (struct mock_text){said[i], strlen(said[i])};
            verdict = ward_grade(episode, NULL);
            check_named(&verdict, rehearsal_flaws[i], &counts[i]);
            continue;
        }
        free(said[i]);
    }
    free(right);
}

static bool is_last_turn(struct mock_episode *episode, const char *guidance)
{
    char *text, *calls;
    mock_episode_ask(episode, guidance, &text, &calls);
    bool last = !calls || !*calls;
    grasp_reply reply = {.size = sizeof(reply),
                         .text = grasp_cstr(text),
                         .tool_calls = grasp_cstr(calls),
                         .finish_reason = grasp_cstr("stop")};
    if (!last)
        mock_episode_step(episode, &reply);
    free(text);
    free(calls);
    return last;
}

static void check_counts(const struct count counts[FLAW_COUNT], int from, int to)
{
    for (int i = from; i < to; i++) {
        print_message("%s: made %zu times, named %zu times\n",
                      fhir_agent_tags.tags[rehearsal_flaws[i]].name, counts[i].made,
                      counts[i].named);
        assert_true(counts[i].made > 0 && counts[i].named * 10 >= counts[i].made * 9);
    }
}

static void test_every_question(void **state)
{
    struct ward ward;
    struct count counts[FLAW_COUNT] = {0};
    CLEANUP_FREE char *guidance = guidance_of(-1);
    if (!ward_open(&ward, &fhir_agent_multi_turn_code_resource,
                   "{\"dev_limit\": 60, "
                   "\"val_limit\": 30, "
                   "\"test_limit\": 30}"))
        skip();
    assert_int_equal(ward.count, 120);
    for (size_t i = 0; i < ward.count; i++) {
        struct mock_episode episode;
        ward_begin(&ward, &episode, i);
        while (!is_last_turn(&episode, guidance))
            assert_true(episode.turns < 12);
        try_late_flaws(&episode, counts);
        mock_episode_end(&episode);
    }
    check_counts(counts, 5, FLAW_COUNT);
    ward_close(&ward);
}

static void test_early_flaws(void **state)
{
    struct ward ward;
    struct count counts[FLAW_COUNT] = {0};
    if (!ward_open(&ward, &fhir_agent_multi_turn_code_resource, NULL))
        skip();
    for (int flaw = 0; flaw < 5; flaw++) {
        CLEANUP_FREE char *guidance = guidance_of((int)rehearsal_flaws[flaw]);
        for (size_t i = 0; i < 10; i++) {
            struct mock_episode episode;
            ward_begin(&ward, &episode, i * 7);
            mock_episode_rehearse(&episode, guidance);
            struct ward_verdict verdict = ward_grade_end(&episode, NULL);
            check_named(&verdict, rehearsal_flaws[flaw], &counts[flaw]);
        }
    }
    check_counts(counts, 0, 5);
    ward_close(&ward);
}

/* Of the questions, how many are answered rightly, as the guidance lets it. */
static size_t count_right(struct ward *ward, size_t most, const char *guidance, bool name_wrong)
{
    size_t right = 0;
    for (size_t i = 0; i < most && i < ward->count; i++) {
        struct mock_episode episode;
        ward_begin(ward, &episode, i);
        mock_episode_rehearse(&episode, guidance);
        struct ward_verdict verdict = ward_grade(&episode, NULL);
        assert_int_equal(verdict.status, GRASP_OK);
        if (!verdict.correct && name_wrong)
            print_message("%s: %s: %s\n", episode.sample, mock_str(episode.answer).ptr,
                          verdict.tags);
        right += verdict.correct;
        mock_episode_end(&episode);
    }
    return right;
}

/* Habits, and no guidance: some are right, some are not, and each episode ends. */
static void test_other_strategies(void **state)
{
    static const grasp_task *const tasks[] = {
        &fhir_agent_multi_turn_resource, &fhir_agent_single_turn_code_resource,
        &fhir_agent_single_turn_resource, &fhir_agent_single_turn_request};
    for (size_t t = 0; t < sizeof(tasks) / sizeof(*tasks); t++) {
        struct ward ward;
        if (!ward_open(&ward, tasks[t], "{\"patients\": 4, \"dev_limit\": 40}"))
            continue;
        size_t right = count_right(&ward, 30, NULL, false);
        print_message("%s: %zu of 30 right\n", tasks[t]->id, right);
        assert_true(right > 0 && right < 30);
        ward_close(&ward);
    }
}

/* Without a mistake, in the strategies besides the default one: only what is left out of a long
 * result is not known. */
static void test_other_strategies_without_mistake(void **state)
{
    static const struct {
        const grasp_task *task;
        const char *options;
        size_t asked, right;
    } cases[] = {
        {&fhir_agent_multi_turn_resource, "{\"result_chars\": 0}", 120, 120},
        {&fhir_agent_multi_turn_resource, NULL, 280, 225},
        {&fhir_agent_single_turn_resource, "{\"result_chars\": 0}", 60, 60},
        {&fhir_agent_single_turn_resource, NULL, 280, 225},
        {&fhir_agent_single_turn_request, NULL, 280, 280},
        {&fhir_agent_single_turn_code_resource, NULL, 40, 40},
    };
    CLEANUP_FREE char *guidance = guidance_of(-1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ward ward;
        bool all = cases[i].asked == cases[i].right;
        if (!ward_open(&ward, cases[i].task, cases[i].options))
            continue;
        assert_int_equal(ward.count, 280);
        size_t right = count_right(&ward, cases[i].asked, guidance, all);
        print_message("%s %s: %zu of %zu right\n", cases[i].task->id,
                      cases[i].options ? cases[i].options : "", right, cases[i].asked);
        assert_int_equal(right, cases[i].right);
        ward_close(&ward);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_question),
        cmocka_unit_test(test_early_flaws),
        cmocka_unit_test(test_other_strategies),
        cmocka_unit_test(test_other_strategies_without_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
