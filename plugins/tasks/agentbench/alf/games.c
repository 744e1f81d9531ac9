/* SPDX-License-Identifier: MIT */
#include "games.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "../data.h"
#include "../describe.h"
#include "common/prompts.h"
#include "common/slice.h"
#include "common/text.h"
#include "common/twister.h"
#include "game.h"
#include "scan.h"

#define GAME_FILE_MAX ((size_t)16 << 20)
#define TYPE_MAX 64
#define LIST_FILE "standard_plus_dev.json"

const struct alf_sample *games_find(const struct games *games, grasp_str id)
{
    for (int i = 0; i < DATA_SPLIT_COUNT; i++)
        for (size_t k = 0; k < games->splits[i].count; k++)
            if (slice_eq(games->splits[i].samples[k].id, id))
                return &games->splits[i].samples[k];
    return NULL;
}

void games_free(struct games *games)
{
    for (size_t i = 0; i < games->count; i++)
        world_free(&games->games[i].world);
    pool_free(&games->pool);
}

size_t games_draw(const size_t *counts, size_t types, size_t *out)
{
    struct twister twister;
    size_t dev = 0, val = 0, first = 0, total = 0, at[TYPE_MAX];
    twister_seed(&twister, DATA_SPLIT_SEED);
    for (size_t t = 0; t < types; t++)
        total += counts[t];
    uint32_t *order = calloc(total + 1, sizeof(*order));
    if (!order)
        return 0;
    for (size_t t = 0; t < types && t < TYPE_MAX; first += counts[t++]) {
        for (size_t i = 0; i < counts[t]; i++)
            order[first + i] = (uint32_t)(first + i);
        data_draw_split(&twister, order + first, counts[t], &at[t]);
        for (size_t i = 0; i < at[t]; i++)
            out[dev++] = order[first + i];
    }
    first = 0;
    for (size_t t = 0; t < types && t < TYPE_MAX; first += counts[t++])
        for (size_t i = at[t]; i < counts[t]; i++)
            out[dev + val++] = order[first + i];
    free(order);
    return dev;
}

static void add_sample(struct games *games, struct alf_split *split, size_t game, grasp_str type,
                       grasp_str description)
{
    struct text out CLEANUP_TEXT = {0};
    grasp_str id = pool_format(&games->pool, "%zu", game);
    describe_sample(&out, id, type, description);
    text_put(&out, "}");
    split->samples[split->count++] =
        (struct alf_sample){id, pool_dup(&games->pool, text_view(&out)), &games->games[game]};
}

static void make_room(struct games *games, size_t count)
{
    games->count = count;
    games->games = pool_array(&games->pool, count + 1, sizeof(*games->games));
    for (int i = 0; i < DATA_SPLIT_COUNT; i++)
        games->splits[i].samples =
            pool_array(&games->pool, count + 1, sizeof(*games->splits[i].samples));
}

/* The first 50 are drawn into dev and val, the others are the test. */
static int32_t load_own(grasp_call *call, struct games *games)
{
    static const size_t counts[] = {9, 9, 8, 8, 8, 8};
    size_t drawn[OWN_GAME_COUNT];
    struct scene scenes[OWN_GAME_COUNT];
    struct pool pool CLEANUP_POOL = {0};
    make_room(games, OWN_GAME_COUNT);
    for (size_t i = 0; i < OWN_GAME_COUNT; i++) {
        struct world_error error;
        own_scene(&pool, i, &scenes[i]);
        if (!game_make(&games->games[i].world, own_domain(),
                       scene_grammar(&pool, own_grammar(), scenes[i].task), scenes[i].problem,
                       &error))
            return grasp_fail(call, GRASP_E_FAILED, "scene %zu in the box: %s", i, error.what);
        drawn[i] = i;
    }
    size_t dev = games_draw(counts, 6, drawn);
    for (size_t i = 0; i < OWN_GAME_COUNT; i++)
        add_sample(games,
                   &games->splits[i < dev  ? 0
                                  : i < 50 ? 1
                                           : 2],
                   drawn[i], grasp_cstr(scene_type_name(scenes[drawn[i]].type)),
                   scenes[drawn[i]].task);
    return GRASP_OK;
}

static grasp_str games_path(grasp_call *call, grasp_str data, grasp_str path)
{
    return grasp_format(call, "%.*s/%.*s", (int)data.len, data.ptr, (int)path.len, path.ptr);
}

/* A path of the list leads nowhere else than into the folder. */
static bool is_inside(grasp_str path)
{
    size_t at;
    return path.len && path.ptr[0] != '/' && !slice_find(path, SLICE(".."), 0, &at);
}

static int32_t load_game(grasp_call *call, struct games *games, struct alf_game *game,
                         grasp_str data, grasp_str path)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str text, why = SLICE("");
    if (!is_inside(path)) {
        game->why = SLICE("the list has no path within the folder for it");
        return GRASP_OK;
    }
    grasp_str file = games_path(call, data, path);
    int32_t status = prompt_read_file(call, &pool, file.ptr, GAME_FILE_MAX, &text);
    if (status && status != GRASP_E_NOT_FOUND)
        return status;
    if (status)
        why = SLICE("no such file");
    else if (game_read(call, &game->world, text, &why, NULL))
        return GRASP_OK;
    game->why =
        pool_format(&games->pool, "%.*s: %.*s", (int)file.len, file.ptr, (int)why.len, why.ptr);
    grasp_log(call, GRASP_LOG_WARNING, "%.*s; this game is left out", (int)game->why.len,
              game->why.ptr);
    return GRASP_OK;
}

static const grasp_json_value *nth_path(const grasp_json *json, const grasp_json_value *list,
                                        size_t number)
{
    grasp_str key;
    for (uint64_t i = 0; i < json->count(list); i++) {
        const grasp_json_value *group = json->member(list, i, &key);
        if (number < json->count(group))
            return json->at(group, number);
        number -= json->count(group);
    }
    return NULL;
}

static int32_t read_list(grasp_call *call, struct games *games, grasp_str folder,
                         const grasp_json_value **out)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str key, path = games_path(call, folder, SLICE(LIST_FILE));
    size_t count = 0;
    int32_t status = data_json(call, path, out);
    if (status)
        return status;
    for (uint64_t i = 0; i < json->count(*out); i++)
        count += json->count(json->member(*out, i, &key));
    if (json->kind(*out) != GRASP_JSON_OBJECT || !count)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: not an object with lists of games, or an empty one", path.ptr);
    make_room(games, count);
    return GRASP_OK;
}

static int32_t read_split(grasp_call *call, struct games *games, grasp_str folder,
                          struct alf_split *split, bool *used)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = NULL;
    const char *file = grasp_format(call, "split_%s.json", split->name).ptr;
    int32_t status = data_list(call, folder, file, &list);
    for (uint64_t i = 0; !status && i < json->count(list); i++) {
        const grasp_json_value *item = json->at(list, i);
        int64_t id = json->as_int(json->get(item, SLICE("id")), -1);
        if (id < 0 || (uint64_t)id >= games->count || used[id])
            return grasp_fail(call, GRASP_E_INVALID,
                              "%.*s/%s: item %llu: no game of " LIST_FILE
                              " has the id %lld, or it is in two splits",
                              (int)folder.len, folder.ptr, file, (unsigned long long)i,
                              (long long)id);
        used[id] = true;
        add_sample(games, split, (size_t)id, json->as_string(json->get(item, SLICE("type"))),
                   json->as_string(json->get(item, SLICE("description"))));
    }
    return status;
}

/* Names the games that cannot be played; without any other there is nothing to do. */
static int32_t report(grasp_call *call, const struct games *games, size_t wanted)
{
    const struct alf_game *first = NULL;
    size_t broken = 0;
    for (size_t i = 0; i < games->count; i++) {
        first = first || !games->games[i].why.len ? first : &games->games[i];
        broken += games->games[i].why.len != 0;
    }
    if (broken == wanted)
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'data': none of %zu games can be played; the first: %s; give the "
                          "folder that holds json_2.1.1, with its game.tw-pddl files",
                          wanted, first ? first->why.ptr : "there is none");
    for (size_t i = 0; i < games->count; i++)
        if (games->games[i].why.len)
            grasp_log(call, GRASP_LOG_WARNING, "%s; this game is left out",
                      games->games[i].why.ptr);
    if (broken)
        grasp_log(call, GRASP_LOG_WARNING, "%zu of %zu games cannot be played and are left out",
                  broken, wanted);
    return GRASP_OK;
}

/* The lists name the games of version 2.1.1. */
static grasp_str of_version(grasp_call *call, grasp_str path, const char *version)
{
    static const char listed[] = "json_2.1.1/";
    if (!version || !grasp_starts(path, listed))
        return path;
    path = slice_from(path, strlen(listed));
    return grasp_format(call, "%s/%.*s", version, (int)path.len, path.ptr);
}

static int32_t load_listed(grasp_call *call, struct games *games, grasp_str data,
                           const grasp_json_value *list, const bool *used)
{
    const grasp_json *json = grasp_json_of(call);
    const char *version = scan_version(call, data);
    size_t wanted = 0;
    for (size_t i = 0; i < games->count; i++) {
        if (!used[i])
            continue;
        grasp_str path = json->as_string(nth_path(json, list, i));
        int32_t status =
            load_game(call, games, &games->games[i], data, of_version(call, path, version));
        if (status)
            return status;
        wanted++;
    }
    return report(call, games, wanted);
}

/* Of each kind every third game is a test; the others are drawn as AgentBench's list is. */
static int32_t load_unlisted(grasp_call *call, struct games *games, grasp_str data,
                             const char *version)
{
    struct found_games found;
    size_t counts[SCENE_TYPE_COUNT] = {0}, kept = 0;
    scan_games(call, &games->pool, data, version, &found);
    make_room(games, found.count);
    size_t *rest = pool_array(&games->pool, found.count + 1, sizeof(*rest));
    size_t *drawn = pool_array(&games->pool, found.count + 1, sizeof(*drawn));
    for (size_t i = 0, of_type = 0; i < found.count; i++) {
        of_type = i && found.items[i].type == found.items[i - 1].type ? of_type + 1 : 0;
        int32_t status = load_game(call, games, &games->games[i], data, found.items[i].path);
        if (status)
            return status;
        if (of_type % 3 == 2) {
            add_sample(games, &games->splits[2], i,
                       grasp_cstr(scene_type_name((enum scene_type)found.items[i].type)),
                       found.items[i].folder);
            continue;
        }
        counts[found.items[i].type]++;
        rest[kept++] = i;
    }
    size_t dev = games_draw(counts, SCENE_TYPE_COUNT, drawn);
    for (size_t i = 0; i < kept; i++) {
        const struct found_game *game = &found.items[rest[drawn[i]]];
        add_sample(games, &games->splits[i < dev ? 0 : 1], rest[drawn[i]],
                   grasp_cstr(scene_type_name((enum scene_type)game->type)), game->folder);
    }
    return report(call, games, found.count);
}

static int32_t load_folder(grasp_call *call, struct games *games, grasp_str data, grasp_str lists)
{
    const grasp_json_value *list = NULL;
    grasp_str folder = SLICE("");
    struct stat st;
    const char *version = scan_version(call, data);
    if (version && !lists.len && stat(games_path(call, data, SLICE(LIST_FILE)).ptr, &st))
        return load_unlisted(call, games, data, version);
    int32_t status = data_folder(call, lists.len ? lists : data, "alfworld", LIST_FILE, &folder);
    if (status || (status = read_list(call, games, folder, &list)))
        return status;
    bool *used = pool_array(&games->pool, games->count + 1, sizeof(*used));
    for (int i = 0; i < DATA_SPLIT_COUNT && !status; i++)
        status = read_split(call, games, folder, &games->splits[i], used);
    return status ? status : load_listed(call, games, lists.len ? data : folder, list, used);
}

int32_t games_load(grasp_call *call, struct games *out, grasp_str data, grasp_str lists)
{
    *out = (struct games){0};
    for (int i = 0; i < DATA_SPLIT_COUNT; i++)
        out->splits[i].name = data_split_names[i];
    if (!data.len && lists.len)
        return grasp_fail(call, GRASP_E_INVALID, "option 'lists' needs option 'data'");
    return data.len ? load_folder(call, out, data, lists) : load_own(call, out);
}
