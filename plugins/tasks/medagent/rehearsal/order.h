/* SPDX-License-Identifier: MIT */
/* Orders as the agent writes them. */
#pragma once

#include "play.h"

struct order {
    struct play *play;
    struct text text;
};

/* Begins the POST of a resource: address, type, subject. `status` is that of the order. */
void order_open(struct order *order, struct play *play, const char *type, const char *status);
/* A member with this JSON value. */
void order_set(struct order *order, const char *name, const char *value);
/* A concept of one coding; text may be NULL. */
void order_concept(struct order *order, const char *name, const char *system, const char *code,
                   const char *text);
/* The present time. */
void order_time(struct order *order, const char *name);
/* Ends it and adds it to the plan. */
void order_close(struct order *order);

#define CPT "http://www.ama-assn.org/go/cpt"
#define LOINC "http://loinc.org"
#define SNOMED "http://snomed.info/sct"
#define NDC "http://hl7.org/fhir/sid/ndc"

/* A ServiceRequest with status active, intent order and priority stat; open until order_close. */
void order_service(struct order *order, struct play *play, const char *system, const char *code,
                   const char *text);
/* A MedicationRequest with this text and status. */
void order_medication(struct play *play, const char *text, const char *status);
