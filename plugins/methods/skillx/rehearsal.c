/* SPDX-License-Identifier: MIT */
/* The writer's part of a rehearsal: skills that warn of some of the grader's failure tags, a filter
 * that refuses those that demand one, and merges that keep the first. */
#include "common/slice.h"
#include "common/understudy.h"
#include "skillx.h"

#define WARNINGS 3

static void answer_plan(struct text *out, struct part *part)
{
    text_put(out, "<plan>\n# step 1: look up and answer; key APIs used: the api of the task\n"
                  "</plan>\n");
}

static void answer_extract(struct text *out, struct part *part)
{
    struct text content CLEANUP_TEXT = {0}, name CLEANUP_TEXT = {0}, task CLEANUP_TEXT = {0};
    enum advice advice = part_advice(part, 60);
    grasp_str first = SLICE("");
    for (int i = 0; i < WARNINGS; i++) {
        grasp_str tag = part_tag(part);
        first = first.len ? first : tag;
        text_put(&content, i ? "; " : "");
        text_str(&content, part_sentence(part, advice, tag));
        part->draw = part->draw * 0x9e3779b97f4a7c15u + 1;
    }
    text_line(&task, utf8_prefix(part_field(part, "Task: "), 80));
    text_put(&name, advice == ADVICE_HARMFUL ? "shortcut " : "checks around ");
    text_str(&name, first.len ? first : SLICE("an answer"));
    text_put(out,
             "One skill fits this step.\n```json\n[{\"option\": \"add\", \"skill\": {\"name\": ");
    text_json(out, text_view(&name));
    text_put(out, ", \"document\": ");
    text_json(out, text_view(&task));
    text_put(out, ", \"content\": ");
    text_json(out, text_view(&content));
    text_put(out, ", \"tools\": [\"GET\"]}}]\n```\n");
}

static void answer_filter(struct text *out, struct part *part)
{
    size_t at;
    text_put(out,
             slice_find(part->prompt, SLICE("to save time, always"), 0, &at) ? "bad" : "Good.");
}

static void answer_merge(struct text *out, struct part *part)
{
    grasp_str rest = part->prompt, line, skill = SLICE("{}");
    while (slice_line(&rest, &line)) {
        if (!grasp_starts(line, "[{\"name\": "))
            continue;
        skill = slice_from(line, 1);
        while (skill.len && (skill.ptr[skill.len - 1] == ',' || skill.ptr[skill.len - 1] == ']') &&
               skill.len > 1 && skill.ptr[skill.len - 2] == '}')
            skill.len--;
    }
    text_put(out, "<skill>[");
    text_str(out, skill);
    text_put(out, "]</skill>");
}

static const struct role roles[] = {{"# Plan a task that was solved\n", answer_plan},
                                    {"# Extract a skill\n", answer_extract},
                                    {"# Judge a skill\n", answer_filter},
                                    {"# Merge skills\n", answer_merge},
                                    {NULL, NULL}};
UNDERSTUDY(skillx, roles)
