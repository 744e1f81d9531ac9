/* SPDX-License-Identifier: MIT */
/* One sentence per failure on what would have prevented it (spec/grasp.md 10.2). */
#include "common/slice.h"
#include "common/template.h"
#include "rank.h"
#include "update.h"

#define INSTRUCTION_CHARACTERS 120
#define TRIGGER_CHARACTERS 300

static void put_line(struct text *out, const char *title, grasp_str value, size_t limit)
{
    struct text line CLEANUP_TEXT = {0};
    text_line(&line, value);
    text_put(out, title);
    text_str(out, utf8_prefix(text_view(&line), limit));
}

static void put_sample(struct text *out, const struct update *u, const struct entry *entry)
{
    put_line(out, "- id: ", entry->id, SIZE_MAX);
    put_line(out, " | label: ", entry->label.len ? entry->label : SLICE("unknown"), SIZE_MAX);
    put_line(out, " | instruction: ", entry->instruction, INSTRUCTION_CHARACTERS);
    text_put(out, " | actions: ");
    trace_actions(out, u, entry->actions, " | ", trace_style(u).action_limit);
    text_char(out, '\n');
}

static void put_skill(struct text *out, const struct update *u, const struct skill *skill)
{
    put_line(out, "- ", skill->name, SIZE_MAX);
    put_line(out, ": ", skill->description, SIZE_MAX);
    grasp_str trigger = rank_when_to_use(skill->content);
    if (trigger.len && !u->self->options.reference)
        put_line(out, " Used when: ", trigger, TRIGGER_CHARACTERS);
    text_char(out, '\n');
}

static grasp_str make_prompt(struct update *u)
{
    struct text samples CLEANUP_TEXT = {0}, skills CLEANUP_TEXT = {0}, out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < u->skill_count; i++)
        put_skill(&skills, u, &u->skills[i]);
    for (size_t i = 0; i < u->count; i++) {
        if (entry_failed(&u->entries[i]))
            put_sample(&samples, u, &u->entries[i]);
    }
    const struct binding bindings[] = {
        {"family", u->self->hints.family},
        {"skills", slice_trim(text_view(&skills))},
        {"samples", slice_trim(text_view(&samples))},
        {NULL, SLICE("")},
    };
    template_fill(&out, u->self->prompts.diagnose, bindings);
    return pool_dup(u->pool, text_view(&out));
}

int32_t diagnose_failures(struct update *u)
{
    grasp_str reply, prompt;
    if (entries_failing(u) == 0)
        return GRASP_OK;
    prompt = make_prompt(u);
    int32_t status = writer_ask(u, &prompt, 1, WRITER_DIAGNOSES, &reply);
    if (status)
        return status;
    const grasp_json_value *object = reply_object(u->call, reply, u->self->options.reference);
    for (size_t i = 0; i < u->count; i++) {
        struct entry *entry = &u->entries[i];
        if (entry_failed(entry))
            entry->diagnosis = u->json->as_string(u->json->get(object, entry->id));
    }
    return GRASP_OK;
}
