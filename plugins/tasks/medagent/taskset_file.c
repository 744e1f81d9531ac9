/* SPDX-License-Identifier: MIT */
/* The benchmark's own files. */
#include <sys/stat.h>

#include "common/prompts.h"
#include "common/slice.h"
#include "taskset.h"

#define FILE_MAX ((size_t)32 << 20)

static const char *full_name(const struct medagent *self)
{
    return self->version == MEDAGENT_V1 ? "test_data_v2.json" : "new_patient_tasks.json";
}

/* The folder that has the task file: the one given, or one where the reference's repository or a
 * copy of its data keeps it. */
static int32_t find_folder(grasp_call *call, struct medagent *self, grasp_str *out)
{
    const char *name = self->version == MEDAGENT_V1 ? "MedAgentBench" : "MedAgentBench-v2";
    const char *data = self->data.ptr;
    grasp_str places[] = {
        self->data,
        grasp_format(call, "%s/%s", data, name),
        grasp_format(call, "%s/data/medagentbench", data),
        grasp_format(call, "%s/benchmarks/%s/data/medagentbench", data, name),
    };
    struct stat st;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        if (stat(grasp_format(call, "%s/%s", places[i].ptr, full_name(self)).ptr, &st) == 0) {
            *out = places[i];
            return GRASP_OK;
        }
    }
    return grasp_fail(call, GRASP_E_INVALID,
                      "option 'data': no %s in %s, nor in %s below it; give the folder with the "
                      "benchmark's task file, its splits and funcs_v1.json",
                      full_name(self), data, name);
}

static int32_t read_json(grasp_call *call, struct medagent *self, grasp_str folder,
                         const char *name, const grasp_json_value **out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str text, error = SLICE(""), path = grasp_format(call, "%s/%s", folder.ptr, name);
    int32_t status = prompt_read_file(call, &pool, path.ptr, FILE_MAX, &text);
    if (status == GRASP_E_NOT_FOUND)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: no such file; the benchmark's folder has the task file, the four "
                          "splits and funcs_v1.json",
                          path.ptr);
    if (status)
        return status;
    *out = self->json->parse(call, text, &error);
    if (!*out)
        return grasp_fail(call, GRASP_E_INVALID, "%s: %.*s", path.ptr, (int)error.len, error.ptr);
    if (self->json->kind(*out) != GRASP_JSON_ARRAY || !self->json->count(*out))
        return grasp_fail(call, GRASP_E_INVALID, "%s: not a list, or an empty one", path.ptr);
    return GRASP_OK;
}

/* A sample's name for errors. */
static const char *place_of(grasp_call *call, const struct medagent *self, const char *file,
                            const grasp_json_value *list, uint64_t i)
{
    grasp_str id = self->json->as_string(self->json->get(self->json->at(list, i), SLICE("id")));
    return grasp_format(call, "%s: sample %llu (%.*s)", file, (unsigned long long)i + 1,
                        id.len > 40 ? 40 : (int)id.len, id.ptr)
        .ptr;
}

static int32_t read_split(grasp_call *call, struct medagent *self, grasp_str folder,
                          const char *file, struct split *out)
{
    const grasp_json_value *list = NULL;
    int32_t status = read_json(call, self, folder, file, &list);
    if (status)
        return status;
    out->count = self->json->count(list);
    out->samples = pool_array(&self->pool, out->count, sizeof(*out->samples));
    for (uint64_t i = 0; i < out->count; i++) {
        status = taskset_add(call, self, self->json->at(list, i),
                             place_of(call, self, file, list, i), &out->samples[i]);
        if (status)
            return status;
    }
    return GRASP_OK;
}

/* The whole set gives the patients, so that a split's chart does not depend on the other splits. */
static int32_t read_patients(grasp_call *call, struct medagent *self, grasp_str folder,
                             struct cohort_roster *roster)
{
    const grasp_json_value *list = NULL;
    struct sample sample;
    struct task_sample ignored;
    char error[256];
    int32_t status = read_json(call, self, folder, full_name(self), &list);
    for (uint64_t i = 0; !status && i < self->json->count(list); i++) {
        const char *place = place_of(call, self, full_name(self), list, i);
        status = taskset_add(call, self, self->json->at(list, i), place, &ignored);
        if (status)
            break;
        sample_read(self->json, self->json->at(list, i), self->version, &sample);
        struct cohort_task task = taskset_task(&sample);
        if (cohort_roster_add(roster, &task, error))
            status = grasp_fail(call, GRASP_E_INVALID, "%s: %s", place, error);
    }
    return status;
}

int32_t taskset_read(grasp_call *call, struct medagent *self, struct cohort_roster *roster,
                     const grasp_json_value **out_functions)
{
    static const char *const files[SPLIT_COUNT] = {"split_dev.json", "split_val.json",
                                                   "split_id_test.json", "split_test.json"};
    grasp_str folder = SLICE("");
    int32_t status = find_folder(call, self, &folder);
    if (status || (status = read_patients(call, self, folder, roster)) ||
        (status = read_json(call, self, folder, "funcs_v1.json", out_functions)))
        return status;
    for (int i = 0; i < SPLIT_COUNT && !status; i++)
        status = read_split(call, self, folder, files[i], &self->splits[i]);
    return status;
}
