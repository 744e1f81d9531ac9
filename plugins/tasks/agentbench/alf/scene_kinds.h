/* SPDX-License-Identifier: MIT */
/* What stands in the rooms of our own scenes, and what lies there. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum room { KITCHEN, BEDROOM, BATHROOM, ROOM_COUNT };

enum furniture {
    F_BED = 1u << 0,
    F_CABINET = 1u << 1,
    F_COFFEE = 1u << 2,
    F_COUNTER = 1u << 3,
    F_DESK = 1u << 4,
    F_TABLE = 1u << 5,
    F_DRAWER = 1u << 6,
    F_DRESSER = 1u << 7,
    F_FRIDGE = 1u << 8,
    F_BIN = 1u << 9,
    F_MICROWAVE = 1u << 10,
    F_SAFE = 1u << 11,
    F_SHELF = 1u << 12,
    F_SIDE = 1u << 13,
    F_SINK = 1u << 14,
    F_BURNER = 1u << 15,
    F_TOILET = 1u << 16,
    F_CHAIR = 1u << 17,
};

struct receptacle_kind {
    const char *name;
    uint32_t bit;
    int openable;
    uint8_t least[ROOM_COUNT], most[ROOM_COUNT];
};

struct object_kind {
    const char *name;
    uint32_t rooms;  /* bits 1 << enum room */
    uint32_t flags;  /* of enum unary */
    uint32_t places; /* bits of enum furniture */
};

extern const struct receptacle_kind receptacle_kinds[];
extern const size_t receptacle_kind_count;
extern const struct object_kind object_kinds[];
extern const size_t object_kind_count;
