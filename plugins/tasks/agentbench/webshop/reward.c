/* SPDX-License-Identifier: MIT */
#include "reward.h"

#include "common/pyrepr.h"
#include "common/slice.h"
#include "fuzzy.h"
#include "unicode.h"

#define ALIKE 85 /* above it two texts count as the same */

static const char *const colors[] = {
    "alabaster",  "apricot",   "aqua",      "ash",     "asphalt",   "azure",     "banana",
    "beige",      "black",     "blue",      "blush",   "bordeaux",  "bronze",    "brown",
    "burgundy",   "camel",     "camo",      "caramel", "champagne", "charcoal",  "cheetah",
    "chestnut",   "chocolate", "christmas", "coffee",  "cognac",    "copper",    "coral",
    "cranberry",  "cream",     "crystal",   "dark",    "denim",     "eggplant",  "elephant",
    "espresso",   "fuchsia",   "gold",      "granite", "grape",     "graphite",  "grass",
    "gray",       "green",     "grey",      "heather", "indigo",    "ivory",     "ivy",
    "khaki",      "lavender",  "lemon",     "leopard", "light",     "lilac",     "lime",
    "magenta",    "maroon",    "mauve",     "merlot",  "midnight",  "mint",      "mocha",
    "multicolor", "mushroom",  "mustard",   "natural", "navy",      "nude",      "olive",
    "orange",     "peach",     "pewter",    "pink",    "plum",      "purple",    "rainbow",
    "red",        "rose",      "royal",     "rust",    "sand",      "sapphire",  "seashell",
    "silver",     "skull",     "slate",     "steel",   "stone",     "stonewash", "sunflower",
    "tan",        "taupe",     "teal",      "tiger",   "turquoise", "violet",    "walnut",
    "wheat",      "white",     "wine",      "yellow"};

grasp_str reward_color(grasp_str text)
{
    size_t at;
    for (size_t i = 0; i < sizeof(colors) / sizeof(*colors); i++) {
        grasp_str color = {colors[i], __builtin_strlen(colors[i])};
        if (slice_find(text, color, 0, &at))
            return color;
    }
    return text;
}

static bool is_like_one(const struct strings *list, grasp_str wanted)
{
    for (size_t i = 0; i < list->count; i++)
        if (fuzzy_token_set_ratio(list->items[i], wanted) > ALIKE)
            return true;
    return false;
}

size_t reward_attribute_hits(const struct product *product, const struct strings *wanted)
{
    struct text title CLEANUP_TEXT = {0}, bullets CLEANUP_TEXT = {0},
                      description CLEANUP_TEXT = {0}, joined CLEANUP_TEXT = {0};
    size_t hits = 0, at;
    for (size_t i = 0; i < product->bullets.count; i++) {
        text_put(&joined, i ? " " : "");
        text_str(&joined, product->bullets.items[i]);
    }
    unicode_lower(&title, product->name);
    unicode_lower(&bullets, text_view(&joined));
    unicode_lower(&description, product->description);
    for (size_t i = 0; i < wanted->count; i++) {
        grasp_str attribute = wanted->items[i];
        hits += is_like_one(&product->attributes, attribute) ||
                slice_find(text_view(&title), attribute, 0, &at) ||
                slice_find(text_view(&bullets), attribute, 0, &at) ||
                slice_find(text_view(&description), attribute, 0, &at);
    }
    return hits;
}

static bool option_hit(const struct strings *chosen, grasp_str wanted)
{
    for (size_t i = 0; i < chosen->count; i++)
        if (fuzzy_token_set_ratio(reward_color(chosen->items[i]), wanted) > ALIKE)
            return true;
    return false;
}

/* A pair of name and value: a colour takes its place if one of the two is the name of one, as
 * whole texts go; else it is compared as Python prints it. */
static bool pair_hit(const struct strings *chosen, grasp_str name, grasp_str value)
{
    struct text pair CLEANUP_TEXT = {0};
    for (size_t i = 0; i < sizeof(colors) / sizeof(*colors); i++) {
        grasp_str color = {colors[i], __builtin_strlen(colors[i])};
        if (slice_eq(color, name) || slice_eq(color, value))
            return option_hit(chosen, color);
    }
    text_char(&pair, '(');
    pyrepr_string(&pair, name);
    text_put(&pair, ", ");
    pyrepr_string(&pair, value);
    text_char(&pair, ')');
    return option_hit(chosen, text_view(&pair));
}

size_t reward_option_hits(const struct strings *chosen, const struct strings *wanted,
                          const struct strings *names)
{
    size_t hits = 0;
    for (size_t i = 0; i < wanted->count; i++)
        hits += names ? pair_hit(chosen, names->items[i], wanted->items[i])
                      : option_hit(chosen, reward_color(wanted->items[i]));
    return hits;
}

/* The set of what lies between the marks of a category path. */
static void path_parts(struct pool *pool, grasp_str path, struct strings *out)
{
    static const char mark[] = "\u203A";
    size_t at = 0, end;
    for (bool more = true; more; at = end + sizeof(mark) - 1) {
        more = slice_find(path, SLICE("\u203A"), at, &end);
        grasp_str part = slice_trim(slice_cut(path, at, more ? end : path.len));
        if (!strings_have(out, part))
            strings_add(pool, out, part);
    }
}

static bool categories_match(grasp_str a, grasp_str b)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings x = {0}, y = {0};
    size_t common = 0;
    path_parts(&pool, a, &x);
    path_parts(&pool, b, &y);
    for (size_t i = 0; i < x.count; i++)
        for (size_t k = 0; k < y.count; k++)
            common += slice_eq(x.items[i], y.items[k]);
    return common >= 2;
}

static grasp_str lowered(struct pool *pool, grasp_str text)
{
    struct text out CLEANUP_TEXT = {0};
    unicode_lower(&out, text);
    return pool_dup(pool, text_view(&out));
}

/* How much of the goal's nouns the product has: the set of shared ones against the goal's list. */
static double title_score(const struct strings *product, const struct strings *goal)
{
    struct pool pool CLEANUP_POOL = {0};
    size_t shared = 0;
    grasp_str *nouns = pool_array(&pool, goal->count + 1, sizeof(*nouns));
    if (!goal->count)
        return 0.2;
    for (size_t i = 0; i < goal->count; i++) {
        bool before = false, there = false;
        nouns[i] = lowered(&pool, goal->items[i]);
        for (size_t k = 0; k < i; k++)
            before |= slice_eq(nouns[k], nouns[i]);
        for (size_t k = 0; !before && !there && k < product->count; k++)
            there = slice_eq(lowered(&pool, product->items[k]), nouns[i]);
        shared += there;
    }
    return (double)shared / (double)goal->count;
}

void reward_type(const struct product *product, const struct goal *goal,
                 const struct strings *product_nouns, const struct strings *goal_nouns,
                 struct reward *out)
{
    out->query_match = slice_eq(product->query, goal->query);
    out->category_match = categories_match(product->product_category, goal->product_category);
    out->title_score = title_score(product_nouns, goal_nouns);
    out->type = out->query_match || out->category_match || out->title_score > 0.2 ? 1 : 0.5;
    if (out->title_score < 0.1)
        out->type = 0.1;
    if (out->title_score == 0)
        out->type = 0;
}

void reward_compute(const struct product *product, double price, const struct strings *chosen,
                    const struct goal *goal, const struct strings *product_nouns,
                    const struct strings *goal_nouns, struct reward *out)
{
    *out = (struct reward){.attributes = goal->attributes.count,
                           .options = goal->options.count,
                           .price = price <= goal->price_upper};
    reward_type(product, goal, product_nouns, goal_nouns, out);
    out->attribute_hits = reward_attribute_hits(product, &goal->attributes);
    out->option_hits = reward_option_hits(chosen, &goal->options, NULL);
    out->total = (double)(out->attribute_hits + out->option_hits + out->price) /
                 (double)(out->attributes + out->options + 1) * out->type;
}
