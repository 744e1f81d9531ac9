/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "common/pynumber.h"
#include "golden_agentbench_os_db.h"
#include "tasks/agentbench/db/dbbench.h"
#include "tasks/agentbench/db/evaluate.h"
#include "tasks/agentbench/db/explain.h"
#include "tasks/agentbench/turn.h"

const grasp_json_value *golden_value(grasp_call *call, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return grasp_json_of(call)->parse(call, golden_in(buf_view(&text)), NULL);
}

/* {"tuple": [...]} is a tuple. */
static void read_py(grasp_call *call, struct pool *pool, const struct json *value, struct py *out)
{
    const struct json *tuple = json_get(value, "tuple");
    bool list = json_is(value, JSON_ARRAY);
    if (!tuple && !list) {
        py_of_json(pool, grasp_json_of(call), golden_value(call, value), out);
        return;
    }
    const struct json *items = tuple ? tuple : value;
    *out = (struct py){.kind = tuple ? PY_TUPLE : PY_LIST};
    struct py **link = &out->item;
    for (size_t i = 0; i < json_count(items); i++) {
        struct py *item = pool_alloc(pool, sizeof(*item));
        read_py(call, pool, json_at(items, i), item);
        *link = item;
        link = &item->next;
    }
}

static void clean_answer(struct golden *g, struct mock_host *host)
{
    golden_section(g, "dbbench.clean_answer");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct py value;
        struct answer answer;
        read_py(mock_call(host), &pool, json_get(c, "in"), &value);
        answer_clean(&pool, &value, &answer);
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < answer.count; i++)
            json_push(got, json_new_str(golden_out(answer.items[i])));
        golden_expect_json(g, "out", got, json_get(c, "out"));
    }
}

static void normalize(struct golden *g, struct mock_host *host)
{
    golden_section(g, "dbbench.normalize");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct text text CLEANUP_TEXT = {0};
        struct py value;
        read_py(mock_call(host), &pool, json_get(c, "in"), &value);
        py_str(&text, &value);
        golden_expect_str(g, "out", golden_out(answer_normal(&pool, text_view(&text))),
                          json_str(json_get(c, "out")));
    }
}

static void numbers(struct golden *g)
{
    double ignored;
    golden_section(g, "dbbench.is_float");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect_int(g, "out",
                          pynumber_float(golden_in(json_str(json_get(c, "in"))), &ignored),
                          json_bool(json_get(c, "out"), false));
    golden_section(g, "dbbench.float_equal");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect_int(g, "out",
                          answer_numbers_equal(golden_in(json_str(json_get(c, "a"))),
                                               golden_in(json_str(json_get(c, "b")))),
                          json_bool(json_get(c, "out"), false));
}

static void compare(struct golden *g, struct mock_host *host)
{
    golden_section(g, "dbbench.compare");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct py answer, truth;
        grasp_call *call = mock_call(host);
        read_py(call, &pool, json_get(c, "answer"), &answer);
        read_py(call, &pool, json_get(c, "ground_truth"), &truth);
        golden_expect_int(
            g, "out",
            answer_equal(&pool, &answer, &truth, golden_in(json_str(json_get(c, "type")))),
            json_bool(json_get(c, "out"), false));
    }
}

static void eval_module(struct golden *g, struct mock_host *host)
{
    golden_section(g, "dbbench.eval_module");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_call *call = mock_call(host);
        const struct json *sample = json_get(c, "sample");
        bool got = evaluate_result(call, golden_value(call, json_get(sample, "answer")),
                                   golden_in(json_str(json_get(sample, "type"))),
                                   golden_value(call, json_get(c, "result")));
        golden_expect_int(g, "out", got, json_bool(json_get(c, "out"), false));
    }
}

static void failure_tags(struct golden *g, struct mock_host *host)
{
    golden_section(g, "grasp.failure_tags");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_call *call = mock_call(host);
        struct text tags CLEANUP_TEXT = {0};
        struct str type = json_str(json_get(c, "type"));
        struct rollout_view view = {
            .json = grasp_json_of(call),
            .type = golden_in(type.len ? type : STR("other")),
            .status = golden_in(json_str(json_get(c, "status"))),
            .actions = golden_value(call, json_get(c, "agent_actions")),
            .client_error = json_str(json_get(c, "error")).len > 0,
        };
        tags_write(&tags, &dbbench_tags, explain_reference(&view));
        CLEANUP_JSON struct json *got = json_parse(golden_out(text_view(&tags)), NULL);
        golden_expect_json(g, "out", got, json_get(c, "out"));
    }
}

/* The cases are named, not given. */
static void score_result(struct golden *g, struct mock_host *host)
{
    static const struct {
        const char *name, *rollout;
    } cases[] = {
        {"no output", "{\"status\": \"task error\", \"answer\": \"\", \"raw\": {}}"},
        {"is_correct False",
         "{\"status\": \"completed\", \"answer\": \"\", \"raw\": {\"is_correct\": false}}"},
        {"no key, eval True",
         "{\"status\": \"completed\", \"answer\": \"\", \"raw\": {\"answer\": [\"5\"]}}"},
    };
    static const char sample[] = "{\"id\": \"1\", \"type\": \"other\", \"answer\": [\"5\"]}";
    golden_section(g, "grasp.score_result");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_call *call = mock_call(host);
        const struct dbbench self = {.json = grasp_json_of(call)};
        const char *rollout = NULL;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
            if (str_is(json_str(json_get(c, "case")), cases[i].name))
                rollout = cases[i].rollout;
        if (!golden_expect(g, rollout != NULL, "a case of a name that is not known"))
            continue;
        dbbench_grade(call, (void *)&self, grasp_cstr(sample), grasp_cstr(rollout),
                      grasp_cstr("[]"));
        golden_expect_int(g, "out", host->correct, json_bool(json_get(c, "out"), false));
    }
}

static void format_tool_call(struct golden *g, struct mock_host *host)
{
    golden_section(g, "grasp.format_tool_call");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_call *call = mock_call(host);
        struct text text CLEANUP_TEXT = {0};
        tool_use_show(call, &text, golden_value(call, json_get(c, "in")));
        golden_expect_str(g, "out", golden_out(text_view(&text)), json_str(json_get(c, "out")));
    }
}

static void history_final_answer(struct golden *g, struct mock_host *host)
{
    golden_section(g, "grasp.history_final_answer");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_call *call = mock_call(host);
        grasp_str got = explain_final_answer(call, golden_value(call, json_get(c, "history")));
        golden_expect_str(g, "out", golden_out(got), json_str(json_get(c, "out")));
    }
}

void golden_db_answer_sections(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    clean_answer(g, host);
    normalize(g, host);
    numbers(g);
    compare(g, host);
    eval_module(g, host);
    failure_tags(g, host);
    score_result(g, host);
    format_tool_call(g, host);
    history_final_answer(g, host);
    mock_host_destroy(host);
}
