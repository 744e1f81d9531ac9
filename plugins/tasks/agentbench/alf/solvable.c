/* SPDX-License-Identifier: MIT */
#include "solvable.h"

static bool has_place(const struct world *world, uint16_t receptacle)
{
    const struct relation *places = &world->facts[RECEPTACLE_AT];
    size_t at = relation_at(places, receptacle);
    return world_is(world, receptacle, KIND_RECEPTACLE) && at < places->count &&
           places->pairs[at].first == receptacle;
}

static bool could_be_at(const struct world *world, uint16_t location)
{
    for (size_t i = 0; i < world->destination_count; i++)
        if (world->destinations[i].location == location)
            return true;
    return location == world->location;
}

static bool could_hold(const struct world *world, uint16_t object)
{
    const struct relation *inside = &world->facts[IN_RECEPTACLE];
    if (relation_has(&world->facts[HOLDS], world->agent, object))
        return true;
    for (size_t i = relation_at(inside, object);
         i < inside->count && inside->pairs[i].first == object; i++)
        if ((world->flags[object] & PICKUPABLE) && has_place(world, inside->pairs[i].second))
            return true;
    return false;
}

static bool could_contain(const struct world *world, uint16_t receptacle, uint16_t object)
{
    const struct relation *types = &world->facts[OBJECT_TYPE];
    const struct relation *rtypes = &world->facts[RECEPTACLE_TYPE];
    for (size_t i = relation_at(types, object); i < types->count && types->pairs[i].first == object;
         i++)
        for (size_t k = relation_at(rtypes, receptacle);
             k < rtypes->count && rtypes->pairs[k].first == receptacle; k++)
            if (relation_has(&world->facts[CAN_CONTAIN], rtypes->pairs[k].second,
                             types->pairs[i].second))
                return true;
    return false;
}

static bool could_be_inside(const struct world *world, uint16_t object, uint16_t receptacle)
{
    return relation_has(&world->facts[IN_RECEPTACLE], object, receptacle) ||
           (has_place(world, receptacle) && could_hold(world, object) &&
            could_contain(world, receptacle, object));
}

static bool has_appliance(const struct world *world, uint16_t type)
{
    const struct relation *types = &world->facts[RECEPTACLE_TYPE];
    for (size_t i = 0; i < types->count && type != ENTITY_NONE; i++)
        if (types->pairs[i].second == type && has_place(world, types->pairs[i].first))
            return true;
    return false;
}

static bool could_use(const struct world *world, uint16_t object)
{
    for (size_t i = 0; i < world->destination_count; i++)
        if (could_be_inside(world, object, world->destinations[i].receptacle))
            return world->flags[object] & TOGGLEABLE;
    return false;
}

static bool has_knife(const struct world *world)
{
    const struct relation *types = &world->facts[OBJECT_TYPE];
    for (size_t i = 0; i < types->count; i++)
        if ((types->pairs[i].second == world->knife ||
             types->pairs[i].second == world->butter_knife) &&
            could_hold(world, types->pairs[i].first))
            return true;
    return false;
}

static bool reach_unary(const void *context, uint32_t bit, uint16_t entity)
{
    const struct world *world = context;
    uint32_t flags = world->flags[entity];
    if (flags & bit)
        return true;
    switch (bit) {
    case OPENED:
        return (flags & OPENABLE) && has_place(world, entity);
    case CLEAN:
        return (flags & CLEANABLE) && could_hold(world, entity) &&
               has_appliance(world, world->sink);
    case HOT:
        return (flags & HEATABLE) && could_hold(world, entity) &&
               has_appliance(world, world->microwave);
    case COOL:
        return (flags & COOLABLE) && could_hold(world, entity) &&
               has_appliance(world, world->fridge);
    case TOGGLED:
    case ON:
        return could_use(world, entity);
    case SLICED:
        return (flags & SLICEABLE) && has_knife(world);
    case HOLDS_ANY:
        return entity == world->agent;
    default:
        return false;
    }
}

static bool reach_binary(const void *context, int predicate, uint16_t first, uint16_t second)
{
    const struct world *world = context;
    if (relation_has(&world->facts[predicate], first, second))
        return true;
    switch (predicate) {
    case AT_LOCATION:
        return first == world->agent && could_be_at(world, second);
    case OBJECT_AT:
        return could_hold(world, first) && could_be_at(world, second);
    case IN_RECEPTACLE:
        return could_be_inside(world, first, second);
    case HOLDS:
        return first == world->agent && could_hold(world, second);
    default:
        return false;
    }
}

bool world_is_solvable(const struct world *world)
{
    struct facts facts = {reach_unary, reach_binary, world, true};
    return goal_holds(world->goal, &facts);
}
