/* SPDX-License-Identifier: MIT */
/* A household scene: entities, initial facts, goal, display names. Made once, then read by any
 * number of episodes; what changes is in state.h. */
#pragma once

#include "common/pool.h"
#include "goal.h"
#include "relation.h"

#define ENTITY_MAX 4096
#define ENTITY_NONE UINT16_MAX

enum kind {
    KIND_NONE,
    KIND_AGENT,
    KIND_LOCATION,
    KIND_RECEPTACLE,
    KIND_OBJECT,
    KIND_RTYPE,
    KIND_OTYPE
};

/* Predicates of one argument are bits of an entity. */
enum unary {
    OPENABLE = 1u << 0,
    PICKUPABLE = 1u << 1,
    CLEANABLE = 1u << 2,
    HEATABLE = 1u << 3,
    COOLABLE = 1u << 4,
    TOGGLEABLE = 1u << 5,
    SLICEABLE = 1u << 6,
    RECEPTACLE_OBJECT = 1u << 7,
    OPENED = 1u << 8, /* from here on they change */
    CLEAN = 1u << 9,
    HOT = 1u << 10,
    COOL = 1u << 11,
    TOGGLED = 1u << 12,
    ON = 1u << 13,
    SLICED = 1u << 14,
    HOLDS_ANY = 1u << 15,
};

enum binary {
    AT_LOCATION,
    OBJECT_AT,
    IN_RECEPTACLE,
    HOLDS, /* up to here they change */
    RECEPTACLE_AT,
    IN_RECEPTACLE_OBJECT,
    RECEPTACLE_TYPE,
    OBJECT_TYPE,
    CAN_CONTAIN,
    BINARY_COUNT,
};
#define BINARY_CHANGING RECEPTACLE_AT

struct entity {
    grasp_str id; /* in lower case; the entities are sorted by it */
    grasp_str name;
    enum kind kind; /* KIND_NONE: occurs in facts and is not declared */
    bool declared;
};

/* What differs between the files of ALFWorld 0.2 and later ones. */
struct dialect {
    bool move;              /* "move X to Y" instead of "put X in/on Y" */
    bool arrive_receptacle; /* "You arrive at cabinet 1." instead of "You arrive at loc 4." */
    bool examine_placed;    /* objects can be examined where they are, not only in the hand */
    bool help;
    grasp_str help_text;
};

struct world {
    struct pool pool;
    struct entity *entities;
    uint16_t count;
    uint32_t *flags; /* one word of enum unary per entity */
    struct relation facts[BINARY_COUNT];
    uint16_t agent, location;
    uint16_t sink, microwave, fridge, knife, butter_knife; /* types, ENTITY_NONE if not there */
    /* Receptacles with a place, by name, and the commands that lead to them. */
    struct destination {
        grasp_str command;
        uint16_t receptacle, location;
    } * destinations;
    size_t destination_count;
    struct goal *goal;
    struct dialect dialect;
    grasp_str task; /* the sentence */
};

/* Why a scene is refused: `what`, and `detail` (may be empty) at a line of the problem (may be 0).
 */
struct world_error {
    const char *what;
    grasp_str detail;
    unsigned line;
};

/* Reads a problem into a zeroed world, which is to be freed in any case. dialect and task are the
 * caller's to set before. */
bool world_read(struct world *world, grasp_str problem, struct world_error *error);
void world_free(struct world *world);

/* The entity with this id, ENTITY_NONE if there is none. */
uint16_t world_find(const struct world *world, grasp_str id);
enum kind world_kind_of(grasp_str type);
/* Is the entity of this type? Everything that is declared is an object. */
bool world_is(const struct world *world, uint16_t entity, enum kind kind);
uint32_t unary_find(grasp_str name); /* 0 for none */
int binary_find(grasp_str name);     /* -1 for none */
