/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

struct hash {
    EVP_MD_CTX *ctx;
};

/* Digests of memory fail only when there is no memory or OpenSSL lacks the algorithm. */
static void must(int ok)
{
    if (ok == 1)
        return;
    log_line(LOG_ERROR, "libcrypto cannot compute a SHA-2 digest");
    _exit(EXIT_INTERNAL);
}

/* EVP_sha256() would be looked up by its name again for each digest. */
static EVP_MD *sha256_md;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch_sha256(void)
{
    sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(sha256_md != NULL);
}

static const EVP_MD *sha256_get(void)
{
    pthread_once(&sha256_once, fetch_sha256);
    return sha256_md;
}

static void to_hex(const uint8_t digest[32], char out[HASH_HEX])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[64] = '\0';
}

static void sha256(struct str data, uint8_t out[32])
{
    must(EVP_Digest(data.ptr, data.len, out, NULL, sha256_get(), NULL));
}

void hash_sha256_hex(struct str data, char out[HASH_HEX])
{
    uint8_t digest[32];
    sha256(data, digest);
    to_hex(digest, out);
}

void hash_sha512(struct str data, uint8_t out[64])
{
    must(EVP_Digest(data.ptr, data.len, out, NULL, EVP_sha512(), NULL));
}

uint64_t hash_sha256_u64(struct str data)
{
    uint8_t digest[32];
    sha256(data, digest);
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | digest[i];
    return value;
}

struct hash *hash_create(void)
{
    struct hash *hash = mem_alloc(sizeof(*hash));
    hash->ctx = EVP_MD_CTX_new();
    must(hash->ctx != NULL);
    must(EVP_DigestInit_ex(hash->ctx, sha256_get(), NULL));
    return hash;
}

void hash_piece(struct hash *hash, struct str piece)
{
    uint8_t length[8];
    for (size_t i = 0; i < 8; i++)
        length[i] = (uint8_t)((uint64_t)piece.len >> (56 - 8 * i));
    must(EVP_DigestUpdate(hash->ctx, length, sizeof(length)));
    must(EVP_DigestUpdate(hash->ctx, piece.ptr, piece.len));
}

void hash_finish_hex(struct hash *hash, char out[HASH_HEX])
{
    uint8_t digest[32];
    must(EVP_DigestFinal_ex(hash->ctx, digest, NULL));
    to_hex(digest, out);
    EVP_MD_CTX_free(hash->ctx);
    mem_free(hash);
}
