/* SPDX-License-Identifier: MIT */
/* Labels for failures: one short name of the mechanism for each (spec/grasp.md 10.1). */
#include <string.h>

#include "common/slice.h"
#include "common/slug.h"
#include "common/template.h"
#include "update.h"

#define INSTRUCTION_CHARACTERS 150
#define RETRY_CHARACTERS 160
#define ANSWER_CHARACTERS 300
#define LABEL_CHARACTERS 80
#define LABELS_SHOWN 80

static void put_part(struct text *out, const char *title, grasp_str value, size_t limit)
{
    struct text line CLEANUP_TEXT = {0};
    text_line(&line, value);
    if (!line.len)
        return;
    text_put(out, title);
    text_str(out, utf8_prefix(text_view(&line), limit));
}

static void put_sample(struct text *out, const struct update *u, const struct entry *entry,
                       size_t action_limit)
{
    put_part(out, "- id: ", entry->id, SIZE_MAX);
    put_part(out, " | instruction: ", entry->instruction, INSTRUCTION_CHARACTERS);
    for (size_t i = 0; i < entry->tag_count; i++)
        put_part(out, i ? ", " : " | failure tags: ", entry->tags[i], SIZE_MAX);
    put_part(out, " | reported: ", entry->reported, ANSWER_CHARACTERS);
    put_part(out, " | expected: ", entry->expected, ANSWER_CHARACTERS);
    put_part(out, " | error: ", entry->error, ANSWER_CHARACTERS);
    text_put(out, " | actions: ");
    trace_actions(out, u, entry->actions, " -> ", action_limit);
    text_char(out, '\n');
}

/* The labels in use; the latest ones, if there are many. */
static void put_known(struct text *out, const struct update *u)
{
    const struct past *past = &u->self->past;
    size_t from = 0;
    if (!u->self->options.reference && past->label_count > LABELS_SHOWN)
        from = past->label_count - LABELS_SHOWN;
    for (size_t i = from; i < past->label_count; i++) {
        put_part(out, i > from ? "\n- " : "- ", past->labels[i].name, SIZE_MAX);
        put_part(out, ": ", past->labels[i].description, SIZE_MAX);
    }
}

static grasp_str make_prompt(struct update *u, size_t action_limit)
{
    struct text samples CLEANUP_TEXT = {0}, known CLEANUP_TEXT = {0}, out CLEANUP_TEXT = {0};
    const struct method *self = u->self;
    for (size_t i = 0; i < u->count; i++) {
        if (entry_failed(&u->entries[i]) && !u->entries[i].label.len)
            put_sample(&samples, u, &u->entries[i], action_limit);
    }
    put_known(&known, u);
    const struct binding bindings[] = {
        {"family", self->hints.family},
        {"examples", self->hints.labels.len ? self->hints.labels : self->prompts.labels},
        {"known", text_view(&known)},
        {"samples", slice_trim(text_view(&samples))},
        {NULL, SLICE("")},
    };
    template_fill(&out, self->prompts.classify, bindings);
    return pool_dup(u->pool, text_view(&out));
}

static bool has_member(const struct update *u, const grasp_json_value *object, const char *key)
{
    bool found = false;
    for (uint64_t i = 0; i < u->json->count(object) && !found; i++) {
        grasp_str name;
        u->json->member(object, i, &name);
        found = grasp_equal(name, key);
    }
    return found;
}

/* An object, or where it may be left out nothing. The reference takes null for a fault. */
static bool is_object(const struct update *u, const grasp_json_value *reply, const char *key,
                      bool may_lack)
{
    int32_t kind = u->json->kind(u->json->get(reply, grasp_cstr(key)));
    if (kind == GRASP_JSON_OBJECT)
        return true;
    return may_lack && kind == GRASP_JSON_NULL &&
           !(u->self->options.reference && has_member(u, reply, key));
}

static grasp_str clean_label(struct update *u, grasp_str label)
{
    if (u->self->options.reference || !slice_trim(label).len)
        return label;
    return slug_make(u->pool, utf8_prefix(label, LABEL_CHARACTERS));
}

static grasp_str describe_label(struct update *u, const grasp_json_value *descriptions,
                                grasp_str raw, grasp_str label)
{
    const grasp_json_value *value = u->json->get(descriptions, raw);
    grasp_str given = u->json->as_string(value);
    if (given.len || (u->self->options.reference && u->json->kind(value) == GRASP_JSON_STRING))
        return given;
    char *words = (char *)pool_dup(u->pool, label).ptr;
    for (size_t i = 0; i < label.len; i++)
        words[i] = words[i] == '_' ? ' ' : words[i];
    return (grasp_str){words, label.len};
}

static bool is_new_label(const struct update *u, grasp_str label)
{
    for (size_t i = 0; i < u->new_label_count; i++) {
        if (slice_eq(u->new_labels[i].name, label))
            return false;
    }
    return !past_has_label(&u->self->past, label);
}

static void add_label(struct update *u, grasp_str label, grasp_str description)
{
    if (!is_new_label(u, label))
        return;
    POOL_RESERVE(u->pool, u->new_labels, u->new_label_count, u->new_label_capacity);
    u->new_labels[u->new_label_count++] = (struct label){label, description};
}

static void set_label(struct update *u, struct entry *entry, grasp_str label, grasp_str description)
{
    entry->label = label;
    add_label(u, label, description);
}

/* The reference takes over every label of the reply, for whatever sample it is. */
static void add_all_labels(struct update *u, const grasp_json_value *labels,
                           const grasp_json_value *descriptions)
{
    for (uint64_t i = 0; i < u->json->count(labels); i++) {
        grasp_str id;
        const grasp_json_value *value = u->json->member(labels, i, &id);
        grasp_str label = u->json->as_string(value);
        if (u->json->kind(value) != GRASP_JSON_STRING)
            continue;
        u->labels_given = true;
        add_label(u, label, describe_label(u, descriptions, label, label));
    }
}

static bool take_labels(struct update *u, grasp_str reply)
{
    const grasp_json_value *object = reply_object(u->call, reply, u->self->options.reference);
    const grasp_json_value *labels = u->json->get(object, SLICE("labels"));
    const grasp_json_value *descriptions = u->json->get(object, SLICE("new_labels"));
    if (!object || !is_object(u, object, "labels", u->self->options.reference) ||
        !is_object(u, object, "new_labels", true))
        return false;
    for (size_t i = 0; i < u->count; i++) {
        struct entry *entry = &u->entries[i];
        grasp_str raw = u->json->as_string(u->json->get(labels, entry->id));
        if (!entry_failed(entry) || entry->label.len || !raw.len)
            continue;
        grasp_str label = clean_label(u, raw);
        set_label(u, entry, label, describe_label(u, descriptions, raw, label));
    }
    if (u->self->options.reference)
        add_all_labels(u, labels, descriptions);
    return true;
}

/* The first tag that the task declares as a label. */
static const struct label *declared_tag(const struct update *u, const struct entry *entry)
{
    const struct task_hints *hints = &u->self->hints;
    for (size_t i = 0; i < entry->tag_count; i++) {
        for (size_t k = 0; k < hints->tag_count; k++) {
            if (slice_eq(entry->tags[i], hints->tags[k].name))
                return &hints->tags[k];
        }
    }
    return NULL;
}

/* What the task has said already need not be asked of the writer. Is anything left? */
static bool take_tags(struct update *u)
{
    bool left = false;
    for (size_t i = 0; i < u->count; i++) {
        struct entry *entry = &u->entries[i];
        if (!entry_failed(entry))
            continue;
        const struct label *tag = u->self->options.labels_from_tags ? declared_tag(u, entry) : NULL;
        if (tag)
            set_label(u, entry, tag->name, tag->description);
        left |= !tag;
    }
    return left;
}

static int32_t ask_labels(struct update *u)
{
    size_t limit = trace_style(u).action_limit;
    for (int attempt = 0; attempt < 2; attempt++) {
        grasp_str reply, prompt = make_prompt(u, attempt ? RETRY_CHARACTERS : limit);
        int32_t status = writer_ask(u, &prompt, 1, WRITER_LABELS, &reply);
        if (status)
            return status;
        if (take_labels(u, reply))
            break;
    }
    return GRASP_OK;
}

/* Failures that no skill can help: their label says so. */
static void ignore_non_learnable(struct update *u)
{
    const struct options *options = &u->self->options;
    for (size_t i = 0; i < u->count; i++) {
        struct entry *entry = &u->entries[i];
        size_t at;
        if (!entry_failed(entry))
            continue;
        if (!options->reference && slice_eq(entry->status, SLICE("sample_timeout")))
            entry->label = entry->status;
        for (size_t k = 0; k < options->non_learnable_count; k++)
            entry->ignored |= slice_find(entry->label, options->non_learnable[k], 0, &at);
    }
}

int32_t classify_failures(struct update *u)
{
    if (entries_failing(u) == 0)
        return GRASP_OK;
    u->labels_declared = !take_tags(u);
    int32_t status = u->labels_declared ? GRASP_OK : ask_labels(u);
    if (status)
        return status;
    ignore_non_learnable(u);
    return GRASP_OK;
}
