/* SPDX-License-Identifier: MIT */
#include "model/wire.h"

#include <math.h>

#include "base/nearest.h"
#include "model/text_tools.h"

#define PER_REQUEST 512 /* bytes of a request beside the conversation, roughly */
#define PER_MESSAGE 64

static const struct wire *const wires[] = {&wire_chat, &wire_azure, &wire_responses, &wire_gemini,
                                           &wire_completions};
#define WIRES (sizeof(wires) / sizeof(*wires))

const struct wire *wire_find(struct str name, struct err *err)
{
    const char *names[WIRES + 1];
    for (size_t i = 0; i < WIRES; i++) {
        if (str_is(name, wires[i]->name))
            return wires[i];
        names[i] = wires[i]->name;
    }
    if (str_is(name, "rehearsal")) {
        err_set(err, EXIT_CONFIG, "the rehearsal has no endpoint: it runs in process");
        return NULL;
    }
    names[WIRES] = "rehearsal";
    const char *meant = nearest(name, names, WIRES + 1);
    err_set(err, EXIT_CONFIG,
            "client '%.*s' of the preset is not known%s%s%s; there are chat, azure, responses, "
            "gemini, completions and rehearsal",
            (int)name.len, name.ptr, meant ? "; did you mean '" : "", meant ? meant : "",
            meant ? "'?" : "");
    return NULL;
}

unsigned wire_bit(const struct wire *wire)
{
    unsigned bit = 1;
    for (size_t i = 0; i < WIRES && wires[i] != wire; i++)
        bit <<= 1;
    return bit;
}

void wire_encode(const struct chat_config *config, const struct model_request *request,
                 struct buf *out)
{
    if (!config->text_tools || !text_tools_needed(request)) {
        config->wire->encode(config, request, out);
        return;
    }
    struct arena arena = {0};
    struct model_request plain = text_tools_request(request, &arena);
    config->wire->encode(config, &plain, out);
    arena_clear(&arena);
}

/* Nothing but thoughts that ran into the limit is no answer, and no empty one either. */
static void note_truncation(const struct chat_config *config, const struct model_request *request,
                            struct arena *arena, struct model_reply *reply)
{
    if (reply->kind != MODEL_TEXT || str_trim(reply->text).len || reply->tool_calls.len ||
        !str_is(reply->finish_reason, "length"))
        return;
    int64_t limit = wire_max_tokens(config, request);
    reply->kind = MODEL_TRUNCATED;
    if (limit > 0)
        reply->error =
            str_of(arena_printf(arena,
                                "the answer reached its limit of %lld tokens before its "
                                "first word: raise max_tokens, or let the model think less",
                                (long long)limit));
    else
        reply->error = STR("the answer reached its limit of tokens before its first word");
}

const char *wire_decode(const struct chat_config *config, const struct model_request *request,
                        const struct json *json, struct arena *arena, struct model_reply *out)
{
    const char *wrong = json_is(json, JSON_OBJECT) ? config->wire->decode(config, json, arena, out)
                                                   : "the reply is not a JSON object";
    if (wrong)
        return wrong;
    if (config->text_tools && request->tools.len)
        text_tools_reply(out, arena);
    note_truncation(config, request, arena, out);
    return NULL;
}

double wire_temperature(const struct chat_config *config, const struct model_request *request)
{
    if (config->no_temperature)
        return NAN;
    return isnan(request->temperature) ? config->temperature : request->temperature;
}

int64_t wire_max_tokens(const struct chat_config *config, const struct model_request *request)
{
    return request->max_tokens > 0 ? request->max_tokens : (int64_t)config->max_tokens;
}

int64_t wire_seed(const struct chat_config *config, const struct model_request *request)
{
    uint64_t seed = request->seed;
    if (!config->send_seed || config->extra_seed || !(wire_temperature(config, request) > 0))
        return -1;
    return (int64_t)((seed ^ seed >> 31 ^ seed >> 62) & 0x7fffffff);
}

void wire_write_int(struct buf *out, int64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        buf_char(out, '-');
    buf_add(out, digits + at, sizeof(digits) - at);
}

bool wire_is_agent(struct str role)
{
    return str_is(role, "agent") || str_is(role, "assistant");
}

struct str wire_keep(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

int64_t wire_count(const struct json *usage, const char *key)
{
    int64_t count = json_int(json_get(usage, key), 0);
    return count > 0 ? count : 0;
}

void wire_make_room(struct buf *out, const struct model_request *request)
{
    size_t size = PER_REQUEST + request->tools.len + request->schema.len;
    for (size_t i = 0; i < request->count; i++)
        size += PER_MESSAGE + request->messages[i].content.len + request->messages[i].carry.len;
    size += size / 16;
    if (out->ptr || size > ((size_t)1 << 20))
        return;
    out->ptr = mem_grow(NULL, size);
    out->ptr[0] = '\0';
    out->capacity = size;
}
