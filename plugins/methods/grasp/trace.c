/* SPDX-License-Identifier: MIT */
/* Entries of the batch as the writer reads them (spec/grasp.md 10.5). */
#include <string.h>

#include "common/slice.h"
#include "update.h"

#define LAST_MESSAGES 8
#define MESSAGE_CHARACTERS 400
#define ACTION_CHARACTERS 600
#define LOG_BYTES 60000

struct trace_style trace_style(const struct update *u)
{
    if (u->self->options.reference)
        return (struct trace_style){0};
    return (struct trace_style){.action_limit = ACTION_CHARACTERS, .total_limit = LOG_BYTES};
}

static void put_cut(struct text *out, grasp_str text, size_t limit)
{
    grasp_str shown = limit ? utf8_prefix(text, limit) : text;
    text_str(out, shown);
    if (shown.len < text.len)
        text_put(out, "...");
}

static void put_names(struct text *out, const char *title, const grasp_str *names, size_t count)
{
    if (count == 0)
        return;
    text_put(out, title);
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_put(out, ", ");
        text_line(out, names[i]);
    }
    text_char(out, '\n');
}

static void put_field(struct text *out, const char *title, grasp_str value)
{
    if (!value.len)
        return;
    text_put(out, title);
    text_line(out, value);
    text_char(out, '\n');
}

void trace_actions(struct text *out, const struct update *u, const grasp_json_value *actions,
                   const char *separator, size_t limit)
{
    for (uint64_t i = 0; i < u->json->count(actions); i++) {
        struct text line CLEANUP_TEXT = {0};
        text_line(&line, u->json->as_string(u->json->at(actions, i)));
        if (i)
            text_put(out, separator);
        put_cut(out, text_view(&line), limit);
    }
}

static void put_actions(struct text *out, const struct update *u, const grasp_json_value *actions,
                        const struct trace_style *style)
{
    if (u->json->count(actions) == 0)
        return;
    text_put(out, "actions:\n- ");
    trace_actions(out, u, actions, "\n- ", style->action_limit);
    text_char(out, '\n');
}

static void put_history(struct text *out, const struct update *u, const grasp_json_value *history)
{
    uint64_t count = u->json->count(history);
    bool titled = false;
    for (uint64_t i = count > LAST_MESSAGES ? count - LAST_MESSAGES : 0; i < count; i++) {
        const grasp_json_value *message = u->json->at(history, i);
        struct text line CLEANUP_TEXT = {0};
        text_line(&line, u->json->as_string(u->json->get(message, grasp_cstr("content"))));
        if (!line.len)
            continue;
        if (!titled)
            text_put(out, "last messages:\n");
        titled = true;
        text_put(out, "  ");
        text_line(out, u->json->as_string(u->json->get(message, grasp_cstr("role"))));
        text_put(out, ": ");
        put_cut(out, text_view(&line), MESSAGE_CHARACTERS);
        text_char(out, '\n');
    }
}

static void put_header(struct text *out, const struct entry *entry)
{
    text_put(out, "### sample ");
    text_line(out, entry->id);
    text_put(out, entry->correct ? ": correct" : ": WRONG");
    text_put(out, ", status: ");
    text_line(out, entry->status.len ? entry->status : SLICE("unknown"));
    if (entry->before == 1 && !entry->correct)
        text_put(out, ", regression_from_prev_epoch=true");
    if (entry->before == 0 && entry->correct)
        text_put(out, ", recovery_from_prev_epoch=true");
    text_char(out, '\n');
}

static void put_skills(struct text *out, const struct update *u, const struct entry *entry)
{
    grasp_str names[64];
    size_t count = 0;
    bool all = u->self->options.reference;
    size_t total = all ? u->skill_count : u->json->count(entry->used);
    for (size_t i = 0; i < total && count < sizeof(names) / sizeof(*names); i++)
        names[count++] = all ? u->skills[i].name : u->json->as_string(u->json->at(entry->used, i));
    put_names(out, all ? "skills in the library: " : "skills shown: ", names, count);
}

void trace_entry(struct text *out, const struct update *u, const struct entry *entry,
                 const struct trace_style *style)
{
    put_header(out, entry);
    text_put(out, "instruction: ");
    text_line(out, entry->instruction);
    text_char(out, '\n');
    put_field(out, "type: ", entry->type);
    put_names(out, "failure tags: ", entry->tags, entry->tag_count);
    put_skills(out, u, entry);
    put_actions(out, u, entry->actions, style);
    if (!entry->correct || u->self->options.reference)
        put_history(out, u, entry->history);
    put_field(out, "error: ", entry->error);
    if (!entry->correct)
        put_field(out, "diagnosis: ", entry->diagnosis);
}

void trace_log(struct text *out, const struct update *u, const struct entry *const *entries,
               size_t count, const struct trace_style *style)
{
    size_t start = out->len;
    for (size_t i = 0; i < count; i++) {
        if (style->total_limit && out->len - start > style->total_limit) {
            text_format(out, "\n(%zu more entries are left out)\n", count - i);
            return;
        }
        if (i)
            text_char(out, '\n');
        trace_entry(out, u, entries[i], style);
    }
}

void trace_rollout(struct text *out, const struct update *u, const grasp_json_value *rollout,
                   const struct trace_style *style)
{
    struct entry entry;
    struct update copy = *u;
    if (!entry_read(&copy, rollout, &entry))
        return;
    entry.correct = false;
    entry.before = -1;
    trace_entry(out, u, &entry, style);
}
