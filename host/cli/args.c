/* SPDX-License-Identifier: MIT */
#include "cli/args.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/nearest.h"

static void push(struct arg_list *list, const char *item)
{
    MEM_RESERVE(list->items, list->count, list->capacity);
    list->items[list->count++] = item;
}

void arg_list_clear(struct arg_list *list)
{
    mem_free(list->items);
    *list = (struct arg_list){0};
}

static int unknown(const struct arg *args, const char *given, struct err *err)
{
    const char *names[64];
    size_t count = 0;
    for (const struct arg *arg = args; arg->name && count < 64; arg++)
        names[count++] = arg->name;
    struct str word = str_of(given);
    while (word.len && *word.ptr == '-')
        word = (struct str){word.ptr + 1, word.len - 1};
    const char *near = nearest(word, names, count);
    if (near)
        return err_set(err, EXIT_USAGE, "unknown option %s; did you mean --%s?", given, near);
    return err_set(err, EXIT_USAGE, "unknown option %s; see --help", given);
}

static const struct arg *find_long(const struct arg *args, struct str name)
{
    for (; args->name; args++) {
        if (str_is(name, args->name))
            return args;
    }
    return NULL;
}

static const struct arg *find_short(const struct arg *args, char letter)
{
    for (; args->name; args++) {
        if (args->letter && args->letter == letter)
            return args;
    }
    return NULL;
}

struct cursor {
    int argc, at;
    char **argv;
};

/* An option in the place of a value is a value that was forgotten. */
static bool is_option(const struct arg *args, const char *text)
{
    struct str rest = str_of(text);
    if (!str_starts(rest, "--"))
        return false;
    rest = (struct str){rest.ptr + 2, rest.len - 2};
    return find_long(args, str_cut(&rest, '=')) != NULL;
}

static int take(const struct arg *args, const struct arg *arg, const char *given,
                const char *inline_value, struct cursor *in, struct err *err)
{
    if (arg->flag) {
        if (inline_value)
            return err_set(err, EXIT_USAGE, "%s takes no value", given);
        *arg->flag = true;
        return 0;
    }
    if (!inline_value && (in->at >= in->argc || is_option(args, in->argv[in->at])))
        return err_set(err, EXIT_USAGE, "%s needs a value: %s", given, arg->value);
    const char *value = inline_value ? inline_value : in->argv[in->at++];
    if (arg->text) {
        *arg->text = value;
        return 0;
    }
    push(arg->list, value);
    while (!inline_value && in->at < in->argc && in->argv[in->at][0] != '-' &&
           strchr(in->argv[in->at], '='))
        push(arg->list, in->argv[in->at++]);
    return 0;
}

static int take_long(const struct arg *args, const char *given, struct cursor *in, struct err *err)
{
    struct str rest = str_of(given + 2), name = str_cut(&rest, '=');
    const char *value = given[2 + name.len] == '=' ? given + 3 + name.len : NULL;
    const struct arg *arg = find_long(args, name);
    if (!arg && str_starts(name, "no-")) {
        arg = find_long(args, (struct str){name.ptr + 3, name.len - 3});
        if (arg && arg->flag && !value) {
            *arg->flag = false;
            return 0;
        }
        arg = NULL;
    }
    return arg ? take(args, arg, given, value, in, err) : unknown(args, given, err);
}

static bool says_no(const char *value)
{
    return strcmp(value, "0") == 0 || strcasecmp(value, "false") == 0 ||
           strcasecmp(value, "no") == 0;
}

/* A list has one item a line. */
static void push_lines(struct arg_list *list, const char *value)
{
    static struct arena kept; /* as long as the program */
    struct str rest = str_of(value);
    if (!strchr(value, '\n')) {
        push(list, value);
        return;
    }
    while (rest.len) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        if (line.len)
            push(list, arena_dup(&kept, line.ptr, line.len));
    }
}

static void from_environment(const struct arg *args)
{
    for (; args->name; args++) {
        char name[80] = "GRASP_HOST_";
        size_t len = strlen(name);
        for (const char *c = args->name; *c && len < sizeof(name) - 1; c++)
            name[len++] = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
        const char *value = getenv(name);
        if (!value || !*value)
            continue;
        if (args->flag)
            *args->flag = !says_no(value);
        else if (args->text)
            *args->text = value;
        else
            push_lines(args->list, value);
    }
}

int args_parse(const struct arg *args, int argc, char **argv, struct arg_list *rest,
               struct err *err)
{
    struct cursor in = {.argc = argc, .argv = argv};
    bool only_rest = false;
    from_environment(args);
    while (in.at < argc) {
        const char *given = argv[in.at++];
        int code = 0;
        if (only_rest || given[0] != '-' || !given[1]) {
            push(rest, given);
        } else if (strcmp(given, "--") == 0) {
            only_rest = true;
        } else if (given[1] == '-') {
            code = take_long(args, given, &in, err);
        } else {
            const struct arg *arg = find_short(args, given[1]);
            code = arg ? take(args, arg, given, given[2] ? given + 2 : NULL, &in, err)
                       : unknown(args, given, err);
        }
        if (code)
            return code;
    }
    return 0;
}

void args_help(struct buf *out, const struct arg *args)
{
    for (; args->name; args++) {
        char left[64];
        snprintf(left, sizeof(left), "%s%c%s--%s%s%s", args->letter ? "-" : "",
                 args->letter ? args->letter : ' ', args->letter ? ", " : "   ", args->name,
                 args->value ? " " : "", args->value ? args->value : "");
        buf_printf(out, "  %-30s %s\n", left, args->help);
    }
}

int args_int(const char *name, const char *text, int64_t least, int64_t most, int64_t *out,
             struct err *err)
{
    int64_t number;
    if (!text)
        return 0;
    if (!str_to_i64(str_of(text), &number) || number < least || number > most)
        return err_set(err, EXIT_USAGE, "--%s %s: needs a whole number from %lld to %lld", name,
                       text, (long long)least, (long long)most);
    *out = number;
    return 0;
}
