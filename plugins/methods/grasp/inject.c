/* SPDX-License-Identifier: MIT */
/* Guidance: the skills that fit the conversation, as one block of text (spec/grasp.md 7). */
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "knowledge.h"

#define FIXED_TEXTS 128

size_t inject_texts(const grasp_message *const *messages, size_t count, grasp_str *out)
{
    size_t left = RANK_CHARACTERS, used = 0;
    for (size_t i = count; i-- > 0 && left;) {
        grasp_str text = messages[i]->content;
        if (text.len == 0 || (messages[i]->flags & GRASP_MESSAGE_RECORD_ONLY))
            continue;
        if (used && --left == 0) /* the line end between two texts */
            break;
        if (text.len > left) {
            size_t characters = utf8_count(text);
            if (characters > left)
                text = utf8_suffix(text, left);
            left -= characters > left ? left : characters;
        } else {
            left -= utf8_count(text);
        }
        out[used++] = text;
    }
    for (size_t i = 0; i < used / 2; i++) {
        grasp_str swap = out[i];
        out[i] = out[used - 1 - i];
        out[used - 1 - i] = swap;
    }
    return used;
}

static char *put(char *at, grasp_str text)
{
    memcpy(at, text.ptr, text.len);
    return at + text.len;
}

static int32_t emit(grasp_call *call, const struct method *self, const struct knowledge *knowledge,
                    const uint32_t *chosen, size_t count)
{
    size_t text_size = knowledge->intro.len, used_size = 2;
    for (size_t i = 0; i < count; i++) {
        text_size += knowledge->blocks[chosen[i]].text.len + 2;
        used_size += knowledge->blocks[chosen[i]].name.len + 2;
    }
    char *memory = malloc(text_size + used_size + 1);
    if (!memory)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for %zu bytes of skills", text_size);
    char *used = memory + text_size, *used_end = used, *end = put(memory, knowledge->intro);
    *used_end++ = '[';
    for (size_t i = 0; i < count; i++) {
        if (i) {
            end = put(end, SLICE("\n\n"));
            used_end = put(used_end, SLICE(", "));
        }
        end = put(end, knowledge->blocks[chosen[i]].text);
        used_end = put(used_end, knowledge->blocks[chosen[i]].name);
    }
    *used_end++ = ']';
    const grasp_guidance guidance = {
        .size = sizeof(guidance),
        .placement = self->options.placement,
        .text = {memory, (uint64_t)(end - memory)},
        .used = {used, (uint64_t)(used_end - used)},
    };
    int32_t status = call->host->emit_guidance(call, &guidance);
    free(memory);
    return status;
}

static int32_t emit_all(grasp_call *call, const struct method *self,
                        const struct knowledge *knowledge)
{
    uint32_t *all = malloc(knowledge->count * sizeof(*all));
    if (!all)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for %zu skills", knowledge->count);
    for (uint32_t i = 0; i < knowledge->count; i++)
        all[i] = i;
    int32_t status = emit(call, self, knowledge, all, knowledge->count);
    free(all);
    return status;
}

int32_t grasp_method_augment(grasp_call *call, void *opaque, const void *loaded,
                             const grasp_turn *turn)
{
    const struct method *self = opaque;
    const struct knowledge *knowledge = loaded;
    grasp_str fixed[FIXED_TEXTS], *texts = fixed;
    uint32_t chosen[RANK_TOP];
    if (knowledge->count == 0)
        return GRASP_OK;
    if (self->options.select_all)
        return emit_all(call, self, knowledge);
    if (turn->count > FIXED_TEXTS) {
        texts = call->host->scratch(call, turn->count * sizeof(*texts));
        if (!texts)
            return grasp_fail(call, GRASP_E_NOMEM, "no memory for %llu messages",
                              (unsigned long long)turn->count);
    }
    size_t count = inject_texts(turn->messages, turn->count, texts);
    return emit(call, self, knowledge, chosen, rank_select(knowledge->index, texts, count, chosen));
}
