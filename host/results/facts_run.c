/* SPDX-License-Identifier: MIT */
/* Score files of a run directory, in the reference's formats, which are ours too. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/yaml.h"
#include "results/facts.h"

#define SCORE_LIMIT (16u << 20)

size_t json_offset(struct str text, size_t index)
{
    size_t seen = 0;
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
            continue;
        }
        quoted = c == '"';
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        bool begins = depth == 1 && (c == '{' || c == '[') && i == strspn(text.ptr, " \t\r\n");
        if (!begins && !(depth == 1 && c == ','))
            continue;
        if (seen++ == index)
            return i + 1;
    }
    return 0;
}

static unsigned line_at(struct str text, size_t offset, const char *member)
{
    const char *found = strstr(text.ptr + offset, member);
    size_t end = found ? (size_t)(found - text.ptr) : offset;
    unsigned line = 1;
    for (size_t i = 0; i < end && i < text.len; i++)
        line += text.ptr[i] == '\n';
    return line;
}

struct json *facts_json(struct facts *facts, struct run_facts *run, const char *path,
                        struct buf *text)
{
    struct err err = {0};
    if (!file_exists(path))
        return NULL;
    if (file_read(path, SCORE_LIMIT, text, &err)) {
        facts_problem(facts, run, path, 0, "%s", err.text);
        return NULL;
    }
    size_t at;
    const char *why;
    if (!json_check(buf_view(text), &why, &at)) {
        unsigned line = 1;
        for (size_t i = 0; i < at && i < text->len; i++)
            line += text->ptr[i] == '\n';
        facts_problem(facts, run, path, line, "invalid JSON: %s", why);
        return NULL;
    }
    struct json *json = json_parse(buf_view(text), &err);
    if (!json)
        facts_problem(facts, run, path, 0, "%s", err.text);
    return json;
}

static bool counts(const struct score_file *file, const struct json *row, struct tally *out)
{
    const struct json *score = json_get(row, "score");
    out->correct = json_int(json_get(row, "n_correct"), -1);
    out->total = json_int(json_get(row, "n_total"), -1);
    if (json_get(row, "n_correct") || json_get(row, "n_total"))
        return out->correct >= 0 && out->total > 0;
    double scaled = json_double(score, -1) * (double)file->total_if_missing;
    out->total = file->total_if_missing;
    out->correct = llround(scaled);
    return out->total > 0 && scaled >= 0 && fabs(scaled - (double)out->correct) < 1e-6;
}

bool score_read(const struct score_file *file, size_t offset, const struct json *row,
                struct tally *out)
{
    struct tally tally = {.file = file->path};
    tally.line =
        line_at(file->text, offset, json_get(row, "n_correct") ? "\"n_correct\"" : "\"score\"");
    if (!counts(file, row, &tally)) {
        facts_problem(file->facts, file->run, file->path, tally.line,
                      "holds no usable n_correct and n_total; left out");
        return false;
    }
    int64_t missing = json_int(json_get(row, "n_missing"), 0);
    if (missing > 0 && missing < tally.total)
        tally.total -= missing;
    double score = json_double(json_get(row, "score"), NAN);
    double counted = (double)tally.correct / (double)tally.total;
    if (tally.correct <= tally.total && fabs(score - counted) > 1e-9)
        facts_problem(file->facts, file->run, file->path, tally.line,
                      "score %g is not %lld of %lld; the counts are used", score,
                      (long long)tally.correct, (long long)tally.total);
    *out = tally;
    return true;
}

/* FHIR-AgentBench stores validation scores without counts: the configuration has the total. */
static int64_t val_limit(const char *dir)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = file_join(dir, "config.yaml");
    if (file_read(path, FILE_MAX_CONFIG, &text, NULL))
        return 0;
    CLEANUP_JSON struct json *config = yaml_parse(buf_view(&text), path, NULL, NULL);
    return json_int(json_path(config, "data.val_limit"), 0);
}

static void read_val(struct facts *facts, struct run_facts *run, const char *dir)
{
    CLEANUP_BUF struct buf text = {0};
    struct score_file file = {facts, run, facts_path(facts, dir, "val_scores.json"), {0}, 0};
    CLEANUP_JSON struct json *rows = facts_json(facts, run, file.path, &text);
    file.text = buf_view(&text);
    if (rows && !json_is(rows, JSON_ARRAY))
        facts_problem(facts, run, file.path, 1, "is no list of scores");
    if (json_count(rows) && !json_get(json_at(rows, 0), "n_total"))
        file.total_if_missing = val_limit(dir);
    for (size_t i = 0; json_is(rows, JSON_ARRAY) && i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i), *epoch = json_get(row, "epoch");
        bool base = json_is(epoch, JSON_STRING) ? str_is(json_str(epoch), "baseline")
                                                : json_int(epoch, 0) < 0;
        struct tally tally;
        if (score_read(&file, json_offset(file.text, i), row, &tally))
            facts_add(facts, run, STR("val"), base ? STR("baseline") : STR("epoch_"), tally);
    }
}

static const struct test_name {
    const char *name, *split, *checkpoint;
} test_names[] = {
    {"id_test_eval_baseline", "id_test", "baseline"},
    {"id_test_eval_best", "id_test", "best"},
    {"test_eval_baseline", "ood_test", "baseline"},
    {"test_eval_best", "ood_test", "best"},
};

#define TEST_NAMES (sizeof(test_names) / sizeof(test_names[0]))

static void add_test(const struct score_file *file, size_t offset, const struct json *row,
                     const struct test_name *name)
{
    struct tally tally;
    if (score_read(file, offset, row, &tally))
        facts_add(file->facts, file->run, str_of(name->split), str_of(name->checkpoint), tally);
}

/* The aggregate file counts where there is one. */
static bool read_tests(struct facts *facts, struct run_facts *run, const char *dir)
{
    CLEANUP_BUF struct buf text = {0};
    struct score_file file = {facts, run, facts_path(facts, dir, "test_scores.json"), {0}, 0};
    CLEANUP_JSON struct json *rows = facts_json(facts, run, file.path, &text);
    file.text = buf_view(&text);
    if (!rows)
        return file_exists(file.path);
    size_t index = 0;
    for (struct json_iter it = json_members(rows); json_next(&it); index++) {
        for (size_t i = 0; i < TEST_NAMES; i++) {
            if (str_is(it.key, test_names[i].name))
                add_test(&file, json_offset(file.text, index), it.value, &test_names[i]);
        }
    }
    return true;
}

static void read_single(struct facts *facts, struct run_facts *run, const char *path,
                        const struct test_name *name)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_JSON struct json *row = facts_json(facts, run, path, &text);
    struct score_file file = {facts, run, path, buf_view(&text), 0};
    if (row)
        add_test(&file, 0, row, name);
}

void facts_read_run(struct facts *facts, struct run_facts *run, const char *dir)
{
    static const struct test_name others[] = {
        {"test_score_baseline.json", "test", "baseline"},
        {"test_score_best.json", "test", "best"},
        {"id_test_score.json", "id_test", "best"},
        {"test_score.json", "ood_test", "best"},
        {"val_score.json", "val", "epoch_"}, /* an evaluation's */
    };
    read_val(facts, run, dir);
    bool tests = read_tests(facts, run, dir);
    for (size_t i = 0; i < TEST_NAMES && !tests; i++) {
        CLEANUP_FREE char *name = mem_printf("%s/test_score.json", test_names[i].name);
        read_single(facts, run, facts_path(facts, dir, name), &test_names[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        read_single(facts, run, facts_path(facts, dir, others[i].name), &others[i]);
}
