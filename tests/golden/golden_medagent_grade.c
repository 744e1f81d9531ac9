/* SPDX-License-Identifier: MIT */
/* Verdicts: the server's answers are put into a rollout as an episode would, and it is judged. */
#include <grasp/helpers.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "golden_medagent.h"
#include "medagent_server.h"
#include "tasks/medagent/judge.h"

struct asked {
    struct json *queries;
    struct str path; /* of the base address */
};

static void note_query(void *context, grasp_str query)
{
    struct asked *asked = context;
    CLEANUP_BUF struct buf text = {0};
    buf_str(&text, asked->path);
    buf_add(&text, query.ptr, query.len);
    json_push(asked->queries, json_new_str(buf_view(&text)));
}

/* "http://host:port/fhir/" -> "/fhir/" */
static struct str path_of(struct str base)
{
    const char *host = strstr(base.ptr, "//");
    const char *path = host ? strchr(host + 2, '/') : base.ptr;
    return (struct str){path, base.len - (size_t)(path - base.ptr)};
}

static void replace_all(struct buf *out, struct str text, const char *from, struct str to)
{
    size_t len = strlen(from);
    for (size_t at = 0; at < text.len;) {
        if (text.len - at >= len && memcmp(text.ptr + at, from, len) == 0) {
            buf_str(out, to);
            at += len;
        } else {
            buf_add(out, text.ptr + at++, 1);
        }
    }
}

/* The history with the referral's text for its placeholders, which the file leaves out. */
static struct json *fill_in(const struct json *value, struct str comment)
{
    static const char *const names[] = {"{{REFERRAL_COMMENT}}", "{{REFERRAL_COMMENT_LOWER}}",
                                        "{{REFERRAL_COMMENT_MINUS_LAST_CHAR}}"};
    CLEANUP_BUF struct buf lower = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf last = {0};
    buf_str(&lower, comment);
    for (size_t i = 0; i < lower.len; i++)
        if (lower.ptr[i] >= 'A' && lower.ptr[i] <= 'Z')
            lower.ptr[i] |= 32;
    struct str values[] = {comment, buf_view(&lower), {comment.ptr, comment.len - 1}};
    json_write(&text, value, 0);
    for (size_t i = 0; i < 3; i++) {
        buf_reset(&last);
        replace_all(&last, buf_view(&text), names[i], values[i]);
        buf_reset(&text);
        buf_str(&text, buf_view(&last));
    }
    struct err err;
    return json_parse(buf_view(&text), &err);
}

/* The text between the first quotes of a v1 type 8 instruction: from the benchmark's own file if it
 * is there, else one of ours, which the graders cannot tell from it. */
static char *referral_comment(void)
{
    static const char ours[] = "Situation: knee injury. Request: please see this patient.";
    const char *shared = getenv("GRASP_SHARED");
    CLEANUP_FREE char *path =
        mem_printf("%s/data/MedAgentBench/test_data_v2.json", shared ? shared : "../shared");
    CLEANUP_BUF struct buf text = {0};
    struct err err;
    if (!file_exists(path) || file_read(path, 1 << 20, &text, &err))
        return strdup(ours);
    CLEANUP_JSON struct json *tasks = json_parse(buf_view(&text), &err);
    for (size_t i = 0; i < json_count(tasks); i++) {
        const struct json *task = json_at(tasks, i);
        struct str instruction = json_str(json_get(task, "instruction"));
        if (strncmp(json_str(json_get(task, "id")).ptr, "task8_", 6) != 0)
            continue;
        const char *from = strchr(instruction.ptr, '"');
        return strndup(from + 1, (size_t)(strchr(from + 1, '"') - from - 1));
    }
    return strdup(ours);
}

static const grasp_json_value *value_of(grasp_call *call, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return grasp_json_of(call)->parse(call, (grasp_str){text.ptr, text.len}, NULL);
}

/* What an episode puts into "raw". */
static struct json *raw_of(grasp_call *call, const struct json *c, const struct case_server *server,
                           const struct sample *sample)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text out CLEANUP_TEXT = {0};
    grasp_str queries[EVIDENCE_MAX];
    struct err err;
    size_t count = evidence_queries(&pool, sample, queries);
    text_put(&out, "{\"evidence\": [");
    for (size_t i = 0; i < count; i++) {
        struct case_server_answer answer = case_server_get(server, queries[i]);
        struct evidence evidence = {answer.status, answer.plain_json, {answer.body, answer.len}};
        text_put(&out, i ? ", " : "");
        evidence_write(call, grasp_json_of(call), &out, queries[i], &evidence);
        free(answer.body);
    }
    text_put(&out, "]}");
    struct json *raw = json_parse((struct str){out.ptr, out.len}, &err);
    const struct json *clock = json_get(c, "wall_clock");
    if (clock)
        json_set(raw, "wall_clock", json_copy(clock));
    return raw;
}

static void grade_case(struct golden *g, struct mock_host *host, const struct json *c,
                       const struct case_server *server, struct str comment)
{
    grasp_call *call = mock_call(host);
    const grasp_json *json = grasp_json_of(call);
    struct sample sample;
    struct str base = json_str(json_get(g->root, "base_url"));
    CLEANUP_JSON struct json *object = json_copy(json_get(c, "case"));
    bool v1 = str_is(json_str(json_get(c, "benchmark")), "v1");
    CLEANUP_FREE char *instruction = mem_printf("Refer: \"%.*s\"", (int)comment.len, comment.ptr);
    if (v1 && str_is(json_str(json_get(c, "task_type")), "task8"))
        json_set(object, "instruction", json_new_str(str_of(instruction)));
    if (!sample_read(json, value_of(call, object), v1 ? MEDAGENT_V1 : MEDAGENT_V2, &sample)) {
        golden_fail(g, "the sample has no type");
        return;
    }
    CLEANUP_JSON struct json *rollout = json_new_object();
    json_set(rollout, "status", json_copy(json_get(c, "status")));
    json_set(rollout, "answer", json_copy(json_get(c, "result")));
    json_set(rollout, "history", fill_in(json_get(c, "history"), comment));
    json_set(rollout, "raw", raw_of(call, c, server, &sample));
    struct asked asked = {json_new_array(), path_of(base)};
    struct judge judge = {&sample, {base.ptr, base.len}, true, note_query, &asked};
    struct verdict verdict = judge_rollout(call, json, &judge, value_of(call, rollout));
    golden_expect_int(g, "scored", verdict.correct,
                      json_bool(json_path(c, "expect.scored"), false));
    if (!str_is(json_str(json_get(c, "status")), "completed")) {
        /* The file has what the grader says of an episode that it is never asked about. */
        json_set(rollout, "status", json_new_str(STR("completed")));
        verdict = judge_rollout(call, json, &judge, value_of(call, rollout));
        golden_expect_int(g, "grader", verdict.correct,
                          json_bool(json_path(c, "expect.grader"), false));
    }
    golden_expect(g, verdict.correct || verdict.tags, "a wrong episode has no failure tag");
    golden_expect_json(g, "grader_requests", asked.queries, json_path(c, "expect.grader_requests"));
    json_free(asked.queries);
}

void golden_grade_section(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    CLEANUP_FREE char *comment = referral_comment();
    golden_section(g, "grade");
    for (const struct json *c; (c = golden_next(g));) {
        char why[512];
        struct case_server server;
        if (!case_server_open(&server, c, why, sizeof(why))) {
            golden_fail(g, "%s", why);
            continue;
        }
        grade_case(g, host, c, &server, str_of(comment));
        case_server_close(&server);
    }

    mock_host_destroy(host);
}
