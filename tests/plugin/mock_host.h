/* SPDX-License-Identifier: MIT */
/*
 * A host for tests of plugins: it loads one, gives calls, keeps what they emit, and checks it
 * against the rules of sdk/include/grasp/abi.h. A breach of a rule ends the test at once with a
 * message.
 *
 *     struct mock_host *host = mock_host_create();
 *     grasp_call *call = mock_call(host);              the next call; forgets what came before
 *     task->begin(call, self, sample, 0, &episode);
 *     ... host->messages, host->has_outcome, host->status ...
 *
 * cmocka.h is to be included after this header: it defines a macro `fail`.
 */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>
#include <stddef.h>

struct mock_text { /* owned by the host until the next call */
    char *ptr;
    size_t len;
};

struct mock_texts {
    struct mock_text *items;
    size_t count;
};

struct mock_message {
    struct mock_text role, content, tool_calls, tool_call_id, name;
    uint32_t flags;
};

struct mock_host {
    /* What the last call emitted. */
    struct mock_texts json;
    struct mock_texts actions;
    struct mock_texts requests;
    struct mock_texts file_names, file_texts;
    struct mock_message *messages;
    size_t message_count;
    bool has_outcome, has_verdict, has_guidance, has_files;
    struct mock_text status, answer, raw; /* outcome */
    int32_t correct;                      /* verdict */
    double score;                         /* verdict */
    struct mock_text tags, detail;        /* verdict */
    struct mock_text guidance, used;      /* guidance */
    struct mock_text task_line;           /* guidance */
    int32_t placement;                    /* guidance */
    int32_t fail_code;                    /* 0: fail was not called */
    struct mock_text fail_text;
    size_t logged;

    /* To be set by the test; kept from call to call. */
    int32_t cancelled;
    int64_t now;
    bool without_json; /* grasp.json/1 is not offered */
    /* Further extensions that the test offers; NULL for none. */
    const void *(*extension)(struct mock_host *host, grasp_str id);
    void *context; /* the test's own */

    struct mock_call *call;
};

struct mock_host *mock_host_create(void);
void mock_host_destroy(struct mock_host *host);
grasp_call *mock_call(struct mock_host *host);
struct mock_host *mock_host_of(grasp_call *call);

/* Loads a plugin by the path of its file, or by its name in the folder $GRASP_PLUGINS. Ends the
 * program when it cannot be loaded. */
const grasp_plugin *mock_load(const char *name);

/* The options as a host gives them to open: `given` (a JSON object, or NULL for none) with the
 * defaults of the schema. To be freed by the caller. */
char *mock_config(const char *schema, const char *given);

static inline grasp_str mock_str(struct mock_text text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

/* Asserts, with a message that shows the text. */
void mock_assert_text(struct mock_text text, const char *expected);
void mock_assert_contains(struct mock_text text, const char *part);
/* Asserts that the call failed with this code, and explained itself. */
void mock_assert_failed(const struct mock_host *host, int32_t status, int32_t expected);
