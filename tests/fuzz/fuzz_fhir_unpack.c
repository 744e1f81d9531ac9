/* SPDX-License-Identifier: MIT */
/* Any bytes as a gzip file: they are refused with a reason, or unpacked within the limit. */
#include <stdlib.h>
#include <string.h>

#include "common/fhir/unpack.h"
#include "fuzz.h"

#define LIMIT ((uint64_t)1 << 20)

static bool count(void *arg, const char *piece, size_t len)
{
    uint64_t *counted = arg;
    if (!len || !piece)
        abort();
    *counted += len;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t counted = 0, len = 0;
    const char *why = unpack((grasp_str){(const char *)data, size}, LIMIT, count, &counted, &len);
    if (counted != len || len > LIMIT || (why && !*why))
        abort();
    return 0;
}
