/* SPDX-License-Identifier: MIT */
/* What is read from texts: the POSTs of a history, the present time of a context, results that look
 * like scalars. */
#include <grasp/helpers.h>
#include <math.h>

#include "base/mem.h"
#include "common/cohort/now.h"
#include "golden_medagent.h"
#include "tasks/medagent/coerce.h"
#include "tasks/medagent/posts.h"

static struct json *own_json(grasp_call *call, const grasp_json_value *value)
{
    struct err err;
    grasp_str text = value ? grasp_json_of(call)->print(call, value, 0) : grasp_cstr("null");
    return json_parse((struct str){text.ptr, text.len}, &err);
}

/* posts as [[url, payload], ...] */
static struct json *list_posts(grasp_call *call, const struct posts *posts)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < posts->count; i++) {
        struct json *pair = json_new_array();
        json_push(pair,
                  json_new_str((struct str){posts->items[i].url.ptr, posts->items[i].url.len}));
        json_push(pair, own_json(call, posts->items[i].payload));
        json_push(list, pair);
    }
    return list;
}

static void check_posts(struct golden *g, grasp_call *call, const struct json *c)
{
    struct pool pool CLEANUP_POOL = {0};
    struct posts posts;
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, json_get(c, "history"), 0);
    const grasp_json *json = grasp_json_of(call);
    posts_collect(call, json, &pool, json->parse(call, (grasp_str){text.ptr, text.len}, NULL), true,
                  &posts);
    golden_expect_int(g, "has_post", posts.attempted, json_bool(json_get(c, "has_post"), false));
    CLEANUP_JSON struct json *list = list_posts(call, &posts);
    golden_expect_json(g, "posts_v1", list, json_get(c, "posts_v1"));
    if (json_is(json_get(c, "posts_v2"), JSON_STRING))
        golden_expect(g, posts.overrun, "v2 does not look past the end of the history");
    else
        golden_expect_json(g, "posts_v2", list, json_get(c, "posts_v2"));
}

static void check_now(struct golden *g, const struct json *c)
{
    struct str context = json_str(json_get(c, "context")), want = json_str(json_get(c, "now"));
    struct when expected;
    if (str_is(context, "__missing__"))
        context = STR("");
    struct when now = now_of_context((grasp_str){context.ptr, context.len}, false, NULL);
    golden_expect(g, when_read((grasp_str){want.ptr, want.len}, false, &expected),
                  "the expected time can be read");
    golden_expect(g, now.micros == expected.micros && now.offset == expected.offset,
                  "the time is another one");
}

static void check_coerced(struct golden *g, struct coerced got, grasp_str in,
                          const struct json *want)
{
    static const char *const kinds[] = {"bool", "int", "float", "str"};
    CLEANUP_BUF struct buf text = {0};
    if (got.kind == COERCED_BOOL)
        buf_text(&text, got.number != 0 ? "True" : "False");
    else if (got.kind == COERCED_INT)
        buf_printf(&text, "%.0f", got.number);
    else if (got.kind == COERCED_FLOAT && isfinite(got.number))
        json_write_double(&text, got.number);
    else if (got.kind == COERCED_FLOAT)
        buf_text(&text, isnan(got.number) ? "nan" : got.number < 0 ? "-inf" : "inf");
    else
        buf_printf(&text, "'%.*s'", (int)in.len, in.ptr);
    golden_expect_str(g, "kind", str_of(kinds[got.kind]), json_str(json_at(want, 0)));
    golden_expect_str(g, "value", buf_view(&text), json_str(json_at(want, 1)));
}

void golden_text_sections(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    golden_section(g, "extract_posts");
    for (const struct json *c; (c = golden_next(g));)
        check_posts(g, mock_call(host), c);
    golden_section(g, "now_from_context_v2");
    for (const struct json *c; (c = golden_next(g));)
        check_now(g, c);
    golden_section(g, "result_coercion");
    for (const struct json *c; (c = golden_next(g));) {
        struct str in = json_str(json_get(c, "in"));
        struct coerced once = coerce_text((grasp_str){in.ptr, in.len});
        check_coerced(g, once, (grasp_str){in.ptr, in.len}, json_get(c, "after_one"));
        check_coerced(g, coerce_again(once), (grasp_str){in.ptr, in.len}, json_get(c, "after_two"));
    }
    mock_host_destroy(host);
}
