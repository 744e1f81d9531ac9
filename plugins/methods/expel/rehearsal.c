/* SPDX-License-Identifier: MIT */
/* The writer's part of a rehearsal: removes a rule that demands the failure's tag, agrees with one
 * that warns of it, and else adds one. */
#include "common/slice.h"
#include "common/understudy.h"
#include "expel.h"

/* The number of the rule among "1. ..." lines that has the words, 0 if there is none. */
static unsigned rule_with(const struct part *part, grasp_str words)
{
    grasp_str rest = part->prompt, line;
    unsigned number = 0;
    size_t at;
    while (slice_line(&rest, &line)) {
        grasp_str next = pool_format(part->pool, "%u. ", number + 1);
        if (!grasp_starts(line, next.ptr))
            continue;
        number++;
        if (slice_find(line, words, 0, &at))
            return number;
    }
    return 0;
}

static void answer_contrast(struct text *out, struct part *part)
{
    grasp_str tag = part_tag(part), advice = part_sentence(part, part_advice(part, 40), tag);
    int len = (int)tag.len;
    unsigned bad = rule_with(part, pool_format(part->pool, "always %.*s", len, tag.ptr));
    unsigned known = rule_with(part, pool_format(part->pool, "avoid %.*s", len, tag.ptr));
    text_put(out, "The failed trial differs from the other in one step.\n\n");
    if (tag.len && bad)
        text_format(out, "REMOVE %u: always %.*s.\n", bad, len, tag.ptr);
    if (tag.len && known)
        text_format(out, "AGREE %u: avoid %.*s.\n", known, len, tag.ptr);
    else
        text_format(out, "ADD 99: %.*s.\n", (int)advice.len, advice.ptr);
}

static void answer_success(struct text *out, struct part *part)
{
    if (rule_with(part, SLICE("avoid ")))
        text_format(out, "AGREE %u: avoid it.\n", rule_with(part, SLICE("avoid ")));
    else
        text_put(out, "ADD 99: read the instruction twice.\n");
}

static const struct role roles[] = {{"# Compare two trials\n", answer_contrast},
                                    {"# Learn from successes\n", answer_success},
                                    {NULL, NULL}};
UNDERSTUDY(expel, roles)
