/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "golden_grasp.h"
#include "golden_rig.h"
#include "methods/grasp/knowledge.h"
#include "run/place.h"

static struct skill read_skill(struct pool *pool, const struct json *object)
{
    const struct json *tags = json_get(object, "tags");
    struct skill skill = {
        .file = pool_dup(pool, rig_in(json_str(json_get(object, "name")))),
        .name = pool_dup(pool, rig_in(json_str(json_get(object, "name")))),
        .description = pool_dup(pool, rig_in(json_str(json_get(object, "description")))),
        .content = pool_dup(pool, rig_in(json_str(json_get(object, "content")))),
        .version = json_int(json_get(object, "version"), 0),
        .tags = pool_array(pool, json_count(tags), sizeof(grasp_str)),
        .tag_count = json_count(tags),
    };
    if (json_str(tags).len) {
        skill.tags = pool_array(pool, 1, sizeof(grasp_str));
        skill.tags[skill.tag_count++] = pool_dup(pool, rig_in(json_str(tags)));
        skill.bare_tags = true;
    }
    for (size_t i = 0; i < json_count(tags); i++)
        skill.tags[i] = pool_dup(pool, rig_in(json_str(json_at(tags, i))));
    CLEANUP_BUF struct buf provenance = {0};
    json_write(&provenance, json_get(object, "provenance"), 0);
    struct text why CLEANUP_TEXT = {0};
    struct meta *map = meta_parse(pool, pool_dup(pool, rig_in(buf_view(&provenance))), 1, &why);
    skill.provenance = meta_is(map, META_MAP) ? map : NULL;
    return skill;
}

static void expect_skill(struct golden *g, const char *what, const struct skill *skill,
                         const struct json *want)
{
    struct text text CLEANUP_TEXT = {0};
    skill_write_json(&text, skill);
    CLEANUP_JSON struct json *got = json_parse(rig_out(text_view(&text)), NULL);
    golden_expect_json(g, what, got, want);
}

static void expect_parse(struct golden *g, const char *file_name, struct str text,
                         const struct json *want)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text why CLEANUP_TEXT = {0};
    struct skill skill;
    bool ok = skill_parse(&pool, grasp_cstr(file_name), rig_in(text), &skill, &why);
    if (!json_is(want, JSON_OBJECT))
        golden_expect(g, !ok && why.len, "an error with a text was expected");
    else if (golden_expect(g, ok, "it cannot be read"))
        expect_skill(g, "skill", &skill, want);
}

static void skill_files(struct golden *g)
{
    golden_section(g, "sections.skill_file_parse.cases");
    for (const struct json *c; (c = golden_next(g));)
        expect_parse(g, json_str(json_get(c, "file_name")).ptr, json_str(json_get(c, "file_text")),
                     json_get(c, "parsed"));
    golden_section(g, "sections.skill_file_write_then_parse.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct text text CLEANUP_TEXT = {0};
        struct skill skill = read_skill(&pool, json_get(c, "write"));
        expect_parse(g, "x.md", json_str(json_get(c, "file_text")), json_get(c, "parsed"));
        skill_write(&text, &skill);
        expect_parse(g, "x.md", rig_out(text_view(&text)), json_get(c, "parsed"));
    }
}

static size_t read_skills(struct pool *pool, const struct json *array, struct skill **out)
{
    *out = pool_array(pool, json_count(array), sizeof(**out));
    for (size_t i = 0; i < json_count(array); i++)
        (*out)[i] = read_skill(pool, json_at(array, i));
    return json_count(array);
}

static void select_skills(struct golden *g)
{
    golden_section(g, "sections.select_skills.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct skill *skills;
        uint32_t chosen[RANK_TOP];
        size_t count = read_skills(&pool, json_get(c, "skills"), &skills);
        grasp_str text = rig_in(json_str(json_get(c, "task_text")));
        struct rank_index *index = rank_build(&pool, skills, count);
        uint32_t *scores = pool_array(&pool, count, sizeof(*scores));
        rank_scores(index, &text, 1, scores);
        for (size_t i = 0; i < count; i++)
            golden_expect_int(g, skills[i].name.ptr, scores[i],
                              json_int(json_get(json_get(c, "scores"), skills[i].name.ptr), -1));
        size_t found = rank_select(index, &text, 1, chosen);
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < found; i++)
            json_push(got, json_new_str(rig_out(skills[chosen[i]].name)));
        golden_expect_json(g, "selected", got, json_get(c, "selected"));
    }
}

/* The folder with the base skills of a case; to be removed. */
static char *make_base_dir(const struct json *skills)
{
    char *dir = mem_printf("%s/golden_grasp_XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    struct pool pool CLEANUP_POOL = {0};
    if (!mkdtemp(dir))
        abort();
    for (size_t i = 0; i < json_count(skills); i++) {
        struct skill skill = read_skill(&pool, json_at(skills, i));
        struct text text CLEANUP_TEXT = {0};
        skill_write(&text, &skill);
        CLEANUP_FREE char *path = mem_printf("%s/%s.md", dir, skill.file.ptr);
        if (file_write_atomic(path, rig_out(text_view(&text)), NULL))
            abort();
    }
    return dir;
}

static grasp_files make_files(struct pool *pool, const struct json *skills)
{
    grasp_file *files = pool_array(pool, json_count(skills), sizeof(*files));
    for (size_t i = 0; i < json_count(skills); i++) {
        struct skill skill = read_skill(pool, json_at(skills, i));
        struct text text CLEANUP_TEXT = {0};
        skill_write(&text, &skill);
        files[i].name = pool_format(pool, "%s.md", skill.file.ptr);
        files[i].text = pool_dup(pool, text_view(&text));
    }
    return (grasp_files){files, json_count(skills)};
}

static void augment(struct rig *rig, const struct json *history, const grasp_files *files)
{
    void *knowledge;
    size_t count = json_count(history);
    grasp_message *messages = pool_array(&rig->pool, count, sizeof(*messages));
    const grasp_message **list = pool_array(&rig->pool, count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        messages[i].size = sizeof(*messages);
        messages[i].role = rig_in(json_str(json_get(json_at(history, i), "role")));
        messages[i].content = rig_in(json_str(json_get(json_at(history, i), "content")));
        list[i] = &messages[i];
    }
    const grasp_turn turn = {
        .size = sizeof(turn), .sample = grasp_cstr("{}"), .messages = list, .count = count};
    rig->call = mock_call(rig->host);
    if (grasp_method_table.load(rig->call, rig->self, files, &knowledge))
        abort();
    rig->call = mock_call(rig->host);
    if (grasp_method_table.augment(rig->call, rig->self, knowledge, &turn))
        abort();
    grasp_method_table.unload(NULL, rig->self, knowledge);
}

/* The recorded block with our own wording filled in. */
static struct str fill_block(struct rig *rig, struct str block, struct buf *out)
{
    size_t at, end;
    while (str_find(block, STR("{{"), &at)) {
        buf_add(out, block.ptr, at);
        block = (struct str){block.ptr + at, block.len - at};
        str_find(block, STR("}}"), &end);
        if (str_starts(block, "{{DESC:"))
            buf_printf(out, "*Use for: %.*s*", (int)(end - 7), block.ptr + 7);
        else
            buf_printf(out, "%.*s\n\n", (int)rig->self->prompts.intro.len,
                       rig->self->prompts.intro.ptr);
        block = (struct str){block.ptr + end + 2, block.len - end - 2};
    }
    buf_str(out, block);
    return buf_view(out);
}

static void expect_guidance(struct golden *g, struct rig *rig, const struct json *c)
{
    CLEANUP_BUF struct buf want = {0};
    const struct mock_host *host = rig->host;
    struct str block = json_str(json_get(c, "block_structure"));
    golden_expect(g, host->has_guidance == (block.len > 0), "guidance or none");
    if (!host->has_guidance)
        return;
    /* The line ends around it are the host's. */
    while (str_starts(block, "\n"))
        block = (struct str){block.ptr + 1, block.len - 1};
    while (str_ends(block, "\n"))
        block.len--;
    fill_block(rig, block, &want);
    golden_expect_str(g, "block", (struct str){host->guidance.ptr, host->guidance.len},
                      buf_view(&want));
    CLEANUP_JSON struct json *used = json_parse((struct str){host->used.ptr, host->used.len}, NULL);
    golden_expect_json(g, "used", used, json_get(c, "skills_in_order"));
}

/* The conversation with the guidance in it, as the host makes it. */
static const struct message *place(const struct rig *rig, const struct json *history,
                                   struct arena *arena, size_t *out_count)
{
    size_t count = json_count(history);
    struct message *messages = arena_alloc(arena, (count + 1) * sizeof(*messages));
    const struct mock_host *host = rig->host;
    const struct guidance guidance = {
        .placement = host->placement == GRASP_PLACE_FIRST ? PLACE_FIRST : PLACE_TASK,
        .text = {host->guidance.ptr, host->guidance.len}};
    for (size_t i = 0; i < count; i++) {
        messages[i].role = json_str(json_get(json_at(history, i), "role"));
        messages[i].content = json_str(json_get(json_at(history, i), "content"));
    }
    return place_guidance(messages, count, &guidance, PLACE_RECENT, "behavioral_skills", arena,
                          out_count);
}

/* One message takes the block, before or behind its text; the others stay. */
static void expect_placed(struct golden *g, struct rig *rig, const struct json *c)
{
    struct arena arena = {0};
    size_t count;
    const struct json *history = json_get(c, "history");
    const struct message *messages = place(rig, history, &arena, &count);
    int64_t changed = json_int(json_at(json_get(c, "changed_indices"), 0), -1);
    bool first = str_is(json_str(json_get(c, "placement")), "prepend");
    golden_expect_int(g, "messages", (int64_t)count, json_int(json_get(c, "n_messages_out"), -1));
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf want = {0};
        struct str old = json_str(json_get(json_at(history, i), "content"));
        bool here = (int64_t)i == changed;
        if (here && first)
            fill_block(rig, json_str(json_get(c, "block_structure")), &want);
        buf_str(&want, old);
        if (here && !first)
            fill_block(rig, json_str(json_get(c, "block_structure")), &want);
        golden_expect_str(g, "content", messages[i].content, buf_view(&want));
    }
    arena_clear(&arena);
}

static void injection(struct golden *g)
{
    golden_section(g, "sections.injection.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        if (json_is(json_get(c, "protocol"), JSON_STRING)) {
            golden_skip(g, "a task says its own protocol in its messages");
            continue;
        }
        CLEANUP_FREE char *dir = make_base_dir(json_get(c, "base_extra"));
        CLEANUP_FREE char *options = mem_printf("{\"base_dir\": \"%s\"}", dir);
        rig_open(&rig, options, NULL);
        const grasp_files files = make_files(&rig.pool, json_get(c, "learned"));
        augment(&rig, json_get(c, "history"), &files);
        expect_guidance(g, &rig, c);
        expect_placed(g, &rig, c);
        rig_close(&rig);
        file_remove_tree(dir, NULL);
    }
}

/* A first message that is a JSON object takes the block as a member, any other behind its text. */
static void expect_first(struct golden *g, struct rig *rig, const struct json *c)
{
    struct arena arena = {0};
    size_t count;
    const struct json *history = json_get(c, "history"), *wanted = json_get(c, "keys_in_order");
    struct str old = json_str(json_get(json_at(history, 0), "content"));
    struct str mode = json_str(json_get(c, "mode"));
    struct str got = place(rig, history, &arena, &count)[0].content;
    CLEANUP_BUF struct buf block = {0};
    fill_block(rig, json_str(json_get(c, "block_structure")), &block);
    golden_expect_int(g, "messages", (int64_t)count, json_int(json_get(c, "n_out"), -1));
    if (str_is(mode, "json_field")) {
        CLEANUP_JSON struct json *object = json_parse(got, NULL), *keys = json_new_array();
        for (struct json_iter it = json_members(object); json_next(&it);)
            json_push(keys, json_new_str(it.key));
        golden_expect_json(g, "keys", keys, wanted);
        golden_expect_str(g, "field", json_str(json_get(object, "behavioral_skills")),
                          buf_view(&block));
        golden_expect(g, str_starts(got, "{\n  \""), "indented by two");
    } else {
        CLEANUP_BUF struct buf want = {0};
        buf_str(&want, old);
        buf_str(&want, buf_view(&block));
        golden_expect_str(g, "content", got, buf_view(&want));
    }
    arena_clear(&arena);
}

static void injection_of_all(struct golden *g)
{
    golden_section(g, "sections.medagentbench_injection.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct rig rig;
        rig_open(&rig, "{\"select\": \"all\", \"placement\": \"first\"}", NULL);
        const grasp_files files = make_files(&rig.pool, json_get(c, "skills"));
        augment(&rig, json_get(c, "history"), &files);
        expect_guidance(g, &rig, c);
        if (rig.host->has_guidance)
            golden_expect_int(g, "placement", rig.host->placement, GRASP_PLACE_FIRST);
        expect_first(g, &rig, c);
        rig_close(&rig);
    }
}

void golden_skill_sections(struct golden *g)
{
    skill_files(g);
    select_skills(g);
    injection(g);
    injection_of_all(g);
}
