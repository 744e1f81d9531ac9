/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/slice.h"
#include "json_scan.h"
#include "unpack.h"

#define SOURCES_MAX 60000u
#define OPEN_MAX_SOURCES 64 /* files that stay open */
#define CACHE_FROM (8 << 20)
#define BLOCK_BITS 16            /* of the piece of a file that one page fault maps */
#define GAP_BYTES 4096           /* cheaper to read along than to read again */
#define KEPT_BYTES (12ull << 20) /* of mapped text, before its pages are let go */

int store_fail(struct fhir_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (error)
        vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    return -1;
}

grasp_str store_text(const struct fhir_store *store, uint32_t row)
{
    const struct row *r = &store->index.rows[row];
    return (grasp_str){store->sources[r->source].text + r->offset, r->len};
}

grasp_str store_row_id(const struct fhir_store *store, const struct row *row)
{
    const char *text = store->sources[row->source].text + row->offset;
    if (row->id_at != ROW_ID_FAR)
        return (grasp_str){text + row->id_at, row->id_len};
    grasp_str id = scan_get((grasp_str){text, row->len}, SLICE("id"));
    return id.len < 2 ? (grasp_str){"", 0} : slice_cut(id, 1, id.len - 1);
}

grasp_str store_id(const struct fhir_store *store, uint32_t row)
{
    return store_row_id(store, &store->index.rows[row]);
}

uint32_t store_find(const struct fhir_store *store, uint32_t type, grasp_str id)
{
    const struct index *index = &store->index;
    uint64_t at = index_id_place(type, id, index->id_count);
    for (uint64_t i = 0; i < index->id_count && index->ids[at]; i++) {
        uint32_t row = index->ids[at] - 1;
        const struct row *r = &index->rows[row];
        if (r->type == type && r->id_len == id.len && slice_eq(store_id(store, row), id))
            return row;
        at = at + 1 == index->id_count ? 0 : at + 1;
    }
    return UINT32_MAX;
}

static bool is_inside(const struct window *window, const struct source *source,
                      const struct row *row)
{
    return window->source == source && row->offset >= window->from &&
           row->offset + row->len <= window->from + window->len;
}

/* Moves the window over the first row, and over those after it that little lies between. */
static void place_window(const struct fhir_store *store, const uint32_t *rows, uint32_t count,
                         struct window *window)
{
    const struct row *first = &store->index.rows[rows[0]];
    uint64_t from = first->offset, to = first->offset + first->len;
    for (uint32_t i = 1; i < count && rows[i] < store->index.row_count; i++) {
        const struct row *row = &store->index.rows[rows[i]];
        uint64_t low = row->offset < from ? row->offset : from;
        uint64_t high = row->offset + row->len > to ? row->offset + row->len : to;
        if (row->source != first->source || high - low > STORE_WINDOW ||
            high - low > to - from + row->len + GAP_BYTES)
            break;
        from = low;
        to = high;
    }
    window->source = &store->sources[first->source];
    window->from = from;
    window->len = (uint32_t)(to - from);
}

grasp_str store_read(const struct fhir_store *store, const uint32_t *rows, uint32_t count,
                     struct window *window)
{
    const struct row *row = &store->index.rows[rows[0]];
    const struct source *source = &store->sources[row->source];
    if (!is_inside(window, source, row) && source->fd >= 0 && row->len <= STORE_WINDOW) {
        place_window(store, rows, count, window);
        if (pread(source->fd, window->text, window->len, (off_t)window->from) !=
            (ssize_t)window->len)
            window->source = NULL;
    }
    if (is_inside(window, source, row))
        return (grasp_str){window->text + (row->offset - window->from), row->len};
    store_touch(store, row);
    return (grasp_str){source->text + row->offset, row->len};
}

void store_touch(const struct fhir_store *store, const struct row *row)
{
    struct touched *touched = (struct touched *)&store->touched;
    uint64_t block = (row->offset >> BLOCK_BITS) << 16 | row->source;
    if (__atomic_exchange_n(&touched->block, block, __ATOMIC_RELAXED) == block)
        return;
    uint64_t bytes = ((uint64_t)1 << BLOCK_BITS) + row->len;
    if (__atomic_add_fetch(&touched->bytes, bytes, __ATOMIC_RELAXED) < KEPT_BYTES)
        return;
    __atomic_store_n(&touched->bytes, 0, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < store->source_count; i++)
        if (store->sources[i].map)
            madvise(store->sources[i].map, store->sources[i].len, MADV_DONTNEED);
}

static char *copy_text(const char *text, size_t len)
{
    char *copy = malloc(len + 1);
    if (!copy)
        abort();
    if (len)
        memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path)
        abort();
    snprintf(path, size, "%s%s%s", folder, *folder && folder[strlen(folder) - 1] == '/' ? "" : "/",
             name);
    return path;
}

static struct source *source_add(struct fhir_store *store, const char *name)
{
    store->sources = realloc(store->sources, (store->source_count + 1) * sizeof(*store->sources));
    if (!store->sources)
        abort();
    struct source *source = &store->sources[store->source_count++];
    *source = (struct source){.name = copy_text(name, strlen(name)), .text = "", .fd = -1};
    return source;
}

/* Without noting when it was read, which costs much beside reading a few hundred bytes; but that
 * is for a file's owner to decide. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOATIME);
    return fd < 0 && errno == EPERM ? open(path, O_RDONLY | O_CLOEXEC) : fd;
}

static int map_file(struct source *source, const char *path, int64_t keep_text, bool keep_open,
                    struct fhir_error *error)
{
    struct stat about;
    int result = 0, fd = open_file(path);
    if (fd < 0 || fstat(fd, &about) != 0) {
        result = store_fail(error, "cannot read %s: %s", path, strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        result = store_fail(error, "%s is not a file", path);
    } else if (about.st_size > 0) {
        void *map = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED) {
            result = store_fail(error, "cannot map %s: %s", path, strerror(errno));
        } else {
            source->text = source->map = map;
            source->len = (uint64_t)about.st_size;
        }
        source->modified = about.st_mtim.tv_sec * 1000000000ll + about.st_mtim.tv_nsec;
    }
    source->fd = fd;
    if (result == 0 && unpack_name_len(path) < strlen(path))
        result = unpack_source(source, keep_text, error);
    if (source->fd >= 0 && (result || !keep_open)) {
        close(source->fd);
        source->fd = -1;
    }
    return result;
}

static int is_data(const struct dirent *entry)
{
    static const char *const ends[] = {".ndjson", ".jsonl", ".json"};
    grasp_str name = {entry->d_name, unpack_name_len(entry->d_name)};
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (slice_ends(name, ends[i]))
            return *name.ptr != '.';
    return 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder of many files is worth an index before one of them is. */
static int64_t keep_text(const struct fhir_store *store)
{
    return store->cache_from < 0 ? -1 : store->cache_from / 8;
}

static int map_folder(struct fhir_store *store, const char *path, struct fhir_error *error)
{
    struct dirent **names;
    int result = 0, count = scandir(path, &names, is_data, by_bytes);
    if (count < 0)
        return store_fail(error, "cannot read the folder %s: %s", path, strerror(errno));
    if (count > (int)SOURCES_MAX)
        result = store_fail(error, "%s has more than %u files of data", path, SOURCES_MAX);
    for (int i = 0; i < count; i++) {
        char *file = join(path, names[i]->d_name);
        if (result == 0)
            result = map_file(source_add(store, file), file, keep_text(store), i < OPEN_MAX_SOURCES,
                              error);
        free(file);
        free(names[i]);
    }
    free(names);
    if (result == 0 && count == 0)
        return store_fail(error, "%s has no resources: a data folder holds *.ndjson or *.json",
                          path);
    return result;
}

static struct fhir_store *store_new(const struct fhir_options *options)
{
    static const struct fhir_options defaults = {0};
    const struct fhir_options *o = options ? options : &defaults;
    struct fhir_store *store = calloc(1, sizeof(*store));
    if (!store)
        abort();
    const char *base = o->base && *o->base ? o->base : FHIR_BASE;
    store->base = base[strlen(base) - 1] == '/' ? copy_text(base, strlen(base)) : join(base, "");
    store->as_stored = o->as_stored != 0;
    store->cache_from = o->cache_from ? o->cache_from : CACHE_FROM;
    return store;
}

/* The index from its file, or built and, for data that is worth it, written there and mapped. */
static int index_open(struct fhir_store *store, const char *path, bool folder,
                      struct fhir_error *error)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < store->source_count; i++)
        size += store->sources[i].len;
    if (store->cache_from < 0 || size < (uint64_t)store->cache_from)
        return index_build(store, error);
    char *file = NULL;
    if (folder) {
        file = join(path, ".fhir-index");
    } else {
        file = malloc(strlen(path) + sizeof(".fhir-index"));
        if (!file)
            abort();
        sprintf(file, "%s.fhir-index", path);
    }
    int result = 0;
    store->cached = index_file_load(store, file);
    if (!store->cached) {
        result = index_build(store, error);
        struct index built = store->index;
        if (result == 0)
            index_file_save(store, file);
        if (result == 0 && index_file_load(store, file))
            index_free(&built); /* the mapped file costs less memory */
    }
    free(file);
    return result;
}

static int finish_open(struct fhir_store *store, int result, struct fhir_store **out)
{
    if (result == 0)
        *out = store;
    else
        fhir_close(store);
    return result;
}

int fhir_open(const char *path, const struct fhir_options *options, struct fhir_store **out,
              struct fhir_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return store_fail(error, "cannot read %s: %s", path, strerror(errno));
    struct fhir_store *store = store_new(options);
    bool folder = S_ISDIR(about.st_mode);
    int result = folder ? map_folder(store, path, error)
                        : map_file(source_add(store, path), path, keep_text(store), true, error);
    if (result == 0)
        result = index_open(store, path, folder, error);
    if (result == 0 && store->index.row_count == 0)
        result = store_fail(error, "%s has no resources", path);
    return finish_open(store, result, out);
}

int fhir_open_text(struct fhir_text text, const char *name, const struct fhir_options *options,
                   struct fhir_store **out, struct fhir_error *error)
{
    struct fhir_store *store = store_new(options);
    struct source *source = source_add(store, name);
    source->text = source->heap = copy_text(text.ptr, text.len);
    source->len = text.len;
    return finish_open(store, index_build(store, error), out);
}

void fhir_close(struct fhir_store *store)
{
    if (!store)
        return;
    index_free(&store->index);
    for (uint32_t i = 0; i < store->source_count; i++) {
        struct source *source = &store->sources[i];
        if (source->map)
            munmap(source->map, source->len);
        if (source->fd >= 0)
            close(source->fd);
        free(source->heap);
        free(source->name);
    }
    free(store->sources);
    free(store->base);
    free(store);
}

uint64_t fhir_count(const struct fhir_store *store)
{
    return store->index.row_count;
}

int32_t fhir_index_was_cached(const struct fhir_store *store)
{
    return store->cached;
}
