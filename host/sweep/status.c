/* SPDX-License-Identifier: MIT */
#include "sweep/status.h"

#include <string.h>

#include "sweep/process.h"

/* A machine's clock may be wrong by this much. */
#define CLOCKS_S 60

static const char *word(const struct cell_state *state, double timeout)
{
    switch (state->phase) {
    case CELL_NEW:
        return "waiting";
    case CELL_RUNNING:
        return state->silent_s > timeout + CLOCKS_S ? "broken" : "running";
    case CELL_VOID:
        return "broken";
    case CELL_ENDED:
        return cell_end_name(state->end);
    }
    return "waiting";
}

static void add_count(struct json *counts, const char *name)
{
    json_set(counts, name, json_new_int(json_int(json_get(counts, name), 0) + 1));
}

struct json *sweep_status(const struct sweep_folder *f)
{
    struct json *out = json_new_object(), *cells = json_new_array(), *counts = json_new_object();
    for (size_t i = 0; i < f->sweep->count; i++) {
        struct cell_state state = {0};
        CLEANUP_FREE char *log = sweep_state_path(f, i, "log.txt");
        CLEANUP_BUF struct buf tail = {0};
        claim_look(f, i, f->sweep->claim_timeout, &state);
        struct json *cell = json_new_object();
        json_set(cell, "index", json_new_int((int64_t)i));
        json_set(cell, "name", json_new_str(str_of(f->sweep->cells[i].name)));
        json_set(cell, "state", json_new_str(str_of(word(&state, f->sweep->claim_timeout))));
        json_set(cell, "tries", json_new_int(state.claim));
        if (*state.host)
            json_set(cell, "host", json_new_str(str_of(state.host)));
        if (state.phase == CELL_RUNNING || (state.phase == CELL_ENDED && !sweep_is_done(&state)))
            sweep_log_tail(log, 1, &tail);
        json_set(cell, "log", json_new_str(buf_view(&tail)));
        json_push(cells, cell);
        add_count(counts, word(&state, f->sweep->claim_timeout));
    }
    json_set(out, "counts", counts);
    json_set(out, "cells", cells);
    return out;
}

void sweep_status_text(struct buf *out, const struct json *status)
{
    const struct json *cells = json_get(status, "cells");
    int width = 4;
    for (size_t i = 0; i < json_count(cells); i++) {
        int len = (int)json_str(json_get(json_at(cells, i), "name")).len;
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < json_count(cells); i++) {
        const struct json *cell = json_at(cells, i);
        buf_printf(out, "%5lld  %-*s  %-8s %3lld  ",
                   (long long)json_int(json_get(cell, "index"), 0), width,
                   json_str(json_get(cell, "name")).ptr, json_str(json_get(cell, "state")).ptr,
                   (long long)json_int(json_get(cell, "tries"), 0));
        buf_escaped(out, json_str(json_get(cell, "log")));
        while (out->len && out->ptr[out->len - 1] == ' ')
            out->ptr[--out->len] = '\0';
        buf_char(out, '\n');
    }
    for (struct json_iter it = json_members(json_get(status, "counts")); json_next(&it);)
        buf_printf(out, "%lld %s  ", (long long)json_int(it.value, 0), it.key.ptr);
    buf_char(out, '\n');
}
