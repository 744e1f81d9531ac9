/* SPDX-License-Identifier: MIT */
/* The settings of a client, read from a resolved preset (preset.h) and checked. */
#pragma once

#include "base/json.h"
#include "base/mem.h"
#include "io/http.h"

struct wire;

enum { CHAT_ORIGINS = 3 };

struct chat_config {
    struct arena arena; /* holds the texts */
    const struct wire *wire;
    const char *url;
    const struct http_peer *peer; /* or NULL */
    const char *shown_url;        /* without user, password and query: for people */
    const char *model;
    const char *agent_role;      /* what the role "agent" is called on the wire */
    const char *system_role;     /* likewise "system"; "user": part of the user's message */
    const char *const *headers;  /* "Name: value", ended by NULL */
    const char *const *secrets;  /* what no text may show, ended by NULL */
    const char *max_tokens_name; /* "max_tokens" or "max_completion_tokens" */
    struct str extra;            /* members of every request, each as `,"top_p":0.9` */
    struct str tool_extra;       /* those that need tools */
    struct str generation;       /* members of generationConfig, likewise (gemini) */
    bool extra_seed;             /* `extra` sets "seed" */
    bool extra_tools;
    bool extra_format; /* `extra` sets "response_format" or "text" */
    bool extra_stop;   /* `extra` sets "stop" */
    bool extra_choice; /* `tool_extra` sets "tool_choice" or "toolConfig" */
    bool send_seed;
    bool structured_output;
    bool accept_empty;            /* a message without content is an answer */
    bool text_tools;              /* tools in plain text (text_tools.h) */
    bool carry_reasoning;         /* a turn goes back with the reasoning behind it */
    bool no_temperature;          /* the model takes none */
    bool vertex;                  /* of gemini: Vertex AI, whose key is a token */
    bool wants_token;             /* which has to be fetched (auth.h) */
    const char *credentials;      /* with this file, or empty */
    const char *key_header;       /* what comes before the key in its header */
    const char *reasoning_effort; /* empty: not sent; so too below */
    const char *text_verbosity;
    double thinking_budget; /* NaN: not sent */
    struct chat_origin {
        const char *key, *variables; /* ", from the environment variable X", or empty */
    } origins[CHAT_ORIGINS];
    const struct prompt_style *prompt; /* of completions: how turns are written */
    const char *variant; /* what else can change a reply; empty with the settings' defaults */

    double temperature; /* NaN: not sent */
    double max_tokens;  /* 0: not sent */
    double timeout;     /* seconds, as all delays */
    double connect_timeout;
    double low_speed_timeout; /* without a byte in the middle of an exchange; 0: no limit */
    double max_retries;       /* attempts */
    double retry_base_delay;
    double retry_max_delay;
    double retry_after_max; /* the longest wait that a server may ask for */
    double max_in_flight;   /* 0: learned from what the server refuses (limit.h) */
    double requests_per_minute, tokens_per_minute; /* 0: what the server says, if anything */
    double max_reply_bytes;
};

int chat_config_read(const struct json *config, struct chat_config *out, struct err *err);
void chat_config_clear(struct chat_config *config); /* a zeroed struct is fine */

/* What clients read their own settings with (wire.h). */
int chat_config_text(const struct json *config, const char *key, struct chat_config *out,
                     const char **text, struct err *err);
/* Reads url, or base_url with `path` after it, into out->url. otherwise: the base of a preset that
 * has none of them; example: one for people, where there is no such base. */
int chat_config_url(const struct json *config, const char *path, const char *otherwise,
                    const char *example, struct chat_config *out, struct err *err);
/* "KEY of the preset WORDS", with the environment variables that the value came from. */
__attribute__((format(printf, 4, 5))) int chat_config_fault(const struct json *config,
                                                            const char *key, struct err *err,
                                                            const char *format, ...);

/* The first key that no client knows: EXIT_CONFIG with the nearest known one. */
int chat_config_check_keys(const struct json *config, const char **out_key, struct err *err);
/* Hides the keys of a resolved preset in every log and error text (log_secret). */
void chat_config_hide_secrets(const struct json *config);
/* Is the value of a variable, setting or header of this name a secret? */
bool chat_config_secret_name(struct str name);
