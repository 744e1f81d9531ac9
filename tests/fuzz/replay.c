/* SPDX-License-Identifier: MIT */
/* Gives a target every file of the folders named: what the fuzzer once found, and its seeds. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "fuzz.h"

static int replay(const char *folder)
{
    struct err err = {0};
    char **names;
    size_t count;
    if (file_list(folder, false, 10000, &names, &count, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        CLEANUP_FREE char *path = file_join(folder, names[i]);
        CLEANUP_BUF struct buf data = {0};
        if (file_read(path, 0, &data, &err))
            fprintf(stderr, "%s\n", err.text);
        /* Exactly as long as it is, so that a read past its end is seen. */
        CLEANUP_FREE char *exact = mem_alloc(data.len + 1);
        memcpy(exact, data.ptr ? data.ptr : "", data.len);
        LLVMFuzzerTestOneInput((const uint8_t *)exact, data.len);
        mem_free(names[i]);
    }
    mem_free(names);
    return count > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    int result = argc > 1 ? 0 : 2;
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]))
            result = 1;
    return result;
}
