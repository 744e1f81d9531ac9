/* SPDX-License-Identifier: MIT */
#include "common/options.h"

#include <string.h>

#define GUIDANCE_CHARS 12000

static int32_t placement_of(grasp_str name, int32_t otherwise)
{
    static const char *const names[] = {"task", "recent", "first", "system", "field", "opening"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (grasp_equal(name, names[i]))
            return (int32_t)i;
    }
    return otherwise;
}

static void read_own(const grasp_json *json, const grasp_json_value *config,
                     const struct common_options *common, const struct option *option, char *own)
{
    const grasp_json_value *value = json->get(config, grasp_cstr(option->name));
    double otherwise =
        option->kind == OPTION_REPAIR ? (common->reference ? 0 : 1) : option->otherwise;
    bool flag = json->as_bool(value, otherwise != 0);
    int64_t whole = json->as_int(value, (int64_t)otherwise);
    double number = json->as_double(value, otherwise);
    if (option->kind == OPTION_INT)
        memcpy(own + option->at, &whole, sizeof(whole));
    else if (option->kind == OPTION_NUMBER)
        memcpy(own + option->at, &number, sizeof(number));
    else
        memcpy(own + option->at, &flag, sizeof(flag));
}

int32_t options_load(grasp_call *call, grasp_str text, int32_t compat_placement,
                     struct common_options *common, const struct option *table, void *own)
{
    const grasp_json *json = grasp_json_of(call);
    if (!json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "the host does not offer " GRASP_EXT_JSON);
    const grasp_json_value *config = json->parse(call, text, NULL);
    if (json->kind(config) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object");
    bool reference =
        grasp_equal(json->as_string(json->get(config, grasp_cstr("compat"))), "reference");
    *common = (struct common_options){
        .reference = reference,
        .max_guidance_chars = json->as_int(json->get(config, grasp_cstr("max_guidance_chars")),
                                           reference ? 0 : GUIDANCE_CHARS),
        .writer_temperature =
            json->as_double(json->get(config, grasp_cstr("writer_temperature")), 0.7),
        .placement = placement_of(json->as_string(json->get(config, grasp_cstr("placement"))),
                                  reference ? compat_placement : GRASP_PLACE_TASK),
        .show_tags = json->as_bool(json->get(config, grasp_cstr("show_tags")), !reference),
        .show_answers = json->as_bool(json->get(config, grasp_cstr("show_answers")), !reference),
        .prompts_dir = json->as_string(json->get(config, grasp_cstr("prompts_dir"))),
    };
    for (; table->name; table++)
        read_own(json, config, common, table, own);
    return GRASP_OK;
}
