/* SPDX-License-Identifier: MIT */
/* What the learners share: lists, JSON as it is written and read, ranking, transcripts, and the
 * frame from an instance to a lesson, with a small method of the test's own. */
#include "plugin/mock_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/lines.h"
#include "common/overlap.h"
#include "common/put.h"
#include "common/rule_text.h"
#include "common/slice.h"
#include "common/tokens.h"
#include "common/transcript.h"
#include "common/understudy.h"

#define assert_slice(slice, literal)                                                               \
    do {                                                                                           \
        grasp_str slice_ = (slice);                                                                \
        assert_int_equal(slice_.len, strlen(literal));                                             \
        assert_memory_equal(slice_.ptr, literal, slice_.len);                                      \
    } while (0)

static void lists_find_and_join(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings list = {0};
    assert_slice(strings_joined(&pool, &list), "");
    assert_false(strings_have(&list, SLICE("")));
    for (size_t i = 0; i < 100; i++)
        strings_add(&pool, &list, pool_format(&pool, "%zu", i % 50));
    assert_int_equal(list.count, 100);
    assert_int_equal(strings_find(&list, SLICE("7")), 7);
    assert_int_equal(strings_find(&list, SLICE("50")), 100);
    assert_true(strings_have(&list, SLICE("49")));
    list.count = 3;
    assert_slice(strings_joined(&pool, &list), "0 1 2");
}

static void commas_come_by_themselves(void **state)
{
    struct text out CLEANUP_TEXT = {0};
    grasp_str items[] = {SLICE("a[{"), SLICE("b\"\n")};
    const struct strings list = {items, 2, 2}, none = {0};
    put_open(&out, NULL, '[');
    put_string(&out, NULL, SLICE("["));
    put_open(&out, NULL, '{');
    put_int(&out, "n", -3);
    put_bool(&out, "yes", true);
    put_strings(&out, "list", &list);
    put_strings(&out, "none", &none);
    put_open(&out, "inner", '{');
    put_close(&out, '}');
    put_json(&out, "raw", SLICE("null"));
    put_close(&out, '}');
    put_int(&out, NULL, INT64_MIN);
    put_close(&out, ']');
    assert_slice(text_view(&out),
                 "[\"[\", {\"n\": -3, \"yes\": true, \"list\": [\"a[{\", \"b\\\"\\n\"], \"none\": "
                 "[], \"inner\": {}, \"raw\": null}, -9223372036854775808]");
}

static void missing_values_are_empty(void **state)
{
    struct mock_host *host = mock_host_create();
    grasp_call *call = mock_call(host);
    const grasp_json *json = grasp_json_of(call);
    struct pool pool CLEANUP_POOL = {0};
    const grasp_json_value *member,
        *value = json->parse(
            call, SLICE("{\"a\": \"x\", \"b\": null, \"c\": [1, \"y\", null, {\"d\": 2}]}"), NULL);
    assert_slice(member_copy(json, &pool, value, "a"), "x");
    assert_slice(member_copy(json, &pool, value, "c"), "");
    assert_slice(member_text(json, NULL, "a"), "");
    assert_true(member_find(json, value, "b", &member));
    assert_int_equal(json->kind(member), GRASP_JSON_NULL);
    assert_false(member_find(json, value, "z", &member));
    assert_false(member_find(json, NULL, "z", &member));
    const struct strings list = value_strings(call, &pool, member_of(json, value, "c"));
    assert_int_equal(list.count, 4);
    assert_slice(list.items[0], "1");
    assert_slice(list.items[1], "y");
    assert_slice(list.items[2], "");
    assert_slice(list.items[3], "{\"d\": 2}");
    assert_int_equal(value_strings(call, &pool, value).count, 0);
    assert_int_equal(value_strings(call, &pool, NULL).count, 0);
    assert_true(value_is_true(json, member_of(json, value, "c")));
    assert_false(value_is_true(json, member_of(json, value, "b")));
    assert_slice(pretty_json(call, SLICE("{\"a\": [1]}")), "{\n  \"a\": [\n    1\n  ]\n}");
    mock_host_destroy(host);
}

static void rows_rank_by_column_text_and_place(void **state)
{
    static const double rows[][2] = {{1, 5}, {2, 0}, {1, 7}, {2, 0}, {1, 5}};
    const grasp_str texts[] = {SLICE("b"), SLICE("z"), SLICE("c"), SLICE("y"), SLICE("b")};
    static const size_t by_place[] = {1, 3, 2, 0, 4}, by_text[] = {3, 1, 2, 0, 4};
    size_t order[5];
    rank_rows(*rows, 2, 5, NULL, order);
    assert_memory_equal(order, by_place, sizeof(order));
    rank_rows(*rows, 2, 5, texts, order);
    assert_memory_equal(order, by_text, sizeof(order));
    static const double scores[] = {0.5, 1, 0.5};
    static const size_t by_score[] = {1, 0, 2};
    rank_by_score(scores, 3, order);
    assert_memory_equal(order, by_score, sizeof(by_score));
    rank_by_score(NULL, 0, order);
}

static void notes_are_read_line_by_line(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str text = SLICE("\n  \n" NOTES_HEADER "\n - first one \n* second\nthird"), line;
    static const char *const lines[] = {"first one", "second", "third"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(line_of_notes(&text, &line));
        assert_slice(line, lines[i]);
    }
    assert_false(line_of_notes(&text, &line));
    assert_slice(text_folded(&pool, SLICE(" \xc3\x84"
                                          "Bc\n")),
                 "\xc3\xa4"
                 "bc");
}

static void rules_and_tags_stand_once(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str raw[] = {SLICE("check the units first"), SLICE("- [P1] Check the UNITS first."),
                       SLICE("short"), SLICE("[P0] look for the newest value")};
    const struct strings list = {raw, 4, 4};
    struct strings out = rules_usable(&pool, &list, 10);
    assert_int_equal(out.count, 2);
    assert_slice(out.items[0], "[P1] Check the units first");
    assert_slice(out.items[1], "[P0] look for the newest value");
    assert_int_equal(rules_usable(&pool, &list, 1).count, 1);
    grasp_str tags[] = {SLICE("New  Value"), SLICE("mg"), SLICE("MG")};
    const struct strings own = {tags, 2, 2}, more = {tags, 3, 3};
    out = tags_merged(&pool, &own, &more, SLICE("a unit, mg, units"), 4);
    assert_slice(strings_joined(&pool, &out), "new_value mg unit units");
    assert_int_equal(tags_merged(&pool, &own, &more, SLICE(""), 0).count, 1);
    assert_slice(own.items[0], "New  Value");
}

/* A method that asks two questions of each batch and keeps the answers. */
#define TINY_OPTIONS(BOOL, REPAIR, INT, NUMBER) INT(most, 3, 1, 10, "answers that are kept")
struct tiny_options {
    OPTION_FIELDS(TINY_OPTIONS)
};
struct tiny {
    struct learner learner;
    struct tiny_options options;
    grasp_str system, user, fixed;
};
struct tiny_knowledge {
    struct pool pool;
    struct strings answers;
};

static const char tiny_schema[] = OPTION_SCHEMA(TINY_OPTIONS);
#define OPTIONS_OF struct tiny_options
static const struct option tiny_options[] = OPTION_TABLE(TINY_OPTIONS);
#define EMBEDDED(name, text)                                                                       \
    {                                                                                              \
        name, sizeof(text) - 1, text                                                               \
    }
static const struct embedded_file tiny_files[] = {
    EMBEDDED("system.md", "You know {{family}}.{{#hints}}!{{/hints}}\n"),
    EMBEDDED("user.md", "{{question}}|{{labels}}"),
    EMBEDDED("fixed.md", "fixed"),
    {NULL, 0, NULL}};
static const struct prompt_file tiny_prompts[] = {
    PROMPT("system.md", struct tiny, system), PROMPT("user.md", struct tiny, user, "question"),
    PROMPT_AS_IT_IS("fixed.md", struct tiny, fixed), PROMPT_END};

static bool tiny_read(grasp_call *call, const void *self, const grasp_files *files,
                      const grasp_file *file, void *opaque, grasp_str *out_why)
{
    struct tiny_knowledge *knowledge = opaque;
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = file ? json->parse(call, file->text, out_why) : NULL;
    knowledge->answers = value_strings(call, &knowledge->pool, list);
    return !file || json->kind(list) == GRASP_JSON_ARRAY;
}

static int32_t tiny_learn(struct lesson *lesson, void *opaque, const grasp_files *files)
{
    const struct tiny *self = opaque;
    struct round round = {0};
    struct strings answers = {0};
    struct text out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < lesson->count; i++) {
        const struct binding bindings[] = {{"question", rollout_task(&lesson->rollouts[i])},
                                           {NULL, SLICE("")}};
        round_add(lesson, &round, self->system, self->user, bindings);
    }
    int32_t status = round_ask(lesson, &round);
    for (size_t i = 0; i < round.count && !status; i++)
        strings_add(&lesson->pool, &answers,
                    round.answers[i].ok ? round.answers[i].text : SLICE("(failed)"));
    put_strings(&out, NULL, &answers);
    if (!status)
        status = lesson_note(lesson, "notes.json", &out);
    if (!status)
        status = lesson_record(lesson, "record.json", &out);
    const grasp_file file = {SLICE("tiny.json"), text_view(&out)};
    return status ? status : lesson_emit(lesson, &file, 1);
}

static const char *const tiny_names[] = {"tiny.json", "tiny_best.json", NULL};
static const struct learner_kind tiny_kind = {
    .size = sizeof(struct tiny),
    .options = tiny_options,
    .options_at = offsetof(struct tiny, options),
    .files = tiny_files,
    .prompts = tiny_prompts,
    .compat_placement = GRASP_PLACE_FIELD,
    .unit = "batch",
    .folder = "tiny",
    .compat_order = "seed",
    .names = tiny_names,
    .knowledge_size = sizeof(struct tiny_knowledge),
    .read = tiny_read,
    .learn = tiny_learn,
};

static const char task[] = "{\"writer\": {\"family\": \"wards\", \"guidance\": \"look\", "
                           "\"labels\": {\"late\": \"too\\nlate\"}}}";

static int32_t open_tiny(struct mock_host *host, const char *given, void **out_self)
{
    char *config = mock_config(tiny_schema, given);
    int32_t status =
        learner_open(mock_call(host), &tiny_kind, grasp_cstr(config), grasp_cstr(task), out_self);
    free(config);
    return status;
}

static void learners_describe_themselves(void **state)
{
    struct mock_host *host = mock_host_create();
    void *self = NULL;
    assert_int_equal(open_tiny(host, NULL, &self), 0);
    assert_int_equal(((struct tiny *)self)->options.most, 3);
    assert_int_equal(learner_info(mock_call(host), self), 0);
    mock_assert_text(host->json.items[0],
                     "{\"unit\": \"batch\", \"folder\": \"tiny\", \"order\": \"run\"}");
    learner_close(mock_call(host), self);
    assert_int_equal(open_tiny(host, "{\"compat\": \"reference\"}", &self), 0);
    assert_int_equal(learner_info(mock_call(host), self), 0);
    mock_assert_contains(host->json.items[0], "\"order\": \"seed\"");
    learner_close(mock_call(host), self);
    learner_close(mock_call(host), NULL);
    mock_host_destroy(host);
}

static void placeholders_are_checked(void **state)
{
    static const struct {
        const char *file, *text;
        bool fine;
    } cases[] = {{"user.md", "{{question}} {{hints}}", true},
                 {"user.md", "{{success}}", false},
                 {"system.md", "{{question}}", false},
                 {"fixed.md", "{{family}}", false},
                 {"fixed.md", "other", true}};
    struct mock_host *host = mock_host_create();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char folder[] = "/tmp/grasp_prompts_XXXXXX", path[64], given[64];
        void *self = NULL;
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/%s", folder, cases[i].file);
        snprintf(given, sizeof(given), "{\"prompts_dir\": \"%s\"}", folder);
        FILE *f = fopen(path, "w");
        fputs(cases[i].text, f);
        fclose(f);
        int32_t status = open_tiny(host, given, &self);
        unlink(path);
        rmdir(folder);
        assert_int_equal(status == GRASP_OK, cases[i].fine);
        if (!cases[i].fine)
            mock_assert_contains(host->fail_text, cases[i].file);
        learner_close(mock_call(host), self);
    }
    mock_host_destroy(host);
}

static void broken_knowledge_is_refused(void **state)
{
    const grasp_file good = {SLICE("tiny_best.json"), SLICE("[\"a\", \"b\"]")};
    const grasp_file bad = {SLICE("tiny.json"), SLICE("[1,\n{")};
    struct mock_host *host = mock_host_create();
    for (int reference = 0; reference < 2; reference++) {
        void *self = NULL, *knowledge = NULL;
        assert_int_equal(open_tiny(host, reference ? "{\"compat\": \"reference\"}" : NULL, &self),
                         0);
        grasp_files files = {&good, 1};
        assert_int_equal(learner_load(mock_call(host), self, &files, &knowledge), 0);
        assert_int_equal(((struct tiny_knowledge *)knowledge)->answers.count, 2);
        learner_unload(mock_call(host), self, knowledge);
        knowledge = NULL;
        files.items = &bad;
        int32_t status = learner_load(mock_call(host), self, &files, &knowledge);
        if (!reference) {
            mock_assert_failed(host, status, GRASP_E_INVALID);
            mock_assert_contains(host->fail_text, "tiny.json: ");
            mock_assert_contains(host->fail_text, "repair the file");
            assert_null(knowledge);
        } else {
            assert_int_equal(status, 0);
            assert_int_equal(((struct tiny_knowledge *)knowledge)->answers.count, 0);
        }
        learner_unload(mock_call(host), self, knowledge);
        learner_close(mock_call(host), self);
    }
    mock_host_destroy(host);
}

static char *answer(void *arg, size_t number, const char *prompt)
{
    return number ? NULL : strdup("fine");
}

static void lessons_ask_side_by_side(void **state)
{
    static const char batch[] =
        "{\"epoch\": 1, \"update_cycle\": 2, \"last\": true, \"rollouts\": [{\"sample_id\": \"s\", "
        "\"correct\": false, \"sample\": {\"description\": \"first\"}, \"used\": [\"r1\"]}, "
        "{\"sample_id\": \"t\", \"sample\": {\"instruction\": \"second\"}}]}";
    struct mock_host *host = mock_host_create();
    struct mock_lab lab = {.reply = answer};
    const grasp_files none = {NULL, 0};
    void *self = NULL;
    mock_lab_open(&lab);
    assert_int_equal(open_tiny(host, NULL, &self), 0);
    grasp_call *call = mock_call(host);
    assert_int_equal(learner_learn(call, self, &mock_lab_table, &none, NULL, grasp_cstr(batch)), 0);
    const struct json *messages = json_get(json_at(lab.requests, 0), "messages");
    assert_string_equal(json_str(json_get(json_at(messages, 0), "content")).ptr,
                        "You know wards.!");
    assert_string_equal(json_str(json_get(json_at(messages, 1), "content")).ptr,
                        "first|- late: too late");
    mock_assert_text(host->file_texts.items[0], "[\"fine\", \"(failed)\"]");
    assert_int_equal(json_count(lab.notes), 1);
    assert_string_equal(json_str(json_get(lab.records, "record.json")).ptr,
                        "[\n  \"fine\",\n  \"(failed)\"\n]");
    struct lesson lesson CLEANUP_LESSON;
    assert_int_equal(lesson_open(call, self, &mock_lab_table, grasp_cstr(batch), &lesson), 0);
    assert_slice(lesson.clock, "epoch 1, update 2");
    assert_true(rollout_failed(&lesson.rollouts[0]));
    assert_true(rollout_used(&lesson, &lesson.rollouts[0], SLICE("r1")));
    assert_false(rollout_used(&lesson, &lesson.rollouts[1], SLICE("r1")));
    assert_int_equal(learner_learn(call, self, &mock_lab_table, &none, NULL, SLICE("[]")),
                     GRASP_E_INVALID);
    learner_close(call, self);
    mock_lab_close(&lab);
    mock_host_destroy(host);
}

static grasp_str chat(struct lesson *lesson, const char *rollout, struct transcript_limits limits)
{
    const grasp_json_value *value = lesson->json->parse(lesson->call, grasp_cstr(rollout), NULL);
    struct rollout read;
    assert_true(rollout_read(lesson, value, &read));
    return transcript_chat(lesson, &read, &limits);
}

static void transcripts_leave_out_the_middle(void **state)
{
    static const char talk[] =
        "{\"sample_id\": \"s\", \"history\": [{\"role\": \"user\", \"content\": \"one\"}, "
        "{\"role\": "
        "\"agent\", \"content\": \"two\"}, {\"role\": \"\", \"content\": \"three\"}, {\"role\": "
        "\"agent\", \"content\": \"four\"}]}";
    static const char acts[] =
        "{\"sample_id\": \"s\", \"agent_actions\": [\"GET a\", \"GET b\", \"GET "
        "c\", \"POST d\", \"FINISH\"], \"sample\": {\"description\": \"do it\"}}";
    struct mock_host *host = mock_host_create();
    void *self = NULL;
    assert_int_equal(open_tiny(host, NULL, &self), 0);
    grasp_call *call = mock_call(host);
    const grasp_json *json = grasp_json_of(call);
    struct lesson lesson CLEANUP_LESSON;
    static const char batch[] = "{\"epoch\": 0, \"update_cycle\": 0, \"rollouts\": []}";
    assert_int_equal(lesson_open(call, self, &mock_lab_table, grasp_cstr(batch), &lesson), 0);
    assert_slice(chat(&lesson, talk, (struct transcript_limits){.messages = 3}),
                 "[{\"role\": \"user\", \"content\": \"one\"}, {\"role\": \"user\", \"content\": "
                 "\"three\"}, {\"role\": \"assistant\", \"content\": \"four\"}]");
    assert_slice(
        chat(&lesson, acts, (struct transcript_limits){.actions = 3, .action_characters = 4}),
        "[{\"role\": \"user\", \"content\": \"do it\"}, {\"role\": \"assistant\", "
        "\"content\": \"1. GET \\n...[truncated 1 chars]\\n2. ...[2 intermediate actions "
        "omitted]\\n3. POST\\n...[truncated 2 chars]\\n4. FINI\\n...[truncated 2 chars]\"}]");
    struct text lines CLEANUP_TEXT = {0};
    const grasp_json_value *value = json->parse(call, grasp_cstr(talk), NULL);
    transcript_lines(&lines, json, member_of(json, value, "history"));
    assert_slice(text_view(&lines), "USER: one\nAGENT: two\n: three\nAGENT: four");
    assert_slice(text_shorten(&lesson.pool, SLICE("abc"), 0), "abc");
    learner_close(call, self);
    mock_host_destroy(host);
}

static void answer_json(struct text *out, struct part *part)
{
    const grasp_json *json = grasp_json_of(part->call);
    text_str(out, member_text(json, part_json(part, "{\"ask\": "), "ask"));
    assert_null(part_json(part, "{\"other\": "));
}

static const struct role roles[] = {{"# Title\n", answer_json}, {NULL, NULL}};
const void *tiny_extension(grasp_str id);
UNDERSTUDY(tiny, roles)

static void understudies_read_json(void **state)
{
    struct mock_host *host = mock_host_create();
    const grasp_message message = {.size = sizeof(message),
                                   .role = SLICE("user"),
                                   .content = SLICE("# Title\n{\"ask\": \"what\"}\nmore")};
    const grasp_message *const list[] = {&message};
    grasp_rehearsal_request request = {.size = sizeof(request), .messages = list, .count = 1};
    const grasp_rehearsal *rehearsal = tiny_extension(SLICE(GRASP_EXT_REHEARSAL));
    assert_null(tiny_extension(SLICE("grasp.other/1")));
    assert_int_equal(rehearsal->reply(mock_call(host), &request), 0);
    mock_assert_text(host->messages[0].content, "what");
    request.count = 0;
    assert_int_equal(rehearsal->reply(mock_call(host), &request), GRASP_E_UNSUPPORTED);
    mock_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_find_and_join),
        cmocka_unit_test(commas_come_by_themselves),
        cmocka_unit_test(missing_values_are_empty),
        cmocka_unit_test(rows_rank_by_column_text_and_place),
        cmocka_unit_test(notes_are_read_line_by_line),
        cmocka_unit_test(rules_and_tags_stand_once),
        cmocka_unit_test(learners_describe_themselves),
        cmocka_unit_test(placeholders_are_checked),
        cmocka_unit_test(broken_knowledge_is_refused),
        cmocka_unit_test(lessons_ask_side_by_side),
        cmocka_unit_test(transcripts_leave_out_the_middle),
        cmocka_unit_test(understudies_read_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
