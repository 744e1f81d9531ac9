/* SPDX-License-Identifier: MIT */
#include "server_address.h"

#include <stdlib.h>

#include "common/slice.h"

#define SCHEME "mysql://"
#define PASSWORD "DBBENCH_PASSWORD"

static int32_t refuse(grasp_call *call, const char *why)
{
    return grasp_fail(call, GRASP_E_INVALID,
                      "option 'server': %s; write mysql://user@host:3306 or "
                      "mysql://user@localhost/?socket=/run/mysqld/mysqld.sock",
                      why);
}

static bool read_port(grasp_str text, unsigned *out)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.len && i < 6; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *out = port;
    return text.len > 0 && port > 0 && port < 65536;
}

int32_t server_address_read(grasp_call *call, struct pool *pool, grasp_str text,
                            struct address *out)
{
    static const char query[] = "?socket=";
    const char *password = getenv(PASSWORD);
    size_t at;
    *out = (struct address){.port = 3306, .password = password ? password : ""};
    if (!grasp_starts(text, SCHEME))
        return refuse(call, "it does not begin with " SCHEME);
    text = slice_from(text, sizeof(SCHEME) - 1);
    if (!slice_find(text, SLICE("@"), 0, &at) || at == 0)
        return refuse(call, "it names no user");
    grasp_str user = slice_cut(text, 0, at);
    if (memchr(user.ptr, ':', user.len))
        return refuse(call, "a password does not belong there: put it into " PASSWORD);
    out->user = pool_dup(pool, user).ptr;
    text = slice_from(text, at + 1);
    if (slice_find(text, grasp_cstr(query), 0, &at)) {
        out->socket = pool_dup(pool, slice_from(text, at + sizeof(query) - 1)).ptr;
        return *out->socket == '/' ? GRASP_OK : refuse(call, "the socket is no absolute path");
    }
    if (slice_find(text, SLICE("/"), 0, &at)) {
        if (at + 1 != text.len)
            return refuse(call, "it names a database; each episode makes its own");
        text.len = at;
    }
    if (slice_find(text, SLICE(":"), 0, &at)) {
        if (!read_port(slice_from(text, at + 1), &out->port))
            return refuse(call, "the port is no number from 1 to 65535");
        text.len = at;
    }
    out->host = pool_dup(pool, text).ptr;
    return text.len ? GRASP_OK : refuse(call, "it names no host");
}
