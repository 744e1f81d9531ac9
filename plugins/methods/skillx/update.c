/* SPDX-License-Identifier: MIT */
#include "common/put.h"
#include "common/slice.h"
#include "skillx.h"

struct counts {
    size_t successful, extracted, filtered, merged;
};

static int32_t record(struct lesson *lesson, const struct library *library,
                      const struct counts *counts)
{
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '{');
    put_int(&out, "n_successful", (int64_t)counts->successful);
    put_int(&out, "n_extracted", (int64_t)counts->extracted);
    if (counts->successful) {
        put_int(&out, "n_filtered", (int64_t)counts->filtered);
        put_int(&out, "n_merged", (int64_t)counts->merged);
    }
    put_int(&out, "n_after_merge", (int64_t)(library->functional.count + library->atomic.count));
    put_int(&out, "epoch", lesson->epoch);
    put_close(&out, '}');
    return lesson_record(lesson, "skillx_updates.json", &out);
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

int32_t skillx_learn(struct lesson *lesson, void *opaque, const grasp_files *files)
{
    struct skillx *self = opaque;
    struct library library = {0};
    struct records records = {0};
    struct counts counts = {0};
    grasp_str why = SLICE("");
    if (lesson->file)
        library_read(lesson->call, &lesson->pool, lesson->file->text, &library, &why);
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
