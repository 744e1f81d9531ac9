/* SPDX-License-Identifier: MIT */
#include "model/fingerprint.h"

#include <math.h>

#include "base/hash.h"

/* Journals and caches are read by it: a change of what is hashed needs another version. */
#define VERSION "grasp-host request 1"

static void add_number(struct buf *out, uint64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    buf_add(out, bytes, sizeof(bytes));
}

/* With its length, so that texts cannot be shifted against each other. */
static void add_text(struct buf *out, struct str text)
{
    add_number(out, text.len);
    buf_str(out, text);
}

static void add_double(struct buf *out, double number)
{
    union {
        double number;
        uint64_t bits;
    } both = {.number = isnan(number) ? 0 : number + 0.0}; /* -0.0 becomes 0.0 */
    add_number(out, !isnan(number));
    add_number(out, both.bits);
}

static size_t room(const struct fingerprint *fingerprint)
{
    const struct model_request *request = fingerprint->request;
    size_t size = 512 + fingerprint->identity.len + request->tools.len + fingerprint->schema.len;
    for (size_t i = 0; i < request->count; i++)
        size += 64 + request->messages[i].content.len + request->messages[i].tool_calls.len;
    return size;
}

void fingerprint_write(const struct fingerprint *fingerprint, char out_hex[65])
{
    const struct model_request *request = fingerprint->request;
    CLEANUP_BUF struct buf text = {.ptr = mem_grow(NULL, room(fingerprint))};
    text.capacity = room(fingerprint);
    buf_text(&text, VERSION);
    add_text(&text, fingerprint->identity);
    add_double(&text, fingerprint->temperature);
    add_number(&text, (uint64_t)fingerprint->max_tokens);
    add_number(&text, (uint64_t)fingerprint->seed);
    add_number(&text, (uint64_t)fingerprint->role);
    add_text(&text, request->tools);
    add_text(&text, fingerprint->schema);
    for (size_t i = 0; i < request->count; i++) {
        const struct message *message = &request->messages[i];
        if (!message_is_sent(message))
            continue;
        add_text(&text, message->role);
        add_text(&text, message->content);
        add_text(&text, message->tool_calls);
        add_text(&text, message->tool_call_id);
        add_text(&text, message->name);
        if (message->carry.len) {
            add_text(&text, STR("carry")); /* not the next message: no role is called so */
            add_text(&text, message->carry);
        }
    }
    if (request->tool_choice.len) {
        add_text(&text, STR("tool_choice"));
        add_text(&text, request->tool_choice);
    }
    hash_sha256_hex(buf_view(&text), out_hex);
}
