/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/agent.h"
#include "cli/cli.h"
#include "plugin/options.h"
#include "plugin/plugin.h"

static const char usage[] = "usage: grasp-host list [tasks|methods|agents] [OPTIONS]\n\n"
                            "Shows the plugins found, and the model presets with the environment "
                            "variables that they\nlack. Folders searched for plugins: "
                            "GRASP_PLUGIN_PATH\n(colon-separated), those beside the "
                            "program, the user's, the installed one.\n\n"
                            "  grasp-host list\n"
                            "  grasp-host list methods --verbose\n"
                            "  grasp-host list agents           # and all their variables\n"
                            "  grasp-host list --json\n";

static struct json *entry_json(const struct plugin_entry *entry)
{
    struct json *out = json_new_object();
    json_set(out, "kind", json_new_str(entry->kind == PLUGIN_TASK ? STR("task") : STR("method")));
    json_set(out, "id", json_new_str(str_of(entry->id)));
    json_set(out, "summary", json_new_str(str_of(entry->summary)));
    json_set(out, "plugin", json_new_str(str_of(plugin_name(entry->plugin))));
    json_set(out, "version", json_new_str(str_of(plugin_version(entry->plugin))));
    json_set(out, "license", json_new_str(str_of(plugin_license(entry->plugin))));
    json_set(out, "file", json_new_str(str_of(plugin_path(entry->plugin))));
    json_set(out, "options", entry->options ? json_copy(entry->options) : NULL);
    return out;
}

static void entry_text(struct buf *out, const struct plugin_entry *entry, bool verbose)
{
    const char *file = strrchr(plugin_path(entry->plugin), '/');
    CLEANUP_FREE char *spec = mem_printf("%s:%s", file ? file + 1 : "", entry->id);
    buf_printf(out, "  %-28s %s\n", spec, entry->summary);
    if (!verbose)
        return;
    buf_printf(out, "    %s, version %s, %s\n", plugin_path(entry->plugin),
               plugin_version(entry->plugin), plugin_license(entry->plugin));
    if (entry->options)
        options_describe(out, entry->options);
}

static void list_kind(struct buf *text, struct json *json, struct plugin **plugins, size_t count,
                      enum plugin_kind kind, bool verbose)
{
    buf_printf(text, "%s\n", kind == PLUGIN_TASK ? "Tasks" : "Methods");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < plugin_entry_count(plugins[i]); k++) {
            const struct plugin_entry *entry = plugin_entry(plugins[i], k);
            if (entry->kind != kind)
                continue;
            entry_text(text, entry, verbose);
            json_push(json, entry_json(entry));
        }
    }
}

/* Plugins that cannot be loaded are named on standard error and do not hide the others. */
static struct plugin **load_all(size_t *out_count)
{
    size_t files;
    char **paths = plugin_search(&files);
    struct plugin **plugins = mem_array(files + 1, sizeof(struct plugin *));
    *out_count = 0;
    for (size_t i = 0; i < files; i++) {
        struct err err = {0};
        if (plugin_load(paths[i], &plugins[*out_count], &err))
            log_line(LOG_WARNING, "%s", err.text);
        else
            ++*out_count;
        mem_free(paths[i]);
    }
    mem_free(paths);
    return plugins;
}

static bool is_agents(const char *what)
{
    return strcmp(what, "agents") == 0 || strcmp(what, "models") == 0;
}

static int list(const char *what, bool verbose, bool as_json)
{
    size_t count;
    struct plugin **plugins = load_all(&count);
    CLEANUP_JSON struct json *json = json_new_array();
    CLEANUP_BUF struct buf text = {0};
    if (!what || strcmp(what, "tasks") == 0)
        list_kind(&text, json, plugins, count, PLUGIN_TASK, verbose);
    if (!what || strcmp(what, "methods") == 0)
        list_kind(&text, json, plugins, count, PLUGIN_METHOD, verbose);
    if (!what || is_agents(what)) {
        buf_text(&text, "Models (presets for --agent)\n");
        agent_list(&text, json, what || verbose);
    }
    if (as_json) {
        buf_reset(&text);
        json_write(&text, json, JSON_INDENT2);
        buf_char(&text, '\n');
    }
    mem_free(plugins);
    return cli_print(buf_view(&text));
}

static bool is_kind(const char *what)
{
    return strcmp(what, "tasks") == 0 || strcmp(what, "methods") == 0 || is_agents(what);
}

int cmd_list(int argc, char **argv)
{
    bool verbose = false, as_json = false, help = false;
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"verbose", 'v', NULL, "files, versions and options", .flag = &verbose},
        {"json", 0, NULL, "as JSON", .flag = &as_json},
        {"help", 'h', NULL, "this text", .flag = &help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    const char *what = rest.count ? rest.items[0] : NULL;
    if (!code && what && !is_kind(what))
        code = err_set(&err, EXIT_USAGE, "list %s: lists tasks, methods or agents", what);
    if (code)
        cli_fail(&err);
    else if (help)
        code = cli_help(usage, args);
    else
        code = list(what, verbose, as_json);
    arg_list_clear(&rest);
    return code;
}
