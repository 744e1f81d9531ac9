/* SPDX-License-Identifier: MIT */
/* A folder in the layout of the reference's results/. */
#include <string.h>

#include "base/file.h"
#include "results/facts.h"

#define MAX_FILES 200000
#define MAX_PARTS 16
#define OSS "gpt-oss-120b"

struct walk {
    struct facts *facts;
    const char *dir;
    struct map done; /* run folders that were read */
};

/* Splits a relative path in place; its parts, the file's name last. */
static size_t split_path(char *path, char **parts)
{
    size_t count = 0;
    for (char *part = strtok_r(path, "/", &path); part && count < MAX_PARTS;
         part = strtok_r(NULL, "/", &path))
        parts[count++] = part;
    return count;
}

static void read_once(struct walk *walk, const struct run_key *key, const char *relative)
{
    if (map_has(&walk->done, str_of(relative)))
        return;
    map_set(&walk->done, str_of(relative), walk);
    facts_read_run(walk->facts, facts_run(walk->facts, key),
                   facts_path(walk->facts, walk->dir, relative));
}

static void training_run(struct walk *walk, char **parts, size_t count)
{
    struct run_key key = {parts[0], "", OSS, "MedAgentBench", parts[1], parts[2]};
    if (strcmp(parts[0], "main") == 0) {
        if (count < 6)
            return;
        key = (struct run_key){"main", "", parts[1], parts[2], parts[3], parts[4]};
        CLEANUP_FREE char *dir =
            mem_printf("main/%s/%s/%s/%s", parts[1], parts[2], parts[3], parts[4]);
        read_once(walk, &key, dir);
        return;
    }
    if (count < 4)
        return;
    if (strcmp(parts[0], "nonmedical") == 0)
        key = (struct run_key){parts[0], "", OSS, parts[1], "skill_cycle", parts[2]};
    CLEANUP_FREE char *dir = mem_printf("%s/%s/%s", parts[0], parts[1], parts[2]);
    read_once(walk, &key, dir);
}

static const char *executor(const char *subsection)
{
    if (strstr(subsection, "gemini-executor"))
        return "gemini-3.1-flash-lite";
    return strstr(subsection, "gpt54-executor") ? "gpt-5.4-low" : OSS;
}

/* gpt54-to-gemini-expel-seed2 -> expel; anything else evaluates a skill library. */
static char *transfer_method(const char *subsection, const char *run)
{
    const char *to = strstr(run, "-to-");
    const char *name = to ? strchr(to + 4, '-') : NULL;
    if (!name || !(strcmp(subsection, "cross_writer") == 0 || strstr(subsection, "transfer_eval")))
        return mem_printf("skill_cycle");
    const char *seed = strstr(name, "-seed");
    return seed ? mem_dup(name + 1, (size_t)(seed - name - 1)) : mem_printf("%s", name + 1);
}

static void transfer_score(struct walk *walk, char **parts, size_t count, const char *relative)
{
    const char *file = parts[count - 1], *holder = parts[count - 2];
    bool nested = strcmp(holder, "id_test_eval") == 0 || strcmp(holder, "test_eval") == 0;
    size_t at = count - (nested ? 3 : 2); /* of the run's name */
    bool cross = strcmp(parts[1], "cross_benchmark") == 0;
    if (count < 4 || at < 2 || (cross && at < 3))
        return;
    CLEANUP_BUF struct buf section = {0};
    for (size_t i = 1; i < at && !(cross && i == 2); i++)
        buf_printf(&section, "%s%s", i > 1 ? "/" : "", parts[i]);
    const char *benchmark = cross ? parts[2] : "MedAgentBench";
    bool id = strcmp(nested ? holder : file, nested ? "id_test_eval" : "id_test_score.json") == 0 ||
              str_starts(str_of(benchmark), "FHIR");
    CLEANUP_FREE char *method = transfer_method(section.ptr, parts[at]);
    struct run_key key = {"transfer", section.ptr, executor(section.ptr),
                          benchmark,  method,      parts[at]};
    struct run_facts *run = facts_run(walk->facts, &key);
    CLEANUP_BUF struct buf text = {0};
    const char *path = facts_path(walk->facts, walk->dir, relative);
    CLEANUP_JSON struct json *row = facts_json(walk->facts, run, path, &text);
    struct score_file score = {walk->facts, run, path, buf_view(&text), 0};
    struct tally tally;
    if (row && score_read(&score, 0, row, &tally))
        facts_add(walk->facts, run, id ? STR("id_test") : STR("ood_test"),
                  strncmp(parts[at], "base", 4) == 0 ? STR("baseline") : STR("best"), tally);
}

static void visit(struct walk *walk, const char *relative)
{
    char *parts[MAX_PARTS];
    CLEANUP_FREE char *copy = mem_printf("%s", relative);
    size_t count = split_path(copy, parts);
    if (count < 3)
        return;
    const char *file = parts[count - 1];
    if (strcmp(parts[0], "transfer") == 0) {
        if (strcmp(file, "test_score.json") == 0 || strcmp(file, "id_test_score.json") == 0)
            transfer_score(walk, parts, count, relative);
        return;
    }
    if (strcmp(parts[0], "main") == 0 || strcmp(parts[0], "ablations") == 0 ||
        strcmp(parts[0], "sensitivity") == 0 || strcmp(parts[0], "nonmedical") == 0)
        training_run(walk, parts, count);
}

int facts_read_layout(struct facts *facts, const char *dir, struct err *err)
{
    struct walk walk = {.facts = facts, .dir = dir};
    char **names = NULL;
    size_t count = 0;
    int code = file_list(dir, true, MAX_FILES, &names, &count, err);
    for (size_t i = 0; i < count; i++) {
        visit(&walk, names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
    map_clear(&walk.done);
    return code;
}
