/* SPDX-License-Identifier: MIT */
/* The task fhir_agent with its own data, or with a small folder of the test's, on real Python. */
#pragma once

#include "mock_episode.h"
#include "tasks/fhir_agent/fhir_agent.h"

struct ward {
    struct mock_host *host;
    const grasp_task *task;
    void *self;
    char **samples; /* of dev, val and id_test */
    size_t count;
    char *tools; /* JSON array of {"name"} */
};

/* Opens the strategy's task with these options (a JSON object, or NULL); a status other than
 * GRASP_OK with the host's text. */
int32_t ward_try(struct ward *ward, const grasp_task *task, const char *options);
/* The same, which must succeed, with its samples. False where there is no sandbox for Python. */
bool ward_open(struct ward *ward, const grasp_task *task, const char *options);
void ward_close(struct ward *ward);

void ward_begin(struct ward *ward, struct mock_episode *episode, size_t sample);
/* A turn that calls a tool; arguments: JSON. */
void ward_call(struct mock_episode *episode, const char *tool, const char *arguments);
/* The last message, as the agent is shown it. */
const char *ward_shown(const struct mock_episode *episode);

struct ward_verdict {
    int32_t status; /* of grade */
    bool asked;     /* the judge was asked */
    bool correct;
    char tags[512], detail[512];
};
/* Grades the episode, which ends. judge: what the judge says; NULL for what the rehearsal says. */
struct ward_verdict ward_grade(struct mock_episode *episode, const char *judge);
struct ward_verdict ward_grade_end(struct mock_episode *episode, const char *judge);

/* A folder with one patient, "p1", a few resources and a question of each split, in TMPDIR; to be
 * freed by the caller, and removed with ward_folder_remove. */
char *ward_folder(void);
void ward_folder_remove(char *folder);
void ward_write(const char *folder, const char *name, const void *data, size_t len);
#define WARD_HEADER                                                                                \
    "split,question_id,question,true_answer,assumption,patient_fhir_id,true_fhir_ids,template,"    \
    "main_table_name\n"
