/* SPDX-License-Identifier: MIT */
#include "answers.h"

#include <errno.h>
#include <fcntl.h>
#include <grasp/helpers.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fhir/json_scan.h"
#include "common/pool.h"
#include "common/prompts.h"

#define ANSWER_MAX ((size_t)256 << 20)

static bool make(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

grasp_str answers_folder(struct pool *pool, grasp_str folder, grasp_str base, bool lenient)
{
    struct text server CLEANUP_TEXT = {0};
    char digest[MD5_HEX];
    text_str(&server, base);
    text_put(&server, lenient ? " lenient" : "");
    digest_md5(text_view(&server), digest);
    grasp_str path = pool_format(pool, "%s/%s", folder.ptr, digest);
    return make(folder.ptr) && make(path.ptr) ? path : (grasp_str){"", 0};
}

bool answers_find(grasp_call *call, grasp_str folder, const char key[MD5_HEX], struct text *out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str text, path = pool_format(&pool, "%s/%s.json", folder.ptr, key);
    const char *why;
    size_t at;
    if (access(path.ptr, F_OK) != 0)
        return false;
    if (prompt_read_file(call, &pool, path.ptr, ANSWER_MAX, &text) ||
        !scan_check(text, &why, &at) || *scan_strip(text).ptr != '[') {
        unlink(path.ptr);
        return false;
    }
    text_str(out, scan_strip(text));
    return !out->failed;
}

static bool write_all(int fd, grasp_str text)
{
    for (size_t at = 0; at < text.len;) {
        ssize_t wrote = write(fd, text.ptr + at, text.len - at);
        if (wrote < 0)
            return false;
        at += (size_t)wrote;
    }
    return fsync(fd) == 0;
}

void answers_keep(grasp_str folder, const char key[MD5_HEX], grasp_str array)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str path = pool_format(&pool, "%s/%s.json", folder.ptr, key);
    grasp_str half = pool_format(&pool, "%s/.%s-XXXXXX", folder.ptr, key);
    int fd = mkostemp((char *)half.ptr, O_CLOEXEC);
    if (fd < 0)
        return;
    bool good = write_all(fd, array);
    good = close(fd) == 0 && good;
    if (!good || rename(half.ptr, path.ptr) != 0)
        unlink(half.ptr);
}
