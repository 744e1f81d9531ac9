/* SPDX-License-Identifier: MIT */
/* grasp.json/1 over base/json. A value of the extension is a value of ours; the call owns the roots
 * and frees them when it ends. */
#include <string.h>

#include "plugin/call.h"

static struct json *of(const grasp_json_value *value)
{
    return (struct json *)(uintptr_t)value;
}

static grasp_json_value *as(struct json *value)
{
    return (grasp_json_value *)value;
}

static struct call *call_of(grasp_call *call)
{
    return (struct call *)call;
}

static grasp_json_value *own(grasp_call *base, struct json *value)
{
    struct call *call = call_of(base);
    MEM_RESERVE(call->roots, call->root_count, call->root_capacity);
    call->roots[call->root_count++] = value;
    return as(value);
}

/* The value to put into another: itself if it stands alone, else a copy. */
static struct json *take(grasp_call *base, grasp_json_value *value)
{
    struct call *call = call_of(base);
    if (!value)
        return NULL;
    for (size_t i = call->root_count; i-- > 0;) {
        if (call->roots[i] != of(value))
            continue;
        call->roots[i] = call->roots[--call->root_count];
        return of(value);
    }
    return json_copy(of(value));
}

static grasp_json_value *parse(grasp_call *base, grasp_str text, grasp_str *out_error)
{
    struct call *call = call_of(base);
    struct err err;
    struct json *value = json_parse(str_from(text), &err);
    if (value)
        return own(base, value);
    if (out_error) {
        size_t len = strlen(err.text);
        *out_error = (grasp_str){arena_dup(&call->scratch, err.text, len), len};
    }
    return NULL;
}

static int32_t kind(const grasp_json_value *value)
{
    return (int32_t)json_kind(of(value));
}

static int32_t as_bool(const grasp_json_value *value, int32_t otherwise)
{
    return json_bool(of(value), otherwise != 0);
}

static int64_t as_int(const grasp_json_value *value, int64_t otherwise)
{
    return json_int(of(value), otherwise);
}

static double as_double(const grasp_json_value *value, double otherwise)
{
    return json_double(of(value), otherwise);
}

static grasp_str as_string(const grasp_json_value *value)
{
    return str_to(json_str(of(value)));
}

static uint64_t count(const grasp_json_value *value)
{
    return json_count(of(value));
}

static grasp_json_value *at(const grasp_json_value *array, uint64_t index)
{
    return as(json_at(of(array), index));
}

static grasp_json_value *get(const grasp_json_value *object, grasp_str key)
{
    return as(json_get_str(of(object), str_from(key)));
}

/* How far walks over members have come: member(object, 0), member(object, 1) and so on would each
 * begin at the first one. Walks nest, so there are several. What changes or frees a value on this
 * thread forgets them. */
#define WALKS 8

static _Thread_local struct walk {
    const struct json *object; /* NULL: free */
    uint64_t next;             /* the index that `at` comes to next */
    struct json_iter at;
    uint64_t used;
} walks[WALKS];
static _Thread_local uint64_t walk_clock;

void extension_json_forget(void)
{
    if (!walk_clock)
        return;
    memset(walks, 0, sizeof(walks));
    walk_clock = 0;
}

/* The walk over the object, or in place of the one that was used least recently a new one. */
static struct walk *walk_of(const struct json *object)
{
    struct walk *oldest = walks;
    for (size_t i = 0; i < WALKS; i++) {
        if (walks[i].object == object)
            return &walks[i];
        if (walks[i].used < oldest->used)
            oldest = &walks[i];
    }
    *oldest = (struct walk){.object = object, .at = json_members(object)};
    return oldest;
}

static grasp_json_value *member(const grasp_json_value *object, uint64_t index, grasp_str *out_key)
{
    if (index >= json_count(of(object)) || !json_is(of(object), JSON_OBJECT))
        return NULL;
    struct walk *walk = walk_of(of(object));
    if (index + 1 < walk->next)
        *walk = (struct walk){.object = walk->object, .at = json_members(of(object))};
    while (walk->next <= index && json_next(&walk->at))
        walk->next++;
    struct json_iter found = walk->at;
    walk->used = ++walk_clock;
    if (walk->next == json_count(of(object)))
        *walk = (struct walk){0};
    if (out_key)
        *out_key = str_to(found.key);
    return as(found.value);
}

static grasp_json_value *new_object(grasp_call *call)
{
    return own(call, json_new_object());
}

static grasp_json_value *new_array(grasp_call *call)
{
    return own(call, json_new_array());
}

static grasp_json_value *new_string(grasp_call *call, grasp_str text)
{
    return own(call, json_new_str(str_from(text)));
}

static grasp_json_value *new_int(grasp_call *call, int64_t number)
{
    return own(call, json_new_int(number));
}

static grasp_json_value *new_double(grasp_call *call, double number)
{
    return own(call, json_new_double(number));
}

static grasp_json_value *new_bool(grasp_call *call, int32_t flag)
{
    return own(call, json_new_bool(flag != 0));
}

static void set(grasp_call *call, grasp_json_value *object, grasp_str key, grasp_json_value *value)
{
    extension_json_forget();
    if (json_is(of(object), JSON_OBJECT) && object != value)
        json_set_str(of(object), str_from(key), take(call, value));
}

static void append(grasp_call *call, grasp_json_value *array, grasp_json_value *value)
{
    if (json_is(of(array), JSON_ARRAY) && array != value)
        json_push(of(array), take(call, value));
}

static grasp_str print(grasp_call *base, const grasp_json_value *value, uint32_t indent)
{
    struct call *call = call_of(base);
    CLEANUP_BUF struct buf out = {0};
    json_write(&out, of(value), indent ? JSON_INDENT2 : 0);
    return (grasp_str){arena_dup(&call->scratch, out.ptr, out.len), out.len};
}

const grasp_json extension_json = {
    .size = sizeof(grasp_json),
    .parse = parse,
    .kind = kind,
    .as_bool = as_bool,
    .as_int = as_int,
    .as_double = as_double,
    .as_string = as_string,
    .count = count,
    .at = at,
    .get = get,
    .member = member,
    .new_object = new_object,
    .new_array = new_array,
    .new_string = new_string,
    .new_int = new_int,
    .new_double = new_double,
    .new_bool = new_bool,
    .set = set,
    .append = append,
    .print = print,
};
