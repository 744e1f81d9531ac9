/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/hash.h"

static void hashes_known_texts(void **state)
{
    char hex[HASH_HEX];
    hash_sha256_hex(STR("abc"), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256_hex((struct str){NULL, 0}, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(hash_sha256_u64(STR("abc")) == UINT64_C(0xba7816bf8f01cfea));
    uint8_t wide[64];
    static const uint8_t start[] = {0xdd, 0xaf, 0x35, 0xa1}, end[] = {0xa5, 0x4c, 0xa4, 0x9f};
    hash_sha512(STR("abc"), wide);
    assert_memory_equal(wide, start, 4);
    assert_memory_equal(wide + 60, end, 4);
}

static void hash_two(const char *a, const char *b, char hex[HASH_HEX])
{
    struct hash *hash = hash_create();
    hash_piece(hash, str_of(a));
    hash_piece(hash, str_of(b));
    hash_finish_hex(hash, hex);
}

static void pieces_cannot_be_shifted(void **state)
{
    char one[HASH_HEX], two[HASH_HEX], again[HASH_HEX], whole[HASH_HEX];
    hash_two("ab", "c", one);
    hash_two("a", "bc", two);
    hash_two("ab", "c", again);
    assert_string_not_equal(one, two);
    assert_string_equal(one, again);
    hash_sha256_hex(STR("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c"), whole);
    assert_string_equal(one, whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_known_texts),
        cmocka_unit_test(pieces_cannot_be_shifted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
