/* SPDX-License-Identifier: MIT */
#include "model/preset.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/yaml.h"
#include "model/block.h"
#include "model/config.h"
#include "model/embedded.h"
#include "model/variables.h"

#define SUFFIX ".yaml"
#define NAMES_MAX 1000

static struct {
    pthread_once_t once;
    char **items;
    size_t count;
} built_in = {.once = PTHREAD_ONCE_INIT};

static void list_built_in(void)
{
    while (embedded_presets[built_in.count].name)
        built_in.count++;
    built_in.items = mem_array(built_in.count + 1, sizeof(*built_in.items));
    for (size_t i = 0; i < built_in.count; i++) {
        const char *file = embedded_presets[i].name;
        built_in.items[i] = mem_dup(file, strlen(file) - strlen(SUFFIX));
    }
}

const char *const *preset_names(void)
{
    pthread_once(&built_in.once, list_built_in);
    return (const char *const *)built_in.items;
}

void preset_set_temperature(struct json *config, double temperature)
{
    struct json *at = config;
    if (json_is(json_get(config, "client"), JSON_NULL)) {
        if (!json_is(json_get(config, "parameters"), JSON_OBJECT))
            json_set(config, "parameters", json_new_object());
        at = json_get(config, "parameters");
        if (json_is(json_get(at, "body"), JSON_OBJECT))
            at = json_get(at, "body");
    }
    json_set(at, "temperature", json_new_double(temperature));
}

static int flatten(const struct json *block, struct json **out, char **out_at, struct err *err)
{
    CLEANUP_JSON struct json *copy = json_copy(block), *sources = variables_sources(block);
    int code = json_is(copy, JSON_OBJECT) ? preset_expand(copy, err) : 0;
    if (!code)
        code = block_flatten(copy, out, out_at, err);
    if (code)
        return code;
    if (json_count(sources)) {
        json_set(*out, "variables", sources);
        sources = NULL;
    }
    chat_config_hide_secrets(*out);
    return 0;
}

/* source: the file, or what else the block comes from. */
static int resolve(const struct json *blocks, const char *source, const struct yaml_lines *lines,
                   struct json **out, struct err *err)
{
    CLEANUP_FREE char *at = NULL;
    struct err why = {0};
    const struct json *block = variables_choose(blocks, &why);
    int code = block || !why.code ? flatten(block, out, &at, &why) : why.code;
    int line = code && lines && at && block == blocks ? yaml_line(lines, at) : 0;
    if (code && line > 0)
        return err_set(err, code, "%s:%d: %s", source, line, why.text);
    return code ? err_set(err, code, "%s: %s", source, why.text) : 0;
}

int preset_from_block(const struct json *block, struct json **out, struct err *err)
{
    return resolve(block, "agent", NULL, out, err);
}

/* A preset before its variables are read. */
struct raw {
    struct json *blocks;
    struct yaml_lines *lines;
    char *source; /* for people */
};

static void raw_clear(struct raw *raw)
{
    json_free(raw->blocks);
    yaml_lines_free(raw->lines);
    mem_free(raw->source);
}

static int parse(struct str text, struct raw *raw, struct err *err)
{
    struct err parsed = {0};
    raw->blocks = yaml_parse(text, raw->source, &raw->lines, &parsed);
    return raw->blocks || !parsed.code ? 0 : err_set(err, EXIT_CONFIG, "%s", parsed.text);
}

static int read_file(const char *path, struct raw *raw, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    int code = file_read(path, FILE_MAX_CONFIG, &text, err);
    raw->source = mem_dup(path, strlen(path));
    return code ? code : parse(buf_view(&text), raw, err);
}

struct names {
    char *items[NAMES_MAX];
    size_t count;
};

static void add_name(struct names *names, struct str name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (str_is(name, names->items[i]))
            return;
    }
    if (names->count < NAMES_MAX)
        names->items[names->count++] = mem_dup(name.ptr, name.len);
}

static void add_folder(struct names *names, const char *dir)
{
    char **files = NULL;
    size_t count = 0;
    if (!file_is_dir(dir) || file_list(dir, false, NAMES_MAX, &files, &count, NULL))
        return;
    for (size_t i = 0; i < count; i++) {
        struct str name = str_of(files[i]);
        if (str_ends(name, SUFFIX))
            add_name(names, (struct str){name.ptr, name.len - strlen(SUFFIX)});
        mem_free(files[i]);
    }
    mem_free(files);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The built-in ones and those of the folders, in order. */
static void gather(struct names *names, const char *const *dirs)
{
    for (const char *const *known = preset_names(); *known; known++)
        add_name(names, str_of(*known));
    for (; dirs && *dirs; dirs++)
        add_folder(names, *dirs);
    qsort(names->items, names->count, sizeof(*names->items), by_bytes);
}

static int not_found(const char *name, const char *const *dirs, struct err *err)
{
    struct names *names = mem_alloc(sizeof(*names));
    CLEANUP_BUF struct buf text = {0};
    gather(names, dirs);
    const char *meant = nearest(str_of(name), (const char *const *)names->items, names->count);
    buf_printf(&text, "no agent preset '%s'", name);
    if (meant)
        buf_printf(&text, "; did you mean '%s'?", meant);
    const char *first = meant ? " There are: " : "; there are: ";
    for (size_t i = 0; i < names->count; i++) {
        buf_printf(&text, "%s%s", i ? ", " : first, names->items[i]);
        mem_free(names->items[i]);
    }
    mem_free(names);
    return err_set(err, EXIT_CONFIG, "%s", text.ptr);
}

static bool is_file(const char *name)
{
    return (strchr(name, '/') || str_ends(str_of(name), SUFFIX)) && file_exists(name) &&
           !file_is_dir(name);
}

/* A file by its path, a file in one of the folders, or one that is built in. */
static int find(const char *name, const char *const *dirs, struct raw *raw, struct err *err)
{
    CLEANUP_FREE char *file = mem_printf("%s" SUFFIX, name);
    bool plain = *name && !strchr(name, '/');
    if (is_file(name))
        return read_file(name, raw, err);
    for (const char *const *dir = dirs; plain && dir && *dir; dir++) {
        CLEANUP_FREE char *path = file_join(*dir, file);
        if (file_exists(path))
            return read_file(path, raw, err);
    }
    for (const struct embedded_preset *p = embedded_presets; p->name; p++) {
        if (strcmp(p->name, file) != 0)
            continue;
        raw->source = mem_printf("agent preset '%s'", name);
        return parse((struct str){p->text, p->len}, raw, err);
    }
    return not_found(name, dirs, err);
}

int preset_load(const char *name, const char *const *dirs, struct json **out, struct err *err)
{
    struct raw raw = {0};
    int code = find(name, dirs, &raw, err);
    if (!code)
        code = resolve(raw.blocks, raw.source, raw.lines, out, err);
    raw_clear(&raw);
    return code;
}

int preset_read(const char *name, const char *const *dirs, struct json **out_blocks,
                char **out_source, struct err *err)
{
    struct raw raw = {0};
    int code = find(name, dirs, &raw, err);
    if (!code) {
        *out_blocks = raw.blocks;
        *out_source = raw.source;
        raw.blocks = NULL;
        raw.source = NULL;
    }
    raw_clear(&raw);
    return code;
}

char **preset_list(const char *const *dirs)
{
    struct names *names = mem_alloc(sizeof(*names));
    gather(names, dirs);
    char **out = mem_array(names->count + 1, sizeof(*out));
    memcpy(out, names->items, names->count * sizeof(*out));
    mem_free(names);
    return out;
}
