/* SPDX-License-Identifier: MIT */
#include "model/quirk.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* All words of a line must be there, in any case. */
static const struct {
    const char *words[3];
    const char *hint;
} quirks[] = {
    /* OpenAI's reasoning models */
    {{"max_tokens", "max_completion_tokens", NULL},
     "this model wants --set agent.max_completion_tokens=N"},
    {{"temperature", "support", NULL},
     "--set agent.send_temperature=false leaves the temperature out"},
    /* Ollama; vLLM without a parser for calls */
    {{"does not support tools", NULL, NULL},
     "--set agent.tools=text describes the tools in the text"},
    {{"tool choice requires", NULL, NULL},
     "start the server with a parser for tool calls, or --set agent.tools=text"},
    /* chat templates of Gemma and others */
    {{"system role", "support", NULL}, "--set agent.system_role=user puts it into the user's turn"},
    {{"developer", "role", NULL}, "--set agent.system_role=system"},
    {{"only", "support", "stream"},
     "this endpoint answers with streams only, which are not read here: take another one, or put a "
     "LiteLLM proxy in front of it"},
    {{"seed", "support", NULL}, "--set agent.send_seed=false leaves the seed out"},
    {{"seed", "extra", NULL}, "--set agent.send_seed=false leaves the seed out"},
};

static bool contains(struct str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (strncasecmp(text.ptr + i, word, len) == 0)
            return true;
    }
    return false;
}

const char *quirk_hint(struct str text)
{
    for (size_t i = 0; i < sizeof(quirks) / sizeof(*quirks); i++) {
        bool all = true;
        for (size_t k = 0; k < 3 && quirks[i].words[k]; k++)
            all = all && contains(text, quirks[i].words[k]);
        if (all)
            return quirks[i].hint;
    }
    return NULL;
}

bool quirk_is_stream(struct str body)
{
    body = str_trim(body);
    return str_starts(body, "data:") || str_starts(body, "event:") || str_starts(body, ": ");
}
