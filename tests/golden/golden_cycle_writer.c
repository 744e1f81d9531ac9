/* SPDX-License-Identifier: MIT */
/* The simulated writer of the recorded runs: knows a prompt by its first line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_cycle.h"

/* "Please handle <type> request number <n>" after `title`. */
static bool read_task(const char *text, const char *title, char type[16], int *number)
{
    const char *at = strstr(text, title);
    return at &&
           sscanf(at + strlen(title), "Please handle %15s request number %d", type, number) == 2;
}

static void log_call(struct cycle *cycle, const char *kind, const char *id, int64_t first,
                     int64_t second)
{
    struct json *event = json_new_array();
    json_push(event, json_new_str(STR("call")));
    json_push(event, json_new_str(str_of(kind)));
    if (id)
        json_push(event, json_new_str(str_of(id)));
    if (first >= 0)
        json_push(event, json_new_int(first));
    if (second >= 0)
        json_push(event, json_new_int(second));
    json_push(cycle->log, event);
}

static struct json *say(const char *format, const char *type)
{
    CLEANUP_BUF struct buf out = {0};
    for (; *format; format++) {
        if (*format == '@')
            buf_text(&out, type);
        else
            buf_char(&out, *format);
    }
    return json_new_str(buf_view(&out));
}

static int64_t occurrences(const char *text, const char *part)
{
    int64_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static struct json *answer_reflect(struct cycle *cycle, const char *prompt)
{
    char type[16];
    int number;
    bool correct = strstr(prompt, "{\"is_correct\": true") != NULL;
    read_task(prompt, "\"instruction\": \"", type, &number);
    CLEANUP_FREE char *id = mem_printf("%s_%d", type, number);
    log_call(cycle, "reflect", id, -1, -1);
    json_push(json_at(cycle->log, json_count(cycle->log) - 1), json_new_bool(correct));
    return say(correct ? "{\"episodic_summary\": \"@ episode\", \"failure_analysis\": \"@ fine\", "
                         "\"action_guidelines\": [], \"tags\": [\"@\"]}"
                       : "{\"episodic_summary\": \"@ episode\", \"failure_analysis\": \"@ went "
                         "wrong\", \"action_guidelines\": [\"For @ requests apply solve@ before "
                         "finishing\"], \"tags\": [\"@\"]}",
               type);
}

static struct json *answer_curate(struct cycle *cycle, const char *prompt)
{
    const char *at = strstr(prompt, "{\"current_rules\": ");
    CLEANUP_JSON struct json *input = json_parse(str_of(at), NULL);
    CLEANUP_JSON struct json *out = json_new_object();
    CLEANUP_BUF struct buf text = {0};
    struct json *rules = json_new_array();
    const struct json *current = json_get(input, "current_rules");
    const struct json *candidates = json_get(input, "candidate_rules");
    for (size_t i = 0; i < json_count(current); i++)
        json_push(rules, json_copy(json_at(current, i)));
    for (size_t i = 0; i < json_count(candidates); i++)
        json_push(rules, json_copy(json_at(candidates, i)));
    json_set(out, "updated_rules", rules);
    json_write(&text, out, 0);
    log_call(cycle, "curate", NULL, (int64_t)json_count(current), (int64_t)json_count(candidates));
    return json_new_str(buf_view(&text));
}

static struct json *answer_task(struct cycle *cycle, const char *text, const char *title,
                                const char *kind, const char *reply)
{
    char type[16] = "";
    int number = 0;
    read_task(text, title, type, &number);
    CLEANUP_FREE char *id = mem_printf("%s_%d", type, number);
    log_call(cycle, kind, id, -1, -1);
    return say(reply, type);
}

static struct json *answer_merge(struct cycle *cycle, const char *text)
{
    char type[16] = "";
    const char *at = strstr(text, "\"name\": \"");
    log_call(cycle, "merge", NULL, -1, -1);
    if (at)
        sscanf(at + 9, "%15s", type);
    return say("<skill>{\"name\": \"@ skill\", \"document\": \"handle @ request\", \"content\": "
               "\"solve@ merged\", \"tools\": []}</skill>",
               type);
}

struct json *cycle_reply(struct cycle *cycle, const char *first, const char *text)
{
    if (strstr(first, "# Write one note"))
        return answer_task(cycle, text, "task: ", "note",
                           "when asked about @ items, solve@ first.");
    if (strstr(first, "# Compare two trials"))
        return answer_task(cycle, text, "task: ", "contrast",
                           "ADD 1: For @ requests, solve@ before finishing.\nAGREE 1: For @ "
                           "requests, solve@ before finishing.");
    if (strstr(first, "# Learn from successes")) {
        log_call(cycle, "all_success", NULL, occurrences(text, "TASK: "), -1);
        return say("ADD: Finish with a list.", "");
    }
    if (strstr(first, "# Reflect on"))
        return answer_reflect(cycle, text);
    if (strstr(first, "# Curate"))
        return answer_curate(cycle, text);
    if (strstr(first, "# Plan a task"))
        return answer_task(cycle, text, "Task: ", "plan", "<plan># call api for @</plan>");
    if (strstr(first, "# Extract a skill"))
        return answer_task(
            cycle, text, "Task: ", "extract",
            "[{\"option\": \"add\", \"skill\": {\"name\": \"@ skill\", \"document\": "
            "\"handle @ request\", \"content\": \"solve@\", \"tools\": []}}]");
    if (strstr(first, "# Merge skills"))
        return answer_merge(cycle, text);
    log_call(cycle, "filter", NULL, -1, -1);
    return say("good", "");
}
