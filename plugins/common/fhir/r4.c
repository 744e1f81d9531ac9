/* SPDX-License-Identifier: MIT */
#include "r4.h"

#include <pthread.h>
#include <string.h>

#include "common/embedded.h"
#include "common/pool.h"
#include "common/slice.h"

extern const struct embedded_file fhir_r4[];

static const char *const kind_names[] = {
    "token", "string", "date", "reference", "quantity", "number", "uri", "composite", "special",
};

/* Every type may be searched by these. */
static const char common_params[] = " _id token id\n"
                                    " _lastUpdated date meta.lastUpdated\n"
                                    " _profile uri meta.profile\n"
                                    " _security token meta.security\n"
                                    " _source uri meta.source\n"
                                    " _tag token meta.tag\n";

#define BY_NAME 1024u

static struct {
    pthread_once_t once;
    struct pool pool; /* lives as long as the program */
    struct r4_type types[R4_TYPES_MAX];
    uint32_t count;
    uint8_t by_name[BY_NAME]; /* type + 1, by hash of its name */
} r4 = {.once = PTHREAD_ONCE_INIT};

static grasp_str cut(grasp_str *rest, char separator)
{
    const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    grasp_str head = *rest;
    if (at) {
        head.len = (size_t)(at - rest->ptr);
        *rest = slice_from(*rest, head.len + 1);
    } else {
        *rest = slice_from(*rest, rest->len);
    }
    return head;
}

static uint32_t parts_of(grasp_str text, char separator)
{
    uint32_t count = text.len ? 1 : 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == separator;
    return count;
}

static struct r4_step read_step(grasp_str text)
{
    struct r4_step step = {.name = text};
    if (text.len && text.ptr[text.len - 1] == '?') {
        step.exists = true;
        text.len--;
    }
    if (text.len && text.ptr[text.len - 1] == '*') {
        step.any_type = true;
        text.len--;
    }
    step.name = text;
    if (memchr(text.ptr, '[', text.len)) {
        step.name = cut(&text, '[');
        step.where_member = cut(&text, '=');
        step.where_value = cut(&text, ']');
    }
    return step;
}

static struct r4_path read_path(grasp_str text)
{
    uint32_t count = parts_of(text, '.');
    struct r4_step *steps = pool_array(&r4.pool, count, sizeof(*steps));
    for (uint32_t i = 0; i < count; i++)
        steps[i] = read_step(cut(&text, '.'));
    return (struct r4_path){steps, count};
}

static enum r4_kind read_kind(grasp_str text)
{
    for (size_t i = 0; i < sizeof(kind_names) / sizeof(*kind_names); i++)
        if (slice_eq(text, (grasp_str){kind_names[i], strlen(kind_names[i])}))
            return (enum r4_kind)i;
    return R4_SPECIAL;
}

static struct r4_param read_param(grasp_str line)
{
    struct r4_param param = {.name = cut(&line, ' ')};
    param.kind = read_kind(cut(&line, ' '));
    grasp_str paths = cut(&line, ' '), targets = line.len ? slice_from(line, 1) : line;
    if (slice_eq(paths, SLICE("-")))
        paths.len = 0;
    param.path_count = parts_of(paths, '|');
    struct r4_path *out = pool_array(&r4.pool, param.path_count, sizeof(*out));
    for (uint32_t i = 0; i < param.path_count; i++)
        out[i] = read_path(cut(&paths, '|'));
    param.paths = out;
    param.target_count = parts_of(targets, ',');
    grasp_str *names = pool_array(&r4.pool, param.target_count, sizeof(*names));
    for (uint32_t i = 0; i < param.target_count; i++)
        names[i] = cut(&targets, ',');
    param.targets = names;
    return param;
}

/* The date by which resources of a type are looked for: the first of these that it has. */
static const struct r4_param *main_date(const struct r4_type *type)
{
    static const char *const names[] = {
        "authoredon",    "authored",       "date",           "birthdate", "onset-date",
        "recorded-date", "effective-time", "whenhandedover", "created",   "period",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const struct r4_param *param = r4_param_find(type, (grasp_str){names[i], strlen(names[i])});
        if (param && param->kind == R4_DATE)
            return param;
    }
    return NULL;
}

static const struct r4_param *of_kind(const struct r4_type *type, grasp_str name, enum r4_kind kind)
{
    const struct r4_param *param = r4_param_find(type, name);
    return param && param->kind == kind ? param : NULL;
}

static uint32_t read_params(grasp_str text, struct r4_param *out)
{
    grasp_str line;
    uint32_t count = 0;
    while (text.len && *text.ptr == ' ' && slice_line(&text, &line))
        out[count++] = read_param(slice_from(line, 1));
    return count;
}

static void read_type(grasp_str name, grasp_str block)
{
    struct r4_type *type = &r4.types[r4.count++];
    grasp_str common = {common_params, sizeof(common_params) - 1};
    struct r4_param *params =
        pool_array(&r4.pool, parts_of(block, '\n') + parts_of(common, '\n'), sizeof(*params));
    type->name = name;
    type->summary = slice_from(cut(&block, '\n'), 3);
    type->mandatory = slice_from(cut(&block, '\n'), 3);
    type->param_count = read_params(common, params);
    type->param_count += read_params(block, params + type->param_count);
    type->params = params;
    type->patient = of_kind(type, SLICE("patient"), R4_REFERENCE);
    type->code = of_kind(type, SLICE("code"), R4_TOKEN);
    type->names = of_kind(type, SLICE("name"), R4_STRING);
    type->date = main_date(type);
}

/* Where a type's name is, or would be. */
static uint32_t place_of(grasp_str name)
{
    uint32_t at = (uint32_t)slice_hash(name) % BY_NAME;
    while (r4.by_name[at] && !slice_eq(r4.types[r4.by_name[at] - 1].name, name))
        at = (at + 1) % BY_NAME;
    return at;
}

static void read_all(void)
{
    grasp_str rest = {fhir_r4[0].text, fhir_r4[0].len}, name;
    while (slice_line(&rest, &name) && r4.count < R4_TYPES_MAX) {
        grasp_str block = rest, line;
        while (rest.len && *rest.ptr == ' ')
            slice_line(&rest, &line);
        block.len -= rest.len;
        read_type(name, block);
        r4.by_name[place_of(name)] = (uint8_t)r4.count;
    }
}

const struct r4_type *r4_types(uint32_t *out_count)
{
    pthread_once(&r4.once, read_all);
    *out_count = r4.count;
    return r4.types;
}

const struct r4_type *r4_type_find(grasp_str name)
{
    pthread_once(&r4.once, read_all);
    uint32_t type = r4.by_name[place_of(name)];
    return type ? &r4.types[type - 1] : NULL;
}

uint32_t r4_type_index(const struct r4_type *type)
{
    return (uint32_t)(type - r4.types);
}

const struct r4_param *r4_param_find(const struct r4_type *type, grasp_str name)
{
    const struct r4_param *params = type->params;
    for (uint32_t low = 0, high = params ? type->param_count : 0; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        int order = slice_cmp(params[middle].name, name);
        if (order == 0)
            return &params[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *r4_kind_name(enum r4_kind kind)
{
    return kind_names[kind];
}

bool r4_lists(grasp_str list, grasp_str member)
{
    while (list.len) {
        grasp_str name = cut(&list, ',');
        bool any = name.len && name.ptr[name.len - 1] == '*';
        name.len -= any;
        if (any && member.len > name.len && memcmp(member.ptr, name.ptr, name.len) == 0 &&
            member.ptr[name.len] >= 'A' && member.ptr[name.len] <= 'Z')
            return true;
        if (slice_eq(name, member))
            return true;
    }
    return false;
}
