/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/prompts.h"
#include "common/slice.h"
#include "method.h"

#define SKILL_MAX ((size_t)1 << 20)

const char grasp_options_schema[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"max_proposals\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100, \"default\": 1, "
    "\"description\": \"edits that one proposal may hold\"}, "
    "\"max_learned_skills\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100000, "
    "\"default\": 10, \"description\": \"skills that the library may hold\"}, "
    "\"grpo_k\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 4, "
    "\"description\": \"proposals asked of the writer per update\"}, "
    "\"grpo_eval_n\": {\"type\": \"integer\", \"minimum\": 2, \"maximum\": 100000, "
    "\"default\": 20, \"description\": \"dev samples that judge a proposal\"}, "
    "\"proposal_temperature\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 2, "
    "\"description\": \"temperature of the writer; without it that of the agent\"}, "
    "\"base_dir\": {\"type\": \"string\", \"description\": \"folder of fixed skills, *.md; "
    "skeleton.md is the template that new skills follow\"}, "
    "\"non_learnable_labels\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, "
    "\"default\": [], \"description\": \"failures whose label holds one of these words are not "
    "learned from\"}, "
    "\"placement\": {\"type\": \"string\", \"enum\": [\"task\", \"recent\", \"first\", "
    "\"system\"], \"default\": \"task\", \"description\": \"where skills stand in the "
    "conversation; task: where the task wants guidance\"}, "
    "\"select\": {\"type\": \"string\", \"enum\": [\"top\", \"all\"], \"default\": \"top\", "
    "\"description\": \"show the three skills that fit best, or all of them\"}, "
    "\"prompts_dir\": {\"type\": \"string\", \"description\": \"folder with files that replace "
    "those of prompts/ of the same name\"}, "
    "\"compat\": {\"type\": \"string\", \"enum\": [\"default\", \"reference\"], "
    "\"default\": \"default\", \"description\": \"reference: behave as the reference "
    "implementation, its defects included\"}}}";

static grasp_str text_option(const grasp_json *json, struct pool *pool,
                             const grasp_json_value *config, const char *key)
{
    return pool_dup(pool, json->as_string(json->get(config, grasp_cstr(key))));
}

static int32_t placement_of(grasp_str name)
{
    if (grasp_equal(name, "recent"))
        return GRASP_PLACE_RECENT;
    if (grasp_equal(name, "first"))
        return GRASP_PLACE_FIRST;
    return grasp_equal(name, "system") ? GRASP_PLACE_SYSTEM : GRASP_PLACE_TASK;
}

static void read_non_learnable(const grasp_json *json, struct method *self,
                               const grasp_json_value *list)
{
    size_t count = json->count(list);
    self->options.non_learnable = pool_array(&self->pool, count, sizeof(grasp_str));
    for (size_t i = 0; i < count; i++) {
        grasp_str word = json->as_string(json->at(list, i));
        if (word.len)
            self->options.non_learnable[self->options.non_learnable_count++] =
                pool_dup(&self->pool, word);
    }
}

static int32_t number_option(grasp_call *call, const grasp_json *json,
                             const grasp_json_value *config, const char *key, int64_t otherwise,
                             int64_t least, int64_t *out)
{
    *out = json->as_int(json->get(config, grasp_cstr(key)), otherwise);
    if (*out >= least && *out <= 100000)
        return GRASP_OK;
    return grasp_fail(call, GRASP_E_INVALID, "option '%s': give a number from %lld to 100000", key,
                      (long long)least);
}

int32_t options_read(grasp_call *call, struct method *self, grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    struct options *o = &self->options;
    int32_t status;
    if (!json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "the host does not offer " GRASP_EXT_JSON);
    const grasp_json_value *config = json->parse(call, text, NULL);
    if (json->kind(config) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object");
    if ((status = number_option(call, json, config, "max_proposals", 1, 1, &o->max_proposals)) ||
        (status = number_option(call, json, config, "max_learned_skills", 10, 1,
                                &o->max_learned_skills)) ||
        (status = number_option(call, json, config, "grpo_k", 4, 1, &o->candidates)) ||
        (status = number_option(call, json, config, "grpo_eval_n", 20, 0, &o->probe_size)))
        return status;
    const grasp_json_value *temperature = json->get(config, grasp_cstr("proposal_temperature"));
    int32_t kind = json->kind(temperature);
    o->has_temperature = kind == GRASP_JSON_INT || kind == GRASP_JSON_DOUBLE;
    o->temperature = json->as_double(temperature, 0);
    o->placement = placement_of(text_option(json, &self->pool, config, "placement"));
    o->select_all = grasp_equal(text_option(json, &self->pool, config, "select"), "all");
    o->reference = grasp_equal(text_option(json, &self->pool, config, "compat"), "reference");
    o->base_dir = text_option(json, &self->pool, config, "base_dir");
    o->prompts_dir = text_option(json, &self->pool, config, "prompts_dir");
    read_non_learnable(json, self, json->get(config, grasp_cstr("non_learnable_labels")));
    return GRASP_OK;
}

int32_t prompts_read(grasp_call *call, struct method *self)
{
    static const char *const classify[] = {"family", "examples", "known", "samples", NULL};
    static const char *const diagnose[] = {"family", "skills", "samples", NULL};
    static const char *const propose[] = {
        "family",   "max_edits", "skeleton", "base",   "skills",  "full",   "nearly_full",
        "free",     "capacity",  "editable", "label",  "log",     "others", "refusals",
        "guidance", "attempt",   "attempts", "bodies", "several", NULL};
    static const char *const revise[] = {"family", "count",   "action", "name", "description",
                                         "tags",   "content", "log",    NULL};
    static const char *const skill[] = {"name", "description", "content", NULL};
    static const char *const none[] = {NULL};
    struct prompts *p = &self->prompts;
    const struct {
        const char *name;
        const char *const *names;
        grasp_str *out;
    } files[] = {
        {"classify.md", classify, &p->classify}, {"diagnose.md", diagnose, &p->diagnose},
        {"propose.md", propose, &p->propose},    {"revise.md", revise, &p->revise},
        {"skeleton.md", none, &p->skeleton},     {"intro.md", none, &p->intro},
        {"skill.md", skill, &p->skill},          {"labels.md", none, &p->labels},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        int32_t status = prompt_load(call, &self->pool, grasp_prompts, self->options.prompts_dir,
                                     files[i].name, files[i].names, files[i].out);
        if (status)
            return status;
    }
    return GRASP_OK;
}

static void read_labels(const grasp_json *json, struct method *self, const grasp_json_value *labels)
{
    struct text out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < json->count(labels); i++) {
        grasp_str name;
        const grasp_json_value *value = json->member(labels, i, &name);
        text_put(&out, i ? "\n- " : "- ");
        text_str(&out, name);
        text_put(&out, ": ");
        text_line(&out, json->as_string(value));
    }
    self->hints.labels = pool_dup(&self->pool, text_view(&out));
}

int32_t hints_read(grasp_call *call, struct method *self, grasp_str task)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *info = json->parse(call, task, NULL);
    if (json->kind(info) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "what the task says of itself is no JSON object");
    const grasp_json_value *writer = json->get(info, grasp_cstr("writer"));
    const grasp_json_value *dev = json->get(info, grasp_cstr("dev"));
    size_t capacity = 0;
    self->hints.family = text_option(json, &self->pool, writer, "family");
    self->hints.guidance = text_option(json, &self->pool, writer, "guidance");
    read_labels(json, self, json->get(writer, grasp_cstr("labels")));
    for (size_t i = 0; i < json->count(dev); i++) {
        const grasp_json_value *value = json->at(dev, i);
        const struct dev_sample sample = {
            json->as_string(json->get(value, grasp_cstr("id"))),
            json->as_string(json->get(value, grasp_cstr("type"))),
            json->as_string(json->get(value, grasp_cstr("description"))),
        };
        if (sample.id.len == 0)
            return grasp_fail(call, GRASP_E_INVALID, "dev sample %zu has no \"id\"", i);
        dev_add(&self->pool, &self->dev, &sample, &capacity);
    }
    past_init(&self->past, &self->pool, self->dev.count);
    return GRASP_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of the folder's skill files, sorted. */
static int32_t list_folder(grasp_call *call, struct method *self, const char ***out, size_t *count)
{
    size_t capacity = 0;
    struct dirent *entry;
    DIR *folder = opendir(self->options.base_dir.ptr);
    *out = NULL;
    *count = 0;
    if (!folder)
        return grasp_fail(call, GRASP_E_INVALID, "option 'base_dir': %s: %s",
                          self->options.base_dir.ptr, strerror(errno));
    while ((entry = readdir(folder))) {
        grasp_str name = grasp_cstr(entry->d_name);
        if (!slice_ends(name, ".md") || name.ptr[0] == '.')
            continue;
        POOL_RESERVE(&self->pool, *out, *count, capacity);
        (*out)[(*count)++] = pool_dup(&self->pool, name).ptr;
    }
    closedir(folder);
    if (*count)
        qsort(*out, *count, sizeof(**out), by_name);
    return GRASP_OK;
}

static int32_t parse_base(grasp_call *call, struct method *self, const char *where,
                          const char *name, grasp_str text)
{
    struct text why CLEANUP_TEXT = {0};
    struct skill skill;
    if (!skill_parse(&self->pool, grasp_cstr(name), text, &skill, &why))
        return grasp_fail(call, GRASP_E_INVALID, "%s: %s", where, text_view(&why).ptr);
    if (slice_eq(skill.name, SLICE("skeleton")))
        self->skeleton = skill;
    else
        self->base[self->base_count++] = skill;
    return GRASP_OK;
}

int32_t base_read(grasp_call *call, struct method *self)
{
    const char **names = NULL;
    size_t count = 0;
    int32_t status =
        parse_base(call, self, "prompt skeleton.md", "skeleton.md", self->prompts.skeleton);
    if (status || !self->options.base_dir.len)
        return status;
    status = list_folder(call, self, &names, &count);
    self->base = pool_array(&self->pool, count, sizeof(*self->base));
    for (size_t i = 0; !status && i < count; i++) {
        grasp_str text,
            path = pool_format(&self->pool, "%s/%s", self->options.base_dir.ptr, names[i]);
        status = prompt_read_file(call, &self->pool, path.ptr, SKILL_MAX, &text);
        if (status == GRASP_E_NOT_FOUND)
            return grasp_fail(call, status, "%s: it vanished while it was read", path.ptr);
        if (!status)
            status = parse_base(call, self, path.ptr, names[i], text);
    }
    return status;
}
