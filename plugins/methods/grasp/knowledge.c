/* SPDX-License-Identifier: MIT */
#include "knowledge.h"

#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "common/template.h"
#include "library.h"

static int32_t parse_learned(grasp_call *call, const struct method *self,
                             struct knowledge *knowledge, const grasp_files *files)
{
    struct library library = library_open(&knowledge->pool, files, false);
    for (size_t i = 0; i < library.count; i++) {
        struct text why CLEANUP_TEXT = {0};
        struct skill *skill = &knowledge->skills[knowledge->count];
        grasp_str name = library.files[i].name;
        if (!slice_ends(name, ".md"))
            continue;
        bool archived = memchr(name.ptr, '/', name.len) != NULL;
        grasp_str text = pool_dup(&knowledge->pool, library.files[i].text);
        if (!skill_parse(&knowledge->pool, pool_dup(&knowledge->pool, name), text, skill, &why))
            return grasp_fail(call, GRASP_E_INVALID, "%.*s: %s", (int)name.len, name.ptr,
                              text_view(&why).ptr);
        skill->bare_tags = skill->bare_tags && self->options.reference;
        knowledge->count += !archived && !slice_eq(skill->name, SLICE("skeleton"));
    }
    return GRASP_OK;
}

static void make_blocks(const struct method *self, struct knowledge *knowledge)
{
    knowledge->blocks = pool_array(&knowledge->pool, knowledge->count, sizeof(*knowledge->blocks));
    for (size_t i = 0; i < knowledge->count; i++) {
        const struct skill *skill = &knowledge->skills[i];
        struct text text CLEANUP_TEXT = {0}, line CLEANUP_TEXT = {0};
        text_line(&line, skill->description);
        const struct binding bindings[] = {{"name", skill->name},
                                           {"description", text_view(&line)},
                                           {"content", skill->content},
                                           {NULL, SLICE("")}};
        template_fill(&text, self->prompts.skill, bindings);
        knowledge->blocks[i].text = pool_dup(&knowledge->pool, text_view(&text));
        text_reset(&text);
        text_json(&text, skill->name);
        knowledge->blocks[i].name = pool_dup(&knowledge->pool, text_view(&text));
    }
    knowledge->intro = pool_format(&knowledge->pool, "%.*s\n\n", (int)self->prompts.intro.len,
                                   self->prompts.intro.ptr);
}

int32_t grasp_method_load(grasp_call *call, void *opaque, const grasp_files *files,
                          void **out_knowledge)
{
    const struct method *self = opaque;
    struct knowledge *knowledge = calloc(1, sizeof(*knowledge));
    if (!knowledge)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for %llu skill files",
                          (unsigned long long)files->count);
    knowledge->skills = pool_array(&knowledge->pool, self->base_count + files->count + 1,
                                   sizeof(*knowledge->skills));
    knowledge->count = knowledge->base_count = self->base_count;
    if (self->base_count)
        memcpy(knowledge->skills, self->base, self->base_count * sizeof(*self->base));
    int32_t status = parse_learned(call, self, knowledge, files);
    if (status) {
        grasp_method_unload(call, opaque, knowledge);
        return status;
    }
    make_blocks(self, knowledge);
    knowledge->index = rank_build(&knowledge->pool, knowledge->skills, knowledge->count);
    *out_knowledge = knowledge;
    return GRASP_OK;
}

void grasp_method_unload(grasp_call *call, void *self, void *opaque)
{
    struct knowledge *knowledge = opaque;
    if (!knowledge)
        return;
    pool_free(&knowledge->pool);
    free(knowledge);
}

int32_t grasp_method_describe(grasp_call *call, void *self, const void *opaque)
{
    const struct knowledge *knowledge = opaque;
    struct text out CLEANUP_TEXT = {0};
    text_char(&out, '[');
    for (size_t i = knowledge->base_count; i < knowledge->count; i++) {
        if (i > knowledge->base_count)
            text_put(&out, ", ");
        skill_write_json(&out, &knowledge->skills[i]);
    }
    text_char(&out, ']');
    if (out.failed)
        return grasp_fail(call, GRASP_E_TOO_LARGE, "the library is too large to describe");
    return call->host->emit_json(call, text_view(&out));
}
