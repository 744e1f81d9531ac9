/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include "common/slice.h"

#define BODY_CHARACTERS 6000

enum shelf_hint shelf_hint(const struct skill *present, const struct skill *history, size_t count)
{
    double best = -999, now = meta_double(meta_get(present->provenance, "probe_score"), 0);
    for (size_t i = 0; i < count; i++) {
        double score = meta_double(meta_get(history[i].provenance, "probe_score"), -999);
        best = score > best ? score : best;
    }
    if (best > now && best > -999)
        return SHELF_WORSE;
    return count >= 2 ? SHELF_OFTEN : SHELF_NONE;
}

static void put_number(struct text *out, const struct skill *skill, const char *title,
                       const char *key)
{
    const struct meta *value = meta_get(skill->provenance, key);
    if (!value)
        return;
    text_put(out, title);
    meta_write_json(out, value);
}

static void put_effect(struct text *out, const struct update *u, const struct skill *skill)
{
    struct effect effect = stats_effect(u, skill->name);
    if (effect.runs == 0)
        text_put(out, "\n  this epoch: no data");
    else
        text_format(out, "\n  this epoch: %lld fixes, %lld regressions in %lld runs",
                    (long long)effect.fixes, (long long)effect.regressions, (long long)effect.runs);
}

static void put_hint(struct text *out, struct update *u, const struct skill *skill)
{
    struct skill *history;
    size_t count = library_history(&u->library, skill->file, &history);
    switch (shelf_hint(skill, history, count)) {
    case SHELF_WORSE:
        text_put(out, "\n  an earlier version had a better probe score: do not MODIFY it once "
                      "more, REMOVE it and ADD a better one");
        break;
    case SHELF_OFTEN:
        text_format(out, "\n  modified %zu times before", count);
        break;
    case SHELF_NONE:
        break;
    }
}

void shelf_list(struct text *out, struct update *u)
{
    for (size_t i = 0; i < u->skill_count; i++) {
        const struct skill *skill = &u->skills[i];
        text_put(out, i ? "\n- " : "- ");
        text_line(out, skill->name);
        text_format(out, " (version %lld", (long long)skill->version);
        put_number(out, skill, ", from epoch ", "epoch");
        put_number(out, skill, " batch ", "update_cycle");
        put_number(out, skill, ", probe score ", "probe_score");
        put_number(out, skill, ", fixes ", "fixes");
        put_number(out, skill, ", regressions ", "regressions");
        text_put(out, "): ");
        text_line(out, skill->description);
        put_effect(out, u, skill);
        put_hint(out, u, skill);
    }
}

void shelf_bodies(struct text *out, const struct update *u)
{
    for (size_t i = 0; i < u->skill_count; i++) {
        const struct skill *skill = &u->skills[i];
        text_put(out, i ? "\n<skill name=" : "<skill name=");
        text_json(out, skill->name);
        text_put(out, ">\n");
        text_str(out, utf8_prefix(skill->content, BODY_CHARACTERS));
        text_put(out, "\n</skill>");
    }
}

void shelf_base(struct text *out, const struct update *u)
{
    for (size_t i = 0; i < u->self->base_count; i++) {
        const struct skill *skill = &u->self->base[i];
        text_put(out, i ? ",\n{\"name\": " : "[{\"name\": ");
        text_json(out, skill->name);
        text_put(out, ", \"description\": ");
        text_json(out, skill->description);
        text_put(out, ", \"tags\": [");
        for (size_t k = 0; k < skill->tag_count; k++) {
            if (k)
                text_put(out, ", ");
            text_json(out, skill->tags[k]);
        }
        text_format(out, "], \"version\": %lld}", (long long)skill->version);
    }
    if (u->self->base_count)
        text_char(out, ']');
}

struct shelf_room shelf_room(int64_t learned, int64_t capacity, int64_t max_edits, bool reference)
{
    struct shelf_room room = {.free = capacity - learned, .max_edits = max_edits};
    if (room.free < 0 && !reference)
        room.free = 0;
    room.full = room.free == 0;
    room.nearly_full = !room.full && room.free <= 2;
    if (room.free <= 2 && max_edits < 2)
        room.max_edits = 2;
    return room;
}
