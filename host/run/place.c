/* SPDX-License-Identifier: MIT */
#include "run/place.h"

#include <string.h>

#include "base/json.h"

static struct str join(struct arena *arena, struct str a, struct str b)
{
    size_t len = a.len + 2 + b.len;
    char *text = arena_text(arena, len);
    memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, "\n\n", 2);
    if (b.len)
        memcpy(text + a.len + 2, b.ptr, b.len);
    return (struct str){text, len};
}

/* The reference's wrapper drops these members of older prompts. */
static const char *const legacy_fields[] = {"skill_instruction", "selected_skills",
                                            "skill_documentation"};

/* Sets the member of a JSON object; false for a text that is none. */
static bool set_field(struct arena *arena, struct str content, const char *field, struct str text,
                      bool drop_legacy, struct str *out)
{
    CLEANUP_JSON struct json *object = json_parse(content, NULL);
    if (!json_is(object, JSON_OBJECT))
        return false;
    for (size_t i = 0; drop_legacy && i < sizeof(legacy_fields) / sizeof(*legacy_fields); i++)
        json_remove(object, legacy_fields[i]);
    json_set(object, field, json_new_str(text));
    CLEANUP_BUF struct buf written = {0};
    json_write(&written, object, JSON_ASCII | JSON_INDENT2);
    *out = (struct str){arena_dup(arena, written.ptr, written.len), written.len};
    return true;
}

static bool is_model_turn(const struct message *m)
{
    return str_is(m->role, "agent") || str_is(m->role, "assistant");
}

static size_t recent_target(const struct message *messages, size_t count, bool *out_first)
{
    size_t target = 0;
    *out_first = true;
    for (size_t i = count; i-- > 0;) {
        if (str_is(messages[i].role, "user") || str_is(messages[i].role, "system")) {
            target = i;
            break;
        }
    }
    for (size_t i = 0; i <= target; i++)
        *out_first = *out_first && !is_model_turn(&messages[i]);
    return target;
}

/* The first message of role user or system, before any model turn; `count` if there is none. */
static size_t opening_target(const struct message *messages, size_t count)
{
    size_t target = count;
    for (size_t i = count; i-- > 0;) {
        if (is_model_turn(&messages[i]))
            return count;
        if (str_is(messages[i].role, "user") || str_is(messages[i].role, "system"))
            target = i;
    }
    return target;
}

static size_t system_target(const struct message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(messages[i].role, "system"))
            return i;
    }
    return count;
}

static struct str in_front(struct arena *arena, const struct guidance *guidance, struct str content)
{
    struct str line = guidance->task_line;
    if (!line.len)
        return join(arena, guidance->text, content);
    struct str headed = join(arena, guidance->text, line);
    char *text = arena_text(arena, headed.len + content.len + 1);
    memcpy(text, headed.ptr, headed.len);
    text[headed.len] = '\n';
    if (content.len)
        memcpy(text + headed.len + 1, content.ptr, content.len);
    return (struct str){text, headed.len + 1 + content.len};
}

static struct str with_guidance(struct arena *arena, const struct guidance *guidance,
                                enum placement where, bool first, const char *field,
                                struct str content)
{
    bool fielded = (where == PLACE_FIRST && field) ||
                   (first && (where == PLACE_FIELD || where == PLACE_OPENING));
    struct str out;
    if (fielded && set_field(arena, content, field ? field : "behavioral_skills", guidance->text,
                             where == PLACE_FIRST, &out))
        return out;
    return first ? in_front(arena, guidance, content) : join(arena, content, guidance->text);
}

static const struct message *make_system(const struct message *messages, size_t count,
                                         const struct guidance *guidance, struct arena *arena,
                                         size_t *out_count)
{
    struct message *out = arena_alloc(arena, (count + 1) * sizeof(*out));
    out[0] = (struct message){.role = STR("system"), .content = guidance->text};
    memcpy(out + 1, messages, count * sizeof(*out));
    *out_count = count + 1;
    return out;
}

const struct message *place_guidance(const struct message *messages, size_t count,
                                     const struct guidance *guidance, enum placement otherwise,
                                     const char *field, struct arena *arena, size_t *out_count)
{
    enum placement where = guidance->placement == PLACE_TASK ? otherwise : guidance->placement;
    *out_count = count;
    if (!guidance->text.len || !count)
        return messages;

    size_t target = 0;
    bool first = where == PLACE_OPENING;
    if (where == PLACE_OPENING)
        target = opening_target(messages, count);
    else if (where == PLACE_SYSTEM)
        target = system_target(messages, count);
    else if (where != PLACE_FIRST)
        target = recent_target(messages, count, &first);
    if (target == count)
        return where == PLACE_OPENING ? messages
                                      : make_system(messages, count, guidance, arena, out_count);

    struct message *out = arena_alloc(arena, count * sizeof(*out));
    memcpy(out, messages, count * sizeof(*out));
    out[target].content =
        with_guidance(arena, guidance, where, first, field, messages[target].content);
    return out;
}
