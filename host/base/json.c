/* SPDX-License-Identifier: MIT */
/* json-c has a type of the name of a function of ours. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool
#include <string.h>

#include "base/json.h"

#include "base/mem.h"
#include "base/utf8.h"

/* json-c has NULL for null; the root of the text "null" is this instead, to differ from failure. */
static char null_root;

static bool is_null(const struct json *value)
{
    return !value || (const void *)value == &null_root;
}

static struct json_object *to_c(const struct json *value)
{
    return is_null(value) ? NULL : (struct json_object *)value;
}

static struct json *from_c(struct json_object *object)
{
    if (!object)
        mem_exhausted();
    return (struct json *)object;
}

static struct json_object *as(const struct json *value, enum json_type type)
{
    struct json_object *object = to_c(value);
    return json_object_is_type(object, type) ? object : NULL;
}

struct json *json_null_root(void)
{
    return (struct json *)&null_root;
}

struct json *json_ref(struct json *value)
{
    if (!is_null(value))
        json_object_get(to_c(value));
    return value;
}

void json_free(struct json *value)
{
    json_object_put(to_c(value));
}

void json_cleanup_(struct json **value)
{
    json_free(*value);
}

struct json *json_copy(const struct json *value)
{
    struct json *copy;
    switch (json_kind(value)) {
    case JSON_OBJECT:
        copy = json_new_object();
        for (struct json_iter it = json_members(value); json_next(&it);)
            json_set_str(copy, it.key, json_copy(it.value));
        return copy;
    case JSON_ARRAY:
        copy = json_new_array();
        for (size_t i = 0; i < json_count(value); i++)
            json_push(copy, json_copy(json_at(value, i)));
        return copy;
    case JSON_STRING:
        return json_new_str(json_str(value));
    case JSON_INT:
        return json_new_int(json_int(value, 0));
    case JSON_DOUBLE:
        return json_new_double(json_double(value, 0));
    case JSON_BOOL:
        return json_new_bool(json_bool(value, false));
    case JSON_NULL:
        break;
    }
    return (struct json *)value;
}

enum json_kind json_kind(const struct json *value)
{
    switch (json_object_get_type(to_c(value))) {
    case json_type_boolean:
        return JSON_BOOL;
    case json_type_int:
        return JSON_INT;
    case json_type_double:
        return JSON_DOUBLE;
    case json_type_string:
        return JSON_STRING;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_object:
        return JSON_OBJECT;
    case json_type_null:
        break;
    }
    return JSON_NULL;
}

bool json_is(const struct json *value, enum json_kind kind)
{
    return json_kind(value) == kind;
}

bool json_bool(const struct json *value, bool otherwise)
{
    struct json_object *object = as(value, json_type_boolean);
    return object ? json_object_get_boolean(object) : otherwise;
}

static bool double_to_int(double number, int64_t *out)
{
    /* The bounds are powers of two, so exact; NaN fails both comparisons. */
    if (!(number >= -0x1p63 && number < 0x1p63) || (double)(int64_t)number != number)
        return false;
    *out = (int64_t)number;
    return true;
}

int64_t json_int(const struct json *value, int64_t otherwise)
{
    struct json_object *object = to_c(value);
    if (json_object_is_type(object, json_type_int))
        return json_object_get_int64(object);
    int64_t whole;
    if (json_object_is_type(object, json_type_double) &&
        double_to_int(json_object_get_double(object), &whole))
        return whole;
    return otherwise;
}

double json_double(const struct json *value, double otherwise)
{
    struct json_object *object = to_c(value);
    if (json_object_is_type(object, json_type_int))
        return (double)json_object_get_int64(object);
    return as(value, json_type_double) ? json_object_get_double(object) : otherwise;
}

struct str json_str(const struct json *value)
{
    struct json_object *object = as(value, json_type_string);
    if (!object)
        return (struct str){"", 0};
    return (struct str){json_object_get_string(object), (size_t)json_object_get_string_len(object)};
}

size_t json_count(const struct json *value)
{
    struct json_object *object = to_c(value);
    if (json_object_is_type(object, json_type_array))
        return json_object_array_length(object);
    return as(value, json_type_object) ? (size_t)json_object_object_length(object) : 0;
}

struct json *json_at(const struct json *array, size_t index)
{
    struct json_object *object = as(array, json_type_array);
    return object ? (struct json *)json_object_array_get_idx(object, index) : NULL;
}

/*
 * Names. json-c keeps C strings; a name with a NUL is kept as its encoded form (NUL as C0 80, which
 * is in no valid UTF-8), a NUL, and the name itself. Such names, and only they, are "constant" for
 * json-c; the object's user data owns them.
 */
struct odd_name {
    struct odd_name *next;
    char text[];
};

struct odd_names {
    struct odd_name *first;
};

struct c_name {
    const char *text;
    bool has_nul;
    char *heap;
    char small[128];
};

static void encode_name(struct c_name *name, struct str key)
{
    CLEANUP_BUF struct buf buf = {0};
    for (const char *p = key.ptr, *end = p + key.len; p < end;) {
        size_t len = utf8_length(p, end);
        if (len && *p)
            buf_add(&buf, p, len);
        else
            buf_text(&buf, len ? "\xC0\x80" : "\xEF\xBF\xBD");
        name->has_nul |= len && !*p;
        p += len ? len : 1;
    }
    if (buf.failed)
        mem_exhausted();
    name->text = name->heap = buf_steal(&buf);
}

static void make_name(struct c_name *name, struct str key, bool valid)
{
    name->heap = NULL;
    name->has_nul = false;
    if (key.len && (memchr(key.ptr, '\0', key.len) || !(valid || str_valid_utf8(key)))) {
        encode_name(name, key);
    } else if (key.len < sizeof(name->small)) {
        if (key.len)
            memcpy(name->small, key.ptr, key.len);
        name->small[key.len] = '\0';
        name->text = name->small;
    } else {
        name->text = name->heap = mem_dup(key.ptr, key.len);
    }
}

static void name_cleanup(struct c_name *name)
{
    mem_free(name->heap);
}
#define CLEANUP_NAME __attribute__((cleanup(name_cleanup)))

static size_t decoded_length(const char *encoded)
{
    size_t len = strlen(encoded);
    for (const char *p = encoded; (p = strchr(p, '\xC0')); p++)
        len--;
    return len;
}

static void free_odd_names(struct json_object *object, void *user_data)
{
    struct odd_names *names = user_data;
    for (struct odd_name *name = names->first, *next; name; name = next) {
        next = name->next;
        mem_free(name);
    }
    mem_free(names);
}

static const char *keep_odd_name(struct json_object *object, const char *encoded)
{
    size_t len = strlen(encoded), decoded = decoded_length(encoded);
    struct odd_name *name = mem_alloc(sizeof(*name) + len + 1 + decoded + 1);
    memcpy(name->text, encoded, len);
    char *out = name->text + len + 1;
    for (const char *p = encoded; *p; p += *p == '\xC0' ? 2 : 1)
        *out++ = (char)(*p == '\xC0' ? '\0' : *p);
    struct odd_names *names = json_object_get_userdata(object);
    if (!names) {
        names = mem_alloc(sizeof(*names));
        json_object_set_userdata(object, names, free_odd_names);
    }
    name->next = names->first;
    names->first = name;
    return name->text;
}

struct json *json_get_str(const struct json *object, struct str key)
{
    struct json_object *found = NULL;
    struct json_object *of = as(object, json_type_object);
    if (!of)
        return NULL;
    CLEANUP_NAME struct c_name name;
    make_name(&name, key, false);
    json_object_object_get_ex(of, name.text, &found);
    return (struct json *)found;
}

struct json *json_get(const struct json *object, const char *key)
{
    struct json_object *found = NULL;
    struct json_object *of = as(object, json_type_object);
    if (of)
        json_object_object_get_ex(of, key, &found);
    return (struct json *)found;
}

struct json *json_path(const struct json *object, const char *dotted)
{
    struct json *value = (struct json *)object;
    struct str rest = str_of(dotted);
    while (rest.ptr && value)
        value = json_get_str(value, str_cut(&rest, '.'));
    return value;
}

static void set(struct json *object, struct str key, bool valid, struct json *value)
{
    struct json_object *to = as(object, json_type_object);
    if (!to) {
        json_free(value);
        return;
    }
    CLEANUP_NAME struct c_name name;
    make_name(&name, key, valid);
    const char *text = name.text;
    unsigned options = 0;
    if (name.has_nul && !json_object_object_get_ex(to, text, NULL)) {
        text = keep_odd_name(to, text);
        options = JSON_C_OBJECT_ADD_CONSTANT_KEY;
    }
    if (json_object_object_add_ex(to, text, to_c(value), options) < 0)
        mem_exhausted();
}

void json_set_str(struct json *object, struct str key, struct json *value)
{
    set(object, key, false, value);
}

void json_set_read(struct json *object, struct str key, struct json *value)
{
    set(object, key, true, value);
}

void json_set(struct json *object, const char *key, struct json *value)
{
    json_set_str(object, str_of(key), value);
}

void json_push(struct json *array, struct json *value)
{
    struct json_object *to = as(array, json_type_array);
    if (!to)
        json_free(value);
    else if (json_object_array_add(to, to_c(value)) < 0)
        mem_exhausted();
}

void json_remove(struct json *object, const char *key)
{
    struct json_object *from = as(object, json_type_object);
    if (from)
        json_object_object_del(from, key);
}

struct json_iter json_members(const struct json *object)
{
    struct json_object *of = as(object, json_type_object);
    void *first = of ? lh_table_head(json_object_get_object(of)) : NULL;
    return (struct json_iter){.object = object, .entry = first};
}

bool json_next(struct json_iter *it)
{
    struct lh_entry *entry = it->entry;
    if (!entry)
        return false;
    const char *name = lh_entry_k(entry);
    size_t len = strlen(name);
    it->key = (struct str){name, len};
    if (lh_entry_k_is_constant(entry))
        it->key = (struct str){name + len + 1, decoded_length(name)};
    it->value = lh_entry_v(entry);
    it->entry = lh_entry_next(entry);
    return true;
}

struct json *json_new_object(void)
{
    return from_c(json_object_new_object());
}

struct json *json_new_array(void)
{
    return from_c(json_object_new_array_ext(4));
}

struct json *json_new_str(struct str text)
{
    if (text.len > INT32_MAX)
        mem_exhausted();
    return from_c(json_object_new_string_len(text.len ? text.ptr : "", (int)text.len));
}

struct json *json_new_int(int64_t number)
{
    return from_c(json_object_new_int64(number));
}

struct json *json_new_double(double number)
{
    return from_c(json_object_new_double(number));
}

struct json *json_new_bool(bool flag)
{
    return from_c(json_object_new_boolean(flag));
}

static bool equal_numbers(const struct json *a, const struct json *b)
{
    if (json_is(a, JSON_DOUBLE) && json_is(b, JSON_DOUBLE))
        return json_double(a, 0) == json_double(b, 0);
    /* A double that is no whole number in range gives way to the default, which then differs. */
    return json_int(a, 0) == json_int(b, 0) && json_int(a, 1) == json_int(b, 1);
}

static bool equal_objects(const struct json *a, const struct json *b)
{
    if (json_count(a) != json_count(b))
        return false;
    for (struct json_iter it = json_members(a); json_next(&it);) {
        CLEANUP_NAME struct c_name name;
        make_name(&name, it.key, false);
        struct json_object *other;
        if (!json_object_object_get_ex(to_c(b), name.text, &other) ||
            !json_equal(it.value, (struct json *)other))
            return false;
    }
    return true;
}

static bool equal_arrays(const struct json *a, const struct json *b)
{
    if (json_count(a) != json_count(b))
        return false;
    for (size_t i = 0; i < json_count(a); i++) {
        if (!json_equal(json_at(a, i), json_at(b, i)))
            return false;
    }
    return true;
}

static bool is_number(enum json_kind kind)
{
    return kind == JSON_INT || kind == JSON_DOUBLE;
}

bool json_equal(const struct json *a, const struct json *b)
{
    enum json_kind kind = json_kind(a), other = json_kind(b);
    if (is_number(kind) && is_number(other))
        return equal_numbers(a, b);
    if (kind != other)
        return false;
    switch (kind) {
    case JSON_BOOL:
        return json_bool(a, false) == json_bool(b, false);
    case JSON_STRING:
        return str_eq(json_str(a), json_str(b));
    case JSON_ARRAY:
        return equal_arrays(a, b);
    case JSON_OBJECT:
        return equal_objects(a, b);
    case JSON_NULL:
    case JSON_INT:
    case JSON_DOUBLE:
        break;
    }
    return true;
}
