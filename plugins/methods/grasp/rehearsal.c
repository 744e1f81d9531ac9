/* SPDX-License-Identifier: MIT */
/*
 * The writer's part of a rehearsal: answers the prompts of prompts/, which it knows by their first
 * line, from the failure tags that it reads in them. Its proposals are useful (a skill that says
 * to avoid the tag), useless (advice without a tag) or harmful ("always <tag>"), so that the gate
 * has something to refuse. A prompt file with another first line is not recognised; one with the
 * line "Rehearsal: no helpful edits" gets useless and harmful ones only.
 */
#include <grasp/grasp.h>
#include <string.h>

#include "common/slice.h"
#include "common/tokens.h"
#include "method.h"

#define WORDS_WANTED 4
#define SKILLS_SHOWN 3 /* to the agent; beyond that it is better to extend one */

enum kind { USEFUL, USELESS, HARMFUL, NOTHING };

struct tally {
    grasp_str word;
    size_t count;
};

/* What a prompt for proposals says. */
struct reading {
    struct pool *pool;
    struct tally *tags;
    size_t tag_count, tag_room;
    struct tally *words; /* of the instructions that failed */
    size_t word_count, word_room;
    grasp_str label;
    grasp_str *skills; /* that may be edited */
    size_t skill_count, skill_room;
    bool full;
    bool diagnoses; /* the answer begins with a diagnosis */
    bool unhelpful; /* only useless and harmful edits are wanted, to test a gate */
};

static void add(struct pool *pool, struct tally **items, size_t *count, size_t *room,
                grasp_str word)
{
    for (size_t i = 0; i < *count; i++) {
        if (slice_eq((*items)[i].word, word)) {
            (*items)[i].count++;
            return;
        }
    }
    POOL_RESERVE(pool, *items, *count, *room);
    (*items)[(*count)++] = (struct tally){word, 1};
}

/* The value in "title: value | next: ..." or up to the line's end. */
static bool field(grasp_str line, const char *title, grasp_str *out)
{
    size_t at, end;
    if (!slice_find(line, grasp_cstr(title), 0, &at))
        return false;
    at += strlen(title);
    if (!slice_find(line, SLICE(" | "), at, &end))
        end = line.len;
    *out = slice_cut(line, at, end);
    return true;
}

static grasp_str first_of(grasp_str list)
{
    size_t at;
    return slice_find(list, SLICE(", "), 0, &at) ? slice_cut(list, 0, at) : list;
}

static void put_member(struct text *out, grasp_str key, grasp_str value)
{
    text_put(out, out->ptr[out->len - 1] == '{' ? "" : ", ");
    text_json(out, key);
    text_put(out, ": ");
    text_json(out, value);
}

static void answer_classify(struct text *out, struct pool *pool, grasp_str prompt)
{
    struct tally *seen = NULL;
    size_t count = 0, room = 0;
    grasp_str line, id, tags;
    text_put(out, "{\"labels\": {");
    while (slice_line(&prompt, &line)) {
        if (!grasp_starts(line, "- id: ") || !field(line, "- id: ", &id))
            continue;
        if (!field(line, " | failure tags: ", &tags))
            tags = SLICE("cause_not_visible");
        put_member(out, id, first_of(tags));
        add(pool, &seen, &count, &room, first_of(tags));
    }
    text_put(out, "}, \"new_labels\": {");
    for (size_t i = 0; i < count; i++)
        put_member(out, seen[i].word,
                   pool_format(pool, "the evaluator marks these runs as %.*s",
                               (int)seen[i].word.len, seen[i].word.ptr));
    text_put(out, "}}");
}

static grasp_str need_of(struct pool *pool, grasp_str label)
{
    return pool_format(pool, "A skill is needed that rules out %.*s in this situation.",
                       (int)label.len, label.ptr);
}

static void answer_diagnose(struct text *out, struct pool *pool, grasp_str prompt)
{
    grasp_str line, id, label;
    text_char(out, '{');
    while (slice_line(&prompt, &line)) {
        if (!grasp_starts(line, "- id: ") || !field(line, "- id: ", &id) ||
            !field(line, " | label: ", &label))
            continue;
        put_member(out, id, need_of(pool, label));
    }
    text_char(out, '}');
}

static void read_list(struct reading *r, grasp_str list, bool tags)
{
    while (list.len) {
        grasp_str item = first_of(list);
        list = slice_from(list, item.len + 2);
        if (tags) {
            add(r->pool, &r->tags, &r->tag_count, &r->tag_room, item);
        } else {
            POOL_RESERVE(r->pool, r->skills, r->skill_count, r->skill_room);
            r->skills[r->skill_count++] = item;
        }
    }
}

static bool is_wordy(grasp_str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] >= '0' && word.ptr[i] <= '9')
            return false;
    }
    return word.len > 3;
}

static void read_words(struct reading *r, grasp_str instruction)
{
    grasp_str *words;
    size_t count = token_set(r->pool, instruction, &words);
    for (size_t i = 0; i < count; i++) {
        if (is_wordy(words[i]))
            add(r->pool, &r->words, &r->word_count, &r->word_room, words[i]);
    }
}

static struct reading read_prompt(struct pool *pool, grasp_str prompt)
{
    struct reading r = {.pool = pool};
    grasp_str line, value;
    size_t at;
    bool failed = false;
    while (slice_line(&prompt, &line)) {
        if (grasp_starts(line, "### sample "))
            failed = slice_find(line, SLICE(": WRONG"), 0, &at);
        else if (grasp_starts(line, "failure tags: ") && field(line, "failure tags: ", &value))
            read_list(&r, value, true);
        else if (grasp_starts(line, "instruction: ") && failed)
            read_words(&r, slice_from(line, strlen("instruction: ")));
        else if (grasp_starts(line, "Main failure in this log: "))
            r.label = slice_from(line, strlen("Main failure in this log: "));
        else if (grasp_starts(line, "MODIFY and REMOVE may name: "))
            read_list(&r, slice_from(line, strlen("MODIFY and REMOVE may name: ")), false);
        else if (grasp_starts(line, "The library is full"))
            r.full = true;
        else if (grasp_starts(line, "First diagnose: "))
            r.diagnoses = true;
        else if (grasp_starts(line, "Rehearsal: no helpful edits"))
            r.unhelpful = true;
    }
    return r;
}

static size_t highest(const struct tally *items, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        most = items[i].count > most ? items[i].count : most;
    return most;
}

/* The tag that the group is about, or else the first of the most frequent ones. */
static grasp_str main_tag(const struct reading *r)
{
    size_t most = highest(r->tags, r->tag_count), best = 0;
    for (size_t i = 0; i < r->tag_count; i++) {
        if (slice_eq(r->tags[i].word, r->label))
            return r->label;
    }
    while (r->tags[best].count < most)
        best++;
    return r->tags[best].word;
}

/* Words that at least half of the failed instructions share. */
static void put_tags(struct text *out, const struct reading *r)
{
    size_t most = highest(r->words, r->word_count), used = 0;
    text_char(out, '[');
    for (size_t i = 0; i < r->word_count && used < WORDS_WANTED; i++) {
        if (2 * r->words[i].count < most)
            continue;
        text_put(out, used++ ? ", " : "");
        text_json(out, r->words[i].word);
    }
    text_char(out, ']');
}

static void put_edit(struct text *out, const struct reading *r, const char *action, grasp_str name,
                     grasp_str description, grasp_str rule)
{
    struct text content CLEANUP_TEXT = {0};
    text_put(&content, "## When to Use This Skill\n- Instructions that mention");
    for (size_t i = 0; i < r->word_count && i < WORDS_WANTED; i++) {
        text_put(&content, i ? ", " : " ");
        text_str(&content, r->words[i].word);
    }
    text_put(&content, "\n\n## Rule\n");
    text_str(&content, rule);
    text_format(out, "{\"action\": \"%s\"", action);
    put_member(out, SLICE("name"), name);
    put_member(out, SLICE("description"), description);
    put_member(out, SLICE("content"), text_view(&content));
    text_put(out, ", \"tags\": ");
    put_tags(out, r);
    text_char(out, '}');
}

/* The body between <skill name="..."> and </skill>, from its rule on. */
static grasp_str rule_of(grasp_str prompt, grasp_str name, struct pool *pool)
{
    size_t from, to;
    grasp_str mark = pool_format(pool, "<skill name=\"%.*s\">\n", (int)name.len, name.ptr);
    if (!slice_find(prompt, mark, 0, &from) || !slice_find(prompt, SLICE("\n</skill>"), from, &to))
        return SLICE("");
    grasp_str body = slice_cut(prompt, from + mark.len, to);
    return slice_find(body, SLICE("## Rule\n"), 0, &from) ? slice_from(body, from + 8) : body;
}

static bool has_skill(const struct reading *r, grasp_str name)
{
    for (size_t i = 0; i < r->skill_count; i++) {
        if (slice_eq(r->skills[i], name))
            return true;
    }
    return false;
}

static void put_removal(struct text *out, const struct reading *r)
{
    if (!r->full || r->skill_count == 0)
        return;
    text_put(out, "{\"action\": \"REMOVE\"");
    put_member(out, SLICE("name"), r->skills[r->skill_count - 1]);
    text_put(out, "}, ");
}

/* A new skill against the tag; once there are several, one of them learns the rule too. */
static void put_useful(struct text *out, const struct reading *r, grasp_str prompt, grasp_str tag,
                       uint64_t draw)
{
    int len = (int)tag.len;
    grasp_str name = pool_format(r->pool, "avoid_%.*s", len, tag.ptr);
    grasp_str rule =
        pool_format(r->pool, "Avoid %.*s: check for it before you answer.", len, tag.ptr);
    grasp_str description = pool_format(r->pool, "tasks of this kind: avoid %.*s", len, tag.ptr);
    bool known = has_skill(r, name);
    if (!known && r->skill_count < SKILLS_SHOWN) {
        put_removal(out, r);
        put_edit(out, r, "ADD", name, description, rule);
        return;
    }
    if (!known)
        name = r->skills[draw % r->skill_count];
    grasp_str old = rule_of(prompt, name, r->pool);
    rule = pool_format(r->pool, "%.*s\n%s", (int)old.len, old.ptr, rule.ptr);
    put_edit(out, r, "MODIFY", name, description, rule);
}

static void put_useless(struct text *out, const struct reading *r, uint64_t draw)
{
    grasp_str name = pool_format(r->pool, "work_with_care_%u", (unsigned)(draw % 1000));
    put_removal(out, r);
    put_edit(out, r, "ADD", name, SLICE("all tasks: work with care"),
             SLICE("Read the instruction twice and think about every step."));
}

static void put_harmful(struct text *out, const struct reading *r, grasp_str tag)
{
    int len = (int)tag.len;
    grasp_str name = pool_format(r->pool, "shortcut_%.*s", len, tag.ptr);
    put_removal(out, r);
    put_edit(out, r, "ADD", name, SLICE("tasks of this kind: a quicker way"),
             pool_format(r->pool, "To save time, always %.*s.", len, tag.ptr));
}

static enum kind kind_of(uint64_t draw)
{
    unsigned percent = (unsigned)(draw % 100);
    if (percent < 55)
        return USEFUL;
    if (percent < 75)
        return USELESS;
    return percent < 95 ? HARMFUL : NOTHING;
}

static void answer_propose(struct text *out, struct pool *pool, grasp_str prompt, uint64_t draw)
{
    const struct reading r = read_prompt(pool, prompt);
    enum kind kind = r.tag_count ? kind_of(draw) : NOTHING;
    if (kind == USEFUL && r.unhelpful)
        kind = draw >> 32 & 1 ? USELESS : HARMFUL;
    if (r.diagnoses) {
        text_char(out, '{');
        put_member(out, SLICE("diagnosis"),
                   r.tag_count ? need_of(pool, main_tag(&r)) : SLICE("The log names no cause."));
        text_put(out, ", \"edits\": ");
    }
    text_char(out, '[');
    if (kind == USEFUL)
        put_useful(out, &r, prompt, main_tag(&r), draw >> 8);
    else if (kind == USELESS)
        put_useless(out, &r, draw >> 8);
    else if (kind == HARMFUL)
        put_harmful(out, &r, main_tag(&r));
    text_put(out, r.diagnoses ? "]}" : "]");
}

/* The same edit, with a rule against what it broke. */
static void answer_revise(struct text *out, struct pool *pool, grasp_str prompt)
{
    const struct reading r = read_prompt(pool, prompt);
    grasp_str rest = prompt, line, name = SLICE("unnamed"), action = SLICE("ADD");
    while (slice_line(&rest, &line)) {
        if (grasp_starts(line, "action: "))
            action = slice_from(line, strlen("action: "));
        if (grasp_starts(line, "name: ")) {
            name = slice_from(line, strlen("name: "));
            break;
        }
    }
    text_char(out, '[');
    if (r.tag_count) {
        grasp_str tag = main_tag(&r);
        put_edit(out, &r, pool_dup(pool, action).ptr, name, SLICE("tasks of this kind, narrower"),
                 pool_format(pool, "Avoid %.*s.", (int)tag.len, tag.ptr));
    }
    text_char(out, ']');
}

/* The last edit that speaks against a tag of the failures, if there is one. */
static void answer_select(struct text *out, grasp_str prompt)
{
    grasp_str line, title = SLICE("### edit ");
    unsigned number = 0, chosen = 0;
    while (slice_line(&prompt, &line)) {
        size_t at;
        number += grasp_starts(line, title.ptr);
        if (grasp_starts(line, title.ptr) && slice_find(line, SLICE(" avoid_"), 0, &at))
            chosen = number;
    }
    text_format(out, "{\"edit\": %u}", chosen);
}

/* At temperature 0 the prompt alone decides. */
static uint64_t draw_of(const grasp_rehearsal_request *request, grasp_str prompt)
{
    uint64_t draw = slice_hash(prompt);
    if (request->temperature > 0)
        draw ^= request->seed * 0x9e3779b97f4a7c15u;
    draw = (draw ^ draw >> 30) * 0xbf58476d1ce4e5b9u;
    draw = (draw ^ draw >> 27) * 0x94d049bb133111ebu;
    return draw ^ draw >> 31;
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text out CLEANUP_TEXT = {0};
    if (request->count == 0)
        return GRASP_E_UNSUPPORTED;
    grasp_str prompt = request->messages[0]->content;
    if (grasp_starts(prompt, "# Name the cause of each failure\n"))
        answer_classify(&out, &pool, prompt);
    else if (grasp_starts(prompt, "# Diagnose each failure\n"))
        answer_diagnose(&out, &pool, prompt);
    else if (grasp_starts(prompt, "# Edit the skill library\n"))
        answer_propose(&out, &pool, prompt, draw_of(request, prompt));
    else if (grasp_starts(prompt, "# Repair a proposed skill\n"))
        answer_revise(&out, &pool, prompt);
    else if (grasp_starts(prompt, "# Choose one edit\n"))
        answer_select(&out, prompt);
    else
        return GRASP_E_UNSUPPORTED;
    if (out.failed)
        return grasp_fail(call, GRASP_E_TOO_LARGE, "the answer to a prompt is over 64 MiB");
    return grasp_say(call, "agent", text_view(&out));
}

const grasp_rehearsal grasp_writer_rehearsal = {
    .size = sizeof(grasp_writer_rehearsal),
    .reply = reply,
};
