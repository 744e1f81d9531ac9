/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "golden_grasp.h"
#include "golden_rig.h"

/* The case's outcomes for a library, told by the names of its skills. */
static bool has_names(const struct json *names, const grasp_files *knowledge)
{
    if (json_count(names) != knowledge->count)
        return false;
    for (size_t i = 0; i < knowledge->count; i++) {
        struct str file = rig_out(knowledge->items[i].name);
        bool found = false;
        for (size_t k = 0; k < json_count(names) && !found; k++) {
            CLEANUP_FREE char *name = mem_printf("%s.md", json_str(json_at(names, k)).ptr);
            found = str_is(file, name);
        }
        if (!found)
            return false;
    }
    return true;
}

static struct json *names_after(const struct json *before, const struct json *proposal)
{
    struct json *names = json_new_array();
    struct str name = json_str(json_get(proposal, "name"));
    bool removes = str_is(json_str(json_get(proposal, "action")), "REMOVE");
    for (size_t i = 0; i < json_count(before); i++) {
        if (!removes || !str_eq(json_str(json_at(before, i)), name))
            json_push(names, json_copy(json_at(before, i)));
    }
    if (!removes)
        json_push(names, json_new_str(name));
    return names;
}

static const struct json *outcomes_of(void *arg, const grasp_files *knowledge)
{
    const struct json *c = ((struct rig *)arg)->c, *before = json_get(c, "library_before");
    const struct json *candidates = json_get(c, "candidates");
    if (has_names(before, knowledge))
        return json_get(c, "baseline_outcomes");
    for (size_t i = 0; i <= json_count(candidates); i++) {
        const struct json *one =
            i < json_count(candidates) ? json_at(candidates, i) : json_get(c, "revision");
        CLEANUP_JSON struct json *names = names_after(before, json_get(one, "proposal"));
        if (has_names(names, knowledge))
            return json_get(one, "outcomes");
    }
    return NULL;
}

static void push_text(struct json *array, const struct json *value, bool listed)
{
    CLEANUP_BUF struct buf text = {0};
    if (listed)
        buf_char(&text, '[');
    json_write(&text, value, 0);
    if (listed)
        buf_char(&text, ']');
    json_push(array, json_new_str(buf_view(&text)));
}

/* classify, diagnose, one proposal per call, revise */
static struct json *script_of(const struct json *c)
{
    struct json *script = json_new_array(), *labels = json_new_object();
    CLEANUP_JSON struct json *classified = json_new_object();
    const struct json *candidates = json_get(c, "candidates");
    for (struct json_iter it = json_members(json_get(c, "dev_results")); json_next(&it);) {
        if (!json_bool(it.value, false))
            json_set_str(labels, it.key, json_new_str(STR("m")));
    }
    json_set(classified, "labels", labels);
    json_set(classified, "new_labels", json_copy(json_get(c, "new_labels")));
    push_text(script, classified, false);
    json_push(script, json_new_str(STR("{}")));
    for (size_t i = 0; i < json_count(candidates); i++)
        push_text(script, json_get(json_at(candidates, i), "proposal"), true);
    if (json_is(json_get(c, "revision"), JSON_OBJECT))
        push_text(script, json_get(json_get(c, "revision"), "proposal"), true);
    return script;
}

static struct json *batch_of(const struct json *results)
{
    struct json *batch = json_new_object(), *rollouts = json_new_array();
    for (struct json_iter it = json_members(results); json_next(&it);) {
        CLEANUP_JSON struct json *entry = json_new_object();
        json_set(entry, "sample_id", json_new_str(it.key));
        json_set(entry, "is_correct", json_copy(it.value));
        json_set(entry, "status", json_new_str(STR("completed")));
        json_push(rollouts, rig_rollout(entry));
    }
    json_set(batch, "epoch", json_new_int(0));
    json_set(batch, "update_cycle", json_new_int(0));
    json_set(batch, "last", json_new_bool(true));
    json_set(batch, "rollouts", rollouts);
    return batch;
}

static struct json *keys_of(const struct json *object)
{
    struct json *keys = json_new_array();
    for (struct json_iter it = json_members(object); json_next(&it);)
        json_push(keys, json_new_str(it.key));
    return keys;
}

/* An entry of grpo in the form of the recorded cases. */
static struct json *flat_entry(const struct json *entry)
{
    struct json *flat = json_copy(entry);
    const struct json *proposal = json_get(entry, "proposal");
    json_set(flat, "name", json_copy(json_get(proposal, "name")));
    json_set(flat, "action", json_copy(json_get(proposal, "action")));
    json_remove(flat, "proposal");
    return flat;
}

static void expect_event(struct golden *g, const struct rig *rig, const struct json *c)
{
    const struct json *event = json_at(rig->lab.notes, 0);
    CLEANUP_JSON struct json *log = json_new_array(), *applied = json_new_array();
    golden_expect_int(g, "events", (int64_t)json_count(rig->lab.notes), 1);
    for (size_t i = 0; i < json_count(json_get(event, "grpo")); i++)
        json_push(log, flat_entry(json_at(json_get(event, "grpo"), i)));
    golden_expect_json(g, "grpo", log, json_get(c, "grpo_log"));
    for (size_t i = 0; i < json_count(json_get(event, "applied")); i++) {
        const struct json *one = json_at(json_get(event, "applied"), i);
        struct json *brief = json_new_object();
        json_set(brief, "action", json_copy(json_get(one, "action")));
        json_set(brief, "name", json_copy(json_get(one, "name")));
        json_push(applied, brief);
    }
    golden_expect_json(g, "applied", applied, json_get(c, "applied"));
    golden_expect_int(g, "writer calls", (int64_t)json_count(rig->lab.prompts),
                      json_int(json_get(c, "writer_calls"), -1));
}

static void expect_library(struct golden *g, struct rig *rig, const struct json *c)
{
    const struct mock_host *host = rig->host;
    const struct json *want = json_get(c, "library_after");
    const struct json *provenance = json_get(c, "provenance_after");
    golden_expect(g, host->has_files == (json_count(json_get(c, "applied")) > 0),
                  "knowledge was emitted or not");
    if (!host->has_files)
        return;
    golden_expect_int(g, "skills", (int64_t)host->file_names.count, (int64_t)json_count(want));
    for (size_t i = 0; i < host->file_names.count; i++) {
        struct skill skill;
        struct text why CLEANUP_TEXT = {0}, text CLEANUP_TEXT = {0};
        golden_expect(g,
                      skill_parse(&rig->pool, mock_str(host->file_names.items[i]),
                                  mock_str(host->file_texts.items[i]), &skill, &why),
                      "a skill file cannot be read");
        golden_expect_str(g, "skill", rig_out(skill.file), json_str(json_at(want, i)));
        if (!json_get_str(provenance, rig_out(skill.file)))
            continue;
        meta_write_json(&text, skill.provenance);
        CLEANUP_JSON struct json *got = json_parse(rig_out(text_view(&text)), NULL);
        golden_expect_json(g, "provenance", got, json_get_str(provenance, rig_out(skill.file)));
    }
}

static grasp_files library_before(struct rig *rig, const struct json *names)
{
    const grasp_files none = {NULL, 0};
    struct library library = library_open(&rig->pool, &none, true);
    for (size_t i = 0; i < json_count(names); i++) {
        grasp_str name = rig_in(json_str(json_at(names, i)));
        struct skill skill = {.file = name, .name = name};
        library_add(&library, &skill);
    }
    return library_files(&library);
}

static void gate(struct golden *g)
{
    golden_section(g, "sections.gate.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        size_t before = json_count(json_get(c, "library_before"));
        CLEANUP_JSON struct json *ids = keys_of(json_get(c, "dev_results"));
        CLEANUP_JSON struct json *script = script_of(c),
                                 *batch = batch_of(json_get(c, "dev_results"));
        CLEANUP_BUF struct buf text = {0};
        CLEANUP_FREE char *options =
            mem_printf("{\"compat\": \"reference\", \"grpo_k\": %zu, \"grpo_eval_n\": 16, "
                       "\"max_learned_skills\": %d}",
                       json_count(json_get(c, "candidates")), before ? 1 : 10);
        rig_open(&rig, options, ids);
        rig.replies = script;
        rig.c = c;
        rig.lab.outcomes = outcomes_of;
        json_write(&text, batch, 0);
        const grasp_files files = library_before(&rig, json_get(c, "library_before"));
        int32_t status = grasp_method_table.learn(rig.call, rig.self, &mock_lab_table, &files, NULL,
                                                  rig_in(buf_view(&text)));
        golden_expect_int(g, "status", status, 0);
        expect_event(g, &rig, c);
        expect_library(g, &rig, c);
        rig_close(&rig);
    }
}

/* A removal and an addition in one reply, one place: the reference gates each alone. */
static void gate_pair_overflow(struct golden *g)
{
    golden_section(g, "sections.gate_pair_overflow.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        struct proposal *valid;
        const grasp_json_value **values;
        static const char reply[] = "[{\"action\": \"REMOVE\", \"name\": \"a\"}, {\"action\": "
                                    "\"ADD\", \"name\": \"b\", \"content\": \"c\"}]";
        rig_open(&rig, "{\"compat\": \"reference\", \"max_learned_skills\": 1}", NULL);
        CLEANUP_JSON struct json *names = json_parse(STR("[\"a\"]"), NULL);
        const grasp_files files = library_before(&rig, names);
        struct library library = library_open(&rig.pool, &files, true);
        const struct limits limits = {&library, 1, true, false};
        size_t count = proposal_values(rig.call, &rig.pool, grasp_cstr(reply), true, &values);
        count = proposals_validate(rig.call, &rig.pool, &limits, values, count, &valid);
        const struct json *evaluated = json_get(c, "candidates_evaluated");
        struct gate_score scores[2] = {0};
        golden_expect_int(g, "candidates", (int64_t)count, (int64_t)json_count(evaluated));
        for (size_t i = 0; i < count && i < 2; i++) {
            const struct json *want = json_at(evaluated, i);
            golden_expect_str(g, "action", str_of(action_name(valid[i].action)),
                              json_str(json_at(want, 0)));
            scores[i].net = json_int(json_at(want, 2), 0);
            scores[i].harmless = true;
        }
        size_t winner = gate_pick(scores, count);
        if (golden_expect(g, winner < count, "no winner"))
            proposal_apply(&library, &valid[winner], NULL);
        golden_expect_int(g, "skills", (int64_t)library_count(&library),
                          (int64_t)json_count(json_get(c, "library_after")));
        rig_close(&rig);
    }
}

static bool holds(const struct json *ids, const struct json *id)
{
    for (size_t i = 0; i < json_count(ids); i++) {
        if (json_equal(json_at(ids, i), id))
            return true;
    }
    return false;
}

/* The clinical copy tells errors by a field, and counts them as the others do. */
static void fhir_transitions(struct golden *g)
{
    golden_section(g, "sections.fhir_count_probe_transitions.cases");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *entries = json_get(c, "entries");
        int64_t fixes = 0, regressions = 0;
        for (size_t i = 0; i < json_count(entries); i++) {
            const struct json *entry = json_at(entries, i), *id = json_get(entry, "sample_id");
            const struct gate_outcome baseline = {
                .available = true, .error = holds(json_get(c, "baseline_error_ids"), id)};
            const struct gate_outcome candidate = {
                .available = true,
                .correct = json_bool(json_get(entry, "is_correct"), false),
                .error = json_is(json_get(entry, "error"), JSON_STRING)};
            enum gate_change change = gate_compare(
                &gate_reference, holds(json_get(c, "probe_failing_ids"), id), baseline, candidate);
            fixes += change == GATE_FIX;
            regressions += change == GATE_REGRESSION;
        }
        const struct json *want = json_get(c, "fixes_regressions");
        golden_expect_int(g, "fixes", fixes, json_int(json_at(want, 0), -1));
        golden_expect_int(g, "regressions", regressions, json_int(json_at(want, 1), -1));
    }
}

static void classify(struct golden *g)
{
    golden_section(g, "sections.classify.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        rig_entries(&rig, json_get(c, "entries"));
        for (struct json_iter it = json_members(json_get(c, "prev_taxonomy")); json_next(&it);)
            past_set_label(&rig.update.self->past, rig_in(it.key), rig_in(json_str(it.value)));
        rig.replies = json_get(c, "responses");
        golden_expect_int(g, "status", classify_failures(&rig.update), 0);
        CLEANUP_JSON struct json *labels = json_new_object();
        CLEANUP_JSON struct json *new_labels = json_new_object();
        for (size_t i = 0; i < rig.update.count; i++) {
            const struct entry *entry = &rig.update.entries[i];
            if (entry->label.len)
                json_set_str(labels, rig_out(entry->id), json_new_str(rig_out(entry->label)));
        }
        for (size_t i = 0; i < rig.update.new_label_count; i++)
            json_set_str(new_labels, rig_out(rig.update.new_labels[i].name),
                         json_new_str(rig_out(rig.update.new_labels[i].description)));
        golden_expect_json(g, "labels", labels, json_get(c, "labels"));
        golden_expect_json(g, "new_labels", new_labels, json_get(c, "new_labels"));
        golden_expect_int(g, "writer calls", (int64_t)json_count(rig.lab.prompts),
                          json_int(json_get(c, "writer_calls"), -1));
        rig_close(&rig);
    }
}

static void diagnose(struct golden *g)
{
    golden_section(g, "sections.diagnose.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        rig_entries(&rig, json_get(c, "entries"));
        rig.replies = json_get(c, "responses");
        golden_expect_int(g, "status", diagnose_failures(&rig.update), 0);
        CLEANUP_JSON struct json *got = json_new_object();
        for (size_t i = 0; i < rig.update.count; i++) {
            const struct entry *entry = &rig.update.entries[i];
            if (entry->diagnosis.len)
                json_set_str(got, rig_out(entry->id), json_new_str(rig_out(entry->diagnosis)));
        }
        golden_expect_json(g, "diagnoses", got, json_get(c, "out"));
        golden_expect_int(g, "writer calls", (int64_t)json_count(rig.lab.prompts),
                          json_int(json_get(c, "writer_calls"), -1));
        rig_close(&rig);
    }
}

static void propose(struct golden *g)
{
    golden_section(g, "sections.propose.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        struct edit *edits;
        size_t count;
        rig_open(&rig, "{\"compat\": \"reference\", \"grpo_k\": 1}", NULL);
        CLEANUP_JSON struct json *entries =
            json_parse(STR("[{\"sample_id\": \"s1\", \"is_correct\": false}]"), NULL);
        rig_entries(&rig, entries);
        rig.replies = json_get(c, "responses");
        golden_expect_int(g, "status", propose_edits(&rig.update, &edits, &count), 0);
        CLEANUP_BUF struct buf raw = {0};
        buf_char(&raw, '[');
        buf_str(&raw, rig_out(text_view(&rig.update.raw_proposals)));
        buf_char(&raw, ']');
        CLEANUP_JSON struct json *got = json_parse(buf_view(&raw), NULL);
        golden_expect_json(g, "proposals", got, json_get(c, "out"));
        golden_expect_int(g, "writer calls", (int64_t)json_count(rig.lab.prompts),
                          json_int(json_get(c, "writer_calls"), -1));
        rig_close(&rig);
    }
}

/* The lines of the trace below "last messages:". */
static struct json *trace_lines(struct str log)
{
    struct json *lines = json_new_array();
    bool inside = false;
    while (log.len) {
        struct str line = str_cut(&log, '\n');
        if (inside && str_starts(line, "  "))
            json_push(lines, json_new_str((struct str){line.ptr + 2, line.len - 2}));
        inside = str_is(line, "last messages:") || (inside && str_starts(line, "  "));
    }
    return lines;
}

static void trace_formatting(struct golden *g)
{
    golden_section(g, "sections.trace_formatting.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        struct text out CLEANUP_TEXT = {0};
        size_t at;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        CLEANUP_JSON struct json *entries = json_new_array();
        json_push(entries, json_copy(json_get(c, "entry")));
        rig_entries(&rig, entries);
        struct entry *entry = &rig.update.entries[0];
        const struct json *before = json_get_str(json_get(c, "prev_results"), rig_out(entry->id));
        entry->before = before ? json_bool(before, false) : -1;
        entry->diagnosis =
            rig_in(json_str(json_get_str(json_get(c, "diagnoses"), rig_out(entry->id))));
        const struct trace_style style = trace_style(&rig.update);
        trace_entry(&out, &rig.update, entry, &style);
        struct str log = rig_out(text_view(&out)), transition = json_str(json_get(c, "transition"));
        CLEANUP_JSON struct json *lines = trace_lines(log);
        golden_expect_json(g, "trace", lines, json_get(c, "trace_lines"));
        golden_expect_int(g, "regression",
                          str_find(log, STR("regression_from_prev_epoch=true"), &at),
                          str_is(transition, "regression"));
        golden_expect_int(g, "recovery", str_find(log, STR("recovery_from_prev_epoch=true"), &at),
                          str_is(transition, "recovery"));
        golden_expect_int(g, "diagnosis", str_find(log, STR("\ndiagnosis: "), &at),
                          json_bool(json_get(c, "has_diagnosis"), false));
        rig_close(&rig);
    }
}

void golden_update_sections(struct golden *g)
{
    gate(g);
    gate_pair_overflow(g);
    fhir_transitions(g);
    classify(g);
    diagnose(g);
    propose(g);
    trace_formatting(g);
}
