/* SPDX-License-Identifier: MIT */
#include "scene_kinds.h"

#include "world.h"

const struct receptacle_kind receptacle_kinds[] = {
    {"ArmChair", F_CHAIR, 0, {0, 0, 0}, {0, 1, 0}},
    {"Bed", F_BED, 0, {0, 1, 0}, {0, 1, 0}},
    {"Cabinet", F_CABINET, 1, {2, 0, 2}, {4, 0, 4}},
    {"CoffeeMachine", F_COFFEE, 0, {1, 0, 0}, {1, 0, 0}},
    {"CounterTop", F_COUNTER, 0, {1, 0, 1}, {2, 0, 2}},
    {"Desk", F_DESK, 0, {0, 1, 0}, {0, 2, 0}},
    {"DiningTable", F_TABLE, 0, {0, 0, 0}, {1, 0, 0}},
    {"Drawer", F_DRAWER, 1, {1, 2, 1}, {3, 4, 2}},
    {"Dresser", F_DRESSER, 0, {0, 0, 0}, {0, 1, 0}},
    {"Fridge", F_FRIDGE, 1, {1, 0, 0}, {1, 0, 0}},
    {"GarbageCan", F_BIN, 0, {1, 1, 1}, {1, 1, 1}},
    {"Microwave", F_MICROWAVE, 1, {1, 0, 0}, {1, 0, 0}},
    {"Safe", F_SAFE, 1, {0, 1, 0}, {0, 1, 0}},
    {"Shelf", F_SHELF, 0, {0, 1, 1}, {1, 3, 2}},
    {"SideTable", F_SIDE, 0, {0, 1, 0}, {0, 2, 1}},
    {"SinkBasin", F_SINK, 0, {1, 0, 1}, {1, 0, 2}},
    {"StoveBurner", F_BURNER, 0, {1, 0, 0}, {2, 0, 0}},
    {"Toilet", F_TOILET, 0, {0, 0, 1}, {0, 0, 1}},
};
const size_t receptacle_kind_count = sizeof(receptacle_kinds) / sizeof(*receptacle_kinds);

#define IN_KITCHEN (1u << KITCHEN)
#define IN_BEDROOM (1u << BEDROOM)
#define IN_BATHROOM (1u << BATHROOM)
#define SURFACES (F_COUNTER | F_TABLE | F_SHELF | F_SIDE | F_DESK | F_DRESSER)
#define FOOD (PICKUPABLE | CLEANABLE | HEATABLE | COOLABLE)
#define DISH (PICKUPABLE | CLEANABLE | HEATABLE | COOLABLE)
#define FOOD_PLACES (F_COUNTER | F_TABLE | F_FRIDGE | F_MICROWAVE | F_SINK | F_BIN)
#define DISH_PLACES (F_COUNTER | F_TABLE | F_CABINET | F_SHELF | F_FRIDGE | F_MICROWAVE | F_SINK)
#define TOOL_PLACES (F_COUNTER | F_TABLE | F_DRAWER | F_SINK)

const struct object_kind object_kinds[] = {
    {"AlarmClock", IN_BEDROOM, PICKUPABLE, SURFACES},
    {"Apple", IN_KITCHEN, FOOD | SLICEABLE, FOOD_PLACES},
    {"Book", IN_BEDROOM, PICKUPABLE, SURFACES | F_BED | F_DRAWER | F_CHAIR},
    {"Bowl", IN_KITCHEN, DISH, DISH_PLACES},
    {"Bread", IN_KITCHEN, PICKUPABLE | HEATABLE | COOLABLE | SLICEABLE, FOOD_PLACES},
    {"ButterKnife", IN_KITCHEN, PICKUPABLE | CLEANABLE, TOOL_PLACES},
    {"CD", IN_BEDROOM, PICKUPABLE, SURFACES | F_DRAWER | F_SAFE | F_BIN},
    {"Candle", IN_BATHROOM, PICKUPABLE, SURFACES | F_CABINET | F_DRAWER | F_TOILET},
    {"CellPhone", IN_BEDROOM, PICKUPABLE, SURFACES | F_BED | F_DRAWER | F_SAFE | F_CHAIR},
    {"Cloth", IN_BATHROOM, PICKUPABLE | CLEANABLE,
     F_COUNTER | F_CABINET | F_DRAWER | F_SINK | F_SHELF | F_TOILET},
    {"CreditCard", IN_BEDROOM, PICKUPABLE, SURFACES | F_DRAWER | F_SAFE | F_CHAIR},
    {"Cup", IN_KITCHEN, DISH, DISH_PLACES},
    {"DeskLamp", 0, TOGGLEABLE, F_DESK | F_SIDE | F_DRESSER},
    {"DishSponge", IN_KITCHEN | IN_BATHROOM, PICKUPABLE | CLEANABLE,
     F_COUNTER | F_SINK | F_CABINET | F_DRAWER},
    {"Egg", IN_KITCHEN, FOOD, FOOD_PLACES},
    {"Fork", IN_KITCHEN, PICKUPABLE | CLEANABLE, TOOL_PLACES},
    {"KeyChain", IN_BEDROOM, PICKUPABLE, SURFACES | F_DRAWER | F_SAFE | F_CHAIR},
    {"Knife", IN_KITCHEN, PICKUPABLE | CLEANABLE, TOOL_PLACES},
    {"Laptop", IN_BEDROOM, PICKUPABLE, F_DESK | F_BED | F_SIDE | F_DRESSER | F_CHAIR},
    {"Mug", IN_KITCHEN, DISH, DISH_PLACES | F_COFFEE},
    {"Pan", IN_KITCHEN, PICKUPABLE | CLEANABLE | COOLABLE,
     F_COUNTER | F_TABLE | F_CABINET | F_FRIDGE | F_SINK | F_BURNER},
    {"Pen", IN_BEDROOM, PICKUPABLE, SURFACES | F_DRAWER | F_BIN},
    {"Pencil", IN_BEDROOM, PICKUPABLE, SURFACES | F_DRAWER | F_BIN},
    {"PepperShaker", IN_KITCHEN, PICKUPABLE, F_COUNTER | F_TABLE | F_CABINET | F_DRAWER | F_SHELF},
    {"Pillow", IN_BEDROOM, PICKUPABLE, F_BED | F_CHAIR},
    {"Plate", IN_KITCHEN, DISH, DISH_PLACES},
    {"Pot", IN_KITCHEN, PICKUPABLE | CLEANABLE | COOLABLE,
     F_COUNTER | F_TABLE | F_CABINET | F_FRIDGE | F_SINK | F_BURNER},
    {"Potato", IN_KITCHEN, FOOD | SLICEABLE, FOOD_PLACES},
    {"SaltShaker", IN_KITCHEN, PICKUPABLE, F_COUNTER | F_TABLE | F_CABINET | F_DRAWER | F_SHELF},
    {"SoapBar", IN_BATHROOM, PICKUPABLE | CLEANABLE,
     F_COUNTER | F_CABINET | F_DRAWER | F_SINK | F_TOILET | F_BIN},
    {"SoapBottle", IN_BATHROOM | IN_KITCHEN, PICKUPABLE,
     F_COUNTER | F_CABINET | F_SHELF | F_TOILET | F_BIN},
    {"Spatula", IN_KITCHEN, PICKUPABLE | CLEANABLE, TOOL_PLACES},
    {"Spoon", IN_KITCHEN, PICKUPABLE | CLEANABLE, TOOL_PLACES},
    {"SprayBottle", IN_BATHROOM, PICKUPABLE, F_COUNTER | F_CABINET | F_SHELF | F_TOILET | F_BIN},
    {"ToiletPaper", IN_BATHROOM, PICKUPABLE, F_COUNTER | F_CABINET | F_DRAWER | F_TOILET | F_BIN},
    {"Tomato", IN_KITCHEN, FOOD | SLICEABLE, FOOD_PLACES},
    {"Watch", IN_BEDROOM, PICKUPABLE, SURFACES | F_DRAWER | F_SAFE},
};
const size_t object_kind_count = sizeof(object_kinds) / sizeof(*object_kinds);
