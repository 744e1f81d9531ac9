/* SPDX-License-Identifier: MIT */
/*
 * A method in C: the agent is warned of every kind of failure that was seen. Knowledge is one
 * file, tips.txt, a failure tag a line. Start your own method from here: change what learn writes
 * and what augment tells.
 */
#include <grasp/grasp.h>
#include <stdlib.h>

#define FILE_NAME "tips.txt"
#define MAX_TAG 100

static int32_t tips_open(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    (void)call, (void)config, (void)task;
    *out_self = NULL;
    return GRASP_OK;
}

static int32_t tips_info(grasp_call *call, void *self)
{
    (void)self;
    return call->host->emit_json(call, grasp_cstr("{\"unit\": \"batch\", \"folder\": \"tips\"}"));
}

/* The number of the first line that is not a tag, or 0. */
static int bad_line(grasp_str text)
{
    uint64_t start = 0, i;
    int line = 1;
    for (i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (c == '\n' && i > start) {
            start = i + 1;
            line++;
        } else if (!word || i - start > MAX_TAG) {
            return line;
        }
    }
    return start < i ? line : 0;
}

static int32_t tips_load(grasp_call *call, void *self, const grasp_files *files, void **out)
{
    char *copy;
    grasp_str text = {"", 0};
    (void)self;
    for (uint64_t i = 0; i < files->count; i++) {
        if (!grasp_equal(files->items[i].name, FILE_NAME))
            return grasp_fail(call, GRASP_E_INVALID, "%s: not a file of the method tips",
                              files->items[i].name.ptr);
        text = files->items[i].text;
        if (bad_line(text))
            return grasp_fail(call, GRASP_E_INVALID, "%s:%d: not a failure tag", FILE_NAME,
                              bad_line(text));
    }
    copy = malloc(text.len + 1);
    if (!copy)
        return grasp_fail(call, GRASP_E_NOMEM, "tips: no memory");
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *out = copy;
    return GRASP_OK;
}

static void tips_unload(grasp_call *call, void *self, void *knowledge)
{
    (void)call, (void)self;
    free(knowledge);
}

static int32_t tips_augment(grasp_call *call, void *self, const void *knowledge,
                            const grasp_turn *turn)
{
    const char *tags = knowledge;
    (void)self, (void)turn;
    if (!*tags)
        return GRASP_OK; /* nothing to say */
    return grasp_guide(call, GRASP_PLACE_TASK,
                       grasp_format(call, "Avoid these failures:\n%s", tags), NULL);
}

/* Is `tag` one of the lines? */
static int has_line(const char *text, grasp_str tag)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        if (len == tag.len && memcmp(text, tag.ptr, len) == 0)
            return 1;
        text += len + (text[len] == '\n');
    }
    return 0;
}

static int32_t tips_learn(grasp_call *call, void *self, const grasp_lab *lab,
                          const grasp_files *files, const void *knowledge, grasp_str batch)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *rollouts = json->get(json->parse(call, batch, NULL), grasp_cstr("rollouts"));
    grasp_str text = grasp_cstr(knowledge);
    (void)self, (void)lab, (void)files;
    for (uint64_t i = 0; i < json->count(rollouts); i++) {
        grasp_json_value *tags = json->get(json->at(rollouts, i), grasp_cstr("failure_tags"));
        for (uint64_t k = 0; k < json->count(tags); k++) {
            grasp_str tag = grasp_format(call, "%s\n", json->as_string(json->at(tags, k)).ptr);
            grasp_str word = {tag.ptr, tag.len - 1};
            if (word.len && !bad_line(tag) && !has_line(text.ptr, word))
                text = grasp_format(call, "%s%s", text.ptr, tag.ptr);
        }
    }
    if (grasp_equal(text, knowledge))
        return GRASP_OK; /* the present knowledge stays */
    grasp_file file = {grasp_cstr(FILE_NAME), text};
    grasp_files next = {&file, 1};
    return call->host->emit_files(call, &next);
}

static void tips_close(grasp_call *call, void *self)
{
    (void)call, (void)self;
}

static const grasp_method method = {sizeof(method),
                                    0,
                                    "tips",
                                    "warns of failures that were seen",
                                    NULL,
                                    tips_open,
                                    tips_info,
                                    tips_load,
                                    tips_unload,
                                    tips_augment,
                                    NULL,
                                    tips_learn,
                                    NULL,
                                    tips_close,
                                    NULL};
GRASP_PLUGIN_METHOD("tips", "1.0", "MIT", &method)
