/* SPDX-License-Identifier: MIT */
#include "quickstart_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

#include <cmocka.h>

static const char known_patients[] =
    "{\"patients\": ["
    "{\"mrn\": \"S0000001\", \"family\": \"Aldous\", \"given\": \"Mina\", \"birthDate\": "
    "\"1951-02-03\", \"gender\": \"female\", \"readings\": [[2.1, 5], [1.8, 30]]},"
    "{\"mrn\": \"S0000002\", \"family\": \"Bloom\", \"given\": \"Theo\", \"birthDate\": "
    "\"1962-11-30\", \"gender\": \"male\", \"readings\": [[1.9, 22], [2.4, 10], [1.6, 50]]},"
    "{\"mrn\": \"S0000003\", \"family\": \"Castro\", \"given\": \"Ines\", \"birthDate\": "
    "\"1973-07-07\", \"gender\": \"female\", \"readings\": [[2.0, 24]]},"
    "{\"mrn\": \"S0000004\", \"family\": \"Dorn\", \"given\": \"Paul\", \"birthDate\": "
    "\"1984-01-19\", \"gender\": \"male\", \"readings\": [[1.9, 26], [2.2, 40]]},"
    "{\"mrn\": \"S0000005\", \"family\": \"Eames\", \"given\": \"Rita\", \"birthDate\": "
    "\"1995-05-25\", \"gender\": \"female\", \"readings\": []},"
    "{\"mrn\": \"S0000006\", \"family\": \"Farrow\", \"given\": \"Saul\", \"birthDate\": "
    "\"1946-12-31\", \"gender\": \"male\", \"readings\": [[1.7, 24.0167]]}]}";

int32_t fixture_try(struct fixture *fixture, const char *options)
{
    const grasp_plugin *plugin = mock_load("quickstart.so");
    *fixture = (struct fixture){.host = mock_host_create(), .task = plugin->tasks[0]};
    char *config = mock_config(fixture->task->options, options);
    int32_t status =
        fixture->task->open(mock_call(fixture->host), grasp_cstr(config), &fixture->self);
    free(config);
    return status;
}

void fixture_open(struct fixture *fixture, const char *options)
{
    int32_t status = fixture_try(fixture, options);
    if (status)
        fail_msg("open: %d: %s", status, mock_str(fixture->host->fail_text).ptr);
}

void fixture_open_known(struct fixture *fixture)
{
    char options[4300];
    char *path = fixture_file("patients.json", known_patients);
    snprintf(options, sizeof(options),
             "{\"patients_file\": \"%s\", \"dev\": 6, \"val\": 0, \"id_test\": 0, \"test\": 0}",
             path);
    fixture_open(fixture, options);
    fixture_remove(path);
    fixture_load(fixture, "dev");
}

static void clear_samples(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->count; i++)
        free(fixture->samples[i]);
    free(fixture->samples);
    fixture->samples = NULL;
    fixture->count = 0;
}

void fixture_load(struct fixture *fixture, const char *split)
{
    struct mock_host *host = fixture->host;
    clear_samples(fixture);
    assert_int_equal(fixture->task->samples(mock_call(host), fixture->self, grasp_cstr(split)),
                     GRASP_OK);
    fixture->count = host->json.count;
    fixture->samples = calloc(fixture->count + 1, sizeof(char *));
    for (size_t i = 0; i < fixture->count; i++)
        fixture->samples[i] = strdup(host->json.items[i].ptr);
}

void fixture_close(struct fixture *fixture)
{
    clear_samples(fixture);
    fixture->task->close(mock_call(fixture->host), fixture->self);
    mock_host_destroy(fixture->host);
    *fixture = (struct fixture){0};
}

char *fixture_file(const char *name, const char *text)
{
    const char *root = getenv("TMPDIR");
    char *path = malloc(4096);
    snprintf(path, 4096, "%s/quickstart_XXXXXX", root && *root ? root : "/tmp");
    assert_non_null(mkdtemp(path));
    size_t len = strlen(path);
    snprintf(path + len, 4096 - len, "/%s", name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

void fixture_remove(char *path)
{
    unlink(path);
    *strrchr(path, '/') = 0;
    rmdir(path);
    free(path);
}

char *fixture_member(const char *sample, const char *key)
{
    struct err err;
    struct json *object = json_parse(str_of(sample), &err);
    assert_non_null(object);
    struct str value = json_str(json_get(object, key));
    char *out = strndup(value.ptr, value.len);
    json_free(object);
    return out;
}
