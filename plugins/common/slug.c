/* SPDX-License-Identifier: MIT */
#include "common/slug.h"

#include "common/slice.h"

#define SLUG_MAX 200   /* file names are made of it */
#define DOTTED_I 0x130 /* its lower case is an i and a mark */

grasp_str slug_make(struct pool *pool, grasp_str text)
{
    char out[SLUG_MAX + 1];
    size_t len = 0;
    uint32_t code;
    for (size_t at = 0, size; at < text.len && len < SLUG_MAX; at += size) {
        size = utf8_at(text, at, &code);
        code = utf8_lower(code);
        if (code == DOTTED_I)
            out[len++] = 'i';
        if ((code >= 'a' && code <= 'z') || (code >= '0' && code <= '9'))
            out[len++] = (char)code;
        else if (len && out[len - 1] != '_')
            out[len++] = '_';
    }
    while (len && out[len - 1] == '_')
        len--;
    return len ? pool_dup(pool, (grasp_str){out, len}) : SLICE("unnamed_skill");
}
