/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "plugin/check.h"

#define DEFAULT_TIMEOUT_S 10

static const char usage[] =
    "usage: grasp-host check PLUGIN.so[:NAME] [OPTIONS]\n"
    "       grasp-host check --list\n\n"
    "Tests a plugin against the rules R1 to R20 of grasp/abi.h, without any model. Each test runs\n"
    "in a process of its own. Exit code 0: all is well; 5: a rule is broken.\n\n"
    "  grasp-host check ./sums.so\n"
    "  grasp-host check ./sums.so:sums --only R14 --seed 7\n";

struct output {
    struct json *results; /* with --json */
    const char *name;     /* of the file */
    size_t counts[4];
    uint64_t started;
};

static void text_result(const struct output *out, const struct check_result *r)
{
    CLEANUP_BUF struct buf line = {0}, rules = {0};
    buf_str(&rules, r->rules);
    buf_printf(&line, "%-8s %-4.*s %s: %s: ", check_status_name(r->status),
               (int)strcspn(rules.ptr, " "), rules.ptr, r->id.len ? r->id.ptr : out->name, r->test);
    if (r->seen.len)
        buf_escaped(&line, r->seen);
    else
        buf_text(&line, r->what);
    buf_char(&line, '\n');
    if (r->status == CHECK_FAIL || r->status == CHECK_WARN) {
        if (r->status == CHECK_FAIL && strchr(rules.ptr, ' '))
            buf_printf(&line, "              rules: %s\n", rules.ptr);
        buf_printf(&line, "              again: %s\n", r->repeat.ptr);
    }
    cli_print(buf_view(&line));
}

static struct json *rule_list(struct str rules)
{
    struct json *out = json_new_array();
    while (rules.len)
        json_push(out, json_new_str(str_cut(&rules, ' ')));
    return out;
}

static void json_result(struct output *out, const struct check_result *r)
{
    struct json *row = json_new_object();
    struct str name = str_of(r->status == CHECK_FAIL ? "fail" : check_status_name(r->status));
    json_set(row, "test", json_new_str(str_of(r->test)));
    json_set(row, "kind", r->kind[0] ? json_new_str(str_of(r->kind)) : NULL);
    json_set(row, "id", r->id.len ? json_new_str(r->id) : NULL);
    json_set(row, "status", json_new_str(name));
    json_set(row, "rules", rule_list(r->rules));
    json_set(row, "what", json_new_str(str_of(r->what)));
    json_set(row, "seen", json_new_str(r->seen));
    json_set(row, "repeat", json_new_str(r->repeat));
    json_set(row, "ms", json_new_int((int64_t)r->ms));
    json_push(out->results, row);
}

static void on_result(void *arg, const struct check_result *result)
{
    struct output *out = arg;
    out->counts[result->status]++;
    if (out->results)
        json_result(out, result);
    else
        text_result(out, result);
}

static int finish(struct output *out, const struct check_options *options, int code)
{
    CLEANUP_BUF struct buf text = {0};
    if (!out->results) {
        buf_printf(&text, "%s: %s: %zu ok, %zu warnings, %zu failed, %zu skipped, %.1f s\n",
                   out->name, code ? "refused" : "accepted", out->counts[CHECK_OK],
                   out->counts[CHECK_WARN], out->counts[CHECK_FAIL], out->counts[CHECK_SKIPPED],
                   (double)(clock_monotonic_us() - out->started) / 1e6);
        return cli_print(buf_view(&text)) ? EXIT_INTERNAL : code;
    }
    CLEANUP_JSON struct json *document = json_new_object();
    json_set(document, "plugin", json_new_str(str_of(options->spec)));
    json_set(document, "seed", json_new_int((int64_t)options->seed));
    json_set(document, "accepted", json_new_bool(code == 0));
    json_set(document, "results", out->results);
    json_write(&text, document, JSON_INDENT2);
    buf_char(&text, '\n');
    return cli_print(buf_view(&text)) ? EXIT_INTERNAL : code;
}

static int list(bool as_json)
{
    CLEANUP_BUF struct buf text = {0}, document = {0};
    CLEANUP_JSON struct json *json = json_new_object();
    check_list(&text, json);
    json_write(&document, json, JSON_INDENT2);
    buf_char(&document, '\n');
    return cli_print(buf_view(as_json ? &document : &text));
}

/* --set KEY=VALUE, the value as JSON where it is some. */
static int read_set(const struct arg_list *given, struct json *out, struct err *err)
{
    for (size_t i = 0; i < given->count; i++) {
        struct str value = str_of(given->items[i]), key = str_cut(&value, '=');
        if (!key.len || !strchr(given->items[i], '='))
            return err_set(err, EXIT_USAGE, "--set %s: give KEY=VALUE", given->items[i]);
        struct json *parsed = json_parse(value, NULL);
        json_set_str(out, key, parsed ? parsed : json_new_str(value));
    }
    return 0;
}

struct given {
    const char *only, *seed, *timeout;
    struct arg_list set;
    bool json, list, help;
};

static int check(const struct given *given, const char *spec, struct err *err)
{
    CLEANUP_JSON struct json *set = json_new_object();
    int64_t seed = 1, timeout = DEFAULT_TIMEOUT_S;
    int code = args_int("seed", given->seed, 0, INT64_MAX, &seed, err);
    if (!code)
        code = args_int("timeout", given->timeout, 1, 3600, &timeout, err);
    if (!code)
        code = read_set(&given->set, set, err);
    if (code)
        return code;
    const char *slash = strrchr(spec, '/');
    struct output out = {.started = clock_monotonic_us(),
                         .name = slash ? slash + 1 : spec,
                         .results = given->json ? json_new_array() : NULL};
    struct check_options options = {.spec = spec,
                                    .only = given->only,
                                    .seed = (uint64_t)seed,
                                    .timeout_s = timeout,
                                    .set = set};
    code = check_plugin(&options, on_result, &out, err);
    if (code && code != EXIT_PLUGIN) {
        json_free(out.results);
        return code;
    }
    return finish(&out, &options, code);
}

int cmd_check(int argc, char **argv)
{
    struct given given = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    if (argc > 0 && strcmp(argv[0], "--run-test") == 0)
        check_test_main(argc - 1, argv + 1);
    const struct arg args[] = {
        {"only", 0, "RULE|TEST", "only this rule (R14) or test (growth)", .text = &given.only},
        {"seed", 0, "N", "of what is drawn: garbage, replies (default: 1)", .text = &given.seed},
        {"timeout", 0, "S", "seconds for one test (default: 10)", .text = &given.timeout},
        {"set", 0, "KEY=VALUE", "an option of the task or method", .list = &given.set},
        {"json", 0, NULL, "one JSON document on standard output", .flag = &given.json},
        {"list", 0, NULL, "rules and tests, and what is tested of each", .flag = &given.list},
        {"help", 'h', NULL, "this text", .flag = &given.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && given.help)
        cli_help(usage, args);
    else if (!code && given.list)
        code = list(given.json);
    else if (!code && rest.count != 1)
        code = err_set(&err, EXIT_USAGE, "check needs one plugin, as in check ./sums.so");
    else if (!code)
        code = check(&given, rest.items[0], &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&given.set);
    arg_list_clear(&rest);
    return code;
}
