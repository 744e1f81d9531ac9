/* SPDX-License-Identifier: MIT */
/* The options of the method: hyperparameters, the repairs of the reference's ways, each with its
 * own switch, and the ablations of the published configurations. */
#include <string.h>

#include "common/slice.h"
#include "method.h"

#define SWITCH(name, text) "\"" name "\": {\"type\": \"boolean\", \"description\": \"" text "\"}, "

const char grasp_options_schema[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"max_proposals\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100, \"default\": 1, "
    "\"description\": \"edits that one proposal may hold\"}, "
    "\"max_learned_skills\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100000, "
    "\"default\": 10, \"description\": \"skills that the library may hold\"}, "
    "\"grpo_k\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 4, "
    "\"description\": \"proposals asked of the writer per update\"}, "
    "\"grpo_eval_n\": {\"type\": \"integer\", \"minimum\": 2, \"maximum\": 100000, "
    "\"default\": 20, \"description\": \"dev samples that judge a proposal\"}, "
    "\"proposal_temperature\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 2, "
    "\"description\": \"temperature of the writer; without it that of the agent\"}, "
    "\"base_dir\": {\"type\": \"string\", \"description\": \"folder of fixed skills, *.md; "
    "skeleton.md is the template that new skills follow\"}, "
    "\"non_learnable_labels\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, "
    "\"default\": [], \"description\": \"failures whose label holds one of these words are not "
    "learned from\"}, "
    "\"placement\": {\"type\": \"string\", \"enum\": [\"task\", \"recent\", \"first\", "
    "\"system\"], \"default\": \"task\", \"description\": \"where skills stand in the "
    "conversation; task: where the task wants guidance\"}, "
    "\"select\": {\"type\": \"string\", \"enum\": [\"top\", \"all\"], \"default\": \"top\", "
    "\"description\": \"show the three skills that fit best, or all of them\"}, "
    "\"prompts_dir\": {\"type\": \"string\", \"description\": \"folder with files that replace "
    "those of prompts/ of the same name\"}, "
    "\"compat\": {\"type\": \"string\", \"enum\": [\"default\", \"reference\"], "
    "\"default\": \"default\", \"description\": \"reference: behave as the reference "
    "implementation, its defects included: the switches from show_bodies to diagnose_with_edits "
    "are then off unless given, else on\"}, "
    /* The gate. */
    "\"gate\": {\"type\": \"string\", \"enum\": [\"duel\", \"paired\", \"reference\"], "
    "\"description\": \"what an edit has to pass: duel (the default): duels with the "
    "present library on fresh runs; paired: a probe, compared sample by sample; reference: a "
    "probe, "
    "compared by counts, as under compat: reference\"}, "
    "\"gate_alpha\": {\"type\": \"number\", \"minimum\": 0.000001, \"maximum\": 0.5, "
    "\"default\": 0.05, \"description\": \"duel: bound on the chance that an update accepts an "
    "edit "
    "that helps on no sample\"}, "
    "\"gate_screen\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 100000, "
    "\"default\": 0, \"description\": \"duel: failed samples that each edit is tried on first; 0: "
    "from grpo_eval_n\"}, "
    "\"gate_floor\": {\"type\": \"integer\", \"minimum\": -1000, \"maximum\": -1, "
    "\"default\": -2, \"description\": \"duel: score at which an edit is dropped\"}, "
    "\"gate_max_duels\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100000, "
    "\"default\": 30, \"description\": \"duel: of one edit\"}, "
    "\"gate_looks\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100, "
    "\"default\": 2, \"description\": \"duel: runs on each passed sample\"}, "
    "\"gate_break_weight\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1000, "
    "\"default\": 2, \"description\": \"duel: what a broken sample counts against a fixed one\"}, "
    "\"gate_min_fixed\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100000, "
    "\"default\": 1, \"description\": \"duel: samples that must be better\"}, "
    "\"gate_max_rollouts\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 100000, "
    "\"default\": 0, \"description\": \"duel: of one update; 0: grpo_eval_n times one more than "
    "there are edits, or what it takes to decide about one\"}, "
    "\"gate_repeats\": {\"type\": \"string\", \"enum\": [\"fresh\", \"settled\"], "
    "\"default\": \"fresh\", \"description\": \"duel: fresh: another run may come out otherwise; "
    "settled: the agent is exactly deterministic, nothing is run twice\"}, " SWITCH(
        "gate_yardstick", "duel, settled: an edit must solve more than the others do by chance")
        SWITCH("label_order", "duel: failures of an edit's own kind come first in its screen")
            SWITCH("carry_over", "duel: an edit that was not decided takes part in the next update")
                SWITCH("prune", "duel: at the end of an epoch, a skill that does harm is taken out")
    /* Repairs. */
    SWITCH("show_bodies", "the writer sees the text of the skills that it may change")
        SWITCH("show_refusals", "the writer sees which edits were refused before") SWITCH(
            "pair_edits", "a REMOVE and an ADD in one reply are tried and applied as one edit")
            SWITCH("fill_probe", "places of the probe that one half cannot use go to the other")
                SWITCH("skip_without_failures",
                       "nothing is asked and nothing run when nothing failed")
                    SWITCH("stop_early",
                           "a candidate whose probe cannot change the decision is not run further")
                        SWITCH("reuse_rollouts",
                               "a rollout that would see the same guidance is not run twice")
                            SWITCH("paired_comparison",
                                   "candidate and baseline are compared "
                                   "sample by sample") SWITCH("errors_unavailable",
                                                              "errors say nothing; else they are "
                                                              "wrong, or worth a point")
                                SWITCH("revise_near_misses",
                                       "a candidate with one regression too many, or that is "
                                       "proven in duels but breaks too much, may be revised")
                                    SWITCH("labels_from_tags",
                                           "failures that the task tags with a label it "
                                           "declares are not sent to be labelled")
                                        SWITCH("own_failures_first",
                                               "an edit runs on the probe's failures of its own "
                                               "kind first, and further only if it fixes one")
                                            SWITCH("diagnose_with_edits",
                                                   "the writer diagnoses and proposes in one reply")
    /* Ablations. */
    "\"no_gate\": {\"type\": \"boolean\", \"default\": false, \"description\": \"ablation: apply "
    "every valid edit, without a probe\"}, "
    "\"regression_gate\": {\"type\": \"boolean\", \"default\": true, \"description\": \"ablation "
    "if false: an edit may break samples if it fixes more\"}, "
    "\"append_only\": {\"type\": \"boolean\", \"default\": false, \"description\": \"ablation: "
    "skills are added, never changed or removed\"}, "
    "\"fixes_only_scoring\": {\"type\": \"boolean\", \"default\": false, \"description\": "
    "\"ablation: what an edit breaks is not part of its score\"}, "
    "\"cluster_failures\": {\"type\": \"boolean\", \"default\": true, \"description\": \"ablation "
    "if false: failures are not labelled, and all proposals see the whole batch\"}, "
    "\"invalid_action_penalty\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, "
    "\"default\": 2, \"description\": \"points that a regression by an invalid action costs; any "
    "other costs 1\"}, "
    "\"blind_select\": {\"type\": \"string\", \"enum\": [\"no\", \"proposer\", \"random\"], "
    "\"default\": \"no\", \"description\": \"ablation: without a probe, the writer or chance picks "
    "the edit that is applied\"}}}";

grasp_str options_text(const grasp_json *json, struct pool *pool, const grasp_json_value *config,
                       const char *key)
{
    return pool_dup(pool, json->as_string(json->get(config, grasp_cstr(key))));
}

static int32_t placement_of(grasp_str name)
{
    if (grasp_equal(name, "recent"))
        return GRASP_PLACE_RECENT;
    if (grasp_equal(name, "first"))
        return GRASP_PLACE_FIRST;
    return grasp_equal(name, "system") ? GRASP_PLACE_SYSTEM : GRASP_PLACE_TASK;
}

static void read_non_learnable(const grasp_json *json, struct method *self,
                               const grasp_json_value *list)
{
    size_t count = json->count(list);
    self->options.non_learnable = pool_array(&self->pool, count, sizeof(grasp_str));
    for (size_t i = 0; i < count; i++) {
        grasp_str word = json->as_string(json->at(list, i));
        if (word.len)
            self->options.non_learnable[self->options.non_learnable_count++] =
                pool_dup(&self->pool, word);
    }
}

static int32_t number_option(grasp_call *call, const grasp_json *json,
                             const grasp_json_value *config, const char *key, int64_t otherwise,
                             int64_t least, int64_t *out)
{
    *out = json->as_int(json->get(config, grasp_cstr(key)), otherwise);
    if (*out >= least && *out <= 100000)
        return GRASP_OK;
    return grasp_fail(call, GRASP_E_INVALID, "option '%s': give a number from %lld to 100000", key,
                      (long long)least);
}

static void bool_option(const grasp_json *json, const grasp_json_value *config, const char *key,
                        bool *out)
{
    *out = json->as_bool(json->get(config, grasp_cstr(key)), *out);
}

/* What is not given follows compat. */
static void read_repairs(const grasp_json *json, const grasp_json_value *config, struct options *o)
{
    const struct {
        const char *key;
        bool *out;
    } switches[] = {
        {"show_bodies", &o->show_bodies},
        {"show_refusals", &o->show_refusals},
        {"pair_edits", &o->pair_edits},
        {"fill_probe", &o->fill_probe},
        {"skip_without_failures", &o->skip_without_failures},
        {"stop_early", &o->stop_early},
        {"reuse_rollouts", &o->reuse_rollouts},
        {"paired_comparison", &o->gate.paired},
        {"errors_unavailable", &o->gate.errors_unavailable},
        {"revise_near_misses", &o->gate.revise_near_misses},
        {"labels_from_tags", &o->labels_from_tags},
        {"own_failures_first", &o->own_failures_first},
        {"diagnose_with_edits", &o->diagnose_with_edits},
    };
    for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
        *switches[i].out = !o->reference;
        bool_option(json, config, switches[i].key, switches[i].out);
    }
}

static enum gate_kind gate_named(grasp_str name, bool reference)
{
    if (grasp_equal(name, "paired"))
        return GATE_BY_PAIRS;
    if (grasp_equal(name, "reference"))
        return GATE_BY_COUNTS;
    return reference && !name.len ? GATE_BY_COUNTS : GATE_BY_DUELS;
}

/* What a probe that is compared by counts needs; each can still be given. */
static void use_counts(const grasp_json *json, const grasp_json_value *config, struct options *o)
{
    const struct {
        const char *key;
        bool *out;
    } switches[] = {
        {"fill_probe", &o->fill_probe},
        {"stop_early", &o->stop_early},
        {"reuse_rollouts", &o->reuse_rollouts},
        {"paired_comparison", &o->gate.paired},
        {"errors_unavailable", &o->gate.errors_unavailable},
        {"revise_near_misses", &o->gate.revise_near_misses},
        {"own_failures_first", &o->own_failures_first},
    };
    for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
        *switches[i].out = false;
        bool_option(json, config, switches[i].key, switches[i].out);
    }
}

static int32_t read_duel(grasp_call *call, const grasp_json *json, const grasp_json_value *config,
                         struct options *o)
{
    struct duel_options *d = &o->duel;
    int32_t status;
    *d = duel_defaults;
    d->alpha = json->as_double(json->get(config, SLICE("gate_alpha")), d->alpha);
    d->break_weight =
        json->as_double(json->get(config, SLICE("gate_break_weight")), d->break_weight);
    if (!(d->alpha > 0 && d->alpha <= 0.5) || !(d->break_weight >= 0 && d->break_weight <= 1000))
        return grasp_fail(
            call, GRASP_E_INVALID,
            "option 'gate_alpha' is above 0 and at most 0.5, 'gate_break_weight' from "
            "0 to 1000");
    if ((status = number_option(call, json, config, "gate_screen", 0, 0, &d->screen)) ||
        (status = number_option(call, json, config, "gate_floor", -2, -1000, &d->floor)) ||
        (status = number_option(call, json, config, "gate_max_duels", 30, 1, &d->max_duels)) ||
        (status = number_option(call, json, config, "gate_looks", 2, 1, &d->looks)) ||
        (status = number_option(call, json, config, "gate_min_fixed", 1, 1, &d->min_fixed)) ||
        (status = number_option(call, json, config, "gate_max_rollouts", 0, 0, &d->cap)))
        return status;
    if (d->floor >= 0 || d->looks > 100)
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'gate_floor' is below 0, 'gate_looks' at most 100");
    d->settled = grasp_equal(json->as_string(json->get(config, SLICE("gate_repeats"))), "settled");
    o->label_order = o->carry_over = o->prune = true;
    bool_option(json, config, "gate_yardstick", &d->yardstick);
    bool_option(json, config, "label_order", &o->label_order);
    bool_option(json, config, "carry_over", &o->carry_over);
    bool_option(json, config, "prune", &o->prune);
    return GRASP_OK;
}

/* Options of the gates that count, which say nothing about duels. */
static int32_t read_gate(grasp_call *call, const grasp_json *json, const grasp_json_value *config,
                         struct options *o)
{
    grasp_str name = json->as_string(json->get(config, SLICE("gate")));
    bool counts = !o->gate.regression_gate || o->gate.fixes_only;
    o->gate_kind = gate_named(name, o->reference);
    if (o->gate_kind == GATE_BY_DUELS && counts && name.len)
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'gate': regression_gate and fixes_only_scoring are ablations of "
                          "the gates paired and reference");
    if (o->gate_kind == GATE_BY_DUELS && counts)
        o->gate_kind = GATE_BY_PAIRS;
    if (grasp_equal(name, "paired"))
        o->gate.paired = json->as_bool(json->get(config, SLICE("paired_comparison")), true);
    if (o->gate_kind == GATE_BY_COUNTS)
        use_counts(json, config, o);
    if (o->gate_kind == GATE_BY_DUELS && o->reference)
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'gate': under compat: reference it is paired or reference");
    o->duel.invalid_weight = o->gate.invalid_penalty;
    return GRASP_OK;
}

static int32_t read_ablations(grasp_call *call, const grasp_json *json,
                              const grasp_json_value *config, struct options *o)
{
    grasp_str blind = json->as_string(json->get(config, grasp_cstr("blind_select")));
    o->cluster_failures = o->gate.regression_gate = true;
    bool_option(json, config, "no_gate", &o->no_gate);
    bool_option(json, config, "append_only", &o->append_only);
    bool_option(json, config, "cluster_failures", &o->cluster_failures);
    bool_option(json, config, "regression_gate", &o->gate.regression_gate);
    bool_option(json, config, "fixes_only_scoring", &o->gate.fixes_only);
    o->blind = grasp_equal(blind, "proposer") ? BLIND_PROPOSER
               : grasp_equal(blind, "random") ? BLIND_RANDOM
                                              : BLIND_NO;
    if (o->no_gate && o->blind)
        return grasp_fail(call, GRASP_E_INVALID,
                          "options 'no_gate' and 'blind_select' exclude each other: the one "
                          "applies every edit, the other picks one");
    return number_option(call, json, config, "invalid_action_penalty", 2, 1,
                         &o->gate.invalid_penalty);
}

int32_t options_read(grasp_call *call, struct method *self, grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    struct options *o = &self->options;
    int32_t status;
    if (!json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "the host does not offer " GRASP_EXT_JSON);
    const grasp_json_value *config = json->parse(call, text, NULL);
    if (json->kind(config) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object");
    if ((status = number_option(call, json, config, "max_proposals", 1, 1, &o->max_proposals)) ||
        (status = number_option(call, json, config, "max_learned_skills", 10, 1,
                                &o->max_learned_skills)) ||
        (status = number_option(call, json, config, "grpo_k", 4, 1, &o->candidates)) ||
        (status = number_option(call, json, config, "grpo_eval_n", 20, 0, &o->probe_size)))
        return status;
    const grasp_json_value *temperature = json->get(config, grasp_cstr("proposal_temperature"));
    int32_t kind = json->kind(temperature);
    o->has_temperature = kind == GRASP_JSON_INT || kind == GRASP_JSON_DOUBLE;
    o->temperature = json->as_double(temperature, 0);
    o->placement = placement_of(options_text(json, &self->pool, config, "placement"));
    o->select_all = grasp_equal(options_text(json, &self->pool, config, "select"), "all");
    o->reference = grasp_equal(options_text(json, &self->pool, config, "compat"), "reference");
    o->base_dir = options_text(json, &self->pool, config, "base_dir");
    o->prompts_dir = options_text(json, &self->pool, config, "prompts_dir");
    read_non_learnable(json, self, json->get(config, grasp_cstr("non_learnable_labels")));
    read_repairs(json, config, o);
    status = read_ablations(call, json, config, o);
    if (!status)
        status = read_duel(call, json, config, o);
    return status ? status : read_gate(call, json, config, o);
}
