/* SPDX-License-Identifier: MIT */
/* An instance of the method in a host and a lab of tests. */
#pragma once

#include "base/json.h"
#include "methods/grasp/method.h"
#include "methods/grasp/update.h"
#include "plugin/mock_lab.h"

struct rig {
    struct mock_host *host;
    struct mock_lab lab;
    grasp_call *call; /* the one in hand */
    const grasp_json *json;
    struct method *self;
    struct pool pool;
    struct update update;       /* on an empty library */
    const struct json *replies; /* of the writer: strings, or anything else for a failed call */
    const struct json *c;       /* the case, for outcomes */
};

/* options: JSON object. samples: dev samples, a JSON array of objects or of ids. */
void rig_open(struct rig *rig, const char *options, const struct json *samples);
void rig_close(struct rig *rig);

/* Makes a rollout object as the lab gives it, from the reference's form of an entry. */
struct json *rig_rollout(const struct json *entry);
/* Reads entries in the reference's form into rig->update. */
void rig_entries(struct rig *rig, const struct json *entries);
/* As a value of the plugin's JSON. */
const grasp_json_value *rig_value(struct rig *rig, const struct json *value);

static inline grasp_str rig_in(struct str text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static inline struct str rig_out(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}
