/* SPDX-License-Identifier: MIT */
/* WebShop's files and what an agent writes: products, actions, searches, titles. */
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "fuzz.h"
#include "tasks/agentbench/webshop/analysis.h"
#include "tasks/agentbench/webshop/fuzzy.h"
#include "tasks/agentbench/webshop/nouns.h"
#include "tasks/agentbench/webshop/session.h"

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void count(void *context, grasp_str term)
{
    REQUIRE(term.len > 0);
    ++*(size_t *)context;
}

/* What is read from a file is what the store gives back. */
static void read_product(grasp_str entry)
{
    struct pool pool CLEANUP_POOL = {0};
    struct report report = {0};
    struct product product, again;
    struct text kept CLEANUP_TEXT = {0}, contents CLEANUP_TEXT = {0}, twice CLEANUP_TEXT = {0};
    const struct lenient *item = lenient_parse(&pool, entry, NULL);
    if (!item || !product_read(&pool, item, item, &report, &product))
        return;
    product_contents(&contents, &product);
    product_write(&kept, &product);
    REQUIRE(product_parse(&pool, text_view(&kept), &again));
    product_write(&twice, &again);
    REQUIRE(slice_eq(text_view(&kept), text_view(&twice)));
}

static void read_stream(grasp_str text)
{
    struct lenient_stream stream;
    grasp_str key, value;
    for (int i = 0; i < 2; i++) {
        if (!lenient_stream_open(&stream, text, i ? '{' : '['))
            continue;
        while (lenient_stream_next(&stream, &key, &value) > 0) {
            REQUIRE(value.len > 0);
            read_product(value);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str text = {(const char *)data, size}, name, argument;
    struct strings words;
    size_t terms = 0;
    read_product(text);
    read_stream(text);
    analyse(text, count, &terms);
    if (action_parse(text, &name, &argument))
        REQUIRE(name.len > 0 && argument.len > 0 && name.len + argument.len + 2 <= size);
    title_words(&pool, text, &words);
    for (size_t i = 0; i < words.count; i++)
        REQUIRE(words.items[i].len > 0);
    grasp_str half = {(const char *)data, size / 2};
    int score = fuzzy_token_set_ratio(half, (grasp_str){half.ptr + half.len, size - half.len});
    REQUIRE(score >= 0 && score <= 100);
    return 0;
}
