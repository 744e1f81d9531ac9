/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog.h"
#include "common/slice.h"

#define IN_MEMORY_MAX ((size_t)48 << 20) /* bytes of products that are imported at each start */
#define STORE_VERSION 1

struct mapped {
    char *ptr;
    size_t len;
    int64_t modified;
};

struct files {
    grasp_str paths[3];
    struct mapped maps[3];
};

static bool exists(grasp_str path)
{
    struct stat st;
    return stat(path.ptr, &st) == 0 && S_ISREG(st.st_mode);
}

static bool find_files(grasp_call *call, grasp_str folder, struct files *out)
{
    static const char *const below[] = {"", "/data", "/webshop/data", "/webshop"};
    static const char *const names[2][3] = {
        {"items_shuffle.json", "items_ins_v2.json", "items_human_ins.json"},
        {"items_shuffle_1000.json", "items_ins_v2_1000.json", "items_human_ins.json"}};
    for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
        for (int set = 0; set < 2; set++) {
            int found = 0;
            for (int k = 0; k < 3; k++) {
                out->paths[k] = grasp_format(call, "%.*s%s/%s", (int)folder.len, folder.ptr,
                                             below[i], names[set][k]);
                found += exists(out->paths[k]);
            }
            if (found == 3)
                return true;
        }
    }
    return false;
}

static int32_t map_file(grasp_call *call, const char *path, struct mapped *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0;
    if (good && st.st_size > 0) {
        out->len = (size_t)st.st_size;
        out->modified = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        out->ptr = mmap(NULL, out->len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (out->ptr == MAP_FAILED) {
            out->ptr = NULL;
            good = false;
        }
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    return good ? GRASP_OK : grasp_fail(call, GRASP_E_INVALID, "%s: %s", path, strerror(error));
}

static void unmap_files(struct files *files)
{
    for (int i = 0; i < 3; i++)
        if (files->maps[i].ptr)
            munmap(files->maps[i].ptr, files->maps[i].len);
}

static grasp_str view(const struct mapped *map)
{
    return (grasp_str){map->ptr ? map->ptr : "", map->len};
}

static struct catalog_source source_of(const struct files *files)
{
    return (struct catalog_source){
        .products = view(&files->maps[0]),
        .attributes = view(&files->maps[1]),
        .human = view(&files->maps[2]),
        .names = {files->paths[0].ptr, files->paths[1].ptr, files->paths[2].ptr}};
}

static grasp_str key_of(grasp_call *call, const struct files *files, uint64_t price_seed)
{
    struct text out CLEANUP_TEXT = {0};
    text_format(&out, "%d %llu", STORE_VERSION, (unsigned long long)price_seed);
    for (int i = 0; i < 3; i++)
        text_format(&out, " %s %zu %lld", files->paths[i].ptr, files->maps[i].len,
                    (long long)files->maps[i].modified);
    return grasp_format(call, "%s", text_view(&out).ptr);
}

/* Makes the folder and those above it. */
static bool make_folders(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        bool good = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = '/';
        if (!good)
            return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static int32_t cache_folder(grasp_call *call, grasp_str given, grasp_str key, grasp_str *out)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (given.len)
        *out = given;
    else if (cache && *cache == '/')
        *out = grasp_format(call, "%s/grasp-host/webshop", cache);
    else if (home && *home == '/')
        *out = grasp_format(call, "%s/.cache/grasp-host/webshop", home);
    else
        return grasp_fail(call, GRASP_E_INVALID,
                          "no folder for the imported products: set HOME, or the option 'store'");
    *out = grasp_format(call, "%.*s/%016llx", (int)out->len, out->ptr,
                        (unsigned long long)slice_hash(key));
    char *path = strdup(out->ptr);
    bool good = path && make_folders(path);
    free(path);
    return good ? GRASP_OK
                : grasp_fail(call, GRASP_E_INVALID,
                             "%s: cannot be made: %s; give another folder with the option 'store'",
                             out->ptr, strerror(errno));
}

/* The catalogue of an earlier import; false, and nothing open, if there is none that fits. */
static bool open_imported(grasp_call *call, grasp_str folder, grasp_str key, struct catalog *out)
{
    grasp_str db = grasp_format(call, "%s/products.db", folder.ptr);
    grasp_str idx = grasp_format(call, "%s/products.idx", folder.ptr);
    *out = (struct catalog){0};
    int fd = exists(db) ? open(idx.ptr, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    out->store = shop_store_open(call, db.ptr, false);
    bool good = out->store && slice_eq(shop_store_source(out->store, &out->pool), key) &&
                catalog_load(call, fd, out) == GRASP_OK &&
                shop_index_documents(out->index) == out->product_count;
    close(fd);
    if (!good)
        catalog_close(out);
    return good;
}

static bool sync_and_rename(const char *from, const char *to)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good && rename(from, to) == 0;
}

static int32_t import_files(grasp_call *call, const struct files *files, grasp_str folder,
                            grasp_str key, uint64_t price_seed)
{
    const struct catalog_source source = source_of(files);
    struct report report = {0};
    grasp_str db = grasp_format(call, "%s/products.db.%d", folder.ptr, (int)getpid());
    grasp_str idx = grasp_format(call, "%s/products.idx.%d", folder.ptr, (int)getpid());
    unlink(db.ptr);
    int fd = open(idx.ptr, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct store *store = fd >= 0 ? shop_store_open(call, db.ptr, true) : NULL;
    int32_t status = store ? catalog_import_into(call, &source, price_seed, key, store, fd, &report)
                           : grasp_fail(call, GRASP_E_FAILED, "%s: %s", idx.ptr, strerror(errno));
    shop_store_close(store);
    if (fd >= 0)
        close(fd);
    if (!status &&
        (!sync_and_rename(idx.ptr, grasp_format(call, "%s/products.idx", folder.ptr).ptr) ||
         !sync_and_rename(db.ptr, grasp_format(call, "%s/products.db", folder.ptr).ptr)))
        status = grasp_fail(call, GRASP_E_FAILED, "%s: %s", folder.ptr, strerror(errno));
    if (status) {
        unlink(db.ptr);
        unlink(idx.ptr);
    } else {
        catalog_report(call, &report, files->paths[0].ptr);
    }
    return status;
}

static int32_t open_large(grasp_call *call, const struct files *files, grasp_str cache,
                          uint64_t price_seed, struct catalog *out)
{
    grasp_str key = key_of(call, files, price_seed), folder = SLICE("");
    int32_t status = cache_folder(call, cache, key, &folder);
    if (status || open_imported(call, folder, key, out))
        return status;
    grasp_log(call, GRASP_LOG_INFO, "importing %s into %s, once", files->paths[0].ptr, folder.ptr);
    status = import_files(call, files, folder, key, price_seed);
    if (!status && !open_imported(call, folder, key, out))
        status = grasp_fail(call, GRASP_E_FAILED, "%s: the import cannot be opened", folder.ptr);
    return status;
}

static int32_t open_small(grasp_call *call, const struct files *files, uint64_t price_seed,
                          struct catalog *out)
{
    const struct catalog_source source = source_of(files);
    struct report report = {0};
    int32_t status = catalog_import(call, &source, price_seed, &report, out);
    if (!status)
        catalog_report(call, &report, files->paths[0].ptr);
    return status;
}

int32_t catalog_open(grasp_call *call, grasp_str folder, grasp_str cache, uint64_t price_seed,
                     struct catalog *out)
{
    struct files files = {0};
    int32_t status = GRASP_OK;
    if (!find_files(call, folder, &files))
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'data': no items_shuffle.json, items_ins_v2.json and "
                          "items_human_ins.json in %.*s, nor in data below it; give WebShop's "
                          "folder, or leave the option out for the catalogue in the box",
                          (int)folder.len, folder.ptr);
    for (int i = 0; i < 3 && !status; i++)
        status = map_file(call, files.paths[i].ptr, &files.maps[i]);
    if (!status)
        status = files.maps[0].len <= IN_MEMORY_MAX
                     ? open_small(call, &files, price_seed, out)
                     : open_large(call, &files, cache, price_seed, out);
    unmap_files(&files);
    return status;
}
