/* SPDX-License-Identifier: MIT */
/* The gate by duels in grasp.so: what it accepts, says and remembers, in a small world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "grasp_world.h"

#include <cmocka.h>

#define DUEL "\"grpo_k\": 2, \"grpo_eval_n\": 10"
#define STRICT DUEL ", \"gate_break_weight\": 3"

static struct played play(struct world world, const char *options)
{
    world.options = options;
    return world_play(&world);
}

static const struct json *candidate(const struct played *played, size_t update, size_t number)
{
    return json_at(json_get(json_at(played->notes, update), "grpo"), number);
}

static const char *text(const struct json *object, const char *key)
{
    return json_str(json_get(object, key)).ptr;
}

static int64_t number(const struct json *object, const char *key)
{
    return json_int(json_get(object, key), -1);
}

static void accepts_what_helps(void **state)
{
    const char *const script[] = {edit("ADD", "idle", "NOTHING"), edit("ADD", "good", "FIX"), NULL};
    struct played played = play((struct world){.script = script}, "{" DUEL "}");
    const struct json *idle = candidate(&played, 0, 0), *good = candidate(&played, 0, 1);
    assert_true(played_has(&played, "good.md", "FIX"));
    assert_true(played_has(&played, "good.md", "duels_won: 4"));
    assert_false(played_has(&played, "good.md", "probe_score"));
    assert_string_equal(text(idle, "fate"), "no hit");
    assert_string_equal(text(good, "fate"), "accepted");
    assert_int_equal(number(good, "hits"), 4);
    assert_int_equal(number(good, "duels_won"), 4);
    assert_int_equal(number(good, "duels_lost"), 0);
    assert_int_equal(json_count(json_get(good, "score_path")), 4);
    assert_int_equal(number(good, "regressions"), 0);
    assert_non_null(strstr(text(good, "verdict"), "it won 4 of 4 duels"));
    /* What the host was told to expect came. */
    assert_int_equal(json_count(played.expected), 1);
    assert_true(json_equal(json_at(played.expected, 0), played.files));
    played_clear(&played);
}

/* Every rollout is in the record, with what it was for. */
static void record_of_rollouts(void **state)
{
    static const char *const roles[] = {"screen", "recheck", "duel", "safety"};
    size_t seen[4] = {0};
    const char *const script[] = {edit("ADD", "good", "FIX"), NULL};
    struct played played = play((struct world){.script = script}, "{" DUEL "}");
    const struct json *bout = json_at(json_get(json_at(played.notes, 0), "duels"), 0);
    const struct json *rollouts = json_get(bout, "rollouts");
    assert_int_equal(json_count(rollouts), played.rollouts);
    for (size_t i = 0; i < json_count(rollouts); i++) {
        const struct json *rollout = json_at(rollouts, i);
        for (size_t k = 0; k < 4; k++)
            seen[k] += strcmp(text(rollout, "role"), roles[k]) == 0;
        assert_string_equal(text(rollout, "source"), "fresh");
        assert_true(number(rollout, "draw") > 0 || strcmp(text(rollout, "role"), "screen") == 0 ||
                    strcmp(text(rollout, "role"), "safety") == 0);
    }
    /* One candidate: 3 duels suffice. */
    assert_int_equal(number(bout, "threshold"), 3);
    assert_int_equal(seen[0], 4);
    assert_int_equal(seen[1], 8);
    assert_int_equal(seen[2], 6);
    assert_int_equal(seen[3], 10);
    played_clear(&played);
}

static void refuses_what_breaks(void **state)
{
    const char *const script[] = {edit("ADD", "rough", "FIX BREAK2"), edit("ADD", "fine", "HALF"),
                                  NULL};
    struct played played =
        play((struct world){.script = script}, "{" DUEL ", \"gate_max_rollouts\": 100}");
    assert_string_equal(text(candidate(&played, 0, 0), "fate"), "breaks too much");
    assert_non_null(strstr(text(candidate(&played, 0, 0), "verdict"), "it breaks"));
    assert_true(played_has(&played, "fine.md", "HALF"));
    played_clear(&played);
}

/* What was proven but breaks too much gets a second version, as one more candidate: with what the
 * first one left of alpha, and on what that broke before anything else. */
static void revises_what_breaks(void **state)
{
    const char *const script[] = {edit("ADD", "rough", "HALF BREAK2"), NULL};
    const struct world world = {.script = script, .revision = edit("ADD", "rough", "HALF")};
    struct played played = play(world, "{" DUEL "}");
    const struct json *bouts = json_get(json_at(played.notes, 0), "duels");
    const struct json *second = json_at(bouts, 1), *rollouts = json_get(second, "rollouts");
    const char *looked = NULL;
    assert_string_equal(text(candidate(&played, 0, 0), "fate"), "breaks too much");
    assert_string_equal(text(candidate(&played, 0, 1), "fate"), "accepted");
    assert_true(json_bool(json_get(candidate(&played, 0, 1), "contrastive_revision"), false));
    assert_null(json_get(candidate(&played, 0, 0), "contrastive_revision"));
    assert_int_equal(played_prompts(&played, "# Repair a proposed skill"), 1);
    assert_int_equal(played_prompts(&played, "HALF BREAK2"), 1);
    assert_false(played_has(&played, "rough.md", "BREAK2"));
    /* 3^-3 is used of .05, and 3^-4 is what is left. */
    assert_int_equal(number(json_at(bouts, 0), "threshold"), 3);
    assert_int_equal(number(second, "threshold"), 4);
    assert_int_equal(number(json_at(bouts, 0), "cap") + 10,
                     number(second, "cap") +
                         (int64_t)json_count(json_get(json_at(bouts, 0), "rollouts")));
    for (size_t i = 0; i < json_count(rollouts) && !looked; i++) {
        if (strcmp(text(json_at(rollouts, i), "role"), "safety") == 0)
            looked = text(json_at(rollouts, i), "sample");
    }
    assert_true(looked && (strcmp(looked, "s8") == 0 || strcmp(looked, "s9") == 0));
    played_clear(&played);
}

static void revises_nothing_else(void **state)
{
    const char *const rough[] = {edit("ADD", "rough", "HALF BREAK2"), NULL};
    const char *const both[] = {rough[0], edit("ADD", "fine", "HALF"), NULL};
    const char *const idle[] = {edit("ADD", "idle", "NOTHING"), NULL};
    const struct {
        const char *const *script;
        const char *revision, *options;
        size_t prompts;
    } cases[] = {
        {rough, edit("ADD", "rough", "HALF"), "{" DUEL ", \"revise_near_misses\": false}", 0},
        {both, edit("ADD", "rough", "HALF"), "{" DUEL ", \"gate_max_rollouts\": 100}", 0},
        {idle, edit("ADD", "idle", "FIX"), "{" DUEL "}", 0},
        {rough, "[]", "{" DUEL "}", 1},
        {rough, edit("ADD", "other", "HALF"), "{" DUEL "}", 1},
        {rough, edit("ADD", "rough", "HALF BREAK2"), "{" DUEL "}", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct played played =
            play((struct world){.script = cases[i].script, .revision = cases[i].revision},
                 cases[i].options);
        assert_int_equal(played_prompts(&played, "# Repair a proposed skill"), cases[i].prompts);
        assert_false(played_has(&played, "rough.md", "HALF"));
        played_clear(&played);
    }
}

/* The writer is not asked where nothing is left of alpha, or no threshold within reach. */
static void revises_in_reach(void **state)
{
    const char *const script[] = {edit("ADD", "idle", "NOTHING"),
                                  edit("ADD", "rough", "MOST BREAK2"), NULL};
    const struct world world = {.script = script, .revision = edit("ADD", "rough", "MOST")};
    const struct {
        const char *options;
        size_t prompts;
    } cases[] = {{"{" STRICT ", \"gate_alpha\": 0.025, \"gate_max_duels\": 7}", 0},
                 {"{" STRICT ", \"gate_alpha\": 0.025, \"gate_max_duels\": 8}", 1},
                 {"{" STRICT ", \"gate_repeats\": \"settled\"}", 0},
                 {"{" STRICT ", \"gate_repeats\": \"settled\", \"gate_yardstick\": false}", 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct played played = play(world, cases[i].options);
        assert_string_equal(text(candidate(&played, 0, 1), "fate"), "breaks too much");
        assert_int_equal(played_prompts(&played, "# Repair a proposed skill"), cases[i].prompts);
        played_clear(&played);
    }
}

/* What ranks behind the winner has its turn in the next update, in place of a proposal. */
static void carries_over(void **state)
{
    const char *const script[] = {edit("ADD", "best", "HALF"), edit("ADD", "second", "HALF"), "[]",
                                  NULL};
    for (int off = 0; off < 2; off++) {
        struct played played = play((struct world){.script = script, .updates = 2},
                                    off ? "{" DUEL ", \"carry_over\": false}" : "{" DUEL "}");
        assert_string_equal(text(candidate(&played, 0, 1), "fate"), "undecided");
        assert_int_equal(played_prompts(&played, "# Edit the skill library"), off ? 4 : 3);
        const struct json *again = candidate(&played, 1, 0);
        assert_int_equal(again != NULL, !off);
        if (!off)
            assert_true(json_bool(json_get(again, "carried_over"), false));
        played_clear(&played);
    }
}

static void settled_runs_nothing_twice(void **state)
{
    const char *const script[] = {edit("ADD", "good", "FIX"), edit("ADD", "idle", "NOTHING"), NULL};
    struct played played =
        play((struct world){.script = script}, "{" DUEL ", \"gate_repeats\": \"settled\"}");
    assert_true(played_has(&played, "good.md", "FIX"));
    assert_int_equal(number(candidate(&played, 0, 0), "duels_won"), 0);
    assert_int_equal(played.rollouts, 8 + 5);
    played_clear(&played);
}

/* Whichever rollout cannot be run, it is neither a hit nor a break. */
static void each_rollout_fails(void **state)
{
    const char *const script[] = {edit("ADD", "idle", "NOTHING"), edit("ADD", "good", "FIX"), NULL};
    struct played whole = play((struct world){.script = script}, "{" DUEL "}");
    for (size_t i = 1; i <= whole.rollouts; i++) {
        struct played played = play((struct world){.script = script, .broken = i}, "{" DUEL "}");
        assert_true(json_equal(played.files, whole.files));
        assert_int_equal(played.rollouts, whole.rollouts + 1);
        assert_int_equal(number(candidate(&played, 0, 1), "duels_lost"), 0);
        assert_int_equal(number(candidate(&played, 0, 1), "regressions"), 0);
        assert_string_equal(text(candidate(&played, 0, 0), "fate"), "no hit");
        played_clear(&played);
    }
    played_clear(&whole);
}

/* Four samples were solved once and fail now: a skill that is to blame goes. */
static void prunes(void **state)
{
    for (int off = 0; off < 2; off++) {
        struct played played = play(
            (struct world){
                .spoilt = true, .updates = 2, .epoch_end = true, .skills = {"harmless", "SPOIL"}},
            off ? "{" DUEL ", \"prune\": false}" : "{" DUEL "}");
        size_t count = json_count(played.notes);
        if (off) {
            assert_int_equal(count, 2);
            assert_null(played.files);
        } else {
            const struct json *event = json_at(played.notes, 2);
            assert_int_equal(count, 3);
            assert_true(json_bool(json_get(event, "pruning"), false));
            assert_null(json_get(played.files, "old_1.md"));
            assert_non_null(json_get(played.files, "old_0.md"));
        }
        played_clear(&played);
    }
}

/* The reference's gate, with all else as by default. */
static void gate_by_counts(void **state)
{
    const char *const script[] = {edit("ADD", "luck", "RIGHT"), NULL};
    struct played duel = play((struct world){.script = script, .unlucky = true}, "{" DUEL "}");
    struct played counts = play((struct world){.script = script, .unlucky = true},
                                "{\"grpo_k\": 2, \"gate\": \"reference\", \"grpo_eval_n\": 12}");
    assert_null(duel.files);
    assert_true(played_has(&counts, "luck.md", "RIGHT"));
    assert_true(json_is(json_get(json_at(counts.requests, 0), "json_schema"), JSON_OBJECT));
    played_clear(&duel);
    played_clear(&counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_helps),   cmocka_unit_test(record_of_rollouts),
        cmocka_unit_test(refuses_what_breaks),  cmocka_unit_test(revises_what_breaks),
        cmocka_unit_test(revises_nothing_else), cmocka_unit_test(revises_in_reach),
        cmocka_unit_test(carries_over),         cmocka_unit_test(settled_runs_nothing_twice),
        cmocka_unit_test(each_rollout_fails),   cmocka_unit_test(prunes),
        cmocka_unit_test(gate_by_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
