/* SPDX-License-Identifier: MIT */
/* Searches of the FHIR store: every kind of parameter, prefix, modifier and result parameter. */
#include "fhir_world.h"

static struct fhir_world world;

static void finds_tokens(void **state)
{
    static const struct fhir_case cases[] = {
        {"Observation?code=MG", "o1 o3 o5"},
        {"Observation?code=mg", ""},
        {"Observation?code=MG,K", "o1 o2 o3 o5"},
        {"Observation?code=MG%2CK", "o1 o2 o3 o5"},
        {"Observation?code=http://loinc.org|MG", "o1"},
        {"Observation?code=http%3A%2F%2Floinc.org%7CMG", "o1"},
        {"Observation?code=http://loinc.org|", "o1 o2"},
        {"Observation?code=|MG", "o3 o5"},
        {"Observation?code=http://snomed.info/sct|MG", ""},
        {"Observation?code=2823-3", "o2"},
        {"Observation?code:text=magn", "o1"},
        {"Observation?code:text=mg", "o1"},
        {"Observation?code:not=MG", "o2 o4"},
        {"Observation?code:missing=true", ""},
        {"Observation?category=laboratory", "o1"},
        {"Observation?category=vital-signs", ""},
        {"Observation?category:missing=true", "o2 o3 o4 o5"},
        {"Observation?status=final,preliminary&code=K", "o2"},
        {"Patient?gender=female", "S2 S3"},
        {"Patient?gender=http://hl7.org/fhir/administrative-gender|male", "S1"},
        {"Patient?identifier=S1", "S1"},
        {"Patient?identifier=urn:mrn|S1", "S1"},
        {"Patient?identifier=|S2", "S2"},
        {"Patient?active=true", "S1"},
        {"Patient?deceased=true", "S2"},
        {"Patient?deceased=false", "S1 S3"},
        {"Patient?phone=555-1", "S1"},
        {"Patient?phone=p@x.org", ""},
        {"Patient?email=p@x.org", "S1"},
        {"Patient?telecom=p@x.org", "S1"},
        {"MedicationRequest?patient=S1&status=active", "m1"},
        {"MedicationRequest?code=0338-1715-40", "m1"},
        {"MedicationRequest?code:text=hep", "m2"},
        {"Procedure?patient=S1&code=IMGCT0491,IMGIL0001&_count=5000&_format=json", "p1"},
        {"ServiceRequest?patient=S1&code=NUR1373&status=active&_count=5000&_format=json", "r1"},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void finds_strings(void **state)
{
    static const struct fhir_case cases[] = {
        {"Patient?name=staff", "S1 S3"},
        {"Patient?name=STAFFORD", "S1"},
        {"Patient?family=staff&given=pet", "S1"},
        {"Patient?family:exact=Staff", "S3"},
        {"Patient?family:exact=staff", ""},
        {"Patient?family:contains=FORD", "S1"},
        {"Patient?name:contains=nn", "S3"},
        {"Patient?name=alvarez", "S2"},
        {"Patient?name=%C3%A1lv", "S2"},
        {"Patient?family=Alvarez\\, Jr", "S2"},
        {"Patient?family=Alvarez%5C%2C+Jr", "S2"},
        {"Patient?given=jose", "S1"},
        {"Patient?given:exact=Jos\xc3\xa9", "S1"},
        {"Patient?name=Peter Stafford", ""},
        {"Patient?name=dr ann", "S3"},
        {"Patient?name=Peter&name=Stafford", "S1"},
        {"Patient?name=maria,peter", "S1 S2"},
        {"Patient?address=1 high", "S1"},
        {"Patient?address-city=palo", "S1"},
        {"Patient?address-state=CA&address-postalcode=943", "S1"},
        {"Patient?address-city:missing=false", "S1"},
        {"Patient?name=%00", ""},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void finds_dates(void **state)
{
    static const struct fhir_case cases[] = {
        {"Observation?date=2023-11-12", "o1"},
        {"Observation?date=2023-11", "o1 o2 o3"},
        {"Observation?date=2022", "o4"},
        {"Observation?date=2022-01", "o4"},
        {"Observation?date=2022-01-05", ""},
        {"Observation?date=ge2023-11", "o1 o2 o3"},
        {"Observation?date=gt2023-11-12", "o2 o3"},
        {"Observation?date=gt2023-11-13T23:59:59.999Z", "o2"},
        {"Observation?date=le2023-11-12", "o1 o2 o4"},
        {"Observation?date=lt2023-11-12T20:00:00Z", "o2 o4"},
        {"Observation?date=le2023-11-12T20:00:00Z", "o1 o2 o4"},
        {"Observation?date=ge2023-11-12&date=lt2023-11-13", "o1 o2"},
        {"Observation?date=ge2023-11-12,2022", "o1 o2 o3 o4"},
        {"Observation?date=sa2023-11-12", "o3"},
        {"Observation?date=eb2023-11-13", "o1 o4"},
        {"Observation?date=ne2023-11-12", "o2 o3 o4"},
        {"Observation?date=ap2023-11-14", "o2"},
        {"Observation?date=2023-11-12T20:00:00+00:00", "o1"},
        {"Observation?date=2023-11-12T20:00:00%2B00:00", "o1"},
        {"Observation?date=2023-11-12T22:00:00%2B02:00", "o1"},
        {"Observation?date=2023-11-12T20:00", "o1"},
        {"Observation?date=ge2023-11-12T10:15:00+00:00&code=MG&patient=S1", "o1"},
        {"Observation?date:missing=true", ""},
        {"Patient?birthdate=1940", "S2 S3"},
        {"Patient?birthdate=1940-03-05", "S2"},
        {"Patient?birthdate=lt1935", "S1"},
        {"Patient?death-date=2020", "S2"},
        {"MedicationRequest?authoredon=ge2023-11", "m1"},
        {"MedicationRequest?date=2023", ""},
        {"Procedure?date=ge2023-01-01&date=le2023-01-05", "p1"},
        {"ServiceRequest?authored=2023-11-01", "r1"},
        {"Observation?_lastUpdated=gt2024-06-01T00:00:00Z", "o2"},
        {"Observation?_lastUpdated=2024-06-01", "o1 o3 o4 o5"},
        {"Observation?date=yesterday", "400"},
        {"Observation?date=2023-13", "400"},
        {"Observation?date=2023-02-29", "400"},
        {"Observation?date=2023-11-12T25:00:00Z", "400"},
        {"Observation?date=xx2023", "400"},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void finds_references(void **state)
{
    static const struct fhir_case cases[] = {
        {"Observation?patient=S1", "o1 o2 o5"},
        {"Observation?patient=Patient/S1", "o1 o2 o5"},
        {"Observation?patient=http://localhost:8080/fhir/Patient/S1", "o1 o2 o5"},
        {"Observation?patient=S1,S2", "o1 o2 o3 o5"},
        {"Observation?patient=Device/S1", ""},
        {"Observation?patient:Patient=S2", "o3"},
        {"Observation?subject=Patient/S1", "o1 o2 o5"},
        {"Observation?subject=S1", "o1 o2 o4 o5"},
        {"Observation?subject=Device/S1", "o4"},
        {"Observation?subject:Device=S1", "o4"},
        {"Observation?subject:Patient=S1&code=MG", "o1 o5"},
        {"Observation?encounter=Encounter/e1", "o1"},
        {"Observation?encounter:missing=false", "o1"},
        {"Observation?patient.name=stafford", "o1 o2 o5"},
        {"Observation?subject:Patient.family=alv", "o3"},
        {"Observation?patient.general-practitioner:Practitioner.name=house", "o1 o2 o5"},
        {"Observation?subject.name=x", "400"},
        {"Observation?code.name=x", "400"},
        {"Patient?_has:Observation:patient:code=K", "S1"},
        {"Patient?_has:Observation:patient:code=MG", "S1 S2"},
        {"Patient?_has:Observation:patient=MG", "400"},
        {"Patient?general-practitioner=dr1", "S1"},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void finds_quantities(void **state)
{
    static const struct fhir_case cases[] = {
        {"Observation?value-quantity=1.9", "o1"},
        {"Observation?value-quantity=2", "o1 o3"},
        {"Observation?value-quantity=2.0", "o3"},
        {"Observation?value-quantity=gt1.9", "o2 o3"},
        {"Observation?value-quantity=ge1.9", "o1 o2 o3"},
        {"Observation?value-quantity=lt2", "o1"},
        {"Observation?value-quantity=le2", "o1 o3"},
        {"Observation?value-quantity=ne2", "o2"},
        {"Observation?value-quantity=ap3", "o2"},
        {"Observation?value-quantity=1.9|http://unitsofmeasure.org|mg/dL", "o1"},
        {"Observation?value-quantity=1.9|http://x|mg/dL", ""},
        {"Observation?value-quantity=gt1||mmol/L", "o2"},
        {"Observation?value-quantity=many", "400"},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void shapes_results(void **state)
{
    static const struct fhir_case cases[] = {
        {"Observation?_id=o3", "o3"},
        {"Observation?_id=o3,o1,nope", "o1 o3"},
        {"Patient?_id=o3", ""},
        {"Observation?_count=2", "o1 o2"},
        {"Observation?_count=2&_offset=2", "o3 o4"},
        {"Observation?_count=2&_offset=4", "o5"},
        {"Observation?_offset=9", ""},
        {"Observation?_sort=date", "o4 o2 o1 o3 o5"},
        {"Observation?_sort=-date", "o3 o1 o2 o4 o5"},
        {"Observation?_sort=-_id&_count=2", "o5 o4"},
        {"Observation?_sort=code,-date", "o2 o3 o1 o5 o4"},
        {"Observation?_sort=-_lastUpdated&_count=1&patient=S1", "o2"},
        {"Observation?_sort=value-quantity", "o1 o3 o2 o4 o5"},
        {"Patient?_sort=family", "S2 S3 S1"},
        {"Patient?_sort=-birthdate", "S2 S3 S1"},
        {"Observation?code=K&_include=Observation:subject", "o2 +S1"},
        {"Observation?patient=S1&_include=Observation:subject", "o1 o2 o5 +S1"},
        {"Observation?code=K&_include=Observation:patient:Patient", "o2 +S1"},
        {"Observation?code=K&_include=Observation:subject:Device", "o2"},
        {"Observation?code=K&_include=*", "o2 +S1"},
        {"Observation?code=K&_include=Observation:subject&_include:iterate=Patient:general-"
         "practitioner",
         "o2 +S1 +dr1"},
        {"Patient?_id=S2&_revinclude=Observation:patient", "S2 +o3"},
        {"Observation?_total=none&code=K", "o2"},
        {"Observation?code=K&_format=json&_format=json", "o2"},
        {"Observation?code=K&_pretty=true", "o2"},
        {"Observation?code=&patient=S2", "o3"},
        {"Observation?&&code=K&", "o2"},
        {"Immunization?patient=S1&vaccine-code=1&date=ge2020", ""},
        {"Device?patient=S1", ""},
        {"Observation?_summary=count", ""},
        {"Observation?_count=0", ""},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void refuses(void **state)
{
    static const struct fhir_case cases[] = {
        {"Observation?nonsense=1", "400"},
        {"Observation?_page=2", "400"},
        {"Observation?_sort=effectiveDateTime", "400"},
        {"Observation?_count=many", "400"},
        {"Observation?_count=-1", "400"},
        {"Observation?_summary=some", "400"},
        {"Observation?_format=xml", "406"},
        {"Observation?code:exact=MG", "400"},
        {"Observation?code:sounds=MG", "400"},
        {"Observation?code-value-quantity=MG$5", "400"},
        {"Observation?_text=pain", "400"},
        {"Observation?_include=Observation:code", "400"},
        {"Observation?_include=Nope:subject", "400"},
        {"Observation?patient:Nope=S1", "400"},
        {"Observation?code:missing=perhaps", "400"},
        {"Patient?legal-sex=male", "400"},
        {"Nope?x=1", "404"},
        {"patient?name=x", "404"},
        {"Patient&_format=json", "404"},
        {"Patient/S1&_format=json", "404"},
        {"Patient/S9", "404"},
        {"Patient/S1/name", "404"},
        {"http://localhost:8080/Patient?name=x", "404"},
        {"", "400"},
        {"?name=x", "400"},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void reads_urls(void **state)
{
    static const struct fhir_case cases[] = {
        {"http://localhost:8080/fhir/Patient?_id=S1", "S1"},
        {"https://elsewhere/fhir/Patient?_id=S1", "S1"},
        {"/fhir/Patient?_id=S1", "S1"},
        {"/Patient/?_id=S1", "S1"},
        {"Patient?_id=S1#&_id=S2", "S1"},
        {"Patient?%5fid=S1", "S1"},
        {"%50atient?_id=S1", "S1"},
        {"Patient?_id=%S1", ""},
        {"Patient?_id=%ZZ", ""},
        {"Patient?_id=S1%", ""},
        {"Patient?_id=S1&identifier=http://a/b?c=d", ""},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void says_what_it_found(void **state)
{
    fhir_world_find(&world, "Observation?_count=2&_offset=2&date=ge2000");
    CLEANUP_JSON struct json *bundle = fhir_world_answer(&world);
    const struct json *links = json_get(bundle, "link");
    assert_int_equal(world.answer.total, 4);
    assert_int_equal(json_int(json_get(bundle, "total"), -1), 4);
    assert_str(json_str(json_get(bundle, "type")), "searchset");
    assert_str(json_str(json_path(json_at(links, 0), "relation")), "self");
    assert_str(json_str(json_path(json_at(links, 0), "url")),
               FHIR_BASE "Observation?_count=2&_offset=2&date=ge2000");
    assert_str(json_str(json_path(json_at(links, 1), "relation")), "previous");
    assert_str(json_str(json_path(json_at(links, 1), "url")),
               FHIR_BASE "Observation?_count=2&date=ge2000&_offset=0");
    assert_str(json_str(json_path(json_at(json_get(bundle, "entry"), 0), "fullUrl")),
               FHIR_BASE "Observation/o3");
}

/* Following the links from page to page gives everything once. */
static void links_pages(void **state)
{
    CLEANUP_BUF struct buf all = {0}, url = {0};
    buf_text(&url, "Observation?_sort=-date&_count=2&code:not=K%2BX&_format=json");
    for (int page = 0; page < 4 && url.len; page++) {
        buf_printf(&all, "%s%s", page ? " " : "", fhir_world_find(&world, url.ptr));
        CLEANUP_JSON struct json *bundle = fhir_world_answer(&world);
        const struct json *links = json_get(bundle, "link");
        buf_reset(&url);
        for (size_t i = 0; i < json_count(links); i++)
            if (str_is(json_str(json_get(json_at(links, i), "relation")), "next"))
                buf_str(&url, json_str(json_get(json_at(links, i), "url")));
    }
    assert_string_equal(all.ptr, "o3 o1 o2 o4 o5");
}

static void counts_only(void **state)
{
    fhir_world_find(&world, "Observation?code=MG&_summary=count");
    CLEANUP_JSON struct json *bundle = fhir_world_answer(&world);
    assert_int_equal(json_int(json_get(bundle, "total"), -1), 3);
    assert_null(json_get(bundle, "entry"));
    fhir_world_find(&world, "Observation?_total=none");
    CLEANUP_JSON struct json *untold = fhir_world_answer(&world);
    assert_null(json_get(untold, "total"));
}

static const struct json *first_resource(const struct json *bundle)
{
    return json_get(json_at(json_get(bundle, "entry"), 0), "resource");
}

static void chooses_members(void **state)
{
    fhir_world_find(&world, "Patient?_id=S1&_elements=birthDate,Patient.name.family");
    CLEANUP_JSON struct json *elements = fhir_world_answer(&world);
    const struct json *patient = first_resource(elements);
    assert_non_null(json_get(patient, "birthDate"));
    assert_non_null(json_get(patient, "name"));
    assert_null(json_get(patient, "gender"));
    assert_str(json_str(json_path(json_at(json_path(patient, "meta.tag"), 0), "code")),
               "SUBSETTED");
    assert_str(json_str(json_path(patient, "meta.versionId")), "4");
    fhir_world_find(&world, "Observation?_id=o1&_elements=status");
    CLEANUP_JSON struct json *mandatory = fhir_world_answer(&world);
    assert_non_null(json_get(first_resource(mandatory), "code"));
    assert_null(json_get(first_resource(mandatory), "subject"));
    fhir_world_find(&world, "Patient?_id=S1&_summary=true");
    CLEANUP_JSON struct json *summary = fhir_world_answer(&world);
    assert_non_null(json_get(first_resource(summary), "telecom"));
    assert_null(json_get(first_resource(summary), "generalPractitioner"));
}

/* What a server would have added is there; what it has is as it was. */
static void fills_meta(void **state)
{
    assert_int_equal(
        fhir_read(world.view, FHIR_TEXT("Observation"), FHIR_TEXT("o1"), &world.answer), 200);
    CLEANUP_JSON struct json *bare = fhir_world_answer(&world);
    assert_str(json_str(json_path(bare, "meta.versionId")), "1");
    assert_str(json_str(json_path(bare, "meta.lastUpdated")), FHIR_LAST_UPDATED);
    assert_int_equal(fhir_read(world.view, FHIR_TEXT("Patient"), FHIR_TEXT("S1"), &world.answer),
                     200);
    CLEANUP_JSON struct json *full = fhir_world_answer(&world);
    assert_str(json_str(json_path(full, "meta.lastUpdated")), "2024-05-01T10:00:00.000+00:00");
}

static void describes_itself(void **state)
{
    assert_int_equal(fhir_get(world.view, FHIR_TEXT("metadata"), &world.answer), 200);
    CLEANUP_JSON struct json *statement = fhir_world_answer(&world);
    assert_str(json_str(json_get(statement, "resourceType")), "CapabilityStatement");
    assert_str(json_str(json_get(statement, "fhirVersion")), "4.0.1");
    const struct json *rest = json_at(json_get(statement, "rest"), 0);
    assert_true(json_count(json_get(rest, "resource")) > 140);
    assert_int_equal(fhir_get(world.view, FHIR_TEXT("metadata?x=1&_format=json"), &world.answer),
                     200);
}

static void gathers_everything(void **state)
{
    static const struct fhir_case cases[] = {
        {"Patient/S1/$everything", "S1 m1 m2 o1 o2 o5 p1 r1"},
        {"Patient/S9/$everything", "404"},
        {NULL, NULL},
    };
    fhir_world_ask(&world, cases);
}

static void bounds_requests(void **state)
{
    CLEANUP_BUF struct buf url = {0};
    buf_text(&url, "Patient?name=");
    while (url.len <= FHIR_URL_MAX)
        buf_text(&url, "x,");
    assert_string_equal(fhir_world_find(&world, url.ptr), "414");
    buf_reset(&url);
    buf_text(&url, "Observation?code=MG");
    for (int i = 0; i < 100; i++)
        buf_text(&url, "&status=final");
    assert_string_equal(fhir_world_find(&world, url.ptr), "400");
    buf_reset(&url);
    buf_text(&url, "Patient?link:Patient");
    for (int i = 0; i < 8; i++)
        buf_text(&url, ".link:Patient");
    buf_text(&url, ".name=x");
    assert_string_equal(fhir_world_find(&world, url.ptr), "400");
}

static int open_ward(void **state)
{
    fhir_world_open(&world, NULL);
    return 0;
}

static int close_ward(void **state)
{
    fhir_world_close(&world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_tokens),
        cmocka_unit_test(finds_strings),
        cmocka_unit_test(finds_dates),
        cmocka_unit_test(finds_references),
        cmocka_unit_test(finds_quantities),
        cmocka_unit_test(shapes_results),
        cmocka_unit_test(refuses),
        cmocka_unit_test(reads_urls),
        cmocka_unit_test(says_what_it_found),
        cmocka_unit_test(links_pages),
        cmocka_unit_test(counts_only),
        cmocka_unit_test(chooses_members),
        cmocka_unit_test(fills_meta),
        cmocka_unit_test(describes_itself),
        cmocka_unit_test(gathers_everything),
        cmocka_unit_test(bounds_requests),
    };
    return cmocka_run_group_tests(tests, open_ward, close_ward);
}
