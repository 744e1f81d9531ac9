/* SPDX-License-Identifier: MIT */
/* A method that learns after the unit it is told to, and records what it was given: each batch's
 * number and samples in calls.json. What it learns is how often it was called. It says so before,
 * and is wrong about every third time. */
#include <grasp/grasp.h>
#include <stdlib.h>

static const char options[] =
    "{\"properties\": {\"unit\": {\"type\": \"string\", \"default\": \"batch\","
    " \"enum\": [\"sample\", \"batch\", \"epoch\"], \"description\": \"when to learn\"}}}";

static int32_t units_open(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    grasp_str unit = grasp_json_string(call, config, "unit");
    char *self = malloc(unit.len + 1);
    (void)task;
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "units: no memory");
    memcpy(self, unit.ptr, unit.len);
    self[unit.len] = '\0';
    *out_self = self;
    return GRASP_OK;
}

static int32_t units_info(grasp_call *call, void *self)
{
    return call->host->emit_json(call, grasp_format(call, "{\"unit\": \"%s\"}", (char *)self));
}

static int32_t units_load(grasp_call *call, void *self, const grasp_files *files, void **out)
{
    (void)call, (void)self, (void)files;
    *out = NULL;
    return GRASP_OK;
}

static void units_unload(grasp_call *call, void *self, void *knowledge)
{
    (void)call, (void)self, (void)knowledge;
}

static int32_t units_augment(grasp_call *call, void *self, const void *knowledge,
                             const grasp_turn *turn)
{
    (void)call, (void)self, (void)knowledge, (void)turn;
    return GRASP_OK;
}

static long calls_so_far(const grasp_files *files)
{
    return files->count ? strtol(files->items[0].text.ptr, NULL, 10) : 0;
}

static int32_t units_learn(grasp_call *call, void *self, const grasp_lab *lab,
                           const grasp_files *files, const void *knowledge, grasp_str batch)
{
    long calls = calls_so_far(files) + 1;
    grasp_file guess = {grasp_cstr("calls.txt"), grasp_format(call, "%ld", calls)}, file = guess;
    grasp_files expected = {&guess, 1}, next = {&file, 1};
    (void)self, (void)knowledge;
    if (calls % 3 == 0)
        file.text = grasp_format(call, "%ld after all", calls);
    int32_t code = lab->expect(call, &expected);
    if (!code)
        code = lab->note(call, grasp_cstr("calls.json"), batch);
    return code ? code : call->host->emit_files(call, &next);
}

static int32_t units_epoch_end(grasp_call *call, void *self, const grasp_lab *lab,
                               const grasp_files *files, const void *knowledge, grasp_str epoch)
{
    (void)self, (void)files, (void)knowledge;
    return lab->record(call, grasp_cstr("end.json"), epoch);
}

static void units_close(grasp_call *call, void *self)
{
    (void)call;
    free(self);
}

static const grasp_method method = {
    sizeof(method), 0,           "units",         "learns after a unit", options,
    units_open,     units_info,  units_load,      units_unload,          units_augment,
    NULL,           units_learn, units_epoch_end, units_close,           NULL};
GRASP_PLUGIN_METHOD("units", "1.0", "MIT", &method)
