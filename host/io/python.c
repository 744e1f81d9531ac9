/* SPDX-License-Identifier: MIT */
#include "io/python.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/python_internal.h"
#include "io/sandbox.h"

#define DEFAULT_MEMORY (2ull << 30)
#define DEFAULT_FILES (64ull << 20)
#define DEFAULT_RESULT (1ull << 20)

static uint32_t processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 2 ? 2 : (uint32_t)count;
}

static void set_limits(struct python_setup *out, const struct python_setup *in)
{
    *out = (struct python_setup){
        .max_memory = in->max_memory ? in->max_memory : DEFAULT_MEMORY,
        .max_files = in->max_files ? in->max_files : DEFAULT_FILES,
        .max_result = in->max_result ? in->max_result : DEFAULT_RESULT,
        .max_parallel = in->max_parallel ? in->max_parallel : processors(),
    };
}

/* What a sandbox here cannot do is found out at once, and not by a model's first line. */
static int try_run(struct python *python, struct err *err)
{
    const struct python_run nothing = {.source = STR("")};
    struct python_result result = {0};
    int code = python_run(python, &nothing, &result, err);
    if (!code && result.end != PYTHON_DONE)
        code = err_set(err, EXIT_PLUGIN, "Python in the sandbox: its program cannot run nothing");
    buf_free(&result.text);
    return code;
}

/* Of the program and the limits with which a server was started and tried last, and its slow
 * packages. */
static pthread_mutex_t tried_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t tried;
static char *tried_slow;

static uint64_t identity_of(const struct python *python, struct str program)
{
    const struct python_setup *s = &python->setup;
    CLEANUP_BUF struct buf text = {.limit = SIZE_MAX};
    buf_printf(&text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " ", s->max_memory, s->max_files,
               s->max_result);
    buf_str(&text, program);
    return hash_sha256_u64(buf_view(&text)) | 1;
}

static int start_and_try(struct python *python, struct str program, struct err *err)
{
    const uint64_t identity = identity_of(python, program);
    pthread_mutex_lock(&tried_lock);
    bool known = tried == identity;
    if (known)
        python->slow = mem_dup(tried_slow, strlen(tried_slow));
    pthread_mutex_unlock(&tried_lock);
    if (known)
        return 0;
    pthread_mutex_lock(&python->mutex);
    int code = python_serve(python, err);
    pthread_mutex_unlock(&python->mutex);
    code = code ? code : try_run(python, err);
    if (code)
        return code;
    pthread_mutex_lock(&tried_lock);
    tried = identity;
    mem_free(tried_slow);
    tried_slow = mem_dup(python->slow, strlen(python->slow));
    pthread_mutex_unlock(&tried_lock);
    return 0;
}

static struct python *create(const struct python_setup *setup)
{
    struct python *python = mem_alloc(sizeof(*python));
    pthread_mutex_init(&python->mutex, NULL);
    pthread_cond_init(&python->changed, NULL);
    set_limits(&python->setup, setup);
    python->control = -1;
    return python;
}

int python_open(const struct python_setup *setup, struct python **out, struct err *err)
{
    int code = sandbox_check(err);
    if (code)
        return code;
    struct python *python = create(setup);
    python->program = python_file(setup->program);
    if (python->program < 0)
        code = err_system(err, errno, "make a file in memory for", "Python in the sandbox");
    code = code ? code : start_and_try(python, setup->program, err);
    if (code)
        python_close(python);
    else
        *out = python;
    return code;
}

void python_close(struct python *python)
{
    if (!python)
        return;
    python_close(python->full);
    python_stop(python);
    if (python->program >= 0)
        close(python->program);
    mem_free(python->slow);
    pthread_cond_destroy(&python->changed);
    pthread_mutex_destroy(&python->mutex);
    mem_free(python);
}

static bool names_slow(const struct python *python, struct str source)
{
    struct str rest = str_of(python->slow), name;
    while (rest.len) {
        name = str_cut(&rest, ' ');
        if (name.len && source.len && memmem(source.ptr, source.len, name.ptr, name.len))
            return true;
    }
    return false;
}

static struct python_data *hold_file(struct python *python, int file, size_t size)
{
    struct python_data *held = mem_alloc(sizeof(*held));
    held->python = python;
    held->file = file;
    held->size = size;
    held->control = -1;
    pthread_mutex_init(&held->mutex, NULL);
    return held;
}

/* Descriptors that cannot be duplicated leave the run with the server that imports nothing: the
 * code's own imports are slower then, and what it gives is the same. */
static bool make_full(struct python *python, struct python_data *data)
{
    if (!python->full) {
        int program = fcntl(python->program, F_DUPFD_CLOEXEC, 0);
        if (program < 0)
            return false;
        python->full = create(&python->setup);
        python->full->program = program;
        python->full->imports = true;
        python->full->slow = mem_dup("", 0);
    }
    if (data && !data->full) {
        int file = fcntl(data->file, F_DUPFD_CLOEXEC, 0);
        if (file < 0)
            return false;
        data->full = hold_file(python->full, file, data->size);
    }
    return true;
}

void python_choose(struct python **python, struct python_data **data, struct str source)
{
    struct python *given = *python;
    if (!names_slow(given, source))
        return;
    pthread_mutex_lock(&given->mutex);
    if (make_full(given, *data)) {
        *python = given->full;
        *data = *data ? (*data)->full : NULL;
    }
    pthread_mutex_unlock(&given->mutex);
}

int python_hold(struct python *python, struct str data, struct python_data **out, struct err *err)
{
    int file = python_file(data);
    if (file < 0)
        return err_system(err, errno, "make a file in memory for", "data of Python");
    *out = hold_file(python, file, data.len);
    return 0;
}

void python_release(struct python_data *data)
{
    if (!data)
        return;
    python_release(data->full);
    pthread_mutex_lock(&data->python->mutex);
    python_forget(data);
    pthread_mutex_unlock(&data->python->mutex);
    close(data->file);
    pthread_mutex_destroy(&data->mutex);
    mem_free(data);
}
