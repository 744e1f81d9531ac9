/* SPDX-License-Identifier: MIT */
#include "sweep/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"

#define BEAT_DIGITS 20
#define SMALL (64u << 10)

static const char *const end_names[] = {"done", "missing", "stopped", "budget", "outside",
                                        "busy", "killed",  "failed",  "timeout"};

const char *cell_end_name(enum cell_end end)
{
    return end_names[end];
}

static char *numbered(const struct sweep_folder *f, size_t cell, const char *what, unsigned number)
{
    CLEANUP_FREE char *name = mem_printf("%s.%u", what, number);
    return sweep_state_path(f, cell, name);
}

static unsigned number_of(const char *name, const char *what)
{
    size_t len = strlen(what);
    int64_t number;
    if (strncmp(name, what, len) != 0 || name[len] != '.' ||
        !str_to_i64(str_of(name + len + 1), &number) || number < 1 || number > 1000000)
        return 0;
    return (unsigned)number;
}

static struct json *read_small(const char *path, size_t skip)
{
    CLEANUP_BUF struct buf text = {0};
    if (file_read(path, SMALL, &text, NULL) || text.len < skip)
        return NULL;
    return json_parse((struct str){text.ptr + skip, text.len - skip}, NULL);
}

/* --- Looking --- */

struct seen {
    unsigned claim, end, forgiven;
    unsigned *ends;
    size_t end_count, capacity;
};

static void list(const char *dir, struct seen *seen)
{
    DIR *folder = opendir(dir);
    *seen = (struct seen){0};
    for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder)) {
        unsigned claim = number_of(e->d_name, "claim"), end = number_of(e->d_name, "end");
        unsigned forgiven = number_of(e->d_name, "forgiven");
        seen->claim = claim > seen->claim ? claim : seen->claim;
        seen->end = end > seen->end ? end : seen->end;
        seen->forgiven = forgiven > seen->forgiven ? forgiven : seen->forgiven;
        if (!end)
            continue;
        MEM_RESERVE(seen->ends, seen->end_count, seen->capacity);
        seen->ends[seen->end_count++] = end;
    }
    if (folder)
        closedir(folder);
}

static enum cell_end end_of(const struct json *json)
{
    struct str name = json_str(json_get(json, "end"));
    for (size_t i = 0; i < sizeof(end_names) / sizeof(end_names[0]); i++) {
        if (str_is(name, end_names[i]))
            return (enum cell_end)i;
    }
    return CELL_FAILED;
}

static void read_last(const struct json *json, struct cell_state *state)
{
    state->end = end_of(json);
    state->code = (int)json_int(json_get(json, "code"), 0);
    state->signum = (int)json_int(json_get(json, "signal"), 0);
}

/* Ends that are forgiven count no more, but the last one still says how the cell is. */
static void read_ends(const struct sweep_folder *f, size_t cell, const struct seen *seen,
                      struct cell_state *state)
{
    state->failures = state->kills = 0;
    for (size_t i = 0; i < seen->end_count; i++) {
        bool last = seen->ends[i] == seen->claim, counts = seen->ends[i] > seen->forgiven;
        if (!last && !counts)
            continue;
        CLEANUP_FREE char *path = numbered(f, cell, "end", seen->ends[i]);
        CLEANUP_JSON struct json *json = read_small(path, 0);
        enum cell_end end = end_of(json);
        state->failures += counts && (end == CELL_FAILED || end == CELL_TIMEOUT);
        state->kills += counts && end == CELL_KILLED;
        if (last)
            read_last(json, state);
    }
}

/* By the clocks of two machines: for people. */
static double silence(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    return (double)clock_wall_ms() / 1000 - (double)st.st_mtim.tv_sec;
}

/* Opening the file makes a network file system ask its server. */
static bool is_void(const char *path, double timeout, struct cell_state *state)
{
    CLEANUP_BUF struct buf text = {0};
    int64_t beat = 0;
    uint64_t now = clock_monotonic_us();
    CLEANUP_JSON struct json *owner = NULL;
    /* What cannot be read has an owner that cannot be seen. */
    if (!file_read(path, SMALL, &text, NULL) && text.len > BEAT_DIGITS) {
        str_to_i64((struct str){text.ptr, BEAT_DIGITS}, &beat);
        owner = json_parse((struct str){text.ptr + BEAT_DIGITS, text.len - BEAT_DIGITS}, NULL);
    }
    struct process_id id = {
        .pid = json_int(json_get(owner, "pid"), 0),
        .started = (uint64_t)json_int(json_get(owner, "started"), 0),
    };
    snprintf(id.place, sizeof(id.place), "%s",
             json_str(json_get(owner, "place")).ptr ? json_str(json_get(owner, "place")).ptr : "");
    snprintf(state->host, sizeof(state->host), "%s",
             json_str(json_get(owner, "host")).len ? json_str(json_get(owner, "host")).ptr : "?");
    state->pid = id.pid;
    enum process_life life = process_look(&id);
    if (life != PROCESS_ELSEWHERE)
        return life == PROCESS_DEAD;
    if (state->watched != state->claim || state->beat != (uint64_t)beat) {
        state->watched = state->claim;
        state->beat = (uint64_t)beat;
        state->beat_us = now;
        state->silent_s = silence(path);
    }
    return (double)(now - state->beat_us) > timeout * 1e6;
}

void claim_look(const struct sweep_folder *f, size_t cell, double timeout, struct cell_state *state)
{
    CLEANUP_FREE char *dir = sweep_state_path(f, cell, "");
    struct seen seen;
    list(dir, &seen);
    state->claim = seen.claim;
    state->forgiven = seen.forgiven;
    read_ends(f, cell, &seen, state);
    mem_free(seen.ends);
    if (!seen.claim) {
        state->phase = CELL_NEW;
        return;
    }
    CLEANUP_FREE char *path = numbered(f, cell, "claim", seen.claim);
    bool gone = is_void(path, timeout, state);
    state->phase = seen.end == seen.claim ? CELL_ENDED : gone ? CELL_VOID : CELL_RUNNING;
}

/* --- Owning --- */

static void write_owner(struct buf *out)
{
    struct process_id id;
    char host[64] = "";
    CLEANUP_JSON struct json *owner = json_new_object();
    process_self(&id);
    gethostname(host, sizeof(host) - 1);
    json_set(owner, "host", json_new_str(str_of(host)));
    json_set(owner, "place", json_new_str(str_of(id.place)));
    json_set(owner, "pid", json_new_int(id.pid));
    json_set(owner, "started", json_new_int((int64_t)id.started));
    buf_printf(out, "%0*d", BEAT_DIGITS, 1);
    json_write(out, owner, JSON_COMPACT);
    buf_char(out, '\n');
}

/* A network file system may carry link() out and lose the answer: the count of links tells. */
static int link_once(const char *made, const char *path, struct err *err)
{
    struct stat st;
    int failed = link(made, path) != 0 ? errno : 0;
    bool mine = !failed || (stat(made, &st) == 0 && st.st_nlink == 2);
    unlink(made);
    if (mine)
        return 0;
    if (failed == EEXIST)
        return err_set(err, EXIT_TEMPORARY, "%s: another process was faster", path);
    return err_system(err, failed, "claim a cell by", path);
}

int claim_take(const struct sweep_folder *f, size_t cell, const struct cell_state *state,
               struct claim *out, struct err *err)
{
    static unsigned counter;
    CLEANUP_BUF struct buf text = {0};
    char host[64] = "";
    gethostname(host, sizeof(host) - 1);
    CLEANUP_FREE char *name = mem_printf(".claim-%s-%ld-%u.tmp", host, (long)getpid(), counter++);
    CLEANUP_FREE char *made = sweep_state_path(f, cell, name);
    struct claim claim = {.number = state->claim + 1, .beat = 1};
    write_owner(&text);
    int code = file_write_atomic(made, buf_view(&text), err);
    if (code)
        return code;
    claim.path = numbered(f, cell, "claim", claim.number);
    claim.next = numbered(f, cell, "claim", claim.number + 1);
    code = link_once(made, claim.path, err);
    if (code)
        claim_clear(&claim);
    else
        *out = claim;
    return code;
}

bool claim_beat(struct claim *claim)
{
    char text[BEAT_DIGITS + 1];
    if (file_exists(claim->next))
        return false;
    snprintf(text, sizeof(text), "%0*llu", BEAT_DIGITS, (unsigned long long)++claim->beat);
    CLEANUP_FD int fd = open(claim->path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && pwrite(fd, text, BEAT_DIGITS, 0) == BEAT_DIGITS)
        fdatasync(fd);
    return true;
}

int claim_end(const struct sweep_folder *f, size_t cell, struct claim *claim, enum cell_end end,
              int code, int signum, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = numbered(f, cell, "end", claim->number);
    CLEANUP_JSON struct json *json = json_new_object();
    if (file_exists(claim->next))
        return 0;
    json_set(json, "end", json_new_str(str_of(end_names[end])));
    json_set(json, "code", json_new_int(code));
    json_set(json, "signal", json_new_int(signum));
    json_write(&text, json, 0);
    buf_char(&text, '\n');
    return file_write_atomic(path, buf_view(&text), err);
}

void claim_clear(struct claim *claim)
{
    mem_free(claim->path);
    mem_free(claim->next);
    *claim = (struct claim){0};
}

int claim_forgive(const struct sweep_folder *f, size_t cell, const struct cell_state *state,
                  struct err *err)
{
    CLEANUP_FREE char *path = numbered(f, cell, "forgiven", state->claim);
    return file_write_atomic(path, STR("\n"), err);
}
