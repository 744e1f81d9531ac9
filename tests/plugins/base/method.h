/* SPDX-License-Identifier: MIT */
/* A method that keeps every rule: one note per failure tag, in notes.txt, one a line. */
#include <grasp/grasp.h>
#include <stdlib.h>

#define HEAD "notes\n"

__attribute__((unused)) static int32_t good_open(grasp_call *call, grasp_str config, grasp_str task,
                                                 void **out_self)
{
    (void)config, (void)task;
    *out_self = malloc(16);
    return *out_self ? GRASP_OK : grasp_fail(call, GRASP_E_NOMEM, "no memory");
}

__attribute__((unused)) static int32_t good_info(grasp_call *call, void *self)
{
    (void)self;
    return call->host->emit_json(call, grasp_cstr("{\"unit\": \"batch\"}"));
}

static int32_t copy_text(grasp_call *call, grasp_str text, void **out)
{
    char *copy = calloc(1, text.len + 1);
    if (!copy)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    memcpy(copy, text.ptr, text.len);
    *out = copy;
    return GRASP_OK;
}

__attribute__((unused)) static int32_t good_load(grasp_call *call, void *self,
                                                 const grasp_files *files, void **out)
{
    (void)self;
    if (!files->count)
        return copy_text(call, grasp_cstr(HEAD), out);
    if (!grasp_starts(files->items[0].text, HEAD) || files->items[0].text.len > 1000000)
        return grasp_fail(call, GRASP_E_INVALID, "%s:1: not a file of notes",
                          files->items[0].name.ptr);
    return copy_text(call, files->items[0].text, out);
}

__attribute__((unused)) static void good_unload(grasp_call *call, void *self, void *knowledge)
{
    (void)call, (void)self;
    free(knowledge);
}

__attribute__((unused)) static int32_t good_augment(grasp_call *call, void *self,
                                                    const void *knowledge, const grasp_turn *turn)
{
    (void)self, (void)turn;
    return grasp_guide(call, GRASP_PLACE_TASK, grasp_cstr(knowledge), "[\"notes\"]");
}

__attribute__((unused)) static int32_t good_learn(grasp_call *call, void *self,
                                                  const grasp_lab *lab, const grasp_files *files,
                                                  const void *knowledge, grasp_str batch)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *rollouts = json->get(json->parse(call, batch, NULL), grasp_cstr("rollouts"));
    grasp_str text = grasp_cstr(knowledge);
    (void)self, (void)lab, (void)files;
    for (uint64_t i = 0; i < json->count(rollouts); i++) {
        grasp_json_value *tags = json->get(json->at(rollouts, i), grasp_cstr("failure_tags"));
        grasp_str tag = json->as_string(json->at(tags, 0));
        if (tag.len && !strstr(text.ptr, tag.ptr))
            text = grasp_format(call, "%s%s\n", text.ptr, tag.ptr);
    }
    grasp_file file = {grasp_cstr("notes.txt"), text};
    grasp_files next = {&file, 1};
    return call->host->emit_files(call, &next);
}

__attribute__((unused)) static void good_close(grasp_call *call, void *self)
{
    (void)call;
    free(self);
}
