/* SPDX-License-Identifier: MIT */
/* What commands that serve something share: where they listen, and how they end. */
#include <signal.h>
#include <stdio.h>

#include "base/json.h"
#include "cli/cli.h"
#include "io/server.h"

static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

int cli_serve(const struct server_options *options, const char *path, bool as_json,
              void (*started)(void *arg, const char *url), struct err *err)
{
    struct server *server;
    sigset_t signals;
    int got;
    block_signals(&signals);
    int code = server_start(options, &server, err);
    if (code)
        return code;
    CLEANUP_BUF struct buf url = {0}, line = {0};
    buf_printf(&url, "http://%s:%u%s", options->address ? options->address : "127.0.0.1",
               server_port(server), path);
    if (started)
        started(options->arg, url.ptr);
    buf_printf(&line, as_json ? "{\"event\": \"launch\", \"url\": \"%s\"}\n" : "listening on %s\n",
               url.ptr);
    code = cli_print(buf_view(&line));
    if (!code)
        sigwait(&signals, &got);
    server_stop(server);
    return code;
}
