/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/prompts.h"
#include "common/slice.h"
#include "method.h"

#define SKILL_MAX ((size_t)1 << 20)

int32_t prompts_read(grasp_call *call, struct method *self)
{
    static const char *const classify[] = {"family", "examples", "known", "samples", NULL};
    static const char *const diagnose[] = {"family", "skills", "samples", NULL};
    static const char *const propose[] = {
        "family",      "max_edits",   "skeleton", "base",     "skills",   "full",
        "nearly_full", "free",        "capacity", "editable", "label",    "log",
        "others",      "refusals",    "guidance", "attempt",  "attempts", "bodies",
        "several",     "append_only", "diagnose", NULL};
    static const char *const revise[] = {"family", "count",   "action", "name", "description",
                                         "tags",   "content", "log",    NULL};
    static const char *const select[] = {"family", "edits", "failures", NULL};
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
        {"select.md", select, &p->select},
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
    struct task_hints *hints = &self->hints;
    hints->tags = pool_array(&self->pool, json->count(labels), sizeof(*hints->tags));
    for (size_t i = 0; i < json->count(labels); i++) {
        grasp_str name;
        const grasp_json_value *value = json->member(labels, i, &name);
        text_put(&out, i ? "\n- " : "- ");
        text_str(&out, name);
        text_put(&out, ": ");
        text_line(&out, json->as_string(value));
        hints->tags[hints->tag_count++] = (struct label){
            pool_dup(&self->pool, name), pool_dup(&self->pool, json->as_string(value))};
    }
    hints->labels = pool_dup(&self->pool, text_view(&out));
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
    self->hints.family = options_text(json, &self->pool, writer, "family");
    self->hints.guidance = options_text(json, &self->pool, writer, "guidance");
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
    bout_memory_init(&self->duels, &self->pool, self->dev.count);
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
    skill.bare_tags = skill.bare_tags && self->options.reference;
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
