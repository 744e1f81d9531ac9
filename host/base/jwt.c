/* SPDX-License-Identifier: MIT */
#include "base/jwt.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/mem.h"

#define MIN_BITS 2048

struct rsa_key {
    EVP_PKEY *key;
};

/* A key that is encrypted is not asked for its passphrase. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    return -1;
}

struct rsa_key *rsa_key_read(struct str pem)
{
    if (!pem.len || pem.len > (64u << 10))
        return NULL;
    BIO *source = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *read = source ? PEM_read_bio_PrivateKey(source, NULL, no_passphrase, NULL) : NULL;
    BIO_free(source);
    ERR_clear_error();
    if (!read || EVP_PKEY_base_id(read) != EVP_PKEY_RSA || EVP_PKEY_bits(read) < MIN_BITS) {
        EVP_PKEY_free(read);
        return NULL;
    }
    struct rsa_key *key = mem_alloc(sizeof(*key));
    key->key = read;
    return key;
}

void rsa_key_free(struct rsa_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    mem_free(key);
}

static void add_base64url(struct buf *out, const uint8_t *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)data[i] << 16;
        bits |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= left > 2 ? data[i + 2] : 0;
        for (size_t k = 0; k <= left; k++)
            buf_char(out, digits[bits >> (18 - 6 * k) & 63]);
    }
}

static bool sign(EVP_PKEY *key, struct str text, uint8_t *out, size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(context, out, len, (const uint8_t *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

bool jwt_sign(const struct rsa_key *key, struct str header, struct str claims, struct buf *out)
{
    size_t start = out->len, len = (size_t)EVP_PKEY_size(key->key);
    CLEANUP_FREE uint8_t *signature = mem_alloc(len);
    add_base64url(out, (const uint8_t *)header.ptr, header.len);
    buf_char(out, '.');
    add_base64url(out, (const uint8_t *)claims.ptr, claims.len);
    if (!sign(key->key, (struct str){out->ptr + start, out->len - start}, signature, &len))
        return false;
    buf_char(out, '.');
    add_base64url(out, signature, len);
    return true;
}
