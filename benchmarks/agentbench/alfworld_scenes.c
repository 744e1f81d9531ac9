/* SPDX-License-Identifier: MIT */
/* alfworld_scenes DIR: writes the games in the box as a folder of ALFWorld's games, with the lists
 * of games and splits beside them, so that other programs can play them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/slice.h"
#include "tasks/agentbench/alf/game.h"
#include "tasks/agentbench/alf/games.h"
#include "tasks/agentbench/alf/recipe.h"

#define STANDARD_COUNT 50

static int fault(const char *path)
{
    fprintf(stderr, "alfworld_scenes: %s: %s\n", path, strerror(errno));
    return 1;
}

/* Makes the folders above the file and writes it. */
static int write_file(const char *folder, grasp_str name, const struct text *text)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/%s", folder, name.ptr) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return fault(folder);
    }
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(path, 0777) && errno != EEXIST)
            return fault(path);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    if (!file)
        return fault(path);
    bool failed = text->failed || fwrite(text->ptr, 1, text->len, file) != text->len;
    return (fclose(file) || failed) ? fault(path) : 0;
}

static int write_game(struct pool *pool, const char *folder, size_t number,
                      const struct scene *scene)
{
    struct text out CLEANUP_TEXT = {0};
    struct world world = {0};
    struct world_error error;
    struct recipe recipe;
    grasp_str grammar = scene_grammar(pool, own_grammar(), scene->task);
    bool good = game_make(&world, own_domain(), grammar, scene->problem, &error) &&
                recipe_make(pool, &world, scene, &recipe);
    world_free(&world);
    if (!good) {
        fprintf(stderr, "alfworld_scenes: scene %zu cannot be won\n", number);
        return 1;
    }
    text_put(&out, "{\"pddl_domain\": ");
    text_json(&out, own_domain());
    text_put(&out, ", \"grammar\": ");
    text_json(&out, grammar);
    text_put(&out, ", \"pddl_problem\": ");
    text_json(&out, scene->problem);
    text_put(&out, ", \"solvable\": true, \"walkthrough\": [");
    for (size_t i = 0; i < recipe.count; i++) {
        text_put(&out, i ? ", " : "");
        text_json(&out, recipe.commands[i]);
    }
    text_put(&out, "]}");
    return write_file(folder, own_path(pool, number, scene), &out);
}

static void put_paths(struct text *out, struct pool *pool, const struct scene *scenes, size_t from,
                      size_t to)
{
    for (size_t i = from; i < to; i++) {
        text_put(out, i > from ? ",\n    " : "\n    ");
        text_json(out, own_path(pool, i, &scenes[i]));
    }
}

/* By type, as the lists of the reference have it. */
static int write_list(struct pool *pool, const char *folder, const char *name,
                      const struct scene *scenes, size_t from, size_t to)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{");
    for (size_t i = from, end; i < to; i = end) {
        for (end = i; end < to && scenes[end].type == scenes[i].type;)
            end++;
        text_format(&out, "%s\n  \"%s\": [", i > from ? "," : "", scene_type_name(scenes[i].type));
        put_paths(&out, pool, scenes, i, end);
        text_put(&out, "\n  ]");
    }
    text_put(&out, "\n}\n");
    return write_file(folder, grasp_cstr(name), &out);
}

static int write_both(struct pool *pool, const char *folder, const struct scene *scenes)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{\n  \"__standard__\": [");
    put_paths(&out, pool, scenes, 0, STANDARD_COUNT);
    text_put(&out, "\n  ],\n  \"__dev__\": [");
    put_paths(&out, pool, scenes, STANDARD_COUNT, OWN_GAME_COUNT);
    text_put(&out, "\n  ]\n}\n");
    return write_file(folder, SLICE("standard_plus_dev.json"), &out);
}

static int write_split(const char *folder, const char *name, const struct scene *scenes,
                       const size_t *ids, size_t count)
{
    struct text out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < count; i++) {
        const struct scene *scene = &scenes[ids[i]];
        text_format(&out, "%s{\"id\": %zu, \"description\": ", i ? ",\n " : "[", ids[i]);
        text_json(&out, scene->folder);
        text_format(&out, ", \"type\": \"%s\"}", scene_type_name(scene->type));
    }
    text_put(&out, "]\n");
    return write_file(folder, grasp_cstr(name), &out);
}

int main(int argc, char **argv)
{
    static const size_t counts[] = {9, 9, 8, 8, 8, 8};
    struct pool pool CLEANUP_POOL = {0};
    struct scene scenes[OWN_GAME_COUNT];
    size_t ids[OWN_GAME_COUNT];
    int failed = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIR\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < OWN_GAME_COUNT && !failed; i++) {
        own_scene(&pool, i, &scenes[i]);
        ids[i] = i;
        failed = write_game(&pool, argv[1], i, &scenes[i]);
    }
    if (failed)
        return 1;
    size_t dev = games_draw(counts, 6, ids);
    failed |= write_list(&pool, argv[1], "standard.json", scenes, 0, STANDARD_COUNT);
    failed |= write_list(&pool, argv[1], "dev.json", scenes, STANDARD_COUNT, OWN_GAME_COUNT);
    failed |= write_both(&pool, argv[1], scenes);
    failed |= write_split(argv[1], "split_dev.json", scenes, ids, dev);
    failed |= write_split(argv[1], "split_val.json", scenes, ids + dev, STANDARD_COUNT - dev);
    failed |= write_split(argv[1], "split_test.json", scenes, ids + STANDARD_COUNT,
                          OWN_GAME_COUNT - STANDARD_COUNT);
    return failed;
}
