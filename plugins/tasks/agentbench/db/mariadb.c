/* SPDX-License-Identifier: MIT */
#include "mariadb.h"

#include <fcntl.h>
#include <grasp/ext/exec.h>
#include <grasp/ext/scratch.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/slice.h"

#define LAUNCH_MS 60000
#define ANSWER_MS 60000
#define PAUSE_MS 5
#define LOG_SHOWN 1500
/* Address space of the server; the host's guard ends it at four times that in use. */
#define MEMORY_MAX (3ull << 30)
/* The guard lets each have 32 threads: one per connection, and a few dozen of the server's own. */
#define PROCESSES_MAX 128

/* What the server runs before it lets anybody in leaves this behind. */
#define READY "tmp/ready"
/* Left behind when it ended without that. */
#define FAILED "failed"
/* What the script reads its word from. */
#define GO "go"

/* The system tables come from the package's own files, without help texts and views, which no
 * agent needs. The server itself makes them, as it starts: a bootstrap of its own before would
 * take three times as long. Until then there are no rights to check, and no one to check them for.
 * One that fell over begins anew: its episodes are lost, and nothing else is on it.
 * The options are those of the reference's server where MariaDB has them; its time goes into
 * nothing that has to survive the run. */
static const char script[] =
    "here=$(pwd) share=/usr/share/mysql\n"
    "set -- --no-defaults --datadir=$here/data --tmpdir=$here/tmp --skip-log-bin"
    " --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0"
    " --loose-debug-no-sync --loose-innodb-log-file-buffering=1"
    " --innodb-buffer-pool-size=64M --innodb-log-file-size=16M --sync-frm=0"
    " --innodb-stats-persistent=0 --character-set-server=utf8mb4"
    " --collation-server=utf8mb4_uca1400_nopad_ai_ci"
    " --socket=$here/s --pid-file=$here/pid --skip-networking --skip-name-resolve"
    " --max-connections=2000 --group-concat-max-len=1024 --local-infile=0 --performance-schema=0"
    " --secure-file-priv=$here/tmp --innodb-stats-auto-recalc=0 --thread-cache-size=64"
    " --symbolic-links=0"
    " --sql-mode=ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION\n"
    "ulimit -f 1048576\n" /* half a GiB: what a table may grow to */
    "cat $share/mysql_system_tables.sql $share/mysql_performance_tables.sql"
    " $share/mysql_system_tables_data.sql >tables 2>>log || { echo failed; exit 1; }\n"
    "{ printf 'create database mysql;\\nuse mysql;\\n'; grep -v '@current_hostname' tables;"
    " printf 'flush privileges;\\nselect 1 into outfile \"%s\";\\n' $here/" READY "; } >first\n"
    "mkfifo " GO "\n"
    "echo waiting\n"
    "read line <" GO "\n"
    "for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
    "  rm -rf data tmp\n"
    "  mkdir data tmp\n"
    "  mariadbd \"$@\" --skip-grant-tables --init-file=$here/first >>log 2>&1\n"
    "  [ -e " READY " ] || { >" FAILED "; exit 1; }\n"
    "  sleep 0.2\n"
    "done\n";

struct mariadb {
    int folder; /* descriptor of the scratch folder */
    char socket[64];
    char *log;
    pthread_mutex_t mutex; /* of what follows */
    int go;                /* the word was written here; -1: not yet */
    bool up;
    char *failure; /* why there will be none, or NULL */
};

/* A socket's path may have 107 bytes, a scratch folder's more: it is reached by the folder's
 * descriptor. */
static int32_t name_places(grasp_call *call, struct mariadb *server, const char *folder)
{
    server->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (server->folder < 0)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "%s: the scratch folder cannot be opened",
                          folder);
    snprintf(server->socket, sizeof(server->socket), "/proc/self/fd/%d/s", server->folder);
    if (asprintf(&server->log, "%s/log", folder) < 0)
        server->log = NULL;
    return GRASP_OK;
}

grasp_str mariadb_last_words(grasp_call *call, const struct mariadb *server)
{
    char *words = call->host->scratch(call, LOG_SHOWN + 1);
    FILE *file = server->log ? fopen(server->log, "rbe") : NULL;
    size_t len = 0;
    if (file && words) {
        if (fseek(file, -LOG_SHOWN, SEEK_END) != 0)
            rewind(file);
        len = fread(words, 1, LOG_SHOWN, file);
    }
    if (file)
        fclose(file);
    return (grasp_str){words ? words : "", len};
}

static bool has_program(void)
{
    static const char *const places[] = {"/usr/sbin/mariadbd", "/usr/bin/mariadbd",
                                         "/usr/local/bin/mariadbd"};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        if (access(places[i], X_OK) == 0)
            return true;
    return false;
}

/* Starts the script, which waits for a word before it starts the server. */
static int32_t launch(grasp_call *call, struct mariadb *server, grasp_str folder)
{
    const grasp_exec *exec = call->host->extension(call, grasp_cstr(GRASP_EXT_EXEC));
    grasp_exec_session *session;
    if (!exec)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "this host cannot start programs (%s)",
                          GRASP_EXT_EXEC);
    grasp_str words[] = {SLICE("sh"), SLICE("-c"), grasp_cstr(script)};
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *argv = json->new_array(call);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        json->append(call, argv, json->new_string(call, words[i]));
    grasp_exec_request request = {
        .size = sizeof(request),
        .timeout_ms = LAUNCH_MS,
        .argv = json->print(call, argv, 0),
        .folder = folder,
        .env =
            SLICE("{\"PATH\": \"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"}"),
        .max_memory = MEMORY_MAX,
        .max_processes = PROCESSES_MAX,
    };
    grasp_exec_result result = {.size = sizeof(result)};
    int32_t status = exec->open(call, &request, &session);
    if (!status)
        status = exec->exchange(call, session, SLICE(""), SLICE("waiting\n"), LAUNCH_MS, &result);
    if (status || result.status == -1)
        return status;
    grasp_str log = mariadb_last_words(call, server);
    return grasp_fail(call, GRASP_E_UNAVAILABLE,
                      "the private MariaDB could not be set up: %.*s %.*s", (int)log.len, log.ptr,
                      (int)result.err.len, result.err.ptr);
}

static bool left(const struct mariadb *server, const char *mark)
{
    return faccessat(server->folder, mark, F_OK, 0) == 0;
}

/* One that answers without its mark has no system tables, and would let anybody do anything. */
static enum query_end knock(const struct mariadb *server, const struct address *address,
                            struct text *reason)
{
    struct connection *connection = NULL;
    text_reset(reason);
    enum query_end end = connection_open(address, NULL, 10, &connection, reason);
    if (end != QUERY_OK)
        return end;
    connection_close(connection);
    if (left(server, READY))
        return QUERY_OK;
    text_put(reason, "it has no system tables");
    return QUERY_ERROR;
}

static int32_t give_up(grasp_call *call, struct mariadb *server, const struct text *reason)
{
    grasp_str log = mariadb_last_words(call, server);
    if (asprintf(&server->failure,
                 "the private MariaDB could not be started (%.*s); its log ends with: %.*s",
                 (int)reason->len, reason->ptr ? reason->ptr : "", (int)log.len, log.ptr) < 0)
        server->failure = NULL;
    return grasp_fail(call, GRASP_E_UNAVAILABLE, "%s", server->failure ? server->failure : "");
}

static int32_t wait_for_answer(grasp_call *call, struct mariadb *server,
                               const struct address *address)
{
    struct text reason CLEANUP_TEXT = {0};
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000 * 1000};
    for (int waited = 0; waited < ANSWER_MS; waited += PAUSE_MS) {
        enum query_end end = knock(server, address, &reason);
        server->up = end == QUERY_OK;
        if (server->up)
            return GRASP_OK;
        if (end == QUERY_ERROR || left(server, FAILED))
            break;
        if (call->host->cancelled(call))
            return grasp_fail(call, GRASP_E_CANCELLED, "stopped while MariaDB was starting");
        nanosleep(&pause, NULL);
    }
    return give_up(call, server, &reason);
}

static bool say_go(struct mariadb *server)
{
    if (server->go >= 0)
        return true;
    /* For both ends: so it neither waits for the script nor is lost before that reads. */
    server->go = openat(server->folder, GO, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return server->go >= 0 && write(server->go, "\n", 1) == 1;
}

int32_t mariadb_wake(grasp_call *call, struct mariadb *server, const struct address *address)
{
    int32_t status = GRASP_OK;
    pthread_mutex_lock(&server->mutex);
    if (server->failure)
        status = grasp_fail(call, GRASP_E_UNAVAILABLE, "%s", server->failure);
    else if (!server->up && !say_go(server))
        status = grasp_fail(call, GRASP_E_UNAVAILABLE, "the private MariaDB's script is gone");
    else if (!server->up)
        status = wait_for_answer(call, server, address);
    pthread_mutex_unlock(&server->mutex);
    return status;
}

int32_t mariadb_prepare(grasp_call *call, struct mariadb **out, struct address *out_address)
{
    const grasp_scratch *scratch = call->host->extension(call, grasp_cstr(GRASP_EXT_SCRATCH));
    grasp_str folder;
    if (!has_program())
        return grasp_fail(call, GRASP_E_UNAVAILABLE,
                          "no MariaDB server is installed: install the package "
                          "mariadb-server-core, or name a server by the option 'server'");
    if (!scratch)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "this host has no scratch folders (%s)",
                          GRASP_EXT_SCRATCH);
    int32_t status = scratch->folder(call, &folder);
    if (status)
        return status;
    struct mariadb *server = calloc(1, sizeof(*server));
    if (!server)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a server");
    server->folder = server->go = -1;
    pthread_mutex_init(&server->mutex, NULL);
    *out_address = (struct address){.socket = server->socket, .user = "root", .password = ""};
    if (!(status = name_places(call, server, folder.ptr)))
        status = launch(call, server, folder);
    if (status) {
        mariadb_stop(server);
        return status;
    }
    *out = server;
    return GRASP_OK;
}

int mariadb_folder(const struct mariadb *server)
{
    return server->folder;
}

void mariadb_stop(struct mariadb *server)
{
    if (!server)
        return;
    if (server->folder >= 0)
        close(server->folder);
    if (server->go >= 0)
        close(server->go);
    pthread_mutex_destroy(&server->mutex);
    free(server->failure);
    free(server->log);
    free(server);
}
