/* SPDX-License-Identifier: MIT */
#include "model/share.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/process.h"

#define MAGIC 0x67726173706d6170u
#define VERSION 2
#define SLOTS 512
#define FLOWS 16
#define REAP_US 500000u
#define PLACE_DIGITS 16 /* hexadecimal, of a machine and its boot */

/* A process: what it has out. Only what it alone changes, so that it can be taken back. */
struct slot {
    int64_t pid; /* 0: free */
    uint64_t started;
    struct budget_use reserved;
    int64_t out;
    struct {
        double variance;
        int64_t in_flight;
    } flows[FLOWS];
};

struct shared {
    uint64_t magic, version, size;
    pthread_mutex_t gate, budget;
    double parts;
    struct budget_use limits, used, wanted;
    int64_t over;
    uint64_t slots_used; /* none beyond these ever was */
    struct share_flow flows[FLOWS];
    struct slot slots[SLOTS];
};

struct share {
    char *path;
    struct shared *map;
    struct slot *slot;
    uint64_t reaped_us; /* with the gate's lock */
};

static void add(struct budget_use *to, const struct budget_use *use, int sign)
{
    to->calls += sign * use->calls;
    to->tokens += sign * use->tokens;
    to->cost += sign * use->cost;
}

/* Field by field: a process may have been killed in the midst. */
static void raise_to(struct budget_use *to, const struct budget_use *use)
{
    to->calls = use->calls > to->calls ? use->calls : to->calls;
    to->tokens = use->tokens > to->tokens ? use->tokens : to->tokens;
    to->cost = use->cost > to->cost ? use->cost : to->cost;
}

/* What a kill between two steps leaves is as if the second had not begun. */
static void step(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* The file is ours, but a file. */
static size_t used_slots(const struct shared *map)
{
    return map->slots_used < SLOTS ? (size_t)map->slots_used : SLOTS;
}

/* --- Locks --- */

/* What a process that died inside may have left half done is at most one call. */
static void lock(pthread_mutex_t *mutex)
{
    if (pthread_mutex_lock(mutex) == EOWNERDEAD)
        pthread_mutex_consistent(mutex);
}

static void lock_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attr);
    pthread_mutexattr_destroy(&attr);
}

/* With both locks: what the dead have reserved is used. */
static void reap(struct share *share)
{
    struct process_id id = {0};
    process_self(&id);
    for (size_t i = 0; i < used_slots(share->map); i++) {
        struct slot *slot = &share->map->slots[i];
        if (!slot->pid)
            continue;
        id.pid = slot->pid;
        id.started = slot->started;
        if (process_look(&id) == PROCESS_ALIVE)
            continue;
        add(&share->map->used, &slot->reserved, 1);
        step();
        *slot = (struct slot){0};
    }
}

void share_lock_flows(struct share *share)
{
    lock(&share->map->gate);
    uint64_t now = clock_monotonic_us();
    if (now - share->reaped_us < REAP_US)
        return;
    share->reaped_us = now;
    lock(&share->map->budget);
    reap(share);
    pthread_mutex_unlock(&share->map->budget);
}

void share_unlock_flows(struct share *share)
{
    pthread_mutex_unlock(&share->map->gate);
}

/* --- The file --- */

static int map_file(const char *path, int fd, struct shared **out, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_system(err, errno, "read", path);
    struct shared *map = (size_t)st.st_size == sizeof(*map)
                             ? mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                             : MAP_FAILED;
    if (map == MAP_FAILED)
        return err_set(err, EXIT_CONFIG, "%s: is not what another process of this program made",
                       path);
    if (map->magic != MAGIC || map->version != VERSION || map->size != sizeof(*map)) {
        munmap(map, sizeof(*map));
        return err_set(err, EXIT_CONFIG, "%s: is of another version of this program", path);
    }
    *out = map;
    return 0;
}

static int open_map(const char *path, struct shared **out, struct err *err)
{
    CLEANUP_FD int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return err_system(err, errno, "open", path);
    return map_file(path, fd, out, err);
}

/* PREFIX-DIGEST: another prefix may begin with this one. */
static bool is_of(const char *name, const char *base)
{
    size_t len = strlen(base);
    return strncmp(name, base, len) == 0 && name[len] == '-' &&
           strspn(name + len + 1, "0123456789abcdef") == PLACE_DIGITS &&
           name[len + 1 + PLACE_DIGITS] == '\0';
}

/* The most that a file of the prefix has used, but for the one at `skip`; each began with what the
 * one before it had. */
static void used_elsewhere(const char *prefix, const char *skip, struct budget_use *out)
{
    CLEANUP_FREE char *dir = file_dir_name(prefix);
    const char *base = strrchr(prefix, '/');
    base = base ? base + 1 : prefix;
    DIR *folder = opendir(dir);
    for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder)) {
        CLEANUP_FREE char *path = file_join(dir, e->d_name);
        struct shared *map = NULL;
        bool skipped = skip && strcmp(path, skip) == 0;
        if (skipped || !is_of(e->d_name, base) || open_map(path, &map, NULL) || !map)
            continue;
        struct budget_use use = map->used;
        for (size_t i = 0; i < SLOTS; i++)
            add(&use, &map->slots[i].reserved, 1);
        raise_to(out, &use);
        munmap(map, sizeof(*map));
    }
    if (folder)
        closedir(folder);
}

void share_spent(const char *prefix, struct budget_use *out)
{
    *out = (struct budget_use){0};
    used_elsewhere(prefix, NULL, out);
}

static int write_new(const char *made, const struct share_options *options, struct err *err)
{
    CLEANUP_FD int fd = open(made, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_system(err, errno, "write", made);
    /* Not a sparse one: a full disk is to show here, not as SIGBUS. */
    int number = posix_fallocate(fd, 0, sizeof(struct shared));
    struct shared *map =
        number ? MAP_FAILED : mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return err_system(err, number ? number : errno, "write", made);
    lock_init(&map->gate);
    lock_init(&map->budget);
    map->parts = options->parts;
    map->limits = options->limits;
    map->version = VERSION;
    map->size = sizeof(*map);
    map->magic = MAGIC;
    munmap(map, sizeof(*map));
    return 0;
}

/* Locks do not outlive a boot, so a file belongs to one. */
static char *path_here(const char *prefix)
{
    struct process_id self;
    char digest[HASH_HEX];
    process_self(&self);
    hash_sha256_hex(str_of(self.place), digest);
    return mem_printf("%s-%.*s", prefix, PLACE_DIGITS, digest);
}

static int set_limits(const char *prefix, const char *path, const struct share_options *options,
                      struct err *err)
{
    struct share *share = NULL;
    struct budget_use before = {0};
    int code = share_open(path, &share, err);
    if (code || !share)
        return code;
    used_elsewhere(prefix, path, &before);
    lock(&share->map->budget);
    raise_to(&share->map->used, &before);
    share->map->limits = options->limits;
    share->map->over = 0;
    pthread_mutex_unlock(&share->map->budget);
    share_lock_flows(share);
    if (share->map->parts != options->parts)
        memset(share->map->flows, 0, sizeof(share->map->flows));
    share->map->parts = options->parts;
    share_unlock_flows(share);
    share_close(share);
    return 0;
}

int share_create(const char *prefix, const struct share_options *options, char **out_path,
                 struct err *err)
{
    char *path = path_here(prefix);
    CLEANUP_FREE char *dir = file_dir_name(prefix);
    CLEANUP_FREE char *made = mem_printf("%s/.share-%ld-%llx.tmp", dir, (long)getpid(),
                                         (unsigned long long)clock_monotonic_us());
    int code = 0;
    if (!file_exists(path)) {
        code = write_new(made, options, err);
        if (!code && link(made, path) != 0 && errno != EEXIST)
            code = err_system(err, errno, "write", path);
        unlink(made);
    }
    if (!code)
        code = set_limits(prefix, path, options, err);
    if (code)
        mem_free(path);
    else
        *out_path = path;
    return code;
}

static struct slot *take_slot(struct shared *map)
{
    struct process_id self;
    process_self(&self);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &map->slots[i];
        if (slot->pid)
            continue;
        *slot = (struct slot){.started = self.started};
        slot->pid = self.pid;
        if (map->slots_used <= i)
            map->slots_used = i + 1;
        return slot;
    }
    return NULL;
}

int share_open(const char *path, struct share **out, struct err *err)
{
    struct shared *map = NULL;
    int code = open_map(path, &map, err);
    if (code || !map)
        return code;
    struct share *share = mem_alloc(sizeof(*share));
    share->map = map;
    share->path = mem_dup(path, strlen(path));
    share_lock_flows(share);
    lock(&map->budget);
    share->slot = take_slot(map);
    pthread_mutex_unlock(&map->budget);
    share_unlock_flows(share);
    if (!share->slot) {
        share_close(share);
        return err_set(err, EXIT_TEMPORARY, "%s: more than %d processes share it", path, SLOTS);
    }
    *out = share;
    return 0;
}

void share_close(struct share *share)
{
    if (!share)
        return;
    lock(&share->map->gate);
    lock(&share->map->budget);
    if (share->slot) {
        add(&share->map->used, &share->slot->reserved, 1);
        step();
        *share->slot = (struct slot){0};
    }
    pthread_mutex_unlock(&share->map->budget);
    pthread_mutex_unlock(&share->map->gate);
    msync(share->map, sizeof(*share->map), MS_SYNC); /* for other machines */
    munmap(share->map, sizeof(*share->map));
    mem_free(share->path);
    mem_free(share);
}

/* --- Budget --- */

static struct budget_use reserved(const struct shared *map, int64_t *out_out)
{
    struct budget_use sum = {0};
    *out_out = 0;
    for (size_t i = 0; i < used_slots(map); i++) {
        add(&sum, &map->slots[i].reserved, 1);
        *out_out += map->slots[i].out;
    }
    return sum;
}

static bool fits_one(int64_t limit, int64_t used, int64_t more)
{
    return limit < 0 || more <= limit - used;
}

/* *out_out: reservations of all processes. */
static bool fits(const struct shared *map, const struct budget_use *claim, int64_t *out_out)
{
    struct budget_use all = reserved(map, out_out);
    add(&all, &map->used, 1);
    return fits_one(map->limits.calls, all.calls, claim->calls) &&
           fits_one(map->limits.tokens, all.tokens, claim->tokens) &&
           fits_one(map->limits.cost, all.cost, claim->cost);
}

static void set_over(struct shared *map, const struct budget_use *claim)
{
    if (!map->over)
        map->wanted = *claim;
    map->over = 1;
}

enum budget_answer share_reserve(struct share *share, const struct budget_use *claim)
{
    struct shared *map = share->map;
    enum budget_answer answer = BUDGET_OK;
    int64_t out;
    lock(&map->budget);
    if (map->over || !fits(map, claim, &out)) {
        answer = map->over || !out ? BUDGET_OVER : BUDGET_WAIT;
        if (answer == BUDGET_OVER)
            set_over(map, claim);
    } else {
        add(&share->slot->reserved, claim, 1);
        share->slot->out++;
    }
    pthread_mutex_unlock(&map->budget);
    return answer;
}

/* Killed between the two, the call counts twice rather than not at all. */
void share_settle(struct share *share, const struct budget_use *claim, const struct budget_use *use)
{
    lock(&share->map->budget);
    add(&share->map->used, use, 1);
    step();
    add(&share->slot->reserved, claim, -1);
    share->slot->out--;
    pthread_mutex_unlock(&share->map->budget);
}

bool share_take(struct share *share, const struct budget_use *use)
{
    struct shared *map = share->map;
    int64_t out;
    lock(&map->budget);
    bool ok = !map->over && fits(map, use, &out);
    if (ok)
        add(&map->used, use, 1);
    else
        set_over(map, use);
    pthread_mutex_unlock(&map->budget);
    return ok;
}

bool share_over(struct share *share, struct budget_use *out_wanted)
{
    lock(&share->map->budget);
    bool over = share->map->over != 0;
    *out_wanted = share->map->wanted;
    pthread_mutex_unlock(&share->map->budget);
    return over;
}

void share_used(struct share *share, struct budget_use *out_used, struct budget_use *out_reserved)
{
    int64_t out;
    share_lock_flows(share);
    lock(&share->map->budget);
    *out_used = share->map->used;
    *out_reserved = reserved(share->map, &out);
    pthread_mutex_unlock(&share->map->budget);
    share_unlock_flows(share);
}

void share_limits(struct share *share, struct budget_use *out)
{
    lock(&share->map->budget);
    *out = share->map->limits;
    pthread_mutex_unlock(&share->map->budget);
}

/* --- Flows --- */

/* Processes may know of different quotas; the smallest one holds. */
static void lower(struct limit *limit, double per_minute)
{
    if (!(per_minute > 0) || (limit->configured > 0 && limit->configured <= per_minute))
        return;
    limit->configured = per_minute;
    if (!(limit->per_minute > 0) || limit->per_minute > per_minute)
        limit->per_minute = per_minute;
}

struct share_flow *share_flow(struct share *share, uint64_t key, double requests_per_minute,
                              double tokens_per_minute)
{
    struct share_flow *found = NULL;
    double parts = share->map->parts;
    if (!(parts > 0))
        return NULL;
    share_lock_flows(share);
    for (size_t i = 0; i < FLOWS && !found; i++) {
        struct share_flow *flow = &share->map->flows[i];
        if (flow->key && flow->key != key)
            continue;
        if (!flow->key) {
            limit_init(&flow->requests, requests_per_minute / parts, false);
            limit_init(&flow->tokens, tokens_per_minute / parts, true);
            adapt_init(&flow->adapt);
            flow->key = key;
        }
        lower(&flow->requests, requests_per_minute / parts);
        lower(&flow->tokens, tokens_per_minute / parts);
        found = flow;
    }
    share_unlock_flows(share);
    return found;
}

double share_parts(const struct share *share)
{
    return share->map->parts;
}

static size_t index_of(const struct share *share, const struct share_flow *flow)
{
    return (size_t)(flow - share->map->flows);
}

unsigned share_in_flight(const struct share *share, const struct share_flow *flow,
                         double *out_variance)
{
    size_t index = index_of(share, flow);
    int64_t sum = 0;
    double variance = 0;
    for (size_t i = 0; i < used_slots(share->map); i++) {
        const struct slot *slot = &share->map->slots[i];
        if (!slot->pid)
            continue;
        sum += slot->flows[index].in_flight;
        variance += slot->flows[index].variance;
    }
    *out_variance = fmax(variance, 0);
    return sum > 0 ? (unsigned)sum : 0;
}

void share_flight(struct share *share, const struct share_flow *flow, int calls, double variance)
{
    size_t index = index_of(share, flow);
    share->slot->flows[index].in_flight += calls;
    share->slot->flows[index].variance += variance;
}
