/* SPDX-License-Identifier: MIT */
#include "common/put.h"

#include <grasp/helpers.h>

#include "common/slice.h"

/* Between two values stands a comma; nothing that is put ends with an opening bracket, but these.
 */
static void begin(struct text *out, const char *key)
{
    char last = out->len ? out->ptr[out->len - 1] : '[';
    if (last != '[' && last != '{')
        text_put(out, ", ");
    if (key)
        text_format(out, "\"%s\": ", key);
}

void put_open(struct text *out, const char *key, char bracket)
{
    begin(out, key);
    text_char(out, bracket);
}

void put_close(struct text *out, char bracket)
{
    text_char(out, bracket);
}

void put_string(struct text *out, const char *key, grasp_str value)
{
    begin(out, key);
    text_json(out, value);
}

void put_strings(struct text *out, const char *key, const struct strings *list)
{
    put_open(out, key, '[');
    for (size_t i = 0; i < list->count; i++)
        put_string(out, NULL, list->items[i]);
    put_close(out, ']');
}

void put_int(struct text *out, const char *key, int64_t value)
{
    begin(out, key);
    text_format(out, "%lld", (long long)value);
}

void put_bool(struct text *out, const char *key, bool value)
{
    put_json(out, key, value ? SLICE("true") : SLICE("false"));
}

void put_json(struct text *out, const char *key, grasp_str json)
{
    begin(out, key);
    text_str(out, json);
}
