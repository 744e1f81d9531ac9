/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <string.h>

#include "common/slice.h"
#include "common/text.h"
#include "scene_kinds.h"

#define PIECES_MAX 40
#define THINGS_MAX 40

static const struct {
    const char *name, *folder;
    uint32_t rooms;
    uint32_t flags; /* that the object needs */
    const char *fact;
    const char *sentences[2]; /* with O for the object and R for the receptacle */
} types[SCENE_TYPE_COUNT] = {
    [SCENE_PUT] = {"pick_and_place",
                   "pick_and_place_simple",
                   1u << KITCHEN | 1u << BEDROOM | 1u << BATHROOM,
                   PICKUPABLE,
                   "",
                   {"put a O in R", "put some O on R"}},
    [SCENE_CLEAN] = {"pick_clean_then_place",
                     "pick_clean_then_place_in_recep",
                     1u << KITCHEN | 1u << BATHROOM,
                     PICKUPABLE | CLEANABLE,
                     "(cleanable ?o) (isClean ?o) ",
                     {"put a clean O in R", "clean some O and put it in R"}},
    [SCENE_HEAT] = {"pick_heat_then_place",
                    "pick_heat_then_place_in_recep",
                    1u << KITCHEN,
                    PICKUPABLE | HEATABLE,
                    "(heatable ?o) (isHot ?o) ",
                    {"put a hot O in R", "heat some O and put it in R"}},
    [SCENE_COOL] = {"pick_cool_then_place",
                    "pick_cool_then_place_in_recep",
                    1u << KITCHEN,
                    PICKUPABLE | COOLABLE,
                    "(coolable ?o) (isCool ?o) ",
                    {"put a cool O in R", "cool some O and put it in R"}},
    [SCENE_LOOK] = {"look_at_obj",
                    "look_at_obj_in_light",
                    1u << BEDROOM,
                    PICKUPABLE,
                    "",
                    {"look at O under the R", "examine the O with the R"}},
    [SCENE_TWO] = {"pick_two_obj",
                   "pick_two_obj_and_place",
                   1u << KITCHEN | 1u << BEDROOM | 1u << BATHROOM,
                   PICKUPABLE,
                   "",
                   {"put two O in R", "find two O and put them in R"}},
};

struct piece {
    const struct receptacle_kind *kind;
    grasp_str id, location;
};

struct thing {
    const struct object_kind *kind;
    grasp_str id;
    size_t piece;
};

struct plan {
    struct pool *pool;
    uint64_t state;
    enum scene_type type;
    enum room room;
    unsigned number;
    struct piece pieces[PIECES_MAX];
    struct thing things[THINGS_MAX];
    size_t piece_count, thing_count;
    const struct object_kind *object, *lamp;
    const struct receptacle_kind *receptacle;
};

const char *scene_type_name(enum scene_type type)
{
    return types[type].name;
}

const char *scene_type_folder(enum scene_type type)
{
    return types[type].folder;
}

/* SplitMix64. */
static uint32_t draw(struct plan *plan, uint32_t n)
{
    uint64_t z = plan->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(((z ^ z >> 31) >> 32) * n >> 32);
}

static grasp_str place_id(struct plan *plan, const char *name, const char *after)
{
    uint32_t x = draw(plan, 900), z = draw(plan, 900), height = 70 + draw(plan, 60);
    return pool_format(plan->pool,
                       "%s_bar_%s%02u_dot_%02u_bar__plus_%02u_dot_%02u_bar_%s%02u_dot_%02u%s", name,
                       x % 2 ? "_minus_" : "_plus_", x / 100, x % 100, height / 100, height % 100,
                       z % 2 ? "_minus_" : "_plus_", z / 100, z % 100, after);
}

/* Locations are all different: the number is in one of their coordinates. */
static grasp_str location_id(struct plan *plan, size_t number)
{
    bool negative = draw(plan, 2);
    uint32_t x = draw(plan, 12), turn = draw(plan, 4), tilt = draw(plan, 2) ? 30 : 45;
    return pool_format(plan->pool, "loc_bar_%s%u_bar_%zu_bar_%u_bar_%u", negative ? "_minus_" : "",
                       x, number, turn, tilt);
}

/* Now and then two pieces are reached from the same place. */
static void furnish(struct plan *plan)
{
    bool shares = draw(plan, 4) == 0;
    for (size_t i = 0; i < receptacle_kind_count; i++) {
        const struct receptacle_kind *kind = &receptacle_kinds[i];
        uint32_t least = kind->least[plan->room], most = kind->most[plan->room];
        uint32_t count = least + draw(plan, most - least + 1);
        bool sink = kind->bit == F_SINK;
        for (uint32_t k = 0; k < count && plan->piece_count < PIECES_MAX; k++) {
            size_t at = plan->piece_count++;
            struct piece *piece = &plan->pieces[at];
            piece->kind = kind;
            piece->id = place_id(plan, sink ? "Sink" : kind->name, sink ? "_bar_SinkBasin" : "");
            piece->location = at && shares && draw(plan, 3) == 0 ? plan->pieces[at - 1].location
                                                                 : location_id(plan, at + 1);
        }
    }
}

static bool has_piece(const struct plan *plan, uint32_t places)
{
    for (size_t i = 0; i < plan->piece_count; i++)
        if (plan->pieces[i].kind->bit & places)
            return true;
    return false;
}

/* Puts a thing somewhere it may be, but not in `avoid`. False: there is no such place. */
static bool put_thing(struct plan *plan, const struct object_kind *kind, uint32_t avoid)
{
    size_t fit[PIECES_MAX], count = 0;
    for (size_t i = 0; i < plan->piece_count; i++)
        if (plan->pieces[i].kind->bit & kind->places & ~avoid)
            fit[count++] = i;
    if (!count || plan->thing_count == THINGS_MAX)
        return false;
    struct thing *thing = &plan->things[plan->thing_count++];
    thing->kind = kind;
    thing->id = place_id(plan, kind->name, "");
    thing->piece = fit[draw(plan, (uint32_t)count)];
    return true;
}

/* An object and a receptacle that make a task of the type in this room. */
static bool choose_goal(struct plan *plan)
{
    const struct object_kind *kind = &object_kinds[draw(plan, (uint32_t)object_kind_count)];
    const struct piece *piece = &plan->pieces[draw(plan, (uint32_t)plan->piece_count)];
    if (!(kind->rooms & 1u << plan->room) ||
        (kind->flags & types[plan->type].flags) != types[plan->type].flags)
        return false;
    plan->object = kind;
    plan->receptacle = piece->kind;
    if (plan->type == SCENE_LOOK)
        return has_piece(plan, kind->places);
    return (piece->kind->bit & kind->places) && has_piece(plan, kind->places & ~piece->kind->bit);
}

static void scatter(struct plan *plan)
{
    uint32_t avoid = plan->type == SCENE_LOOK ? 0 : plan->receptacle->bit;
    uint32_t wanted = plan->type == SCENE_TWO ? 2 + draw(plan, 2) : 1 + draw(plan, 2);
    for (uint32_t i = 0; i < wanted; i++)
        put_thing(plan, plan->object, avoid);
    for (size_t i = 0; i < object_kind_count && plan->type == SCENE_LOOK; i++)
        if (strcmp(object_kinds[i].name, "DeskLamp") == 0) {
            plan->lamp = &object_kinds[i];
            put_thing(plan, plan->lamp, 0);
        }
    for (uint32_t rest = 9 + draw(plan, 6); rest > 0;) {
        const struct object_kind *kind = &object_kinds[draw(plan, (uint32_t)object_kind_count)];
        if (kind != plan->object && (kind->rooms & 1u << plan->room))
            rest -= put_thing(plan, kind, 0);
    }
}

static void put_fact(struct text *out, const char *predicate, grasp_str first, grasp_str second)
{
    text_format(out, "(%s %.*s", predicate, (int)first.len, first.ptr);
    if (second.len)
        text_format(out, " %.*s", (int)second.len, second.ptr);
    text_put(out, ")\n");
}

static bool is_first_kind(const struct plan *plan, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (plan->things[i].kind == plan->things[at].kind)
            return false;
    return true;
}

static void put_objects(struct text *out, const struct plan *plan)
{
    text_put(out, "(:objects\nagent1 - agent\nloc_bar_0_bar_0_bar_2_bar_30 - location\n");
    for (size_t i = 0; i < plan->thing_count; i++) {
        text_format(out, "%s - object\n", plan->things[i].id.ptr);
        if (is_first_kind(plan, i))
            text_format(out, "%sType - otype\n", plan->things[i].kind->name);
    }
    for (size_t i = 0; i < plan->piece_count; i++) {
        const struct piece *piece = &plan->pieces[i];
        text_format(out, "%s - receptacle\n", piece->id.ptr);
        if (!i || !slice_eq(piece->location, plan->pieces[i - 1].location))
            text_format(out, "%s - location\n", piece->location.ptr);
        if (!i || piece->kind != plan->pieces[i - 1].kind)
            text_format(out, "%sType - rtype\n", piece->kind->name);
    }
    text_put(out, ")\n");
}

static void put_thing_facts(struct text *out, const struct plan *plan, const struct thing *thing)
{
    static const struct {
        uint32_t flag;
        const char *predicate;
    } flags[] = {{PICKUPABLE, "pickupable"}, {CLEANABLE, "cleanable"},   {HEATABLE, "heatable"},
                 {COOLABLE, "coolable"},     {TOGGLEABLE, "toggleable"}, {SLICEABLE, "sliceable"}};
    const struct piece *piece = &plan->pieces[thing->piece];
    text_format(out, "(objectType %s %sType)\n", thing->id.ptr, thing->kind->name);
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (thing->kind->flags & flags[i].flag)
            put_fact(out, flags[i].predicate, thing->id, SLICE(""));
    put_fact(out, "inReceptacle", thing->id, piece->id);
    put_fact(out, "objectAtLocation", thing->id, piece->location);
}

static void put_init(struct text *out, const struct plan *plan)
{
    text_put(out, "(:init\n(= (total-cost) 0)\n(atLocation agent1 loc_bar_0_bar_0_bar_2_bar_30)\n");
    for (size_t i = 0; i < plan->piece_count; i++) {
        const struct piece *piece = &plan->pieces[i];
        text_format(out, "(receptacleType %s %sType)\n", piece->id.ptr, piece->kind->name);
        put_fact(out, "receptacleAtLocation", piece->id, piece->location);
        if (piece->kind->openable)
            put_fact(out, "openable", piece->id, SLICE(""));
        for (size_t k = 0; k < plan->thing_count; k++)
            if ((!i || piece->kind != plan->pieces[i - 1].kind) && is_first_kind(plan, k) &&
                (plan->things[k].kind->places & piece->kind->bit))
                text_format(out, "(canContain %sType %sType)\n", piece->kind->name,
                            plan->things[k].kind->name);
    }
    for (size_t i = 0; i < plan->thing_count; i++)
        put_thing_facts(out, plan, &plan->things[i]);
    text_put(out, ")\n");
}

static void put_goal(struct text *out, const struct plan *plan)
{
    const char *object = plan->object->name, *receptacle = plan->receptacle->name;
    text_put(out, "(:goal ");
    if (plan->type == SCENE_LOOK)
        text_format(out,
                    "(and (exists (?t - object ?r - receptacle ?a - agent ?l - location) (and "
                    "(objectType ?t DeskLampType) (toggleable ?t) (isToggled ?t) "
                    "(receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?t ?r))) "
                    "(exists (?o - object ?a - agent) (and (objectType ?o %sType) (holds ?a ?o))))",
                    object);
    else if (plan->type == SCENE_TWO)
        text_format(out,
                    "(exists (?r - receptacle ?o - object ?p - object) (and (not (= ?o ?p)) "
                    "(objectType ?o %sType) (objectType ?p %sType) (receptacleType ?r %sType) "
                    "(inReceptacle ?o ?r) (inReceptacle ?p ?r)))",
                    object, object, receptacle);
    else
        text_format(out,
                    "(exists (?r - receptacle ?o - object) (and %s(objectType ?o %sType) "
                    "(receptacleType ?r %sType) (inReceptacle ?o ?r)))",
                    types[plan->type].fact, object, receptacle);
    text_put(out, ")\n");
}

static void put_lower(struct text *out, const char *name)
{
    for (; *name; name++)
        text_char(out, (char)(*name >= 'A' && *name <= 'Z' ? *name + ('a' - 'A') : *name));
}

static grasp_str sentence(struct plan *plan)
{
    struct text out CLEANUP_TEXT = {0};
    for (const char *at = types[plan->type].sentences[draw(plan, 2)]; *at; at++) {
        if (*at == 'O')
            put_lower(&out, plan->object->name);
        else if (*at == 'R')
            put_lower(&out, plan->lamp ? plan->lamp->name : plan->receptacle->name);
        else
            text_char(&out, *at);
    }
    return pool_dup(plan->pool, text_view(&out));
}

static grasp_str type_id(struct plan *plan, const char *name)
{
    struct text out CLEANUP_TEXT = {0};
    put_lower(&out, name);
    text_put(&out, "type");
    return pool_dup(plan->pool, text_view(&out));
}

void scene_make(struct pool *pool, enum scene_type type, uint64_t seed, struct scene *out)
{
    static const unsigned first_room[ROOM_COUNT] = {1, 301, 401};
    struct plan *plan = pool_alloc(pool, sizeof(*plan));
    struct text problem CLEANUP_TEXT = {0};
    *plan = (struct plan){.pool = pool, .state = seed * SCENE_TYPE_COUNT + type, .type = type};
    do
        plan->room = (enum room)draw(plan, ROOM_COUNT);
    while (!(types[type].rooms & 1u << plan->room));
    plan->number = first_room[plan->room] + draw(plan, 30);
    furnish(plan);
    while (!choose_goal(plan))
        ;
    scatter(plan);
    text_format(&problem, "(define (problem scene_%llu)\n(:domain alfred)\n",
                (unsigned long long)seed);
    put_objects(&problem, plan);
    put_init(&problem, plan);
    put_goal(&problem, plan);
    text_put(&problem, ")\n");
    const char *aim = plan->lamp ? plan->lamp->name : plan->receptacle->name;
    *out = (struct scene){
        .type = type,
        .folder = pool_format(pool, "%s-%s-None-%s-%u", types[type].folder, plan->object->name, aim,
                              plan->number),
        .task = sentence(plan),
        .problem = pool_dup(pool, text_view(&problem)),
        .object_type = type_id(plan, plan->object->name),
        .receptacle_type = type_id(plan, aim),
    };
}

grasp_str scene_grammar(struct pool *pool, grasp_str grammar, grasp_str task)
{
    struct text out CLEANUP_TEXT = {0};
    size_t at, len = strlen("UNKNOWN GOAL");
    while (slice_find(grammar, SLICE("UNKNOWN GOAL"), 0, &at)) {
        text_str(&out, slice_cut(grammar, 0, at));
        text_str(&out, task);
        grammar = slice_from(grammar, at + len);
    }
    text_str(&out, grammar);
    return pool_dup(pool, text_view(&out));
}
