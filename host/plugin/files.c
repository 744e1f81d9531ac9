/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "plugin/method.h"

#define MAX_FILES 100000
#define MAX_BYTES (64u << 20)

struct files *files_create(void)
{
    return mem_alloc(sizeof(struct files));
}

void files_destroy(struct files *files)
{
    if (!files)
        return;
    mem_free(files->items);
    arena_clear(&files->arena);
    mem_free(files);
}

static size_t position(const struct files *files, struct str name)
{
    size_t low = 0, high = files->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(files->items[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct str keep(struct files *files, struct str text)
{
    return (struct str){arena_dup(&files->arena, text.ptr, text.len), text.len};
}

int files_set(struct files *files, struct str name, struct str text, struct err *err)
{
    if (!file_name_ok(name)) {
        CLEANUP_BUF struct buf shown = {0};
        buf_escaped(&shown, name.len > 80 ? (struct str){name.ptr, 80} : name);
        return err_set(err, EXIT_CONFIG,
                       "'%s' is not a name for knowledge: a relative path of letters, digits, "
                       "'_', '-' and '.'",
                       shown.ptr ? shown.ptr : "");
    }
    size_t at = position(files, name);
    if (at < files->count && str_eq(files->items[at].name, name)) {
        files->items[at].text = keep(files, text);
        return 0;
    }
    /* The array grows by doubling: whenever the count is a power of two. */
    if ((files->count & (files->count - 1)) == 0)
        files->items =
            mem_grow(files->items, (files->count ? 2 * files->count : 1) * sizeof(*files->items));
    memmove(&files->items[at + 1], &files->items[at], (files->count - at) * sizeof(*files->items));
    files->items[at] = (struct file_text){keep(files, name), keep(files, text)};
    files->count++;
    return 0;
}

const struct file_text *files_get(const struct files *files, const char *name)
{
    size_t at = position(files, str_of(name));
    bool found = at < files->count && str_is(files->items[at].name, name);
    return found ? &files->items[at] : NULL;
}

void files_hash(const struct files *files, char out_hex[65])
{
    struct hash *hash = hash_create();
    for (size_t i = 0; i < files->count; i++) {
        hash_piece(hash, files->items[i].name);
        hash_piece(hash, files->items[i].text);
    }
    hash_finish_hex(hash, out_hex);
}

static int read_one(struct files *files, const char *dir, const char *name, size_t *total,
                    struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = file_join(dir, name);
    int code = file_read(path, MAX_BYTES, &text, err);
    if (code)
        return code;
    *total += text.len;
    if (*total > MAX_BYTES)
        return err_set(err, EXIT_CONFIG, "%s: over 64 MiB of knowledge", dir);
    if (!str_valid_utf8(buf_view(&text)))
        return err_set(err, EXIT_CONFIG, "%s: not valid UTF-8", path);
    code = files_set(files, str_of(name), buf_view(&text), err);
    return code ? err_prefix(err, "%s", dir) : 0;
}

int files_read(const char *dir, struct files **out, struct err *err)
{
    char **names = NULL;
    size_t count = 0, total = 0;
    if (!file_is_dir(dir))
        return err_set(err, EXIT_CONFIG, "%s: not a folder with knowledge", dir);
    int code = file_list(dir, true, MAX_FILES, &names, &count, err);
    if (code)
        return code;
    struct files *files = files_create();
    for (size_t i = 0; i < count; i++) {
        if (!code)
            code = read_one(files, dir, names[i], &total, err);
        mem_free(names[i]);
    }
    mem_free(names);
    if (code)
        files_destroy(files);
    else
        *out = files;
    return code;
}

static int write_one(const char *dir, const struct file_text *file, struct err *err)
{
    CLEANUP_FREE char *path = file_join(dir, file->name.ptr);
    CLEANUP_FREE char *folder = file_dir_name(path);
    CLEANUP_BUF struct buf old = {0};
    /* Most files of a library stay as they were from update to update. */
    if (file_exists(path) && file_read(path, MAX_BYTES, &old, NULL) == 0 &&
        str_eq(buf_view(&old), file->text))
        return 0;
    int code = file_make_dirs(folder, err);
    return code ? code : file_write_atomic(path, file->text, err);
}

/* The file, and those of its folders below `dir` that it was the last one in. */
static void remove_one(const char *dir, const char *name)
{
    CLEANUP_FREE char *path = file_join(dir, name);
    char *inside = path + strlen(path) - strlen(name);
    bool gone = unlink(path) == 0;
    for (char *slash; gone && (slash = strrchr(inside, '/'));) {
        *slash = '\0';
        gone = rmdir(path) == 0;
    }
}

int files_write(const struct files *files, const char *dir, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    int code = file_make_dirs(dir, err);
    for (size_t i = 0; i < files->count && !code; i++)
        code = write_one(dir, &files->items[i], err);
    if (!code)
        code = file_list(dir, true, MAX_FILES, &names, &count, err);
    for (size_t i = 0; i < count; i++) {
        if (!files_get(files, names[i]))
            remove_one(dir, names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
    return code;
}
