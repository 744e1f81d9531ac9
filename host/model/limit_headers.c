/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "model/limit.h"

struct name {
    const char *text;
    size_t offset;
};

#define FIELD(member) offsetof(struct limit_headers, member)

static const struct name names[] = {
    {"x-ratelimit-limit-requests", FIELD(requests)},
    {"x-ratelimit-remaining-requests", FIELD(requests_remaining)},
    {"x-ratelimit-limit-tokens", FIELD(tokens)},
    {"x-ratelimit-remaining-tokens", FIELD(tokens_remaining)},
    {"anthropic-ratelimit-requests-limit", FIELD(requests)},
    {"anthropic-ratelimit-requests-remaining", FIELD(requests_remaining)},
    {"anthropic-ratelimit-tokens-limit", FIELD(tokens)},
    {"anthropic-ratelimit-tokens-remaining", FIELD(tokens_remaining)},
};

static bool read_line(struct str line, struct limit_headers *out)
{
    double value;
    struct str name = str_trim(str_cut(&line, ':'));
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!str_is(name, names[i].text))
            continue;
        if (!str_to_double(str_trim(line), &value) || !(value >= 0 && value < 1e12))
            return false;
        memcpy((char *)out + names[i].offset, &value, sizeof(value));
        return true;
    }
    return false;
}

bool limit_headers_read(struct str headers, struct limit_headers *out)
{
    bool found = false;
    *out = (struct limit_headers){NAN, NAN, NAN, NAN};
    if (!str_find(headers, STR("ratelimit-"), NULL))
        return false;
    while (headers.len)
        found |= read_line(str_cut(&headers, '\n'), out);
    return found;
}
