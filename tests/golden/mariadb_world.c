/* SPDX-License-Identifier: MIT */
#include "mariadb_world.h"

#include <stdio.h>

bool mariadb_world_open(struct mariadb_world *world, unsigned statement_timeout, unsigned disk_mb)
{
    struct call call;
    struct err err = {0};
    const struct sql_options options = {{"", 0}, statement_timeout, disk_mb};
    *world = (struct mariadb_world){0};
    owner_init(&world->owner);
    call_init(&call, CALL_OPEN, "agentbench", "open");
    call.owner = &world->owner;
    int32_t status = sql_source_open(&call.base, &options, &world->source);
    if (call_finish(&call, status, &err)) {
        snprintf(world->why, sizeof(world->why), "%s", err.text);
        owner_clear(&world->owner);
        return false;
    }
    return true;
}

void mariadb_world_close(struct mariadb_world *world)
{
    world->source->ops->close(world->source);
    owner_clear(&world->owner);
}
