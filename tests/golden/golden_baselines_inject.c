/* SPDX-License-Identifier: MIT */
/* Guidance in conversations: what augment emits, put in its place by the host. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/block.h"
#include "golden_baselines.h"
#include "golden_words.h"
#include "run/place.h"

#define MESSAGES 16

struct talk {
    grasp_message messages[MESSAGES];
    const grasp_message *list[MESSAGES];
    struct message ours[MESSAGES];
    size_t count;
};

static void read_talk(const struct json *in, struct talk *talk)
{
    memset(talk, 0, sizeof(*talk));
    for (size_t i = 0; i < json_count(in) && i < MESSAGES; i++) {
        struct str role = json_str(json_get(json_at(in, i), "role"));
        struct str content = json_str(json_get(json_at(in, i), "content"));
        talk->messages[i] = (grasp_message){
            .size = sizeof(grasp_message), .role = to_plugin(role), .content = to_plugin(content)};
        talk->ours[i] = (struct message){.role = role, .content = content};
        talk->list[i] = &talk->messages[i];
        talk->count++;
    }
}

/* The guidance of the bench's method with these files, for a turn. */
static int32_t guide(struct bench *b, const struct json *texts, const struct talk *talk)
{
    const grasp_files files = bench_files(b, texts);
    const grasp_turn turn = {.size = sizeof(turn), .messages = talk->list, .count = talk->count};
    void *knowledge = NULL;
    bench_call(b);
    int32_t status = b->method->load(b->call, b->self, &files, &knowledge);
    if (!status)
        status = b->method->augment(b->call, b->self, knowledge, &turn);
    b->method->unload(b->call, b->self, knowledge);
    return status;
}

/* The wanted content, with our block for its placeholder. */
static void put_wanted(struct buf *out, struct str want, struct str block)
{
    static const char mark[] = "<<BLOCK>>", quoted[] = "\"<<BLOCK>>\"";
    size_t at;
    if (str_find(want, str_of(quoted), &at) && want.ptr[0] == '{') {
        buf_str(out, (struct str){want.ptr, at});
        json_write_str(out, block, JSON_ASCII);
        buf_text(out, want.ptr + at + strlen(quoted));
    } else if (str_find(want, str_of(mark), &at)) {
        buf_str(out, (struct str){want.ptr, at});
        buf_str(out, block);
        buf_text(out, want.ptr + at + strlen(mark));
    } else {
        buf_str(out, want);
    }
}

static void expect_placed(struct bench *b, const struct talk *talk, const struct json *out)
{
    const struct guidance_given {
        struct str text, line;
    } given = {to_test(mock_str(b->host->guidance)), to_test(mock_str(b->host->task_line))};
    struct guidance guidance = {.placement = (enum placement)b->host->placement,
                                .text = given.text,
                                .task_line = given.line};
    struct arena arena = {0};
    size_t count;
    CLEANUP_JSON struct json *words = golden_words(out);
    const struct message *placed =
        place_guidance(talk->ours, talk->count, &guidance, PLACE_RECENT, NULL, &arena, &count);
    golden_expect_int(b->g, "messages", (int64_t)count, (int64_t)json_count(out));
    for (size_t i = 0; i < count && i < json_count(out); i++) {
        CLEANUP_BUF struct buf want = {0};
        put_wanted(&want, json_str(json_get(json_at(words, i), "content")), given.text);
        golden_expect_str(b->g, "content", placed[i].content, buf_view(&want));
    }
    arena_clear(&arena);
}

/* question: what the guidance is made for, NULL for the conversation itself. */
static void check_inject(struct golden *g, const grasp_method *method, const char *name,
                         const char *text, const char *question, const struct json *in,
                         const struct json *out)
{
    struct bench b;
    struct talk talk, asked;
    const struct json *wanted = json_is(out, JSON_OBJECT) ? json_get(out, "messages") : out;
    CLEANUP_JSON struct json *texts = json_new_object();
    json_set(texts, name, json_new_str(str_of(text)));
    bench_open(&b, g, method, NULL);
    read_talk(in, &talk);
    asked = talk;
    if (question) {
        asked.messages[0].content = grasp_cstr(question);
        asked.count = 1;
    }
    asked.list[0] = &asked.messages[0];
    golden_expect_int(g, "augment", guide(&b, texts, question ? &asked : &talk), GRASP_OK);
    if (json_is(wanted, JSON_STRING)) { /* the class of the reference's exception */
        size_t count = 1;
        struct arena arena = {0};
        struct guidance guidance = {.placement = (enum placement)b.host->placement,
                                    .text = to_test(mock_str(b.host->guidance))};
        place_guidance(talk.ours, 0, &guidance, PLACE_RECENT, NULL, &arena, &count);
        golden_expect_int(g, "messages of nothing", (int64_t)count, 0);
        arena_clear(&arena);
    } else {
        expect_placed(&b, &talk, wanted);
    }
    if (json_is(out, JSON_OBJECT) && talk.count) {
        const grasp_turn turn = {.size = sizeof(turn), .messages = talk.list, .count = talk.count};
        golden_expect_str(g, "query", to_test(turn.messages[turn_input(&turn)]->content),
                          json_str(json_get(out, "query")));
    }
    bench_close(&b);
}

static void inject_memory(struct golden *g, const struct json *in, const struct json *out)
{
    check_inject(g, &memory_table, "memory.json", "[\"when asked A, do \\u00e9.\"]", NULL, in, out);
}

static void inject_expel(struct golden *g, const struct json *in, const struct json *out)
{
    check_inject(g, &expel_table, "expel_rules.json",
                 "[{\"text\": \"Do \\u00e9.\", \"counter\": 2}]", NULL, in, out);
}

static void inject_evo(struct golden *g, const struct json *in, const struct json *out)
{
    check_inject(g, &evo_memory_table, "semantic.json",
                 "{\"rules\": [\"[P1] Convert every unit first\"]}", NULL, in, out);
}

static bool has_nan(const struct json *in)
{
    size_t at;
    return str_find(json_str(json_get(json_at(in, 0), "content")), STR("NaN"), &at);
}

/* There is a block only where a skill fits what is asked. */
static void inject_skillx(struct golden *g, const struct json *in, const struct json *out)
{
    if (has_nan(in))
        golden_skip(g, "a message with NaN is no JSON, and takes guidance as text");
    else
        check_inject(g, &skillx_table, "skillx_library.json",
                     "{\"skills\": {\"functional\": [{\"name\": \"unit\", \"document\": \"d\", "
                     "\"content\": \"c\"}]}}",
                     "unit", in, out);
}

static void block_source(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct talk talk;
    CLEANUP_JSON struct json *texts = json_new_object();
    CLEANUP_JSON struct json *turn = json_new_array(), *message = json_new_object();
    json_set(message, "role", json_new_str(STR("user")));
    json_set(message, "content", json_new_str(STR("U")));
    json_push(turn, json_copy(message));
    json_set(texts, "memory.json", json_copy(in));
    bench_open(&b, g, &memory_table, NULL);
    read_talk(turn, &talk);
    golden_expect_int(g, "augment", guide(&b, texts, &talk), GRASP_OK);
    if (str_is(json_str(out), "TypeError"))
        golden_expect_int(g, "guidance from what is no list", (int64_t)b.host->guidance.len, 0);
    else
        golden_expect_text(g, "block", mock_str(b.host->guidance), out);
    bench_close(&b);
}

static void inject_fhir(struct golden *g, const struct json *in, const struct json *out)
{
    struct bench b;
    struct talk talk;
    bool empty = !json_str(json_get(in, "block")).len;
    CLEANUP_JSON struct json *options = json_new_object(), *texts = json_new_object();
    CLEANUP_JSON struct json *want = json_new_array();
    json_set(options, "placement", json_new_str(STR("system")));
    json_set(texts, "memory.json", json_new_str(empty ? STR("[]") : STR("[\"when asked A.\"]")));
    bench_open(&b, g, &memory_table, options);
    read_talk(json_get(in, "system"), &talk);
    golden_expect_int(g, "augment", guide(&b, texts, &talk), GRASP_OK);
    for (size_t i = 0; i < json_count(out); i++) { /* our block begins with the line of dashes */
        struct json *message = json_copy(json_at(out, i));
        struct str content = json_str(json_get(message, "content"));
        size_t at;
        if (str_find(content, STR("---\n<<"), &at)) {
            CLEANUP_BUF struct buf text = {0};
            buf_str(&text, (struct str){content.ptr, at});
            buf_text(&text, content.ptr + at + 4);
            json_set(message, "content", json_new_str(buf_view(&text)));
        }
        json_push(want, message);
    }
    expect_placed(&b, &talk, want);
    golden_expect(g, empty || strncmp(b.host->guidance.ptr, "---\n<memory>", 12) == 0, "dashes");
    bench_close(&b);
}

const struct group inject_groups[] = {
    {"inject_memory", inject_memory},
    {"inject_memory_block_source", block_source},
    {"inject_expel", inject_expel},
    {"inject_evo", inject_evo},
    {"inject_skillx", inject_skillx},
    {"inject_fhir_system", inject_fhir},
    {NULL, NULL},
};
