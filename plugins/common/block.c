/* SPDX-License-Identifier: MIT */
#include "common/block.h"

#include "common/overlap.h"
#include "common/put.h"
#include "common/slice.h"
#include "common/value.h"

#define NOTICE_CHARACTERS 80

/* Marks what fits, best first; a first piece that is too long by itself is cut later. */
static size_t choose(const struct block *g, struct pool *pool, size_t room, bool *chosen)
{
    double *ranks = pool_array(pool, g->count, sizeof(*ranks));
    size_t *order = pool_array(pool, g->count, sizeof(*order)), count = 0;
    for (size_t i = 0; i < g->count; i++)
        ranks[i] = g->pieces[i].rank;
    rank_by_score(ranks, g->count, order);
    for (; count < g->count; count++) {
        size_t size = utf8_count(g->pieces[order[count]].text);
        if (size > room)
            break;
        room -= size;
        chosen[order[count]] = true;
    }
    if (count == 0 && g->count)
        chosen[order[0]] = true;
    return count;
}

static size_t total(const struct block *g)
{
    size_t size = utf8_count(g->head) + utf8_count(g->tail);
    for (size_t i = 0; i < g->count; i++)
        size += utf8_count(g->pieces[i].text);
    return size;
}

void block_text(struct text *out, struct text *ids, const struct block *g, size_t limit)
{
    struct pool pool CLEANUP_POOL = {0};
    bool *chosen = pool_array(&pool, g->count, sizeof(*chosen));
    size_t fixed = utf8_count(g->head) + utf8_count(g->tail) + NOTICE_CHARACTERS;
    size_t room = limit > fixed ? limit - fixed : 0, kept = g->count;
    bool cut = limit && total(g) > limit;
    if (cut)
        kept = choose(g, &pool, room, chosen);
    text_str(out, g->head);
    put_open(ids, NULL, '[');
    for (size_t i = 0; i < g->count; i++) {
        if (cut && !chosen[i])
            continue;
        text_str(out, cut && kept == 0 ? utf8_prefix(g->pieces[i].text, room) : g->pieces[i].text);
        if (g->pieces[i].id.len)
            put_string(ids, NULL, g->pieces[i].id);
    }
    put_close(ids, ']');
    if (cut)
        text_format(out, "\n(cut at %zu characters: %zu of %zu are shown%s)", limit,
                    kept ? kept : g->count > 0, g->count, kept ? "" : ", in part");
    text_str(out, g->tail);
}

size_t turn_input(const grasp_turn *turn)
{
    for (uint64_t i = turn->count; i-- > 0;) {
        if (grasp_equal(turn->messages[i]->role, "user") ||
            grasp_equal(turn->messages[i]->role, "system"))
            return i;
    }
    return 0;
}

int32_t block_emit(grasp_call *call, const struct common_options *options, const struct block *g)
{
    struct text text CLEANUP_TEXT = {0}, ids CLEANUP_TEXT = {0};
    if (g->count == 0 && g->head.len == 0)
        return GRASP_OK;
    if (options->reference && options->placement == GRASP_PLACE_SYSTEM)
        text_put(&text, "---\n"); /* as the reference's one harness with system prompts does */
    block_text(&text, &ids, g, (size_t)options->max_guidance_chars);
    return guidance_emit(call, options, &text, &ids, g->task_line);
}

int32_t guidance_emit(grasp_call *call, const struct common_options *options,
                      const struct text *text, const struct text *ids, grasp_str task_line)
{
    if (text->failed || text->len > (size_t)15 << 20)
        return grasp_fail(call, GRASP_E_TOO_LARGE,
                          "the guidance is over 15 MiB; set max_guidance_chars");
    const grasp_guidance guidance = {
        .size = sizeof(guidance),
        .placement = options->placement,
        .text = text_view(text),
        .used = text_view(ids),
        .task_line = task_line,
    };
    return call->host->emit_guidance(call, &guidance);
}

grasp_str turn_query(grasp_call *call, const grasp_turn *turn, bool by_task)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str task = SLICE("");
    if (by_task)
        task = member_text(json, json->parse(call, turn->sample, NULL), "description");
    return task.len || !turn->count ? task : turn->messages[turn_input(turn)]->content;
}
