/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include <string.h>

#include "agentbench.h"
#include "common/slice.h"

int32_t setup_options(grasp_call *call, grasp_str text, const grasp_json_value **out)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str error = SLICE("");
    if (!json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s", GRASP_EXT_JSON);
    *out = json->parse(call, text, &error);
    if (json->kind(*out) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object: %.*s",
                          (int)error.len, error.ptr);
    return GRASP_OK;
}

int32_t setup_texts(grasp_call *call, struct pool *pool, grasp_str folder,
                    const struct prompt_file *files, void *texts)
{
    for (; files->name; files++) {
        grasp_str text;
        int32_t status = prompt_load(call, pool, agentbench_prompts, folder, files->name,
                                     files->placeholders, &text);
        if (status)
            return status;
        text = pool_dup(pool, text);
        if (slice_ends(grasp_cstr(files->name), ".json") &&
            !grasp_json_of(call)->parse(call, text, NULL))
            return grasp_fail(call, GRASP_E_INVALID, "prompt %s is not JSON", files->name);
        memcpy((char *)texts + files->at, &text, sizeof(text));
    }
    return GRASP_OK;
}
