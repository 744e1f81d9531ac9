/* SPDX-License-Identifier: MIT */
#include "data.h"

#include <string.h>
#include <sys/stat.h>

#include "agentbench.h"
#include "common/prompts.h"
#include "common/slice.h"

#define FILE_MAX ((size_t)64 << 20)

const char *const data_split_names[DATA_SPLIT_COUNT] = {"dev", "val", "test"};

bool data_has(grasp_call *call, grasp_str folder, const char *file)
{
    struct stat st;
    return stat(grasp_format(call, "%.*s/%s", (int)folder.len, folder.ptr, file).ptr, &st) == 0;
}

bool data_find(grasp_call *call, grasp_str given, const char *environment, const char *file,
               grasp_str *out_folder)
{
    static const char *const above[] = {"/data/", "/", "/AgentBench/", "/AgentBench/data/",
                                        "/benchmarks/AgentBench/data/"};
    if (data_has(call, given, file)) {
        *out_folder = given;
        return true;
    }
    for (size_t i = 0; i < sizeof(above) / sizeof(*above); i++) {
        grasp_str folder =
            grasp_format(call, "%.*s%s%s", (int)given.len, given.ptr, above[i], environment);
        if (data_has(call, folder, file)) {
            *out_folder = folder;
            return true;
        }
    }
    return false;
}

int32_t data_folder(grasp_call *call, grasp_str given, const char *environment, const char *file,
                    grasp_str *out_folder)
{
    if (data_find(call, given, environment, file, out_folder))
        return GRASP_OK;
    return grasp_fail(call, GRASP_E_INVALID,
                      "option 'data': no %s in %.*s, nor in %s below it; give the data folder of "
                      "AgentBench, or leave the option out for the samples in the box",
                      file, (int)given.len, given.ptr, environment);
}

void data_draw_split(struct twister *random, uint32_t *items, size_t count, size_t *out_dev)
{
    size_t dev = (size_t)(0.6 * (double)count);
    twister_shuffle(random, items, count);
    *out_dev = dev ? dev : count > 0;
}

grasp_str data_own_file(const char *name)
{
    for (const struct embedded_file *file = agentbench_prompts; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return (grasp_str){file->text, file->len};
    return SLICE("");
}

static int32_t parse_lines(grasp_call *call, grasp_str text, const char *name,
                           const grasp_json_value **out)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *list = json->new_array(call);
    grasp_str line, error = SLICE("");
    for (unsigned number = 1; slice_line(&text, &line); number++) {
        if (!slice_trim(line).len)
            continue;
        grasp_json_value *value = json->parse(call, line, &error);
        if (json->kind(value) != GRASP_JSON_OBJECT)
            return grasp_fail(call, GRASP_E_INVALID, "%s:%u: not a JSON object: %.*s", name, number,
                              (int)error.len, error.ptr);
        json->append(call, list, value);
    }
    *out = list;
    return GRASP_OK;
}

int32_t data_parse(grasp_call *call, grasp_str text, const char *name, int lines,
                   const grasp_json_value **out)
{
    grasp_str error = SLICE("");
    if (lines)
        return parse_lines(call, text, name, out);
    *out = grasp_json_of(call)->parse(call, text, &error);
    return *out ? GRASP_OK
                : grasp_fail(call, GRASP_E_INVALID, "%s: %.*s", name, (int)error.len, error.ptr);
}

int32_t data_json(grasp_call *call, grasp_str path, const grasp_json_value **out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str text;
    int32_t status = prompt_read_file(call, &pool, path.ptr, FILE_MAX, &text);
    if (status == GRASP_E_NOT_FOUND)
        return grasp_fail(call, GRASP_E_INVALID, "%s: no such file", path.ptr);
    return status ? status : data_parse(call, text, path.ptr, slice_ends(path, "l"), out);
}

int32_t data_list(grasp_call *call, grasp_str folder, const char *file,
                  const grasp_json_value **out)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str path = grasp_format(call, "%.*s/%s", (int)folder.len, folder.ptr, file);
    int32_t status = data_json(call, path, out);
    if (!status && (json->kind(*out) != GRASP_JSON_ARRAY || !json->count(*out)))
        status = grasp_fail(call, GRASP_E_INVALID, "%s: not a list, or an empty one", path.ptr);
    return status;
}
