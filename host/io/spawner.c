/* SPDX-License-Identifier: MIT */
/* A child dies with the thread that started it (PR_SET_PDEATHSIG), and plugins are called by
 * threads that come and go. So all children are started by one thread, which stays. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "io/child_internal.h"
#include "io/sandbox.h"
#include "io/thread.h"

struct order {
    pid_t (*start)(const void *arg);
    const void *arg;
    pid_t pid;
    int number; /* errno */
    bool done;
    struct order *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct order *orders;
static bool running;

/* A fork of this program has no such thread until it starts one. */
static void forget(void)
{
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    orders = NULL;
    running = false;
}

static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static void prepare(void)
{
    pthread_atfork(NULL, NULL, forget);
}

static void *serve(void *arg)
{
    pthread_mutex_lock(&mutex);
    for (;;) {
        struct order *order = orders;
        if (!order) {
            pthread_cond_wait(&changed, &mutex);
            continue;
        }
        orders = order->next;
        pthread_mutex_unlock(&mutex);
        order->pid = order->start(order->arg);
        order->number = errno;
        pthread_mutex_lock(&mutex);
        order->done = true;
        pthread_cond_broadcast(&changed);
    }
    return NULL;
}

pid_t spawner_run(pid_t (*start)(const void *arg), const void *arg)
{
    struct order order = {.start = start, .arg = arg};
    pthread_t thread;
    pthread_once(&prepared, prepare);
    pthread_mutex_lock(&mutex);
    int number = running ? 0 : thread_start(&thread, serve, NULL, "spawner");
    if (!running && !number)
        pthread_detach(thread);
    running = number == 0;
    if (running) {
        struct order **link = &orders;
        while (*link)
            link = &(*link)->next;
        *link = &order;
        pthread_cond_broadcast(&changed);
        while (!order.done)
            pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    errno = number ? number : order.number;
    return number ? -1 : order.pid;
}

bool spawner_is_running(void)
{
    pthread_mutex_lock(&mutex);
    bool is = running;
    pthread_mutex_unlock(&mutex);
    return is;
}
