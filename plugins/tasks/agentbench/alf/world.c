/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/slice.h"
#include "names.h"

/* A house has about 2000 facts; these bounds keep what the lists of commands can grow to small. */
#define FACT_MAX 20000
#define ID_MAX 200
#define HELD_MAX 8
#define TYPES_MAX 16

static const struct {
    const char *name;
    uint32_t bit;
} unary_names[] = {
    {"openable", OPENABLE},   {"pickupable", PICKUPABLE},
    {"cleanable", CLEANABLE}, {"heatable", HEATABLE},
    {"coolable", COOLABLE},   {"toggleable", TOGGLEABLE},
    {"sliceable", SLICEABLE}, {"isreceptacleobject", RECEPTACLE_OBJECT},
    {"opened", OPENED},       {"isclean", CLEAN},
    {"ishot", HOT},           {"iscool", COOL},
    {"istoggled", TOGGLED},   {"ison", ON},
    {"issliced", SLICED},     {"holdsany", HOLDS_ANY},
};

static const char *const binary_names[BINARY_COUNT] = {
    [AT_LOCATION] = "atlocation",
    [OBJECT_AT] = "objectatlocation",
    [IN_RECEPTACLE] = "inreceptacle",
    [HOLDS] = "holds",
    [RECEPTACLE_AT] = "receptacleatlocation",
    [IN_RECEPTACLE_OBJECT] = "inreceptacleobject",
    [RECEPTACLE_TYPE] = "receptacletype",
    [OBJECT_TYPE] = "objecttype",
    [CAN_CONTAIN] = "cancontain",
};

uint32_t unary_find(grasp_str name)
{
    for (size_t i = 0; i < sizeof(unary_names) / sizeof(*unary_names); i++)
        if (grasp_equal(name, unary_names[i].name))
            return unary_names[i].bit;
    return 0;
}

int binary_find(grasp_str name)
{
    for (int i = 0; i < BINARY_COUNT; i++)
        if (grasp_equal(name, binary_names[i]))
            return i;
    return -1;
}

enum kind world_kind_of(grasp_str type)
{
    static const struct {
        const char *name;
        enum kind kind;
    } kinds[] = {{"agent", KIND_AGENT},           {"location", KIND_LOCATION},
                 {"receptacle", KIND_RECEPTACLE}, {"object", KIND_OBJECT},
                 {"rtype", KIND_RTYPE},           {"otype", KIND_OTYPE}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (grasp_equal(type, kinds[i].name))
            return kinds[i].kind;
    return KIND_NONE;
}

bool world_is(const struct world *world, uint16_t entity, enum kind kind)
{
    if (entity == ENTITY_NONE || !world->entities[entity].declared)
        return false;
    return kind == KIND_OBJECT || world->entities[entity].kind == kind;
}

uint16_t world_find(const struct world *world, grasp_str id)
{
    size_t low = 0, high = world->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = slice_cmp(world->entities[middle].id, id);
        if (order == 0)
            return (uint16_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ENTITY_NONE;
}

static bool refuse(struct world_error *error, const char *what, const struct pddl *at)
{
    *error =
        (struct world_error){what, at && !at->is_list ? at->word : SLICE(""), at ? at->line : 0};
    return false;
}

struct ids {
    struct pool *pool;
    grasp_str *items;
    size_t count, capacity;
};

static void ids_add(struct ids *ids, grasp_str id)
{
    POOL_RESERVE(ids->pool, ids->items, ids->count, ids->capacity);
    ids->items[ids->count++] = id;
}

static int compare(const void *a, const void *b)
{
    return slice_cmp(*(const grasp_str *)a, *(const grasp_str *)b);
}

/* A fact that says what is not, or of numbers, says nothing here. */
static bool is_fact(const struct pddl *item)
{
    return item->is_list && item->first && !item->first->is_list && !pddl_heads(item, "not") &&
           !pddl_heads(item, "=");
}

static bool collect(struct ids *ids, const struct pddl *objects, const struct pddl *init,
                    struct world_error *error)
{
    size_t facts = 0;
    for (const struct pddl *word = objects->first->next; word; word = word->next) {
        if (word->is_list)
            return refuse(error, "a list among the objects", word);
        if (!pddl_is(word, "-"))
            ids_add(ids, word->word);
        else if (!(word = word->next))
            return refuse(error, "the objects end with a dash", objects);
    }
    for (const struct pddl *item = init->first->next; item; item = item->next) {
        if (!is_fact(item))
            continue;
        if (++facts > FACT_MAX)
            return refuse(error, "more than 20000 facts", item);
        for (const struct pddl *word = item->first->next; word; word = word->next) {
            if (word->is_list)
                return refuse(error, "a list within a fact", word);
            ids_add(ids, word->word);
        }
    }
    return true;
}

static bool make_entities(struct world *world, const struct pddl *objects, const struct pddl *init,
                          struct world_error *error)
{
    struct pool pool CLEANUP_POOL = {0};
    struct ids ids = {.pool = &pool};
    size_t kept = 0;
    if (!collect(&ids, objects, init, error))
        return false;
    if (ids.count)
        qsort(ids.items, ids.count, sizeof(*ids.items), compare);
    for (size_t i = 0; i < ids.count; i++) {
        if (ids.items[i].len > ID_MAX)
            return refuse(error, "an object with a name of more than 200 characters", NULL);
        if (!kept || !slice_eq(ids.items[kept - 1], ids.items[i]))
            ids.items[kept++] = ids.items[i];
    }
    if (kept > ENTITY_MAX)
        return refuse(error, "more than 4096 objects", objects);
    world->count = (uint16_t)kept;
    world->entities = pool_array(&world->pool, kept + 1, sizeof(*world->entities));
    world->flags = pool_array(&world->pool, kept + 1, sizeof(*world->flags));
    for (size_t i = 0; i < kept; i++)
        world->entities[i].id = pool_dup(&world->pool, ids.items[i]);
    return true;
}

/* Words up to a dash have the type that follows it. */
static void declare(struct world *world, const struct pddl *objects)
{
    const struct pddl *start = objects->first->next;
    for (const struct pddl *word = start; word;) {
        enum kind kind = KIND_OBJECT;
        const struct pddl *end = word;
        while (end && !pddl_is(end, "-"))
            end = end->next;
        if (end && end->next)
            kind = world_kind_of(end->next->word);
        for (; word != end; word = word->next) {
            struct entity *entity = &world->entities[world_find(world, word->word)];
            if (!entity->declared)
                *entity = (struct entity){.id = entity->id, .kind = kind, .declared = true};
        }
        word = end && end->next ? end->next->next : NULL;
    }
}

static bool add_fact(struct world *world, const struct pddl *item, bool *used)
{
    uint16_t values[2] = {ENTITY_NONE, ENTITY_NONE};
    size_t count = 0;
    for (const struct pddl *word = item->first->next; word; word = word->next) {
        uint16_t entity = world_find(world, word->word);
        used[entity] = true;
        if (count < 2)
            values[count] = entity;
        count++;
    }
    uint32_t bit = unary_find(item->first->word);
    int predicate = binary_find(item->first->word);
    if (bit && count == 1)
        world->flags[values[0]] |= bit;
    if (predicate >= 0 && count == 2)
        return relation_add(&world->facts[predicate], values[0], values[1]);
    return true;
}

static bool add_facts(struct world *world, const struct pddl *init, struct world_error *error)
{
    bool *used = pool_array(&world->pool, world->count + 1u, sizeof(*used));
    for (const struct pddl *item = init->first->next; item; item = item->next)
        if (is_fact(item) && !add_fact(world, item, used))
            return refuse(error, "no memory for the facts", NULL);
    names_give(world, used);
    return true;
}

/* The agent, and where it is. */
static bool find_agent(struct world *world, struct world_error *error)
{
    const struct relation *at = &world->facts[AT_LOCATION];
    world->agent = ENTITY_NONE;
    for (uint16_t i = 0; i < world->count; i++) {
        if (world->entities[i].kind != KIND_AGENT || !world->entities[i].declared)
            continue;
        if (world->agent != ENTITY_NONE)
            return refuse(error, "more than one agent", NULL);
        world->agent = i;
    }
    if (world->agent == ENTITY_NONE)
        return refuse(error, "no agent among the objects", NULL);
    if (at->count != 1 || at->pairs[0].first != world->agent ||
        !world_is(world, at->pairs[0].second, KIND_LOCATION))
        return refuse(error, "the agent is not at one location", NULL);
    world->location = at->pairs[0].second;
    return true;
}

/* No entity has more pairs that begin with it. */
static bool has_few(const struct relation *relation, size_t few)
{
    for (size_t i = few; i < relation->count; i++)
        if (relation->pairs[i].first == relation->pairs[i - few].first)
            return false;
    return true;
}

static bool check_counts(const struct world *world, struct world_error *error)
{
    if (!has_few(&world->facts[HOLDS], HELD_MAX))
        return refuse(error, "more than 8 objects in the hand", NULL);
    if (!has_few(&world->facts[OBJECT_TYPE], TYPES_MAX) ||
        !has_few(&world->facts[RECEPTACLE_TYPE], TYPES_MAX))
        return refuse(error, "an object or receptacle of more than 16 types", NULL);
    return true;
}

static int by_command(const void *a, const void *b)
{
    const struct destination *left = a, *right = b;
    int order = slice_cmp(left->command, right->command);
    return order ? order : (int)left->location - (int)right->location;
}

static void find_destinations(struct world *world)
{
    const struct relation *at = &world->facts[RECEPTACLE_AT];
    world->destinations = pool_array(&world->pool, at->count + 1, sizeof(*world->destinations));
    for (size_t i = 0; i < at->count; i++) {
        struct pair pair = at->pairs[i];
        if (!world_is(world, pair.first, KIND_RECEPTACLE) ||
            !world_is(world, pair.second, KIND_LOCATION))
            continue;
        grasp_str name = world->entities[pair.first].name;
        world->destinations[world->destination_count++] =
            (struct destination){pool_format(&world->pool, "go to %.*s", (int)name.len, name.ptr),
                                 pair.first, pair.second};
    }
    if (world->destination_count)
        qsort(world->destinations, world->destination_count, sizeof(*world->destinations),
              by_command);
}

static uint16_t declared(const struct world *world, const char *id)
{
    uint16_t entity = world_find(world, grasp_cstr(id));
    return world_is(world, entity, KIND_OBJECT) ? entity : ENTITY_NONE;
}

static bool read_problem(struct world *world, const struct pddl *list, struct world_error *error)
{
    const struct pddl *objects = pddl_section(list, ":objects");
    const struct pddl *init = pddl_section(list, ":init"), *goal = pddl_section(list, ":goal");
    if (!objects || !init)
        return refuse(error, "a problem without :objects or :init", NULL);
    if (!goal || !goal->first->next)
        return refuse(error, "a problem without a goal", NULL);
    if (!make_entities(world, objects, init, error))
        return false;
    declare(world, objects);
    if (!add_facts(world, init, error) || !find_agent(world, error) || !check_counts(world, error))
        return false;
    world->sink = declared(world, "sinkbasintype");
    world->microwave = declared(world, "microwavetype");
    world->fridge = declared(world, "fridgetype");
    world->knife = declared(world, "knifetype");
    world->butter_knife = declared(world, "butterknifetype");
    find_destinations(world);
    world->goal = goal_read(world, goal->first->next, error);
    return world->goal != NULL;
}

bool world_read(struct world *world, grasp_str problem, struct world_error *error)
{
    struct pool trees CLEANUP_POOL = {0};
    const struct pddl *list = NULL;
    struct pddl_error syntax = {0};
    if (!pddl_read(&trees, problem, &list, &syntax)) {
        *error = (struct world_error){syntax.what, SLICE(""), syntax.line};
        return false;
    }
    if (read_problem(world, list, error))
        return true;
    error->detail = pool_dup(&world->pool, error->detail);
    return false;
}

void world_free(struct world *world)
{
    for (int i = 0; i < BINARY_COUNT; i++)
        relation_free(&world->facts[i]);
    pool_free(&world->pool);
}
