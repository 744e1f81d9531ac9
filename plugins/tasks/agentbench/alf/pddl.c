/* SPDX-License-Identifier: MIT */
#include "pddl.h"

#include <grasp/helpers.h>

struct reader {
    struct pool *pool;
    grasp_str text; /* in lower case */
    size_t at;
    unsigned line;
    struct pddl_error *error;
};

static bool refuse(struct reader *in, const char *what)
{
    *in->error = (struct pddl_error){what, in->line};
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip(struct reader *in)
{
    bool comment = false;
    for (; in->at < in->text.len; in->at++) {
        char c = in->text.ptr[in->at];
        if (c == '\n') {
            in->line++;
            comment = false;
        } else if (c == ';') {
            comment = true;
        } else if (!comment && !is_blank(c)) {
            return;
        }
    }
}

/* A question mark begins a word of its own. */
static bool ends_word(char c, bool first)
{
    return is_blank(c) || c == '(' || c == ')' || c == ';' || (c == '?' && !first);
}

static bool read_word(struct reader *in, struct pddl *out)
{
    size_t start = in->at;
    while (in->at < in->text.len && !ends_word(in->text.ptr[in->at], in->at == start)) {
        unsigned char c = (unsigned char)in->text.ptr[in->at];
        if (c < ' ' || c >= 0x7f)
            return refuse(in, "a character that is not ASCII");
        in->at++;
    }
    out->word = (grasp_str){in->text.ptr + start, in->at - start};
    return true;
}

static struct pddl *node_add(struct reader *in, struct pddl ***tail, bool is_list)
{
    struct pddl *node = pool_alloc(in->pool, sizeof(*node));
    node->is_list = is_list;
    node->line = in->line;
    **tail = node;
    *tail = &node->next;
    return node;
}

static bool read_list(struct reader *in, struct pddl *list)
{
    struct pddl **tails[PDDL_DEPTH_MAX] = {&list->first};
    size_t depth = 0;
    for (in->at++;;) {
        skip(in);
        if (in->at == in->text.len)
            return refuse(in, "the text ends within a list");
        char c = in->text.ptr[in->at];
        if (c == '(') {
            struct pddl *node = node_add(in, &tails[depth], true);
            if (++depth == PDDL_DEPTH_MAX)
                return refuse(in, "lists nested too deeply");
            tails[depth] = &node->first;
            in->at++;
        } else if (c == ')') {
            in->at++;
            if (depth-- == 0)
                return true;
        } else if (!read_word(in, node_add(in, &tails[depth], false))) {
            return false;
        }
    }
}

bool pddl_read(struct pool *pool, grasp_str text, const struct pddl **out, struct pddl_error *error)
{
    struct reader in = {.pool = pool, .line = 1, .error = error};
    if (text.len > PDDL_TEXT_MAX)
        return refuse(&in, "a text of more than 4 MiB");
    char *lower = pool_alloc(pool, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    in.text = (grasp_str){lower, text.len};
    skip(&in);
    if (in.at == in.text.len || in.text.ptr[in.at] != '(')
        return refuse(&in, "no list");
    struct pddl *list = pool_alloc(pool, sizeof(*list));
    list->is_list = true;
    list->line = in.line;
    if (!read_list(&in, list))
        return false;
    *out = list;
    return true;
}

bool pddl_is(const struct pddl *node, const char *word)
{
    return node && !node->is_list && grasp_equal(node->word, word);
}

bool pddl_heads(const struct pddl *node, const char *word)
{
    return node && node->is_list && pddl_is(node->first, word);
}

const struct pddl *pddl_section(const struct pddl *list, const char *word)
{
    const struct pddl *node = list->first;
    while (node && !pddl_heads(node, word))
        node = node->next;
    return node;
}
