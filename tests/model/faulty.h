/* SPDX-License-Identifier: MIT */
/* A server on 127.0.0.1 that answers with prescribed bytes, however broken. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct faulty_reply {
    const char *bytes; /* status line, headers, body; NULL: none at all */
    size_t filler;     /* so many 'x' after them */
    unsigned delay_ms; /* before them */
    int hold;          /* keep the connection open instead of closing it */
    int again;         /* the same, and read the next request from it */
};

struct faulty;

/* The n-th request gets the n-th reply, those beyond the last one get the last. The replies stay
 * the caller's. */
struct faulty *faulty_start(const struct faulty_reply *replies, size_t count);
void faulty_stop(struct faulty *faulty);
uint16_t faulty_port(const struct faulty *faulty);
size_t faulty_requests(struct faulty *faulty);
/* Head and body of the last request that was read whole; the caller frees it. */
char *faulty_last(struct faulty *faulty);
/* A port of 127.0.0.1 on which nothing listens. */
uint16_t faulty_closed_port(void);
