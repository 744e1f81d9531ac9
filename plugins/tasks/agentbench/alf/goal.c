/* SPDX-License-Identifier: MIT */
#include "goal.h"

#include "common/slice.h"
#include "world.h"
#include <grasp/helpers.h>

#define SLOT_MAX 16
#define NODE_MAX 400
/* What one look at the goal may have to try. */
#define WORK_MAX 2e7

enum op { OP_AND, OP_OR, OP_NOT, OP_IMPLY, OP_EXISTS, OP_FORALL, OP_EQUAL, OP_UNARY, OP_BINARY };

/* An argument: a variable's slot, or an entity; ENTITY_NONE for a name that is not declared. */
struct argument {
    int slot; /* -1: an entity */
    uint16_t entity;
};

struct goal {
    enum op op;
    struct goal *first, *next;
    struct argument arguments[2];
    uint32_t bit;  /* OP_UNARY */
    int predicate; /* OP_BINARY */
    int needs;     /* the highest slot that is bound outside, -1 for none */
    /* Of a quantifier: its variables and what they range over. */
    int slot, slot_count;
    struct range {
        uint16_t *items;
        size_t count;
    } ranges[SLOT_MAX];
};

struct scope {
    struct world *world;
    struct world_error *error;
    grasp_str names[SLOT_MAX];
    int count;
    size_t nodes;
    double work;
};

static struct goal *refuse(struct scope *scope, const struct pddl *at, const char *what)
{
    *scope->error =
        (struct world_error){what, at && !at->is_list ? at->word : SLICE(""), at ? at->line : 0};
    return NULL;
}

static struct goal *node_add(struct scope *scope, enum op op)
{
    struct goal *node = pool_alloc(&scope->world->pool, sizeof(*node));
    node->op = op;
    node->needs = -1;
    node->slot = scope->count;
    scope->nodes++;
    return node;
}

static int slot_of(const struct scope *scope, grasp_str name)
{
    for (int i = scope->count; i-- > 0;)
        if (slice_eq(scope->names[i], name))
            return i;
    return -1;
}

static bool read_argument(struct scope *scope, const struct pddl *word, struct goal *node,
                          struct argument *out)
{
    if (!word || word->is_list)
        return refuse(scope, word, "the goal has a predicate without its arguments");
    *out = (struct argument){-1, ENTITY_NONE};
    if (grasp_starts(word->word, "?")) {
        out->slot = slot_of(scope, word->word);
        if (out->slot < 0)
            return refuse(scope, word, "the goal has a variable that nothing binds");
        node->needs = out->slot > node->needs ? out->slot : node->needs;
        return true;
    }
    uint16_t entity = world_find(scope->world, word->word);
    if (entity != ENTITY_NONE && scope->world->entities[entity].declared)
        out->entity = entity;
    return true;
}

static struct goal *read_atom(struct scope *scope, const struct pddl *list)
{
    struct goal *node = node_add(scope, OP_BINARY);
    const struct pddl *head = list->first;
    if (!head || head->is_list)
        return refuse(scope, list, "the goal has a list without a predicate");
    node->predicate = binary_find(head->word);
    node->bit = unary_find(head->word);
    if (node->bit || pddl_is(head, "="))
        node->op = node->bit ? OP_UNARY : OP_EQUAL;
    if (node->op == OP_BINARY && node->predicate < 0)
        return refuse(scope, head, "the goal has a predicate that no action can bring about");
    const struct pddl *word = head->next;
    for (int i = 0; i < (node->op == OP_UNARY ? 1 : 2); i++) {
        if (!read_argument(scope, word, node, &node->arguments[i]))
            return NULL;
        word = word->next;
    }
    return word ? refuse(scope, word, "the goal has a predicate with too many arguments") : node;
}

static struct goal *read_node(struct scope *scope, const struct pddl *list);

static bool read_parts(struct scope *scope, const struct pddl *item, struct goal *node)
{
    struct goal **tail = &node->first;
    for (; item; item = item->next) {
        struct goal *part = read_node(scope, item);
        if (!part)
            return false;
        node->needs = part->needs > node->needs ? part->needs : node->needs;
        *tail = part;
        tail = &part->next;
    }
    return true;
}

/* A predicate that never changes, about this slot and entities alone. */
static bool is_fixed(const struct goal *atom, int slot)
{
    if (atom->op == OP_UNARY)
        return atom->bit < OPENED && atom->arguments[0].slot == slot;
    if (atom->op != OP_BINARY || atom->predicate < BINARY_CHANGING)
        return false;
    const struct argument *a = &atom->arguments[0], *b = &atom->arguments[1];
    return (a->slot == slot && (b->slot < 0 || b->slot == slot)) ||
           (b->slot == slot && a->slot < 0);
}

static bool fits(const struct world *world, const struct goal *atom, int slot, uint16_t entity)
{
    uint16_t values[2];
    for (int i = 0; i < 2; i++)
        values[i] = atom->arguments[i].slot == slot ? entity : atom->arguments[i].entity;
    if (atom->op == OP_UNARY)
        return world->flags[values[0]] & atom->bit;
    return values[0] != ENTITY_NONE && values[1] != ENTITY_NONE &&
           relation_has(&world->facts[atom->predicate], values[0], values[1]);
}

/* Leaves out of a range what what must hold anyway excludes. */
static void narrow(const struct world *world, const struct goal *part, int slot,
                   struct range *range)
{
    if (part->op == OP_AND || part->op == OP_EXISTS)
        for (const struct goal *item = part->first; item; item = item->next)
            narrow(world, item, slot, range);
    if (!is_fixed(part, slot))
        return;
    size_t kept = 0;
    for (size_t i = 0; i < range->count; i++)
        if (fits(world, part, slot, range->items[i]))
            range->items[kept++] = range->items[i];
    range->count = kept;
}

static void fill_range(const struct world *world, grasp_str type, struct range *range)
{
    enum kind kind = world_kind_of(type);
    for (uint16_t i = 0; i < world->count; i++)
        if (kind != KIND_NONE && world_is(world, i, kind))
            range->items[range->count++] = i;
}

static grasp_str type_after(const struct pddl *word)
{
    while (word && !pddl_is(word, "-"))
        word = word->next;
    return word && word->next && !word->next->is_list ? word->next->word : SLICE("object");
}

static bool read_variables(struct scope *scope, const struct pddl *list, struct goal *node)
{
    struct world *world = scope->world;
    if (!list || !list->is_list)
        return refuse(scope, list, "the goal has a quantifier without variables");
    for (const struct pddl *word = list->first; word; word = word->next) {
        if (pddl_is(word, "-")) {
            word = word->next;
            if (!word)
                return refuse(scope, list, "the goal has a variable without a type");
            continue;
        }
        if (word->is_list || !grasp_starts(word->word, "?"))
            return refuse(scope, word, "the goal quantifies something that is no variable");
        if (scope->count == SLOT_MAX)
            return refuse(scope, word, "the goal has more variables than are believable");
        struct range *range = &node->ranges[node->slot_count++];
        scope->nodes++;
        range->items = pool_array(&world->pool, world->count + 1u, sizeof(*range->items));
        fill_range(world, type_after(word), range);
        scope->names[scope->count++] = word->word;
    }
    return true;
}

static struct goal *read_quantifier(struct scope *scope, const struct pddl *list, enum op op)
{
    struct goal *node = node_add(scope, op);
    const struct pddl *variables = list->first->next;
    if (!read_variables(scope, variables, node))
        return NULL;
    const struct pddl *body = variables->next;
    if (!body || body->next)
        return (struct goal *)refuse(scope, list, "the goal has a quantifier without a condition");
    /* The parts of a conjunction are looked at as soon as their variables are bound. */
    bool parts = op == OP_EXISTS && pddl_heads(body, "and");
    if (!read_parts(scope, parts ? body->first->next : body, node))
        return NULL;
    double work = 1;
    for (int i = 0; i < node->slot_count; i++) {
        for (const struct goal *part = node->first; op == OP_EXISTS && part; part = part->next)
            narrow(scope->world, part, node->slot + i, &node->ranges[i]);
        work *= (double)node->ranges[i].count + 1;
    }
    scope->work = scope->work < 1 ? work : scope->work * work;
    scope->count = node->slot;
    /* Within it all variables around it may occur. */
    node->needs = node->slot - 1;
    return node;
}

static bool has_its_parts(const struct goal *node)
{
    size_t count = 0, wanted = node->op == OP_NOT ? 1 : node->op == OP_IMPLY ? 2 : 0;
    for (const struct goal *part = node->first; part; part = part->next)
        count++;
    return !wanted || count == wanted;
}

static struct goal *read_node(struct scope *scope, const struct pddl *list)
{
    static const struct {
        const char *word;
        enum op op;
    } words[] = {{"and", OP_AND}, {"or", OP_OR}, {"not", OP_NOT}, {"imply", OP_IMPLY}};
    if (!list->is_list)
        return refuse(scope, list, "the goal has a word where a condition should be");
    if (scope->nodes > NODE_MAX)
        return refuse(scope, list, "the goal is longer than is believable");
    if (pddl_heads(list, "exists") || pddl_heads(list, "forall"))
        return read_quantifier(scope, list, pddl_heads(list, "exists") ? OP_EXISTS : OP_FORALL);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (!pddl_heads(list, words[i].word))
            continue;
        struct goal *node = node_add(scope, words[i].op);
        if (!read_parts(scope, list->first->next, node))
            return NULL;
        return has_its_parts(node)
                   ? node
                   : refuse(scope, list,
                            "the goal has a condition with a part too few or too many");
    }
    return list->first ? read_atom(scope, list) : node_add(scope, OP_AND);
}

struct goal *goal_read(struct world *world, const struct pddl *condition, struct world_error *error)
{
    struct scope scope = {.world = world, .error = error};
    struct goal *goal = read_node(&scope, condition);
    if (goal && scope.work * (double)scope.nodes > WORK_MAX)
        return refuse(&scope, condition, "the goal has more to try than is believable");
    return goal;
}

static bool holds(const struct goal *node, const struct facts *facts, uint16_t *slots);

static bool all_at(const struct goal *node, int slot, const struct facts *facts, uint16_t *slots)
{
    for (const struct goal *part = node->first; part; part = part->next)
        if ((part->needs == slot || (slot == node->slot && part->needs < slot)) &&
            !holds(part, facts, slots))
            return false;
    return true;
}

static bool exists(const struct goal *node, int index, const struct facts *facts, uint16_t *slots)
{
    if (index == node->slot_count)
        return node->slot_count || all_at(node, node->slot, facts, slots);
    int slot = node->slot + index;
    for (size_t i = 0; i < node->ranges[index].count; i++) {
        slots[slot] = node->ranges[index].items[i];
        if (all_at(node, slot, facts, slots) && exists(node, index + 1, facts, slots))
            return true;
    }
    return false;
}

static bool forall(const struct goal *node, int index, const struct facts *facts, uint16_t *slots)
{
    if (index == node->slot_count)
        return holds(node->first, facts, slots);
    for (size_t i = 0; i < node->ranges[index].count; i++) {
        slots[node->slot + index] = node->ranges[index].items[i];
        if (!forall(node, index + 1, facts, slots))
            return false;
    }
    return true;
}

static uint16_t value_of(const struct argument *argument, const uint16_t *slots)
{
    return argument->slot < 0 ? argument->entity : slots[argument->slot];
}

static bool atom_holds(const struct goal *node, const struct facts *facts, const uint16_t *slots)
{
    uint16_t first = value_of(&node->arguments[0], slots);
    if (first == ENTITY_NONE)
        return false;
    if (node->op == OP_UNARY)
        return facts->unary(facts->context, node->bit, first);
    uint16_t second = value_of(&node->arguments[1], slots);
    if (node->op == OP_EQUAL)
        return first == second;
    return second != ENTITY_NONE && facts->binary(facts->context, node->predicate, first, second);
}

/* Could this be false, for all that is known? */
static bool denied(const struct goal *node, const struct facts *facts, uint16_t *slots)
{
    bool changes = node->op == OP_UNARY    ? node->bit >= OPENED
                   : node->op == OP_BINARY ? node->predicate < BINARY_CHANGING
                                           : node->op != OP_EQUAL;
    return (facts->hopeful && changes) || !holds(node, facts, slots);
}

static bool holds(const struct goal *node, const struct facts *facts, uint16_t *slots)
{
    const struct goal *part = node->first;
    switch (node->op) {
    case OP_AND:
        while (part && holds(part, facts, slots))
            part = part->next;
        return !part;
    case OP_OR:
        while (part && !holds(part, facts, slots))
            part = part->next;
        return part;
    case OP_NOT:
        return denied(part, facts, slots);
    case OP_IMPLY:
        return denied(part, facts, slots) || holds(part->next, facts, slots);
    case OP_EXISTS:
        return exists(node, 0, facts, slots);
    case OP_FORALL:
        return forall(node, 0, facts, slots);
    case OP_EQUAL:
    case OP_UNARY:
    case OP_BINARY:
        return atom_holds(node, facts, slots);
    }
    return false;
}

bool goal_holds(const struct goal *goal, const struct facts *facts)
{
    uint16_t slots[SLOT_MAX] = {0};
    return holds(goal, facts, slots);
}
