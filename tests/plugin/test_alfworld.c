/* SPDX-License-Identifier: MIT */
/* ALFWorld's engine and its games: invariants on random walks, dialects, recipes, damaged games. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/slice.h"
#include "mock_episode.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/alf/alfworld.h"
#include "tasks/agentbench/alf/bleu.h"
#include "tasks/agentbench/alf/game.h"
#include "tasks/agentbench/alf/recipe.h"
#include "tasks/agentbench/alf/tags.h"

#include <cmocka.h>

#define OWN_GAMES_HASH 0xcb78d0683dfea0e8u

static void make(struct world *world, const struct scene *scene)
{
    struct pool pool CLEANUP_POOL = {0};
    struct world_error error = {0};
    *world = (struct world){0};
    if (!game_make(world, own_domain(), scene_grammar(&pool, own_grammar(), scene->task),
                   scene->problem, &error))
        fail_msg("%.*s: %s", (int)scene->folder.len, scene->folder.ptr, error.what);
}

static void test_recipes_win(void **state)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct pool pool CLEANUP_POOL = {0};
        struct scene scene;
        struct world world;
        struct recipe recipe;
        scene_make(&pool, (enum scene_type)(seed % SCENE_TYPE_COUNT), 1000 + seed, &scene);
        make(&world, &scene);
        if (!recipe_make(&pool, &world, &scene, &recipe))
            fail_msg("seed %u: the recipe does not win", (unsigned)seed);
        assert_in_range(recipe.count, 2, 12);
        world_free(&world);
    }
}

/* The games in the box do not change unnoticed: runs would no longer compare. */
static void test_own_games_are_the_same(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    uint64_t hash = 0;
    for (size_t i = 0; i < OWN_GAME_COUNT; i++) {
        struct scene scene;
        own_scene(&pool, i, &scene);
        hash = hash * 31 + slice_hash(scene.problem) + slice_hash(scene.task);
    }
    assert_int_equal(hash, OWN_GAMES_HASH);
}

/* Each object is in one receptacle or in the hand. */
static void check_places(const struct state *state, const uint16_t *objects, size_t count)
{
    assert_in_range(state->held.count, 0, 1);
    for (size_t i = 0; i < count; i++) {
        size_t places = relation_has(&state->held, state->world->agent, objects[i]);
        for (size_t k = 0; k < state->inside.count; k++)
            places += state->inside.pairs[k].first == objects[i];
        assert_int_equal(places, 1);
    }
    for (size_t i = 1; i < state->command_count; i++)
        assert_true(slice_cmp(state->commands[i - 1].text, state->commands[i].text) < 0);
}

static const struct command *same_command(const struct state *state, const struct command *wanted)
{
    for (size_t i = 0; i < state->command_count; i++)
        if (state->commands[i].verb == wanted->verb && state->commands[i].first == wanted->first &&
            state->commands[i].second == wanted->second)
            return &state->commands[i];
    return NULL;
}

static void check_same(const struct state *a, const struct state *b)
{
    assert_int_equal(a->command_count, b->command_count);
    assert_int_equal(a->location, b->location);
    assert_int_equal(a->inside.count, b->inside.count);
    assert_int_equal(a->held.count, b->held.count);
    assert_memory_equal(a->flags, b->flags, a->world->count * sizeof(*a->flags));
    if (a->inside.count)
        assert_memory_equal(a->inside.pairs, b->inside.pairs,
                            a->inside.count * sizeof(*a->inside.pairs));
    assert_int_equal(state_won(a), state_won(b));
}

static void run_one(struct state *state, grasp_str command)
{
    struct text said CLEANUP_TEXT = {0};
    state_run(state, command, &said);
    assert_false(state->failed);
    if (grasp_starts(text_view(&said), "Nothing happens"))
        fail_msg("'%.*s' is listed and does nothing", (int)command.len, command.ptr);
}

/* Walks in the two dialects side by side. */
static void walk(const struct world *first, const struct world *second, size_t steps, unsigned seed)
{
    struct state a, b;
    uint16_t objects[128];
    size_t count = 0;
    assert_true(state_start(&a, first));
    assert_true(state_start(&b, second));
    for (size_t i = 0; i < first->facts[IN_RECEPTACLE].count; i++)
        objects[count++] = first->facts[IN_RECEPTACLE].pairs[i].first;
    for (size_t i = 0; i < steps; i++) {
        struct pool pool CLEANUP_POOL = {0};
        const struct command *command = &a.commands[(size_t)rand_r(&seed) % a.command_count];
        const struct command *other = same_command(&b, command);
        assert_non_null(other);
        grasp_str text = pool_dup(&pool, command->text), twin = pool_dup(&pool, other->text);
        run_one(&a, text);
        run_one(&b, twin);
        check_places(&a, objects, count);
        check_same(&a, &b);
    }
    state_finish(&a);
    state_finish(&b);
}

/* GRASP_ALFWORLD_STEPS says how many in all. */
static void test_random_walks(void **state)
{
    const char *wanted = getenv("GRASP_ALFWORLD_STEPS");
    size_t steps = wanted ? (size_t)strtoul(wanted, NULL, 10) : 60000;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct pool pool CLEANUP_POOL = {0};
        struct scene scene;
        struct world old, new;
        scene_make(&pool, (enum scene_type)(seed % SCENE_TYPE_COUNT), seed, &scene);
        make(&old, &scene);
        make(&new, &scene);
        new.dialect.move = new.dialect.arrive_receptacle = true;
        walk(&old, &new, steps / 60, (unsigned)seed);
        world_free(&old);
        world_free(&new);
    }
}

/* As the allocator counts; a sanitizer's counts nothing. */
static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void test_a_scene_is_small(void **state)
{
    size_t most = 0;
    for (size_t i = 0; i < OWN_GAME_COUNT; i++) {
        struct pool pool CLEANUP_POOL = {0};
        struct scene scene;
        struct world world;
        struct state game;
        own_scene(&pool, i, &scene);
        size_t before = in_use();
        make(&world, &scene);
        assert_true(state_start(&game, &world));
        size_t taken = in_use() - before;
        most = taken > most ? taken : most;
        state_finish(&game);
        world_free(&world);
    }
    assert_in_range(most, 0, 1000000);
    if (getenv("GRASP_ALFWORLD_STEPS"))
        print_message("%zu bytes for the largest scene\n", most);
}

/* Says how fast steps are when GRASP_ALFWORLD_STEPS is given. */
static void test_speed(void **state)
{
    const char *wanted = getenv("GRASP_ALFWORLD_STEPS");
    struct pool pool CLEANUP_POOL = {0};
    struct text said CLEANUP_TEXT = {0};
    struct scene scene;
    struct world world;
    struct state game;
    struct timespec start, end;
    unsigned seed = 5, won = 0;
    size_t steps = wanted ? (size_t)strtoul(wanted, NULL, 10) : 1000;
    scene_make(&pool, SCENE_HEAT, 3, &scene);
    make(&world, &scene);
    assert_true(state_start(&game, &world));
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t i = 0; i < steps; i++) {
        text_reset(&said);
        state_run(&game, game.commands[(size_t)rand_r(&seed) % game.command_count].text, &said);
        won += state_won(&game);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    if (wanted)
        print_message("%.0f steps a second (%u of them in a won state)\n", (double)steps / seconds,
                      won);
    state_finish(&game);
    world_free(&world);
}

static void check_refused(const char *problem, const char *why)
{
    struct world world = {0};
    struct world_error error = {0};
    assert_false(game_make(&world, own_domain(), own_grammar(), grasp_cstr(problem), &error));
    assert_non_null(strstr(error.what, why));
    world_free(&world);
}

#define HEAD "(define (problem p) (:objects a1 - agent l1 - location o1 - object r1 - receptacle) "
#define INIT "(:init (atLocation a1 l1) (inReceptacle o1 r1)) "

static void test_what_is_no_game(void **state)
{
    struct text deep CLEANUP_TEXT = {0}, many CLEANUP_TEXT = {0};
    for (int i = 0; i < 5000; i++)
        text_char(&deep, '(');
    text_put(&many, HEAD "(:init (atLocation a1 l1)");
    for (int i = 0; i < 9; i++)
        text_format(&many, "(holds a1 o%d)", i);
    text_put(&many, ") (:goal ()))");
    check_refused(many.ptr, "more than 8 objects");
    text_reset(&many);
    text_format(&many, HEAD "(:init (atLocation a1 l1) (clean %0300d)) (:goal ()))", 1);
    check_refused(many.ptr, "more than 200 characters");
    check_refused("", "no list");
    check_refused(deep.ptr, "nested too deeply");
    check_refused("(define (problem p)", "ends within a list");
    check_refused("(define (problem p\xc3\xa4))", "not ASCII");
    check_refused("(define (problem p))", "without :objects");
    check_refused(HEAD INIT ")", "without a goal");
    check_refused(HEAD INIT "(:goal))", "without a goal");
    check_refused(HEAD INIT "(:goal (isFlying o1)))", "no action can bring about");
    check_refused(HEAD INIT "(:goal (isHot ?o)))", "nothing binds");
    check_refused(HEAD INIT "(:goal (isHot o1)))", "cannot be reached");
    check_refused(HEAD "(:init) (:goal (isHot o1)))", "not at one location");
    check_refused(HEAD INIT "(:goal (not)))", "too few or too many");
    check_refused(HEAD INIT "(:goal (exists (?a ?b ?c ?d ?e ?f ?g ?h ?i ?j ?k ?l - object) "
                            "(or (= ?a ?b) (= ?c ?d)))))",
                  "more to try");
}

static void test_dialects(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    struct world_error error;
    struct dialect dialect;
    grasp_str grammar = SLICE("take move {o} to {r} You arrive at {r.name}. action help {\n"
                              " template :: \"help\"; feedback :: \"\nlook: look\"; }");
    assert_true(
        dialect_read(&pool,
                     SLICE("(define (domain d) (:action help) (:action examineObject "
                           ":precondition (exists (?r - receptacle) (inReceptacle ?o ?r))))"),
                     grammar, &dialect, &error));
    assert_true(dialect.move && dialect.arrive_receptacle && dialect.help &&
                dialect.examine_placed);
    assert_true(grasp_equal(dialect.help_text, "look: look"));
    /* A type that ends in a comma is none. */
    assert_true(
        dialect_read(&pool,
                     SLICE("(define (domain d) (:action examineObject :precondition "
                           "(exists (?l - location, ?r - receptacle) (inReceptacle ?o ?r))))"),
                     own_grammar(), &dialect, &error));
    assert_false(dialect.examine_placed || dialect.move || dialect.arrive_receptacle);
    assert_false(dialect_read(&pool, SLICE("(define (domain d) (:action fly))"), own_grammar(),
                              &dialect, &error));
    assert_non_null(strstr(error.what, "not known"));
    assert_false(dialect_read(&pool, own_domain(), SLICE("nothing"), &dialect, &error));
}

static void test_long_outputs(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text words CLEANUP_TEXT = {0};
    const grasp_str commands[] = {SLICE("go to cabinet 1"), SLICE("look")};
    for (int i = 0; i < 300000; i++)
        text_put(&words, "go to ");
    assert_int_equal(bleu_match(&pool, text_view(&words), commands, 2).len, words.len - 1);
    assert_int_equal(bleu_match(&pool, SLICE(""), commands, 2).len, 0);
    assert_true(grasp_equal(bleu_match(&pool, SLICE("LOOK\nas I said"), commands, 2), "look"));
}

struct house {
    struct mock_host *host;
    void *self;
    char tags[1024]; /* of the last verdict */
};

static int32_t open_house(struct house *house, const char *options)
{
    char *config = mock_config(agentbench_alfworld_task.options, options);
    house->host = house->host ? house->host : mock_host_create();
    house->self = NULL;
    int32_t status = alfworld_open(mock_call(house->host), grasp_cstr(config), &house->self);
    free(config);
    return status;
}

static void close_house(struct house *house)
{
    alfworld_close(house->self ? mock_call(house->host) : NULL, house->self);
    mock_host_destroy(house->host);
}

/* One turn: the model sees the conversation, the tool, and the guidance at its end. */
static void take_turn(struct mock_episode *episode, const char *guidance)
{
    struct pool pool CLEANUP_POOL = {0};
    size_t count = episode->count + 1;
    grasp_message *messages = pool_array(&pool, count, sizeof(*messages));
    const grasp_message **list = pool_array(&pool, count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        messages[i] = (grasp_message){
            .size = sizeof(grasp_message),
            .role = last ? SLICE("user") : mock_str(episode->messages[i].role),
            .content = last ? grasp_cstr(guidance) : mock_str(episode->messages[i].content)};
        list[i] = &messages[i];
    }
    grasp_rehearsal_request request = {.size = sizeof(request),
                                       .messages = list,
                                       .count = count,
                                       .tools = SLICE("[{\"name\": \"take_action\"}]")};
    assert_int_equal(alfworld_rehearsal.reply(mock_call(episode->host), &request), GRASP_OK);
    assert_int_equal(episode->host->message_count, 1);
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = pool_dup(&pool, mock_str(episode->host->messages[0].content)),
                         .tool_calls =
                             pool_dup(&pool, mock_str(episode->host->messages[0].tool_calls)),
                         .finish_reason = SLICE("stop")};
    mock_episode_step(episode, &reply);
}

/* Plays a sample with the rehearsal; the verdict is in the host. */
static bool rehearse(struct house *house, const struct alf_sample *sample, const char *guidance)
{
    struct mock_episode episode;
    mock_episode_begin(&episode, house->host, &agentbench_alfworld_task, house->self,
                       sample->json.ptr);
    while (!episode.done)
        take_turn(&episode, guidance);
    mock_episode_grade(&episode);
    bool correct = house->host->correct;
    snprintf(house->tags, sizeof(house->tags), "%s", correct ? "" : house->host->tags.ptr);
    mock_episode_end(&episode);
    return correct;
}

static void test_flawless_rehearsal(void **state)
{
    struct house house = {0};
    struct text tags CLEANUP_TEXT = {0};
    size_t lost = 0;
    assert_int_equal(open_house(&house, NULL), GRASP_OK);
    const struct games *games = &((struct alfworld *)house.self)->games;
    tags_write(&tags, &alfworld_tags, ~0u);
    for (int i = 0; i < DATA_SPLIT_COUNT; i++)
        for (size_t k = 0; k < games->splits[i].count; k++)
            if (!rehearse(&house, &games->splits[i].samples[k], tags.ptr)) {
                lost++;
                print_error("%s: %s\n", games->splits[i].samples[k].json.ptr, house.tags);
            }
    assert_int_equal(lost, 0);
    close_house(&house);
}

/* What guidance demands is done, and named. */
static void test_flaws(void **state)
{
    static const enum alf_tag flaws[] = {ALF_LAMP_NOT_USED,
                                         ALF_LAMP_USED_EMPTY_HANDED,
                                         ALF_OBJECT_NOT_TREATED,
                                         ALF_WRONG_TREATMENT,
                                         ALF_SECOND_OBJECT_FORGOTTEN,
                                         ALF_OBJECT_PUT_ELSEWHERE,
                                         ALF_WRONG_OBJECT_TAKEN,
                                         ALF_PLACES_SEARCHED_AGAIN,
                                         ALF_SAME_ACTION_REPEATED,
                                         ALF_CLOSED_RECEPTACLE_SKIPPED,
                                         ALF_NO_TOOL_CALL};
    struct house house = {0};
    assert_int_equal(open_house(&house, NULL), GRASP_OK);
    const struct games *games = &((struct alfworld *)house.self)->games;
    for (size_t f = 0; f < sizeof(flaws) / sizeof(*flaws); f++) {
        const char *name = alfworld_tags.tags[flaws[f]].name;
        char guidance[128];
        size_t named = 0;
        snprintf(guidance, sizeof(guidance), "always %s", name);
        for (size_t k = 0; k < games->splits[0].count; k++)
            named += !rehearse(&house, &games->splits[0].samples[k], guidance) &&
                     strstr(house.tags, name);
        if (!named)
            fail_msg("%s is never seen", name);
    }
    close_house(&house);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void write_game(const char *folder, const char *name, const struct scene *scene)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{\"pddl_domain\": ");
    text_json(&out, own_domain());
    text_put(&out, ", \"grammar\": ");
    text_json(&out, scene_grammar(&pool, own_grammar(), scene->task));
    text_put(&out, ", \"pddl_problem\": ");
    text_json(&out, scene->problem);
    text_put(&out, ", \"solvable\": true}");
    write_file(folder, name, out.ptr);
}

static void remove_all(const char *folder)
{
    static const char *const names[] = {
        "good.json",      "bad.json",       "standard_plus_dev.json",
        "split_dev.json", "split_val.json", "split_test.json"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* A folder with a good game, a damaged one, one that is not there and one outside. */
static void test_users_folder(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    struct house house = {0};
    struct scene scene;
    void *episode = NULL;
    char folder[] = "/tmp/grasp-alfworld-XXXXXX", options[128];
    assert_non_null(mkdtemp(folder));
    snprintf(options, sizeof(options), "{\"data\": \"%s\"}", folder);
    mock_assert_failed(house.host ? house.host : (house.host = mock_host_create()),
                       open_house(&house, options), GRASP_E_INVALID);
    scene_make(&pool, SCENE_PUT, 8, &scene);
    write_game(folder, "good.json", &scene);
    write_file(folder, "bad.json", "{\"pddl_domain\": 3");
    write_file(folder, "standard_plus_dev.json",
               "{\"a\": [\"good.json\", \"bad.json\"], \"b\": [\"none.json\", \"../x\"]}");
    write_file(folder, "split_dev.json", "[{\"id\": 0, \"description\": \"d\", \"type\": \"t\"}]");
    write_file(folder, "split_val.json", "[{\"id\": 1}, {\"id\": 2}]");
    write_file(folder, "split_test.json", "[{\"id\": 3}]");
    assert_int_equal(open_house(&house, options), GRASP_OK);
    assert_int_equal(house.host->logged > 0, 1);
    assert_int_equal(
        alfworld_begin(mock_call(house.host), house.self, SLICE("{\"id\": \"0\"}"), 0, &episode),
        GRASP_OK);
    alfworld_end(mock_call(house.host), house.self, episode);
    for (char id = '1'; id <= '3'; id++) {
        char sample[] = "{\"id\": \"?\"}";
        sample[8] = id;
        int32_t status =
            alfworld_begin(mock_call(house.host), house.self, grasp_cstr(sample), 0, &episode);
        mock_assert_failed(house.host, status, GRASP_E_UNAVAILABLE);
    }
    alfworld_close(mock_call(house.host), house.self);
    write_file(folder, "split_test.json", "[{\"id\": 4}]");
    mock_assert_failed(house.host, open_house(&house, options), GRASP_E_INVALID);
    write_file(folder, "split_test.json", "[{\"id\": 3}]");
    write_file(folder, "good.json", "[]");
    mock_assert_failed(house.host, open_house(&house, options), GRASP_E_INVALID);
    mock_assert_contains(house.host->fail_text, "none of 4 games can be played");
    close_house(&house);
    remove_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipes_win),        cmocka_unit_test(test_own_games_are_the_same),
        cmocka_unit_test(test_random_walks),       cmocka_unit_test(test_speed),
        cmocka_unit_test(test_a_scene_is_small),   cmocka_unit_test(test_what_is_no_game),
        cmocka_unit_test(test_dialects),           cmocka_unit_test(test_long_outputs),
        cmocka_unit_test(test_flawless_rehearsal), cmocka_unit_test(test_flaws),
        cmocka_unit_test(test_users_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
