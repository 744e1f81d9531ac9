/* SPDX-License-Identifier: MIT */
#include "proposal.h"

#include <grasp/helpers.h>
#include <string.h>
#include <strings.h>

#include "common/pyrepr.h"
#include "common/slice.h"
#include "common/slug.h"

#define TAGS_MAX 32
#define TAG_CHARACTERS 80
#define DESCRIPTION_CHARACTERS 500
#define CONTENT_CHARACTERS 20000
#define SAME_CHARACTERS 100

static const char *const action_names[] = {"ADD", "MODIFY", "REMOVE"};

const char *action_name(enum action action)
{
    return action_names[action];
}

static grasp_str repr_of(grasp_call *call, struct pool *pool, const grasp_json_value *value)
{
    struct text out CLEANUP_TEXT = {0};
    pyrepr(&out, grasp_json_of(call), value);
    return pool_dup(pool, text_view(&out));
}

/* A value as text, as Python's str(value or "") gives it. */
static grasp_str text_of(grasp_call *call, struct pool *pool, const grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(call);
    switch (json->kind(value)) {
    case GRASP_JSON_STRING:
        return json->as_string(value);
    case GRASP_JSON_BOOL:
        return json->as_bool(value, 0) ? SLICE("True") : SLICE("");
    case GRASP_JSON_INT:
    case GRASP_JSON_DOUBLE:
        return json->as_double(value, 0) != 0 ? json->print(call, value, 0) : SLICE("");
    case GRASP_JSON_ARRAY:
    case GRASP_JSON_OBJECT:
        return json->count(value) ? repr_of(call, pool, value) : SLICE("");
    default:
        return SLICE("");
    }
}

static grasp_str member(grasp_call *call, struct pool *pool, const grasp_json_value *object,
                        const char *key)
{
    return text_of(call, pool, grasp_json_of(call)->get(object, grasp_cstr(key)));
}

static bool read_action(grasp_str text, enum action *out)
{
    text = slice_trim(text);
    for (size_t i = 0; i < sizeof(action_names) / sizeof(*action_names); i++) {
        if (text.len == strlen(action_names[i]) &&
            strncasecmp(text.ptr, action_names[i], text.len) == 0) {
            *out = (enum action)i;
            return true;
        }
    }
    return false;
}

static void add_tag(struct pool *pool, struct proposal *proposal, grasp_str tag)
{
    tag = utf8_prefix(slice_trim(tag), TAG_CHARACTERS);
    if (tag.len && proposal->tag_count < TAGS_MAX)
        proposal->tags[proposal->tag_count++] = pool_dup(pool, tag);
}

static void read_tags(grasp_call *call, struct pool *pool, const grasp_json_value *value,
                      struct proposal *out)
{
    const grasp_json *json = grasp_json_of(call);
    out->tags = pool_array(pool, TAGS_MAX, sizeof(*out->tags));
    if (json->kind(value) != GRASP_JSON_ARRAY) {
        add_tag(pool, out, text_of(call, pool, value));
        return;
    }
    for (uint64_t i = 0; i < json->count(value); i++)
        add_tag(pool, out, text_of(call, pool, json->at(value, i)));
}

/* The reference keeps tags as they are given, whatever they are. */
static void read_tags_unchecked(grasp_call *call, struct pool *pool, const grasp_json_value *value,
                                struct proposal *out)
{
    const grasp_json *json = grasp_json_of(call);
    bool is_list = json->kind(value) == GRASP_JSON_ARRAY;
    bool given = text_of(call, pool, value).len > 0;
    size_t count = is_list ? json->count(value) : given;
    out->tags = pool_array(pool, count, sizeof(*out->tags));
    out->tag_count = count;
    out->bare_tags = json->kind(value) == GRASP_JSON_STRING && given;
    out->raw_tags = given ? json->print(call, value, 0) : SLICE("[]");
    for (size_t i = 0; i < count; i++)
        out->tags[i] = text_of(call, pool, is_list ? json->at(value, i) : value);
}

static void write_tags(struct text *out, const struct proposal *proposal)
{
    text_char(out, '[');
    for (size_t i = 0; i < proposal->tag_count; i++) {
        if (i)
            text_put(out, ", ");
        text_json(out, proposal->tags[i]);
    }
    text_char(out, ']');
}

static bool read_proposal(grasp_call *call, struct pool *pool, const struct limits *limits,
                          const grasp_json_value *value, struct proposal *out)
{
    struct text tags CLEANUP_TEXT = {0};
    memset(out, 0, sizeof(*out));
    const grasp_json_value *raw_tags = grasp_json_of(call)->get(value, grasp_cstr("tags"));
    if (!read_action(member(call, pool, value, "action"), &out->action))
        return false;
    out->name = slug_make(pool, member(call, pool, value, "name"));
    out->description = slice_trim(member(call, pool, value, "description"));
    out->content = slice_trim(member(call, pool, value, "content"));
    if (limits->reference) {
        read_tags_unchecked(call, pool, raw_tags, out);
        return true;
    }
    read_tags(call, pool, raw_tags, out);
    out->description = utf8_prefix(out->description, DESCRIPTION_CHARACTERS);
    write_tags(&tags, out);
    out->raw_tags = pool_dup(pool, text_view(&tags));
    return utf8_count(out->content) <= CONTENT_CHARACTERS;
}

static bool is_taken(const struct proposal *taken, size_t count, grasp_str name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(taken[i].name, name))
            return true;
    }
    return false;
}

/* Is it the first removal of that name? */
static bool is_removal(const struct proposal *all, size_t at)
{
    if (all[at].action != ACTION_REMOVE)
        return false;
    for (size_t i = 0; i < at; i++) {
        if (all[i].action == ACTION_REMOVE && slice_eq(all[i].name, all[at].name))
            return false;
    }
    return true;
}

/* How many additions the reply may hold: the free places and those it makes free itself. In the
 * reference a removal counts even if there is nothing to remove. */
static int64_t free_places(const struct limits *limits, const struct proposal *all, size_t count)
{
    int64_t places = limits->capacity - (int64_t)library_count(limits->library);
    if (!limits->reference && places < 0)
        places = 0;
    for (size_t i = 0; i < count; i++) {
        places +=
            is_removal(all, i) && (limits->reference || library_has(limits->library, all[i].name));
    }
    return places;
}

static bool is_valid(const struct limits *limits, const struct proposal *p,
                     const struct proposal *earlier, size_t count, int64_t *places)
{
    bool there = library_has(limits->library, p->name);
    if (slice_eq(p->name, SLICE("skeleton")) ||
        (!limits->reference && is_taken(earlier, count, p->name)) ||
        (limits->append_only && p->action != ACTION_ADD))
        return false;
    if (p->action == ACTION_REMOVE)
        return there;
    if (p->content.len == 0 || there != (p->action == ACTION_MODIFY))
        return false;
    return p->action == ACTION_MODIFY || (*places)-- > 0;
}

size_t proposals_validate(grasp_call *call, struct pool *pool, const struct limits *limits,
                          const grasp_json_value *const *values, size_t count,
                          struct proposal **out)
{
    struct proposal *all = pool_array(pool, count, sizeof(*all));
    size_t read = 0, valid = 0;
    *out = pool_array(pool, count, sizeof(**out));
    for (size_t i = 0; i < count; i++)
        read += read_proposal(call, pool, limits, values[i], &all[read]);
    int64_t places = free_places(limits, all, read);
    for (size_t i = 0; i < read; i++) {
        if (is_valid(limits, &all[i], *out, valid, &places))
            (*out)[valid++] = all[i];
    }
    return valid;
}

bool proposal_same(const struct proposal *a, const struct proposal *b, bool reference)
{
    if (a->action != b->action || !slice_eq(a->name, b->name))
        return false;
    if (reference)
        return slice_eq(utf8_prefix(a->content, SAME_CHARACTERS),
                        utf8_prefix(b->content, SAME_CHARACTERS));
    return slice_eq(a->content, b->content);
}

void proposal_apply(struct library *library, const struct proposal *proposal,
                    const struct meta *provenance)
{
    const struct skill skill = {
        .file = proposal->name,
        .name = proposal->name,
        .description = proposal->description,
        .content = proposal->content,
        .tags = proposal->tags,
        .tag_count = proposal->tag_count,
        .bare_tags = proposal->bare_tags,
        .provenance = provenance,
    };
    switch (proposal->action) {
    case ACTION_ADD:
        library_add(library, &skill);
        break;
    case ACTION_MODIFY:
        library_modify(library, &skill, true);
        break;
    case ACTION_REMOVE:
        library_remove(library, proposal->name);
        break;
    }
}

void proposal_write(struct text *out, const struct proposal *proposal, bool with_tags)
{
    text_format(out, "{\"action\": \"%s\", \"name\": ", action_name(proposal->action));
    text_json(out, proposal->name);
    text_put(out, ", \"description\": ");
    text_json(out, proposal->description);
    text_put(out, ", \"content\": ");
    text_json(out, proposal->content);
    if (with_tags) {
        text_put(out, ", \"tags\": ");
        if (proposal->raw_tags.len)
            text_str(out, proposal->raw_tags);
        else
            write_tags(out, proposal);
    }
    text_char(out, '}');
}

static grasp_str keep(struct pool *pool, grasp_str text)
{
    return text.len ? pool_dup(pool, text) : SLICE("");
}

struct edit edit_copy(struct pool *pool, const struct edit *edit)
{
    struct edit out = *edit;
    out.label = keep(pool, edit->label);
    for (size_t i = 0; i < edit->count; i++) {
        struct proposal *p = &out.parts[i];
        p->name = keep(pool, p->name);
        p->description = keep(pool, p->description);
        p->content = keep(pool, p->content);
        p->raw_tags = keep(pool, p->raw_tags);
        p->tags = pool_array(pool, p->tag_count, sizeof(*p->tags));
        for (size_t k = 0; k < p->tag_count; k++)
            p->tags[k] = keep(pool, edit->parts[i].tags[k]);
    }
    return out;
}
