/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "skillx.h"

struct counts {
    size_t successful, extracted, filtered, merged;
};

static int32_t record(struct lesson *lesson, const struct library *library,
                      const struct counts *counts)
{
    struct text out CLEANUP_TEXT = {0};
    text_format(&out, "{\"n_successful\": %zu, \"n_extracted\": %zu, ", counts->successful,
                counts->extracted);
    if (counts->successful)
        text_format(&out, "\"n_filtered\": %zu, \"n_merged\": %zu, ", counts->filtered,
                    counts->merged);
    text_format(&out, "\"n_after_merge\": %zu, \"epoch\": %lld}",
                library->functional.count + library->atomic.count, (long long)lesson->epoch);
    return lesson->lab->record(lesson->call, SLICE("skillx_updates.json"),
                               pretty_json(lesson->call, text_view(&out)));
}

static int32_t extract(struct lesson *lesson, const struct skillx *self, struct records *records,
                       struct counts *counts)
{
    struct trajectory *list = pool_array(&lesson->pool, lesson->count, sizeof(*list));
    int32_t status = GRASP_OK;
    size_t results;
    for (size_t i = 0; i < lesson->count; i++) {
        if (lesson->rollouts[i].correct && lesson->rollouts[i].available)
            trajectory_make(lesson, &lesson->rollouts[i], &self->options,
                            &list[counts->successful++]);
    }
    if (self->options.use_plan_extraction)
        status = ask_plans(lesson, self, list, counts->successful);
    if (!status)
        status = ask_skills(lesson, self, list, counts->successful, records, &results);
    counts->extracted = records->count;
    if (!status && self->options.filter_stage1)
        status = ask_filter(lesson, self, records);
    counts->filtered = counts->merged = records->count;
    if (!status && self->options.enable_llm_merge)
        status = ask_merge(lesson, self, records, &counts->merged);
    return status;
}

/* The reference counts epochs of its process; a library that is continued goes on where it was. */
static int64_t next_epoch(struct skillx *self, const struct library *library)
{
    const struct records *lists[] = {&library->functional, &library->atomic};
    for (size_t l = 0; l < 2 && !self->learner.common.reference; l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            int64_t epoch = lists[l]->items[i].epoch;
            if (epoch > self->epochs && epoch < INT32_MAX)
                self->epochs = epoch;
        }
    }
    return ++self->epochs;
}

static int32_t learn(struct lesson *lesson, struct skillx *self, const grasp_files *files)
{
    static const char *const names[] = {"skillx_library.json", "skillx_library_best.json", NULL};
    const grasp_file *file = learner_file(files, names);
    struct library library = {0};
    struct records records = {0};
    struct counts counts = {0};
    grasp_str why = SLICE("");
    if (file)
        library_read(lesson->call, &lesson->pool, file->text, &library, &why);
    int32_t status = extract(lesson, self, &records, &counts);
    if (status)
        return status;
    if (counts.successful)
        library_merge(&lesson->pool, &library, &records, next_epoch(self, &library), lesson->clock,
                      &self->options);
    if ((status = record(lesson, &library, &counts)) || !counts.successful)
        return status;
    const grasp_file out = {SLICE("skillx_library.json"), library_file(lesson->call, &library)};
    return lesson_emit(lesson, &out, 1);
}

int32_t skillx_learn(grasp_call *call, void *self, const grasp_lab *lab, const grasp_files *files,
                     const void *knowledge, grasp_str batch)
{
    struct lesson lesson CLEANUP_LESSON;
    int32_t status = lesson_open(call, self, lab, batch, &lesson);
    return status ? status : learn(&lesson, self, files);
}
