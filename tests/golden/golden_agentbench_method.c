/* SPDX-License-Identifier: MIT */
/* Skills and the writer's texts, as the method GRASP has them. */
#include <stdlib.h>

#include "common/payload.h"
#include "common/slug.h"
#include "common/tokens.h"
#include "golden_agentbench_os_db.h"
#include "golden_rig.h"
#include "methods/grasp/rank.h"
#include "methods/grasp/shelf.h"
#include "tasks/agentbench/agentbench.h"

static void add_skill(struct pool *pool, struct skill *skill, const char *name,
                      const char *description, const char *content, const char *const *tags)
{
    *skill = (struct skill){.file = grasp_cstr(name),
                            .name = grasp_cstr(name),
                            .description = grasp_cstr(description),
                            .content = grasp_cstr(content),
                            .tags = pool_array(pool, 4, sizeof(grasp_str))};
    for (; *tags; tags++)
        skill->tags[skill->tag_count++] = grasp_cstr(*tags);
}

/* The six skills that the cases were recorded with. */
static size_t make_skills(struct pool *pool, struct skill *out)
{
    static const struct {
        const char *name, *description, *content, *tags[4];
    } table[] = {
        {"count_files",
         "Count files with find",
         "## When to Use This Skill\n- counting files\n## Other\nx",
         {"count", "files"}},
        {"insert_rows", "Insert rows", "", {"insert"}},
        {"general_rule", "A general rule", "", {NULL}},
        {"multi word tag", "", "# when to use\nranking", {"number of", "how many"}},
        {"numeric_extraction", "extract numbers", "", {"numeric_extraction"}},
        {"task_type_classifier", "Classify a task", "", {"os", "classification", "task_type"}},
    };
    size_t count = sizeof(table) / sizeof(*table);
    for (size_t i = 0; i < count; i++)
        add_skill(pool, &out[i], table[i].name, table[i].description, table[i].content,
                  table[i].tags);
    return count;
}

static void select_skills(struct golden *g)
{
    golden_section(g, "grasp.select_skills");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct skill skills[6];
        uint32_t chosen[RANK_TOP];
        size_t count = make_skills(&pool, skills);
        grasp_str text = rig_in(json_str(json_get(c, "text")));
        struct rank_index *index = rank_build(&pool, skills, count);
        size_t found = rank_select(index, &text, 1, chosen);
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < found; i++)
            json_push(got, json_new_str(rig_out(skills[chosen[i]].name)));
        golden_expect_json(g, "selected", got, json_get(c, "selected"));
    }
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(rig_out(*(const grasp_str *)a), rig_out(*(const grasp_str *)b));
}

static void expect_words(struct golden *g, grasp_str *words, size_t count, const struct json *want)
{
    CLEANUP_JSON struct json *got = json_new_array();
    if (count)
        qsort(words, count, sizeof(*words), by_text);
    for (size_t i = 0; i < count; i++)
        json_push(got, json_new_str(rig_out(words[i])));
    golden_expect_json(g, "out", got, want);
}

static void words(struct golden *g)
{
    grasp_str *found;
    golden_section(g, "grasp.tokens");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        size_t count = token_set(&pool, rig_in(json_str(json_get(c, "text"))), &found);
        expect_words(g, found, count, json_get(c, "out"));
    }
    golden_section(g, "grasp.tag_terms");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        size_t count = token_tag_terms(&pool, rig_in(json_str(json_get(c, "tag"))), &found);
        expect_words(g, found, count, json_get(c, "out"));
    }
    golden_section(g, "grasp.when_to_use");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect_str(g, "out",
                          rig_out(rank_when_to_use(rig_in(json_str(json_get(c, "content"))))),
                          json_str(json_get(c, "out")));
    golden_section(g, "grasp.slugify");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        golden_expect_str(g, "out", rig_out(slug_make(&pool, rig_in(json_str(json_get(c, "in"))))),
                          json_str(json_get(c, "out")));
    }
}

static void json_array(struct golden *g)
{
    golden_section(g, "grasp.json_array");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        const grasp_json_value *array =
            reply_array(rig.call, rig_in(json_str(json_get(c, "in"))), true);
        grasp_str text = array ? rig.json->print(rig.call, array, 0) : grasp_cstr("[]");
        CLEANUP_JSON struct json *got = json_parse(rig_out(text), NULL);
        golden_expect_json(g, "out", got, json_get(c, "out"));
        rig_close(&rig);
    }
}

static void validate(struct golden *g)
{
    golden_section(g, "grasp.validate");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        struct proposal *valid;
        const grasp_files none = {NULL, 0};
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        struct library library = library_open(&rig.pool, &none, true);
        const struct json *learned = json_get(c, "learned"), *proposals = json_get(c, "proposals");
        for (size_t i = 0; i < json_count(learned); i++) {
            grasp_str name = rig_in(json_str(json_at(learned, i)));
            const struct skill skill = {.file = name, .name = name};
            library_add(&library, &skill);
        }
        const struct limits limits = {&library, json_int(json_get(c, "max"), 0), true, false};
        const grasp_json_value *values = rig_value(&rig, proposals);
        size_t count = json_count(proposals);
        const grasp_json_value **list = pool_array(&rig.pool, count + 1, sizeof(*list));
        for (size_t i = 0; i < count; i++)
            list[i] = rig.json->at(values, i);
        count = proposals_validate(rig.call, &rig.pool, &limits, list, count, &valid);
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < count; i++) {
            struct text text CLEANUP_TEXT = {0};
            proposal_write(&text, &valid[i], true);
            json_push(got, json_parse(rig_out(text_view(&text)), NULL));
        }
        golden_expect_json(g, "out", got, json_get(c, "out"));
        rig_close(&rig);
    }
}

/* The lines below `title` that begin with `mark`, without it. */
static struct json *lines_below(struct str text, const char *title, const char *mark)
{
    struct json *lines = json_new_array();
    bool inside = false;
    while (text.len) {
        struct str line = str_cut(&text, '\n');
        size_t len = str_of(mark).len;
        if (inside && str_starts(line, mark))
            json_push(lines, json_new_str((struct str){line.ptr + len, line.len - len}));
        inside = str_is(line, title) || (inside && str_starts(line, mark));
    }
    return lines;
}

/* What is shown of a rollout; the words around it are ours. */
static void format_log(struct golden *g)
{
    golden_section(g, "grasp.format_log");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        struct text out CLEANUP_TEXT = {0};
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        rig_entries(&rig, json_get(c, "entries"));
        struct entry *entry = &rig.update.entries[0];
        const struct json *before = json_get_str(json_get(c, "prev"), rig_out(entry->id));
        entry->before = before ? json_bool(before, false) : -1;
        const struct trace_style style = trace_style(&rig.update);
        trace_entry(&out, &rig.update, entry, &style);
        struct str log = rig_out(text_view(&out)), recorded = json_str(json_get(c, "out"));
        CLEANUP_JSON struct json *got = lines_below(log, "last messages:", "  ");
        CLEANUP_JSON struct json *want = lines_below(recorded, "Selected trace context:", "- ");
        golden_expect_json(g, "trace", got, want);
        static const char *const marks[] = {"regression_from_prev_epoch=true",
                                            "recovery_from_prev_epoch=true"};
        for (size_t i = 0; i < 2; i++)
            golden_expect_int(g, marks[i], str_find(log, str_of(marks[i]), NULL),
                              str_find(recorded, str_of(marks[i]), NULL));
        rig_close(&rig);
    }
}

static void expect_part(struct golden *g, struct str text, const struct json *provenance,
                        const char *key, const char *title)
{
    CLEANUP_BUF struct buf part = {0};
    if (!json_get(provenance, key))
        return;
    buf_printf(&part, "%s%lld", title, (long long)json_int(json_get(provenance, key), 0));
    golden_expect(g, str_find(text, buf_view(&part), NULL), part.ptr);
}

static void skill_with_stats(struct golden *g)
{
    golden_section(g, "grasp.skill_with_stats");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        struct text out CLEANUP_TEXT = {0}, why CLEANUP_TEXT = {0};
        const struct json *object = json_get(c, "skill"), *born = json_get(object, "provenance");
        CLEANUP_BUF struct buf provenance = {0};
        rig_open(&rig, "{\"compat\": \"reference\"}", NULL);
        json_write(&provenance, born, 0);
        struct meta *map =
            meta_parse(&rig.pool, pool_dup(&rig.pool, rig_in(buf_view(&provenance))), 1, &why);
        struct skill skill = {.file = rig_in(json_str(json_get(object, "name"))),
                              .name = rig_in(json_str(json_get(object, "name"))),
                              .description = rig_in(json_str(json_get(object, "description"))),
                              .version = json_int(json_get(object, "version"), 0),
                              .provenance = meta_is(map, META_MAP) ? map : NULL};
        rig.update.skills = &skill;
        rig.update.skill_count = 1;
        shelf_list(&out, &rig.update);
        struct str text = rig_out(text_view(&out));
        expect_part(g, text, object, "version", "version ");
        expect_part(g, text, born, "epoch", "from epoch ");
        expect_part(g, text, born, "update_cycle", "batch ");
        expect_part(g, text, born, "probe_score", "probe score ");
        expect_part(g, text, born, "fixes", "fixes ");
        expect_part(g, text, born, "regressions", "regressions ");
        rig_close(&rig);
    }
}

/* The reference guesses the family from the log; here the task says it. */
static void task_family(struct golden *g)
{
    golden_section(g, "grasp.task_family");
    for (const struct json *c; (c = golden_next(g));) {
        const struct embedded_file *file = agentbench_prompts;
        if (!str_is(json_str(json_get(c, "out")), "DBBench SQL")) {
            golden_skip(g, "a task says its family: this is OS Interaction's");
            continue;
        }
        while (file->name && !str_is(str_of(file->name), "dbbench_system.md"))
            file++;
        golden_expect(g, file->name && str_find(str_of(file->text), STR("MySQL"), NULL),
                      "the mark of the family is not in the prompt");
    }
}

void golden_agentbench_method_sections(struct golden *g)
{
    select_skills(g);
    words(g);
    json_array(g);
    validate(g);
    format_log(g);
    skill_with_stats(g);
    task_family(g);
}
