/* SPDX-License-Identifier: MIT */
#include "common/skill.h"

#include <string.h>

#include "common/slice.h"

static grasp_str file_stem(grasp_str file_name)
{
    for (size_t i = file_name.len; i-- > 0;) {
        if (file_name.ptr[i] == '/') {
            file_name = slice_from(file_name, i + 1);
            break;
        }
    }
    return slice_ends(file_name, ".md") ? slice_cut(file_name, 0, file_name.len - 3) : file_name;
}

/* Line ends of any kind become '\n'. */
static grasp_str unify_lines(struct pool *pool, grasp_str text)
{
    if (!text.len || !memchr(text.ptr, '\r', text.len))
        return text;
    char *out = pool_alloc(pool, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n')
            continue;
        out[len++] = text.ptr[i] == '\r' ? '\n' : text.ptr[i];
    }
    return (grasp_str){out, len};
}

/* Between the first line "---" and the next one; false if the file has no front matter. */
static bool split(grasp_str text, grasp_str *out_meta, grasp_str *out_body)
{
    size_t at;
    if (!slice_eq(slice_cut(text, 0, 4), SLICE("---\n")) ||
        !slice_find(text, SLICE("\n---\n"), 4, &at))
        return false;
    *out_meta = slice_cut(text, 4, at);
    *out_body = slice_from(text, at + 5);
    return true;
}

static bool is_scalar(const struct meta *value)
{
    return value && value->kind != META_NULL && value->kind != META_LIST && value->kind != META_MAP;
}

static grasp_str scalar_text(const struct meta *map, const char *key, grasp_str otherwise)
{
    const struct meta *value = meta_get(map, key);
    return is_scalar(value) ? value->text : otherwise;
}

/* A bare word is a list of one. */
static void read_tags(struct pool *pool, const struct meta *tags, struct skill *out)
{
    if (is_scalar(tags) && tags->text.len) {
        out->tags = pool_alloc(pool, sizeof(*out->tags));
        out->tags[out->tag_count++] = tags->text;
        out->bare_tags = tags->kind == META_STRING;
    }
    if (!meta_is(tags, META_LIST))
        return;
    out->tags = pool_array(pool, tags->count, sizeof(*out->tags));
    for (size_t i = 0; i < tags->count; i++) {
        if (is_scalar(tags->items[i]))
            out->tags[out->tag_count++] = tags->items[i]->text;
    }
}

bool skill_parse(struct pool *pool, grasp_str file_name, grasp_str text, struct skill *out,
                 struct text *why)
{
    grasp_str head, body;
    struct skill skill = {.file = file_stem(file_name)};
    if (!utf8_valid(text)) {
        text_put(why, "line 1: not UTF-8");
        return false;
    }
    text = unify_lines(pool, text);
    skill.name = skill.file;
    skill.description = SLICE("");
    skill.content = slice_trim(text);
    if (split(text, &head, &body)) {
        const struct meta *meta = meta_parse(pool, head, 2, why);
        if (!meta)
            return false;
        if (meta->kind != META_MAP && meta->kind != META_NULL) {
            text_put(why, "line 2: the front matter has no \"key: value\" lines");
            return false;
        }
        const struct meta *provenance = meta_get(meta, "provenance");
        skill.name = scalar_text(meta, "name", skill.file);
        skill.description = scalar_text(meta, "description", SLICE(""));
        skill.version = meta_int(meta_get(meta, "version"), 0);
        skill.provenance = meta_is(provenance, META_MAP) && provenance->count ? provenance : NULL;
        skill.content = slice_trim(body);
        read_tags(pool, meta_get(meta, "tags"), &skill);
    }
    *out = skill;
    return true;
}

static void write_text(struct text *out, const char *key, grasp_str value)
{
    const struct meta scalar = {.kind = META_STRING, .text = value};
    meta_write(out, key, &scalar, 0);
}

static void write_tags(struct text *out, const struct skill *skill)
{
    struct pool pool CLEANUP_POOL = {0};
    struct meta *tags = meta_new_list(&pool);
    if (skill->bare_tags) {
        write_text(out, "tags", skill->tags[0]);
        return;
    }
    for (size_t i = 0; i < skill->tag_count; i++)
        meta_append(&pool, tags, meta_new_string(&pool, skill->tags[i]));
    meta_write(out, "tags", tags, 0);
}

void skill_write(struct text *out, const struct skill *skill)
{
    text_put(out, "---\n");
    write_text(out, "description", skill->description);
    write_text(out, "name", skill->name);
    if (skill->provenance && skill->provenance->count)
        meta_write(out, "provenance", skill->provenance, 0);
    write_tags(out, skill);
    text_format(out, "version: %lld\n---\n\n", (long long)skill->version);
    text_str(out, skill->content);
    text_char(out, '\n');
}

void skill_write_json(struct text *out, const struct skill *skill)
{
    text_put(out, "{\"name\": ");
    text_json(out, skill->name);
    text_put(out, ", \"description\": ");
    text_json(out, skill->description);
    text_put(out, skill->bare_tags ? ", \"tags\": " : ", \"tags\": [");
    for (size_t i = 0; i < skill->tag_count; i++) {
        if (i)
            text_put(out, ", ");
        text_json(out, skill->tags[i]);
    }
    text_format(out, "%s, \"version\": %lld, \"provenance\": ", skill->bare_tags ? "" : "]",
                (long long)skill->version);
    if (skill->provenance)
        meta_write_json(out, skill->provenance);
    else
        text_put(out, "null");
    text_put(out, ", \"content\": ");
    text_json(out, skill->content);
    text_char(out, '}');
}
