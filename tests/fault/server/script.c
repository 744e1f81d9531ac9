/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/yaml.h"

struct reader {
    const char *file;
    struct yaml_lines *lines;
    const char *at; /* dotted path of what is read */
    struct err *err;
};

static int wrong(const struct reader *r, struct str key, const char *what)
{
    return err_set(r->err, EXIT_CONFIG, "%s:%d: %.*s: %s", r->file, yaml_line(r->lines, r->at),
                   (int)key.len, key.ptr, what);
}

static int read_end(const struct reader *r, struct str value, enum rule_end *out)
{
    if (str_is(value, "close"))
        *out = RULE_CLOSE;
    else if (str_is(value, "reset"))
        *out = RULE_RESET;
    else if (str_is(value, "hang"))
        *out = RULE_HANG;
    else
        return wrong(r, STR("end"), "is close, reset or hang");
    return 0;
}

static uint64_t count_of(const struct json *value, uint64_t otherwise)
{
    int64_t number = json_int(value, -1);
    return number < 0 ? otherwise : (uint64_t)number;
}

static int read_condition(struct rule *rule, struct str key, const struct json *value)
{
    if (str_is(key, "share"))
        rule->share = json_double(value, 1);
    else if (str_is(key, "first"))
        rule->first = count_of(value, 0);
    else if (str_is(key, "every"))
        rule->every = count_of(value, 0);
    else if (str_is(key, "from"))
        rule->from = count_of(value, 0);
    else if (str_is(key, "to"))
        rule->to = count_of(value, UINT64_MAX);
    else
        return -1;
    return 0;
}

static int read_key(const struct reader *r, struct rule *rule, struct str key,
                    const struct json *value)
{
    if (read_condition(rule, key, value) == 0)
        return 0;
    if (str_is(key, "end"))
        return read_end(r, json_str(value), &rule->end);
    if (str_is(key, "delay"))
        rule->delay = json_double(value, 0);
    else if (str_is(key, "status"))
        rule->status = (int)json_int(value, 200);
    else if (str_is(key, "headers"))
        rule->headers = value;
    else if (str_is(key, "body"))
        rule->body = value;
    else if (str_is(key, "raw"))
        rule->raw = json_str(value).ptr;
    else if (str_is(key, "chunked"))
        rule->chunked = json_bool(value, false);
    else if (str_is(key, "length"))
        rule->length = json_int(value, 0);
    else if (str_is(key, "cut"))
        rule->cut = json_double(value, -1);
    else if (str_is(key, "drip")) {
        rule->drip_bytes = count_of(json_get(value, "bytes"), 1);
        rule->drip_pause = json_double(json_get(value, "pause"), 0);
    } else
        return wrong(r, key, "is no key of a rule");
    return 0;
}

static int read_rules(struct reader *r, const struct json *rules, struct script_path *out)
{
    size_t count = json_count(rules);
    out->rules = mem_array(count + 1, sizeof(*out->rules));
    for (size_t i = 0; i < count; i++) {
        CLEANUP_FREE char *at = mem_printf("%s.rules.%zu", out->name, i);
        struct rule *rule = &out->rules[out->rule_count++];
        *rule = (struct rule){.share = 1, .to = UINT64_MAX, .status = 200, .cut = -1};
        r->at = at;
        for (struct json_iter it = json_members(json_at(rules, i)); json_next(&it);) {
            int code = read_key(r, rule, it.key, it.value);
            if (code)
                return code;
        }
    }
    return 0;
}

static int read_path(struct reader *r, struct script_path *out, const struct json *value)
{
    const struct json *limits = json_get(value, "limits");
    r->at = out->name;
    for (struct json_iter it = json_members(value); json_next(&it);) {
        if (!str_is(it.key, "rules") && !str_is(it.key, "limits") && !str_is(it.key, "expect"))
            return wrong(r, it.key, "a path has rules, limits and expect");
    }
    out->limits = (struct limits){
        .requests = count_of(json_get(limits, "requests"), 0),
        .tokens = count_of(json_get(limits, "tokens"), 0),
        .window = json_double(json_get(limits, "window"), 60),
    };
    return read_rules(r, json_get(value, "rules"), out);
}

int script_read(const char *file, struct script *out, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    struct reader reader = {.file = file, .err = err};
    *out = (struct script){0};
    int code = file_read(file, FILE_MAX_CONFIG, &text, err);
    if (code)
        return code;
    out->tree = yaml_parse(buf_view(&text), file, &reader.lines, err);
    if (!out->tree)
        return EXIT_CONFIG;
    out->paths = mem_array(json_count(out->tree) + 1, sizeof(*out->paths));
    for (struct json_iter it = json_members(out->tree); !code && json_next(&it);) {
        struct script_path *path = &out->paths[out->count++];
        *path = (struct script_path){.name = it.key.ptr};
        code = read_path(&reader, path, it.value);
    }
    yaml_lines_free(reader.lines);
    return code;
}

void script_clear(struct script *script)
{
    for (size_t i = 0; i < script->count; i++)
        mem_free(script->paths[i].rules);
    mem_free(script->paths);
    json_free(script->tree);
}

const struct script_path *script_find(const struct script *script, struct str name)
{
    struct str rest = name, family = str_cut(&rest, '-');
    const struct script_path *found = NULL;
    for (size_t i = 0; i < script->count; i++) {
        if (str_is(name, script->paths[i].name))
            return &script->paths[i];
        if (str_is(family, script->paths[i].name))
            found = &script->paths[i];
    }
    return found;
}

bool rule_is_raw(const struct rule *rule)
{
    return rule->raw || rule->chunked || rule->length || rule->cut >= 0 || rule->drip_bytes ||
           rule->end != RULE_KEEP;
}
