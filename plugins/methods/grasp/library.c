/* SPDX-License-Identifier: MIT */
#include "library.h"

#include <stdlib.h>
#include <string.h>

#include "common/slice.h"

#define ARCHIVE ".history/"
#define PARENT "parent_version"

static int by_name(const void *a, const void *b)
{
    return slice_cmp(((const grasp_file *)a)->name, ((const grasp_file *)b)->name);
}

struct library library_open(struct pool *pool, const grasp_files *files, bool reference)
{
    struct library library = {.pool = pool, .reference = reference};
    library.capacity = files->count + 4;
    library.files = pool_array(pool, library.capacity, sizeof(*library.files));
    library.count = files->count;
    if (files->count)
        memcpy(library.files, files->items, files->count * sizeof(*library.files));
    qsort(library.files, library.count, sizeof(*library.files), by_name);
    return library;
}

struct library library_fork(const struct library *library)
{
    const grasp_files files = library_files(library);
    return library_open(library->pool, &files, library->reference);
}

grasp_files library_files(const struct library *library)
{
    return (grasp_files){library->files, library->count};
}

/* The first position whose name is not before `name`. */
static size_t position(const struct library *library, grasp_str name)
{
    size_t low = 0, high = library->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (slice_cmp(library->files[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static grasp_file *find(const struct library *library, grasp_str name)
{
    size_t at = position(library, name);
    return at < library->count && slice_eq(library->files[at].name, name) ? &library->files[at]
                                                                          : NULL;
}

static void put(struct library *library, grasp_str name, grasp_str text)
{
    size_t at = position(library, name);
    if (at < library->count && slice_eq(library->files[at].name, name)) {
        library->files[at].text = text;
        return;
    }
    POOL_RESERVE(library->pool, library->files, library->count, library->capacity);
    memmove(library->files + at + 1, library->files + at,
            (library->count - at) * sizeof(*library->files));
    library->files[at] = (grasp_file){name, text};
    library->count++;
}

static bool is_learned(grasp_str name)
{
    return slice_ends(name, ".md") && !memchr(name.ptr, '/', name.len);
}

static grasp_str file_name(const struct library *library, grasp_str file)
{
    return pool_format(library->pool, "%.*s.md", (int)file.len, file.ptr);
}

bool library_has(const struct library *library, grasp_str file)
{
    return find(library, file_name(library, file)) != NULL;
}

size_t library_count(const struct library *library)
{
    size_t count = 0;
    for (size_t i = 0; i < library->count; i++)
        count += is_learned(library->files[i].name);
    return count;
}

static bool parse(const struct library *library, const grasp_file *file, struct skill *out)
{
    struct text why CLEANUP_TEXT = {0};
    return skill_parse(library->pool, file->name, file->text, out, &why);
}

size_t library_skills(const struct library *library, struct skill **out)
{
    size_t count = 0;
    *out = pool_array(library->pool, library->count, sizeof(**out));
    for (size_t i = 0; i < library->count; i++) {
        if (is_learned(library->files[i].name))
            count += parse(library, &library->files[i], *out + count);
    }
    return count;
}

/* The number in ".history/<file>_v<number>.md", 0 for other names. With `loose`, the number
 * may be any text, as in the reference: then 1. */
static int64_t archive_version(grasp_str name, grasp_str file, bool loose)
{
    size_t at = strlen(ARCHIVE), digits;
    if (!slice_eq(slice_cut(name, 0, at), SLICE(ARCHIVE)) || !slice_ends(name, ".md") ||
        !slice_eq(slice_cut(name, at, at + file.len), file) ||
        !slice_eq(slice_cut(name, at + file.len, at + file.len + 2), SLICE("_v")))
        return 0;
    grasp_str number = slice_cut(name, at + file.len + 2, name.len - 3);
    for (digits = 0; digits < number.len; digits++) {
        if (number.ptr[digits] < '0' || number.ptr[digits] > '9')
            break;
    }
    if (digits < number.len || digits == 0 || digits > 18)
        return loose;
    return strtoll(number.ptr, NULL, 10);
}

struct archived {
    int64_t version;
    struct skill skill;
};

static int by_version(const void *a, const void *b)
{
    int64_t x = ((const struct archived *)a)->version, y = ((const struct archived *)b)->version;
    return (x > y) - (x < y);
}

size_t library_history(const struct library *library, grasp_str file, struct skill **out)
{
    size_t count = 0;
    struct archived *found = pool_array(library->pool, library->count, sizeof(*found));
    for (size_t i = 0; i < library->count; i++) {
        const grasp_file *candidate = &library->files[i];
        found[count].version = archive_version(candidate->name, file, library->reference);
        if (found[count].version && parse(library, candidate, &found[count].skill))
            count++;
    }
    if (!library->reference)
        qsort(found, count, sizeof(*found), by_version);
    *out = pool_array(library->pool, count, sizeof(**out));
    for (size_t i = 0; i < count; i++)
        (*out)[i] = found[i].skill;
    return count;
}

static int64_t last_archived(const struct library *library, grasp_str file)
{
    int64_t last = 0;
    for (size_t i = 0; i < library->count; i++) {
        int64_t version = archive_version(library->files[i].name, file, false);
        if (version > last)
            last = version;
    }
    return last;
}

static void write_skill(struct library *library, const struct skill *skill)
{
    struct text text CLEANUP_TEXT = {0};
    skill_write(&text, skill);
    put(library, file_name(library, skill->file), pool_dup(library->pool, text_view(&text)));
}

void library_add(struct library *library, const struct skill *skill)
{
    struct skill fresh = *skill;
    fresh.version = 1;
    if (!library->reference)
        fresh.version += last_archived(library, skill->file);
    write_skill(library, &fresh);
}

/* Puts the present version into the archive and reads it; NULL if there is none. */
static grasp_file *archive(struct library *library, grasp_str file, struct skill *out)
{
    grasp_file *present = find(library, file_name(library, file));
    if (!present || !parse(library, present, out))
        return NULL;
    grasp_str name = pool_format(library->pool, ARCHIVE "%.*s_v%lld.md", (int)file.len, file.ptr,
                                 (long long)out->version);
    put(library, name, present->text);
    return find(library, file_name(library, file));
}

/* What is known of an edit, in the order of the keys, and the version that it was made from. */
static struct meta *with_parent(struct pool *pool, const struct meta *known, int64_t version)
{
    struct meta *out = meta_new_map(pool);
    struct meta *parent = meta_new_int(pool, version);
    for (size_t i = 0; known && i < known->count; i++) {
        if (parent && slice_cmp(known->keys[i], SLICE(PARENT)) > 0) {
            meta_set(pool, out, PARENT, parent);
            parent = NULL;
        }
        meta_set(pool, out, known->keys[i].ptr, known->items[i]);
    }
    if (parent)
        meta_set(pool, out, PARENT, parent);
    return out;
}

bool library_modify(struct library *library, const struct skill *skill, bool with_tags)
{
    struct skill old, next = *skill;
    if (!archive(library, skill->file, &old))
        return false;
    next.name = old.name;
    next.version = old.version + 1;
    if (!with_tags) {
        next.tags = old.tags;
        next.tag_count = old.tag_count;
        next.bare_tags = old.bare_tags;
    }
    next.provenance = with_parent(library->pool, skill->provenance, old.version);
    write_skill(library, &next);
    return true;
}

bool library_remove(struct library *library, grasp_str file)
{
    struct skill old;
    grasp_file *present = find(library, file_name(library, file));
    if (!present)
        return false;
    if (!library->reference)
        present = archive(library, file, &old);
    if (!present)
        return false;
    size_t at = (size_t)(present - library->files);
    library->count--;
    memmove(present, present + 1, (library->count - at) * sizeof(*present));
    return true;
}
