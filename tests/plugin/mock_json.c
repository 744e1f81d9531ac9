/* SPDX-License-Identifier: MIT */
#include "mock_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Trees that nobody else owns, and texts that were given out. */
struct mock_json {
    struct json **roots;
    size_t root_count;
    char **texts;
    size_t text_count;
};

struct mock_json *mock_json_create(void)
{
    return calloc(1, sizeof(struct mock_json));
}

void mock_json_destroy(struct mock_json *json)
{
    if (!json)
        return;
    for (size_t i = 0; i < json->root_count; i++)
        json_free(json->roots[i]);
    for (size_t i = 0; i < json->text_count; i++)
        free(json->texts[i]);
    free(json->roots);
    free(json->texts);
    free(json);
}

static struct json *value_of(const grasp_json_value *value)
{
    return (struct json *)value;
}

static grasp_json_value *handle_of(const struct json *value)
{
    return (grasp_json_value *)value;
}

static struct str as_str(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}

static grasp_json_value *keep(grasp_call *call, struct json *value)
{
    struct mock_json *json = mock_json_of(call);
    json->roots = realloc(json->roots, (json->root_count + 1) * sizeof(*json->roots));
    json->roots[json->root_count++] = value;
    return handle_of(value);
}

/* The value for putting into another: itself if nobody owns it, else a copy. */
static struct json *take(grasp_call *call, const grasp_json_value *value)
{
    struct mock_json *json = mock_json_of(call);
    for (size_t i = 0; i < json->root_count; i++) {
        if (value && json->roots[i] == value_of(value)) {
            json->roots[i] = json->roots[--json->root_count];
            return value_of(value);
        }
    }
    return value ? json_copy(value_of(value)) : NULL;
}

static grasp_str keep_text(grasp_call *call, char *text, size_t len)
{
    struct mock_json *json = mock_json_of(call);
    json->texts = realloc(json->texts, (json->text_count + 1) * sizeof(*json->texts));
    json->texts[json->text_count++] = text;
    return (grasp_str){text, len};
}

static grasp_json_value *ext_parse(grasp_call *call, grasp_str text, grasp_str *out_error)
{
    struct err err;
    struct json *value = json_parse(as_str(text), &err);
    if (value)
        return keep(call, value);
    if (out_error) {
        char *why = strdup(err.text);
        *out_error = keep_text(call, why, strlen(why));
    }
    return NULL;
}

static int32_t ext_kind(const grasp_json_value *value)
{
    static const int32_t kinds[] = {
        [JSON_NULL] = GRASP_JSON_NULL,     [JSON_BOOL] = GRASP_JSON_BOOL,
        [JSON_INT] = GRASP_JSON_INT,       [JSON_DOUBLE] = GRASP_JSON_DOUBLE,
        [JSON_STRING] = GRASP_JSON_STRING, [JSON_ARRAY] = GRASP_JSON_ARRAY,
        [JSON_OBJECT] = GRASP_JSON_OBJECT,
    };
    return kinds[json_kind(value_of(value))];
}

static int32_t ext_as_bool(const grasp_json_value *value, int32_t otherwise)
{
    return json_bool(value_of(value), otherwise);
}

static int64_t ext_as_int(const grasp_json_value *value, int64_t otherwise)
{
    return json_int(value_of(value), otherwise);
}

static double ext_as_double(const grasp_json_value *value, double otherwise)
{
    return json_double(value_of(value), otherwise);
}

static grasp_str ext_as_string(const grasp_json_value *value)
{
    struct str text = json_str(value_of(value));
    return (grasp_str){text.ptr, text.len};
}

static uint64_t ext_count(const grasp_json_value *value)
{
    return json_count(value_of(value));
}

static grasp_json_value *ext_at(const grasp_json_value *array, uint64_t index)
{
    return handle_of(json_at(value_of(array), index));
}

static grasp_json_value *ext_get(const grasp_json_value *object, grasp_str key)
{
    return handle_of(json_get_str(value_of(object), as_str(key)));
}

static grasp_json_value *ext_member(const grasp_json_value *object, uint64_t index,
                                    grasp_str *out_key)
{
    struct json_iter it = json_members(value_of(object));
    *out_key = (grasp_str){"", 0};
    while (json_next(&it)) {
        if (index-- == 0) {
            *out_key = (grasp_str){it.key.ptr, it.key.len};
            return handle_of(it.value);
        }
    }
    return NULL;
}

static grasp_json_value *ext_new_object(grasp_call *call)
{
    return keep(call, json_new_object());
}

static grasp_json_value *ext_new_array(grasp_call *call)
{
    return keep(call, json_new_array());
}

static grasp_json_value *ext_new_string(grasp_call *call, grasp_str text)
{
    return keep(call, json_new_str(as_str(text)));
}

static grasp_json_value *ext_new_int(grasp_call *call, int64_t number)
{
    return keep(call, json_new_int(number));
}

static grasp_json_value *ext_new_double(grasp_call *call, double number)
{
    return keep(call, json_new_double(number));
}

static grasp_json_value *ext_new_bool(grasp_call *call, int32_t flag)
{
    return keep(call, json_new_bool(flag != 0));
}

static void ext_set(grasp_call *call, grasp_json_value *object, grasp_str key,
                    grasp_json_value *value)
{
    json_set_str(value_of(object), as_str(key), take(call, value));
}

static void ext_append(grasp_call *call, grasp_json_value *array, grasp_json_value *value)
{
    json_push(value_of(array), take(call, value));
}

static grasp_str ext_print(grasp_call *call, const grasp_json_value *value, uint32_t indent)
{
    struct buf buf = {0};
    json_write(&buf, value_of(value), indent ? JSON_INDENT2 : 0);
    size_t len = buf.len;
    return keep_text(call, buf_steal(&buf), len);
}

static const grasp_json table = {
    .size = sizeof(table),
    .parse = ext_parse,
    .kind = ext_kind,
    .as_bool = ext_as_bool,
    .as_int = ext_as_int,
    .as_double = ext_as_double,
    .as_string = ext_as_string,
    .count = ext_count,
    .at = ext_at,
    .get = ext_get,
    .member = ext_member,
    .new_object = ext_new_object,
    .new_array = ext_new_array,
    .new_string = ext_new_string,
    .new_int = ext_new_int,
    .new_double = ext_new_double,
    .new_bool = ext_new_bool,
    .set = ext_set,
    .append = ext_append,
    .print = ext_print,
};

const grasp_json *const mock_json_table = &table;
