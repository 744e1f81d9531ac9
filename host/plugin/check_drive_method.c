/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "plugin/check_drive.h"

static bool serial(const struct drive *drive)
{
    const struct check *check = drive->check;
    return (check->method->flags & GRASP_SERIAL) != 0;
}

static void lock(struct drive *drive, struct instance *instance)
{
    if (serial(drive))
        pthread_mutex_lock(&instance->mutex);
}

static void unlock(struct drive *drive, struct instance *instance)
{
    if (serial(drive))
        pthread_mutex_unlock(&instance->mutex);
}

/* Files as a plugin sees them. */
static const grasp_files *view(struct drive *drive, const struct files *files)
{
    struct guard_block *block;
    grasp_file *items = mem_array(files->count + 1, sizeof(*items));
    for (size_t i = 0; i < files->count; i++)
        items[i] = (grasp_file){drive_text(drive, files->items[i].name),
                                drive_text(drive, files->items[i].text)};
    MEM_RESERVE(drive->inputs, drive->input_count, drive->input_capacity);
    block = &drive->inputs[drive->input_count++];
    grasp_files list = {guard_copy(GUARD_INPUT, items, files->count * sizeof(*items), 0, block),
                        files->count};
    mem_free(items);
    MEM_RESERVE(drive->inputs, drive->input_count, drive->input_capacity);
    block = &drive->inputs[drive->input_count++];
    return guard_copy(GUARD_INPUT, &list, sizeof(list), 0, block);
}

bool drive_load(struct drive *drive, struct instance *instance, const struct files *files,
                void **out)
{
    *out = NULL;
    struct frame *frame = drive_enter(drive, CALL_LOAD, "load");
    const grasp_files *list = view(drive, files);
    lock(drive, instance);
    int32_t status = drive->check->method->load(&frame->call.base, instance->self, list, out);
    unlock(drive, instance);
    return drive_leave(drive, frame, status);
}

void drive_unload(struct drive *drive, struct instance *instance, void *knowledge)
{
    struct frame *frame = drive_enter(drive, CALL_CLOSE, "unload");
    lock(drive, instance);
    drive->check->method->unload(&frame->call.base, instance->self, knowledge);
    unlock(drive, instance);
    drive_leave(drive, frame, GRASP_OK);
}

bool drive_augment(struct drive *drive, struct instance *instance, const void *knowledge,
                   struct str sample, uint32_t number, const struct message *messages, size_t count)
{
    struct arena arena = {0};
    struct guidance guidance = {0};
    struct frame *frame = drive_enter(drive, CALL_AUGMENT, "augment");
    frame->call.out = &arena;
    frame->call.guidance = &guidance;
    grasp_turn turn = {
        .size = sizeof(turn),
        .number = number,
        .sample = drive_text(drive, sample),
        .messages = drive_messages(drive, messages, count),
        .count = count,
    };
    const grasp_turn *given = drive_struct(drive, &turn, sizeof(turn));
    lock(drive, instance);
    int32_t status =
        drive->check->method->augment(&frame->call.base, instance->self, knowledge, given);
    unlock(drive, instance);
    bool ok = drive_leave(drive, frame, status);
    buf_printf(&drive->transcript, "  placement %d\n", (int)guidance.placement);
    drive_note(drive, "guidance", guidance.text);
    drive_note(drive, "used", guidance.used);
    arena_clear(&arena);
    return ok;
}

static int keep_array(void *arg, struct str text, struct err *err)
{
    struct buf *out = arg;
    struct str trimmed = str_trim(text);
    if (out->len || !trimmed.len || trimmed.ptr[0] != '[')
        return err_set(err, EXIT_PLUGIN, "describe emits one JSON array");
    buf_str(out, text);
    return 0;
}

bool drive_describe(struct drive *drive, struct instance *instance, const void *knowledge)
{
    CLEANUP_BUF struct buf text = {0};
    if (!drive->check->method->describe)
        return true;
    struct frame *frame = drive_enter(drive, CALL_DESCRIBE, "describe");
    frame->call.on_json = keep_array;
    frame->call.on_json_arg = &text;
    lock(drive, instance);
    int32_t status = drive->check->method->describe(&frame->call.base, instance->self, knowledge);
    unlock(drive, instance);
    bool ok = drive_leave(drive, frame, status);
    drive_note(drive, "json", buf_view(&text));
    return ok;
}

bool drive_learn(struct drive *drive, struct instance *instance, const struct lab *lab,
                 const struct files *files, const void *knowledge, struct str batch, bool epoch_end,
                 struct files **out)
{
    const grasp_method *method = drive->check->method;
    struct arena results = {0};
    struct files *next = NULL;
    *out = NULL;
    if (epoch_end ? !method->epoch_end : !method->learn)
        return true;
    struct frame *frame = drive_enter(drive, CALL_LEARN, epoch_end ? "epoch_end" : "learn");
    frame->call.owner = &instance->owner;
    frame->call.out = &results;
    frame->call.files = &next;
    frame->call.lab = lab;
    const grasp_files *list = view(drive, files);
    grasp_str text = drive_text(drive, batch);
    lock(drive, instance);
    int32_t status = (epoch_end ? method->epoch_end : method->learn)(
        &frame->call.base, instance->self, host_lab(), list, knowledge, text);
    unlock(drive, instance);
    bool ok = drive_leave(drive, frame, status);
    arena_clear(&results);
    for (size_t i = 0; next && i < next->count; i++) {
        drive_note(drive, "file", next->items[i].name);
        drive_note(drive, "text", next->items[i].text);
    }
    if (ok)
        *out = next;
    else
        files_destroy(next);
    return ok;
}

bool drive_reply(struct drive *drive, const struct message *messages, size_t count, uint64_t seed,
                 struct arena *arena, struct model_reply *out)
{
    const grasp_rehearsal *rehearsal = drive->check->rehearsal;
    *out = (struct model_reply){0};
    if (!rehearsal)
        return false;
    struct frame *frame = drive_enter(drive, CALL_REHEARSE, "reply");
    frame->call.out = arena;
    frame->call.reply = out;
    grasp_rehearsal_request request = {
        .size = sizeof(request),
        .messages = drive_messages(drive, messages, count),
        .count = count,
        .tools = drive_text(drive, STR("")),
        .seed = seed,
    };
    const grasp_rehearsal_request *given = drive_struct(drive, &request, sizeof(request));
    int32_t status = rehearsal->reply(&frame->call.base, given);
    bool done = frame->call.done;
    bool foreign = status == GRASP_E_UNSUPPORTED && !frame->call.host_fault;
    bool ok = drive_leave(drive, frame, foreign ? GRASP_OK : status);
    drive->status = status;
    if (ok && !foreign && !done)
        check_fail("R5", "reply returned GRASP_OK and gave no reply");
    if (done) {
        drive_note(drive, "text", out->text);
        drive_note(drive, "tool_calls", out->tool_calls);
    }
    return ok && done && !foreign;
}
