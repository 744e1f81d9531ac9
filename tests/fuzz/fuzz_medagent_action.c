/* SPDX-License-Identifier: MIT */
/* A model's reply to medagent: the action in it, its address, its answer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tasks/medagent/action.h"
#include "tasks/medagent/coerce.h"
#include "tasks/medagent/literal.h"
#include "tasks/medagent/url.h"

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void read_address(grasp_str address)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str url, again;
    if (!url_normalize(&pool, address, &url))
        return;
    grasp_str origin = url_origin(url);
    REQUIRE(origin.len > 7 && origin.len < url.len);
    for (size_t i = 0; i < url.len; i++)
        REQUIRE((unsigned char)url.ptr[i] > ' ' && (unsigned char)url.ptr[i] < 0x7f);
    /* A normalized address stays as it is. */
    REQUIRE(url_normalize(&pool, url, &again));
    REQUIRE(again.len == url.len && memcmp(again.ptr, url.ptr, url.len) == 0);
    url_climbs(url);
}

static void read_answer(grasp_str text)
{
    struct literal pair[2];
    bool valid = false;
    bool is_pair = literal_pair(text, pair, &valid);
    REQUIRE(valid || !is_pair);
    coerced_is_unsendable(coerce_again(coerce_text(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text copy CLEANUP_TEXT = {0};
    grasp_str reply = {(const char *)data, size};
    struct action action = action_read(reply, &copy);
    REQUIRE(action.argument.len + (action.kind == ACTION_POST ? action.body.len : 0) <= size);
    if (action.kind == ACTION_GET)
        read_address(action.argument);
    if (action.kind == ACTION_FINISH)
        read_answer(action.argument);
    read_answer(reply);
    return 0;
}
