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

static int parse(struct str text, const char *source, struct json **out, struct err *err)
{
    struct yaml_lines *lines = NULL;
    struct err parsed = {0};
    CLEANUP_JSON struct json *block = yaml_parse(text, source, &lines, &parsed);
    int code;
    if (!block && parsed.code)
        code = err_set(err, EXIT_CONFIG, "%s", parsed.text);
    else
        code = resolve(block, source, lines, out, err);
    yaml_lines_free(lines);
    return code;
}

static int load_file(const char *path, struct json **out, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    int code = file_read(path, FILE_MAX_CONFIG, &text, err);
    return code ? code : parse(buf_view(&text), path, out, err);
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

static int not_found(const char *name, const char *const *dirs, struct err *err)
{
    struct names *names = mem_alloc(sizeof(*names));
    CLEANUP_BUF struct buf text = {0};
    for (const char *const *known = preset_names(); *known; known++)
        add_name(names, str_of(*known));
    for (; dirs && *dirs; dirs++)
        add_folder(names, *dirs);
    qsort(names->items, names->count, sizeof(*names->items), by_bytes);
    const char *meant = nearest(str_of(name), (const char *const *)names->items, names->count);
    buf_printf(&text, "no agent preset '%s'", name);
    if (meant)
        buf_printf(&text, "; did you mean '%s'?", meant);
    for (size_t i = 0; i < names->count; i++) {
        buf_printf(&text, "%s%s", i ? ", " : " There are: ", names->items[i]);
        mem_free(names->items[i]);
    }
    mem_free(names);
    return err_set(err, EXIT_CONFIG, "%s", text.ptr);
}

int preset_load(const char *name, const char *const *dirs, struct json **out, struct err *err)
{
    CLEANUP_FREE char *file = mem_printf("%s" SUFFIX, name);
    bool plain = *name && !strchr(name, '/');
    for (const char *const *dir = dirs; plain && dir && *dir; dir++) {
        CLEANUP_FREE char *path = file_join(*dir, file);
        if (file_exists(path))
            return load_file(path, out, err);
    }
    for (const struct embedded_preset *p = embedded_presets; p->name; p++) {
        if (strcmp(p->name, file) != 0)
            continue;
        CLEANUP_FREE char *source = mem_printf("agent preset '%s'", name);
        return parse((struct str){p->text, p->len}, source, out, err);
    }
    return not_found(name, dirs, err);
}
