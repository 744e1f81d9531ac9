/* SPDX-License-Identifier: MIT */
#include "plugin/check_drive.h"

#include <string.h>

#include "base/hash.h"

#define LONG_TEXT 2048 /* longer ones are in a transcript by their hash */

void texts_clear(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        buf_free(&texts->items[i]);
    mem_free(texts->items);
    *texts = (struct texts){0};
}

void drive_clear(struct drive *drive)
{
    buf_free(&drive->transcript);
    mem_free(drive->inputs);
    drive->inputs = NULL;
}

void drive_note(struct drive *drive, const char *what, struct str text)
{
    struct buf *out = &drive->transcript;
    buf_printf(out, "  %s (%zu bytes): ", what, text.len);
    if (text.len > LONG_TEXT) {
        char hex[HASH_HEX];
        hash_sha256_hex(text, hex);
        buf_printf(out, "SHA-256 %s", hex);
    } else {
        json_write_str(out, text, 0);
    }
    buf_char(out, '\n');
}

void drive_message(struct drive *drive, const struct message *m)
{
    drive_note(drive, "message role", m->role);
    drive_note(drive, "content", m->content);
    if (m->tool_calls.len)
        drive_note(drive, "tool_calls", m->tool_calls);
    if (m->tool_call_id.len)
        drive_note(drive, "tool_call_id", m->tool_call_id);
    if (m->name.len)
        drive_note(drive, "name", m->name);
    if (m->flags)
        buf_printf(&drive->transcript, "  flags %u\n", m->flags);
}

static struct str first_line(struct str text)
{
    struct str rest = text, line = str_cut(&rest, '\n');
    return line.len > 160 ? (struct str){line.ptr, 160} : line;
}

bool drive_differs(const struct buf *a, const struct buf *b, struct buf *out_where)
{
    struct str x = buf_view(a), y = buf_view(b), call = STR("");
    if (str_eq(x, y))
        return false;
    while (x.len && y.len) {
        struct str one = str_cut(&x, '\n'), other = str_cut(&y, '\n');
        if (one.len && one.ptr[0] != ' ')
            call = first_line(one);
        if (str_eq(one, other))
            continue;
        struct str left = str_trim(first_line(one)), right = str_trim(first_line(other));
        buf_printf(out_where, "%.*s: first %.*s, then %.*s", (int)call.len, call.ptr, (int)left.len,
                   left.ptr, (int)right.len, right.ptr);
        return true;
    }
    buf_printf(out_where, "one ended after %.*s, the other went on", (int)call.len, call.ptr);
    return true;
}

struct frame *drive_enter(struct drive *drive, enum call_kind kind, const char *function)
{
    struct guard_block block;
    struct frame *frame = guard_pages(GUARD_CALL, sizeof(*frame), &block);
    frame->block = block;
    frame->thread = pthread_self();
    call_init(&frame->call, kind, drive->check->entry->id, function);
    frame->call.base.host = host_table();
    frame->live = true;
    frame->first_input = drive->input_count;
    frame->outer = check_doing(function);
    return frame;
}

static void report(struct drive *drive, int32_t status, bool fault)
{
    const char *rule = "R5";
    char number[4];
    if (strstr(drive->err.text, "has no place in"))
        rule = "R7";
    if (fault)
        check_fail(check_rule_in(drive->err.text, rule, number), "%s", drive->err.text);
    else if (status < 0 && strstr(drive->err.text, "gave no reason (R9)"))
        check_fail("R9", "%s", drive->err.text);
    if (status > 0 || status < GRASP_E_STATE)
        check_fail("R4", "%s: %d is not a status code of abi.h", drive->check->entry->id, status);
}

bool drive_leave(struct drive *drive, struct frame *frame, int32_t status)
{
    size_t first = frame->first_input;
    check_doing(frame->outer);
    drive->faulted = frame->call.host_fault;
    drive->status = status;
    drive->err = (struct err){0};
    buf_printf(&drive->transcript, "%s: %d\n", frame->call.function, status);
    /* A status that is not known is reported by its own rule. */
    int code = call_finish(&frame->call, status > 0 ? GRASP_OK : status, &drive->err);
    if (code || status > 0)
        report(drive, status, drive->faulted);
    frame->call.roots = NULL;
    frame->call.root_count = frame->call.root_capacity = 0;
    frame->live = false;
    guard_freeze(&frame->block);
    while (drive->input_count > first)
        guard_retire(&drive->inputs[--drive->input_count]);
    return code == 0 && status <= 0;
}

static void *give(struct drive *drive, const void *data, size_t size, size_t tail)
{
    MEM_RESERVE(drive->inputs, drive->input_count, drive->input_capacity);
    return guard_copy(GUARD_INPUT, data, size, tail, &drive->inputs[drive->input_count++]);
}

grasp_str drive_text(struct drive *drive, struct str text)
{
    if (drive->plain)
        return str_to(text);
    return (grasp_str){give(drive, text.ptr, text.len, 1), text.len};
}

const void *drive_struct(struct drive *drive, const void *data, size_t size)
{
    uint8_t copy[512];
    size_t full = host_struct_size(size);
    if (full > sizeof(copy))
        return drive->plain ? data : give(drive, data, size, 0);
    memset(copy, 0xa5, sizeof(copy));
    memcpy(copy, data, size);
    uint32_t claimed = (uint32_t)full;
    memcpy(copy, &claimed, sizeof(claimed));
    return drive->plain ? data : give(drive, copy, full, 0);
}

const grasp_message *const *drive_messages(struct drive *drive, const struct message *messages,
                                           size_t count)
{
    const grasp_message **list = mem_array(count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        grasp_message m = {
            .size = sizeof(m),
            .flags = messages[i].flags,
            .role = drive_text(drive, messages[i].role),
            .content = drive_text(drive, messages[i].content),
            .tool_calls = drive_text(drive, messages[i].tool_calls),
            .tool_call_id = drive_text(drive, messages[i].tool_call_id),
            .name = drive_text(drive, messages[i].name),
        };
        list[i] = drive->plain ? give(drive, &m, sizeof(m), 0) : drive_struct(drive, &m, sizeof(m));
    }
    const void *out = give(drive, list, count * sizeof(*list), 0);
    mem_free(list);
    return out;
}

static int keep_json(void *arg, struct str json, struct err *err)
{
    struct texts *texts = arg;
    struct buf copy = {0};
    (void)err;
    buf_str(&copy, json);
    MEM_RESERVE(texts->items, texts->count, texts->capacity);
    texts->items[texts->count++] = copy;
    return 0;
}

bool drive_open(struct drive *drive, struct str config, struct instance *out)
{
    const struct check *check = drive->check;
    memset(out, 0, sizeof(*out));
    owner_init(&out->owner);
    pthread_mutex_init(&out->mutex, NULL);
    struct frame *frame = drive_enter(drive, CALL_OPEN, "open");
    frame->call.owner = &out->owner;
    int32_t status;
    if (check->task)
        status = check->task->open(&frame->call.base, drive_text(drive, config), &out->self);
    else
        status = check->method->open(&frame->call.base, drive_text(drive, config),
                                     drive_text(drive, str_of(method_task_info())), &out->self);
    out->open = true;
    return drive_leave(drive, frame, status);
}

bool drive_info(struct drive *drive, struct instance *instance)
{
    const struct check *check = drive->check;
    texts_clear(&instance->info);
    struct frame *frame = drive_enter(drive, CALL_INFO, "info");
    frame->call.on_json = keep_json;
    frame->call.on_json_arg = &instance->info;
    int32_t status = check->task ? check->task->info(&frame->call.base, instance->self)
                                 : check->method->info(&frame->call.base, instance->self);
    bool ok = drive_leave(drive, frame, status);
    for (size_t i = 0; i < instance->info.count; i++)
        drive_note(drive, "json", buf_view(&instance->info.items[i]));
    return ok;
}

void drive_close(struct drive *drive, struct instance *instance)
{
    const struct check *check = drive->check;
    if (instance->open) {
        struct frame *frame = drive_enter(drive, CALL_CLOSE, "close");
        if (check->task)
            check->task->close(&frame->call.base, instance->self);
        else
            check->method->close(&frame->call.base, instance->self);
        drive_leave(drive, frame, GRASP_OK);
        owner_clear(&instance->owner);
        pthread_mutex_destroy(&instance->mutex);
    }
    texts_clear(&instance->info);
    instance->open = false;
}

static void lock(struct drive *drive, struct instance *instance)
{
    const struct check *check = drive->check;
    if ((check->task ? check->task->flags : check->method->flags) & GRASP_SERIAL)
        pthread_mutex_lock(&instance->mutex);
}

static void unlock(struct drive *drive, struct instance *instance)
{
    const struct check *check = drive->check;
    if ((check->task ? check->task->flags : check->method->flags) & GRASP_SERIAL)
        pthread_mutex_unlock(&instance->mutex);
}

bool drive_samples(struct drive *drive, struct instance *instance, struct str split,
                   struct texts *out)
{
    *out = (struct texts){0};
    struct frame *frame = drive_enter(drive, CALL_SAMPLES, "samples");
    frame->call.on_json = keep_json;
    frame->call.on_json_arg = out;
    lock(drive, instance);
    int32_t status =
        drive->check->task->samples(&frame->call.base, instance->self, drive_text(drive, split));
    unlock(drive, instance);
    bool ok = drive_leave(drive, frame, status);
    for (size_t i = 0; i < out->count; i++)
        drive_note(drive, "json", buf_view(&out->items[i]));
    return ok;
}

static void talk(struct episode *ep, struct message message)
{
    MEM_RESERVE(ep->talk, ep->talk_count, ep->talk_capacity);
    ep->talk[ep->talk_count++] = message;
}

/* What a call added to the episode: into the transcript, and into the conversation. */
static void take_turn(struct drive *drive, struct episode *ep, size_t actions)
{
    struct turn_sink *sink = &ep->sink;
    for (; ep->seen < sink->count; ep->seen++) {
        struct message *m = &sink->messages[ep->seen];
        drive_message(drive, m);
        if (str_is(m->role, "agent") && ep->talk_count)
            ep->talk[ep->talk_count - 1] = *m; /* a normalised form */
        else if (message_is_sent(m))
            talk(ep, *m);
    }
    for (size_t i = actions; i < sink->action_count; i++)
        drive_note(drive, "action", sink->actions[i]);
    if (sink->done) {
        drive_note(drive, "outcome", sink->status);
        drive_note(drive, "answer", sink->answer);
        drive_note(drive, "raw", sink->raw);
    }
}

bool drive_begin(struct drive *drive, struct instance *instance, struct str sample, uint64_t seed,
                 struct episode *out)
{
    memset(out, 0, sizeof(*out));
    owner_init(&out->owner);
    out->sink.arena = &out->arena;
    struct frame *frame = drive_enter(drive, CALL_BEGIN, "begin");
    frame->call.owner = &out->owner;
    frame->call.out = &out->arena;
    frame->call.sink = &out->sink;
    lock(drive, instance);
    int32_t status = drive->check->task->begin(&frame->call.base, instance->self,
                                               drive_text(drive, sample), seed, &out->handle);
    unlock(drive, instance);
    bool ok = drive_leave(drive, frame, status);
    if (ok && !out->sink.done && !out->sink.count) {
        check_fail("R5", "begin emitted neither a message nor an outcome");
        ok = false;
    }
    take_turn(drive, out, 0);
    return ok;
}

bool drive_step(struct drive *drive, struct instance *instance, struct episode *ep, int32_t kind,
                struct str text, struct str tool_calls)
{
    size_t before = ep->sink.count, actions = ep->sink.action_count;
    talk(ep, (struct message){.role = STR("agent"),
                              .content = {arena_dup(&ep->arena, text.ptr, text.len), text.len},
                              .tool_calls = {arena_dup(&ep->arena, tool_calls.ptr, tool_calls.len),
                                             tool_calls.len}});
    struct frame *frame = drive_enter(drive, CALL_STEP, "step");
    grasp_reply reply = {
        .size = sizeof(reply),
        .kind = kind,
        .text = drive_text(drive, text),
        .tool_calls = drive_text(drive, tool_calls),
        .finish_reason = drive_text(drive, STR("stop")),
    };
    frame->call.owner = &ep->owner;
    frame->call.out = &ep->arena;
    frame->call.sink = &ep->sink;
    const grasp_reply *given = drive_struct(drive, &reply, sizeof(reply));
    lock(drive, instance);
    int32_t status = drive->check->task->step(&frame->call.base, instance->self, ep->handle, given);
    unlock(drive, instance);
    bool ok = drive_leave(drive, frame, status);
    if (ok && !ep->sink.done && ep->sink.count == before) {
        check_fail("R5", "step emitted neither a message nor an outcome");
        ok = false;
    }
    take_turn(drive, ep, actions);
    ep->turns++;
    return ok;
}

void drive_end(struct drive *drive, struct instance *instance, struct episode *ep)
{
    struct frame *frame = drive_enter(drive, CALL_END, "end");
    lock(drive, instance);
    drive->check->task->end(&frame->call.base, instance->self, ep->handle);
    unlock(drive, instance);
    drive_leave(drive, frame, GRASP_OK);
    owner_clear(&ep->owner);
    turn_sink_clear(&ep->sink);
    mem_free(ep->talk);
    arena_clear(&ep->arena);
    memset(ep, 0, sizeof(*ep));
}

bool drive_grade(struct drive *drive, struct instance *instance, struct str sample,
                 struct str rollout, struct str judge, struct verdict *out, struct buf *requests)
{
    struct arena arena = {0};
    struct verdict verdict = {0};
    struct frame *frame = drive_enter(drive, CALL_GRADE, "grade");
    frame->call.out = &arena;
    frame->call.verdict = &verdict;
    frame->call.requests = requests;
    grasp_str texts[] = {drive_text(drive, sample), drive_text(drive, rollout),
                         drive_text(drive, judge)};
    lock(drive, instance);
    int32_t status =
        drive->check->task->grade(&frame->call.base, instance->self, texts[0], texts[1], texts[2]);
    unlock(drive, instance);
    bool done = frame->call.done, ok = drive_leave(drive, frame, status);
    if (ok && done == (requests->len > 0)) {
        check_fail("R5", "grade must emit either a verdict or requests for the judge");
        ok = false;
    }
    if (requests->len)
        buf_char(requests, ']');
    buf_printf(&drive->transcript, "  correct %d score %a\n", verdict.correct, verdict.score);
    drive_note(drive, "tags", verdict.tags);
    drive_note(drive, "detail", verdict.detail);
    drive_note(drive, "requests", buf_view(requests));
    *out = (struct verdict){.correct = verdict.correct, .score = verdict.score};
    arena_clear(&arena);
    return ok;
}

static void add_member(struct json *object, const char *key, struct str text)
{
    if (text.len)
        json_set(object, key, json_new_str(text));
}

void drive_rollout(const struct episode *ep, struct buf *out)
{
    CLEANUP_JSON struct json *rollout = json_new_object();
    struct json *history = json_new_array(), *actions = json_new_array();
    for (size_t i = 0; i < ep->talk_count; i++) {
        const struct message *m = &ep->talk[i];
        struct json *entry = json_new_object();
        json_set(entry, "role", json_new_str(m->role));
        json_set(entry, "content", json_new_str(m->content));
        add_member(entry, "tool_call_id", m->tool_call_id);
        if (m->tool_calls.len)
            json_set(entry, "tool_calls", json_parse(m->tool_calls, NULL));
        json_push(history, entry);
    }
    for (size_t i = 0; i < ep->sink.action_count; i++)
        json_push(actions, json_new_str(ep->sink.actions[i]));
    json_set(rollout, "status",
             json_new_str(ep->sink.done ? ep->sink.status : STR("task limit reached")));
    json_set(rollout, "answer", json_new_str(ep->sink.answer));
    json_set(rollout, "raw", ep->sink.raw.len ? json_parse(ep->sink.raw, NULL) : NULL);
    json_set(rollout, "history", history);
    json_set(rollout, "agent_actions", actions);
    json_write(out, rollout, 0);
}
