/* SPDX-License-Identifier: MIT */
/*
 * libcurl and nothing else: what a call costs on this machine before any host is built around it.
 *
 *     curl_alone URL IN_FLIGHT CALLS BODY_FILE
 *
 * POSTs the body CALLS times, IN_FLIGHT at once, from one thread with epoll and
 * curl_multi_socket_action. Prints calls per second and microseconds of CPU per call.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int poll_fd;
static long timeout_ms = -1;
static struct curl_slist *headers;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct epoll_event event = {.data.fd = fd};
    CURLM *multi = arg;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(poll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    epoll_ctl(poll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, multi);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    timeout_ms = ms;
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    return size * count;
}

static CURL *make_easy(const char *url, const char *body, long size)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, size);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    return easy;
}

/* Takes up what has ended; what is left to send begins in its place. */
static long collect(CURLM *multi, long *left)
{
    CURLMsg *message;
    int queued;
    long done = 0;
    while ((message = curl_multi_info_read(multi, &queued))) {
        CURL *easy = message->easy_handle;
        if (message->data.result != CURLE_OK) {
            fprintf(stderr, "curl_alone: %s\n", curl_easy_strerror(message->data.result));
            exit(1);
        }
        curl_multi_remove_handle(multi, easy);
        done++;
        if ((*left)-- > 0)
            curl_multi_add_handle(multi, easy);
    }
    return done;
}

static char *read_body(const char *path, long *out_size)
{
    FILE *file = fopen(path, "r");
    static char body[1 << 20];
    if (!file) {
        perror(path);
        exit(1);
    }
    *out_size = (long)fread(body, 1, sizeof(body), file);
    fclose(file);
    return body;
}

static double seconds(const struct timespec *t)
{
    return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    struct timespec begin, end;
    struct rusage usage;
    long size, done = 0;
    int running;
    if (argc != 5) {
        fprintf(stderr, "usage: curl_alone URL IN_FLIGHT CALLS BODY_FILE\n");
        return 2;
    }
    long jobs = atol(argv[2]), calls = atol(argv[3]), left = calls - jobs;
    char *body = read_body(argv[4], &size);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    CURLM *multi = curl_multi_init();
    poll_fd = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, jobs);
    for (long i = 0; i < jobs; i++)
        curl_multi_add_handle(multi, make_easy(argv[1], body, size));
    clock_gettime(CLOCK_MONOTONIC, &begin);
    while (done < calls) {
        int ready = epoll_wait(poll_fd, events, 256, timeout_ms < 0 ? 1000 : (int)timeout_ms);
        if (ready == 0)
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        for (int i = 0; i < ready; i++) {
            int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
            curl_multi_socket_action(multi, events[i].data.fd, what, &running);
        }
        done += collect(multi, &left);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("%.0f %.1f\n", (double)calls / (seconds(&end) - seconds(&begin)),
           cpu * 1e6 / (double)calls);
    return 0;
}
