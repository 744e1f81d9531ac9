// SPDX-License-Identifier: MIT
// A task in C++: a word is to be written backwards ("MIRROR olleh"). It has two turns: the agent
// may try again once.
#include "guard.hpp"

#include <algorithm>

namespace
{

const char *const words[] = {"carbon", "signal", "planet", "garden", "window", "silver",
                             "market", "bridge", "forest", "castle", "pencil", "rocket"};
const std::string prefix = "MIRROR ", question = "Mirror the word: ";

std::string mirrored(std::string word)
{
    std::reverse(word.begin(), word.end());
    return word;
}

std::string member(grasp_call *call, grasp_str object, const char *key)
{
    return text_of(grasp_json_string(call, object, key));
}

struct Episode {
    explicit Episode(std::string word) : word(std::move(word))
    {
    }
    std::string word;
    int turns = 0;
};

int32_t open_task(grasp_call *, grasp_str, void **out_self)
{
    *out_self = nullptr;
    return GRASP_OK;
}

int32_t info(grasp_call *call, void *)
{
    return call->host->emit_json(
        call, grasp_cstr("{\"name\": \"mirror\", \"splits\": [\"dev\", \"val\"], \"max_turns\": 2, "
                         "\"writer\": {\"family\": \"spelling\", \"labels\": {\"letters_swapped\": "
                         "\"the last two letters are in the wrong order\"}}}"));
}

int32_t samples(grasp_call *call, void *, grasp_str split)
{
    return guarded(call, [&] {
        bool dev = grasp_equal(split, "dev");
        if (!dev && !grasp_equal(split, "val"))
            throw Failure(GRASP_E_NOT_FOUND, "mirror: there is no such split");
        for (size_t i = dev ? 0 : 8; i < (dev ? 8u : 12u); i++) {
            std::string word = words[i];
            must(call->host->emit_json(
                call, view("{\"id\": \"" + word + "\", \"word\": \"" + word + "\"}")));
        }
    });
}

int32_t begin(grasp_call *call, void *, grasp_str sample, uint64_t, void **out_episode)
{
    return guarded(call, [&] {
        std::string word = member(call, sample, "word");
        if (word.empty())
            throw Failure(GRASP_E_INVALID, "mirror: the sample has no \"word\"");
        must(grasp_say(call, "user", view(question + word)));
        *out_episode = new Episode(word);
    });
}

int32_t step(grasp_call *call, void *, void *opaque, const grasp_reply *reply)
{
    return guarded(call, [&] {
        Episode &episode = *static_cast<Episode *>(opaque);
        if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT) {
            must(grasp_done(call, "agent context limit", grasp_cstr(""), "{}"));
            return;
        }
        if (!grasp_starts(reply->text, prefix.c_str()) || reply->text.len > 1000) {
            must(grasp_done(call, "agent invalid action", grasp_cstr(""), "{}"));
            return;
        }
        std::string answer = text_of(reply->text).substr(prefix.size());
        if (answer == mirrored(episode.word) || episode.turns++ == 1)
            must(grasp_done(call, "completed", view(answer), "{}"));
        else
            must(grasp_say(call, "user", grasp_cstr("That is not right. Once more.")));
    });
}

void end(grasp_call *, void *, void *episode)
{
    delete static_cast<Episode *>(episode);
}

int32_t grade(grasp_call *call, void *, grasp_str sample, grasp_str rollout, grasp_str)
{
    return guarded(call, [&] {
        std::string answer = member(call, rollout, "answer"), word = member(call, sample, "word");
        must(grasp_judge(call, !word.empty() && answer == mirrored(word), "[\"letters_swapped\"]"));
    });
}

void close_task(grasp_call *, void *)
{
}

// The agent of a rehearsal: it swaps the last two letters unless it was told of that.
int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    bool known = false;
    int32_t status = guarded(call, [&] {
        std::string word;
        bool careful = false;
        for (uint64_t i = 0; i < request->count; i++) {
            std::string text = text_of(request->messages[i]->content);
            size_t at = text.find(question);
            if (at != std::string::npos)
                word =
                    text.substr(at + question.size(), text.find('\n', at) - at - question.size());
            careful = careful || text.find("letters_swapped") != std::string::npos;
        }
        known = word.size() > 1;
        if (!known)
            return;
        std::string answer = mirrored(word);
        if (!careful)
            std::swap(answer[answer.size() - 1], answer[answer.size() - 2]);
        must(grasp_say(call, "agent", view(prefix + answer)));
    });
    return status || known ? status : GRASP_E_UNSUPPORTED;
}

const grasp_rehearsal rehearsal = {sizeof(rehearsal), 0, reply};

const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &rehearsal : nullptr;
}

const grasp_task task = {sizeof(task), 0,         "mirror", "writes words backwards",
                         nullptr,      open_task, info,     samples,
                         begin,        step,      end,      grade,
                         close_task,   extension};

} // namespace

GRASP_PLUGIN_TASK("mirror", "1.0", "MIT", &task)
