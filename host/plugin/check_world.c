/* SPDX-License-Identifier: MIT */
#include "plugin/check_world.h"

#include <string.h>

#include "base/hash.h"

#define MAX_PER_SPLIT 6
#define MAX_JUDGE_ROUNDS 3

uint64_t check_draw(const struct check *check, const char *label, uint64_t number)
{
    CLEANUP_FREE char *text = mem_printf("%llu:%s:%llu", (unsigned long long)check->seed, label,
                                         (unsigned long long)number);
    return hash_sha256_u64(str_of(text));
}

static void repeat(struct buf *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_text(out, text);
}

static void draw_text(const struct check *check, const char *label, uint64_t number,
                      struct buf *out)
{
    static const char *const pieces[] = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         "\"",
                                         "\\",
                                         ":",
                                         ",",
                                         "\n",
                                         "```",
                                         "()",
                                         "FINISH([",
                                         "GET ",
                                         "POST ",
                                         "ANSWER ",
                                         "%s%n",
                                         "<",
                                         "ACTION: ",
                                         "\x01",
                                         "\x1b[2J",
                                         "\xc3\xa9",
                                         "\xf0\x9f\x98\x80",
                                         "\xe2\x80\xae",
                                         "null",
                                         "-1e999",
                                         " "};
    size_t count = 200 + check_draw(check, label, number) % 800;
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % 8 == 0)
            bits = check_draw(check, label, number * 1000003 + i);
        buf_text(out, pieces[bits % (sizeof(pieces) / sizeof(pieces[0]))]);
        bits >>= 8;
    }
}

void world_hostile(const struct check *check, const char *label, uint64_t number, struct buf *out)
{
    switch (number % 9) {
    case 0:
        break;
    case 1:
        repeat(out, "A", (size_t)1 << 20);
        break;
    case 2:
        repeat(out, "[", 100000);
        break;
    case 3:
        buf_add(out, "FINISH(\0[1, 2]\0)", 16);
        break;
    case 4:
        buf_text(out, "{\"action\": {\"name\": \"\\ud800\", \"arguments\": \"%n%n%s\"}, \"a\": ");
        break;
    case 5:
        repeat(out, "\n\r\t \v", 2000);
        break;
    case 6:
        buf_text(out, "```json\n{\"a\": 1e400, \"a\": [null, -0, 99999999999999999999]}\n```");
        break;
    default:
        draw_text(check, label, number, out);
    }
}

void world_noise(const struct check *check, const char *label, size_t size, struct buf *out)
{
    uint8_t block[64];
    for (size_t i = 0; out->len < size; i++) {
        CLEANUP_FREE char *seed =
            mem_printf("%llu:%s:%zu", (unsigned long long)check->seed, label, i);
        hash_sha512(str_of(seed), block);
        for (size_t k = 0; k < sizeof(block); k++) {
            char two[] = {(char)(0xc0 | block[k] >> 6), (char)(0x80 | (block[k] & 0x3f))};
            if (block[k] < 0x80)
                buf_char(out, (char)block[k]);
            else
                buf_add(out, two, sizeof(two));
        }
    }
}

struct str world_config(const struct check *check)
{
    return buf_view(&check->config_text);
}

static void plain_words(uint64_t number, struct buf *out)
{
    static const char *const words[] = {"ANSWER 42", "FINISH([1])", "I do not know.",
                                        "{\"action\": \"look\"}"};
    buf_text(out, words[number % (sizeof(words) / sizeof(words[0]))]);
}

bool world_turn(struct drive *drive, struct instance *instance, struct episode *ep,
                const struct play *play)
{
    static const char *const calls[] = {"[]", "[{}]", "[null, 1, \"x\"]",
                                        "[{\"id\": \"c\", \"name\": \"\", \"arguments\": {}}]",
                                        "[{\"id\": 7, \"name\": [], \"arguments\": \"no\"}]"};
    CLEANUP_BUF struct buf text = {0};
    struct model_reply reply = {0};
    uint64_t number = play->number * 131 + ep->turns;
    if (play->style == STYLE_HOSTILE) {
        world_hostile(drive->check, "reply", number, &text);
        struct str tool_calls = number % 3 ? STR("") : str_of(calls[number / 3 % 5]);
        int32_t kind = number % 7 == 6 ? (int32_t)(number / 7 % 3) : GRASP_REPLY_TEXT;
        if (kind == GRASP_REPLY_CONTEXT_LIMIT)
            buf_reset(&text);
        return drive_step(drive, instance, ep, kind, buf_view(&text), tool_calls);
    }
    if (drive_reply(drive, ep->talk, ep->talk_count, play->number, &ep->arena, &reply))
        return drive_step(drive, instance, ep, GRASP_REPLY_TEXT, reply.text, reply.tool_calls);
    plain_words(number, &text);
    return drive_step(drive, instance, ep, GRASP_REPLY_TEXT, buf_view(&text), STR(""));
}

/* What the rehearsal says as the judge, or else something that is as good as any. */
static struct json *judge_reply(struct drive *drive, const struct json *request, size_t number)
{
    struct arena arena = {0};
    struct model_reply said = {.text = number % 2 ? STR("no") : STR("{\"correct\": true}")};
    const struct json *list = json_get(request, "messages");
    struct message *messages = arena_alloc(&arena, (json_count(list) + 1) * sizeof(*messages));
    for (size_t i = 0; i < json_count(list); i++) {
        messages[i].role = json_str(json_get(json_at(list, i), "role"));
        messages[i].content = json_str(json_get(json_at(list, i), "content"));
    }
    struct model_reply reply = {0};
    if (drive_reply(drive, messages, json_count(list), number, &arena, &reply))
        said = reply;
    struct json *out = json_new_object();
    json_set(out, "text", json_new_str(said.text));
    json_set(out, "error", NULL);
    arena_clear(&arena);
    return out;
}

bool world_grade(struct drive *drive, struct instance *instance, struct str sample,
                 struct str rollout, struct verdict *out)
{
    CLEANUP_BUF struct buf judge = {0};
    buf_text(&judge, "[]");
    for (int round = 0; round <= MAX_JUDGE_ROUNDS; round++) {
        CLEANUP_BUF struct buf requests = {0};
        if (!drive_grade(drive, instance, sample, rollout, buf_view(&judge), out, &requests))
            return false;
        if (!requests.len)
            return true;
        CLEANUP_JSON struct json *asked = json_parse(buf_view(&requests), NULL);
        CLEANUP_JSON struct json *replies = json_new_array();
        for (size_t i = 0; i < json_count(asked); i++)
            json_push(replies, judge_reply(drive, json_at(asked, i), i));
        buf_reset(&judge);
        json_write(&judge, replies, 0);
    }
    return true;
}

bool world_play(struct drive *drive, struct instance *instance, const struct play *play)
{
    struct episode ep;
    CLEANUP_BUF struct buf rollout = {0};
    bool ok = drive_begin(drive, instance, play->sample, 1000 + play->number, &ep);
    while (ok && !ep.sink.done && ep.turns < play->max_turns)
        ok = world_turn(drive, instance, &ep, play);
    drive_rollout(&ep, &rollout);
    struct err err = drive->err;
    int32_t status = drive->status;
    drive_end(drive, instance, &ep);
    if (!ok) {
        drive->err = err;
        drive->status = status;
        return false;
    }
    struct verdict verdict;
    if (play->rollout)
        buf_str(play->rollout, buf_view(&rollout));
    return world_grade(drive, instance, play->sample, buf_view(&rollout), &verdict);
}

bool world_samples(struct drive *drive, struct instance *instance, struct texts *out)
{
    *out = (struct texts){0};
    if (!drive_info(drive, instance) || !instance->info.count)
        return false;
    CLEANUP_JSON struct json *info = json_parse(buf_view(&instance->info.items[0]), NULL);
    const struct json *splits = json_get(info, "splits");
    for (size_t i = 0; i < json_count(splits); i++) {
        struct texts samples;
        bool ok = drive_samples(drive, instance, json_str(json_at(splits, i)), &samples);
        for (size_t k = 0; k < samples.count && k < MAX_PER_SPLIT; k++) {
            MEM_RESERVE(out->items, out->count, out->capacity);
            out->items[out->count++] = samples.items[k];
            samples.items[k] = (struct buf){0};
        }
        texts_clear(&samples);
        if (!ok)
            return false;
    }
    return true;
}
