/* SPDX-License-Identifier: MIT */
#include "product.h"

#include <grasp/helpers.h>
#include <string.h>

#include "common/pynumber.h"
#include "common/slice.h"
#include "unicode.h"

#define ASIN_MAX 10
#define NO_ATTRIBUTES "DUMMY_ATTR"

const char *fallback_name(enum fallback fallback)
{
    static const char *const names[FALLBACK_COUNT] = {
        [FALLBACK_DAMAGED] = "entries left out that are no JSON object",
        [FALLBACK_ASIN] = "products left out without a usable asin",
        [FALLBACK_REPEATED] = "products left out whose asin came before",
        [FALLBACK_NAME] = "names that are no text",
        [FALLBACK_TEXT] = "descriptions, categories or queries that are no text",
        [FALLBACK_BULLETS] = "lists of features that are empty or no texts",
        [FALLBACK_PRICE] = "prices that cannot be read, taken as 100.0",
        [FALLBACK_OPTIONS] = "options left out that are no lists of texts",
        [FALLBACK_ATTRIBUTES] = "lists of attributes that are none",
        [FALLBACK_GOALS] = "instructions left out that cannot be used",
        [FALLBACK_TRUNCATED] = "files that break off",
    };
    return names[fallback];
}

void strings_read(struct pool *pool, const struct lenient *array, struct strings *out)
{
    *out = strings_with_room(pool, array ? array->count : 0);
    if (lenient_is(array, LENIENT_ARRAY))
        for (const struct lenient *item = array->items; item; item = item->next)
            if (item->kind == LENIENT_STRING)
                strings_add(pool, out, item->text);
}

void strings_write(struct text *out, const struct strings *strings)
{
    text_char(out, '[');
    for (size_t i = 0; i < strings->count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, strings->items[i]);
    }
    text_char(out, ']');
}

static grasp_str lowered(struct pool *pool, grasp_str text)
{
    struct text out CLEANUP_TEXT = {0};
    unicode_lower(&out, text);
    return pool_dup(pool, text_view(&out));
}

/* As str() would show it. */
static grasp_str shown(const struct lenient *value)
{
    if (!value || value->kind == LENIENT_NULL)
        return SLICE("None");
    switch (value->kind) {
    case LENIENT_STRING:
        return value->text;
    case LENIENT_NUMBER:
        return grasp_equal(value->text, "NaN") ? SLICE("nan") : value->text;
    case LENIENT_TRUE:
        return SLICE("True");
    case LENIENT_FALSE:
        return SLICE("False");
    case LENIENT_NULL:
    case LENIENT_ARRAY:
    case LENIENT_OBJECT:
    default:
        return SLICE("");
    }
}

static grasp_str text_of(const struct lenient *item, const char *key, enum fallback fallback,
                         struct report *report)
{
    const struct lenient *value = lenient_get(item, key);
    report->counts[fallback] += !lenient_is(value, LENIENT_STRING);
    return shown(value);
}

static grasp_str plain_text_of(const struct lenient *item, const char *key, struct report *report)
{
    grasp_str text = text_of(item, key, FALLBACK_TEXT, report);
    return lenient_is(lenient_get(item, key), LENIENT_STRING) ? text : SLICE("");
}

/* Digits and points of a piece, as a number. */
static bool read_amount(grasp_str piece, double *out)
{
    char digits[PYNUMBER_MAX];
    size_t len = 0;
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.ptr[i];
        if ((c >= '0' && c <= '9') || c == '.') {
            if (len == sizeof(digits) - 1)
                return false;
            digits[len++] = c;
        }
    }
    digits[len] = '\0';
    return pynumber_decimal(digits, out);
}

bool product_price(struct pool *pool, grasp_str text, struct product *out)
{
    struct text tag CLEANUP_TEXT = {0};
    size_t at, end;
    out->price_count = 0;
    bool good = slice_find(text, SLICE("$"), 0, &at);
    while (good && at < text.len && out->price_count < 2) {
        if (!slice_find(text, SLICE("$"), at + 1, &end))
            end = text.len;
        good = read_amount(slice_cut(text, at + 1, end), &out->prices[out->price_count]);
        out->price_count += good;
        at = end;
    }
    if (!good || !out->price_count) {
        out->prices[0] = 100;
        out->price_count = 1;
    }
    for (size_t i = 0; i < out->price_count; i++) {
        text_put(&tag, i ? " to $" : "$");
        text_double(&tag, out->prices[i]);
    }
    out->tag = pool_dup(pool, text_view(&tag));
    out->price = out->prices[0];
    return good;
}

static void read_price(struct pool *pool, const struct lenient *item, struct report *report,
                       struct product *out)
{
    const struct lenient *value = lenient_get(item, "pricing");
    bool given = value && value->kind != LENIENT_NULL &&
                 !(value->kind == LENIENT_STRING && !value->text.len);
    bool good = product_price(pool, given ? shown(value) : SLICE("$100"), out);
    report->counts[FALLBACK_PRICE] += given && (!good || value->kind != LENIENT_STRING);
}

static void read_bullets(struct pool *pool, const struct lenient *item, struct report *report,
                         struct product *out)
{
    const struct lenient *value = lenient_get(item, "small_description");
    if (lenient_is(value, LENIENT_ARRAY)) {
        out->bullets.items = pool_array(pool, value->count + 1, sizeof(grasp_str));
        for (const struct lenient *bullet = value->items; bullet; bullet = bullet->next) {
            report->counts[FALLBACK_BULLETS] += bullet->kind != LENIENT_STRING;
            out->bullets.items[out->bullets.count++] = shown(bullet);
        }
        report->counts[FALLBACK_BULLETS] += !value->count;
        return;
    }
    report->counts[FALLBACK_BULLETS] += !lenient_is(value, LENIENT_STRING);
    out->bullets.items = pool_alloc(pool, sizeof(grasp_str));
    out->bullets.items[0] = shown(value);
    out->bullets.count = 1;
}

/* Without blanks around it, '/' with blanks around it, lower case. */
static grasp_str option_value(struct pool *pool, grasp_str text)
{
    struct text spread CLEANUP_TEXT = {0};
    text = slice_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '/')
            text_put(&spread, " | ");
        else
            text_char(&spread, text.ptr[i]);
    }
    return lowered(pool, text_view(&spread));
}

static void read_group(struct pool *pool, const struct lenient *list, struct report *report,
                       struct option_group *out)
{
    out->name = lowered(pool, list->key);
    out->values.items = pool_array(pool, list->count + 1, sizeof(grasp_str));
    for (const struct lenient *item = list->items; item; item = item->next) {
        const struct lenient *value = lenient_get(item, "value");
        report->counts[FALLBACK_OPTIONS] += !lenient_is(value, LENIENT_STRING);
        if (lenient_is(value, LENIENT_STRING))
            out->values.items[out->values.count++] = option_value(pool, value->text);
    }
}

/* Two names that differ in case alone are one option, the last one's. */
static struct option_group *group_of(struct product *out, grasp_str name)
{
    for (size_t i = 0; i < out->option_count; i++)
        if (slice_eq(out->options[i].name, name))
            return &out->options[i];
    return &out->options[out->option_count++];
}

static void read_options(struct pool *pool, const struct lenient *item, struct report *report,
                         struct product *out)
{
    const struct lenient *value = lenient_get(item, "customization_options");
    if (!lenient_is(value, LENIENT_OBJECT)) {
        report->counts[FALLBACK_OPTIONS] += value && value->kind != LENIENT_NULL &&
                                            !(value->kind == LENIENT_STRING && !value->text.len);
        return;
    }
    out->options = pool_array(pool, value->count + 1, sizeof(*out->options));
    for (const struct lenient *list = value->items; list; list = list->next) {
        struct option_group group = {0};
        if (list->kind != LENIENT_ARRAY) {
            report->counts[FALLBACK_OPTIONS] += list->kind != LENIENT_NULL;
            continue;
        }
        read_group(pool, list, report, &group);
        *group_of(out, group.name) = group;
    }
}

static void read_attributes(struct pool *pool, const struct lenient *entry, struct report *report,
                            struct product *out)
{
    const struct lenient *list = lenient_get(entry, "attributes");
    report->counts[FALLBACK_ATTRIBUTES] += entry && !lenient_is(list, LENIENT_ARRAY);
    strings_read(pool, list, &out->attributes);
    if (!lenient_is(list, LENIENT_ARRAY))
        strings_add(pool, &out->attributes, SLICE(NO_ATTRIBUTES));
}

bool product_read(struct pool *pool, const struct lenient *item, const struct lenient *attributes,
                  struct report *report, struct product *out)
{
    const struct lenient *asin = lenient_get(item, "asin");
    *out = (struct product){0};
    if (!lenient_is(item, LENIENT_OBJECT)) {
        report->counts[FALLBACK_DAMAGED]++;
        return false;
    }
    if (!lenient_is(asin, LENIENT_STRING) || !asin->text.len || grasp_equal(asin->text, "nan") ||
        utf8_count(asin->text) > ASIN_MAX) {
        report->counts[FALLBACK_ASIN]++;
        return false;
    }
    out->asin = asin->text;
    out->name = text_of(item, "name", FALLBACK_NAME, report);
    out->description = text_of(item, "full_description", FALLBACK_TEXT, report);
    out->category = plain_text_of(item, "category", report);
    out->query = slice_trim(lowered(pool, plain_text_of(item, "query", report)));
    out->product_category = plain_text_of(item, "product_category", report);
    read_price(pool, item, report, out);
    read_bullets(pool, item, report, out);
    read_options(pool, item, report, out);
    read_attributes(pool, attributes, report, out);
    return true;
}

void product_contents(struct text *out, const struct product *product)
{
    struct text plain CLEANUP_TEXT = {0};
    text_str(&plain, product->name);
    text_char(&plain, ' ');
    text_str(&plain, product->description);
    text_char(&plain, ' ');
    if (product->bullets.count)
        text_str(&plain, product->bullets.items[0]);
    text_char(&plain, ' ');
    for (size_t i = 0; i < product->option_count; i++) {
        const struct option_group *group = &product->options[i];
        text_put(&plain, i ? ", and " : "");
        text_str(&plain, group->name);
        text_put(&plain, ": ");
        for (size_t k = 0; k < group->values.count; k++) {
            text_put(&plain, k ? ", " : "");
            text_str(&plain, group->values.items[k]);
        }
    }
    unicode_lower(out, text_view(&plain));
}

void product_put_member(struct text *out, const char *key, grasp_str value)
{
    text_format(out, "%s\"%s\": ", out->len > 1 ? ", " : "", key);
    text_json(out, value);
}

void product_write(struct text *out, const struct product *p)
{
    text_char(out, '{');
    product_put_member(out, "asin", p->asin);
    product_put_member(out, "name", p->name);
    product_put_member(out, "description", p->description);
    product_put_member(out, "category", p->category);
    product_put_member(out, "query", p->query);
    product_put_member(out, "product_category", p->product_category);
    product_put_member(out, "tag", p->tag);
    text_put(out, ", \"price\": ");
    text_double(out, p->price);
    text_put(out, ", \"bullets\": ");
    strings_write(out, &p->bullets);
    text_put(out, ", \"attributes\": ");
    strings_write(out, &p->attributes);
    text_put(out, ", \"options\": {");
    for (size_t i = 0; i < p->option_count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, p->options[i].name);
        text_put(out, ": ");
        strings_write(out, &p->options[i].values);
    }
    text_put(out, "}}");
}

grasp_str product_member(const struct lenient *object, const char *key)
{
    const struct lenient *value = lenient_get(object, key);
    return value && value->text.ptr ? value->text : SLICE("");
}

bool product_parse(struct pool *pool, grasp_str text, struct product *out)
{
    const struct lenient *object = lenient_parse(pool, text, NULL);
    const struct lenient *options = lenient_get(object, "options");
    *out = (struct product){.asin = product_member(object, "asin"),
                            .name = product_member(object, "name"),
                            .description = product_member(object, "description"),
                            .category = product_member(object, "category"),
                            .query = product_member(object, "query"),
                            .product_category = product_member(object, "product_category"),
                            .tag = product_member(object, "tag")};
    if (!pynumber_float(product_member(object, "price"), &out->price))
        return false;
    strings_read(pool, lenient_get(object, "bullets"), &out->bullets);
    strings_read(pool, lenient_get(object, "attributes"), &out->attributes);
    out->options = pool_array(pool, (options ? options->count : 0) + 1, sizeof(*out->options));
    for (const struct lenient *list = options ? options->items : NULL; list; list = list->next) {
        struct option_group *group = &out->options[out->option_count++];
        group->name = list->key;
        strings_read(pool, list, &group->values);
    }
    return true;
}
