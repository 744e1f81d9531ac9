/* SPDX-License-Identifier: MIT */
/*
 * Chat completions of a deployment on Azure:
 *   POST {base_url}/openai/deployments/{deployment}/chat/completions?api-version={api_version}
 * with the header api-key (learn.microsoft.com/azure/ai-foundry/openai/reference). The model is
 * the deployment's name; LiteLLM's spelling azure/NAME is read too.
 */
#include <ctype.h>
#include <string.h>

#include "model/chat.h"

/* Names of deployments: letters, digits, -, _ and the dot. */
static bool is_name(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!isalnum((unsigned char)text.ptr[i]) && !strchr("-_.", text.ptr[i]))
            return false;
    }
    return text.len > 0;
}

static int configure(const struct json *config, struct chat_config *out, struct err *err)
{
    const char *version = "";
    int code = chat_config_text(config, "api_version", out, &version, err);
    if (code)
        return code;
    if (!is_name(str_of(version)))
        return chat_config_fault(config, "api_version", err,
                                 "must be a version of the API, as in 2024-10-21");
    if (str_starts(str_of(out->model), "azure/"))
        out->model += strlen("azure/");
    if (!is_name(str_of(out->model)))
        return chat_config_fault(config, "model", err,
                                 "must be the name of a deployment: letters, digits, - _ .");
    const char *path = arena_printf(
        &out->arena, "/openai/deployments/%s/chat/completions?api-version=%s", out->model, version);
    out->key_header = "api-key: ";
    return chat_config_url(config, path, NULL, "https://RESOURCE.openai.azure.com", out, err);
}

const struct wire wire_azure = {
    .name = "azure",
    .answer = "choices",
    .configure = configure,
    .encode = chat_encode,
    .decode = chat_decode,
};
