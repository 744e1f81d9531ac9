/* SPDX-License-Identifier: MIT */
#include "sweep/grid.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/nearest.h"
#include "sweep/status.h"

#define LEDGER_LIMIT (16u << 20)

static const char *keep(struct grid *g, struct str text)
{
    return arena_dup(&g->arena, text.ptr ? text.ptr : "", text.len);
}

/* The place of a name, added if it is new. */
static size_t place_of(struct grid *g, const char **names, size_t *count, const struct buf *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(names[i], name->ptr) == 0)
            return i;
    }
    names[*count] = keep(g, buf_view(name));
    return (*count)++;
}

/* The name of a plugin without folder and ending: "agentbench:os". */
static void add_plugin(struct buf *out, struct str id)
{
    size_t at;
    buf_text(out, "");
    for (size_t i = id.len; i > 0; i--) {
        if (id.ptr[i - 1] == '/') {
            id = (struct str){id.ptr + i, id.len - i};
            break;
        }
    }
    if (!str_find(id, STR(".so"), &at)) {
        buf_str(out, id);
        return;
    }
    buf_add(out, id.ptr, at);
    buf_add(out, id.ptr + at + 3, id.len - at - 3);
}

/* The short name is that of whichever has it first; another plugin is not to be taken for it. */
static void add_name(struct grid *g, struct buf *out, struct str id)
{
    CLEANUP_BUF struct buf name = {0};
    add_plugin(&name, id);
    const char *first = map_get(&g->plugins, buf_view(&name));
    if (!first)
        map_set(&g->plugins, buf_view(&name), (void *)(uintptr_t)keep(g, id));
    buf_str(out, first && !str_is(id, first) ? id : buf_view(&name));
}

/* The axes that have more than one value, as a set: implied cells lack some axes. */
static void find_varying(const struct json *cells, struct map *out)
{
    struct map first = {0};
    for (size_t i = 0; i < json_count(cells); i++) {
        for (struct json_iter it = json_members(json_get(json_at(cells, i), "axes"));
             json_next(&it);) {
            const struct json *seen = map_get(&first, it.key);
            if (!seen)
                map_set(&first, it.key, it.value);
            else if (!json_equal(seen, it.value))
                map_set(out, it.key, out);
        }
    }
    map_clear(&first);
}

/* The method, and the values of all other axes that differ: "grasp, cycle.grpo_k 4". */
static void row_name(struct grid *g, struct buf *out, const struct json *cell)
{
    add_name(g, out, json_str(json_get(cell, "method")));
    for (struct json_iter it = json_members(json_get(cell, "axes")); json_next(&it);) {
        if (str_is(it.key, "task") || str_is(it.key, "method") || str_is(it.key, "agent") ||
            str_is(it.key, "seed") || !map_has(&g->varying, it.key))
            continue;
        buf_printf(out, ", %s ", it.key.ptr);
        sweep_value_text(out, it.value);
    }
}

static void read_cell(struct grid *g, const char *dir, const struct json *status, size_t i)
{
    const struct json *cells = json_get(g->plan, "cells"), *cell = json_at(cells, i);
    struct grid_run *run = &g->runs[i];
    CLEANUP_BUF struct buf row = {0}, task = {0}, agent = {0}, text = {0};
    row_name(g, &row, cell);
    add_name(g, &task, json_str(json_get(cell, "task")));
    buf_text(&agent, "");
    buf_str(&agent, json_str(json_get(cell, "agent")));
    run->name = g->sweep.cells[i].name;
    run->row = place_of(g, g->rows, &g->row_count, &row);
    run->task = place_of(g, g->tasks, &g->task_count, &task);
    run->agent = place_of(g, g->agents, &g->agent_count, &agent);
    run->seed = json_int(json_path(cell, "config.cycle.seed"), 1);
    run->state = keep(g, json_str(json_get(json_at(json_get(status, "cells"), i), "state")));
    g->is_none[run->row] = str_is(buf_view(&row), "none") || str_starts(buf_view(&row), "none, ");
    const char *path = facts_path(&g->facts, dir, run->name);
    const char *state_path = facts_path(&g->facts, path, "run.json");
    CLEANUP_JSON struct json *state = facts_json(&g->facts, NULL, state_path, &text);
    if (!json_bool(json_get(state, "complete"), false))
        return;
    struct run_key key = {"sweep", "",       g->agents[run->agent], g->tasks[run->task],
                          row.ptr, run->name};
    run->facts = facts_run(&g->facts, &key);
    run->rehearsal = str_is(json_str(json_get(state, "model")), "rehearsal");
    facts_read_run(&g->facts, run->facts, path);
    CLEANUP_BUF struct buf ledger = {0};
    run->ledger =
        facts_json(&g->facts, run->facts, facts_path(&g->facts, path, "ledger.json"), &ledger);
}

/* As much of the plan as the state of its cells needs. */
static void name_cells(struct grid *g)
{
    const struct json *cells = json_get(g->plan, "cells");
    g->sweep.claim_timeout = 60;
    g->sweep.count = json_count(cells);
    g->sweep.cells = mem_array(g->sweep.count + 1, sizeof(*g->sweep.cells));
    for (size_t i = 0; i < g->sweep.count; i++)
        g->sweep.cells[i].name = keep(g, json_str(json_get(json_at(cells, i), "name")));
}

int grid_read(const char *dir, struct grid *out, struct err *err)
{
    struct grid g = {0};
    int code = sweep_folder_read(dir, &g.plan, err);
    if (code)
        return code;
    name_cells(&g);
    find_varying(json_get(g.plan, "cells"), &g.varying);
    size_t count = g.sweep.count;
    g.count = count;
    g.runs = mem_array(count + 1, sizeof(*g.runs));
    g.rows = mem_array(count + 1, sizeof(*g.rows));
    g.tasks = mem_array(count + 1, sizeof(*g.tasks));
    g.agents = mem_array(count + 1, sizeof(*g.agents));
    g.is_none = mem_array(count + 1, sizeof(*g.is_none));
    CLEANUP_FREE char *folder = mem_printf("%s", dir);
    CLEANUP_FREE char *cells = file_join(dir, "cells");
    CLEANUP_JSON struct json *status =
        sweep_status(&(struct sweep_folder){.path = folder, .sweep = &g.sweep});
    for (size_t i = 0; i < count; i++)
        read_cell(&g, cells, status, i);
    *out = g;
    return 0;
}

void grid_clear(struct grid *g)
{
    for (size_t i = 0; i < g->count; i++)
        json_free(g->runs[i].ledger);
    json_free(g->plan);
    facts_clear(&g->facts);
    map_clear(&g->varying);
    map_clear(&g->plugins);
    mem_free(g->sweep.cells);
    mem_free(g->runs);
    mem_free(g->rows);
    mem_free(g->tasks);
    mem_free(g->agents);
    mem_free(g->is_none);
    arena_clear(&g->arena);
    *g = (struct grid){0};
}

size_t grid_missing(const struct grid *g)
{
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++)
        count += !g->runs[i].facts;
    return count;
}

/* --- Comparisons --- */

static size_t find_row(const struct grid *g, const char *name)
{
    for (size_t i = 0; i < g->row_count; i++) {
        if (name ? strcmp(g->rows[i], name) == 0 : g->is_none[i])
            return i;
    }
    return name ? SWEEP_NO_CELL : 0;
}

/* "NAME=RUN,RUN,..."; NULL if no run of the row is complete. A name with an equals sign would be
 * cut at it. */
static const char *side_of(struct grid *g, const char *dir, size_t task, size_t agent, size_t row)
{
    CLEANUP_BUF struct buf text = {0};
    bool any = false;
    for (const char *c = g->rows[row]; *c; c++)
        buf_char(&text, *c == '=' ? ' ' : *c);
    for (size_t i = 0; i < g->count; i++) {
        const struct grid_run *run = &g->runs[i];
        if (!run->facts || run->task != task || run->agent != agent || run->row != row)
            continue;
        buf_printf(&text, "%s%s/cells/%s", any ? "," : "=", dir, run->name);
        any = true;
    }
    return any ? keep(g, buf_view(&text)) : NULL;
}

int grid_contests(struct grid *g, const char *dir, const char *first, struct grid_contest **out,
                  size_t *out_count, struct err *err)
{
    size_t lead = find_row(g, first), count = 0;
    if (lead == SWEEP_NO_CELL) {
        const char *near = nearest(str_of(first), g->rows, g->row_count);
        return err_set(err, EXIT_USAGE, "--against %s: no such row in the sweep%s%s%s", first,
                       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    struct grid_contest *all = mem_array(g->task_count * g->agent_count + 1, sizeof(*all));
    for (size_t i = 0; i < g->task_count * g->agent_count; i++) {
        size_t task = i / g->agent_count, agent = i % g->agent_count;
        struct grid_contest *c = &all[count];
        const char *lead_side = side_of(g, dir, task, agent, lead);
        c->sides = arena_alloc(&g->arena, g->row_count * sizeof(*c->sides));
        c->count = 0;
        if (lead_side)
            c->sides[c->count++] = lead_side;
        for (size_t row = 0; row < g->row_count && lead_side; row++) {
            const char *side = row == lead ? NULL : side_of(g, dir, task, agent, row);
            if (side)
                c->sides[c->count++] = side;
        }
        c->title = arena_printf(&g->arena, "%s, %s", g->tasks[task], g->agents[agent]);
        count += c->count > 1;
    }
    *out = all;
    *out_count = count;
    return 0;
}
