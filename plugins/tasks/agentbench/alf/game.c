/* SPDX-License-Identifier: MIT */
#include "game.h"

#include "common/slice.h"
#include "common/text.h"
#include "solvable.h"

static bool refuse(struct world_error *error, const char *what, grasp_str detail, unsigned line)
{
    *error = (struct world_error){what, detail, line};
    return false;
}

static bool has(grasp_str text, const char *part)
{
    size_t at;
    return slice_find(text, grasp_cstr(part), 0, &at);
}

/* After the mark, up to the next quotation mark. */
static bool quoted(grasp_str text, const char *mark, size_t from, grasp_str *out)
{
    size_t start, end;
    if (!slice_find(text, grasp_cstr(mark), from, &start))
        return false;
    start += strlen(mark);
    if (!slice_find(text, SLICE("\""), start, &end))
        return false;
    *out = slice_cut(text, start, end);
    return true;
}

/* What a JSON string's text stands for, but for \u. */
static grasp_str unescape(struct pool *pool, grasp_str text)
{
    struct text out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\' && i + 1 < text.len) {
            c = text.ptr[++i];
            c = (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c);
        }
        text_char(&out, c);
    }
    return pool_dup(pool, text_view(&out));
}

bool task_sentence(struct pool *pool, grasp_str grammar, grasp_str *out)
{
    if (!quoted(grammar, "Your task is to: ", 0, out))
        return false;
    *out = unescape(pool, *out);
    if (slice_ends(*out, "."))
        *out = slice_cut(*out, 0, out->len - 1);
    return true;
}

/* The feedback of the action "help", which may be a rule of the grammar. */
static grasp_str help_text(struct pool *pool, grasp_str grammar)
{
    grasp_str text;
    size_t at;
    if (!slice_find(grammar, SLICE("action help"), 0, &at) ||
        !quoted(grammar, "feedback :: \"", at, &text))
        return SLICE("");
    if (text.len > 2 && text.ptr[0] == '#' && slice_ends(text, "#")) {
        grasp_str name = slice_cut(text, 1, text.len - 1);
        grasp_str key = pool_format(pool, "\"%.*s\":", (int)name.len, name.ptr);
        if (!slice_find(grammar, key, 0, &at) || !quoted(grammar, "\"rhs\": \"", at, &text))
            return SLICE("");
        text = unescape(pool, text);
    }
    return pool_dup(pool, text.len && text.ptr[0] == '\n' ? slice_from(text, 1) : text);
}

static bool check_actions(const struct pddl *domain, struct world_error *error)
{
    static const char known[] =
        " look inventory help examinereceptacle examineobject gotolocation openobject closeobject "
        "pickupobject putobject cleanobject heatobject coolobject toggleobject sliceobject ";
    size_t at;
    for (const struct pddl *item = domain->first; item; item = item->next) {
        if (!pddl_heads(item, ":action"))
            continue;
        const struct pddl *name = item->first->next;
        if (!name || name->is_list)
            return refuse(error, "the domain has an action without a name", SLICE(""), item->line);
        struct text word CLEANUP_TEXT = {0};
        text_format(&word, " %.*s ", (int)name->word.len, name->word.ptr);
        if (!slice_find(grasp_cstr(known), text_view(&word), 0, &at))
            return refuse(error, "the domain has an action that is not known", name->word,
                          name->line);
    }
    return true;
}

static const struct pddl *find_action(const struct pddl *domain, const char *name)
{
    for (const struct pddl *item = domain->first; item; item = item->next)
        if (pddl_heads(item, ":action") && pddl_is(item->first->next, name))
            return item;
    return NULL;
}

/* Does a list somewhere within begin with this word? misspelt: or end one of its types in a comma,
 * which makes a condition that nothing meets. */
static bool contains(const struct pddl *list, const char *word, bool *misspelt)
{
    bool found = pddl_heads(list, word);
    for (const struct pddl *item = list->first; item; item = item->next) {
        if (item->is_list)
            found |= contains(item, word, misspelt);
        else
            *misspelt |= slice_ends(item->word, ",");
    }
    return found;
}

bool dialect_read(struct pool *pool, grasp_str domain, grasp_str grammar, struct dialect *out,
                  struct world_error *error)
{
    struct pool trees CLEANUP_POOL = {0};
    const struct pddl *list = NULL;
    struct pddl_error syntax;
    bool misspelt = false;
    if (!pddl_read(&trees, domain, &list, &syntax))
        return refuse(error, syntax.what, SLICE("in the domain"), syntax.line);
    if (!check_actions(list, error)) {
        error->detail = pool_dup(pool, error->detail);
        return false;
    }
    *out = (struct dialect){
        .move = has(grammar, "move {o} to {r}"),
        .arrive_receptacle = has(grammar, "You arrive at {r.name}"),
        .help = find_action(list, "help") != NULL,
    };
    if (!out->move && !has(grammar, "put {o} in/on {r}"))
        return refuse(error, "the grammar has neither of the known commands to put things down",
                      SLICE(""), 0);
    if (!out->arrive_receptacle && !has(grammar, "You arrive at {lend.name}"))
        return refuse(error, "the grammar has neither of the known texts for arriving", SLICE(""),
                      0);
    const struct pddl *examine = find_action(list, "examineobject");
    out->examine_placed = examine && contains(examine, "inreceptacle", &misspelt) && !misspelt;
    if (out->help)
        out->help_text = help_text(pool, grammar);
    return true;
}

bool game_make(struct world *world, grasp_str domain, grasp_str grammar, grasp_str problem,
               struct world_error *error)
{
    if (!dialect_read(&world->pool, domain, grammar, &world->dialect, error))
        return false;
    if (!task_sentence(&world->pool, grammar, &world->task))
        return refuse(error, "the grammar does not say what the task is", SLICE(""), 0);
    if (!world_read(world, problem, error))
        return false;
    if (!world_is_solvable(world))
        return refuse(error, "the goal cannot be reached", SLICE(""), 0);
    return true;
}

static grasp_str explain(grasp_call *call, const struct world_error *error)
{
    grasp_str line = error->line ? grasp_format(call, "line %u: ", error->line) : SLICE("");
    int len = error->detail.len > 80 ? 80 : (int)error->detail.len;
    return grasp_format(call, "%s%s%s%.*s", line.ptr, error->what, len ? ": " : "", len,
                        error->detail.ptr);
}

bool game_read(grasp_call *call, struct world *world, grasp_str text, grasp_str *out_why,
               const grasp_json_value **out_walkthrough)
{
    const grasp_json *json = grasp_json_of(call);
    static const char *const keys[] = {"pddl_domain", "grammar", "pddl_problem"};
    grasp_str parts[3], reason = SLICE("");
    struct world_error error;
    const grasp_json_value *game = json->parse(call, text, &reason);
    if (json->kind(game) != GRASP_JSON_OBJECT) {
        *out_why = game ? SLICE("not a JSON object") : reason;
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        parts[i] = json->as_string(json->get(game, grasp_cstr(keys[i])));
        if (!parts[i].len) {
            *out_why = grasp_format(call, "no text '%s'", keys[i]);
            return false;
        }
    }
    if (!game_make(world, parts[0], parts[1], parts[2], &error)) {
        *out_why = explain(call, &error);
        return false;
    }
    if (out_walkthrough)
        *out_walkthrough = json->get(game, SLICE("walkthrough"));
    return true;
}
