/* SPDX-License-Identifier: MIT */
/*
 * Places for databases on a server: a name, which is that of a database and of an account that may
 * use this database and nothing else. Places are used again, since accounts are slow to make.
 *
 * An agent never sees the name, which depends on what else is running: it reads and writes
 * PLACE_PUBLIC instead.
 */
#pragma once

#include <grasp/helpers.h>
#include <pthread.h>

#include "admin.h"

#define PLACE_PUBLIC "dbb_episode"

struct place {
    char name[12]; /* as long as PLACE_PUBLIC */
    char password[33];
    struct place *next;
};

struct places {
    struct admin *admin;
    bool shared; /* with others: names are drawn */
    bool local;  /* accounts for the socket */
    pthread_mutex_t mutex;
    struct place *free;
    unsigned made;
};

void places_init(struct places *places, struct admin *admin, bool shared, bool local);
/* A place with an empty database. error: why there is none. */
enum query_end place_take(struct places *places, struct place **out, struct text *error);
/* Makes its account, and its database if that is gone too, on a server that has begun anew. */
enum query_end place_restore(struct places *places, const struct place *place);
/* Removes the database. */
void place_give(struct places *places, struct place *place);
/* Removes the accounts of somebody else's server. */
void places_clear(struct places *places);

/* The text with the name in place of PLACE_PUBLIC, or the other way round. */
void place_to_name(struct text *out, const struct place *place, grasp_str text);
void place_to_public(struct text *out, const struct place *place, grasp_str text);
