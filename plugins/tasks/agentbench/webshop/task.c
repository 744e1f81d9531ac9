/* SPDX-License-Identifier: MIT */
#include "../agentbench.h"
#include "webshop.h"

static const char options[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"data\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"WebShop's folder, or its data folder, as they are downloaded; without it,"
    " a catalogue of our own\"},"
    "\"store\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"folder for what is imported from a large catalogue; without it, the"
    " user's cache folder\"},"
    "\"wordnet\": {\"type\": \"string\", \"minLength\": 1, \"default\": \"/usr/share/wordnet\","
    " \"description\": \"folder of WordNet's data files (Debian: wordnet-base); where they are"
    " missing, every word of a title that is no function word counts as a noun\"},"
    "\"price_seed\": {\"type\": \"integer\", \"minimum\": 0, \"default\": 233,"
    " \"description\": \"seed of the price bounds in the goals\"},"
    "\"max_turns\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 20,"
    " \"description\": \"model calls an episode may make\"},"
    "\"reminder\": {\"type\": \"boolean\", \"default\": true,"
    " \"description\": \"the first message ends with a reminder of the protocol\"},"
    "\"compat\": {\"type\": \"string\", \"enum\": [\"default\", \"reference\"],"
    " \"default\": \"default\","
    " \"description\": \"reference: samples are described by their number alone, as the"
    " reference's are, there is no reminder, and results of tools may stay without their calls\"},"
    "\"prompts_dir\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"folder with texts that replace the built-in ones of the same name\"}"
    "}}";

static const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &webshop_rehearsal : NULL;
}

const grasp_task agentbench_webshop_task = {
    .size = sizeof(grasp_task),
    .id = "webshop",
    .summary = "AgentBench WebShop: find a product, choose its options, buy it",
    .options = options,
    .open = webshop_open,
    .info = webshop_info,
    .samples = webshop_samples,
    .begin = webshop_begin,
    .step = webshop_step,
    .end = webshop_end,
    .grade = webshop_grade,
    .close = webshop_close,
    .extension = extension,
};
