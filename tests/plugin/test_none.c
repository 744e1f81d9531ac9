/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "mock_host.h"

#include <cmocka.h>

static void test_says_nothing(void **state)
{
    const grasp_method *method = mock_load("none.so")->methods[0];
    struct mock_host *host = mock_host_create();
    void *self, *knowledge;
    grasp_files none = {NULL, 0};
    grasp_turn turn = {.size = sizeof(turn), .sample = grasp_cstr("{\"id\": \"a\"}")};
    assert_string_equal(method->id, "none");
    assert_int_equal(method->open(mock_call(host), grasp_cstr("{}"), grasp_cstr("{}"), &self), 0);
    assert_int_equal(method->info(mock_call(host), self), 0);
    mock_assert_text(host->json.items[0], "{\"unit\": \"none\"}");
    assert_int_equal(method->load(mock_call(host), self, &none, &knowledge), 0);
    assert_int_equal(method->augment(mock_call(host), self, knowledge, &turn), 0);
    assert_false(host->has_guidance);
    assert_null(method->learn);
    assert_null(method->extension(grasp_cstr(GRASP_EXT_REHEARSAL)));
    method->unload(mock_call(host), self, knowledge);
    method->unload(NULL, self, NULL);
    method->close(mock_call(host), self);
    method->close(NULL, NULL);
    mock_host_destroy(host);
}

static void test_refuses_files(void **state)
{
    const grasp_method *method = mock_load("none.so")->methods[0];
    struct mock_host *host = mock_host_create();
    void *self, *knowledge = NULL;
    grasp_file file = {grasp_cstr("triage.md"), grasp_cstr("text")};
    grasp_files files = {&file, 1};
    assert_int_equal(method->open(mock_call(host), grasp_cstr("{}"), grasp_cstr("{}"), &self), 0);
    int32_t status = method->load(mock_call(host), self, &files, &knowledge);
    mock_assert_failed(host, status, GRASP_E_INVALID);
    mock_assert_contains(host->fail_text, "triage.md");
    assert_null(knowledge);
    method->close(NULL, self);
    mock_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_nothing),
        cmocka_unit_test(test_refuses_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
