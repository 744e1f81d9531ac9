/* SPDX-License-Identifier: MIT */
#include "common/prompts.h"

#include <errno.h>
#include <grasp/helpers.h>
#include <stdio.h>
#include <string.h>

#include "common/slice.h"
#include "common/template.h"

int32_t prompt_read_file(grasp_call *call, struct pool *pool, const char *path, size_t limit,
                         grasp_str *out_text)
{
    struct text text CLEANUP_TEXT = {.limit = limit};
    char piece[8192];
    FILE *file = fopen(path, "rbe");
    if (!file && errno == ENOENT)
        return GRASP_E_NOT_FOUND;
    if (!file)
        return grasp_fail(call, GRASP_E_INVALID, "%s: %s", path, strerror(errno));
    for (size_t got; (got = fread(piece, 1, sizeof(piece), file)) > 0 && !text.failed;)
        text_add(&text, piece, got);
    int broken = ferror(file);
    fclose(file);
    if (broken)
        return grasp_fail(call, GRASP_E_INVALID, "%s: cannot be read", path);
    if (text.failed)
        return grasp_fail(call, GRASP_E_TOO_LARGE, "%s: over %zu bytes", path, limit);
    if (!utf8_valid(text_view(&text)))
        return grasp_fail(call, GRASP_E_INVALID, "%s: not UTF-8", path);
    *out_text = pool_dup(pool, text_view(&text));
    return GRASP_OK;
}

static int32_t find(grasp_call *call, struct pool *pool, const struct embedded_file *built_in,
                    grasp_str folder, const char *name, grasp_str *out_text)
{
    if (folder.len) {
        grasp_str path = pool_format(pool, "%s/%s", pool_dup(pool, folder).ptr, name);
        int32_t status = prompt_read_file(call, pool, path.ptr, PROMPT_MAX, out_text);
        if (status != GRASP_E_NOT_FOUND)
            return status;
    }
    for (; built_in->name; built_in++) {
        if (strcmp(built_in->name, name) == 0) {
            *out_text = (grasp_str){built_in->text, built_in->len};
            return GRASP_OK;
        }
    }
    return grasp_fail(call, GRASP_E_FAILED, "prompt %s is missing from the plugin", name);
}

int32_t prompt_load(grasp_call *call, struct pool *pool, const struct embedded_file *built_in,
                    grasp_str folder, const char *name, const char *const *names,
                    grasp_str *out_text)
{
    grasp_str text = {"", 0}, tag = {"", 0};
    int32_t status = find(call, pool, built_in, folder, name, &text);
    if (status)
        return status;
    while (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (!template_check(text, names, &tag))
        return grasp_fail(call, GRASP_E_INVALID,
                          "prompt %s: %.*s is no placeholder that is known here, or a section "
                          "that does not end where it should",
                          name, tag.len > 80 ? 80 : (int)tag.len, tag.ptr);
    *out_text = text;
    return GRASP_OK;
}
