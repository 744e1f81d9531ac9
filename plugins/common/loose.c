/* SPDX-License-Identifier: MIT */
#include "common/loose.h"

#include <grasp/helpers.h>

#include "common/payload.h"
#include "common/slice.h"

#define DEPTH_MAX 64
#define TRIES 16

struct loose {
    struct text *out;
    grasp_str text;
    size_t at;
    char open[DEPTH_MAX];
    enum part { PART_NONE, PART_KEY, PART_COLON } part[DEPTH_MAX]; /* of a member read so far */
    size_t depth;
    bool comma; /* one was read and not written yet */
};

static const struct {
    uint32_t open, close;
} quotes[] = {{'"', '"'},       {'\'', '\''},     {0x201c, 0x201d}, {0x201e, 0x201c},
              {0x201d, 0x201d}, {0x2018, 0x2019}, {0x201a, 0x2018}, {0xab, 0xbb},
              {0xbb, 0xab},     {0x300c, 0x300d}, {0xff02, 0xff02}};

static uint32_t closing_quote(uint32_t code)
{
    for (size_t i = 0; i < sizeof(quotes) / sizeof(*quotes); i++) {
        if (quotes[i].open == code)
            return quotes[i].close;
    }
    return 0;
}

static bool closes(uint32_t code, uint32_t quote)
{
    return code == quote || (quote == 0x201c && code == 0x201d);
}

/* Does a value end here, as far as what follows can tell? Only asked for quotes that also stand
 * inside words. */
static bool ends_value(grasp_str text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\n' || text.ptr[at] == '\r'))
        at++;
    return at == text.len || text.ptr[at] == ',' || text.ptr[at] == ':' || text.ptr[at] == ']' ||
           text.ptr[at] == '}';
}

static void put_value_start(struct loose *l)
{
    if (l->comma)
        text_char(l->out, ',');
    l->comma = false;
}

static void read_escape(struct loose *l)
{
    char c = l->at + 1 < l->text.len ? l->text.ptr[l->at + 1] : '\\';
    if (c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' || c == 'r' ||
        c == 't' || c == 'u') {
        text_char(l->out, '\\');
        text_char(l->out, c);
    } else {
        text_put(l->out, "\\\\");
        if ((unsigned char)c >= 0x20 && c != '\\')
            text_char(l->out, c);
    }
    l->at += l->at + 1 < l->text.len ? 2 : 1;
}

/* A string as a JSON string, the closing quote added if it is cut off. */
static void read_string(struct loose *l, uint32_t quote)
{
    uint32_t code;
    text_char(l->out, '"');
    while (l->at < l->text.len) {
        size_t len = utf8_at(l->text, l->at, &code);
        if (code == '\\') {
            read_escape(l);
            continue;
        }
        l->at += len;
        if (closes(code, quote) && (code != '\'' || ends_value(l->text, l->at)))
            break;
        if (code < 0x20)
            text_format(l->out, "\\u%04x", code);
        else if (code == '"')
            text_put(l->out, "\\\"");
        else
            text_code(l->out, code);
    }
    text_char(l->out, '"');
}

static bool close_one(struct loose *l, char c)
{
    if (l->open[l->depth - 1] != (c == '}' ? '{' : '['))
        return false;
    if (l->part[l->depth - 1] != PART_NONE)
        text_put(l->out, l->part[l->depth - 1] == PART_KEY ? ":null" : "null");
    l->comma = false;
    text_char(l->out, c);
    l->depth--;
    return true;
}

static bool is_word(char c)
{
    return c > ' ' && c != ',' && c != ':' && c != '[' && c != ']' && c != '{' && c != '}' &&
           c != '"';
}

/* Numbers and names, Python's too. */
static void read_word(struct loose *l)
{
    static const char *const names[][2] = {
        {"None", "null"},      {"NaN", "null"},  {"Infinity", "null"}, {"undefined", "null"},
        {"-Infinity", "null"}, {"True", "true"}, {"False", "false"}};
    size_t from = l->at;
    while (l->at < l->text.len && is_word(l->text.ptr[l->at]))
        l->at++;
    grasp_str word = slice_cut(l->text, from, l->at);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (grasp_equal(word, names[i][0]))
            word = grasp_cstr(names[i][1]);
    }
    text_str(l->out, word);
}

static bool read_bracket(struct loose *l, char c)
{
    if (l->depth == DEPTH_MAX)
        return false;
    put_value_start(l);
    if (l->depth)
        l->part[l->depth - 1] = PART_NONE;
    l->open[l->depth] = c;
    l->part[l->depth++] = PART_NONE;
    text_char(l->out, c);
    l->at++;
    return true;
}

static bool read_scalar(struct loose *l, uint32_t code, size_t len)
{
    uint32_t quote = closing_quote(code);
    enum part *part = &l->part[l->depth - 1];
    put_value_start(l);
    *part = l->open[l->depth - 1] == '{' && *part == PART_NONE ? PART_KEY : PART_NONE;
    if (!quote && !is_word(l->text.ptr[l->at]))
        return false;
    if (!quote) {
        read_word(l);
        return true;
    }
    l->at += len;
    read_string(l, quote);
    return true;
}

/* One token; false for what cannot be mended. */
static bool step(struct loose *l)
{
    uint32_t code;
    size_t len = utf8_at(l->text, l->at, &code);
    if (utf8_is_space(code)) {
        l->at += len;
    } else if (code == '{' || code == '[') {
        return read_bracket(l, (char)code);
    } else if (code == '}' || code == ']') {
        l->at++;
        return close_one(l, (char)code);
    } else if (code == ',' || code == 0xff0c) {
        l->comma = true;
        l->at += len;
    } else if (code == ':' || code == 0xff1a) {
        text_char(l->out, ':');
        l->part[l->depth - 1] = PART_COLON;
        l->at += len;
    } else {
        return read_scalar(l, code, len);
    }
    return true;
}

static void close_rest(struct loose *l)
{
    while (l->depth)
        close_one(l, l->open[l->depth - 1] == '{' ? '}' : ']');
}

bool loose_json(struct text *out, grasp_str text, size_t from)
{
    struct loose l = {.out = out, .text = text, .at = from};
    do {
        if (l.at == text.len) {
            close_rest(&l);
            break;
        }
        if (!step(&l))
            return false;
    } while (l.depth);
    return !out->failed;
}

static bool wanted(const grasp_json *json, const grasp_json_value *value, char bracket)
{
    return json->kind(value) == (bracket == '{' ? GRASP_JSON_OBJECT : GRASP_JSON_ARRAY) &&
           json->count(value);
}

const grasp_json_value *loose_find(grasp_call *call, grasp_str text, char bracket)
{
    const grasp_json *json = grasp_json_of(call);
    struct payload_search search = {
        .text = text, .open = bracket, .close = bracket == '{' ? '}' : ']'};
    grasp_str found;
    while (payload_next(&search, &found)) {
        const grasp_json_value *value = json->parse(call, found, NULL);
        if (wanted(json, value, bracket))
            return value;
    }
    size_t at = 0;
    for (int i = 0; i < TRIES && slice_find(search.text, (grasp_str){&bracket, 1}, at, &at); i++) {
        struct text strict CLEANUP_TEXT = {0};
        if (loose_json(&strict, search.text, at++)) {
            const grasp_json_value *value = json->parse(call, text_view(&strict), NULL);
            if (wanted(json, value, bracket))
                return value;
        }
    }
    return NULL;
}
