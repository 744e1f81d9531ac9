/* SPDX-License-Identifier: MIT */
#include "rehearsal.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/slice.h"
#include "play.h"

/* Of 100 patients, how many meet with a habit. */
#define HABITUAL 62

bool slip(struct play *play, enum tag tag)
{
    bool now = play->flaw == (int)tag;
    play->slipped |= now;
    return now;
}

__attribute__((format(printf, 2, 0))) static grasp_str vprint(struct play *play, const char *format,
                                                              va_list args)
{
    char *text = NULL;
    grasp_str out = SLICE("");
    if (vasprintf(&text, format, args) >= 0)
        out = pool_dup(play->pool, grasp_cstr(text));
    free(text);
    return out;
}

void search(struct play *play, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (play->get_count < GETS_MAX)
        play->gets[play->get_count++] = vprint(play, format, args);
    va_end(args);
}

void answer(struct play *play, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    play->answer = vprint(play, format, args);
    va_end(args);
}

const enum tag *rehearsal_flaws(enum version version, int type, size_t *out_count)
{
    const struct player *player = player_of(version, type);
    *out_count = player->flaw_count;
    return player->flaws;
}

/* Plans with a mistake, or with -1 for none. True if there was an occasion for it. */
static bool plan(struct play *play, int flaw)
{
    play->flaw = flaw;
    play->slipped = false;
    play->post_count = 0;
    answer(play, "[]");
    if (flaw == TAG_NO_FINISH || flaw == TAG_PROTOCOL_INVALID)
        play->slipped = true;
    player_of(play->version, play->type)->act(play);
    return play->slipped;
}

static uint32_t number_of(const struct play *play, uint32_t what)
{
    struct text key CLEANUP_TEXT = {0};
    text_str(&key, play->question);
    text_format(&key, "%d%d%u", play->version, play->type, what);
    uint64_t hash = slice_hash(text_view(&key));
    hash ^= hash >> 32;
    return (uint32_t)(hash * 0x9e3779b97f4a7c15u >> 33);
}

/* Where the search for a habit begins: those that come first are the common ones. */
static size_t first_flaw(const struct play *play, const struct player *player)
{
    size_t count = player->flaw_count ? player->flaw_count : 1;
    size_t a = number_of(play, 2) % count, b = number_of(play, 3) % count;
    return a < b ? a : b;
}

/* The habit that this patient meets with, if there is an occasion for one. */
static int habit_of(struct play *play)
{
    const struct player *player = player_of(play->version, play->type);
    if (number_of(play, 1) % 100 >= HABITUAL)
        return -1;
    size_t first = first_flaw(play, player);

    if (player->flaws[first] == TAG_ANSWERED_WITHOUT_QUERY)
        return TAG_ANSWERED_WITHOUT_QUERY;
    for (size_t i = 0; i < player->flaw_count; i++) {
        enum tag tag = player->flaws[(first + i) % player->flaw_count];
        if (plan(play, (int)tag))
            return (int)tag;
    }
    return -1;
}

/* What guidance demands comes before a habit, and what guidance mentions is no habit any more. */
static void decide(struct play *play)
{
    const struct player *player = player_of(play->version, play->type);
    for (size_t i = 0; i < player->flaw_count; i++)
        if ((play->tags.demanded & TAG_BIT(player->flaws[i])) && plan(play, (int)player->flaws[i]))
            return;
    int habit = habit_of(play);
    plan(play, habit >= 0 && (play->tags.named & TAG_BIT(habit)) ? -1 : habit);
}

/* An answer without a look at the chart; only where the type has that mistake. */
static bool guesses(const struct play *play)
{
    const struct player *player = player_of(play->version, play->type);
    uint64_t bit = TAG_BIT(TAG_ANSWERED_WITHOUT_QUERY);
    bool can = false;
    for (size_t i = 0; i < player->flaw_count; i++)
        can |= player->flaws[i] == TAG_ANSWERED_WITHOUT_QUERY;
    bool habit = number_of(play, 1) % 100 < HABITUAL &&
                 player->flaws[first_flaw(play, player)] == TAG_ANSWERED_WITHOUT_QUERY &&
                 !play->tags.demanded;
    return can && !play->found_count &&
           ((play->tags.demanded & bit) || (habit && !(play->tags.named & bit)));
}

static void put_guess(const struct play *play, struct text *out)
{
    bool named = play->version == MEDAGENT_V1 && play->type == 1;
    text_put(out, named                          ? "FINISH([\"S0000000\"])"
                  : play->version == MEDAGENT_V2 ? "FINISH([0, 0])"
                                                 : "FINISH([0])");
}

static void put_get(const struct play *play, struct text *out, size_t i)
{
    text_put(out, "GET ");
    text_str(out, play->base);
    text_str(out, play->gets[i]);
}

static void put_action(struct play *play, struct text *out)
{
    player_of(play->version, play->type)->search(play);
    if (guesses(play)) {
        put_guess(play, out);
        return;
    }
    if (play->found_count < play->get_count) {
        put_get(play, out, play->found_count);
        return;
    }
    decide(play);
    if (play->flaw == TAG_NO_FINISH) {
        if (!play->get_count)
            search(play, "Patient?identifier=%.*s", (int)play->mrn.len, play->mrn.ptr);
        put_get(play, out, play->get_count - 1);
    } else if (play->flaw == TAG_PROTOCOL_INVALID) {
        text_put(out, "I have looked at the chart. The answer is ");
        text_str(out, play->answer);
    } else if (play->posted < play->post_count) {
        text_str(out, play->posts[play->posted]);
    } else {
        text_put(out, "FINISH(");
        text_str(out, play->answer);
        text_put(out, ")");
    }
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text out CLEANUP_TEXT = {0};
    struct play play = {.call = call, .json = grasp_json_of(call), .pool = &pool, .flaw = -1};
    if (!play.json || !play_look(&play, request))
        return GRASP_E_UNSUPPORTED;
    put_action(&play, &out);
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a reply");
    return grasp_say(call, "agent", text_view(&out));
}

const grasp_rehearsal medagent_rehearsal = {
    .size = sizeof(medagent_rehearsal),
    .reply = reply,
};
