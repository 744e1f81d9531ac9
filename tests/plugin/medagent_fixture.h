/* SPDX-License-Identifier: MIT */
/* An open instance of medagent or v2, and its samples. */
#pragma once

#include "mock_episode.h"
#include "tasks/medagent/medagent.h"

#define CLINIC_TAGS_MAX 512

struct clinic {
    struct mock_host *host;
    const grasp_task *task;
    void *self;
    enum version version;
    char **samples; /* of all splits, in the order of info */
    size_t count;
};

/* options: JSON object or NULL. */
int32_t clinic_try(struct clinic *clinic, enum version version, const char *options);
void clinic_open(struct clinic *clinic, enum version version, const char *options);
void clinic_close(struct clinic *clinic);

/* The type of a sample. */
int clinic_type(const struct clinic *clinic, size_t sample);
/* The folder with the benchmark's own files, or NULL; to be freed. */
char *clinic_data(void);

struct clinic_verdict {
    bool correct;
    char tags[CLINIC_TAGS_MAX];
};
/* Plays a sample with the rehearsal. */
struct clinic_verdict clinic_play(struct clinic *clinic, size_t sample, const char *guidance);
/* Plays it with these replies, ended by NULL. */
struct clinic_verdict clinic_say(struct clinic *clinic, size_t sample, const char *const *replies);

/* A server whose answers the test sets. */
struct clinic_answer {
    int32_t result; /* of the request */
    int32_t status;
    const char *type, *body;
    size_t asked;
    char url[256]; /* of the last request */
};
/* An instance whose chart is on that server, http://fhir.example/fhir/. */
void clinic_open_remote(struct clinic *clinic, const char *options, struct clinic_answer *answer);

/* The status of a step with this reply, in a fresh episode of the first sample. */
int32_t clinic_step(struct clinic *clinic, const char *text);
