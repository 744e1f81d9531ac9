/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/slice.h"

#define PATIENCE_SECONDS 30
#define TRIES 20
#define ER_DB_CREATE_EXISTS 1007
#define ER_CANNOT_USER 1396

/* All that a task needs: none of them reaches beyond the database. */
#define RIGHTS                                                                                     \
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE TEMPORARY "    \
    "TABLES, LOCK TABLES, CREATE VIEW, SHOW VIEW"

void places_init(struct places *places, struct admin *admin, bool shared, bool local)
{
    *places = (struct places){.admin = admin, .shared = shared, .local = local};
    pthread_mutex_init(&places->mutex, NULL);
}

static void draw(char *out, size_t count, const char *digits, unsigned base)
{
    unsigned char bytes[64];
    if (getrandom(bytes, count, 0) != (ssize_t)count)
        memset(bytes, 0, count);
    for (size_t i = 0; i < count; i++)
        out[i] = digits[bytes[i] % base];
    out[count] = 0;
}

static struct place *make(struct places *places)
{
    struct place *place = calloc(1, sizeof(*place));
    if (!place)
        return NULL;
    pthread_mutex_lock(&places->mutex);
    unsigned number = places->made++;
    pthread_mutex_unlock(&places->mutex);
    if (places->shared) {
        memcpy(place->name, "dbb", 3);
        draw(place->name + 3, 8, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
    } else {
        snprintf(place->name, sizeof(place->name), "dbb%08u", number);
    }
    draw(place->password, 32, "0123456789abcdef", 16);
    return place;
}

static enum query_end run(struct places *places, unsigned *out_errno, struct text *error,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum query_end run(struct places *places, unsigned *out_errno, struct text *error,
                          const char *format, ...)
{
    char *sql = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&sql, format, args);
    va_end(args);
    if (len < 0)
        return QUERY_LOST;
    enum query_end end = admin_run(places->admin, PATIENCE_SECONDS, (grasp_str){sql, (uint64_t)len},
                                   out_errno, error);
    free(sql);
    return end;
}

static const char *host_of(const struct places *places)
{
    return places->local ? "localhost" : "%";
}

static enum query_end make_account(struct places *places, const struct place *place, bool may_exist,
                                   struct text *error)
{
    unsigned code;
    enum query_end end =
        run(places, &code, error, "CREATE USER %s'%s'@'%s' IDENTIFIED BY '%s'",
            may_exist ? "IF NOT EXISTS " : "", place->name, host_of(places), place->password);
    if (end == QUERY_OK)
        end = run(places, &code, error, "GRANT " RIGHTS " ON `%s`.* TO '%s'@'%s'", place->name,
                  place->name, host_of(places));
    return end;
}

static enum query_end make_database(struct places *places, const struct place *place,
                                    unsigned *out_errno, struct text *error)
{
    return run(places, out_errno, error, "CREATE DATABASE `%s`", place->name);
}

enum query_end place_take(struct places *places, struct place **out, struct text *error)
{
    unsigned code = 0;
    enum query_end end = QUERY_LOST;
    for (int try = 0; try < TRIES; try++) {
        pthread_mutex_lock(&places->mutex);
        struct place *place = places->free;
        if (place)
            places->free = place->next;
        pthread_mutex_unlock(&places->mutex);
        bool is_new = !place;
        if (is_new && !(place = make(places)))
            return QUERY_LOST;
        end = make_database(places, place, &code, error);
        if (end == QUERY_OK && is_new)
            end = make_account(places, place, false, error);
        if (end == QUERY_OK) {
            *out = place;
            return end;
        }
        free(place);
        if (code != ER_DB_CREATE_EXISTS && code != ER_CANNOT_USER)
            break;
    }
    return end;
}

enum query_end place_restore(struct places *places, const struct place *place)
{
    struct text error CLEANUP_TEXT = {0};
    unsigned code;
    enum query_end end =
        run(places, &code, &error, "CREATE DATABASE IF NOT EXISTS `%s`", place->name);
    return end == QUERY_OK ? make_account(places, place, true, &error) : end;
}

void place_give(struct places *places, struct place *place)
{
    struct text error CLEANUP_TEXT = {0};
    unsigned code;
    /* A database that cannot be removed now is left behind with its account. */
    if (run(places, &code, &error, "DROP DATABASE IF EXISTS `%s`", place->name) != QUERY_OK) {
        free(place);
        return;
    }
    pthread_mutex_lock(&places->mutex);
    place->next = places->free;
    places->free = place;
    pthread_mutex_unlock(&places->mutex);
}

void places_clear(struct places *places)
{
    struct place *next;
    for (struct place *place = places->free; place; place = next) {
        struct text error CLEANUP_TEXT = {0};
        unsigned code;
        next = place->next;
        if (places->shared)
            run(places, &code, &error, "DROP USER IF EXISTS '%s'@'%s'", place->name,
                host_of(places));
        free(place);
    }
    pthread_mutex_destroy(&places->mutex);
}

static void replace(struct text *out, grasp_str text, grasp_str from, grasp_str to)
{
    size_t at;
    while (slice_find(text, from, 0, &at)) {
        text_str(out, slice_cut(text, 0, at));
        text_str(out, to);
        text = slice_from(text, at + from.len);
    }
    text_str(out, text);
}

void place_to_name(struct text *out, const struct place *place, grasp_str text)
{
    replace(out, text, SLICE(PLACE_PUBLIC), grasp_cstr(place->name));
}

void place_to_public(struct text *out, const struct place *place, grasp_str text)
{
    replace(out, text, grasp_cstr(place->name), SLICE(PLACE_PUBLIC));
}
