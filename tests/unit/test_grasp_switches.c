/* SPDX-License-Identifier: MIT */
/* Each option of grasp.so changes what it says, and leaves the other parts of an update as they
 * are: the prompts, the rollouts that are asked for, the record, the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "grasp_world.h"

#include <cmocka.h>

/* Two edits on the whole probe, unless a test says otherwise. */
#define PROBE "\"grpo_k\": 2, \"grpo_eval_n\": 10, \"own_failures_first\": false"
#define TWO "\"gate\": \"paired\", " PROBE

/* Plays the world with and without the setting, and asserts which parts differ. */
static void compare(struct world world, const char *base, const char *setting, unsigned parts,
                    struct played out[2])
{
    char options[2][512];
    const char *gate = strstr(base, "compat") ? PROBE : TWO;
    snprintf(options[0], sizeof(options[0]), "{%s%s%s}", gate, *base ? ", " : "", base);
    snprintf(options[1], sizeof(options[1]), "{%s%s%s, %s}", gate, *base ? ", " : "", base,
             setting);
    for (int i = 0; i < 2; i++) {
        world.options = options[i];
        out[i] = world_play(&world);
    }
    assert_int_equal(played_difference(&out[0], &out[1]), parts);
}

static void clear(struct played played[2])
{
    played_clear(&played[0]);
    played_clear(&played[1]);
}

static const struct json *event_of(const struct played *played, size_t update)
{
    return json_at(played->notes, update);
}

static const struct json *grpo(const struct played *played)
{
    return json_get(event_of(played, 0), "grpo");
}

static size_t rollouts(const struct played *played)
{
    size_t count = 0;
    for (size_t i = 0; i < json_count(played->trials); i++)
        count += json_count(json_at(played->trials, i));
    return count;
}

static void show_bodies(void **state)
{
    struct played p[2];
    compare((struct world){.skills = {"the old body"}}, "", "\"show_bodies\": false", PROMPTS, p);
    assert_int_equal(played_prompts(&p[0], "the old body"), 2);
    assert_int_equal(played_prompts(&p[1], "the old body"), 0);
    clear(p);
}

static void show_refusals(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "bad", "FIX BREAK2"), NULL};
    compare((struct world){.script = script, .updates = 2}, "", "\"show_refusals\": false", PROMPTS,
            p);
    assert_int_equal(played_prompts(&p[0], "ADD bad: says FIX BREAK2"), 2);
    assert_int_equal(played_prompts(&p[1], "ADD bad: says FIX BREAK2"), 0);
    clear(p);
}

static void pair_edits(void **state)
{
    struct played p[2];
    const char *const script[] = {
        "[{\"action\": \"REMOVE\", \"name\": \"old_0\"}, {\"action\": \"ADD\", \"name\": \"new\", "
        "\"description\": \"d\", \"content\": \"FIX\", \"tags\": []}]",
        NULL};
    compare((struct world){.script = script, .skills = {"old"}}, "\"max_proposals\": 2",
            "\"pair_edits\": false", TRIALS | EVENT | FILES, p);
    assert_int_equal(json_count(grpo(&p[0])), 1);
    assert_int_equal(json_count(grpo(&p[1])), 2);
    assert_null(json_get(p[0].files, "old_0.md"));
    assert_non_null(json_get(p[0].files, "new.md"));
    assert_non_null(json_get(p[1].files, "old_0.md"));
    clear(p);
}

static void fill_probe(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "good", "FIX"), NULL};
    compare((struct world){.script = script}, "", "\"fill_probe\": false", TRIALS | EVENT, p);
    assert_int_equal(json_count(json_at(p[0].trials, 0)), 10);
    assert_int_equal(json_count(json_at(p[1].trials, 0)), 9);
    clear(p);
}

static void skip_without_failures(void **state)
{
    struct played p[2];
    compare((struct world){.all_pass = true}, "", "\"skip_without_failures\": false",
            PROMPTS | EVENT, p);
    assert_int_equal(json_count(p[0].prompts), 0);
    assert_int_equal(json_count(p[1].prompts), 2);
    clear(p);
}

/* What fixes nothing is not run on the half that passed. */
static void stop_early(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "idle", "NOTHING"), edit("ADD", "good", "HALF"),
                                  NULL};
    compare((struct world){.script = script}, "", "\"stop_early\": false", TRIALS | EVENT, p);
    assert_int_equal(rollouts(&p[0]), 10 + 4 + 10);
    assert_int_equal(rollouts(&p[1]), 10 + 10 + 10);
    assert_true(json_bool(json_get(json_at(grpo(&p[0]), 0), "stopped_early"), false));
    assert_null(json_get(json_at(grpo(&p[0]), 1), "stopped_early"));
    assert_true(played_has(&p[0], "good.md", "HALF"));
    clear(p);
}

/* Three skills that fit better are shown before it: the agent would read the same text. */
static void reuse_rollouts(void **state)
{
    struct played p[2];
    const char *const script[] = {
        "[{\"action\": \"ADD\", \"name\": \"unseen\", \"description\": \"of something else\", "
        "\"content\": \"FIX\", \"tags\": [\"sodium\"]}]",
        NULL};
    compare((struct world){.script = script, .skills = {"a", "b", "c"}}, "\"stop_early\": false",
            "\"reuse_rollouts\": false", TRIALS | EVENT | FILES, p);
    assert_int_equal(rollouts(&p[0]), 10);
    assert_int_equal(rollouts(&p[1]), 10 + 10);
    assert_int_equal(json_int(json_get(json_at(grpo(&p[0]), 0), "reused_rollouts"), 0), 10);
    assert_null(p[0].files); /* the world, unlike an agent, reads what is not shown */
    clear(p);
}

static void what_is_seen_is_run(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("MODIFY", "old_1", "FIX"), NULL};
    compare((struct world){.script = script, .skills = {"a", "b", "c"}}, "",
            "\"reuse_rollouts\": false", 0, p);
    assert_true(played_has(&p[0], "old_1.md", "FIX"));
    clear(p);
}

static void paired_comparison(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "luck", "RIGHT"), NULL};
    compare((struct world){.script = script, .unlucky = true}, "\"stop_early\": false",
            "\"paired_comparison\": false", EVENT | FILES, p);
    assert_null(p[0].files);
    assert_true(played_has(&p[1], "luck.md", "RIGHT"));
    clear(p);
}

static void errors_unavailable(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "good", "FIX ERROR"), NULL};
    compare((struct world){.script = script},
            "\"revise_near_misses\": false, \"stop_early\": false", "\"errors_unavailable\": false",
            EVENT | FILES, p);
    assert_true(played_has(&p[0], "good.md", "FIX"));
    assert_null(p[1].files);
    clear(p);
}

static void revise_near_misses(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "near", "FIX BREAK1"), NULL};
    compare((struct world){.script = script, .revision = edit("ADD", "near", "FIX")}, "",
            "\"revise_near_misses\": false", PROMPTS | TRIALS | EVENT | FILES, p);
    assert_int_equal(played_prompts(&p[0], "# Repair a proposed skill"), 1);
    assert_int_equal(played_prompts(&p[1], "# Repair a proposed skill"), 0);
    assert_true(played_has(&p[0], "near.md", "FIX"));
    assert_null(p[1].files);
    clear(p);
}

static void labels_from_tags(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "good", "FIX"), NULL};
    compare((struct world){.script = script, .tags = {"cause_a"}}, "",
            "\"labels_from_tags\": false", PROMPTS | EVENT, p);
    assert_int_equal(played_prompts(&p[0], "# Name the cause"), 0);
    assert_int_equal(played_prompts(&p[1], "# Name the cause"), 1);
    assert_int_equal(played_prompts(&p[0], "Main failure in this log: cause_a"), 2);
    clear(p);
    compare((struct world){.script = script, .tags = {"not_declared"}}, "",
            "\"labels_from_tags\": false", 0, p);
    clear(p);
}

static void diagnose_with_edits(void **state)
{
    struct played p[2];
    const char *const script[] = {
        "{\"diagnosis\": \"nothing [says] how\", \"edits\": [{\"action\": \"ADD\", \"name\": "
        "\"good\", \"description\": \"d\", \"content\": \"FIX\", \"tags\": []}]}",
        NULL};
    compare((struct world){.script = script}, "", "\"diagnose_with_edits\": false", PROMPTS | EVENT,
            p);
    assert_int_equal(played_prompts(&p[0], "# Diagnose"), 0);
    assert_int_equal(played_prompts(&p[1], "# Diagnose"), 1);
    assert_int_equal(played_prompts(&p[0], "First diagnose"), 2);
    assert_int_equal(played_prompts(&p[1], "First diagnose"), 0);
    const struct json *failure = json_path(event_of(&p[0], 0), "failures.s1");
    assert_true(str_is(json_str(json_get(failure, "diagnosis")), "nothing [says] how"));
    assert_true(played_has(&p[0], "good.md", "FIX"));
    clear(p);
}

static struct played play(struct world world, const char *options)
{
    world.options = options;
    return world_play(&world);
}

#define WHOLE "\"gate\": \"paired\", \"grpo_k\": 2, \"grpo_eval_n\": 10"

/* What an edit is for decides first; the other kind's samples are not run. */
static void own_failures_first(void **state)
{
    const char *const script[] = {edit("ADD", "good", "HALF"), edit("ADD", "idle", "NOTHING"),
                                  NULL};
    struct played played = play((struct world){.script = script}, "{" WHOLE "}");
    const struct json *first = json_at(grpo(&played), 0), *second = json_at(grpo(&played), 1);
    assert_int_equal(rollouts(&played), 4 + 2 + 2 + 6 + 6);
    assert_true(played_has(&played, "good.md", "HALF"));
    assert_int_equal(json_int(json_get(first, "net"), 0), 2);
    assert_true(json_is(json_path(first, "outcomes.s2"), JSON_NULL));
    assert_true(json_bool(json_path(first, "outcomes.s9"), false));
    assert_true(json_bool(json_get(second, "stopped_early"), false));
    assert_true(json_is(json_path(second, "outcomes.s9"), JSON_NULL));
    /* What the host was told to expect came. */
    assert_int_equal(json_count(played.expected), 1);
    assert_true(json_equal(json_at(played.expected, 0), played.files));
    played_clear(&played);
}

static void help_for_another_kind_does_not_count(void **state)
{
    const char *const script[] = {edit("ADD", "idle", "NOTHING"), edit("ADD", "other", "HALF"),
                                  NULL};
    struct played on = play((struct world){.script = script}, "{" WHOLE "}");
    struct played off = play((struct world){.script = script}, "{" TWO "}");
    assert_null(on.files);
    assert_true(played_has(&off, "other.md", "HALF"));
    played_clear(&on);
    played_clear(&off);
}

/* The best by fixes breaks something: the next one has its turn. */
static void next_best_follows(void **state)
{
    const char *const script[] = {edit("ADD", "rough", "HALF BREAK2"), edit("ADD", "fine", "FIX"),
                                  NULL};
    struct played played = play((struct world){.script = script}, "{" WHOLE "}");
    assert_null(json_get(played.files, "rough.md"));
    assert_true(played_has(&played, "fine.md", "FIX"));
    assert_int_equal(rollouts(&played), 4 + 2 + 2 + 6 + 6 + 6);
    played_clear(&played);
}

static void revision_in_a_race(void **state)
{
    const char *const script[] = {edit("ADD", "near", "FIX BREAK1"), NULL};
    struct played played = play(
        (struct world){.script = script, .revision = edit("ADD", "near", "FIX")}, "{" WHOLE "}");
    assert_int_equal(played_prompts(&played, "# Repair a proposed skill"), 1);
    assert_true(played_has(&played, "near.md", "FIX"));
    assert_false(played_has(&played, "near.md", "BREAK1"));
    played_clear(&played);
}

/* The first batch is the second one's probe; it has no failure of the kind that the task names. */
static void nothing_on_the_probe_to_judge_by(void **state)
{
    struct played played =
        play((struct world){.updates = 2, .tags = {"cause_a", "cause_b"}}, "{" WHOLE "}");
    assert_int_equal(json_count(played.prompts), 2);
    assert_true(str_is(json_str(json_get(event_of(&played, 1), "reason")),
                       "no_failure_of_these_kinds_on_the_probe"));
    played_clear(&played);
    /* The writer's own labels may only be other words: then all failures count. */
    const char *const script[] = {"[]", "[]", edit("ADD", "good", "FIX"), NULL};
    played =
        play((struct world){.updates = 2, .tags = {"cause_a", "not_declared"}, .script = script},
             "{" WHOLE "}");
    assert_true(played_has(&played, "good.md", "FIX"));
    played_clear(&played);
}

static void no_gate(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "bad", "BREAK2"), edit("ADD", "good", "FIX"), NULL};
    compare((struct world){.script = script}, "", "\"no_gate\": true", TRIALS | EVENT | FILES, p);
    assert_int_equal(json_count(p[1].trials), 0);
    assert_int_equal(json_count(p[0].files), 1);
    assert_true(played_has(&p[1], "bad.md", "BREAK2") && played_has(&p[1], "good.md", "FIX"));
    assert_false(played_has(&p[1], "good.md", "probe_score"));
    clear(p);
}

static void no_gate_keeps_to_the_capacity(void **state)
{
    const char *const script[] = {edit("ADD", "one", "X"), edit("ADD", "two", "Y"), NULL};
    const struct world world = {
        .script = script,
        .options = "{" TWO ", \"no_gate\": true, \"max_learned_skills\": 1}",
    };
    struct played played = world_play(&world);
    assert_int_equal(json_count(played.files), 1);
    assert_true(played_has(&played, "one.md", "X"));
    played_clear(&played);
}

static void regression_gate(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "rough", "FIX BREAK2"), NULL};
    compare((struct world){.script = script}, "\"stop_early\": false", "\"regression_gate\": false",
            EVENT | FILES | PROMPTS, p);
    assert_null(p[0].files);
    assert_true(played_has(&p[1], "rough.md", "FIX"));
    assert_int_equal(played_prompts(&p[1], "# Repair a proposed skill"), 1);
    clear(p);
}

static void append_only(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("MODIFY", "old_0", "FIX"), NULL};
    compare((struct world){.script = script, .skills = {"old"}}, "", "\"append_only\": true",
            PROMPTS | TRIALS | EVENT | FILES, p);
    assert_true(played_has(&p[0], "old_0.md", "FIX"));
    assert_null(p[1].files);
    assert_int_equal(played_prompts(&p[0], "Skills are only added"), 0);
    assert_int_equal(played_prompts(&p[1], "Skills are only added"), 2);
    assert_int_equal(played_prompts(&p[1], "MODIFY and REMOVE may name"), 0);
    clear(p);
}

static void fixes_only_scoring(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "rough", "FIX BREAK2"), edit("ADD", "fine", "MOST"),
                                  NULL};
    compare((struct world){.script = script}, "\"regression_gate\": false",
            "\"fixes_only_scoring\": true", PROMPTS | EVENT | FILES, p);
    assert_true(played_has(&p[0], "fine.md", "MOST"));
    assert_true(played_has(&p[1], "rough.md", "FIX"));
    clear(p);
}

static void cluster_failures(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "good", "FIX"), NULL};
    compare((struct world){.script = script}, "", "\"cluster_failures\": false", PROMPTS | EVENT,
            p);
    assert_int_equal(played_prompts(&p[0], "# Name the cause"), 1);
    assert_int_equal(played_prompts(&p[1], "# Name the cause"), 0);
    assert_int_equal(played_prompts(&p[0], "Main failure in this log: cause_a"), 1);
    assert_int_equal(played_prompts(&p[1], "Main failure in this log"), 0);
    clear(p);
}

static void invalid_action_penalty(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "rough", "FIX INVALID"), NULL};
    compare((struct world){.script = script}, "\"regression_gate\": false",
            "\"invalid_action_penalty\": 6", EVENT | FILES | PROMPTS, p);
    assert_int_equal(json_int(json_get(json_at(grpo(&p[0]), 0), "net"), 0), 2);
    assert_int_equal(json_int(json_get(json_at(grpo(&p[1]), 0), "net"), 0), -2);
    assert_null(p[1].files);
    clear(p);
}

static void blind_select(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "good", "FIX"), edit("ADD", "idle", "NOTHING"), NULL};
    compare((struct world){.script = script}, "", "\"blind_select\": \"proposer\"",
            PROMPTS | TRIALS | EVENT | FILES, p);
    assert_int_equal(json_count(p[1].trials), 0);
    assert_int_equal(played_prompts(&p[1], "# Choose one edit"), 1);
    assert_true(played_has(&p[1], "idle.md", "NOTHING"));
    clear(p);
    compare((struct world){.script = script}, "", "\"blind_select\": \"random\"",
            TRIALS | EVENT | FILES, p);
    assert_int_equal(json_count(p[1].files), 1);
    clear(p);
}

static void sizes(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "a", "FIX"), edit("ADD", "b", "HALF"), NULL};
    compare((struct world){.script = script}, "", "\"grpo_k\": 1", PROMPTS | TRIALS | EVENT, p);
    assert_int_equal(played_prompts(&p[0], "# Edit the skill library"), 2);
    assert_int_equal(played_prompts(&p[1], "# Edit the skill library"), 1);
    clear(p);
    compare((struct world){.script = script}, "", "\"grpo_eval_n\": 4", TRIALS | EVENT | FILES, p);
    assert_int_equal(json_count(json_at(p[1].trials, 0)), 4);
    clear(p);
    compare((struct world){.script = script, .skills = {"old"}}, "", "\"max_learned_skills\": 1",
            PROMPTS | TRIALS | EVENT | FILES, p);
    assert_null(p[1].files);
    assert_int_equal(played_prompts(&p[1], "The library is full (1 skills)"), 2);
    clear(p);
}

static void non_learnable_labels(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "a", "FIX"), NULL};
    compare((struct world){.script = script}, "", "\"non_learnable_labels\": [\"cause_\"]",
            PROMPTS | TRIALS | EVENT | FILES, p);
    assert_true(
        str_is(json_str(json_get(event_of(&p[1], 0), "reason")), "all_failures_non_learnable"));
    clear(p);
}

/* The writer's requests, which the prompts do not show. */
static void requests(void **state)
{
    struct played p[2];
    compare((struct world){0}, "", "\"proposal_temperature\": 0.7", 0, p);
    assert_null(json_get(json_at(p[0].requests, 0), "temperature"));
    assert_true(json_double(json_get(json_at(p[1].requests, 0), "temperature"), 0) == 0.7);
    assert_true(json_is(json_get(json_at(p[0].requests, 0), "json_schema"), JSON_OBJECT));
    clear(p);
}

/* compat: reference is all the repairs off, but each can be had with it. */
static void reference_with_a_repair(void **state)
{
    struct played p[2];
    const char *const script[] = {edit("ADD", "luck", "RIGHT"), NULL};
    compare((struct world){.script = script, .unlucky = true},
            "\"compat\": \"reference\", \"grpo_eval_n\": 12", "\"paired_comparison\": true",
            EVENT | FILES, p);
    assert_true(played_has(&p[0], "luck.md", "RIGHT"));
    assert_null(p[1].files);
    assert_null(json_get(json_at(p[0].requests, 0), "json_schema"));
    clear(p);
}

static void contradictions_are_refused(void **state)
{
    struct mock_host *host = mock_host_create();
    void *self;
    int32_t status = grasp_method_table.open(
        mock_call(host), grasp_cstr("{\"no_gate\": true, \"blind_select\": \"random\"}"),
        grasp_cstr("{\"dev\": []}"), &self);
    mock_assert_failed(host, status, GRASP_E_INVALID);
    mock_assert_contains(host->fail_text, "blind_select");
    mock_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(show_bodies),
        cmocka_unit_test(show_refusals),
        cmocka_unit_test(pair_edits),
        cmocka_unit_test(fill_probe),
        cmocka_unit_test(skip_without_failures),
        cmocka_unit_test(stop_early),
        cmocka_unit_test(reuse_rollouts),
        cmocka_unit_test(what_is_seen_is_run),
        cmocka_unit_test(paired_comparison),
        cmocka_unit_test(errors_unavailable),
        cmocka_unit_test(revise_near_misses),
        cmocka_unit_test(labels_from_tags),
        cmocka_unit_test(diagnose_with_edits),
        cmocka_unit_test(own_failures_first),
        cmocka_unit_test(help_for_another_kind_does_not_count),
        cmocka_unit_test(next_best_follows),
        cmocka_unit_test(revision_in_a_race),
        cmocka_unit_test(nothing_on_the_probe_to_judge_by),
        cmocka_unit_test(no_gate),
        cmocka_unit_test(no_gate_keeps_to_the_capacity),
        cmocka_unit_test(regression_gate),
        cmocka_unit_test(append_only),
        cmocka_unit_test(fixes_only_scoring),
        cmocka_unit_test(cluster_failures),
        cmocka_unit_test(invalid_action_penalty),
        cmocka_unit_test(blind_select),
        cmocka_unit_test(sizes),
        cmocka_unit_test(non_learnable_labels),
        cmocka_unit_test(requests),
        cmocka_unit_test(reference_with_a_repair),
        cmocka_unit_test(contradictions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
