/* SPDX-License-Identifier: MIT */
#include "run/place.h"

#include <string.h>

#include "base/json.h"

static struct str join(struct arena *arena, struct str a, struct str b)
{
    size_t len = a.len + 2 + b.len;
    char *text = arena_alloc(arena, len + 1);
    memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, "\n\n", 2);
    if (b.len)
        memcpy(text + a.len + 2, b.ptr, b.len);
    return (struct str){text, len};
}

/* The reference's wrapper drops these members of older prompts. */
static const char *const legacy_fields[] = {"skill_instruction", "selected_skills",
                                            "skill_documentation"};

static struct str set_field(struct arena *arena, struct str content, const char *field,
                            struct str text)
{
    CLEANUP_JSON struct json *object = json_parse(content, NULL);
    if (!json_is(object, JSON_OBJECT))
        return join(arena, content, text);
    for (size_t i = 0; i < sizeof(legacy_fields) / sizeof(*legacy_fields); i++)
        json_remove(object, legacy_fields[i]);
    json_set(object, field, json_new_str(text));
    CLEANUP_BUF struct buf out = {0};
    json_write(&out, object, JSON_ASCII | JSON_INDENT2);
    return (struct str){arena_dup(arena, out.ptr, out.len), out.len};
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

static size_t system_target(const struct message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(messages[i].role, "system"))
            return i;
    }
    return count;
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
    bool first = false, make_system = false;
    if (where == PLACE_SYSTEM) {
        target = system_target(messages, count);
        make_system = target == count;
    } else if (where != PLACE_FIRST) {
        target = recent_target(messages, count, &first);
    }

    struct message *out = arena_alloc(arena, (count + 1) * sizeof(*out));
    if (make_system) {
        out[0] = (struct message){.role = STR("system"), .content = guidance->text};
        memcpy(out + 1, messages, count * sizeof(*out));
        *out_count = count + 1;
        return out;
    }
    memcpy(out, messages, count * sizeof(*out));
    struct str old = out[target].content;
    if (where == PLACE_FIRST && field)
        out[target].content = set_field(arena, old, field, guidance->text);
    else
        out[target].content =
            first ? join(arena, guidance->text, old) : join(arena, old, guidance->text);
    return out;
}
