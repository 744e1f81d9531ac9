/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <grasp/helpers.h>

#include "common/slice.h"

static int32_t read_file(grasp_call *call, struct pool *pool, const struct script_files *files,
                         grasp_str name, const char *place, grasp_str *out)
{
    int32_t status = files->read(call, files->context, name, pool, out);
    if (status == GRASP_E_NOT_FOUND)
        return grasp_fail(call, GRASP_E_INVALID, "%s: its script '%.*s' is not there", place,
                          (int)name.len, name.ptr);
    return status;
}

int32_t script_read(grasp_call *call, struct pool *pool, const struct script_files *files,
                    const grasp_json_value *value, const char *place, struct script *out)
{
    const grasp_json *json = grasp_json_of(call);
    *out = (struct script){.language = SLICE("bash"), .code = SLICE("")};
    if (json->kind(value) == GRASP_JSON_NULL)
        return GRASP_OK;
    out->present = true;
    if (json->kind(value) == GRASP_JSON_STRING) {
        out->code = pool_dup(pool, json->as_string(value));
        return GRASP_OK;
    }
    grasp_str language = json->as_string(json->get(value, SLICE("language")));
    const grasp_json_value *file = json->get(value, SLICE("file"));
    const grasp_json_value *code = json->get(value, SLICE("code"));
    if (language.len)
        out->language = pool_dup(pool, language);
    if (json->kind(file) == GRASP_JSON_STRING)
        return read_file(call, pool, files, json->as_string(file), place, &out->code);
    if (json->kind(code) != GRASP_JSON_STRING)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: a script is a text, or an object with 'code' or 'file'", place);
    out->code = pool_dup(pool, json->as_string(code));
    return GRASP_OK;
}

static void put_word(struct text *out, grasp_str word)
{
    text_put(out, ", ");
    text_json(out, word);
}

bool script_command(const struct script *script, const grasp_str *arguments, size_t count,
                    struct text *out)
{
    bool bash = grasp_equal(script->language, "bash");
    if (!bash && !grasp_equal(script->language, "python"))
        return false;
    text_put(out, bash ? "[\"bash\", \"-c\"" : "[\"python3\", \"-c\"");
    put_word(out, script->code);
    if (bash && count)
        text_put(out, ", \"--\"");
    for (size_t i = 0; i < count; i++)
        put_word(out, arguments[i]);
    text_char(out, ']');
    return true;
}
