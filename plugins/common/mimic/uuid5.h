/* SPDX-License-Identifier: MIT */
/* Ids of resources: uuid5(uuid5(uuid5(OID, "MIMIC-IV"), kind), table id), spec/fhir_agent.md 14.3.
 */
#pragma once

#include <grasp/abi.h>

#define UUID_SIZE 37

struct mimic_id {
    char text[UUID_SIZE];
};

/* kind: "Patient", "EncounterICU" ... [any thread] */
struct mimic_id mimic_uuid(const char *kind, const char *table_id);
/* uuid5 (RFC 4122) of a name in a namespace of 16 bytes. */
void mimic_uuid5(const uint8_t space[16], const char *name, uint8_t out[16]);
