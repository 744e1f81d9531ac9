/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/cli.h"
#include "results/comparison.h"
#include "sweep/grid.h"

static const char usage[] =
    "usage: grasp-host compare A [B ...] [OPTIONS]\n\n"
    "What do the scores of A and B say about the difference B - A? Each side is a run\n"
    "directory, a folder of run directories (one per seed), several of either with commas\n"
    "between, or released:MODEL/BENCHMARK/METHOD; NAME= in front gives it a name. With A\n"
    "alone: its runs after learning against the same before, as in grasp-host compare\n"
    "runs/first. Runs are paired by seed and sample by sample; with counts only, as in the\n"
    "release, the comparison is unpaired and says so. With the folder of a sweep alone: every\n"
    "method against none, or what --against names, for each task and agent.\n\n"
    "  grasp-host compare released:gpt-4.1/MedAgentBench-v2/skillx_cycle \\\n"
    "      released:gpt-4.1/MedAgentBench-v2/skill_cycle\n";

#define MAX_SIDES 32

struct options {
    const char *split, *draws, *seed, *alpha, *power, *against;
    bool json, help;
};

struct compare {
    struct options options;
    struct comparison_options how;
    struct facts facts;
    struct side sides[MAX_SIDES];
    size_t count;
    const char *split;
};

static int number(const char *name, const char *text, double *out, struct err *err)
{
    double value;
    if (!text)
        return 0;
    if (!str_to_double(str_of(text), &value) || value <= 0 || value >= 100)
        return err_set(err, EXIT_USAGE, "--%s %s: needs percent between 0 and 100", name, text);
    *out = value / 100;
    return 0;
}

static int read_options(struct compare *c, struct err *err)
{
    int64_t draws = 10000;
    c->how = (struct comparison_options){.alpha = 0.05, .power = 0.8, .seed = "grasp-host"};
    int code = args_int("draws", c->options.draws, 100, 1000000, &draws, err);
    if (!code)
        code = number("alpha", c->options.alpha, &c->how.alpha, err);
    if (!code)
        code = number("power", c->options.power, &c->how.power, err);
    c->how.draws = (size_t)draws;
    if (c->options.seed)
        c->how.seed = c->options.seed;
    c->split = c->options.split;
    if (!code && c->split && strcmp(c->split, "val") != 0 && strcmp(c->split, "test") != 0 &&
        strcmp(c->split, "id_test") != 0)
        code = err_set(err, EXIT_USAGE, "--split %s: is one of id_test, test, val", c->split);
    return code;
}

static int read_sides(struct compare *c, const struct arg_list *rest, struct err *err)
{
    int code = 0;
    c->split = c->options.split;
    if (!c->split)
        c->split = side_split(rest->items[0]);
    if (!c->split)
        c->split = "id_test"; /* whose absence the next step explains */
    if (rest->count == 1) {
        const struct side_view view = {c->split, true};
        code = side_read(&c->sides[c->count++], rest->items[0], &view, &c->facts, err);
        c->sides[0].label = "before";
    }
    for (size_t i = 0; i < rest->count && !code; i++) {
        const struct side_view view = {c->split, false};
        code = side_read(&c->sides[c->count++], rest->items[i], &view, &c->facts, err);
    }
    return code;
}

static int make(struct compare *c, struct json *out, struct err *err)
{
    struct json *sides = json_new_array(), *list = json_new_array();
    int code = 0;
    for (size_t i = 0; i < c->count; i++)
        json_push(sides, side_json(&c->sides[i]));
    for (size_t i = 1; i < c->count && !code; i++) {
        struct json *item;
        code = comparison_make(&c->sides[0], &c->sides[i], &c->how, &item, err);
        if (!code)
            json_push(list, item);
    }
    comparison_holm(list);
    json_set(out, "split", json_new_str(str_of(c->split)));
    json_set(out, "alpha", json_new_double(c->how.alpha));
    json_set(out, "power", json_new_double(c->how.power));
    json_set(out, "bootstrap_draws", json_new_int((int64_t)c->how.draws));
    json_set(out, "bootstrap_seed", json_new_str(str_of(c->how.seed)));
    json_set(out, "sides", sides);
    json_set(out, "comparisons", list);
    return code;
}

/* --- Text --- */

static double percent(const struct json *object, const char *name)
{
    return 100 * json_double(json_get(object, name), 0);
}

static void cost(struct buf *out, const struct json *side, const char *name)
{
    const struct json *value = json_get(side, name);
    if (json_is(value, JSON_NULL))
        buf_printf(out, "  %12s", "--");
    else
        buf_printf(out, "  %12.0f", json_double(value, 0));
}

static int label_width(const struct json *sides)
{
    size_t most = 8;
    for (size_t i = 0; i < json_count(sides); i++) {
        CLEANUP_BUF struct buf label = {0};
        buf_escaped(&label, json_str(json_get(json_at(sides, i), "label")));
        most = label.len > most ? label.len : most;
    }
    return most < 60 ? (int)most : 60;
}

static void side_rows(struct buf *out, const struct json *sides)
{
    int width = label_width(sides);
    buf_printf(out, "  %-*s  runs   score        right     calls/run     tokens in    tokens out\n",
               width, "");
    for (size_t i = 0; i < json_count(sides); i++) {
        const struct json *side = json_at(sides, i);
        CLEANUP_BUF struct buf label = {0}, right = {0};
        buf_escaped(&label, json_str(json_get(side, "label")));
        buf_printf(&right, "%lld/%lld", (long long)json_int(json_get(side, "n_correct"), 0),
                   (long long)json_int(json_get(side, "n_total"), 0));
        buf_printf(out, "  %-*s  %4lld  %5.1f%%  %11s", width, label.ptr,
                   (long long)json_int(json_get(side, "runs"), 0), percent(side, "score"),
                   right.ptr);
        cost(out, side, "calls");
        cost(out, side, "prompt_tokens");
        cost(out, side, "completion_tokens");
        buf_char(out, '\n');
    }
}

static void run_rows(struct buf *out, const struct json *runs)
{
    for (size_t i = 0; json_count(runs) > 1 && i < json_count(runs); i++) {
        const struct json *run = json_at(runs, i);
        const struct json *seed = json_get(run, "seed");
        if (json_is(seed, JSON_INT))
            buf_printf(out, "  seed %-8lld", (long long)json_int(seed, 0));
        else
            buf_printf(out, "  pair %-8zu", i + 1);
        buf_printf(out, " %+.1f points; %lld right only in A, %lld only in B, McNemar p %.3g\n",
                   percent(run, "difference"), (long long)json_int(json_get(run, "only_a"), 0),
                   (long long)json_int(json_get(run, "only_b"), 0),
                   json_double(json_get(run, "p_mcnemar"), 1));
    }
}

static void interval_rows(struct buf *out, const struct json *intervals)
{
    for (size_t i = 0; i < json_count(intervals); i++) {
        const struct json *item = json_at(intervals, i);
        buf_printf(out, "  95 %% over %-32s [%+.1f, %+.1f]\n", json_str(json_get(item, "of")).ptr,
                   percent(item, "low"), percent(item, "high"));
    }
}

static void comparison_text(struct buf *out, const struct json *item, const struct json *root,
                            bool several)
{
    const struct json *discordant = json_get(item, "discordant");
    const struct json *detectable = json_get(item, "detectable"), *notes = json_get(item, "notes");
    buf_text(out, "\nB = ");
    buf_escaped(out, json_str(json_get(item, "b")));
    buf_text(out, ", A = ");
    buf_escaped(out, json_str(json_get(item, "a")));
    buf_printf(out, "\n  B - A: %+.1f points, %s", percent(item, "difference"),
               json_str(json_get(item, "kind")).ptr);
    if (json_is(json_get(item, "samples"), JSON_INT))
        buf_printf(out, ", %lld samples", (long long)json_int(json_get(item, "samples"), 0));
    buf_char(out, '\n');
    interval_rows(out, json_get(item, "intervals"));
    buf_printf(out, "  p %.3g (%s)", json_double(json_get(item, "p"), 1),
               json_str(json_get(item, "p_of")).ptr);
    if (several)
        buf_printf(out, ", %.3g after Holm", json_double(json_get(item, "p_holm"), 1));
    buf_printf(out, "; Cohen's h %+.2f", json_double(json_get(item, "effect_h"), 0));
    if (discordant)
        buf_printf(out, "; right only in A %lld, only in B %lld (odds %.2f)",
                   (long long)json_int(json_get(discordant, "only_a"), 0),
                   (long long)json_int(json_get(discordant, "only_b"), 0),
                   json_double(json_get(discordant, "odds"), 0));
    buf_char(out, '\n');
    if (json_is(detectable, JSON_DOUBLE))
        buf_printf(out, "  smallest difference found with %.0f %% power: %.1f points\n",
                   percent(root, "power"), 100 * json_double(detectable, 0));
    run_rows(out, json_get(item, "by_run"));
    for (size_t i = 0; i < json_count(notes); i++)
        buf_printf(out, "  note: %s\n", json_str(json_at(notes, i)).ptr);
}

static bool has_rehearsal(const struct compare *c)
{
    for (size_t i = 0; i < c->count; i++) {
        for (size_t k = 0; k < c->sides[i].count; k++) {
            if (c->sides[i].runs[k].rehearsal)
                return true;
        }
    }
    return false;
}

static void write_text(struct buf *out, const struct compare *c, const struct json *root)
{
    const struct json *list = json_get(root, "comparisons");
    buf_printf(out, "Split %s; tokens and calls are of a whole run, learning included\n\n",
               c->split);
    side_rows(out, json_get(root, "sides"));
    for (size_t i = 0; i < json_count(list); i++)
        comparison_text(out, json_at(list, i), root, json_count(list) > 1);
    if (strcmp(c->split, "val") == 0)
        buf_text(out, "\nThe best checkpoint was chosen on these samples: its score is "
                      "optimistic.\n");
    if (has_rehearsal(c))
        buf_text(out, "\nThere are figures of the built-in rehearsal model: they show that the "
                      "machinery works\nand say nothing about a real one.\n");
}

static int show_problems(const struct facts *facts)
{
    for (size_t i = 0; i < facts->problem_count; i++) {
        const struct problem *p = &facts->problems[i];
        if (p->line)
            log_line(LOG_WARNING, "%s:%u: %s", p->file, p->line, p->text);
        else
            log_line(LOG_WARNING, "%s: %s", p->file, p->text);
    }
    return facts->problem_count ? EXIT_MISSING : 0;
}

/* *out: the comparison of these sides, whole. */
static int compare_sides(struct compare *c, const struct arg_list *rest, struct json **out,
                         struct err *err)
{
    struct json *root = json_new_object();
    int code = read_sides(c, rest, err);
    if (!code)
        code = make(c, root, err);
    if (code) {
        json_free(root);
        return code;
    }
    json_set(root, "rehearsal", json_new_bool(has_rehearsal(c)));
    *out = root;
    return 0;
}

static void clear_sides(struct compare *c)
{
    for (size_t i = 0; i < c->count; i++)
        side_clear(&c->sides[i]);
    c->count = 0;
}

static int print_json(const struct json *root)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, root, JSON_INDENT2);
    buf_char(&text, '\n');
    return cli_print(buf_view(&text));
}

static const char damaged_text[] =
    "\nSome files are damaged (see the warnings): figures are of what could be read.\n";

static int compare(struct compare *c, const struct arg_list *rest, struct err *err)
{
    struct json *made = NULL;
    CLEANUP_BUF struct buf text = {0};
    int code = compare_sides(c, rest, &made, err);
    CLEANUP_JSON struct json *root = made;
    int damaged = show_problems(&c->facts);
    if (code)
        return code;
    json_set(root, "damaged", json_new_bool(damaged));
    if (c->options.json) {
        code = print_json(root);
        return code ? code : damaged;
    }
    write_text(&text, c, root);
    if (damaged)
        buf_text(&text, damaged_text);
    code = cli_print(buf_view(&text));
    return code ? code : damaged;
}

/* --- A sweep: one comparison for each task and agent --- */

/* All of them are looked at together, so the correction is over all. */
static void correct_all(const struct json *contests)
{
    CLEANUP_JSON struct json *all = json_new_array();
    size_t at = 0;
    for (size_t i = 0; i < json_count(contests); i++) {
        const struct json *list = json_get(json_at(contests, i), "comparisons");
        for (size_t k = 0; k < json_count(list); k++)
            json_push(all, json_copy(json_at(list, k)));
    }
    comparison_holm(all);
    for (size_t i = 0; i < json_count(contests); i++) {
        const struct json *list = json_get(json_at(contests, i), "comparisons");
        for (size_t k = 0; k < json_count(list); k++)
            json_set(json_at(list, k), "p_holm", json_copy(json_get(json_at(all, at++), "p_holm")));
    }
}

static int compare_contests(struct compare *c, const struct grid_contest *contests, size_t count,
                            struct json *out, struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < count && !code; i++) {
        struct arg_list sides = {.items = contests[i].sides, .count = contests[i].count};
        struct json *root = NULL;
        if (sides.count > MAX_SIDES)
            sides.count = MAX_SIDES;
        code = compare_sides(c, &sides, &root, err);
        if (!code) {
            json_set(root, "title", json_new_str(str_of(contests[i].title)));
            json_push(out, root);
        }
        clear_sides(c);
    }
    correct_all(out);
    return code;
}

static void contest_text(struct buf *out, const struct json *root)
{
    const struct json *list = json_get(root, "comparisons");
    buf_printf(out, "== %s, split %s\n\n", json_str(json_get(root, "title")).ptr,
               json_str(json_get(root, "split")).ptr);
    side_rows(out, json_get(root, "sides"));
    for (size_t i = 0; i < json_count(list); i++)
        comparison_text(out, json_at(list, i), root, true);
    buf_char(out, '\n');
}

static int show_contests(struct compare *c, const struct json *contests, size_t missing)
{
    CLEANUP_BUF struct buf text = {0};
    bool rehearsal = false;
    if (c->options.json) {
        CLEANUP_JSON struct json *root = json_new_object();
        json_set(root, "missing", json_new_int((int64_t)missing));
        json_set(root, "contests", json_copy(contests));
        return print_json(root);
    }
    for (size_t i = 0; i < json_count(contests); i++) {
        contest_text(&text, json_at(contests, i));
        rehearsal |= json_bool(json_get(json_at(contests, i), "rehearsal"), false);
    }
    buf_text(&text, "p after Holm is over all comparisons above.\n");
    if (missing)
        buf_printf(&text, "%zu runs of the sweep are not complete and left out.\n", missing);
    if (rehearsal)
        buf_text(&text, "There are figures of the built-in rehearsal model: they show that the "
                        "machinery works\nand say nothing about a real one.\n");
    return cli_print(buf_view(&text));
}

static int compare_sweep(struct compare *c, const char *dir, struct err *err)
{
    struct grid grid;
    struct grid_contest *contests = NULL;
    size_t count = 0;
    CLEANUP_JSON struct json *out = json_new_array();
    int code = grid_read(dir, &grid, err);
    if (code)
        return code;
    code = grid_contests(&grid, dir, c->options.against, &contests, &count, err);
    if (!code && !count)
        code = err_set(err, EXIT_USAGE, "%s: no task has two methods with complete runs yet", dir);
    if (!code)
        code = compare_contests(c, contests, count, out, err);
    int damaged = show_problems(&c->facts);
    size_t missing = grid_missing(&grid);
    if (!code)
        code = show_contests(c, out, missing);
    mem_free(contests);
    grid_clear(&grid);
    return code ? code : missing ? EXIT_MISSING : damaged;
}

static int compare_any(struct compare *c, const struct arg_list *rest, struct err *err)
{
    int code = read_options(c, err);
    if (code)
        return code;
    if (rest->count == 1 && sweep_folder_is(rest->items[0]))
        return compare_sweep(c, rest->items[0], err);
    if (c->options.against)
        return err_set(err, EXIT_USAGE, "--against goes with the folder of a sweep alone");
    return compare(c, rest, err);
}

int cmd_compare(int argc, char **argv)
{
    struct compare c = {0};
    struct options *o = &c.options;
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"split", 's', "NAME", "id_test, test or val (default: the first that is there)",
         .text = &o->split},
        {"against", 0, "METHOD", "of a sweep: what the others are compared with (default: none)",
         .text = &o->against},
        {"draws", 0, "N", "draws of the bootstrap (default 10000)", .text = &o->draws},
        {"seed", 0, "TEXT", "seed of the bootstrap", .text = &o->seed},
        {"alpha", 0, "PERCENT", "level of the smallest detectable difference (5)",
         .text = &o->alpha},
        {"power", 0, "PERCENT", "and its power (80)", .text = &o->power},
        {"json", 0, NULL, "as JSON, shares instead of percent", .flag = &o->json},
        {"help", 'h', NULL, "this text", .flag = &o->help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && o->help)
        code = cli_help(usage, args);
    else if (!code && (rest.count == 0 || rest.count > MAX_SIDES - 1))
        code = err_set(&err, EXIT_USAGE, "compare needs 1 to %d sides; see --help", MAX_SIDES - 1);
    else if (!code)
        code = compare_any(&c, &rest, &err);
    if (code && err.code)
        cli_fail(&err);
    clear_sides(&c);
    facts_clear(&c.facts);
    arg_list_clear(&rest);
    return code;
}
