// SPDX-License-Identifier: MIT
// A method in C++: counts failure tags and tells the agent of the most frequent ones. Knowledge is
// one file, tally.txt, with lines "tag count".
#include "guard.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

namespace
{

const char file_name[] = "tally.txt";
const size_t shown = 3;

using Tally = std::map<std::string, long>;

bool is_tag(const std::string &text)
{
    return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

Tally parse(const grasp_files *files)
{
    Tally tally;
    for (uint64_t i = 0; i < files->count; i++) {
        std::string name = text_of(files->items[i].name), line;
        std::istringstream text(text_of(files->items[i].text));
        if (name != file_name)
            throw Failure(GRASP_E_INVALID, name + ": not a file of the method tally");
        for (int number = 1; std::getline(text, line); number++) {
            std::istringstream words(line);
            std::string tag, rest;
            long count;
            if (!(words >> tag >> count) || words >> rest || !is_tag(tag) || count < 1)
                throw Failure(GRASP_E_INVALID, name + ":" + std::to_string(number) +
                                                   ": not of the form \"tag count\"");
            tally[tag] = count;
        }
    }
    return tally;
}

std::string print(const Tally &tally)
{
    std::string out;
    for (const auto &entry : tally)
        out += entry.first + " " + std::to_string(entry.second) + "\n";
    return out;
}

int32_t open_method(grasp_call *, grasp_str, grasp_str, void **out_self)
{
    *out_self = nullptr;
    return GRASP_OK;
}

int32_t info(grasp_call *call, void *)
{
    return call->host->emit_json(call, grasp_cstr("{\"unit\": \"batch\", \"folder\": \"tally\"}"));
}

int32_t load(grasp_call *call, void *, const grasp_files *files, void **out_knowledge)
{
    return guarded(call, [&] { *out_knowledge = new Tally(parse(files)); });
}

void unload(grasp_call *, void *, void *knowledge)
{
    delete static_cast<Tally *>(knowledge);
}

int32_t augment(grasp_call *call, void *, const void *knowledge, const grasp_turn *)
{
    return guarded(call, [&] {
        const Tally &tally = *static_cast<const Tally *>(knowledge);
        std::vector<std::pair<std::string, long>> sorted(tally.begin(), tally.end());
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto &a, const auto &b) { return a.second > b.second; });
        std::string text;
        for (size_t i = 0; i < sorted.size() && i < shown; i++)
            text += (i ? "\n" : "") + ("Watch out for: " + sorted[i].first);
        if (!text.empty())
            must(grasp_guide(call, GRASP_PLACE_TASK, view(text), nullptr));
    });
}

int32_t learn(grasp_call *call, void *, const grasp_lab *, const grasp_files *,
              const void *knowledge, grasp_str batch)
{
    return guarded(call, [&] {
        const grasp_json *json = grasp_json_of(call);
        Tally tally = *static_cast<const Tally *>(knowledge);
        auto *rollouts = json->get(json->parse(call, batch, nullptr), grasp_cstr("rollouts"));
        for (uint64_t i = 0; i < json->count(rollouts); i++) {
            auto *tags = json->get(json->at(rollouts, i), grasp_cstr("failure_tags"));
            for (uint64_t k = 0; k < json->count(tags); k++) {
                std::string tag = text_of(json->as_string(json->at(tags, k)));
                if (is_tag(tag))
                    tally[tag]++;
            }
        }
        std::string text = print(tally);
        grasp_file file = {grasp_cstr(file_name), view(text)};
        grasp_files next = {&file, 1};
        must(call->host->emit_files(call, &next));
    });
}

void close_method(grasp_call *, void *)
{
}

const grasp_method method = {sizeof(method), 0,
                             "tally",        "tells of the most frequent failures",
                             nullptr,        open_method,
                             info,           load,
                             unload,         augment,
                             nullptr,        learn,
                             nullptr,        close_method,
                             nullptr};

} // namespace

GRASP_PLUGIN_METHOD("tally", "1.0", "MIT", &method)
