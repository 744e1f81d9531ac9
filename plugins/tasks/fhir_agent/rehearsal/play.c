/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <strings.h>

#include "../answer.h"
#include "../pyliteral.h"
#include "common/slice.h"
#include "read.h"

/* Of 100 questions, how many meet with a habit. */
#define HABITUAL 62
/* What is never true. */
#define GUESS "97531"
#define NOTHING "No matching data was found"

/* The first ones are made whatever the chart says, the others where the answer allows it. */
#define EARLY_COUNT 5
const enum tag rehearsal_flaws[FLAW_COUNT] = {
    TAG_ANSWERED_WITHOUT_RETRIEVAL,
    TAG_UNKNOWN_TOOL_CALLED,
    TAG_CODE_ERROR_IGNORED,
    TAG_RESOURCE_TYPE_NOT_RETRIEVED,
    TAG_NO_FINAL_ANSWER,
    TAG_EXISTING_DATA_DENIED,
    TAG_MISSING_DATA_INVENTED,
    TAG_LIST_INCOMPLETE,
    TAG_TIME_ZONE_SHIFTED,
    TAG_YES_NO_REVERSED,
    TAG_WRONG_NUMBER,
};

static bool is_role(const grasp_message *message, const char *role)
{
    return grasp_equal(message->role, role);
}

static void read_tools(struct play *play, grasp_str tools)
{
    const grasp_json_value *list = play->json->parse(play->call, tools, NULL);
    for (uint64_t i = 0; i < play->json->count(list); i++) {
        grasp_str name =
            play->json->as_string(play->json->get(play->json->at(list, i), SLICE("name")));
        enum tool tool = tool_find(name);
        play->tools |= tool < TOOL_COUNT ? TOOL_BIT(tool) : 0;
    }
}

/* The question begins a line; guidance may stand before or behind it. */
static void look_for_question(struct play *play, grasp_str content)
{
    static const char patient[] = "\nContext:\nPatient FHIR ID is ";
    grasp_str rest = content, line;
    size_t end;
    while (!play->input.len && rest.len) {
        grasp_str from = rest;
        if (!slice_line(&rest, &line) || !grasp_starts(line, "Question: "))
            continue;
        if (!slice_find(from, grasp_cstr(patient), 0, &end) || end != line.len)
            continue;
        play->input = from;
        for (end += sizeof(patient) - 1; end < from.len && from.ptr[end] != '\n';)
            end++;
        play->key = slice_cut(from, 0, end);
    }
}

/* A tool's result is one line; guidance may follow it. */
static void take_result(struct play *play, grasp_str content)
{
    grasp_str rest = content, line = SLICE("");
    slice_line(&rest, &line);
    strings_add(play->pool, &play->results, line);
    tags_mentioned(&fhir_agent_tags, rest, &play->tags);
}

bool play_look(struct play *play, const grasp_rehearsal_request *request)
{
    for (uint64_t i = 0; i < request->count; i++) {
        const grasp_message *message = request->messages[i];
        if (is_role(message, "user"))
            look_for_question(play, message->content);
        if (is_role(message, "tool"))
            take_result(play, message->content);
        else if (is_role(message, "agent") || is_role(message, "assistant"))
            play->turns++;
        else
            tags_mentioned(&fhir_agent_tags, message->content, &play->tags);
    }
    read_tools(play, request->tools);
    return play->input.len && mimic_recipe_for(play->input, NULL, play->pool, &play->recipe);
}

static uint32_t number_of(const struct play *play, uint32_t what)
{
    uint64_t hash = slice_hash(play->key) ^ (what * UINT64_C(0x9e3779b97f4a7c15));
    hash ^= hash >> 31;
    hash *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(hash >> 33);
}

static bool is_single(const struct play *play)
{
    return !(play->tools & TOOL_BIT(TOOL_BY_ID));
}

/* Mistakes that end an episode before its time are not to be had where each turn is laid down. */
static bool can_early(const struct play *play, enum tag flaw)
{
    if (flaw == TAG_RESOURCE_TYPE_NOT_RETRIEVED || flaw == TAG_CODE_ERROR_IGNORED)
        return true;
    return !is_single(play);
}

static bool is_demanded(const struct play *play, enum tag flaw)
{
    return (play->tags.demanded & TAG_BIT(flaw)) != 0;
}

static size_t first_flaw(const struct play *play)
{
    return number_of(play, 2) % FLAW_COUNT;
}

/* What guidance demands comes before a habit, and what guidance mentions is no habit any more. */
static int early_flaw(const struct play *play)
{
    for (int i = 0; i < EARLY_COUNT; i++)
        if (is_demanded(play, rehearsal_flaws[i]) && can_early(play, rehearsal_flaws[i]))
            return (int)rehearsal_flaws[i];
    size_t first = first_flaw(play);
    if (number_of(play, 1) % 100 >= HABITUAL || first >= EARLY_COUNT ||
        (play->tags.named & TAG_BIT(rehearsal_flaws[first])) ||
        !can_early(play, rehearsal_flaws[first]))
        return -1;
    return (int)rehearsal_flaws[first];
}

static void call_tool(struct play *play, enum tool tool, const char *const *names,
                      const grasp_str *values, size_t count)
{
    struct text *out = &play->calls;
    if (out->len)
        out->len--;
    text_put(out, out->len ? ", " : "[");
    text_format(out, "{\"id\": \"call_%zu_%zu\", \"name\": \"%s\", \"arguments\": {", play->turns,
                out->len, tool < TOOL_COUNT ? tool_names[tool] : "search_chart");
    for (size_t i = 0; i < count; i++) {
        text_format(out, "%s\"%s\": ", i ? ", " : "", names[i]);
        text_json(out, values[i]);
    }
    text_put(out, "}}]");
}

static void search(struct play *play, grasp_str query)
{
    static const char *const names[] = {"query_string"};
    call_tool(play, TOOL_REQUEST, names, &query, 1);
}

static void fetch(struct play *play, enum tool tool, grasp_str type, grasp_str id)
{
    const char *const names[] = {"resource_type",
                                 tool == TOOL_BY_ID ? "resource_id" : "patient_fhir_id"};
    const grasp_str values[] = {type, id};
    if (tool == TOOL_REQUEST)
        search(play, pool_format(play->pool, "%.*s?patient=%.*s", (int)type.len, type.ptr,
                                 (int)id.len, id.ptr));
    else
        call_tool(play, tool, names, values, 2);
}

static void run_code(struct play *play, grasp_str code)
{
    static const char *const names[] = {"code"};
    call_tool(play, TOOL_PYTHON, names, &code, 1);
}

static void say_answer(struct play *play, grasp_str answer)
{
    text_put(&play->text, "The final answer is: ");
    text_str(&play->text, answer);
}

/* What a run of Python left in `answer`; NULL if it left nothing. */
static const grasp_json_value *answer_of(const struct play *play, grasp_str result)
{
    struct text json CLEANUP_TEXT = {0};
    if (!pyliteral_to_json(&json, result))
        return NULL;
    return play->json->get(play->json->parse(play->call, text_view(&json), NULL), SLICE("answer"));
}

static bool failed(grasp_str result)
{
    return grasp_starts(result, "{'error':");
}

static grasp_str cell_text(struct play *play, const grasp_json_value *cell)
{
    const grasp_json *json = play->json;
    if (json->kind(cell) == GRASP_JSON_STRING)
        return pool_dup(play->pool, json->as_string(cell));
    return pool_dup(play->pool, json->print(play->call, cell, 0));
}

static struct strings cells_of(struct play *play, const grasp_json_value *rows)
{
    const grasp_json *json = play->json;
    struct strings cells = {0};
    for (uint64_t i = 0; i < json->count(rows); i++) {
        const grasp_json_value *row = json->at(rows, i);
        for (uint64_t k = 0; k < json->count(row); k++)
            if (json->kind(json->at(row, k)) != GRASP_JSON_NULL)
                strings_add(play->pool, &cells, cell_text(play, json->at(row, k)));
    }
    return cells;
}

static bool asks_yes_no(const struct play *play)
{
    static const char *const words[] = {"is",  "was", "were", "did", "does", "do",
                                        "has", "had", "have", "are", "can"};
    grasp_str question = slice_trim(slice_from(play->input, strlen("Question:")));
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t len = strlen(words[i]);
        if (question.len > len && strncasecmp(question.ptr, words[i], len) == 0 &&
            isspace((unsigned char)question.ptr[len]))
            return true;
    }
    return false;
}

/* Five hours later, which is what UTC is to the east coast in winter. */
static grasp_str shift_time(struct play *play, grasp_str cell)
{
    struct text out CLEANUP_TEXT = {0};
    int hour = (cell.ptr[11] - '0') * 10 + cell.ptr[12] - '0';
    text_str(&out, slice_cut(cell, 0, 11));
    text_format(&out, "%02d", hour < 19 ? hour + 5 : hour - 5);
    text_str(&out, slice_from(cell, 13));
    return pool_dup(play->pool, text_view(&out));
}

static grasp_str right_answer(struct play *play, const struct strings *cells)
{
    struct text out CLEANUP_TEXT = {0};
    double number;
    if (!cells->count)
        return SLICE(NOTHING);
    if (cells->count == 1 && asks_yes_no(play) &&
        answer_cell_kind(cells->items[0], &number) == CELL_NUMBER)
        return number != 0 ? SLICE("Yes") : SLICE("No");
    for (size_t i = 0; i < cells->count; i++) {
        text_put(&out, i ? ", " : "");
        text_str(&out, cells->items[i]);
    }
    return pool_dup(play->pool, text_view(&out));
}

static bool holds_all(grasp_str text, const struct strings *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        if (!answer_holds(text, cells->items[i]))
            return false;
    return true;
}

/* The answer with this mistake; false where there is no occasion for it. */
static bool slip(struct play *play, const struct strings *cells, enum tag flaw, grasp_str *out)
{
    double number = 0;
    int64_t time;
    bool one = cells->count == 1, yes_no = one && asks_yes_no(play);
    enum cell_kind kind = one ? answer_cell_kind(cells->items[0], &number) : CELL_TEXT;
    if (flaw == TAG_EXISTING_DATA_DENIED) {
        *out = SLICE(NOTHING);
        return cells->count && !yes_no && !(kind == CELL_NUMBER && (number == 0 || number == 1));
    }
    if (flaw == TAG_MISSING_DATA_INVENTED) {
        *out = SLICE(GUESS);
        return !cells->count;
    }
    if (flaw == TAG_LIST_INCOMPLETE) {
        *out = cells->count > 1 ? cells->items[0] : SLICE("");
        return cells->count > 1 && !holds_all(cells->items[0], cells);
    }
    if (flaw == TAG_TIME_ZONE_SHIFTED && kind == CELL_TIME && answer_time(cells->items[0], &time)) {
        *out = shift_time(play, cells->items[0]);
        return true;
    }
    if (flaw == TAG_YES_NO_REVERSED) {
        *out = number != 0 ? SLICE("No") : SLICE("Yes");
        return yes_no && kind == CELL_NUMBER;
    }
    *out = pool_format(play->pool, "%.10g", number + 1);
    return flaw == TAG_WRONG_NUMBER && kind == CELL_NUMBER && !yes_no;
}

static void conclude(struct play *play, struct strings cells)
{
    grasp_str answer;
    for (int i = EARLY_COUNT; i < FLAW_COUNT; i++) {
        if (is_demanded(play, rehearsal_flaws[i]) &&
            slip(play, &cells, rehearsal_flaws[i], &answer)) {
            say_answer(play, answer);
            return;
        }
    }
    size_t first = first_flaw(play);
    bool habitual = number_of(play, 1) % 100 < HABITUAL && first >= EARLY_COUNT;
    for (size_t i = 0; habitual && i < FLAW_COUNT; i++) {
        enum tag flaw = rehearsal_flaws[(first + i) % FLAW_COUNT];
        if (!slip(play, &cells, flaw, &answer))
            continue;
        if (play->tags.named & TAG_BIT(flaw))
            break;
        say_answer(play, answer);
        return;
    }
    say_answer(play, right_answer(play, &cells));
}

/* A type that the question has nothing to do with. */
static grasp_str other_type(const struct play *play)
{
    static const char *const types[] = {"Condition", "Location", "Procedure", "Specimen"};
    for (size_t i = 0; i < 3; i++) {
        bool needed = false;
        for (uint32_t k = 0; k < play->recipe.count; k++)
            needed |= grasp_equal(play->recipe.steps[k].type, types[i]);
        if (!needed)
            return grasp_cstr(types[i]);
    }
    return grasp_cstr(types[3]);
}

/* True if a mistake that is made early took the turn. */
static bool play_early(struct play *play, int flaw)
{
    bool none = !play->results.count;
    switch (flaw) {
    case TAG_ANSWERED_WITHOUT_RETRIEVAL:
        say_answer(play, SLICE(GUESS));
        return true;
    case TAG_UNKNOWN_TOOL_CALLED:
        call_tool(play, TOOL_COUNT, NULL, NULL, 0);
        return true;
    case TAG_NO_FINAL_ANSWER:
        fetch(play, TOOL_BY_PATIENT, SLICE("Patient"), play->recipe.patient);
        return true;
    case TAG_RESOURCE_TYPE_NOT_RETRIEVED:
        if (none)
            fetch(play, play->tools & TOOL_BIT(TOOL_REQUEST) ? TOOL_REQUEST : TOOL_BY_PATIENT,
                  other_type(play), play->recipe.patient);
        else if (is_single(play) && (play->tools & TOOL_BIT(TOOL_PYTHON)))
            run_code(play, SLICE("answer = " GUESS));
        else
            say_answer(play, SLICE(GUESS));
        return true;
    default:
        return false;
    }
}

static grasp_str broken(struct play *play, grasp_str code)
{
    return pool_format(play->pool, "resources = retrieved_fhir_resources\n%.*s", (int)code.len,
                       code.ptr);
}

/* Follows the recipe to its next step. */
static void play_steps(struct play *play, int flaw)
{
    const grasp_json_value *answer = NULL;
    size_t seen = 0;
    for (uint32_t i = 0; i < play->recipe.count; i++) {
        const struct mimic_step *step = &play->recipe.steps[i];
        bool last = i + 1 == play->recipe.count;
        grasp_str id = pool_dup(play->pool, play->json->as_string(answer));
        if (step->kind == MIMIC_BY_ID && !id.len)
            continue;
        if (seen == play->results.count) {
            if (step->kind == MIMIC_CODE)
                run_code(play, last && flaw == TAG_CODE_ERROR_IGNORED ? broken(play, step->code)
                                                                      : step->code);
            else
                fetch(play, step->kind == MIMIC_BY_ID ? TOOL_BY_ID : TOOL_BY_PATIENT, step->type,
                      step->kind == MIMIC_BY_ID ? id : play->recipe.patient);
            return;
        }
        grasp_str result = play->results.items[seen++];
        if (step->kind == MIMIC_CODE && last && failed(result)) {
            say_answer(play, SLICE(GUESS));
            return;
        }
        if (step->kind == MIMIC_CODE)
            answer = answer_of(play, result);
    }
    conclude(play, cells_of(play, answer));
}

/* The turn in which everything is fetched. What is wanted by its id can wait only where another
 * such turn follows. */
static void fetch_all(struct play *play)
{
    const struct mimic_recipe *recipe = &play->recipe;
    grasp_str searches[READ_SEARCHES];
    if (play->tools & TOOL_BIT(TOOL_REQUEST)) {
        size_t count = read_searches(play->pool, recipe, searches);
        for (size_t i = 0; i < count; i++)
            search(play, searches[i]);
        return;
    }
    for (uint32_t i = 0; i < recipe->count; i++)
        if (recipe->steps[i].kind == MIMIC_BY_PATIENT ||
            (recipe->steps[i].kind == MIMIC_BY_ID && is_single(play)))
            fetch(play, TOOL_BY_PATIENT, recipe->steps[i].type, recipe->patient);
}

/* The step that fetches by an id; NULL if the recipe has none, or it is done. */
static const struct mimic_step *left_by_id(const struct play *play)
{
    const struct mimic_step *found = NULL;
    size_t fetches = 0;
    for (uint32_t i = 0; i < play->recipe.count; i++) {
        if (play->recipe.steps[i].kind == MIMIC_CODE)
            continue;
        fetches++;
        if (play->recipe.steps[i].kind == MIMIC_BY_ID)
            found = &play->recipe.steps[i];
    }
    return play->results.count < fetches ? found : NULL;
}

/* Without Python: what the resources say to one who reads them. */
static void read_resources(struct play *play)
{
    struct chart chart = {.call = play->call, .json = play->json, .pool = play->pool};
    const struct mimic_step *by_id = is_single(play) ? NULL : left_by_id(play);
    struct strings cells = {0};
    for (size_t i = 0; i < play->results.count; i++)
        chart_add(&chart, play->results.items[i]);
    grasp_str id = by_id ? read_link(&chart, &play->recipe) : SLICE("");
    if (id.len) {
        fetch(play, TOOL_BY_ID, by_id->type, id);
        return;
    }
    read_answer(&chart, &play->recipe, &cells);
    conclude(play, cells);
}

static grasp_str last_code(const struct play *play)
{
    return play->recipe.steps[play->recipe.count - 1].code;
}

void play_reply(struct play *play)
{
    int flaw = early_flaw(play);
    grasp_str last = play->results.count ? play->results.items[play->results.count - 1] : SLICE("");
    bool python = (play->tools & TOOL_BIT(TOOL_PYTHON)) != 0;
    if (play_early(play, flaw))
        return;
    if (!is_single(play) && python)
        play_steps(play, flaw);
    else if (!play->results.count)
        fetch_all(play);
    else if (python)
        run_code(play,
                 flaw == TAG_CODE_ERROR_IGNORED ? broken(play, last_code(play)) : last_code(play));
    else if (failed(last))
        say_answer(play, SLICE(GUESS));
    else if (grasp_starts(last, "{'answer'") || grasp_starts(last, "{'stdout'"))
        conclude(play, cells_of(play, answer_of(play, last)));
    else
        read_resources(play);
}
