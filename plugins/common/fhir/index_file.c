/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/embedded.h"
#include "common/slice.h"
#include "store.h"

extern const struct embedded_file fhir_r4[];

static const char magic[16] = "fhir index 3\n";

struct header {
    char magic[16];
    uint64_t sources; /* hash of what the index was made from */
    uint64_t body;    /* hash of what follows the header */
    uint64_t row_count, slot_count, id_count, name_count, posting_count;
    uint64_t reserved[7];
};
_Static_assert(sizeof(struct header) % 64 == 0 && 64 % sizeof(struct row) == 0,
               "no row lies across two lines of the processor's cache");

/* Files by name, size and time; the layout of the tables; the search parameters. */
static uint64_t sources_hash(const struct fhir_store *store)
{
    uint64_t hash = index_hash((grasp_str){fhir_r4[0].text, fhir_r4[0].len}, sizeof(struct row));
    for (uint32_t i = 0; i < store->source_count; i++) {
        const struct source *source = &store->sources[i];
        const char *slash = strrchr(source->name, '/');
        const char *name = slash ? slash + 1 : source->name;
        uint64_t facts[2] = {source->len, (uint64_t)source->modified};
        hash = index_hash((grasp_str){name, strlen(name)}, hash);
        hash = index_hash((grasp_str){(const char *)facts, sizeof(facts)}, hash);
    }
    return hash;
}

/* Bytes of each table, in their order in the file; they fit, or the sum is UINT64_MAX. */
static uint64_t table_sizes(const struct header *header, uint64_t sizes[5])
{
    const uint64_t counts[5] = {header->row_count, header->slot_count, header->name_count,
                                header->id_count, header->posting_count};
    static const size_t items[5] = {sizeof(struct row), sizeof(struct slot), sizeof(struct name),
                                    sizeof(uint32_t), sizeof(uint32_t)};
    uint64_t sum = 0;
    for (int i = 0; i < 5; i++) {
        if (counts[i] > UINT32_MAX)
            return UINT64_MAX;
        sizes[i] = counts[i] * items[i];
        sum += sizes[i];
    }
    return sum;
}

static bool is_power(uint64_t number)
{
    return number && !(number & (number - 1));
}

static bool is_zero(const uint64_t *numbers, size_t count)
{
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= numbers[i];
    return !all;
}

static bool fits(const struct fhir_store *store, const struct header *header, uint64_t size)
{
    uint64_t sizes[5], sum = table_sizes(header, sizes);
    return memcmp(header->magic, magic, sizeof(magic)) == 0 && sum != UINT64_MAX &&
           is_zero(header->reserved, sizeof(header->reserved) / sizeof(uint64_t)) &&
           size == sizeof(*header) + sum && is_power(header->slot_count) &&
           header->id_count > header->row_count && header->sources == sources_hash(store) &&
           header->body == index_hash((grasp_str){(const char *)(header + 1), sum}, 0);
}

static void use_map(struct index *index, void *map, uint64_t size)
{
    const struct header *header = map;
    uint64_t sizes[5];
    const char *at = (const char *)(header + 1);
    table_sizes(header, sizes);
    *index = (struct index){
        .rows = (const struct row *)at,
        .slots = (const struct slot *)(at + sizes[0]),
        .names = (const struct name *)(at + sizes[0] + sizes[1]),
        .ids = (const uint32_t *)(at + sizes[0] + sizes[1] + sizes[2]),
        .postings = (const uint32_t *)(at + sizes[0] + sizes[1] + sizes[2] + sizes[3]),
        .row_count = header->row_count,
        .slot_count = header->slot_count,
        .id_count = header->id_count,
        .name_count = header->name_count,
        .posting_count = header->posting_count,
        .map = map,
        .map_size = size,
    };
}

bool index_file_load(struct fhir_store *store, const char *path)
{
    struct stat about;
    bool ok = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
        about.st_size >= (off_t)sizeof(struct header)) {
        uint64_t size = (uint64_t)about.st_size;
        void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
        ok = map != MAP_FAILED && fits(store, map, size);
        if (ok) {
            madvise(map, size, MADV_DONTNEED); /* of what the hash read, most is not needed soon */
            use_map(&store->index, map, size);
        } else if (map != MAP_FAILED) {
            munmap(map, size);
        }
    }
    close(fd);
    return ok;
}

static bool write_all(int fd, const char *data, uint64_t size)
{
    while (size) {
        ssize_t wrote = write(fd, data, size < (1u << 30) ? size : 1u << 30);
        if (wrote <= 0)
            return false;
        data += wrote;
        size -= (uint64_t)wrote;
    }
    return true;
}

void index_file_save(const struct fhir_store *store, const char *path)
{
    const struct index *index = &store->index;
    struct header header = {.sources = sources_hash(store),
                            .row_count = index->row_count,
                            .slot_count = index->slot_count,
                            .id_count = index->id_count,
                            .name_count = index->name_count,
                            .posting_count = index->posting_count};
    uint64_t sizes[5], sum = table_sizes(&header, sizes);
    char temporary[4096];
    int len = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    int fd =
        sum != UINT64_MAX && len < (int)sizeof(temporary) ? mkostemp(temporary, O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    memcpy(header.magic, magic, sizeof(magic));
    header.body = index_hash((grasp_str){index->memory, sum}, 0);
    bool ok = write_all(fd, (const char *)&header, sizeof(header)) &&
              write_all(fd, index->memory, sum) && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
    if (!ok)
        unlink(temporary);
}
