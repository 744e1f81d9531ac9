/* SPDX-License-Identifier: MIT */
#include "fhir_world.h"

#include "base/str.h"

static const char ward[] =
    "{\"resourceType\":\"Patient\",\"id\":\"S1\",\"meta\":{\"versionId\":\"4\",\"lastUpdated\":"
    "\"2024-05-01T10:00:00.000+00:00\"},\"active\":true,\"identifier\":[{\"system\":\"urn:mrn\","
    "\"value\":\"S1\"}],\"name\":[{\"family\":\"Stafford\",\"given\":[\"Peter\",\"Jos\xc3\xa9\"]}],"
    "\"birthDate\":\"1932-12-29\",\"gender\":\"male\",\"telecom\":[{\"system\":\"phone\",\"value\":"
    "\"555-1\"},{\"system\":\"email\",\"value\":\"p@x.org\"}],\"address\":[{\"line\":[\"1 High "
    "St\"],\"city\":\"Palo Alto\",\"state\":\"CA\",\"postalCode\":\"94301\"}],"
    "\"generalPractitioner\":[{\"reference\":\"Practitioner/dr1\"}]}\n"
    "{\"resourceType\":\"Patient\",\"id\":\"S2\",\"identifier\":[{\"value\":\"S2\"}],\"name\":[{"
    "\"family\":\"\xc3\x81lvarez, Jr\",\"given\":[\"Maria\"]}],\"birthDate\":\"1940-03-05\","
    "\"gender\":\"female\",\"deceasedDateTime\":\"2020-01-01\"}\n"
    "{\"resourceType\":\"Patient\",\"id\":\"S3\",\"name\":[{\"family\":\"Staff\",\"given\":["
    "\"Ann\"],\"text\":\"Dr Ann Staff\"}],\"birthDate\":\"1940\",\"gender\":\"female\"}\n"
    "{\"resourceType\":\"Practitioner\",\"id\":\"dr1\",\"name\":[{\"family\":\"House\"}]}\n"
    "{\"resourceType\":\"Observation\",\"id\":\"o1\",\"status\":\"final\",\"category\":[{"
    "\"coding\":"
    "[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":"
    "\"laboratory\"}]}],\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"MG\","
    "\"display\":\"Magnesium\"}],\"text\":\"MG level\"},\"subject\":{\"reference\":\"Patient/S1\"},"
    "\"encounter\":{\"reference\":\"Encounter/e1\"},\"effectiveDateTime\":"
    "\"2023-11-12T20:00:00+00:00\",\"valueQuantity\":{\"value\":1.9,\"unit\":\"mg/dL\",\"system\":"
    "\"http://unitsofmeasure.org\",\"code\":\"mg/dL\"}}\n"
    "{\"resourceType\":\"Observation\",\"id\":\"o2\",\"meta\":{\"versionId\":\"3\",\"lastUpdated\":"
    "\"2024-06-02T00:00:00.000+00:00\"},\"status\":\"preliminary\",\"code\":{\"coding\":[{\"code\":"
    "\"K\"},{\"system\":\"http://loinc.org\",\"code\":\"2823-3\"}]},\"subject\":{\"reference\":"
    "\"Patient/S1\"},\"effectivePeriod\":{\"start\":\"2023-11-10\",\"end\":\"2023-11-14\"},"
    "\"valueQuantity\":{\"value\":3.2,\"unit\":\"mmol/L\"}}\n"
    "{\"resourceType\":\"Observation\",\"id\":\"o3\",\"status\":\"final\",\"code\":{\"coding\":[{"
    "\"code\":\"MG\"}]},\"subject\":{\"reference\":\"Patient/S2\"},\"effectiveDateTime\":"
    "\"2023-11-13\",\"valueQuantity\":{\"value\":2}}\n"
    "{\"resourceType\":\"Observation\",\"id\":\"o4\",\"status\":\"final\",\"code\":{\"text\":\"no "
    "code\"},\"subject\":{\"reference\":\"Device/S1\"},\"effectiveDateTime\":\"2022-01\"}\n"
    "{\"resourceType\":\"Observation\",\"id\":\"o5\",\"status\":\"final\",\"code\":{\"coding\":[{"
    "\"code\":\"MG\"}]},\"subject\":{\"reference\":\"Patient/"
    "S1\"},\"effectiveDateTime\":\"soon\"}\n"
    "{\"resourceType\":\"MedicationRequest\",\"id\":\"m1\",\"status\":\"active\",\"intent\":"
    "\"order\","
    "\"medicationCodeableConcept\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/"
    "ndc\",\"code\":"
    "\"0338-1715-40\"}],\"text\":\"magnesium sulfate\"},\"subject\":{\"reference\":\"Patient/S1\"},"
    "\"authoredOn\":\"2023-11-13T10:15:00+00:00\"}\n"
    "{\"resourceType\":\"MedicationRequest\",\"id\":\"m2\",\"status\":\"completed\",\"intent\":"
    "\"order\",\"medicationCodeableConcept\":{\"text\":\"heparin\"},\"subject\":{\"reference\":"
    "\"Patient/S1\"},\"authoredOn\":\"2023-01-01T00:00:00+00:00\"}\n"
    "{\"resourceType\":\"Procedure\",\"id\":\"p1\",\"status\":\"completed\",\"code\":{\"coding\":[{"
    "\"code\":\"IMGCT0491\"}]},\"subject\":{\"reference\":\"Patient/S1\"},\"performedDateTime\":"
    "\"2023-01-05T08:00:00+00:00\"}\n"
    "{\"resourceType\":\"ServiceRequest\",\"id\":\"r1\",\"status\":\"active\",\"intent\":\"order\","
    "\"code\":{\"coding\":[{\"code\":\"NUR1373\"}]},\"subject\":{\"reference\":\"Patient/S1\"},"
    "\"authoredOn\":\"2023-11-01T00:00:00+00:00\"}\n";

struct fhir_text fhir_world_text(const char *text)
{
    return (struct fhir_text){text, strlen(text)};
}

void fhir_world_open(struct fhir_world *world, const char *text)
{
    struct fhir_error error = {{0}};
    *world = (struct fhir_world){0};
    if (fhir_open_text(fhir_world_text(text ? text : ward), "ward", NULL, &world->store, &error))
        fail_msg("%s", error.text);
    world->view = fhir_view_new(world->store);
}

void fhir_world_close(struct fhir_world *world)
{
    fhir_answer_free(&world->answer);
    buf_free(&world->ids);
    fhir_view_free(world->view);
    fhir_close(world->store);
}

int fhir_world_request(struct fhir_world *world, const char *method, const char *url,
                       const char *body)
{
    return fhir_request(world->view, fhir_world_text(method), fhir_world_text(url),
                        fhir_world_text(body), &world->answer);
}

struct json *fhir_world_answer(struct fhir_world *world)
{
    struct err err = {0};
    struct json *json = json_parse((struct str){world->answer.body, world->answer.len}, &err);
    if (!json)
        fail_msg("%s: %s", err.text, world->answer.body);
    return json;
}

const char *fhir_world_find(struct fhir_world *world, const char *url)
{
    buf_reset(&world->ids);
    if (fhir_get(world->view, fhir_world_text(url), &world->answer) != 200) {
        CLEANUP_JSON struct json *outcome = fhir_world_answer(world);
        assert_str(json_str(json_get(outcome, "resourceType")), "OperationOutcome");
        buf_printf(&world->ids, "%d", world->answer.status);
        return world->ids.ptr;
    }
    CLEANUP_JSON struct json *bundle = fhir_world_answer(world);
    const struct json *entries = json_get(bundle, "entry");
    for (size_t i = 0; i < json_count(entries); i++) {
        const struct json *entry = json_at(entries, i);
        struct str id = json_str(json_path(entry, "resource.id"));
        bool included = str_is(json_str(json_path(entry, "search.mode")), "include");
        buf_printf(&world->ids, "%s%s%.*s", i ? " " : "", included ? "+" : "", (int)id.len, id.ptr);
    }
    return world->ids.ptr ? world->ids.ptr : "";
}

void fhir_world_ask(struct fhir_world *world, const struct fhir_case *cases)
{
    for (; cases->url; cases++) {
        const char *got = fhir_world_find(world, cases->url);
        if (strcmp(got, cases->ids) != 0)
            fail_msg("%s finds \"%s\", not \"%s\"", cases->url, got, cases->ids);
    }
}
