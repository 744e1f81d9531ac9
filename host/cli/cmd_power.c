/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/json.h"
#include "cli/cli.h"
#include "stats/stats.h"

static const char usage[] =
    "usage: grasp-host power --difference POINTS [OPTIONS]\n\n"
    "How many samples and seeds does it take to find a difference between two methods? Before\n"
    "money is spent. Flips are samples whose outcome changes between the two, in percent: on\n"
    "a plain re-run of one method it was about 21 on FHIR-AgentBench. The seeds' deviation is\n"
    "what seeds add to the difference beyond flips, in points.\n\n"
    "  grasp-host power --difference 10 --flips 21\n"
    "  grasp-host power --difference 5 --flips 21 --seed-sd 4 --samples 64\n"
    "  grasp-host power --difference 10 --comparisons 5 --json\n";

#define MOST_SAMPLES 20000
#define MOST_SEEDS 10

struct options {
    const char *difference, *flips, *seed_sd, *samples, *alpha, *power, *comparisons;
    bool json, help;
};

struct plan {
    double difference, flips, seed_sd, alpha, power;
    int64_t samples, comparisons;
};

static int percent(const char *name, const char *text, double least, double *out, struct err *err)
{
    double value;
    if (!text)
        return 0;
    if (!str_to_double(str_of(text), &value) || value < least || value > 100)
        return err_set(err, EXIT_USAGE, "--%s %s: needs percent from %g to 100", name, text, least);
    *out = value / 100;
    return 0;
}

static int read_plan(const struct options *o, struct plan *out, struct err *err)
{
    struct plan plan = {.flips = 0.21, .alpha = 0.05, .power = 0.8, .comparisons = 1};
    if (!o->difference)
        return err_set(err, EXIT_USAGE, "power needs --difference POINTS; see --help");
    int code = percent("difference", o->difference, 0.1, &plan.difference, err);
    if (!code)
        code = percent("flips", o->flips, 0.1, &plan.flips, err);
    if (!code)
        code = percent("seed-sd", o->seed_sd, 0, &plan.seed_sd, err);
    if (!code)
        code = percent("alpha", o->alpha, 0.0001, &plan.alpha, err);
    if (!code)
        code = percent("power", o->power, 1, &plan.power, err);
    if (!code && (plan.alpha >= 1 || plan.power >= 1))
        code = err_set(err, EXIT_USAGE, "--alpha and --power must be below 100");
    if (!code)
        code = args_int("samples", o->samples, 1, MOST_SAMPLES, &plan.samples, err);
    if (!code)
        code = args_int("comparisons", o->comparisons, 1, 1000, &plan.comparisons, err);
    plan.alpha /= (double)plan.comparisons; /* Holm's first step */
    plan.flips = fmax(plan.flips, plan.difference);
    if (!code)
        *out = plan;
    return code;
}

/* The standard deviation of a seed's difference: flips of the samples, and the seed itself. */
static double seed_deviation(const struct plan *plan, double samples)
{
    double flips = (plan->flips - plan->difference * plan->difference) / samples;
    return sqrt(fmax(0, flips) + plan->seed_sd * plan->seed_sd);
}

static double power_of(const struct plan *plan, int64_t samples, int64_t seeds)
{
    double deviation = seed_deviation(plan, (double)samples);
    return deviation > 0 ? seeds_power((size_t)seeds, plan->difference / deviation, plan->alpha)
                         : 1;
}

/* The fewest samples with which so many seeds find the difference; 0: none do. */
static int64_t samples_for_seeds(const struct plan *plan, int64_t seeds)
{
    int64_t low = 0, high = MOST_SAMPLES;
    if (power_of(plan, high, seeds) < plan->power)
        return 0;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (power_of(plan, middle, seeds) < plan->power)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static int64_t samples_needed(const struct plan *plan, int64_t seeds)
{
    if (seeds > 1)
        return samples_for_seeds(plan, seeds);
    return (int64_t)mcnemar_samples(plan->flips, plan->difference, plan->alpha, plan->power,
                                    MOST_SAMPLES);
}

static double power_given(const struct plan *plan, int64_t seeds)
{
    if (seeds > 1)
        return power_of(plan, plan->samples, seeds);
    return mcnemar_power((size_t)plan->samples, plan->flips, plan->difference, plan->alpha);
}

static double detectable(const struct plan *plan, int64_t seeds)
{
    struct plan wider = *plan;
    double low = 0, high = 1;
    if (seeds == 1)
        return mcnemar_detectable((size_t)plan->samples, plan->flips, plan->alpha, plan->power);
    for (int i = 0; i < 40; i++) {
        wider.difference = 0.5 * (low + high);
        wider.flips = fmax(plan->flips, wider.difference);
        if (power_of(&wider, plan->samples, seeds) < plan->power)
            low = wider.difference;
        else
            high = wider.difference;
    }
    return high;
}

static struct json *row_of(const struct plan *plan, int64_t seeds)
{
    struct json *row = json_new_object();
    json_set(row, "seeds", json_new_int(seeds));
    json_set(row, "test", json_new_str(seeds > 1 ? STR("t over seeds") : STR("McNemar, exact")));
    if (plan->samples) {
        json_set(row, "samples", json_new_int(plan->samples));
        json_set(row, "power", json_new_double(power_given(plan, seeds)));
        json_set(row, "detectable", json_new_double(detectable(plan, seeds)));
        json_set(row, "rollouts", json_new_int(2 * seeds * plan->samples));
        return row;
    }
    int64_t samples = samples_needed(plan, seeds);
    json_set(row, "samples", samples ? json_new_int(samples) : NULL);
    json_set(row, "rollouts", samples ? json_new_int(2 * seeds * samples) : NULL);
    return row;
}

static struct json *answer(const struct plan *plan)
{
    struct json *out = json_new_object(), *rows = json_new_array();
    json_set(out, "difference", json_new_double(plan->difference));
    json_set(out, "flips", json_new_double(plan->flips));
    json_set(out, "seed_sd", json_new_double(plan->seed_sd));
    json_set(out, "alpha", json_new_double(plan->alpha));
    json_set(out, "power", json_new_double(plan->power));
    for (int64_t seeds = 1; seeds <= MOST_SEEDS; seeds++)
        json_push(rows, row_of(plan, seeds));
    json_set(out, "rows", rows);
    return out;
}

static void write_row(struct buf *out, const struct plan *plan, const struct json *row)
{
    const struct json *samples = json_get(row, "samples");
    buf_printf(out, "  %5lld", (long long)json_int(json_get(row, "seeds"), 0));
    if (json_is(samples, JSON_INT))
        buf_printf(out, "  %8lld  %9lld", (long long)json_int(samples, 0),
                   (long long)json_int(json_get(row, "rollouts"), 0));
    else
        buf_printf(out, "  %8s  %9s", "--", "--");
    if (plan->samples)
        buf_printf(out, "  %5.1f %%  %10.1f", 100 * json_double(json_get(row, "power"), 0),
                   100 * json_double(json_get(row, "detectable"), 0));
    buf_printf(out, "  %s\n", json_str(json_get(row, "test")).ptr);
}

static bool unreached(const struct json *rows)
{
    for (size_t i = 0; i < json_count(rows); i++) {
        if (!json_is(json_get(json_at(rows, i), "samples"), JSON_INT))
            return true;
    }
    return false;
}

static void write_text(struct buf *out, const struct plan *plan, const struct json *json)
{
    const struct json *rows = json_get(json, "rows");
    buf_printf(out,
               "A difference of %.1f points, %.1f %% of the samples flip, seeds add %.1f points;\n"
               "two-sided level %.3g %%, power %.0f %%. Rollouts of the test on both sides:\n\n",
               100 * plan->difference, 100 * plan->flips, 100 * plan->seed_sd, 100 * plan->alpha,
               100 * plan->power);
    buf_printf(out, "  %5s  %8s  %9s%s  test\n", "seeds", "samples", "rollouts",
               plan->samples ? "    power  detectable" : "");
    for (size_t i = 0; i < json_count(rows); i++)
        write_row(out, plan, json_at(rows, i));
    if (unreached(rows))
        buf_printf(out, "\n--: not with %d samples; it takes more seeds.\n", MOST_SAMPLES);
    if (plan->seed_sd > 0)
        buf_text(out, "\nThe row with one seed is about those two runs, and blind to what seeds "
                      "add.\n");
}

static int power(const struct options *options, struct err *err)
{
    struct plan plan = {0};
    CLEANUP_BUF struct buf text = {0};
    int code = read_plan(options, &plan, err);
    if (code)
        return code;
    CLEANUP_JSON struct json *json = answer(&plan);
    if (options->json) {
        json_write(&text, json, JSON_INDENT2);
        buf_char(&text, '\n');
    } else {
        write_text(&text, &plan, json);
    }
    return cli_print(buf_view(&text));
}

int cmd_power(int argc, char **argv)
{
    struct options o = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"difference", 'd', "POINTS", "the difference to find, in points", .text = &o.difference},
        {"flips", 0, "PERCENT", "samples whose outcome differs between the two (21)",
         .text = &o.flips},
        {"seed-sd", 0, "POINTS", "what seeds add, standard deviation (0)", .text = &o.seed_sd},
        {"samples", 'n', "N", "with so many samples: power, and what is detectable",
         .text = &o.samples},
        {"alpha", 0, "PERCENT", "two-sided level (5)", .text = &o.alpha},
        {"power", 0, "PERCENT", "power (80)", .text = &o.power},
        {"comparisons", 0, "N", "several methods: the level is divided, as Holm's first step",
         .text = &o.comparisons},
        {"json", 0, NULL, "as JSON, shares instead of percent", .flag = &o.json},
        {"help", 'h', NULL, "this text", .flag = &o.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && o.help)
        code = cli_help(usage, args);
    else if (!code && rest.count)
        code = err_set(&err, EXIT_USAGE, "power takes no argument '%s'; see --help", rest.items[0]);
    else if (!code)
        code = power(&o, &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    return code;
}
