/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "golden_grasp.h"
#include "golden_rig.h"
#include "methods/grasp/stratify.h"

static void group_by_failure_mode(struct golden *g)
{
    golden_section(g, "sections.group_by_failure_mode.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        rig_entries(&rig, json_get(c, "entries"));
        for (size_t i = 0; i < rig.update.count; i++) {
            struct entry *entry = &rig.update.entries[i];
            entry->label =
                rig_in(json_str(json_get_str(json_get(c, "labels"), rig_out(entry->id))));
        }
        rig.update.labels_given = json_count(json_get(c, "labels")) > 0;
        group_failures(&rig.update);
        const struct group *groups = rig.update.groups;
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < rig.update.group_count; i++) {
            struct json *pair = json_new_array(), *ids = json_new_array();
            struct str label = rig_out(groups[i].label);
            for (size_t k = 0; k < groups[i].count; k++) {
                struct str id = rig_out(groups[i].entries[k]->id);
                int64_t number;
                json_push(ids, str_to_i64(id, &number) ? json_new_int(number) : json_new_str(id));
            }
            json_push(pair, json_new_str(label.len ? label : STR("unknown")));
            json_push(pair, ids);
            json_push(got, pair);
        }
        golden_expect_json(g, "groups", got, json_get(c, "groups"));
        rig_close(&rig);
    }
}

/* Puts an epoch before the present one, with these results. */
static void set_before(struct rig *rig, const struct json *results)
{
    struct past *past = &rig->self->past;
    past_enter(past, rig->self->dev.count, 0);
    for (struct json_iter it = json_members(results); json_next(&it);)
        past_add(past, dev_find(&rig->self->dev, rig_in(it.key)), 0, json_bool(it.value, false));
    past_enter(past, rig->self->dev.count, 1);
}

static void remember(struct rig *rig, const struct json *entry)
{
    const struct json *snapshot = json_get(entry, "skill_snapshot_before");
    struct past *past = &rig->self->past;
    size_t sample = dev_find(&rig->self->dev, rig_in(json_str(json_get(entry, "sample_id"))));
    struct past_entry *out =
        past_add(past, sample, 0, json_bool(json_get(entry, "is_correct"), false));
    out->skills = pool_array(&past->pool, json_count(snapshot), sizeof(grasp_str));
    for (size_t i = 0; i < json_count(snapshot); i++) {
        struct str name = json_str(json_get(json_at(snapshot, i), "name"));
        if (!str_is(name, "skeleton"))
            out->skills[out->skill_count++] = rig_in(name);
    }
}

static struct json *ids_of(const struct json *entries)
{
    struct json *ids = json_new_array();
    for (size_t i = 0; i < json_count(entries); i++)
        json_push(ids, json_copy(json_get(json_at(entries, i), "sample_id")));
    return ids;
}

static void skill_effectiveness(struct golden *g)
{
    golden_section(g, "sections.skill_effectiveness.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        CLEANUP_JSON struct json *ids = ids_of(json_get(c, "entries"));
        rig_open(&rig, "{\"compat\": \"reference\"}", ids);
        set_before(&rig, json_get(c, "prev_results"));
        for (size_t i = 0; i < json_count(json_get(c, "entries")); i++)
            remember(&rig, json_at(json_get(c, "entries"), i));
        for (struct json_iter it = json_members(json_get(c, "out")); json_next(&it);) {
            struct effect effect = stats_effect(&rig.update, rig_in(it.key));
            golden_expect_int(g, "runs", effect.runs, json_int(json_get(it.value, "runs"), -1));
            golden_expect_int(g, "fixes", effect.fixes, json_int(json_get(it.value, "fixes"), -1));
            golden_expect_int(g, "regressions", effect.regressions,
                              json_int(json_get(it.value, "regressions"), -1));
        }
        rig_close(&rig);
    }
}

/* Samples s0, s1 ... of these types. */
static void make_dev(struct pool *pool, const struct json *types, struct dev *out)
{
    size_t capacity = 0;
    for (size_t i = 0; i < json_count(types); i++) {
        const struct dev_sample sample = {pool_format(pool, "s%zu", i),
                                          rig_in(json_str(json_at(types, i))), grasp_cstr("")};
        dev_add(pool, out, &sample, &capacity);
    }
}

static void stratified(struct golden *g, const char *section, bool capped)
{
    golden_section(g, section);
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct grasp_rng rng;
        struct dev dev = {0};
        const struct json *seed = json_get(c, "seed");
        if (json_is(seed, JSON_STRING))
            rng_seed_text(&rng.rng, json_str(seed));
        else
            rng_seed_int(&rng.rng, json_int(seed, 0));
        make_dev(&pool, json_get(c, "types"), &dev);
        size_t *from = pool_array(&pool, dev.count, sizeof(*from));
        size_t *out = pool_array(&pool, dev.count, sizeof(*out));
        for (size_t i = 0; i < dev.count; i++)
            from[i] = i;
        const struct draw draw = {&mock_lab_table, &rng, &dev, &pool, capped};
        size_t count = stratify(&draw, from, dev.count, (size_t)json_int(json_get(c, "n"), 0), out);
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < count; i++)
            json_push(got, json_new_str(rig_out(dev.samples[out[i]].id)));
        golden_expect_json(g, "selected", got, json_get(c, "selected"));
        golden_expect_int(g, "next bits", rng_next(&rng.rng),
                          json_int(json_get(c, "next_getrandbits32"), -1));
    }
}

/* s0 to s11, of type b for even and a for odd ones. */
static struct json *probe_samples(void)
{
    struct json *samples = json_new_array();
    for (int i = 0; i < 12; i++) {
        struct json *sample = json_new_object();
        CLEANUP_FREE char *id = mem_printf("s%d", i);
        json_set(sample, "id", json_new_str(str_of(id)));
        json_set(sample, "type", json_new_str(str_of(i % 2 ? "a" : "b")));
        json_push(samples, sample);
    }
    return samples;
}

static void expect_probe(struct golden *g, const struct rig *rig, const struct json *ids,
                         const struct json *failing)
{
    const struct probe *probe = &rig->update.probe;
    CLEANUP_JSON struct json *got = json_new_array(), *got_failing = json_new_array();
    for (size_t i = 0; i < probe->count; i++)
        json_push(got, json_new_str(rig_out(rig->self->dev.samples[probe->samples[i]].id)));
    for (size_t i = 0; i < rig->self->dev.count; i++) {
        if (probe->was_failing[i])
            json_push(got_failing, json_new_str(rig_out(rig->self->dev.samples[i].id)));
    }
    if (json_is(ids, JSON_NULL)) {
        golden_expect_int(g, "probe samples", (int64_t)probe->count, 0);
        return;
    }
    golden_expect_json(g, "probe", got, ids);
    golden_expect_json(g, "failing", got_failing, failing);
}

static void probe_set(struct golden *g)
{
    CLEANUP_JSON struct json *samples = probe_samples();
    golden_section(g, "sections.probe_set.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        CLEANUP_FREE char *options =
            mem_printf("{\"compat\": \"reference\", \"grpo_eval_n\": %lld}",
                       (long long)json_int(json_get(c, "grpo_eval_n"), 0));
        const struct json *entries = json_get(c, "all_entries");
        rig_open(&rig, options, samples);
        rig.update.epoch = json_int(json_get(c, "epoch"), 0);
        rig.update.cycle = json_int(json_get(c, "update_cycle"), 0);
        past_enter(&rig.self->past, rig.self->dev.count, rig.update.epoch);
        for (size_t i = 0; i < json_count(entries); i++) {
            const struct json *entry = json_at(entries, i);
            size_t sample = dev_find(&rig.self->dev, rig_in(json_str(json_at(entry, 0))));
            if (sample != DEV_NONE)
                past_add(&rig.self->past, sample, json_int(json_at(entry, 2), 0),
                         json_bool(json_at(entry, 1), false));
        }
        struct str seed = json_str(json_get(c, "seed"));
        golden_expect(g, str_starts(seed, "1:"), "the seed is not of the form 1:label");
        probe_draw(&rig.update, rig_in((struct str){seed.ptr + 2, seed.len - 2}));
        expect_probe(g, &rig, json_get(c, "probe_ids"), json_get(c, "failing_ids"));
        rig_close(&rig);
    }
}

static void probe_set_before(struct golden *g)
{
    CLEANUP_JSON struct json *samples = probe_samples();
    golden_section(g, "sections.probe_set_prev_epoch.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"compat\": \"reference\", \"grpo_eval_n\": 6}", samples);
        set_before(&rig, json_get(c, "prev_results"));
        rig.update.epoch = 1;
        probe_draw(&rig.update, grasp_cstr("probe:1:0"));
        expect_probe(g, &rig, json_get(c, "insertion_order_draw"), json_get(c, "failing_ids"));
        rig_close(&rig);
    }
}

void golden_probe_sections(struct golden *g)
{
    group_by_failure_mode(g);
    skill_effectiveness(g);
    stratified(g, "sections.stratified_sample.cases", false);
    stratified(g, "sections.fhir_stratified_sample.cases", true);
    probe_set(g);
    probe_set_before(g);
}
