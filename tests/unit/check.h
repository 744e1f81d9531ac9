/* SPDX-License-Identifier: MIT */
/* cmocka with what it needs before it, and where the shared data is. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"

#define assert_str(got, want)                                                                      \
    do {                                                                                           \
        struct str got_ = (got);                                                                   \
        CLEANUP_FREE char *copy_ = mem_dup(got_.ptr, got_.len);                                    \
        assert_string_equal(copy_, want);                                                          \
        assert_int_equal(got_.len, strlen(want));                                                  \
    } while (0)

/* A file of the shared data: of $GRASP_SHARED, or of ../shared beside the source tree. Says
 * "skipped" and ends the test when it is not there. */
static inline char *shared_file(const char *name)
{
    const char *dir = getenv("GRASP_SHARED");
    char *path = file_join(dir && *dir ? dir : SOURCE_ROOT "/../shared", name);
    if (!file_exists(path)) {
        printf("skipped: %s is not there\n", path);
        mem_free(path);
        skip();
    }
    return path;
}
