/* SPDX-License-Identifier: MIT */
#include "prompts.h"

#include <errno.h>
#include <grasp/helpers.h>
#include <stdio.h>
#include <string.h>

#include "common/embedded.h"
#include "text.h"

#define PROMPT_MAX (256 * 1024)

extern const struct embedded_file quickstart_prompts[];

static grasp_str built_in(const char *name)
{
    const struct embedded_file *file = quickstart_prompts;
    while (file->name && strcmp(file->name, name) != 0)
        file++;
    return (grasp_str){file->text, file->len};
}

static int32_t read_file(grasp_call *call, FILE *file, const char *path, grasp_str *out_text)
{
    char *text = call->host->scratch(call, PROMPT_MAX + 1);
    if (!text)
        return grasp_fail(call, GRASP_E_NOMEM, "%s: no memory to read it", path);
    size_t len = fread(text, 1, PROMPT_MAX + 1, file);
    if (ferror(file))
        return grasp_fail(call, GRASP_E_INVALID, "%s: %s", path, strerror(errno));
    if (len > PROMPT_MAX)
        return grasp_fail(call, GRASP_E_INVALID, "%s: longer than %d bytes", path, PROMPT_MAX);
    *out_text = (grasp_str){text, len};
    if (!text_is_utf8(*out_text))
        return grasp_fail(call, GRASP_E_INVALID, "%s: not UTF-8", path);
    return GRASP_OK;
}

int32_t prompt_get(grasp_call *call, grasp_str folder, const char *name, grasp_str *out_text)
{
    grasp_str text = built_in(name);
    if (folder.len) {
        grasp_str path = grasp_format(call, "%.*s/%s", (int)folder.len, folder.ptr, name);
        FILE *file = fopen(path.ptr, "rb");
        if (!file && errno != ENOENT)
            return grasp_fail(call, GRASP_E_INVALID, "%s: %s", path.ptr, strerror(errno));
        if (file) {
            int32_t status = read_file(call, file, path.ptr, &text);
            fclose(file);
            if (status)
                return status;
        }
    }
    while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    *out_text = text;
    return GRASP_OK;
}
