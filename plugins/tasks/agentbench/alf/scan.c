/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/slice.h"
#include "scene.h"

#define FOUND_MAX 10000

const char *scan_version(grasp_call *call, grasp_str data)
{
    static const char *const versions[] = {"json_2.1.1", "json_2.1.2", "json_2.1.3"};
    struct stat st;
    for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
        if (stat(grasp_format(call, "%.*s/%s", (int)data.len, data.ptr, versions[i]).ptr, &st) == 0)
            return versions[i];
    return NULL;
}

static int type_of(const char *folder)
{
    for (int type = 0; type < SCENE_TYPE_COUNT; type++)
        if (grasp_starts(grasp_cstr(folder), scene_type_folder((enum scene_type)type)) &&
            folder[strlen(scene_type_folder((enum scene_type)type))] == '-')
            return strstr(folder, "movable") || strstr(folder, "Sliced") ? -1 : type;
    return -1;
}

static int by_type(const void *a, const void *b)
{
    const struct found_game *left = a, *right = b;
    return left->type != right->type ? left->type - right->type
                                     : slice_cmp(left->path, right->path);
}

/* below: path of the folder from the data folder on. */
static void scan_trials(grasp_call *call, struct pool *pool, grasp_str data, grasp_str below,
                        const struct found_game *of, struct found_games *out)
{
    struct stat st;
    DIR *dir = opendir(grasp_format(call, "%.*s/%s", (int)data.len, data.ptr, below.ptr).ptr);
    const struct dirent *entry;
    while (dir && out->count < FOUND_MAX && (entry = readdir(dir))) {
        grasp_str path = pool_format(pool, "%s/%s/game.tw-pddl", below.ptr, entry->d_name);
        if (entry->d_name[0] == '.' ||
            stat(grasp_format(call, "%.*s/%s", (int)data.len, data.ptr, path.ptr).ptr, &st))
            continue;
        POOL_RESERVE(pool, out->items, out->count, out->capacity);
        out->items[out->count++] = (struct found_game){path, of->folder, of->type};
    }
    if (dir)
        closedir(dir);
}

void scan_games(grasp_call *call, struct pool *pool, grasp_str data, const char *version,
                struct found_games *out)
{
    grasp_str top = grasp_format(call, "%.*s/%s/valid_unseen", (int)data.len, data.ptr, version);
    DIR *dir = opendir(top.ptr);
    const struct dirent *entry;
    *out = (struct found_games){0};
    while (dir && (entry = readdir(dir))) {
        struct found_game of = {.type = type_of(entry->d_name)};
        if (of.type < 0)
            continue;
        of.folder = pool_dup(pool, grasp_cstr(entry->d_name));
        scan_trials(call, pool, data,
                    pool_format(pool, "%s/valid_unseen/%s", version, entry->d_name), &of, out);
    }
    if (dir)
        closedir(dir);
    if (out->count)
        qsort(out->items, out->count, sizeof(*out->items), by_type);
}
