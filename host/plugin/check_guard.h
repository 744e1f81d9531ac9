/* SPDX-License-Identifier: MIT */
/* Memory that shows who touches it when: what a plugin is given ends right before a page that
 * nobody may touch, cannot be written, and is gone once the call has returned. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum guard_area {
    GUARD_INPUT, /* what a plugin function is given */
    GUARD_CALL,  /* call contexts */
    GUARD_TABLE, /* tables of the host */
    GUARD_NONE,  /* none of ours */
};

struct guard_block {
    void *pages;
    size_t size;
};

void guard_start(void);
/* A read-only copy; its end, behind `tail` zero bytes, is the end of the page. */
void *guard_copy(enum guard_area area, const void *data, size_t size, size_t tail,
                 struct guard_block *out_block);
/* Zeroed, writable pages. */
void *guard_pages(enum guard_area area, size_t size, struct guard_block *out_block);
void guard_freeze(const struct guard_block *block); /* read-only from now on */
void guard_retire(const struct guard_block *block); /* not there any more */
enum guard_area guard_area_of(const void *address);
