/* SPDX-License-Identifier: MIT */
/* What must hold of posted resources. */
#pragma once

#include "grader.h"

#define NDC "http://hl7.org/fhir/sid/ndc"
#define LOINC "http://loinc.org"
#define SNOMED "http://snomed.info/sct"

/* Exactly `count` accepted posts. `missing` is the tag for none at all. */
bool need_posts(struct grader *g, size_t count, enum tag missing);
/* No accepted post; `unneeded` is the tag for one. */
bool need_no_posts(struct grader *g, enum tag unneeded);
/* No POST, not even one that was refused. */
bool need_no_attempt(struct grader *g, enum tag unneeded);

/* The v1 forms: address and type of the resource, its subject, status and intent (and priority). */
void need_resource(struct grader *g, const struct post *post, const char *type);
void need_active_order(struct grader *g, const struct post *post, bool with_priority);
/* The first coding of a concept. */
void need_coding(struct grader *g, const struct post *post, const char *concept, const char *system,
                 const char *code);
/* A text member that contains `text`. */
void need_part_with(struct grader *g, const struct post *post, const char *path, const char *text,
                    enum tag tag);
/* The first dosage's route, as text or as a concept, in any case. */
bool route_is(struct grader *g, const struct post *post, const char *route, bool *out_unusable);

/* The v2 form: is it a resource of one of the types (ended by NULL) about the patient, with status
 * active and intent order in any case? Only the first part that fails is looked at, and it makes
 * the episode wrong only if `needed`. */
bool is_active_order(struct grader *g, const struct post *post, const char *const *types,
                     bool needed);
extern const char *const order_types[]; /* ServiceRequest, MedicationRequest */
bool is_one_of_types(const struct grader *g, const struct post *post, const char *const *types);
/* Is the status one that ends an order? */
bool is_stopped(struct grader *g, const struct post *post);
bool is_type(const struct grader *g, const struct post *post, const char *type);
/* Was collecting the posts possible? If not, the episode is wrong. */
bool posts_usable(struct grader *g);
