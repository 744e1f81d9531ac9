/* SPDX-License-Identifier: MIT */
/* What the agent reads off the chart. */
#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/slice.h"
#include "play.h"

uint64_t found_count(const struct play *play, size_t search)
{
    return play->json->count(play->json->get(play->found[search], SLICE("entry")));
}

const grasp_json_value *found_at(const struct play *play, size_t search, uint64_t i)
{
    const grasp_json_value *entries = play->json->get(play->found[search], SLICE("entry"));
    return play->json->get(play->json->at(entries, i), SLICE("resource"));
}

bool found_time(const struct play *play, const grasp_json_value *resource, const char *path,
                struct when *out)
{
    return when_read(play->json->as_string(py_at(play->json, resource, path)), true, out) &&
           out->aware;
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = ((const struct level *)a)->time.micros, y = ((const struct level *)b)->time.micros;
    return (x < y) - (x > y);
}

struct levels levels_found(struct play *play, size_t search)
{
    uint64_t count = found_count(play, search);
    struct levels levels = {pool_array(play->pool, count + 1, sizeof(struct level)), 0};
    for (uint64_t i = 0; i < count; i++) {
        const grasp_json_value *resource = found_at(play, search, i);
        const grasp_json_value *value = py_at(play->json, resource, "valueQuantity.value");
        struct level *level = &levels.items[levels.count];
        if (!py_number(play->json, value, &level->value) ||
            !found_time(play, resource, "effectiveDateTime", &level->time))
            continue;
        level->text = play->json->print(play->call, value, 0);
        level->time_text =
            play->json->as_string(play->json->get(resource, SLICE("effectiveDateTime")));
        levels.count++;
    }
    qsort(levels.items, levels.count, sizeof(struct level), newest_first);
    return levels;
}

bool newest_procedure(struct play *play, size_t search, struct when *out)
{
    static const char *const paths[] = {"performedDateTime", "performedPeriod.end",
                                        "performedPeriod.start"};
    bool any = false;
    struct when when;
    for (uint64_t i = 0; i < found_count(play, search); i++) {
        const grasp_json_value *resource = found_at(play, search, i);
        int path = 0;
        while (path < 3 && !found_time(play, resource, paths[path], &when))
            path++;
        if (path < 3 && (!any || when.micros > out->micros)) {
            *out = when;
            any = true;
        }
    }
    return any;
}

grasp_str medication_text(const struct play *play, const grasp_json_value *request)
{
    return play->json->as_string(py_at(play->json, request, "medicationCodeableConcept.text"));
}

bool medication_has(const struct play *play, const grasp_json_value *request,
                    const char *const *words)
{
    grasp_str text = medication_text(play, request);
    for (; *words; words++)
        if (text_mentions(text, *words, true))
            return true;
    return false;
}
