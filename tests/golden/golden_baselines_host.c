/* SPDX-License-Identifier: MIT */
/* What the harness does for all methods, and what Python's texts are like. */
#include <string.h>

#include "base/mem.h"
#include "common/lines.h"
#include "common/slice.h"
#include "golden_baselines.h"
#include "run/order.h"

#define LAST_CODE 0x3100

static void check_shuffle(struct golden *g, const struct json *in, const struct json *out)
{
    size_t count = (size_t)json_int(json_get(in, "n"), 0);
    CLEANUP_FREE size_t *order = mem_array(count, sizeof(*order));
    CLEANUP_JSON struct json *got = json_new_array();
    order_shuffle(ORDER_EPOCH, 77, json_int(json_get(in, "seed"), -1), order, count);
    for (size_t i = 0; i < count; i++)
        json_push(got, json_new_int((int64_t)order[i]));
    golden_expect_json(g, "order", got, out);
}

static void check_batches(struct golden *g, const struct json *in, const struct json *out)
{
    size_t count = (size_t)json_int(json_get(in, "n"), 0), from, to;
    size_t unit = order_unit(UNIT_BATCH, json_int(json_get(in, "update_every"), 0), count);
    CLEANUP_JSON struct json *got = json_new_array();
    for (size_t i = 0; order_slice(unit, count, i, &from, &to); i++)
        json_push(got, json_new_int((int64_t)(to - from)));
    golden_expect_json(g, "batches", got, out);
}

static bool splits(grasp_str text)
{
    grasp_str rest = text, line;
    return line_next(&rest, &line) && line.len == 1 && rest.len == 1;
}

static bool is_space(grasp_str text)
{
    uint32_t code;
    utf8_at(text, 1, &code);
    return utf8_is_space(code);
}

/* A blank in the middle of its class is found by its effect on "a<code>b". */
static void check_classes(struct golden *g, const struct json *in, const struct json *out)
{
    CLEANUP_JSON struct json *lines = json_new_array(), *spaces = json_new_array();
    for (uint32_t code = 1; code < LAST_CODE; code++) {
        struct text text CLEANUP_TEXT = {0};
        text_char(&text, 'a');
        text_code(&text, code);
        text_char(&text, 'b');
        if (splits(text_view(&text)))
            json_push(lines, json_new_int(code));
        if (is_space(text_view(&text)))
            json_push(spaces, json_new_int(code));
    }
    bool is_lines = json_count(out) == json_count(lines);
    golden_expect_json(g, "characters", is_lines ? lines : spaces, out);
}

static void skip_tools(struct golden *g, const struct json *in, const struct json *out)
{
    golden_skip(g, "the host sends a task's tools with every call; there is no wrapper between");
}

static void skip_backend(struct golden *g, const struct json *in, const struct json *out)
{
    golden_skip(g, "the writer is asked through the agent's preset at its own temperature; there "
                   "is no block to derive");
}

const struct group host_groups[] = {
    {"rng_shuffle", check_shuffle},           {"batching", check_batches},
    {"py_isspace_splitlines", check_classes}, {"tools_delegation", skip_tools},
    {"writer_backend", skip_backend},         {NULL, NULL},
};
