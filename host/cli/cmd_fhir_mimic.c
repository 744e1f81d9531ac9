/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/gzip.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "common/mimic/mimic.h"

static const char usage[] =
    "usage: grasp-host fhir mimic [--seed N] [--patients N] [--density PERCENT] DIR\n\n"
    "Writes invented patients in the shape of MIMIC-IV on FHIR into an empty or new folder, a\n"
    "gzip file of NDJSON for each kind, and questions about them with their true answers, as the\n"
    "fhir_agent task reads them.\n\n"
    "  grasp-host fhir mimic --patients 100 --density 100 mimic   # as large as the real demo\n"
    "  grasp-host --task fhir_agent.so --set task.data=mimic ...\n";

#define TEXT_(number) #number
#define TEXT(number) TEXT_(number)

struct options {
    const char *seed, *patients, *density;
    bool help;
};

struct folder {
    struct gzip_writer *files[MIMIC_KINDS];
    struct buf questions;
};

static int32_t add(void *arg, uint32_t file, const char *text, size_t len)
{
    struct folder *folder = arg;
    struct str piece = {text, len};
    if (file < MIMIC_KINDS)
        return gzip_writer_add(folder->files[file], piece) ? 0 : -1;
    buf_str(&folder->questions, piece);
    return 0;
}

static int open_files(struct folder *folder, const char *dir, struct err *err)
{
    int code = 0;
    for (uint32_t i = 0; i < MIMIC_KINDS && !code; i++) {
        CLEANUP_FREE char *path = mem_printf("%s/%s.gz", dir, mimic_file_name(i));
        code = gzip_writer_open(path, &folder->files[i], err);
    }
    return code;
}

/* The first failure is the one that is told; the others' files go. */
static int finish_files(struct folder *folder, const char *dir, struct err *err)
{
    int code = 0;
    for (uint32_t i = 0; i < MIMIC_KINDS; i++) {
        if (!code)
            code = gzip_writer_finish(folder->files[i], err);
        else
            gzip_writer_cancel(folder->files[i]);
        folder->files[i] = NULL;
    }
    if (code)
        return code;
    CLEANUP_FREE char *path = mem_printf("%s/%s", dir, mimic_file_name(MIMIC_QUESTIONS));
    return file_write_atomic(path, buf_view(&folder->questions), err);
}

static int fill(const struct mimic_options *options, const char *dir, struct err *err)
{
    struct folder folder = {0};
    int code = open_files(&folder, dir, err);
    if (!code) {
        mimic_generate(options, add, &folder); /* what fails there is told by finish */
        code = finish_files(&folder, dir, err);
    }
    for (uint32_t i = 0; i < MIMIC_KINDS; i++)
        gzip_writer_cancel(folder.files[i]);
    buf_free(&folder.questions);
    return code;
}

static int check_free(const char *dir, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    if (!file_exists(dir) && !file_is_dir(dir))
        return 0;
    if (!file_is_dir(dir))
        return err_set(err, EXIT_USAGE, "%s is a file; fhir mimic writes a folder", dir);
    int code = file_list(dir, true, 100000, &names, &count, err);
    for (size_t i = 0; i < count; i++)
        mem_free(names[i]);
    mem_free(names);
    if (code)
        return code;
    return count ? err_set(err, EXIT_USAGE, "%s is not empty; name a new folder", dir) : 0;
}

/* A folder that is there is filled, and emptied again if that fails. */
static int fill_there(const struct mimic_options *options, const char *dir, struct err *err)
{
    int code = fill(options, dir, err);
    for (uint32_t i = 0; i <= MIMIC_QUESTIONS && code; i++) {
        CLEANUP_FREE char *path =
            mem_printf("%s/%s%s", dir, mimic_file_name(i), i < MIMIC_KINDS ? ".gz" : "");
        unlink(path);
    }
    return code;
}

/* A new one is filled under another name, and then takes its own: there is never half of it. */
static int fill_new(const struct mimic_options *options, const char *dir, struct err *err)
{
    struct err ignored = {0};
    CLEANUP_FREE char *parent = file_dir_name(dir);
    CLEANUP_FREE char *temporary = mem_printf("%s.XXXXXX", dir);
    int code = file_make_dirs(parent, err);
    if (code)
        return code;
    if (!mkdtemp(temporary) || chmod(temporary, 0755) != 0)
        return err_system(err, errno, "write", dir);
    code = fill(options, temporary, err);
    if (!code && rename(temporary, dir) != 0)
        code = err_system(err, errno, "write", dir);
    if (code)
        file_remove_tree(temporary, &ignored);
    return code ? code : file_sync_dir(parent, err);
}

static int write_folder(const struct mimic_options *options, const char *dir, struct err *err)
{
    size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    CLEANUP_FREE char *name = mem_dup(dir, len);
    int code = check_free(name, err);
    if (code)
        return code;
    return file_is_dir(name) ? fill_there(options, name, err) : fill_new(options, name, err);
}

static int write_mimic(const struct options *o, const char *dir, struct err *err)
{
    int64_t seed = MIMIC_SEED, patients = MIMIC_PATIENTS, density = MIMIC_DENSITY;
    int code = 0;
    if (o->seed)
        code = args_int("seed", o->seed, 0, INT64_MAX, &seed, err);
    if (!code && o->patients)
        code = args_int("patients", o->patients, 1, MIMIC_PATIENTS_MAX, &patients, err);
    if (!code && o->density)
        code = args_int("density", o->density, 1, MIMIC_DENSITY_MAX, &density, err);
    const struct mimic_options options = {(uint64_t)seed, (uint32_t)patients, (uint32_t)density};
    return code ? code : write_folder(&options, dir, err);
}

int cmd_fhir_mimic(int argc, char **argv)
{
    struct options o = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"seed", 0, "N", "other patients for another seed (default: " TEXT(MIMIC_SEED) ")",
         .text = &o.seed},
        {"patients", 'n', "N", "how many (default: " TEXT(MIMIC_PATIENTS) ")", .text = &o.patients},
        {"density", 0, "PERCENT",
         "events of a patient, of the real demo's 9,200 (default: " TEXT(MIMIC_DENSITY) ")",
         .text = &o.density},
        {"help", 'h', NULL, "this text", .flag = &o.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && o.help)
        code = cli_help(usage, args);
    else if (!code && rest.count != 1)
        code = err_set(&err, EXIT_USAGE, "fhir mimic takes one folder to write; see --help");
    else if (!code)
        code = write_mimic(&o, rest.items[0], &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    return code;
}
